import { Facts, LabelSelector } from '@isthmus/contracts';
import { clusterLabels, databaseNow, findMesh } from '@isthmus/fleet';
import { Prisma, type Transaction } from '@isthmus/platform';
import type { ConfigurationSettings } from '@isthmus/releases';
import type { VersionSettings } from '@isthmus/upgrades';
import type {
  ClusterSettings,
  GrantSettings,
  HostRules,
  MeshSettings,
  PolicySettings,
  TrustSettings,
} from './mesh-state.js';
import { isStale } from './mesh-state.js';

/** Where the mesh's trust comes from: the trust domain's service. */
export interface TrustSource {
  settings(tx: Transaction, meshId: string): Promise<TrustSettings>;
}

/** Where what clusters are to run comes from. */
export interface ReleaseSource {
  settings(tx: Transaction, meshId: string): Promise<ConfigurationSettings>;
}

/** Where what versions clusters are to have comes from. */
export interface UpgradeSource {
  settings(tx: Transaction, meshId: string): Promise<VersionSettings>;
}

/** A fact as it is stored. */
export interface FactRow {
  readonly clusterId: string;
  readonly type: string;
  readonly name: string;
  readonly body: Uint8Array;
  readonly since: bigint;
  readonly withdrawnAt: Date | null;
}

/** The facts that intents are made of; states of intents are for people, and there are many. */
const projectedTypes = [Facts.ExportedService.name, Facts.Gateway.name, Facts.Cluster.name];

const factColumns = {
  clusterId: true,
  type: true,
  name: true,
  body: true,
  since: true,
  withdrawnAt: true,
} as const;

/** Facts of a mesh that changed after a revision, tombstones included. */
export function loadFacts(tx: Transaction, meshId: string, after: bigint): Promise<FactRow[]> {
  return tx.fact.findMany({
    where: { meshId, revision: { gt: after }, type: { in: projectedTypes } },
    select: factColumns,
  });
}

/** Live facts of some hosts, of every cluster. */
export function loadExports(
  tx: Transaction,
  meshId: string,
  hosts: readonly string[],
): Promise<FactRow[]> {
  return tx.fact.findMany({
    where: {
      meshId,
      type: Facts.ExportedService.name,
      name: { in: [...hosts] },
      withdrawnAt: null,
    },
    select: factColumns,
  });
}

/** All settings of a mesh, as they are at this time. @throws NOT_FOUND */
export async function loadSettings(
  tx: Transaction,
  sources: {
    readonly trust: TrustSource;
    readonly releases: ReleaseSource;
    readonly upgrades: UpgradeSource;
  },
  meshId: string,
): Promise<MeshSettings> {
  return {
    mesh: await findMesh(tx, meshId),
    ...(await loadHostRules(tx, meshId)),
    policies: await loadPolicies(tx, meshId),
    trust: await sources.trust.settings(tx, meshId),
    configuration: await sources.releases.settings(tx, meshId),
    versions: await sources.upgrades.settings(tx, meshId),
  };
}

/** Clusters and grants: what decides whose a host is. */
export async function loadHostRules(tx: Transaction, meshId: string): Promise<HostRules> {
  const now = await databaseNow(tx);
  const clusters = await tx.cluster.findMany({
    where: { meshId },
    select: {
      id: true,
      name: true,
      network: true,
      locality: true,
      cidrs: true,
      labels: true,
      removedAt: true,
      lastContactAt: true,
    },
  });
  const grants: GrantSettings[] = await tx.hostGrant.findMany({
    where: { meshId },
    select: { namespace: true, service: true, clusterIds: true },
  });
  return {
    clusters: new Map(
      clusters.map(
        ({ removedAt, lastContactAt, labels, ...cluster }): [string, ClusterSettings] => [
          cluster.id,
          {
            ...cluster,
            labels: clusterLabels(labels),
            removed: removedAt !== null,
            stale: isStale(lastContactAt, now),
          },
        ],
      ),
    ),
    grants,
  };
}

async function loadPolicies(tx: Transaction, meshId: string): Promise<PolicySettings[]> {
  const rows = await tx.exportPolicy.findMany({ where: { meshId } });
  return rows.map(({ name, namespaceSelector, serviceSelector }) => ({
    name,
    namespaceSelector: selectorFromJson(namespaceSelector),
    serviceSelector: selectorFromJson(serviceSelector),
  }));
}

/** A selector as it rests in the database: the JSON of its wire form. */
export function selectorToJson(selector: LabelSelector): Prisma.InputJsonObject {
  return {
    matchLabels: { ...selector.matchLabels },
    matchExpressions: selector.matchExpressions.map((term) => ({ ...term })),
  };
}

export function selectorFromJson(json: Prisma.JsonValue): LabelSelector {
  return LabelSelector.fromJSON(json);
}
