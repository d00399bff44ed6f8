import { messageOf } from '@isthmus/kernel';
import type { Logger } from 'pino';
import { type Kube, KubeError } from '../kube/client.js';
import type { Informer } from '../kube/informer.js';
import { Core, type Kind, type KubeObject, kindId, type Service } from '../kube/kinds.js';
import {
  bookAsApplied,
  foreignManagers,
  giveBackPatch,
  intentOf,
  isFound,
  isOurs,
  isOurWork,
  isTwin,
  Marks,
  mayWrite,
  removeForeign,
  setByUs,
} from '../kube/ownership.js';
import { bridgeOf, leavingOf, refersTo, type Subset } from './bridges.js';
import { DriftJudge, type DriftJudgeSettings } from './drift-judge.js';
import {
  type Entry,
  firstOf,
  idOf,
  isApplied,
  labelOf,
  namespaceNotFound,
  nameTaken,
  notOurs,
  pending,
  refused,
  settledAsRefused,
  stateFor,
  stored,
  typeOf,
  type Wanted,
  writing,
} from './entry.js';
import { handOverPatch, importLabel, isHandedOver } from './import.js';
import { Lanes } from './lanes.js';
import type { Desired } from './plan.js';

/** Where the objects of one intent stand. */
export interface WriteState {
  /** Whether the API server has all of them as wanted. */
  readonly stored: 'yes' | 'pending' | 'refused';
  /** Of the first object that is not stored; empty when all are. */
  readonly reason: string;
  readonly message: string;
  /** Times an object was put back after somebody else changed or deleted it. */
  readonly corrections: number;
  /** Field managers of the last change that was put back; empty if it was a deletion. */
  readonly correctedManagers: readonly string[];
  /** `Kind namespace/name`, sorted. */
  readonly objects: readonly string[];
}

export interface WriterSettings {
  readonly kube: Kube;
  readonly log: Logger;
  /** The objects of a kind as they are; undefined while the server does not have the kind. */
  informer(kind: Kind): Informer<KubeObject> | undefined;
  /** Whether all intents of a type are known, so that what none of them wants may be deleted. */
  mayPrune(intentType: string): boolean;
  /**
   * The rank of an object among those of a release, which go by each other: of lower ones first,
   * deleted last, not tried again by the clock when refused, taken over from others if they are
   * the same already, and left alone after changes if the release says so. Undefined for others.
   */
  rankOf(intentType: string, kind: Kind): number | undefined;
  /** Of objects with a rank. */
  readonly drifts: DriftJudgeSettings['drifts'];
  /**
   * How long after a write of what routes traffic the lanes after it wait; 1,000 ms unless said.
   * istiod makes one push of what it sees within 100 ms, and a proxy would have a route before
   * it is ready for where that leads.
   */
  readonly spreadMs?: number;
  /** The state of an intent (`Type/name`) may have changed. */
  onState(intent: string): void;
}

const concurrency = 8;
/** Lane of the deletion of rank 0: after all writes, and what refers to it. */
const lastLane = 1_000;
/** Kinds that make clusters of a proxy, or routes to them. */
const routing = new Set(['ServiceEntry', 'DestinationRule', 'VirtualService']);
const retryMs = { first: 200, most: 30_000, notOurs: 15_000 };
/** So many corrections of an object within the window are a fight: the next ones wait. */
const contest = { corrections: 10, windowMs: 20_000, pauseMs: 5_000 };

/**
 * Keeps the objects in the cluster equal to what the intents want: server-side apply, one object
 * at a time, each with its own retries. Objects of others are never taken over, unless they are
 * what a release wants; changes by others to ours are put back, unless a release tolerates them;
 * ours that no intent wants are deleted, entries before Services, or given back if a release found
 * them there.
 */
export class Writer {
  /** Counters for /metrics. */
  readonly counts = { applied: 0, deleted: 0, corrected: 0, refused: 0, failed: 0 };
  private readonly entries = new Map<string, Entry>();
  private readonly byIntent = new Map<string, Set<string>>();
  /** Intents whose objects stay as they are. */
  private readonly kept = new Set<string>();
  private readonly corrections = new Map<string, { count: number; managers: readonly string[] }>();
  private readonly lanes = new Lanes<Entry>();
  private readonly busy = new Set<Promise<void>>();
  private readonly again = new Set<Entry>();
  private readonly waitingForOthers = new Set<Entry>();
  private idlers: (() => void)[] = [];
  /** Goes on when the lanes are held up no more. */
  private timer: NodeJS.Timeout | undefined;
  private isRecheckDue = false;
  private stopped = false;

