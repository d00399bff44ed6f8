import { rowsOf } from '../api/api.js';
import type { EventsQuery } from '../api/generated/graphql.js';
import { graphql } from '../api/generated/index.js';
import { type Noun, noun } from './noun.js';

const Events = graphql(`
  query Events($meshId: ID!, $types: [String!], $first: Int, $after: String) {
    mesh(id: $meshId) {
      events(types: $types, first: $first, after: $after) {
        edges {
          node {
            id
            at
            type
            message
            subjectId
            data
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

type Told = EventsQuery['mesh']['events']['edges'][number]['node'];
interface EventRow extends Omit<Told, 'data'> {
  readonly data: unknown;
}

/** Of the mesh, the newest first. @param types Or their kinds; none: all. */
export function eventsOf(types: readonly string[]): Noun {
  return noun<EventRow>({
    name: 'events',
    aliases: ['event'],
    about: 'What happened in the mesh',
    columns: [
      { title: 'AT', cell: ({ at }) => at },
      { title: 'TYPE', cell: ({ type }) => type },
      { title: 'MESSAGE', cell: ({ message }) => message },
      { title: 'OF', isWide: true, cell: ({ subjectId }) => subjectId },
      { title: 'ID', isWide: true, cell: ({ id }) => id },
    ],
    rows: async function* (session) {
      const { id: meshId } = await session.mesh();
      const asked = { meshId, types: [...types] };
      for await (const { data, ...event } of rowsOf((page) =>
        session.api.ask(Events, { ...asked, ...page }).then(({ mesh }) => mesh.events),
      )) {
        yield { ...event, data: JSON.parse(data) };
      }
    },
    idOf: ({ id }) => id,
  });
}
