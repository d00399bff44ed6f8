import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayFact } from '@isthmus/contracts';
import { messageOf } from '@isthmus/kernel';
import type { Logger } from 'pino';
import type { View } from '../appliers/plan.js';
import { cacertsName } from '../appliers/trust.js';
import { gatewayFact } from '../facts/gateways.js';
import type { IntentBook } from '../intents/book.js';
import type { Kube, Scope } from '../kube/client.js';
import { type Change, Informer } from '../kube/informer.js';
import {
  type Conditioned,
  Core,
  type EndpointSlice,
  type IstioGateway,
  type Kind,
  type KubeObject,
  kindId,
  type Namespace,
  Optional,
  type OptionalName,
  type Secret,
  type Service,
} from '../kube/kinds.js';
import { Marks } from '../kube/ownership.js';

export interface ClusterStateSettings {
  readonly kube: Kube;
  readonly log: Logger;
  readonly istioNamespace: string;
  /** How often kinds whose CRDs are missing are asked for again, in ms. */
  readonly discoveryMs: number;
  /** How often hostnames of remote gateways are resolved again, in ms. */
  readonly resolveMs: number;
}

const ours: Scope = { labelSelector: Marks.intent };
/** Of the kinds that may be missing: what is read of them. */
const scopeOf = (name: OptionalName): Scope =>
  name === 'IstioGateway' || name === 'ServiceExport' ? {} : ours;
/** Federation cannot do without those; of the others a chart may grant none. */
const mayBeWithheld = (name: OptionalName): boolean => name.includes('.');

/** What the agent knows of its cluster, kept up to date by watches. */
export class ClusterState {
  readonly namespaces: Informer<Namespace>;
  readonly services: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  readonly cacerts: Informer<Secret>;
  private readonly optional = new Map<OptionalName, Informer<KubeObject>>();
  private readonly byKind = new Map<string, Informer<KubeObject>>();
  /** Hostnames that were asked for, and whether they resolve as far as that is known. */
  private readonly asked = new Set<string>();
  private readonly resolved = new Map<string, boolean>();
  /** Slices by `namespace/service`, then by name: they name their service in a label. */
  private readonly slicesByService = new Map<string, Map<string, EndpointSlice>>();
  /** Services by namespace, then by name. */
  private readonly servicesByNamespace = new Map<string, Map<string, Service>>();
  private readonly gatewaysByName = new Map<string, GatewayFact>();
  private readonly kindListeners: ((name: OptionalName, informer: Informer<KubeObject>) => void)[] =
    [];
  private readonly resolveListeners: (() => void)[] = [];
  private readonly forbiddenListeners: (() => void)[] = [];
  private readonly stopping = new AbortController();
  private loops: Promise<void>[] = [];

  constructor(private readonly settings: ClusterStateSettings) {
    const { kube, log, istioNamespace } = settings;
    const { onForbidden } = this;
    this.namespaces = new Informer(kube, Core.Namespace, log, { onForbidden });
    this.services = new Informer(kube, Core.Service, log, { onForbidden });
    this.slices = new Informer(kube, Core.EndpointSlice, log, {
      onForbidden,
      trim: ({ metadata: { managedFields: _unused, ...metadata }, ...slice }) => ({
        ...slice,
        metadata,
      }),
    });
    // By name: the agent may read this one Secret of the namespace, and no other.
    const scope = { namespace: istioNamespace, fieldSelector: `metadata.name=${cacertsName}` };
    this.cacerts = new Informer(kube, Core.Secret, log, { scope, onForbidden });
    for (const informer of this.core()) this.byKind.set(kindId(informer.kind), informer);
    // From the first list on: whoever asks later finds everything.
    this.services.onChange((change) => {
      this.noteService(change);
      this.noteGateway(change);
    });
    this.slices.onChange((change) => this.noteSlice(change));
  }

