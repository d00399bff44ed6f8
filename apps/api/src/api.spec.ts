import { readFile } from 'node:fs/promises';
import { Facts } from '@isthmus/contracts';
import { FactStore } from '@isthmus/federation';
import { startTestDatabase } from '@isthmus/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildClientSchema, getIntrospectionQuery } from './graphql-js.js';
import { schemaText } from './schema-text.js';
import { answerOf, startTestApi, storeExport, type TestApi } from './testing.js';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.close());

type Headers = Record<string, string>;

async function createMesh(headers: Headers, name = 'acme'): Promise<string> {
  const { data } = await api.query(
    'mutation ($name: String!) { createMesh(input: { name: $name }) { mesh { id } } }',
    { name },
    headers,
  );
  return data.createMesh.mesh.id;
}

const register = `mutation ($input: RegisterClusterInput!) {
  registerCluster(input: $input) { cluster { id status mesh { name } }
    joinToken { secret expiresAt } helmCommand } }`;

async function registerCluster(headers: Headers, meshId: string, name: string): Promise<string> {
  const input = { meshId, name, network: `net-${name}`, locality: 'eu/a' };
  const { data } = await api.query(register, { input }, headers);
  return data.registerCluster.cluster.id;
}

describe('the service', () => {
  it('takes a page that is null for the first one', async () => {
    const { headers } = await api.owner();
    const id = await createMesh(headers);
    const meshes =
      'query ($first: Int, $after: String) { meshes(first: $first, after: $after) { edges { node { id } } pageInfo { hasPreviousPage } } }';
    const { data } = await api.query(meshes, { first: null, after: null }, headers);
    const edges = [{ node: { id } }];
    expect(data.meshes).toEqual({ edges, pageInfo: { hasPreviousPage: false } });
  });

  it('says that it lives and is ready', async () => {
    for (const path of ['/livez', '/readyz']) {
      const answer = await fetch(api.url + path);
      expect([answer.status, await answer.text()]).toEqual([200, 'ok\n']);
    }
    expect(await (await fetch(api.url)).text()).toContain('/graphql');
  });

  it('has the schema that is committed', async () => {
    const { data } = await api.query(getIntrospectionQuery());
    const committed = await readFile(new URL('../schema.graphql', import.meta.url), 'utf8');
    expect(schemaText(buildClientSchema(data))).toBe(committed);
  });

  it('shows no page to browsers at /graphql', async () => {
    const answer = await fetch(`${api.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-powered-by')).toBeNull();
  });
});

describe('people', () => {
  it('sign up, out and in, by bearer or by cookie', async () => {
    const input = {
      email: 'ada@acme.example',
      password: 'correct horse battery staple',
      name: 'Ada',
      organizationName: 'Acme',
    };
    const up = await api.query(
      `mutation ($input: SignUpInput!) { signUp(input: $input) {
         sessionToken user { email } organization { name } } }`,
      { input },
    );
    expect(up.data.signUp).toMatchObject({
      user: { email: 'ada@acme.example' },
      organization: { name: 'Acme' },
    });
    const [cookie = ''] = up.headers.getSetCookie();
    expect(cookie).toMatch(
      /^isthmus_session=\S+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const viewer = 'query { viewer { user { name } memberships { role organizationName } } }';
    const expected = {
      viewer: { user: { name: 'Ada' }, memberships: [{ role: 'OWNER', organizationName: 'Acme' }] },
    };
    const byCookie = { cookie: cookie.split(';')[0] ?? '' };
    const byBearer = { authorization: `Bearer ${up.data.signUp.sessionToken}` };
    expect((await api.query(viewer, {}, byCookie)).data).toEqual(expected);
    expect((await api.query(viewer, {}, byBearer)).data).toEqual(expected);
    const out = await api.query('mutation { signOut { signedOut } }', {}, byCookie);
    expect(out.data.signOut.signedOut).toBe(true);
    expect(out.headers.getSetCookie()[0]).toMatch(/^isthmus_session=; Max-Age=0;/);
    expect((await api.query(viewer, {}, byBearer)).code).toBe('UNAUTHENTICATED');
    expect((await api.query(viewer, {}, byCookie)).code).toBe('UNAUTHENTICATED');
    const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { sessionToken } }`;
    const { email, password } = input;
    // Who signs in may still carry what no longer holds.
    const again = await api.query(signIn, { input: { email, password } }, byBearer);
    expect(again.data.signIn.sessionToken).toBeTruthy();
    const wrong = await api.query(signIn, { input: { email, password: 'x' } });
    expect(wrong.code).toBe('CREDENTIALS_WRONG');
  });

  it('get a cookie for https alone where the API is public by https', async () => {
    const secure = await startTestApi(
      { ISTHMUS_PUBLIC_URL: 'https://api.example.com' },
      {},
      api.test,
    );
    try {
      const { headers } = await secure.query('mutation { signOut { signedOut } }');
      expect(headers.getSetCookie()[0]).toContain('; Secure');
    } finally {
      await secure.close();
    }
  });

  it('say which organization they mean, when they belong to none or several', async () => {
    const { headers } = await api.owner();
    const other = await api.owner();
    const { data } = await api.query('{ viewer { user { id } } }', {}, headers);
    await api.test.database.withOrganization(other.organizationId, (tx) =>
      tx.membership.create({
        data: {
          organizationId: other.organizationId,
          userId: data.viewer.user.id,
          role: 'viewer',
        },
      }),
    );
    const asked = '{ organization { id viewerRole members { edges { node { role } } } } }';
    expect((await api.query(asked, {}, headers)).code).toBe('ORGANIZATION_REQUIRED');
    const named = { ...headers, 'isthmus-organization': other.organizationId };
    expect((await api.query(asked, {}, named)).data.organization).toMatchObject({
      id: other.organizationId,
      viewerRole: 'VIEWER',
    });
    const create = 'mutation { createMesh(input: { name: "x" }) { mesh { id } } }';
    expect((await api.query(create, {}, named)).code).toBe('FORBIDDEN');
  });

  it('make API tokens, which act until they are revoked', async () => {
    const { headers } = await api.owner();
    const made = await api.query(
      `mutation ($input: CreateApiTokenInput!) {
         createApiToken(input: $input) { secret apiToken { id prefix role } } }`,
      { input: { name: 'ci', role: 'VIEWER', expiresAt: new Date(Date.now() + 3_600_000) } },
      headers,
    );
    const { secret, apiToken } = made.data.createApiToken;
    const byToken = { authorization: `Bearer ${secret}` };
    expect((await api.query('{ organization { viewerRole } }', {}, byToken)).data).toEqual({
      organization: { viewerRole: 'VIEWER' },
    });
    expect(
      (await api.query('{ viewer { user { id } } }', {}, byToken)).data.viewer.user,
    ).toBeNull();
    const { data } = await api.query(
      '{ organization { apiTokens(first: 5) { edges { node { id } cursor } } } }',
      {},
      headers,
    );
    expect(data.organization.apiTokens.edges).toEqual([
      { node: { id: apiToken.id }, cursor: apiToken.id },
    ]);
    await api.query(
      'mutation ($id: ID!) { revokeApiToken(input: { id: $id }) { apiToken { revokedAt } } }',
      { id: apiToken.id },
      headers,
    );
    expect((await api.query('{ organization { id } }', {}, byToken)).code).toBe(
      'API_TOKEN_INVALID',
    );
  });
});

describe('meshes and clusters', () => {
  it('are made, registered, listed by pages and found by id', async () => {
    const { headers } = await api.owner();
    const meshId = await createMesh(headers);
    const input = {
      meshId,
      name: 'cloud',
      network: 'net-a',
      locality: 'eu/a',
      cidrs: ['10.0.0.0/8'],
    };
    const { data } = await api.query(register, { input }, headers);
    const { cluster, joinToken, helmCommand } = data.registerCluster;
    expect(cluster).toMatchObject({ status: 'PENDING', mesh: { name: 'acme' } });
    expect(joinToken.secret).toMatch(/^isthmus_join_/);
    expect(new Date(joinToken.expiresAt).getTime()).toBeGreaterThan(Date.now());
    expect(helmCommand).toMatch(
      /^helm upgrade --install isthmus-agent \S+ --reset-then-reuse-values --namespace isthmus-system --create-namespace /,
    );
    expect(helmCommand).toContain(`joinToken=${joinToken.secret}`);
    expect(helmCommand).toContain('hub.address=hub.example.com:443');
    const ca = Buffer.from(/hub\.caBundle=(\S+)/.exec(helmCommand)?.[1] ?? '', 'base64');
    expect(String(ca)).toContain('BEGIN CERTIFICATE');

    for (const name of ['b', 'c']) await registerCluster(headers, meshId, name);
    const list = `query ($id: ID!, $after: String) { mesh(id: $id) { clusters(first: 2, after: $after) {
      edges { node { id name } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`;
    const first = await api.query(list, { id: meshId }, headers);
    const page = first.data.mesh.clusters;
    expect(page.edges.map((edge: { node: { name: string } }) => edge.node.name)).toEqual([
      'cloud',
      'b',
    ]);
    expect(page.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const rest = await api.query(list, { id: meshId, after: page.pageInfo.endCursor }, headers);
    expect(rest.data.mesh.clusters).toMatchObject({
      edges: [{ node: { name: 'c' } }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
    const nodes = await api.query(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }',
      { ids: [cluster.id, meshId, 'cluster_00', 'nonsense'] },
      headers,
    );
    expect(nodes.data.nodes).toEqual([
      { __typename: 'Cluster', id: cluster.id },
      { __typename: 'Mesh', id: meshId },
      null,
      null,
    ]);
  });

  it('say what agents reported, and what became of it', async () => {
    const { headers, organizationId } = await api.owner();
    const meshId = await createMesh(headers);
    const [exporter, importer] = [
      await registerCluster(headers, meshId, 'cloud'),
      await registerCluster(headers, meshId, 'onprem'),
    ];
    const facts = new FactStore(api.test.database);
    const reporting = { organizationId, meshId, clusterId: exporter };
    const refused = await storeExport(api.test, reporting, {
      groups: [{ locality: 'eu/a', serviceAccount: 'payments', ready: 3, addresses: ['10.1.0.1'] }],
    });
    expect(refused).toEqual(new Map());
    const fact = Facts.Cluster.encode({
      kubernetesVersion: 'v1.36.3',
      agentVersion: '0.1.0',
      observedNetwork: 'net-cloud',
      capabilities: ['mcs-api'],
      dataPlaneMode: '',
      conditions: [{ type: 'NetworkMismatch', status: 'True', reason: 'r', message: 'm' }],
      istioVersions: ['1.31.4'],
    });
    await facts.apply(reporting, 'Cluster', {
      resources: [{ name: 'cluster', version: '1', body: fact }],
      removed: [],
    });
    const { data } = await api.query(
      `query ($id: ID!, $exporter: ID!, $importer: ID!) {
         mesh(id: $id) {
           services { edges { cursor node { id host exporters { clusterId readyEndpoints stale } } } }
           service(host: "payments.shop.svc.cluster.local") { namespace name
             importStates { edges { node { clusterId stored } } } }
           findings { code } exportPolicies { edges { cursor } } hostGrants { edges { cursor } }
           trust { trustDomain anchors { pem } signingCertificates { serial } } }
         exporter: cluster(id: $exporter) { kubernetesVersion agentVersion capabilities
           conditions { type message } exports { edges { node { host exportedBy valid reason } } }
           gateways { name } intentStates { edges { cursor } } signingCertificate { serial } }
         importer: cluster(id: $importer) { kubernetesVersion
           imports { edges { node { host sent stored accepted live reason message corrections objects
             exporters { clusterName } } } } } }`,
      { id: meshId, exporter, importer },
      headers,
    );
    const host = 'payments.shop.svc.cluster.local';
    const id = `${meshId}/shop/payments`;
    expect(data.mesh).toMatchObject({
      services: {
        edges: [
          {
            cursor: 'shop/payments',
            node: {
              id,
              host,
              exporters: [{ clusterId: exporter, readyEndpoints: 3, stale: false }],
            },
          },
        ],
      },
      service: { namespace: 'shop', name: 'payments' },
      trust: { trustDomain: 'cluster.local' },
    });
    expect(data.exporter).toMatchObject({
      kubernetesVersion: 'v1.36.3',
      agentVersion: '0.1.0',
      capabilities: ['mcs-api'],
      conditions: [{ type: 'NetworkMismatch', message: 'm' }],
      exports: { edges: [{ node: { host, exportedBy: 'ServiceExport', valid: true } }] },
      gateways: [],
      signingCertificate: null,
    });
    expect(data.importer).toMatchObject({
      kubernetesVersion: null,
      imports: {
        edges: [
          {
            node: {
              host,
              sent: 'PENDING',
              live: 'PENDING',
              reason: null,
              corrections: 0,
              exporters: [{ clusterName: 'cloud' }],
            },
          },
        ],
      },
    });
    const again = await api.query(
      'query ($id: ID!) { node(id: $id) { __typename } }',
      { id },
      headers,
    );
    expect(again.data.node).toEqual({ __typename: 'MeshService' });
    const gone = await api.query(
      'query ($id: ID!) { node(id: $id) { id } }',
      { id: `${meshId}/shop/nothing` },
      headers,
    );
    expect(gone.data.node).toBeNull();
  });

  it('have policies and grants', async () => {
    const { headers } = await api.owner();
    const meshId = await createMesh(headers);
    const clusterId = await registerCluster(headers, meshId, 'cloud');
    const selector = { matchLabels: [{ key: 'mesh', value: 'yes' }] };
    const created = await api.query(
      `mutation ($input: CreateExportPolicyInput!) { createExportPolicy(input: $input) {
         exportPolicy { id serviceSelector { matchLabels { key value } } } } }`,
      { input: { meshId, name: 'labelled', serviceSelector: selector } },
      headers,
    );
    const { exportPolicy } = created.data.createExportPolicy;
    expect(exportPolicy.serviceSelector).toEqual(selector);
    const updated = await api.query(
      `mutation ($input: UpdateExportPolicyInput!) { updateExportPolicy(input: $input) {
         exportPolicy { namespaceSelector { matchExpressions { key operator values } } } } }`,
      {
        input: {
          id: exportPolicy.id,
          name: 'labelled',
          namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
        },
      },
      headers,
    );
    expect(updated.data.updateExportPolicy.exportPolicy.namespaceSelector.matchExpressions).toEqual(
      [{ key: 'a', operator: 'In', values: ['b'] }],
    );
    const twice = { matchLabels: [...selector.matchLabels, ...selector.matchLabels] };
    const refused = await api.query(
      'mutation ($input: CreateExportPolicyInput!) { createExportPolicy(input: $input) { exportPolicy { id } } }',
      { input: { meshId, name: 'twice', serviceSelector: twice } },
      headers,
    );
    expect([refused.code, refused.field]).toEqual([
      ...['INVALID_ARGUMENT', 'input.serviceSelector.matchLabels'],
    ]);
    const odd = { matchExpressions: [{ key: 'a', operator: 'In' }] };
    const strange = await api.query(
      'mutation ($input: CreateExportPolicyInput!) { createExportPolicy(input: $input) { exportPolicy { id } } }',
      { input: { meshId, name: 'odd', namespaceSelector: odd } },
      headers,
    );
    expect(strange.field).toBe('input.namespaceSelector.matchExpressions.0');
    const granted = await api.query(
      `mutation ($input: GrantHostInput!) { grantHost(input: $input) { hostGrant { id clusterIds } } }`,
      { input: { meshId, namespace: 'shop', service: '*', clusterIds: [clusterId] } },
      headers,
    );
    expect(granted.data.grantHost.hostGrant.clusterIds).toEqual([clusterId]);
    const listed = await api.query(
      `query ($id: ID!) { mesh(id: $id) {
         exportPolicies { edges { node { id } } } hostGrants { edges { node { id } } } } }`,
      { id: meshId },
      headers,
    );
    expect(listed.data.mesh.exportPolicies.edges).toHaveLength(1);
    expect(listed.data.mesh.hostGrants.edges).toHaveLength(1);
    await api.query(
      `mutation ($policy: ID!, $grant: ID!) {
         deleteExportPolicy(input: { id: $policy }) { exportPolicy { id } }
         revokeHostGrant(input: { id: $grant }) { hostGrant { id } } }`,
      { policy: exportPolicy.id, grant: granted.data.grantHost.hostGrant.id },
      headers,
    );
    const after = await api.query(
      'query ($id: ID!) { node(id: $id) { id } }',
      { id: exportPolicy.id },
      headers,
    );
    expect(after.data.node).toBeNull();
  });

  it('leave, and are unlocked and released', async () => {
    const { headers } = await api.owner();
    const meshId = await createMesh(headers);
    const clusterId = await registerCluster(headers, meshId, 'cloud');
    const { data } = await api.query(
      `mutation ($input: CreateJoinTokenInput!, $unlock: UnlockClusterInput!,
                 $release: ReleaseHeldRemovalsInput!, $remove: RemoveClusterInput!) {
         createJoinToken(input: $input) { helmCommand cluster { id } }
         unlockCluster(input: $unlock) { cluster { status lockReason } }
         releaseHeldRemovals(input: $release) { cluster { heldRemovals } }
         removeCluster(input: $remove) { cluster { status } } }`,
      {
        input: { clusterId },
        unlock: { clusterId },
        release: { clusterId },
        remove: { clusterId },
      },
      headers,
    );
    expect(data).toMatchObject({
      createJoinToken: { cluster: { id: clusterId } },
      unlockCluster: { cluster: { status: 'PENDING', lockReason: null } },
      releaseHeldRemovals: { cluster: { heldRemovals: [] } },
      removeCluster: { cluster: { status: 'REMOVED' } },
    });
  });
});

describe('requests that ask too much are refused before they run', () => {
  const deep = 'clusters { edges { node { mesh {'.repeat(3);
  const dear = (inner: string, name: string) =>
    `${name}(first: 200) { edges { cursor node { ${inner} } } }`;

  it.each([
    ['depth', `{ mesh(id: "x") { ${deep} __typename ${'}'.repeat(14)}`],
    [
      'aliases',
      `{ ${Array.from({ length: 19 }, (_, i) => `a${i}: viewer { b: __typename }`).join(' ')} }`,
    ],
    ['rootFields', `{ ${'viewer { __typename } '.repeat(21)} }`],
    ['directives', `{ viewer { ${'__typename @include(if: true) '.repeat(25)} } }`],
    [
      'cost',
      `{ __schema { types { ${Array.from({ length: 12 }, (_, i) => `a${i}: fields { type { ...A ofType { ...A } } }`).join(' ')} } } }
       fragment A on __Type { kind name fields { name type { name } } }`,
    ],
    ['cost', `{ ${['host', 'imports', 'clusters', 'meshes'].reduce(dear)} }`],
    ['tokens', `{ viewer { ${'__typename '.repeat(2000)} } }`],
  ])('%s', async (name, query) => {
    const { headers } = await api.owner();
    const answer = await api.query(query, {}, headers);
    expect(answer.code, answer.text).toBe('QUERY_TOO_COMPLEX');
    expect(answer.message).toContain(name);
    expect(answer.status).toBe(400);
    expect(answer.data).toBeUndefined();
  });

  it('fragment cycles', async () => {
    const answer = await api.query(
      '{ viewer { ...a } } fragment a on Viewer { ...b } fragment b on Viewer { ...a }',
    );
    expect(answer).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' });
  });

  it('batches', async () => {
    const answer = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ query: '{ __typename }' }, { query: '{ __typename }' }]),
    });
    expect(await answerOf(answer)).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
  });

  it('bodies beyond 256 KiB', async () => {
    const answer = await api.query('{ __typename }', { padding: 'x'.repeat(257 * 1024) });
    expect(answer.status).toBe(413);
    expect(answer.text).not.toContain('node_modules');
  });

  it('texts that no database takes', async () => {
    const { headers } = await api.owner();
    for (const [query, variables] of [
      ['query ($id: ID!) { mesh(id: $id) { id } }', { id: 'mesh_\0' }],
      ['{ mesh(id: "mesh_\\u0000") { id } }', {}],
    ] as const) {
      expect((await api.query(query, variables, headers)).code).toBe('INVALID_ARGUMENT');
    }
  });

  it('more than the budget of who asks, and nobody else’s', async () => {
    const poor = await startTestApi({ ISTHMUS_COST_PER_SECOND: '1' }, {}, api.test);
    try {
      const [greedy, modest] = [await poor.owner(), await poor.owner()];
      const dear =
        '{ meshes(first: 200) { edges { node { clusters(first: 200) { edges { cursor node { id } } } } } } }';
      const codes = [];
      for (let i = 0; i < 4; i += 1) codes.push((await poor.query(dear, {}, greedy.headers)).code);
      expect(codes).toEqual([undefined, undefined, 'RATE_LIMITED', 'RATE_LIMITED']);
      expect((await poor.query(dear, {}, greedy.headers)).status).toBe(429);
      expect((await poor.query(dear, {}, modest.headers)).code).toBeUndefined();
    } finally {
      await poor.close();
    }
  });
});

