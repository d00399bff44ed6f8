import { createHash } from 'node:crypto';
import type {
  DesiredNamespace,
  DesiredRevision,
  DesiredTag,
  IstioIntent,
} from '@isthmus/contracts';
import { defaultName } from '../marks.js';
import type { ProxyPod } from '../proxies.js';
import { byVersion } from '../version.js';
import { deployerFor, type Following, injection, revisionFor, tagOf } from './following.js';
import { type Held, pending, refused } from './problem.js';

/** One thing that is not as the intent wants it. What is as wanted has no task. */
export interface Task {
  readonly type: TaskType;
  /** Such as "revision 1-30-2" or "Deployment shop/web". */
  readonly object: string;
  /** What brings it about; without one it is only waited for. */
  readonly action?: Action;
  /** Why nothing is done now. */
  readonly held?: Held;
}

export type TaskType =
  | 'crds'
  | 'install'
  | 'adopt'
  | 'gateway'
  | 'tag'
  | 'namespace'
  | 'restart'
  | 'remove';

export type Action =
  | { readonly do: 'crds' | 'install' | 'adopt' | 'remove'; readonly revision: DesiredRevision }
  | { readonly do: 'tag'; readonly tag: DesiredTag }
  /** The injector without a revision serves again what has none. */
  | { readonly do: 'untag' }
  | { readonly do: 'label'; readonly namespace: string; readonly follows: string }
  | { readonly do: 'restart'; readonly workload: WorkloadRef; readonly revision: string }
  /** Label istio.io/rev of a Gateway; undefined: as it was before the first pin. */
  | {
      readonly do: 'pin';
      readonly gateway: { readonly namespace: string; readonly name: string };
      readonly revision: string | undefined;
    };

