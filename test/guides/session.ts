import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Block, isShell } from './blocks.js';

export interface Reader {
  /** Where the commands run, and what they write stays; made. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What takes the place of the values that a guide asks its reader for. */
  readonly values: Readonly<Record<string, string>>;
  readonly withinMs: number;
}

const mark = '\u001e';

/**
 * Runs a guide's commands word by word, in order and in one bash, which ends where one fails; and compares what they print
 * with what the guide shows.
 * @returns what was printed, block by block.
 * @throws Error that says which block it was, and what it has said.
 */
export async function follow(blocks: readonly Block[], reader: Reader): Promise<string[]> {
  const steps = blocks.filter((block) => isRun(block) || block.isOutput);
  const run = steps.filter(isRun);
  await mkdir(reader.folder, { recursive: true });
  const script = join(reader.folder, '.guide.sh');
  const parts = run.map((block) => `printf '${mark}\\n'\n${commandsOf(block, reader.values)}`);
  await writeFile(script, ['set -euo pipefail', ...parts, ''].join('\n'));
  const { code, text } = await bash(script, reader);
  const said = text.split(`${mark}\n`).slice(1);
  const last = run[said.length - 1];
  if (code !== 0)
    throw new Error(`${placeOf(last)} ended with ${code}:\n${last?.text}\n${said.at(-1) ?? text}`);
  steps.forEach((block, at) => {
    if (!block.isOutput) return;
    const before = steps.slice(0, at).findLast(isRun);
    const printed = before ? (said[run.indexOf(before)] ?? '') : '';
    const missing = missingIn(printed, block.text);
    if (missing !== undefined)
      throw new Error(
        `${placeOf(block)}: no line is "${missing}" in what was printed:\n${printed}`,
      );
  });
  return said;
}

/** Whether it is done: commands run, and files saved. */
export function isRun(block: Block): boolean {
  return (
    (isShell(block) || block.file !== undefined) &&
    block.notRun === undefined &&
    block.elsewhere === undefined
  );
}

function placeOf(block: Block | undefined): string {
  return block ? `${block.path}:${block.line}` : 'the guide';
}

function commandsOf(block: Block, values: Readonly<Record<string, string>>): string {
  if (block.file !== undefined) return `cat > ${block.file} <<'.end.'\n${block.text}\n.end.`;
  if (block.isYours) return yoursOf(block, values);
  if (block.exit === 0) return block.text;
  return `set +e\n${block.text}\nended=$?\nset -e\n[ "$ended" -eq ${block.exit} ]`;
}

/** Each `export NAME=…` with the reader's own value. */
function yoursOf(block: Block, values: Readonly<Record<string, string>>): string {
  const lines = block.text.split('\n').filter((line) => line.trim() !== '');
  return lines
    .map((line) => {
      const [, name = ''] = /^export (\w+)=/.exec(line) ?? [];
      const value = values[name];
      if (value === undefined)
        throw new Error(`${placeOf(block)}: nobody knows a value for ${line}`);
      return `export ${name}='${value}'`;
    })
    .join('\n');
}

function bash(script: string, { folder, environment, withinMs }: Reader) {
  return new Promise<{ code: number; text: string }>((resolve, reject) => {
    // A group of its own: what a guide leaves running goes with it.
    const child = spawn('bash', [script], {
      cwd: folder,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = (): void => {
      try {
        process.kill(-(child.pid ?? 0), 'SIGKILL');
      } catch {
        // All of it is gone.
      }
    };
    let text = '';
    for (const output of [child.stdout, child.stderr])
      output.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    const timer = setTimeout(() => {
      text += `\n(not over within ${withinMs / 1000} s)`;
      end();
    }, withinMs);
    process.once('exit', end);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      process.off('exit', end);
      end();
      resolve({ code: code ?? 137, text });
    });
  });
}

/** The first line that is shown and was not printed, in this order; spaces do not count, and … is anything. */
function missingIn(printed: string, shown: string): string | undefined {
  const lines = printed.split('\n').map(squeezed);
  let from = 0;
  for (const line of shown.split('\n').map(squeezed)) {
    if (line === '' || line === '…') continue;
    const pattern = new RegExp(`^${line.split('…').map(escaped).join('.*')}$`);
    const found = lines.findIndex((candidate, at) => at >= from && pattern.test(candidate));
    if (found < 0) return line;
    from = found + 1;
  }
  return undefined;
}

function squeezed(line: string): string {
  return line.trim().replace(/\s+/g, ' ');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
