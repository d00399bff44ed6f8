import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { InjectedNamespace, IstioFact, ProxyCount, ReadinessFact } from '@isthmus/contracts';
import { messageOf } from '@isthmus/kernel';
import type { Logger } from 'pino';
import { type Kube, KubeError } from '../kube/client.js';
import { Informer } from '../kube/informer.js';
import { Core, type Kind, type KubeObject, type Namespace } from '../kube/kinds.js';
import { isOurs } from '../kube/ownership.js';
import {
  type Deployment,
  type MeshPod,
  type MutatingWebhookConfiguration,
  type OwnedObject,
  Upgraded,
} from './kinds.js';
import { defaultName, IstioMarks, Labels } from './marks.js';
import { isSameProxy, type ProxyPod, proxyOf, proxySelector, trimmedPod } from './proxies.js';
import { takeReadiness } from './readiness.js';
import { asVersion, byVersion, versionOfImage } from './version.js';

export type { ProxyPod } from './proxies.js';

export interface SurveySettings {
  readonly kube: Kube;
  readonly log: Logger;
  readonly istioNamespace: string;
  /** All of the cluster, watched by whoever made it. */
  readonly namespaces: Informer<Namespace>;
  /** So long changes are gathered, and so often readiness is taken by itself; 500 and 300,000 unless said. */
  readonly times?: { readonly debounceMs: number; readonly readinessMs: number };
}

/** An istiod of the cluster, or what is left of one. */
export interface SurveyedRevision {
  /** Of istio.io/rev; "default" for one without. */
  readonly name: string;
  /** Such as 1.30.2; empty when unknown. */
  readonly version: string;
  /** Who made it, whoever has it now. */
  readonly installedBy: InstalledBy;
  /** Whether we may change and remove it. */
  readonly managed: boolean;
  /** Undefined where istiod runs elsewhere, or only its webhook is left. */
  readonly deployment: Deployment | undefined;
  /** Its own webhook, not those of tags. */
  readonly injector: MutatingWebhookConfiguration | undefined;
  /** Where Helm, or Sail by Helm's means, keeps its release. */
  readonly helmRelease: { readonly namespace: string; readonly name: string } | undefined;
}

export type InstalledBy = 'isthmus' | 'helm' | 'istioctl' | 'sail' | 'unknown';

export interface SurveyedTag {
  readonly name: string;
  readonly revision: string;
  readonly webhook: MutatingWebhookConfiguration;
  readonly managed: boolean;
}

const defaultTimes = { debounceMs: 500, readinessMs: 300_000 };
const askAgainMs = 30_000;
const mostNamespaces = 2_000;
/** One of Istio's that every version has. */
const knownCrd = 'gateways.networking.istio.io';

/** Watches what upgrades look at. Where a permission is missing it reports nothing and says so through `problem`. */
export class IstioSurvey {
  private readonly istiods: Informer<Deployment>;
  private readonly webhooks: Informer<MutatingWebhookConfiguration>;
  private readonly pods: Informer<MeshPod>;
  private readonly crds: Informer<KubeObject>;
  /** By namespace, then by name. */
  private readonly proxies = new Map<string, Map<string, ProxyPod>>();
  private readonly listeners: (() => void)[] = [];
  private readonly readinessListeners: ((fact: ReadinessFact) => void)[] = [];
  private readonly stopping = new AbortController();
  private readonly times: { readonly debounceMs: number; readonly readinessMs: number };
  private timer: NodeJS.Timeout | undefined;
  private known: IstioFact | undefined;
  private lastRequest = '';
  private refusal: string | undefined;
  private rounds: Promise<void> = Promise.resolve();

  constructor(private readonly settings: SurveySettings) {
    const { kube, log, istioNamespace } = settings;
    this.times = settings.times ?? defaultTimes;
    const onForbidden = (): void => this.changed();
    this.istiods = new Informer<Deployment>(kube, Upgraded.Deployment, log, {
      onForbidden,
      scope: { namespace: istioNamespace, labelSelector: 'app=istiod' },
      trim: withoutManagedFields,
    });
    this.webhooks = new Informer<MutatingWebhookConfiguration>(
      kube,
      Upgraded.MutatingWebhookConfiguration,
      log,
      { onForbidden, scope: { labelSelector: Labels.revision }, trim: withoutManagedFields },
    );
    this.pods = new Informer<MeshPod>(kube, Core.Pod, log, {
      onForbidden,
      scope: { labelSelector: proxySelector },
      trim: trimmedPod,
    });
    this.crds = new Informer<KubeObject>(kube, Upgraded.CustomResourceDefinition, log, {
      onForbidden,
      scope: { fieldSelector: `metadata.name=${knownCrd}` },
      // Its schema is of no interest, and large.
      trim: ({ metadata }) => withoutManagedFields({ metadata }),
    });
    // From the first list on: whoever asks later finds everything.
    this.pods.onChange(({ before, now }) => this.noteProxy(before, now));
    settings.namespaces.onChange(({ before, now }) => {
      const labels = [before, now].map((it) => it && (it.metadata.labels ?? {}));
      if (!isDeepStrictEqual(labels[0], labels[1])) this.changed();
    });
    this.istiods.onChange(() => this.changed());
    this.webhooks.onChange(() => this.changed());
    this.crds.onChange(() => this.changed());
  }

