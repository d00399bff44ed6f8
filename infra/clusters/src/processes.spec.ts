import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { killLeftovers, lastLines, startDaemon } from './processes.js';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'isthmus-processes-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A process of its own that starts a daemon, runs `then`, and stays. @returns its pid and the daemon's */
async function startParent(then: string): Promise<{ parent: number; daemon: number }> {
  const module = fileURLToPath(new URL('./processes.ts', import.meta.url));
  const script = `
    const { startDaemon } = await import(${JSON.stringify(module)});
    const daemon = await startDaemon('sleeper', ['sleep', '600'], ${JSON.stringify(dir)}, {});
    console.log(daemon.pid);
    ${then}`;
  const parent = spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const text of parent.stdout) {
    said += String(text);
    if (said.includes('\n')) break;
  }
  return { parent: parent.pid ?? 0, daemon: Number(said) };
}

async function goneWithin(pid: number, ms: number): Promise<boolean> {
  for (const deadline = Date.now() + ms; Date.now() < deadline; await sleep(20)) {
    if (!isAlive(pid)) return true;
  }
  return false;
}

test('a daemon dies with its parent, even by SIGKILL', async () => {
  const { parent, daemon } = await startParent('setInterval(() => {}, 1000);');
  expect(isAlive(daemon)).toBe(true);
  process.kill(parent, 'SIGKILL');
  expect(await goneWithin(daemon, 5_000)).toBe(true);
});

test('a daemon dies when its parent exits', async () => {
  const { daemon } = await startParent('process.exit(3);');
  expect(await goneWithin(daemon, 5_000)).toBe(true);
});

test('a program that ends leaves its words', async () => {
  const daemon = await startDaemon(
    'talker',
    ['sh', '-c', 'for i in 1 2 3; do echo line $i; done; exit 4'],
    dir,
    {},
  );
  while (daemon.running()) await sleep(10);
  expect(await lastLines(daemon.logFile, 2)).toBe('last lines of talker.log:\nline 2\nline 3');
  await daemon.kill();
});

test('a program that is not there is named', async () => {
  await expect(startDaemon('etcd', ['/nowhere/etcd'], dir, {})).rejects.toThrow(
    /etcd: \/nowhere\/etcd does not start/,
  );
});

test.runIf(process.platform === 'linux')(
  'only what belongs to the folder is a leftover',
  async () => {
    const ours = await startDaemon('ours', ['sh', '-c', 'sleep 600; true', dir], dir, {});
    const foreign = await startDaemon('foreign', ['sleep', '600'], dir, {});
    expect(Number(await readFile(join(dir, 'foreign.pid'), 'utf8'))).toBe(foreign.pid);
    await writeFile(join(dir, 'garbled.pid'), 'x');
    await killLeftovers(dir, ['ours', 'foreign', 'garbled', 'missing']);
    expect([ours.running(), foreign.running()]).toEqual([false, true]);
    await foreign.kill();
  },
);
