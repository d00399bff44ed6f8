import { State } from '@isthmus/contracts';
import { describe, expect, it } from 'vitest';
import { explain } from './explain.js';
import type { Question } from './question.js';
import { now, object, picture, type Sketch } from './testing.js';

function ask(sketch: Sketch = {}, question: Partial<Question> = {}) {
  const shown = picture(sketch);
  const full: Question = {
    fromClusterId: 'b',
    fromNamespace: 'shop',
    fromServiceAccount: 'web',
    host: 'shop/payments',
    port: 80,
    ...question,
  };
  const source = shown.settings.clusters.get(full.fromClusterId);
  if (!source) throw new Error('no such cluster');
  return explain(shown, source, full);
}

const refused = (reason: string) => ({
  stored: State.STATE_REFUSED,
  reason,
  message: 'in its words',
});
const pending = (reason: string) => ({
  stored: State.STATE_PENDING,
  reason,
  message: 'in its words',
});
const payments = (fields: object) => ({ a: { 'shop/payments': fields } });
const condition = (type: string) => ({
  conditions: [{ type, status: 'True', reason: 'R', message: 'in its words' }],
});

describe('a call that every link holds for', () => {
  it('is OK, and every link of the route is told in order', () => {
    const { state, broken, steps, routes, host } = ask();
    expect({ state, broken, host }).toEqual({
      state: 'OK',
      broken: null,
      host: 'payments.shop.svc.cluster.local',
    });
    expect(steps.map(({ link, state }) => `${link} ${state}`)).toEqual(['NAME OK', 'CONTACT OK']);
    expect(routes.map(({ clusterName, local }) => ({ clusterName, local }))).toEqual([
      { clusterName: 'cluster-a', local: false },
    ]);
    expect(routes[0]?.steps.map(({ link, state, reason }) => [link, state, reason])).toEqual(
      'EXPORT CONTACT ENDPOINTS IMPORT NETWORK GATEWAY SNI TRUST SAN POLICY'
        .split(' ')
        .map((link) => [link, 'OK', null]),
    );
  });

  it.for([
    'payments',
    'payments.shop.svc',
    'payments.shop.svc.cluster.local',
    'payments.shop.svc.cluster.local.',
    'payments.shop.svc.clusterset.local',
  ])('may be made to %s', (host) => {
    expect(ask({}, { host }).state).toBe('OK');
  });

  it('needs no export and no gateway at home', () => {
    const { state, routes } = ask({ gateways: { a: [] } }, { fromClusterId: 'a' });
    const skipped = routes[0]?.steps.filter((step) => step.state === 'SKIPPED');
    expect(state).toBe('OK');
    expect(skipped?.map(({ link }) => link).join(' ')).toBe(
      'EXPORT IMPORT NETWORK GATEWAY SNI TRUST SAN',
    );
  });

  it('needs no gateway in one network, but the endpoints', () => {
    const near = { clusters: { b: { network: 'net-a' } }, gateways: { a: [] } };
    expect(ask(near).state).toBe('OK');
    const sketch = {
      ...near,
      statuses: { b: { 'Endpoints/a/shop/payments': refused('SelectorShared') } },
    };
    expect(ask(sketch).broken).toMatchObject({ link: 'IMPORT', reason: 'SelectorShared' });
  });
});

interface Case extends Sketch {
  /** Link and reason. */
  is: string;
  ask?: Partial<Question>;
  /** Whose link it is; `a` unless said. */
  at?: string | null;
}

