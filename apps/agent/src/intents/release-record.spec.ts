import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { beforeEach, expect, it } from 'vitest';
import { releaseOf } from '../testing/samples.js';
import { ReleaseRecord } from './release-record.js';

const log = pino({ level: 'silent' });
let dir: string;
const recordOf = async (cluster = 'cluster_a') => {
  const record = new ReleaseRecord(dir, cluster, log);
  await record.load();
  return record;
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'isthmus-record-'));
});

it('survives a restart, with what is left deleted', async () => {
  const record = await recordOf();
  expect(record.release).toBeUndefined();
  record.noteDeletion('a', 'v1');
  record.noteDeletion('b', 'v1');
  record.forgetDeletion('b');
  await record.accept(releaseOf(7, 'tolerate'));
  const again = await recordOf();
  expect(again.release).toEqual({ number: 7, fence: 7, drift: 'tolerate' });
  expect([...again.deletions]).toEqual([['a', 'v1']]);
  expect((await recordOf('cluster_b')).release).toBeUndefined();
});

it('is on disk before anybody may act on it', async () => {
  const record = await recordOf();
  await rm(dir, { recursive: true });
  // A file where the folder should be: nothing can be written.
  await writeFile(dir, '');
  const accepting = record.accept(releaseOf(1));
  let isAccepted = false;
  void accepting.then(() => {
    isAccepted = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(isAccepted).toBe(false);
  expect(record.release).toBeUndefined();
  await rm(dir);
  await accepting;
  expect(JSON.parse(await readFile(join(dir, 'release.json'), 'utf8'))).toMatchObject({
    release: { fence: 1 },
  });
});

it('that cannot be read was never there', async () => {
  await writeFile(join(dir, 'release.json'), '{"format":1,"clus');
  expect((await recordOf()).release).toBeUndefined();
});

it('gives up when it is stopped, and writes what it can', async () => {
  const record = await recordOf();
  for (let index = 0; index < 100; index += 1) record.noteDeletion(`object-${index}`, 'v1');
  await record.stop();
  expect((await recordOf()).deletions.size).toBe(100);
  await rm(dir, { recursive: true });
  await writeFile(dir, '');
  const other = new ReleaseRecord(dir, 'cluster_a', log);
  const accepting = other.accept(releaseOf(1));
  await other.stop();
  await expect(accepting).rejects.toThrow();
});
