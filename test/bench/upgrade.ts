/**
 * B8: 10,000 steps of upgrades, each a durable transaction, by a real worker; beside it as many jobs of
 * BullMQ that do nothing, on the same backend. The clusters are simulated: what their agents would
 * report is stored in this process. And a plan for 1,000 clusters.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Facts, IstioIntent } from '@isthmus/contracts';
import { newId } from '@isthmus/kernel';
import { eventually } from '@isthmus/local';
import {
  advanceMesh,
  queueConnection,
  startTestDatabase,
  type TestDatabase,
} from '@isthmus/platform';
import {
  BundleCompiler,
  ConfigurationSource,
  ReleaseContents,
  ReleaseService,
} from '@isthmus/releases';
import { versionOf } from '@isthmus/sync';
import {
  KnowledgeSource,
  SimulatedCluster,
  UpgradePlanner,
  UpgradeService,
} from '@isthmus/upgrades';
import { Queue, Worker } from 'bullmq';
import pg from 'pg';
import { workerOn } from '../faults.js';

export interface UpgradeReport {
  readonly benchmark: 'B8 upgrade';
  readonly backend: 'postgres' | 'redis';
  readonly runs: readonly UpgradeRun[];
  /** Milliseconds to plan an upgrade of 1,000 clusters that share 200 objects, and store the plan. */
  readonly planMs: readonly number[];
}

export interface UpgradeRun {
  readonly steps: number;
  readonly stepsPerSecond: number;
  /** Jobs of raw BullMQ, with the same concurrency. */
  readonly jobsPerSecond: number;
  readonly ratio: number;
  /** Intents that were told more often than the stages of their cluster say. */
  readonly duplicates: number;
}

/** As the worker's. */
const concurrency = 8;
const stepsOfCluster = 11;
const toldOfCluster = 8;
const deadline = { deadlineMs: 900_000, everyMs: 200 };

interface Options {
  readonly steps?: number;
  readonly runs?: number;
  log?(line: string): void;
}

export async function runUpgrades(options: Options = {}): Promise<UpgradeReport> {
  const { steps = 10_000, runs = 3, log = () => {} } = options;
  const done: UpgradeRun[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const postgres = await startTestDatabase();
    try {
      const jobsPerSecond = await rawJobs(postgres, steps);
      const { took, stepsDone, duplicates } = await upgrades(postgres, steps);
      const stepsPerSecond = Math.round(stepsDone / took);
      const ratio = Math.round((stepsPerSecond / jobsPerSecond) * 100) / 100;
      done.push({ steps: stepsDone, stepsPerSecond, jobsPerSecond, ratio, duplicates });
      log(
        `run ${run}: ${stepsDone} steps at ${stepsPerSecond}/s, raw BullMQ ${jobsPerSecond} jobs/s (${ratio} x), ${duplicates} duplicates`,
      );
    } finally {
      await postgres.stop();
    }
  }
  const planMs = await plans(log);
  const backend = process.env.REDIS_URL ? 'redis' : 'postgres';
  return { benchmark: 'B8 upgrade', backend, runs: done, planMs };
}

async function rawJobs({ databaseUrl }: TestDatabase, count: number): Promise<number> {
  const connection = queueConnection(databaseUrl, process.env.REDIS_URL);
  const queue = new Queue('raw', connection);
  await queue.waitUntilReady();
  const started = performance.now();
  for (let at = 0; at < count; at += 500) {
    const jobs = Array.from({ length: Math.min(500, count - at) }, (_, index) => ({
      name: 'job',
      data: { at: at + index },
      opts: { removeOnComplete: true },
    }));
    await queue.addBulk(jobs);
  }
  let left = count;
  const isDone = Promise.withResolvers<void>();
  const worker = new Worker(
    'raw',
    async () => {
      left -= 1;
      if (left === 0) isDone.resolve();
    },
    { ...connection, concurrency },
  );
  await isDone.promise;
  const took = (performance.now() - started) / 1000;
  await worker.close();
  await queue.close();
  return Math.round(count / took);
}

