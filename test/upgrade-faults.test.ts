import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Facts, IstioIntent } from '@isthmus/contracts';
import { FactStore } from '@isthmus/federation';
import { newId } from '@isthmus/kernel';
import { eventually, type Service } from '@isthmus/local';
import { freePort, startTestDatabase, type TestDatabase } from '@isthmus/platform';
import { ConfigurationSource, ReleaseContents } from '@isthmus/releases';
import { versionOf } from '@isthmus/sync';
import {
  KnowledgeSource,
  SimulatedCluster,
  UpgradePlanner,
  UpgradeService,
} from '@isthmus/upgrades';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { random, workerOn } from './faults.js';

// A real worker is killed with SIGKILL at every boundary between the steps of an upgrade, by a
// seeded schedule, and the queue is lost in the middle. The clusters are simulated: what their
// agents would report is stored by the hub's own FactStore as soon as they are told something.

/** On each backend. */
const runs = Number(process.env.ISTHMUS_FAULT_RUNS ?? 10);
const seed = 20_261_127;

interface Run {
  readonly organizationId: string;
  readonly meshId: string;
  readonly clusters: ReadonlyMap<string, SimulatedCluster>;
  readonly upgradeId: string;
}

class Trial {
  readonly meshes = new Map<string, Run>();
  kills = 0;
  private readonly dice = random(seed);
  private dying = Promise.resolve();
  private readonly rung = new Set<string>();
  private answering = Promise.resolve();
  private readonly upgrades: UpgradeService;

  private constructor(
    readonly postgres: TestDatabase,
    readonly worker: Service,
    private readonly listener: pg.Client,
    private readonly redis: ChildProcess | undefined,
    private readonly folder: string,
  ) {
    const configuration = new ConfigurationSource(new ReleaseContents());
    const planner = new UpgradePlanner(configuration, new KnowledgeSource());
    this.upgrades = new UpgradeService(postgres.database, planner);
  }

  static async start(withRedis: boolean): Promise<Trial> {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-faults-'));
    const postgres = await startTestDatabase();
    const redisPort = await freePort();
    const redis = withRedis
      ? spawn('redis-server', ['--port', String(redisPort), '--save', ''], { stdio: 'ignore' })
      : undefined;
    if (redis) await once(redis, 'spawn');
    const worker = await workerOn(postgres, folder, {
      ISTHMUS_JOB_LOCK_MS: '1000',
      REDIS_URL: redis ? `redis://127.0.0.1:${redisPort}` : '',
    });
    const listener = new pg.Client({ ...postgres.database.connection });
    await listener.connect();
    const trial = new Trial(postgres, worker, listener, redis, folder);
    await trial.owner(`
      CREATE TABLE effect (cluster_id text, fence bigint);
      GRANT INSERT ON effect TO isthmus_service;
      ALTER TABLE effect ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE POLICY all_of_it ON effect USING (true);
      CREATE FUNCTION count_effect() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO effect VALUES (NEW.cluster_id, NEW.fence); RETURN NEW; END $$;
      CREATE TRIGGER effects AFTER INSERT OR UPDATE OF fence ON cluster_istio
        FOR EACH ROW EXECUTE FUNCTION count_effect();
      CREATE FUNCTION tell_step() RETURNS trigger LANGUAGE plpgsql AS $$
        -- Postgres tells equal payloads of one transaction once.
        BEGIN PERFORM pg_notify('step', NEW.upgrade_id || ' ' || NEW.id); RETURN NEW; END $$;
      CREATE TRIGGER steps AFTER INSERT ON upgrade_event
        FOR EACH ROW EXECUTE FUNCTION tell_step();`);
    await worker.start();
    await listener.query('LISTEN isthmus_mesh');
    await listener.query('LISTEN step');
    return trial;
  }

