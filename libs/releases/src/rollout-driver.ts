import { databaseNow } from '@isthmus/fleet';
import { advanceMesh, Database, type Transaction, toJson } from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';
import { ConfigurationSource } from './configuration-source.js';
import { type Decision, decide } from './rollout-machine.js';
import { planTrial, planWaves, type RolloutPlan } from './rollout-plan.js';
import { loadClusters, loadProgress, loadVersions } from './rollout-progress.js';
import {
  planOf,
  policyOf,
  type RolloutRow,
  runs,
  sendTo,
  type Transition,
  takeStep,
} from './rollout-steps.js';

/** What came of one look at a mesh. */
interface Look {
  /** Whether something was done, so that there may be more to do. */
  readonly moved: boolean;
  /** When to look again, if nothing rings before. */
  readonly again?: Date | undefined;
}

const idle: Look = { moved: false };

/** Of one call; what remains is done by the next. */
const mostSteps = 100;

/**
 * Takes rollouts through their steps. All of its state is in Postgres, and each step is one
 * transaction that names the step it follows: a worker may die anywhere, any number may drive the
 * same mesh, and each step takes effect once.
 */
@Injectable()
export class RolloutDriver {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ConfigurationSource) private readonly source: ConfigurationSource,
  ) {}

  /** Does what can be done for a mesh now. @returns when to look again; undefined: when it rings. */
  async advance(organizationId: string, meshId: string): Promise<Date | undefined> {
    for (let steps = 0; steps < mostSteps; steps += 1) {
      const look = await this.look(organizationId, meshId);
      if (!look.moved) return look.again;
    }
    return new Date();
  }

  private async look(organizationId: string, meshId: string): Promise<Look> {
    const read = await this.database.withOrganization(organizationId, async (tx) => {
      const active = await tx.rollout.findFirst({ where: { meshId, state: { in: runs } } });
      if (!active) {
        const next = await tx.rollout.findFirst({
          where: { meshId, state: 'QUEUED' },
          orderBy: { id: 'asc' },
        });
        return next && { rollout: next };
      }
      if (active.state !== 'RUNNING') return null;
      return { rollout: active, decision: await this.decide(tx, active) };
    });
    if (!read) return idle;
    const { rollout, decision } = read;
    if (decision?.do === 'wait') return { moved: false, again: decision.until };
    await this.database.withOrganization(organizationId, async (tx) => {
      // First, as always: what is read after it stays as it is until the end.
      await advanceMesh(tx, meshId, 'settings');
      if (decision) await carryOut(tx, rollout, decision);
      else await begin(tx, rollout);
    });
    return { moved: true };
  }

  private async decide(tx: Transaction, rollout: RolloutRow): Promise<Decision> {
    const settings = await this.source.settings(tx, rollout.meshId);
    const clusters = await loadClusters(tx, rollout.meshId);
    const progress = await loadProgress(tx, rollout.meshId, settings, clusters);
    const now = await databaseNow(tx);
    return decide(
      {
        stage: rollout.stage as 'trial' | 'wave' | 'soak',
        wave: rollout.wave,
        plan: planOf(rollout),
        gate: policyOf(rollout).gate,
        stageAt: rollout.stageAt ?? now,
      },
      progress,
      now,
    );
  }
}

async function begin(tx: Transaction, rollout: RolloutRow): Promise<void> {
  const clusters = (await loadClusters(tx, rollout.meshId)).filter(({ removed }) => !removed);
  const present = clusters.filter(({ inContact }) => inContact);
  const reachable = new Set(present.map(({ id }) => id));
  const waves = planWaves(policyOf(rollout), present);
  // Nobody waits for these, so no wave may be of them alone: they come with the last.
  const away = clusters.filter(({ id }) => !reachable.has(id)).map(({ id }) => id);
  if (away.length > 0) waves.push([...(waves.pop() ?? []), ...away]);
  const versions = await loadVersions(tx, rollout.meshId);
  for (const id of versions.keys()) if (!reachable.has(id)) versions.delete(id);
  const plan: RolloutPlan = { waves, trial: planTrial(waves, versions) };
  const mesh = await tx.meshConfiguration.findUnique({ where: { meshId: rollout.meshId } });
  await takeStep(tx, rollout, {
    state: 'RUNNING',
    type: 'STARTED',
    message: `${clusters.length} clusters in ${waves.length} waves; tried in ${plan.trial.length} first`,
    stage: 'trial',
    newFence: true,
    data: {
      plan: toJson(plan),
      startedAt: await databaseNow(tx),
      fromReleaseId: mesh?.currentReleaseId ?? null,
    },
  });
}

async function carryOut(tx: Transaction, rollout: RolloutRow, decision: Decision): Promise<void> {
  switch (decision.do) {
    case 'wait':
      return;
    case 'startWave': {
      const { wave, message } = decision;
      const taken = await takeStep(tx, rollout, {
        state: 'RUNNING',
        type: 'WAVE_STARTED',
        message,
        stage: 'wave',
        wave,
        newFence: true,
      });
      if (taken) await sendTo(tx, rollout, planOf(rollout).waves[wave] ?? [], taken.fence);
      return;
    }
    case 'soak':
      await takeStep(tx, rollout, {
        state: 'RUNNING',
        type: 'WAVE_STORED',
        message: decision.message,
        stage: 'soak',
      });
      return;
    case 'halt': {
      const halt: Transition = {
        state: 'HALTED',
        type: 'HALTED',
        message: decision.message,
        data: { reason: decision.reason, detail: decision.message },
      };
      await takeStep(tx, rollout, halt);
      return;
    }
    case 'complete': {
      const taken = await takeStep(tx, rollout, {
        state: 'COMPLETED',
        type: 'COMPLETED',
        message: decision.message,
        data: { finishedAt: await databaseNow(tx) },
      });
      if (!taken) return;
      await tx.meshConfiguration.update({
        where: { meshId: rollout.meshId },
        data: { currentReleaseId: rollout.releaseId },
      });
    }
  }
}