const cases: Case[] = [
  { is: 'NAME NameMalformed', at: null, ask: { host: 'Pay ments' } },
  { is: 'NAME NameNotOfMesh', at: null, ask: { host: 'db.example.com' } },
  { is: 'CONTACT NeverJoined', at: 'b', contacts: { b: { status: 'PENDING' } } },
  { is: 'CONTACT ClusterRemoved', at: 'b', clusters: { b: { removed: true } } },
  { is: 'EXPORT NotExported', at: null, exports: {} },
  { is: 'EXPORT NotExported', at: null, exports: { a: { 'shop/payments': 'withdrawn' } } },
  { is: 'EXPORT ExporterRemoved', at: null, clusters: { a: { removed: true } } },
  {
    is: 'EXPORT ExternalName',
    exports: payments({ refusedReason: 'ExternalName', refusedMessage: 'no endpoints' }),
  },
  {
    is: 'EXPORT NotInMesh',
    exports: payments({ refusedReason: 'NotInMesh', refusedMessage: 'no sidecar' }),
  },
  {
    is: 'EXPORT HostOwnedByAnother',
    settings: { grants: [{ namespace: 'shop', service: '*', clusterIds: ['b'] }] },
  },
  { is: 'EXPORT PortNotExported', ask: { port: 81 } },
  { is: 'ENDPOINTS NoReadyEndpoints', exports: payments({ groups: [] }) },
  { is: 'IMPORT IstioMissing', at: 'b', agents: { b: condition('IstioMissing') } },
  { is: 'IMPORT IstioMissing', at: 'b', agents: { b: { capabilities: ['mcs-api'] } } },
  { is: 'IMPORT DataPlaneUnsupported', at: 'b', agents: { b: condition('DataPlaneUnsupported') } },
  { is: 'IMPORT ImportNotSent', at: 'b', statuses: { b: { 'Import/shop/payments': null } } },
  {
    is: 'IMPORT NotOurs',
    at: 'b',
    statuses: { b: { 'Import/shop/payments': refused('NotOurs') } },
  },
  {
    is: 'IMPORT NamespaceNotFound',
    at: 'b',
    statuses: { b: { 'Import/shop/payments': pending('NamespaceNotFound') } },
  },
  {
    is: 'IMPORT Rejected',
    at: 'b',
    statuses: {
      b: { 'Import/shop/payments': { accepted: State.STATE_REFUSED, reason: 'Rejected' } },
    },
  },
  {
    is: 'IMPORT LocalServicePortsDiffer',
    at: 'b',
    statuses: {
      b: {
        'Import/shop/payments': {
          reason: 'LocalServicePortsDiffer',
          message: 'Service shop/payments lacks port 79, 80 of the import: not reachable here',
        },
      },
    },
  },
  {
    is: 'IMPORT ClusterSetPortsLeftOut',
    at: 'b',
    ask: { host: 'payments.shop.svc.clusterset.local' },
    statuses: {
      b: {
        'Import/shop/payments': {
          reason: 'ClusterSetPortsLeftOut',
          message: 'port 80 is not served at payments.shop.svc.clusterset.local, since',
        },
      },
    },
  },
  { is: 'NETWORK IstioMissing', agents: { a: condition('IstioMissing') } },
  { is: 'NETWORK NetworkMismatch', at: 'b', agents: { b: { observedNetwork: 'net-x' } } },
  { is: 'NETWORK NetworkLabelMissing', agents: { a: { observedNetwork: '' } } },
  { is: 'GATEWAY NoEastWestGateway', gateways: { a: [] } },
  { is: 'GATEWAY NoGatewayAddress', gateways: { a: [{ addresses: [] }] } },
  { is: 'GATEWAY GatewayOfAnotherNetwork', gateways: { a: [{ network: 'net-x' }] } },
  { is: 'GATEWAY PeerNotSent', at: 'b', statuses: { b: { 'Peer/net-a': null } } },
  {
    is: 'GATEWAY KindNotServed',
    at: 'b',
    statuses: { b: { 'Peer/net-a': pending('KindNotServed') } },
  },
  {
    is: 'GATEWAY HostnameUnresolved',
    at: 'b',
    statuses: {
      b: { 'Peer/net-a': { accepted: State.STATE_REFUSED, reason: 'HostnameUnresolved' } },
    },
  },
  {
    is: 'GATEWAY NoGatewayAddress',
    at: 'b',
    statuses: { b: { 'Import/shop/payments': { reason: 'NoGatewayAddress', message: 'no way' } } },
  },
  { is: 'SNI ExposureNotSent', statuses: { a: { 'Exposure/exposure': null } } },
  { is: 'SNI NotOurs', statuses: { a: { 'Exposure/exposure': refused('NotOurs') } } },
  {
    is: 'SNI NoEastWestGateway',
    statuses: { a: { 'Exposure/exposure': pending('NoEastWestGateway') } },
  },
  {
    is: 'TRUST NoTrustAnchor',
    at: null,
    settings: { trust: { anchors: [], signing: new Map() } },
  },
  {
    is: 'TRUST CertificateMissing',
    at: 'b',
    settings: { trust: { anchors: ['-----ANCHOR-----'], signing: new Map() } },
  },
  { is: 'TRUST CertificateExpired', at: 'b', settings: trustUntil(new Date(now.getTime() - 1)) },
  {
    is: 'TRUST CertificateNotYetValid',
    at: 'b',
    settings: trustUntil(new Date(now.getTime() + 2), new Date(now.getTime() + 1)),
  },
  { is: 'TRUST NotOurs', statuses: { a: { 'SigningCertificate/signing': refused('NotOurs') } } },
  {
    is: 'TRUST WaitingForCertificate',
    at: 'b',
    statuses: { b: { 'TrustBundle/trust': pending('WaitingForCertificate') } },
  },
  {
    is: 'SAN SubjectAltNamesDiffer',
    at: 'b',
    objects: [
      object('DestinationRule shop/payments', {
        host: 'payments',
        trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL', subjectAltNames: ['spiffe://other'] } },
      }),
    ],
  },
  {
    is: 'POLICY NotAllowedByPolicy',
    objects: [object('AuthorizationPolicy shop/payments', {})],
  },
  {
    is: 'POLICY DeniedByPolicy',
    objects: [object('AuthorizationPolicy istio-system/none', { action: 'DENY', rules: [{}] })],
  },
  {
    is: 'POLICY MutualTlsDisabled',
    objects: [object('PeerAuthentication shop/default', { mtls: { mode: 'DISABLE' } })],
  },
  {
    is: 'POLICY HiddenBySidecar',
    at: 'b',
    objects: [object('Sidecar shop/default', { egress: [{ hosts: ['web/*', 'istio-system/*'] }] })],
  },
  {
    is: 'POLICY MutualTlsMismatch',
    objects: [
      object('DestinationRule shop/payments', {
        host: '*.shop.svc.cluster.local',
        trafficPolicy: { tls: { mode: 'DISABLE' } },
      }),
    ],
  },
];