  async stop(): Promise<void> {
    await this.dying;
    await this.worker.stop();
    await this.answering;
    await this.listener.end();
    this.redis?.kill('SIGKILL');
    await this.postgres.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async owner(sql: string): Promise<pg.QueryResult> {
    const owner = new pg.Client({ connectionString: this.postgres.server.ownerUrl });
    await owner.connect();
    try {
      return await owner.query(sql);
    } finally {
      await owner.end();
    }
  }

  /** Whatever waits in the queue is gone. */
  async loseQueue(): Promise<void> {
    if (this.redis) {
      const port = this.redis.spawnargs.at(-3) ?? '';
      await once(spawn('redis-cli', ['-p', port, 'FLUSHALL'], { stdio: 'ignore' }), 'exit');
      return;
    }
    const { rows } = await this.owner(
      `SELECT tablename FROM pg_tables WHERE schemaname = 'bullmq' AND tablename NOT LIKE '%migration%'`,
    );
    await this.owner(`TRUNCATE ${rows.map(({ tablename }) => `bullmq."${tablename}"`).join(', ')}`);
  }

  /** @param planned after how many of its events the worker of an upgrade is killed, by the upgrade's id. */
  listen(planned: Map<string, number>): void {
    const counted = new Map<string, number>();
    this.listener.on('notification', ({ channel, payload = '' }) => {
      const [id = ''] = payload.split(' ');
      if (channel === 'isthmus_mesh') this.report(id);
      if (channel !== 'step') return;
      const count = (counted.get(id) ?? 0) + 1;
      counted.set(id, count);
      if (planned.get(id) !== count) return;
      planned.delete(id);
      // One that falls while the worker is dying already kills its successor.
      this.dying = this.dying.then(() => this.kill());
    });
  }

  private async kill(): Promise<void> {
    // Between the commit of one step and that of the next, at some instruction or other.
    await sleep(this.dice() * 25);
    await this.worker.stop('SIGKILL');
    this.kills += 1;
    await this.worker.start();
    if (this.kills === Math.floor(runs / 2)) await this.loseQueue();
  }

  private report(meshId: string): void {
    this.rung.add(meshId);
    this.answering = this.answering.then(async () => {
      const run = this.meshes.get(meshId);
      if (this.rung.delete(meshId) && run) await this.answer(run);
    });
  }

  /** What the agents of a mesh report once they have done what they were told. */
  private async answer({ organizationId, meshId, clusters }: Run): Promise<void> {
    const rows = await this.postgres.database.withOrganization(organizationId, (tx) =>
      tx.clusterIstio.findMany({ where: { meshId } }),
    );
    for (const { clusterId, body } of rows) {
      const cluster = clusters.get(clusterId);
      if (cluster?.obey(IstioIntent.decode(body)))
        await this.tell({ organizationId, meshId }, clusterId, cluster);
    }
  }

  async tell(
    of: { readonly organizationId: string; readonly meshId: string },
    clusterId: string,
    cluster: SimulatedCluster,
  ): Promise<void> {
    const store = new FactStore(this.postgres.database);
    const facts = [
      ['Readiness', 'readiness', Facts.Readiness.encode(cluster.readiness())],
      ['Istio', 'istio', Facts.Istio.encode(cluster.fact())],
    ] as const;
    for (const [type, name, body] of facts) {
      const resources = [{ name, version: versionOf(body), body }];
      await store.apply({ ...of, clusterId }, type, { resources, removed: [] });
    }
  }

  /** A tenant with a mesh of two clusters, and an upgrade of them on its way. */
  async run(index: number): Promise<Run> {
    const [organizationId, meshId] = [newId('organization'), newId('mesh')];
    const { database } = this.postgres;
    const clusters = new Map([1, 2].map(() => [newId('cluster'), new SimulatedCluster()] as const));
    await database.withOrganization(organizationId, async (tx) => {
      const mesh = { id: meshId, organizationId, name: `mesh-${index}` };
      await tx.mesh.create({ data: { ...mesh, trustDomain: 'cluster.local' } });
      await tx.meshClock.create({ data: { meshId, organizationId } });
      const now = new Date(Date.now() + 3_600_000);
      for (const [place, id] of [...clusters.keys()].entries()) {
        const contact = { connectedAt: now, lastContactAt: now };
        const where = { network: 'net', locality: 'eu', name: `c${place}` };
        await tx.cluster.create({ data: { id, organizationId, meshId, ...where, ...contact } });
      }
    });
    for (const [id, cluster] of clusters) await this.tell({ organizationId, meshId }, id, cluster);
    const { id: upgradeId } = await this.upgrades.plan(actorOf(organizationId), {
      meshId,
      toVersion: '1.31.0',
      policy: {
        waves: [{ each: 'CLUSTER' }],
        canaryNamespaces: ['web'],
        soakSeconds: 0,
        timeoutSeconds: 3_600,
        graceSeconds: 0,
        maxRestarting: 1,
      },
    });
    const run: Run = { organizationId, meshId, clusters, upgradeId };
    this.meshes.set(meshId, run);
    return run;
  }

  async begin({ organizationId, upgradeId }: Run): Promise<void> {
    await this.upgrades.start(actorOf(organizationId), upgradeId);
  }

  async completed(runs: readonly Run[]): Promise<void> {
    const ids = runs.map(({ upgradeId }) => `'${upgradeId}'`).join(', ');
    await eventually(
      'the upgrades are completed',
      async () => {
        const { rows } = await this.owner(
          `SELECT u.state, u.wave, u.detail, c.stage, c.detail AS waits
             FROM upgrade u JOIN upgrade_cluster c ON c.upgrade_id = u.id
            WHERE u.id IN (${ids}) AND u.state <> 'COMPLETED'`,
        );
        if (rows.length > 0)
          throw new Error(`${rows.length / 2} are not, such as ${JSON.stringify(rows[0])}`);
      },
      { deadlineMs: 500_000, everyMs: 1_000 },
    );
  }

  /** What happened, in the upgrade as a whole and in each of its clusters by name. */
  async events({ organizationId, upgradeId, clusters }: Run): Promise<Record<string, string>> {
    const rows = await this.postgres.database.withOrganization(organizationId, (tx) =>
      tx.upgradeEvent.findMany({ where: { upgradeId }, orderBy: { step: 'asc' } }),
    );
    const names = new Map([...clusters.keys()].map((id, place) => [id, `c${place}`]));
    const told: Record<string, string[]> = {};
    for (const { clusterId, type } of rows) {
      const name = clusterId === null ? 'upgrade' : (names.get(clusterId) ?? clusterId);
      told[name] = [...(told[name] ?? []), type];
    }
    return Object.fromEntries(Object.entries(told).map(([name, types]) => [name, types.join(' ')]));
  }
}

function actorOf(organizationId: string) {
  return { organizationId, kind: 'user', id: 'user', role: 'owner' } as const;
}

describe.each([false, true])('with the queue on Redis: %s', (withRedis) => {
  it('takes each step once, wherever the worker is killed', { timeout: 600_000 }, async () => {
    const trial = await Trial.start(withRedis);
    try {
      const planned = new Map<string, number>();
      trial.listen(planned);
      const undisturbed = await trial.run(0);
      await trial.begin(undisturbed);
      await trial.completed([undisturbed]);
      const expected = await trial.events(undisturbed);
      const stages =
        'PREFLIGHT INSTALLING CANARY SOAKING WORKLOADS GATEWAYS DEFAULT_TAG DRAINING GRACE REMOVING DONE';
      expect(expected).toEqual({
        upgrade: 'STARTED WAVE_STARTED WAVE_STARTED COMPLETED',
        c0: stages,
        c1: stages,
      });
      const steps = Object.values(expected).join(' ').split(' ').length;

      const all: Run[] = [];
      for (let index = 1; index <= runs; index += 1) {
        const run = await trial.run(index);
        planned.set(run.upgradeId, 1 + (index % steps));
        all.push(run);
      }
      for (const run of all) await trial.begin(run);
      // All at once: every worker that dies has several of them in its hands.
      await trial.completed(all);
      await eventually('every kill has been', () => expect(trial.kills).toBe(runs));

      const { rows } = await trial.owner('SELECT cluster_id, count(*)::int FROM effect GROUP BY 1');
      const told = new Map(rows.map(({ cluster_id, count }) => [cluster_id, count]));
      const [first = ''] = undisturbed.clusters.keys();
      expect(told.get(first)).toBe(8);
      for (const run of all) {
        expect(await trial.events(run)).toEqual(expected);
        for (const id of run.clusters.keys()) expect(told.get(id)).toBe(told.get(first));
      }
    } finally {
      await trial.stop();
    }
  });
});
