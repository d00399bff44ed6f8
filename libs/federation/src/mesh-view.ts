import { Facts, Intents } from '@isthmus/contracts';
import { databaseNow, notFound } from '@isthmus/fleet';
import { IsthmusError } from '@isthmus/kernel';
import type { Database } from '@isthmus/platform';
import { projectConfiguration } from '@isthmus/releases';
import { ResourceSet } from '@isthmus/sync';
import { HostJudge } from './hosts.js';
import { hostsAffected } from './impact.js';
import {
  type FactRow,
  loadFacts,
  loadSettings,
  type ReleaseSource,
  type TrustSource,
  type UpgradeSource,
} from './mesh-loader.js';
import { MeshRows } from './mesh-rows.js';
import { type ClusterSettings, isStale, type MeshSettings } from './mesh-state.js';
import {
  endpointsName,
  type Finding,
  findProblems,
  type IntentType,
  type ProjectedHost,
  projectCluster,
  projectExposure,
  projectHost,
  projectMeshWide,
  projectPeer,
  requestBodies,
} from './projection.js';

/** How long a withdrawal is remembered, here and in the database. */
export const tombstoneLifeMs = 30 * 24 * 3_600_000;

const pruneEveryMs = 3_600_000;

export interface MeshViewSettings {
  readonly organizationId: string;
  readonly meshId: string;
  readonly database: Database;
  readonly trust: TrustSource;
  readonly releases: ReleaseSource;
  readonly upgrades: UpgradeSource;
}

/** One type's set among those of a scope. */
type Sets = ReadonlyMap<string, ResourceSet>;

/** What a host has come to, as far as is needed to take it back. */
interface HostTrace {
  /** Networks, by the exporter's cluster id. */
  readonly endpoints: ReadonlyMap<string, string>;
  readonly statuses: readonly string[];
  readonly exposers: readonly string[];
}

const nothing: HostTrace = { endpoints: new Map(), statuses: [], exposers: [] };

interface Loaded {
  readonly revision: bigint;
  readonly settingsRevision: bigint;
  /** Undefined if they have not moved. */
  readonly settings: MeshSettings | undefined;
  readonly facts: readonly FactRow[];
  /** The database is older than this view: a backup was restored. */
  readonly restored: boolean;
}

/**
 * A mesh as a hub sees it: its facts and settings in memory, and the intents that follow
 * from them in sets that connections read. Clusters share the sets of what is the same for
 * them. A change costs what it touches: one fact, one host.
 *
 * Not for several threads, but any method may be called while another one waits.
 */
export class MeshView {
  /** -1 until the first refresh. */
  #revision = -1n;
  #settingsRevision = -1n;
  #settings: MeshSettings | undefined;
  #judge = new HostJudge({ clusters: new Map(), grants: [] });
  #rows = new MeshRows();
  readonly #traces = new Map<string, HostTrace>();
  /** Hosts by the id of the cluster whose gateways serve them. */
  readonly #exposed = new Map<string, Set<string>>();

  readonly #mesh = setsOf(Intents.TrustBundle, Intents.ExportPolicy, Intents.Import, Intents.Peer);
  readonly #networks = new Map<string, Sets>();
  readonly #clusters = new Map<string, Sets>();
  /** What the configuration of each cluster was projected from. */
  readonly #configured = new Map<string, string>();
  readonly #together = new Map<string, { readonly network: string; readonly sets: Sets }>();

  #restores = 0;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #prunedAt = 0;

  constructor(private readonly own: MeshViewSettings) {}

  /** The revision of the mesh that the sets show; -1 until the first refresh. */
  get revision(): bigint {
    return this.#revision;
  }

  /** The revision at which the settings that the sets show last changed; -1 until then. */
  get settingsRevision(): bigint {
    return this.#settingsRevision;
  }

  /** How often the database turned out to be older than this view. */
  get restores(): number {
    return this.#restores;
  }

