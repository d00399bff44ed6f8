import { findMesh, notFound } from '@isthmus/fleet';
import { IsthmusError, isId, type Page, type PageRequest, pageSize, toPage } from '@isthmus/kernel';
import { Database, fromJson, Prisma, type Transaction, toJson } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { type EventType, eventFamilies, eventTypes, isEventType } from './event-types.js';

/** Something that happened. */
export interface EventView {
  readonly id: string;
  readonly meshId: string | null;
  readonly type: EventType;
  /** Id of what it happened to. */
  readonly subjectId: string;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** So long events, and what became of their deliveries, are kept; in ms. */
const eventLifeMs = 30 * 24 * 3_600_000;
const mostTypes = 50;
const mostSweptAtOnce = 5_000;

@Injectable()
export class EventService {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * Those of a mesh, newest first.
   *
   * @param types of events, or their families; empty: all.
   * @throws NOT_FOUND, INVALID_ARGUMENT
   */
  async list(
    actor: Actor,
    { meshId, types = [], ...page }: { meshId: string; types?: readonly string[] } & PageRequest,
  ): Promise<Page<EventView>> {
    authorize(actor, 'event.read');
    const size = pageSize(page);
    const wanted = assertTypes(types);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await findMesh(tx, meshId);
      const rows = await tx.event.findMany({
        where: {
          meshId,
          ...(page.after ? { id: { lt: page.after } } : {}),
          ...(wanted.length > 0 ? { type: { in: typesOf(wanted) } } : {}),
        },
        orderBy: { id: 'desc' },
        take: size + 1,
      });
      return toPage(rows.map(toEvent), size);
    });
  }

  /** In the order of the ids; undefined for each that is not there any more. */
  async getMany(actor: Actor, ids: readonly string[]): Promise<(EventView | undefined)[]> {
    authorize(actor, 'event.read');
    const rows = await this.database.withOrganization(actor.organizationId, (tx) =>
      tx.event.findMany({ where: { id: { in: ids.filter((id) => isId('event', id)) } } }),
    );
    const byId = new Map(rows.map((row) => [row.id, toEvent(row)]));
    return ids.map((id) => byId.get(id));
  }

  /** @throws NOT_FOUND */
  async get(actor: Actor, id: string): Promise<EventView> {
    const [event] = await this.getMany(actor, [id]);
    if (!event) throw notFound('event');
    return event;
  }

  /** Forgets what of an organization is too old to be asked for, and what was of meshes that are gone. */
  async sweep(organizationId: string): Promise<void> {
    const life = `${eventLifeMs} milliseconds`;
    const within = (work: (tx: Transaction) => Promise<number>): Promise<number> =>
      this.database.withOrganization(organizationId, work);
    const untilFew = async (work: (tx: Transaction) => Promise<number>): Promise<void> => {
      while ((await within(work)) === mostSweptAtOnce);
    };
    await untilFew(
      (tx) => tx.$executeRaw`
        DELETE FROM webhook_delivery WHERE ctid IN
          (SELECT ctid FROM webhook_delivery
            WHERE created_at < now() - ${life}::interval LIMIT ${mostSweptAtOnce})`,
    );
    await untilFew(async (tx) => {
      const gone = await tx.$queryRaw<{ id: string }[]>`
        DELETE FROM event WHERE ctid IN
          (SELECT ctid FROM event WHERE at < now() - ${life}::interval LIMIT ${mostSweptAtOnce})
        RETURNING id`;
      // Those of them that were sent again later.
      const ids = gone.map(({ id }) => id);
      await tx.$executeRaw`DELETE FROM webhook_delivery WHERE event_id = ANY(${ids})`;
      return gone.length;
    });
    // A release before this one, that deletes meshes, knows nothing of these.
    for (const table of ['webhook', 'event_mark', 'event', 'webhook_delivery']) {
      const of = Prisma.raw(`"${table}"`);
      await untilFew(
        (tx) => tx.$executeRaw`
          DELETE FROM ${of} WHERE ctid IN
            (SELECT t.ctid FROM ${of} t
              WHERE t.mesh_id IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM mesh m WHERE m.id = t.mesh_id)
              LIMIT ${mostSweptAtOnce})`,
      );
    }
  }
}

/** In the transaction that they come about in. */
export async function putOnRecord(
  tx: Transaction,
  organizationId: string,
  events: readonly EventView[],
): Promise<void> {
  if (events.length === 0) return;
  await tx.event.createMany({
    data: events.map(({ data, ...event }) => ({ ...event, organizationId, data: toJson(data) })),
  });
}

function toEvent(row: Prisma.EventGetPayload<object>): EventView {
  const { id, meshId, subjectId, message, at } = row;
  const data = fromJson<Record<string, unknown>>(row.data);
  return { id, meshId, type: row.type as EventType, subjectId, message, data, at };
}

/** @throws INVALID_ARGUMENT naming the one that there is not. */
export function assertTypes(types: readonly string[]): string[] {
  const unique = [...new Set(types)];
  const unknown = unique.find((type) => !isEventType(type) && !eventFamilies.includes(type));
  if (unknown !== undefined || unique.length > mostTypes) {
    const families = eventFamilies.join(', ');
    const message =
      unknown === undefined
        ? `name at most ${mostTypes} types; ${families} select all of a kind`
        : `there is no event type '${unknown.slice(0, 100)}'; see eventTypes, or take a kind: ${families}`;
    throw new IsthmusError('INVALID_ARGUMENT', message, { field: 'types' });
  }
  return unique;
}

/** Whether types, or families of types, select one. */
export function selects(wanted: readonly string[], type: string): boolean {
  return wanted.length === 0 || wanted.some((one) => type === one || type.startsWith(`${one}.`));
}

function typesOf(wanted: readonly string[]): string[] {
  return Object.keys(eventTypes).filter((type) => selects(wanted, type));
}
