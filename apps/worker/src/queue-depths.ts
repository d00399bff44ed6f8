import { WorkerMetrics } from '@isthmus/platform';
import { InjectQueue } from '@nestjs/bullmq';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { eventQueue } from './event-queue.js';
import { meshQueue } from './mesh-queue.js';
import { upgradeQueue } from './upgrade-flows.js';
import { webhookQueue } from './webhook-queue.js';

const states = ['waiting', 'active', 'delayed', 'failed'] as const;

/** However often somebody asks, the queue is asked no more often, in ms. */
const freshMs = 5_000;
const answerMs = 2_000;

interface Depth {
  readonly queue: string;
  readonly counts: Readonly<Record<string, number>>;
  /** For how long the same job has been first, in seconds. */
  readonly head: number;
}

/** How much waits in the queues, for the metrics: read as these are asked for. */
@Injectable()
export class QueueDepths implements OnApplicationBootstrap {
  /** By queue, which job was first, and since when. A job's own age says little: those that come again keep theirs. */
  private readonly heads = new Map<string, { readonly id: string; readonly since: number }>();
  private readonly queues: readonly Queue[];
  private last: { readonly at: number; readonly depths: Promise<Depth[]> } | undefined;

  constructor(
    @InjectQueue(meshQueue) meshes: Queue,
    @InjectQueue(upgradeQueue) upgrades: Queue,
    @InjectQueue(eventQueue) events: Queue,
    @InjectQueue(webhookQueue) webhooks: Queue,
    @Inject(WorkerMetrics) private readonly metrics: WorkerMetrics,
  ) {
    this.queues = [meshes, upgrades, events, webhooks];
  }

  onApplicationBootstrap(): void {
    this.metrics.queued.readFrom(async () =>
      (await this.depths()).flatMap(({ queue, counts }) =>
        states.map((state) => [{ queue, state }, counts[state] ?? 0] as const),
      ),
    );
    this.metrics.head.readFrom(async () =>
      (await this.depths()).map(({ queue, head }) => [{ queue }, head] as const),
    );
  }

  private depths(): Promise<Depth[]> {
    const now = performance.now();
    if (!this.last || now - this.last.at > freshMs) {
      const depths = Promise.all(this.queues.map((queue) => this.depthOf(queue)));
      this.last = { at: now, depths: inTime(depths) };
    }
    return this.last.depths;
  }

  private async depthOf(queue: Queue): Promise<Depth> {
    const counts = await queue.getJobCounts(...states);
    // The last of those that wait, newest first: in ascending order Postgres answers otherwise than Redis.
    const last = (counts.waiting ?? 0) - 1;
    const [first] = last < 0 ? [] : await queue.getJobs(['waiting'], last, last);
    const now = performance.now();
    if (!first?.id) this.heads.delete(queue.name);
    else if (this.heads.get(queue.name)?.id !== first.id)
      this.heads.set(queue.name, { id: first.id, since: now });
    const since = this.heads.get(queue.name)?.since ?? now;
    return { queue: queue.name, counts, head: (now - since) / 1000 };
  }
}

/** Rejects when it takes too long: a scrape has a deadline of its own. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the queue does not answer')), answerMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
