import { Anchor, Button } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { graphql, useRows } from '../../api/index.js';
import {
  Actor,
  Empty,
  PageHead,
  positionOf,
  RolloutStatus,
  Rows,
  rolloutWord,
  Time,
} from '../../parts/index.js';

const Rollouts = graphql(`
  query Rollouts($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      id
      rollouts(first: $first, after: $after) {
        edges {
          node {
            id
            state
            stage
            wave
            waves {
              index
            }
            reason
            message
            createdBy
            createdAt
            finishedAt
            release {
              id
              number
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

export default function RolloutsPage() {
  const { meshId = '' } = useParams();
  const rows = useRows(Rollouts, { meshId }, (data) => data.mesh.rollouts);
  return (
    <>
      <PageHead
        title="Rollouts"
        about="Releases on their way through the clusters, wave after wave. One is under way at a time; the next ones wait."
      />
      <Rows
        label="Rollouts"
        of={rows}
        keyOf={({ id }) => id}
        facets={[{ key: 'state', label: 'Any state', value: ({ state }) => rolloutWord(state) }]}
        columns={[
          {
            key: 'message',
            title: 'Rollout',
            width: 'minmax(200px, 2.4fr)',
            value: ({ message }) => message,
            cell: ({ id, message }) => (
              <Anchor component={Link} to={id} size="sm" fw={600}>
                {message}
              </Anchor>
            ),
          },
          {
            key: 'release',
            title: 'Release',
            width: '90px',
            value: ({ release }) => release.number,
            cell: ({ release }) => (
              <Anchor
                component={Link}
                to={`/meshes/${meshId}/configuration/releases/${release.number}`}
                size="sm"
              >
                {release.number}
              </Anchor>
            ),
          },
          {
            key: 'standing',
            title: 'State',
            width: '140px',
            value: ({ state }) => rolloutWord(state),
            cell: ({ state }) => <RolloutStatus state={state} />,
          },
          {
            key: 'place',
            title: 'Place',
            width: 'minmax(150px, 1.4fr)',
            value: positionOf,
            cell: (row) => (row.reason ? `${positionOf(row)}: ${row.reason}` : positionOf(row)),
          },
          { key: 'by', title: 'By', cell: ({ createdBy }) => <Actor id={createdBy} /> },
          {
            key: 'begun',
            title: 'Asked for',
            value: ({ createdAt }) => createdAt,
            cell: ({ createdAt }) => <Time at={createdAt} />,
          },
          {
            key: 'ended',
            title: 'Ended',
            value: ({ finishedAt }) => finishedAt,
            cell: ({ finishedAt }) => (finishedAt ? <Time at={finishedAt} /> : 'not yet'),
          },
        ]}
        empty={
          <Empty
            title="No rollout yet"
            action={
              <Button component={Link} to={`/meshes/${meshId}/configuration`}>
                To the configuration
              </Button>
            }
          >
            A release that is rolled out is followed here.
          </Empty>
        }
      />
    </>
  );
}
