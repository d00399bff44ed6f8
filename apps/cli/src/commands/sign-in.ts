import { hostname } from 'node:os';
import { Api } from '../api/api.js';
import type { ViewerQuery } from '../api/generated/graphql.js';
import { graphql } from '../api/generated/index.js';
import { CliError, usageError } from '../errors.js';
import { printData } from '../output/output.js';
import { ago } from '../output/times.js';
import { profilesPath, readProfiles, writeProfiles } from '../profiles.js';
import { type Globals, openSession, profileOf, toEndpoint, tokenOf } from '../session.js';
import { signInByBrowser } from '../sign-in/browser.js';
import { askSecret, isAttended, note, print } from '../terminal.js';
import { RevokeApiToken } from './apply.js';
import type { Program } from './command.js';

const Viewer = graphql(`
  query Viewer {
    viewer {
      user {
        id
        name
        email
      }
      apiToken {
        id
        name
        role
        namespaces
        expiresAt
      }
    }
    organization {
      id
      name
      viewerRole
    }
  }
`);

export function signInCommands(program: Program): void {
  program
    .command(
      'login',
      'Sign in by the browser, or by a token',
      (it) =>
        it
          .usage(
            '$0 login\n\nSigns in, and keeps the token in a profile. With --token (- for standard input, or to be asked) or ISTHMUS_TOKEN by that token; without by the browser, where somebody who may make API tokens authorizes this command line.',
          )
          .option('open', {
            type: 'boolean',
            default: true,
            describe: 'Open the browser; --no-open prints the address alone',
          })
          .example('$0 login --endpoint https://isthmus.example.com', '')
          .example('$0 login --token - < token.txt', ''),
      (argv) => login(argv),
    )
    .command(
      'logout',
      'Forget the token of the profile, and revoke it if signing in made it',
      (it) =>
        it.option('revoke', {
          type: 'boolean',
          describe:
            'Revoke the token; one that was handed in is not unless said. --no-revoke: forget it alone',
        }),
      (argv) => logout(argv),
    )
    .command(
      'whoami',
      'Show who you are, and where',
      (it) =>
        it.option('output', {
          alias: 'o',
          choices: ['text', 'json', 'yaml'] as const,
          default: 'text',
          describe: 'How to print it',
        }),
      (argv) => whoami(argv),
    );
}

async function login(argv: Globals & { readonly open: boolean }): Promise<void> {
  const { name, profile } = await profileOf(argv);
  const said = argv.endpoint ?? process.env.ISTHMUS_ENDPOINT ?? profile?.endpoint;
  if (!said) throw usageError('say where: isthmus login --endpoint https://isthmus.example.com');
  const endpoint = toEndpoint(said);
  warnOfPlainText(endpoint);
  const handedIn = await wantedToken(argv);
  const token = handedIn ?? (await signInByBrowser(endpoint, hostname(), argv.open));
  const api = new Api({ endpoint, token, deadlineMs: argv.deadline * 1000, note });
  const { organization } = await api.ask(Viewer, {});
  const { profiles } = await readProfiles();
  const mesh = argv.mesh ?? (profile?.endpoint === endpoint ? profile.mesh : undefined);
  const owned = handedIn === undefined ? { ownsToken: true } : {};
  const kept = { endpoint, token, ...owned, ...(mesh ? { mesh } : {}) };
  await writeProfiles({ current: name, profiles: { ...profiles, [name]: kept } });
  note(`signed in to ${organization.name} at ${endpoint} as ${organization.viewerRole}`);
  note(`profile ${name} in ${profilesPath()}`);
}

/** None where the browser is wanted. */
async function wantedToken(argv: Globals): Promise<string | undefined> {
  if (argv.token === undefined) return process.env.ISTHMUS_TOKEN || undefined;
  const token = argv.token === '-' && isAttended() ? await askSecret('API token: ') : undefined;
  const found = token ?? (await tokenOf(argv));
  if (!found) throw usageError('the token is empty');
  return found.trim();
}

function warnOfPlainText(endpoint: string): void {
  const { protocol, hostname } = new URL(endpoint);
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  if (protocol === 'http:' && !isHere) note(`warning: the token goes to ${endpoint} in clear`);
}

async function logout(argv: Globals & { readonly revoke?: boolean | undefined }): Promise<void> {
  const { name } = await profileOf(argv);
  const { current, profiles } = await readProfiles();
  const profile = profiles[name];
  if (!profile?.token) throw new CliError('UNAUTHENTICATED', `profile ${name} is not signed in`);
  const { token, ownsToken = false, ...left } = profile;
  const { endpoint } = profile;
  const isRevoked =
    (argv.revoke ?? ownsToken) &&
    (await revokeOwn(new Api({ endpoint, token, deadlineMs: argv.deadline * 1000, note })));
  await writeProfiles({ current, profiles: { ...profiles, [name]: left } });
  const fate = isRevoked ? 'its token is revoked' : 'the token is valid until it is revoked';
  note(`signed out of ${endpoint}; ${fate}`);
}

/** Whether the token ended by this, or had already. Whoever signs out is signed out here, whatever the API says. */
async function revokeOwn(api: Api): Promise<boolean> {
  try {
    const { apiToken } = (await api.ask(Viewer, {})).viewer;
    if (!apiToken) return false;
    await api.ask(RevokeApiToken, { input: { id: apiToken.id } });
    return true;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    if (['API_TOKEN_INVALID', 'API_TOKEN_EXPIRED'].includes(error.code)) return true;
    note(`the token could not be revoked: ${error.code} ${error.message}`);
    return false;
  }
}

async function whoami(argv: Globals & { readonly output: string }): Promise<void> {
  const session = await openSession(argv);
  const { viewer, organization } = await session.api.ask(Viewer, {});
  const { name } = await profileOf(argv);
  const { output } = argv;
  const { user, apiToken } = viewer;
  if (output === 'json' || output === 'yaml') {
    const { endpoint } = session;
    printData({ endpoint, profile: name, user, apiToken, organization }, output);
    return;
  }
  print(`${apiToken ? wordsOf(apiToken) : `${user?.name} <${user?.email}>`}`);
  print(`${organization.viewerRole} of ${organization.name} (${organization.id})`);
  print(`at ${session.endpoint}, profile ${name}`);
}

type Token = NonNullable<ViewerQuery['viewer']['apiToken']>;

function wordsOf({ name, namespaces, expiresAt }: Token): string {
  const where = namespaces.length > 0 ? `, in ${namespaces.join(', ')} alone` : '';
  return `API token ${name}${where}, until ${expiresAt} (${ago(expiresAt)})`;
}
