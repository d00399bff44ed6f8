import type { DeltaDiscoveryRequest } from '@isthmus/contracts';
import { IsthmusError, messageOf } from '@isthmus/kernel';
import { defaultLimits, type Limits } from './limits.js';
import { type Refusal, refusedBy } from './refusal.js';
import {
  type Cursor,
  type Difference,
  type Frame,
  isEcho,
  type NamedVersion,
  type ResourceSet,
} from './resource-set.js';
import { decodeRequest } from './wire.js';

/** When removals that nobody explained are held back. */
export interface Guard {
  /** Removals, at least. */
  readonly minimum: number;
  /** Removals as a part of what the client has, more than. */
  readonly share: number;
}

export const defaultGuard: Guard = { minimum: 5, share: 0.2 };

/** What one response said, or what was acknowledged of it. */
export interface Sent {
  readonly resources: readonly NamedVersion[];
  readonly removed: readonly string[];
}

/** What a response weighed. */
export interface Load {
  readonly bytes: number;
  /**
   * When what it says began to change, by the scheduler of the set; undefined where it was due for another
   * reason, such as a removal that was held back.
   */
  readonly since: number | undefined;
}

export interface PublisherSettings {
  /** One for each type, in order of priority: what is due of the first is sent first. */
  readonly sets: readonly ResourceSet[];
  /** `false` sends all removals at once: for facts, which nobody but their owner removes. */
  readonly guard?: Guard | false;
  /** Whether a name that a resuming client has and the set has never had may go without asking. */
  explain?(typeUrl: string, name: string): boolean;
  onSent?(typeUrl: string, sent: Sent, load: Load): void;
  onAcked?(typeUrl: string, acked: Sent): void;
  onRefused?(typeUrl: string, refusals: readonly Refusal[]): void;
  /** Removals newly held back; `held()` has them all. */
  onHeld?(typeUrl: string, names: readonly string[]): void;
  readonly limits?: Limits;
}

export interface PublisherTransport {
  /**
   * Takes a frame, always. After `false` nothing is sent until `drained()` is called. Frames are
   * shared between connections: not to be written to.
   */
  send(frame: Buffer): boolean;
  /** The stream cannot go on; the publisher is closed already. */
  fail(error: IsthmusError): void;
}

/** What is known of a name of which the client does not have what its cursor says. */
interface Exception {
  /** The version it has; empty for none, undefined for unknown. */
  has: string | undefined;
  /** The version it refused; empty for the removal. */
  refused: string | undefined;
}

/** One type of one connection: a cursor, and nothing more while all is well. */
interface View {
  readonly set: ResourceSet;
  readonly leave: () => void;
  started: boolean;
  /** The first request, while the set is incomplete. */
  waiting: DeltaDiscoveryRequest | undefined;
  cursor: Cursor;
  /** The client waits to hear that it is in sync. */
  owesAnswer: boolean;
  inFlight: InFlight | undefined;
  /** Counts frames that are nobody else's, for their nonces. */
  ownFrames: number;
  exceptions: Map<string, Exception> | undefined;
  /** Exceptions that have to be sent. */
  due: Set<string> | undefined;
  /** Exceptions that are held back. */
  held: Set<string> | undefined;
}

interface InFlight extends Sent {
  readonly nonce: string;
  /** The cursor of a client that has it. */
  readonly next: Cursor;
  /** Exceptions that may be none any more by then. */
  readonly settled: readonly string[];
}

interface Plan {
  readonly frame: Frame | undefined;
  readonly settled: readonly string[];
  /** Whether it says what has changed, and nothing else. */
  readonly isNews: boolean;
}

const empty: readonly string[] = [];

/**
 * The sending role of one stream: delta xDS, wildcard subscriptions only. At most one response per
 * type waits for its acknowledgement; what changes meanwhile is sent as its latest state. A refused
 * version is not sent again before it changes. The first request of a type is always answered, with
 * an empty response if the client has everything, so that it knows; of a set that is incomplete, once
 * it is complete.
 *
 * A subscriber may ask for types that this publisher does not know, being newer: those stay without
 * an answer.
 */
export class Publisher {
  readonly #settings: PublisherSettings;
  readonly #transport: PublisherTransport;
  readonly #limits: Limits;
  readonly #guard: Guard | undefined;
  readonly #views: readonly View[];
  #newlyHeld: { readonly typeUrl: string; readonly names: readonly string[] }[] = [];
  #ready = true;
  #closed = false;
  #pumping = false;
  #pumpAgain = false;

