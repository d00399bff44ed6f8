import { IstioIntent } from '@isthmus/contracts';
import { databaseNow } from '@isthmus/fleet';
import { IsthmusError, newId } from '@isthmus/kernel';
import type { Prisma, Transaction } from '@isthmus/platform';
import { type ClusterStage, endStages, type IstioSnapshot, type UpgradeState } from './model.js';
import type { UpgradeClusterRow, UpgradeRow } from './rows.js';

/** States of the one upgrade that a mesh may have under way. */
export const runs: readonly UpgradeState[] = ['RUNNING', 'PAUSED', 'HALTED', 'ROLLING_BACK'];

/** Of a cluster that an upgrade is in the middle of. */
export const isUnderWay = {
  stage: { notIn: ['PENDING', ...endStages] as string[] },
  upgrade: { state: { in: [...runs] as string[] } },
} satisfies Prisma.UpgradeClusterWhereInput;

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
  const { id: upgradeId, organizationId } = upgrade;
  const id = newId('upgradeEvent', (await databaseNow(tx)).getTime());
  await tx.upgradeEvent.create({
    data: { id, upgradeId, organizationId, step, type, message, actor: actor ?? null },
  });
  return true;
}

/** A step of one cluster, which follows the one in its row. */
export interface ClusterStep {
  readonly row: UpgradeClusterRow;
  readonly stage: ClusterStage;
  readonly type: string;
  readonly message: string;
  readonly hop?: number;
  readonly held?: boolean;
  /** What its cluster had as each hop began; undefined: as before. */
  readonly befores?: readonly IstioSnapshot[];
  /** What the cluster is to have from now on; undefined: what it was told last. */
  readonly desired?: IstioIntent;
  /** Why it is so; undefined: as before. */
  readonly because?: { readonly reason: string; readonly detail: string } | null;
}

/**
 * As `takeUpgradeStep`, for clusters of it: each takes its own step, once, in as many statements as one of
 * them would need.
 */
export async function takeClusterSteps(
  tx: Transaction,
  upgrade: Pick<UpgradeRow, 'id' | 'organizationId' | 'meshId'>,
  steps: readonly ClusterStep[],
  actor?: string,
): Promise<void> {
  if (steps.length === 0) return;
  const rows = steps.map(({ row, stage, hop = row.hop, held = false, because, befores }) => ({
    cluster_id: row.clusterId,
    step: row.step,
    stage,
    hop,
    held,
    befores: befores ?? row.befores,
    reason: because === undefined ? row.reason : (because?.reason ?? null),
    detail: because === undefined ? row.detail : (because?.detail.slice(0, longestDetail) ?? null),
    begins: stage !== 'PENDING',
    ends: endStages.has(stage),
  }));
  const taken = await tx.$queryRaw<{ cluster_id: string; now: Date }[]>`
    UPDATE upgrade_cluster AS old
       SET stage = new.stage, hop = new.hop, held = new.held, befores = new.befores,
           reason = new.reason, detail = new.detail, step = old.step + 1, stage_at = now(),
           started_at = CASE WHEN new.begins THEN coalesce(old.started_at, now()) ELSE old.started_at END,
           finished_at = CASE WHEN new.ends THEN now() END
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS new (cluster_id text, step int, stage text, hop int, held boolean, befores jsonb,
                reason text, detail text, begins boolean, ends boolean)
     WHERE old.upgrade_id = ${upgrade.id} AND old.cluster_id = new.cluster_id AND old.step = new.step
    RETURNING old.cluster_id, now()`;
  const now = taken[0]?.now;
  // Whoever came first has told the rest, too.
  if (!now) return;
  const ids = new Set(taken.map((row) => row.cluster_id));
  const own = steps.filter(({ row }) => ids.has(row.clusterId));
  const told = own.flatMap(({ row, desired }) =>
    desired ? [{ clusterId: row.clusterId, desired }] : [],
  );
  const fence = await sendIstio(tx, upgrade, told);
  if (fence !== undefined) {
    await tx.upgradeCluster.updateMany({
      where: { upgradeId: upgrade.id, clusterId: { in: told.map(({ clusterId }) => clusterId) } },
      data: { fence },
    });
  }
  await tx.upgradeEvent.createMany({
    data: own.map(({ row, type, message }) => ({
      id: newId('upgradeEvent', now.getTime()),
      upgradeId: upgrade.id,
      organizationId: upgrade.organizationId,
      clusterId: row.clusterId,
      step: row.step + 1,
      type,
      message,
      actor: actor ?? null,
    })),
  });
}

export const longestDetail = 1_000;

/**
 * Has clusters be told what of Istio they are to have, under a fence higher than all that the mesh's
 * clusters have seen: by the clock, so that it is so too when a backup was restored, and agents have seen
 * fences that the database has not.
 *
 * @returns the fence; undefined if there was nothing to tell.
 */
export async function sendIstio(
  tx: Transaction,
  { organizationId, meshId }: { readonly organizationId: string; readonly meshId: string },
  told: readonly { readonly clusterId: string; readonly desired: IstioIntent }[],
): Promise<bigint | undefined> {
  if (told.length === 0) return undefined;
  const [row] = await tx.$queryRaw<{ fence: bigint }[]>`
    SELECT greatest(coalesce(max(fence), 0) + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) AS fence
      FROM cluster_istio WHERE mesh_id = ${meshId}`;
  if (!row) throw new IsthmusError('INTERNAL', 'no fence was made');
  const { fence } = row;
  const ids = told.map(({ clusterId }) => clusterId);
  const bodies = told.map(({ desired }) =>
    Buffer.from(IstioIntent.encode({ ...desired, fence: Number(fence) }).finish()),
  );
  await tx.$executeRaw`
    INSERT INTO cluster_istio (cluster_id, organization_id, mesh_id, body, fence)
    SELECT id, ${organizationId}, ${meshId}, body, ${fence}
      FROM unnest(${ids}::text[], ${bodies}::bytea[]) AS told (id, body)
    ON CONFLICT (cluster_id) DO UPDATE
       SET body = excluded.body, fence = excluded.fence, updated_at = now()`;
  return fence;
}
