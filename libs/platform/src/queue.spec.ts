import { Queue, QueueEvents, Worker } from 'bullmq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { queueConnection } from './queue.js';
import { startTestDatabase, type TestDatabase } from './testing.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await startTestDatabase();
});
afterAll(() => test.stop());

it('carries jobs on Postgres, in the role that owns nothing', async () => {
  const options = queueConnection(test.databaseUrl);
  const queue = new Queue<{ value: number }>('spec', options);
  const events = new QueueEvents('spec', options);
  await events.waitUntilReady();
  const worker = new Worker<{ value: number }, number>(
    'spec',
    async (job) => job.data.value * 2,
    options,
  );
  const job = await queue.add('double', { value: 21 });
  expect(await job.waitUntilFinished(events, 20_000)).toBe(42);
  await Promise.all([worker.close(), events.close()]);
  await queue.close();
});
