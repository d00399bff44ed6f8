import type { Prisma, Transaction } from '@isthmus/platform';
import type { EventType } from './event-types.js';

/** Something that is to be told. */
export interface Happening {
  readonly type: EventType;
  /** Id of what it happened to. */
  readonly subjectId: string;
  /** A sentence. */
  readonly message: string;
  /** What a program wants to know of it; names and ids, no secrets. */
  readonly data: Readonly<Record<string, unknown>>;
  /** When, where that is known better than by when it was seen. */
  readonly at?: Date;
}

/** How something stands now, and what has happened to it since it was last told of. */
export interface Sighting {
  readonly subject: string;
  /** Tells how it stands: the same mark, and nothing happened. Null: as whatever nobody has told of. */
  readonly mark: string | null;
  readonly happenings: readonly Happening[];
}

/** Looked at again by then: what it does now is no news so soon. */
export interface Held {
  readonly until: Date;
}

/** A mesh at one moment, and how all in it stood when it was last told of. */
export interface Scene {
  readonly meshId: string;
  readonly now: Date;
  /** By id; of those that were removed, the ones whose removal nobody was told of. */
  readonly clusters: ReadonlyMap<string, ClusterRow>;
  readonly marks: ReadonlyMap<string, { readonly mark: string; readonly toldAt: Date }>;
}

export const shownOfClusters = {
  id: true,
  name: true,
  removedAt: true,
  lockedAt: true,
  lockReason: true,
  lastContactAt: true,
  connectedAt: true,
  disconnectedAt: true,
  heldRemovals: true,
} as const satisfies Prisma.ClusterSelect;

export type ClusterRow = Prisma.ClusterGetPayload<{ select: typeof shownOfClusters }>;

/** Looks at one kind of things. Those that stand as they did may be left out. */
export type Source = (tx: Transaction, scene: Scene) => Promise<readonly (Sighting | Held)[]>;

/**
 * What goes to and fro is told of now and then.
 *
 * @returns until when a subject is not told of again; undefined if it may be told of now.
 */
export function heldUntil(
  { marks, now }: Scene,
  subject: string,
  restMs: number,
): Date | undefined {
  const told = marks.get(subject);
  if (!told) return undefined;
  const until = new Date(told.toldAt.getTime() + restMs);
  return until > now ? until : undefined;
}
