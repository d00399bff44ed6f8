import { createInterface } from 'node:readline/promises';
import { styleText } from 'node:util';
import { usageError } from './errors.js';

type Tone = 'good' | 'bad' | 'busy' | 'faint';
const styles = { good: 'green', bad: 'red', busy: 'yellow', faint: 'dim' } as const;

/** What was asked for; the other end of a pipe may have gone, which is no error of ours. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
}

/** Progress, and what else is not the answer. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** In colour where a person looks at standard output, and wants colours. */
export function paint(tone: Tone | undefined, text: string): string {
  const wanted = process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  return wanted && tone ? styleText(styles[tone], text, { validateStream: false }) : text;
}

/** Whether somebody is there to be asked. */
export function isAttended(): boolean {
  return Boolean(process.stdin.isTTY && process.stderr.isTTY);
}

/**
 * Has what takes something away confirmed.
 *
 * @throws USAGE where nobody can be asked, or whoever was asked says no.
 */
export async function confirm(question: string, isConfirmed: boolean): Promise<void> {
  if (isConfirmed) return;
  if (!isAttended()) throw usageError(`${question} Say --yes where nobody can be asked.`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asking.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw usageError('nothing was done');
  } finally {
    asking.close();
  }
}

/** Reads a line that is not shown. */
export async function askSecret(question: string): Promise<string> {
  const { stdin } = process;
  // First, or what is typed ahead would be shown.
  stdin.setRawMode(true);
  process.stderr.write(question);
  stdin.setEncoding('utf8');
  let typed = '';
  try {
    for await (const chunk of stdin) {
      for (const character of chunk as string) {
        if (character === '\r' || character === '\n') return typed;
        if (character === '\u0003' || character === '\u0004') throw usageError('nothing was done');
        typed = character === '\u007f' ? typed.slice(0, -1) : typed + character;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    process.stderr.write('\n');
  }
}

/** All of standard input. */
export async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
