import type { ClusterFact, Condition, LabelSelector } from '@isthmus/contracts';
import type { Logger } from 'pino';
import { networkLabel } from '../appliers/peer.js';
import { type ClusterState, serviceOf } from '../cluster/state.js';
import type { IntentBook } from '../intents/book.js';
import type { Kube } from '../kube/client.js';
import type { KubeObject, Namespace, Service } from '../kube/kinds.js';
import { isOurs } from '../kube/ownership.js';
import type { FactBoard } from './board.js';
import { exportedServiceFact, readyPods } from './exports.js';
import { PodReader, type PodRef } from './pods.js';
import { matches } from './selectors.js';

export interface ObserverSettings {
  readonly kube: Kube;
  readonly log: Logger;
  readonly cluster: ClusterState;
  readonly book: IntentBook;
  readonly facts: FactBoard;
  readonly ownNamespace: string;
  readonly istioNamespace: string;
  readonly agentVersion: string;
  readonly managesIstio: boolean;
  /** Whether it may change its own image. */
  readonly upgradesItself: boolean;
}

/** Characters that the hub takes of a message. */
const mostMessage = 4_096;
const versionLabel = 'app.kubernetes.io/version';
/** Endpoints come and go in bursts: so long they are waited for, in ms. */
const debounceMs = 10;
/** So long a service waits for new Pods to be read; then it is reported without them. */
const patienceMs = 1_000;

/** Keeps the facts about the cluster up to date: each is made anew when something it is made of changes. */
export class Observer {
  private readonly pods: PodReader;
  /** How many Pods were left when they were last looked through. */
  private podsAlive = 0;
  /** Services with Pods that are not read yet, and since when. */
  private readonly held = new Map<string, number>();
  private heldTimer: NodeJS.Timeout | undefined;
  /** Until the facts are complete: services to be reported since policies or settings changed. */
  private readonly unreported = new Set<string>();
  private isComplete = false;
  private readonly dirty = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private kubernetesVersion = '';
  private isClusterDirty = true;
  private isStarted = false;
  private stopped = false;

  constructor(private readonly settings: ObserverSettings) {
    const { kube, log } = settings;
    this.pods = new PodReader({ kube, log, onRead: (service) => this.mark(service) });
  }

  /**
   * Until the cluster has been read, keeps the one fact up to date that says what may not be. It
   * makes no other: what is not read yet is not gone.
   */
  async tellForbidden(): Promise<void> {
    const { cluster, facts, kube } = this.settings;
    this.kubernetesVersion = await kube.version();
    const tell = (): void => {
      if (this.isStarted || this.stopped) return;
      facts.set('Cluster', 'cluster', this.clusterFact());
    };
    cluster.onForbiddenChange(tell);
    tell();
  }

