import {
  Facts,
  type IntentStatusFact,
  Intents,
  type ReleaseStatusFact,
  State,
} from '@isthmus/contracts';
import { databaseNow, statusOf } from '@isthmus/fleet';
import type { Transaction } from '@isthmus/platform';
import { versionOf } from '@isthmus/sync';
import type { SelectableCluster } from './clusters.js';
import { type ConfigurationSettings, projectConfiguration } from './configuration-source.js';
import type { ClusterProgress, Refusal, TrialProgress } from './rollout-machine.js';

/** A cluster of a mesh, with what rollouts ask of it. */
export interface RolloutCluster extends SelectableCluster {
  readonly id: string;
  readonly removed: boolean;
  readonly inContact: boolean;
}

export async function loadClusters(tx: Transaction, meshId: string): Promise<RolloutCluster[]> {
  const now = await databaseNow(tx);
  const rows = await tx.cluster.findMany({ where: { meshId }, orderBy: { name: 'asc' } });
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    network: row.network,
    locality: row.locality,
    labels: row.labels as Record<string, string>,
    removed: row.removedAt !== null,
    inContact: statusOf(row, now) === 'CONNECTED',
  }));
}

/** What agents last said of their releases; by cluster id. */
async function loadStatuses(
  tx: Transaction,
  meshId: string,
): Promise<Map<string, ReleaseStatusFact>> {
  const rows = await tx.fact.findMany({
    where: { meshId, type: Facts.ReleaseStatus.name, withdrawnAt: null },
    select: { clusterId: true, body: true },
  });
  return new Map(rows.map(({ clusterId, body }) => [clusterId, Facts.ReleaseStatus.decode(body)]));
}

/** How far each cluster has come, by id. */
export async function loadProgress(
  tx: Transaction,
  meshId: string,
  settings: ConfigurationSettings,
  clusters: readonly RolloutCluster[],
): Promise<Map<string, ClusterProgress>> {
  const statuses = await loadStatuses(tx, meshId);
  const tried = await loadTrials(tx, [...settings.trials.keys()]);
  return new Map(
    clusters.map((cluster): [string, ClusterProgress] => {
      const { trials, fence, digest } = projectConfiguration(settings, cluster);
      return [
        cluster.id,
        {
          name: cluster.name,
          removed: cluster.removed,
          inContact: cluster.inContact,
          fence,
          digest,
          status: statuses.get(cluster.id),
          trial: settings.trials.has(cluster.id)
            ? trialProgress(trials, tried.get(cluster.id) ?? new Map())
            : undefined,
        },
      ];
    }),
  );
}

const trialPrefix = `${Intents.Trial.name}/`;

async function loadTrials(
  tx: Transaction,
  clusterIds: readonly string[],
): Promise<Map<string, Map<string, IntentStatusFact>>> {
  const byCluster = new Map<string, Map<string, IntentStatusFact>>();
  if (clusterIds.length === 0) return byCluster;
  const rows = await tx.fact.findMany({
    where: {
      clusterId: { in: [...clusterIds] },
      type: Facts.IntentStatus.name,
      name: { startsWith: trialPrefix },
      withdrawnAt: null,
    },
    select: { clusterId: true, name: true, body: true },
  });
  for (const { clusterId, name, body } of rows) {
    const statuses = byCluster.get(clusterId) ?? new Map<string, IntentStatusFact>();
    statuses.set(name.slice(trialPrefix.length), Facts.IntentStatus.decode(body));
    byCluster.set(clusterId, statuses);
  }
  return byCluster;
}

/** Only answers to the very question count: the version is of the object and of the trial. */
function trialProgress(
  trials: ReadonlyMap<string, Uint8Array>,
  statuses: ReadonlyMap<string, IntentStatusFact>,
): TrialProgress {
  const refusals: Refusal[] = [];
  let passed = 0;
  for (const [name, body] of trials) {
    const status = statuses.get(name);
    if (status?.intentVersion !== versionOf(body)) continue;
    // Where its namespace is missing, it will wait for it.
    if (status.stored === State.STATE_YES || status.reason === 'NamespaceNotFound') passed += 1;
    if (status.stored === State.STATE_REFUSED)
      refusals.push({ object: name, reason: status.reason, message: status.message });
  }
  return { objects: trials.size, passed, refusals };
}

/** Versions of Kubernetes and Istio, of the clusters whose agents told; by cluster id. */
export async function loadVersions(tx: Transaction, meshId: string): Promise<Map<string, string>> {
  const rows = await tx.fact.findMany({
    where: { meshId, type: Facts.Cluster.name, withdrawnAt: null },
    select: { clusterId: true, body: true },
  });
  return new Map(
    rows.map(({ clusterId, body }) => {
      const { kubernetesVersion, istioVersions } = Facts.Cluster.decode(body);
      return [clusterId, `${minorOf(kubernetesVersion)} ${istioVersions.map(minorOf).join()}`];
    }),
  );
}

/** `v1.36.3` → `v1.36`: what a kind may hold changes with minor versions. */
function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
