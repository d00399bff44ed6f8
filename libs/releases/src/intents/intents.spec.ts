import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isMap, isScalar, LineCounter, type Pair, parseAllDocuments, stringify } from 'yaml';
import { checkSchema } from '../checks/schema.js';
import type { ConfigurationObject, IntentDocument, JsonObject, Selector } from '../objects.js';
import { compileIntents, intentKinds } from './index.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const samples = readdirSync(here('samples')).sort();
const sample = (file: string) => readFileSync(here(`samples/${file}`), 'utf8');

interface Written {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: JsonObject;
}

/** Stands in for the parser of bundles. */
function documentsOf(text: string, clusters: Selector = [], path = 'intents.yaml') {
  const lines = new LineCounter();
  return parseAllDocuments(text, { lineCounter: lines }).map((parsed): IntentDocument => {
    expect(parsed.errors).toEqual([]);
    const { kind, metadata, spec } = parsed.toJS() as Written;
    const lineAt = (offset = 0) => lines.linePos(offset).line;
    const keyOf = (at: readonly (string | number)[]): number | undefined => {
      const parent = parsed.getIn(at.slice(0, -1), true);
      const name = at.at(-1);
      if (isMap(parent)) {
        const pair = (parent.items as Pair[]).find(
          ({ key }) => isScalar(key) && String(key.value) === String(name),
        );
        return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
      }
      const node = parsed.getIn(at, true);
      return isScalar(node) || isMap(node) ? node.range?.[0] : undefined;
    };
    return {
      kind,
      ...metadata,
      spec,
      clusters,
      place: { path, line: lineAt(parsed.contents?.range?.[0]) },
      lineOf(at) {
        for (let length = at.length; length > 0; length -= 1) {
          const offset = keyOf(at.slice(0, length));
          if (offset !== undefined) return lineAt(offset);
        }
        return this.place.line;
      },
    };
  });
}

/** As a reader of the golden file wants it. */
function render({ objects, problems }: ReturnType<typeof compileIntents>): string {
  const written = objects.map((object) => ({
    apiVersion: `${object.group}/${object.version}`,
    kind: object.kind,
    metadata: { name: object.name, namespace: object.namespace },
    spec: object.spec,
    compiledFrom: object.compiledFrom,
    line: object.place.line,
  }));
  return stringify({ objects: written, problems }, { lineWidth: 0, aliasDuplicateObjects: false });
}

function expectGolden(file: string, actual: string): void {
  const path = here(`golden/${file}`);
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(here('golden'), { recursive: true });
    writeFileSync(path, actual);
  }
  expect(actual).toBe(readFileSync(path, 'utf8'));
}

/** A document of `kind` named `a` in `shop`; the spec begins on line 3. */
const intent = (kind: string, spec: string, name = 'a', namespace = 'shop') =>
  `kind: ${kind}\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec:\n${spec
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')}\n`;

/** `<code> <line>: <message>; <remedy>` of what is wrong, and what compiled. */
function outcome(text: string) {
  const { objects, problems } = compileIntents(documentsOf(text));
  return {
    objects: objects.length,
    problems: problems.map(
      ({ code, severity, place, message, remedy, object }) =>
        `${severity} ${code} ${object} ${place?.line}: ${message}; ${remedy}`,
    ),
  };
}

