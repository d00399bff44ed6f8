import { Button } from '@mantine/core';
import { useState } from 'react';
import { graphql, noRows, useRows } from '../../api/index.js';
import { EventList, Panel } from '../../parts/index.js';
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

const page = 50;

/** All that happened to an upgrade, what happened last first. */
export function Timeline({ id }: { readonly id: string }) {
  const events = useRows(UpgradeEvents, { id }, ({ node }) =>
    node && 'events' in node ? node.events : noRows,
  );
  const { rows } = events;
  const [most, setMost] = useState(page);
  return (
    <Panel title="What happened">
      <EventList
        label="What happened"
        of={{ ...events, rows: [...rows].reverse().slice(0, most) }}
        toneOf={eventTone}
        wordOf={eventWord}
      />
      {rows.length > most && (
        <Button variant="subtle" size="compact-sm" onClick={() => setMost(most + page)}>
          Show what was before, {rows.length - most} more
        </Button>
      )}
    </Panel>
  );
}
