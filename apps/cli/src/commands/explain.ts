import type { ExplainQuery, LinkState } from '../api/generated/graphql.js';
import { graphql } from '../api/generated/index.js';
import { exits, usageError } from '../errors.js';
import { clusters } from '../nouns/clusters.js';
import { findOne } from '../nouns/noun.js';
import { printData } from '../output/output.js';
import { openSession } from '../session.js';
import { paint, print } from '../terminal.js';
import type { Program } from './command.js';

const Explain = graphql(`
  query Explain(
    $meshId: ID!
    $fromClusterId: ID!
    $fromNamespace: String!
    $fromServiceAccount: String
    $host: String!
    $port: Int
  ) {
    reachability(
      meshId: $meshId
      fromClusterId: $fromClusterId
      fromNamespace: $fromNamespace
      fromServiceAccount: $fromServiceAccount
      host: $host
      port: $port
    ) {
      state
      host
      broken {
        ...StepParts
      }
      steps {
        ...StepParts
      }
      routes {
        clusterName
        network
        local
        state
        steps {
          ...StepParts
        }
      }
    }
  }
  fragment StepParts on ReachabilityStep {
    link
    state
    clusterName
    reason
    message
    remedy
    evidence
  }
`);

type Answer = ExplainQuery['reachability'];

const tones: Readonly<Record<LinkState, 'good' | 'bad' | 'busy' | 'faint'>> = {
  OK: 'good',
  BROKEN: 'bad',
  UNKNOWN: 'busy',
  SKIPPED: 'faint',
};

export function explainCommand(program: Program): void {
  program.command(
    'explain <from> <to>',
    'Say why a caller cannot reach a service, if it cannot',
    (it) =>
      it
        .usage(
          '$0 explain <from> <to>\n\nWalk a call link by link, by what clusters report and what they are to run; no call is made. Ends with 1 where the service cannot be reached.',
        )
        .positional('from', {
          type: 'string',
          demandOption: true,
          describe: 'The caller, as cluster/namespace or cluster/namespace/service-account',
        })
        .positional('to', {
          type: 'string',
          demandOption: true,
          describe: 'namespace/name or a host, with :port where one is meant',
        })
        .option('output', {
          alias: 'o',
          choices: ['text', 'json', 'yaml'] as const,
          default: 'text',
          describe: 'How to print it',
        })
        .example('$0 explain onprem/shop/web shop/payments:80', ''),
    async ({ from, to, output, ...globals }) => {
      const [cluster = '', fromNamespace = '', account, ...more] = from.split('/');
      if (!cluster || !fromNamespace || more.length > 0) {
        throw usageError(`${from} is no caller; write it as cluster/namespace/service-account`);
      }
      const target = toTarget(to);
      const session = await openSession(globals);
      const { reachability } = await session.api.ask(Explain, {
        meshId: (await session.mesh()).id,
        fromClusterId: clusters.idOf(await findOne(clusters, session, cluster)),
        fromNamespace,
        ...(account ? { fromServiceAccount: account } : {}),
        ...target,
      });
      if (output === 'json' || output === 'yaml') printData(reachability, output);
      else print(inWords(reachability, from).join('\n'));
      if (reachability.state === 'BROKEN') process.exitCode = exits.no;
    },
  );
}

function toTarget(to: string): { host: string; port?: number } {
  const [, host = '', port] = /^([^:]+)(?::(\d+))?$/.exec(to) ?? [];
  if (!host) throw usageError(`${to} is no service; write it as namespace/name:port`);
  return { host, ...(port ? { port: Number(port) } : {}) };
}

const verdicts: Readonly<Record<LinkState, string>> = {
  OK: 'can be reached',
  BROKEN: 'cannot be reached',
  UNKNOWN: 'may be reached: the plane cannot see all that decides on it',
  SKIPPED: 'was not looked at',
};

function inWords({ state, host, broken, steps, routes }: Answer, from: string): string[] {
  const verdict = `${host} ${verdicts[state]} from ${from}`;
  return [
    paint(tones[state], verdict),
    ...(broken ? [`  ${broken.message}`, ...remedyOf(broken.remedy)] : []),
    ...section('Before a route is chosen', steps),
    ...routes.flatMap(({ clusterName, network, local, state, steps }) => [
      '',
      `Route to ${clusterName} (${local ? 'the same cluster' : network}): ${paint(tones[state], state)}`,
      ...steps.flatMap(stepLines),
    ]),
  ];
}

function section(title: string, steps: Answer['steps']): string[] {
  return steps.length === 0 ? [] : ['', title, ...steps.flatMap(stepLines)];
}

function stepLines({ link, state, reason, message, remedy }: Answer['steps'][number]): string[] {
  const head = `  ${paint(tones[state], state.padEnd(7))}  ${link.padEnd(9)}  `;
  return [
    `${head}${message}${reason ? ` (${reason})` : ''}`,
    ...(state === 'BROKEN' ? remedyOf(remedy).map((line) => `${' '.repeat(20)}${line}`) : []),
  ];
}

function remedyOf(remedy: string | null): string[] {
  return remedy ? [`  → ${remedy}`] : [];
}
