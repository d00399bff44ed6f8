import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import type { ClusterImportsQuery } from '../../api/generated/graphql.js';
import { graphql, useRows } from '../../api/index.js';
import {
  type Column,
  correctionsColumn,
  Empty,
  type Facet,
  Rows,
  reasonColumn,
  reportedColumn,
  stateColumns,
  stateWord,
} from '../../parts/index.js';
import type { TabProps } from './tab.js';

const ClusterImports = graphql(`
  query ClusterImports($id: ID!, $first: Int, $after: String) {
    cluster(id: $id) {
      imports(first: $first, after: $after) {
        edges {
          node {
            namespace
            name
            sent
            stored
            accepted
            live
            reason
            message
            corrections
            correctedManagers
            reportedAt
            exporters {
              clusterId
              clusterName
              readyEndpoints
              stale
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

type Import = ClusterImportsQuery['cluster']['imports']['edges'][number]['node'];

/** What other clusters offer to this one, and what became of it here. */
export default function Imports({ cluster, meshId }: TabProps) {
  const result = useRows(ClusterImports, { id: cluster.id }, (data) => data.cluster.imports);
  return (
    <Rows
      label="Imports"
      name="imports"
      of={result}
      columns={columnsOf(meshId)}
      facets={facets}
      keyOf={({ namespace, name }) => `${namespace}/${name}`}
      sort="service"
      empty={
        <Empty title="It imports nothing">
          Every service that another cluster exports is imported here by itself. Export one there.
        </Empty>
      }
    />
  );
}

const facets: readonly Facet<Import>[] = [
  { key: 'state', label: 'Any state', value: stateWord },
  { key: 'namespace', label: 'Any namespace', value: ({ namespace }) => namespace },
];

const columnsOf = (meshId: string): readonly Column<Import>[] => [
  {
    key: 'service',
    title: 'Service',
    width: 'minmax(140px, 1.3fr)',
    value: ({ namespace, name }) => `${namespace}/${name}`,
    cell: ({ namespace, name }) => (
      <Anchor component={Link} to={`/meshes/${meshId}/services/${namespace}/${name}`} inherit>
        {namespace}/{name}
      </Anchor>
    ),
  },
  ...stateColumns<Import>(),
  reasonColumn(),
  {
    key: 'exporters',
    title: 'Exporters',
    width: 'minmax(130px, 1.3fr)',
    value: ({ exporters }) => exporters.map(({ clusterName }) => clusterName).join(' '),
    cell: ({ exporters }) =>
      exporters
        .map(
          ({ clusterName, readyEndpoints, stale }) =>
            `${clusterName} (${readyEndpoints} ready${stale ? ', stale' : ''})`,
        )
        .join(', '),
  },
  correctionsColumn(),
  reportedColumn(),
];
