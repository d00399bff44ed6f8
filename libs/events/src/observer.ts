import { databaseNow } from '@isthmus/fleet';
import { newId } from '@isthmus/kernel';
import { Database, type Transaction, toJson } from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';
import { lookAtClusters } from './cluster-source.js';
import { addDeliveries } from './deliveries.js';
import { lookAtDrift } from './drift-source.js';
import type { EventView } from './events.js';
import type { Happening, Source } from './sightings.js';
import { lookAtRollouts, lookAtUpgrades } from './step-sources.js';
import { lookAtTrust } from './trust-source.js';

const sources: readonly Source[] = [
  lookAtClusters,
  lookAtTrust,
  lookAtDrift,
  lookAtRollouts,
  lookAtUpgrades,
];

/**
 * Finds out what happened in a mesh, by comparing how all in it stands with how it stood when it was last
 * looked at. Nobody who changes something has to think of telling, and a look that was missed is made up for
 * by the next: what went to and fro between two looks is no event, but for steps, which are all on record.
 */
@Injectable()
export class EventObserver {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * Any number of workers may do it at once; each event comes about once, together with its deliveries.
   *
   * @returns how many events there were.
   */
  async observe(organizationId: string, meshId: string): Promise<number> {
    return this.database.withOrganization(organizationId, async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`events ${meshId}`}, 0))`;
      // Whoever deletes the mesh waits for this, or this finds none.
      const [mesh] = await tx.$queryRaw<{ name: string }[]>`
        SELECT name FROM mesh WHERE id = ${meshId} FOR KEY SHARE`;
      if (!mesh) return 0;
      const marks = await tx.eventMark.findMany({ where: { meshId } });
      const clusters = await tx.cluster.findMany({ where: { meshId } });
      const scene = {
        meshId,
        now: await databaseNow(tx),
        marks: new Map(marks.map(({ subject, mark }) => [subject, mark])),
        clusters: new Map(clusters.map((cluster) => [cluster.id, cluster])),
      };
      const seen = (await Promise.all(sources.map((look) => look(tx, scene)))).flat();
      const news = seen.filter(({ subject, mark }) => mark !== (scene.marks.get(subject) ?? null));
      if (news.length === 0) return 0;
      await this.keepMarks(tx, organizationId, meshId, news);
      const happenings = news.flatMap((sighting) => sighting.happenings);
      const of = { organizationId, mesh: { id: meshId, name: mesh.name } };
      await tellOf(tx, of, happenings, scene.now);
      return happenings.length;
    });
  }

  private async keepMarks(
    tx: Transaction,
    organizationId: string,
    meshId: string,
    news: readonly { readonly subject: string; readonly mark: string | null }[],
  ): Promise<void> {
    const gone = news.flatMap(({ subject, mark }) => (mark === null ? [subject] : []));
    const kept = news.flatMap(({ subject, mark }) => (mark === null ? [] : [{ subject, mark }]));
    await tx.eventMark.deleteMany({ where: { meshId, subject: { in: gone } } });
    await tx.$executeRaw`
      INSERT INTO event_mark (mesh_id, subject, organization_id, mark)
      SELECT ${meshId}, subject, ${organizationId}, mark
        FROM jsonb_to_recordset(${JSON.stringify(kept)}::jsonb) AS new (subject text, mark text)
      ON CONFLICT (mesh_id, subject) DO UPDATE SET mark = excluded.mark`;
  }
}

/** Whose events these are. */
export interface EventsOf {
  readonly organizationId: string;
  /** Null: of the organization itself. */
  readonly mesh: { readonly id: string; readonly name: string } | null;
}

/** Puts events on record, and on their way to the webhooks that want them. */
async function tellOf(
  tx: Transaction,
  { organizationId, mesh }: EventsOf,
  happenings: readonly Happening[],
  now: Date,
): Promise<void> {
  if (happenings.length === 0) return;
  const events = happenings
    .map(({ at = now, ...happening }) => ({ ...happening, at }))
    .sort((a, b) => a.at.getTime() - b.at.getTime())
    .map(
      (happening): EventView => ({
        id: newId('event', happening.at.getTime()),
        meshId: mesh?.id ?? null,
        ...happening,
        data: { mesh, ...happening.data },
      }),
    );
  await tx.event.createMany({
    data: events.map(({ data, ...event }) => ({ ...event, organizationId, data: toJson(data) })),
  });
  await addDeliveries(tx, organizationId, events);
}
