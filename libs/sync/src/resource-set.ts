import { createHash } from 'node:crypto';
import { IsthmusError } from '@isthmus/kernel';
import { frameBytes, frameItems, largestBody, longestName } from './limits.js';
import { type Scheduler, systemScheduler } from './scheduler.js';
import { encodeRemoval, encodeResource, encodeResponse } from './wire.js';

export interface NamedVersion {
  readonly name: string;
  readonly version: string;
}

export interface SetResource extends NamedVersion {
  /** A view on what is sent: not to be written to. */
  readonly body: Uint8Array;
}

export interface ResourceSetOptions {
  /** Removed names that are remembered; 10,000 unless said. */
  readonly tombstones?: number;
  /** Quiet time before a change is sent, in ms: 10 unless said, 0 for what cannot wait. */
  readonly debounceMs?: number;
  /** The longest that a change waits for quiet, in ms: 100 unless said. */
  readonly debounceMaxMs?: number;
  /** For a set that is still being filled: nobody is answered before `complete()`. */
  readonly incomplete?: boolean;
  readonly scheduler?: Scheduler;
}

/** What is known of a name: what it is now, and enough of its past to send nothing twice. */
export interface Entry extends NamedVersion {
  /** Empty for a removed name, which is kept as a tombstone. */
  readonly version: string;
  readonly revision: number;
  /** Whether the removal is explained; false while the name is there. */
  readonly explained: boolean;
  /** Revision at which the name was first seen: readers of an older one never had it. */
  readonly bornAt: number;
  /** The version before this one; readers from `revision` on, up to this one's, had it. */
  readonly previous: { readonly version: string; readonly revision: number };
  /** Readers of revisions from ≤ r < until had this very version already, before it changed and
   * changed back. */
  readonly echo: { readonly from: number; readonly until: number };
}

/** How far a reader has come. */
export interface Cursor {
  /** It has everything that last changed at or before this revision. */
  readonly revision: number;
  /**
   * Whether what it has is exactly the set as it was at that revision. After one of several
   * frames of a large difference it is not: what changed later is missing or older.
   */
  readonly exact: boolean;
  /** It began with nothing at this revision: removals up to here mean nothing to it. 0 if not. */
  readonly emptyAt: number;
}

/** A response, ready to be sent, the same Buffer to everybody with the same cursor. */
export interface Frame {
  readonly bytes: Buffer;
  readonly nonce: string;
  /** The revision of a reader that has acknowledged it. */
  readonly to: number;
  /** False if it is cut off, and another frame follows at once. */
  readonly complete: boolean;
  readonly resources: readonly NamedVersion[];
  readonly removed: readonly string[];
  /** When what it speaks of began to change, by the scheduler; of nothing, never. */
  readonly since: number | undefined;
}

/** What separates a cursor from the set as it is now. */
export interface Difference {
  /** Everything that changed since, in order of revision; with what the reader has all the same. */
  readonly entries: readonly Entry[];
  /** Removals that nobody explained, of names that the reader has. */
  readonly unexplained: number;
  /** How many names the reader has, about. */
  readonly had: number;
  /** The first frame; undefined when the reader has it all. */
  frame(): Frame | undefined;
}

export interface Changes {
  readonly changed: readonly SetResource[];
  readonly removed: readonly string[];
}

interface Slot extends Entry {
  /** Field 2 or field 6 of the response that speaks of it. */
  chunk: Buffer;
  body: Buffer;
  /** By the scheduler. */
  readonly changedAt: number;
  /** A later record of the name took its place; it waits in the log to be swept. */
  superseded: boolean;
}

const nothing = Buffer.alloc(0);
/** Differences kept for sharing. A frame has at most 1 MiB, so this bounds memory too. */
const cachedDifferences = 32;
/** Listeners called in one go; I/O comes between, so that 10,000 readers do not stop the process. */
const wakeBatch = 128;

/** The version of a body: 64 bits of its SHA-256, in hex. */
export function versionOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 16);
}

/** A resource, hashed and encoded once for every set that will hold it. */
export interface PreparedResource extends SetResource {
  readonly typeUrl: string;
  readonly chunk: Buffer;
  readonly body: Buffer;
}

/** @throws as `ResourceSet.set`. */
export function prepareResource(typeUrl: string, name: string, body: Uint8Array): PreparedResource {
  assertSendable(name, body);
  const version = versionOf(body);
  return { typeUrl, name, version, ...encodeResource(typeUrl, name, version, body) };
}

