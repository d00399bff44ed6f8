import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cached } from './cache.js';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'isthmus-cache-'));
  vi.stubEnv('ISTHMUS_CACHE', dir);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

const log = () => undefined;
const fill = vi.fn(async (folder: string) => {
  await sleep(50);
  await writeFile(join(folder, 'tool'), 'made');
});

test('who asks at the same time gets one build', async () => {
  fill.mockClear();
  const folders = await Promise.all([cached('tools', log, fill), cached('tools', log, fill)]);
  expect(fill).toHaveBeenCalledTimes(1);
  expect(folders).toEqual([join(dir, 'tools'), join(dir, 'tools')]);
  expect(await readFile(join(dir, 'tools', 'tool'), 'utf8')).toBe('made');
  expect(await readdir(dir)).toEqual(['tools']);
});

test('a build that fails leaves nothing behind', async () => {
  await expect(
    cached('tools', log, () => Promise.reject(new Error('no compiler'))),
  ).rejects.toThrow('no compiler');
  expect(await readdir(dir)).toEqual([]);
});

test('the lock of a process that is gone is broken', async () => {
  const gone = 2 ** 22 + 1; // above the largest process id
  await writeFile(
    join(dir, 'tools.lock'),
    JSON.stringify({ pid: gone, host: hostname(), id: 'x' }),
  );
  expect(await cached('tools', log, fill)).toBe(join(dir, 'tools'));
});
