import { stringify } from 'yaml';
import { graphql } from '../api/generated/index.js';
import { apiVersion } from '../documents/document.js';
import { CliError } from '../errors.js';
import { clusters } from '../nouns/clusters.js';
import { findOne } from '../nouns/noun.js';
import { upgrades } from '../nouns/upgrades.js';
import { type Form, forms, printData } from '../output/output.js';
import { lengthOf } from '../output/times.js';
import { openSession, type Session } from '../session.js';
import { confirm, note, paint, print } from '../terminal.js';
import type { Program } from './command.js';
import { follow, type Standing } from './follow.js';
import { printRows, rowsOf } from './get.js';
import { parseLength } from './lengths.js';

const PlanUpgrade = graphql(`
  mutation PlanUpgrade($input: PlanUpgradeInput!) {
    planUpgrade(input: $input) {
      upgrade {
        id
        toVersion
        state
        waveCount
        estimate {
          secondsLeft
        }
        findings {
          severity
          code
          message
          remedy
          object
          cluster {
            name
          }
        }
        clusters(first: 200) {
          edges {
            node {
              wave
              cluster {
                name
              }
              hops {
                from
                to
              }
            }
          }
        }
      }
    }
  }
`);
const UpgradeStanding = graphql(`
  query UpgradeStanding($id: ID!, $after: String) {
    node(id: $id) {
      ... on Upgrade {
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
              cluster {
                name
              }
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
const UpgradeSettings = graphql(`
  query UpgradeSettings($id: ID!) {
    mesh(id: $id) {
      name
      upgradeSettings {
        ...UpgradeSettingsParts
      }
    }
  }
`);
const StartUpgrade = graphql(`
  mutation StartUpgrade($input: StartUpgradeInput!) {
    step: startUpgrade(input: $input) {
      upgrade {
        ...UpgradeState
      }
    }
  }
  fragment UpgradeState on Upgrade {
    id
    state
  }
`);
const RejectUpgrade = graphql(`
  mutation RejectUpgrade($input: RejectUpgradeInput!) {
    step: rejectUpgrade(input: $input) {
      upgrade {
        ...UpgradeState
      }
    }
  }
`);
const steps = {
  approve: graphql(`
    mutation ApproveUpgrade($upgradeId: ID!) {
      step: approveUpgrade(input: { upgradeId: $upgradeId }) {
        upgrade {
          ...UpgradeState
        }
      }
    }
  `),
  pause: graphql(`
    mutation PauseUpgrade($upgradeId: ID!) {
      step: pauseUpgrade(input: { upgradeId: $upgradeId }) {
        upgrade {
          ...UpgradeState
        }
      }
    }
  `),
  resume: graphql(`
    mutation ResumeUpgrade($upgradeId: ID!) {
      step: resumeUpgrade(input: { upgradeId: $upgradeId }) {
        upgrade {
          ...UpgradeState
        }
      }
    }
  `),
  abort: graphql(`
    mutation AbortUpgrade($upgradeId: ID!) {
      step: abortUpgrade(input: { upgradeId: $upgradeId }) {
        upgrade {
          ...UpgradeState
        }
      }
    }
  `),
  'roll-back': graphql(`
    mutation RollBackUpgrade($upgradeId: ID!) {
      step: rollBackUpgrade(input: { upgradeId: $upgradeId }) {
        upgrade {
          ...UpgradeState
        }
      }
    }
  `),
};
const clusterSteps = {
  retry: graphql(`
    mutation RetryUpgradeCluster($upgradeId: ID!, $clusterId: ID!) {
      step: retryUpgradeCluster(input: { upgradeId: $upgradeId, clusterId: $clusterId }) {
        upgrade {
          ...UpgradeState
        }
      }
    }
  `),
  skip: graphql(`
    mutation SkipUpgradeCluster($upgradeId: ID!, $clusterId: ID!) {
      step: skipUpgradeCluster(input: { upgradeId: $upgradeId, clusterId: $clusterId }) {
        upgrade {
          ...UpgradeState
        }
      }
    }
  `),
};

const ends = {
  COMPLETED: 'good',
  HALTED: 'bad',
  ABORTED: 'bad',
  REJECTED: 'bad',
  ROLLED_BACK: 'bad',
} as const;
const upgradePositional = {
  type: 'string',
  describe: 'Its id; the newest one that is not over unless said, or else the newest',
} as const;
const yes = { alias: 'y', type: 'boolean', default: false, describe: 'Do not ask first' } as const;

type Globals = Parameters<typeof openSession>[0];

/** Those that take nothing but the upgrade. */
const plainSteps = [
  ['approve', 'Approve it, and have it begin; by somebody else than whoever planned it', ''],
  ['pause', 'Hold it; what restarts already finishes', ''],
  ['resume', 'Go on with one that is paused or halted; clusters that went back begin anew', ''],
  ['abort', 'End it where it is', 'Abort the upgrade? Clusters in the middle keep both revisions.'],
  [
    'roll-back',
    'Take every cluster that it has touched back to the revision it had',
    'Roll back the upgrade? Workloads of every cluster that it has touched restart.',
  ],
] as const;

export function upgradeCommand(program: Program): void {
  program.command('upgrade', 'Upgrades of Istio', (it) => {
    let group = it
      .command(
        'list',
        'List the upgrades, the newest first',
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
            upgrades,
            await rowsOf(upgrades, await openSession(globals), undefined, limit),
            output,
          ),
      )
      .command(
        'plan <istio>',
        'Plan an upgrade: what it would do, and what is in its way; changes no cluster',
        (plan) =>
          plan
            .positional('istio', {
              type: 'string',
              demandOption: true,
              describe: 'Of Istio, such as 1.30.3; isthmus get istio-versions lists them',
            })
            .option('cluster', {
              type: 'string',
              array: true,
              default: [] as string[],
              describe: 'Name or id; all clusters unless said',
            })
            .option('selector', {
              alias: 'l',
              type: 'string',
              describe: 'Label selector over clusters, as Kubernetes writes it',
            })
            .option('message', { alias: 'm', type: 'string', describe: 'Why, for the history' })
            .option('output', {
              alias: 'o',
              choices: ['text', 'json', 'yaml'] as const,
              default: 'text',
              describe: 'How to print it',
            }),
        (argv) => plan(argv),
      )
      .command(
        'start [upgrade]',
        'Begin, or ask for an approval where the mesh wants one',
        (start) =>
          start.positional('upgrade', upgradePositional).option('skip-blocked', {
            type: 'boolean',
            default: false,
            describe: 'Begin without the clusters that something blocks',
          }),
        async ({ upgrade, skipBlocked, ...globals }) => {
          const session = await openSession(globals);
          const input = { upgradeId: await upgradeId(session, upgrade), skipBlocked };
          show((await session.api.ask(StartUpgrade, { input })).step.upgrade);
        },
      )
      .command(
        'reject [upgrade]',
        'End it before it begins; by somebody else than whoever planned it',
        (reject) =>
          reject
            .positional('upgrade', upgradePositional)
            .option('message', { alias: 'm', type: 'string', describe: 'Why, for the history' }),
        async ({ upgrade, message, ...globals }) => {
          const session = await openSession(globals);
          const input = { upgradeId: await upgradeId(session, upgrade), message };
          show((await session.api.ask(RejectUpgrade, { input })).step.upgrade);
        },
      );
    for (const [name, about, question] of plainSteps) {
      group = group.command(
        `${name} [upgrade]`,
        about,
        (builder) => {
          const positional = builder.positional('upgrade', upgradePositional);
          return question ? positional.option('yes', yes) : positional;
        },
        async (argv) => {
          const { upgrade, yes, ...globals } = argv as Globals & {
            readonly upgrade?: string;
            readonly yes?: boolean;
          };
          if (question) await confirm(question, yes ?? false);
          const session = await openSession(globals);
          const upgradeIdToStep = await upgradeId(session, upgrade);
          const answer = await session.api.ask(steps[name], { upgradeId: upgradeIdToStep });
          show(answer.step.upgrade);
        },
      ) as typeof group;
    }
    return group
      .command(
        'retry <cluster>',
        'Have a cluster that went back begin anew, and the upgrade go on',
        (retry) => withCluster(retry),
        (argv) => clusterStep('retry', argv),
      )
      .command(
        'skip <cluster>',
        'Leave out a cluster that has not begun, or went back, and have the rest go on',
        (skip) => withCluster(skip),
        (argv) => clusterStep('skip', argv),
      )
      .command(
        'watch [upgrade]',
        'Tell how an upgrade goes, until it is through or halts',
        (watch) =>
          watch.positional('upgrade', upgradePositional).option('timeout', {
            type: 'string',
            default: '1d',
            describe: 'So long it is waited for',
          }),
        async ({ upgrade, timeout, ...globals }) => {
          const session = await openSession(globals);
          const id = await upgradeId(session, upgrade);
          await follow(session, {
            noun: 'upgrade',
            ends,
            timeoutMs: parseLength(timeout),
            read: async (after) => {
              const { node } = await session.api.ask(UpgradeStanding, { id, after });
              return node as Standing | null;
            },
          });
        },
      )
      .command(
        'settings',
        'Print how the mesh is upgraded, as a document for isthmus apply',
        (settings) => settings,
        (argv) => printSettings(argv),
      )
      .demandCommand(1, 'say what to do; isthmus upgrade --help lists it');
  });
}

function withCluster(builder: Program) {
  return builder
    .positional('cluster', { type: 'string', demandOption: true, describe: 'Name or id' })
    .option('upgrade', upgradePositional);
}

interface PlanArguments {
  readonly istio: string;
  readonly cluster: readonly string[];
  readonly selector?: string | undefined;
  readonly message?: string | undefined;
  readonly output: string;
}

async function plan(argv: PlanArguments & Globals): Promise<void> {
  const { istio: toVersion, cluster, selector, message, output, ...globals } = argv;
  const session = await openSession(globals);
  const { id: meshId } = await session.mesh();
  const clusterIds = await Promise.all(cluster.map((ref) => clusterId(session, ref)));
  const input = {
    meshId,
    toVersion,
    message,
    ...(selector ? { clusterSelector: selector } : {}),
    ...(clusterIds.length > 0 ? { clusterIds } : {}),
  };
  const { upgrade } = (await session.api.ask(PlanUpgrade, { input })).planUpgrade;
  if (output === 'json' || output === 'yaml') {
    printData(upgrade, output);
    return;
  }
  show(upgrade);
  for (const { node } of upgrade.clusters.edges) {
    const way = [node.hops[0]?.from ?? 'nothing', ...node.hops.map(({ to }) => to)].join(' → ');
    print(`  wave ${node.wave + 1}  ${node.cluster.name}  ${way}`);
  }
  for (const { severity, code, cluster, object, message, remedy } of upgrade.findings) {
    const where = [cluster?.name, object].filter(Boolean).join(' ');
    const word = severity === 'BLOCKS' ? paint('bad', severity) : severity;
    print(`${word} ${code}${where ? ` ${where}` : ''}: ${message}\n  ${remedy}`);
  }
  if (upgrade.estimate) note(`it would take about ${lengthOf(upgrade.estimate.secondsLeft)}`);
}

async function clusterStep(
  name: keyof typeof clusterSteps,
  argv: Globals & { readonly cluster: string; readonly upgrade?: string | undefined },
): Promise<void> {
  const session = await openSession(argv);
  const variables = {
    upgradeId: await upgradeId(session, argv.upgrade),
    clusterId: await clusterId(session, argv.cluster),
  };
  show((await session.api.ask(clusterSteps[name], variables)).step.upgrade);
}

async function printSettings(globals: Globals): Promise<void> {
  const session = await openSession(globals);
  const { id } = await session.mesh();
  const { name, upgradeSettings } = (await session.api.ask(UpgradeSettings, { id })).mesh;
  const { values, ...charts } = upgradeSettings.charts;
  const spec = {
    ...upgradeSettings,
    charts: { ...charts, values: JSON.parse(values || '{}') as unknown },
  };
  const document = { apiVersion, kind: 'UpgradeSettings', metadata: { name }, spec: said(spec) };
  print(stringify(document, { lineWidth: 0 }));
}

/** Without what is null, which a document leaves unsaid. */
function said(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(said);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, said(inner)]),
  );
}

function show({ id, state }: { readonly id: string; readonly state: string }): void {
  print(`upgrade ${id} ${state}`);
}

async function clusterId(session: Session, ref: string): Promise<string> {
  return clusters.idOf(await findOne(clusters, session, ref));
}

async function upgradeId(session: Session, ref: string | undefined): Promise<string> {
  if (ref !== undefined) return upgrades.idOf(await findOne(upgrades, session, ref));
  let newest: string | undefined;
  for (const row of await rowsOf(upgrades, session, undefined, 50)) {
    const { id, state } = row as { readonly id: string; readonly state: string };
    if (!(state in ends) || state === 'HALTED') return id;
    newest ??= id;
  }
  if (newest === undefined) throw new CliError('NOT_FOUND', 'there is no upgrade yet');
  return newest;
}
