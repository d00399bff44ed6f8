import { describe, expect, test } from 'vitest';
import type { Problem } from '../objects.js';
import { bundleLimits } from './files.js';
import { parseBundle } from './parse.js';
import { placeOf } from './places.js';

const parse = (content: string, path = 'a.yaml') => parseBundle([{ path, content }]);
const codes = (problems: readonly Problem[]) =>
  problems.map(({ code, place }) => `${code}${place ? `@${place.line}` : ''}`);

const route = (name: string, rest = '') => `apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata:
  name: ${name}
  namespace: shop
${rest}`;

describe('what a bundle holds', () => {
  test('an object, with its version made the best, and what a cluster added taken off', () => {
    const { objects, problems } = parse(`# routes
apiVersion: networking.istio.io/v1alpha3
kind: VirtualService
metadata:
  name: cart
  namespace: shop
  uid: 1-2
  resourceVersion: "7"
  managedFields: [{manager: kubectl}]
  creationTimestamp: 2024-01-01T00:00:00Z
  labels: {team: shop}
  annotations:
    isthmus.dev/clusters: env=prod,!legacy
    kubectl.kubernetes.io/last-applied-configuration: '{}'
    note: kept
spec:
  hosts:
    - cart
  http: &routes
    - timeout: 3s
status: {}
`);
    expect(problems).toEqual([]);
    expect(objects).toEqual([
      {
        group: 'networking.istio.io',
        version: 'v1',
        kind: 'VirtualService',
        namespace: 'shop',
        name: 'cart',
        labels: { team: 'shop' },
        annotations: { note: 'kept' },
        spec: { hosts: ['cart'], http: [{ timeout: '3s' }] },
        clusters: [
          { key: 'env', operator: 'In', values: ['prod'] },
          { key: 'legacy', operator: 'DoesNotExist', values: [] },
        ],
        place: { path: 'a.yaml', line: 2 },
      },
    ]);
    const [object] = objects;
    if (!object) throw new Error('no object');
    expect(placeOf(object, ['spec', 'hosts', 0]).line).toBe(18);
    expect(placeOf(object, ['spec', 'http', 0, 'timeout']).line).toBe(20);
    expect(placeOf(object, ['spec', 'http', 7, 'x']).line).toBe(19);
    expect(placeOf({ ...object }, ['spec']).line).toBe(2);
  });

  test('documents, empty ones, a List, JSON, intents and overrides', () => {
    const { objects, intents, overrides, problems } = parseBundle([
      {
        path: 'shop/list.yaml',
        content: `---\n---\napiVersion: v1\nkind: List\nitems:\n- ${route('a').replaceAll('\n', '\n  ')}\n- ${route('b').replaceAll('\n', '\n  ')}\n---\n`,
      },
      {
        path: 'c.json',
        content: JSON.stringify(
          {
            apiVersion: 'security.istio.io/v1',
            kind: 'PeerAuthentication',
            metadata: { name: 'c', namespace: 'shop' },
            spec: { portLevelMtls: { 80: {} } },
          },
          null,
          '\t',
        ),
      },
      {
        path: 'ours.yml',
        content: `apiVersion: isthmus.dev/v1alpha1
kind: Access
metadata: {name: cart, namespace: shop}
spec:
  allow:
    - from: web
---
apiVersion: isthmus.dev/v1alpha1
kind: ClusterOverride
metadata: {name: slow-eu}
spec:
  clusterSelector: region=eu
  target: {group: networking.istio.io, kind: VirtualService, namespace: shop, name: a}
  patch: |
    - op: replace
      path: /spec/hosts/0
      value: x
`,
      },
    ]);
    expect(problems).toEqual([]);
    expect(objects.map(({ name, place }) => `${name} ${place.path}:${place.line}`)).toEqual([
      'a shop/list.yaml:6',
      'b shop/list.yaml:12',
      'c c.json:1',
    ]);
    expect(intents[0]).toMatchObject({
      kind: 'Access',
      namespace: 'shop',
      name: 'cart',
      clusters: [],
    });
    expect(intents[0]?.lineOf(['spec', 'allow', 0, 'from'])).toBe(6);
    expect(overrides).toMatchObject([
      {
        name: 'slow-eu',
        clusters: [{ key: 'region', operator: 'In', values: ['eu'] }],
        patch: { type: 'json', steps: [{ op: 'replace', path: '/spec/hosts/0', value: 'x' }] },
        place: { path: 'ours.yml', line: 8 },
      },
    ]);
  });
});

