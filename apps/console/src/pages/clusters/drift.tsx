import { Anchor, Skeleton, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { graphql, useRows } from '../../api/index.js';
import { counted, Diff, Empty, ErrorNote, Panel, Status, Time } from '../../parts/index.js';
import type { TabProps } from './tab.js';

const ClusterDrift = graphql(`
  query ClusterDrift($id: ID!, $first: Int, $after: String) {
    cluster(id: $id) {
      drift(first: $first, after: $after) {
        edges {
          node {
            name
            change
            outcome
            count
            managers
            diff
            seenAt
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

/** So many are shown with their differences. */
const most = 50;

/** Objects of a release that somebody else changed here. */
export default function DriftTab({ cluster, meshId }: TabProps) {
  const { rows, error, isPending } = useRows(
    ClusterDrift,
    { id: cluster.id },
    (data) => data.cluster.drift,
  );
  if (isPending && !error) return <Skeleton height={120} />;
  const all = `/meshes/${meshId}/configuration/drift?cluster=${encodeURIComponent(cluster.name)}`;
  return (
    <Stack>
      <ErrorNote error={error} />
      {rows.length === 0 && !error && (
        <Empty title="Nothing has drifted">
          Nobody but the agent has changed what the release wrote here.
        </Empty>
      )}
      {rows.length > 0 && (
        <Text size="sm">
          {counted(rows.length, 'object')} of the release {rows.length === 1 ? 'was' : 'were'}{' '}
          changed here by somebody else.{' '}
          <Anchor component={Link} to={all} inherit underline="always">
            Adopt the changes, or have them put back
          </Anchor>
        </Text>
      )}
      {rows.slice(0, most).map(({ name, change, outcome, count, managers, diff, seenAt }) => (
        <Panel key={name} title={name} className="break">
          <Stack gap="xs">
            <Text size="sm" component="div">
              <Status tone={outcome === 'REVERTED' ? 'ok' : 'warn'}>
                {change === 'DELETED' ? 'Deleted' : 'Edited'} by{' '}
                {managers.join(', ') || 'nobody named'},{' '}
                {outcome === 'REVERTED' ? 'put back' : 'left as it is'}
              </Status>{' '}
              · {counted(count, 'time')} since it was last released, last <Time at={seenAt} />
            </Text>
            <Diff diff={diff} label={`Difference of ${name}`} />
          </Stack>
        </Panel>
      ))}
      {rows.length > most && (
        <Text size="sm">
          The first {most} are shown.{' '}
          <Anchor component={Link} to={all} inherit underline="always">
            All drift of the mesh
          </Anchor>
        </Text>
      )}
    </Stack>
  );
}
