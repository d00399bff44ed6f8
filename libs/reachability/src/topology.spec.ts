import { State } from '@isthmus/contracts';
import { expect, it } from 'vitest';
import { object, picture } from './testing.js';
import { topology } from './topology.js';

it('has both ends of every service, and its terms', () => {
  const group = { locality: 'eu/west', ready: 1, addresses: [] };
  const shown = picture({
    clusters: { c: {} },
    exports: {
      a: {
        'shop/payments': {
          groups: [
            { ...group, serviceAccount: 'writer' },
            { ...group, serviceAccount: 'reader' },
          ],
        },
        'shop/cart': { refusedReason: 'Headless', refusedMessage: 'no' },
      },
      b: { 'shop/payments': {} },
    },
    statuses: {
      b: { 'Import/shop/payments': null },
      c: {
        'Import/shop/payments': { stored: State.STATE_REFUSED, reason: 'NotOurs', message: 'no' },
      },
    },
    objects: [
      object('AuthorizationPolicy shop/payments', {
        selector: { matchLabels: { app: 'payments' } },
        rules: [{ from: [{ source: { principals: ['mesh.example/ns/shop/sa/web'] } }] }],
      }),
      object('AuthorizationPolicy other/p', {}),
      object('PeerAuthentication istio-system/default', { mtls: { mode: 'STRICT' } }),
    ],
  });
  const [cart, payments] = topology(shown, ['shop/cart', 'shop/payments']);
  expect(payments).toEqual({
    host: 'shop/payments',
    fqdn: 'payments.shop.svc.cluster.local',
    namespace: 'shop',
    name: 'payments',
    identities: [
      'spiffe://mesh.example/ns/shop/sa/payments',
      'spiffe://mesh.example/ns/shop/sa/reader',
      'spiffe://mesh.example/ns/shop/sa/writer',
    ],
    mutualTls: 'STRICT',
    policies: [
      {
        name: 'AuthorizationPolicy shop/payments',
        action: 'ALLOW',
        summary: 'allow spiffe://mesh.example/ns/shop/sa/web, of pods labelled app=payments',
      },
    ],
    exporters: [
      {
        clusterId: 'a',
        network: 'net-a',
        readyEndpoints: 2,
        localities: ['eu/west'],
        valid: true,
        conflict: false,
        stale: false,
        reason: null,
      },
      expect.objectContaining({ clusterId: 'b', conflict: true, reason: 'HostOwnedByAnother' }),
    ],
    importers: [
      { clusterId: 'b', state: 'PENDING', reason: null, message: null },
      { clusterId: 'c', state: 'REFUSED', reason: 'NotOurs', message: 'no' },
    ],
  });
  // Nobody imports what is refused.
  expect(cart).toMatchObject({ mutualTls: 'STRICT', policies: [], importers: [] });
});

it('tells the weakest mode of all ports', () => {
  const objects = [
    object('PeerAuthentication shop/payments', {
      selector: { matchLabels: { app: 'payments' } },
      mtls: { mode: 'STRICT' },
      portLevelMtls: { '8080': { mode: 'PERMISSIVE' } },
    }),
  ];
  const [payments] = topology(picture({ objects }), ['shop/payments']);
  expect(payments?.mutualTls).toBe('PERMISSIVE');
});

it('has no importers that never joined', () => {
  const shown = picture({
    clusters: { c: {} },
    exports: { a: { 'shop/payments': {} } },
    contacts: { c: { status: 'PENDING' } },
  });
  const [payments] = topology(shown, ['shop/payments']);
  expect(payments?.importers.map(({ clusterId }) => clusterId)).toEqual(['b']);
});
