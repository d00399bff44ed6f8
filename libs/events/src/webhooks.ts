import { findMesh, notFound } from '@isthmus/fleet';
import {
  assertDnsLabel,
  IsthmusError,
  isId,
  newId,
  type Page,
  type PageRequest,
  pageSize,
  toPage,
} from '@isthmus/kernel';
import {
  Database,
  InjectVault,
  type Prisma,
  type Transaction,
  type Vault,
} from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import {
  type DeliveryState,
  type DeliveryView,
  enqueue,
  ring,
  roomOf,
  toDelivery,
} from './deliveries.js';
import { Destinations } from './destinations.js';
import { assertTypes, type EventView, putOnRecord, selects } from './events.js';
import { newSecret } from './signature.js';

/** Whom an organization has told of its events. */
export interface WebhookView {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  /** Null: of all meshes. */
  readonly meshId: string | null;
  /** Of events, or their families; empty: all. */
  readonly types: readonly string[];
  /** Since when it is told nothing, and why. */
  readonly disabledAt: Date | null;
  readonly disabledReason: string | null;
  /** Since when no delivery has come through; null if the last one did. */
  readonly failingSince: Date | null;
  /** So long the secret before the last rotation signs as well. */
  readonly previousUntil: Date | null;
  readonly createdAt: Date;
}

export interface WebhookInput {
  readonly name: string;
  readonly url: string;
  readonly meshId?: string | undefined;
  readonly types?: readonly string[] | undefined;
}

/** Those that are undefined stay as they are. */
export interface WebhookChange {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly enabled?: boolean | undefined;
}

type Row = Prisma.WebhookGetPayload<object>;

const mostWebhooks = 20;
/** So long two secrets sign, that receivers may change theirs; in ms. */
const overlapMs = 24 * 3_600_000;
/** Of one replay. */
const mostReplayed = 1_000;

