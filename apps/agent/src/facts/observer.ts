import type { ClusterFact, Condition, LabelSelector } from '@isthmus/contracts';
import type { Logger } from 'pino';
import { networkLabel } from '../appliers/peer.js';
import { type ClusterState, serviceOf } from '../cluster/state.js';
import type { IntentBook } from '../intents/book.js';
import type { Kube } from '../kube/client.js';
import { Core, type KubeObject, type Namespace, type Pod, type Service } from '../kube/kinds.js';
import { isOurs } from '../kube/ownership.js';
import type { FactBoard } from './board.js';
import { exportedServiceFact, readyPods } from './exports.js';
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
}

/** Endpoints come and go in bursts: so long they are waited for, in ms. */
const debounceMs = 10;
const podReads = 8;
const podRetryMs = 1_000;

/** Keeps the facts about the cluster up to date: each is made anew when something it is made of changes. */
export class Observer {
  /** Service account by Pod UID, of Pods behind exported services. */
  private readonly accounts = new Map<string, string>();
  /** How many were left when they were last looked through. */
  private accountsAlive = 0;
  private readonly dirty = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();
  private kubernetesVersion = '';
  private isClusterDirty = true;
  private stopped = false;

  constructor(private readonly settings: ObserverSettings) {}

  /** Makes all facts, then follows changes. Call it when the cluster has been read. */
  async start(): Promise<void> {
    const { cluster, book, kube } = this.settings;
    this.kubernetesVersion = await kube.version();
    cluster.slices.onChange(({ before, now }) => {
      for (const slice of [before, now]) if (slice) this.mark(serviceOf(slice));
    });
    cluster.services.onChange(({ before, now }) => {
      const service = now ?? before;
      if (!service) return;
      this.mark(keyOf(service));
      this.reportGateway(service);
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
    await this.flush();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.flushing;
    clearTimeout(this.retry);
  }

  private markAll(): void {
    const { cluster, facts } = this.settings;
    for (const service of cluster.services.values()) this.mark(keyOf(service));
    for (const exported of cluster.serviceExports()) this.mark(keyOf(exported));
    for (const name of facts.names('ExportedService')) this.mark(name);
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
      void this.flush();
    }, debounceMs);
  }

  /** One at a time; what changes meanwhile comes next. */
  private flush(): Promise<void> {
    this.flushing = this.flushing.then(() => this.reportDirty());
    return this.flushing;
  }

  private async reportDirty(): Promise<void> {
    if (this.stopped) return;
    if (this.isClusterDirty) {
      this.isClusterDirty = false;
      this.settings.facts.set('Cluster', 'cluster', this.clusterFact());
    }
    const services = [...this.dirty];
    this.dirty.clear();
    const exported = services.map((service) => [service, this.exportedBy(service)] as const);
    const unread = await this.readAccounts(
      exported.flatMap(([service, by]) => (by === undefined ? [] : service)),
    );
    for (const [service, exportedBy] of exported) {
      if (!unread.has(service)) this.report(service, exportedBy);
    }
    if (unread.size === 0 || this.stopped) return;
    this.retry = setTimeout(() => {
      for (const service of unread) this.mark(service);
    }, podRetryMs);
  }

  private report(service: string, exportedBy: string | undefined): void {
    const { cluster, facts, book } = this.settings;
    if (exportedBy === undefined) {
      if (facts.get('ExportedService', service)) facts.delete('ExportedService', service);
      return;
    }
    const [namespace = '', name = ''] = service.split('/');
    facts.set(
      'ExportedService',
      service,
      exportedServiceFact({
        namespace,
        name,
        exportedBy,
        service: cluster.services.get(namespace, name),
        slices: cluster.slicesOf(service),
        locality: book.get('ClusterSettings', 'settings')?.value.locality ?? '',
        accountOf: (uid) => this.accounts.get(uid) ?? 'default',
      }),
    );
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

  /**
   * Reads the service accounts of Pods that are not known yet; each Pod once in its life.
   * @returns services with a Pod that could not be read: their fact has to wait, since a wrong
   * account in it would let requests fail.
   */
  private async readAccounts(services: readonly string[]): Promise<Set<string>> {
    const { cluster } = this.settings;
    const pods = services.flatMap((service) =>
      readyPods(cluster.slicesOf(service)).map((pod) => ({ ...pod, service })),
    );
    const unknown = pods.filter(({ uid }) => !this.accounts.has(uid));
    const unread = new Set<string>();
    const rest = unknown[Symbol.iterator]();
    const read = async (): Promise<void> => {
      for (const { namespace, name, uid, service } of rest) {
        try {
          const pod = await this.settings.kube.get<Pod>(Core.Pod, { namespace, name });
          // One that is gone, or has been replaced, leaves the slice in a moment.
          const account = pod?.metadata.uid === uid ? pod.spec?.serviceAccountName : undefined;
          this.accounts.set(uid, account ?? 'default');
        } catch (error) {
          unread.add(service);
          this.settings.log.warn(
            { err: error, pod: `${namespace}/${name}` },
            'pod could not be read',
          );
        }
      }
    };
    await Promise.all(Array.from({ length: podReads }, read));
    if (this.accounts.size > this.accountsAlive * 2 + 1_000) this.forgetAccounts();
    return unread;
  }

  /** Forgets the Pods that are behind no endpoint any more. */
  private forgetAccounts(): void {
    const { cluster } = this.settings;
    const alive = new Set<string>();
    for (const service of cluster.servicesWithSlices()) {
      for (const { uid } of readyPods(cluster.slicesOf(service))) alive.add(uid);
    }
    for (const uid of this.accounts.keys()) if (!alive.has(uid)) this.accounts.delete(uid);
    this.accountsAlive = this.accounts.size;
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
    if (cluster.kind('WorkloadEntry') && cluster.kind('ServiceEntry'))
      capabilities.push('istio-crds');
    if (cluster.kind('ServiceExport') && cluster.kind('ServiceImport'))
      capabilities.push('mcs-api');
    return {
      kubernetesVersion: this.kubernetesVersion,
      agentVersion,
      observedNetwork,
      capabilities,
      dataPlaneMode: dataPlaneMode(namespaces.values()),
      conditions: this.conditions(observedNetwork),
    };
  }

  private conditions(observed: string): Condition[] {
    const { cluster, book, istioNamespace } = this.settings;
    const conditions: Condition[] = [];
    const add = (type: string, reason: string, message: string): void => {
      conditions.push({ type, status: 'True', reason, message });
    };
    const network = book.get('ClusterSettings', 'settings')?.value.network ?? '';
    if (!cluster.namespaces.get(undefined, istioNamespace)) {
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
