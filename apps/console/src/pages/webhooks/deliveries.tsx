import { Button, Text } from '@mantine/core';
import { graphql, useDo, useMay, useRows } from '../../api/index.js';
import { Empty, ErrorNote, eventWord, Panel, Rows, Status, Time } from '../../parts/index.js';
import { deliveryStanding } from './standing.js';

const WebhookDeliveries = graphql(`
  query WebhookDeliveries($id: ID!, $first: Int, $after: String) {
    node(id: $id) {
      ... on Webhook {
        id
        deliveries(first: $first, after: $after) {
          edges {
            node {
              id
              state
              attempts
              nextAt
              status
              reason
              detail
              createdAt
              event {
                id
                type
                message
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

const RedeliverWebhook = graphql(`
  mutation RedeliverWebhook($input: RedeliverWebhookInput!) {
    redeliverWebhook(input: $input) {
      delivery {
        id
      }
    }
  }
`);

/** No bell tells of deliveries: it is looked at again while somebody looks on. */
const lookAgainMs = 5_000;
const none = { edges: [], pageInfo: { hasNextPage: false, endCursor: null } };

/** What became of events on their way to a webhook, the newest first. */
export function Deliveries({ webhookId }: { readonly webhookId: string }) {
  const mayChange = useMay('ADMIN');
  const { mutate, error } = useDo(RedeliverWebhook);
  const rows = useRows(
    WebhookDeliveries,
    { id: webhookId },
    ({ node }) => (node && 'deliveries' in node ? node.deliveries : none),
    { everyMs: lookAgainMs },
  );
  return (
    <Panel title="Deliveries">
      <ErrorNote error={error} />
      <Rows
        label="Deliveries"
        of={rows}
        keyOf={({ id }) => id}
        facets={[
          { key: 'state', label: 'Any state', value: ({ state }) => deliveryStanding[state][0] },
        ]}
        columns={[
          {
            key: 'event',
            title: 'Event',
            width: 'minmax(220px, 2fr)',
            value: ({ event }) => `${event?.type} ${event?.message}`,
            cell: ({ event }) =>
              event ? (
                <>
                  {eventWord(event.type)}
                  <Text size="xs" c="dimmed" className="break">
                    {event.message}
                  </Text>
                </>
              ) : (
                'no longer kept'
              ),
          },
          {
            key: 'state',
            title: 'State',
            value: ({ state }) => deliveryStanding[state][0],
            cell: ({ state }) => {
              const [word, tone] = deliveryStanding[state];
              return <Status tone={tone}>{word}</Status>;
            },
          },
          {
            key: 'answer',
            title: 'Last answer',
            width: 'minmax(160px, 1.5fr)',
            value: ({ status, detail }) => `${status ?? ''} ${detail ?? ''}`,
            cell: ({ status, detail, attempts, nextAt, state }) => (
              <>
                {detail ?? status ?? '—'}
                <Text size="xs" c="dimmed">
                  {attempts === 1 ? '1 try' : `${attempts} tries`}
                  {state === 'PENDING' && attempts > 0 && (
                    <>
                      , the next <Time at={nextAt} />
                    </>
                  )}
                </Text>
              </>
            ),
          },
          {
            key: 'made',
            title: 'Since',
            value: ({ createdAt }) => Date.parse(createdAt),
            cell: ({ createdAt }) => <Time at={createdAt} />,
          },
          {
            key: 'actions',
            title: '',
            width: '120px',
            cell: ({ id, state, event }) =>
              mayChange && event && state !== 'PENDING' ? (
                <Button
                  size="xs"
                  variant="default"
                  aria-label={`Send again: ${event.message}`}
                  onClick={() => mutate({ input: { deliveryId: id } })}
                >
                  Send again
                </Button>
              ) : null,
          },
        ]}
        empty={<Empty title="Nothing was sent yet">Send a test to see one arrive.</Empty>}
      />
    </Panel>
  );
}
