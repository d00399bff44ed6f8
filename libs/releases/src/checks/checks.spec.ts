import { describe, expect, test } from 'vitest';
import { parseBundle } from '../bundle/parse.js';
import { type CheckContext, checkObjects, checkOverrides } from './index.js';

const clusters = [
  { name: 'eu-1', labels: { env: 'prod', region: 'eu' } },
  { name: 'us-1', labels: { env: 'prod', region: 'us' } },
  { name: 'test', labels: { env: 'test' } },
];

const groups: Readonly<Record<string, string>> = {
  VirtualService: 'networking.istio.io/v1',
  DestinationRule: 'networking.istio.io/v1',
  ServiceEntry: 'networking.istio.io/v1',
  Gateway: 'networking.istio.io/v1',
  Sidecar: 'networking.istio.io/v1',
  EnvoyFilter: 'networking.istio.io/v1alpha3',
  WasmPlugin: 'extensions.istio.io/v1alpha1',
  Telemetry: 'telemetry.istio.io/v1',
  AuthorizationPolicy: 'security.istio.io/v1',
  PeerAuthentication: 'security.istio.io/v1',
  RequestAuthentication: 'security.istio.io/v1',
  HTTPRoute: 'gateway.networking.k8s.io/v1',
  GRPCRoute: 'gateway.networking.k8s.io/v1',
};

/** `VirtualService shop/a [env=prod] {hosts: [a]}`, one a line, each a document in a line of its own. */
function bundle(text: string) {
  const documents = text
    .trim()
    .split('\n')
    .map((line) => /^\s*(\w+) (?:(\w\S*)\/)?(\S+) (?:\[(.*?)\] )?(\{.*\})$/.exec(line) ?? [])
    .map(([, kind = '', namespace, name = '', selector = '', spec = '']) =>
      kind === 'ClusterOverride'
        ? `{apiVersion: isthmus.dev/v1alpha1, kind: ${kind}, metadata: {name: ${name}}, spec: ${spec}}`
        : `{apiVersion: ${groups[kind]}, kind: ${kind}, metadata: {name: ${name}, namespace: ${namespace}, annotations: {isthmus.dev/clusters: "${selector}"}}, spec: ${spec}}`,
    );
  const parsed = parseBundle([{ path: 'a.yaml', content: documents.join('\n---\n') }]);
  expect(parsed.problems).toEqual([]);
  return parsed;
}

/** Problems as `error Code 2`, with the number of the line above; documents have every other line. */
function check(text: string, context: Partial<CheckContext> = {}) {
  const { objects } = bundle(text);
  return checkObjects(objects, { clusters, hosts: undefined, ...context }).map(
    ({ severity, code, place }) => `${severity} ${code} ${((place?.line ?? 0) + 1) / 2}`,
  );
}

const routeTo = (rest: string) =>
  `{hosts: [a], http: [{route: [{destination: {host: reviews${rest}}}]}]}`;
const reviews = '{host: reviews, subsets: [{name: v1, labels: {version: v1}}]}';

