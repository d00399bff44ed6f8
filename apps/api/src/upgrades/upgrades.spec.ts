import { Facts, IstioFact, State } from '@isthmus/contracts';
import { FactStore } from '@isthmus/federation';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, startTestApi, type TestApi } from '../testing.js';

let api: TestApi;
let owner: { headers: Record<string, string>; organizationId: string };
let meshId: string;

beforeAll(async () => {
  api = await startTestApi({ ISTHMUS_COST_PER_SECOND: '1000000' });
});
afterAll(() => api?.close());
beforeEach(async () => {
  owner = await api.owner();
  const { data } = await ask('mutation { createMesh(input: { name: "prod" }) { mesh { id } } }');
  meshId = data.createMesh.mesh.id;
});

function ask(query: string, variables: object = {}, headers = owner.headers): Promise<Answer> {
  return api.query(query, variables, headers);
}

/** A mutation that answers with the upgrade. */
async function act(name: string, input: object, headers = owner.headers) {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const answer = await ask(
    `mutation ($input: ${type}!) { ${name}(input: $input) { upgrade {
       id state wave waveCount source createdBy decidedBy message toVersion
       findings { severity code remedy cluster { name } object } estimate { secondsLeft finishesAt }
     } } }`,
    { input },
    headers,
  );
  return { ...answer, upgrade: answer.data?.[name]?.upgrade };
}

/** A cluster in contact, whose agent told of an istiod. */
async function cluster(name: string, fact: Partial<IstioFact> = {}): Promise<string> {
  const { data } = await ask(
    'mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id } } }',
    { input: { meshId, name, network: name, locality: 'eu' } },
  );
  const clusterId: string = data.registerCluster.cluster.id;
  const { organizationId } = owner;
  await api.test.database.withOrganization(organizationId, (tx) =>
    tx.cluster.update({
      where: { id: clusterId },
      data: { connectedAt: new Date(), lastContactAt: new Date() },
    }),
  );
  await tell(clusterId, fact);
  return clusterId;
}

async function tell(clusterId: string, fact: Partial<IstioFact>): Promise<void> {
  const revision = {
    ...{ name: 'default', version: '1.29.6', installedBy: 'helm', replicas: 1, ready: 1 },
    ...{ proxies: 3, gateways: 1, injects: true, managed: true, chartDigest: '' },
  };
  const body = Facts.Istio.encode(
    IstioFact.fromPartial({
      revisions: [revision],
      tags: [{ name: 'prod', revision: 'default', managed: true }],
      namespaces: ['cart', 'checkout', 'shop'].map((name) => ({
        ...{ name, follows: 'prod', proxies: 1 },
        revisions: [{ revision: 'default', version: '1.29.6', workloads: 1, gateways: 0 }],
      })),
      tasks: [
        {
          ...{ type: 'restart', object: 'Deployment shop/web', reason: 'Budget', message: 'waits' },
          state: State.STATE_PENDING,
        },
      ],
      settled: true,
      ...fact,
    }),
  );
  await new FactStore(api.test.database).apply(
    { organizationId: owner.organizationId, meshId, clusterId },
    'Istio',
    { resources: [{ name: 'istio', version: JSON.stringify(fact), body }], removed: [] },
  );
}

/** What its agent tells of an istiod that nobody has taken over. */
const foreign = {
  revisions: [
    {
      ...{ name: 'default', version: '1.29.6', installedBy: 'istioctl', replicas: 1, ready: 1 },
      ...{ proxies: 1, gateways: 0, injects: true, managed: false, chartDigest: '' },
    },
  ],
};

/** Another person of the same organization. */
async function colleague(role: string): Promise<Record<string, string>> {
  const { headers } = await api.owner();
  const { data } = await ask('{ viewer { user { id } } }', {}, headers);
  const { organizationId } = owner;
  await api.test.database.withOrganization(organizationId, (tx) =>
    tx.membership.create({ data: { organizationId, userId: data.viewer.user.id, role } }),
  );
  return { ...headers, 'isthmus-organization': organizationId };
}

function change(input: object, headers = owner.headers): Promise<Answer> {
  return ask(
    `mutation ($input: UpdateUpgradeSettingsInput!) { updateUpgradeSettings(input: $input) { settings {
       maxInFlight requireApproval windows { name clusterSelector days opens minutes timeZone }
       freezes { name clusterSelector from until }
       policy { waves { clusterSelector percent each } canaryNamespaces soakSeconds timeoutSeconds graceSeconds maxRestarting }
       charts { repository digests { chart version sha256 } values } } } }`,
    { input: { meshId, ...input } },
    headers,
  );
}