  /**
   * Catches up with the database. Calls while one is under way share the next: what they
   * were called for is in it.
   *
   * @throws NOT_FOUND when the mesh is gone; whatever the database throws. The sets then
   *   stay as they are, and the next call tries again.
   */
  refresh(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#refreshOnce().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.refresh();
      });
    return this.#next;
  }

  /**
   * The sets of intents for one cluster, by type URL. The same map for as long as the
   * cluster stays in its network: another one means that its connection should begin anew.
   *
   * @throws NOT_FOUND for a cluster that this view does not know, or that is removed;
   *   refresh first.
   */
  setsFor(clusterId: string): Sets {
    const cluster = this.#judge.cluster(clusterId);
    const own = this.#clusters.get(clusterId);
    const neighbours = cluster && this.#networks.get(cluster.network);
    if (!cluster || !own || !neighbours) throw notFound('cluster');
    const known = this.#together.get(clusterId);
    if (known?.network === cluster.network) return known.sets;
    const sets = new Map([...this.#mesh, ...neighbours, ...own]);
    this.#together.set(clusterId, { network: cluster.network, sets });
    return sets;
  }

  /**
   * Whether it is known why an intent that an agent has is no longer there: an exporter
   * withdrew it, was refused or was removed. Rows that merely vanished explain nothing.
   */
  explain(typeUrl: string, name: string): boolean {
    switch (typeUrl) {
      case Intents.Import.typeUrl:
      case Intents.ExportStatus.typeUrl:
        return this.#rows.exports.has(name);
      case Intents.Endpoints.typeUrl: {
        const [clusterId = '', ...host] = name.split('/');
        return (
          this.#settings?.clusters.get(clusterId)?.removed === true ||
          this.#rows.exports.get(host.join('/'))?.has(clusterId) === true
        );
      }
      case Intents.Peer.typeUrl:
        return [...(this.#settings?.clusters.values() ?? [])].some(
          ({ id, network, removed }) =>
            network === name && (removed || (this.#rows.gateways.get(id)?.size ?? 0) > 0),
        );
      // Nothing but settings decides on these, and a view that is loaded has all of them.
      case Intents.Release.typeUrl:
      case Intents.Configuration.typeUrl:
      case Intents.Trial.typeUrl:
      case Intents.Inventory.typeUrl:
      case Intents.Istio.typeUrl:
      case Intents.Agent.typeUrl:
        return true;
      default:
        return false;
    }
  }

  /** What people should know of this mesh. */
  findings(): Finding[] {
    return findProblems(this.#judge, this.#rows.exporters(), this.#rows);
  }

  /**
   * Marks what exporters out of contact offer as stale, and unmarks it when they are back.
   * To be called every few seconds; a view that was never refreshed has nothing to mark.
   *
   * @param at the time to judge by; the database's, by which contacts are recorded, unless said.
   */
  async staleness(at?: Date): Promise<void> {
    const { database, organizationId, meshId } = this.own;
    const { contacts, now } = await database.withOrganization(organizationId, async (tx) => ({
      contacts: await tx.cluster.findMany({
        where: { meshId, removedAt: null },
        select: { id: true, lastContactAt: true },
      }),
      now: at ?? (await databaseNow(tx)),
    }));
    const settings = this.#settings;
    if (!settings) return;
    if (now.getTime() - this.#prunedAt > pruneEveryMs) {
      this.#prunedAt = now.getTime();
      this.#rows.prune(new Date(now.getTime() - tombstoneLifeMs));
    }
    const clusters = new Map(settings.clusters);
    let moved = false;
    for (const { id, lastContactAt } of contacts) {
      const cluster = clusters.get(id);
      const stale = isStale(lastContactAt, now);
      if (!cluster || cluster.stale === stale) continue;
      clusters.set(id, { ...cluster, stale });
      moved = true;
    }
    if (moved) this.#projectHosts(this.#adopt({ ...settings, clusters }), false);
  }

  async #refreshOnce(): Promise<void> {
    const loaded = await this.#load();
    if (!loaded) return;
    // Only now, and in one go: whoever reads the sets never sees half a change.
    if (loaded.restored) {
      this.#rows = new MeshRows();
      this.#restores += 1;
    }
    const hosts = new Set(loaded.restored ? this.#traces.keys() : []);
    const networks = new Set<string>();
    for (const row of loaded.facts) {
      this.#rows.put(row);
      if (row.type === Facts.ExportedService.name) hosts.add(row.name);
      const cluster = this.#judge.cluster(row.clusterId);
      if (row.type === Facts.Gateway.name && cluster) networks.add(cluster.network);
    }
    const isDecided = loaded.settings !== undefined && !loaded.restored;
    if (loaded.settings) {
      for (const host of this.#adopt(loaded.settings)) hosts.add(host);
      this.#projectSettings(isDecided);
    } else {
      for (const network of networks) this.#projectPeer(network, isDecided);
    }
    this.#projectHosts(hosts, isDecided);
    this.#revision = loaded.revision;
    this.#settingsRevision = loaded.settingsRevision;
  }

  async #load(): Promise<Loaded | undefined> {
    const { database, organizationId, meshId, trust, releases, upgrades } = this.own;
    return database.withOrganization(organizationId, async (tx) => {
      // Before the rest: what it counts is committed, and what comes after is read again.
      const mark = await tx.meshClock.findFirst({ where: { meshId, organizationId } });
      if (!mark) throw notFound('mesh');
      const restored = mark.revision < this.#revision;
      if (mark.revision === this.#revision) return undefined;
      const isSettled = mark.settings === this.#settingsRevision && !restored;
      return {
        revision: mark.revision,
        settingsRevision: mark.settings,
        settings: isSettled
          ? undefined
          : await loadSettings(tx, { trust, releases, upgrades }, meshId),
        facts: await loadFacts(tx, meshId, restored ? -1n : this.#revision),
        restored,
      };
    });
  }

  /** Takes other settings. @returns the hosts that they may change. */
  #adopt(settings: MeshSettings): Set<string> {
    const hosts = this.#settings
      ? hostsAffected(this.#settings, settings, this.#rows)
      : new Set(this.#rows.exports.keys());
    this.#settings = settings;
    this.#judge = new HostJudge(settings);
    return hosts;
  }

  #projectSettings(isDecided: boolean): void {
    const settings = this.#settings;
    if (!settings) return;
    for (const network of this.#judge.networks.keys()) {
      if (!this.#networks.has(network)) this.#networks.set(network, setsOf(Intents.Endpoints));
    }
    for (const [type, bodies] of projectMeshWide(settings)) {
      this.#replace(this.#mesh, type, bodies, isDecided);
    }
    for (const network of new Set([
      ...this.#judge.networks.keys(),
      ...setOf(this.#mesh, Intents.Peer).names(),
    ])) {
      this.#projectPeer(network, isDecided);
    }
    for (const cluster of settings.clusters.values()) {
      const { id, removed } = cluster;
      if (removed) {
        // Its agent keeps what it has; its connection is ended elsewhere.
        this.#forget(id);
        continue;
      }
      let sets = this.#clusters.get(id);
      if (!sets) {
        sets = setsOf(
          Intents.ClusterSettings,
          Intents.SigningCertificate,
          Intents.Istio,
          Intents.Agent,
          Intents.Exposure,
          Intents.ExportStatus,
          Intents.Release,
          Intents.Configuration,
          Intents.Trial,
          Intents.Inventory,
        );
        this.#clusters.set(id, sets);
      }
      for (const [type, bodies] of projectCluster(settings, id)) {
        this.#replace(sets, type, bodies, isDecided);
      }
      this.#projectConfiguration(settings, cluster, sets);
    }
    for (const id of this.#clusters.keys()) {
      if (!settings.clusters.has(id)) this.#forget(id);
    }
  }

  #forget(clusterId: string): void {
    this.#clusters.delete(clusterId);
    this.#together.delete(clusterId);
    this.#configured.delete(clusterId);
  }

  /** Costs next to nothing for a cluster that goes on with what it has. */
  #projectConfiguration(settings: MeshSettings, cluster: ClusterSettings, sets: Sets): void {
    const intents = projectConfiguration(settings.configuration, cluster);
    if (this.#configured.get(cluster.id) === intents.key) return;
    this.#configured.set(cluster.id, intents.key);
    const objects = setOf(sets, Intents.Configuration);
    for (const name of [...objects.names()]) {
      if (!intents.objects.has(name)) objects.delete(name, { explained: true });
    }
    for (const resource of intents.objects.values()) objects.put(resource);
    for (const [type, bodies] of requestBodies(intents)) this.#replace(sets, type, bodies, true);
  }

  #projectPeer(network: string, isDecided: boolean): void {
    const peers = setOf(this.#mesh, Intents.Peer);
    this.#put(peers, network, projectPeer(this.#judge, network, this.#rows.gateways), isDecided);
  }

  #projectHosts(hosts: Iterable<string>, isDecided: boolean): void {
    const exposures = new Set<string>();
    for (const host of hosts) {
      const before = this.#traces.get(host) ?? nothing;
      const exports = this.#rows.exports.get(host) ?? new Map();
      const after = projectHost(this.#judge, host, exports);
      this.#put(setOf(this.#mesh, Intents.Import), host, after.import, isDecided);
      this.#projectEndpoints(host, before, after, isDecided);
      this.#projectStatuses(host, before, after, isDecided);
      for (const id of before.exposers) {
        if (after.exposers.includes(id)) continue;
        this.#exposed.get(id)?.delete(host);
        exposures.add(id);
      }
      for (const id of after.exposers) {
        if (before.exposers.includes(id)) continue;
        const exposed = this.#exposed.get(id);
        if (exposed) exposed.add(host);
        else this.#exposed.set(id, new Set([host]));
        exposures.add(id);
      }
      if (after.statuses.size > 0) {
        this.#traces.set(host, {
          endpoints: new Map([...after.endpoints].map(([id, { network }]) => [id, network])),
          statuses: [...after.statuses.keys()],
          exposers: after.exposers,
        });
      } else {
        this.#traces.delete(host);
      }
    }
    for (const id of exposures) {
      const set = this.#clusters.get(id)?.get(Intents.Exposure.typeUrl);
      if (set) this.#put(set, 'exposure', projectExposure(this.#exposed.get(id) ?? []), isDecided);
    }
  }

  #projectEndpoints(
    host: string,
    before: HostTrace,
    after: ProjectedHost,
    isDecided: boolean,
  ): void {
    for (const [id, network] of before.endpoints) {
      if (after.endpoints.get(id)?.network === network) continue;
      this.#putIn(
        this.#networks.get(network),
        Intents.Endpoints,
        endpointsName(id, host),
        isDecided,
      );
    }
    for (const [id, { network, body }] of after.endpoints) {
      const name = endpointsName(id, host);
      this.#putIn(this.#networks.get(network), Intents.Endpoints, name, isDecided, body);
    }
  }

  #projectStatuses(
    host: string,
    before: HostTrace,
    after: ProjectedHost,
    isDecided: boolean,
  ): void {
    for (const id of before.statuses) {
      if (after.statuses.has(id)) continue;
      this.#putIn(this.#clusters.get(id), Intents.ExportStatus, host, isDecided);
    }
    for (const [id, body] of after.statuses) {
      this.#putIn(this.#clusters.get(id), Intents.ExportStatus, host, isDecided, body);
    }
  }

  #replace(
    sets: Sets,
    type: IntentType,
    bodies: ReadonlyMap<string, Uint8Array>,
    isDecided: boolean,
  ): void {
    const set = setOf(sets, type);
    for (const name of [...set.names()]) {
      if (!bodies.has(name)) this.#put(set, name, undefined, isDecided);
    }
    for (const [name, body] of bodies) this.#put(set, name, body, isDecided);
  }

  #putIn(
    sets: Sets | undefined,
    type: IntentType,
    name: string,
    isDecided: boolean,
    body?: Uint8Array,
  ): void {
    // A cluster that is gone has no sets, and needs none.
    if (sets) this.#put(setOf(sets, type), name, body, isDecided);
  }

  /**
   * @param body undefined takes the intent out.
   * @param isDecided the settings have changed, which accounts for what goes.
   */
  #put(set: ResourceSet, name: string, body: Uint8Array | undefined, isDecided: boolean): void {
    if (body) set.set(name, body);
    else if (set.entry(name)) {
      set.delete(name, { explained: isDecided || this.explain(set.typeUrl, name) });
    }
  }
}

function setsOf(...types: IntentType[]): Sets {
  return new Map(types.map(({ typeUrl }) => [typeUrl, new ResourceSet(typeUrl)]));
}

function setOf(sets: Sets, { typeUrl }: IntentType): ResourceSet {
  const set = sets.get(typeUrl);
  if (!set) throw new IsthmusError('INTERNAL', `no set for ${typeUrl} in this scope`);
  return set;
}
