import { type Turn, WebhookDeliverer } from '@isthmus/events';
import { InjectLogger, type Logger, WorkerMetrics } from '@isthmus/platform';
import { InjectQueue, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Job, Queue } from 'bullmq';
import { recoveryOf } from './recovery.js';

/** The queue of webhooks that have something to be told: a job is one webhook's turn. */
export const webhookQueue = 'webhooks';

const lookMs = 1_000;
/** Of one look: the rest is there at the next. */
const mostAtOnce = 200;

/** Gives each webhook its turn when its clock says so. */
@Injectable()
export class WebhookQueue implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private isLooking = false;

  constructor(
    @InjectQueue(webhookQueue) private readonly queue: Queue<Turn>,
    @Inject(WebhookDeliverer) private readonly deliverer: WebhookDeliverer,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.queue.on('error', (error) => this.logger.warn({ error }, 'the queue is out of reach'));
    this.timer = setInterval(() => void this.fill(), lookMs);
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private async fill(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      const due = await this.deliverer.due(mostAtOnce);
      const jobs = due.map((turn) => ({
        name: 'deliver',
        data: turn,
        opts: {
          // What it does is on record: what fails is looked at again in a second.
          attempts: 1,
          removeOnComplete: true,
          removeOnFail: true,
          deduplication: { id: `deliver-${turn.webhookId}` },
        },
      }));
      if (jobs.length > 0) await this.queue.addBulk(jobs);
    } catch (error) {
      this.logger.warn({ error }, 'could not look for deliveries; trying again');
    } finally {
      this.isLooking = false;
    }
  }
}

/** As `@Processor`, once the configuration is known. @param lockMs as ISTHMUS_JOB_LOCK_MS. */
export function registerWebhookProcessor(lockMs: number): typeof WebhookProcessor {
  // It waits for receivers, mostly.
  Processor(webhookQueue, { concurrency: 32, ...recoveryOf(lockMs) })(WebhookProcessor);
  return WebhookProcessor;
}

export class WebhookProcessor extends WorkerHost {
  constructor(
    @Inject(WebhookDeliverer) private readonly deliverer: WebhookDeliverer,
    @InjectLogger() private readonly logger: Logger,
    @Inject(WorkerMetrics) private readonly metrics: WorkerMetrics,
  ) {
    super();
  }

  async process({ name, data }: Job<Turn>): Promise<void> {
    await this.metrics.run({ queue: webhookQueue, task: name }, () => this.deliverer.deliver(data));
  }

  @OnWorkerEvent('failed')
  failed(job: Job<Turn> | undefined, error: Error): void {
    this.logger.warn({ error, webhookId: job?.data.webhookId }, 'deliveries failed');
  }

  @OnWorkerEvent('error')
  broken(error: Error): void {
    this.logger.warn({ error }, 'the queue is out of reach');
  }
}