function trustUntil(notAfter: Date, notBefore = new Date(0)) {
  const signing = { keyId: 'key', certificate: 'PEM', chain: '', notBefore, notAfter };
  return {
    trust: {
      anchors: ['-----ANCHOR-----'],
      signing: new Map([
        ['a', signing],
        ['b', signing],
      ]),
    },
  };
}

describe('the first link that is broken', () => {
  it.for(cases)('is $is', ({ is, at = 'a', ask: question, ...sketch }) => {
    const { state, broken, steps, routes } = ask(sketch, question);
    expect(`${broken?.link} ${broken?.reason}`).toBe(is);
    expect(state).toBe('BROKEN');
    expect(broken?.clusterId).toBe(at);
    // What people read: what is wrong, and what to do.
    expect(broken?.message).not.toMatch(/undefined|null|\[object|\dT\d/);
    expect(broken?.remedy).toMatch(/\S{3}/);
    const after = [...steps, ...(routes[0]?.steps ?? [])];
    const behind = after.slice(after.findIndex((step) => step.state === 'BROKEN') + 1);
    expect(behind.every((step) => step.state === 'SKIPPED')).toBe(true);
  });

  it('is told in the words of whoever refused it', () => {
    const statuses = { b: { 'Import/shop/payments': refused('NotOurs') } };
    expect(ask({ statuses }).broken?.message).toContain('in its words');
  });

  it('is that of the route that comes furthest', () => {
    const { broken, routes } = ask({
      clusters: { c: {} },
      settings: { grants: [{ namespace: 'shop', service: '*', clusterIds: [] }] },
      exports: { c: { 'shop/payments': { groups: [] } }, a: { 'shop/payments': {} } },
      gateways: { a: [{ addresses: [] }] },
    });
    expect(broken).toMatchObject({ link: 'GATEWAY', clusterId: 'a' });
    expect(routes.map(({ clusterId, state }) => `${clusterId} ${state}`)).toEqual([
      'a BROKEN',
      'c BROKEN',
    ]);
  });

  it('is of no matter where another route is whole', () => {
    const { state, broken, routes } = ask({
      clusters: { c: {} },
      settings: { grants: [{ namespace: 'shop', service: '*', clusterIds: [] }] },
      exports: { c: { 'shop/payments': { groups: [] } }, a: { 'shop/payments': {} } },
    });
    expect({ state, broken }).toEqual({ state: 'OK', broken: null });
    expect(routes.map(({ clusterId }) => clusterId)).toEqual(['a', 'c']);
  });
});

describe('a Sidecar', () => {
  it.for([
    ['./*', 'OK'],
    ['shop/payments.shop.svc.cluster.local', 'OK'],
    ['*/*.local', 'OK'],
    ['~/*', 'BROKEN'],
    ['shop/cart.shop.svc.cluster.local', 'BROKEN'],
  ] as const)('that lets through %s: %s', ([host, state]) => {
    const objects = [object('Sidecar istio-system/default', { egress: [{ hosts: [host] }] })];
    expect(ask({ objects }).state).toBe(state);
  });
});

describe('a Sidecar for chosen pods', () => {
  const sidecar = (host: string, more: object) =>
    object('Sidecar shop/x', { egress: [{ hosts: [host] }], ...more });
  const chosen = { workloadSelector: { labels: { tier: 'web' } } };
  const common = { ...sidecar('web/*', {}), name: 'common' };

  it('that hides the host may be the caller’s', () => {
    expect(ask({ objects: [sidecar('web/*', chosen)] })).toMatchObject({
      state: 'UNKNOWN',
      broken: null,
    });
  });

  it('that does not may come before one that does', () => {
    expect(ask({ objects: [common, sidecar('./*', chosen)] }).state).toBe('UNKNOWN');
    expect(ask({ objects: [common, sidecar('web/*', chosen)] }).state).toBe('BROKEN');
  });

  it('is of no matter where a policy denies the call', () => {
    const objects = [sidecar('web/*', chosen), object('AuthorizationPolicy shop/payments', {})];
    expect(ask({ objects }).broken?.reason).toBe('NotAllowedByPolicy');
  });
});

describe('a mode of pods that cannot be told apart', () => {
  const clusters = { a: { network: 'net' }, b: { network: 'net' } };
  const peer = (name: string, mode: string, tier?: string) =>
    object(`PeerAuthentication shop/${name}`, {
      mtls: { mode },
      ...(tier && { selector: { matchLabels: { tier } } }),
    });
  const plain = object('DestinationRule shop/payments', {
    host: 'payments',
    trafficPolicy: { tls: { mode: 'DISABLE' } },
  });

  it('may let in what that of the namespace ends', () => {
    const strict = peer('default', 'STRICT');
    expect(ask({ clusters, objects: [plain, strict] }).state).toBe('BROKEN');
    const objects = [plain, strict, peer('x', 'PERMISSIVE', 'web')];
    expect(ask({ clusters, objects }).state).toBe('UNKNOWN');
    // A gateway opens no plain text, whatever the pods take.
    expect(ask({ objects }).state).toBe('BROKEN');
  });

  it('may end the call whichever of them it is of', () => {
    const objects = [plain, peer('x', 'PERMISSIVE', 'web'), peer('y', 'STRICT', 'batch')];
    expect(ask({ clusters, objects }).state).toBe('UNKNOWN');
  });
});

it('what a DestinationRule says of one of the two names is not said of the other', () => {
  const rule = (host: string) => [
    object('DestinationRule shop/payments', { host, trafficPolicy: { tls: { mode: 'DISABLE' } } }),
  ];
  const [near, wide] = ['cluster', 'clusterset'].map((of) => `payments.shop.svc.${of}.local`);
  const stateFor = (host = '', called = '') => ask({ objects: rule(host) }, { host: called }).state;
  expect([stateFor(near, near), stateFor(wide, near)]).toEqual(['BROKEN', 'OK']);
  expect([stateFor(near, wide), stateFor(wide, wide)]).toEqual(['OK', 'BROKEN']);
});

it('endpoints that were left out of an import are those of the networks that it names', () => {
  const statuses = (networks: string) => ({
    b: {
      'Import/shop/payments': {
        reason: 'NoGatewayAddress',
        message: `there is no known way into ${networks}, so the endpoints there are left out`,
      },
    },
  });
  expect(ask({ statuses: statuses('net-c, net-x') }).state).toBe('OK');
  expect(ask({ statuses: statuses('net-a, net-x') }).broken?.reason).toBe('NoGatewayAddress');
});

it('gateways of a network are asked for the hosts of that network', () => {
  const exports = { a: { 'shop/payments': {} }, c: { 'shop/cart': {} } };
  const { state, routes } = ask({ clusters: { c: {} }, exports });
  expect(state).toBe('OK');
  expect(routes[0]?.steps.find(({ link }) => link === 'SNI')?.reason).toBeNull();
});

it('a mode that cannot be told apart is of no matter where every mode lets the call in', () => {
  const objects = [
    object('PeerAuthentication shop/legacy', {
      selector: { matchLabels: { tier: 'legacy' } },
      mtls: { mode: 'STRICT' },
    }),
  ];
  expect(ask({ objects }).state).toBe('OK');
});

/** Callers expect the pods of the service to be of this account. */
function namesOf(account: string) {
  return object('DestinationRule shop/payments', {
    host: 'payments',
    trafficPolicy: {
      tls: {
        mode: 'ISTIO_MUTUAL',
        subjectAltNames: [`spiffe://mesh.example/ns/shop/sa/${account}`],
      },
    },
  });
}

describe('what is no break', () => {
  const stepOf = (answer: ReturnType<typeof ask>, link: string) =>
    answer.routes[0]?.steps.find((step) => step.link === link);

  it.for([
    ['CONTACT', 'OutOfContact', { contacts: { a: { status: 'OUT_OF_CONTACT' as const } } }],
    ['CONTACT', 'ClusterLocked', { contacts: { a: { status: 'LOCKED' as const } } }],
    [
      'CONTACT',
      'Forbidden',
      {
        agents: {
          a: {
            conditions: [
              { type: 'Permitted', status: 'False', reason: 'Forbidden', message: 'list pods' },
            ],
          },
        },
      },
    ],
    [
      'SAN',
      'SubjectAltNamesDiffer',
      {
        exports: {
          a: {
            'shop/payments': {
              groups: ['payments', 'other'].map((serviceAccount) => ({
                ...{ locality: '', ready: 1, addresses: [] },
                serviceAccount,
              })),
            },
          },
        },
        objects: [namesOf('payments')],
      },
    ],
    [
      'IMPORT',
      'ImportOutdated',
      { statuses: { b: { 'Import/shop/payments': { intentVersion: 'before' } } } },
    ],
    [
      'GATEWAY',
      'WaitingForIstiod',
      { statuses: { b: { 'Peer/net-a': { accepted: State.STATE_PENDING } } } },
    ],
  ] as const)('%s %s is a warning', ([link, reason, sketch]) => {
    const answer = ask(sketch as unknown as Sketch);
    expect(answer.state).toBe('OK');
    expect(stepOf(answer, link)).toMatchObject({ state: 'OK', reason });
  });

  it.for([
    [
      'SNI',
      'ExposureOutdated',
      { statuses: { a: { 'Exposure/exposure': { intentVersion: 'before' } } } },
    ],
    [
      'TRUST',
      'AnchorsDiffer',
      { statuses: { b: { 'TrustBundle/trust': { intentVersion: 'before' } } } },
    ],
    [
      'SAN',
      'ServiceAccountUnknown',
      {
        exports: {
          a: {
            'shop/payments': {
              groups: [{ locality: '', serviceAccount: '', ready: 1, addresses: [] }],
            },
          },
        },
      },
    ],
    [
      'SAN',
      'SubjectAltNamesDiffer',
      {
        exports: {
          a: {
            'shop/payments': {
              groups: [{ locality: '', serviceAccount: '', ready: 1, addresses: [] }],
            },
          },
        },
        objects: [namesOf('payments')],
      },
    ],
    [
      'NETWORK',
      'Forbidden',
      {
        agents: {
          a: {
            observedNetwork: '',
            capabilities: [],
            conditions: [
              { type: 'Permitted', status: 'False', reason: 'Forbidden', message: 'list services' },
            ],
          },
        },
      },
    ],
    [
      'POLICY',
      'PolicyUndecided',
      {
        objects: [
          object('AuthorizationPolicy shop/get', {
            rules: [{ to: [{ operation: { methods: ['GET'] } }] }],
          }),
        ],
      },
    ],
    [
      'POLICY',
      'PolicyUndecided',
      {
        objects: [
          object('PeerAuthentication shop/legacy', {
            selector: { matchLabels: { tier: 'legacy' } },
            mtls: { mode: 'DISABLE' },
          }),
        ],
      },
    ],
  ] as const)('%s %s cannot be known', ([link, reason, sketch]) => {
    const answer = ask(sketch as unknown as Sketch);
    expect({ state: answer.state, broken: answer.broken }).toEqual({
      state: 'UNKNOWN',
      broken: null,
    });
    expect(stepOf(answer, link)).toMatchObject({ state: 'UNKNOWN', reason });
  });
});
