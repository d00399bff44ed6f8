import {
  Database,
  fromJson,
  InjectLogger,
  InjectVault,
  type Logger,
  type Transaction,
  type Vault,
} from '@isthmus/platform';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Destinations } from './destinations.js';
import { type Outcome, WebhookSender } from './sender.js';
import { signatureHeaders } from './signature.js';
import { secretContext } from './webhooks.js';

/** After the first try, the second, and so on; 28 h in all. */
const backoffMs = [5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000, 36_000].map((s) => s * 1_000);
/** Of each, to either side: receivers that come back are not met by all at once. */
const jitter = 0.2;
/** Twice as long as a try may last: then whoever has it is taken for dead. */
const claimMs = 30_000;
/** Of one webhook: what one receiver may be asked at once. */
const mostAtOnce = 2;
/** Then the next organization has its turn. */
const turnMs = 20_000;
/** A receiver that took nothing for so long is told nothing any more. */
const givenUpMs = 5 * 24 * 3_600_000;

interface Claimed {
  readonly id: string;
  readonly attempts: number;
  readonly webhookId: string;
  readonly url: string;
  readonly secret: Uint8Array;
  readonly previousSecret: Uint8Array | null;
  readonly eventId: string;
  readonly type: string;
  readonly subjectId: string;
  readonly message: string;
  readonly data: unknown;
  readonly at: Date;
  readonly now: Date;
}

/**
 * Brings events to webhooks, at least once each. How far each delivery has come is in Postgres: a worker that
 * dies is followed by another, and the queue says only whose turn it is.
 */
@Injectable()
export class WebhookDeliverer implements OnApplicationShutdown {
  private readonly sender: WebhookSender;

  constructor(
    @Inject(Database) private readonly database: Database,
    @InjectVault() private readonly vault: Vault,
    @Inject(Destinations) destinations: Destinations,
    @InjectLogger() private readonly logger: Logger,
  ) {
    this.sender = new WebhookSender(destinations);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sender.close();
  }

  /** Organizations with something due, those that wait longest first. */
  async due(most: number): Promise<string[]> {
    const rows = await this.database.untenanted.$queryRaw<{ id: string }[]>`
      SELECT organization_id AS id FROM delivery_clock
       WHERE next_at <= now() ORDER BY next_at LIMIT ${most}`;
    return rows.map(({ id }) => id);
  }

  /** Tries what is due in an organization, for one turn; then its clock says when it is due again. */
  async deliver(organizationId: string): Promise<void> {
    const within = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
      this.database.withOrganization(organizationId, work);
    const until = Date.now() + turnMs;
    const webhooks = await within((tx) => tx.webhook.findMany({ where: { disabledAt: null } }));
    // None waits for another one's receiver.
    await Promise.all(
      webhooks.map(async ({ id }) => {
        while (Date.now() < until) {
          const claimed = await within((tx) => claim(tx, id));
          if (claimed.length === 0) return;
          await Promise.all(claimed.map((delivery) => this.attempt(organizationId, delivery)));
        }
      }),
    );
    await within((tx) => setClock(tx, organizationId));
  }

  private async attempt(organizationId: string, delivery: Claimed): Promise<void> {
    const { eventId, type, subjectId, message, data, at } = delivery;
    const event = {
      id: eventId,
      organizationId,
      subjectId,
      message,
      ...fromJson<object>(data as never),
    };
    const body = JSON.stringify({ type, timestamp: at.toISOString(), data: event });
    const context = secretContext(organizationId, delivery.webhookId);
    const sealed = [delivery.secret, delivery.previousSecret].filter((one) => one !== null);
    const secrets = await Promise.all(
      sealed.map(async (one) => (await this.vault.open(one, context)).toString()),
    );
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Isthmus-Webhooks/1',
      ...signatureHeaders(eventId, delivery.now, body, secrets),
    };
    const outcome = await this.sender.send(delivery.url, headers, body);
    await this.database.withOrganization(organizationId, (tx) => settle(tx, delivery, outcome));
    const { webhookId } = delivery;
    if (!outcome.isDelivered) this.logger.info({ webhookId, ...outcome }, 'a delivery failed');
  }
}