describe('references', () => {
  test.each<[string, string, string[], Partial<CheckContext>?]>([
    [
      'a subset that is there',
      `VirtualService shop/a ${routeTo(', subset: v1')}\nDestinationRule shop/r ${reviews}`,
      [],
    ],
    [
      'a subset that is not',
      `VirtualService shop/a ${routeTo(', subset: v2')}\nDestinationRule shop/r ${reviews}`,
      ['error SubsetNotFound 1'],
    ],
    [
      'a subset without any rule',
      `VirtualService shop/a ${routeTo(', subset: v2')}`,
      ['error SubsetNotFound 1'],
    ],
    [
      'a subset of another namespace',
      `VirtualService shop/a ${routeTo(', subset: v1')}\nDestinationRule web/r ${reviews}`,
      ['error SubsetNotFound 1'],
    ],
    [
      'a subset by its full name',
      `VirtualService shop/a ${routeTo(', subset: v1')}\nDestinationRule web/r ${reviews.replace('reviews', 'reviews.shop.svc.cluster.local')}`,
      [],
    ],
    [
      'a subset of a wildcard',
      `VirtualService shop/a ${routeTo(', subset: v1')}\nDestinationRule web/r ${reviews.replace('reviews', '"*.shop.svc.cluster.local"')}`,
      [],
    ],
    [
      'a subset of a mirror',
      'VirtualService shop/a {hosts: [a], http: [{mirror: {host: b, subset: c}, route: [{destination: {host: b}}]}]}',
      ['error SubsetNotFound 1'],
    ],
    [
      'a subset of a tcp route',
      'VirtualService shop/a {hosts: [a], tcp: [{route: [{destination: {host: b, subset: c}}]}]}',
      ['error SubsetNotFound 1'],
    ],
    [
      'a subset in fewer clusters',
      `VirtualService shop/a [env=prod] ${routeTo(', subset: v1')}\nDestinationRule shop/r [region=eu] ${reviews}`,
      ['error SubsetNotFound 1'],
    ],
    [
      'a subset in parts of the clusters',
      `VirtualService shop/a [env=prod] ${routeTo(', subset: v1')}\nDestinationRule shop/r [region=eu] ${reviews}\nDestinationRule shop/s [region!=eu] ${reviews}`,
      [],
    ],
    [
      'a subset, with no clusters yet',
      `VirtualService shop/a [env=prod] ${routeTo(', subset: v1')}\nDestinationRule shop/r [region=eu] ${reviews}`,
      [],
      { clusters: [] },
    ],
    [
      'a gateway',
      'VirtualService shop/a {hosts: [a.com], gateways: [infra/g, mesh]}\nGateway infra/g {servers: []}',
      [],
    ],
    [
      'a gateway that is not there',
      'VirtualService shop/a {hosts: [a.com], gateways: [g, g]}\nGateway infra/g {servers: []}',
      ['warning GatewayNotInBundle 1'],
    ],
    [
      'a parent',
      `HTTPRoute shop/a {parentRefs: [{name: g}]}\nGRPCRoute shop/b {parentRefs: [{name: x, kind: Service, group: ""}]}`,
      ['warning GatewayNotInBundle 1'],
    ],
    [
      'a delegate',
      'VirtualService shop/a {hosts: [a], http: [{delegate: {name: b}}, {delegate: {name: c, namespace: d}}]}\nVirtualService shop/b {}',
      ['warning DelegateNotFound 1'],
    ],
    ['hosts that are not asked for', `VirtualService shop/a ${routeTo('')}`, []],
    [
      'an unknown host',
      `VirtualService shop/a ${routeTo('')}\nDestinationRule shop/b {host: other}`,
      ['warning HostUnknown 1', 'warning HostUnknown 2'],
      { hosts: new Set() },
    ],
    [
      'an exported host',
      `VirtualService shop/a ${routeTo('')}`,
      [],
      { hosts: new Set(['reviews.shop.svc.clusterset.local']) },
    ],
    [
      'a declared host',
      `VirtualService shop/a ${routeTo('')}\nServiceEntry shop/b {hosts: ["*.shop.svc.cluster.local"]}`,
      [],
      { hosts: new Set() },
    ],
    [
      'a host of the world',
      `VirtualService shop/a ${routeTo('').replace('reviews', 'api.example.com')}`,
      [],
      { hosts: new Set() },
    ],
    [
      'a JWT that nobody checks',
      'AuthorizationPolicy shop/a {rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}',
      ['warning NobodyAuthenticates 1'],
    ],
    [
      'a claim that nobody checks',
      'AuthorizationPolicy shop/a {rules: [{when: [{key: "request.auth.claims[a]", values: [b]}]}]}',
      ['warning NobodyAuthenticates 1'],
    ],
    [
      'a JWT that is checked',
      'AuthorizationPolicy shop/a {rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}\nRequestAuthentication istio-system/a {}',
      [],
    ],
    [
      'a Secret',
      'Gateway shop/a {servers: [{port: {number: 1, name: a, protocol: HTTPS}, hosts: [a], tls: {mode: SIMPLE, credentialName: ns/b}}]}',
      ['warning CredentialNameInvalid 1'],
    ],
  ])('%s', (_, text, expected, context) => {
    expect(check(text, context)).toEqual(expected);
  });

  test('names the clusters, and the line', () => {
    const { objects } = parseBundle([
      {
        path: 'a.yaml',
        content: `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: shop}
spec:
  hosts: [a]
  http:
    - route:
        - destination:
            host: b
            subset: v1
`,
      },
    ]);
    const [problem] = checkObjects(
      [
        ...objects,
        ...bundle('DestinationRule shop/b [env=test] {host: b, subsets: [{name: v1}]}').objects,
      ],
      { clusters, hosts: undefined },
    );
    expect(problem?.message).toContain('in the clusters eu-1, us-1');
    expect(problem?.place).toEqual({ path: 'a.yaml', line: 10 });
  });
});

