import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { RowImportStatesQuery } from '../../api/generated/graphql.js';
import { graphql, request } from '../../api/index.js';
import { Status } from '../../parts/index.js';
import { countProgress } from './standing.js';

const RowImportStates = graphql(`
  query RowImportStates($ids: [ID!]!) {
    nodes(ids: $ids) {
      ... on MeshService {
        id
        importStates(first: 100) {
          edges {
            node {
              sent
              stored
              accepted
              live
            }
          }
          pageInfo {
            hasNextPage
          }
        }
      }
    }
  }
`);

type Service = Extract<RowImportStatesQuery['nodes'][number], { id: string }>;

/** So many services are asked for at once: each costs as much as its clusters. */
const mostAtOnce = 40;
/** What comes in sight within this time is asked for together, in ms. */
const gatherMs = 60;

interface Waiting {
  readonly resolve: (service: Service | null) => void;
  readonly reject: (error: unknown) => void;
}

let waiting = new Map<string, Waiting[]>();

/** The rows in sight alone are asked for: for all of a large mesh it would be millions of states. */
function load(id: string): Promise<Service | null> {
  return new Promise((resolve, reject) => {
    if (waiting.size === 0) setTimeout(flush, gatherMs);
    waiting.set(id, [...(waiting.get(id) ?? []), { resolve, reject }]);
  });
}

function flush(): void {
  const all = [...waiting];
  waiting = new Map();
  for (let at = 0; at < all.length; at += mostAtOnce) {
    const part = all.slice(at, at + mostAtOnce);
    request(RowImportStates, { ids: part.map(([id]) => id) }).then(
      ({ nodes }) => {
        const found = nodes.flatMap((node) => (node && 'id' in node ? [node as Service] : []));
        for (const [id, waiters] of part) {
          const service = found.find((node) => node.id === id) ?? null;
          for (const { resolve } of waiters) resolve(service);
        }
      },
      (error: unknown) => {
        for (const { reject } of part.flatMap(([, waiters]) => waiters)) reject(error);
      },
    );
  }
}

/** What became of a service in the clusters that import it. */
export function ImportStates({ id }: { readonly id: string }) {
  const { data, error } = useQuery({
    queryKey: ['row-import-states', id],
    queryFn: () => load(id),
  });
  if (error) {
    return (
      <Text size="sm" c="dimmed" title={error.message}>
        not known
      </Text>
    );
  }
  if (data === undefined) {
    return (
      <Text size="sm" c="dimmed">
        …
      </Text>
    );
  }
  const states = data?.importStates.edges.map(({ node }) => node) ?? [];
  const { tone, text } = countProgress(states);
  return (
    <Status tone={tone}>
      {text}
      {data?.importStates.pageInfo.hasNextPage && ' of the first 100'}
    </Status>
  );
}
