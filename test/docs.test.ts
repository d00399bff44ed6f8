import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Block, blocksOf, isShell } from './guides/blocks.js';
import { followed } from './guides/followed.js';
import { root } from './guides/root.js';
import { follow } from './guides/session.js';

// Of everything that the documentation has people run, somebody runs it, or it says why not.

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !/^(dist|node_modules)\//.test(path))
    .map((path) => `docs/${path}`)
    .sort(),
];
const commands = pages.flatMap((path) =>
  blocksOf(path, readFileSync(join(root, path), 'utf8')).filter(isShell),
);

const placeOf = ({ path, line }: Block): string => `${path}:${line}`;

describe('the commands of the documentation', () => {
  it('are followed, run by a spec, or say why nobody runs them', () => {
    const left = commands.filter(
      ({ path, notRun, elsewhere }) => !followed.has(path) && !notRun && !elsewhere,
    );
    expect(left.map(placeOf)).toEqual([]);
  });

  it('are run by specs that are there', () => {
    for (const block of commands)
      if (block.elsewhere)
        expect(existsSync(join(root, block.elsewhere)), placeOf(block)).toBe(true);
  });

  it('that are not followed word by word are these (UPDATE_GOLDEN=1 writes them)', () => {
    const lines = commands.flatMap(({ path, text, notRun, elsewhere }) => {
      const why = notRun ?? (elsewhere && `run by ${elsewhere}`);
      return why ? [`${path}: ${text.split('\n')[0]}\n  ${why}`] : [];
    });
    const actual = `${lines.join('\n')}\n`;
    const golden = fileURLToPath(new URL('golden/not-followed.txt', import.meta.url));
    if (process.env.UPDATE_GOLDEN === '1') {
      mkdirSync(dirname(golden), { recursive: true });
      writeFileSync(golden, actual);
    }
    expect(actual).toBe(readFileSync(golden, 'utf8'));
  });
});

describe('who follows a guide', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-docs-'));
  });
  afterAll(async () => await rm(folder, { recursive: true, force: true }));

  const following = (...blocks: string[]): Promise<string[]> =>
    follow(blocksOf('guide.md', blocks.map((it) => `\`\`\`${it}\n\`\`\``).join('\n')), {
      folder,
      environment: { PATH: process.env.PATH ?? '' },
      values: { NAME: 'Grace' },
      withinMs: 5_000,
    });

  it('goes on with what was set and saved before', async () => {
    const said = await following(
      'sh yours\nexport NAME=ada',
      'yaml file="a.yaml"\nkind: $NAME',
      'sh\ncat a.yaml; echo "I am $NAME"',
      'text output\nkind: $NAME\nI … Grace',
      'sh norun reason="it would fail"\nfalse',
      'sh exit="3"\n(exit 3)',
    );
    expect(said).toHaveLength(4);
  });

  it.each([
    ['a command fails', ['sh\ntrue', 'sh\ncat nothing'], 'guide.md:5 ended with 1'],
    ['one in the middle of a block fails', ['sh\nfalse\ntrue'], 'ended with 1'],
    ['a variable is unknown', ['sh\necho "$UNKNOWN"'], 'UNKNOWN: unbound variable'],
    ['one ends otherwise than the guide says', ['sh exit="1"\ntrue'], 'ended with 1'],
    ['something else is printed', ['sh\necho two', 'text output\none'], 'no line is "one"'],
    ["a value is nobody's", ['sh yours\nexport OTHER=1'], 'nobody knows a value'],
    ['one does not end', ['sh\nsleep 60'], 'not over within 5 s'],
    ['a mark means nothing', ['sh noruns\ntrue'], 'noruns means nothing'],
    ['there is no reason', ['sh norun\ntrue'], 'say norun reason'],
  ])('is told where %s', async (_title, blocks, words) => {
    await expect(async () => await following(...blocks)).rejects.toThrow(words);
  });

  it('finds no code that does not say what it is', () => {
    expect(() => blocksOf('guide.md', 'So:\n\n    rm -rf\n')).toThrow('guide.md:3: write code');
  });
});
