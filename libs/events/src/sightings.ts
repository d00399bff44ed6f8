import type { Transaction } from '@isthmus/platform';
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
  /** Tells how it stands: the same mark, and nothing happened. Null: it is gone. */
  readonly mark: string | null;
  readonly happenings: readonly Happening[];
}

/** A mesh at one moment, and how all in it stood when it was last looked at. */
export interface Scene {
  readonly meshId: string;
  readonly now: Date;
  readonly clusters: ReadonlyMap<string, ClusterRow>;
  readonly marks: ReadonlyMap<string, string>;
}

export type ClusterRow = Awaited<ReturnType<Transaction['cluster']['findMany']>>[number];

/** Looks at one kind of things. Those that stand as they did may be left out. */
export type Source = (tx: Transaction, scene: Scene) => Promise<readonly Sighting[]>;
