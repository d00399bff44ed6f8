import { usageError } from '../errors.js';
import { eventsOf } from '../nouns/events.js';
import type { Noun } from '../nouns/noun.js';
import { type Form, forms, isData, printData } from '../output/output.js';
import { plain } from '../output/plain.js';
import { openSession, type Session } from '../session.js';
import { note, print } from '../terminal.js';
import type { Program } from './command.js';
import { tableOf, watchMs } from './get.js';

/** Of those already told, as many are looked through for one that came late. */
const lookBack = 50;
/** More than these are not kept in mind: none of them would be reached. */
const mostTold = 1000;

export function eventsCommand(program: Program): void {
  program.command(
    'events',
    'Tell what happened in the mesh',
    (it) =>
      it
        .usage(
          '$0 events\n\nTell what happened in the mesh in the last 30 days: the newest events, in the order in which they happened.',
        )
        .option('type', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'Types, such as rollout.halted, or kinds, such as cluster; all unless said',
        })
        .option('output', {
          alias: 'o',
          choices: forms,
          default: 'table' as Form,
          describe: 'How to print it',
        })
        .option('limit', { type: 'number', default: 50, describe: 'The most to tell' })
        .option('watch', {
          alias: 'w',
          type: 'boolean',
          default: false,
          describe: 'Go on, and tell what happens',
        })
        .example('$0 events --type cluster,rollout.halted', '')
        .example('$0 events --watch -o json', ''),
    async ({ type, output, limit, watch, ...globals }) => {
      if (!(Number.isInteger(limit) && limit > 0)) {
        throw usageError('--limit is a number, 1 or more');
      }
      if (watch && output === 'yaml') throw usageError('--watch prints a table, names, or JSON');
      const events = eventsOf(type.flatMap((it) => it.split(',')).filter(Boolean));
      const session = await openSession(globals);
      if (watch) await tell(events, session, output, limit);
      else {
        const rows = await newest(events, session, limit);
        if (isData(output)) printData(rows, output);
        else if (rows.length === 0) note('nothing has happened yet');
        else printLines(events, rows, output, tableOf(events, output).lines(rows));
      }
    },
  );
}

/** In the order in which they happened. */
async function newest(events: Noun, session: Session, limit: number): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of events.rows(session)) {
    rows.push(row);
    if (rows.length === limit) break;
  }
  return rows.reverse();
}

/** Until the process is ended. Events are told once each, also those that are stored late. */
async function tell(events: Noun, session: Session, form: Form, limit: number): Promise<void> {
  process.once('SIGINT', () => process.exit(0));
  const table = tableOf(events, form);
  const bell = await session.bell();
  const first = await newest(events, session, limit);
  const told = new Set(first.map(events.idOf));
  // What is older was not asked for. Ids are in the order of time.
  const oldest = first.length === limit ? events.idOf(first[0]) : '';
  for (let rows = first, isFirst = true; ; isFirst = false) {
    if (form === 'json') for (const row of rows) print(JSON.stringify(plain(row)));
    else printLines(events, rows, form, table.lines(rows, isFirst));
    await bell.wait(watchMs);
    rows = [];
    let known = 0;
    for await (const row of events.rows(session)) {
      const id = events.idOf(row);
      if (id < oldest || known === lookBack) break;
      if (told.has(id)) known += 1;
      else rows.unshift(row);
    }
    for (const row of rows) told.add(events.idOf(row));
    for (const id of told) {
      if (told.size <= limit + mostTold) break;
      told.delete(id);
    }
  }
}

function printLines(events: Noun, rows: readonly unknown[], form: Form, lines: string[]): void {
  const said = form === 'name' ? rows.map((row) => `events/${events.idOf(row)}`) : lines;
  for (const line of said) print(line);
}