@Injectable()
export class WebhookService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @InjectVault() private readonly vault: Vault,
    @Inject(Destinations) private readonly destinations: Destinations,
  ) {}

  /**
   * Makes a webhook, whose secret is shown this once.
   *
   * @throws NOT_FOUND, INVALID_NAME, INVALID_ARGUMENT, WEBHOOK_URL_INVALID, ALREADY_EXISTS, QUOTA_EXCEEDED
   */
  async create(
    actor: Actor,
    input: WebhookInput,
  ): Promise<{ webhook: WebhookView; secret: string }> {
    authorize(actor, 'webhook.write');
    assertDnsLabel('name', input.name);
    const { organizationId } = actor;
    const id = newId('webhook');
    const secret = newSecret();
    const data = {
      name: input.name,
      url: this.destinations.parse(input.url).href,
      types: assertTypes(input.types ?? []),
      secret: await this.seal(organizationId, id, secret),
    };
    const row = await this.database.withOrganization(organizationId, async (tx) => {
      if (input.meshId !== undefined) await holdMesh(tx, input.meshId);
      await holdAll(tx, organizationId);
      if ((await tx.webhook.count()) >= mostWebhooks) {
        const message = `an organization has at most ${mostWebhooks} webhooks; delete one first`;
        throw new IsthmusError('QUOTA_EXCEEDED', message);
      }
      await assertFree(tx, data.name);
      return tx.webhook.create({
        data: { id, organizationId, ...data, meshId: input.meshId ?? null, createdBy: actor.id },
      });
    });
    return { webhook: toWebhook(row), secret };
  }

  /** @throws as `create`; a webhook that was disabled by itself is enabled by `enabled: true`. */
  async update(actor: Actor, id: string, change: WebhookChange): Promise<WebhookView> {
    authorize(actor, 'webhook.write');
    const { name } = change;
    if (name !== undefined) assertDnsLabel('name', name);
    const data = {
      ...(name !== undefined && { name }),
      ...(change.url !== undefined && { url: this.destinations.parse(change.url).href }),
      ...(change.types !== undefined && { types: assertTypes(change.types) }),
    };
    const { organizationId } = actor;
    return this.database.withOrganization(organizationId, async (tx) => {
      await holdAll(tx, organizationId);
      const row = await find(tx, id);
      if (name !== undefined && name !== row.name) await assertFree(tx, name);
      const { url } = data;
      // Of another receiver nothing is known.
      const isMoved = url !== undefined && url !== row.url;
      await tx.webhook.update({
        where: { id },
        data: { ...data, ...(isMoved && { failingSince: null }) },
      });
      if (change.enabled === true) {
        const fresh = { disabledAt: null, disabledReason: null, failingSince: null };
        await tx.webhook.updateMany({ where: { id, disabledAt: { not: null } }, data: fresh });
      } else if (change.enabled === false) {
        await tx.$executeRaw`
          UPDATE webhook SET disabled_at = now(), disabled_reason = 'somebody disabled it'
           WHERE id = ${id} AND disabled_at IS NULL`;
      }
      // What waited while it was disabled is due.
      await ring(tx, organizationId, id, true);
      return toWebhook(await find(tx, id));
    });
  }

  /** With what became of its deliveries. @returns what it was. @throws NOT_FOUND */
  async delete(actor: Actor, id: string): Promise<WebhookView> {
    authorize(actor, 'webhook.write');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await holdAll(tx, actor.organizationId);
      const row = await find(tx, id);
      // Whoever adds deliveries is before this, or finds none.
      await tx.$queryRaw`SELECT id FROM webhook WHERE id = ${id} FOR UPDATE`;
      await tx.deliveryClock.deleteMany({ where: { webhookId: id } });
      await tx.webhookDelivery.deleteMany({ where: { webhookId: id } });
      await tx.webhook.delete({ where: { id } });
      return toWebhook(row);
    });
  }

  /**
   * Takes a new secret, which is shown this once; the one before signs as well for a day.
   *
   * @throws NOT_FOUND
   */
  async rotateSecret(actor: Actor, id: string): Promise<{ webhook: WebhookView; secret: string }> {
    authorize(actor, 'webhook.write');
    const { organizationId } = actor;
    const secret = newSecret();
    const sealed = await this.seal(organizationId, id, secret);
    const row = await this.database.withOrganization(organizationId, async (tx) => {
      await holdAll(tx, organizationId);
      await find(tx, id);
      await tx.$executeRaw`
        UPDATE webhook
           SET previous_secret = secret, secret = ${sealed},
               previous_until = now() + ${`${overlapMs} milliseconds`}::interval
         WHERE id = ${id}`;
      return find(tx, id);
    });
    return { webhook: toWebhook(row), secret };
  }

  /** By id. */
  async list(actor: Actor, page: PageRequest): Promise<Page<WebhookView>> {
    authorize(actor, 'webhook.read');
    const size = pageSize(page);
    const rows = await this.database.withOrganization(actor.organizationId, (tx) =>
      tx.webhook.findMany({
        where: page.after ? { id: { gt: page.after } } : {},
        orderBy: { id: 'asc' },
        take: size + 1,
      }),
    );
    return toPage(rows.map(toWebhook), size);
  }

  /** @throws NOT_FOUND */
  async get(actor: Actor, id: string): Promise<WebhookView> {
    authorize(actor, 'webhook.read');
    return this.database.withOrganization(actor.organizationId, async (tx) =>
      toWebhook(await find(tx, id)),
    );
  }

  /** What became of events on their way to a webhook, newest first. @throws NOT_FOUND */
  async deliveries(
    actor: Actor,
    {
      webhookId,
      state,
      ...page
    }: { webhookId: string; state?: DeliveryState | undefined } & PageRequest,
  ): Promise<Page<DeliveryView>> {
    authorize(actor, 'webhook.read');
    const size = pageSize(page);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await find(tx, webhookId);
      const rows = await tx.webhookDelivery.findMany({
        where: {
          webhookId,
          ...(state ? { state } : {}),
          ...(page.after ? { id: { lt: page.after } } : {}),
        },
        orderBy: { id: 'desc' },
        take: size + 1,
      });
      return toPage(rows.map(toDelivery), size);
    });
  }

  /**
   * Sends an event that says nothing, for somebody to see it arrive.
   *
   * @throws NOT_FOUND, WEBHOOK_DISABLED, QUOTA_EXCEEDED
   */
  async test(actor: Actor, id: string): Promise<DeliveryView> {
    authorize(actor, 'webhook.write');
    const { organizationId } = actor;
    return this.database.withOrganization(organizationId, async (tx) => {
      const webhook = await findEnabled(tx, id);
      const event: EventView = {
        id: newId('event'),
        meshId: webhook.meshId,
        type: 'webhook.test',
        subjectId: id,
        message: `webhook '${webhook.name}' is tried`,
        data: { webhook: { id, name: webhook.name } },
        at: new Date(),
      };
      await putOnRecord(tx, organizationId, [event]);
      return enqueueOne(tx, organizationId, id, event);
    });
  }

  /**
   * Sends an event once more, whatever became of it before: a new delivery, of the same event id.
   *
   * @throws NOT_FOUND, WEBHOOK_DISABLED
   */
  async redeliver(actor: Actor, deliveryId: string): Promise<DeliveryView> {
    authorize(actor, 'webhook.write');
    const { organizationId } = actor;
    return this.database.withOrganization(organizationId, async (tx) => {
      const delivery =
        isId('webhookDelivery', deliveryId) &&
        (await tx.webhookDelivery.findUnique({ where: { id: deliveryId } }));
      if (!delivery) throw notFound('delivery');
      await findEnabled(tx, delivery.webhookId);
      const event = await tx.event.findUnique({ where: { id: delivery.eventId } });
      if (!event) throw notFound('event any more: it is older than 30 days');
      return enqueueOne(tx, organizationId, delivery.webhookId, event);
    });
  }

  /**
   * Sends what happened since a time and that the webhook wants, oldest first: for a receiver that was
   * away, or lost what it had.
   *
   * @param after the cursor of a replay before, which had more than goes at once.
   * @returns how many, and the cursor to go on from; null if that was all.
   * @throws NOT_FOUND, WEBHOOK_DISABLED, QUOTA_EXCEEDED
   */
  async replay(
    actor: Actor,
    id: string,
    { since, after }: { readonly since: Date; readonly after?: string | undefined },
  ): Promise<{ webhook: WebhookView; replayed: number; endCursor: string | null }> {
    authorize(actor, 'webhook.write');
    pageSize({ after });
    const { organizationId } = actor;
    return this.database.withOrganization(organizationId, async (tx) => {
      const webhook = await findEnabled(tx, id);
      const rows = await tx.event.findMany({
        where: {
          at: { gte: since },
          type: { not: 'webhook.test' },
          ...(after !== undefined && { id: { gt: after } }),
          ...(webhook.meshId !== null && { meshId: webhook.meshId }),
        },
        orderBy: { id: 'asc' },
        take: mostReplayed + 1,
        select: { id: true, meshId: true, type: true },
      });
      const looked = rows.slice(0, mostReplayed);
      const wanted = looked.filter(({ type }) => selects(webhook.types, type));
      await assertRoom(tx, id, wanted.length);
      await enqueue(tx, organizationId, id, wanted);
      await ring(tx, organizationId, id, true);
      const endCursor = rows.length > mostReplayed ? (looked.at(-1)?.id ?? null) : null;
      return { webhook: toWebhook(webhook), replayed: wanted.length, endCursor };
    });
  }

  private async seal(organizationId: string, id: string, secret: string) {
    return new Uint8Array(
      await this.vault.seal(Buffer.from(secret), secretContext(organizationId, id)),
    );
  }
}

