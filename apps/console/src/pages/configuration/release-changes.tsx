import { NativeSelect, Text } from '@mantine/core';
import { graphql, noRows, useRows } from '../../api/index.js';
import { ErrorNote, Panel, useAddress, Waiting } from '../../parts/index.js';
import { Changes as ChangeList } from './changes.js';

const Changes = graphql(`
  query ReleaseChanges($id: ID!, $from: Int, $first: Int, $after: String) {
    node(id: $id) {
      id
      ... on Release {
        changes(from: $from, first: $first, after: $after) {
          edges {
            node {
              name
              change
              diff
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

interface ReleaseChangesProps {
  readonly id: string;
  readonly number: number;
  readonly others: readonly number[];
}

/** What a release changes of the one before, or of another. */
export function ReleaseChanges({ id, number, others }: ReleaseChangesProps) {
  const [params, setAddress] = useAddress();
  const chosen = params.get('from');
  const before = others.find((other) => other < number);
  const from = chosen === null ? undefined : Number(chosen);
  const { rows, isPending, error } = useRows(Changes, { id, from }, ({ node }) =>
    node && 'changes' in node ? node.changes : noRows,
  );
  return (
    <Panel
      title="Changes"
      actions={
        others.length > 0 && (
          <NativeSelect
            aria-label="Compared with"
            value={String(from ?? before ?? '')}
            onChange={({ currentTarget: { value } }) =>
              setAddress({ from: value === String(before ?? '') ? '' : value })
            }
            data={[
              ...(before === undefined ? [{ value: '', label: 'Against nothing' }] : []),
              ...others.map((other) => ({
                value: String(other),
                label: `Against release ${other}${other === before ? ', the one before' : ''}`,
              })),
            ]}
          />
        )
      }
    >
      <ErrorNote error={error} />
      {isPending && !error && <Waiting>Reading the changes</Waiting>}
      {!isPending && !error && rows.length === 0 && (
        <Text c="dimmed" size="sm">
          The objects are the same.
        </Text>
      )}
      <ChangeList changes={rows} />
    </Panel>
  );
}
