import type { IstioIntent } from '@isthmus/contracts';
import type { Kube } from '../../kube/client.js';
import { Core, type Kind, type KubeObject, type Namespace, Optional } from '../../kube/kinds.js';
import type { Deployment, KubeSelector, PodDisruptionBudget } from '../kinds.js';
import { Labels } from '../marks.js';
import type { IstioSurvey, SurveyedRevision } from '../survey.js';
import type { FenceRecord } from './fence.js';
import { revisionFor } from './following.js';
import { Sail, Stewarded, type Workload } from './kinds.js';
import { StewardMarks } from './marks.js';
import type {
  Observed,
  ObservedBudget,
  ObservedGateway,
  ObservedNamespace,
  ObservedRevision,
  ObservedWorkload,
  WorkloadKind,
} from './plan.js';
import { workloadId, workloadKinds } from './plan.js';
import type { DefaultServing } from './tags.js';

export interface InspectionSettings {
  readonly kube: Kube;
  readonly survey: IstioSurvey;
  readonly serving: DefaultServing;
  readonly record: FenceRecord;
  readonly times: { readonly settleMs: number; readonly stuckMs: number };
}

/** So many namespaces are looked into at one time for workloads to restart. */
const mostNamespaces = 20;

/** All that an intent is compared with: what the survey knows, and what nobody watches. */
export class Inspection {
  /** What those are led by that make Pods, and since when it is so. */
  private led: { readonly text: string; readonly since: number } | undefined;
  /** Namespaces where something restarts, as far as is known; undefined: nobody has looked yet. */
  private restarting: ReadonlySet<string> | undefined;
  private turn = 0;

  constructor(private readonly settings: InspectionSettings) {}

  /** @throws KubeError */
  async observe(intent: IstioIntent): Promise<Observed> {
    const { survey, serving, record, times } = this.settings;
    const now = Date.now();
    const fact = survey.fact();
    const surveyed = survey.revisions();
    const injecting = new Map(fact.revisions.map(({ name, injects }) => [name, injects]));
    const revisions = surveyed.map((it) => observedRevision(it, injecting.get(it.name) ?? false));
    const tags = survey.tags().map(({ name, revision, managed }) => ({ name, revision, managed }));
    const namespaces = await this.namespaces(intent);
    const needsServing = intent.tags.some(({ name }) => name === 'default');
    const gateways = await this.gateways(namespaces);
    const validator = needsServing || gateways.length > 0 ? await serving.validator() : undefined;
    const following = {
      tags: new Map(tags.map(({ name, revision }) => [name, revision])),
      revisions: new Set(revisions.map(({ name }) => name)),
    };
    const text = JSON.stringify([
      tags,
      [...namespaces].map(([name, { follows }]) => [name, follows]).sort(),
    ]);
    if (this.led?.text !== text) this.led = { text, since: now };
    const stale = intent.namespaces.flatMap(({ name, moveWorkloads, moveGateways }) => {
      const there = namespaces.get(name);
      const target = there && revisionFor(there.follows, following);
      if (!there || !target) return [];
      const isStale = there.proxies.some(
        ({ revision, isGateway, ready }) =>
          (revision !== target && (isGateway ? moveGateways : moveWorkloads)) || !ready,
      );
      return isStale ? [name] : [];
    });
    const { workloads, budgets } = await this.workloads(stale, namespaces);
    return {
      revisions,
      tags,
      defaultInjector: serving.injector(),
      validator,
      namespaces,
      gateways,
      workloads,
      budgets,
      crdVersion: fact.crdVersion,
      removing: new Set(record.removing.keys()),
      webhooksSettled: now - this.led.since >= times.settleMs,
      now,
    };
  }