function assertSendable(name: string, body: Uint8Array): void {
  assertName(name);
  if (body.length > largestBody) {
    throw new IsthmusError(
      'MESSAGE_TOO_LARGE',
      `${name} has ${body.length} bytes, at most ${largestBody} can be sent`,
    );
  }
}

/**
 * The resources of one type, by name, as many connections read them. Every change gets the next
 * revision; a reader is a revision, and what it lacks is found without a copy of what it has. A
 * resource is encoded once, when it changes; readers of the same revision share their frames.
 */
export class ResourceSet {
  readonly #live = new Map<string, Slot>();
  /** In order of removal. */
  readonly #tombstones = new Map<string, Slot>();
  readonly #changeListeners = new Set<(name: string) => void>();
  readonly #pulseListeners = new Set<() => void>();
  readonly #waking = new Set<() => void>();
  readonly #cache = new Map<string, Difference>();
  readonly #tombstoneLimit: number;
  readonly #debounceMs: number;
  readonly #debounceMaxMs: number;
  readonly #scheduler: Scheduler;
  #log: Slot[] = [];
  #revision = 0;
  #forgotten = 0;
  #slicing = false;
  #complete: boolean;
  #pending: { readonly since: number; cancel(): void } | undefined;

  constructor(
    readonly typeUrl: string,
    options: ResourceSetOptions = {},
  ) {
    this.#tombstoneLimit = options.tombstones ?? 10_000;
    this.#debounceMs = options.debounceMs ?? 10;
    this.#debounceMaxMs = options.debounceMaxMs ?? 100;
    this.#complete = options.incomplete !== true;
    this.#scheduler = options.scheduler ?? systemScheduler;
  }

  /** Whether what is not here does not exist; until then a resuming client would lose it. */
  get isComplete(): boolean {
    return this.#complete;
  }

  /** All that there is, is here: from now on clients are answered. */
  complete(): void {
    if (!this.#complete) {
      this.#complete = true;
      this.#schedulePulse();
    }
  }

  /** Grows by one with every change. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#live.size;
  }

  /** False while changes wait for more of them, or for quiet. */
  get quiet(): boolean {
    return this.#pending === undefined;
  }

  /**
   * @returns false if the name has this body already.
   * @throws RESOURCE_INVALID for a name that may not travel, MESSAGE_TOO_LARGE for such a body.
   */
  set(name: string, body: Uint8Array): boolean {
    assertSendable(name, body);
    const version = versionOf(body);
    if (this.#live.get(name)?.version === version) {
      return false;
    }
    const encoded = encodeResource(this.typeUrl, name, version, body);
    this.#record(name, version, false, encoded.chunk, encoded.body);
    return true;
  }