describe('samples', () => {
  it.each(samples)('%s', (file) => {
    const compiled = compileIntents(documentsOf(sample(file), [], file));
    expectGolden(file, render(compiled));
    expect(compiled.objects.flatMap(checkSchema)).toEqual([]);
    expect(compiled.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('show every intent', () => {
    const shown = samples.flatMap((file) => documentsOf(sample(file)).map(({ kind }) => kind));
    expect(new Set(shown)).toEqual(new Set(intentKinds.keys()));
  });
});

const access = (spec: string) => intent('AccessPolicy', `service: pay\n${spec}`);
const balance = (spec: string) => intent('LoadBalancing', `service: pay\n${spec}`);
const split = (spec: string) => intent('TrafficSplit', `service: pay\n${spec}`);
const patience = (spec: string) => intent('RetriesAndTimeouts', `service: pay\n${spec}`);
const users = (spec: string) => intent('EndUserAuthentication', `service: pay\n${spec}`);
const issuer = 'issuers: [{issuer: a, jwksUri: "https://a.example.com"}]';
const versions = 'versions: {v1: {service: pay-v1}, v2: {service: pay-v2}}';

describe('refusals', () => {
  it.each([
    ['an unknown intent', intent('AccesPolicy', 'service: pay'), 'UnknownIntent', 1],
    ['an unknown field', access('allow: []\nalow: []'), 'UnknownField', 6],
    ['an unknown field within', access('allow:\n- {form: []}'), 'UnknownField', 6],
    ['no workload', intent('AccessPolicy', 'allow: []'), 'InvalidIntent', 3],
    ['workload: all of a service', access('workload: all\nallow: []'), 'InvalidIntent', 5],
    ['workload: some', intent('AccessPolicy', 'workload: some\nallow: []'), 'InvalidIntent', 4],
    ['a workload of no label', access('workload: {}\nallow: []'), 'InvalidIntent', 5],
    ['a label that needs quotes', access('workload: {v: 2}\nallow: []'), 'InvalidIntent', 5],
    ['a policy that says nothing', access('trustDomain: a'), 'InvalidIntent', 3],
    ['a list that is empty', access('allow:'), 'InvalidIntent', 5],
    ['default: allow beside allow', access('allow: []\ndefault: allow'), 'NotSupportedByIstio', 6],
    ['callers by cluster', access('allow:\n- from:\n  - cluster: x'), 'NotSupportedByIstio', 7],
    ['callers by network', access('deny:\n- from:\n  - network: x'), 'NotSupportedByIstio', 7],
    ['callers by address', access('allow:\n- from: [{ipBlocks: [a]}]'), 'NotSupportedByIstio', 6],
    ['no caller', access('allow:\n- from: []'), 'InvalidIntent', 6],
    ['an empty caller', access('allow:\n- from: [{}]'), 'InvalidIntent', 6],
    [
      'two in one',
      access('allow:\n- from: [{namespace: a, anyAuthenticated: true}]'),
      'InvalidIntent',
      6,
    ],
    ['nobody', access('allow:\n- from: [{anyAuthenticated: false}]'), 'InvalidIntent', 6],
    [
      'an account without namespace',
      access('allow:\n- from: [{serviceAccount: a}]'),
      'InvalidIntent',
      6,
    ],
    ['a method in small letters', access('allow:\n- methods: [get]'), 'InvalidIntent', 6],
    ['a path that is none', access('allow:\n- paths:\n  - a/*/b'), 'InvalidIntent', 7],
    ['a port that is none', access('allow:\n- ports: [0]'), 'InvalidIntent', 6],
    ['no default', intent('AccessDefault', 'x: 1'), 'InvalidIntent', 3],
    ['another default', intent('AccessDefault', 'default: maybe'), 'InvalidIntent', 4],
    ['no mode', intent('MutualTLS', 'service: pay'), 'InvalidIntent', 3],
    [
      'ports of everyone',
      intent('MutualTLS', 'mode: STRICT\nports: {1: STRICT}'),
      'NotSupportedByIstio',
      5,
    ],
    ['no port', intent('MutualTLS', 'mode: STRICT\nservice: a\nports: {}'), 'InvalidIntent', 6],
    [
      'a named port',
      intent('MutualTLS', 'mode: STRICT\nservice: a\nports: {web: STRICT}'),
      'InvalidIntent',
      6,
    ],
    ['no issuer', users('required: true'), 'InvalidIntent', 3],
    ['required unsaid', users(issuer), 'InvalidIntent', 3],
    [
      'keys by http',
      users('required: true\nissuers:\n- issuer: a\n  jwksUri: http://a'),
      'InvalidIntent',
      8,
    ],
    [
      'keys twice',
      users(`required: true\nissuers: [{issuer: a, jwksUri: "https://a", jwks: '{"keys": []}'}]`),
      'InvalidIntent',
      6,
    ],
    ['keys nowhere', users('required: true\nissuers: [{issuer: a}]'), 'InvalidIntent', 6],
    [
      'keys that are none',
      users('required: true\nissuers: [{issuer: a, jwks: b}]'),
      'InvalidIntent',
      6,
    ],
    ['except of nothing', users(`${issuer}\nrequired: false\nexcept: [/a]`), 'InvalidIntent', 7],
    ['no balancing', balance('{}').replace('  {}\n', ''), 'InvalidIntent', 3],
    [
      'two algorithms',
      balance('algorithm: RANDOM\nconsistentHash: {header: a}'),
      'InvalidIntent',
      6,
    ],
    ['two hashes', balance('consistentHash: {header: a, query: b}'), 'InvalidIntent', 5],
    [
      'passthrough nearby',
      balance('algorithm: PASSTHROUGH\nlocality: {prefer: true}'),
      'NotSupportedByIstio',
      6,
    ],
    [
      'failover within a region',
      balance('locality:\n  failover:\n  - {from: eu/a, to: us}'),
      'InvalidIntent',
      7,
    ],
    [
      'failover to itself',
      balance('locality:\n  failover:\n  - {from: eu, to: eu}'),
      'InvalidIntent',
      7,
    ],
    [
      'failover and distribute',
      balance(
        'locality:\n  failover: [{from: eu, to: us}]\n  distribute: [{from: eu, to: {eu: 100}}]',
      ),
      'NotSupportedByIstio',
      7,
    ],
    [
      'failover by region twice',
      balance(
        'locality:\n  failover: [{from: eu, to: us}]\n  failoverPriority: [topology.kubernetes.io/region]',
      ),
      'NotSupportedByIstio',
      7,
    ],
    [
      'failover unpreferred',
      balance('locality: {prefer: false, failover: [{from: eu, to: us}]}'),
      'InvalidIntent',
      5,
    ],
    [
      'shares that lack some',
      balance('locality:\n  distribute:\n  - from: eu\n    to: {eu: 90}'),
      'InvalidIntent',
      8,
    ],
    [
      'shares of a part',
      balance('locality:\n  distribute:\n  - from: eu\n    to: {eu/*: 50, eu/a: 50}'),
      'InvalidIntent',
      8,
    ],
    [
      'a service of another namespace',
      intent('LoadBalancing', 'host: a.b.svc.cluster.local\nalgorithm: RANDOM'),
      'InvalidIntent',
      4,
    ],
    ['no versions', split('routes: [{to: [{version: v1}]}]'), 'InvalidIntent', 3],
    ['no routes', split(versions), 'InvalidIntent', 3],
    [
      'a version by cluster',
      split('versions: {east: {cluster: east}}\nroutes: [{to: [{version: east}]}]'),
      'NotSupportedByIstio',
      5,
    ],
    [
      'a version by cluster label',
      split(
        'versions: {east: {labels: {topology.istio.io/cluster: e}}}\nroutes: [{to: [{version: east}]}]',
      ),
      'NotSupportedByIstio',
      5,
    ],
    [
      'a version that is two',
      split('versions: {a: {service: b, labels: {c: d}}}\nroutes: [{to: [{version: a}]}]'),
      'InvalidIntent',
      5,
    ],
    [
      'a version that is none',
      split('versions: {a: {}}\nroutes: [{to: [{version: a}]}]'),
      'InvalidIntent',
      5,
    ],
    [
      'an unknown version',
      split(`${versions}\nroutes:\n- to:\n  - version: v3`),
      'InvalidIntent',
      8,
    ],
    [
      'weights that lack some',
      split(`${versions}\nroutes:\n- to: [{version: v1, weight: 50}, {version: v2, weight: 40}]`),
      'InvalidIntent',
      7,
    ],
    [
      'one weight of two',
      split(`${versions}\nroutes:\n- to: [{version: v1, weight: 50}, {version: v2}]`),
      'InvalidIntent',
      7,
    ],
    [
      'no last route',
      split(`${versions}\nroutes:\n- match: {method: GET}\n  to: [{version: v1}]`),
      'InvalidIntent',
      7,
    ],
    [
      'a route behind all',
      split(`${versions}\nroutes:\n- to: [{version: v1}]\n- to: [{version: v2}]`),
      'InvalidIntent',
      7,
    ],
    [
      'a header in capitals',
      split(
        `${versions}\nroutes:\n- match: {headers: {X-A: {exact: b}}}\n  to: [{version: v1}]\n- to: [{version: v1}]`,
      ),
      'InvalidIntent',
      7,
    ],
    [
      'a bad expression',
      split(
        `${versions}\nroutes:\n- match: {headers: {a: {regex: "(?=a)"}}}\n  to: [{version: v1}]\n- to: [{version: v1}]`,
      ),
      'InvalidIntent',
      7,
    ],
    ['no patience', patience('{}').replace('  {}\n', ''), 'InvalidIntent', 3],
    ['a timeout that is none', patience('timeout: 5'), 'InvalidIntent', 5],
    [
      'a try longer than all',
      patience('timeout: 1s\nretries: {attempts: 1, perTryTimeout: 2s}'),
      'InvalidIntent',
      6,
    ],
    ['an unknown condition', patience('retries: {attempts: 1, on: [often]}'), 'InvalidIntent', 5],
    ['tries of none', patience('retries: {attempts: 0, on: [reset]}'), 'InvalidIntent', 5],
    [
      'an only retry that leaves',
      patience('retries: {attempts: 1, otherLocalities: true}'),
      'NotSupportedByIstio',
      5,
    ],
    ['a template that goes on', access('allow:\n- paths: ["/a/{**}/{*}"]'), 'InvalidIntent', 6],
    ['a route without match', patience('perRoute:\n- timeout: 1s'), 'InvalidIntent', 6],
    [
      'a limit of the mesh',
      intent('RateLimit', 'service: a\nrequests: 1\nper: hour\nscope: mesh'),
      'NotSupportedByIstio',
      7,
    ],
    [
      'a limit of nothing',
      intent('RateLimit', 'service: a\nrequests: 0\nper: hour'),
      'InvalidIntent',
      5,
    ],
    ['a limit without a time', intent('RateLimit', 'service: a\nrequests: 1'), 'InvalidIntent', 3],
  ])('of %s', (_what, text, code, line) => {
    const { objects, problems } = compileIntents(documentsOf(text));
    expect(objects).toEqual([]);
    expect(problems.map((problem) => [problem.code, problem.place?.line])).toContainEqual([
      code,
      line,
    ]);
    for (const { message, remedy, object } of problems) {
      expect([message, remedy, object]).not.toContain('');
    }
  });

  it('say all that is wrong, where, and what to do', () => {
    const text = access(
      'allow:\n- from:\n  - cluster: east\n  methods: [GET, 5]\nports: [80]\ndefault: 7',
    );
    expectGolden('refusals.txt', `${outcome(text).problems.join('\n')}\n`);
  });

  it('leave what is right', () => {
    const wrong = balance('algorithm: BEST');
    expect(outcome(`${wrong}---\n${patience('timeout: 1s')}`)).toMatchObject({ objects: 1 });
  });
});

describe('documents of one host', () => {
  const east: Selector = [{ key: 'region', operator: 'In', values: ['east', 'north'] }];
  const alike: Selector = [{ key: 'region', operator: 'In', values: ['north', 'east'] }];
  const codes = (...documents: IntentDocument[][]) =>
    compileIntents(documents.flat()).problems.map(({ code }) => code);

  it('have to be in the same clusters', () => {
    const [timing, balancing] = [patience('timeout: 1s'), balance('algorithm: RANDOM')];
    expect(codes(documentsOf(timing, east), documentsOf(balancing, alike))).toEqual([]);
    expect(codes(documentsOf(timing, east), documentsOf(balancing))).toEqual([
      'IntentsDifferInClusters',
    ]);
  });

  it('are one of each kind', () => {
    const two = [documentsOf(patience('timeout: 1s')), documentsOf(patience('timeout: 2s'))];
    expect(codes(...two)).toEqual(['IntentsOverlap']);
    expect(compileIntents(two.flat()).objects).toEqual([]);
  });

  it('are in one namespace', () => {
    const at = (namespace: string, kind: string, spec: string) =>
      documentsOf(intent(kind, `host: api.example.com\n${spec}`, 'a', namespace));
    const one = at('shop', 'RetriesAndTimeouts', 'timeout: 1s');
    expect(codes(one, at('app', 'LoadBalancing', 'algorithm: RANDOM'))).toEqual(['IntentsOverlap']);
  });

  it('come to the same, whatever their order', () => {
    const documents = documentsOf(sample('one-host.yaml'));
    const sorted = (objects: ConfigurationObject[]) =>
      objects.map(({ spec, kind }) => [kind, spec]);
    expect(sorted(compileIntents(documents.toReversed()).objects)).toEqual(
      sorted(compileIntents(documents).objects),
    );
  });

  const routed = (match: string) =>
    split(`${versions}\nroutes:\n- match: ${match}\n  to: [{version: v1}]\n- to: [{version: v2}]`);
  const timed = (match: string) =>
    patience(`perRoute:\n- match: ${match}\n  timeout: 1s`).replace('name: a', 'name: b');
  const together = (splitting: string, timing: string) =>
    compileIntents(documentsOf(`${routed(splitting)}---\n${timed(timing)}`));

  it.each([
    ['{method: GET}', '{method: POST}', undefined],
    ['{method: GET}', '{path: {exact: /a}}', { uri: { exact: '/a' }, method: { exact: 'GET' } }],
    ['{path: {prefix: /a}}', '{path: {prefix: /a/b}}', { uri: { prefix: '/a/b' } }],
    ['{path: {exact: /a/b}}', '{path: {prefix: /a}}', { uri: { exact: '/a/b' } }],
    ['{path: {exact: /a}}', '{path: {prefix: /a/b}}', undefined],
    ['{path: {exact: /a}}', '{path: {prefix: /a}}', { uri: { exact: '/a' } }],
    ['{path: {prefix: /a/b}}', '{path: {prefix: /a}}', { uri: { prefix: '/a/b' } }],
    ['{path: {prefix: /a}}', '{path: {exact: /a}}', { uri: { exact: '/a' } }],
    ['{path: {exact: /a}}', '{path: {exact: /a/b}}', undefined],
    ['{path: {prefix: /a}}', '{path: {prefix: /b}}', undefined],
    [
      '{headers: {constructor: {exact: a}}}',
      '{method: GET}',
      {
        headers: { constructor: { exact: 'a' } },
        method: { exact: 'GET' },
      },
    ],
    [
      '{headers: {a: {regex: b}}}',
      '{headers: {a: {regex: b}}}',
      { headers: { a: { regex: 'b' } } },
    ],
  ])('ask for %s and %s', (splitting, timing, match) => {
    const { objects, problems } = together(splitting, timing);
    expect(problems).toEqual([]);
    const http = objects.flatMap(({ spec }) => spec.http as JsonObject[]);
    const joined = http.filter(({ timeout }) => timeout === '1s');
    // What is timed goes to v2 unless it is routed elsewhere.
    expect(joined.slice(0, -1).map((route) => route.match)).toEqual(match ? [[match]] : []);
  });

  it('cannot ask for a regex and something else of one header', () => {
    const { problems, objects } = together(
      '{headers: {a: {regex: b}}}',
      '{headers: {a: {exact: b}}}',
    );
    expect(objects).toEqual([]);
    expect(problems).toMatchObject([
      { code: 'NotSupportedByIstio', object: 'RetriesAndTimeouts shop/b', place: { line: 16 } },
    ]);
  });

  it('are not multiplied beyond reason', () => {
    const many = (line: string) => `\n- ${line}`.repeat(40);
    const splitting = split(
      `${versions}\nroutes:${many('{match: {method: GET}, to: [{version: v1}]}')}\n- to: [{version: v2}]`,
    );
    const timing = patience(`perRoute:${many('{match: {method: GET}, timeout: 1s}')}`);
    const { objects, problems } = compileIntents(documentsOf(`${splitting}---\n${timing}`));
    expect(objects).toEqual([]);
    expect(problems).toMatchObject([{ code: 'InvalidIntent', place: { line: 53 } }]);
  });
});

describe('names', () => {
  it('that two documents come to are refused', () => {
    const text = `${access('allow: []')}---\n${intent('AccessDefault', 'default: deny')}`;
    expect(outcome(text).problems).toEqual([
      'error NameTaken AccessDefault shop/a 7: AccessDefault shop/a and AccessPolicy shop/a both become AuthorizationPolicy shop/a; give one of them another name',
    ]);
  });

  it('are cut to what Kubernetes takes', () => {
    const name = `a${'b'.repeat(252)}`;
    const { objects } = compileIntents(
      documentsOf(intent('AccessPolicy', 'service: a\ndeny: [{ports: [1]}]', name)),
    );
    expect(objects.map((object) => object.name.length)).toEqual([253]);
    expect(objects[0]?.name).toMatch(/^ab+-[0-9a-f]{10}$/);
  });
});

it('warns of a network that a cluster selector may leave out', () => {
  const text = split('versions:\n  b: {network: net-b}\nroutes: [{to: [{version: b}]}]');
  const east: Selector = [{ key: 'region', operator: 'In', values: ['east'] }];
  expect(compileIntents(documentsOf(text, east)).problems).toMatchObject([
    { severity: 'warning', code: 'UnreachableVersion', place: { line: 6 } },
    { severity: 'warning', code: 'SubsetNeedsEveryCluster', place: { line: 6 } },
  ]);
});

it('warns of a policy that another one opens', () => {
  const narrow = access('allow: []');
  const open = (of: string, namespace = 'shop') =>
    `---\n${intent('AccessPolicy', `${of}\ndefault: allow`, 'open', namespace)}`;
  const codes = (text: string) =>
    compileIntents(documentsOf(text)).problems.map(({ code }) => code);
  expect(codes(narrow + open('workload: all'))).toEqual(['OpenedByAnother']);
  expect(codes(narrow + open('workload: {app: pay}'))).toEqual(['OpenedByAnother']);
  expect(codes(narrow + open('service: other'))).toEqual([]);
  expect(codes(narrow + open('workload: all', 'other'))).toEqual([]);
  expect(codes(narrow + open('workload: all', 'istio-system'))).toEqual(['OpenedByAnother']);
  const at = (text: string, stage: string) =>
    documentsOf(text, [{ key: 'stage', operator: 'In', values: [stage] }]);
  const apart = [...at(narrow, 'live'), ...at(open('workload: all').slice(4), 'test')];
  expect(compileIntents(apart).problems).toEqual([]);
});