async function upgrades(
  postgres: TestDatabase,
  steps: number,
): Promise<{ took: number; stepsDone: number; duplicates: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-bench-'));
  const { REDIS_URL } = process.env;
  const worker = await workerOn(postgres, folder, REDIS_URL ? { REDIS_URL } : {});
  const fleet = await Fleet.create(postgres, Math.ceil(steps / stepsOfCluster));
  const listener = await fleet.answerAll();
  await worker.start();
  try {
    await fleet.start();
    await eventually('the upgrade is completed', () => fleet.assertCompleted(), deadline);
    return await fleet.result();
  } finally {
    await worker.stop();
    await listener.end();
    await fleet.rested();
    await rm(folder, { recursive: true, force: true });
  }
}

interface News {
  readonly id: string;
  readonly cluster: SimulatedCluster;
  /** Whether it was asked for its readiness. */
  readonly isAsked: boolean;
}

interface Fact {
  readonly id: string;
  readonly type: string;
  readonly version: string;
  /** Base64. */
  readonly body: string;
}

function factOf(id: string, type: string, body: Uint8Array): Fact {
  return { id, type, version: versionOf(body), body: Buffer.from(body).toString('base64') };
}

class Fleet {
  private readonly organizationId = newId('organization');
  private readonly meshId = newId('mesh');
  private readonly clusters = new Map<string, SimulatedCluster>();
  private readonly upgrades: UpgradeService;
  private upgradeId = '';
  private answering = Promise.resolve();
  private isRung = false;
  private answered = 0n;

  private constructor(private readonly postgres: TestDatabase) {
    const configuration = new ConfigurationSource(new ReleaseContents());
    const planner = new UpgradePlanner(configuration, new KnowledgeSource());
    this.upgrades = new UpgradeService(postgres.database, planner);
  }

  static async create(postgres: TestDatabase, size: number): Promise<Fleet> {
    const fleet = new Fleet(postgres);
    const { organizationId, meshId } = fleet;
    for (let index = 0; index < size; index += 1)
      fleet.clusters.set(newId('cluster'), new SimulatedCluster());
    const contact = new Date(Date.now() + 24 * 3_600_000);
    await postgres.database.withOrganization(organizationId, async (tx) => {
      const mesh = { id: meshId, organizationId, name: 'fleet', trustDomain: 'cluster.local' };
      await tx.mesh.create({ data: mesh });
      await tx.meshClock.create({ data: { meshId, organizationId } });
      await tx.upgradeSettings.create({ data: { meshId, organizationId, maxInFlight: 1_000 } });
      await tx.cluster.createMany({
        data: [...fleet.clusters.keys()].map((id, index) => ({
          ...{ id, organizationId, meshId, name: `c${index}`, network: 'net', locality: 'eu' },
          ...{ connectedAt: contact, lastContactAt: contact },
        })),
      });
    });
    await fleet.tell([...fleet.clusters].map(([id, cluster]) => ({ id, cluster, isAsked: true })));
    return fleet;
  }

  get actor() {
    return {
      organizationId: this.organizationId,
      kind: 'user',
      id: 'user',
      role: 'owner',
    } as const;
  }

  async plan(): Promise<string> {
    const { id } = await this.upgrades.plan(this.actor, {
      meshId: this.meshId,
      toVersion: '1.31.0',
      policy: {
        waves: [{ percent: 100 }],
        canaryNamespaces: ['web'],
        soakSeconds: 0,
        timeoutSeconds: 3_600,
        graceSeconds: 0,
        maxRestarting: 1,
      },
    });
    return id;
  }

  async start(): Promise<void> {
    this.upgradeId = await this.plan();
    await this.upgrades.start(this.actor, this.upgradeId);
  }