  /** Starts the watches. @returns once all that the cluster has was read, or it is stopped; retries until then. */
  async start(): Promise<void> {
    for (const informer of this.core()) informer.start();
    await this.untilSynced(this.core());
    while (!(await this.discover()) && !this.stopping.signal.aborted) await this.pause(1_000);
    await this.untilSynced([...this.optional.values()]);
    if (this.stopping.signal.aborted) return;
    this.loops = [
      this.every(this.settings.discoveryMs, () => this.discover()),
      this.every(this.settings.resolveMs, () => this.resolveAll()),
    ];
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(
      [...this.core(), ...this.optional.values()].map((informer) => informer.stop()),
    );
    await Promise.all(this.loops);
  }

  /** Calls for every optional kind that is there, and for those that come later. */
  onKind(listener: (name: OptionalName, informer: Informer<KubeObject>) => void): void {
    this.kindListeners.push(listener);
    for (const [name, informer] of this.optional) listener(name, informer);
  }

  /** A hostname began or ceased to resolve. */
  onResolved(listener: () => void): void {
    this.resolveListeners.push(listener);
  }

  /** What is to be read and may not be, each with the verb and in the API server's words. */
  forbidden(): string[] {
    return [...this.core(), ...this.optional.values()]
      .flatMap(({ forbidden }) => forbidden ?? [])
      .sort();
  }

  /** What `forbidden` answers has changed. */
  onForbiddenChange(listener: () => void): void {
    this.forbiddenListeners.push(listener);
  }

  informer(kind: Kind): Informer<KubeObject> | undefined {
    return this.byKind.get(kindId(kind));
  }

  kind(name: OptionalName): Kind | undefined {
    return this.optional.get(name)?.kind;
  }

