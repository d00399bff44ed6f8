import { type FSWatcher, watch } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@isthmus/local';

export interface HelmRun {
  readonly pid: number;
  /** `upgrade` or `uninstall`. */
  readonly command: string;
}

/**
 * The runs of Helm by which an agent changes its cluster, seen from beside it: a script that the agent takes for
 * Helm tells of each, stands still before it begins where that is wanted, and becomes Helm. Linux only.
 */
export class HelmRuns {
  private readonly watcher: FSWatcher;
  private listener: ((run: HelmRun) => void) | undefined;
  private told = 0;
  private reading = Promise.resolve();

  private constructor(
    /** What the agent is to take for Helm. */
    readonly path: string,
    private readonly log: string,
    private readonly flag: string,
  ) {
    this.watcher = watch(log, () => {
      this.reading = this.reading.then(() => this.read());
    });
  }

  /** @param helm The real one. @param path Of the script that is made. */
  static async of(helm: string, path: string): Promise<HelmRuns> {
    const [log, flag] = [`${path}.log`, `${path}.hold`];
    const script = `#!/bin/sh
case "$1" in upgrade | uninstall)
  echo "$$ $1" >> '${log}'
  if [ -e '${flag}' ]; then kill -STOP $$; fi
esac
exec '${helm}' "$@"
`;
    await writeFile(path, script);
    await chmod(path, 0o755);
    await writeFile(log, '');
    return new HelmRuns(path, log, flag);
  }

  /** From now on each run stands still before it begins, and is told. */
  async hold(listener: (run: HelmRun) => void): Promise<void> {
    this.listener = listener;
    await writeFile(this.flag, '');
  }

  /** Those that have not ended, of all that ever were. */
  async alive(): Promise<HelmRun[]> {
    const runs = await this.all();
    const lines = await Promise.all(runs.map(({ pid }) => ofProcess(pid, 'cmdline')));
    // Pids come back, for something else.
    return runs.filter(({ command }, index) => lines[index]?.split('\0').includes(command));
  }

  /** Ends what still runs: one that stands still would do so for ever. */
  async close(): Promise<void> {
    this.watcher.close();
    await rm(this.flag, { force: true });
    for (const run of await this.alive()) signal(run, 'SIGKILL');
  }

  private async read(): Promise<void> {
    const runs = await this.all();
    for (const run of runs.slice(this.told)) this.listener?.(run);
    this.told = runs.length;
  }

  private async all(): Promise<HelmRun[]> {
    const lines = (await readFile(this.log, 'utf8')).split('\n').slice(0, -1);
    return lines.map((line) => {
      const [pid, command = ''] = line.split(' ');
      return { pid: Number(pid), command };
    });
  }
}

/** Waits until a run stands still. */
export async function standsStill({ pid, command }: HelmRun): Promise<void> {
  await eventually(`helm ${command} stands still`, async () => {
    const [, state] = /\) (\S)/.exec(await ofProcess(pid, 'stat')) ?? [];
    if (state !== 'T') throw new Error(`its state is ${state}`);
  });
}

export function signal({ pid }: HelmRun, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has come to its end, or an agent's next life has ended it.
  }
}

/** What /proc has of a process; empty of one that has ended. */
async function ofProcess(pid: number, file: 'cmdline' | 'stat'): Promise<string> {
  return await readFile(join('/proc', `${pid}`, file), 'utf8').catch(() => '');
}