  async release(objects: number): Promise<void> {
    const documents = Array.from(
      { length: objects },
      (_, index) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: rule-${index}, namespace: shop}
spec: {host: service-${index}.shop.svc.cluster.local, trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}}
`,
    );
    const releases = new ReleaseService(this.postgres.database, new BundleCompiler());
    const { release } = await releases.create(this.actor, {
      meshId: this.meshId,
      files: [{ path: 'shop.yaml', content: documents.join('---') }],
      message: 'rules',
    });
    await this.postgres.database.withOrganization(this.organizationId, (tx) =>
      tx.meshConfiguration.update({
        where: { meshId: this.meshId },
        data: { currentReleaseId: release.id },
      }),
    );
  }

  /** Has agents do what they are told as they are told it. */
  async answerAll(): Promise<pg.Client> {
    const listener = new pg.Client({ ...this.postgres.database.connection });
    await listener.connect();
    await listener.query('LISTEN isthmus_mesh');
    listener.on('notification', () => {
      if (this.isRung) return;
      this.isRung = true;
      this.answering = this.answering.then(() => this.answer());
    });
    return listener;
  }

  /** When nothing is being answered any more. */
  rested(): Promise<void> {
    return this.answering;
  }

  private async answer(): Promise<void> {
    this.isRung = false;
    const rows = await this.postgres.database.withOrganization(this.organizationId, (tx) =>
      tx.clusterIstio.findMany({
        where: { meshId: this.meshId, fence: { gte: this.answered } },
        orderBy: { fence: 'asc' },
      }),
    );
    this.answered = rows.at(-1)?.fence ?? this.answered;
    const news: News[] = [];
    for (const { clusterId: id, body } of rows) {
      const cluster = this.clusters.get(id);
      const intent = IstioIntent.decode(body);
      if (cluster?.obey(intent))
        news.push({ id, cluster, isAsked: intent.readinessRequest !== '' });
    }
    await this.tell(news);
  }

  /** What hubs would store of it, all in one go: they are not what is measured. */
  private async tell(news: readonly News[]): Promise<void> {
    if (news.length === 0) return;
    const { organizationId, meshId } = this;
    const facts = news.flatMap(({ id, cluster, isAsked }) => [
      ...(isAsked ? [factOf(id, 'Readiness', Facts.Readiness.encode(cluster.readiness()))] : []),
      factOf(id, 'Istio', Facts.Istio.encode(cluster.fact())),
    ]);
    const column = (of: (fact: Fact) => string): string[] => facts.map(of);
    await this.postgres.database.withOrganization(organizationId, async (tx) => {
      const revision = await advanceMesh(tx, meshId, 'facts');
      await tx.$executeRaw`
        INSERT INTO fact (cluster_id, type, name, organization_id, mesh_id, version, body, revision, since)
        SELECT new.id, new.type, lower(new.type), ${organizationId}, ${meshId}, new.version,
               decode(new.body, 'base64'), ${revision}, ${revision}
          FROM unnest(${column((fact) => fact.id)}::text[], ${column((fact) => fact.type)}::text[],
                      ${column((fact) => fact.version)}::text[], ${column((fact) => fact.body)}::text[])
               AS new (id, type, version, body)
        ON CONFLICT (cluster_id, type, name) DO UPDATE
           SET version = excluded.version, body = excluded.body, revision = excluded.revision,
               updated_at = now()`;
    });
  }

  async assertCompleted(): Promise<void> {
    const { state, detail } = await this.upgrades.get(this.actor, this.upgradeId);
    if (state !== 'COMPLETED') throw new Error(`${state} ${detail}`);
  }

  async result(): Promise<{ took: number; stepsDone: number; duplicates: number }> {
    const { startedAt, finishedAt } = await this.upgrades.get(this.actor, this.upgradeId);
    const stepsDone = await this.postgres.database.withOrganization(this.organizationId, (tx) =>
      tx.upgradeEvent.count({ where: { upgradeId: this.upgradeId } }),
    );
    const took = ((finishedAt?.getTime() ?? 0) - (startedAt?.getTime() ?? 0)) / 1000;
    let duplicates = 0;
    for (const { acted } of this.clusters.values())
      duplicates += Math.max(0, acted.length - toldOfCluster);
    return { took, stepsDone, duplicates };
  }
}

async function plans(log: (line: string) => void): Promise<number[]> {
  const postgres = await startTestDatabase();
  try {
    const fleet = await Fleet.create(postgres, 1_000);
    await fleet.release(200);
    const times: number[] = [];
    for (let run = 0; run < 5; run += 1) {
      const started = performance.now();
      await fleet.plan();
      times.push(Math.round(performance.now() - started));
    }
    log(`a plan for 1,000 clusters: ${times.join(', ')} ms (goal: below 5,000)`);
    return times;
  } finally {
    await postgres.stop();
  }
}
