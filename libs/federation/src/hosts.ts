import { EndpointGroup, ExportedServiceFact, ServicePort } from '@isthmus/contracts';
import { AddressRanges } from './addresses.js';
import type { ByCluster, ClusterSettings, GrantSettings, HostRules } from './mesh-state.js';

/** Order of code units: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The rules of a mesh, made ready to judge one host after another. */
export class HostJudge {
  /** Clusters that are there, by network. */
  readonly networks: ReadonlyMap<string, readonly ClusterSettings[]>;
  private readonly grants = new Map<string, GrantSettings>();
  private readonly ranges = new Map<string, AddressRanges>();

  constructor(private readonly rules: HostRules) {
    const networks = new Map<string, ClusterSettings[]>();
    for (const cluster of rules.clusters.values()) {
      if (cluster.removed) continue;
      const members = networks.get(cluster.network);
      if (members) members.push(cluster);
      else networks.set(cluster.network, [cluster]);
    }
    this.networks = networks;
    for (const grant of rules.grants) this.grants.set(`${grant.namespace}/${grant.service}`, grant);
  }

  /** A cluster that is there; undefined if it is removed or of another mesh. */
  cluster(id: string): ClusterSettings | undefined {
    const cluster = this.rules.clusters.get(id);
    return cluster?.removed === false ? cluster : undefined;
  }

  /** Whether some cluster reaches another one of this network without a gateway. */
  isShared(network: string): boolean {
    return (this.networks.get(network)?.length ?? 0) >= 2;
  }

  /** The grant that covers a host: its own before that of its namespace. */
  grantOf(host: string): GrantSettings | undefined {
    return this.grants.get(host) ?? this.grants.get(`${host.split('/')[0]}/*`);
  }

  /** Addresses that the cluster declares as its own; undefined if it declares none. */
  declared(cluster: ClusterSettings): AddressRanges | undefined {
    if (cluster.cidrs.length === 0) return undefined;
    let ranges = this.ranges.get(cluster.id);
    if (!ranges) {
      ranges = new AddressRanges(cluster.cidrs);
      this.ranges.set(cluster.id, ranges);
    }
    return ranges;
  }

  /**
   * Decides on every live export of a host, in the order in which they came.
   *
   * Without a grant the host belongs to the cluster that exported it first. That an export
   * is refused for the moment (say, its Service became an ExternalName) does not hand the
   * name to the next one: who sends traffic there trusts the owner.
   */
  judge(host: string, exports: ByCluster<ExportedServiceFact>): Verdict[] {
    const live: Exporter[] = [];
    for (const [clusterId, { since, fact }] of exports) {
      const cluster = this.cluster(clusterId);
      if (cluster && fact) live.push({ cluster, fact, since });
    }
    live.sort((a, b) =>
      a.since < b.since ? -1 : a.since > b.since ? 1 : compareText(a.cluster.id, b.cluster.id),
    );
    const grant = this.grantOf(host);
    const owns = (clusterId: string): boolean =>
      grant
        ? grant.clusterIds.length === 0 || grant.clusterIds.includes(clusterId)
        : clusterId === live[0]?.cluster.id;
    let first: Exporter | undefined;
    let bytes = 0;
    return live.map((exporter): Verdict => {
      const { fact, cluster } = exporter;
      if (fact.refusedReason) {
        return { ...exporter, ...refused(fact.refusedReason, fact.refusedMessage) };
      }
      if (!owns(cluster.id)) {
        return {
          ...exporter,
          ...conflict('HostOwnedByAnother', this.ownership(host, grant, live)),
        };
      }
      first ??= exporter;
      const difference = this.difference(first, exporter);
      if (difference) return { ...exporter, ...conflict(...difference) };
      const groups = groupsOf(fact, cluster);
      bytes += groups.reduce((sum, group) => sum + groupBytes(group), 600);
      if (bytes > largestImport) return { ...exporter, ...conflict('ImportTooLarge', tooLarge) };
      return { ...exporter, ...admitted, groups };
    });
  }

