import { databaseNow } from '@isthmus/fleet';
import { newId } from '@isthmus/kernel';
import { advanceMesh, Database, type Transaction } from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';
import { lookAtClusters, toldClusters } from './cluster-source.js';
import { addDeliveries } from './deliveries.js';
import { lookAtDrift } from './drift-source.js';
import { type EventView, putOnRecord } from './events.js';
import {
  type Happening,
  type Scene,
  type Sighting,
  type Source,
  shownOfClusters,
} from './sightings.js';
import { lookAtRollouts, lookAtUpgrades } from './step-sources.js';
import { lookAtTrust } from './trust-source.js';

const sources: readonly Source[] = [
  lookAtClusters,
  lookAtTrust,
  lookAtDrift,
  lookAtRollouts,
  lookAtUpgrades,
];

/** What came of a look. */
export interface Look {
  /** How many events there were. */
  readonly events: number;
  /** When to look again, although nothing may ring; undefined: as usual. */
  readonly again: Date | undefined;
}

/**
 * Finds out what happened in a mesh, by comparing how all in it stands with how it stood when it was last
 * told of. Nobody who changes something has to think of telling, and a look that was missed is made up for
 * by the next: what went to and fro between two looks is no event, but for steps, which are all on record.
 */
@Injectable()
export class EventObserver {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * Any number of workers may do it at once; each event comes about once, together with its deliveries.
   */
  async observe(organizationId: string, meshId: string): Promise<Look> {
    const look = await this.look(organizationId, meshId);
    if (look.events > 0) await this.ring(organizationId, meshId);
    return look;
  }

  private look(organizationId: string, meshId: string): Promise<Look> {
    return this.database.withOrganization(organizationId, async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`events ${meshId}`}, 0))`;
      // Whoever deletes the mesh waits for this, or this finds none.
      const [mesh] = await tx.$queryRaw<{ name: string }[]>`
        SELECT name FROM mesh WHERE id = ${meshId} FOR KEY SHARE`;
      if (!mesh) return { events: 0, again: undefined };
      const scene = await sceneOf(tx, meshId);
      const seen = (await Promise.all(sources.map((look) => look(tx, scene)))).flat();
      const held = seen.flatMap((one) => ('until' in one ? [one.until.getTime()] : []));
      const news = seen.flatMap((one) => (isNews(one, scene) ? [one] : []));
      await keepMarks(tx, { organizationId, meshId }, news);
      const happenings = news.flatMap((sighting) => sighting.happenings);
      const events = eventsOf({ id: meshId, name: mesh.name }, happenings, scene.now);
      await putOnRecord(tx, organizationId, events);
      await addDeliveries(tx, organizationId, events);
      const again = held.length > 0 ? new Date(Math.min(...held)) : undefined;
      return { events: events.length, again };
    });
  }

  /** For those who look on. By itself: the mesh's clock comes before all else in a transaction. */
  private async ring(organizationId: string, meshId: string): Promise<void> {
    await this.database.withOrganization(organizationId, async (tx) => {
      const mesh = await tx.meshClock.findUnique({ where: { meshId } });
      if (mesh) await advanceMesh(tx, meshId, 'facts');
    });
  }
}

async function sceneOf(tx: Transaction, meshId: string): Promise<Scene> {
  const rows = await tx.$queryRaw<{ subject: string; mark: string; toldAt: Date }[]>`
    SELECT subject, mark, told_at AS "toldAt" FROM event_mark WHERE mesh_id = ${meshId}`;
  const marks = new Map(rows.map(({ subject, ...row }) => [subject, row]));
  const select = shownOfClusters;
  const present = await tx.cluster.findMany({ where: { meshId, removedAt: null }, select });
  const clusters = new Map(present.map((cluster) => [cluster.id, cluster]));
  const missing = [...toldClusters(marks)].filter((id) => !clusters.has(id));
  const removed = await tx.cluster.findMany({ where: { id: { in: missing } }, select });
  for (const cluster of removed) clusters.set(cluster.id, cluster);
  return { meshId, now: await databaseNow(tx), clusters, marks };
}

function isNews(one: Awaited<ReturnType<Source>>[number], { marks }: Scene): one is Sighting {
  return !('until' in one) && one.mark !== (marks.get(one.subject)?.mark ?? null);
}

async function keepMarks(
  tx: Transaction,
  { organizationId, meshId }: { readonly organizationId: string; readonly meshId: string },
  news: readonly Sighting[],
): Promise<void> {
  if (news.length === 0) return;
  const gone = news.flatMap(({ subject, mark }) => (mark === null ? [subject] : []));
  const kept = news.flatMap(({ subject, mark }) => (mark === null ? [] : [{ subject, mark }]));
  await tx.eventMark.deleteMany({ where: { meshId, subject: { in: gone } } });
  await tx.$executeRaw`
    INSERT INTO event_mark (mesh_id, subject, organization_id, mark, told_at)
    SELECT ${meshId}, subject, ${organizationId}, mark, now()
      FROM jsonb_to_recordset(${JSON.stringify(kept)}::jsonb) AS new (subject text, mark text)
    ON CONFLICT (mesh_id, subject) DO UPDATE SET mark = excluded.mark, told_at = excluded.told_at`;
}

/** Ids sort by when events were told, so that whoever has seen one has been told of all before it. */
function eventsOf(
  mesh: { readonly id: string; readonly name: string },
  happenings: readonly Happening[],
  now: Date,
): EventView[] {
  return happenings
    .map(({ at = now, ...happening }) => ({ ...happening, at }))
    .sort((a, b) => a.at.getTime() - b.at.getTime())
    .map((happening, index) => ({
      id: newId('event', now.getTime() + index),
      meshId: mesh.id,
      ...happening,
      data: { mesh, ...happening.data },
    }));
}
