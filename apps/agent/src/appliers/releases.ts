import { releaseDigest } from '@isthmus/contracts';
import type { Logger } from 'pino';
import type { FactBoard } from '../facts/board.js';
import type { IntentBook } from '../intents/book.js';
import type { ReleaseRecord } from '../intents/release-record.js';
import { Drifts } from './drifts.js';
import { type Live, type ObjectStanding, releaseStatus } from './release.js';

export interface ReleasesSettings {
  readonly book: IntentBook;
  readonly facts: FactBoard;
  readonly record: ReleaseRecord;
  readonly log: Logger;
  /** Objects that are still to be deleted. */
  leaving(): number;
  /** Whether the proxies have the release, which is stored or is not; undefined: there is none. */
  live(release: { readonly fence: number; readonly isStored: boolean } | undefined): Live;
  /** A release may be acted on; with a new fence what was refused gets another chance. */
  onAccepted(isNewFence: boolean): void;
}

/** So long a change waits for more of its kind, in ms: they come by the thousand. */
const settleMs = 50;
/** So long the objects of a release may take to arrive before somebody should look why. */
const patienceMs = 30_000;
/** Of a cluster that has no release. */
const emptyDigest = releaseDigest([]);

/**
 * Which release the agent acts on, and where it stands. One with an older fence than was acted on
 * before, in this life or an earlier one, comes from a hub that is behind: nothing moves then. Nor
 * while some of its objects, or what it has no more, are still on their way: they come in any
 * order, and in several pieces.
 */
export class Releases {
  readonly drifts: Drifts;
  private readonly standings = new Map<string, ObjectStanding>();
  /** The standings by name, and their digest; undefined when names or versions changed. */
  private order: { readonly names: readonly string[]; readonly digest: string } | undefined;
  /** Of the configuration intents in the book; undefined when that changed. */
  private digestHere: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Set from when a release waits for its objects until they are here. */
  private patience: NodeJS.Timeout | undefined;
  /** What was refused has not had its chance under the fence acted on. */
  private isRetryDue = false;
  /** In this life. It changes in one go with the plans, so that none is missing meanwhile. */
  private actedFence: number | undefined;
  private accepting: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly settings: ReleasesSettings) {
    this.drifts = new Drifts(settings.facts, settings.record);
  }

  /** Whether the configuration stays as it is: the release may not, or not yet, be acted on. */
  get areHeld(): boolean {
    const { fenceHere } = this;
    return fenceHere === undefined || fenceHere !== this.actedFence || !this.isAllHere;
  }

  /** Whether the configuration intents are those of the release that is here. */
  private get isAllHere(): boolean {
    const { book } = this.settings;
    this.digestHere ??= releaseDigest(sorted(book.entries('Configuration')));
    return this.digestHere === (book.get('Release', 'release')?.value.digest ?? emptyDigest);
  }

  /** Of the release that the hub has sent, 0 when it has none; undefined before that is known. */
  private get fenceHere(): number | undefined {
    const { book } = this.settings;
    const release = book.get('Release', 'release')?.value;
    return release?.fence ?? (book.isWhole('Release') ? 0 : undefined);
  }

  start(): void {
    const { book, record } = this.settings;
    if (book.isWhole('Configuration') && book.get('Release', 'release') && this.isAllHere) {
      for (const name of [...record.deletions.keys()]) {
        if (!book.get('Configuration', name)) record.forgetDeletion(name);
      }
    }
    this.changed();
  }

  /** The release intent came, changed or went, or some of the configuration intents did. */
  changed(): void {
    this.digestHere = undefined;
    this.accepting = this.accepting
      .then(() => this.accept())
      .catch((error: unknown) => {
        if (!this.stopped) this.settings.log.error({ err: error }, 'a release cannot be acted on');
      });
  }

  /** How an object of the release stands now. */
  note(name: string, standing: ObjectStanding): void {
    if (this.standings.get(name)?.version !== standing.version) this.order = undefined;
    this.standings.set(name, standing);
    this.reportSoon();
  }

  /** An object is no part of the release any more. */
  forget(name: string): void {
    this.drifts.forget(name);
    if (this.standings.delete(name)) this.order = undefined;
    this.reportSoon();
  }

  reportSoon(): void {
    if (this.stopped) return;
    this.timer ??= setTimeout(() => this.report(), settleMs).unref();
  }

  /** Resolves when the release that is here is acted on, or refused. */
  async settled(): Promise<void> {
    await this.accepting;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.patience);
    this.drifts.stop();
    await this.settings.record.stop();
    await this.accepting;
  }

  private async accept(): Promise<void> {
    const { book, record, log, onAccepted } = this.settings;
    const release = book.get('Release', 'release')?.value;
    const acted = record.release;
    if (release && acted && release.fence < acted.fence) {
      log.warn(
        { fence: release.fence, acted: acted.fence },
        'a release older than the one acted on is refused: the hub is behind',
      );
      this.report();
      return;
    }
    if (!release && !book.isWhole('Release')) return;
    if (!this.isAllHere) {
      // Once, however many changes it waits through.
      this.patience ??= setTimeout(() => this.warn(), patienceMs).unref();
      if (this.actedFence === undefined) this.report();
      else this.reportSoon();
      return;
    }
    clearTimeout(this.patience);
    this.patience = undefined;
    const isNewFence = release?.fence !== acted?.fence;
    this.isRetryDue ||= isNewFence;
    if (
      release &&
      (isNewFence || release.number !== acted?.number || release.drift !== acted.drift)
    )
      await record.accept(release);
    if (this.stopped) return;
    // It changed meanwhile: that is looked at next.
    if (book.get('Release', 'release')?.value !== release || !this.isAllHere) return;
    this.actedFence = release?.fence ?? 0;
    const isRetryDue = this.isRetryDue;
    this.isRetryDue = false;
    onAccepted(isRetryDue);
    this.report();
  }

  private warn(): void {
    const { book, log } = this.settings;
    const { fence, objects } = book.get('Release', 'release')?.value ?? {};
    log.warn(
      { fence, objects, here: book.count('Configuration') },
      'a release waits for objects that have not come, or could not be read: nothing of it is written',
    );
  }

  private report(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { book, facts, record, leaving, live } = this.settings;
    const wanted = book.get('Release', 'release')?.value;
    if (!wanted || !record.release) {
      live(undefined);
      if (facts.has('ReleaseStatus', 'release')) facts.delete('ReleaseStatus', 'release');
      return;
    }
    this.order ??= this.sort();
    const { names } = this.order;
    // Before anything is planned in this life, no objects are not those of an empty release.
    const isUntold = this.actedFence === undefined && !this.isAllHere;
    const digest = (isUntold ? this.digestHere : undefined) ?? this.order.digest;
    const objects = names.flatMap((name) => {
      const standing = this.standings.get(name);
      return standing ? [[name, standing] as const] : [];
    });
    const fact = releaseStatus(record.release, digest, objects, leaving());
    const isWhole = !this.areHeld && digest === wanted.digest;
    const isStored = isWhole && fact.pending === 0 && fact.refused === 0;
    const { fence } = record.release;
    facts.set('ReleaseStatus', 'release', { ...fact, ...live({ fence, isStored }) });
  }

  private sort(): { names: readonly string[]; digest: string } {
    const objects = sorted(this.standings);
    return { names: objects.map(([name]) => name), digest: releaseDigest(objects) };
  }
}

/** By name. */
function sorted<T>(entries: Iterable<[string, T]>): [string, T][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