  private async namespaces(intent: IstioIntent): Promise<Map<string, ObservedNamespace>> {
    const { survey, kube } = this.settings;
    const namespaces = new Map<string, ObservedNamespace>();
    for (const { namespace, follows } of survey.namespaces()) {
      const { name } = namespace.metadata;
      namespaces.set(name, { follows, proxies: survey.proxiesIn(name) });
    }
    for (const { name } of intent.namespaces) {
      if (namespaces.has(name)) continue;
      const there = await kube.get<Namespace>(Core.Namespace, { name });
      if (there && !there.metadata.deletionTimestamp) {
        namespaces.set(name, { follows: '', proxies: [] });
      }
    }
    return namespaces;
  }

  private async gateways(
    namespaces: ReadonlyMap<string, ObservedNamespace>,
  ): Promise<ObservedGateway[]> {
    const { kube } = this.settings;
    const has = [...namespaces].filter(([, { proxies }]) =>
      proxies.some(({ gatewayName }) => gatewayName !== undefined),
    );
    if (has.length === 0) return [];
    const kind = await gatewayKind(kube);
    if (!kind) return [];
    const gateways: ObservedGateway[] = [];
    for (const [namespace] of has) {
      const { items } = await kube.list<KubeObject>(kind, { namespace });
      for (const { metadata } of items) {
        gateways.push({
          namespace,
          name: metadata.name,
          label: metadata.labels?.[Labels.revision] ?? '',
          pinnedFrom: metadata.annotations?.[StewardMarks.pinnedFrom],
        });
      }
    }
    return gateways.sort((a, b) =>
      `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1,
    );
  }

  /** A part of them at a time, and where something restarts at any time. */
  private async workloads(
    stale: readonly string[],
    namespaces: ReadonlyMap<string, ObservedNamespace>,
  ): Promise<{ workloads: Map<string, ObservedWorkload | null>; budgets: ObservedBudget[] }> {
    const workloads = new Map<string, ObservedWorkload | null>();
    const budgets: ObservedBudget[] = [];
    const sorted = [...stale].sort();
    if (this.turn >= sorted.length) this.turn = 0;
    const inTurn = sorted.slice(this.turn, this.turn + mostNamespaces);
    this.turn += mostNamespaces;
    // After a start nobody knows what an earlier life has begun.
    const looked = new Set(this.restarting ? [...this.restarting, ...inTurn] : sorted);
    const restarting = new Set<string>();
    for (const namespace of looked) {
      for (const workload of await this.workloadsIn(namespace)) {
        workloads.set(workloadId(workload), workload);
        if (workload.restartedFor !== undefined && !workload.complete) restarting.add(namespace);
      }
      budgets.push(...(await this.budgetsIn(namespace)));
      // An owner that is not there any more leaves its Pods for a moment.
      for (const { owner } of namespaces.get(namespace)?.proxies ?? []) {
        const kind = workloadKinds.find((it) => it === owner?.kind);
        if (!owner || !kind) continue;
        const id = workloadId({ kind, namespace, name: owner.name });
        if (!workloads.has(id)) workloads.set(id, null);
      }
    }
    this.restarting = restarting;
    return { workloads, budgets };
  }

  private async workloadsIn(namespace: string): Promise<ObservedWorkload[]> {
    const { kube, times } = this.settings;
    const found: ObservedWorkload[] = [];
    for (const kind of workloadKinds) {
      const { items } = await kube.list<Workload>(Stewarded[kind], { namespace });
      for (const item of items) found.push(observedWorkload(kind, item, times.stuckMs, Date.now()));
    }
    return found;
  }

  private async budgetsIn(namespace: string): Promise<ObservedBudget[]> {
    const kind = Stewarded.PodDisruptionBudget;
    const { items } = await this.settings.kube.list<PodDisruptionBudget>(kind, { namespace });
    return items.flatMap(({ metadata, spec, status }) => {
      // It is over nobody who could be disturbed.
      if (status?.expectedPods === 0) return [];
      const { selector } = spec ?? {};
      const allowed = status?.disruptionsAllowed ?? 0;
      const selects = (labels: Readonly<Record<string, string>>): boolean =>
        selector !== undefined && isSelected(selector, labels);
      return [{ namespace, name: metadata.name, allowed, selects }];
    });
  }
}

/** The Gateway API's Gateway, in a version that the cluster has; undefined if none. */
export async function gatewayKind(kube: Kube): Promise<Kind | undefined> {
  return await kube.served(Optional.get('Gateway') ?? []);
}

/** Whether the Sail operator installed an istiod, whoever told it to. */
export function isMadeBySail({ installedBy, deployment }: SurveyedRevision): boolean {
  const { ownerReferences = [] } = deployment?.metadata ?? {};
  return (
    installedBy === 'sail' || ownerReferences.some(({ kind }) => kind === Sail.IstioRevision.kind)
  );
}

function observedRevision(revision: SurveyedRevision, injects: boolean): ObservedRevision {
  const { name, version, managed, deployment } = revision;
  const annotations = deployment?.metadata.annotations ?? {};
  return {
    name,
    version,
    installedBy: isMadeBySail(revision) ? 'sail' : revision.installedBy,
    managed,
    deployed: deployment !== undefined,
    origin: annotations[StewardMarks.origin],
    wish: annotations[StewardMarks.wish],
    replicas: deployment?.spec?.replicas ?? 1,
    ready: deployment?.status?.readyReplicas ?? 0,
    injects,
    stuck: deployment && exceeded(deployment as Deployment & Workload),
  };
}

/** Pure. @param now Milliseconds since the epoch. */
export function observedWorkload(
  kind: WorkloadKind,
  { metadata, spec, status }: Workload,
  stuckMs: number,
  now: number,
): ObservedWorkload {
  const { namespace = '', name, generation = 0 } = metadata;
  const template = spec?.template?.metadata;
  const restartedFor = template?.annotations?.[StewardMarks.restartedFor];
  const restartedAt = Date.parse(template?.annotations?.[StewardMarks.restartedAt] ?? '') || 0;
  const isDaemon = kind === 'DaemonSet';
  const wanted = isDaemon ? (status?.desiredNumberScheduled ?? 0) : (spec?.replicas ?? 1);
  const updated = (isDaemon ? status?.updatedNumberScheduled : status?.updatedReplicas) ?? 0;
  const available = (isDaemon ? status?.numberAvailable : status?.availableReplicas) ?? 0;
  const replicas = isDaemon ? wanted : (status?.replicas ?? 0);
  const complete =
    (status?.observedGeneration ?? 0) >= generation &&
    updated === wanted &&
    replicas === wanted &&
    available === wanted;
  const isLate = restartedFor !== undefined && now - restartedAt > stuckMs;
  return {
    kind,
    namespace,
    name,
    restartedFor,
    restartedAt,
    complete,
    progress: `${updated} of ${wanted} Pods are new, ${available} available`,
    stuck: complete
      ? undefined
      : (exceeded({ metadata, status }) ??
        (isLate
          ? `its rollout is not through after ${Math.round(stuckMs / 60_000)} minutes`
          : undefined)),
    unrestartable: unrestartable(kind, spec),
    podLabels: template?.labels ?? {},
  };
}

function exceeded({ status }: Workload): string | undefined {
  const given = status?.conditions?.find(
    ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  );
  return given && (given.message || 'its rollout makes no progress');
}

function unrestartable(kind: WorkloadKind, spec: Workload['spec']): string | undefined {
  if (spec?.paused) return `it is paused; run kubectl rollout resume`;
  const { type, rollingUpdate } = spec?.updateStrategy ?? {};
  if (type === 'OnDelete') return `its Pods are replaced when somebody deletes them; delete them`;
  if (kind === 'StatefulSet' && (rollingUpdate?.partition ?? 0) > 0) {
    return `its partition ${rollingUpdate?.partition} holds Pods back; set it to 0`;
  }
  return undefined;
}

/** As Kubernetes selects; an empty selector selects all. */
function isSelected(
  { matchLabels = {}, matchExpressions = [] }: KubeSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'DoesNotExist':
          return value === undefined;
        case 'Exists':
          return value !== undefined;
        default:
          // One that we do not know may well protect.
          return true;
      }
    })
  );
}