export interface WorkloadRef {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

export const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
export type WorkloadKind = (typeof workloadKinds)[number];

/** What of Istio is in the cluster, as far as it matters to an intent. */
export interface Observed {
  readonly revisions: readonly ObservedRevision[];
  readonly tags: readonly {
    readonly name: string;
    readonly revision: string;
    readonly managed: boolean;
  }[];
  /** Whether an injector without a revision serves those who name none. */
  readonly defaultInjector: 'active' | 'inactive' | 'absent';
  /** Revision of istiod-default-validator; undefined where there is none. */
  readonly validator: string | undefined;
  /** Those with injection or proxies, and those that the intent names and that exist. */
  readonly namespaces: ReadonlyMap<string, ObservedNamespace>;
  /** Of the Gateway API. */
  readonly gateways: readonly ObservedGateway[];
  /** By `workloadId`; a workload that is not there has not been looked at, null is gone. */
  readonly workloads: ReadonlyMap<string, ObservedWorkload | null>;
  readonly budgets: readonly ObservedBudget[];
  /** Newest version of Istio whose CRDs were installed; empty when unknown. */
  readonly crdVersion: string;
  /** Revisions whose removal has begun. */
  readonly removing: ReadonlySet<string>;
  /** Whether API servers had time to hear of the last change of a webhook or a namespace. */
  readonly webhooksSettled: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface ObservedRevision {
  readonly name: string;
  readonly version: string;
  readonly installedBy: string;
  readonly managed: boolean;
  /** Whether there is an istiod in this cluster, and not a webhook alone. */
  readonly deployed: boolean;
  readonly origin: string | undefined;
  readonly wish: string | undefined;
  readonly replicas: number;
  readonly ready: number;
  readonly injects: boolean;
  /** What Kubernetes says of a rollout that it gave up. */
  readonly stuck: string | undefined;
}

export interface ObservedNamespace {
  readonly follows: string;
  readonly proxies: readonly ProxyPod[];
}

export interface ObservedGateway {
  readonly namespace: string;
  readonly name: string;
  /** Its own label istio.io/rev; empty for none. */
  readonly label: string;
  /** What the label was before we pinned it; undefined: it is not pinned. */
  readonly pinnedFrom: string | undefined;
}

export interface ObservedWorkload extends WorkloadRef {
  readonly restartedFor: string | undefined;
  /** Milliseconds since the epoch; 0 for never. */
  readonly restartedAt: number;
  readonly complete: boolean;
  /** Such as "1 of 3 Pods are new, 2 available". */
  readonly progress: string;
  readonly stuck: string | undefined;
  /** Why a change of its template would not restart it, and what would. */
  readonly unrestartable: string | undefined;
  readonly podLabels: Readonly<Record<string, string>>;
}

export interface ObservedBudget {
  readonly namespace: string;
  readonly name: string;
  readonly allowed: number;
  selects(labels: Readonly<Record<string, string>>): boolean;
}

/** A workload whose new proxies are not of its revision is restarted again only after this time. */
const againMs = 300_000;
/** So long a rollout that is not complete counts as ours. */
const rolloutMs = 3_600_000;

export function workloadId({ kind, namespace, name }: WorkloadRef): string {
  return `${kind} ${namespace}/${name}`;
}

/** Tells one wish of what a revision is to be from the next. */
export function wishOf({ version, values }: DesiredRevision): string {
  const text = Buffer.from(values).toString();
  const hash = createHash('sha256').update(`${version}\n${text === '' ? '{}' : text}`);
  return hash.digest('hex').slice(0, 32);
}

/** Whether the intent says that no default tag is wanted. */
function isNoTag({ name, revision }: DesiredTag): boolean {
  return name === defaultName && revision === defaultName;
}

/**
 * What is left to be done, and what keeps it from being done now; none when every wish of the
 * intent is fulfilled. In the order in which it is safe: who is followed comes before who follows.
 */
export function planTasks(intent: IstioIntent, observed: Observed): Task[] {
  return new Planning(intent, observed).tasks();
}

interface Pin {
  readonly gateway: ObservedGateway;
  /** Tags whose move would move it. */
  readonly tags: ReadonlySet<string>;
  /** Whether two istiods would deploy it otherwise. */
  readonly contested: boolean;
}

class Planning {
  private readonly there: Following;
  private readonly wanted: Following;
  private readonly wishes: ReadonlyMap<string, DesiredNamespace>;
  private readonly pins: Pin[] = [];

  constructor(
    private readonly intent: IstioIntent,
    private readonly observed: Observed,
  ) {
    const tags = new Map(observed.tags.map(({ name, revision }) => [name, revision]));
    const revisions = new Set(observed.revisions.map(({ name }) => name));
    this.there = { tags, revisions };
    const wanted = new Map(tags);
    for (const tag of intent.tags) {
      if (isNoTag(tag)) wanted.delete(tag.name);
      else wanted.set(tag.name, tag.revision);
    }
    const brought = intent.revisions.filter(({ wanted }) => wanted !== 'remove');
    this.wanted = {
      tags: wanted,
      revisions: new Set([...revisions, ...brought.map(({ name }) => name)]),
    };
    this.wishes = new Map(intent.namespaces.map((wish) => [wish.name, wish]));
  }

  tasks(): Task[] {
    const { pinning, moving } = this.gateways();
    const revisions = this.revisions();
    return [
      ...revisions,
      ...pinning,
      ...this.tags(),
      ...this.namespaces(),
      ...this.restarts(moving.some(({ held }) => held?.reason === rollingOut)),
      ...moving,
      ...this.removals(),
    ];
  }

  private revisions(): Task[] {
    const brought: DesiredRevision[] = [];
    const tasks: Task[] = [];
    for (const revision of this.intent.revisions) {
      const need = this.needOf(revision);
      if (need === 'install') brought.push(revision);
      else if (need) tasks.push(need);
    }
    const crds = this.crds(brought);
    const installs = brought.map((revision): Task => {
      const held =
        (crds && waitsFor(`the CRDs of ${crds.version}`)) ??
        (revision.name === defaultName ? this.pinsOf(({ contested }) => contested) : undefined);
      return {
        ...taskOf('install', revision),
        action: { do: 'install', revision },
        ...(held && { held }),
      };
    });
    if (!crds) return [...installs, ...tasks];
    const object = `CRDs of ${crds.version}`;
    return [
      { type: 'crds', object, action: { do: 'crds', revision: crds } },
      ...installs,
      ...tasks,
    ];
  }

