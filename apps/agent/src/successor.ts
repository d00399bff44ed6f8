import type { Deployment } from './istio/kinds.js';
import type { KubeObject, ObjectCondition } from './kube/kinds.js';

/** The Deployment that the agent is of, as far as its rollouts are looked at. */
export interface OwnDeployment extends Deployment {
  spec?: Deployment['spec'] & { progressDeadlineSeconds?: number };
  status?: Deployment['status'] & { conditions?: ObjectCondition[] };
}

export interface AgentPod extends KubeObject {
  status?: {
    phase?: string;
    conditions?: ObjectCondition[];
    containerStatuses?: ContainerStatus[];
  };
}

interface ContainerStatus {
  name: string;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: object;
  terminated?: { exitCode?: number; reason?: string; message?: string };
}

/** The container of the agent in its Pods. */
export const containerName = 'agent';

const revisionKey = 'deployment.kubernetes.io/revision';
const hashKey = 'pod-template-hash';
/** What no further try of the kubelet brings. */
const hopeless = ['InvalidImageName', 'ErrImageNeverPull'];
const unpulled = [...hopeless, 'ErrImagePull', 'ImagePullBackOff'];
/** One may be the node's fault. */
const mostTerminations = 2;
const longestMessage = 500;

/** How the Pods of the present template do. */
export interface Rollout {
  /** Kubernetes knows of the template: what it says is of that one. */
  readonly isSeen: boolean;
  /** Those are all that there are, and all are ready. */
  readonly isComplete: boolean;
  /** Why it will not become complete; undefined while it may. */
  readonly failure: Failure | undefined;
  /** What it waits for, in the words of Kubernetes or the agent. */
  readonly waitsFor: string;
}

export interface Failure {
  /** Stable. */
  readonly reason: 'SuccessorFailed' | 'ImageUnavailable' | 'DeadlineExceeded';
  readonly message: string;
}

/**
 * @param pods All that the Deployment selects.
 * @param replicaSets All that it selects, too.
 * @param isLate Whether it has had all the time that there is.
 */
export function rolloutOf(
  deployment: OwnDeployment,
  pods: readonly AgentPod[],
  replicaSets: readonly KubeObject[],
  isLate: boolean,
): Rollout {
  const { metadata, status } = deployment;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    const waitsFor = 'Kubernetes has yet to begin';
    return { isSeen: false, isComplete: false, failure: undefined, waitsFor };
  }
  const hash = templateHash(deployment, replicaSets);
  const successors = pods.filter(
    ({ metadata: { labels, deletionTimestamp } }) =>
      deletionTimestamp === undefined && hash !== undefined && labels?.[hashKey] === hash,
  );
  return {
    isSeen: true,
    isComplete: isComplete(deployment),
    failure: failureOf(deployment, successors, isLate),
    waitsFor: waitsFor(deployment, successors),
  };
}

function isComplete({ spec, status = {} }: OwnDeployment): boolean {
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  const wanted = spec?.replicas ?? 1;
  return updatedReplicas >= wanted && replicas === updatedReplicas && availableReplicas >= wanted;
}

/** As the Deployment's controller tells the ReplicaSet of the present template from those before. */
function templateHash(
  { metadata }: OwnDeployment,
  replicaSets: readonly KubeObject[],
): string | undefined {
  const revision = metadata.annotations?.[revisionKey];
  const current = replicaSets.find((it) => it.metadata.annotations?.[revisionKey] === revision);
  return current?.metadata.labels?.[hashKey];
}

function failureOf(
  deployment: OwnDeployment,
  successors: readonly AgentPod[],
  isLate: boolean,
): Failure | undefined {
  for (const pod of successors) {
    if (hopeless.includes(waitingReason(pod)))
      return { reason: 'ImageUnavailable', message: stateOf(pod) };
    if (terminations(pod) >= mostTerminations)
      return { reason: 'SuccessorFailed', message: stateOf(pod) };
  }
  if (!isLate) return undefined;
  const message = waitsFor(deployment, successors);
  if (successors.some((pod) => unpulled.includes(waitingReason(pod))))
    return { reason: 'ImageUnavailable', message };
  return { reason: 'DeadlineExceeded', message };
}

function waitsFor(deployment: OwnDeployment, successors: readonly AgentPod[]): string {
  const bad = successors.find((pod) => condition(pod, 'Ready')?.status !== 'True');
  if (bad) return stateOf(bad);
  // A quota or an admission controller that lets no Pod come.
  const refused = condition(deployment, 'ReplicaFailure');
  if (refused?.status === 'True') return cut(refused.message);
  return successors.length === 0
    ? 'its Pod has yet to be made'
    : 'the Pods before it are yet to end';
}

/** The latest that is known of the agent in a Pod. */
function stateOf(pod: AgentPod): string {
  const { name } = pod.metadata;
  const { state, lastState } = agentIn(pod) ?? {};
  const ended = state?.terminated ?? lastState?.terminated;
  const waiting = state?.waiting;
  if (ended) {
    const last = ended.message?.trim().split('\n').at(-1) ?? ended.reason ?? 'without a word';
    return cut(`${name} ended with exit code ${ended.exitCode ?? 'unknown'}: ${last}`);
  }
  if (waiting) {
    const said = [waiting.reason, waiting.message].filter((part) => part).join(': ');
    return cut(`${name} waits: ${said}`);
  }
  const scheduled = condition(pod, 'PodScheduled');
  if (scheduled?.status === 'False') return cut(`${name} has no node: ${scheduled.message}`);
  const ready = condition(pod, 'Ready');
  return cut(`${name} is not ready${ready?.message ? `: ${ready.message}` : ''}`);
}

/** How often the agent in a Pod has ended. */
function terminations(pod: AgentPod): number {
  const { restartCount = 0, state } = agentIn(pod) ?? {};
  // A restart is counted as it begins; until then the container waits, or shows its end.
  const hasEnded =
    state?.terminated ?? (state?.waiting?.reason === 'CrashLoopBackOff' || undefined);
  return restartCount + Number(hasEnded !== undefined);
}

function waitingReason(pod: AgentPod): string {
  return agentIn(pod)?.state?.waiting?.reason ?? '';
}

function agentIn({ status }: AgentPod): ContainerStatus | undefined {
  return status?.containerStatuses?.find(({ name }) => name === containerName);
}

function condition(
  { status }: { status?: { conditions?: ObjectCondition[] } | undefined },
  type: string,
): ObjectCondition | undefined {
  return status?.conditions?.find((it) => it.type === type);
}

function cut(text: string): string {
  return text.length > longestMessage ? `${text.slice(0, longestMessage - 1)}…` : text;
}
