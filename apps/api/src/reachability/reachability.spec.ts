import { newId } from '@isthmus/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, storeExport, type TestApi } from '../testing.js';

let api: TestApi;
let headers: Record<string, string>;
let organizationId: string;
let meshId: string;
let cloud: string;
let onprem: string;

beforeAll(async () => {
  api = await startTestApi();
  const owner = await api.owner();
  headers = owner.headers;
  organizationId = owner.organizationId;
  const ask = async (query: string, input: object) => {
    const { data, text } = await api.query(query, { input }, headers);
    if (!data) throw new Error(text);
    return data;
  };
  const { createMesh } = await ask(
    'mutation ($input: CreateMeshInput!) { createMesh(input: $input) { mesh { id } } }',
    { name: 'acme' },
  );
  meshId = createMesh.mesh.id;
  const register = async (name: string): Promise<string> => {
    const { registerCluster } = await ask(
      'mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id } } }',
      { meshId, name, network: name, locality: 'eu' },
    );
    return registerCluster.cluster.id;
  };
  [cloud, onprem] = [await register('cloud'), await register('onprem')];
  await storeExport(api.test, { organizationId, meshId, clusterId: cloud });
});
afterAll(() => api?.close());

const step = 'link state clusterId clusterName reason message remedy evidence';
const query = `query ($meshId: ID!, $from: ID!, $namespace: String!, $account: String, $host: String!, $port: Int) {
  reachability(meshId: $meshId, fromClusterId: $from, fromNamespace: $namespace,
               fromServiceAccount: $account, host: $host, port: $port) {
    state host broken { ${step} } steps { ${step} }
    routes { clusterId clusterName network local state steps { ${step} } } } }`;

function ask(variables: object = {}, as = headers) {
  const usual = { meshId, from: onprem, namespace: 'shop', host: 'shop/payments' };
  return api.query(query, { ...usual, ...variables }, as);
}

describe('Query.reachability', () => {
  it('tells the first broken link, and the routes', async () => {
    const { data, text } = await ask();
    expect(data?.reachability, text).toMatchObject({
      state: 'BROKEN',
      host: 'payments.shop.svc.cluster.local',
      broken: { link: 'CONTACT', reason: 'NeverJoined', clusterId: onprem },
      steps: [{ link: 'NAME', state: 'OK', reason: null }, { link: 'CONTACT' }],
      routes: [{ clusterId: cloud, local: false, state: 'SKIPPED' }],
    });
  });

  it('answers without an account and a port, be they null', async () => {
    const { data, text } = await ask({ account: null, port: null });
    expect(data?.reachability.state, text).toBe('BROKEN');
  });

  it.for([
    [{ port: 0 }, 'port'],
    [{ port: 65_536 }, 'port'],
    [{ namespace: 'Shop' }, 'fromNamespace'],
    [{ account: 'a b' }, 'fromServiceAccount'],
  ] as const)('refuses %j', async ([variables, field]) => {
    const { code, message, field: blamed } = await ask(variables);
    expect([code, blamed]).toEqual(['INVALID_ARGUMENT', field]);
    expect(message).toContain(field);
  });

  it('finds nothing that is not there, or is another’s', async () => {
    expect((await ask({ meshId: newId('mesh') })).code).toBe('NOT_FOUND');
    expect((await ask({ from: newId('cluster') })).code).toBe('NOT_FOUND');
    const { headers: other } = await api.owner();
    expect((await ask({}, other)).code).toBe('NOT_FOUND');
  });

  it('takes names that nobody could have for such', async () => {
    for (const host of ['', '../..', 'a'.repeat(5_000), 'Ä/ß', 'shop/payments/x']) {
      const { data, text } = await ask({ host });
      expect(data?.reachability.broken, text).toMatchObject({ link: 'NAME' });
    }
  });
});

describe('Mesh.topology', () => {
  it('is told whole, within the limits of one query', async () => {
    // One that never joined imports nothing.
    await api.test.database.withOrganization(organizationId, (tx) =>
      tx.cluster.update({
        where: { id: onprem },
        data: { connectedAt: new Date(), lastContactAt: new Date() },
      }),
    );
    const { data, text } = await api.query(
      `query ($id: ID!) { mesh(id: $id) { topology { truncated total services {
         id host namespace name identities mutualTls policies { name action summary }
         exporters { clusterId network readyEndpoints localities valid conflict stale reason }
         importers { clusterId state reason message } } } } }`,
      { id: meshId },
      headers,
    );
    expect(data?.mesh.topology, text).toEqual({
      truncated: false,
      total: 1,
      services: [
        {
          id: `${meshId}/shop/payments`,
          host: 'payments.shop.svc.cluster.local',
          namespace: 'shop',
          name: 'payments',
          identities: ['spiffe://cluster.local/ns/shop/sa/a'],
          mutualTls: 'UNSET',
          policies: [],
          exporters: [
            {
              clusterId: cloud,
              network: 'cloud',
              readyEndpoints: 3,
              localities: ['eu'],
              valid: true,
              conflict: false,
              stale: false,
              reason: null,
            },
          ],
          importers: [{ clusterId: onprem, state: 'PENDING', reason: null, message: null }],
        },
      ],
    });
    const id = data?.mesh.topology.services[0].id;
    const node = await api.query('query ($id: ID!) { node(id: $id) { id } }', { id }, headers);
    expect(node.data?.node.id).toBe(id);
  });
});