describe('an upgrade', () => {
  it('is planned, approved by somebody else, started, paused, resumed and taken back', async () => {
    const ids = [await cluster('east'), await cluster('west')];
    await change({ requireApproval: true });
    const plan = await act('planUpgrade', {
      ...{ meshId, toVersion: '1.30.4', message: 'to the newest' },
      policy: { waves: [{ percent: 50 }] },
    });
    const { id, findings, estimate } = plan.upgrade;
    expect(plan.upgrade).toMatchObject({
      ...{ state: 'PLANNED', source: 'MANUAL', waveCount: 2, message: 'to the newest' },
    });
    expect(estimate.secondsLeft).toBeGreaterThan(60);
    const told = findings.find(({ code }: { code: string }) => code === 'RoomUnknown');
    expect(told).toMatchObject({ severity: 'INFORMS', remedy: expect.any(String), object: null });
    expect(['east', 'west']).toContain(told.cluster.name);

    const input = { upgradeId: id };
    expect((await act('startUpgrade', input)).upgrade.state).toBe('AWAITING_APPROVAL');
    expect((await act('approveUpgrade', input)).code).toBe('UPGRADE_OWN_APPROVAL');
    expect((await act('rejectUpgrade', input)).code).toBe('UPGRADE_OWN_APPROVAL');
    const viewer = await colleague('viewer');
    expect((await act('approveUpgrade', input, viewer)).code).toBe('FORBIDDEN');
    const operator = await colleague('operator');
    const approved = await act('approveUpgrade', input, operator);
    expect(approved.upgrade.state).toBe('RUNNING');
    expect(approved.upgrade.decidedBy).not.toBe(approved.upgrade.createdBy);
    expect((await act('pauseUpgrade', input)).upgrade.state).toBe('PAUSED');
    expect((await act('pauseUpgrade', input)).code).toBe('UPGRADE_STATE');
    expect((await act('resumeUpgrade', input)).upgrade.state).toBe('RUNNING');

    const first = ids[0];
    const retry = await act('retryUpgradeCluster', { ...input, clusterId: first });
    expect(retry.code).toBe('UPGRADE_STATE');
    await act('skipUpgradeCluster', { ...input, clusterId: first });
    const { data } = await ask(
      `query ($id: ID!, $cluster: ID!, $mesh: ID!) {
         node(id: $id) { ... on Upgrade { mesh { id }
           clusters(first: 1) { pageInfo { hasNextPage } edges { cursor node { wave cluster { id } } } }
           events(first: 200) { edges { node { type step actor cluster { id } at } } } } }
         cluster(id: $cluster) { upgrade { stage held hop hops { from to } upgrade { id toVersion }
           events { edges { node { type } } } } }
         mesh(id: $mesh) { upgrades { edges { node { id state } } } } }`,
      { id, cluster: first, mesh: meshId },
    );
    expect(data.node).toMatchObject({
      mesh: { id: meshId },
      clusters: { pageInfo: { hasNextPage: true }, edges: [{ node: { wave: 0 } }] },
    });
    expect(data.node.events.edges.map(({ node }: { node: { type: string } }) => node.type)).toEqual(
      ['APPROVAL_REQUESTED', 'APPROVED', 'PAUSED', 'RESUMED', 'SKIPPED'],
    );
    expect(data.cluster.upgrade).toMatchObject({
      ...{ stage: 'SKIPPED', held: false, hop: 0, hops: [{ from: '1.29.6', to: '1.30.4' }] },
      ...{
        upgrade: { id, toVersion: '1.30.4' },
        events: { edges: [{ node: { type: 'SKIPPED' } }] },
      },
    });
    expect(data.mesh.upgrades.edges).toEqual([{ node: { id, state: 'RUNNING' } }]);

    const after = data.node.clusters.edges[0].cursor;
    const next = await ask(
      `query ($id: ID!, $after: String) { node(id: $id) { ... on Upgrade {
         clusters(after: $after) { edges { node { wave } } pageInfo { hasNextPage } } } } }`,
      { id, after },
    );
    expect(next.data.node.clusters).toEqual({
      edges: [{ node: { wave: 1 } }],
      pageInfo: { hasNextPage: false },
    });
    const back = await act('rollBackUpgrade', input);
    expect(back.upgrade).toMatchObject({ state: 'ROLLING_BACK', estimate: null });
  });

  it('that is blocked begins without the clusters that are, if that is said', async () => {
    await cluster('east');
    const west = await cluster('west', foreign);
    const { upgrade } = await act('planUpgrade', { meshId, toVersion: '1.30.4' });
    expect(upgrade.findings[0]).toMatchObject({
      ...{ severity: 'BLOCKS', code: 'NotTakenOver', cluster: { name: 'west' } },
    });
    const input = { upgradeId: upgrade.id };
    const refused = await act('startUpgrade', input);
    expect([refused.code, refused.message]).toEqual([
      'UPGRADE_BLOCKED',
      expect.stringContaining('was installed by istioctl'),
    ]);
    const started = await act('startUpgrade', { ...input, skipBlocked: true });
    expect(started.upgrade).toMatchObject({ state: 'RUNNING', waveCount: 1 });
    const { data } = await ask(
      'query ($id: ID!) { cluster(id: $id) { upgrade { stage } istio { isManaged } } }',
      { id: west },
    );
    expect(data.cluster).toEqual({ upgrade: null, istio: { isManaged: false } });
    expect((await act('abortUpgrade', input)).upgrade.state).toBe('ABORTED');
  });

  it('is refused by others before it begins, and says so', async () => {
    await cluster('east');
    await change({ requireApproval: true });
    const { upgrade } = await act('planUpgrade', { meshId, toVersion: '1.30.4' });
    const input = { upgradeId: upgrade.id };
    await act('startUpgrade', input);
    const operator = await colleague('operator');
    const { data } = await ask(
      `mutation ($input: RejectUpgradeInput!) { rejectUpgrade(input: $input) { upgrade {
         state reason detail finishedAt } } }`,
      { input: { ...input, message: 'not before the holidays' } },
      operator,
    );
    expect(data.rejectUpgrade.upgrade).toMatchObject({
      ...{ state: 'REJECTED', reason: 'Rejected', detail: 'refused: not before the holidays' },
      finishedAt: expect.any(String),
    });
  });

  it('is planned by operators, for versions and clusters that there are', async () => {
    await cluster('east');
    const plan = (input: object, headers?: Record<string, string>) =>
      act('planUpgrade', { meshId, toVersion: '1.30.4', ...input }, headers);
    expect((await plan({ toVersion: 'newest' })).code).toBe('UPGRADE_VERSION_INVALID');
    expect((await plan({ clusterIds: [meshId] })).code).toBe('NOT_FOUND');
    expect((await plan({ clusterSelector: 'env=none' })).code).toBe('INVALID_ARGUMENT');
    expect((await plan({ policy: { maxRestarting: 0 } })).code).toBe('UPGRADE_POLICY_INVALID');
    expect((await plan({}, await colleague('viewer'))).code).toBe('FORBIDDEN');
    const field = async (input: object) => (await plan(input)).field;
    expect(await field({ toVersion: '1.2.3' })).toBe('input.toVersion');
    expect(await field({ clusterIds: [meshId] })).toBe('input.clusterIds.0');
    expect(await field({ clusterSelector: '=' })).toBe('input.clusterSelector');
    expect(await field({ policy: { maxRestarting: 0 } })).toBe('input.policy.maxRestarting');
    expect(await field({ policy: { waves: [{ percent: 101 }] } })).toBe(
      'input.policy.waves.0.percent',
    );
    expect(await field({ policy: { canaryNamespaces: ['a', 'B'] } })).toBe(
      'input.policy.canaryNamespaces.1',
    );
  });
});