/** Each is claimed by one worker: a second finds that its time has moved on. */
async function claim(tx: Transaction, webhookId: string): Promise<Claimed[]> {
  return tx.$queryRaw<Claimed[]>`
    WITH due AS (
      SELECT id FROM webhook_delivery
       WHERE webhook_id = ${webhookId} AND next_at <= now()
       ORDER BY next_at, id LIMIT ${mostAtOnce}
    ), claimed AS (
      UPDATE webhook_delivery
         SET attempts = attempts + 1, next_at = now() + ${claimMs} * interval '1 millisecond'
       WHERE id IN (SELECT id FROM due) AND state = 'PENDING' AND next_at <= now()
      RETURNING id, attempts, webhook_id, event_id
    )
    SELECT c.id, c.attempts, w.id AS "webhookId", w.url, w.secret,
           CASE WHEN w.previous_until > now() THEN w.previous_secret END AS "previousSecret",
           e.id AS "eventId", e.type, e.subject_id AS "subjectId", e.message, e.data, e.at, now() AS now
      FROM claimed c JOIN event e ON e.id = c.event_id
      JOIN webhook w ON w.id = c.webhook_id AND w.disabled_at IS NULL
     ORDER BY c.id`;
}

/** Writes down what became of a try, unless somebody else has the delivery by now. */
async function settle(
  tx: Transaction,
  { id, attempts, webhookId }: Claimed,
  { isDelivered, status, reason, detail, retryAfterMs = 0 }: Outcome,
): Promise<void> {
  const wait = backoffMs[attempts - 1];
  const isGone = status === 410;
  const isOver = isDelivered || wait === undefined || isGone;
  const state = isDelivered ? 'DELIVERED' : isOver ? 'FAILED' : 'PENDING';
  const spread = 1 - jitter + 2 * jitter * Math.random();
  const waitMs = isOver ? null : Math.max((wait ?? 0) * spread, retryAfterMs);
  const taken = await tx.$executeRaw`
    UPDATE webhook_delivery
       SET state = ${state}, status = ${status}, reason = ${reason}, detail = ${detail},
           next_at = now() + ${waitMs}::float8 * interval '1 millisecond',
           finished_at = CASE WHEN ${isOver} THEN now() END
     WHERE id = ${id} AND attempts = ${attempts} AND state = 'PENDING'`;
  if (taken === 0) return;
  if (isDelivered) {
    await tx.webhook.updateMany({
      where: { id: webhookId, failingSince: { not: null } },
      data: { failingSince: null },
    });
    return;
  }
  await tx.$executeRaw`
    UPDATE webhook
       SET failing_since = coalesce(failing_since, now()),
           disabled_at = CASE WHEN ${isGone} OR failing_since < now() - ${givenUpMs}::float8 * interval '1 millisecond'
                              THEN now() END,
           disabled_reason = CASE WHEN ${isGone} THEN 'its receiver answered 410: it is gone'
                                  WHEN failing_since < now() - ${givenUpMs}::float8 * interval '1 millisecond'
                                  THEN 'no delivery has come through for five days' END
     WHERE id = ${webhookId} AND disabled_at IS NULL`;
}

/** Under the clock's lock, so that whoever adds deliveries meanwhile is not forgotten. */
async function setClock(tx: Transaction, organizationId: string): Promise<void> {
  await tx.$queryRaw`
    SELECT 1 AS held FROM delivery_clock WHERE organization_id = ${organizationId} FOR UPDATE`;
  const [row] = await tx.$queryRaw<{ next: Date | null }[]>`
    SELECT min(d.next_at) AS next FROM webhook w CROSS JOIN LATERAL (
      SELECT next_at FROM webhook_delivery
       WHERE webhook_id = w.id AND next_at IS NOT NULL ORDER BY next_at LIMIT 1
    ) d WHERE w.disabled_at IS NULL`;
  if (row?.next) {
    await tx.deliveryClock.updateMany({ where: { organizationId }, data: { nextAt: row.next } });
  } else {
    await tx.deliveryClock.deleteMany({ where: { organizationId } });
  }
}
