import {
  Database,
  InjectLogger,
  InjectVault,
  type Logger,
  type Transaction,
  type Vault,
} from '@isthmus/platform';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import pLimit from 'p-limit';
import { Destinations } from './destinations.js';
import { answerMs, failure, type Outcome, WebhookSender } from './sender.js';
import { signatureHeaders } from './signature.js';
import { secretContext } from './webhooks.js';

/** After the first try, the second, and so on; 28 h in all. */
const backoffMs = [5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000, 36_000].map((s) => s * 1_000);
/** Of each, to either side: receivers that come back are not met by all at once. */
const jitter = 0.2;
/** Twice as long as a try may last: then whoever has it is taken for dead. */
const claimMs = 2 * answerMs;
/** What one receiver is asked at once. */
const mostAtOnce = 2;
/** Then the next webhook has its turn. */
const turnMs = 20_000;
/** After a turn in which a receiver took nothing, twice as long after each more of these, up to the last. */
const restMs = { first: 5_000, last: 600_000 } as const;
/** A receiver that took nothing for so long, in so many turns, is told nothing any more. */
const givenUp = { ms: 5 * 24 * 3_600_000, turns: 10 } as const;
/** Of the worker's connections to Postgres, which everything else goes by as well. */
const mostTransactions = 3;

/** Whose turn it is. */
export interface Turn {
  readonly organizationId: string;
  readonly webhookId: string;
}

interface Claimed {
  readonly id: string;
  readonly attempts: number;
  readonly url: string;
  readonly secret: Uint8Array;
  readonly previousSecret: Uint8Array | null;
  /** Null: it is no longer kept. */
  readonly event: ClaimedEvent | null;
  readonly now: Date;
}

interface ClaimedEvent {
  readonly id: string;
  readonly type: string;
  readonly subjectId: string;
  readonly message: string;
  readonly data: object;
  /** As Postgres writes it in JSON. */
  readonly at: string;
}

interface Tried {
  readonly delivery: Claimed;
  readonly outcome: Outcome;
}

/**
 * Brings events to webhooks, at least once each. How far each delivery has come is in Postgres: a worker that
 * dies is followed by another, and the queue says only whose turn it is. A receiver that takes nothing ends its
 * webhook's turn, so that it holds up nobody else for longer than one try lasts.
 */
@Injectable()
export class WebhookDeliverer implements OnModuleDestroy {
  private readonly sender: WebhookSender;
  private readonly inTurn = pLimit(mostTransactions);
  private readonly turns = new Set<Promise<void>>();
  private isStopping = false;
  private isClosed = false;

  constructor(
    @Inject(Database) private readonly database: Database,
    @InjectVault() private readonly vault: Vault,
    @Inject(Destinations) destinations: Destinations,
    @InjectLogger() private readonly logger: Logger,
  ) {
    this.sender = new WebhookSender(destinations);
  }

  /** Tries that are under way come to their ends first; none is begun. */
  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    const patience = new Promise((resolve) => setTimeout(resolve, claimMs).unref());
    await Promise.race([Promise.allSettled(this.turns), patience]);
    this.isClosed = true;
    await this.sender.close();
  }

  /** Webhooks that have something due, those that wait longest first. */
  async due(most: number): Promise<Turn[]> {
    return this.database.untenanted.$queryRaw<Turn[]>`
      SELECT organization_id AS "organizationId", webhook_id AS "webhookId" FROM delivery_clock
       WHERE next_at <= now() ORDER BY next_at LIMIT ${most}`;
  }

  /** Tries what is due of a webhook, for one turn; then its clock says when it is due again. */
  async deliver(turn: Turn): Promise<void> {
    const running = this.run(turn);
    this.turns.add(running);
    try {
      await running;
    } finally {
      this.turns.delete(running);
    }
  }

  private async run({ organizationId, webhookId }: Turn): Promise<void> {
    const within = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
      this.inTurn(() => this.database.withOrganization(organizationId, work));
    const until = performance.now() + turnMs;
    let last: readonly Tried[] = [];
    while (!this.isStopping && performance.now() < until) {
      const claimed = await within((tx) => claim(tx, webhookId));
      if (claimed.length === 0) break;
      const tried = await Promise.all(
        claimed.map(async (delivery): Promise<Tried> => {
          const outcome = await this.attempt(organizationId, webhookId, delivery);
          return { delivery, outcome };
        }),
      );
      // What we cut off ourselves says nothing: whoever comes next finds it.
      if (this.isClosed) return;
      await within((tx) => settle(tx, webhookId, tried));
      last = tried;
      if (tookNothing(tried)) break;
    }
    await within((tx) => setClock(tx, webhookId, last));
  }

  private async attempt(
    organizationId: string,
    webhookId: string,
    { event, secret, previousSecret, url, now }: Claimed,
  ): Promise<Outcome> {
    if (!event)
      return { ...failure(null, 'Forgotten', 'the event is no longer kept'), isFinal: true };
    try {
      const { type, at, data, ...said } = event;
      const timestamp = new Date(at).toISOString();
      const body = JSON.stringify({ type, timestamp, data: { ...said, organizationId, ...data } });
      const context = secretContext(organizationId, webhookId);
      const secrets = await Promise.all(
        [secret, previousSecret]
          .filter((sealed) => sealed !== null)
          .map(async (sealed) => (await this.vault.open(sealed, context)).toString()),
      );
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'Isthmus-Webhooks/1',
        ...signatureHeaders(event.id, now, body, secrets),
      };
      const outcome = await this.sender.send(url, headers, body);
      if (!outcome.isDelivered) this.logger.info({ webhookId, ...outcome }, 'a delivery failed');
      return outcome;
    } catch (error) {
      this.logger.error({ error, webhookId }, 'a delivery could not be made');
      return failure(null, 'Internal', 'the fault is ours; it is in our log');
    }
  }
}