  /**
   * Follows changes, and makes all facts but those that wait for Pods. Call it when the cluster
   * has been read.
   */
  async start(): Promise<void> {
    const { cluster, book, kube } = this.settings;
    this.kubernetesVersion = await kube.version();
    this.isStarted = true;
    cluster.onForbiddenChange(() => this.clusterChanged());
    cluster.slices.onChange(({ before, now }) => {
      for (const slice of [before, now]) if (slice) this.mark(serviceOf(slice));
    });
    cluster.services.onChange(({ before, now }) => {
      const service = now ?? before;
      if (!service) return;
      this.mark(keyOf(service));
      this.reportGateway(service);
      if (this.isIstiod(before) || this.isIstiod(now)) this.clusterChanged();
    });
    cluster.namespaces.onChange(({ before, now }) => {
      this.clusterChanged();
      const name = (now ?? before)?.metadata.name;
      // A policy may select it now, or no longer.
      if (JSON.stringify(before?.metadata.labels) === JSON.stringify(now?.metadata.labels)) return;
      for (const service of cluster.services.values()) {
        if (service.metadata.namespace === name) this.mark(keyOf(service));
      }
    });
    cluster.onKind((name, informer) => {
      this.clusterChanged();
      if (name === 'ServiceExport') {
        informer.onChange(({ before, now }) => {
          const exported = now ?? before;
          // Its status is written by ourselves, and is none of the fact's business.
          if (exported && !(before && now)) this.mark(keyOf(exported));
        });
      }
      if (name === 'IstioGateway') informer.onChange(() => this.clusterChanged());
    });
    book.onChange((type) => {
      if (type === 'ExportPolicy') this.markAll();
      if (type === 'ClusterSettings') {
        this.markAll();
        this.clusterChanged();
      }
    });
    for (const service of cluster.services.values()) this.reportGateway(service);
    this.markAll();
    this.flush();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.heldTimer);
    this.pods.stop();
  }

  private markAll(): void {
    const { cluster, facts } = this.settings;
    for (const service of cluster.services.values()) this.mark(keyOf(service));
    for (const exported of cluster.serviceExports()) this.mark(keyOf(exported));
    for (const name of facts.names('ExportedService')) this.mark(name);
    if (this.isComplete) return;
    for (const service of this.dirty) this.unreported.add(service);
  }

  private mark(service: string): void {
    this.dirty.add(service);
    this.schedule();
  }

  private clusterChanged(): void {
    this.isClusterDirty = true;
    this.schedule();
  }

  private schedule(): void {
    if (this.stopped || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.flush();
    }, debounceMs);
  }

  private flush(): void {
    const { book, facts } = this.settings;
    if (this.isClusterDirty) {
      this.isClusterDirty = false;
      facts.set('Cluster', 'cluster', this.clusterFact());
    }
    const services = [...this.dirty];
    this.dirty.clear();
    for (const service of services) this.report(service);
    if (this.pods.size > this.podsAlive * 2 + 1_000) this.forgetPods();
    if (this.isComplete || this.unreported.size > 0) return;
    this.isComplete = book.isWhole('ExportPolicy') && book.isWhole('ClusterSettings');
    if (this.isComplete) facts.complete('ExportedService');
  }

  private report(service: string): void {
    const { cluster, facts, book } = this.settings;
    const exportedBy = this.exportedBy(service);
    if (exportedBy === undefined) {
      this.held.delete(service);
      this.unreported.delete(service);
      if (facts.get('ExportedService', service)) facts.delete('ExportedService', service);
      return;
    }
    const slices = cluster.slicesOf(service);
    const unread = readyPods(slices).filter(({ uid }) => !this.pods.get(uid));
    if (unread.length === 0) this.held.delete(service);
    else if (this.hold(service, unread)) return;
    this.unreported.delete(service);
    const [namespace = '', name = ''] = service.split('/');
    const fact = exportedServiceFact({
      namespace,
      name,
      exportedBy,
      service: cluster.services.get(namespace, name),
      slices,
      locality: book.get('ClusterSettings', 'settings')?.value.locality ?? '',
      podOf: (uid) => this.pods.get(uid),
    });
    if (unread.length > 0 && fact.refusedReason === '' && fact.groups.length === 0) {
      // Pods are there: endpoints of a moment ago are nearer to the truth than none.
      if (facts.get('ExportedService', service)?.groups.length) return;
    }
    facts.set('ExportedService', service, fact);
  }

  /**
   * Has Pods read. A fact does without those it does not know, since with a wrong account requests
   * would fail; but it waits a moment for them, and the first one, which the hub may have had with
   * them, for all.
   * @returns whether it has to wait.
   */
  private hold(service: string, unread: readonly PodRef[]): boolean {
    this.pods.read(service, unread);
    const since = this.held.get(service) ?? Date.now();
    this.held.set(service, since);
    this.heldTimer ??= setTimeout(() => {
      this.heldTimer = undefined;
      for (const waiting of this.held.keys()) this.mark(waiting);
    }, patienceMs);
    return this.unreported.has(service) || Date.now() < since + patienceMs;
  }

  /** What exports a service: a ServiceExport, else the first policy by name that selects it. */
  private exportedBy(service: string): string | undefined {
    const { cluster, book } = this.settings;
    const [namespace = '', name = ''] = service.split('/');
    if (cluster.serviceExport(namespace, name)) return 'ServiceExport';
    const found = cluster.services.get(namespace, name);
    if (!found || isOurs(found) || this.isBeyondPolicies(namespace, name)) return undefined;
    const policies = [...book.entries('ExportPolicy')].sort(([a], [b]) => (a < b ? -1 : 1));
    const labels = cluster.namespaces.get(undefined, namespace)?.metadata.labels;
    const selects = (
      selector: LabelSelector | undefined,
      of: Record<string, string> | undefined,
    ): boolean => matches(selector ?? { matchLabels: {}, matchExpressions: [] }, of);
    return policies.find(
      ([, { value }]) =>
        selects(value.namespaceSelector, labels) &&
        selects(value.serviceSelector, found.metadata.labels),
    )?.[0];
  }

  /** What a policy never exports, however widely it selects: the cluster's own machinery. */
  private isBeyondPolicies(namespace: string, name: string): boolean {
    const { ownNamespace, istioNamespace } = this.settings;
    return (
      ['kube-system', ownNamespace, istioNamespace].includes(namespace) ||
      (namespace === 'default' && name === 'kubernetes')
    );
  }

  /** Forgets the Pods that are behind no endpoint any more. */
  private forgetPods(): void {
    const { cluster } = this.settings;
    const alive = new Set<string>();
    for (const service of cluster.servicesWithSlices()) {
      for (const { uid } of readyPods(cluster.slicesOf(service))) alive.add(uid);
    }
    this.pods.keepOnly(alive);
    this.podsAlive = this.pods.size;
  }

  private reportGateway(service: Service): void {
    const { cluster, facts } = this.settings;
    const key = keyOf(service);
    const { namespace = '', name } = service.metadata;
    const fact = cluster.gateway(namespace, name);
    if (fact) facts.set('Gateway', key, fact);
    else if (facts.get('Gateway', key)) facts.delete('Gateway', key);
  }

  private clusterFact(): ClusterFact {
    const { cluster, istioNamespace, agentVersion } = this.settings;
    const { namespaces } = cluster;
    const observedNetwork =
      namespaces.get(undefined, istioNamespace)?.metadata.labels?.[networkLabel] ?? '';
    const capabilities: string[] = [];
    if (cluster.kind('Gateway')) capabilities.push('gateway-api');
    if (this.settings.managesIstio) capabilities.push('istio-management');
    if (cluster.kind('WorkloadEntry') && cluster.kind('ServiceEntry'))
      capabilities.push('istio-crds');
    if (cluster.kind('ServiceExport') && cluster.kind('ServiceImport'))
      capabilities.push('mcs-api');
    if (this.settings.upgradesItself) capabilities.push('self-upgrade');
    return {
      kubernetesVersion: this.kubernetesVersion,
      agentVersion,
      observedNetwork,
      capabilities,
      dataPlaneMode: dataPlaneMode(namespaces.values()),
      conditions: this.conditions(observedNetwork),
      istioVersions: this.istioVersions(),
    };
  }

  private isIstiod(service: Service | undefined): boolean {
    return (
      service?.metadata.namespace === this.settings.istioNamespace &&
      service.metadata.labels?.app === 'istiod'
    );
  }

  /** As istiod's Services are labelled: one for each revision. */
  private istioVersions(): string[] {
    const { cluster, istioNamespace } = this.settings;
    const versions = new Set<string>();
    for (const service of cluster.servicesIn(istioNamespace)) {
      const version = service.metadata.labels?.[versionLabel];
      if (this.isIstiod(service) && version) versions.add(version);
    }
    return [...versions].sort();
  }

  private conditions(observed: string): Condition[] {
    const { cluster, book, istioNamespace } = this.settings;
    const conditions: Condition[] = [];
    const add = (type: string, reason: string, message: string): void => {
      conditions.push({ type, status: 'True', reason, message });
    };
    const network = book.get('ClusterSettings', 'settings')?.value.network ?? '';
    const forbidden = cluster.forbidden();
    if (forbidden.length > 0) {
      const message = `the agent may not ${forbidden.join('; ')}`.slice(0, mostMessage);
      conditions.push({ type: 'Permitted', status: 'False', reason: 'Forbidden', message });
    }
    if (cluster.namespaces.isSynced && !cluster.namespaces.get(undefined, istioNamespace)) {
      add(
        'IstioMissing',
        'NamespaceNotFound',
        `there is no namespace ${istioNamespace}; install Istio`,
      );
    }
    if (observed !== '' && network !== '' && observed !== network) {
      add(
        'NetworkMismatch',
        'LabelDiffers',
        `namespace ${istioNamespace} is labelled ${networkLabel}=${observed}, but the cluster was registered in network ${network}; change one of them`,
      );
    }
    if (dataPlaneMode(cluster.namespaces.values()) === 'ambient') {
      add(
        'DataPlaneUnsupported',
        'Ambient',
        'ambient mode reaches other networks by other means than sidecars; Isthmus does not support it yet',
      );
    }
    for (const gateway of cluster.istioGateways()) {
      const isOpen = gateway.spec?.servers?.some(
        ({ tls, hosts }) =>
          tls?.mode === 'AUTO_PASSTHROUGH' && hosts?.some((host) => host.includes('*')),
      );
      if (!isOpen || isOurs(gateway)) continue;
      const name = keyOf(gateway);
      add(
        'WildcardExposure',
        'GatewayOpen',
        `Gateway ${name} passes every service on to other networks, exported or not; delete it`,
      );
      break;
    }
    return conditions;
  }
}

/** `ambient` only where no namespace has sidecars: those work, whatever else there is. */
function dataPlaneMode(namespaces: Iterable<Namespace>): string {
  let mode = '';
  for (const { metadata } of namespaces) {
    const { labels = {} } = metadata;
    if (labels['istio-injection'] === 'enabled' || labels['istio.io/rev']) return 'sidecar';
    if (labels['istio.io/dataplane-mode'] === 'ambient') mode = 'ambient';
  }
  return mode;
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