describe("a cluster's Istio", () => {
  const query = `query ($id: ID!, $after: String) { cluster(id: $id) { istio {
    revisions { name version installedBy replicas ready proxies gateways injects isManaged }
    tags { name revision isManaged } tasks { type object state reason message }
    namespaces(first: 2, after: $after) { pageInfo { hasNextPage endCursor }
      edges { node { name follows proxies unready gateways bare revisions { revision version workloads gateways } } } }
    isSettled isManaged channel crdVersion } } }`;

  it('is what its agent told, page by page', async () => {
    const id = await cluster('east');
    const { istio } = (await ask(query, { id })).data.cluster;
    expect(istio).toMatchObject({
      revisions: [{ name: 'default', version: '1.29.6', installedBy: 'helm', isManaged: true }],
      tags: [{ name: 'prod', revision: 'default', isManaged: true }],
      tasks: [{ object: 'Deployment shop/web', state: 'PENDING', message: 'waits' }],
      ...{ isSettled: true, isManaged: true, channel: null, crdVersion: null },
    });
    const names = ({ edges }: { edges: { node: { name: string } }[] }) =>
      edges.map(({ node }) => node.name);
    expect(names(istio.namespaces)).toEqual(['cart', 'checkout']);
    const after = istio.namespaces.pageInfo.endCursor;
    const next = (await ask(query, { id, after })).data.cluster.istio.namespaces;
    expect([names(next), next.pageInfo.hasNextPage]).toEqual([['shop'], false]);
  });

  it('is not there before that', async () => {
    const { data } = await ask(
      'mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id istio { isSettled } upgrade { stage } } } }',
      { input: { meshId, name: 'new', network: 'new', locality: 'eu' } },
    );
    const { id, istio, upgrade } = data.registerCluster.cluster;
    expect([istio, upgrade]).toEqual([null, null]);
    const taken = await ask(
      'mutation ($id: ID!) { takeOverIstio(input: { clusterId: $id }) { cluster { id } } }',
      { id },
    );
    expect(taken.code).toBe('NOTHING_REPORTED');
  });

  it('is taken over, and follows a channel', async () => {
    const id = await cluster('east', foreign);
    const take = await ask(
      'mutation ($id: ID!) { takeOverIstio(input: { clusterId: $id }) { cluster { name } } }',
      { id },
    );
    expect(take.data.takeOverIstio.cluster).toEqual({ name: 'east' });
    const rows = await api.test.database.withOrganization(owner.organizationId, (tx) =>
      tx.clusterIstio.findMany({ where: { clusterId: id } }),
    );
    expect(rows).toHaveLength(1);
    const follow = async (channel: string | null) => {
      const { data } = await ask(
        `mutation ($input: SetClusterChannelInput!) { setClusterChannel(input: $input) {
           cluster { istio { channel } } } }`,
        { input: { clusterId: id, channel } },
      );
      return data.setClusterChannel.cluster.istio.channel;
    };
    expect(await follow('REGULAR')).toBe('REGULAR');
    expect(await follow(null)).toBeNull();
  });
});

