import { graphql } from '../api/generated/index.js';
import { CliError } from '../errors.js';
import { findOne } from '../nouns/noun.js';
import { releases, rollouts } from '../nouns/releases.js';
import { type Form, forms } from '../output/output.js';
import { openSession, type Session } from '../session.js';
import { confirm, note, print } from '../terminal.js';
import type { Program } from './command.js';
import { follow, type Standing } from './follow.js';
import { printRows, rowsOf } from './get.js';
import { parseLength } from './lengths.js';

const RolloutStanding = graphql(`
  query RolloutStanding($id: ID!, $after: String) {
    node(id: $id) {
      ... on Rollout {
        id
        state
        reason
        detail
        events(first: 50, after: $after) {
          edges {
            node {
              at
              type
              message
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`);
const StartRollout = graphql(`
  mutation StartRollout($input: StartRolloutInput!) {
    startRollout(input: $input) {
      rollout {
        id
        state
      }
    }
  }
`);
const steps = {
  pause: graphql(`
    mutation PauseRollout($id: ID!) {
      step: pauseRollout(input: { id: $id }) {
        rollout {
          id
          state
        }
      }
    }
  `),
  resume: graphql(`
    mutation ResumeRollout($id: ID!) {
      step: resumeRollout(input: { id: $id }) {
        rollout {
          id
          state
        }
      }
    }
  `),
  abort: graphql(`
    mutation AbortRollout($id: ID!) {
      step: abortRollout(input: { id: $id }) {
        rollout {
          id
          state
        }
      }
    }
  `),
};

const ends = { COMPLETED: 'good', HALTED: 'bad', ABORTED: 'bad' } as const;
const rolloutPositional = {
  type: 'string',
  describe: 'Its id; the one under way unless said, or else the newest',
} as const;
const timeout = { type: 'string', default: '1h', describe: 'So long it is waited for' } as const;

export function rolloutCommand(program: Program): void {
  program.command('rollout', 'Releases on their way through the clusters', (it) =>
    it
      .command(
        'list',
        'List the rollouts, the newest first',
        (list) =>
          list
            .option('output', {
              alias: 'o',
              choices: forms,
              default: 'table' as Form,
              describe: 'How to print it',
            })
            .option('limit', { type: 'number', default: 50, describe: 'The most to list' }),
        async ({ output, limit, ...globals }) =>
          printRows(
            rollouts,
            await rowsOf(rollouts, await openSession(globals), undefined, limit),
            output,
          ),
      )
      .command(
        'start <release>',
        'Roll out a release; an earlier one rolls back',
        (start) =>
          start
            .positional('release', {
              type: 'string',
              demandOption: true,
              describe: 'Number or id',
            })
            .option('message', { alias: 'm', type: 'string', describe: 'Why, for the history' })
            .option('supersede', {
              type: 'boolean',
              default: false,
              describe: 'Abort the rollout that is under way, and those that wait',
            })
            .option('wait', {
              type: 'boolean',
              default: false,
              describe: 'Tell how it goes, until it is through or halts',
            })
            .option('timeout', timeout),
        async ({ release, message, supersede, wait, timeout, ...globals }) => {
          const timeoutMs = parseLength(timeout);
          const session = await openSession(globals);
          const row = await findOne(releases, session, release.replace(/^#/, ''));
          const { id: meshId } = await session.mesh();
          const input = { meshId, releaseId: releases.idOf(row), message, supersede };
          const { rollout } = (await session.api.ask(StartRollout, { input })).startRollout;
          if (!rollout) {
            note('it runs everywhere already');
            return;
          }
          print(`rollout ${rollout.id} ${rollout.state}`);
          if (wait) await followRollout(session, rollout.id, timeoutMs);
        },
      )
      .command(
        'watch [rollout]',
        'Tell how a rollout goes, until it is through or halts',
        (watch) => watch.positional('rollout', rolloutPositional).option('timeout', timeout),
        async ({ rollout, timeout, ...globals }) => {
          const session = await openSession(globals);
          await followRollout(session, await rolloutId(session, rollout), parseLength(timeout));
        },
      )
      .command(
        'pause [rollout]',
        'Hold it; clusters keep what they have',
        (pause) => pause.positional('rollout', rolloutPositional),
        ({ rollout, ...globals }) => step('pause', rollout, globals),
      )
      .command(
        'resume [rollout]',
        'Go on with one that is paused or halted; what was refused is tried once more',
        (resume) => resume.positional('rollout', rolloutPositional),
        ({ rollout, ...globals }) => step('resume', rollout, globals),
      )
      .command(
        'abort [rollout]',
        'End it where it is; clusters that have the release keep it',
        (abort) =>
          abort.positional('rollout', rolloutPositional).option('yes', {
            alias: 'y',
            type: 'boolean',
            default: false,
            describe: 'Do not ask first',
          }),
        async ({ rollout, yes, ...globals }) => {
          await confirm('Abort the rollout? Clusters that have the release keep it.', yes);
          await step('abort', rollout, globals);
        },
      )
      .demandCommand(1, 'say list, start, watch, pause, resume or abort'),
  );
}

/** Tells how a rollout goes, until it ends or halts. */
export function followRollout(session: Session, id: string, timeoutMs: number): Promise<void> {
  return follow(session, {
    noun: 'rollout',
    ends,
    timeoutMs,
    read: async (after) => {
      const { node } = await session.api.ask(RolloutStanding, { id, after });
      return node as Standing | null;
    },
  });
}

async function step(
  name: keyof typeof steps,
  ref: string | undefined,
  globals: Parameters<typeof openSession>[0],
): Promise<void> {
  const session = await openSession(globals);
  const id = await rolloutId(session, ref);
  const { rollout } = (await session.api.ask(steps[name], { id })).step;
  print(`rollout ${rollout.id} ${rollout.state}`);
}

async function rolloutId(session: Session, ref: string | undefined): Promise<string> {
  if (ref !== undefined) return rollouts.idOf(await findOne(rollouts, session, ref));
  let newest: string | undefined;
  for (const row of await rowsOf(rollouts, session, undefined, 50)) {
    const { id, state } = row as { readonly id: string; readonly state: string };
    if (['RUNNING', 'PAUSED', 'HALTED'].includes(state)) return id;
    newest ??= id;
  }
  if (newest === undefined) throw new CliError('NOT_FOUND', 'there is no rollout yet');
  return newest;
}