  /** The newest of those to be installed, if its CRDs are newer than those that are there. */
  private crds(brought: readonly DesiredRevision[]): DesiredRevision | undefined {
    const { crdVersion, revisions } = this.observed;
    // The operator brings them along.
    if (revisions.some(({ installedBy }) => installedBy === 'sail')) return undefined;
    const newest = [...brought].sort((a, b) => byVersion(a.version, b.version)).at(-1);
    if (!newest) return undefined;
    // Whoever installed an istiod had CRDs for it, mark or not.
    const there =
      crdVersion ||
      (revisions
        .map(({ version }) => version)
        .sort(byVersion)
        .at(-1) ??
        '');
    const order = byVersion(newest.version, there);
    return order > 0 || (order === 0 && crdVersion === '') ? newest : undefined;
  }

  private needOf(revision: DesiredRevision): Task | 'install' | undefined {
    const there = this.revision(revision.name);
    const isThere = there?.deployed ?? false;
    switch (revision.wanted) {
      case 'remove':
        return undefined;
      case 'adopt':
        if (!there || !isThere) return heldTask('adopt', revision, notThere(revision.name));
        if (there.version !== revision.version) {
          return heldTask('adopt', revision, versionDiffers(there, revision));
        }
        if (there.managed) return undefined;
        return { ...taskOf('adopt', revision), action: { do: 'adopt', revision } };
      case 'keep':
        if (!there || !isThere) return 'install';
        if (there.version === revision.version) return undefined;
        return heldTask('install', revision, versionDiffers(there, revision));
      case 'install':
        break;
      default:
        return heldTask(
          'install',
          revision,
          refused('Unknown', `"${revision.wanted}" is not known to this agent; update it`),
        );
    }
    if (!there || !isThere) return 'install';
    if (there.version !== revision.version) {
      return there.managed ? 'install' : heldTask('install', revision, notManaged(there.name));
    }
    const isDone =
      there.managed &&
      (there.wish === undefined ? there.origin === 'adopt' : there.wish === wishOf(revision));
    if (!isDone) return 'install';
    const held = unreadiness(there);
    return held && heldTask('install', revision, held);
  }