describe('conflicts', () => {
  test.each<[string, string, string[]]>([
    [
      'a host twice',
      'VirtualService shop/a {hosts: [x]}\nVirtualService shop/b {hosts: [x.shop.svc.cluster.local]}',
      ['error HostConflict 2'],
    ],
    [
      'a host in two namespaces',
      'VirtualService shop/a {hosts: [x]}\nVirtualService web/a {hosts: [x]}',
      [],
    ],
    [
      'a host in different clusters',
      'VirtualService shop/a [env=prod] {hosts: [x]}\nVirtualService shop/b [env=test] {hosts: [x]}',
      [],
    ],
    [
      'a host in clusters that overlap',
      'VirtualService shop/a [env=prod] {hosts: [x]}\nVirtualService shop/b [region=eu] {hosts: [x]}',
      ['error HostConflict 2'],
    ],
    [
      'a host that each namespace keeps to itself',
      'VirtualService shop/a {hosts: [x.com], exportTo: [.]}\nVirtualService web/a {hosts: [x.com], exportTo: [.]}',
      [],
    ],
    [
      'a host that one of them sees',
      'VirtualService shop/a {hosts: [x.com], exportTo: [., web]}\nVirtualService web/a {hosts: [x.com], exportTo: [.]}',
      ['error HostConflict 2'],
    ],
    [
      'a host at a gateway',
      'Gateway shop/g {servers: []}\nVirtualService shop/a {hosts: [x.com], gateways: [g]}\nVirtualService shop/b {hosts: [x.com], gateways: [shop/g]}',
      ['warning HostConflict 3'],
    ],
    [
      'a host at a gateway and in the mesh',
      'Gateway shop/g {servers: []}\nVirtualService shop/a {hosts: [x.com], gateways: [g]}\nVirtualService shop/b {hosts: [x.com]}',
      [],
    ],
    [
      'a rule twice',
      'DestinationRule shop/a {host: x}\nDestinationRule shop/b {host: x}',
      ['warning DestinationRuleConflict 2'],
    ],
    [
      'rules for different workloads',
      'DestinationRule shop/a {host: x}\nDestinationRule shop/b {host: x, workloadSelector: {matchLabels: {a: b}}}',
      [],
    ],
    [
      'Sidecars of a namespace',
      'Sidecar shop/a {}\nSidecar shop/b {}\nSidecar web/a {}',
      ['error SidecarConflict 2'],
    ],
    [
      'a Sidecar for a workload',
      'Sidecar shop/a {}\nSidecar shop/b {workloadSelector: {labels: {a: b}}}',
      [],
    ],
    [
      'Sidecars for the same workload',
      'Sidecar shop/a {workloadSelector: {labels: {a: b, c: d}}}\nSidecar shop/b {workloadSelector: {labels: {a: b}}}',
      ['warning SidecarConflict 2'],
    ],
    [
      'PeerAuthentications of a namespace',
      'PeerAuthentication shop/a {}\nPeerAuthentication shop/b {mtls: {mode: STRICT}}',
      ['error PeerAuthenticationConflict 2'],
    ],
    [
      'PeerAuthentications of a workload',
      'PeerAuthentication shop/a {selector: {matchLabels: {a: b}}}\nPeerAuthentication shop/b {selector: {matchLabels: {a: b}}}',
      ['error PeerAuthenticationConflict 2'],
    ],
    [
      'PeerAuthentications of different workloads',
      'PeerAuthentication shop/a {selector: {matchLabels: {a: b}}}\nPeerAuthentication shop/b {selector: {matchLabels: {a: c}}}',
      [],
    ],
    [
      'Telemetries of a namespace',
      'Telemetry shop/a {}\nTelemetry shop/b {}',
      ['error TelemetryConflict 2'],
    ],
    [
      'RequestAuthentications',
      'RequestAuthentication shop/a {}\nRequestAuthentication shop/b {}',
      [],
    ],
    [
      'a policy that denies everything',
      'AuthorizationPolicy shop/a {}\nAuthorizationPolicy shop/b {action: DENY}\nAuthorizationPolicy shop/c {rules: [{}]}',
      ['warning DeniesEverything 1'],
    ],
    [
      'policies of the root namespace',
      'AuthorizationPolicy istio-system/a {rules: [{}]}\nPeerAuthentication istio-system/b {}\nAuthorizationPolicy istio-system/c {selector: {matchLabels: {a: b}}, rules: [{}]}',
      ['warning MeshWide 1', 'warning MeshWide 2'],
    ],
  ])('%s', (_, text, expected) => {
    expect(check(text)).toEqual(expected);
  });
});

