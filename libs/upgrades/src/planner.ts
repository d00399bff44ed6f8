import { databaseNow } from '@isthmus/fleet';
import type { Transaction } from '@isthmus/platform';
import { ConfigurationSource, configurationOf } from '@isthmus/releases';
import { Inject, Injectable } from '@nestjs/common';
import { KnowledgeSource } from './knowledge-source.js';
import type { UpgradeFinding, UpgradePolicy } from './model.js';
import type { UpgradableCluster } from './observation.js';
import { type PlannedCluster, planUpgrade, type ReleasedObject, type UpgradePlan } from './plan.js';
import {
  hopsOf,
  policyOf,
  type UpgradeClusterRow,
  type UpgradeRow,
  type UpgradeSettings,
} from './rows.js';

interface PlanRequest {
  readonly toVersion: string;
  readonly clusters: readonly UpgradableCluster[];
  readonly policy: UpgradePolicy;
  readonly settings: UpgradeSettings;
}

/** Plans with what the database knows of clusters and of their configuration. */
@Injectable()
export class UpgradePlanner {
  constructor(
    @Inject(ConfigurationSource) private readonly configuration: ConfigurationSource,
    @Inject(KnowledgeSource) private readonly knowledge: KnowledgeSource,
  ) {}

  /** @throws UPGRADE_VERSION_INVALID, UPGRADE_VERSION_UNKNOWN */
  async plan(tx: Transaction, meshId: string, request: PlanRequest): Promise<UpgradePlan> {
    return this.planIn(tx, meshId, request, 'plan');
  }

  /** What stands in the way of the next hops of clusters as they are now, by their ids. */
  async preflight(
    tx: Transaction,
    upgrade: UpgradeRow,
    settings: UpgradeSettings,
    asked: readonly {
      readonly row: UpgradeClusterRow;
      readonly cluster: UpgradableCluster | undefined;
    }[],
  ): Promise<Map<string, readonly UpgradeFinding[]>> {
    const byVersion = new Map<string, UpgradableCluster[]>();
    for (const { row, cluster } of asked) {
      const version = hopsOf(row)[row.hop]?.to.version;
      if (version === undefined || !cluster) continue;
      byVersion.set(version, [...(byVersion.get(version) ?? []), cluster]);
    }
    const found = new Map<string, readonly UpgradeFinding[]>();
    for (const [toVersion, clusters] of byVersion) {
      const request = { toVersion, clusters, policy: policyOf(upgrade), settings };
      const { findings } = await this.planIn(tx, upgrade.meshId, request, 'preflight');
      for (const { id } of clusters) {
        const own = findings.filter(({ clusterId }) => clusterId === null || clusterId === id);
        found.set(id, own);
      }
    }
    return found;
  }

  private async planIn(
    tx: Transaction,
    meshId: string,
    { toVersion, clusters, policy, settings }: PlanRequest,
    phase: 'plan' | 'preflight',
  ): Promise<UpgradePlan> {
    const configuration = await this.configuration.settings(tx, meshId);
    // One list for all that run the same: what is found in it is found once.
    const lists = new Map<object, ReleasedObject[]>();
    const objectsOf = ({ id, selectable }: UpgradableCluster): readonly ReleasedObject[] => {
      const variant = configurationOf(configuration, id)?.release.variantFor(selectable);
      if (!variant) return none;
      const known = lists.get(variant) ?? [...variant.objects.values()];
      lists.set(variant, known);
      return known;
    };
    return planUpgrade({
      clusters: clusters.map((cluster): PlannedCluster => {
        const { agent, istio, readiness } = cluster;
        return {
          ...cluster,
          kubernetesVersion: agent?.kubernetesVersion ?? '',
          agentVersion: agent?.agentVersion ?? '',
          istio,
          readiness,
          dataPlaneMode: agent?.dataPlaneMode,
          mayManage: agent?.capabilities.includes('istio-management'),
          configuration: objectsOf(cluster),
        };
      }),
      toVersion,
      knowledge: this.knowledge.current(),
      policy,
      charts: settings.charts,
      maxInFlight: settings.maxInFlight,
      phase,
      now: await databaseNow(tx),
    });
  }
}

const none: readonly ReleasedObject[] = [];
