import { statusOf } from '@isthmus/fleet';
import type { EventType } from './event-types.js';
import type { ClusterRow, Scene, Sighting, Source } from './sightings.js';

const told = {
  PENDING: ['cluster.registered', 'is registered; its agent has not come yet'],
  CONNECTED: ['cluster.connected', 'is in contact'],
  OUT_OF_CONTACT: ['cluster.out_of_contact', 'is out of contact; what it runs goes on as it is'],
  LOCKED: ['cluster.locked', 'is locked: two agents held its identity'],
  REMOVED: ['cluster.removed', 'is taken out of the mesh'],
} as const satisfies Record<string, readonly [EventType, string]>;

/** How clusters stand with the plane, and whether anything of theirs is held back. */
export const lookAtClusters: Source = async (_tx, scene) =>
  [...scene.clusters.values()].flatMap((cluster) => [
    contactOf(cluster, scene),
    removalsOf(cluster, scene),
  ]);

function contactOf(cluster: ClusterRow, { now, marks }: Scene): Sighting {
  const status = statusOf(cluster, now);
  const subject = `contact/${cluster.id}`;
  const [type, words] = told[status];
  const happening = {
    type,
    subjectId: cluster.id,
    message: `cluster '${cluster.name}' ${words}`,
    data: {
      cluster: { id: cluster.id, name: cluster.name },
      status,
      lastContactAt: cluster.lastContactAt,
      lockReason: cluster.lockReason,
    },
  };
  // What was removed before anybody looked is no news.
  const isNews = marks.get(subject) !== status && !(status === 'REMOVED' && !marks.has(subject));
  return { subject, mark: status, happenings: isNews ? [happening] : [] };
}

function removalsOf(cluster: ClusterRow, { marks }: Scene): Sighting {
  const subject = `removals/${cluster.id}`;
  const count = cluster.removedAt ? 0 : cluster.heldRemovals.length;
  const [mark, before] = [String(count), Number(marks.get(subject) ?? 0)];
  if (count > 0 === before > 0) return { subject, mark, happenings: [] };
  const [type, words] =
    count > 0
      ? (['cluster.removals_held', `has ${count} removals that are held back`] as const)
      : (['cluster.removals_settled', 'has no removals that are held back any more'] as const);
  const happening = {
    type,
    subjectId: cluster.id,
    message: `cluster '${cluster.name}' ${words}`,
    data: { cluster: { id: cluster.id, name: cluster.name }, count },
  };
  return { subject, mark, happenings: [happening] };
}
