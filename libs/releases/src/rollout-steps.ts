import { databaseNow } from '@isthmus/fleet';
import { IsthmusError } from '@isthmus/kernel';
import { fromJson, type Prisma, type Transaction } from '@isthmus/platform';
import type { RolloutPlan, RolloutPolicy } from './rollout-plan.js';

export type RolloutRow = Prisma.RolloutGetPayload<object>;

/** How a rollout stands. */
export type RolloutState = 'QUEUED' | 'RUNNING' | 'PAUSED' | 'HALTED' | 'COMPLETED' | 'ABORTED';

/** States of the one rollout that a mesh may have under way. */
export const runs = ['RUNNING', 'PAUSED', 'HALTED'];

/** A step of a rollout, and what it leaves behind. */
export interface Transition {
  readonly state: RolloutState;
  readonly type: string;
  readonly message: string;
  /** Of whoever asked for it; the worker needs none. */
  readonly actor?: string;
  readonly stage?: 'trial' | 'wave' | 'soak';
  readonly wave?: number;
  /** Whether clusters are told anew what they run. */
  readonly newFence?: boolean;
  readonly data?: Prisma.RolloutUpdateManyMutationInput;
}

/**
 * Takes the step that follows the one in the row, once: whoever comes second changes nothing.
 * The mesh's clock must be advanced before.
 *
 * @returns the fence of the step; undefined if somebody else took it.
 */
export async function takeStep(
  tx: Transaction,
  rollout: RolloutRow,
  { type, message, actor, newFence, data, ...to }: Transition,
): Promise<{ readonly fence: bigint } | undefined> {
  const fence = newFence ? await nextFence(tx, rollout) : rollout.fence;
  const step = rollout.step + 1;
  const { count } = await tx.rollout.updateMany({
    where: { id: rollout.id, step: rollout.step, state: rollout.state },
    data: {
      ...data,
      ...to,
      step,
      fence,
      ...(to.stage ? { stageAt: await databaseNow(tx) } : {}),
      ...(to.state === 'RUNNING' ? { reason: null, detail: null } : {}),
    },
  });
  if (count === 0) return undefined;
  const { id: rolloutId, organizationId } = rollout;
  await tx.rolloutEvent.create({
    data: {
      rolloutId,
      step,
      organizationId,
      type,
      wave: to.wave ?? rollout.wave,
      message,
      actor: actor ?? null,
    },
  });
  return { fence };
}

/**
 * A fence that is higher than all before it, in this mesh: by the clock, so that it is so too when
 * a backup was restored, and agents have seen fences that the database has not.
 */
async function nextFence(
  tx: Transaction,
  { meshId, organizationId }: { meshId: string; organizationId: string },
): Promise<bigint> {
  const [row] = await tx.$queryRaw<{ fence: bigint }[]>`
    INSERT INTO mesh_configuration AS old (mesh_id, organization_id, fence)
    VALUES (${meshId}, ${organizationId}, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
    ON CONFLICT (mesh_id) DO UPDATE SET fence = greatest(old.fence + 1, excluded.fence)
    RETURNING fence`;
  if (!row) throw new IsthmusError('INTERNAL', 'no fence was made');
  return row.fence;
}

/** Has clusters run the rollout's release from now on; one that is told later things stays with them. */
export async function sendTo(
  tx: Transaction,
  { releaseId, organizationId, meshId }: RolloutRow,
  clusterIds: readonly string[],
  fence: bigint,
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO cluster_release AS old (cluster_id, organization_id, mesh_id, release_id, fence)
    SELECT id, ${organizationId}, ${meshId}, ${releaseId}, ${fence}
      FROM cluster WHERE id = ANY(${[...clusterIds]}::text[]) AND removed_at IS NULL
    ON CONFLICT (cluster_id) DO UPDATE
       SET release_id = excluded.release_id, fence = excluded.fence, updated_at = now()
     WHERE old.fence < excluded.fence`;
}

export function planOf({ plan }: RolloutRow): RolloutPlan {
  return plan === null ? { trial: [], waves: [] } : fromJson<RolloutPlan>(plan);
}

export function policyOf({ policy }: RolloutRow): RolloutPolicy {
  return fromJson<RolloutPolicy>(policy);
}