  private gateways(): { pinning: Task[]; moving: Task[] } {
    const pinning: Task[] = [];
    const moving: Task[] = [];
    const wishes = [...this.wishes.values()];
    // What follows the default tag from outside of all namespaces with a wish goes with the others.
    const othersMove = wishes.length === 0 || wishes.some(({ moveGateways }) => moveGateways);
    const leadsDefault = this.intent.tags.some(({ name }) => name === defaultName);
    let isFree = true;
    const ready: (() => void)[] = [];
    for (const gateway of this.observed.gateways) {
      const { namespace, name, label, pinnedFrom } = gateway;
      const there = this.observed.namespaces.get(namespace);
      const pods = (there?.proxies ?? []).filter(({ gatewayName }) => gatewayName === name);
      const isPinned = pinnedFrom !== undefined;
      if (pods.length === 0 && !isPinned) continue;
      const own = isPinned ? pinnedFrom : label;
      const before = own || labelOf(there?.follows ?? '');
      const after = own || labelOf(this.wishedFollows(namespace));
      const natural = deployerFor(before, this.there, this.observed.validator);
      const target = deployerFor(after, this.wanted, this.observed.validator);
      if (target === undefined) continue;
      const has = [...new Set(pods.map(({ revision }) => revision))];
      const isThere = has.every((it) => it === target) && pods.every((pod) => pod.ready);
      const object = `Gateway ${namespace}/${name}`;
      const pin = (revision: string | undefined): Task => ({
        type: 'gateway',
        object,
        action: { do: 'pin', gateway: { namespace, name }, revision },
      });
      const contested =
        this.isContested(before, this.there) || this.isContested(after, this.wanted);
      if (!isPinned) {
        if (natural !== target || (contested && leadsDefault)) {
          const current = has.length === 1 ? has[0] : natural;
          const through = [tagOf(before, this.there), tagOf(after, this.wanted)];
          const tags = new Set(through.filter((tag) => tag !== undefined));
          this.pins.push({ gateway, tags, contested });
          pinning.push(pin(current ?? target));
        } else if (!isThere && (this.wishes.get(namespace)?.moveGateways ?? false)) {
          isFree = false;
          moving.push({ type: 'gateway', object, held: rolling(object, target) });
        }
        continue;
      }
      if (label === target) {
        if (!isThere) {
          isFree = false;
          moving.push({ type: 'gateway', object, held: rolling(object, target) });
        } else if (natural === target && !contested) {
          moving.push(pin(undefined));
        }
        continue;
      }
      if (!(this.wishes.get(namespace)?.moveGateways ?? othersMove)) continue;
      ready.push(() => {
        const held = !this.injects(target)
          ? notReady(target)
          : natural !== target
            ? waitsFor('tags and namespaces')
            : isFree
              ? undefined
              : waitsFor('the gateway that moves now');
        if (!held) isFree = false;
        moving.push({ ...pin(target), ...(held && { held }) });
      });
    }
    // One at a time: only now is it known whether one is under way.
    for (const add of ready) add();
    return { pinning, moving };
  }

  /**
   * Whether two istiods would deploy a Gateway that says this, each over the other: one without a revision
   * takes itself for the default, wherever the default tag leads.
   */
  private isContested(label: string, { tags }: Following): boolean {
    const { intent, observed } = this;
    const leadsTo = tags.get(defaultName) ?? defaultName;
    if ((label !== '' && label !== defaultName) || leadsTo === defaultName) return false;
    return (
      (this.revision(defaultName)?.deployed ?? false) ||
      observed.removing.has(defaultName) ||
      intent.revisions.some(({ name, wanted }) => name === defaultName && wanted !== 'remove')
    );
  }

  private tags(): Task[] {
    return this.intent.tags.flatMap((tag): Task[] => {
      const task = { type: 'tag' as const, object: `tag ${tag.name}` };
      if (this.isTagged(tag)) return [];
      const held =
        this.cannotBeFollowed(tag.revision) ?? this.pinsOf(({ tags }) => tags.has(tag.name));
      const action: Action = isNoTag(tag) ? { do: 'untag' } : { do: 'tag', tag };
      return [{ ...task, action, ...(held && { held }) }];
    });
  }

  private isTagged(tag: DesiredTag): boolean {
    const { tags, defaultInjector, validator } = this.observed;
    const there = tags.find(({ name }) => name === tag.name);
    if (isNoTag(tag)) {
      // A tag of somebody else that leads to the same is as good as none.
      if (there) return !there.managed && there.revision === defaultName;
      return defaultInjector !== 'inactive' && (validator ?? defaultName) === defaultName;
    }
    if (there?.revision !== tag.revision) return false;
    if (tag.name !== defaultName || !there.managed) return true;
    return defaultInjector !== 'active' && (validator ?? tag.revision) === tag.revision;
  }

  private namespaces(): Task[] {
    return this.intent.namespaces.flatMap(({ name, follows }): Task[] => {
      const there = this.observed.namespaces.get(name);
      if (!there || follows === '' || there.follows === follows) return [];
      const target = revisionFor(follows, this.wanted);
      const held =
        target === undefined
          ? pending('RevisionNotFound', `there is no revision or tag ${follows}`)
          : revisionFor(follows, this.there) !== target
            ? waitsFor(`tag ${follows === injection ? defaultName : follows}`)
            : (this.cannotBeFollowed(target) ??
              this.pinsOf(({ gateway }) => gateway.namespace === name));
      const action: Action = { do: 'label', namespace: name, follows };
      return [{ type: 'namespace', object: `namespace ${name}`, action, ...(held && { held }) }];
    });
  }