describe('regular expressions', () => {
  const match = (regex: string) =>
    `VirtualService shop/a {hosts: [a], http: [{match: [{uri: {regex: ${JSON.stringify(regex)}}}]}]}`;
  test.each<[string, string, string[]]>([
    ['one that is fine', match('/v[0-9]+/.*'), []],
    ['many repetitions that are fine', match('([a-z]{1,63}\\.){1,8}[a-z]{2,63}'), []],
    ['one that catastrophically backtracks elsewhere', match('(a+)+$'), []],
    ['no regular expression', match('('), ['error RegexInvalid 1']],
    ['a lookahead', match('(?!a)b'), ['error RegexInvalid 1']],
    ['a backreference', match('(a)\\1'), ['error RegexInvalid 1']],
    ['repetitions of repetitions', match('((a{100}){100}){100}'), ['error RegexInvalid 1']],
    [
      'one of many parts',
      match('(?:a{1000}|b{1000}|c{1000}|d{1000}|e{1000}|f{1000})'),
      ['error RegexTooLarge 1'],
    ],
    ['one that is long', match('a'.repeat(1_025)), ['error RegexTooLarge 1']],
    [
      'one of an HTTPRoute',
      'HTTPRoute shop/a {rules: [{matches: [{path: {type: RegularExpression, value: "("}}]}]}',
      ['error RegexInvalid 1'],
    ],
    [
      'no one of an HTTPRoute',
      'HTTPRoute shop/a {rules: [{matches: [{path: {type: PathPrefix, value: "/("}}]}]}',
      [],
    ],
    [
      'one of a GRPCRoute',
      'GRPCRoute shop/a {rules: [{matches: [{method: {type: RegularExpression, service: "("}}]}]}',
      ['error RegexInvalid 1'],
    ],
    ["a plugin's", 'WasmPlugin shop/a {url: "oci://a/b", pluginConfig: {regex: "("}}', []],
  ])('%s', (_, text, expected) => {
    expect(check(text)).toEqual(expected);
  });
});

test('an object that was compiled is held to its size, at its place', () => {
  const { objects } = bundle('VirtualService shop/a {hosts: [a]}');
  const [object] = objects;
  if (!object) throw new Error('no object');
  const large = { ...object, spec: { hosts: ['x'.repeat(300_000)] }, compiledFrom: 'Split shop/a' };
  expect(checkObjects([large], { clusters, hosts: undefined })).toMatchObject([
    { code: 'ObjectTooLarge', place: { path: 'a.yaml', line: 1 } },
  ]);
});

test('regular expressions and overrides that cost too much together are refused', () => {
  const routes = Array.from(
    { length: 700 },
    (_, index) =>
      `VirtualService n${index}/a {hosts: [a], http: [{match: [{uri: {regex: "[a-z]{900}${index}"}}]}]}`,
  );
  expect(check(routes.join('\n'))).toContain('error RegexTooLarge 600');
  const { objects } = bundle(
    `EnvoyFilter shop/a {configPatches: [{patch: {value: {x: "${'x'.repeat(200_000)}"}}}]}`,
  );
  const { overrides } = bundle(
    'ClusterOverride o {clusterSelector: a, target: {group: networking.istio.io, kind: EnvoyFilter, namespace: shop, name: a}, patch: {spec: {priority: 1}}}',
  );
  const [override] = overrides;
  if (!override) throw new Error('no override');
  const many = Array.from({ length: 100 }, (_, index) => ({ ...override, name: `o${index}` }));
  expect(checkOverrides(objects, many, { clusters: [] })[0]?.code).toBe('TooManyOverrides');
  expect(checkOverrides(objects, many.slice(0, 10), { clusters: [] })).toEqual([]);
});

