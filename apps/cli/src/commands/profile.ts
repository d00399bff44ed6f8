import { CliError } from '../errors.js';
import { type Form, isData, printData } from '../output/output.js';
import { Table } from '../output/table.js';
import { readProfiles, writeProfiles } from '../profiles.js';
import { note, print } from '../terminal.js';
import type { Program } from './command.js';

interface Row {
  readonly name: string;
  readonly isCurrent: boolean;
  readonly endpoint: string;
  readonly mesh: string | null;
  readonly isSignedIn: boolean;
}

const table = new Table<Row>([
  { title: 'CURRENT', cell: ({ isCurrent }) => (isCurrent ? '*' : ' ') },
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'ENDPOINT', cell: ({ endpoint }) => endpoint },
  { title: 'MESH', cell: ({ mesh }) => mesh },
  { title: 'SIGNED IN', cell: ({ isSignedIn }) => (isSignedIn ? 'yes' : 'no') },
]);

export function profileCommand(program: Program): void {
  program.command('profile', 'Where you are signed in', (it) =>
    it
      .command(
        'list',
        'List the profiles, without their tokens',
        (list) =>
          list.option('output', {
            alias: 'o',
            choices: ['table', 'json', 'yaml', 'name'] as const,
            default: 'table' as Form,
            describe: 'How to print it',
          }),
        async ({ output }) => {
          const { current, profiles } = await readProfiles();
          const rows = Object.entries(profiles).map(([name, { endpoint, mesh, token }]) => ({
            name,
            isCurrent: name === current,
            endpoint,
            mesh: mesh ?? null,
            isSignedIn: token !== undefined,
          }));
          if (isData(output)) printData(rows, output);
          else if (output === 'name') print(rows.map(({ name }) => name).join('\n'));
          else if (rows.length === 0) note('no profiles; isthmus login makes one');
          else print(table.lines(rows).join('\n'));
        },
      )
      .command(
        'use <name>',
        'Take a profile from now on; with --mesh, that mesh in it',
        (use) =>
          use.positional('name', { type: 'string', demandOption: true, describe: 'Its name' }),
        async ({ name, mesh }) => {
          const { profiles } = await readProfiles();
          const profile = profiles[name];
          if (!profile) throw missing(name);
          const changed = mesh === undefined ? profile : { ...profile, mesh };
          await writeProfiles({ current: name, profiles: { ...profiles, [name]: changed } });
          note(`profile ${name} (${profile.endpoint})`);
        },
      )
      .command(
        'remove <name>',
        'Forget a profile and its token, which stays valid until it is revoked',
        (remove) =>
          remove.positional('name', { type: 'string', demandOption: true, describe: 'Its name' }),
        async ({ name }) => {
          const { current, profiles } = await readProfiles();
          if (!profiles[name]) throw missing(name);
          const { [name]: _, ...left } = profiles;
          const next = current === name ? (Object.keys(left)[0] ?? 'default') : current;
          await writeProfiles({ current: next, profiles: left });
          note(`profile ${name} is forgotten`);
        },
      )
      .demandCommand(1, 'say list, use or remove'),
  );
}

function missing(name: string): CliError {
  return new CliError('NOT_FOUND', `there is no profile ${name}; isthmus profile list shows them`);
}