describe('settings of upgrades', () => {
  const window = {
    ...{ name: 'nights', clusterSelector: 'env=prod', days: ['SATURDAY'], opens: '22:00' },
    ...{ minutes: 240, timeZone: 'Europe/Zurich' },
  };
  const freeze = {
    ...{ name: 'holidays', clusterSelector: null },
    ...{ from: '2026-12-20T00:00:00.000Z', until: '2027-01-05T00:00:00.000Z' },
  };
  const sha256 = 'a'.repeat(64);
  const digest = { chart: 'istiod', version: '1.30.4', sha256 };

  it('are changed as far as they are given', async () => {
    const charts = { digests: [digest], values: '{"pilot":{"replicaCount":2}}' };
    await change({ windows: [window], charts, policy: { soakSeconds: 5 } });
    const { data } = await change({
      ...{
        freezes: [freeze],
        maxInFlight: 3,
        charts: { repository: 'oci://charts.example.com/istio' },
      },
      policy: { waves: [{ percent: 10 }], canaryNamespaces: ['shop'] },
    });
    expect(data.updateUpgradeSettings.settings).toEqual({
      ...{ maxInFlight: 3, requireApproval: false, windows: [window], freezes: [freeze] },
      policy: {
        waves: [{ clusterSelector: null, percent: 10, each: null }],
        ...{ canaryNamespaces: ['shop'], soakSeconds: 5, timeoutSeconds: 1800 },
        ...{ graceSeconds: 86_400, maxRestarting: 2 },
      },
      charts: { ...charts, repository: 'oci://charts.example.com/istio' },
    });
  });

  it('are refused where they mean nothing', async () => {
    const code = async (input: object) => (await change(input)).code;
    expect(await code({ windows: [{ ...window, opens: '25:00' }] })).toBe(
      'UPGRADE_SETTINGS_INVALID',
    );
    expect(await code({ freezes: [{ ...freeze, until: freeze.from }] })).toBe(
      'UPGRADE_SETTINGS_INVALID',
    );
    expect(await code({ charts: { values: '{' } })).toBe('INVALID_ARGUMENT');
    expect(await code({ charts: { values: '[]' } })).toBe('INVALID_ARGUMENT');
    expect(await code({ charts: { digests: [digest, digest] } })).toBe('INVALID_ARGUMENT');
    expect(await code({ charts: { digests: [{ ...digest, chart: 'cni' }] } })).toBe(
      'UPGRADE_SETTINGS_INVALID',
    );
    const field = async (input: object) => (await change(input)).field;
    expect(await field({ windows: [window, { ...window, name: 'b', opens: '25:00' }] })).toBe(
      'input.windows.1.opens',
    );
    expect(await field({ freezes: [{ ...freeze, until: freeze.from }] })).toBe(
      'input.freezes.0.until',
    );
    expect(await field({ maxInFlight: 0 })).toBe('input.maxInFlight');
    expect(await field({ charts: { values: '[]' } })).toBe('input.charts.values');
    expect(await field({ charts: { digests: [{ ...digest, chart: 'cni' }] } })).toBe(
      'input.charts.digests',
    );
    expect(await field({ agent: { version: 'latest' } })).toBe('input.agent.version');
    expect((await change({ maxInFlight: 1 }, await colleague('viewer'))).code).toBe('FORBIDDEN');
    expect((await change({ requireApproval: false }, await colleague('operator'))).code).toBe(
      'FORBIDDEN',
    );
  });
});

