import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { list } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Archive } from './archive.js';

let folder: string;
let archive: Archive;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-archive-'));
  archive = await Archive.open();
  await archive.addText('cluster/log.txt', 'What it said', 'hello');
});
afterEach(async () => {
  await archive.close();
  await rm(folder, { recursive: true });
});

describe('an archive', () => {
  it('is of its owner alone, and has all that was added', async () => {
    const file = join(folder, 'report.tgz');
    expect(await archive.write(file, {})).toEqual({ files: 2, leftOut: 0 });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const paths: string[] = [];
    await list({ file, onReadEntry: ({ path }) => paths.push(path) });
    expect(paths).toEqual(
      expect.arrayContaining([
        'isthmus-bug-report/manifest.json',
        'isthmus-bug-report/cluster/log.txt',
      ]),
    );
  });

  it('takes the place of no file', async () => {
    const file = join(folder, 'report.tgz');
    await writeFile(file, 'mine');
    await expect(archive.write(file, {})).rejects.toThrow('is there already');
    expect(await readFile(file, 'utf8')).toBe('mine');
  });
});
