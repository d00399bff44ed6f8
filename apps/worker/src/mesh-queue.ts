import { Database, Doorbell, InjectLogger, type Logger, WorkerMetrics } from '@isthmus/platform';
import { InjectQueue } from '@nestjs/bullmq';
import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { type JobsOptions, Queue } from 'bullmq';
import { gatherRings, type MeshOf, readMeshes } from './rung-meshes.js';

/** The queue of work on meshes. */
export const meshQueue = 'mesh';

/** What a job says: whose mesh. Everything else is read from Postgres when it runs. */
export type MeshJob = MeshOf;

/**
 * `trust` signs, `rollout` and `upgrade` take those on, `channels` plans upgrades, `agents` has agents
 * upgrade themselves, `drift` adopts, `sweep` clears away.
 */
export type MeshJobName =
  | 'trust'
  | 'rollout'
  | 'upgrade'
  | 'channels'
  | 'agents'
  | 'drift'
  | 'sweep';

/** What there may be to do whenever a mesh has changed. */
const onChange: readonly MeshJobName[] = ['trust', 'rollout', 'upgrade', 'drift'];

const jobOptions: JobsOptions = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
  removeOnComplete: { count: 100 },
  removeOnFail: { count: 1000 },
};

const coalesceMs = 100;
const refillMs = 10_000;
const sweepMs = 3_600_000;

/**
 * Fills the queue: with a mesh as its doorbell rings, and with every mesh at intervals,
 * so that a job that was lost, or the whole queue, comes back by itself.
 */
@Injectable()
export class MeshQueue implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly timers: NodeJS.Timeout[] = [];
  private unwatch: (() => void) | undefined;
  /** How many there were when all were last looked at. */
  private meshes: number | undefined;

  constructor(
    @InjectQueue(meshQueue) private readonly queue: Queue<MeshJob, void, MeshJobName>,
    @Inject(Database) private readonly database: Database,
    @Inject(Doorbell) private readonly doorbell: Doorbell,
    @InjectLogger() private readonly logger: Logger,
    @Inject(WorkerMetrics) private readonly metrics: WorkerMetrics,
  ) {
    metrics.meshes.readFrom(() => this.meshes);
  }

  async onApplicationBootstrap(): Promise<void> {
    this.queue.on('error', (error) => this.logger.warn({ error }, 'the queue is out of reach'));
    this.unwatch = gatherRings(this.doorbell, coalesceMs, (meshIds) => {
      void this.fill(onChange, meshIds);
    });
    await this.doorbell.start();
    this.timers.push(
      setInterval(() => void this.fill([...onChange, 'channels', 'agents']), refillMs),
      setInterval(() => void this.fill(['sweep']), sweepMs),
    );
  }

  onModuleDestroy(): void {
    this.unwatch?.();
    for (const timer of this.timers) clearInterval(timer);
  }

  /** Resolves when the queue takes jobs. */
  async ready(): Promise<void> {
    await this.queue.waitUntilReady();
  }

  /** Looks at a mesh's rollouts or upgrades at a time when nothing may ring. */
  async lookLater(name: 'rollout' | 'upgrade', data: MeshJob, at: Date): Promise<void> {
    const delay = Math.max(0, at.getTime() - Date.now());
    const second = Math.ceil(at.getTime() / 1000);
    const deduplication = { id: `${name}-${data.meshId}-${second}` };
    await this.queue.add(name, data, { ...jobOptions, delay, deduplication });
  }

  private async fill(names: readonly MeshJobName[], meshIds?: readonly string[]): Promise<void> {
    try {
      const meshes = await readMeshes(this.database, meshIds);
      const jobs = meshes.flatMap((data) =>
        names.map((name) => ({
          name,
          data,
          // One waits at most: what is queued already will see the newest state.
          opts: {
            ...jobOptions,
            deduplication: { id: `${name}-${data.meshId}`, keepLastIfActive: true },
          },
        })),
      );
      await this.queue.addBulk(jobs);
      if (!meshIds) this.meshes = meshes.length;
      this.metrics.fills.inc({ outcome: 'done' });
    } catch (error) {
      this.metrics.fills.inc({ outcome: 'failed' });
      this.logger.warn({ error, names }, 'could not fill the queue; trying again');
    }
  }
}
