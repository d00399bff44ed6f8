import { Facts } from '@isthmus/contracts';
import type { Transaction } from '@isthmus/platform';
import type { Sighting, Source } from './sightings.js';

/** Of one event; the API has the rest. */
const mostNamed = 20;

interface Found {
  readonly clusterId: string;
  readonly name: string;
  readonly body: Uint8Array;
}

/** What somebody else did to objects of releases, as agents report it; together for each cluster. */
export const lookAtDrift: Source = async (tx, { meshId, clusters, marks }) => {
  const rows = await tx.fact.groupBy({
    by: ['clusterId'],
    where: { meshId, type: Facts.Drift.name, withdrawnAt: null },
    _count: true,
    _max: { revision: true },
  });
  const standing = new Map(
    rows.map((row) => [row.clusterId, { count: row._count, revision: row._max.revision ?? 0n }]),
  );
  const sightings: Sighting[] = [];
  for (const cluster of clusters.values()) {
    const subject = `drift/${cluster.id}`;
    const { count, revision } = standing.get(cluster.id) ?? { count: 0, revision: 0n };
    const before = marks.get(subject) ?? '';
    const since = BigInt(before || 0);
    if (cluster.removedAt || (count === 0 ? before === '' : revision <= since)) continue;
    const mark = count === 0 ? '' : String(revision);
    const of = { cluster: { id: cluster.id, name: cluster.name } };
    const found = count === 0 ? [] : await findSince(tx, cluster.id, since);
    const happening =
      count === 0
        ? {
            type: 'drift.cleared' as const,
            message: `nothing in cluster '${cluster.name}' differs from its release any more`,
            data: of,
          }
        : {
            type: 'drift.found' as const,
            message: `somebody else changed objects of the release in cluster '${cluster.name}': ${count} in all`,
            data: { ...of, count, objects: found.map(toObject) },
          };
    sightings.push({ subject, mark, happenings: [{ ...happening, subjectId: cluster.id }] });
  }
  return sightings;
};

function findSince(tx: Transaction, clusterId: string, since: bigint): Promise<Found[]> {
  return tx.fact.findMany({
    where: {
      clusterId,
      type: Facts.Drift.name,
      withdrawnAt: null,
      revision: { gt: since },
    },
    select: { clusterId: true, name: true, body: true },
    orderBy: { revision: 'desc' },
    take: mostNamed,
  });
}

function toObject({ name, body }: Found): object {
  const { change, managers, outcome, count } = Facts.Drift.decode(body);
  return { name, change, managers: managers.slice(0, 10), outcome, count };
}
