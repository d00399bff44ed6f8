import { graphql, noRows, useRows } from '../../api/index.js';
import { EventList, Panel, reasonTitle, type Tone } from '../../parts/index.js';
import { lookMs } from './queries.js';

const RolloutEvents = graphql(`
  query RolloutEvents($id: ID!, $first: Int, $after: String) {
    node(id: $id) {
      id
      ... on Rollout {
        events(first: $first, after: $after) {
          edges {
            node {
              step
              at
              type
              wave
              message
              actor
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

const eventTones: Readonly<Record<string, Tone>> = {
  HALTED: 'bad',
  PAUSED: 'warn',
  COMPLETED: 'ok',
  WAVE_STORED: 'ok',
  ABORTED: 'idle',
};

/** All that happened to a rollout, as it came. */
export function Timeline({ id, isRunning }: { readonly id: string; readonly isRunning: boolean }) {
  const events = useRows(
    RolloutEvents,
    { id },
    ({ node }) => (node && 'events' in node ? node.events : noRows),
    { everyMs: isRunning ? lookMs : undefined },
  );
  return (
    <Panel title="What happened">
      <EventList
        of={events}
        toneOf={(type) => eventTones[type] ?? 'idle'}
        wordOf={reasonTitle}
        noteOf={({ type, wave }) =>
          typeof wave === 'number' && type.startsWith('WAVE') ? `, wave ${wave + 1}` : undefined
        }
      />
    </Panel>
  );
}