  /** @param gatewayMoves Whether a gateway is under way: two at a time would be too many. */
  private restarts(gatewayMoves: boolean): Task[] {
    const candidates: Candidate[] = [];
    const tasks: Task[] = [];
    for (const wish of this.intent.namespaces) {
      const there = this.observed.namespaces.get(wish.name);
      const target = there && revisionFor(there.follows, this.there);
      if (!target || (wish.follows !== '' && there.follows !== wish.follows)) continue;
      if (target !== revisionFor(there.follows, this.wanted)) continue;
      const found = this.staleIn(wish, there.proxies, target);
      candidates.push(...found.candidates);
      tasks.push(...found.tasks);
    }
    const under = new Map<string, ObservedWorkload>();
    for (const [id, workload] of this.observed.workloads) {
      const target = workload && this.targetIn(workload.namespace);
      if (workload && target && this.isUnderWay(workload, target)) under.set(id, workload);
    }
    for (const [id, workload] of under) {
      const candidate = candidates.find((it) => workloadId(it) === id);
      const isGateway = candidate?.isGateway ?? false;
      gatewayMoves ||= isGateway;
      const held = workload.stuck
        ? refused('RolloutStuck', `${workload.stuck}; ${workload.progress}`)
        : pending(rollingOut, workload.progress);
      tasks.push({ type: isGateway ? 'gateway' : 'restart', object: id, held });
    }
    return [...tasks, ...this.starts(candidates, under, gatewayMoves)];
  }

  private starts(
    candidates: readonly Candidate[],
    under: ReadonlyMap<string, ObservedWorkload>,
    gatewayMoves: boolean,
  ): Task[] {
    const most = Math.max(this.intent.maxRestarting, 1);
    const restarting = [...under.values()];
    // What does not work anyway comes last: it may hold up the others for good.
    const isBroken = (candidate: Candidate): boolean =>
      this.observed.workloads.get(workloadId(candidate))?.complete === false;
    const inOrder = [...candidates].sort((a, b) => Number(isBroken(a)) - Number(isBroken(b)));
    return inOrder.flatMap((candidate): Task[] => {
      const id = workloadId(candidate);
      const workload = this.observed.workloads.get(id);
      if (workload === null || under.has(id)) return [];
      const { isGateway, target } = candidate;
      const task = { type: isGateway ? ('gateway' as const) : ('restart' as const), object: id };
      const held = workload
        ? (this.cannotBeRestarted(workload, candidate, restarting) ??
          (restarting.length >= most
            ? waitsFor(`${restarting.length} restarting workloads; ${most} may at one time`)
            : isGateway && gatewayMoves
              ? waitsFor('the gateway that moves now')
              : undefined))
        : waitsFor('other workloads');
      if (held || !workload) return [{ ...task, held }];
      restarting.push(workload);
      gatewayMoves ||= isGateway;
      const { kind, namespace, name } = candidate;
      return [
        {
          ...task,
          action: { do: 'restart', workload: { kind, namespace, name }, revision: target },
        },
      ];
    });
  }

