import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import type { ClusterExportsQuery } from '../../api/generated/graphql.js';
import { graphql, useRows } from '../../api/index.js';
import {
  type Column,
  Empty,
  exportLook,
  type Facet,
  Rows,
  reasonColumn,
  Status,
} from '../../parts/index.js';
import type { TabProps } from './tab.js';

const ClusterExports = graphql(`
  query ClusterExports($id: ID!, $first: Int, $after: String) {
    cluster(id: $id) {
      exports(first: $first, after: $after) {
        edges {
          node {
            host
            namespace
            name
            exportedBy
            readyEndpoints
            localities
            ports {
              name
              port
              protocol
            }
            valid
            conflict
            stale
            reason
            message
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

type Export = ClusterExportsQuery['cluster']['exports']['edges'][number]['node'];

/** What a cluster offers to the others. */
export default function Exports({ cluster, meshId }: TabProps) {
  const result = useRows(ClusterExports, { id: cluster.id }, (data) => data.cluster.exports);
  return (
    <Rows
      label="Exports"
      name="exports"
      of={result}
      columns={columnsOf(meshId)}
      facets={facets}
      keyOf={({ namespace, name }) => `${namespace}/${name}`}
      sort="service"
      empty={
        <Empty title="It exports nothing">
          Make a ServiceExport of the Service’s name in its namespace, or an export policy of the
          mesh that selects it.
        </Empty>
      }
    />
  );
}

const facets: readonly Facet<Export>[] = [
  { key: 'state', label: 'Any state', value: (row) => exportLook(row)[1] },
  { key: 'namespace', label: 'Any namespace', value: ({ namespace }) => namespace },
];

const columnsOf = (meshId: string): readonly Column<Export>[] => [
  {
    key: 'service',
    title: 'Service',
    width: 'minmax(150px, 1.4fr)',
    value: ({ namespace, name }) => `${namespace}/${name}`,
    cell: ({ namespace, name }) => (
      <Anchor component={Link} to={`/meshes/${meshId}/services/${namespace}/${name}`} inherit>
        {namespace}/{name}
      </Anchor>
    ),
  },
  {
    key: 'state',
    title: 'State',
    width: 'minmax(110px, .8fr)',
    value: (row) => exportLook(row)[1],
    cell: (row) => {
      const [tone, word] = exportLook(row);
      return <Status tone={tone}>{word}</Status>;
    },
  },
  {
    key: 'ports',
    title: 'Ports',
    value: ({ ports }) => ports.map(({ port }) => port).join(' '),
    cell: ({ ports }) => ports.map(({ port, protocol }) => `${port}/${protocol}`).join(', ') || '—',
  },
  {
    key: 'endpoints',
    title: 'Ready endpoints',
    width: 'minmax(90px, .6fr)',
    value: ({ readyEndpoints }) => readyEndpoints,
    cell: ({ readyEndpoints }) => readyEndpoints,
  },
  {
    key: 'localities',
    title: 'Localities',
    value: ({ localities }) => localities.join(' '),
    cell: ({ localities }) => localities.join(', ') || '—',
  },
  {
    key: 'by',
    title: 'Exported by',
    value: ({ exportedBy }) => exportedBy,
    cell: ({ exportedBy }) => exportedBy,
  },
  reasonColumn(),
];
