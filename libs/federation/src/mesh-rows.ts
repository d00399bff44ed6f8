import { ClusterFact, ExportedServiceFact, Facts, GatewayFact } from '@isthmus/contracts';
import type { FactRow } from './mesh-loader.js';
import type { FactRecord, MeshFacts } from './mesh-state.js';

/** The facts of a mesh in memory, found by host and by cluster. Tombstones stay until pruned. */
export class MeshRows implements MeshFacts {
  readonly exports = new Map<string, Map<string, FactRecord<ExportedServiceFact>>>();
  readonly gateways = new Map<string, Map<string, FactRecord<GatewayFact>>>();
  readonly agents = new Map<string, FactRecord<ClusterFact>>();
  private readonly hosts = new Map<string, Set<string>>();

  static of(rows: readonly FactRow[]): MeshRows {
    const facts = new MeshRows();
    for (const row of rows) facts.put(row);
    return facts;
  }

  put(row: FactRow): void {
    switch (row.type) {
      case Facts.ExportedService.name:
        inner(this.exports, row.name).set(row.clusterId, recordOf(row, Facts.ExportedService));
        this.note(row.clusterId, row.name);
        break;
      case Facts.Gateway.name:
        inner(this.gateways, row.clusterId).set(row.name, recordOf(row, Facts.Gateway));
        break;
      case Facts.Cluster.name:
        this.agents.set(row.clusterId, recordOf(row, Facts.Cluster));
        break;
    }
  }

  /** Hosts that a cluster exports, or did. */
  hostsOf(clusterId: string): ReadonlySet<string> {
    return this.hosts.get(clusterId) ?? new Set();
  }

  /** Ids of the clusters that report exports. */
  exporters(): Set<string> {
    const exporters = new Set<string>();
    for (const [clusterId, hosts] of this.hosts) {
      for (const host of hosts) {
        if (!this.exports.get(host)?.get(clusterId)?.fact) continue;
        exporters.add(clusterId);
        break;
      }
    }
    return exporters;
  }

  /** Forgets tombstones older than that. */
  prune(before: Date): void {
    for (const [host, byCluster] of this.exports) {
      for (const [clusterId, { withdrawnAt }] of byCluster) {
        if (!withdrawnAt || withdrawnAt >= before) continue;
        byCluster.delete(clusterId);
        this.hosts.get(clusterId)?.delete(host);
      }
      if (byCluster.size === 0) this.exports.delete(host);
    }
    for (const gateways of this.gateways.values()) {
      for (const [name, { withdrawnAt }] of gateways) {
        if (withdrawnAt && withdrawnAt < before) gateways.delete(name);
      }
    }
  }

  private note(clusterId: string, host: string): void {
    const hosts = this.hosts.get(clusterId);
    if (hosts) hosts.add(host);
    else this.hosts.set(clusterId, new Set([host]));
  }
}

function inner<T>(map: Map<string, Map<string, T>>, key: string): Map<string, T> {
  let found = map.get(key);
  if (!found) {
    found = new Map();
    map.set(key, found);
  }
  return found;
}

function recordOf<T>(row: FactRow, type: { decode(body: Uint8Array): T }): FactRecord<T> {
  const withdrawnAt = row.withdrawnAt ?? undefined;
  return {
    since: row.since,
    fact: withdrawnAt ? undefined : type.decode(row.body),
    withdrawnAt,
  };
}
