import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { State } from '@isthmus/contracts';
import { messageOf } from '@isthmus/kernel';
import type { Logger } from 'pino';
import { type Live, liveUnknown } from '../appliers/release.js';
import { IstiodAnswer, page } from './client.js';
import { objectsIn, type ProxyState, proxiesIn, rejectsIn, type Synced } from './pages.js';
import { Rejects } from './rejects.js';
import { fingerprint, lastWrite, type StoredObject, unreadOf } from './stored.js';

/** In ms. */
export interface LivenessTimes {
  /** Between two looks while proxies are waited for, and after how long it is `slow`. */
  readonly poll: number;
  readonly patience: number;
  readonly slow: number;
  /** Between two looks once they have it: a proxy may refuse it later. */
  readonly watch: number;
  /** Between two looks at the metrics, and for how long after all is stored. */
  readonly metrics: number;
  readonly window: number;
  /** From when istiod has read the objects until it has pushed them, if something was pushed. */
  readonly settle: number;
  /** The same, if nothing was: at most so long it collects changes. */
  readonly debounce: number;
  /** An istiod that does not answer may be about to be replaced. */
  readonly grace: number;
  /** After istiod said no: it logs every try. */
  readonly denied: number;
  /** How far the clocks of the cluster may be apart. */
  readonly skew: number;
}

const livenessTimes: LivenessTimes = {
  poll: 500,
  patience: 120_000,
  slow: 10_000,
  watch: 30_000,
  metrics: 5_000,
  window: 30_000,
  settle: 1_000,
  debounce: 11_000,
  grace: 30_000,
  denied: 3_600_000,
  skew: 2_000,
};

/** Where istiod is, and what it is asked with. */
export interface IstiodAccess {
  /** `host:port` of every istiod. */
  istiods(): readonly string[];
  /** Token of the audience istio-ca, replaced by the kubelet; undefined: there is none to ask with. */
  readonly tokenFile: string | undefined;
  readonly times?: Partial<LivenessTimes>;
}

export interface LivenessSettings extends IstiodAccess {
  readonly log: Logger;
  /** The answer is another one. */
  onChange(): void;
}

/** One state of the objects, from when it was stored. */
interface Round {
  readonly objects: readonly StoredObject[];
  readonly storedAt: number;
  readonly over: AbortSignal;
  /** When each istiod was seen to have read the objects. */
  readonly readAt: Map<string, number>;
  /** Proxies that acknowledged all at one look: something else is under way to some at any time. */
  readonly done: Set<string>;
  /** So that one who waits in vain finds out, once. */
  isOverdueTold: boolean;
}

/** What one istiod says. */
interface Answer {
  readonly proxies: readonly ProxyState[];
  /** Whether its proxies have been sent what is stored, where it concerns them. */
  readonly isPushed: boolean;
}

const longestMessage = 1_000;
const unknown = liveUnknown;
const pending: Live = { ...unknown, live: State.STATE_PENDING };

/**
 * Asks every istiod whether the proxies took the release. With a token: until each istiod has read
 * the objects, and each proxy has acknowledged what it was sent. Without, or where istiod says no:
 * whether proxies refuse anything while the release comes, which tells that it is bad, and never
 * that it is good.
 */
export class Liveness {
  private readonly times: LivenessTimes;
  private readonly rejects = new Rejects();
  private readonly stopping = new AbortController();
  private live: Live = unknown;
  private fence: number | undefined;
  private isFirst = true;
  private print: string | undefined;
  /** What a proxy refused before that was not this release; ms since the epoch. */
  private since = 0;
  private over = new AbortController();
  /** Until then the growth of the rejects is laid to the release. */
  private windowEnds = Number.POSITIVE_INFINITY;
  private deniedUntil = 0;
  private failingSince: number | undefined;
  private said = '';
  private counting: Promise<void> = Promise.resolve();
  private readonly busy = new Set<Promise<void>>();

  constructor(private readonly settings: LivenessSettings) {
    this.times = { ...livenessTimes, ...settings.times };
  }

  /**
   * @param fence Of the release that is acted on.
   * @param objects All of it, once it is stored; undefined before.
   * @returns what is known now; `onChange` tells of more.
   */
  follow(fence: number, objects: readonly StoredObject[] | undefined): Live {
    if (this.stopping.signal.aborted) return this.live;
    if (fence !== this.fence) this.begin(fence);
    const print = objects && fingerprint(objects);
    if (print === this.print) return this.live;
    this.print = print;
    this.restart(objects);
    return this.live;
  }

  /** There is no release any more. */
  forget(): Live {
    this.over.abort();
    this.fence = undefined;
    this.print = undefined;
    this.live = unknown;
    return this.live;
  }

