import { IstioIntent } from '@isthmus/contracts';
import { databaseNow } from '@isthmus/fleet';
import { IsthmusError, newId } from '@isthmus/kernel';
import type { Prisma, Transaction } from '@isthmus/platform';
import type { ClusterStage, UpgradeState } from './model.js';
import type { UpgradeClusterRow, UpgradeRow } from './rows.js';

/** States of the one upgrade that a mesh may have under way. */
export const runs: readonly UpgradeState[] = ['RUNNING', 'PAUSED', 'HALTED', 'ROLLING_BACK'];

/** A step of an upgrade, and what it leaves behind. */
export interface UpgradeStep {
  readonly state: UpgradeState;
  readonly type: string;
  readonly message: string;
  /** Of whoever asked for it; the worker needs none. */
  readonly actor?: string;
  readonly wave?: number;
  readonly data?: Prisma.UpgradeUpdateManyMutationInput;
}

/**
 * Takes the step that follows the one in the row, once: whoever comes second changes nothing. The
 * mesh's clock must be advanced before.
 *
 * @returns whether it was taken.
 */
export async function takeUpgradeStep(
  tx: Transaction,
  upgrade: UpgradeRow,
  { type, message, actor, data, ...to }: UpgradeStep,
): Promise<boolean> {
  const step = upgrade.step + 1;
  const { count } = await tx.upgrade.updateMany({
    where: { id: upgrade.id, step: upgrade.step },
    data: {
      ...(to.state === 'RUNNING' ? { reason: null, detail: null } : {}),
      ...data,
      ...to,
      step,
    },
  });
  if (count === 0) return false;
  await tell(tx, upgrade, { clusterId: null, step, type, message, actor });
  return true;
}

/** A step of one cluster. */
export interface ClusterStep {
  readonly stage: ClusterStage;
  readonly type: string;
  readonly message: string;
  readonly actor?: string;
  readonly hop?: number;
  readonly held?: boolean;
  /** What the cluster is to have from now on; undefined: what it was told last. */
  readonly desired?: IstioIntent;
  readonly data?: Prisma.UpgradeClusterUpdateManyMutationInput;
}

/** As `takeUpgradeStep`, for one cluster of it. */
export async function takeClusterStep(
  tx: Transaction,
  upgrade: Pick<UpgradeRow, 'id' | 'organizationId' | 'meshId'>,
  cluster: UpgradeClusterRow,
  { type, message, actor, desired, data, ...to }: ClusterStep,
): Promise<boolean> {
  const step = cluster.step + 1;
  const { clusterId } = cluster;
  const { count } = await tx.upgradeCluster.updateMany({
    where: { upgradeId: upgrade.id, clusterId, step: cluster.step },
    data: { ...data, ...to, step, stageAt: await databaseNow(tx) },
  });
  if (count === 0) return false;
  if (desired) {
    const fence = await sendIstio(tx, { ...upgrade, clusterId }, desired);
    await tx.upgradeCluster.updateMany({
      where: { upgradeId: upgrade.id, clusterId },
      data: { fence },
    });
  }
  await tell(tx, upgrade, { clusterId, step, type, message, actor });
  return true;
}

/**
 * Has a cluster be told what of Istio it is to have, under a fence higher than all before it: by the
 * clock, so that it is so too when a backup was restored, and agents have seen fences that the
 * database has not.
 */
export async function sendIstio(
  tx: Transaction,
  {
    organizationId,
    meshId,
    clusterId,
  }: { organizationId: string; meshId: string; clusterId: string },
  desired: IstioIntent,
): Promise<bigint> {
  const [row] = await tx.$queryRaw<{ fence: bigint }[]>`
    INSERT INTO cluster_istio AS old (cluster_id, organization_id, mesh_id, body, fence)
    VALUES (${clusterId}, ${organizationId}, ${meshId}, '', (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
    ON CONFLICT (cluster_id) DO UPDATE
       SET fence = greatest(old.fence + 1, excluded.fence), updated_at = now()
    RETURNING fence`;
  if (!row) throw new IsthmusError('INTERNAL', 'no fence was made');
  const body = Buffer.from(IstioIntent.encode({ ...desired, fence: Number(row.fence) }).finish());
  await tx.clusterIstio.update({ where: { clusterId }, data: { body } });
  return row.fence;
}

async function tell(
  tx: Transaction,
  { id: upgradeId, organizationId }: Pick<UpgradeRow, 'id' | 'organizationId'>,
  event: {
    readonly clusterId: string | null;
    readonly step: number;
    readonly type: string;
    readonly message: string;
    readonly actor: string | undefined;
  },
): Promise<void> {
  const { actor, ...rest } = event;
  const id = newId('upgradeEvent', (await databaseNow(tx)).getTime());
  await tx.upgradeEvent.create({
    data: { id, upgradeId, organizationId, ...rest, actor: actor ?? null },
  });
}
