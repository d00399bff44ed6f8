import { randomUUID } from 'node:crypto';
import { access, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './log.js';

const heartbeatMs = 5_000;
/** A lock that nobody has touched for so long belongs to nobody. */
const staleMs = 60_000;
/** No build takes so long: what is half done and older was interrupted. */
const abandonedMs = 3_600_000;

/** Where built tools are kept between checkouts: `$ISTHMUS_CACHE`, `$XDG_CACHE_HOME/isthmus` or `~/.cache/isthmus`. */
export function cacheFolder(): string {
  const { ISTHMUS_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  if (own) return own;
  return xdg ? join(xdg, 'isthmus') : join(homedir(), '.cache', 'isthmus');
}

export async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/**
 * Returns the cache's folder `name`. Where there is none yet, `fill` makes its content in a folder aside, which then
 * takes its place in one step: nobody ever sees half of it. One process fills at a time; others wait for it.
 * @throws what `fill` throws; nothing is kept then.
 */
export async function cached(
  name: string,
  log: Log,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (await exists(folder)) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  const unlock = await lock(`${folder}.lock`, log);
  const aside = `${folder}.${randomUUID()}.partial`;
  try {
    if (await exists(folder)) return folder;
    await removeAbandoned(`${name}.`);
    await mkdir(aside);
    await fill(aside);
    await rename(aside, folder);
    return folder;
  } finally {
    await rm(aside, { recursive: true, force: true });
    await unlock();
  }
}

async function removeAbandoned(prefix: string): Promise<void> {
  for (const entry of await readdir(cacheFolder())) {
    if (!entry.startsWith(prefix) || !entry.endsWith('.partial')) continue;
    const path = join(cacheFolder(), entry);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > abandonedMs) await rm(path, { recursive: true, force: true });
  }
}

/**
 * Waits for the lock file and takes it. A lock is stale when its process is gone, or when its owner has stopped touching
 * it. Two that break one stale lock at the same moment may both get it: the work is done twice then, and stays right.
 */
async function lock(path: string, log: Log): Promise<() => Promise<void>> {
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  const started = Date.now();
  let nextLine = started;
  for (;;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(mine);
      await file.close();
      break;
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    if (await isStale(path)) {
      await rm(path, { force: true });
      continue;
    }
    if (Date.now() >= nextLine) {
      log(`another process is preparing the tools (lock ${path}); waiting, ${seconds(started)} s`);
      nextLine = Date.now() + 15_000;
    }
    await sleep(250);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs);
  heartbeat.unref();
  return async () => {
    clearInterval(heartbeat);
    const content = await readFile(path, 'utf8').catch(() => '');
    if (content === mine) await rm(path, { force: true });
  };
}

async function isStale(path: string): Promise<boolean> {
  try {
    const age = Date.now() - (await stat(path)).mtimeMs;
    if (age > staleMs) return true;
    const owner: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof owner !== 'object' || owner === null || !('pid' in owner) || !('host' in owner))
      return false;
    return owner.host === hostname() && typeof owner.pid === 'number' && !isAlive(owner.pid);
  } catch {
    return false; // gone, or its owner is still writing it
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1000);
}
