import { Alert, Anchor, Button, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { ConfigurationClustersQuery } from '../../api/generated/graphql.js';
import { graphql, useRows } from '../../api/index.js';
import {
  Empty,
  Panel,
  Rows,
  Status,
  statusTones,
  statusWords,
  type Tone,
} from '../../parts/index.js';

const ConfigurationClusters = graphql(`
  query ConfigurationClusters($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      id
      clusters(first: $first, after: $after) {
        edges {
          node {
            id
            name
            status
            configuration {
              number
              current
              objects
              stored
              accepted
              unaccepted
              live
              liveMessage
              proxies
              proxiesLive
              pending
              refused
              absent
              problems {
                object
                reason
                message
              }
            }
            drift(first: 20) {
              edges {
                node {
                  name
                }
              }
              pageInfo {
                hasNextPage
              }
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
`);

type Row = ConfigurationClustersQuery['mesh']['clusters']['edges'][number]['node'];

function stateOf({ status, configuration }: Row): readonly [Tone, string] {
  if (status !== 'CONNECTED') return [statusTones[status], statusWords[status]];
  if (!configuration || typeof configuration.number !== 'number') return ['idle', 'Nothing to run'];
  const { current, pending, refused, unaccepted, live } = configuration;
  if (refused + unaccepted > 0 || live === 'REFUSED') return ['bad', 'Refused'];
  if (!current) return ['busy', 'Told, not answered'];
  if (pending > 0 || live === 'PENDING') return ['busy', 'Being written'];
  return live === 'YES' ? ['ok', 'Live'] : ['ok', 'Stored'];
}

function liveOf(row: Row): string {
  const { configuration } = row;
  if (!configuration) return '—';
  if (configuration.live === 'UNKNOWN') return 'unknown';
  return `${configuration.proxiesLive} of ${configuration.proxies} proxies`;
}

/** How far each cluster has come with what the mesh runs, and what was refused. */
export function ClusterList({ meshId, base }: { readonly meshId: string; readonly base: string }) {
  const rows = useRows(ConfigurationClusters, { meshId }, (data) => data.mesh.clusters);
  const driftOf = ({ drift }: Row): number => drift.edges.length;
  return (
    <Panel title="Clusters">
      <Rows
        label="Clusters"
        of={rows}
        keyOf={({ id }) => id}
        columns={[
          {
            key: 'name',
            title: 'Cluster',
            width: 'minmax(130px, 1.4fr)',
            value: ({ name }) => name,
            cell: ({ name }) => name,
          },
          {
            key: 'release',
            title: 'Release',
            width: '80px',
            value: ({ configuration }) => configuration?.number,
            cell: ({ configuration }) =>
              typeof configuration?.number === 'number' ? (
                <Anchor component={Link} to={`${base}/releases/${configuration.number}`} size="sm">
                  {configuration.number}
                </Anchor>
              ) : (
                'none'
              ),
          },
          {
            key: 'state',
            title: 'State',
            width: 'minmax(150px, 1.4fr)',
            value: (row) => stateOf(row)[1],
            cell: (row) => {
              const [tone, word] = stateOf(row);
              return <Status tone={tone}>{word}</Status>;
            },
          },
          {
            key: 'stored',
            title: 'Stored',
            value: ({ configuration }) => configuration?.stored,
            cell: ({ configuration }) =>
              configuration ? `${configuration.stored} of ${configuration.objects}` : '—',
          },
          {
            key: 'accepted',
            title: 'Accepted',
            width: '90px',
            value: ({ configuration }) => configuration?.accepted,
            cell: ({ configuration }) => configuration?.accepted ?? '—',
          },
          { key: 'live', title: 'Live', width: 'minmax(120px, 1fr)', value: liveOf, cell: liveOf },
          {
            key: 'pending',
            title: 'Pending',
            width: '90px',
            value: ({ configuration }) => configuration?.pending,
            cell: ({ configuration }) =>
              configuration
                ? `${configuration.pending}${configuration.absent > 0 ? `, ${configuration.absent} without namespace` : ''}`
                : '—',
          },
          {
            key: 'refused',
            title: 'Refused',
            width: '90px',
            value: ({ configuration }) =>
              (configuration?.refused ?? 0) + (configuration?.unaccepted ?? 0),
            cell: ({ configuration }) =>
              configuration ? configuration.refused + configuration.unaccepted : '—',
          },
          {
            key: 'drift',
            title: 'Drift',
            width: '80px',
            value: driftOf,
            cell: (row) => {
              const number = driftOf(row);
              if (number === 0) return 'none';
              return (
                <Anchor
                  component={Link}
                  to={`${base}/drift?cluster=${encodeURIComponent(row.name)}`}
                  size="sm"
                >
                  {number}
                  {row.drift.pageInfo.hasNextPage && '+'}
                </Anchor>
              );
            },
          },
        ]}
        empty={
          <Empty
            title="No cluster has joined"
            action={
              <Button component={Link} to={`/meshes/${meshId}/fleet`} variant="default">
                To the fleet
              </Button>
            }
          >
            A cluster gets what the mesh runs as soon as its agent joins.
          </Empty>
        }
      />
      <Refusals rows={rows.rows} />
    </Panel>
  );
}

/** Why objects were refused, in the words of whoever refused them. */
function Refusals({ rows }: { readonly rows: readonly Row[] }) {
  const said = rows.flatMap(({ name, configuration }) => [
    ...(configuration?.problems ?? []).map((problem) => ({ cluster: name, ...problem })),
    ...(configuration?.live === 'REFUSED'
      ? [
          {
            cluster: name,
            object: 'a proxy',
            reason: 'ProxiesRefused',
            message: configuration.liveMessage ?? '',
          },
        ]
      : []),
  ]);
  if (said.length === 0) return null;
  return (
    <Stack gap={6} mt="md">
      {said.slice(0, 50).map(({ cluster, object, reason, message }) => (
        <Alert
          key={`${cluster} ${object} ${reason}`}
          color="red"
          icon={<IconAlertTriangle />}
          title={cluster}
        >
          <Text size="sm" className="break">
            {object}: {reason}: {message}
          </Text>
        </Alert>
      ))}
    </Stack>
  );
}