  constructor(settings: PublisherSettings, transport: PublisherTransport) {
    this.#settings = settings;
    this.#transport = transport;
    this.#limits = settings.limits ?? defaultLimits;
    this.#guard = settings.guard === false ? undefined : (settings.guard ?? defaultGuard);
    const pump = (): void => this.#pump();
    this.#views = settings.sets.map((set) => ({
      set,
      leave: set.onPulse(pump),
      started: false,
      waiting: undefined,
      cursor: { revision: 0, exact: true, emptyAt: 0 },
      owesAnswer: false,
      inFlight: undefined,
      ownFrames: 0,
      exceptions: undefined,
      due: undefined,
      held: undefined,
    }));
  }

  /** A DeltaDiscoveryRequest from the client. What is wrong with it goes to `fail`. */
  receive(frame: Buffer): void {
    if (this.#closed) {
      return;
    }
    this.#orFail(() => {
      const request = decodeRequest(frame, this.#limits);
      assertWildcard(request);
      const view = this.#views.find(({ set }) => set.typeUrl === request.typeUrl);
      if (view === undefined) {
        return;
      }
      if (request.responseNonce === '') {
        this.#begin(view, request);
      } else if (request.responseNonce === view.inFlight?.nonce) {
        this.#answered(view, view.inFlight, request);
      }
    });
    this.#pump();
  }

  /** The transport takes frames again. */
  drained(): void {
    this.#ready = true;
    this.#pump();
  }

  /** Names whose removal is held back. */
  held(typeUrl: string): string[] {
    return [...(this.#views.find(({ set }) => set.typeUrl === typeUrl)?.held ?? [])];
  }

  /** Sends the removals held back until now, of one type or of all. */
  releaseHeld(typeUrl?: string): void {
    for (const view of this.#views) {
      if (view.held !== undefined && (typeUrl === undefined || view.set.typeUrl === typeUrl)) {
        view.due = new Set([...(view.due ?? []), ...view.held]);
        view.held = undefined;
      }
    }
    this.#pump();
  }

  /** Ends it; nothing is sent or called afterwards. */
  close(): void {
    this.#closed = true;
    for (const view of this.#views) {
      view.leave();
      view.waiting = undefined;
      view.inFlight = undefined;
      view.exceptions = undefined;
      view.due = undefined;
      view.held = undefined;
    }
  }

  /** The first request of a type says what the client has. */
  #begin(view: View, request: DeltaDiscoveryRequest): void {
    if (view.started) {
      return;
    }
    view.waiting = view.set.isComplete ? undefined : (view.waiting ?? request);
    if (view.waiting !== undefined) {
      return;
    }
    view.started = true;
    view.owesAnswer = true;
    const versions = new Map(Object.entries(request.initialResourceVersions));
    if (versions.size === 0) {
      view.cursor = { revision: 0, exact: true, emptyAt: view.set.revision };
      return;
    }
    view.cursor = { revision: view.set.revision, exact: true, emptyAt: 0 };
    const unexplained: string[] = [];
    for (const [name, version] of versions) {
      const entry = view.set.entry(name);
      if ((entry?.version ?? '') !== version) {
        except(view, name, version);
        if (this.#isUnexplained(view, name)) {
          unexplained.push(name);
        } else {
          addDue(view, name);
        }
      }
    }
    for (const { name } of view.set.entries()) {
      if (!versions.has(name)) {
        except(view, name, '');
        addDue(view, name);
      }
    }
    if (this.#isTooMany(unexplained.length, versions.size)) {
      this.#hold(view, unexplained);
    } else {
      for (const name of unexplained) {
        addDue(view, name);
      }
    }
  }

  #isUnexplained(view: View, name: string): boolean {
    const entry = view.set.entry(name);
    if (entry === undefined) {
      return !(this.#settings.explain?.(view.set.typeUrl, name) ?? false);
    }
    return entry.version === '' && !entry.explained;
  }

  #isTooMany(removals: number, had: number): boolean {
    const guard = this.#guard;
    return guard !== undefined && removals >= guard.minimum && removals > guard.share * had;
  }

  #hold(view: View, names: readonly string[]): void {
    if (names.length > 0) {
      view.held ??= new Set();
      for (const name of names) {
        view.held.add(name);
      }
      this.#newlyHeld.push({ typeUrl: view.set.typeUrl, names });
    }
  }

  #answered(view: View, answered: InFlight, request: DeltaDiscoveryRequest): void {
    view.inFlight = undefined;
    view.cursor = answered.next;
    if (request.errorDetail !== undefined) {
      this.#refused(view, answered, request.errorDetail.message);
    } else {
      acknowledged(view, answered);
      this.#settings.onAcked?.(view.set.typeUrl, answered);
    }
    for (const name of answered.settled) {
      forgetSettled(view, name);
    }
  }

  #refused(view: View, answered: InFlight, message: string): void {
    const names = [...answered.resources.map(({ name }) => name), ...answered.removed];
    const messages = refusedBy(message, names);
    const taken = {
      resources: answered.resources.filter(({ name }) => !messages.has(name)),
      removed: answered.removed.filter((name) => !messages.has(name)),
    };
    acknowledged(view, taken);
    const refusals: Refusal[] = [];
    const refuse = (name: string, version: string): void => {
      const words = messages.get(name);
      if (words !== undefined) {
        except(view, name, undefined).refused = version;
        refusals.push({ name, version, message: words });
      }
    };
    for (const { name, version } of answered.resources) {
      refuse(name, version);
    }
    for (const name of answered.removed) {
      refuse(name, '');
    }
    if (taken.resources.length + taken.removed.length > 0) {
      this.#settings.onAcked?.(view.set.typeUrl, taken);
    }
    if (refusals.length > 0) {
      this.#settings.onRefused?.(view.set.typeUrl, refusals);
    }
  }

  /** Sends what is due, as long as the transport takes it. */
  #pump(): void {
    if (this.#pumping) {
      // Called from within a callback: whoever is sending looks once more.
      this.#pumpAgain = true;
      return;
    }
    this.#pumping = true;
    this.#orFail(() => {
      do {
        this.#pumpAgain = false;
        for (const view of this.#views) {
          if (view.waiting !== undefined && view.set.isComplete) {
            this.#begin(view, view.waiting);
          }
          if (this.#ready && !this.#closed && isDue(view)) {
            this.#sendNext(view);
          }
        }
        const held = this.#newlyHeld;
        this.#newlyHeld = [];
        for (const { typeUrl, names } of held) {
          this.#settings.onHeld?.(typeUrl, names);
        }
      } while (this.#pumpAgain && !this.#closed);
    });
    this.#pumping = false;
  }

  /** Sends the next response; if the client has all it may get, only the cursor moves on. */
  #sendNext(view: View): void {
    const { set, cursor } = view;
    const plan = this.#plan(view);
    const frame =
      plan.frame ?? (view.owesAnswer ? this.#frameOf(view, [], () => set.revision) : undefined);
    if (frame === undefined) {
      view.cursor = { revision: set.revision, exact: true, emptyAt: cursor.emptyAt };
      for (const name of plan.settled) {
        forgetSettled(view, name);
      }
      return;
    }
    const { nonce, resources, removed } = frame;
    const exact = frame.complete || (cursor.exact && frame.to === cursor.revision);
    const next = { revision: frame.to, exact, emptyAt: cursor.emptyAt };
    view.inFlight = { nonce, resources, removed, next, settled: plan.settled };
    view.owesAnswer = !frame.complete;
    // Before the frame leaves: a transport may answer from within send().
    this.#ready = false;
    this.#ready = this.#transport.send(frame.bytes) || this.#ready;
    const since = plan.isNews ? frame.since : undefined;
    this.#settings.onSent?.(
      set.typeUrl,
      { resources, removed },
      { bytes: frame.bytes.length, since },
    );
  }

  #plan(view: View): Plan {
    const { set, cursor } = view;
    if (set.isLost(cursor)) {
      throw new IsthmusError(
        'UNAVAILABLE',
        'the stream fell too far behind; reconnect to compare versions',
      );
    }
    const difference = set.difference(cursor);
    const held = view.held?.size ?? 0;
    const isGuarded =
      difference.unexplained > 0 &&
      this.#isTooMany(held + difference.unexplained, held + difference.had);
    const isLikeOthers =
      view.due === undefined &&
      !isGuarded &&
      (view.exceptions === undefined ||
        !difference.entries.some(({ name }) => view.exceptions?.has(name)));
    return isLikeOthers
      ? { frame: difference.frame(), settled: empty, isNews: true }
      : this.#ownPlan(view, difference, isGuarded);
  }

  #frameOf(view: View, names: readonly string[], to: (included: number) => number): Frame {
    return view.set.frame(names, (revision) => `${revision}.${++view.ownFrames}`, to);
  }

  /** What is next for a client that is not like the others. */
  #ownPlan(view: View, difference: Difference, isGuarded: boolean): Plan {
    const { set, cursor } = view;
    const due = new Set(view.due);
    const changed: string[] = [];
    const revisions: number[] = [];
    const hold: string[] = [];
    const settled: string[] = [];
    for (const entry of difference.entries) {
      const { name, version } = entry;
      const exception = view.exceptions?.get(name);
      const isKnown = exception
        ? version === exception.has || version === exception.refused
        : isEcho(entry, cursor);
      const isUnexplained = version === '' && !entry.explained;
      if (isKnown) {
        settled.push(name);
        due.delete(name);
        view.held?.delete(name);
      } else if (isUnexplained && (isGuarded || view.held?.has(name))) {
        if (exception === undefined) {
          const isPrevious = cursor.exact && entry.previous.revision <= cursor.revision;
          except(view, name, isPrevious ? entry.previous.version : undefined);
        }
        if (!view.held?.has(name)) {
          hold.push(name);
        }
        due.delete(name);
      } else {
        view.held?.delete(name);
        if (!due.has(name)) {
          changed.push(name);
          revisions.push(entry.revision);
        }
      }
    }
    if (view.held?.size === 0) {
      view.held = undefined;
    }
    this.#hold(view, hold);
    for (const name of due) {
      const version = set.entry(name)?.version ?? '';
      const exception = view.exceptions?.get(name);
      if (version === exception?.has || version === exception?.refused) {
        settled.push(name);
        due.delete(name);
      }
    }
    // What is due comes first: while it is being sent the cursor stays.
    const names = [...due, ...changed];
    const frame =
      names.length === 0
        ? undefined
        : this.#frameOf(view, names, (included) =>
            included === names.length
              ? set.revision
              : (revisions[included - due.size - 1] ?? cursor.revision),
          );
    const included = frame === undefined ? 0 : frame.resources.length + frame.removed.length;
    const rest = [...due].slice(included);
    view.due = rest.length > 0 ? new Set(rest) : undefined;
    return { frame, settled, isNews: false };
  }

  #orFail(run: () => void): void {
    if (this.#closed) {
      return;
    }
    try {
      run();
    } catch (error) {
      this.close();
      this.#transport.fail(
        error instanceof IsthmusError
          ? error
          : new IsthmusError('INTERNAL', messageOf(error), { cause: error }),
      );
    }
  }
}