  /** East-west gateways, sorted by namespace and name. */
  gateways(): GatewayFact[] {
    return [...this.gatewaysByName.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, fact]) => fact);
  }

  gateway(namespace: string, name: string): GatewayFact | undefined {
    return this.gatewaysByName.get(`${namespace}/${name}`);
  }

  /** Endpoints of a service. @param service `namespace/name` */
  slicesOf(service: string): EndpointSlice[] {
    return [...(this.slicesByService.get(service)?.values() ?? [])];
  }

  servicesIn(namespace: string): Iterable<Service> {
    return this.servicesByNamespace.get(namespace)?.values() ?? [];
  }

  /** `namespace/name` of all services that have endpoints. */
  servicesWithSlices(): Iterable<string> {
    return this.slicesByService.keys();
  }

  /** Gateways of `networking.istio.io`, of anybody. */
  istioGateways(): Iterable<IstioGateway> {
    return this.optional.get('IstioGateway')?.values() ?? [];
  }

  serviceExport(namespace: string, name: string): Conditioned | undefined {
    return this.optional.get('ServiceExport')?.get(namespace, name);
  }

  serviceExports(): Iterable<KubeObject> {
    return this.optional.get('ServiceExport')?.values() ?? [];
  }

  /** What appliers see: this cluster, the intents, and who we are. */
  view(
    book: IntentBook,
    clusterId: string,
    signingKey: (keyId: string) => string | undefined,
  ): View {
    const { istioNamespace } = this.settings;
    return {
      istioNamespace,
      clusterId,
      get settings() {
        return book.get('ClusterSettings', 'settings')?.value;
      },
      get trust() {
        return book.get('TrustBundle', 'trust')?.value;
      },
      get now() {
        return new Date();
      },
      namespace: (name) => this.namespaces.get(undefined, name),
      service: (namespace, name) => this.services.get(namespace, name),
      servicesIn: (namespace) => this.servicesIn(namespace),
      serviceExport: (namespace, name) => this.serviceExport(namespace, name),
      importOf: (namespace, name) => book.get('Import', `${namespace}/${name}`)?.value,
      peer: (network) => book.get('Peer', network)?.value,
      gateways: () => this.gateways(),
      kind: (name) => this.kind(name),
      signingKey,
      resolves: (hostname) => this.resolves(hostname),
    };
  }

  /** Asks for a hostname the first time, and from time to time then. */
  private resolves(hostname: string): boolean | undefined {
    const known = this.resolved.get(hostname);
    if (known === undefined && !this.asked.has(hostname)) {
      this.asked.add(hostname);
      void this.resolve(hostname);
    }
    return known;
  }

  private async resolveAll(): Promise<void> {
    await Promise.all([...this.asked].map((hostname) => this.resolve(hostname)));
  }

  private async resolve(hostname: string): Promise<void> {
    const isThere = await lookup(hostname).then(
      () => true,
      () => false,
    );
    if (this.resolved.get(hostname) === isThere) return;
    this.resolved.set(hostname, isThere);
    for (const listener of this.resolveListeners) listener();
  }

  private readonly onForbidden = (): void => {
    for (const listener of this.forbiddenListeners) listener();
  };

  private core(): Informer<KubeObject>[] {
    return [
      this.namespaces,
      this.services,
      this.slices,
      this.cacerts,
    ] as unknown as Informer<KubeObject>[];
  }

  private async untilSynced(informers: readonly Informer<KubeObject>[]): Promise<void> {
    const { signal } = this.stopping;
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.all(informers.map(({ synced }) => synced)), stopped]);
  }

  /** Looks for kinds that are not there yet. @returns whether the server could be asked. */
  private async discover(): Promise<boolean> {
    const { kube, log } = this.settings;
    const seen = new Map<string, readonly string[]>();
    for (const [name, versions] of Optional) {
      if (this.optional.has(name)) continue;
      try {
        const kind = await kube.served(versions, seen);
        if (!kind || (mayBeWithheld(name) && !(await kube.mayList(kind)))) continue;
        const { onForbidden } = this;
        const scope = scopeOf(name);
        const informer = new Informer<KubeObject>(kube, kind, log, { scope, onForbidden });
        this.optional.set(name, informer);
        this.byKind.set(kindId(kind), informer);
        for (const listener of this.kindListeners) listener(name, informer);
        informer.start();
      } catch (error) {
        log.debug({ kind: name, problem: messageOf(error) }, 'discovery failed');
        return false;
      }
    }
    return true;
  }

  private noteService({ before, now }: Change<Service>): void {
    const { namespace = '', name } = (now ?? before)?.metadata ?? {};
    if (name === undefined) return;
    const services = this.servicesByNamespace.get(namespace) ?? new Map<string, Service>();
    if (now) services.set(name, now);
    else services.delete(name);
    if (services.size > 0) this.servicesByNamespace.set(namespace, services);
    else this.servicesByNamespace.delete(namespace);
  }

  private noteGateway({ before, now }: Change<Service>): void {
    const service = now ?? before;
    if (!service) return;
    const key = `${service.metadata.namespace}/${service.metadata.name}`;
    const fact = now && gatewayFact(now);
    if (fact) this.gatewaysByName.set(key, fact);
    else this.gatewaysByName.delete(key);
  }

  private noteSlice({ before, now }: Change<EndpointSlice>): void {
    if (before) {
      const service = serviceOf(before);
      const slices = this.slicesByService.get(service);
      slices?.delete(before.metadata.name);
      if (slices?.size === 0) this.slicesByService.delete(service);
    }
    if (!now) return;
    const service = serviceOf(now);
    const slices = this.slicesByService.get(service) ?? new Map<string, EndpointSlice>();
    slices.set(now.metadata.name, now);
    this.slicesByService.set(service, slices);
  }

  private async every(milliseconds: number, run: () => Promise<unknown>): Promise<void> {
    while (await this.pause(milliseconds)) await run();
  }

  /** @returns false when it is being stopped. */
  private async pause(milliseconds: number): Promise<boolean> {
    const { signal } = this.stopping;
    await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
    return !signal.aborted;
  }
}

/** `namespace/name` of the service that a slice is of. */
export function serviceOf({ metadata }: EndpointSlice): string {
  return `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name'] ?? ''}`;
}
