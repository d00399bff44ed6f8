import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Queue, QueueEvents, type QueueOptions, Worker } from 'bullmq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from './database/embedded.js';
import { queueConnection } from './queue.js';
import { startTestDatabase, type TestDatabase } from './testing.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await startTestDatabase();
});
afterAll(() => test.stop());

async function carriesJobs(options: QueueOptions): Promise<void> {
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
}

it('carries jobs on Postgres, in the role that owns nothing', async () => {
  await carriesJobs(queueConnection(test.databaseUrl));
});

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

// No npm package carries a Redis: without one on the PATH this is left out, but not in CI.
it.skipIf(!hasRedis && !process.env.CI)('carries jobs on Redis', async () => {
  const port = await freePort();
  const server = spawn('redis-server', ['--port', String(port), '--save', '']);
  try {
    for await (const line of createInterface({ input: server.stdout })) {
      if (/ready to accept connections/i.test(line)) break;
    }
    await carriesJobs(queueConnection(test.databaseUrl, `redis://127.0.0.1:${port}`));
  } finally {
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  }
});