  /** @returns when nothing is under way any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.over.abort();
    await Promise.all([...this.busy, this.counting]);
  }

  /** A release begins to be written. */
  private begin(fence: number): void {
    this.over.abort();
    this.fence = fence;
    this.print = undefined;
    this.since = Date.now() - this.times.skew;
    this.live = this.waiting;
    this.count();
  }

  private restart(objects: readonly StoredObject[] | undefined): void {
    this.over.abort();
    this.live = this.waiting;
    if (!objects) return;
    // It may have been written in an earlier life.
    if (this.isFirst) {
      const written = lastWrite(objects) || Number.POSITIVE_INFINITY;
      this.since = Math.min(this.since, written - this.times.skew);
    }
    this.isFirst = false;
    // What is written again after that is looked at again.
    if (Date.now() > this.windowEnds || this.rejects.grown.size > 0) this.count();
    this.windowEnds = Date.now() + this.times.window;
    this.over = new AbortController();
    const run = this.run({
      objects,
      storedAt: Date.now(),
      over: this.over.signal,
      readAt: new Map(),
      done: new Set(),
      isOverdueTold: false,
    });
    this.busy.add(run);
    void run.finally(() => this.busy.delete(run));
  }

  private get waiting(): Live {
    return this.mayAsk ? pending : unknown;
  }

  private get mayAsk(): boolean {
    return this.settings.tokenFile !== undefined && Date.now() >= this.deniedUntil;
  }

  /** Never rejects. */
  private async run(round: Round): Promise<void> {
    while (!round.over.aborted) {
      const live = await this.look(round).catch((error: unknown) => {
        this.say(messageOf(error));
        return unknown;
      });
      if (round.over.aborted) return;
      this.tell(live);
      const delay = this.delay(round);
      if (delay === undefined) return;
      await sleep(delay, undefined, { signal: round.over, ref: false }).catch(() => undefined);
    }
  }

  private tell(live: Live): void {
    if (JSON.stringify(live) === JSON.stringify(this.live)) return;
    this.live = live;
    this.settings.onChange();
  }

  private delay({ storedAt }: Round): number | undefined {
    const { poll, patience, slow, watch, metrics } = this.times;
    const now = Date.now();
    if (this.mayAsk) {
      if (this.live.live !== State.STATE_PENDING) return watch;
      return now - storedAt < patience ? poll : slow;
    }
    if (now <= this.windowEnds) return metrics;
    return this.settings.tokenFile === undefined ? undefined : this.deniedUntil - now;
  }

  private async look(round: Round): Promise<Live> {
    if (!this.mayAsk) return await this.lookAtRejects(round);
    const token = await this.token();
    const live = token === undefined ? undefined : await this.lookAtProxies(round, token);
    return live ?? (round.over.aborted ? unknown : await this.lookAtRejects(round));
  }

  private async token(): Promise<string | undefined> {
    const { tokenFile } = this.settings;
    try {
      return tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim();
    } catch (error) {
      this.say(messageOf(error));
      return undefined;
    }
  }

  /** @returns undefined if istiod lets nobody of our namespace look. */
  private async lookAtProxies(round: Round, token: string): Promise<Live | undefined> {
    const istiods = this.settings.istiods();
    const asked = await Promise.allSettled(istiods.map((istiod) => this.ask(round, istiod, token)));
    if (round.over.aborted) return undefined;
    const problems = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    const denial = problems.find((each) => each instanceof IstiodAnswer && each.isDenied);
    if (denial) {
      this.deniedUntil = Date.now() + this.times.denied;
      this.say(`${messageOf(denial)}: see live.enabled in the values of the agent's chart`);
      return undefined;
    }
    const answers = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const problem = istiods.length === 0 ? 'no istiod is ready' : problems.map(messageOf)[0];
    return this.verdict(round, answers, problem);
  }

  private verdict(round: Round, answers: readonly Answer[], problem: string | undefined): Live {
    const proxies = answers.flatMap((answer) => answer.proxies);
    const refusal = proxies.map((proxy) => this.refusalOf(proxy)).find((each) => each !== '');
    const counts = { proxies: proxies.length, proxiesLive: this.countDone(round, answers) };
    const liveMessage = (refusal ?? '').slice(0, longestMessage);
    if (refusal !== undefined) return { live: State.STATE_REFUSED, ...counts, liveMessage };
    if (problem !== undefined) return this.failing(problem);
    this.failingSince = undefined;
    this.said = '';
    const areDone =
      answers.every(({ isPushed }) => isPushed) && counts.proxies === counts.proxiesLive;
    // Who connects later is sent it at once.
    const isLive = areDone || this.live.live === State.STATE_YES;
    return { live: isLive ? State.STATE_YES : State.STATE_PENDING, ...counts, liveMessage };
  }

