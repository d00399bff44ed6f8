import type { JsonObject } from '@isthmus/releases';
import { describe, expect, it } from 'vitest';
import { type Call, decide, summaryOf } from './authorization.js';
import { clientTlsOf, mutualTlsOf } from './mutual-tls.js';
import { object } from './testing.js';

const pods = { namespace: 'shop', name: 'payments', isService: (name: string) => name === 'cart' };
const web: Call = {
  isMutualTls: true,
  trustDomain: 'mesh.example',
  namespace: 'shop',
  serviceAccount: 'web',
  ports: [8080],
  isHttp: 'yes',
};

const policy = (spec: JsonObject, id = 'shop/p') => object(`AuthorizationPolicy ${id}`, spec);
const from = (source: JsonObject): JsonObject => ({ from: [{ source }] });
const to = (operation: JsonObject): JsonObject => ({ to: [{ operation }] });
const allow = (...rules: JsonObject[]) => policy({ rules });
const deny = (...rules: JsonObject[]) => policy({ action: 'DENY', rules }, 'shop/d');
const app = (name: string) => ({ selector: { matchLabels: { app: name } } });
const get = to({ methods: ['GET'] });

const verdict = (objects: ReturnType<typeof policy>[], call: Partial<Call> = {}) =>
  decide(objects, pods, { ...web, ...call }).verdict;

describe('what a sidecar decides', () => {
  it.for<[string, string, ReturnType<typeof policy>[]]>([
    ['allows all without a policy', 'allowed', []],
    ['denies all by an empty policy', 'denied', [policy({})]],
    ['allows all by an empty rule', 'allowed', [allow({})]],
    ['a DENY without rules denies nothing', 'allowed', [policy({ action: 'DENY' })]],
    ['DENY comes before ALLOW', 'denied', [allow({}), deny(from({ namespaces: ['shop'] }))]],
    ['ALLOW policies add up', 'allowed', [policy({}), allow(from({ namespaces: ['shop'] }))]],
    ['AUDIT decides nothing', 'allowed', [policy({ action: 'AUDIT', rules: [{}] })]],
    ['CUSTOM asks somebody else', 'unknown', [policy({ action: 'CUSTOM', rules: [{}] })]],
    [
      'DENY holds whatever CUSTOM says',
      'denied',
      [policy({ action: 'CUSTOM', rules: [{}] }), deny({})],
    ],
    ['of another namespace', 'allowed', [policy({}, 'other/p')]],
    ['of the whole mesh', 'denied', [policy({}, 'istio-system/p')]],
    ['selected by the service', 'denied', [policy(app('payments'))]],
    ['selected for another service', 'allowed', [policy(app('cart'))]],
    ['selected by labels nobody knows', 'unknown', [policy(app('legacy'))]],
    ['an unknown ALLOW beside one that lets in', 'allowed', [policy(app('legacy')), allow({})]],
    [
      'an unknown ALLOW may let in',
      'unknown',
      [policy({ ...app('legacy'), rules: [{}] }), allow()],
    ],
    ['for a gateway or a waypoint', 'allowed', [policy({ targetRefs: [{ kind: 'Gateway' }] })]],
    ['by method', 'unknown', [allow(get)]],
    ['denied by method', 'unknown', [deny(get)]],
    ['by method, or anyhow', 'allowed', [allow(get, from({ principals: ['*'] }))]],
    ['by method, of another caller', 'denied', [allow({ ...get, ...from({ namespaces: ['x'] }) })]],
    [
      'by path, where the caller decides',
      'allowed',
      [deny({ ...get, ...from({ namespaces: ['x'] }) })],
    ],
    ['by when', 'unknown', [allow({ when: [{ key: 'request.headers[x]', values: ['1'] }] })]],
    [
      'by when, as far as it is known',
      'denied',
      [allow({ when: [{ key: 'source.namespace', notValues: ['shop'] }] })],
    ],
    [
      'one of several rules',
      'allowed',
      [allow(from({ namespaces: ['x'] }), from({ namespaces: ['shop'] }))],
    ],
  ])('%s: %s', ([, expected, objects]) => {
    expect(verdict(objects)).toBe(expected);
  });

  it('passes over what is only tried', () => {
    for (const [dryRun, expected] of Object.entries({
      true: 'allowed',
      T: 'allowed',
      no: 'denied',
    })) {
      const tried = { ...policy({}), annotations: { 'istio.io/dry-run': dryRun } };
      expect(verdict([tried])).toBe(expected);
    }
  });

  it.for<[JsonObject, boolean]>([
    [{ principals: ['mesh.example/ns/shop/sa/web'] }, true],
    [{ principals: ['cluster.local/ns/shop/sa/web'] }, true],
    [{ principals: ['other.example/ns/shop/sa/web'] }, false],
    [{ principals: ['mesh.example/ns/shop/*'] }, true],
    [{ principals: ['*/sa/web'] }, true],
    [{ principals: ['*'] }, true],
    [{ principals: ['mesh.example/ns/shop/sa/we'] }, false],
    [{ notPrincipals: ['mesh.example/ns/shop/sa/web'] }, false],
    [{ notPrincipals: ['*/sa/cart'] }, true],
    [{ namespaces: ['sh*'] }, true],
    [{ namespaces: ['*ho*'] }, true],
    [{ namespaces: ['s*p'] }, true],
    [{ namespaces: ['s*ho*op'] }, false],
    [{ namespaces: ['*'] }, true],
    [{ namespaces: ['shop'], notPrincipals: ['*/sa/web'] }, false],
    [{ notNamespaces: ['sandbox'] }, true],
    [{ serviceAccounts: ['web'] }, true],
    [{ serviceAccounts: ['other/web'] }, false],
  ])('a source %j matches: %s', ([source, expected]) => {
    expect(verdict([allow(from(source))])).toBe(expected ? 'allowed' : 'denied');
  });

  it.for<[JsonObject, readonly number[], string]>([
    [{ ports: ['8080'] }, [8080], 'allowed'],
    [{ ports: ['80'] }, [8080], 'denied'],
    [{ notPorts: ['80'] }, [8080], 'allowed'],
    [{ ports: ['8080'] }, [8080, 9090], 'unknown'],
    [{ ports: ['8080'] }, [0], 'unknown'],
  ])('an operation %j on %j: %s', ([operation, ports, expected]) => {
    expect(verdict([allow(to(operation))], { ports })).toBe(expected);
  });

  it('goes without what HTTP alone tells, where there is none', () => {
    const tcp = { isHttp: 'no' as const };
    expect(verdict([allow(get)], tcp)).toBe('denied');
    expect(verdict([deny(get)], tcp)).toBe('denied');
    expect(verdict([deny({ ...get, ...from({ namespaces: ['x'] }) })], tcp)).toBe('allowed');
    expect(verdict([allow(get)], { isHttp: 'unknown' })).toBe('unknown');
    // A rule that asks for the request is left out as a whole.
    const rule = { to: [{ operation: { ports: ['8080'] } }, ...(get.to as JsonObject[])] };
    expect(verdict([allow(rule)])).toBe('allowed');
    expect(verdict([allow(rule)], tcp)).toBe('denied');
    expect(verdict([allow(rule, {})], tcp)).toBe('allowed');
  });

  it('knows nobody who shows no certificate', () => {
    expect(verdict([allow(from({ principals: ['*'] }))], { isMutualTls: false })).toBe('denied');
    expect(verdict([deny(from({ principals: ['*'] }))], { isMutualTls: false })).toBe('allowed');
    expect(verdict([allow(from({ notNamespaces: ['x'] }))], { isMutualTls: false })).toBe(
      'allowed',
    );
  });

  it.for<[string, ReturnType<typeof policy>]>([
    [
      'allow spiffe://cluster.local/ns/shop/sa/web',
      allow(from({ principals: ['cluster.local/ns/shop/sa/web'] })),
    ],
    [
      'deny namespace sandbox to methods GET',
      deny({ ...get, ...from({ namespaces: ['sandbox'] }) }),
    ],
    ['allow nothing', policy({})],
    ['allow anyone', allow({})],
  ])('is told as: %s', ([text, object]) => {
    expect(summaryOf(object)).toBe(text);
  });
});

