import { join } from 'node:path';
import {
  type Candidate,
  eventually,
  type KubeletStandIn,
  type StandInImage,
  startKubeletStandIn,
} from '@isthmus/local';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestWorld } from './world.js';

const repository = 'registry.example.com/isthmus/agent';
const namespace = 'isthmus-system';
const withinMs = 90_000;

interface Agent {
  readonly version: string | null;
  readonly image: string | null;
  readonly wanted: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly message: string | null;
}

let world: Awaited<ReturnType<typeof startTestWorld>>;
const kubelets: KubeletStandIn[] = [];
const ids = new Map<string, string>();
const candidates = new Map<string, Candidate>();
/** All that a registry would hold; the same for both clusters. */
const images = new Map<string, StandInImage>(
  ['0.1.0', '0.2.0'].map((version) => [`${repository}:${version}`, { version }]),
);

/** Installs the agent by the command that the API gives, and runs its Pods as a kubelet would. */
async function joinCluster(name: string): Promise<void> {
  const values = [`image.repository=${repository}`, 'image.tag=0.1.0', 'selfUpgrade.enabled=true'];
  const candidate = await world.raise({ name, network: `net-${name}`, agentValues: values });
  const { registerCluster } = await world.api.query<{
    registerCluster: { cluster: { id: string }; helmCommand: string };
  }>(
    `mutation ($input: RegisterClusterInput!) {
       registerCluster(input: $input) { cluster { id } helmCommand } }`,
    { input: { meshId: world.meshId, name, network: `net-${name}`, locality: 'eu' } },
  );
  ids.set(name, registerCluster.cluster.id);
  candidates.set(name, candidate);
  await candidate.helm(registerCluster.helmCommand);
  kubelets.push(
    await startKubeletStandIn(candidate.kube, {
      namespace,
      labelSelector: 'app.kubernetes.io/name=isthmus-agent',
      folder: join(world.folder, name, 'kubelet'),
      images,
    }),
  );
}

async function agentOf(name: string): Promise<Agent & { readonly status: string }> {
  const { cluster } = await world.api.query<{ cluster: { status: string; agent: Agent } }>(
    `query ($id: ID!) { cluster(id: $id) { status agent { version image wanted state reason message } } }`,
    { id: ids.get(name) },
  );
  return { ...cluster.agent, status: cluster.status };
}

const reaches = (name: string, wanted: Partial<Agent & { status: string }>) =>
  eventually(
    `the agent of ${name} is ${JSON.stringify(wanted)}`,
    async () => {
      const agent = await agentOf(name);
      expect(agent, JSON.stringify(agent)).toMatchObject(wanted);
    },
    { deadlineMs: withinMs, everyMs: 500 },
  );

async function want(version: string | null): Promise<void> {
  await world.api.query(
    `mutation ($input: UpdateUpgradeSettingsInput!) {
       updateUpgradeSettings(input: $input) { settings { maxInFlight } } }`,
    { input: { meshId: world.meshId, agent: version === null ? null : { version } } },
  );
}

/** Within it a successor has to prove itself; in seconds. */
async function deadline(seconds: number): Promise<void> {
  const patch = JSON.stringify({ spec: { progressDeadlineSeconds: seconds } });
  for (const { kube } of candidates.values())
    await kube.kubectl(['-n', namespace, 'patch', 'deployment', 'isthmus-agent', '-p', patch]);
}

/** When each cluster was told, and when it said that it was through; by cluster id. */
async function times(): Promise<{ id: string; told: Date; through: Date }[]> {
  const database = new pg.Client({ connectionString: world.platform.ownerUrl });
  await database.connect();
  try {
    const { rows } = await database.query(
      `SELECT a.cluster_id AS id, a.sent_at AS told, f.updated_at AS through
         FROM cluster_agent a JOIN fact f ON f.cluster_id = a.cluster_id AND f.type = 'Agent'
        ORDER BY a.sent_at`,
    );
    return rows;
  } finally {
    await database.end();
  }
}

beforeAll(async () => {
  world = await startTestWorld();
  await Promise.all(['one', 'two'].map(joinCluster));
  for (const name of ids.keys())
    await reaches(name, { status: 'CONNECTED', version: '0.1.0', state: 'CURRENT' });
}, 300_000);
afterAll(async () => {
  await Promise.all(kubelets.map((kubelet) => kubelet.stop()));
  await world?.stop();
});

describe('the agents of a mesh', () => {
  it('upgrade themselves one after the other to the version that is wanted', async () => {
    await want('0.2.0');
    for (const name of ids.keys()) {
      await reaches(name, {
        ...{ state: 'CURRENT', version: '0.2.0', wanted: '0.2.0', status: 'CONNECTED' },
        image: `${repository}:0.2.0`,
      });
    }
    const [first, second, ...more] = await times();
    expect(more).toEqual([]);
    expect(second?.told.getTime()).toBeGreaterThan(first?.through.getTime() ?? 0);
  }, 240_000);

  it('stay as they are where a version cannot be had, and begin again when somebody retries', async () => {
    await deadline(5);
    await want('0.3.0');
    const failed = await eventually(
      'one has failed',
      async () => {
        for (const name of ids.keys()) {
          const { state, reason, status, version } = await agentOf(name);
          if (state !== 'FAILED') continue;
          expect({ reason, status, version }).toEqual({
            ...{ reason: 'ImageUnavailable', status: 'CONNECTED', version: '0.2.0' },
          });
          return name;
        }
        throw new Error('none has');
      },
      { deadlineMs: withinMs, everyMs: 500 },
    );
    const [other = ''] = [...ids.keys()].filter((name) => name !== failed);
    await reaches(other, { state: 'WAITING', reason: 'Halted', version: '0.2.0' });

    images.set(`${repository}:0.3.0`, { version: '0.3.0' });
    // A hub that comes back takes longer than that.
    await deadline(600);
    await world.api.query(
      `mutation ($input: RetryAgentUpgradeInput!) { retryAgentUpgrade(input: $input) { cluster { id } } }`,
      { input: { clusterId: ids.get(failed) } },
    );
    // Nobody's death in the middle of it matters.
    await world.platform.hubs[0]?.stop('SIGKILL');
    await world.platform.worker.stop('SIGKILL');
    await Promise.all([
      world.platform.hubs[0]?.start(withinMs),
      world.platform.worker.start(withinMs),
    ]);
    for (const name of ids.keys())
      await reaches(name, { state: 'CURRENT', version: '0.3.0', status: 'CONNECTED' });
  }, 360_000);
});
