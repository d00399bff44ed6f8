import { graphql } from '../api/generated/index.js';
import { usageError } from '../errors.js';
import { findOne, nameOf } from '../nouns/noun.js';
import { tokens } from '../nouns/organization.js';
import { printData } from '../output/output.js';
import { openSession } from '../session.js';
import { confirm, note, print } from '../terminal.js';
import { RevokeApiToken } from './apply.js';
import type { Program } from './command.js';
import { parseLength } from './lengths.js';

const CreateApiToken = graphql(`
  mutation CreateApiToken($input: CreateApiTokenInput!) {
    createApiToken(input: $input) {
      secret
      apiToken {
        id
        name
        role
        namespaces
        expiresAt
      }
    }
  }
`);

export function tokenCommand(program: Program): void {
  program.command('token', 'API tokens, by which programs act', (it) =>
    it
      .command(
        'create <name>',
        'Make an API token, and print its secret, which is shown this once',
        (create) =>
          create
            .positional('name', {
              type: 'string',
              demandOption: true,
              describe: 'What it is for, such as ci',
            })
            .option('role', {
              choices: ['viewer', 'operator', 'admin', 'owner'] as const,
              default: 'operator' as const,
              describe: 'At most your own',
            })
            .option('expires', {
              type: 'string',
              default: '90d',
              describe: 'After how long it ends, a year at most',
            })
            .option('namespace', {
              type: 'string',
              array: true,
              default: [] as string[],
              describe: 'Of Kubernetes, whose configuration it may change; all unless said',
            })
            .option('output', {
              alias: 'o',
              choices: ['text', 'json', 'yaml'] as const,
              default: 'text',
              describe: 'How to print it',
            }),
        async ({ name, role, expires, namespace, output, ...globals }) => {
          const session = await openSession(globals);
          const expiresAt = new Date(Date.now() + parseLength(expires)).toISOString();
          const input = { name, role: roleOf(role), expiresAt, namespaces: namespace };
          const { createApiToken } = await session.api.ask(CreateApiToken, { input });
          const { secret, apiToken } = createApiToken;
          if (output === 'json' || output === 'yaml') printData({ ...apiToken, secret }, output);
          else {
            print(secret);
            note(`token ${apiToken.name}, ${apiToken.role}, until ${apiToken.expiresAt}`);
          }
        },
      )
      .command(
        'revoke <name>',
        'End an API token at once',
        (revoke) =>
          revoke
            .positional('name', { type: 'string', demandOption: true, describe: 'Name or id' })
            .option('yes', {
              alias: 'y',
              type: 'boolean',
              default: false,
              describe: 'Do not ask first',
            }),
        async ({ name, yes, ...globals }) => {
          const session = await openSession(globals);
          const row = await findOne(tokens, session, name);
          await confirm(`Revoke the token ${nameOf(tokens, row)}?`, yes);
          await session.api.ask(RevokeApiToken, { input: { id: tokens.idOf(row) } });
          print(`token ${nameOf(tokens, row)} revoked`);
        },
      )
      .demandCommand(1, 'say create or revoke'),
  );
}

const roles = { viewer: 'VIEWER', operator: 'OPERATOR', admin: 'ADMIN', owner: 'OWNER' } as const;

function roleOf(name: string): (typeof roles)[keyof typeof roles] {
  const role = roles[name as keyof typeof roles];
  if (!role) throw usageError(`there is no role ${name}`);
  return role;
}
