import { type ClusterStatus, statusOf } from '@isthmus/fleet';
import type { EventType } from './event-types.js';
import {
  type ClusterRow,
  type Held,
  heldUntil,
  type Scene,
  type Sighting,
  type Source,
} from './sightings.js';

const told = {
  PENDING: ['cluster.registered', 'is registered; its agent has not come yet'],
  CONNECTED: ['cluster.connected', 'is in contact'],
  OUT_OF_CONTACT: ['cluster.out_of_contact', 'is out of contact; what it runs goes on as it is'],
  LOCKED: ['cluster.locked', 'is locked: two agents held its identity'],
  REMOVED: ['cluster.removed', 'is taken out of the mesh'],
} as const satisfies Record<ClusterStatus, readonly [EventType, string]>;

/** An agent that comes and goes is told of no more often. */
const contactRestMs = 10_000;
const contact = 'contact/';

/** How clusters stand with the plane, and whether anything of theirs is held back. */
export const lookAtClusters: Source = async (_tx, scene) =>
  [...scene.clusters.values()].flatMap((cluster) => [
    contactOf(cluster, scene),
    ...(cluster.removedAt ? forgotten(cluster) : [removalsOf(cluster, scene)]),
  ]);

/** What else was told of a cluster that is removed. */
function forgotten({ id }: ClusterRow): Sighting[] {
  return ['removals', 'signing', 'drift'].map((what) => ({
    ...{ subject: `${what}/${id}`, mark: null, happenings: [] },
  }));
}

/** Clusters that somebody was told of: their removal is news. */
export function* toldClusters(marks: Scene['marks']): Generator<string> {
  for (const subject of marks.keys())
    if (subject.startsWith(contact)) yield subject.slice(contact.length);
}

function contactOf(cluster: ClusterRow, scene: Scene): Sighting | Held {
  const status = statusOf(cluster, scene.now);
  const subject = contact + cluster.id;
  const before = scene.marks.get(subject)?.mark;
  const mark = status === 'REMOVED' ? null : status;
  if (before === status) return { subject, mark, happenings: [] };
  const until = heldUntil(scene, subject, contactRestMs);
  if (until && before !== 'PENDING' && status !== 'REMOVED') return { until };
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
  return { subject, mark, happenings: [happening] };
}

function removalsOf(cluster: ClusterRow, { marks }: Scene): Sighting {
  const subject = `removals/${cluster.id}`;
  const count = cluster.heldRemovals.length;
  const mark = count > 0 ? 'held' : null;
  if ((mark === null) === !marks.has(subject)) return { subject, mark, happenings: [] };
  const [type, words] =
    mark === null
      ? (['cluster.removals_settled', 'has no removals that are held back any more'] as const)
      : (['cluster.removals_held', `has ${count} removals that are held back`] as const);
  const happening = {
    type,
    subjectId: cluster.id,
    message: `cluster '${cluster.name}' ${words}`,
    data: { cluster: { id: cluster.id, name: cluster.name }, count },
  };
  return { subject, mark, happenings: [happening] };
}
