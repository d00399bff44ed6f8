import { HostJudge } from './hosts.js';
import type { MeshRows } from './mesh-rows.js';
import type { ClusterSettings, GrantSettings, MeshSettings } from './mesh-state.js';

/**
 * The hosts whose projection may differ under other settings. What does not depend on
 * facts is cheap, and projected anew with any change of settings.
 */
export function hostsAffected(
  before: MeshSettings,
  after: MeshSettings,
  rows: MeshRows,
): Set<string> {
  const clusters = changedClusters(before, after);
  const hosts = new Set<string>();
  for (const id of clusters) addAll(hosts, rows.hostsOf(id));
  addAll(hosts, hostsOfGrants(changedGrants(before, after, clusters), rows));
  return hosts;
}

/** Ids of clusters that are new, gone or different, or reached in another way than before. */
function changedClusters(before: MeshSettings, after: MeshSettings): Set<string> {
  const changed = new Set<string>();
  for (const id of new Set([...before.clusters.keys(), ...after.clusters.keys()])) {
    if (!isSameCluster(before.clusters.get(id), after.clusters.get(id))) changed.add(id);
  }
  // Who comes to a network or leaves it changes what the exports of the others need there.
  const [old, now] = [new HostJudge(before), new HostJudge(after)];
  const idsOf = (judge: HostJudge, network: string) =>
    (judge.networks.get(network) ?? []).map(({ id }) => id).sort();
  for (const network of now.networks.keys()) {
    const members = idsOf(now, network);
    if (idsOf(old, network).join() === members.join()) continue;
    for (const id of members) changed.add(id);
  }
  return changed;
}

function isSameCluster(a: ClusterSettings | undefined, b: ClusterSettings | undefined): boolean {
  return (
    a !== undefined &&
    b !== undefined &&
    a.name === b.name &&
    a.network === b.network &&
    a.locality === b.locality &&
    a.removed === b.removed &&
    a.stale === b.stale &&
    a.cidrs.join() === b.cidrs.join()
  );
}

/** Grants that are new, gone, different, or speak of a cluster that is: messages name clusters. */
function changedGrants(
  before: MeshSettings,
  after: MeshSettings,
  clusters: ReadonlySet<string>,
): GrantSettings[] {
  const keyOf = (grant: GrantSettings) =>
    `${grant.namespace}/${grant.service} ${[...grant.clusterIds].join()}`;
  const old = new Set(before.grants.map(keyOf));
  const now = new Set(after.grants.map(keyOf));
  return [
    ...before.grants.filter((grant) => !now.has(keyOf(grant))),
    ...after.grants.filter(
      (grant) => !old.has(keyOf(grant)) || grant.clusterIds.some((id) => clusters.has(id)),
    ),
  ];
}

function hostsOfGrants(grants: readonly GrantSettings[], rows: MeshRows): string[] {
  if (grants.length === 0) return [];
  const namespaces = new Set(grants.map(({ namespace }) => namespace));
  return [...rows.exports.keys()].filter((host) => namespaces.has(host.split('/')[0] ?? ''));
}

function addAll(set: Set<string>, more: Iterable<string>): void {
  for (const item of more) set.add(item);
}