  /** As `set`, of what `prepare` made: many sets share its bytes. */
  put(resource: PreparedResource): boolean {
    const { typeUrl, name, version, chunk, body } = resource;
    if (typeUrl !== this.typeUrl) {
      throw new IsthmusError('INTERNAL', `a ${typeUrl} is not put among the ${this.typeUrl}`);
    }
    if (this.#live.get(name)?.version === version) return false;
    this.#record(name, version, false, chunk, body);
    return true;
  }

  /**
   * Takes a name out. An explained removal is one that its owner asked for; the others are what the
   * guard of a publisher counts. A removal may be explained later, or before its name was ever here:
   * whoever still has the name then gets rid of it.
   * @returns false if that says nothing new.
   */
  delete(name: string, removal: { readonly explained: boolean }): boolean {
    const old = this.#live.get(name) ?? this.#tombstones.get(name);
    const news =
      old === undefined || old.version === '' ? removal.explained && !old?.explained : true;
    if (news) {
      assertName(name);
      this.#record(name, '', removal.explained, encodeRemoval(name), nothing);
    }
    return news;
  }

  get(name: string): SetResource | undefined {
    const record = this.#live.get(name);
    return record && { name: record.name, version: record.version, body: record.body };
  }

  has(name: string): boolean {
    return this.#live.has(name);
  }

  names(): IterableIterator<string> {
    return this.#live.keys();
  }

  /** Name to version of all there is; a copy. */
  versions(): Map<string, string> {
    const versions = new Map<string, string>();
    for (const record of this.#live.values()) {
      versions.set(record.name, record.version);
    }
    return versions;
  }

  /** What changed after a revision; undefined if removals since then have been forgotten. */
  changedSince(revision: number): Changes | undefined {
    if (revision < this.#forgotten) {
      return undefined;
    }
    const records = this.#since(revision);
    return {
      changed: records.filter((record) => record.version !== ''),
      removed: records.filter((record) => record.version === '').map((record) => record.name),
    };
  }

  /** Called at every change, from within it. @returns what ends it. */
  onChange(listener: (name: string) => void): () => void {
    this.#changeListeners.add(listener);
    return () => void this.#changeListeners.delete(listener);
  }

  /** Called when changes are due to be sent: debounced. @returns what ends it. */
  onPulse(listener: () => void): () => void {
    this.#pulseListeners.add(listener);
    return () => {
      this.#pulseListeners.delete(listener);
      this.#waking.delete(listener);
    };
  }

  /** Listeners there are, of both kinds: what must be 0 when everybody has gone. */
  get listenerCount(): number {
    return this.#changeListeners.size + this.#pulseListeners.size;
  }

  /** What is known of a name, removed ones included. */
  entry(name: string): Entry | undefined {
    return this.#live.get(name) ?? this.#tombstones.get(name);
  }

  /** All names there are, with their versions and revisions. */
  entries(): IterableIterator<Entry> {
    return this.#live.values();
  }

  /** Whether a reader missed removals that are forgotten: it has to compare versions. */
  isLost(cursor: Cursor): boolean {
    return Math.max(cursor.revision, cursor.emptyAt) < this.#forgotten;
  }

  /** What separates a reader from now; shared by all readers of the same cursor. */
  difference(cursor: Cursor): Difference {
    const empty = Math.max(cursor.emptyAt, cursor.revision);
    const key = `${cursor.revision} ${cursor.exact} ${empty}`;
    let difference = this.#cache.get(key);
    if (difference === undefined) {
      if (this.#cache.size >= cachedDifferences) {
        for (const oldest of this.#cache.keys()) {
          this.#cache.delete(oldest);
          break;
        }
      }
      difference = this.#differenceFrom(cursor);
      this.#cache.set(key, difference);
    }
    return difference;
  }

  /**
   * A frame of one's own.
   * @param names what it speaks of, as it is now; those beyond the size of a frame are left out.
   * @param to given how many of the names are in it, the revision it leads to.
   */
  frame(
    names: readonly string[],
    nonceOf: (to: number) => string,
    to: (included: number) => number,
  ): Frame {
    const records = names.flatMap(
      (name) => this.#live.get(name) ?? this.#tombstones.get(name) ?? this.#unknown(name),
    );
    return this.#assemble(records, nonceOf, to);
  }

  #differenceFrom(cursor: Cursor): Difference {
    const entries = this.#since(cursor.revision);
    const news = entries.filter((entry) => !isEcho(entry, cursor));
    const removals = news.filter((entry) => entry.version === '');
    const added = news.filter((entry) => entry.version !== '' && entry.bornAt > cursor.revision);
    let frame: Frame | undefined;
    return {
      entries,
      unexplained: removals.filter((entry) => !entry.explained).length,
      had: this.#live.size - added.length + removals.length,
      frame: () => {
        if (frame === undefined && news.length > 0) {
          frame = this.#assemble(news, String, (included) =>
            included === news.length ? this.#revision : (news[included - 1] as Slot).revision,
          );
        }
        return frame;
      },
    };
  }

  #assemble(
    records: readonly Slot[],
    nonceOf: (to: number) => string,
    toOf: (included: number) => number,
  ): Frame {
    let bytes = 0;
    let included = 0;
    for (const record of records) {
      bytes += record.chunk.length;
      if (included > 0 && (bytes > frameBytes || included === frameItems)) {
        break;
      }
      included++;
    }
    const taken = records.slice(0, included);
    const to = toOf(included);
    const complete = included === records.length;
    const nonce = nonceOf(to);
    return {
      bytes: encodeResponse(
        this.typeUrl,
        nonce,
        taken.map((record) => record.chunk),
        complete ? undefined : String(this.#revision),
      ),
      nonce,
      to,
      complete,
      resources: taken
        .filter((record) => record.version !== '')
        .map(({ name, version }) => ({ name, version })),
      removed: taken.filter((record) => record.version === '').map((record) => record.name),
      since: taken.length > 0 ? Math.min(...taken.map(({ changedAt }) => changedAt)) : undefined,
    };
  }

  /** For a name that was never here, and which a client has: its removal. */
  #unknown(name: string): Slot {
    return firstSlot(name, '', false, encodeRemoval(name), nothing, 0, 0);
  }

  #record(name: string, version: string, explained: boolean, chunk: Buffer, body: Buffer): void {
    const revision = ++this.#revision;
    const now = this.#scheduler.now();
    const old = this.#live.get(name) ?? this.#tombstones.get(name);
    const record =
      old === undefined
        ? firstSlot(name, version, explained, chunk, body, revision, now)
        : successor(old, version, explained, chunk, body, revision, now);
    if (old !== undefined) {
      old.superseded = true;
      old.chunk = nothing;
      old.body = nothing;
    }
    if (version === '') {
      this.#live.delete(name);
      this.#tombstones.delete(name);
      this.#tombstones.set(name, record);
      this.#forgetOldest();
    } else {
      this.#tombstones.delete(name);
      this.#live.set(name, record);
    }
    this.#log.push(record);
    if (this.#log.length > 64 + 2 * (this.#live.size + this.#tombstones.size)) {
      this.#log = this.#log.filter((logged) => !logged.superseded);
    }
    this.#cache.clear();
    for (const listener of this.#changeListeners) {
      listener(name);
    }
    this.#schedulePulse();
  }

  #forgetOldest(): void {
    if (this.#tombstones.size > this.#tombstoneLimit) {
      for (const [name, record] of this.#tombstones) {
        this.#tombstones.delete(name);
        record.superseded = true;
        this.#forgotten = record.revision;
        break;
      }
    }
  }

  #since(revision: number): Slot[] {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle] as Slot).revision > revision) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    const records: Slot[] = [];
    for (let at = low; at < this.#log.length; at++) {
      const record = this.#log[at] as Slot;
      if (!record.superseded) {
        records.push(record);
      }
    }
    return records;
  }

  #schedulePulse(): void {
    if (this.#pulseListeners.size === 0) {
      return;
    }
    const now = this.#scheduler.now();
    this.#pending?.cancel();
    const since = this.#pending?.since ?? now;
    const wait = Math.min(this.#debounceMs, since + this.#debounceMaxMs - now);
    this.#pending = {
      since,
      cancel: this.#scheduler.after(Math.max(0, wait), () => this.#pulse()),
    };
  }

  #pulse(): void {
    this.#pending = undefined;
    for (const listener of this.#pulseListeners) {
      this.#waking.add(listener);
    }
    if (!this.#slicing) {
      this.#wakeSome();
    }
  }

  /** In order of how long they wait, so that frequent pulses leave nobody out. */
  #wakeSome(): void {
    let woken = 0;
    for (const listener of this.#waking) {
      if (woken++ === wakeBatch) {
        break;
      }
      this.#waking.delete(listener);
      listener();
    }
    this.#slicing = this.#waking.size > 0;
    if (this.#slicing) {
      this.#scheduler.after(0, () => this.#wakeSome());
    }
  }
}

