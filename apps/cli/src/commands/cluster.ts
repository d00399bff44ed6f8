import { graphql } from '../api/generated/index.js';
import { CliError, usageError } from '../errors.js';
import { clusters } from '../nouns/clusters.js';
import { findOne } from '../nouns/noun.js';
import { printData } from '../output/output.js';
import { openSession, type Session } from '../session.js';
import { note, print } from '../terminal.js';
import type { Program } from './command.js';

const CreateJoinToken = graphql(`
  mutation CreateJoinToken($input: CreateJoinTokenInput!) {
    createJoinToken(input: $input) {
      helmCommand
      joinToken {
        secret
        expiresAt
      }
      cluster {
        id
        name
      }
    }
  }
`);
const RegisterAndJoin = graphql(`
  mutation RegisterAndJoin($input: RegisterClusterInput!) {
    registerCluster(input: $input) {
      helmCommand
      joinToken {
        secret
        expiresAt
      }
      cluster {
        id
        name
      }
    }
  }
`);

const ChangeCluster = graphql(`
  mutation ChangeCluster($input: UpdateClusterInput!) {
    updateCluster(input: $input) {
      cluster {
        ...ClusterRow
      }
    }
  }
`);

interface Place {
  readonly network?: string | undefined;
  readonly locality?: string | undefined;
  readonly cidr: readonly string[];
  readonly label: readonly string[];
}

export function clusterCommand(program: Program): void {
  program.command('cluster', 'Clusters of the mesh', (it) =>
    it
      .command(
        'join <name>',
        'Make a join token, and print the Helm command that has the cluster join',
        (join) =>
          join
            .usage(
              '$0 cluster join <name>\n\nMakes a join token, and prints the Helm command to run with the kubeconfig of the cluster. Earlier join tokens are void. A cluster that is not registered yet is, with --network and --locality.',
            )
            .positional('name', { type: 'string', demandOption: true, describe: 'Name or id' })
            .option('network', {
              type: 'string',
              describe: 'Of a new cluster; within one, workloads reach each other directly',
            })
            .option('locality', {
              type: 'string',
              describe: 'Of a new cluster: region or region/zone',
            })
            .option('cidr', {
              type: 'string',
              array: true,
              default: [] as string[],
              describe: 'Of a new cluster: what its endpoint addresses must lie in',
            })
            .option('label', {
              type: 'string',
              array: true,
              default: [] as string[],
              describe: 'Of a new cluster, as key=value',
            })
            .option('output', {
              alias: 'o',
              choices: ['text', 'json', 'yaml'] as const,
              default: 'text',
              describe: 'How to print it',
            })
            .example('eval "$($0 cluster join berlin)"', ''),
        async ({ name, network, locality, cidr, label, output, ...globals }) => {
          const session = await openSession(globals);
          const joined = await join(session, name, { network, locality, cidr, label });
          if (output === 'json' || output === 'yaml') printData(joined, output);
          else {
            print(joined.helmCommand);
            note(`the token works once, until ${joined.joinToken.expiresAt}`);
          }
        },
      )
      .command(
        'update <name>',
        'Change where a cluster is, or its labels',
        (update) =>
          update
            .usage(
              '$0 cluster update <name>\n\nChanges what is said of a cluster, and leaves the rest. In another network it has other neighbours: its agent labels istio-system anew; relabel its east-west gateways yourself.',
            )
            .positional('name', { type: 'string', demandOption: true, describe: 'Name or id' })
            .option('network', {
              type: 'string',
              describe: 'Within one, workloads reach each other directly',
            })
            .option('locality', { type: 'string', describe: 'Region or region/zone' })
            .option('cidr', {
              type: 'string',
              array: true,
              describe:
                'What its endpoint addresses must lie in, in place of what it has; --no-cidr: anywhere',
            })
            .option('label', {
              type: 'string',
              array: true,
              describe: 'As key=value, in place of those that it has; --no-label: none',
            })
            .option('output', {
              alias: 'o',
              choices: ['text', 'json', 'yaml'] as const,
              default: 'text',
              describe: 'How to print it',
            })
            .example('$0 cluster update berlin --locality eu-central/b', ''),
        async ({ name, network, locality, cidr, label, output, ...globals }) => {
          const change = {
            ...(network !== undefined && { network }),
            ...(locality !== undefined && { locality }),
            ...(cidr !== undefined && { cidrs: given(cidr) }),
            ...(label !== undefined && { labels: given(label).map(toLabel) }),
          };
          if (Object.keys(change).length === 0) {
            throw usageError('say what to change: --network, --locality, --cidr or --label');
          }
          const session = await openSession(globals);
          const clusterId = clusters.idOf(await findOne(clusters, session, name));
          const input = { clusterId, ...change };
          const { cluster } = (await session.api.ask(ChangeCluster, { input })).updateCluster;
          if (output === 'json' || output === 'yaml') printData(cluster, output);
          else print(`cluster ${cluster.name} updated`);
        },
      )
      .demandCommand(1, 'say join or update'),
  );
}

async function join(session: Session, name: string, place: Place) {
  try {
    const clusterId = clusters.idOf(await findOne(clusters, session, name));
    const { createJoinToken } = await session.api.ask(CreateJoinToken, { input: { clusterId } });
    return createJoinToken;
  } catch (error) {
    const isNew = error instanceof CliError && error.code === 'NOT_FOUND';
    const { network, locality, cidr, label } = place;
    if (!isNew || network === undefined || locality === undefined) throw error;
    const input = {
      meshId: (await session.mesh()).id,
      name,
      network,
      locality,
      cidrs: [...cidr],
      labels: label.map(toLabel),
    };
    return (await session.api.ask(RegisterAndJoin, { input })).registerCluster;
  }
}

/** Of a list that `--no-…` empties. */
function given(values: readonly unknown[]): string[] {
  return values.filter((it) => it !== false).map(String);
}

function toLabel(text: string): { key: string; value: string } {
  const [, key = '', value = ''] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (!key) throw usageError(`${text} is no label; write it as key=value`);
  return { key, value };
}