  private readonly judge: DriftJudge;

  constructor(private readonly settings: WriterSettings) {
    this.judge = new DriftJudge(settings);
  }

  /** Looks at every change of a kind that is written. Call it once for each informer. */
  observe(informer: Informer<KubeObject>): void {
    informer.onChange(({ before, now }) => {
      const object = now ?? before;
      if (!object) return;
      const { namespace, name } = object.metadata;
      let entry = this.entries.get(idOf(informer.kind, namespace, name));
      if (entry && !now && entry.latest?.metadata.uid === object.metadata.uid)
        entry.latest = undefined;
      // An object of ours from an earlier life, perhaps of an intent that is gone.
      if (!entry && now && isOurs(now)) entry = this.entryOf(informer.kind, namespace, name);
      if (entry) this.enqueue(entry);
      if (!entry || this.waitingForOthers.size === 0) return;
      for (const waiting of this.waitingForOthers) this.enqueue(waiting);
      this.waitingForOthers.clear();
    });
    void informer.synced.then(() => {
      for (const object of informer.values()) {
        const { namespace, name } = object.metadata;
        if (isOurs(object)) this.entryOf(informer.kind, namespace, name);
      }
      this.recheck();
    });
  }

  /** What an intent wants from now on; `'keep'` leaves whatever it had. */
  want(intent: string, objects: readonly Desired[] | 'keep'): void {
    if (objects === 'keep') {
      this.kept.add(intent);
      return;
    }
    const wasKept = this.kept.delete(intent);
    const before = this.byIntent.get(intent) ?? new Set<string>();
    const now = new Set<string>();
    for (const desired of objects) {
      const { namespace, name } = desired.object.metadata;
      const entry = this.entryOf(desired.kind, namespace, name);
      entry.kind = desired.kind;
      now.add(entry.id);
      const content = JSON.stringify(desired.object);
      if (entry.wanted.get(intent)?.content === content) continue;
      const rank = this.settings.rankOf(typeOf(intent), desired.kind);
      entry.wanted.set(intent, { intent, desired, content, rank });
      // It was changed, and changed back: that is worth a try.
      if (rank !== undefined) entry.settled = undefined;
      entry.bridged = undefined;
      entry.state = writing(entry);
      this.enqueue(entry);
    }
    this.byIntent.set(intent, now);
    for (const id of before) {
      const entry = this.entries.get(id);
      if (now.has(id) || !entry) continue;
      entry.wanted.delete(intent);
      this.enqueue(entry);
    }
    if (wasKept) this.recheckSoon();
  }

  /** An intent is gone, and what it wanted with it. */
  forget(intent: string): void {
    this.want(intent, []);
    this.byIntent.delete(intent);
    this.corrections.delete(intent);
  }

  /** Tries what was refused of a release once more. */
  retryRefused(): void {
    for (const entry of this.entries.values()) {
      const wanted = firstOf(entry.wanted);
      if (wanted?.rank === undefined || entry.settled?.as !== 'refused') continue;
      entry.settled = undefined;
      entry.state = writing(entry);
      this.enqueue(entry);
      this.settings.onState(wanted.intent);
    }
  }

  /** How many objects with a rank are still there, and not wanted any more. */
  get leaving(): number {
    let count = 0;
    for (const entry of this.entries.values()) count += Number(this.isLeaving(entry));
    return count;
  }

  /** Looks at everything again: an informer has its first list, or pruning is allowed now. */
  recheck(): void {
    for (const entry of this.entries.values()) this.enqueue(entry);
  }

  state(intent: string): WriteState {
    const entries = [...(this.byIntent.get(intent) ?? [])].flatMap(
      (id) => this.entries.get(id) ?? [],
    );
    const states = entries.map((entry) => stateFor(intent, entry));
    const worst =
      states.find(({ stored }) => stored === 'refused') ??
      states.find(({ stored }) => stored === 'pending');
    const { count = 0, managers = [] } = this.corrections.get(intent) ?? {};
    return {
      ...(worst ?? stored),
      corrections: count,
      correctedManagers: managers,
      objects: entries.map(labelOf).sort(),
    };
  }