describe('other sites', () => {
  it('cannot send what a browser sends without asking first', async () => {
    const query = 'mutation { signOut { signedOut } }';
    const attempts = [
      fetch(`${api.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: JSON.stringify({ query }),
      }),
      fetch(`${api.url}/graphql?query=${encodeURIComponent('{ __typename }')}`),
      fetch(`${api.url}/graphql?query=${encodeURIComponent(query)}`, {
        headers: { 'apollo-require-preflight': '1' },
      }),
    ];
    const statuses = (await Promise.all(attempts)).map(({ status }) => status);
    expect(statuses).toEqual([400, 400, 405]);
    const preflight = await fetch(`${api.url}/graphql`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('strangers', () => {
  it('get nowhere but in', async () => {
    for (const query of [
      '{ viewer { user { id } } }',
      '{ meshes { edges { cursor } } }',
      '{ node(id: "x") { id } }',
    ]) {
      expect((await api.query(query)).code).toBe('UNAUTHENTICATED');
    }
    const wrong = await api.query('{ viewer { user { id } } }', {}, { authorization: 'Bearer x' });
    expect(wrong.code).toBe('UNAUTHENTICATED');
  });
});

describe('without its database', () => {
  it('lives, is not ready, and says to try again', async () => {
    const test = await startTestDatabase();
    const lame = await startTestApi({ LOG_LEVEL: 'fatal' }, {}, test);
    const { headers } = await lame.owner();
    await test.server.stop();
    for (const query of [
      '{ viewer { user { id } } }',
      'mutation { signIn(input: { email: "a@b.example", password: "x" }) { sessionToken } }',
    ]) {
      const answer = await lame.query(query, {}, headers);
      expect(answer.code, answer.text).toBe('UNAVAILABLE');
      expect(answer.text).not.toMatch(/127\.0\.0\.1|prisma/i);
    }
    const ready = await fetch(`${lame.url}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, 'database: out of reach\n']);
    expect((await fetch(`${lame.url}/livez`)).status).toBe(200);
    await lame.close();
  });
});
