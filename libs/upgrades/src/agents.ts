import { databaseNow, findCluster } from '@isthmus/fleet';
import { IsthmusError } from '@isthmus/kernel';
import { advanceMesh, Database, type Transaction } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { type AgentProgress, type AgentStanding, decideAgents } from './agent-machine.js';
import { loadUpgradable, toldOfAgents } from './observation.js';
import { loadSettings, type UpgradeSettings } from './rows.js';
import { isUnderWay } from './steps.js';

/** The agent of a cluster. */
export interface AgentView extends AgentProgress {
  /** As it calls itself; null: it has not told. */
  readonly version: string | null;
  /** Of its Deployment, such as registry.example.com/isthmus/agent:0.2.0; null: not known. */
  readonly image: string | null;
  /** The version that the mesh wants; null: none. */
  readonly wanted: string | null;
}

/** Agents brought to the version that their mesh wants, a few at a time. */
@Injectable()
export class AgentService {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** By the clusters' ids; without those that are not the organization's. */
  async views(actor: Actor, clusterIds: readonly string[]): Promise<Map<string, AgentView>> {
    authorize(actor, 'cluster.read');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const rows = await tx.cluster.findMany({
        where: { id: { in: [...clusterIds] } },
        select: { meshId: true },
      });
      const views = new Map<string, AgentView>();
      for (const meshId of new Set(rows.map((row) => row.meshId))) {
        const { settings, standings, progress } = await assess(tx, meshId);
        for (const standing of standings) {
          const own = progress.get(standing.clusterId);
          if (own) views.set(standing.clusterId, viewOf(standing, own, settings));
        }
      }
      return views;
    });
  }

  /**
   * Tells those agents whose turn it is. Nothing is told twice: a further try has a fence of its own.
   *
   * @returns how many were told.
   */
  async follow(organizationId: string, meshId: string): Promise<number> {
    const isWaiting = await this.database.withOrganization(organizationId, async (tx) => {
      const { agent } = await loadSettings(tx, meshId);
      return agent !== null && (await assess(tx, meshId)).begins.length > 0;
    });
    // A mesh is rung for what is done alone.
    if (!isWaiting) return 0;
    return this.database.withOrganization(organizationId, async (tx) => {
      await advanceMesh(tx, meshId, 'settings');
      const { settings, begins } = await assess(tx, meshId);
      if (!settings.agent || begins.length === 0) return 0;
      const { version, digest } = settings.agent;
      // By the clock: higher than all that agents have seen, also where a backup was restored.
      return tx.$executeRaw`
        INSERT INTO cluster_agent (cluster_id, organization_id, mesh_id, version, digest, fence)
        SELECT id, ${organizationId}, ${meshId}, ${version}, ${digest},
               (extract(epoch FROM clock_timestamp()) * 1000)::bigint
          FROM unnest(${begins}::text[]) AS told (id)
        ON CONFLICT (cluster_id) DO UPDATE
           SET version = excluded.version, digest = excluded.digest, sent_at = now(),
               fence = greatest(cluster_agent.fence + 1, excluded.fence)`;
    });
  }

  /** Has an agent that failed be told once more, in its turn. @throws NOT_FOUND, UPGRADE_STATE */
  async retry(actor: Actor, clusterId: string): Promise<void> {
    authorize(actor, 'upgrade.write');
    await this.database.withOrganization(actor.organizationId, async (tx) => {
      const { meshId } = await findCluster(tx, clusterId);
      await advanceMesh(tx, meshId, 'settings');
      const { progress } = await assess(tx, meshId);
      if (progress.get(clusterId)?.state !== 'FAILED') {
        throw new IsthmusError(
          'UPGRADE_STATE',
          'its agent has not failed; there is nothing to retry',
        );
      }
      await tx.clusterAgent.delete({ where: { clusterId } });
    });
  }
}

/** All that is known and decided of the agents of a mesh, at this time. */
async function assess(tx: Transaction, meshId: string) {
  const settings = await loadSettings(tx, meshId);
  const standings = await loadStandings(tx, meshId);
  const decision = decideAgents(standings, settings, await databaseNow(tx));
  return { settings, standings, ...decision };
}

async function loadStandings(tx: Transaction, meshId: string): Promise<AgentStanding[]> {
  const clusters = await loadUpgradable(tx, meshId, undefined, toldOfAgents);
  const sent = await tx.clusterAgent.findMany({ where: { meshId } });
  const busy = await tx.upgradeCluster.findMany({
    where: { ...isUnderWay, upgrade: { ...isUnderWay.upgrade, meshId } },
    select: { clusterId: true },
  });
  const byCluster = new Map(sent.map((row) => [row.clusterId, row]));
  const busyIds = new Set(busy.map(({ clusterId }) => clusterId));
  return clusters
    .filter(({ removed }) => !removed)
    .map(({ id, selectable, inContact, agent, image }) => ({
      clusterId: id,
      labels: selectable,
      inContact,
      mayUpgrade: agent?.capabilities.includes('self-upgrade') === true,
      isBusy: busyIds.has(id),
      version: agent?.agentVersion,
      fact: image,
      sent: byCluster.get(id),
    }));
}

function viewOf(
  { version, fact }: AgentStanding,
  progress: AgentProgress,
  { agent }: UpgradeSettings,
): AgentView {
  return {
    ...progress,
    version: version ?? null,
    image: fact?.image || null,
    wanted: agent?.version ?? null,
  };
}