  /** An object as it is. */
  live(desired: Desired): KubeObject | undefined {
    const { namespace, name } = desired.object.metadata;
    const entry = this.entries.get(idOf(desired.kind, namespace, name));
    return entry && this.current(entry, this.settings.informer(desired.kind));
  }

  /**
   * Resolves when nothing is queued, held up or under way; what waits for a retry or for others
   * does not count.
   */
  async idle(): Promise<void> {
    // What was put off to the end of the turn counts.
    await Promise.resolve();
    while (!this.lanes.isEmpty) {
      await new Promise<void>((resolve) => this.idlers.push(resolve));
    }
  }

  /** Starts nothing more. @returns when what is under way is done. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.lanes.clear();
    clearTimeout(this.timer);
    for (const { timer } of this.entries.values()) clearTimeout(timer);
    await Promise.all(this.busy);
    this.tellIdlers();
  }

  /** Once for all intents of a turn. */
  private recheckSoon(): void {
    if (this.isRecheckDue) return;
    this.isRecheckDue = true;
    queueMicrotask(() => {
      this.isRecheckDue = false;
      this.recheck();
    });
  }

  private entryOf(kind: Kind, namespace: string | undefined, name: string): Entry {
    const id = idOf(kind, namespace, name);
    let entry = this.entries.get(id);
    if (!entry) {
      entry = {
        id,
        kind,
        namespace,
        name,
        wanted: new Map(),
        state: stored,
        applied: undefined,
        bridged: undefined,
        latest: undefined,
        deletedUid: undefined,
        settled: undefined,
        isHidden: false,
        failures: 0,
        corrected: [],
        timer: undefined,
      };
      this.entries.set(id, entry);
    }
    return entry;
  }

  private enqueue(entry: Entry): void {
    if (this.stopped) return;
    clearTimeout(entry.timer);
    entry.timer = undefined;
    if (this.lanes.isBusy(entry)) {
      this.again.add(entry);
      return;
    }
    this.lanes.add(entry, this.laneOf(entry));
    queueMicrotask(() => this.pump());
  }

  private laneOf(entry: Entry): number | undefined {
    const wanted = firstOf(entry.wanted);
    if (wanted) {
      const { rank, content } = wanted;
      // What leaves it goes when what was deleted of its kind does.
      return rank !== undefined && entry.bridged === content ? lastLane - rank : rank;
    }
    const live = this.current(entry, this.settings.informer(entry.kind));
    if (!live || !isOurs(live)) return undefined;
    const rank = this.settings.rankOf(typeOf(intentOf(live)), entry.kind);
    return rank === undefined ? undefined : lastLane - rank;
  }

