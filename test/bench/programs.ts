import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// From test/dist/bench, where this is compiled to.
const goFolder = fileURLToPath(new URL('../../bench/go/', import.meta.url));
const goPrograms = ['adspeer', 'agents'] as const;
const answerMs = 600_000;

/**
 * Builds the Go programs, once for each state of their sources, into `$ISTHMUS_CACHE`,
 * `$XDG_CACHE_HOME/isthmus` or `~/.cache/isthmus`.
 * @returns the folder that has them.
 */
export async function buildGoPrograms(log: (line: string) => void): Promise<string> {
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };
  const hash = createHash('sha256');
  hash.update(await output('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH'], { cwd: goFolder, env }));
  for (const file of (await readdir(goFolder, { recursive: true })).sort()) {
    if (/\.(go|mod|sum)$/.test(file)) {
      hash.update(`\n${file}\n`).update(await readFile(join(goFolder, file)));
    }
  }
  const folder = join(cacheFolder(), `bench-${hash.digest('hex').slice(0, 16)}`);
  const isBuilt = await access(folder).then(
    () => true,
    () => false,
  );
  if (isBuilt) {
    return folder;
  }
  log('building the peer and the agents (a minute, the first time)');
  // Aside, and then into place in one step: nobody ever sees half of it.
  const aside = `${folder}.${process.pid}.partial`;
  await mkdir(aside, { recursive: true });
  try {
    const flags = ['-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags', '-s -w'];
    const packages = goPrograms.map((name) => `./${name}`);
    await output('go', ['build', ...flags, '-o', aside, ...packages], { cwd: goFolder, env });
    await rename(aside, folder).catch((error: unknown) => {
      // Somebody else was faster.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) {
        throw error;
      }
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return folder;
}

function cacheFolder(): string {
  const { ISTHMUS_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  if (own) {
    return own;
  }
  return xdg ? join(xdg, 'isthmus') : join(homedir(), '.cache', 'isthmus');
}

async function output(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${program} ${args[0]} ended with ${code}`)),
    );
  });
}

/** A program of the benchmark: it takes lines, and answers with lines of JSON. */
export class Program {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #ended: Promise<void>;
  #end: string | undefined;
  #wake: () => void = () => undefined;

  constructor(
    readonly name: string,
    program: string,
    args: readonly string[],
  ) {
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    // A program that ends before it has read everything says why by its exit code.
    this.#child.stdin?.on('error', () => undefined);
    if (this.#child.stdout !== null) {
      createInterface(this.#child.stdout).on('line', (line) => {
        this.#lines.push(line);
        this.#wake();
      });
    }
    this.#ended = new Promise((resolve) => {
      const ended = (how: string): void => {
        this.#end ??= how;
        this.#wake();
        resolve();
      };
      this.#child.once('error', (error) => ended(error.message));
      this.#child.once('close', (code, signal) => ended(`ended with ${signal ?? code}`));
    });
  }

  /** @throws if it could not be started. */
  get pid(): number {
    if (this.#child.pid === undefined) {
      throw new Error(`${this.name}: ${this.#end ?? 'could not be started'}`);
    }
    return this.#child.pid;
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** The next line it prints. @throws if it ends before, or says nothing for ten minutes. */
  async answer(): Promise<Record<string, number>> {
    const deadline = Date.now() + answerMs;
    while (this.#lines.length === 0) {
      const left = deadline - Date.now();
      if (this.#end !== undefined || left <= 0) {
        throw new Error(`${this.name}: ${this.#end ?? 'no answer'}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return JSON.parse(this.#lines.shift() ?? '') as Record<string, number>;
  }

  /** Ends its input, and waits for its last words. */
  async finish(): Promise<Record<string, number>> {
    this.#child.stdin?.end();
    const last = await this.answer();
    await this.#ended;
    return last;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** What a process has used of the processors so far, in µs; from /proc, to 10 ms. */
export async function cpuUs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in parentheses, may have spaces; utime and stime are fields 14 and 15.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks * 10_000;
}

/** What a process has in memory, in KB. */
export async function residentKb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]);
}