/** By the jitter, to either side. */
function spread(ms: number): number {
  return ms * (1 - jitter + 2 * jitter * Math.random());
}

function tookNothing(tried: readonly Tried[]): boolean {
  return tried.length > 0 && tried.every(({ outcome }) => !outcome.isDelivered);
}

/** First, as all do who change both: before its deliveries. */
async function hold(tx: Transaction, webhookId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 AS held FROM webhook WHERE id = ${webhookId} FOR NO KEY UPDATE`;
}

/** Each is claimed by one worker: a second finds that its time has moved on. */
async function claim(tx: Transaction, webhookId: string): Promise<Claimed[]> {
  await hold(tx, webhookId);
  return tx.$queryRaw<Claimed[]>`
    WITH due AS (
      SELECT d.id FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id
       WHERE d.webhook_id = ${webhookId} AND d.next_at <= now() AND w.disabled_at IS NULL
       ORDER BY d.next_at, d.id LIMIT ${mostAtOnce}
    ), claimed AS (
      UPDATE webhook_delivery
         SET attempts = attempts + 1, next_at = now() + ${claimMs} * interval '1 millisecond'
       WHERE id IN (SELECT id FROM due) AND state = 'PENDING' AND next_at <= now()
      RETURNING id, attempts, webhook_id, event_id
    )
    SELECT c.id, c.attempts, w.url, w.secret,
           CASE WHEN w.previous_until > now() THEN w.previous_secret END AS "previousSecret",
           CASE WHEN e.id IS NOT NULL THEN jsonb_build_object(
             'id', e.id, 'type', e.type, 'subjectId', e.subject_id, 'message', e.message,
             'data', e.data, 'at', e.at) END AS event,
           now() AS now
      FROM claimed c JOIN webhook w ON w.id = c.webhook_id LEFT JOIN event e ON e.id = c.event_id
     ORDER BY c.id`;
}

/** Writes down what became of tries, unless somebody else has the deliveries by now. */
async function settle(tx: Transaction, webhookId: string, tried: readonly Tried[]): Promise<void> {
  await hold(tx, webhookId);
  for (const { delivery, outcome } of tried) {
    const { isDelivered, status, reason, detail, retryAfterMs = 0, isFinal = false } = outcome;
    const wait = backoffMs[delivery.attempts - 1];
    const isOver = isDelivered || wait === undefined || isFinal;
    const state = isDelivered ? 'DELIVERED' : isOver ? 'FAILED' : 'PENDING';
    const waitMs = isOver ? null : Math.max(spread(wait), retryAfterMs);
    await tx.$executeRaw`
      UPDATE webhook_delivery
         SET state = ${state}, status = ${status}, reason = ${reason}, detail = ${detail},
             next_at = now() + ${waitMs}::float8 * interval '1 millisecond',
             finished_at = CASE WHEN ${isOver}::boolean THEN now() END
       WHERE id = ${delivery.id} AND attempts = ${delivery.attempts} AND state = 'PENDING'`;
  }
  if (!tookNothing(tried)) {
    await tx.webhook.updateMany({
      where: { id: webhookId, failingSince: { not: null } },
      data: { failingSince: null },
    });
    return;
  }
  const isGone = tried.some(({ outcome }) => outcome.status === 410);
  await tx.$executeRaw`
    UPDATE webhook w
       SET failing_since = coalesce(failing_since, now()),
           disabled_at = CASE WHEN why.gone OR why.given_up THEN now() END,
           disabled_reason = CASE WHEN why.gone THEN 'its receiver answered 410: it is gone'
                                  WHEN why.given_up THEN 'no delivery has come through for five days' END
      FROM (SELECT ${isGone}::boolean AS gone,
                   o.failing_since < now() - ${givenUp.ms}::float8 * interval '1 millisecond'
                     AND coalesce(c.failures, 0) >= ${givenUp.turns} AS given_up
              FROM webhook o LEFT JOIN delivery_clock c ON c.webhook_id = o.id
             WHERE o.id = ${webhookId}) why
     WHERE w.id = ${webhookId} AND w.disabled_at IS NULL`;
}

/**
 * Says when a webhook is due again: not at once after a turn in which its receiver took nothing. Under the
 * clock's lock, so that whoever adds deliveries meanwhile is not forgotten.
 */
async function setClock(tx: Transaction, webhookId: string, last: readonly Tried[]): Promise<void> {
  await tx.$queryRaw`SELECT 1 AS held FROM delivery_clock WHERE webhook_id = ${webhookId} FOR UPDATE`;
  const isFailing = tookNothing(last);
  const wanted = Math.max(0, ...last.map(({ outcome }) => outcome.retryAfterMs ?? 0));
  await tx.$executeRaw`
    UPDATE delivery_clock c
       SET failures = CASE WHEN ${isFailing}::boolean THEN c.failures + 1
                           WHEN ${last.length > 0}::boolean THEN 0 ELSE c.failures END,
           next_at = CASE WHEN due.at IS NOT NULL THEN greatest(
             due.at,
             now() + CASE WHEN ${isFailing}::boolean THEN greatest(
               ${wanted}::float8,
               ${spread(1)}::float8 * least(${restMs.last}::float8,
                 ${restMs.first}::float8 * power(2, least(c.failures, 20))))
               ELSE 0 END * interval '1 millisecond') END
      FROM (SELECT min(d.next_at) AS at
              FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id
             WHERE d.webhook_id = ${webhookId} AND w.disabled_at IS NULL) due
     WHERE c.webhook_id = ${webhookId}`;
}