  private cannotBeRestarted(
    workload: ObservedWorkload,
    { target, stale }: Candidate,
    restarting: readonly ObservedWorkload[],
  ): Held | undefined {
    if (workload.unrestartable) return pending('Unrestartable', workload.unrestartable);
    const { now, budgets, webhooksSettled } = this.observed;
    const isAgain = workload.restartedFor === target;
    if (isAgain && now - workload.restartedAt < againMs) {
      return pending(
        'StillOld',
        `${stale} of its Pods have proxies of another revision than ${target} though it was restarted; it is restarted again ${againMs / 60_000} minutes after that`,
      );
    }
    if (!this.injects(target)) return notReady(target);
    if (!webhooksSettled) return waitsFor('API servers to hear of the webhooks');
    for (const budget of budgets) {
      if (budget.namespace !== workload.namespace || !budget.selects(workload.podLabels)) continue;
      const sharing = restarting.filter(
        (it) => it.namespace === budget.namespace && budget.selects(it.podLabels),
      ).length;
      if (budget.allowed - sharing >= 1) continue;
      const name = `PodDisruptionBudget ${budget.namespace}/${budget.name}`;
      return pending('DisruptionBudget', `${name} allows no Pod to be taken away now`);
    }
    return undefined;
  }

  private staleIn(
    wish: DesiredNamespace,
    proxies: readonly ProxyPod[],
    target: string,
  ): { candidates: Candidate[]; tasks: Task[] } {
    const candidates = new Map<string, Candidate>();
    const tasks: Task[] = [];
    for (const proxy of proxies) {
      const moves = proxy.isGateway ? wish.moveGateways : wish.moveWorkloads;
      // Gateways of the Gateway API have their own way.
      if (!moves || proxy.revision === target || proxy.gatewayName !== undefined) continue;
      const type = proxy.isGateway ? 'gateway' : 'restart';
      const { namespace, name, owner } = proxy;
      const kind = workloadKinds.find((it) => it === owner?.kind);
      if (!owner || !kind) {
        const object = owner
          ? `${owner.kind} ${namespace}/${owner.name}`
          : `Pod ${namespace}/${name}`;
        if (tasks.some((task) => task.object === object)) continue;
        const message = owner
          ? `the agent restarts no ${owner.kind}; restart it, or wait until it is over`
          : 'nothing makes this Pod anew; delete it, and create it again where it is needed';
        tasks.push({ type, object, held: pending('Unrestartable', message) });
        continue;
      }
      const ref = { kind, namespace, name: owner.name };
      const known = candidates.get(workloadId(ref));
      candidates.set(workloadId(ref), {
        ...ref,
        target,
        isGateway: proxy.isGateway || (known?.isGateway ?? false),
        stale: (known?.stale ?? 0) + 1,
      });
    }
    return { candidates: [...candidates.values()], tasks };
  }

  private removals(): Task[] {
    return this.intent.revisions.flatMap((revision): Task[] => {
      if (revision.wanted !== 'remove') return [];
      const there = this.revision(revision.name);
      const isBegun = this.observed.removing.has(revision.name);
      if (!there && !isBegun) return [];
      const held =
        there && !there.managed && !isBegun ? notManaged(there.name) : this.isUsed(revision.name);
      return [
        {
          ...taskOf('remove', revision),
          action: { do: 'remove', revision },
          ...(held && { held }),
        },
      ];
    });
  }

  private isUsed(name: string): Held | undefined {
    const { namespaces, tags, gateways } = this.observed;
    const using = [...namespaces].flatMap(([namespace, { proxies }]) => {
      const count = proxies.filter(({ revision }) => revision === name).length;
      return count > 0 ? [`${count} in ${namespace}`] : [];
    });
    if (using.length > 0) {
      return pending('RevisionInUse', `proxies are of it: ${someOf(using)}`);
    }
    const tagged = tags.filter(({ revision }) => revision === name);
    if (tagged.length > 0) {
      const names = someOf(tagged.map((tag) => tag.name));
      return refused('RevisionTagged', `tags lead to it: ${names}; move them first`);
    }
    const following = [...namespaces].flatMap(([namespace, { follows }]) =>
      revisionFor(follows, this.there) === name ? [namespace] : [],
    );
    if (following.length > 0) {
      return refused(
        'RevisionFollowed',
        `namespaces follow it: ${someOf(following)}; move them first`,
      );
    }
    const pinned = gateways.filter(({ label }) => label === name);
    if (pinned.length === 0) return undefined;
    const names = someOf(pinned.map((it) => `${it.namespace}/${it.name}`));
    return refused('RevisionFollowed', `Gateways are labelled with it: ${names}; move them first`);
  }

