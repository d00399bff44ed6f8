import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.js';

const reference = new URL('../../../../docs/cli-reference.md', import.meta.url);

describe('the help of all commands', () => {
  it('is the reference (UPDATE_GOLDEN=1 writes it)', async () => {
    const text = await referenceText();
    if (process.env.UPDATE_GOLDEN) writeFileSync(reference, text);
    expect(text).toBe(readFileSync(reference, 'utf8'));
  });

  it('says of every command and option what it is for', async () => {
    for (const { name, help } of await allHelp()) {
      for (const line of help.split('\n')) {
        const [, option, about] = /^ {2}(?:-\w, | {4})(--[\w-]+)( {2,}\S.*|$)/.exec(line) ?? [];
        if (option) expect(about?.trim(), `${name} ${option}`).not.toMatch(/^(\[.*)?$/);
      }
    }
  });
});

interface Help {
  /** Such as `isthmus release apply`. */
  readonly name: string;
  readonly help: string;
}

async function referenceText(): Promise<string> {
  const parts = (await allHelp()).map(({ name, help }, at) => {
    // What every command takes stands with the first.
    const own = at === 0 ? help : help.replace(/\n\nEverywhere:\n(?: .*\n?)+/, '\n');
    return `## ${name}\n\n${fence}text\n${own.trim()}\n${fence}\n`;
  });
  return [
    '# Reference of the command line\n',
    `What ${tick}isthmus <command> --help${tick} says, of every command; a test holds it to that. [cli.md](cli.md) is the guide.\n`,
    ...parts,
  ].join('\n');
}

const tick = '`';
const fence = '```';

async function allHelp(words: readonly string[] = []): Promise<Help[]> {
  const help = await helpOf(words);
  const found = [{ name: ['isthmus', ...words].join(' '), help }];
  const [, list = ''] = /\nCommands:\n((?: .*\n?)+)/.exec(help) ?? [];
  for (const [, name = ''] of list.matchAll(/^ {2}isthmus ([a-z][a-z -]*[a-z])/gm)) {
    const below = name.split(' ');
    if (below.length > words.length) found.push(...(await allHelp(below)));
  }
  return found;
}

function helpOf(words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    createProgram([]).parse([...words, '--help'], {}, (error, _, output) =>
      error ? reject(error) : resolve(output),
    );
  });
}
