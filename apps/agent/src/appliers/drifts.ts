import type { DriftFact } from '@isthmus/contracts';
import type { FactBoard } from '../facts/board.js';
import type { ReleaseRecord } from '../intents/release-record.js';
import type { KubeObject } from '../kube/kinds.js';
import { foreignManagers } from '../kube/ownership.js';
import { largestManifest, manifestOf } from './configuration.js';

/** A change by somebody else to an object of a release. */
export interface Found {
  /** Version of the intent that it differs from. */
  readonly version: string;
  /** As it was found; undefined if it was deleted. */
  readonly live: KubeObject | undefined;
  readonly outcome: 'reverted' | 'tolerated';
}

/** So long people can see what was put back. */
const shownMs = 10 * 60_000;
const mostManagers = 20;
/** The hub takes no more of them. */
const mostFacts = 2_000;

/**
 * What others changed in objects of the release: told to the hub, and left as it is if the release
 * says so. That an object is left deleted outlives the agent.
 */
export class Drifts {
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly facts: FactBoard,
    private readonly record: ReleaseRecord,
  ) {}

  get areTolerated(): boolean {
    return this.record.release?.drift === 'tolerate';
  }

  /** Whether the object of an intent was found deleted, and left so. */
  isLeftDeleted(name: string, version: string): boolean {
    return this.record.deletions.get(name) === version;
  }

  /** A change was found, and put back or left. Finding again what is left is no news. */
  found(name: string, { version, live, outcome }: Found): void {
    const change = live ? 'edited' : 'deleted';
    const manifest = live ? manifestOf(live) : Buffer.alloc(0);
    const fits = manifest.length <= largestManifest;
    const fact: DriftFact = {
      change,
      managers: live ? foreignManagers(live).slice(0, mostManagers) : [],
      at: Math.floor(Date.now() / 1000),
      outcome,
      intentVersion: version,
      manifest: fits ? manifest : Buffer.alloc(0),
      count: 1,
    };
    const before = this.facts.get('Drift', name);
    const isOfVersion = before?.intentVersion === version;
    const isKnown =
      isOfVersion &&
      before.outcome === 'tolerated' &&
      before.change === change &&
      before.manifest.equals(fact.manifest);
    if (isOfVersion) fact.count = before.count + Number(!isKnown);
    if (outcome === 'tolerated' && !live) this.record.noteDeletion(name, version);
    else this.record.forgetDeletion(name);
    this.end(name);
    if (outcome === 'reverted') {
      const timer = setTimeout(() => this.forget(name), shownMs);
      this.timers.set(name, timer.unref());
    } else if (isKnown) return;
    if (!before && this.facts.size('Drift') >= mostFacts) return;
    this.facts.set('Drift', name, fact);
  }

  /** The object is as wanted: what was put back is still to be seen, what was left is no more. */
  settled(name: string): void {
    this.record.forgetDeletion(name);
    if (!this.timers.has(name)) this.forget(name);
  }

  /** Another content is wanted, or none. */
  forget(name: string): void {
    this.end(name);
    this.record.forgetDeletion(name);
    if (this.facts.has('Drift', name)) this.facts.delete('Drift', name);
  }

  stop(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private end(name: string): void {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }
}
