import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program that runs until it is killed, with its output in a file. */
export interface Daemon {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Whether it has not ended yet. */
  running(): boolean;
  /** SIGKILL, and waits until it is gone. A second call does nothing. */
  kill(): Promise<void>;
}

/**
 * Starts a program in a process group of its own (an interrupt from the keyboard does not reach it) and sees to it that
 * it does not outlive this process, however that ends.
 * @param folder gets `<name>.log` (appended) and `<name>.pid`.
 * @throws Error when the program can't be started.
 */
export async function startDaemon(
  name: string,
  command: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<Daemon> {
  const [program = '', ...args] = command;
  const logFile = join(folder, `${name}.log`);
  const pidFile = join(folder, `${name}.pid`);
  const output = openSync(logFile, 'a');
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: folder,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', output, output],
    });
    await once(child, 'spawn');
  } catch (error) {
    throw new Error(`${name}: ${program} does not start: ${String(error)}`);
  } finally {
    closeSync(output);
  }
  const pid = child.pid ?? 0;
  guard(pid);
  const ended = once(child, 'exit').then(() => release(pid));
  await writeFile(pidFile, `${pid}\n`);
  const running = () => child.exitCode === null && child.signalCode === null;
  return {
    name,
    pid,
    logFile,
    running,
    async kill() {
      if (running()) child.kill('SIGKILL');
      await ended;
      await rm(pidFile, { force: true });
    },
  };
}

/**
 * Ends what an earlier process has left running in this folder. Linux only: elsewhere it can't tell whose a process id is.
 */
export async function killLeftovers(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const pidFile = join(folder, `${name}.pid`);
    const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
    if (!(pid > 0)) continue;
    const commandLine = () => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const isOurs = async () =>
      (await commandLine()).split('\0').some((part) => part.includes(folder));
    if (await isOurs()) {
      process.kill(pid, 'SIGKILL');
      while (await isOurs()) await sleep(20);
    }
    await rm(pidFile, { force: true });
  }
}

/** The end of a log file, for an error message; at most so many lines of its last 64 KiB. */
export async function lastLines(path: string, lines = 15): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, 65_536);
    const { buffer } = await file.read({ buffer: Buffer.alloc(length), position: size - length });
    const end = buffer.toString('utf8').trimEnd().split('\n').slice(-lines);
    return `last lines of ${basename(path)}:\n${end.join('\n')}`;
  } finally {
    await file.close();
  }
}

const guarded = new Set<number>();
let guardian: ChildProcess | undefined;

// Reads "+ pid" and "- pid". When its input ends, so has this process, be it by SIGKILL: then nobody needs the rest.
const guardianScript = `
pids=
while read -r op pid; do
  case $op in
    +) pids="$pids $pid" ;;
    -) rest=; for p in $pids; do [ "$p" = "$pid" ] || rest="$rest $p"; done; pids=$rest ;;
  esac
done
for p in $pids; do kill -9 "$p" 2>/dev/null; done
`;

function guard(pid: number): void {
  if (!guardian) {
    process.on('exit', () => {
      for (const each of guarded) kill(each);
    });
    guardian = spawn('/bin/sh', ['-c', guardianScript], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    guardian.on('error', () => undefined);
    guardian.stdin?.on('error', () => undefined);
    guardian.unref();
    if (guardian.stdin instanceof Socket) guardian.stdin.unref();
  }
  guarded.add(pid);
  guardian.stdin?.write(`+ ${pid}\n`);
}

function release(pid: number): void {
  guarded.delete(pid);
  guardian?.stdin?.write(`- ${pid}\n`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself a moment ago.
  }
}
