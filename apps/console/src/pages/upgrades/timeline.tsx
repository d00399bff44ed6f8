import { Button, Text } from '@mantine/core';
import { useState } from 'react';
import { graphql, useRows } from '../../api/index.js';
import { Actor, ErrorNote, Panel, Status, Time, Waiting } from '../../parts/index.js';
import { nothing } from './queries.js';
import { eventTone, eventWord } from './stages.js';

const UpgradeEvents = graphql(`
  query UpgradeEvents($id: ID!, $first: Int, $after: String) {
    node(id: $id) {
      id
      ... on Upgrade {
        events(first: $first, after: $after) {
          edges {
            node {
              step
              at
              type
              message
              actor
              cluster {
                id
                name
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
  }
`);

interface Event {
  readonly step: number;
  readonly at: string;
  readonly type: string;
  readonly message: string;
  readonly actor?: string | null;
  readonly cluster?: { readonly id: string; readonly name: string } | null;
}

const page = 50;

/** All that happened to an upgrade, what happened last first. */
export function Timeline({ id }: { readonly id: string }) {
  const { rows, error, isPending } = useRows(UpgradeEvents, { id }, ({ node }) =>
    node && 'events' in node ? node.events : nothing,
  );
  const [most, setMost] = useState(page);
  return (
    <Panel title="What happened">
      <ErrorNote error={error} />
      {isPending && !error && <Waiting>Reading what happened</Waiting>}
      {!isPending && rows.length === 0 && !error && (
        <Text size="sm" c="dimmed">
          Nothing yet.
        </Text>
      )}
      <Events of={[...rows].reverse().slice(0, most)} label="What happened" />
      {rows.length > most && (
        <Button variant="subtle" size="compact-sm" onClick={() => setMost(most + page)}>
          Show what was before, {rows.length - most} more
        </Button>
      )}
    </Panel>
  );
}

export function Events({ of, label }: { readonly of: readonly Event[]; readonly label: string }) {
  return (
    <ol className="upgrade-timeline" aria-label={label}>
      {of.map(({ step, at, type, message, actor, cluster }) => (
        <li key={`${cluster?.id} ${step}`}>
          <div className="upgrade-event">
            {cluster && (
              <Text component="span" size="sm" fw={600}>
                {cluster.name}
              </Text>
            )}
            <Status tone={eventTone(type)}>{eventWord(type)}</Status>
            <Text size="sm" c="dimmed" component="span">
              <Time at={at} />
              {actor && (
                <>
                  , <Actor id={actor} />
                </>
              )}
            </Text>
          </div>
          <Text size="sm" className="break">
            {message}
          </Text>
        </li>
      ))}
    </ol>
  );
}