function isDue(view: View): boolean {
  const isBehind =
    view.due !== undefined || (view.cursor.revision < view.set.revision && view.set.quiet);
  return view.started && view.inFlight === undefined && (view.owesAnswer || isBehind);
}

/** The exception of a name; a new one if there is none. */
function except(view: View, name: string, has: string | undefined): Exception {
  view.exceptions ??= new Map();
  let exception = view.exceptions.get(name);
  if (exception === undefined) {
    exception = { has, refused: undefined };
    view.exceptions.set(name, exception);
  }
  return exception;
}

/** Drops an exception that says no more than the cursor does. */
function forgetSettled(view: View, name: string): void {
  const entry = view.set.entry(name);
  const isReached = entry === undefined || entry.revision <= view.cursor.revision;
  if (isReached && view.exceptions?.get(name)?.has === (entry?.version ?? '')) {
    view.exceptions?.delete(name);
    if (view.exceptions?.size === 0) {
      view.exceptions = undefined;
    }
  }
}

/** The client has what was sent; only exceptions have to be told. */
function acknowledged(view: View, { resources, removed }: Sent): void {
  if (view.exceptions === undefined) {
    return;
  }
  const has = (name: string, version: string): void => {
    const exception = view.exceptions?.get(name);
    if (exception !== undefined) {
      exception.has = version;
      forgetSettled(view, name);
    }
  };
  for (const { name, version } of resources) {
    has(name, version);
  }
  for (const name of removed) {
    has(name, '');
  }
}

function addDue(view: View, name: string): void {
  view.due ??= new Set();
  view.due.add(name);
}

/** @throws RESOURCE_INVALID if a request asks for resources by name. */
function assertWildcard(request: DeltaDiscoveryRequest): void {
  const named = request.resourceNamesSubscribe.find((name) => name !== '*');
  if (named !== undefined || request.resourceNamesUnsubscribe.length > 0) {
    throw new IsthmusError(
      'RESOURCE_INVALID',
      "only whole types can be subscribed to: leave resource_names_subscribe empty, or '*', and resource_names_unsubscribe empty",
    );
  }
}
