import { Anchor, Drawer, Stack } from '@mantine/core';
import { graphql, noRows, useRows } from '../../api/index.js';
import { CopyCode, Empty, Facts, Rows, useAddress } from '../../parts/index.js';
import { partsOf } from './names.js';

const Objects = graphql(`
  query ReleaseObjects($id: ID!, $first: Int, $after: String) {
    node(id: $id) {
      id
      ... on Release {
        objects(first: $first, after: $after) {
          edges {
            node {
              name
              compiledFrom
              path
              line
              manifest
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

/** The objects of a release, intents compiled; one at a time with its manifest. */
export function ReleaseObjects({ id }: { readonly id: string }) {
  const rows = useRows(Objects, { id }, ({ node }) =>
    node && 'objects' in node ? node.objects : noRows,
  );
  const [params, setAddress] = useAddress();
  const name = params.get('object');
  // Several clusters may have an object each of the same name.
  const chosen = rows.rows.filter((row) => row.name === name);
  const choose = (next: string): void => setAddress({ object: next });
  return (
    <>
      <Rows
        label="Objects"
        of={rows}
        keyOf={(row) => `${row.name} ${row.path}:${row.line}`}
        facets={[{ key: 'kind', label: 'Any kind', value: (row) => partsOf(row.name).kind }]}
        columns={[
          {
            key: 'name',
            title: 'Object',
            width: 'minmax(180px, 2fr)',
            value: (row) => partsOf(row.name).of,
            cell: (row) => (
              <Anchor
                component="button"
                type="button"
                size="sm"
                ta="left"
                onClick={() => choose(row.name)}
              >
                {partsOf(row.name).of}
              </Anchor>
            ),
          },
          {
            key: 'type',
            title: 'Kind',
            width: 'minmax(160px, 1.4fr)',
            value: (row) => partsOf(row.name).kind,
            cell: (row) => partsOf(row.name).kind,
          },
          {
            key: 'from',
            title: 'Compiled from',
            width: 'minmax(160px, 1.6fr)',
            value: (row) => row.compiledFrom,
            cell: (row) => row.compiledFrom ?? 'as written',
          },
          {
            key: 'place',
            title: 'File',
            width: 'minmax(160px, 1.6fr)',
            value: (row) => row.path,
            cell: (row) => `${row.path}:${row.line}`,
          },
        ]}
        empty={
          <Empty title="No objects">The release takes everything away that others brought.</Empty>
        }
      />
      <Drawer
        opened={chosen.length > 0}
        onClose={() => choose('')}
        position="right"
        size="xl"
        title={name && `${partsOf(name).kind} ${partsOf(name).of}`}
      >
        <Stack>
          {chosen.map(({ path, line, compiledFrom, manifest }) => (
            <Stack key={`${path}:${line}`} gap="sm">
              <Facts
                of={[
                  ['File', `${path}, line ${line}`],
                  ['Compiled from', compiledFrom ?? 'nothing: as written'],
                ]}
              />
              <CopyCode code={manifest} label="manifest" />
            </Stack>
          ))}
        </Stack>
      </Drawer>
    </>
  );
}
