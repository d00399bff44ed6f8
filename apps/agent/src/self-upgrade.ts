import { setTimeout as sleep } from 'node:timers/promises';
import { type AgentIntent, State } from '@isthmus/contracts';
import type { Logger } from 'pino';
import type { FactBoard } from './facts/board.js';
import type { IntentBook } from './intents/book.js';
import { Upgraded } from './istio/kinds.js';
import { fieldManager, type Kube, KubeError, type Scope } from './kube/client.js';
import { Informer } from './kube/informer.js';
import { Core, type KubeObject } from './kube/kinds.js';
import {
  decideImage,
  type Situation,
  type UpgradeRecord,
  unknown,
  type Verdict,
} from './self-upgrade-machine.js';
import {
  type AgentPod,
  containerName,
  type OwnDeployment,
  type Rollout,
  rolloutOf,
} from './successor.js';

export interface SelfUpgradeSettings {
  readonly kube: Kube;
  readonly log: Logger;
  readonly facts: FactBoard;
  /** The Deployment, and the repository of its images; undefined: the agent may not change it. */
  readonly managed: { readonly deployment: string; readonly repository: string } | undefined;
  /** Where it is. */
  readonly namespace: string;
  readonly podName: string;
  /** Whether the agent does its work; what it waits for if not. */
  readonly waitsFor: () => string | undefined;
  /** How often a successor is looked at while it proves itself, in ms. */
  readonly lookMs: number;
}

/** Annotation on the Deployment, not on its Pods: all that is known of the latest upgrade. */
const recordKey = 'isthmus.dev/agent-upgrade';
const factName = 'agent';
/** While nothing changes by itself. */
const quietMs = 300_000;
const refusedRetryMs = 10_000;
/** Kubernetes' own. */
const defaultDeadlineSeconds = 600;
const remedy = 'install the chart with selfUpgrade.enabled=true';

/**
 * The agent as the one who changes its own image. Kubernetes starts the successor beside it, which has
 * to prove itself (see `Standby`) before this one ends; where it does not, the image is put back. All
 * state is in the Deployment: who holds the Lease goes on with it, whichever of the two that is.
 */
