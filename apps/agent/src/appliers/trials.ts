import { messageOf } from '@isthmus/kernel';
import { type Kube, KubeError } from '../kube/client.js';
import type { Kind, KubeObject } from '../kube/kinds.js';
import { intentOf, isOurs, isTwin, mayWrite } from '../kube/ownership.js';
import {
  type Entry,
  type EntryRef,
  labelOf,
  namespaceNotFound,
  nameTaken,
  notOurs,
  pending,
  refused,
  stored,
  typeOf,
} from './entry.js';
import type { Desired } from './plan.js';
import type { Writer, WriteState } from './writer.js';

export interface TrialsSettings {
  readonly kube: Kube;
  /** As for the writer: undefined for objects that are of no release. */
  rankOf(intentType: string, kind: Kind): number | undefined;
  onState(intent: string): void;
}

interface Trial {
  readonly intent: string;
  readonly desired: Desired;
  readonly content: string;
  state: Entry['state'];
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

const concurrency = 8;
const retryMs = { first: 200, most: 15_000 };

/**
 * Asks the API server what it would say of an object, and writes none: once for each content,
 * and again only while there is no answer. Stands where the writer does for other intents.
 */
export class Trials implements Pick<Writer, 'want' | 'forget' | 'state' | 'live' | 'stop'> {
  private readonly trials = new Map<string, Trial>();
  private readonly queue = new Set<Trial>();
  private readonly busy = new Set<Promise<void>>();
  private stopped = false;

  constructor(private readonly settings: TrialsSettings) {}

  want(intent: string, objects: readonly Desired[] | 'keep'): void {
    const [desired] = objects === 'keep' ? [] : objects;
    if (!desired) {
      this.forget(intent);
      return;
    }
    const content = JSON.stringify(desired);
    if (this.trials.get(intent)?.content === content) return;
    this.forget(intent);
    const state = pending('Trying', 'the API server has not answered yet');
    const trial: Trial = { intent, desired, content, state, failures: 0, timer: undefined };
    this.trials.set(intent, trial);
    this.enqueue(trial);
  }

  forget(intent: string): void {
    const trial = this.trials.get(intent);
    if (!trial) return;
    clearTimeout(trial.timer);
    this.queue.delete(trial);
    this.trials.delete(intent);
  }

  state(intent: string): WriteState {
    const trial = this.trials.get(intent);
    return {
      ...(trial?.state ?? stored),
      corrections: 0,
      correctedManagers: [],
      objects: trial ? [labelOf(refOf(trial.desired))] : [],
    };
  }

  /** Nothing was written. */
  live(): undefined {
    return undefined;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.queue.clear();
    for (const { timer } of this.trials.values()) clearTimeout(timer);
    await Promise.all(this.busy);
  }

  private enqueue(trial: Trial): void {
    if (this.stopped) return;
    this.queue.add(trial);
    this.pump();
  }

  private pump(): void {
    for (const trial of this.queue) {
      if (this.busy.size >= concurrency) return;
      this.queue.delete(trial);
      const run = this.attempt(trial).then(() => {
        this.busy.delete(run);
        this.pump();
      });
      this.busy.add(run);
    }
  }

  /** Never rejects. */
  private async attempt(trial: Trial): Promise<void> {
    let isFinal = true;
    try {
      trial.state = await this.ask(trial.desired);
    } catch (error) {
      const answer = answerOf(error);
      trial.state = answer.state;
      isFinal = answer.isFinal;
    }
    if (this.trials.get(trial.intent) !== trial) return;
    this.settings.onState(trial.intent);
    if (isFinal || this.stopped) return;
    const delay = Math.min(retryMs.first * 2 ** trial.failures, retryMs.most);
    trial.failures += 1;
    trial.timer = setTimeout(() => this.enqueue(trial), delay).unref();
  }

  private async ask(desired: Desired): Promise<Entry['state']> {
    const { kube, rankOf } = this.settings;
    const { kind, object } = desired;
    const ref = refOf(desired);
    const live = await kube.get<KubeObject>(kind, ref);
    if (!live) {
      await kube.create(kind, object, { dryRun: true });
      return stored;
    }
    if (!mayWrite(live) && !isTwin(live, object)) return notOurs(ref);
    const owner = intentOf(live);
    if (isOurs(live) && rankOf(typeOf(owner), kind) === undefined) return nameTaken(ref, owner);
    await kube.apply(kind, object, { dryRun: true });
    return stored;
  }
}

function answerOf(error: unknown): { state: Entry['state']; isFinal: boolean } {
  if (!(error instanceof KubeError)) {
    return { state: refused('AgentError', messageOf(error)), isFinal: true };
  }
  const { status, reason, message, transient } = error;
  if (status === 404) return { state: pending(namespaceNotFound, message), isFinal: false };
  if (transient) return { state: pending(reason, message), isFinal: false };
  return { state: refused(reason, message), isFinal: true };
}

function refOf({ kind, object }: Desired): EntryRef {
  const { namespace, name } = object.metadata;
  return { kind, namespace, name };
}