test('a large bundle is checked in bounded time', () => {
  const routes = Array.from(
    { length: 1_500 },
    (_, index) =>
      `VirtualService shop/a${index} [region notin (r${index % 50})] {hosts: [x${index % 7 === 0 ? 0 : index}], http: [{route: [{destination: {host: b}}]}]}`,
  );
  const many = Array.from({ length: 1_000 }, (_, index) => ({
    name: `c${index}`,
    labels: { region: `r${index % 50}` },
  }));
  const started = performance.now();
  const problems = check(routes.join('\n'), { clusters: many, hosts: new Set() });
  expect(problems.length).toBeGreaterThan(100);
  expect(performance.now() - started).toBeLessThan(30_000);
});

describe('overrides', () => {
  const target = '{group: networking.istio.io, kind: VirtualService, namespace: shop, name: a}';
  const override = (patch: string, at = target) =>
    `ClusterOverride o {clusterSelector: env=prod, target: ${at}, patch: ${patch}}`;
  test.each<[string, string, string[]]>([
    ['one that is fine', override('[{op: replace, path: /spec/hosts/0, value: b}]'), []],
    [
      'one of nothing',
      override('{spec: {a: b}}', target.replace('name: a', 'name: z')),
      ['OverrideTargetNotFound'],
    ],
    ['one that does not apply', override('[{op: remove, path: /spec/tls}]'), ['OverrideFailed']],
    ['one that breaks the schema', override('{spec: {hots: [b]}}'), ['UnknownField']],
    ['one that breaks a rule', override('{spec: {http: [{timeout: 1us}]}}'), ['RuleViolation']],
    [
      'one that breaks a regex',
      override('{spec: {http: [{match: [{uri: {regex: "("}}]}]}}'),
      ['RegexInvalid'],
    ],
  ])('%s', (_, text, expected) => {
    const { objects, overrides } = bundle(`VirtualService shop/a {hosts: [a]}\n${text}`);
    const problems = checkOverrides(objects, overrides, { clusters: [] });
    expect(problems.map(({ code }) => code)).toEqual(expected);
    for (const problem of problems) {
      expect(problem).toMatchObject({ place: { line: 3 }, object: 'ClusterOverride o' });
    }
  });

  test('those that meet in a cluster are tried together', () => {
    const { objects, overrides } = bundle(
      ['VirtualService shop/a {hosts: [a], http: [{timeout: 1s}]}']
        .concat(
          `ClusterOverride first {clusterSelector: env=prod, target: ${target}, patch: [{op: remove, path: /spec/http}]}`,
          `ClusterOverride second {clusterSelector: region=eu, target: ${target}, patch: [{op: replace, path: /spec/http/0/timeout, value: 2s}]}`,
        )
        .join('\n'),
    );
    const clusters = (...labels: Record<string, string>[]) => ({
      clusters: labels.map((each, index) => ({ name: `c${index}`, labels: each })),
    });
    const apart = clusters({ env: 'prod' }, { region: 'eu' });
    expect(checkOverrides(objects, overrides, apart)).toEqual([]);
    expect(
      checkOverrides(objects, overrides, clusters({ env: 'prod', region: 'eu' })),
    ).toMatchObject([
      {
        code: 'OverrideFailed',
        message: expect.stringContaining('first, second meet in a cluster'),
        object: 'ClusterOverride second',
      },
    ]);
  });
});

test('warnings without number keep nothing from being released', () => {
  const routes = Array.from(
    { length: 250 },
    (_, index) =>
      `VirtualService shop/a${index} {hosts: [b${index}], http: [{route: [{destination: {host: c.shop.svc.cluster.local}}]}]}`,
  );
  const problems = check(`${routes.join('\n')}\nVirtualService shop/z {hots: [a]}`, {
    clusters: [],
    hosts: new Set(),
  });
  expect(problems.filter((each) => each.startsWith('error'))).toHaveLength(1);
  expect(problems.filter((each) => each.startsWith('warning'))).toHaveLength(201);
});