export class SelfUpgrade {
  private readonly deployments: Informer<OwnDeployment> | undefined;
  private readonly stopping = new AbortController();
  private book: IntentBook | undefined;
  private wake = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly settings: SelfUpgradeSettings) {
    const { kube, log, managed, namespace } = settings;
    if (!managed) return;
    // By name: the agent may see no other one.
    const scope = { namespace, fieldSelector: `metadata.name=${managed.deployment}` };
    const onForbidden = (): void => this.wake.abort();
    this.deployments = new Informer(kube, Upgraded.Deployment, log, { scope, onForbidden });
    this.deployments.onChange(() => this.wake.abort());
    void this.deployments.synced.then(() => this.wake.abort());
  }

  /** Sees an upgrade that is under way to its end, without anything else of the agent. */
  start(): void {
    this.deployments?.start();
    this.running = this.work();
  }

  /** Does, and tells, what the intent wants from now on. */
  follow(book: IntentBook): void {
    this.book = book;
    book.onChange((type) => {
      if (type === 'Agent') this.wake.abort();
    });
    this.wake.abort();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.deployments?.stop(), this.running]);
  }

  private async work(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.wake = new AbortController();
      const delay = await this.look().catch((error: unknown) => this.failed(error));
      const either = AbortSignal.any([signal, this.wake.signal]);
      await sleep(delay, undefined, { signal: either, ref: false }).catch(() => undefined);
    }
  }

  /** @returns after how many ms to look again, if nothing changes until then. */
  private async look(): Promise<number> {
    const { managed, namespace, lookMs } = this.settings;
    if (!managed || !this.deployments) {
      return this.tellProblem('NotManaged', `this agent may not change itself: ${remedy}`);
    }
    const { forbidden, isSynced } = this.deployments;
    if (forbidden !== undefined) return this.tellProblem('Forbidden', mayNot(forbidden));
    if (!isSynced) return lookMs;
    const deployment = this.deployments.get(namespace, managed.deployment);
    const image = deployment && imageOf(deployment);
    if (!deployment || image === undefined) {
      const what = `Deployment ${namespace}/${managed.deployment} with a container ${containerName}`;
      return this.tellProblem('NotFound', `there is no ${what}: ${remedy}`);
    }
    if (await this.disowned(deployment)) return lookMs;
    const { book } = this;
    const intent = book?.isWhole('Agent') ? book.get('Agent', factName)?.value : undefined;
    const rollout = await this.rollout(deployment);
    const record = recordOf(deployment);
    const wanted = intent ? wantedImage(managed.repository, intent) : '';
    const situation = { image, record, rollout, intent, wanted };
    await this.advance(deployment, situation);
    return rollout.isComplete ? quietMs : lookMs;
  }

  private async advance(deployment: OwnDeployment, situation: Situation): Promise<void> {
    const { image, intent, wanted: to } = situation;
    const { log } = this.settings;
    const decision = decideImage(situation);
    switch (decision.do) {
      case 'wait':
        return;
      case 'tell':
        return this.tell(image, intent, decision.verdict);
      case 'begin': {
        const { fence, from } = decision;
        log.info({ fence, from, to }, 'the agent upgrades itself');
        const startedAt = new Date().toISOString();
        return await this.patch(deployment, { fence, from, to, startedAt }, to);
      }
      case 'prove': {
        const provenAt = new Date().toISOString();
        return await this.patch(deployment, { ...decision.record, provenAt }, image);
      }
      case 'refuse': {
        const { from, refused } = decision.record;
        log.warn({ from, image, ...refused }, 'the successor failed; the image before it is kept');
        return await this.patch(deployment, decision.record, from);
      }
    }
  }

  /** The image and what is known of it change at once: whoever dies in between has done neither or both. */
  private async patch(
    deployment: OwnDeployment,
    record: UpgradeRecord,
    image: string,
  ): Promise<void> {
    const { resourceVersion, annotations } = deployment.metadata;
    const key = recordKey.replace('/', '~1');
    const path = `/spec/template/spec/containers/${containerIndex(deployment)}/image`;
    await this.settings.kube.patch(Upgraded.Deployment, deployment.metadata, [
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      ...(annotations ? [] : [{ op: 'add', path: '/metadata/annotations', value: {} }]),
      { op: 'add', path: `/metadata/annotations/${key}`, value: JSON.stringify(record) },
      { op: 'replace', path, value: image },
    ]);
  }

  /**
   * Gives the fields that were just changed to nobody: Helm, who wrote them, would otherwise be in
   * conflict with us over them at the next `helm upgrade`.
   * @returns whether there was something to give away.
   */
  private async disowned(deployment: OwnDeployment): Promise<boolean> {
    const { resourceVersion, managedFields = [] } = deployment.metadata;
    const index = managedFields.findIndex(
      ({ manager, operation, subresource }) =>
        manager === fieldManager && operation === 'Update' && !subresource,
    );
    if (index < 0) return false;
    await this.settings.kube.patch(Upgraded.Deployment, deployment.metadata, [
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'remove', path: `/metadata/managedFields/${index}` },
    ]);
    return true;
  }

  private async rollout(deployment: OwnDeployment): Promise<Rollout> {
    const { kube, namespace, podName } = this.settings;
    const labels = Object.entries(deployment.spec?.selector?.matchLabels ?? {});
    const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join();
    const scope: Scope = { namespace, labelSelector };
    const [pods, replicaSets] = await Promise.all([
      kube.list<AgentPod>(Core.Pod, scope),
      kube.list<KubeObject>(Core.ReplicaSet, scope),
    ]);
    const isLate = isOverdue(deployment);
    const rollout = rolloutOf(deployment, pods.items, replicaSets.items, isLate);
    if (!rollout.isComplete) return rollout;
    // Who is being ended is no successor, and does not speak for one.
    const own = pods.items.find(({ metadata }) => metadata.name === podName);
    const waitsFor = own?.metadata.deletionTimestamp
      ? 'the successor is about to take over'
      : this.settings.waitsFor();
    return waitsFor === undefined ? rollout : { ...rollout, isComplete: false, waitsFor };
  }

  private failed(error: unknown): number {
    const { log, lookMs } = this.settings;
    if (this.stopping.signal.aborted) return lookMs;
    if (error instanceof KubeError && error.transient) {
      log.debug({ err: error }, 'the Deployment of the agent has changed, or cannot be had');
      return lookMs;
    }
    log.warn({ err: error }, 'the upgrade of the agent does not go on; it is tried again');
    const isForbidden = error instanceof KubeError && error.status === 403;
    if (isForbidden) this.tellProblem('Forbidden', mayNot(error.message));
    return refusedRetryMs;
  }

  /** What keeps us from it is nobody's business while nobody wants it. */
  private tellProblem(reason: string, message: string): number {
    const intent = this.book?.get('Agent', factName)?.value;
    const image = this.settings.facts.get('Agent', factName)?.image ?? '';
    const state = State.STATE_REFUSED;
    this.tell(image, intent, intent ? { state, reason, message } : unknown);
    return quietMs;
  }

  private tell(image: string, intent: AgentIntent | undefined, verdict: Verdict): void {
    // Before that there may be an intent.
    if (!this.book?.isWhole('Agent')) return;
    const { facts } = this.settings;
    facts.set('Agent', factName, { fence: intent?.fence ?? 0, image, ...verdict });
    facts.complete('Agent');
  }
}

/**
 * By our own clock: where Kubernetes' first word on a rollout is lost to a conflict, its condition
 * Progressing stays that of the rollout before, and ProgressDeadlineExceeded never comes.
 */
function isOverdue(deployment: OwnDeployment): boolean {
  const startedAt = Date.parse(recordOf(deployment)?.startedAt ?? '');
  const seconds = deployment.spec?.progressDeadlineSeconds ?? defaultDeadlineSeconds;
  return Date.now() > startedAt + seconds * 1_000;
}

function wantedImage(repository: string, { version, digest }: AgentIntent): string {
  return digest === '' ? `${repository}:${version}` : `${repository}@${digest}`;
}

function containerIndex({ spec }: OwnDeployment): number {
  return spec?.template?.spec?.containers?.findIndex(({ name }) => name === containerName) ?? -1;
}

function imageOf(deployment: OwnDeployment): string | undefined {
  return deployment.spec?.template?.spec?.containers?.[containerIndex(deployment)]?.image;
}

/** What somebody has made unreadable is nothing that we wrote. */
function recordOf({ metadata }: OwnDeployment): UpgradeRecord | undefined {
  try {
    const record = JSON.parse(metadata.annotations?.[recordKey] ?? '') as UpgradeRecord;
    const isRecord = [record.fence, record.from, record.to].every((it) => it !== undefined);
    return isRecord ? record : undefined;
  } catch {
    return undefined;
  }
}

function mayNot(what: string): string {
  return `this agent may not change itself: ${what}; ${remedy}`;
}
