import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { profilesPath, readProfiles, writeProfiles } from './profiles.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-profiles-'));
  path = profilesPath({ XDG_CONFIG_HOME: folder });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const profiles = { current: 'a', profiles: { a: { endpoint: 'https://a.example', token: 't' } } };

describe('profiles', () => {
  it('are none at first, and what was written then', async () => {
    expect(await readProfiles(path)).toEqual({ current: 'default', profiles: {} });
    await writeProfiles(profiles, path);
    expect(await readProfiles(path)).toEqual(profiles);
  });

  it('are for their owner alone, also where they were not before, and leave no draft', async () => {
    await writeProfiles(profiles, path);
    await writeFile(path, '{}', { mode: 0o666 });
    await writeProfiles(profiles, path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
    expect(await readdir(dirname(path))).toEqual(['config.json']);
  });

  it('say so when they cannot be read', async () => {
    await writeProfiles(profiles, path);
    await writeFile(path, '{ broken');
    await expect(readProfiles(path)).rejects.toMatchObject({ code: 'USAGE' });
  });
});
