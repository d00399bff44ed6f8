import {
  type AgentFact,
  type ClusterFact,
  Facts,
  type IstioFact,
  type ReadinessFact,
} from '@isthmus/contracts';
import { clusterLabels, databaseNow, statusOf } from '@isthmus/fleet';
import type { Transaction } from '@isthmus/platform';
import { selectableLabels } from '@isthmus/releases';

/** A cluster as upgrades see it: what registration says, and what its agent told. */
export interface UpgradableCluster {
  readonly id: string;
  readonly name: string;
  readonly network: string;
  readonly locality: string;
  /** Its own, without those that follow from what it is. */
  readonly labels: Readonly<Record<string, string>>;
  /** By which windows, freezes and waves select it. */
  readonly selectable: Readonly<Record<string, string>>;
  readonly channel: string | null;
  readonly removed: boolean;
  readonly inContact: boolean;
  /** Undefined: its agent has not told. */
  readonly agent: ClusterFact | undefined;
  readonly istio: IstioFact | undefined;
  readonly readiness: ReadinessFact | undefined;
  /** What the agent tells of itself. */
  readonly image: AgentFact | undefined;
}

/** What upgrades of Istio look at, and what upgrades of agents do: facts of Istio are large. */
const toldOfIstio: readonly string[] = [Facts.Cluster.name, Facts.Istio.name, Facts.Readiness.name];
export const toldOfAgents: readonly string[] = [Facts.Cluster.name, Facts.Agent.name];

/**
 * @param ids all of the mesh unless said, in the order of their names.
 * @param told types of the facts that are read; others are undefined.
 */
export async function loadUpgradable(
  tx: Transaction,
  meshId: string,
  ids?: readonly string[],
  told = toldOfIstio,
): Promise<UpgradableCluster[]> {
  const some = ids ? { in: [...ids] } : undefined;
  const now = await databaseNow(tx);
  const rows = await tx.cluster.findMany({
    where: { meshId, ...(some && { id: some }) },
    orderBy: { name: 'asc' },
  });
  const facts = await tx.fact.findMany({
    where: { meshId, type: { in: [...told] }, withdrawnAt: null, ...(some && { clusterId: some }) },
    select: { clusterId: true, type: true, body: true },
  });
  const bodies = new Map(facts.map(({ clusterId, type, body }) => [`${clusterId} ${type}`, body]));
  return rows.map((row): UpgradableCluster => {
    const { id, name, network, locality, channel } = row;
    const labels = clusterLabels(row.labels);
    const agent = bodies.get(`${id} ${Facts.Cluster.name}`);
    const istio = bodies.get(`${id} ${Facts.Istio.name}`);
    const readiness = bodies.get(`${id} ${Facts.Readiness.name}`);
    const image = bodies.get(`${id} ${Facts.Agent.name}`);
    return {
      id,
      name,
      network,
      locality,
      labels,
      selectable: selectableLabels({ name, network, locality, labels }),
      channel,
      removed: row.removedAt !== null,
      inContact: statusOf(row, now) === 'CONNECTED',
      agent: agent && Facts.Cluster.decode(agent),
      istio: istio && Facts.Istio.decode(istio),
      readiness: readiness && Facts.Readiness.decode(readiness),
      image: image && Facts.Agent.decode(image),
    };
  });
}
