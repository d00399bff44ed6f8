import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerOf, startTestApi, type TestApi } from '../testing.js';

let api: TestApi;
let headers: Record<string, string>;
let organizationId: string;
let meshId: string;

beforeAll(async () => {
  // What these bundles cost is none of what is looked at here.
  api = await startTestApi({ ISTHMUS_COST_PER_SECOND: '1000000' });
});
afterAll(() => api?.close());
beforeEach(async () => {
  ({ headers, organizationId } = await api.owner());
  const { data } = await api.query(
    'mutation { createMesh(input: { name: "prod" }) { mesh { id } } }',
    {},
    headers,
  );
  meshId = data.createMesh.mesh.id;
});

interface File {
  path: string;
  content: string;
}
interface Problem {
  code: string;
  message: string;
  remedy: string;
  path: string | null;
  line: number | null;
}

const applying = `mutation ($input: ApplyConfigurationInput!) { applyConfiguration(input: $input) {
  created release { id number objectCount source } rollout { id state stage release { number } }
  warnings { code } } }`;
const checking = `mutation ($input: CheckConfigurationInput!) { checkConfiguration(input: $input) {
  valid objectCount problems { severity code message remedy path line object }
  changes { name change diff } } }`;

function apply(files: File[], more: object = {}, as = headers) {
  return api.query(applying, { input: { meshId, files, message: 'm', ...more } }, as);
}

function check(files: File[]) {
  return api.query(checking, { input: { meshId, files } }, headers);
}

function object(name: string, namespace = 'shop', kind = 'VirtualService'): string {
  return `apiVersion: networking.istio.io/v1
kind: ${kind}
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  hosts: [${name}]
  http: [{ route: [{ destination: { host: ${name} } }] }]
`;
}

async function countReleases(): Promise<number> {
  const { data } = await api.query(
    'query ($id: ID!) { mesh(id: $id) { releases { edges { node { id } } } } }',
    { id: meshId },
    headers,
  );
  return data.mesh.releases.edges.length;
}

/** The problems of an answer's error, beside its code. */
function problemsOf({ text }: { text: string }): Problem[] {
  return JSON.parse(text).errors[0].extensions.problems;
}

const bomb = `a: &a [x, x, x, x, x, x, x, x, x]
${'bcdefgh'.replace(/./g, (name) => {
  const before = String.fromCharCode(name.charCodeAt(0) - 1);
  return `${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]\n`;
})}`;

describe('a bundle that cannot be released', () => {
  it.each<[string, string, string, number | null]>([
    ['bad YAML', 'a: [', 'BadYaml', 1],
    ['an alias bomb', bomb, 'TooManyAliases', 2],
    ['__proto__', `${object('a')}  __proto__: { polluted: yes }\n`, 'ForbiddenKey', 7],
    ['a foreign kind', 'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\n', 'ForeignKind', 2],
    ['a kind of clusters', 'apiVersion: v1\nkind: Namespace\n', 'ClusterScopedKind', 2],
    ['no namespace', object('a').replace(', namespace: shop', ''), 'NamespaceMissing', 3],
    ['a field of no schema', `${object('a')}  hostz: [a]\n`, 'UnknownField', 7],
    ['a custom tag', 'a: !!js/function x', 'BadYaml', 1],
    [
      '10,000 objects',
      Array.from({ length: 10_000 }, () => '{}').join('\n---\n'),
      'TooManyDocuments',
      null,
    ],
  ])('%s', async (_, content, code, line) => {
    const files = [{ path: 'shop/a.yaml', content }];
    const applied = await apply(files);
    expect(applied).toMatchObject({ status: 200, code: 'CONFIGURATION_INVALID' });
    const expected = { code, path: line === null ? null : 'shop/a.yaml', line };
    const words = { message: expect.any(String), remedy: expect.any(String) };
    expect(problemsOf(applied)[0]).toMatchObject({ ...expected, ...words });
    const checked = (await check(files)).data.checkConfiguration;
    expect(checked).toMatchObject({ valid: false, changes: [] });
    expect(checked.problems[0]).toMatchObject({ ...expected, ...words, severity: 'ERROR' });
    expect(await countReleases()).toBe(0);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('for its policy leaves no release behind', async () => {
    const policy = { waves: [{ percent: 0 }] };
    const answer = await apply([{ path: 'a.yaml', content: object('a') }], { policy });
    expect(answer.code).toBe('ROLLOUT_POLICY_INVALID');
    expect(await countReleases()).toBe(0);
  });

  it('or is larger than a bundle, or than any request', async () => {
    const large = (bytes: number) => [{ path: 'a.yaml', content: `# ${'x'.repeat(bytes)}\n` }];
    const bundle = await apply(large(5_000_000));
    expect([bundle.code, problemsOf(bundle)[0]?.code]).toEqual([
      'CONFIGURATION_INVALID',
      'BundleTooLarge',
    ]);
    const request = await apply(large(10_000_000));
    expect(request).toMatchObject({
      ...{ status: 413, code: 'MESSAGE_TOO_LARGE' },
      message: expect.stringMatching(/^the request has more than \d+ bytes; /),
    });
    // A stranger may send less.
    expect(await apply(large(300_000), {}, {})).toMatchObject({
      ...{ status: 413, code: 'MESSAGE_TOO_LARGE' },
    });
    expect(await countReleases()).toBe(0);
  });

  it('nor anything that is no JSON', async () => {
    for (const [body, encoding] of [
      ['{', 'identity'],
      ['{}', 'gzip'],
      ['{}', 'klingon'],
    ] as const) {
      const answer = await fetch(`${api.url}/graphql`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'content-encoding': encoding },
        body,
      });
      const { status, code, text } = await answerOf(answer);
      expect([Math.floor(status / 100), code]).toEqual([4, 'BAD_REQUEST']);
      expect(text).not.toContain('node_modules');
    }
  });
});

