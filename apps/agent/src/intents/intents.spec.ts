import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Intents } from '@isthmus/contracts';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { echoImport } from '../testing/samples.js';
import { IntentBook } from './book.js';
import { IntentDisk } from './disk.js';

const log = pino({ level: 'silent' });
const { typeUrl, encode } = Intents.Import;
const echo = { name: 'demo/echo', version: 'v1', body: encode(echoImport()) };
let dir: string;
const folder = () => join(dir, 'intents', 'Import');
const bookOf = async (cluster = 'cluster_a', disk = new IntentDisk(dir, log)) => {
  const book = new IntentBook(disk, cluster, log);
  await book.load();
  return book;
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'isthmus-intents-'));
});

describe('intents on disk', () => {
  it('survive a restart, with their versions and whether they were all', async () => {
    const book = await bookOf();
    await book.apply(typeUrl, { resources: [echo], removed: [] });
    expect((await bookOf()).isWhole('Import')).toBe(false);
    book.synced(typeUrl);
    await expect.poll(async () => (await bookOf()).isWhole('Import')).toBe(true);
    const again = await bookOf();
    expect(again.get('Import', 'demo/echo')).toEqual({ version: 'v1', value: echoImport() });
    expect(again.versions(typeUrl)).toEqual(new Map([['demo/echo', 'v1']]));
    await again.apply(typeUrl, { resources: [], removed: ['demo/echo'] });
    expect((await bookOf()).count('Import')).toBe(0);
  });

  it.each([
    ['cut off', (content: Buffer) => content.subarray(0, content.length - 3)],
    [
      'of another format',
      (content: Buffer) =>
        Buffer.from(content.toString('latin1').replace('"format":1', '"format":9'), 'latin1'),
    ],
    ['empty', () => Buffer.alloc(0)],
  ])(
    'are passed over when a file is %s, and the type is no longer whole',
    async (_title, spoil) => {
      const book = await bookOf();
      await book.apply(typeUrl, {
        resources: [echo, { ...echo, name: 'demo/other' }],
        removed: [],
      });
      book.synced(typeUrl);
      await expect.poll(() => readdir(folder())).toContain('whole');
      const file = (await readdir(folder())).find((name) => name.endsWith('.intent')) ?? '';
      await writeFile(join(folder(), file), spoil(await readFile(join(folder(), file))));
      const again = await bookOf();
      expect(again.count('Import')).toBe(1);
      expect(again.isWhole('Import')).toBe(false);
      expect((await readdir(folder())).length).toBe(1);
      // One that dies before the hub has spoken leaves no less doubt to the next.
      expect((await bookOf()).isWhole('Import')).toBe(false);
    },
  );

  it('are as doubtful at the next start when nothing could be tidied', async () => {
    const book = await bookOf();
    await book.apply(typeUrl, { resources: [echo], removed: [] });
    book.synced(typeUrl);
    await expect.poll(() => readdir(folder())).toContain('whole');
    await writeFile(join(folder(), 'broken.intent'), 'nonsense');
    // A folder in the marker's place: rm without `recursive` fails, as on a read-only disk.
    await rm(join(folder(), 'whole'));
    await mkdir(join(folder(), 'whole'));
    const again = await bookOf();
    expect(again.count('Import')).toBe(1);
    expect(again.isWhole('Import')).toBe(false);
    expect(await readdir(folder())).toContain('broken.intent');
  });

  it('of another cluster are not ours', async () => {
    await (await bookOf()).apply(typeUrl, { resources: [echo], removed: [] });
    expect((await bookOf('cluster_b')).count('Import')).toBe(0);
  });

  it('of another cluster say nothing of ours, be there none', async () => {
    (await bookOf()).synced(typeUrl);
    await expect.poll(() => readdir(folder())).toContain('whole');
    expect((await bookOf()).isWhole('Import')).toBe(true);
    expect((await bookOf('cluster_b')).isWhole('Import')).toBe(false);
    expect((await bookOf('cluster_b')).isWhole('Import')).toBe(false);
  });

  it('are acknowledged when there is room again, and not before', async () => {
    class FullDisk extends IntentDisk {
      isFull = true;
      override async store(...args: Parameters<IntentDisk['store']>): Promise<void> {
        if (this.isFull) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        await super.store(...args);
      }
    }
    const disk = new FullDisk(dir, log);
    const book = await bookOf('cluster_a', disk);
    let isAcknowledged = false;
    const applying = book.apply(typeUrl, { resources: [echo], removed: [] }).then(() => {
      isAcknowledged = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isAcknowledged).toBe(false);
    expect(book.get('Import', 'demo/echo')).toBeUndefined();
    disk.isFull = false;
    await applying;
    expect(book.get('Import', 'demo/echo')?.version).toBe('v1');
  });

  it('that cannot be decoded are refused by name, and the last good one stays', async () => {
    const book = await bookOf();
    await book.apply(typeUrl, { resources: [echo], removed: [] });
    const broken = { name: 'demo/echo', version: 'v2', body: Buffer.from([0x0a, 0xff]) };
    const { refused } = await book.apply(typeUrl, {
      resources: [broken, { ...echo, name: 'demo/good' }],
      removed: [],
    });
    expect([...refused.keys()]).toEqual(['demo/echo']);
    expect(book.get('Import', 'demo/echo')?.version).toBe('v1');
    expect(book.get('Import', 'demo/good')).toBeDefined();
  });
});
