import { join } from 'node:path';
import { type IstioIntent, type IstioTask, State } from '@isthmus/contracts';
import { messageOf } from '@isthmus/kernel';
import type { Logger } from 'pino';
import type { FactBoard } from '../../facts/board.js';
import type { IntentBook } from '../../intents/book.js';
import { type Kube, KubeError } from '../../kube/client.js';
import { suffixOf } from '../marks.js';
import type { IstioSurvey } from '../survey.js';
import { ChartStore } from './charts.js';
import { IstioCrds } from './crds.js';
import { FenceRecord } from './fence.js';
import { Helm } from './helm.js';
import { HelmInstaller } from './helm-installer.js';
import { Inspection, observedWorkload } from './inspection.js';
import type { Installer } from './installer.js';
import { Moves } from './moves.js';
import { type Action, planTasks, type Task } from './plan.js';
import { type Held, heldBy, pending } from './problem.js';
import { Releases } from './releases.js';
import { isSails, SailInstaller } from './sail-installer.js';
import { DefaultServing, Tags } from './tags.js';

export interface StewardTimes {
  /** How often what nobody watches is looked at, at first, and when nothing changes. */
  readonly pollMs: { readonly first: number; readonly most: number };
  /** The same while everything is as wanted. */
  readonly resyncMs: number;
  /** After a failure, doubling. */
  readonly retryMs: { readonly first: number; readonly most: number };
  /** So long API servers may take to hear of a webhook, before Pods are made that it is to change. */
  readonly settleMs: number;
  /** Of each run of Helm. */
  readonly helmMs: number;
  /** A rollout that is not through by then is told as stuck. */
  readonly stuckMs: number;
}

const stewardTimes: StewardTimes = {
  pollMs: { first: 1_000, most: 10_000 },
  resyncMs: 60_000,
  retryMs: { first: 1_000, most: 30_000 },
  settleMs: 2_000,
  helmMs: 300_000,
  stuckMs: 600_000,
};

export interface StewardSettings {
  readonly kube: Kube;
  readonly log: Logger;
  readonly survey: IstioSurvey;
  readonly facts: Pick<FactBoard, 'set' | 'complete' | 'delete'>;
  readonly book: IntentBook;
  readonly istioNamespace: string;
  readonly helm: {
    /** Of the binary. */
    readonly path: string;
    readonly kubeconfig: string | undefined;
    /** The agent's: charts, Helm's home and the newest fence are kept below it. */
    readonly dataDir: string;
  };
  /** Id of the cluster, as of the intents: fences of another one are none. */
  readonly cluster?: string;
  /** See `stewardTimes`. */
  readonly times?: Partial<StewardTimes>;
}

/** The last time that something was tried. */
interface Attempt {
  /** Undefined: it was done, and the cluster has not told yet. */
  readonly held: Held | undefined;
  readonly failures: number;
  /** Milliseconds since the epoch. */
  readonly retryAt: number;
}

const mostTasks = 50;
const factName = 'istio';
const readinessName = 'readiness';

/**
 * Brings the IstioIntent about, one step at a time: it looks at what is there, plans what is left, and
 * does what can be done. All that it does can be done again, so that it may be cut off anywhere.
 */
export class IstioSteward {
  private readonly times: StewardTimes;
  private readonly helm: Helm;
  private readonly record: FenceRecord;
  private readonly inspection: Inspection;
  private readonly crds: IstioCrds;
  private readonly byHelm: Installer;
  private readonly bySail: Installer;
  private readonly tags: Tags;
  private readonly moves: Moves;
  private readonly stopping = new AbortController();
  private readonly attempts = new Map<string, Attempt>();
  private attemptsOf = 0;
  private running: Promise<void> = Promise.resolve();
  private asking: Promise<void> = Promise.resolve();
  private wake: (() => void) | undefined;
  private isWoken = false;
  private isTold = false;
  private busyWith: string | undefined;
  private unchanged = { text: '', times: 0 };
  private refusedFence = 0;
  private askedFor: string | undefined;

  constructor(private readonly settings: StewardSettings) {
    const { kube, log, survey, istioNamespace, helm, cluster = '' } = settings;
    this.times = { ...stewardTimes, ...settings.times };
    const folder = join(helm.dataDir, 'istio');
    this.helm = new Helm({
      path: helm.path,
      kubeconfig: helm.kubeconfig,
      folder: join(folder, 'helm'),
      timeoutMs: this.times.helmMs,
    });
    this.record = new FenceRecord(folder, cluster, log);
    const charts = new ChartStore(this.helm, join(folder, 'charts'));
    const releases = new Releases(kube);
    const revisions = () => survey.revisions();
    const tags = () => survey.tags();
    const serving = new DefaultServing({ kube, revisions, tags });
    this.inspection = new Inspection({
      kube,
      survey,
      serving,
      record: this.record,
      times: this.times,
    });
    this.crds = new IstioCrds(kube, this.helm, charts, istioNamespace);
    const shared = {
      kube,
      log,
      helm: this.helm,
      charts,
      releases,
      serving,
      istioNamespace,
      revisions,
    };
    const byHelm = new HelmInstaller({ ...shared, crds: this.crds, record: this.record });
    this.byHelm = byHelm;
    this.bySail = new SailInstaller({ kube, record: this.record, istioNamespace, revisions });
    this.tags = new Tags({ ...shared, tags, valuesOf: (release) => byHelm.givenTo(release) });
    this.moves = new Moves(kube);
  }

