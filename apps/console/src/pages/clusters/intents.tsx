import { Code } from '@mantine/core';
import type { ClusterIntentsQuery } from '../../api/generated/graphql.js';
import { graphql, useRows } from '../../api/index.js';
import { type Column, Empty, type Facet, Rows, stateWord, Time } from '../../parts/index.js';
import type { TabProps } from './cluster.js';
import { stateColumns } from './state-columns.js';

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
  {
    key: 'why',
    title: 'Reason',
    width: 'minmax(130px, 1.5fr)',
    value: ({ reason, message }) => [reason, message].filter(Boolean).join(' '),
    cell: ({ reason, message }) =>
      reason || message ? (
        <>
          {reason && <Code className="code">{reason}</Code>} {message}
        </>
      ) : (
        '—'
      ),
  },
  {
    key: 'objects',
    title: 'Objects written',
    width: 'minmax(140px, 1.5fr)',
    value: ({ objects }) => objects.join(' '),
    cell: ({ objects }) => <Objects of={objects} />,
  },
  {
    key: 'reported',
    title: 'Reported',
    width: 'minmax(100px, .8fr)',
    value: ({ reportedAt }) => reportedAt,
    cell: ({ reportedAt }) => <Time at={reportedAt} />,
  },
];

function Objects({ of }: { readonly of: readonly string[] }) {
  if (of.length === 0) return '—';
  if (of.length === 1) return of[0];
  return (
    <details>
      <summary>{of.length} objects</summary>
      <ul className="cluster-list">
        {of.map((object) => (
          <li key={object}>{object}</li>
        ))}
      </ul>
    </details>
  );
}
