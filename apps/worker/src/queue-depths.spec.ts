import {
  queueConnection,
  startTestDatabase,
  type TestDatabase,
  WorkerMetrics,
} from '@isthmus/platform';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { QueueDepths } from './queue-depths.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await startTestDatabase();
});
afterAll(() => test.stop());

it('tells how much waits, and for how long the same job has been first', async () => {
  const options = queueConnection(test.databaseUrl);
  const [meshes, upgrades, events, webhooks] = ['mesh', 'upgrades', 'events', 'webhooks'].map(
    (name) => new Queue(name, options),
  ) as [Queue, Queue, Queue, Queue];
  const metrics = new WorkerMetrics();
  // Its own clock alone: what it asks of the queue takes the time that it takes.
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  new QueueDepths(meshes, upgrades, events, webhooks, metrics).onApplicationBootstrap();
  const told = async (): Promise<string> =>
    (await metrics.text())
      .split('\n')
      .filter((line) => /^isthmus_worker_queue_(jobs|head_seconds)\{queue="mesh"/.test(line))
      .filter((line) => !line.endsWith('} 0'))
      .join('\n');
  try {
    expect(await told()).toBe('');
    const first = await meshes.add('trust', {});
    await meshes.add('trust', {});
    await meshes.add('sweep', {}, { delay: 600_000 });

    now.mockReturnValue(10_000);
    expect(await told()).toBe(
      'isthmus_worker_queue_jobs{queue="mesh",state="waiting"} 2\n' +
        'isthmus_worker_queue_jobs{queue="mesh",state="delayed"} 1',
    );
    // Asked again at once, it tells what it knows.
    await meshes.add('trust', {});
    expect(await told()).toContain('state="waiting"} 2');
    now.mockReturnValue(130_000);
    expect(await told()).toContain('state="waiting"} 3');
    expect(await told()).toContain('isthmus_worker_queue_head_seconds{queue="mesh"} 120');

    await first.remove();
    now.mockReturnValue(140_000);
    expect(await told()).toContain('state="waiting"} 2');
    expect(await told()).not.toContain('head_seconds');
  } finally {
    now.mockRestore();
    await Promise.all([meshes, upgrades, events, webhooks].map((queue) => queue.close()));
  }
});
