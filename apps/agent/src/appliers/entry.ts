import { type Kind, type KubeObject, kindId } from '../kube/kinds.js';
import { includes, isAsWanted, Marks, setByUs } from '../kube/ownership.js';
import type { Desired, Reason } from './plan.js';

/** One object as the writer knows it. */
export interface Entry {
  readonly id: string;
  kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string;
  /** By intent; several may want the very same object. */
  readonly wanted: Map<string, Wanted>;
  state: { readonly stored: 'yes' | 'pending' | 'refused' } & Reason;
  /** Content that the server has taken: a difference from it is somebody else's doing. */
  applied: string | undefined;
  /** Content that was written with what leaves still beside it; see `bridgeOf`. */
  bridged: string | undefined;
  /** What the server answered last; newer than the informer until its event arrives. */
  latest: KubeObject | undefined;
  /** The object that we deleted, while the informer still has it. */
  deletedUid: string | undefined;
  /** Content and version that are not tried again as they are, until then (ms since the epoch). */
  settled: Settled | undefined;
  /** An object of that name is there that the informer has not seen, or cannot. */
  isHidden: boolean;
  failures: number;
  /** When it was put back lately, in ms since the epoch. */
  corrected: number[];
  timer: NodeJS.Timeout | undefined;
}

export interface Settled {
  readonly content: string;
  readonly version: string | undefined;
  /** What was forbidden is tried at every event: a namespace that goes away forbids, too. */
  readonly as: 'stored' | 'refused' | 'forbidden';
  readonly until: number;
  /** How often this content was refused, a waiting time apart. */
  readonly refusals: number;
}

/** Rights, admission policies and webhooks change without the object changing. */
const refusedMs = { first: 60_000, most: 600_000 };

/** What was refused on this state of an object: of a release it is not tried again by the clock. */
export function settledAsRefused(
  { wanted, settled }: Entry,
  live: KubeObject | undefined,
  status: number,
): Settled {
  const { content = '', rank } = firstOf(wanted) ?? {};
  const version = live?.metadata.resourceVersion;
  if (rank !== undefined) {
    const until = Number.POSITIVE_INFINITY;
    return { content, version, as: 'refused', until, refusals: 1 };
  }
  const isAgain = settled?.content === content && settled.as !== 'stored';
  const before = isAgain ? settled : undefined;
  const refusals = (before?.refusals ?? 0) + Number(!before || Date.now() >= before.until);
  const delay = Math.min(refusedMs.first * 2 ** (refusals - 1), refusedMs.most);
  const as = status === 403 ? 'forbidden' : 'refused';
  return { content, version, as, until: Date.now() + delay, refusals };
}

/** Which object. */
export type EntryRef = Pick<Entry, 'kind' | 'namespace' | 'name'>;

/** What an intent wants of an object. */
export interface Wanted {
  readonly intent: string;
  readonly desired: Desired;
  readonly content: string;
  readonly rank: number | undefined;
}

/** Reason while an object waits for its namespace. */
export const namespaceNotFound = 'NamespaceNotFound';

export const pending = (reason: string, message: string): Entry['state'] => ({
  stored: 'pending',
  reason,
  message,
});
export const writing = (ref: EntryRef): Entry['state'] =>
  pending('Writing', `${labelOf(ref)} is being written`);
export const refused = (reason: string, message: string): Entry['state'] => ({
  stored: 'refused',
  reason,
  message,
});
export const stored: Entry['state'] = { stored: 'yes', reason: '', message: '' };

/** The one that is written: a release takes nothing from federation. */
export function firstOf(wanted: ReadonlyMap<string, Wanted>): Wanted | undefined {
  let first: Wanted | undefined;
  for (const value of wanted.values()) {
    if (value.rank === undefined) return value;
    first ??= value;
  }
  return first;
}

/** How an object stands with one of the intents that want it. */
export function stateFor(intent: string, entry: Entry): Entry['state'] {
  const first = firstOf(entry.wanted);
  const isOvertaken = first?.rank === undefined && entry.wanted.get(intent)?.rank !== undefined;
  return first && isOvertaken ? nameTaken(entry, first.intent) : entry.state;
}

/** Whether an object is as wanted, and booked as applied by us. */
export function isApplied(live: KubeObject, { object, fragment }: Desired): boolean {
  if (!fragment) return setByUs(live, []) && isAsWanted(live, object);
  const { status, ...rest } = object;
  if (!includes(live, rest)) return false;
  // Other controllers have entries of their own in the same lists.
  const there = (live as KubeObject & { status?: Record<string, unknown> }).status;
  return Object.entries(status ?? {}).every(([key, wanted]) => {
    const value = there?.[key];
    return Array.isArray(wanted)
      ? Array.isArray(value) && wanted.every((item) => value.some((own) => includes(own, item)))
      : includes(value, wanted);
  });
}

/** One of a release that federation has. */
export function nameTaken(ref: EntryRef, by: string): Entry['state'] {
  const message = `${labelOf(ref)} is written for ${by}; give the one of the release another name`;
  return refused('NameTaken', message);
}

export function notOurs(ref: EntryRef): Entry['state'] {
  const message = `${labelOf(ref)} exists and was not made by Isthmus; delete or rename it, or annotate it ${Marks.adopt}: "true" to hand it over`;
  return refused('NotOurs', message);
}

/** Tells objects apart, whatever version they are read in. */
export function idOf(kind: Kind, namespace: string | undefined, name: string): string {
  return `${kindId(kind)}/${namespace ?? ''}/${name}`;
}

/** As people call it. */
export function labelOf({ kind, namespace, name }: EntryRef): string {
  return `${kind.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** The type of an intent that is named as `Type/name`. */
export function typeOf(intent: string): string {
  return intent.slice(0, intent.indexOf('/'));
}

/** The name of an intent that is named as `Type/name`. */
export function nameOf(intent: string): string {
  return intent.slice(intent.indexOf('/') + 1);
}
