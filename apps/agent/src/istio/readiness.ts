import type { ReadinessFact } from '@isthmus/contracts';
import { matches } from '../facts/selectors.js';
import type { Kube } from '../kube/client.js';
import { Core, type KubeObject, Optional } from '../kube/kinds.js';
import {
  type Deployment,
  type KubeSelector,
  type MeshPod,
  type Node,
  type PodDisruptionBudget,
  type PodSpec,
  type Toleration,
  Upgraded,
} from './kinds.js';
import { proxyOf } from './proxies.js';

/** Names that the fact has room for. */
const mostNames = 50;

/**
 * Whether the cluster has room for another istiod, and what would hold up restarts. Reads every Pod
 * once, a page at a time.
 * @param istiods Deployments of those that are there: another one is taken to need as much.
 * @throws KubeError
 */
export async function takeReadiness(
  kube: Kube,
  istiods: readonly Deployment[],
  request: string,
): Promise<ReadinessFact> {
  const specs = istiods.flatMap(({ spec }) => spec?.template?.spec ?? []);
  const istiod = most(specs.map(requestsOf));
  const { items: budgets } = await kube.list<PodDisruptionBudget>(Upgraded.PodDisruptionBudget);
  const closed = closedBudgets(budgets);
  const rooms = new Map<string, Room>();
  for await (const { items } of kube.pages<Node>(Upgraded.Node)) {
    for (const node of items) {
      if (takesPods(node, specs.at(-1)?.tolerations)) rooms.set(node.metadata.name, roomOf(node));
    }
  }
  const blocking = new Set<string>();
  for await (const { items } of kube.pages<MeshPod>(Core.Pod, living)) {
    for (const pod of items) {
      rooms.get(pod.spec?.nodeName ?? '')?.take(pod);
      if (closed.size === 0 || !proxyOf(pod)) continue;
      for (const budget of closed.get(pod.metadata.namespace ?? '') ?? []) {
        if (selects(budget.spec?.selector, pod)) blocking.add(nameOf(budget));
      }
    }
  }
  const [best] = [...rooms.values()]
    .filter(({ pods }) => pods > 0)
    .sort((a, b) => b.cpu - a.cpu || b.memory - a.memory);
  const filters = await envoyFilters(kube);
  return {
    request,
    at: Math.floor(Date.now() / 1_000),
    nodes: rooms.size,
    // Sums of fractions: what is off by less than half of a unit is off by nothing.
    freeCpuMilli: Math.max(0, Math.round(best?.cpu ?? 0)),
    freeMemoryBytes: Math.max(0, Math.round(best?.memory ?? 0)),
    istiodCpuMilli: Math.round(istiod.cpu),
    istiodMemoryBytes: Math.round(istiod.memory),
    blockingBudgets: [...blocking].sort().slice(0, mostNames),
    envoyFilters: filters.slice(0, mostNames),
    envoyFilterCount: filters.length,
  };
}

/** Pods that take room. */
const living = { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' };

interface Requests {
  /** Thousandths of a core. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
}

/** What is left of a node. */
class Room {
  constructor(
    public cpu: number,
    public memory: number,
    public pods: number,
  ) {}

  take({ spec }: MeshPod): void {
    const { cpu, memory } = requestsOf(spec ?? {});
    this.cpu -= cpu;
    this.memory -= memory;
    this.pods -= 1;
  }
}

function roomOf({ status }: Node): Room {
  const { cpu, memory, pods } = status?.allocatable ?? {};
  const slots = pods === undefined ? Number.POSITIVE_INFINITY : quantity(pods);
  return new Room(quantity(cpu) * 1_000, quantity(memory), slots);
}

/** Taints that follow the condition Ready, which is looked at itself. */
const ofReady = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Whether the scheduler would put an istiod there, as far as the node itself decides. */
function takesPods({ spec, status }: Node, tolerations: readonly Toleration[] = []): boolean {
  const isReady = (status?.conditions ?? []).some(
    (it) => it.type === 'Ready' && it.status === 'True',
  );
  const repels = (taint: { key: string; value?: string; effect: string }): boolean =>
    taint.effect !== 'PreferNoSchedule' &&
    !ofReady.includes(taint.key) &&
    !tolerations.some(
      ({ key, operator = 'Equal', value = '', effect }) =>
        (!effect || effect === taint.effect) &&
        (key === undefined || key === taint.key) &&
        (operator === 'Exists' || (key !== undefined && value === (taint.value ?? ''))),
    );
  return isReady && !spec?.unschedulable && !(spec?.taints ?? []).some(repels);
}

/** What the scheduler reserves for a Pod: init containers run before the others, sidecars go on beside them. */
export function requestsOf(spec: PodSpec): Requests {
  const sum = (name: 'cpu' | 'memory'): number => {
    const request = (of: { requests?: { cpu?: string | number; memory?: string | number } } = {}) =>
      quantity(of.requests?.[name]);
    let sidecars = 0;
    let starting = 0;
    for (const { restartPolicy, resources } of spec.initContainers ?? []) {
      if (restartPolicy === 'Always') sidecars += request(resources);
      starting = Math.max(
        starting,
        restartPolicy === 'Always' ? sidecars : sidecars + request(resources),
      );
    }
    const running = (spec.containers ?? []).reduce(
      (all, { resources }) => all + request(resources),
      sidecars,
    );
    const whole = spec.resources?.requests?.[name];
    const needed = whole === undefined ? Math.max(starting, running) : quantity(whole);
    return needed + quantity(spec.overhead?.[name]);
  };
  return { cpu: sum('cpu') * 1_000, memory: sum('memory') };
}

function most(requests: readonly Requests[]): Requests {
  return {
    cpu: Math.max(0, ...requests.map(({ cpu }) => cpu)),
    memory: Math.max(0, ...requests.map(({ memory }) => memory)),
  };
}

const units: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Of a quantity as Kubernetes writes it; 0 for what is none. */
export function quantity(text: string | number | undefined): number {
  const [, digits = '', unit = ''] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([a-zA-Z]{0,2})$/.exec(String(text ?? '')) ?? [];
  return digits === '' ? 0 : Number(digits) * (units[unit] ?? 0);
}

/** Budgets that allow no disruption, by namespace. */
function closedBudgets(
  budgets: readonly PodDisruptionBudget[],
): Map<string, PodDisruptionBudget[]> {
  const closed = new Map<string, PodDisruptionBudget[]>();
  for (const budget of budgets) {
    const { disruptionsAllowed = 0, expectedPods = 0 } = budget.status ?? {};
    if (disruptionsAllowed > 0 || expectedPods === 0) continue;
    const { namespace = '' } = budget.metadata;
    closed.set(namespace, [...(closed.get(namespace) ?? []), budget]);
  }
  return closed;
}

function selects(selector: KubeSelector | undefined, { metadata }: MeshPod): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return matches(
    selector && {
      matchLabels,
      matchExpressions: matchExpressions.map(({ values = [], ...rest }) => ({ ...rest, values })),
    },
    metadata.labels,
  );
}

/** `namespace/name` of all, sorted. */
async function envoyFilters(kube: Kube): Promise<string[]> {
  const kind = await kube.served(Optional.get('EnvoyFilter.networking.istio.io') ?? []);
  const names: string[] = [];
  if (!kind) return names;
  for await (const { items } of kube.pages(kind)) names.push(...items.map(nameOf));
  return names.sort();
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
