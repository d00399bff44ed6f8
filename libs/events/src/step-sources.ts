import { isEventType } from './event-types.js';
import type { Happening, Scene, Sighting, Source } from './sightings.js';

/** Of one look: more than can begin and end between two. */
const mostAtOnce = 200;

/** What goes through a mesh step by step, each of which is on record. */
interface Process {
  readonly id: string;
  readonly step: number;
  readonly createdAt: Date;
  /** What goes through, in words. */
  readonly what: string;
  /** What it does before its first step. */
  readonly first: Pick<Happening, 'type' | 'message'>;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Step {
  readonly step: number;
  readonly type: string;
  readonly message: string;
  readonly actor: string | null;
  readonly at: Date;
}

export const lookAtRollouts: Source = async (tx, { meshId, marks }) => {
  const rows = await tx.rollout.findMany({
    where: { meshId },
    orderBy: { id: 'desc' },
    take: mostAtOnce,
    select: { id: true, step: true, createdAt: true, releaseId: true },
  });
  const untold = rows.filter(({ id, step }) => marks.get(id)?.mark !== String(step));
  const releases = await tx.release.findMany({
    where: { id: { in: untold.map(({ releaseId }) => releaseId) } },
    select: { id: true, number: true },
  });
  const numbers = new Map(releases.map(({ id, number }) => [id, number]));
  const processes = rows.map((row): Process => {
    const release = { id: row.releaseId, number: numbers.get(row.releaseId) };
    const data = { rolloutId: row.id, release };
    const first = { type: 'rollout.queued', message: 'waits for its turn' } as const;
    return { ...row, what: `release ${release.number}`, data, first };
  });
  return follow('rollout', processes, marks, (id, after) =>
    tx.rolloutEvent.findMany({
      where: { rolloutId: id, step: { gt: after } },
      orderBy: { step: 'asc' },
    }),
  );
};

/** Upgrades as a whole; of what each cluster does meanwhile, the API tells. */
export const lookAtUpgrades: Source = async (tx, { meshId, marks }) => {
  const rows = await tx.upgrade.findMany({
    where: { meshId },
    orderBy: { id: 'desc' },
    take: mostAtOnce,
    select: { id: true, step: true, createdAt: true, toVersion: true, source: true },
  });
  const processes = rows.map((row): Process => {
    const data = { upgradeId: row.id, toVersion: row.toVersion, source: row.source };
    const first = { type: 'upgrade.planned', message: 'planned' } as const;
    return { ...row, what: `upgrade to Istio ${row.toVersion}`, data, first };
  });
  return follow('upgrade', processes, marks, (id, after) =>
    tx.upgradeEvent.findMany({
      where: { upgradeId: id, clusterId: null, step: { gt: after } },
      orderBy: { step: 'asc' },
    }),
  );
};

/** @param stepsOf in order. */
async function follow(
  family: 'rollout' | 'upgrade',
  processes: readonly Process[],
  marks: Scene['marks'],
  stepsOf: (id: string, after: number) => Promise<readonly Step[]>,
): Promise<Sighting[]> {
  const sightings: Sighting[] = [];
  for (const { id, step, createdAt, what, first, data } of processes) {
    const before = marks.get(id)?.mark;
    if (before === String(step)) continue;
    const steps = await stepsOf(id, Number(before ?? 0));
    const happenings = steps.flatMap(({ type: word, message, actor, at }): Happening[] => {
      const type = `${family}.${word.toLowerCase()}`;
      if (!isEventType(type)) return [];
      const more = { ...data, ...(actor && { actor }) };
      return [{ type, subjectId: id, message: `${what}: ${message}`, data: more, at }];
    });
    if (before === undefined) {
      const message = `${what}: ${first.message}`;
      happenings.unshift({ type: first.type, subjectId: id, message, data, at: createdAt });
    }
    // What the record has, not the row: a step that was read is told, and no other one.
    const last = steps.at(-1)?.step ?? Number(before ?? 0);
    sightings.push({ subject: id, mark: String(last), happenings });
  }
  const oldest = processes.at(-1)?.id;
  if (processes.length < mostAtOnce || oldest === undefined) return sightings;
  const gone = [...marks.keys()].filter((id) => id.startsWith(`${family}_`) && id < oldest);
  return [...sightings, ...gone.map((subject) => ({ subject, mark: null, happenings: [] }))];
}