describe('versions of Istio', () => {
  it('are told to whoever is signed in, the newest first, with the channels that lead there', async () => {
    const query = '{ istioVersions { version minor released endOfLife isVerified channels } }';
    expect((await ask(query, {}, {})).code).toBe('UNAUTHENTICATED');
    interface Version {
      version: string;
      minor: string;
      released: string | null;
      isVerified: boolean;
      channels: string[];
    }
    const versions: Version[] = (await ask(query)).data.istioVersions;
    const at = (version: string): number => versions.findIndex((one) => one.version === version);
    expect(at('1.28.10')).toBeGreaterThanOrEqual(0);
    expect(at('1.28.10')).toBeLessThan(at('1.28.9'));
    expect(at('1.29.0')).toBeLessThan(at('1.28.10'));
    expect(versions[at('1.30.0')]).toMatchObject({ minor: '1.30', released: '2026-05-18' });
    const led = versions.filter(({ channels }) => channels.length > 0);
    expect(led.flatMap(({ channels }) => channels).sort()).toEqual(['RAPID', 'REGULAR', 'STABLE']);
    expect(led.every(({ isVerified, released }) => isVerified && released !== null)).toBe(true);
  });
});

describe('agents', () => {
  const setAgent = (agent: object | null) =>
    ask(
      `mutation ($input: UpdateUpgradeSettingsInput!) { updateUpgradeSettings(input: $input) {
         settings { agent { version digest } maxInFlight } } }`,
      { input: { meshId, agent } },
    );
  const agentOf = async (id: string) => {
    const query = 'query ($id: ID!) { cluster(id: $id) { agent { version wanted state reason } } }';
    return (await ask(query, { id })).data.cluster.agent;
  };

  it('are wanted as a version, and as what they were installed as again', async () => {
    const id = await cluster('one');
    expect(await agentOf(id)).toMatchObject({ wanted: null, state: 'CURRENT' });
    const { data } = await setAgent({ version: '0.2.0' });
    expect(data.updateUpgradeSettings.settings.agent).toEqual({ version: '0.2.0', digest: null });
    // Its agent has not told which one it is.
    expect(await agentOf(id)).toMatchObject({ wanted: '0.2.0', state: 'WAITING' });
    expect((await setAgent(null)).data.updateUpgradeSettings.settings.agent).toBeNull();
    expect(await agentOf(id)).toMatchObject({ wanted: null, state: 'CURRENT' });
  });

  it('are told what is wrong with a version, and that nothing is to retry', async () => {
    expect((await setAgent({ version: 'latest' })).code).toBe('UPGRADE_SETTINGS_INVALID');
    const retry =
      'mutation ($input: RetryAgentUpgradeInput!) { retryAgentUpgrade(input: $input) { cluster { id } } }';
    const clusterId = await cluster('one');
    expect((await ask(retry, { input: { clusterId } })).code).toBe('UPGRADE_STATE');
  });
});
