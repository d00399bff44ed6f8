import { Anchor, Button, Text } from '@mantine/core';
import { IconWebhook } from '@tabler/icons-react';
import { Link, useParams } from 'react-router';
import { graphql, useRows } from '../../api/index.js';
import {
  Empty,
  eventTone,
  eventWord,
  familyOf,
  PageHead,
  Rows,
  Status,
  Time,
} from '../../parts/index.js';

const MeshEvents = graphql(`
  query MeshEvents($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      id
      events(first: $first, after: $after) {
        edges {
          node {
            id
            type
            subjectId
            message
            at
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

/** Addresses of what events happen to, by the kind of their ids. */
const places: Readonly<Record<string, string>> = {
  cluster: 'clusters',
  rollout: 'rollouts',
  upgrade: 'upgrades',
};

/** What happened in a mesh, the newest first. */
export default function ActivityPage() {
  const { meshId = '' } = useParams();
  const rows = useRows(MeshEvents, { meshId }, ({ mesh }) => mesh.events);
  return (
    <>
      <PageHead
        title="Activity"
        about="What happened in this mesh, the newest first; kept for 30 days. Webhooks are told the same."
      >
        <Button
          component={Link}
          to="/webhooks"
          variant="default"
          leftSection={<IconWebhook size={16} stroke={1.6} aria-hidden />}
        >
          Webhooks
        </Button>
      </PageHead>
      <Rows
        label="Events"
        of={rows}
        keyOf={({ id }) => id}
        facets={[{ key: 'of', label: 'Of anything', value: ({ type }) => familyOf(type) }]}
        columns={[
          {
            key: 'type',
            title: 'What',
            width: 'minmax(190px, 1fr)',
            value: ({ type }) => `${eventWord(type)} ${type}`,
            cell: ({ type }) => (
              <span title={type}>
                <Status tone={eventTone(type)}>{eventWord(type)}</Status>
              </span>
            ),
          },
          {
            key: 'message',
            title: 'In words',
            width: 'minmax(260px, 3fr)',
            value: ({ message }) => message,
            cell: ({ message, subjectId }) => {
              const place = places[subjectId.slice(0, subjectId.indexOf('_'))];
              return place ? (
                <Anchor component={Link} to={`/meshes/${meshId}/${place}/${subjectId}`} size="sm">
                  {message}
                </Anchor>
              ) : (
                <Text size="sm">{message}</Text>
              );
            },
          },
          {
            key: 'at',
            title: 'When',
            width: 'minmax(120px, 0.7fr)',
            value: ({ at }) => Date.parse(at),
            cell: ({ at }) => <Time at={at} />,
          },
        ]}
        empty={
          <Empty title="Nothing happened yet">
            Clusters that come and go, rollouts, upgrades, trust and drift show here as they happen.
          </Empty>
        }
      />
    </>
  );
}
