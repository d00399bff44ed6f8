import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing.js';

let api: TestApi;
let headers: Record<string, string>;
let organizationId: string;
let meshId: string;

beforeAll(async () => {
  api = await startTestApi({
    ISTHMUS_COST_PER_SECOND: '1000000',
    ISTHMUS_AGENT_CHART: 'oci://registry.example.com/charts/isthmus-agent',
    ISTHMUS_AGENT_CHART_VERSION: '0.2.0',
  });
});
afterAll(() => api?.close());
beforeEach(async () => {
  ({ headers, organizationId } = await api.owner());
  meshId = (await ask('mutation { createMesh(input: { name: "prod" }) { mesh { id } } }'))
    .createMesh.mesh.id;
});

async function ask(query: string, variables: object = {}, as = headers) {
  const { data, text } = await api.query(query, variables, as);
  if (!data) throw new Error(text);
  return data;
}

const registering = `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) {
  helmCommand joinToken { secret } cluster { id } } }`;
const place = { name: 'cloud', network: 'net-a', locality: 'eu/a', cidrs: ['10.0.0.0/8'] };
const register = () => ask(registering, { input: { meshId, ...place } });

const updating = `mutation ($input: UpdateClusterInput!) { updateCluster(input: $input) {
  cluster { id network locality cidrs labels { key value } } } }`;

/** Somebody else of the organization. */
async function colleague(role: string): Promise<Record<string, string>> {
  const other = await api.owner();
  const { viewer } = await ask('{ viewer { user { id } } }', {}, other.headers);
  await api.test.database.withOrganization(organizationId, (tx) =>
    tx.membership.create({ data: { organizationId, userId: viewer.user.id, role } }),
  );
  return { ...other.headers, 'isthmus-organization': organizationId };
}

describe('how agents are installed', () => {
  const asking =
    '{ agentInstallation { chart chartVersion releaseName namespace hubAddress hubCa helmCommand } }';

  it('is told without a token, as it is with one', async () => {
    const viewer = await colleague('viewer');
    const { agentInstallation: told } = await ask(asking, {}, viewer);
    expect(told).toEqual({
      chart: 'oci://registry.example.com/charts/isthmus-agent',
      chartVersion: '0.2.0',
      releaseName: 'isthmus-agent',
      namespace: 'isthmus-system',
      hubAddress: 'hub.example.com:443',
      hubCa: expect.stringMatching(
        /^-----BEGIN CERTIFICATE-----[\s\S]*-----END CERTIFICATE-----\s*$/,
      ),
      helmCommand: expect.stringContaining('"joinToken=$ISTHMUS_JOIN_TOKEN"'),
    });
    expect(told.helmCommand).toContain(' --version 0.2.0 ');
    const { helmCommand, joinToken } = (await register()).registerCluster;
    expect(told.helmCommand).toBe(
      helmCommand.replace(`joinToken=${joinToken.secret}`, '"joinToken=$ISTHMUS_JOIN_TOKEN"'),
    );
    expect(told.helmCommand).toContain(Buffer.from(told.hubCa).toString('base64'));
  });

  it('is told to nobody who is not signed in', async () => {
    expect((await api.query(asking)).code).toBe('UNAUTHENTICATED');
  });
});

describe('a cluster', () => {
  it('is changed in what is said, and left in the rest', async () => {
    const { id: clusterId } = (await register()).registerCluster.cluster;
    const update = async (change: object) =>
      (await ask(updating, { input: { clusterId, ...change } })).updateCluster.cluster;
    const { network, locality, cidrs } = place;
    const asRegistered = { id: clusterId, network, locality, cidrs, labels: [] };
    const nulls = { network: null, locality: null, cidrs: null, labels: null };
    expect(await update(nulls)).toEqual(asRegistered);
    const labels = [{ key: 'env', value: 'prod' }];
    const moved = await update({ network: 'net-b', labels });
    expect(moved).toEqual({ ...asRegistered, network: 'net-b', labels });
    expect(await update({ network: 'net-b' })).toEqual(moved);
    expect(await update({ cidrs: [], locality: 'us' })).toEqual({
      ...moved,
      ...{ cidrs: [], locality: 'us' },
    });
  });

  it('is changed by operators, and by nobody of another organization', async () => {
    const { id: clusterId } = (await register()).registerCluster.cluster;
    const input = { clusterId, locality: 'us' };
    const codeOf = async (as: Record<string, string>) =>
      (await api.query(updating, { input }, as)).code;
    expect(await codeOf(await colleague('viewer'))).toBe('FORBIDDEN');
    expect(await codeOf((await api.owner()).headers)).toBe('NOT_FOUND');
    expect(await codeOf(await colleague('operator'))).toBeUndefined();
  });

  it('is refused with the way to the argument that is to blame', async () => {
    const { id: clusterId } = (await register()).registerCluster.cluster;
    const refused = async (query: string, input: object) => {
      const { code, field } = await api.query(query, { input }, headers);
      return [code, field];
    };
    const cidrs = ['10.0.0.0/8', 'junk'];
    expect(await refused(updating, { clusterId, cidrs })).toEqual([
      'CIDR_INVALID',
      'input.cidrs.1',
    ]);
    const other = { meshId, ...place, name: 'b' };
    expect(await refused(registering, { ...other, network: 'Net' })).toEqual([
      ...['INVALID_NAME', 'input.network'],
    ]);
    expect(await refused(registering, { meshId, ...place })).toEqual([
      ...['ALREADY_EXISTS', 'input.name'],
    ]);
    const twice = [1, 2].map((value) => ({ key: 'env', value: String(value) }));
    expect(await refused(updating, { clusterId, labels: twice })).toEqual([
      ...['INVALID_ARGUMENT', 'input.labels'],
    ]);
  });
});

describe('by name', () => {
  const asking = `query ($mesh: String!, $cluster: String!) { meshByName(name: $mesh) { id
    cluster(name: $cluster) { id } exportPolicy(name: "all") { id }
    hostGrant(namespace: "shop", service: "*") { id } none: hostGrant(namespace: "shop", service: "a") { id }
    release(number: 1) { number } headRelease { number } currentRelease { number } } }`;

  it('is found what there is, and null what there is not', async () => {
    const { id: clusterId } = (await register()).registerCluster.cluster;
    const made = await ask(
      `mutation ($mesh: ID!, $cluster: ID!) {
         createExportPolicy(input: { meshId: $mesh, name: "all", everything: true }) { exportPolicy { id } }
         grantHost(input: { meshId: $mesh, namespace: "shop", service: "*", clusterIds: [$cluster] }) {
           hostGrant { id } } }`,
      { mesh: meshId, cluster: clusterId },
    );
    const { meshByName } = await ask(asking, { mesh: 'prod', cluster: 'cloud' });
    const nothing = { release: null, headRelease: null, currentRelease: null, none: null };
    expect(meshByName).toEqual({
      ...nothing,
      id: meshId,
      cluster: { id: clusterId },
      exportPolicy: made.createExportPolicy.exportPolicy,
      hostGrant: made.grantHost.hostGrant,
    });
    expect((await ask(asking, { mesh: 'prod', cluster: 'edge' })).meshByName.cluster).toBeNull();
    expect((await ask(asking, { mesh: 'stage', cluster: 'cloud' })).meshByName).toBeNull();
    const stranger = (await api.owner()).headers;
    expect((await ask(asking, { mesh: 'prod', cluster: 'cloud' }, stranger)).meshByName).toBeNull();
  });
});
