import { rowsOf } from '../api/api.js';
import type {
  WebhookDeliveryState,
  WebhookDetailQuery,
  WebhookRowFragment,
} from '../api/generated/graphql.js';
import { graphql } from '../api/generated/index.js';
import { ago } from '../output/times.js';
import { paint } from '../terminal.js';
import { type Noun, noun } from './noun.js';

const Webhooks = graphql(`
  query Webhooks($first: Int, $after: String) {
    organization {
      webhooks(first: $first, after: $after) {
        edges {
          node {
            ...WebhookRow
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
  fragment WebhookRow on Webhook {
    id
    name
    url
    types
    mesh {
      id
      name
    }
    disabledAt
    disabledReason
    failingSince
    previousUntil
    createdAt
  }
`);

const WebhookDetail = graphql(`
  query WebhookDetail($id: ID!) {
    node(id: $id) {
      ... on Webhook {
        ...WebhookRow
        deliveries(first: 20) {
          edges {
            node {
              ...DeliveryRow
            }
          }
        }
      }
    }
  }
  fragment DeliveryRow on WebhookDelivery {
    id
    state
    attempts
    status
    reason
    detail
    createdAt
    finishedAt
    nextAt
    event {
      id
      type
      message
      at
    }
  }
`);

const Deliveries = graphql(`
  query Deliveries($id: ID!, $state: WebhookDeliveryState, $first: Int, $after: String) {
    node(id: $id) {
      ... on Webhook {
        deliveries(state: $state, first: $first, after: $after) {
          edges {
            node {
              ...DeliveryRow
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

export const UpdateWebhook = graphql(`
  mutation UpdateWebhook($input: UpdateWebhookInput!) {
    updateWebhook(input: $input) {
      webhook {
        id
      }
    }
  }
`);

export const webhooks = noun<WebhookRowFragment>({
  name: 'webhooks',
  aliases: ['webhook', 'hook', 'hooks'],
  about: 'Whom the organization has told of its events',
  columns: [
    { title: 'NAME', cell: ({ name }) => name },
    { title: 'URL', cell: ({ url }) => url },
    { title: 'EVENTS', cell: ({ types }) => types.join(',') || 'all' },
    { title: 'MESH', cell: ({ mesh }) => mesh?.name ?? 'all' },
    { title: 'STATE', cell: stateOf },
    { title: 'AGE', cell: ({ createdAt }) => ago(createdAt) },
    { title: 'ID', isWide: true, cell: ({ id }) => id },
  ],
  rows: ({ api }) =>
    rowsOf((page) => api.ask(Webhooks, page).then(({ organization }) => organization.webhooks)),
  idOf: ({ id }) => id,
  nameOf: ({ name }) => name,
  detail: async ({ api }, { id }) => (await api.ask(WebhookDetail, { id })).node,
});

function stateOf({ disabledAt, failingSince }: WebhookRowFragment): string {
  if (disabledAt) return paint('faint', 'disabled');
  return failingSince ? paint('bad', `failing for ${ago(failingSince)}`) : paint('good', 'enabled');
}

type WebhookNode = Extract<WebhookDetailQuery['node'], { readonly deliveries: unknown }>;
export type DeliveryRow = WebhookNode['deliveries']['edges'][number]['node'];

const tones: Readonly<Record<WebhookDeliveryState, 'good' | 'bad' | 'busy'>> = {
  DELIVERED: 'good',
  FAILED: 'bad',
  PENDING: 'busy',
};

/** Of one webhook, the newest first. */
export function deliveriesOf(webhookId: string, state?: WebhookDeliveryState): Noun {
  return noun<DeliveryRow>({
    name: 'deliveries',
    aliases: ['delivery'],
    about: 'Events on their way to a webhook',
    columns: [
      { title: 'ID', cell: ({ id }) => id },
      { title: 'STATE', cell: (it) => paint(tones[it.state], it.state) },
      { title: 'EVENT', cell: ({ event }) => event?.type },
      { title: 'TRIES', cell: ({ attempts }) => attempts },
      { title: 'WHY', cell: ({ reason, status }) => reason ?? status },
      { title: 'NEXT', cell: ({ nextAt }) => ago(nextAt) },
      { title: 'AGE', cell: ({ createdAt }) => ago(createdAt) },
      { title: 'DETAIL', isWide: true, cell: ({ detail }) => detail },
      { title: 'MESSAGE', isWide: true, cell: ({ event }) => event?.message },
    ],
    rows: ({ api }) =>
      rowsOf(async (page) => {
        const { node } = await api.ask(Deliveries, { id: webhookId, state, ...page });
        return node && 'deliveries' in node ? node.deliveries : nothing;
      }),
    idOf: ({ id }) => id,
  });
}

const nothing = { edges: [], pageInfo: { hasNextPage: false } };