  private ownership(
    host: string,
    grant: GrantSettings | undefined,
    live: readonly Exporter[],
  ): string {
    if (!grant) {
      return `${host} belongs to the cluster '${live[0]?.cluster.name}', which exported it first; withdraw the export in one of them, or grant the host to the clusters that may export it`;
    }
    const names = grant.clusterIds
      .flatMap((id) => this.cluster(id)?.name ?? [])
      .sort(compareText)
      .map((name) => `'${name}'`);
    const shown = names.length > 3 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
    return `${host} is granted to ${shown.join(', ') || 'no cluster that is there'}; withdraw the export here, or add this cluster to the grant of ${grant.namespace}/${grant.service}`;
  }

  /** What keeps an exporter from standing beside the first one; undefined if nothing does. */
  private difference(first: Exporter, other: Exporter): [string, string] | undefined {
    if (first === other) return undefined;
    const by = `cluster '${first.cluster.name}', which exported it first`;
    if (first.fact.headless !== other.fact.headless) {
      return ['TypeConflict', `one of this export and that of ${by}, is headless; make them alike`];
    }
    for (const port of first.fact.ports) {
      const own = other.fact.ports.find(
        (candidate) => candidate.port === port.port && candidate.protocol === port.protocol,
      );
      const label = `port ${port.port}/${port.protocol}`;
      if (!own) {
        return ['PortConflict', `${label} of ${by}, is missing here; add it, or take it off there`];
      }
      if (own.name !== port.name || own.appProtocol !== port.appProtocol) {
        return ['PortConflict', `${label} has another name or protocol in ${by}; make them alike`];
      }
      // A gateway is asked for the Service's port; neighbours dial the endpoint's, and the
      // import names one for all exporters.
      if (this.isShared(other.cluster.network) && !isSameTarget(port, own)) {
        return ['PortConflict', `${label} leads to another target port in ${by}; make them alike`];
      }
    }
    return undefined;
  }
}

interface Exporter {
  readonly cluster: ClusterSettings;
  readonly fact: ExportedServiceFact;
  readonly since: bigint;
}

/** What the plane decided of one export. It is part of the mesh if it is valid without a conflict. */
export interface Verdict extends Exporter {
  readonly valid: boolean;
  readonly conflict: boolean;
  readonly reason: string;
  /** Empty when all is well. */
  readonly message: string;
  /** Ready endpoints of an admitted export, normalized; undefined for the others. */
  readonly groups: readonly EndpointGroup[] | undefined;
}

/** Bytes of one import, well below what a message carries, whatever the exporters report. */
const largestImport = 1024 * 1024;
const tooLarge =
  'too many clusters export this service with too many localities and service accounts; export it from fewer';

const admitted = { valid: true, conflict: false, reason: 'Valid', message: '' } as const;

function conflict(reason: string, message: string) {
  return { valid: true, conflict: true, reason, message, groups: undefined };
}

function refused(reason: string, message: string) {
  return { valid: false, conflict: false, reason, message, groups: undefined };
}

function isSameTarget(a: ServicePort, b: ServicePort): boolean {
  return (
    a.targetPortName === b.targetPortName &&
    (a.targetPort === b.targetPort || a.targetPort === 0 || b.targetPort === 0)
  );
}

/** A group's share of an import, at most: its texts, its numbers and their tags. */
function groupBytes(group: EndpointGroup): number {
  return group.locality.length + group.serviceAccount.length + 20;
}

/** Groups with ready endpoints, one for each locality and service account, in that order. */
function groupsOf(fact: ExportedServiceFact, cluster: ClusterSettings): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup>();
  for (const group of fact.groups) {
    if (group.ready === 0) continue;
    const locality = group.locality || cluster.locality;
    const key = `${locality} ${group.serviceAccount}`;
    const same = groups.get(key);
    groups.set(key, {
      locality,
      serviceAccount: group.serviceAccount,
      ready: group.ready + (same?.ready ?? 0),
      addresses: same ? [...same.addresses, ...group.addresses] : group.addresses,
    });
  }
  return [...groups.values()].sort(
    (a, b) =>
      compareText(a.locality, b.locality) || compareText(a.serviceAccount, b.serviceAccount),
  );
}