describe('mutual TLS', () => {
  const peer = (id: string, spec: JsonObject) => object(`PeerAuthentication ${id}`, spec);
  const mode = (value: string): JsonObject => ({ mtls: { mode: value } });

  it('of the workload comes before that of the namespace, and of the mesh', () => {
    const mesh = peer('istio-system/default', mode('STRICT'));
    const namespace = peer('shop/default', mode('PERMISSIVE'));
    const workload = peer('shop/payments', {
      ...app('payments'),
      ...mode('UNSET'),
      portLevelMtls: { '8080': { mode: 'DISABLE' } },
    });
    const found = (port?: number, ...objects: ReturnType<typeof peer>[]) =>
      mutualTlsOf(objects, pods, port).mode;
    expect(found(8080)).toBe('UNSET');
    expect(found(8080, mesh)).toBe('STRICT');
    expect(found(8080, mesh, namespace)).toBe('PERMISSIVE');
    expect(found(8080, mesh, namespace, workload)).toBe('DISABLE');
    // UNSET inherits.
    expect(found(9090, mesh, namespace, workload)).toBe('PERMISSIVE');
    expect(mutualTlsOf([peer('shop/x', app('legacy'))], pods, 8080).doubtful).toMatchObject([
      { name: 'x' },
    ]);
  });

  it('of callers is what the nearest DestinationRule says', () => {
    const rule = (id: string, host: string, tls: string, more: JsonObject = {}) =>
      object(`DestinationRule ${id}`, { host, trafficPolicy: { tls: { mode: tls } }, ...more });
    const found = (...objects: ReturnType<typeof rule>[]) =>
      clientTlsOf(objects, {
        host: 'payments.shop.svc.cluster.local',
        namespace: 'shop',
        from: 'web',
        port: 80,
      })?.mode;
    const wide = rule('istio-system/all', '*.local', 'ISTIO_MUTUAL');
    expect(found(wide)).toBe('ISTIO_MUTUAL');
    expect(found(wide, rule('shop/payments', 'payments', 'DISABLE'))).toBe('DISABLE');
    expect(
      found(
        rule('shop/payments', 'payments', 'DISABLE'),
        rule('web/payments', 'payments.shop.svc.cluster.local', 'SIMPLE'),
      ),
    ).toBe('SIMPLE');
    expect(
      found(rule('shop/payments', 'payments', 'DISABLE', { exportTo: ['.'] })),
    ).toBeUndefined();
    expect(found(rule('other/payments', 'payments', 'DISABLE'))).toBeUndefined();
    const policy = (tls: JsonObject): JsonObject => ({ host: 'payments', trafficPolicy: tls });
    const of = (tls: JsonObject) => found(object('DestinationRule shop/payments', policy(tls)));
    expect(of({})).toBeUndefined();
    expect(of({ tls: { sni: 'payments' } })).toBe('DISABLE');
    // Settings of a port stand in place of the others, what they leave out included.
    const tls = { mode: 'DISABLE' };
    expect(of({ tls, portLevelSettings: [{ port: { number: 80 } }] })).toBeUndefined();
    expect(of({ tls, portLevelSettings: [{ port: { number: 81 } }] })).toBe('DISABLE');
  });
});
