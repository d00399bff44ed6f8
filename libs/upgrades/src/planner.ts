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
  settingsOf,
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

  /** What stands in the way of a cluster's next hop, as it is now. */
  async preflight(
    tx: Transaction,
    upgrade: UpgradeRow,
    row: UpgradeClusterRow,
    cluster: UpgradableCluster,
  ): Promise<readonly UpgradeFinding[]> {
    const { meshId } = upgrade;
    const hop = hopsOf(row)[row.hop];
    if (!hop) return [];
    const settings = settingsOf(await tx.upgradeSettings.findUnique({ where: { meshId } }));
    const request = {
      toVersion: hop.to.version,
      clusters: [cluster],
      policy: policyOf(upgrade),
      settings,
    };
    const { findings } = await this.planIn(tx, meshId, request, 'preflight');
    return findings.filter(({ clusterId }) => clusterId === null || clusterId === cluster.id);
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