  /** Some proxies cannot be told of: soon again, perhaps. */
  private failing(problem: string): Live {
    this.failingSince ??= Date.now();
    if (Date.now() - this.failingSince < this.times.grace) {
      return this.live.live === State.STATE_YES ? this.live : pending;
    }
    this.say(problem);
    return unknown;
  }

  private async ask(round: Round, istiod: string, token: string): Promise<Answer> {
    const request = { token, signal: round.over };
    if (!round.readAt.has(istiod)) {
      const listed = objectsIn(await page(istiod, '/debug/configz', request));
      const unread = unreadOf(round.objects, listed);
      const age = Date.now() - round.storedAt;
      if (unread.objects.length > 0) this.tellOverdue(round, istiod, unread.objects, age);
      else if (!unread.areSomeUntold || age >= this.times.debounce)
        round.readAt.set(istiod, Date.now());
    }
    const proxies = proxiesIn(await page(istiod, '/debug/syncz', request));
    return { proxies, isPushed: this.isPushed(round, istiod, proxies) };
  }

  /**
   * istiod collects changes before it pushes, and does not say when it has pushed one: soon after it
   * has read them if its proxies are sent something, and else once nothing can be left.
   */
  private isPushed(round: Round, istiod: string, proxies: readonly ProxyState[]): boolean {
    const readAt = round.readAt.get(istiod);
    if (readAt === undefined) return false;
    const { settle, debounce, skew } = this.times;
    const isSending = proxies.some(({ types }) =>
      types.some(({ sentAt }) => sentAt >= round.storedAt - skew),
    );
    return Date.now() - readAt >= (isSending ? settle : debounce);
  }

  /** @returns how many of the proxies that are connected have it. */
  private countDone({ done }: Round, answers: readonly Answer[]): number {
    let count = 0;
    for (const { proxies, isPushed } of answers) {
      for (const { id, types } of proxies) {
        if (types.some((type) => this.isRefused(type))) done.delete(id);
        // What was refused before and has not been sent again is not about this release.
        else if (isPushed && types.every(({ isAcked, error }) => isAcked || error !== ''))
          done.add(id);
        if (done.has(id)) count += 1;
      }
    }
    return count;
  }

  private refusalOf({ name, types }: ProxyState): string {
    const refused = types.find((type) => this.isRefused(type));
    return refused ? `${name}: ${refused.error}` : '';
  }

  private isRefused({ error, sentAt }: Synced): boolean {
    return error !== '' && !(sentAt < this.since);
  }

  /** Lays what proxies refuse from now on to what is being written. */
  private count(): void {
    this.windowEnds = Number.POSITIVE_INFINITY;
    this.counting = this.counting.then(() => {
      this.rejects.reset();
      return this.noteRejects();
    });
  }

  private async lookAtRejects(round: Round): Promise<Live> {
    if (Date.now() <= this.windowEnds + this.times.metrics) {
      this.counting = this.counting.then(() => this.noteRejects());
      await this.counting;
    }
    if (round.over.aborted || this.rejects.grown.size === 0) return unknown;
    const grown = [...this.rejects.grown].map(
      ([type, count]) => `pilot_total_xds_rejects of ${type} grew by ${count}`,
    );
    const liveMessage = `a proxy refused what istiod pushed (${grown.join(', ')})`;
    return {
      ...unknown,
      live: State.STATE_REFUSED,
      liveMessage: liveMessage.slice(0, longestMessage),
    };
  }

  /** Never rejects. */
  private async noteRejects(): Promise<void> {
    const { signal } = this.stopping;
    const note = async (istiod: string): Promise<void> =>
      this.rejects.note(istiod, rejectsIn(await page(istiod, '/metrics', { signal })));
    const noted = await Promise.allSettled(this.settings.istiods().map(note));
    const failed = noted.find((each) => each.status === 'rejected');
    if (failed && !signal.aborted) this.say(messageOf(failed.reason));
  }

  private tellOverdue(round: Round, istiod: string, objects: readonly string[], age: number): void {
    if (round.isOverdueTold || age < this.times.patience) return;
    round.isOverdueTold = true;
    this.settings.log.warn(
      { istiod, objects: objects.slice(0, 10), count: objects.length },
      'istiod does not take up what is stored; does it watch these namespaces?',
    );
  }

  /** Once for all looks that find the same. */
  private say(problem: string): void {
    if (problem === this.said) return;
    this.said = problem;
    this.settings.log.warn({ problem }, 'whether the proxies took the release cannot be told');
  }
}
