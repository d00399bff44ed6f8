import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { messageOf } from '@isthmus/kernel';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface ServiceOptions {
  /** Also the name of its log file. */
  readonly name: string;
  /** Folder under the checkout that holds the built entry, such as `apps/hub`. */
  readonly app: string;
  readonly folder: string;
  readonly environment: Record<string, string>;
  /** Where `/readyz` answers. */
  readonly healthPort: number;
}

/** A process of ours that can be started, killed and started again. */
export class Service {
  private child: ChildProcess | undefined;

  constructor(readonly options: ServiceOptions) {}

  get logFile(): string {
    return join(this.options.folder, `${this.options.name}.log`);
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Starts the process; it may not be ready yet. */
  spawn(): void {
    const log = openSync(this.logFile, 'a');
    const child = spawn(process.execPath, [join(root, this.options.app, 'dist', 'main.js')], {
      cwd: this.options.folder,
      env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...this.options.environment },
      stdio: ['ignore', log, log],
    });
    this.child = child;
    children.add(child);
    child.once('exit', () => children.delete(child));
  }

  /** Starts the process and waits until `/readyz` says so. @throws with the log's end. */
  async start(deadlineMs = 30_000): Promise<void> {
    this.spawn();
    await this.ready(deadlineMs);
  }

  async ready(deadlineMs = 30_000): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    let last = 'no answer';
    while (Date.now() < deadline) {
      if (this.child?.exitCode !== null) last = `exited with ${this.child?.exitCode}`;
      else {
        try {
          const response = await fetch(`http://127.0.0.1:${this.options.healthPort}/readyz`, {
            signal: AbortSignal.timeout(2500),
          });
          if (response.ok) return;
          last = await response.text();
        } catch (error) {
          last = messageOf(error);
        }
      }
      if (last.startsWith('exited')) break;
      await delay(50);
    }
    throw new Error(`${this.options.name} is not ready: ${last}\n${this.logTail()}`);
  }

  /** Ends the process: politely with SIGTERM, then for good. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(timer);
  }

  logTail(lines = 25): string {
    try {
      return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } catch {
      return '';
    }
  }
}

const children = new Set<ChildProcess>();
// Nothing of ours outlives a crash of whoever started it.
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
