import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Facts, State } from '@isthmus/contracts';
import { FactStore } from '@isthmus/federation';
import { newId } from '@isthmus/kernel';
import { eventually, type Service } from '@isthmus/local';
import { startTestDatabase, type TestDatabase } from '@isthmus/platform';
import {
  BundleCompiler,
  ConfigurationSource,
  projectConfiguration,
  ReleaseContents,
  ReleaseService,
  RolloutService,
} from '@isthmus/releases';
import { versionOf } from '@isthmus/sync';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { random, workerOn } from './faults.js';

// A real worker is killed with SIGKILL at every boundary between the steps of a rollout, by a
// seeded schedule. The clusters are stand-ins: what their agents would report is stored by the
// hub's own FactStore as soon as they are told what to run.

const runs = 50;
const seed = 20_261_125;

let postgres: TestDatabase;
let folder: string;
let worker: Service;
let listener: pg.Client;
let rollouts: RolloutService;
let source: ConfigurationSource;
const meshes = new Map<string, Mesh>();

interface Mesh {
  readonly organizationId: string;
  readonly meshId: string;
  readonly clusters: readonly { id: string; name: string }[];
  rolloutId: string;
  /** What each cluster's stand-in has answered last. */
  readonly told: Map<string, string>;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-faults-'));
  postgres = await startTestDatabase();
  source = new ConfigurationSource(new ReleaseContents());
  rollouts = new RolloutService(postgres.database, source);
  await countEffects();
  worker = await workerOn(postgres, folder, { ISTHMUS_JOB_LOCK_MS: '1000' });
  await worker.start();
});
afterAll(async () => {
  await worker?.stop();
  await listener?.end();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Counts, beside the program's back, how often each cluster was told to run something. */
async function countEffects(): Promise<void> {
  const owner = new pg.Client({ connectionString: postgres.server.ownerUrl });
  await owner.connect();
  await owner.query(`
    CREATE TABLE effect (cluster_id text, fence bigint);
    GRANT INSERT ON effect TO isthmus_service;
    ALTER TABLE effect ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY all_of_it ON effect USING (true);
    CREATE FUNCTION count_effect() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO effect VALUES (NEW.cluster_id, NEW.fence); RETURN NEW; END $$;
    CREATE TRIGGER effects AFTER INSERT OR UPDATE ON cluster_release
      FOR EACH ROW EXECUTE FUNCTION count_effect();
    CREATE FUNCTION tell_step() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_notify('step', NEW.rollout_id || ' ' || NEW.step); RETURN NEW; END $$;
    CREATE TRIGGER steps AFTER INSERT ON rollout_event
      FOR EACH ROW EXECUTE FUNCTION tell_step();`);
  await owner.end();
}

async function effects(): Promise<Map<string, number>> {
  const owner = new pg.Client({ connectionString: postgres.server.ownerUrl });
  await owner.connect();
  const { rows } = await owner.query('SELECT cluster_id, count(*)::int FROM effect GROUP BY 1');
  await owner.end();
  return new Map(rows.map(({ cluster_id, count }) => [cluster_id, count]));
}

const bundle = [
  {
    path: 'shop.yaml',
    content: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
`,
  },
];

/** A tenant with a mesh of four clusters, and a release on its way in waves of one, one and two. */
async function startRun(index: number): Promise<Mesh> {
  const [organizationId, meshId] = [newId('organization'), newId('mesh')];
  const { database } = postgres;
  const clusters = ['a', 'b', 'c', 'd'].map((name) => ({ id: newId('cluster'), name }));
  await database.withOrganization(organizationId, async (tx) => {
    await tx.mesh.create({
      data: { id: meshId, organizationId, name: `mesh-${index}`, trustDomain: 'cluster.local' },
    });
    await tx.meshClock.create({ data: { meshId, organizationId } });
    const now = new Date(Date.now() + 3_600_000);
    for (const { id, name } of clusters) {
      const place = { network: 'net', locality: 'eu', connectedAt: now, lastContactAt: now };
      await tx.cluster.create({ data: { id, organizationId, meshId, name, ...place } });
    }
  });
  const actor = { organizationId, kind: 'user', id: 'user', role: 'owner' } as const;
  const cluster = { organizationId, meshId, clusterId: clusters[0]?.id ?? '' };
  const body = Facts.Cluster.encode({
    kubernetesVersion: 'v1.36.3',
    agentVersion: '',
    observedNetwork: '',
    capabilities: [],
    dataPlaneMode: '',
    conditions: [],
    istioVersions: ['1.31.4'],
  });
  const fact = { name: 'cluster', version: versionOf(body), body };
  await new FactStore(database).apply(cluster, 'Cluster', { resources: [fact], removed: [] });
  const mesh: Mesh = { organizationId, meshId, clusters, rolloutId: '', told: new Map() };
  meshes.set(meshId, mesh);
  const { release } = await new ReleaseService(database, new BundleCompiler()).create(actor, {
    meshId,
    files: bundle,
    message: 'first',
  });
  const rollout = await rollouts.start(actor, {
    meshId,
    releaseId: release.id,
    policy: {
      waves: [{ percent: 25 }, { percent: 50 }],
      gate: { soakSeconds: 0, timeoutSeconds: 600, maxRefusedPercent: 0 },
    },
  });
  mesh.rolloutId = rollout?.id ?? '';
  return mesh;
}

/** What the agents of a mesh report once they have done what they were told. */
async function answer(mesh: Mesh): Promise<void> {
  const { organizationId, meshId, clusters } = mesh;
  const store = new FactStore(postgres.database);
  const { told } = mesh;
  const settings = await postgres.database.withOrganization(organizationId, (tx) =>
    source.settings(tx, meshId),
  );
  for (const { id, name } of clusters) {
    const place = { id, name, network: 'net', locality: 'eu', labels: {} };
    const { key, release, fence, digest, objects, trials } = projectConfiguration(settings, place);
    if (told.get(id) === key) continue;
    told.set(id, key);
    const cluster = { organizationId, meshId, clusterId: id };
    const tried = [...trials].map(([object, intent]) => {
      const body = Facts.IntentStatus.encode({
        intentVersion: versionOf(intent),
        stored: State.STATE_YES,
        accepted: State.STATE_UNKNOWN,
        live: State.STATE_UNKNOWN,
        reason: '',
        message: '',
        corrections: 0,
        correctedManagers: [],
        objects: [],
      });
      return { name: `Trial/${object}`, version: versionOf(body), body };
    });
    if (tried.length > 0)
      await store.apply(cluster, 'IntentStatus', { resources: tried, removed: [] });
    if (!release) continue;
    const body = Facts.ReleaseStatus.encode({
      number: 1,
      fence: Number(fence),
      digest,
      objects: objects.size,
      stored: objects.size,
      pending: 0,
      refused: 0,
      absent: 0,
      accepted: 0,
      unaccepted: 0,
      problems: [],
      live: State.STATE_UNKNOWN,
      proxies: 0,
      proxiesLive: 0,
      liveMessage: '',
    });
    const fact = { name: 'release', version: versionOf(body), body };
    await store.apply(cluster, 'ReleaseStatus', { resources: [fact], removed: [] });
  }
}

async function eventsOf(
  mesh: Mesh,
): Promise<{ step: number; type: string; wave: number | null }[]> {
  return postgres.database.withOrganization(mesh.organizationId, (tx) =>
    tx.rolloutEvent.findMany({
      where: { rolloutId: mesh.rolloutId },
      orderBy: { step: 'asc' },
      select: { step: true, type: true, wave: true },
    }),
  );
}

async function completed(mesh: Mesh): Promise<void> {
  await eventually(
    'the rollout is completed',
    async () => {
      const rollout = await postgres.database.withOrganization(mesh.organizationId, (tx) =>
        tx.rollout.findUniqueOrThrow({ where: { id: mesh.rolloutId } }),
      );
      if (rollout.state !== 'COMPLETED')
        throw new Error(`${rollout.state} ${rollout.stage} ${rollout.wave} ${rollout.detail}`);
    },
    { deadlineMs: 300_000, everyMs: 500 },
  );
}

it('takes each step once, wherever the worker is killed', { timeout: 400_000 }, async () => {
  /** Meshes that were told something, and are answered for one by one. */
  const rung = new Set<string>();
  let answering = Promise.resolve();
  const report = (meshId: string): void => {
    rung.add(meshId);
    answering = answering.then(async () => {
      const mesh = meshes.get(meshId);
      if (rung.delete(meshId) && mesh) await answer(mesh);
    });
  };
  /** Where a run's worker is killed: after which of its steps. */
  const planned = new Map<string, number>();
  const dice = random(seed);
  let kills = 0;
  let dying = Promise.resolve();
  const kill = async (): Promise<void> => {
    // Between the commit of one step and that of the next, at some instruction or other.
    await sleep(dice() * 25);
    await worker.stop('SIGKILL');
    kills += 1;
    await worker.start();
  };
  listener = new pg.Client({ ...postgres.database.connection });
  await listener.connect();
  await listener.query('LISTEN isthmus_mesh');
  await listener.query('LISTEN step');
  listener.on('notification', ({ channel, payload = '' }) => {
    const [id = '', step = ''] = payload.split(' ');
    if (channel === 'isthmus_mesh') report(id);
    if (channel !== 'step' || planned.get(id) !== Number(step)) return;
    planned.delete(id);
    // One that falls while the worker is dying already kills its successor.
    dying = dying.then(kill);
  });

  const undisturbed = await startRun(0);
  await completed(undisturbed);
  const expected = await eventsOf(undisturbed);
  expect(expected.map(({ type }) => type)).toEqual([
    'STARTED',
    ...[0, 1, 2].flatMap(() => ['WAVE_STARTED', 'WAVE_STORED']),
    'COMPLETED',
  ]);

  for (let run = 1; run <= runs; run += 1) {
    const mesh = await startRun(run);
    planned.set(mesh.rolloutId, 1 + (run % expected.length));
  }
  // All at once: every worker that dies has several of them in its hands.
  await Promise.all([...meshes.values()].map(completed));
  await dying;
  expect(kills).toBe(runs);

  const told = await effects();
  for (const mesh of meshes.values()) {
    expect(await eventsOf(mesh)).toEqual(expected);
    for (const { id } of mesh.clusters) expect(told.get(id)).toBe(1);
  }
});
