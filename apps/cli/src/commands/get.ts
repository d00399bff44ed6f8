import { setTimeout as pause } from 'node:timers/promises';
import { usageError } from '../errors.js';
import { findAll, findOne, type Noun, nameOf } from '../nouns/noun.js';
import { nounOf, nouns } from '../nouns/nouns.js';
import { describe } from '../output/describe.js';
import { type Form, forms, isData, printData } from '../output/output.js';
import { plain } from '../output/plain.js';
import { Table } from '../output/table.js';
import { openSession, type Session } from '../session.js';
import { note, print } from '../terminal.js';
import type { Program } from './command.js';

const nounList = nouns.map(({ name, about }) => `  ${name.padEnd(16)}${about}`).join('\n');
/** Between two looks at what is watched, in ms. */
export const watchMs = 2000;

export function getCommand(program: Program): void {
  program.command(
    'get <noun> [name]',
    'List things, or show one',
    (it) =>
      it
        .usage(
          `$0 get <noun> [name]\n\nList things, or show one, by its name or id.\n\n${nounList}`,
        )
        .positional('noun', { type: 'string', demandOption: true, describe: 'What to list' })
        .positional('name', { type: 'string', describe: 'Name or id' })
        .option('output', {
          alias: 'o',
          choices: forms,
          default: 'table' as Form,
          describe: 'How to print it',
        })
        .option('limit', { type: 'number', describe: 'The most to list; all unless said' })
        .option('watch', {
          alias: 'w',
          type: 'boolean',
          default: false,
          describe: 'Go on, and print what changes',
        })
        .example('$0 get clusters -o wide', '')
        .example('$0 get services shop/payments -o yaml', ''),
    async ({ noun: word, name, output, limit, watch, ...globals }) => {
      const noun = nounNamed(word);
      if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
        throw usageError('--limit is a number, 1 or more');
      }
      const session = await openSession(globals);
      const read = () => rowsOf(noun, session, name, limit);
      if (watch) await watchRows(session, noun, read, output);
      else if (name !== undefined && isData(output)) {
        printData(await findOne(noun, session, name), output);
      } else printRows(noun, await read(), output);
    },
  );
  program.command(
    'describe <noun> <name>',
    'Show all of one thing',
    (it) =>
      it
        .positional('noun', {
          type: 'string',
          demandOption: true,
          describe: 'What it is, as for get',
        })
        .positional('name', { type: 'string', demandOption: true, describe: 'Name or id' })
        .option('output', {
          alias: 'o',
          choices: ['text', 'json', 'yaml'] as const,
          default: 'text',
          describe: 'How to print it',
        })
        .example('$0 describe cluster berlin', ''),
    async ({ noun: word, name, output, ...globals }) =>
      showDetail(await openSession(globals), nounNamed(word), name, output),
  );
}

/** @throws USAGE */
export function nounNamed(word: string): Noun {
  const noun = nounOf(word);
  if (noun) return noun;
  throw usageError(
    `there is no noun ${word}; there are ${nouns.map(({ name }) => name).join(', ')}`,
  );
}

/** Prints all that there is to say of one thing. */
export async function showDetail(
  session: Session,
  noun: Noun,
  name: string,
  output: 'text' | 'json' | 'yaml' | string,
): Promise<void> {
  const row = await findOne(noun, session, name);
  const detail = (await noun.detail?.(session, row)) ?? row;
  if (output === 'json' || output === 'yaml') printData(detail, output);
  else print(describe(plain(detail)).join('\n'));
}

/** Prints rows of a noun; says on standard error that there are none. */
export function printRows(noun: Noun, rows: readonly unknown[], form: Form): void {
  if (isData(form)) printData(rows, form);
  else if (form === 'name') {
    for (const row of rows) print(`${noun.name}/${nameOf(noun, row)}`);
  } else if (rows.length === 0) note(`no ${noun.name}`);
  else print(tableOf(noun, form).lines(rows).join('\n'));
}

/** Of a name that nothing has there is nothing to list, which is an error. */
export async function rowsOf(
  noun: Noun,
  session: Session,
  name?: string,
  limit = Number.POSITIVE_INFINITY,
): Promise<unknown[]> {
  if (name !== undefined) return (await findAll(noun, session, name)).slice(0, limit);
  const rows: unknown[] = [];
  for await (const row of noun.rows(session)) {
    rows.push(row);
    if (rows.length >= limit) break;
  }
  return rows;
}

export function tableOf(noun: Noun, form: Form): Table<unknown> {
  return new Table(noun.columns.filter(({ isWide }) => form === 'wide' || !isWide));
}

/** Moves on all the time where nothing else does. */
const ticking = new Set(['lastContactAt', 'lastUsedAt']);

function withoutTicking(key: string, value: unknown): unknown {
  return ticking.has(key) ? undefined : value;
}

/** Until the process is ended: all rows, then those that are new, have changed or are gone. */
async function watchRows(
  session: Session,
  noun: Noun,
  read: () => Promise<unknown[]>,
  form: Form,
): Promise<void> {
  if (form === 'yaml') throw usageError('--watch prints a table, names, or JSON');
  process.once('SIGINT', () => process.exit(0));
  const table = tableOf(noun, form);
  const bell = noun.isOfMesh ? await session.bell() : undefined;
  let seen = new Map<string, { readonly row: unknown; readonly text: string }>();
  for (let isFirst = true; ; isFirst = false) {
    const rows = await read();
    const found = new Map(
      rows.map(
        (row) => [noun.idOf(row), { row, text: JSON.stringify(row, withoutTicking) }] as const,
      ),
    );
    const changed = rows.filter((row) => {
      const id = noun.idOf(row);
      return seen.get(id)?.text !== found.get(id)?.text;
    });
    const gone = [...seen].filter(([id]) => !found.has(id)).map(([, { row }]) => row);
    if (form === 'json') {
      for (const row of changed) {
        const change = seen.has(noun.idOf(row)) ? 'changed' : 'added';
        print(JSON.stringify({ change, object: plain(row) }));
      }
      for (const row of gone) print(JSON.stringify({ change: 'removed', object: plain(row) }));
    } else if (form === 'name') {
      for (const row of [...changed, ...gone]) print(`${noun.name}/${nameOf(noun, row)}`);
    } else {
      for (const line of table.lines(changed, isFirst)) print(line);
      for (const line of table.lines(gone, false)) print(`${line}   (gone)`);
    }
    seen = found;
    await (bell?.wait(watchMs) ?? pause(watchMs));
  }
}
