import { Text } from '@mantine/core';
import { graphql, useRows } from '../../api/index.js';
import {
  Actor,
  ErrorNote,
  Panel,
  reasonTitle,
  Status,
  Time,
  type Tone,
  Waiting,
} from '../../parts/index.js';
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

const none = { edges: [], pageInfo: { hasNextPage: false } } as const;

const eventTones: Readonly<Record<string, Tone>> = {
  HALTED: 'bad',
  PAUSED: 'warn',
  COMPLETED: 'ok',
  WAVE_STORED: 'ok',
  ABORTED: 'idle',
};

/** All that happened to a rollout, as it came. */
export function Timeline({ id, isRunning }: { readonly id: string; readonly isRunning: boolean }) {
  const { rows, error, isPending } = useRows(
    RolloutEvents,
    { id },
    ({ node }) => (node && 'events' in node ? node.events : none),
    { everyMs: isRunning ? lookMs : undefined },
  );
  return (
    <Panel title="What happened">
      <ErrorNote error={error} />
      {isPending && !error && <Waiting>Reading what happened</Waiting>}
      {!isPending && rows.length === 0 && !error && (
        <Text size="sm" c="dimmed">
          Nothing yet.
        </Text>
      )}
      <ol className="timeline">
        {rows.map(({ step, at, type, wave, message, actor }) => (
          <li key={step}>
            <div className="timeline-head">
              <Status tone={eventTones[type] ?? 'idle'}>{reasonTitle(type)}</Status>
              <Text size="sm" c="dimmed" component="span">
                <Time at={at} />
                {actor && (
                  <>
                    , <Actor id={actor} />
                  </>
                )}
                {typeof wave === 'number' && type.startsWith('WAVE') && `, wave ${wave + 1}`}
              </Text>
            </div>
            <Text size="sm" className="break">
              {message}
            </Text>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