  /** Works until it is stopped, whatever fails. */
  start(): void {
    const { survey, book, facts } = this.settings;
    survey.onReadiness((fact) => {
      facts.set('Readiness', readinessName, fact);
      facts.complete('Readiness');
    });
    survey.onChange(() => this.rouse());
    book.onChange((type) => {
      if (type === 'Istio') this.rouse();
    });
    this.running = this.work();
  }

  /** Interrupts Helm. @returns when nothing is under way any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake?.();
    await Promise.all([this.helm.stop(), this.running, this.asking]);
  }

  private async work(): Promise<void> {
    const { signal } = this.stopping;
    await this.record.load();
    await this.helm.endLeftovers();
    while (!signal.aborted) {
      let delay = this.times.retryMs.most;
      try {
        delay = await this.pass();
      } catch (error) {
        if (signal.aborted) return;
        delay = this.times.retryMs.first;
        this.settings.log.warn({ err: error, retryMs: delay }, 'Istio could not be looked at');
      }
      await this.rest(delay);
    }
  }

  /** @returns after how many ms to look again, if nothing changes until then. */
  private async pass(): Promise<number> {
    const { survey, book, facts } = this.settings;
    if (survey.problem !== undefined) {
      // What was known may be so no more; only that nobody may look is certain.
      facts.delete('Istio', factName);
      facts.complete('Istio');
      this.isTold = true;
      return this.times.resyncMs;
    }
    if (!survey.isRead) return this.times.resyncMs;
    const intent = book.get('Istio', factName)?.value;
    this.askReadiness(intent?.readinessRequest ?? '');
    if (!intent) {
      this.tell(0, [], true);
      return this.times.resyncMs;
    }
    if (intent.fence < this.record.fence) {
      this.passOver(intent);
      this.tell(this.record.fence, [], false);
      return this.times.resyncMs;
    }
    await this.record.accept(intent.fence);
    if (this.attemptsOf !== intent.fence) this.attempts.clear();
    this.attemptsOf = intent.fence;
    const tasks = planTasks(intent, await this.inspection.observe(intent));
    this.forgetOld(tasks);
    this.tell(intent.fence, tasks, tasks.length === 0);
    const acted = await this.act(intent, tasks);
    if (tasks.length === 0) return this.times.resyncMs;
    return acted ? this.times.pollMs.first : this.pause(tasks);
  }

  /** Does what can be done now. @returns whether there was anything. */
  private async act(intent: IstioIntent, tasks: readonly Task[]): Promise<boolean> {
    const { signal } = this.stopping;
    let acted = false;
    for (const task of tasks) {
      const { action } = task;
      if (!action || task.held || !this.isDue(task)) continue;
      if (signal.aborted || this.settings.book.get('Istio', factName)?.value !== intent) break;
      acted = true;
      const id = idOf(task);
      this.busyWith = id;
      this.tell(intent.fence, tasks, false);
      try {
        await this.do(action, intent);
        const retryAt = Date.now() + this.times.pollMs.first;
        this.attempts.set(id, { held: undefined, failures: 0, retryAt });
        this.settings.log.info({ task: id, fence: intent.fence }, 'done for Istio');
      } catch (error) {
        if (signal.aborted) break;
        this.fail(id, error);
      } finally {
        this.busyWith = undefined;
      }
      this.tell(intent.fence, tasks, false);
    }
    return acted;
  }

  private async do(action: Action, { revisions }: IstioIntent): Promise<void> {
    const { survey, istioNamespace } = this.settings;
    switch (action.do) {
      case 'crds':
        return await this.crds.upgrade(action.revision);
      case 'install':
      case 'remove': {
        const { revision } = action;
        const installer = isSails(survey.revisions(), revision) ? this.bySail : this.byHelm;
        return await (action.do === 'install'
          ? installer.install(revision)
          : installer.remove(revision));
      }
      case 'adopt': {
        const { name } = action.revision;
        return await this.moves.adopt(istioNamespace, `istiod${suffixOf(name)}`);
      }
      case 'tag':
        return await this.tags.set(
          action.tag,
          revisions.find(({ name }) => name === action.tag.revision),
        );
      case 'untag':
        return await this.tags.untag();
      case 'label':
        return await this.moves.follow(action.namespace, action.follows);
      case 'restart': {
        const { kind } = action.workload;
        return await this.moves.restart(
          action.workload,
          action.revision,
          (workload) => observedWorkload(kind, workload, this.times.stuckMs, Date.now()).complete,
        );
      }
      case 'pin':
        return await this.moves.pin(action.gateway, action.revision);
    }
  }

