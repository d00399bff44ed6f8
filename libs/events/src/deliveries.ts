import { newId } from '@isthmus/kernel';
import type { Prisma, Transaction } from '@isthmus/platform';
import { type EventView, selects } from './events.js';

/** One event on its way to one webhook. */
export interface DeliveryView {
  readonly id: string;
  readonly webhookId: string;
  readonly eventId: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** When it is tried next; null once it is through. */
  readonly nextAt: Date | null;
  /** HTTP status of the last answer; null if there was none. */
  readonly status: number | null;
  /** Why the last try failed: a stable word, and a sentence. */
  readonly reason: string | null;
  readonly detail: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

export const deliveryStates = ['PENDING', 'DELIVERED', 'FAILED'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** Of one webhook that waits for its receiver. */
const mostPending = 10_000;

export function toDelivery(row: Prisma.WebhookDeliveryGetPayload<object>): DeliveryView {
  const { id, webhookId, eventId, attempts, nextAt, status, reason, detail } = row;
  const { createdAt, finishedAt } = row;
  const state = row.state as DeliveryState;
  return {
    ...{ id, webhookId, eventId, state, attempts, nextAt, status, reason, detail },
    ...{ createdAt, finishedAt },
  };
}

/** Sends events to the webhooks that want them, in the transaction that the events come about in. */
export async function addDeliveries(
  tx: Transaction,
  organizationId: string,
  events: readonly EventView[],
): Promise<void> {
  const webhooks = await tx.webhook.findMany({ where: { disabledAt: null } });
  for (const webhook of webhooks) {
    const wanted = events.filter(
      ({ meshId, type }) =>
        selects(webhook.types, type) && (webhook.meshId === null || webhook.meshId === meshId),
    );
    await enqueue(tx, organizationId, webhook.id, wanted);
  }
}

/**
 * Sends events to one webhook, which is disabled where so many wait for it already.
 *
 * @returns ids of the deliveries; none if it was disabled.
 */
export async function enqueue(
  tx: Transaction,
  organizationId: string,
  webhookId: string,
  events: readonly Pick<EventView, 'id' | 'meshId'>[],
): Promise<string[]> {
  if (events.length === 0) return [];
  const pending = await tx.webhookDelivery.count({ where: { webhookId, state: 'PENDING' } });
  if (pending + events.length > mostPending) {
    const disabledReason = `more than ${mostPending} deliveries wait for it`;
    await tx.webhook.updateMany({
      where: { id: webhookId, disabledAt: null },
      data: { disabledAt: new Date(), disabledReason },
    });
    return [];
  }
  const rows = events.map(({ id: eventId, meshId }) => ({
    ...{ id: newId('webhookDelivery'), organizationId, webhookId, eventId, meshId },
  }));
  await tx.webhookDelivery.createMany({ data: rows });
  await ring(tx, organizationId);
  return rows.map(({ id }) => id);
}

/** Has a worker look at an organization's deliveries as soon as the transaction has committed. */
export async function ring(tx: Transaction, organizationId: string): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO delivery_clock AS old (organization_id, next_at) VALUES (${organizationId}, now())
    ON CONFLICT (organization_id) DO UPDATE SET next_at = least(old.next_at, excluded.next_at)`;
}
