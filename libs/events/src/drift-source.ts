import { Facts } from '@isthmus/contracts';
import type { Transaction } from '@isthmus/platform';
import { type Held, heldUntil, type Sighting, type Source } from './sightings.js';

/** Of one event; the API has the rest. */
const mostNamed = 20;
/** What fights over an object does so many times a second: its cluster is told of no more often. */
const restMs = 300_000;

/**
 * What somebody else did to objects of releases, as agents report it; together for each cluster. That an
 * object which was told of is changed again is no news.
 */
export const lookAtDrift: Source = async (tx, scene) => {
  const rows = await tx.$queryRaw<{ clusterId: string; count: number; since: bigint }[]>`
    SELECT cluster_id AS "clusterId", count(*)::int AS count, max(since) AS since
      FROM fact
     WHERE mesh_id = ${scene.meshId} AND type = ${Facts.Drift.name} AND withdrawn_at IS NULL
     GROUP BY cluster_id`;
  const standing = new Map(rows.map((row) => [row.clusterId, row]));
  const sightings: (Sighting | Held)[] = [];
  for (const { id, name, removedAt } of scene.clusters.values()) {
    if (removedAt) continue;
    const subject = `drift/${id}`;
    const { count = 0, since = 0n } = standing.get(id) ?? {};
    const before = scene.marks.get(subject)?.mark;
    const told = before === undefined || before === 'cleared' ? 0n : BigInt(before);
    const isFound = count > 0 && since > told;
    const isCleared = count === 0 && told > 0n;
    if (!isFound && !isCleared) continue;
    const until = heldUntil(scene, subject, restMs);
    // That all is well again is told at once: the next that is found waits.
    if (until && isFound) {
      sightings.push({ until });
      continue;
    }
    const cluster = { id, name };
    const happening = isFound
      ? {
          type: 'drift.found' as const,
          message: `somebody else changed objects of the release in cluster '${name}': ${count} in all`,
          data: { cluster, count, objects: await objectsSince(tx, id, told) },
        }
      : {
          type: 'drift.cleared' as const,
          message: `nothing in cluster '${name}' differs from its release any more`,
          data: { cluster },
        };
    const mark = isFound ? String(since) : 'cleared';
    sightings.push({ subject, mark, happenings: [{ ...happening, subjectId: id }] });
  }
  return sightings;
};

/** Those that nobody was told of, the newest first. */
async function objectsSince(tx: Transaction, clusterId: string, told: bigint): Promise<object[]> {
  const rows = await tx.fact.findMany({
    where: { clusterId, type: Facts.Drift.name, withdrawnAt: null, since: { gt: told } },
    select: { name: true, body: true },
    orderBy: { since: 'desc' },
    take: mostNamed,
  });
  return rows.map(({ name, body }) => {
    const { change, managers, outcome, count } = Facts.Drift.decode(body);
    return { name, change, managers: managers.slice(0, 10), outcome, count };
  });
}