/** What a webhook's secret is bound to. */
export function secretContext(organizationId: string, id: string): string {
  return `webhook:${organizationId}:${id}`;
}

function toWebhook(row: Row): WebhookView {
  const { id, name, url, meshId, types, disabledAt, disabledReason } = row;
  const { failingSince, previousUntil, createdAt } = row;
  return {
    ...{ id, name, url, meshId, types, disabledAt, disabledReason },
    ...{ failingSince, previousUntil, createdAt },
  };
}

/** Those who change an organization's webhooks take turns. */
async function holdAll(tx: Transaction, organizationId: string): Promise<void> {
  const name = `webhooks ${organizationId}`;
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}

async function assertFree(tx: Transaction, name: string): Promise<void> {
  if ((await tx.webhook.count({ where: { name } })) === 0) return;
  const message = `there is a webhook '${name}' already; choose another name`;
  throw new IsthmusError('ALREADY_EXISTS', message, { field: 'name' });
}

async function find(tx: Transaction, id: string): Promise<Row> {
  const row = isId('webhook', id) && (await tx.webhook.findUnique({ where: { id } }));
  if (!row) throw notFound('webhook');
  return row;
}

/** Held: whoever deletes it waits. @throws NOT_FOUND, WEBHOOK_DISABLED */
async function findEnabled(tx: Transaction, id: string): Promise<Row> {
  if (isId('webhook', id)) {
    await tx.$queryRaw`SELECT id FROM webhook WHERE id = ${id} FOR KEY SHARE`;
  }
  const row = await find(tx, id);
  if (row.disabledAt === null) return row;
  const message = `the webhook is disabled (${row.disabledReason}); enable it first`;
  throw new IsthmusError('WEBHOOK_DISABLED', message);
}

/** @throws NOT_FOUND */
async function holdMesh(tx: Transaction, meshId: string): Promise<void> {
  await findMesh(tx, meshId);
  const held = await tx.$queryRaw<unknown[]>`
    SELECT id FROM mesh WHERE id = ${meshId} FOR KEY SHARE`;
  if (held.length === 0) throw notFound('mesh');
}

/** @throws QUOTA_EXCEEDED */
async function assertRoom(tx: Transaction, webhookId: string, wanted: number): Promise<void> {
  if ((await roomOf(tx, webhookId)) >= wanted) return;
  const message = 'so many deliveries wait for the webhook already; see to its receiver first';
  throw new IsthmusError('QUOTA_EXCEEDED', message);
}

async function enqueueOne(
  tx: Transaction,
  organizationId: string,
  webhookId: string,
  event: Pick<EventView, 'id' | 'meshId'>,
): Promise<DeliveryView> {
  await assertRoom(tx, webhookId, 1);
  const [id = ''] = await enqueue(tx, organizationId, webhookId, [event]);
  await ring(tx, organizationId, webhookId, true);
  return toDelivery(await tx.webhookDelivery.findUniqueOrThrow({ where: { id } }));
}
