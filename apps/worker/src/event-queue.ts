import { EventObserver, EventService } from '@isthmus/events';
import { Database, Doorbell, InjectLogger, type Logger, WorkerMetrics } from '@isthmus/platform';
import { IdempotencyKeys } from '@isthmus/tenancy';
import { InjectQueue, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Job, JobsOptions, Queue } from 'bullmq';
import { recoveryOf } from './recovery.js';
import { gatherRings, readMeshes } from './rung-meshes.js';

/** The queue of what is to be told, apart from what is to be done: neither waits for the other. */
export const eventQueue = 'events';

/** `observe` finds out what happened in a mesh, `sweep` forgets what of an organization is old. */
type EventJobName = 'observe' | 'sweep';

interface EventJob {
  readonly organizationId: string;
  /** Of `observe`. */
  readonly meshId?: string;
}

/** However often a mesh's bell rings, it is looked at no more often. */
const floorMs = 1_000;
/** For what no bell tells, such as that nothing was heard of a cluster. */
const refillMs = 30_000;
const sweepMs = 3_600_000;

const options: JobsOptions = {
  // What fails is done at the next look.
  attempts: 1,
  removeOnComplete: true,
  removeOnFail: { count: 1000 },
};

/** Has meshes looked at as their bells ring, and all of them at intervals. */
@Injectable()
export class EventQueue implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly timers: NodeJS.Timeout[] = [];
  private unwatch: (() => void) | undefined;

  constructor(
    @InjectQueue(eventQueue) private readonly queue: Queue<EventJob, void, EventJobName>,
    @Inject(Database) private readonly database: Database,
    @Inject(Doorbell) private readonly doorbell: Doorbell,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.queue.on('error', (error) => this.logger.warn({ error }, 'the queue is out of reach'));
    this.unwatch = gatherRings(this.doorbell, floorMs, (meshIds) => void this.fill(meshIds));
    this.timers.push(
      setInterval(() => void this.fill(), refillMs),
      setInterval(() => void this.sweep(), sweepMs),
    );
  }

  onModuleDestroy(): void {
    this.unwatch?.();
    for (const timer of this.timers) clearInterval(timer);
  }

  /** At a time when nothing may ring. */
  async lookLater(job: EventJob, at: Date): Promise<void> {
    const delay = Math.max(0, at.getTime() - Date.now());
    const deduplication = { id: `later-${job.meshId}-${Math.ceil(at.getTime() / 1000)}` };
    await this.queue.add('observe', job, { ...options, delay, deduplication });
  }

  private fill(meshIds?: readonly string[]): Promise<void> {
    return this.add('observe', () => readMeshes(this.database, meshIds));
  }

  /** Organizations are those that have a mesh, or a webhook. */
  private sweep(): Promise<void> {
    return this.add(
      'sweep',
      () => this.database.untenanted.$queryRaw<EventJob[]>`
        SELECT organization_id AS "organizationId" FROM mesh_clock
        UNION SELECT organization_id FROM delivery_clock`,
    );
  }

  private async add(name: EventJobName, find: () => Promise<EventJob[]>): Promise<void> {
    try {
      const jobs = (await find()).map((data) => {
        const id = `${name}-${data.meshId ?? data.organizationId}`;
        // One waits at most: what is queued already will see the newest state.
        return { name, data, opts: { ...options, deduplication: { id, keepLastIfActive: true } } };
      });
      await this.queue.addBulk(jobs);
    } catch (error) {
      this.logger.warn({ error, name }, 'could not fill the queue; trying again');
    }
  }
}

/** As `@Processor`, once the configuration is known. @param lockMs as ISTHMUS_JOB_LOCK_MS. */
export function registerEventProcessor(lockMs: number): typeof EventProcessor {
  Processor(eventQueue, { concurrency: 2, ...recoveryOf(lockMs) })(EventProcessor);
  return EventProcessor;
}

export class EventProcessor extends WorkerHost {
  constructor(
    @Inject(EventObserver) private readonly observer: EventObserver,
    @Inject(EventService) private readonly events: EventService,
    @Inject(IdempotencyKeys) private readonly keys: IdempotencyKeys,
    @Inject(EventQueue) private readonly queue: EventQueue,
    @InjectLogger() private readonly logger: Logger,
    @Inject(WorkerMetrics) private readonly metrics: WorkerMetrics,
  ) {
    super();
  }

  async process({ name, data }: Job<EventJob, void, EventJobName>): Promise<void> {
    await this.metrics.run({ queue: eventQueue, task: name }, async () => {
      const { organizationId, meshId } = data;
      if (meshId === undefined) {
        await this.keys.sweep(organizationId);
        await this.events.sweep(organizationId);
        return;
      }
      const { again } = await this.observer.observe(organizationId, meshId);
      if (again) await this.queue.lookLater(data, again);
    });
  }

  @OnWorkerEvent('failed')
  failed(job: Job<EventJob> | undefined, error: Error): void {
    this.logger.warn({ error, job: job?.name, ...job?.data }, 'job failed');
  }

  @OnWorkerEvent('error')
  broken(error: Error): void {
    this.logger.warn({ error }, 'the queue is out of reach');
  }
}
