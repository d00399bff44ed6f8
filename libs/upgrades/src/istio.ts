import { type IstioFact, IstioIntent } from '@isthmus/contracts';
import { databaseNow, findCluster } from '@isthmus/fleet';
import { IsthmusError } from '@isthmus/kernel';
import { advanceMesh, Database, type Transaction } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { targetOf } from './channels.js';
import { KnowledgeSource } from './knowledge-source.js';
import type { Channel } from './model.js';
import { loadUpgradable, type UpgradableCluster } from './observation.js';
import { isUnderWay, runs, sendIstio } from './steps.js';
import { UpgradeService } from './upgrades.js';
import { compareVersions } from './versions.js';

/** What of Istio is in clusters, and who plans what comes next. */
@Injectable()
export class IstioService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(UpgradeService) private readonly upgrades: UpgradeService,
    @Inject(KnowledgeSource) private readonly knowledge: KnowledgeSource,
  ) {}

  /** As clusters' agents told, by their ids; without those that have not. */
  async facts(actor: Actor, clusterIds: readonly string[]): Promise<Map<string, IstioStanding>> {
    authorize(actor, 'upgrade.read');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const rows = await tx.cluster.findMany({
        where: { id: { in: [...clusterIds] } },
        select: { id: true, meshId: true },
      });
      const standings = new Map<string, IstioStanding>();
      for (const meshId of new Set(rows.map((row) => row.meshId))) {
        const ids = rows.filter((row) => row.meshId === meshId).map(({ id }) => id);
        for (const { id, istio, channel } of await loadUpgradable(tx, meshId, ids)) {
          standings.set(id, { istio, channel: channel as Channel | null });
        }
      }
      return standings;
    });
  }

  /**
   * Has upgrades change and remove what somebody else installed. Nothing of it is changed now, and no Pod
   * restarts.
   *
   * @throws NOT_FOUND, NOTHING_REPORTED, UPGRADE_STATE
   */
  async takeOver(actor: Actor, clusterId: string): Promise<void> {
    authorize(actor, 'upgrade.write');
    await this.database.withOrganization(actor.organizationId, async (tx) => {
      const { meshId, organizationId } = await findCluster(tx, clusterId);
      await advanceMesh(tx, meshId, 'settings');
      const [cluster] = await loadUpgradable(tx, meshId, [clusterId]);
      const revisions = cluster?.istio?.revisions ?? [];
      if (revisions.length === 0) {
        const message =
          "its agent has told of no istiod; wait for it, or give it the right to look (istio.observe of its chart's values)";
        throw new IsthmusError('NOTHING_REPORTED', message);
      }
      await assertNotUpgrading(tx, clusterId);
      const desired = IstioIntent.fromPartial({
        revisions: revisions.map(({ name, version }) => ({ name, version, wanted: 'adopt' })),
      });
      await sendIstio(tx, { organizationId, meshId }, [{ clusterId, desired }]);
    });
  }

  /** Has upgrades of a cluster be planned by themselves; null: by people. @throws NOT_FOUND */
  async setChannel(actor: Actor, clusterId: string, channel: Channel | null): Promise<void> {
    authorize(actor, 'upgrade.write');
    await this.database.withOrganization(actor.organizationId, async (tx) => {
      const { meshId } = await findCluster(tx, clusterId);
      await advanceMesh(tx, meshId, 'settings');
      await tx.cluster.update({ where: { id: clusterId }, data: { channel } });
    });
  }

  /**
   * Plans and starts what the channels of a mesh's clusters lead to, one version after the other: in their
   * windows, or when somebody approved it.
   *
   * @returns how many upgrades were planned.
   */
  async followChannels(organizationId: string, meshId: string): Promise<number> {
    const isWaiting = await this.database.withOrganization(
      organizationId,
      async (tx) => (await this.dueIn(tx, meshId)) !== undefined,
    );
    // A mesh is rung for what is done alone.
    if (!isWaiting) return 0;
    return this.database.withOrganization(organizationId, async (tx) => {
      await advanceMesh(tx, meshId, 'settings');
      const due = await this.dueIn(tx, meshId);
      if (!due) return 0;
      const { channel, version, clusters } = due;
      const author = { organizationId, id: channel, kind: 'channel' as const };
      const message = `the channel ${channel} has come to ${version}`;
      const wanted = { meshId, toVersion: version, message };
      const row = await this.upgrades.planIn(tx, author, wanted, clusters, channel);
      await this.upgrades.startPlanned(tx, author, row);
      return 1;
    });
  }

  private async dueIn(tx: Transaction, meshId: string): Promise<Due | undefined> {
    if ((await tx.cluster.count({ where: { meshId, channel: { not: null } } })) === 0)
      return undefined;
    const waiting = await tx.upgrade.findFirst({
      where: { meshId, state: { in: ['PLANNED', 'AWAITING_APPROVAL', ...runs] } },
    });
    // What people have begun to decide is theirs; and one at a time is enough.
    if (waiting) return undefined;
    const all = await loadUpgradable(tx, meshId);
    for (const [channel, version] of this.targets(await databaseNow(tx))) {
      const clusters = all.filter((cluster) => isBehind(cluster, channel, version));
      if (clusters.length === 0) continue;
      const where = { meshId, source: channel, toVersion: version };
      // Once for each version: whoever stopped it, or saw it fail, decides what comes next.
      if (!(await tx.upgrade.findFirst({ where }))) return { channel, version, clusters };
    }
    return undefined;
  }

  private targets(now: Date): [Channel, string][] {
    const knowledge = this.knowledge.current();
    return (['rapid', 'regular', 'stable'] as const).flatMap((channel): [Channel, string][] => {
      const version = targetOf(channel, knowledge, now);
      return version === undefined ? [] : [[channel, version]];
    });
  }
}

interface Due {
  readonly channel: Channel;
  readonly version: string;
  readonly clusters: readonly UpgradableCluster[];
}

export interface IstioStanding {
  /** Undefined: its agent has not told. */
  readonly istio: IstioFact | undefined;
  readonly channel: Channel | null;
}

function isBehind(
  { removed, istio, channel: own }: UpgradableCluster,
  channel: Channel,
  version: string,
): boolean {
  if (removed || own !== channel) return false;
  const used = istio?.revisions.filter(({ managed }) => managed) ?? [];
  return used.length > 0 && used.every((of) => compareVersions(of.version, version) < 0);
}

async function assertNotUpgrading(tx: Transaction, clusterId: string): Promise<void> {
  const busy = await tx.upgradeCluster.findFirst({
    where: { clusterId, ...isUnderWay },
  });
  if (!busy) return;
  const message = 'an upgrade is under way in this cluster; wait for its end, or abort it';
  throw new IsthmusError('UPGRADE_STATE', message);
}