  /** Starts watches; resolves when all was read once or it is stopped; never rejects. */
  async start(): Promise<void> {
    const { signal } = this.stopping;
    if (!(await this.untilPermitted())) return;
    for (const informer of this.own()) informer.start();
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.all(this.all().map(({ synced }) => synced)), stopped]);
    if (signal.aborted) return;
    this.changed();
    this.rounds = this.takeRounds();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await Promise.all(this.own().map((informer) => informer.stop()));
    await this.rounds;
  }

  /** Whether all has been read once: until then what is not here may be there. */
  get isRead(): boolean {
    return this.all().every(({ isSynced }) => isSynced);
  }

  /** What may not be read, in the API server's words: `may not list pods: …`. */
  get problem(): string | undefined {
    const forbidden = this.all().flatMap((informer) => informer.forbidden ?? []);
    if (this.refusal !== undefined) forbidden.push(this.refusal);
    return forbidden.length > 0 ? `may not ${forbidden.sort().join('; ')}` : undefined;
  }

  /** Something of what is told here, or of `problem`, has changed; a moment ago, and once for many changes. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Readiness was taken, by itself or when asked; it carries the latest request in any case. */
  onReadiness(listener: (fact: ReadinessFact) => void): void {
    this.readinessListeners.push(listener);
  }

  /** All but fence, tasks, settled (0, [], true): the steward fills those in. */
  fact(): IstioFact {
    this.known ??= this.made();
    return { ...this.known };
  }

  /** Sorted by name. */
  revisions(): SurveyedRevision[] {
    const found = new Map<string, Part>();
    const partOf = (name: string): Part => {
      const part = found.get(name) ?? {};
      found.set(name, part);
      return part;
    };
    for (const deployment of byName(this.istiods.values())) {
      partOf(revisionOf(deployment)).deployment ??= deployment;
    }
    for (const injector of this.ownWebhooks()) {
      if (injector.metadata.labels?.[Labels.tag] === undefined) {
        partOf(revisionOf(injector)).injector ??= injector;
      }
    }
    return [...found]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { deployment, injector }]) => surveyed(name, deployment, injector));
  }

  /** Namespaces with injection or with proxies, in no order. */
  *namespaces(): Iterable<{ namespace: Namespace; follows: string }> {
    // Those are here before what runs in them.
    if (!this.isRead) return;
    for (const namespace of this.settings.namespaces.values()) {
      const follows = followedBy(namespace);
      if (follows !== '' || this.proxies.has(namespace.metadata.name)) yield { namespace, follows };
    }
  }

  /** Pods with proxies, without those that are ending. */
  proxiesIn(namespace: string): ProxyPod[] {
    return [...(this.proxies.get(namespace)?.values() ?? [])];
  }

  /** Sorted by name. */
  tags(): SurveyedTag[] {
    const tags = new Map<string, SurveyedTag>();
    for (const webhook of this.ownWebhooks()) {
      const name = webhook.metadata.labels?.[Labels.tag];
      if (!name || tags.has(name)) continue;
      const managed = isManaged(webhook);
      tags.set(name, { name, revision: revisionOf(webhook), webhook, managed });
    }
    return [...tags.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * Taken anew.
   * @param request Tells whose wish it answers; later ones that nobody asked for carry it as well.
   * @throws KubeError
   */
  async readiness(request: string): Promise<ReadinessFact> {
    this.lastRequest = request;
    return await this.take();
  }

  /**
   * The chart may leave out the rights to all of this: then one question from time to time will do.
   * @returns false if it is stopped before they are there.
   */
  private async untilPermitted(): Promise<boolean> {
    const { kube, log } = this.settings;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const refusal = await mayNotList(kube, Core.Pod);
      if (refusal !== this.refusal) {
        this.refusal = refusal;
        if (refusal !== undefined) log.warn({ problem: this.problem }, 'Istio is not looked at');
        this.changed();
      }
      if (refusal === undefined) return !signal.aborted;
      const delay = Math.min(askAgainMs, this.times.readinessMs);
      await sleep(delay, undefined, { signal, ref: false }).catch(() => undefined);
    }
    return false;
  }

  private async take(): Promise<ReadinessFact> {
    const istiods = [...byName(this.istiods.values())];
    const request = this.lastRequest;
    const fact = await takeReadiness(this.settings.kube, istiods, request);
    // Whoever asked meanwhile gets an answer of his own.
    if (request === this.lastRequest) for (const tell of this.readinessListeners) tell(fact);
    return fact;
  }

  private async takeRounds(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.take().catch((error: unknown) => {
        if (signal.aborted) return;
        const { log } = this.settings;
        log.warn({ problem: messageOf(error) }, 'readiness for an upgrade could not be taken');
      });
      await sleep(this.times.readinessMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  private all(): Informer<KubeObject>[] {
    return [this.settings.namespaces as unknown as Informer<KubeObject>, ...this.own()];
  }

  private own(): Informer<KubeObject>[] {
    return [this.istiods, this.webhooks, this.pods, this.crds] as unknown as Informer<KubeObject>[];
  }

  private changed(): void {
    this.known = undefined;
    if (this.stopping.signal.aborted || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      for (const listener of this.listeners) listener();
    }, this.times.debounceMs);
  }

  private noteProxy(before: MeshPod | undefined, now: MeshPod | undefined): void {
    const { namespace = '', name = '' } = (now ?? before)?.metadata ?? {};
    const there = this.proxies.get(namespace) ?? new Map<string, ProxyPod>();
    const proxy = now && proxyOf(now);
    if (isSameProxy(there.get(name), proxy)) return;
    if (proxy) there.set(name, proxy);
    else there.delete(name);
    if (there.size > 0) this.proxies.set(namespace, there);
    else this.proxies.delete(namespace);
    this.changed();
  }

  /** Webhooks of this Istio: another one may be in another namespace. Sorted by name. */
  private *ownWebhooks(): Iterable<MutatingWebhookConfiguration> {
    const { istioNamespace } = this.settings;
    for (const configuration of byName(this.webhooks.values())) {
      const services = (configuration.webhooks ?? []).flatMap(
        ({ clientConfig }) => clientConfig.service ?? [],
      );
      if (services.every(({ namespace }) => namespace === istioNamespace)) yield configuration;
    }
  }

  private made(): IstioFact {
    const counts = new Map<string, { proxies: number; gateways: number }>();
    for (const proxies of this.proxies.values()) {
      for (const { revision, isGateway } of proxies.values()) {
        const count = counts.get(revision) ?? { proxies: 0, gateways: 0 };
        count.proxies += 1;
        if (isGateway) count.gateways += 1;
        counts.set(revision, count);
      }
    }
    return {
      fence: 0,
      revisions: this.revisions().map((revision) => {
        const { name, version, installedBy, managed, deployment, injector } = revision;
        const ready = deployment?.status?.readyReplicas ?? 0;
        return {
          name,
          version,
          installedBy,
          replicas: deployment ? (deployment.spec?.replicas ?? 1) : 0,
          ready,
          proxies: counts.get(name)?.proxies ?? 0,
          gateways: counts.get(name)?.gateways ?? 0,
          injects: hasAuthority(injector) && (ready > 0 || isElsewhere(injector)),
          managed,
          chartDigest: deployment?.metadata.annotations?.[IstioMarks.chartDigest] ?? '',
        };
      }),
      tags: this.tags().map(({ name, revision, managed }) => ({ name, revision, managed })),
      namespaces: this.injectedNamespaces(),
      tasks: [],
      crdVersion: this.crdVersion(),
      settled: true,
    };
  }

  private injectedNamespaces(): InjectedNamespace[] {
    const all = [...this.namespaces()].map(({ namespace: { metadata }, follows }) =>
      injectedNamespace(metadata.name, follows, this.proxiesIn(metadata.name)),
    );
    // Those without proxies have the least to lose.
    return all
      .sort((a, b) => Number(b.proxies > 0) - Number(a.proxies > 0) || (a.name < b.name ? -1 : 1))
      .slice(0, mostNamespaces)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private crdVersion(): string {
    const crd = this.crds.get(undefined, knownCrd);
    const { annotations = {}, labels = {} } = crd?.metadata ?? {};
    const ofChart = labels['app.kubernetes.io/part-of'] === 'istio';
    const marks = [
      annotations[IstioMarks.version],
      ofChart ? labels['app.kubernetes.io/version'] : undefined,
    ];
    return marks.map(asVersion).sort(byVersion).at(-1) ?? '';
  }
}

interface Part {
  deployment?: Deployment;
  injector?: MutatingWebhookConfiguration;
}

function surveyed(
  name: string,
  deployment: Deployment | undefined,
  injector: MutatingWebhookConfiguration | undefined,
): SurveyedRevision {
  const object = deployment ?? injector;
  const annotations = object?.metadata.annotations ?? {};
  const release = annotations['meta.helm.sh/release-name'];
  const namespace = annotations['meta.helm.sh/release-namespace'];
  return {
    name,
    version: deployment ? versionOf(deployment) : '',
    installedBy: object ? installerOf(object) : 'unknown',
    managed: object !== undefined && isManaged(object),
    deployment,
    injector,
    helmRelease: release && namespace ? { namespace, name: release } : undefined,
  };
}

/** Sail works by Helm's means, and istioctl writes managed-by=Helm: the order matters. */
function installerOf({ metadata }: OwnedObject): InstalledBy {
  const { labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  if (labels[IstioMarks.managed] && annotations[IstioMarks.origin] === 'install') return 'isthmus';
  const isSails = ownerReferences.some(({ kind }) => kind === 'IstioRevision');
  if (isSails || labels['managed-by'] === 'sail-operator') return 'sail';
  if (annotations['meta.helm.sh/release-name']) return 'helm';
  // Charts by themselves write "unknown".
  const resource = labels['install.operator.istio.io/owning-resource'] ?? 'unknown';
  if (resource !== 'unknown' || labels['operator.istio.io/managed']) return 'istioctl';
  return 'unknown';
}

function isManaged(object: KubeObject): boolean {
  return object.metadata.labels?.[IstioMarks.managed] !== undefined || isOurs(object);
}

function versionOf({ metadata, spec }: Deployment): string {
  const containers = spec?.template?.spec?.containers ?? [];
  const { labels = {} } = metadata;
  return (
    versionOfImage(containers.find(({ name }) => name === 'discovery')?.image) ||
    asVersion(labels['operator.istio.io/version']) ||
    asVersion(labels['app.kubernetes.io/version']) ||
    asVersion(labels['helm.sh/chart']?.replace(/^istiod-/, ''))
  );
}

function revisionOf({ metadata }: KubeObject): string {
  return metadata.labels?.[Labels.revision] || defaultName;
}

/** As Istio's webhooks select: who has istio-injection is not asked for a revision, whatever it says. */
function followedBy({ metadata }: Namespace): string {
  const { labels = {} } = metadata;
  const injection = labels[Labels.injection];
  if (injection !== undefined) return injection === 'enabled' ? 'injection' : '';
  return labels[Labels.revision] ?? '';
}

function hasAuthority(injector: MutatingWebhookConfiguration | undefined): boolean {
  const { webhooks = [] } = injector ?? {};
  return webhooks.length > 0 && webhooks.every(({ clientConfig }) => clientConfig.caBundle);
}

/** Whether istiod is outside of the cluster, where nobody can say whether it is ready. */
function isElsewhere(injector: MutatingWebhookConfiguration | undefined): boolean {
  return (injector?.webhooks ?? []).every(({ clientConfig }) => clientConfig.url !== undefined);
}

function injectedNamespace(
  name: string,
  follows: string,
  proxies: readonly ProxyPod[],
): InjectedNamespace {
  const revisions = new Map<string, ProxyCount>();
  for (const { revision, version, isGateway } of proxies) {
    const count = revisions.get(revision) ?? { revision, version, workloads: 0, gateways: 0 };
    revisions.set(revision, count);
    // What says nothing is no older than what does.
    if (count.version === '' || (version !== '' && byVersion(version, count.version) < 0)) {
      count.version = version;
    }
    if (isGateway) count.gateways += 1;
    else count.workloads += 1;
  }
  const count = (is: (proxy: ProxyPod) => boolean): number => proxies.filter(is).length;
  return {
    name,
    follows,
    proxies: proxies.length,
    unready: count(({ ready }) => !ready),
    gateways: count(({ isGateway }) => isGateway),
    bare: count(({ owner }) => owner === undefined),
    revisions: [...revisions.values()].sort((a, b) => (a.revision < b.revision ? -1 : 1)),
  };
}

/** What the API server says if it forbids to; other failures are for the watches to mend. */
async function mayNotList(kube: Kube, kind: Kind): Promise<string | undefined> {
  try {
    await kube.pages(kind, {}, 1).next();
  } catch (error) {
    if (error instanceof KubeError && error.status === 403) {
      return `list ${kind.plural}: ${error.message}`;
    }
  }
  return undefined;
}

function byName<T extends KubeObject>(objects: Iterable<T>): T[] {
  return [...objects].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields: _unused, ...metadata } = object.metadata;
  return { ...object, metadata };
}
