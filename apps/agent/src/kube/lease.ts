import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@isthmus/kernel';
import type { Logger } from 'pino';
import { type Kube, KubeError } from './client.js';
import { Core, type Lease as LeaseObject } from './kinds.js';
import { Marks } from './ownership.js';

/** In ms. */
export interface LeaseTimes {
  /** Others may take the Lease when it was not renewed for so long. Whole seconds. */
  readonly duration: number;
  /** Its holder takes it for lost after so long: shorter, by what its work takes to end. */
  readonly deadline: number;
  readonly renew: number;
  /** How often it is asked for while it is not held. */
  readonly retry: number;
}

/** An API server that restarts costs nobody the Lease; a node that is gone costs a minute more. */
export const leaseTimes: LeaseTimes = {
  duration: 60_000,
  deadline: 40_000,
  renew: 10_000,
  retry: 2_000,
};

export interface LeaseSettings {
  /** With a timeout well below the deadline. */
  readonly kube: Kube;
  readonly log: Logger;
  readonly namespace: string;
  readonly name: string;
  /** Who asks: the same after a restart, and nobody else's. */
  readonly identity: string;
  readonly times: LeaseTimes;
}

type Answer = 'ours' | 'theirs' | 'none';

/**
 * A Lease of coordination.k8s.io: of all who want it one has it. Clocks of others are not
 * trusted: that a Lease is not renewed is told by watching it for as long as it lasts.
 */
export class Lease {
  private held = false;
  private trouble = 'it has not been asked for yet';
  private answered: Answer = 'none';
  /** What was seen last of somebody else's, and since when it is unchanged (monotonic, ms). */
  private seen: { version: string; since: number } | undefined;
  /** As it was written last. */
  private written: LeaseObject | undefined;

  constructor(private readonly settings: LeaseSettings) {}

  get isHeld(): boolean {
    return this.held;
  }

  /** Whether somebody else has it and goes on renewing it: then it will not be ours for now. */
  get isOthers(): boolean {
    const { seen, answered, settings } = this;
    if (answered !== 'theirs' || !seen) return false;
    return performance.now() - seen.since < settings.times.deadline;
  }

  /** Why it is not held. */
  get problem(): string {
    const { namespace, name } = this.settings;
    return `waiting for the Lease ${namespace}/${name}: ${this.trouble}`;
  }

  /**
   * Works whenever the Lease is held, again and again, until it is stopped; then lets go of it.
   * @param work Has to end soon after its signal fires: the Lease is lost, or `stop` has fired.
   * @throws what `work` throws.
   */
  async whileHeld(stop: AbortSignal, work: (over: AbortSignal) => Promise<void>): Promise<void> {
    const { log, times } = this.settings;
    while (!stop.aborted) {
      const asked = performance.now();
      if ((await this.ask()) !== 'ours') {
        await pause(times.retry * (0.5 + Math.random()), stop);
        continue;
      }
      log.info({ lease: this.settings.name }, 'the Lease is held');
      const lost = new AbortController();
      const done = new AbortController();
      const renewing = this.renew(asked, lost, done.signal);
      this.held = true;
      try {
        await work(AbortSignal.any([stop, lost.signal]));
      } finally {
        done.abort();
        await renewing;
        this.held = false;
        if (!lost.signal.aborted) await this.release();
      }
    }
  }

  /** Until it is lost, or is needed no more. */
  private async renew(since: number, lost: AbortController, done: AbortSignal): Promise<void> {
    const { log, times } = this.settings;
    const lose = (): void => {
      if (done.aborted || lost.signal.aborted) return;
      this.held = false;
      log.error(this.problem);
      lost.abort();
    };
    // A timer: what waits for the server notices too late.
    const after = (asked: number): NodeJS.Timeout =>
      setTimeout(lose, times.deadline - (performance.now() - asked));
    let timer = after(since);
    const over = AbortSignal.any([done, lost.signal]);
    let wait = times.renew;
    while (await pause(wait, over)) {
      const asked = performance.now();
      const answer = await this.ask();
      wait = answer === 'ours' ? times.renew : times.retry;
      if (answer === 'theirs') lose();
      if (answer !== 'ours' || over.aborted) continue;
      clearTimeout(timer);
      timer = after(asked);
    }
    clearTimeout(timer);
  }

  private async ask(): Promise<Answer> {
    this.answered = await this.takeOrRenew();
    return this.answered;
  }

  /** If nobody else has it. */
  private async takeOrRenew(): Promise<Answer> {
    const { kube, log, identity } = this.settings;
    try {
      const lease = await kube.get<LeaseObject>(Core.Lease, this.settings);
      if (lease && !this.isFree(lease)) {
        const trouble = `${lease.spec?.holderIdentity} has it`;
        if (trouble !== this.trouble) log.warn({ lease: this.settings.name }, trouble);
        this.trouble = trouble;
        return 'theirs';
      }
      const next = this.next(lease, identity);
      this.written = await (lease
        ? kube.patch<LeaseObject>(Core.Lease, this.settings, next)
        : kube.create<LeaseObject>(Core.Lease, next));
      this.seen = undefined;
      this.trouble = 'it was lost';
      return 'ours';
    } catch (error) {
      const message = messageOf(error);
      if (message !== this.trouble)
        log.warn({ err: error }, 'the Lease cannot be had; it is tried again');
      this.trouble = message;
      // Somebody else was faster: the next look tells who.
      return 'none';
    }
  }

  private isFree({ metadata, spec = {} }: LeaseObject): boolean {
    const { holderIdentity = '', leaseDurationSeconds } = spec;
    if (holderIdentity === '' || holderIdentity === this.settings.identity) return true;
    const version = `${metadata.uid}/${metadata.resourceVersion}`;
    const now = performance.now();
    if (this.seen?.version !== version) this.seen = { version, since: now };
    const lasts = (leaseDurationSeconds ?? this.settings.times.duration / 1000) * 1000;
    return now - this.seen.since >= lasts;
  }

  /** Bound to the version that was looked at. */
  private next(lease: LeaseObject | undefined, holderIdentity: string): LeaseObject {
    const { namespace, name, times } = this.settings;
    const { holderIdentity: before = '', leaseTransitions = 0, acquireTime } = lease?.spec ?? {};
    const now = new Date().toISOString().replace('Z', '000Z');
    const changes = before !== holderIdentity;
    return {
      metadata: {
        namespace,
        name,
        labels: { [Marks.managedBy]: 'isthmus' },
        ...(lease?.metadata.resourceVersion && {
          resourceVersion: lease.metadata.resourceVersion,
        }),
      },
      spec: {
        holderIdentity,
        leaseDurationSeconds: times.duration / 1000,
        renewTime: now,
        acquireTime: changes ? now : (acquireTime ?? now),
        leaseTransitions: leaseTransitions + Number(changes && holderIdentity !== '' && !!lease),
      },
    };
  }

  /** So that the next need not wait. */
  private async release(): Promise<void> {
    const { kube, log } = this.settings;
    try {
      await kube.patch(Core.Lease, this.settings, this.next(this.written, ''));
    } catch (error) {
      if (!(error instanceof KubeError && error.status === 409))
        log.warn({ err: error }, 'the Lease could not be let go of; the next has to wait');
    }
  }
}

/** @returns false when the signal has fired. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}
