import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '@isthmus/kernel';
import type { Logger } from 'pino';

/** One intent as it came: its bytes are never written anew. */
export interface StoredIntent {
  readonly name: string;
  readonly version: string;
  readonly body: Buffer;
}

/** First line of a file; the body's bytes follow it. */
interface Header {
  readonly format: number;
  /** Whose intents these are: those of another cluster are not ours to apply. */
  readonly cluster: string;
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

const format = 1;
const suffix = '.intent';
/** Says that a type was received whole, by the cluster in it: what is not there then is not wanted. */
const wholeMarker = 'whole';

/**
 * The intents on disk, one file each: `intents/<type>/<hash of the name>.intent`. A file is
 * written aside, synced and renamed, so that there is always the old one or the new one. What
 * cannot be read is passed over with a warning: the hub sends it again.
 */
export class IntentDisk {
  private readonly folder: string;

  constructor(
    dataDir: string,
    private readonly log: Logger,
  ) {
    this.folder = join(dataDir, 'intents');
  }

  /** All that is stored of a type for a cluster, and whether it once was all there was. */
  async load(type: string, cluster: string): Promise<{ intents: StoredIntent[]; whole: boolean }> {
    const folder = join(this.folder, type);
    const files = await readdir(folder).catch((): string[] => []);
    const intents: StoredIntent[] = [];
    // Left behind by writes that were cut off.
    const litter: string[] = [];
    const unsound: string[] = [];
    for (const file of files) {
      if (file === wholeMarker) continue;
      const path = join(folder, file);
      if (!file.endsWith(suffix)) {
        litter.push(path);
        continue;
      }
      try {
        intents.push(parse(await readFile(path), cluster));
      } catch (error) {
        unsound.push(path);
        this.log.warn({ path, problem: messageOf(error) }, 'intent on disk passed over');
      }
    }
    const marked = files.includes(wholeMarker) && (await isMarkedBy(cluster, folder));
    const whole = marked && unsound.length === 0;
    try {
      // The marker goes first, for good: a start that finds it and no bad file believes it.
      if (!whole && files.includes(wholeMarker)) {
        await rm(join(folder, wholeMarker), { force: true });
        await syncFolder(folder);
      }
      for (const path of [...litter, ...unsound]) await rm(path, { force: true });
    } catch (error) {
      // What stays is passed over at the next start again.
      this.log.warn({ folder, problem: messageOf(error) }, 'intents on disk cannot be tidied');
    }
    return { intents, whole };
  }

  /** Stores and removes, durably when it resolves. @throws what the file system says, such as ENOSPC. */
  async store(
    type: string,
    cluster: string,
    intents: readonly StoredIntent[],
    removed: readonly string[],
  ): Promise<void> {
    const folder = await this.typeFolder(type);
    await inParallel(intents, async ({ name, version, body }) => {
      const sha256 = createHash('sha256').update(body).digest('hex');
      const header: Header = { format, cluster, name, version, sha256 };
      await replace(
        join(folder, fileOf(name)),
        Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body]),
      );
    });
    await inParallel(removed, (name) => rm(join(folder, fileOf(name)), { force: true }));
    await syncFolder(folder);
  }

  /** Notes that all intents of a type for a cluster have been stored. */
  async markWhole(type: string, cluster: string): Promise<void> {
    const folder = await this.typeFolder(type);
    await replaceDurably(join(folder, wholeMarker), Buffer.from(cluster));
  }

  private async typeFolder(type: string): Promise<string> {
    const folder = join(this.folder, type);
    await mkdir(folder, { recursive: true });
    return folder;
  }
}

function fileOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 40) + suffix;
}

/** @throws Error that says what is wrong with the file. */
function parse(content: Buffer, cluster: string): StoredIntent {
  const end = content.indexOf('\n');
  const header = JSON.parse(content.subarray(0, end).toString()) as Header;
  if (header.format !== format) throw new Error(`format ${header.format}, not ${format}`);
  if (header.cluster !== cluster) throw new Error(`it belongs to the cluster ${header.cluster}`);
  const body = content.subarray(end + 1);
  if (createHash('sha256').update(body).digest('hex') !== header.sha256)
    throw new Error('its checksum does not match');
  return { name: header.name, version: header.version, body };
}

async function isMarkedBy(cluster: string, folder: string): Promise<boolean> {
  return await readFile(join(folder, wholeMarker), 'utf8').then(
    (marker) => marker === cluster,
    () => false,
  );
}

/** Replaces a file, for good when it resolves: it holds the old content or the new at any time. */
export async function replaceDurably(path: string, content: Buffer): Promise<void> {
  await replace(path, content);
  await syncFolder(dirname(path));
}

async function replace(path: string, content: Buffer): Promise<void> {
  const aside = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(aside, 'w', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** A rename lasts when its folder has been synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const item of rest) await run(item);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}