  private fail(id: string, error: unknown): void {
    const failures = (this.attempts.get(id)?.failures ?? 0) + 1;
    const { first, most } = this.times.retryMs;
    const delay = Math.min(first * 2 ** (failures - 1), most);
    const held = heldBy(error);
    this.attempts.set(id, { held, failures, retryAt: Date.now() + delay });
    const isNews = failures === 1 && held.state === State.STATE_REFUSED;
    this.settings.log[isNews ? 'warn' : 'debug'](
      { task: id, reason: held.reason, problem: held.message, retryMs: delay },
      'not done for Istio',
    );
  }

  private isDue(task: Task): boolean {
    return (this.attempts.get(idOf(task))?.retryAt ?? 0) <= Date.now();
  }

  private forgetOld(tasks: readonly Task[]): void {
    const ids = new Set(tasks.map(idOf));
    for (const id of this.attempts.keys()) if (!ids.has(id)) this.attempts.delete(id);
  }

  /** Longer and longer while nothing changes: some things are waited for for hours. */
  private pause(tasks: readonly Task[]): number {
    const text = JSON.stringify(tasks.map(({ type, object, held }) => [type, object, held]));
    this.unchanged = { text, times: text === this.unchanged.text ? this.unchanged.times + 1 : 0 };
    const { first, most } = this.times.pollMs;
    const poll = Math.min(first * 2 ** Math.floor(this.unchanged.times / 10), most);
    const now = Date.now();
    const retries = tasks.flatMap((task) => {
      const retryAt = this.attempts.get(idOf(task))?.retryAt;
      return retryAt === undefined || task.held ? [] : [Math.max(retryAt - now, 1)];
    });
    return Math.min(poll, ...retries);
  }

  private tell(fence: number, tasks: readonly Task[], settled: boolean): void {
    const { survey, facts } = this.settings;
    const told = tasks.map((task): IstioTask & { rank: number } => {
      const id = idOf(task);
      const failed = this.attempts.get(id)?.held;
      const isBusy = this.busyWith === id;
      const doing = pending('Working', `${task.object} is being worked on`);
      const held = task.held ?? (isBusy && !failed ? doing : (failed ?? doing));
      const { state, reason, message } = held;
      // What waits for its turn is the least news where there is no room for all.
      const rank = state === State.STATE_REFUSED ? 0 : reason === 'Waiting' ? 2 : 1;
      return { type: task.type, object: task.object, state, reason, message, rank };
    });
    told.sort((a, b) => a.rank - b.rank);
    facts.set('Istio', factName, {
      ...survey.fact(),
      fence,
      settled,
      tasks: told.slice(0, mostTasks).map(({ rank: _rank, ...task }) => task),
    });
    if (this.isTold) return;
    this.isTold = true;
    facts.complete('Istio');
  }

  private passOver({ fence }: IstioIntent): void {
    if (this.refusedFence === fence) return;
    this.refusedFence = fence;
    this.settings.log.warn(
      { fence, acted: this.record.fence },
      'an intent for Istio is older than one that was acted on; it is passed over',
    );
  }

  /** Takes readiness once for each request, and once at the start; the survey does so by itself after that. */
  private askReadiness(request: string): void {
    if (this.askedFor === request || (request === '' && this.askedFor !== undefined)) return;
    this.askedFor = request;
    const { survey, facts, log } = this.settings;
    this.asking = this.asking.then(async () => {
      if (this.stopping.signal.aborted) return;
      try {
        await survey.readiness(request);
      } catch (error) {
        log.warn({ problem: messageOf(error) }, 'readiness for an upgrade could not be taken');
        // It is not known, and will not be by waiting.
        if (error instanceof KubeError && !error.transient) facts.complete('Readiness');
        if (this.askedFor === request) this.askedFor = undefined;
      }
    });
  }

  private rouse(): void {
    this.isWoken = true;
    this.wake?.();
  }

  private async rest(ms: number): Promise<void> {
    const { signal } = this.stopping;
    if (signal.aborted) return;
    if (!this.isWoken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.wake = undefined;
    this.isWoken = false;
  }
}

function idOf({ type, object, action }: Task): string {
  return `${action?.do ?? type} ${object}`;
}