  private later(entry: Entry, milliseconds: number): void {
    if (this.stopped || milliseconds === Number.POSITIVE_INFINITY) return;
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => this.enqueue(entry), milliseconds);
    entry.timer.unref();
  }

  private pump(): void {
    clearTimeout(this.timer);
    while (this.lanes.busyCount < concurrency) {
      // Before it is tried: what ends in between would not be waited for.
      const { heldMs } = this.lanes;
      const entry = this.lanes.start();
      if (!entry) {
        if (heldMs > 0) this.timer = setTimeout(() => this.pump(), heldMs).unref();
        return;
      }
      const run = this.attempt(entry).then(() => {
        this.lanes.done(entry);
        this.busy.delete(run);
        if (this.again.delete(entry)) this.enqueue(entry);
        this.pump();
        if (this.lanes.isEmpty) this.tellIdlers();
      });
      this.busy.add(run);
    }
  }

  /** An object was written or deleted. */
  private spread(entry: Entry): void {
    if (routing.has(entry.kind.kind)) this.lanes.hold(entry, this.settings.spreadMs ?? 1_000);
  }

  private tellIdlers(): void {
    const idlers = this.idlers;
    this.idlers = [];
    for (const tell of idlers) tell();
  }

  /** Never rejects. */
  private async attempt(entry: Entry): Promise<void> {
    const before = entry.state;
    const content = firstOf(entry.wanted)?.content;
    try {
      await this.reconcile(entry);
      if (entry.state.stored === 'yes') entry.failures = 0;
    } catch (error) {
      this.failed(entry, error);
    }
    const now = firstOf(entry.wanted);
    if (now && now.content !== content) {
      // Something else is wanted meanwhile, which is neither stored nor refused yet.
      entry.settled = undefined;
      entry.state = writing(entry);
    }
    if (entry.state === before) return;
    for (const intent of entry.wanted.keys()) this.settings.onState(intent);
  }

  private failed(entry: Entry, error: unknown): void {
    const { status, reason, message } =
      error instanceof KubeError ? error : new KubeError(0, 'AgentError', messageOf(error));
    const backoff =
      Math.min(retryMs.first * 2 ** entry.failures, retryMs.most) * (0.5 + Math.random() / 2);
    entry.failures += 1;
    this.counts.failed += 1;
    const context = { object: labelOf(entry), status, reason, message };
    const isOrdered = firstOf(entry.wanted)?.rank !== undefined;
    if (status === 409) {
      // Changed since it was looked at: look again.
      entry.latest = undefined;
      entry.deletedUid = undefined;
      this.later(entry, backoff);
      entry.state = pending(reason, message);
    } else if (status === 404) {
      const isThere = isOrdered && this.judge.hasNamespace(entry);
      entry.state = pending(isThere ? reason : namespaceNotFound, message);
      this.later(entry, backoff);
    } else if (isOrdered && status === 403 && message.includes('is being terminated')) {
      // Of its namespace; nothing is wrong with the object.
      entry.state = pending('NamespaceTerminating', message);
      this.later(entry, backoff);
    } else if (error instanceof KubeError && !error.transient) {
      this.settings.log.warn(context, 'refused by the API server');
      this.counts.refused += 1;
      entry.state = refused(reason, message);
      const live = this.current(entry, this.settings.informer(entry.kind));
      entry.settled = settledAsRefused(entry, live, status);
      this.later(entry, entry.settled.until - Date.now());
    } else {
      this.settings.log.debug(context, 'write failed, it is tried again');
      entry.state = pending(reason, message);
      this.later(entry, backoff);
    }
  }

  private async reconcile(entry: Entry): Promise<void> {
    const informer = this.settings.informer(entry.kind);
    const wanted = firstOf(entry.wanted);
    if (!informer?.isSynced) {
      if (wanted)
        entry.state = pending(
          'Unreachable',
          `${kindId(entry.kind)} objects have not been read yet`,
        );
      return;
    }
    const seen = this.current(entry, informer);
    if (!wanted) return await this.dispose(entry, seen);
    const { desired, content } = wanted;
    if (desired.fragment && seen?.metadata.uid !== desired.object.metadata.uid) {
      entry.state = pending('NotFound', `${labelOf(entry)} is gone`);
      return;
    }
    const { rank } = wanted;
    // One that lost our label is not gone, but out of sight.
    if (!seen && rank !== undefined && entry.applied === content) entry.isHidden = true;
    const live = seen ?? (await this.hidden(entry));
    if (live && !desired.fragment && !this.mayHave(live, wanted)) {
      entry.applied = undefined;
      entry.state = notOurs(entry);
      this.later(entry, retryMs.notOurs);
      return;
    }
    const other = live && rank !== undefined ? this.otherOwner(entry, live) : undefined;
    if (other !== undefined) {
      entry.state = nameTaken(entry, other);
      this.later(entry, retryMs.notOurs);
      return;
    }
    // Whoever gave it a selector has it now: the plan that no longer wants it is on its way.
    if (entry.kind === Core.Service && live && isHandedOver(live)) return;
    if (this.isSettled(entry, wanted, live)) return;
    if (live && isApplied(live, desired)) {
      this.nowStored(entry, content);
      if (rank !== undefined) this.judge.settled(wanted);
      return;
    }
    if (live?.metadata.deletionTimestamp) {
      entry.state = pending(
        'Terminating',
        `${labelOf(entry)} is being deleted; it is written again when it is gone`,
      );
      return;
    }
    let isCorrection = rank === undefined && entry.applied === content;
    if (rank !== undefined) {
      const verdict = await this.judge.judge(entry, wanted, live);
      if (live && verdict === 'server') {
        this.settleAsStored(entry, content, live);
        return;
      }
      if (verdict === 'left') {
        this.nowStored(entry, content);
        return;
      }
      isCorrection = verdict === 'corrected';
    }
    if (isCorrection && this.isContested(entry)) return;
    const isChanged = live && rank !== undefined && !isCorrection;
    if (isChanged && (await this.isBridged(entry, wanted, live))) return;
    const result = await this.write(entry, wanted, live);
    entry.latest = result;
    entry.deletedUid = undefined;
    entry.settled = undefined;
    this.nowStored(entry, content);
    this.counts.applied += 1;
    if (!isApplied(result, desired)) {
      // The server changes it on the way in: once more would change nothing.
      this.settleAsStored(entry, content, result);
      this.settings.log.warn({ object: labelOf(entry) }, 'stored otherwise than it was sent');
    }
    if (!isCorrection) return;
    this.corrected(entry, live ? foreignManagers(live) : []);
    if (rank !== undefined) this.judge.reverted(wanted, live);
  }

  private mayHave(live: KubeObject, { desired, rank }: Wanted): boolean {
    return mayWrite(live) || (rank !== undefined && isTwin(live, desired.object));
  }

  /** The intent of another type that has an object, or may still have it. */
  private otherOwner(entry: Entry, live: KubeObject): string | undefined {
    if (!isOurs(live)) return undefined;
    const intent = intentOf(live);
    const type = typeOf(intent);
    if (this.settings.rankOf(type, entry.kind) !== undefined) return undefined;
    return this.kept.has(intent) || !this.settings.mayPrune(type) ? intent : undefined;
  }

  /** Whether this content was tried on this very state of the object, and shall not be again yet. */
  private isSettled(entry: Entry, { content }: Wanted, live: KubeObject | undefined): boolean {
    const { settled } = entry;
    if (settled?.content !== content || settled.version !== live?.metadata.resourceVersion)
      return false;
    if (settled.as === 'stored') entry.state = stored;
    const left = settled.until - Date.now();
    if (settled.as === 'refused' && left > 0) this.later(entry, left);
    return settled.as !== 'forbidden' && left > 0;
  }

  private settleAsStored(entry: Entry, content: string, live: KubeObject): void {
    const version = live.metadata.resourceVersion;
    const until = Number.POSITIVE_INFINITY;
    entry.settled = { content, version, as: 'stored', until, refusals: 0 };
    this.nowStored(entry, content);
  }

  private nowStored(entry: Entry, content: string): void {
    entry.applied = content;
    entry.bridged = undefined;
    entry.state = stored;
  }

  /**
   * What others refer to leaves an object after they do: it is written with that beside what is
   * wanted first, and as wanted in a last lane.
   * @returns whether it has to stay so for now.
   */
  private async isBridged(entry: Entry, wanted: Wanted, live: KubeObject): Promise<boolean> {
    const leaving = leavingOf(live, wanted.desired);
    if (leaving.length === 0) return false;
    const names = leaving.map(({ name }) => name).join(', ');
    const keeps = `${labelOf(entry)} keeps ${names} until nothing leads there any more`;
    if (entry.bridged === wanted.content) {
      const user = this.userOf(leaving);
      if (!user) return false;
      entry.state = pending('InUse', `${keeps}: ${labelOf(user)} is not written yet`);
      this.waitingForOthers.add(entry);
      return true;
    }
    try {
      const desired = bridgeOf(wanted.desired, leaving);
      entry.latest = await this.write(entry, { ...wanted, desired }, live);
    } catch (error) {
      if (!(error instanceof KubeError) || error.transient) throw error;
      // What leaves may be forbidden by now, which is nothing against what is wanted.
      return false;
    }
    // What is there now was never wanted: no change of it is drift.
    entry.applied = undefined;
    entry.bridged = wanted.content;
    entry.state = pending('Writing', keeps);
    this.enqueue(entry);
    return true;
  }

  /** An object that leads to one of the subsets, and is still to be changed or deleted. */
  private userOf(subsets: readonly Subset[]): Entry | undefined {
    for (const entry of this.entries.values()) {
      // Also what may not be deleted yet still leads there.
      const isUnwanted = this.unwantedType(entry) !== undefined;
      const isDue = entry.wanted.size > 0 ? entry.state.stored !== 'yes' : isUnwanted;
      const live = isDue && this.current(entry, this.settings.informer(entry.kind));
      if (live && refersTo(live, subsets)) return entry;
    }
    return undefined;
  }

  /** Whether an object with a rank is still there, and to be deleted. */
  private isLeaving(entry: Entry): boolean {
    const type = this.unwantedType(entry);
    return type !== undefined && this.settings.mayPrune(type);
  }

  /** The type of intent that wanted an object with a rank, which is still there, and none does. */
  private unwantedType(entry: Entry): string | undefined {
    if (entry.wanted.size > 0) return undefined;
    const live = this.settings.informer(entry.kind)?.get(entry.namespace, entry.name);
    if (!live || !isOurs(live)) return undefined;
    const intent = intentOf(live);
    const type = typeOf(intent);
    const hasRank = this.settings.rankOf(type, entry.kind) !== undefined;
    return hasRank && !this.kept.has(intent) ? type : undefined;
  }

  private async write(
    entry: Entry,
    { desired, rank }: Wanted,
    live: KubeObject | undefined,
  ): Promise<KubeObject> {
    const { kube } = this.settings;
    const { status, ...object } = desired.object;
    // Bound to the object that was looked at: one that replaces it meanwhile is not ours.
    const uid = live?.metadata.uid;
    const metadata = { ...object.metadata, ...(uid !== undefined && { uid }) };
    // Taken over for what it is: not when it has just become something else.
    if (live && rank !== undefined && !isOurs(live))
      metadata.resourceVersion = live.metadata.resourceVersion;
    if (live && rank !== undefined && (isFound(live) || !mayWrite(live)))
      metadata.annotations = { ...metadata.annotations, [Marks.found]: 'true' };
    let result: KubeObject | undefined;
    if (!live && !desired.fragment) {
      result = await this.create(entry, object as KubeObject);
    } else if (!(desired.fragment && status)) {
      if (live && !setByUs(live, [])) await this.book(entry, live);
      result = await kube.apply<KubeObject>(entry.kind, { ...object, metadata } as KubeObject);
      if (!desired.fragment) result = await this.clear(entry, result, desired.object);
    }
    if (status) {
      const { name, namespace } = metadata;
      const part = { metadata: { name, namespace, uid: result?.metadata.uid ?? uid }, status };
      result = await kube.apply<KubeObject>(entry.kind, part, { subresource: 'status' });
    }
    if (!result) throw new Error(`${labelOf(entry)}: nothing to write`);
    this.spread(entry);
    return result;
  }

  /** By POST: apply would take over what somebody else has made since it was looked. */
  private async create(entry: Entry, object: KubeObject): Promise<KubeObject> {
    try {
      const created = await this.settings.kube.create<KubeObject>(entry.kind, object);
      entry.latest = created;
      return (await this.book(entry, created)) ?? created;
    } catch (error) {
      if (error instanceof KubeError && error.reason === 'AlreadyExists') entry.isHidden = true;
      throw error;
    }
  }

  /** What our creating set becomes ours to take away by apply. */
  private async book(entry: Entry, live: KubeObject): Promise<KubeObject | undefined> {
    const patch = bookAsApplied(live);
    if (!patch) return undefined;
    return await this.settings.kube.patch<KubeObject>(entry.kind, entry, patch);
  }

  /** Takes out what others have put into an object of ours. */
  private async clear(entry: Entry, live: KubeObject, wanted: KubeObject): Promise<KubeObject> {
    const { kube } = this.settings;
    const steps = removeForeign(live, wanted);
    if (steps.length === 0) return live;
    try {
      return await kube.patch<KubeObject>(entry.kind, entry, steps);
    } catch (error) {
      // The answer to a test that failed is that to an invalid object: the version tells.
      if (!(error instanceof KubeError && error.status === 422)) throw error;
      const now = await kube.get<KubeObject>(entry.kind, entry);
      if (now?.metadata.resourceVersion === live.metadata.resourceVersion) throw error;
      throw new KubeError(409, 'Conflict', `${labelOf(entry)} has been changed meanwhile`);
    }
  }

  /** The object that the informer does not show, where the server has said that there is one. */
  private async hidden(entry: Entry): Promise<KubeObject | undefined> {
    if (!entry.isHidden) return undefined;
    const found = await this.settings.kube.get<KubeObject>(entry.kind, entry);
    entry.isHidden = found !== undefined;
    return found;
  }

  private async dispose(entry: Entry, live: KubeObject | undefined): Promise<void> {
    const { kube, log, mayPrune, rankOf } = this.settings;
    // A Secret holds the cluster's authority: taking it away would end the mesh here.
    if (!live || !isOurWork(live) || entry.kind === Core.Secret) {
      this.entries.delete(entry.id);
      return;
    }
    const intent = intentOf(live);
    const type = typeOf(intent);
    if (this.kept.has(intent) || !mayPrune(type) || live.metadata.deletionTimestamp) return;
    entry.applied = undefined;
    if (entry.kind === Core.Service) {
      if (isHandedOver(live)) {
        const marks = { [Marks.managedBy]: 'isthmus', [Marks.intent]: type };
        entry.latest = await kube.patch<KubeObject>(
          entry.kind,
          entry,
          handOverPatch(live as Service, marks),
        );
        log.info({ object: labelOf(entry) }, 'left to its new owner');
        return;
      }
      if (this.isStillSelected(live)) {
        this.waitingForOthers.add(entry);
        return;
      }
    }
    if (isFound(live) && rankOf(type, entry.kind) !== undefined) {
      entry.latest = await kube.patch<KubeObject>(entry.kind, entry, giveBackPatch(live));
      log.info({ object: labelOf(entry), intent }, 'given back, no intent wants it');
      this.settings.onState(intent);
      return;
    }
    await kube.delete(entry.kind, live);
    this.spread(entry);
    entry.deletedUid = live.metadata.uid;
    entry.latest = undefined;
    this.counts.deleted += 1;
    log.info({ object: labelOf(entry), intent }, 'deleted, no intent wants it');
    this.settings.onState(intent);
  }

  /** Whether entries that belong to a Service of ours are still there: they go first. */
  private isStillSelected(service: KubeObject): boolean {
    const { namespace, name } = service.metadata;
    for (const entry of this.entries.values()) {
      if (entry.kind.kind !== 'WorkloadEntry' || entry.namespace !== namespace) continue;
      const live = this.current(entry, this.settings.informer(entry.kind));
      if (live?.metadata.labels?.[importLabel] === name) return true;
    }
    return false;
  }

  /** The newer of what the informer has and what the server answered to our last write. */
  private current(
    entry: Entry,
    informer: Informer<KubeObject> | undefined,
  ): KubeObject | undefined {
    let seen = informer?.get(entry.namespace, entry.name);
    if (seen && seen.metadata.uid === entry.deletedUid) seen = undefined;
    const { latest } = entry;
    return latest && (!seen || isNewer(latest, seen)) ? latest : seen;
  }

  private isContested(entry: Entry): boolean {
    const since = Date.now() - contest.windowMs;
    entry.corrected = entry.corrected.filter((at) => at > since);
    if (entry.corrected.length < contest.corrections) return false;
    const managers = this.correctedManagers(entry).join(', ') || 'somebody';
    entry.state = pending(
      'Contested',
      `${labelOf(entry)} is changed again and again by ${managers}; stop one of the two`,
    );
    entry.corrected.shift();
    this.later(entry, contest.pauseMs);
    return true;
  }

  private correctedManagers(entry: Entry): readonly string[] {
    const intent = [...entry.wanted.keys()][0] ?? '';
    return this.corrections.get(intent)?.managers ?? [];
  }

  private corrected(entry: Entry, managers: readonly string[]): void {
    entry.corrected.push(Date.now());
    this.counts.corrected += 1;
    this.settings.log.warn(
      { object: labelOf(entry), managers },
      'put back after a change by somebody else',
    );
    for (const intent of entry.wanted.keys()) {
      const count = (this.corrections.get(intent)?.count ?? 0) + 1;
      this.corrections.set(intent, { count, managers });
      this.settings.onState(intent);
    }
  }
}

/** Resource versions of one kind can be compared as numbers. */
function isNewer(left: KubeObject, right: KubeObject): boolean {
  const [a, b] = [left, right].map(({ metadata }) => BigInt(metadata.resourceVersion ?? 0));
  return a !== undefined && b !== undefined && a > b;
}
