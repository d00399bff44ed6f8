import type { ClusterIntentsQuery } from '../../api/generated/graphql.js';
import { graphql, useRows } from '../../api/index.js';
import {
  type Column,
  correctionsColumn,
  Empty,
  type Facet,
  objectsColumn,
  Rows,
  reasonColumn,
  reportedColumn,
  stateColumns,
  stateWord,
} from '../../parts/index.js';
import type { TabProps } from './tab.js';

const ClusterIntents = graphql(`
  query ClusterIntents($id: ID!, $first: Int, $after: String) {
    cluster(id: $id) {
      intentStates(first: $first, after: $after) {
        edges {
          node {
            type
            name
            sent
            stored
            accepted
            live
            reason
            message
            objects
            corrections
            correctedManagers
            reportedAt
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

type Intent = ClusterIntentsQuery['cluster']['intentStates']['edges'][number]['node'];

/** All that its agent has said of what the plane wants of it. */
export default function Intents({ cluster }: TabProps) {
  const result = useRows(ClusterIntents, { id: cluster.id }, (data) => data.cluster.intentStates);
  return (
    <Rows
      label="Intents"
      name="intents"
      of={result}
      columns={columns}
      facets={facets}
      keyOf={({ type, name }) => `${type}/${name}`}
      sort="type"
      empty={
        <Empty title="Its agent has said nothing of its intents yet">
          An intent is what the plane wants of a cluster: a service to import, a certificate to
          store. The agent tells of each as soon as it is connected.
        </Empty>
      }
    />
  );
}

const facets: readonly Facet<Intent>[] = [
  { key: 'state', label: 'Any state', value: stateWord },
  { key: 'type', label: 'Any type', value: ({ type }) => type },
];

const columns: readonly Column<Intent>[] = [
  {
    key: 'type',
    title: 'Type',
    value: ({ type }) => type,
    cell: ({ type }) => type,
  },
  {
    key: 'name',
    title: 'Name',
    width: 'minmax(130px, 1.3fr)',
    value: ({ name }) => name,
    cell: ({ name }) => name,
  },
  ...stateColumns<Intent>(),
  reasonColumn(),
  objectsColumn(),
  correctionsColumn(),
  reportedColumn(),
];
