import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { forbidden, TaskError } from './problem.js';

export interface HelmSettings {
  /** Of the binary; a name is looked for in PATH. */
  readonly path: string;
  /** Undefined: KUBECONFIG, then the Pod's service account. */
  readonly kubeconfig: string | undefined;
  /** Helm's home, and what it is given to read. */
  readonly folder: string;
  /** For each run, in ms. */
  readonly timeoutMs: number;
}

/** What Helm said when it did not do what was asked. */
export class HelmError extends Error {
  override readonly name = 'HelmError';
}

const mostOutput = 64 * 1024 * 1024;
const mostWords = 64 * 1024;
/** So long Helm may write down that it was interrupted, in ms. */
const graceMs = 5_000;
const valuesPrefix = 'values-';

/**
 * The helm binary: one run at a time, in a process group that is killed as a whole when its time is
 * over or the steward stops. `endLeftovers` comes before anybody looks at what Helm has written.
 */
export class Helm {
  private last: Promise<unknown> = Promise.resolve();
  private readonly stopping = new AbortController();

  constructor(private readonly settings: HelmSettings) {}

  /**
   * @returns its standard output.
   * @throws HelmError with its words; TaskError `HelmMissing`, `HelmTimeout`, `Forbidden`, `HelmBusy`.
   */
  async run(args: readonly string[]): Promise<string> {
    const run = this.last.catch(() => undefined).then(() => this.start(args));
    this.last = run;
    return await run;
  }

  /** Runs with a file of values. @param values JSON is YAML. */
  async runWith(values: object, args: readonly string[]): Promise<string> {
    const path = join(this.settings.folder, `${valuesPrefix}${randomUUID()}.json`);
    await mkdir(this.settings.folder, { recursive: true });
    await writeFile(path, JSON.stringify(values), { mode: 0o600 });
    try {
      return await this.run([...args, '--values', path]);
    } finally {
      await rm(path, { force: true });
    }
  }

  /** Interrupts what runs. @returns when nothing runs any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.last.catch(() => undefined);
  }

  private async start(args: readonly string[]): Promise<string> {
    const { path, kubeconfig, folder, timeoutMs } = this.settings;
    this.stopping.signal.throwIfAborted();
    await mkdir(folder, { recursive: true });
    const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('HELM_'));
    const child = spawn(path, args, {
      cwd: folder,
      // A group of its own: Helm may have started others.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...Object.fromEntries(kept),
        HOME: folder,
        HELM_CACHE_HOME: join(folder, 'cache'),
        HELM_CONFIG_HOME: join(folder, 'config'),
        HELM_DATA_HOME: join(folder, 'data'),
        ...(kubeconfig !== undefined && { KUBECONFIG: kubeconfig }),
      },
    });
    const ended = new Promise<number | string | null>((resolve, reject) => {
      child.on('error', (error) => reject(missing(path, error)));
      child.on('close', (code, signal) => resolve(code ?? signal));
    });
    ended.catch(() => undefined);
    let output = '';
    let words = '';
    let isOver = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > mostOutput) kill(child.pid, 'SIGKILL');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-mostWords);
    });
    let killing: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      kill(child.pid, 'SIGTERM');
      killing = setTimeout(() => kill(child.pid, 'SIGKILL'), graceMs);
    };
    const timer = setTimeout(() => {
      isOver = true;
      interrupt();
    }, timeoutMs);
    this.stopping.signal.addEventListener('abort', interrupt, { once: true });
    try {
      const code = await ended;
      if (isOver) {
        const message = `helm ${args[0]} was not through after ${timeoutMs / 1_000} s: ${lastOf(words)}`;
        throw new TaskError('HelmTimeout', message);
      }
      if (code === 0) return output;
      const said = lastOf(words) || `ended with ${code}`;
      if (/\bis forbidden:|forbidden: User/.test(said)) {
        throw new TaskError('Forbidden', forbidden(said));
      }
      // Somebody began after the release was looked at: nothing is wrong with it.
      if (/\banother operation .* is in progress/.test(said)) {
        throw new TaskError('HelmBusy', said, true);
      }
      throw new HelmError(said);
    } finally {
      clearTimeout(timer);
      clearTimeout(killing);
      this.stopping.signal.removeEventListener('abort', interrupt);
    }
  }

  /**
   * Ends what an earlier life of the agent left running: a Helm that goes on would write beside this one, and
   * change what was looked at a moment ago. Told by its home: a note of its pid would be missing where the
   * agent died before it wrote that. Linux only: elsewhere nobody can tell whose it is. Values that it was
   * given may be secret, and go as well.
   */
  async endLeftovers(): Promise<void> {
    const { folder } = this.settings;
    const deadline = Date.now() + graceMs;
    for (;;) {
      const pids = await this.leftovers();
      if (pids.length === 0 || Date.now() > deadline) break;
      for (const pid of pids) signal(pid, 'SIGKILL');
      await sleep(20);
    }
    for (const name of await readdir(folder).catch(() => [])) {
      if (name.startsWith(valuesPrefix)) await rm(join(folder, name), { force: true });
    }
  }

  /** Pids of what has our home; the environment of what has ended is empty. */
  private async leftovers(): Promise<number[]> {
    const home = `HOME=${this.settings.folder}`;
    const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(
      pids.map(async (pid) => {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
        return environment.split('\0').includes(home) ? [Number(pid)] : [];
      }),
    );
    return found.flat();
  }
}

/** To all of the process group of a run. */
function kill(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid !== undefined) signal(-pid, name);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself a moment ago.
  }
}

function missing(path: string, error: Error): TaskError {
  const message = `${path} does not start: ${error.message}; set ISTHMUS_HELM to the path of the helm binary`;
  return new TaskError('HelmMissing', message);
}

/** The last lines, without what is the same every time. */
function lastOf(words: string): string {
  const lines = words
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^level=|WARNING/.test(line));
  return lines
    .slice(-5)
    .join('\n')
    .replace(/^Error: /, '')
    .trim();
}