  private revision(name: string): ObservedRevision | undefined {
    return this.observed.revisions.find((it) => it.name === name);
  }

  private injects(revision: string): boolean {
    return this.revision(revision)?.injects ?? false;
  }

  private cannotBeFollowed(revision: string): Held | undefined {
    return this.injects(revision) ? undefined : notReady(revision);
  }

  private pinsOf(isOf: (pin: Pin) => boolean): Held | undefined {
    const pins = this.pins.filter(isOf);
    if (pins.length === 0) return undefined;
    const names = pins.map(({ gateway: { namespace, name } }) => `${namespace}/${name}`);
    return waitsFor(`Gateways to be held where they are: ${someOf(names)}`);
  }

  private wishedFollows(namespace: string): string {
    return (
      this.wishes.get(namespace)?.follows ||
      (this.observed.namespaces.get(namespace)?.follows ?? '')
    );
  }

  /** The revision that workloads of a namespace with a wish are to have. */
  private targetIn(namespace: string): string | undefined {
    if (!this.wishes.has(namespace)) return undefined;
    return revisionFor(this.observed.namespaces.get(namespace)?.follows ?? '', this.there);
  }

  private isUnderWay(workload: ObservedWorkload, target: string): boolean {
    if (workload.complete || workload.restartedFor !== target) return false;
    if (this.observed.now - workload.restartedAt < rolloutMs) return true;
    const { proxies = [] } = this.observed.namespaces.get(workload.namespace) ?? {};
    return proxies.some(
      ({ owner, revision }) =>
        owner?.kind === workload.kind && owner.name === workload.name && revision !== target,
    );
  }
}

interface Candidate extends WorkloadRef {
  readonly target: string;
  readonly isGateway: boolean;
  /** Pods with proxies of another revision. */
  readonly stale: number;
}

const rollingOut = 'RollingOut';
const waitsFor = (what: string): Held => pending('Waiting', `waits for ${what}`);
const notReady = (revision: string): Held =>
  pending('RevisionNotReady', `no istiod of revision ${revision} is ready to inject`);
const rolling = (object: string, revision: string): Held =>
  pending(rollingOut, `not all Pods of ${object} are of ${revision} and ready`);
const notThere = (name: string): Held =>
  refused('RevisionNotFound', `there is no istiod of revision ${name} in this cluster`);
const notManaged = (name: string): Held =>
  refused('NotManaged', `revision ${name} is not ours to change; take it over first`);
const versionDiffers = (there: ObservedRevision, wanted: DesiredRevision): Held =>
  refused(
    'VersionDiffers',
    `revision ${there.name} is ${there.version || 'of an unknown version'} and not ${wanted.version}; plan the upgrade anew`,
  );

/** Istio looks for a revision on namespaces for their Gateways, and for injection nowhere. */
function labelOf(follows: string): string {
  return follows === injection ? '' : follows;
}

function unreadiness({
  name,
  replicas,
  ready,
  injects,
  stuck,
}: ObservedRevision): Held | undefined {
  if (ready < Math.max(replicas, 1)) {
    const counts = `${ready} of ${replicas} Pods of istiod ${name} are ready`;
    return stuck ? refused('RolloutStuck', `${stuck}; ${counts}`) : pending('NotReady', counts);
  }
  if (injects) return undefined;
  return pending('NotReady', `the webhook of istiod ${name} has no certificate yet`);
}

function taskOf(type: TaskType, { name }: DesiredRevision): Pick<Task, 'type' | 'object'> {
  return { type, object: `revision ${name}` };
}

function heldTask(type: TaskType, revision: DesiredRevision, held: Held): Task {
  return { ...taskOf(type, revision), held };
}

const mostNamed = 5;

function someOf(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return names.slice(0, mostNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