/** Whether a reader has what an entry says although the entry is younger than the reader. */
export function isEcho(entry: Entry, cursor: Cursor): boolean {
  if (
    entry.version === '' &&
    (cursor.revision < entry.bornAt || entry.revision <= cursor.emptyAt)
  ) {
    return true;
  }
  return cursor.exact && entry.echo.from <= cursor.revision && cursor.revision < entry.echo.until;
}

/** @throws RESOURCE_INVALID for a name that is empty, too long, or has control characters. */
export function assertName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (name === '' || name.length > longestName || /[\u0000-\u001f\u007f]/.test(name)) {
    throw new IsthmusError(
      'RESOURCE_INVALID',
      `a resource's name has 1 to ${longestName} characters, none of them control characters: ${JSON.stringify(name.slice(0, 80))}`,
    );
  }
}

const never = { from: 0, until: 0 };

function firstSlot(
  name: string,
  version: string,
  explained: boolean,
  chunk: Buffer,
  body: Buffer,
  revision: number,
  changedAt: number,
): Slot {
  return {
    name,
    version,
    revision,
    explained,
    bornAt: revision,
    previous: { version: '', revision: 0 },
    echo: never,
    chunk,
    body,
    changedAt,
    superseded: false,
  };
}

function successor(
  old: Slot,
  version: string,
  explained: boolean,
  chunk: Buffer,
  body: Buffer,
  revision: number,
  changedAt: number,
): Slot {
  return {
    name: old.name,
    version,
    revision,
    explained,
    bornAt: old.bornAt,
    previous: { version: old.version, revision: old.revision },
    echo:
      old.version === version
        ? { from: old.revision, until: revision }
        : old.previous.version === version
          ? { from: old.previous.revision, until: old.revision }
          : never,
    chunk,
    body,
    changedAt,
    superseded: false,
  };
}