describe('what is refused', () => {
  const ours = (spec: string) =>
    `apiVersion: isthmus.dev/v1alpha1\nkind: ClusterOverride\nmetadata: {name: o}\nspec:\n${spec}`;
  const target = '  target: {group: networking.istio.io, kind: Sidecar, namespace: a, name: b}\n';
  test.each([
    ['no YAML', 'a: [', ['BadYaml@1']],
    ['a stray tab', 'a:\n\t- b', ['BadYaml@2']],
    ['text', 'hello', ['NotAnObject@1']],
    ['a list', '- a', ['NotAnObject@1']],
    ['a tag', `${route('a')}spec: !!binary aGk=`, ['BadYaml@6']],
    ['a tag of its own', `${route('a')}spec: !js x`, ['BadYaml@6']],
    ['infinity', `${route('a')}spec: {a: .inf}`, ['BadYaml@6']],
    ['a map for a key', `${route('a')}spec: {? {a: b} : c}`, ['BadYaml@6']],
    ['a key twice', `${route('a')}spec:\n  a: 1\n  a: 2`, ['DuplicateKey@8']],
    ['a merge key', `${route('a')}spec:\n  <<: {a: 1}`, ['ForbiddenKey@7']],
    ['__proto__', `${route('a')}spec:\n  x:\n    __proto__: {a: 1}`, ['ForbiddenKey@8']],
    ['constructor in JSON', '{"spec": {"constructor": 1}}', ['ForbiddenKey@1']],
    ['an anchor that is not there', `${route('a')}spec: {a: *b}`, ['BadYaml@6']],
    ['an alias of itself', `${route('a')}spec: &a {b: *a}`, ['NestedTooDeeply@6']],
    ['no kind', 'metadata: {}', ['KindMissing@1']],
    ['a Secret', 'apiVersion: v1\nkind: Secret', ['ForeignKind@2']],
    ['a Deployment', 'apiVersion: apps/v1\nkind: Deployment', ['ForeignKind@2']],
    [
      'a WorkloadEntry',
      'apiVersion: networking.istio.io/v1\nkind: WorkloadEntry',
      ['ForeignKind@2'],
    ],
    [
      'a GatewayClass',
      'apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass',
      ['ClusterScopedKind@2'],
    ],
    ['a Namespace', 'apiVersion: v1\nkind: Namespace', ['ClusterScopedKind@2']],
    ['a version', route('a').replace('v1beta1', 'v9'), ['UnknownVersion@1']],
    ['no namespace', route('a').replace('  namespace: shop\n', ''), ['NamespaceMissing@4']],
    [
      'no metadata',
      'apiVersion: networking.istio.io/v1\nkind: Sidecar',
      ['NamespaceMissing@1', 'InvalidName@1'],
    ],
    ['a name', route('A_b'), ['InvalidName@4']],
    ['a long name', route('a'.repeat(181)), ['InvalidName@4']],
    [
      'generateName',
      route('a').replace('name: a', 'generateName: a-'),
      ['InvalidName@3', 'UnknownField@4'],
    ],
    ['finalizers', route('a', '  finalizers: [x/y]'), ['UnknownField@6']],
    ['a field', `${route('a')}data: {}`, ['UnknownField@6']],
    ['a label that is a number', route('a', '  labels:\n    version: 1'), ['InvalidLabel@7']],
    ['a label of ours', route('a', '  labels:\n    isthmus.dev/x: y'), ['ReservedKey@7']],
    [
      'whose it is',
      route('a', '  labels:\n    app.kubernetes.io/managed-by: y'),
      ['ReservedKey@7'],
    ],
    [
      'an annotation of ours',
      route('a', '  annotations: {isthmus.dev/cluster: y}'),
      ['ReservedKey@6'],
    ],
    [
      'a selector',
      route('a', '  annotations:\n    isthmus.dev/clusters: "a in b"'),
      ['InvalidSelector@7'],
    ],
    [
      'the same twice',
      `${route('a')}---\n${route('a').replace('v1beta1', 'v1')}`,
      ['DuplicateObject@7'],
    ],
    ['a List without items', 'apiVersion: v1\nkind: List', ['BadList@1']],
    ['an override for everywhere', ours(`${target}  patch: {spec: {a: 1}}`), ['SelectorMissing@4']],
    [
      'an override of half a target',
      ours('  clusterSelector: a\n  target: {kind: Sidecar}\n  patch: {spec: {a: 1}}'),
      ['InvalidTarget@6'],
    ],
    [
      'an override of a name',
      ours(
        `${target}  clusterSelector: a\n  patch: [{op: replace, path: /metadata/name, value: x}]`,
      ),
      ['PatchOutsideObject@7'],
    ],
    [
      'an override of nothing',
      ours(`${target}  clusterSelector: a\n  patch: ""`),
      ['InvalidPatch@7'],
    ],
  ])('%s', (_, content, expected) => {
    const { problems, objects, overrides } = parse(content);
    expect(codes(problems)).toEqual(expected);
    expect(problems.every(({ remedy }) => remedy !== '')).toBe(true);
    expect(objects.length + overrides.length).toBe(
      expected[0]?.startsWith('Dup') && content.includes('---') ? 1 : 0,
    );
  });

  test.each([
    '../a.yaml',
    '/a.yaml',
    'a/./b.yaml',
    'a//b.yaml',
    'a\\b.yaml',
    'a\u0000.yaml',
    'a.txt',
    `${'a'.repeat(200)}.yaml`,
  ])('the path %j', (path) => {
    expect(codes(parse(route('a'), path).problems)).toEqual(['InvalidPath']);
  });

  test('a path twice', () => {
    const file = { path: 'a.yaml', content: '' };
    expect(codes(parseBundle([file, file]).problems)).toEqual(['InvalidPath']);
  });

  test('one bad document does not take the others along', () => {
    const { objects, problems } = parse(`${route('a')}---\na: b: c\n---\n${route('b')}`);
    expect(objects.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(codes(problems)).toEqual(['BadYaml@7']);
  });
});

describe('what would take too much', () => {
  const laughs = Array.from({ length: 12 }, (_, level) => {
    const item = level === 0 ? 'ha' : `*l${level - 1}`;
    return `l${level}: &l${level} [${Array(9).fill(item).join(', ')}]`;
  }).join('\n');
  const wide = `a: &a "${'x'.repeat(200_000)}"\nb: [${Array(90).fill('*a').join(',')}]`;
  test.each([
    ['10 MB', 'x'.repeat(10 * 1024 * 1024), 'BundleTooLarge'],
    ['4 MB of dashes', '- a\n'.repeat(1024 * 1024 - 1), 'BundleTooLarge'],
    ['4 MB of empty lines', '\n'.repeat(4 * 1024 * 1024 - 1), 'BundleTooLarge'],
    ['10,000 documents', `${'a: b\n---\n'.repeat(10_000)}`, 'TooManyDocuments'],
    [
      '2,001 documents',
      Array.from({ length: 2_001 }, (_, index) => route(`a${index}`)).join('---\n'),
      'TooManyDocuments',
    ],
    [
      '2,001 items',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: Array(2_001).fill({ apiVersion: 'v1', kind: 'Pod' }),
      }),
      'TooManyDocuments',
    ],
    ['a billion laughs', laughs, 'TooManyAliases'],
    ['few aliases of much', wide, 'DocumentTooLarge'],
    ['65 levels', `${'{a: '.repeat(66)}1${'}'.repeat(66)}`, 'NestedTooDeeply'],
    ['a hundred levels', `${'['.repeat(100)}${']'.repeat(100)}`, 'NestedTooDeeply'],
    ['500 levels', `${'['.repeat(500)}${']'.repeat(500)}`, 'NestedTooDeeply'],
    ['100,000 levels', '['.repeat(100_000), 'NestedTooDeeply'],
    ['100,000 levels of items', '- '.repeat(100_000), 'NestedTooDeeply'],
    [
      '2,000 levels of maps',
      Array.from({ length: 2_000 }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
      'NestedTooDeeply',
    ],
    [
      'levels of all sorts',
      Array.from({ length: 3 }, (_, level) => `${' '.repeat(level * 120)}${'- '.repeat(60)}`).join(
        '\n',
      ) + '{a: ['.repeat(60),
      'BadYaml',
    ],
    ['an object of 300 KB', `${route('a')}spec: {a: "${'x'.repeat(300_000)}"}`, 'ObjectTooLarge'],
  ])('%s', (_, content, expected) => {
    const started = performance.now();
    const { problems, objects } = parse(content);
    expect(problems.map(({ code }) => code)).toContain(expected);
    expect(problems.length).toBeLessThanOrEqual(bundleLimits.problems + 2);
    expect(objects).toEqual([]);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('501 files', () => {
    const files = Array.from({ length: 501 }, (_, index) => ({
      path: `${index}.yaml`,
      content: '',
    }));
    expect(codes(parseBundle(files).problems)).toEqual(['TooManyFiles']);
  });

  test('a thousand problems are told as some', () => {
    const { problems } = parse('apiVersion: v1\nkind: Pod\n---\n'.repeat(1_000));
    expect(problems).toHaveLength(bundleLimits.problems + 1);
    expect(problems.at(-1)?.code).toBe('TooManyProblems');
  });
});