describe('configuration', () => {
  const files = [{ path: 'shop/cart.yaml', content: object('cart') }];

  it('is checked, applied, rolled out, looked at and exported', async () => {
    const checked = (await check(files)).data.checkConfiguration;
    expect(checked).toMatchObject({ valid: true, objectCount: 1, changes: [{ change: 'ADDED' }] });
    const applied = (await apply(files)).data.applyConfiguration;
    expect(applied).toMatchObject({
      created: true,
      release: { number: 1, objectCount: 1, source: 'APPLY' },
      rollout: { state: 'QUEUED', release: { number: 1 } },
    });
    const again = (await apply(files)).data.applyConfiguration;
    expect(again).toMatchObject({ created: false, rollout: { id: applied.rollout.id } });
    const held = (
      await apply([...files, { path: 'b.yaml', content: object('b') }], { rollout: false })
    ).data.applyConfiguration;
    expect(held).toMatchObject({ created: true, rollout: null });
    const { data } = await api.query(
      `query ($id: ID!) { node(id: $id) { ... on Release {
         number mesh { id } changes { edges { node { name change } } } preview { edges { node { from } } }
         objects(first: 1) { edges { node { name path line manifest } } pageInfo { hasNextPage } }
         files(form: COMPILED) { path content } warnings { code } } } }`,
      { id: held.release.id },
      headers,
    );
    const name = (of: string) => `VirtualService.networking.istio.io/shop/${of}`;
    expect(data.node).toMatchObject({
      ...{ number: 2, mesh: { id: meshId }, preview: { edges: [] } },
      changes: { edges: [{ node: { name: name('b'), change: 'ADDED' } }] },
      objects: {
        edges: [{ node: { name: name('b'), path: 'b.yaml', line: 1 } }],
        pageInfo: { hasNextPage: true },
      },
      files: [{ path: 'shop/virtualservice-b.yaml' }, { path: 'shop/virtualservice-cart.yaml' }],
    });
  });

  it('is found by number, and where the mesh is and is headed', async () => {
    const looking = `query ($id: ID!, $number: Int!) { mesh(id: $id) { release(number: $number) { id }
      headRelease { number } currentRelease { number } } }`;
    const look = async (number: number, id = meshId) =>
      (await api.query(looking, { id, number }, headers)).data.mesh;
    expect(await look(1)).toEqual({ release: null, headRelease: null, currentRelease: null });
    const first = (await apply(files)).data.applyConfiguration;
    const next = [...files, { path: 'b.yaml', content: object('b') }];
    const second = (await apply(next)).data.applyConfiguration;
    expect(await look(1)).toEqual({
      ...{ release: { id: first.release.id }, headRelease: { number: 2 }, currentRelease: null },
    });
    expect((await look(2)).release).toEqual({ id: second.release.id });
    for (const number of [0, -1, 3]) expect((await look(number)).release).toBeNull();
    await api.query(
      'mutation ($id: ID!) { abortRollout(input: { id: $id }) { rollout { id } } }',
      { id: second.rollout.id },
      headers,
    );
    expect((await look(2)).headRelease).toEqual({ number: 1 });
    await api.test.database.withOrganization(organizationId, (tx) =>
      tx.meshConfiguration.update({
        where: { meshId },
        data: { currentReleaseId: second.release.id },
      }),
    );
    expect((await look(2)).currentRelease).toEqual({ number: 2 });
    const other = 'mutation { createMesh(input: { name: "stage" }) { mesh { id } } }';
    const { data } = await api.query(other, {}, headers);
    expect(await look(1, data.createMesh.mesh.id)).toEqual({
      ...{ release: null, headRelease: null, currentRelease: null },
    });
  });

  it('is refused with the way to the argument that is to blame', async () => {
    const fieldOf = async (more: object) => (await apply(files, more)).field;
    const policy = (wave: object, gate = {}) => ({ waves: [{ percent: 1 }, wave], gate });
    expect(await fieldOf({ policy: policy({ percent: 0 }) })).toBe('input.policy.waves.1.percent');
    expect(await fieldOf({ policy: policy({ clusterSelector: '=' }) })).toBe(
      'input.policy.waves.1.clusterSelector',
    );
    const gate = { soakSeconds: -1 };
    expect(await fieldOf({ policy: policy({}, gate) })).toBe('input.policy.gate.soakSeconds');
    expect(await fieldOf({ message: 'm'.repeat(1001) })).toBe('input.message');
    expect(await fieldOf({ folder: '../up' })).toBe('input.folder');
    expect((await apply([])).field).toBe('input.files');
    const paged = await api.query(
      'query ($id: ID!) { mesh(id: $id) { releases(first: 201) { edges { node { id } } } } }',
      { id: meshId },
      headers,
    );
    expect(paged.field).toBe('first');
    const settings = await api.query(
      `mutation ($input: UpdateConfigurationSettingsInput!) {
         updateConfigurationSettings(input: $input) { settings { driftPolicy } } }`,
      { input: { meshId, rolloutPolicy: policy({ percent: 101 }) } },
      headers,
    );
    expect(settings.field).toBe('input.rolloutPolicy.waves.1.percent');
  });

  it('has rollouts that are acted on where it means something', async () => {
    const { rollout, release } = (await apply(files)).data.applyConfiguration;
    const act = (action: string, id = rollout.id) =>
      api.query(
        `mutation ($id: ID!) { ${action}Rollout(input: { id: $id }) { rollout { state } } }`,
        { id },
        headers,
      );
    for (const action of ['pause', 'resume']) {
      expect((await act(action)).code).toBe('ROLLOUT_STATE');
    }
    expect((await act('abort')).data.abortRollout.rollout.state).toBe('ABORTED');
    for (const action of ['pause', 'resume', 'abort']) {
      expect((await act(action)).code).toBe('ROLLOUT_STATE');
    }
    expect((await act('pause', release.id)).code).toBe('NOT_FOUND');
    const start = (input: object) =>
      api.query(
        `mutation ($input: StartRolloutInput!) { startRollout(input: $input) { rollout {
           state policy { waves { percent } gate { soakSeconds } } } } }`,
        { input: { meshId, ...input } },
        headers,
      );
    expect((await start({ releaseId: rollout.id })).code).toBe('NOT_FOUND');
    const policy = { waves: [{ percent: 10 }], gate: { soakSeconds: 5 } };
    const { data } = await start({ releaseId: release.id, policy });
    expect(data.startRollout.rollout).toEqual({
      ...{ state: 'QUEUED', policy: { waves: [{ percent: 10 }], gate: { soakSeconds: 5 } } },
    });
    expect(
      (await start({ releaseId: release.id, policy: { waves: [{ percent: 101 }] } })).code,
    ).toBe('ROLLOUT_POLICY_INVALID');
  });

  it('is changed by tokens as far as they reach', async () => {
    const token = async (input: object): Promise<Record<string, string>> => {
      const expiresAt = new Date(Date.now() + 3_600_000);
      const { data } = await api.query(
        'mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { secret } }',
        { input: { name: 'ci', expiresAt, ...input } },
        headers,
      );
      return { authorization: `Bearer ${data.createApiToken.secret}` };
    };
    const viewer = await token({ role: 'VIEWER' });
    const shop = await token({ role: 'OPERATOR', namespaces: ['shop'] });
    expect((await apply(files, {}, viewer)).code).toBe('FORBIDDEN');
    const seen = await api.query(checking, { input: { meshId, files } }, viewer);
    expect(seen.data.checkConfiguration.valid).toBe(true);
    expect((await apply(files, {}, shop)).data.applyConfiguration.created).toBe(true);
    const bank = { path: 'bank.yaml', content: object('vault', 'bank') };
    const refused = await apply([...files, bank], {}, shop);
    expect([refused.code, refused.message]).toEqual([
      'NAMESPACE_FORBIDDEN',
      expect.stringContaining('bank.yaml:1: VirtualService bank/vault'),
    ]);
    expect(await countReleases()).toBe(1);
    const settings = await api.query(
      `mutation ($id: ID!) { updateConfigurationSettings(input: { meshId: $id, driftPolicy: ADOPT }) {
         settings { driftPolicy } } }`,
      { id: meshId },
      shop,
    );
    expect(settings.code).toBe('NAMESPACE_FORBIDDEN');
  });
});

describe('configuration kinds', () => {
  it('are told to whoever is signed in, with schema and example', async () => {
    const query = '{ configurationKinds { apiVersion kind family schema example description } }';
    expect((await api.query(query)).code).toBe('UNAUTHENTICATED');
    const { data } = await api.query(query, {}, headers);
    const kinds: { kind: string; family: string; schema: string; example: string }[] =
      data.configurationKinds;
    expect(kinds).toHaveLength(29);
    for (const { kind, schema } of kinds) expect(JSON.parse(schema).title).toBe(kind);
    const split = kinds.find(({ kind }) => kind === 'TrafficSplit');
    expect(split?.family).toBe('INTENT');
    const checked = await check([{ path: 'example.yaml', content: split?.example ?? '' }]);
    expect(checked.data.checkConfiguration).toMatchObject({ valid: true });
  });
});
