import { Stack, Text } from '@mantine/core';
import { graphql, noRows, useRows } from '../../api/index.js';
import { Diff, Empty, ErrorNote, Panel, Waiting } from '../../parts/index.js';
import { Fold } from './changes.js';

const Preview = graphql(`
  query ReleasePreview($id: ID!, $first: Int, $after: String) {
    node(id: $id) {
      id
      ... on Release {
        preview(first: $first, after: $after) {
          edges {
            node {
              added
              changed
              removed
              from
              diff
              cluster {
                id
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

/** What a rollout of a release would change in each cluster. */
export function ReleasePreview({ id }: { readonly id: string }) {
  const { rows, isPending, error } = useRows(Preview, { id }, ({ node }) =>
    node && 'preview' in node ? node.preview : noRows,
  );
  return (
    <Panel title="What would become of each cluster">
      <Text size="sm" c="dimmed" mb="sm">
        Against what each runs now, drift that the mesh tolerates included.
      </Text>
      <ErrorNote error={error} />
      {isPending && !error && <Waiting>Reading the preview</Waiting>}
      {!isPending && rows.length === 0 && !error && (
        <Empty title="The mesh has no clusters yet">
          Join one, and it gets what the mesh runs.
        </Empty>
      )}
      <Stack gap={6}>
        {rows.map(({ cluster, added, changed, removed, from, diff }) => {
          const sum = added + changed + removed;
          return (
            <Fold
              key={cluster.id}
              isOpen={rows.length <= 2 && sum > 0}
              title={
                <>
                  <Text component="span" size="sm" fw={600}>
                    {cluster.name}
                  </Text>
                  <Text component="span" size="sm" c="dimmed">
                    {typeof from === 'number' ? `runs release ${from}` : 'runs no release'}
                  </Text>
                  <Text component="span" size="sm">
                    {sum === 0 ? 'nothing changes' : amounts(added, changed, removed)}
                  </Text>
                </>
              }
            >
              <Diff diff={diff} label={`Changes in ${cluster.name}`} />
            </Fold>
          );
        })}
      </Stack>
    </Panel>
  );
}

function amounts(added: number, changed: number, removed: number): string {
  return [
    [added, 'added'],
    [changed, 'changed'],
    [removed, 'removed'],
  ]
    .flatMap(([number, word]) => (number === 0 ? [] : [`${number} ${word}`]))
    .join(', ');
}
