import { InjectLogger, type Logger, WorkerMetrics } from '@isthmus/platform';
import { UpgradeDriver } from '@isthmus/upgrades';
import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import { DelayedError, type Job } from 'bullmq';
import { recoveryOf } from './recovery.js';
import {
  lookAgainMs,
  UpgradeFlows,
  type UpgradeJob,
  type UpgradeJobName,
  upgradeQueue,
} from './upgrade-flows.js';

/** As `@Processor`, once the configuration is known. @param lockMs as ISTHMUS_JOB_LOCK_MS. */
export function registerUpgradeProcessor(lockMs: number): typeof UpgradeProcessor {
  // Clusters of a flow are looked at together, so many at a time cost little more than one.
  Processor(upgradeQueue, { concurrency: 64, ...recoveryOf(lockMs) })(UpgradeProcessor);
  return UpgradeProcessor;
}

/** Drives clusters through their upgrades. A job that waits gives its place to another one. */
export class UpgradeProcessor extends WorkerHost {
  constructor(
    @Inject(UpgradeDriver) private readonly driver: UpgradeDriver,
    @Inject(UpgradeFlows) private readonly flows: UpgradeFlows,
    @InjectLogger() private readonly logger: Logger,
    @Inject(WorkerMetrics) private readonly metrics: WorkerMetrics,
  ) {
    super();
  }

  async process(job: Job<UpgradeJob, void, UpgradeJobName>, token?: string): Promise<void> {
    await this.metrics.run(
      { queue: upgradeQueue, task: job.name },
      () => this.look(job, token),
      (error) => error instanceof DelayedError,
    );
  }

  private async look(job: Job<UpgradeJob, void, UpgradeJobName>, token?: string): Promise<void> {
    const { organizationId, meshId, upgradeId, clusterId, key } = job.data;
    if (clusterId === undefined) {
      const flow = await this.driver.advance(organizationId, meshId);
      if (flow) await this.flows.ensure({ organizationId, meshId }, flow);
      return;
    }
    const look = await this.driver.advanceCluster(organizationId, upgradeId, clusterId, key);
    if (look.isThrough) return;
    const soon = Date.now() + lookAgainMs;
    await job.moveToDelayed(Math.min(look.again?.getTime() ?? soon, soon), token);
    throw new DelayedError();
  }

  @OnWorkerEvent('failed')
  failed(job: Job<UpgradeJob> | undefined, error: Error): void {
    const { upgradeId, clusterId } = job?.data ?? {};
    this.logger.warn({ error, job: job?.name, upgradeId, clusterId }, 'job failed');
  }

  @OnWorkerEvent('error')
  broken(error: Error): void {
    this.logger.warn({ error }, 'the queue is out of reach');
  }
}
