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

/** For what no bell tells, in ms: all clusters of a mesh are looked at whenever one rings. */
export const lookAgainMs = 60_000;

const mostAtOnce = 16;

/**
 * A wave is a BullMQ flow: a job for each of its clusters, and one that runs when these are through. A job
 * of a cluster lasts as long as its part in the wave, and looks at it by itself where nothing rings; when
 * something does, all clusters are looked at together. Whatever is missing in the queue is put there again;
 * what a job does is read from Postgres.
 */
@Injectable()
export class UpgradeFlows {
  constructor(
    @InjectQueue(upgradeQueue)
    private readonly queue: Queue<UpgradeJob, void, UpgradeJobName>,
    @InjectFlowProducer(upgradeQueue) private readonly producer: FlowProducer,
  ) {}

  /** Sees that the flow is in the queue. */
  async ensure(of: MeshJob, { upgradeId, key, clusterIds }: Flow): Promise<void> {
    const data = { ...of, upgradeId, key };
    const wave = `wave-${key}`;
    if (await this.queue.getJob(wave)) return;
    await this.producer.add({
      name: 'wave',
      queueName: upgradeQueue,
      data,
      opts: { ...options, jobId: wave },
      children: clusterIds.map((clusterId) => ({
        name: 'cluster',
        queueName: upgradeQueue,
        data: { ...data, clusterId },
        opts: {
          ...options,
          jobId: jobId(key, clusterId),
          // Whoever made the flow looks at its clusters now.
          delay: lookAgainMs,
          ignoreDependencyOnFailure: true,
        },
      })),
    });
  }

  /** Has the jobs of clusters that are through come to their ends now. */
  async end(of: MeshJob, { upgradeId, key }: Flow, clusterIds: readonly string[]): Promise<void> {
    for (let at = 0; at < clusterIds.length; at += mostAtOnce) {
      const some = clusterIds.slice(at, at + mostAtOnce);
      await Promise.all(
        some.map((clusterId) => this.wake({ ...of, upgradeId, key, clusterId }, clusterId)),
      );
    }
  }

  private async wake(data: UpgradeJob, clusterId: string): Promise<void> {
    const id = jobId(data.key, clusterId);
    const job = await this.queue.getJob(id);
    // One that is not delayed has begun by itself, or is about to.
    await job?.promote().catch(() => undefined);
  }
}

function jobId(key: string, clusterId: string): string {
  return `cluster-${key}-${clusterId}`;
}
