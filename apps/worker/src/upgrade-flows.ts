import type { Flow } from '@isthmus/upgrades';
import { InjectFlowProducer, InjectQueue } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import type { FlowProducer, JobsOptions, Queue } from 'bullmq';
import type { MeshJob } from './mesh-queue.js';

/** The queue of work on clusters that are being upgraded. */
export const upgradeQueue = 'upgrades';

/** One cluster of a flow, or the wave that comes to its end with the last of them. */
export interface UpgradeJob extends MeshJob {
  readonly upgradeId: string;
  readonly key: string;
  /** Of a `cluster` job. */
  readonly clusterId?: string;
}

export type UpgradeJobName = 'wave' | 'cluster';

const options: JobsOptions = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
  // What is over may come again under the same id.
  removeOnComplete: true,
  removeOnFail: true,
};

const mostAtOnce = 16;

/**
 * A wave is a BullMQ flow: a job for each of its clusters, and one that runs when these are through.
 * Whatever is missing in the queue is put there again; what a job does is read from Postgres.
 */
@Injectable()
export class UpgradeFlows {
  constructor(
    @InjectQueue(upgradeQueue)
    private readonly queue: Queue<UpgradeJob, void, UpgradeJobName>,
    @InjectFlowProducer(upgradeQueue) private readonly producer: FlowProducer,
  ) {}

  /** Sees that the flow is in the queue, and that what may have something to do is looked at now. */
  async drive(of: MeshJob, { upgradeId, key, clusterIds, awake }: Flow): Promise<void> {
    const data = { ...of, upgradeId, key };
    const wave = `wave-${key}`;
    if (!(await this.queue.getJob(wave))) {
      await this.producer.add({
        name: 'wave',
        queueName: upgradeQueue,
        data,
        opts: { ...options, jobId: wave },
        children: clusterIds.map((clusterId) => ({
          name: 'cluster',
          queueName: upgradeQueue,
          data: { ...data, clusterId },
          opts: { ...options, jobId: jobId(key, clusterId), ignoreDependencyOnFailure: true },
        })),
      });
      return;
    }
    for (let at = 0; at < awake.length; at += mostAtOnce) {
      const some = awake.slice(at, at + mostAtOnce);
      await Promise.all(some.map((clusterId) => this.wake(data, clusterId)));
    }
  }

  private async wake(data: UpgradeJob, clusterId: string): Promise<void> {
    const id = jobId(data.key, clusterId);
    const job = await this.queue.getJob(id);
    if (!job) {
      await this.queue.add('cluster', { ...data, clusterId }, { ...options, jobId: id });
      return;
    }
    // One that is not delayed has begun by itself, or is about to.
    await job.promote().catch(() => undefined);
  }
}

function jobId(key: string, clusterId: string): string {
  return `cluster-${key}-${clusterId}`;
}
