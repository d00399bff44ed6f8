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
  if (events.length === 0) return;
  // Whoever deletes one of them waits for this.
  const webhooks = await tx.$queryRaw<{ id: string; meshId: string | null; types: string[] }[]>`
    SELECT id, mesh_id AS "meshId", types FROM webhook
     WHERE disabled_at IS NULL ORDER BY id FOR KEY SHARE`;
  for (const webhook of webhooks) {
    const wanted = events.filter(
      ({ meshId, type }) =>
        selects(webhook.types, type) && (webhook.meshId === null || webhook.meshId === meshId),
    );
    await enqueue(tx, organizationId, webhook.id, wanted);
  }
}

/** How many more may wait for a webhook. */
export async function roomOf(tx: Transaction, webhookId: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ pending: number }[]>`
    SELECT count(*)::int AS pending FROM (
      SELECT 1 FROM webhook_delivery
       WHERE webhook_id = ${webhookId} AND next_at IS NOT NULL LIMIT ${mostPending}
    ) waiting`;
  return mostPending - (row?.pending ?? 0);
}

/**
 * Sends events to one webhook, whose row is held. Where too many wait for it, the oldest of these fail.
 *
 * @returns ids of the deliveries.
 */
export async function enqueue(
  tx: Transaction,
  organizationId: string,
  webhookId: string,
  events: readonly Pick<EventView, 'id' | 'meshId'>[],
): Promise<string[]> {
  if (events.length === 0) return [];
  const rows = events.map(({ id, meshId }) => ({
    ...{ id: newId('webhookDelivery'), event_id: id, mesh_id: meshId },
  }));
  // By the database's clock, as all that follows.
  await tx.$executeRaw`
    INSERT INTO webhook_delivery (id, organization_id, webhook_id, event_id, mesh_id)
    SELECT id, ${organizationId}, ${webhookId}, event_id, mesh_id
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS new (id text, event_id text, mesh_id text)`;
  if ((await roomOf(tx, webhookId)) === 0) {
    const detail = `more than ${mostPending} waited for the receiver; replay what it missed`;
    await tx.$executeRaw`
      UPDATE webhook_delivery
         SET state = 'FAILED', reason = 'Backlog', detail = ${detail}, next_at = NULL,
             finished_at = now()
       WHERE id IN (
         SELECT id FROM webhook_delivery
          WHERE webhook_id = ${webhookId} AND next_at IS NOT NULL
          ORDER BY id DESC OFFSET ${mostPending})`;
  }
  await ring(tx, organizationId, webhookId);
  return rows.map(({ id }) => id);
}

/**
 * Has a worker look at a webhook's deliveries as soon as the transaction has committed; not before it is
 * asked again after it took nothing, unless somebody `insists`.
 */
export async function ring(
  tx: Transaction,
  organizationId: string,
  webhookId: string,
  insists = false,
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO delivery_clock AS old (webhook_id, organization_id, next_at)
    VALUES (${webhookId}, ${organizationId}, now())
    ON CONFLICT (webhook_id) DO UPDATE
       SET next_at = CASE WHEN old.failures > 0 AND NOT ${insists}::boolean
                          THEN coalesce(old.next_at, now()) ELSE now() END,
           failures = CASE WHEN ${insists}::boolean THEN 0 ELSE old.failures END`;
}
