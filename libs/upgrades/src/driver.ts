import { databaseNow } from '@isthmus/fleet';
import { advanceMesh, Database, type Transaction } from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';
import {
  type ClusterDecision,
  type ClusterPosition,
  decideCluster,
  isInFlight,
  isThrough,
} from './cluster-machine.js';
import type { ClusterStage, UpgradeFinding } from './model.js';
import { loadUpgradable } from './observation.js';
import { UpgradePlanner } from './planner.js';
import {
  beforesOf,
  hopsOf,
  policyOf,
  settingsOf,
  stageOf,
  stateOf,
  type UpgradeRow,
  type UpgradeSettings,
  wavesOf,
} from './rows.js';
import { enterStage, requestOf, type StageContext } from './stages.js';
import { runs, takeUpgradeStep } from './steps.js';
import { type ClusterStanding, decideUpgrade } from './upgrade-machine.js';
import { mayProceed } from './windows.js';

/** The clusters that are to be driven now, all at once. */
export interface Flow {
  readonly upgradeId: string;
  /** Another one begins when the upgrade has taken a step. */
  readonly key: string;
  readonly clusterIds: readonly string[];
  /** Of these, the ones that something may have happened to. */
  readonly awake: readonly string[];
}

/** What came of one cluster. */
export interface ClusterLook {
  /** Nothing more of it in this flow. */
  readonly isThrough: boolean;
  /** When to look again, if nothing rings before. */
  readonly again?: Date | undefined;
}

/** Of one call; what remains is done by the next. */
const mostSteps = 50;
const through: ClusterLook = { isThrough: true };

/** What one look needs of a cluster and its upgrade. */
interface Read extends StageContext {
  readonly preflight: readonly UpgradeFinding[];
  readonly position: ClusterPosition;
  readonly now: Date;
}

/**
 * Takes upgrades through their steps. All of its state is in Postgres, and each step is one
 * transaction that names the step it follows: a worker may die anywhere, any number may drive the
 * same upgrade, and each step takes effect once.
 */
@Injectable()
export class UpgradeDriver {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(UpgradePlanner) private readonly planner: UpgradePlanner,
  ) {}

  /** Takes the steps of the upgrade as a whole. @returns what is to be driven now; undefined: nothing. */
  async advance(organizationId: string, meshId: string): Promise<Flow | undefined> {
    for (let steps = 0; steps < mostSteps; steps += 1) {
      const { moved, flow } = await this.look(organizationId, meshId);
      if (!moved) return flow;
    }
    return undefined;
  }

  private async look(
    organizationId: string,
    meshId: string,
  ): Promise<{ moved: boolean; flow?: Flow | undefined }> {
    const read = await this.database.withOrganization(organizationId, async (tx) => {
      const upgrade = await tx.upgrade.findFirst({ where: { meshId, state: { in: [...runs] } } });
      if (!upgrade) return null;
      const settings = settingsOf(await tx.upgradeSettings.findUnique({ where: { meshId } }));
      return { upgrade, settings, clusters: await loadStandings(tx, upgrade.id) };
    });
    if (!read) return { moved: false };
    const { upgrade, clusters, settings } = read;
    const waves = wavesOf(upgrade).length;
    const decision = decideUpgrade(
      { state: stateOf(upgrade), wave: upgrade.wave, waves },
      clusters,
    );
    if (decision.do === 'wait') return { moved: false, flow: flowOf(upgrade, clusters, settings) };
    await this.database.withOrganization(organizationId, async (tx) => {
      await advanceMesh(tx, meshId, 'settings');
      const { message } = decision;
      const finishedAt = await databaseNow(tx);
      switch (decision.do) {
        case 'startWave':
          await takeUpgradeStep(tx, upgrade, {
            state: 'RUNNING',
            type: 'WAVE_STARTED',
            message,
            wave: decision.wave,
          });
          return;
        case 'complete':
          await takeUpgradeStep(tx, upgrade, {
            state: 'COMPLETED',
            type: 'COMPLETED',
            message,
            data: { finishedAt },
          });
          return;
        case 'rolledBack':
          await takeUpgradeStep(tx, upgrade, {
            state: 'ROLLED_BACK',
            type: 'ROLLED_BACK',
            message,
            data: { finishedAt },
          });
          return;
        case 'halt':
          await halt(tx, upgrade, decision.reason, message);
      }
    });
    return { moved: true };
  }

  /** Does what can be done for one cluster now. @param key of the flow that it is driven in. */
  async advanceCluster(
    organizationId: string,
    upgradeId: string,
    clusterId: string,
    key: string,
  ): Promise<ClusterLook> {
    for (let steps = 0; steps < mostSteps; steps += 1) {
      const read = await this.database.withOrganization(organizationId, (tx) =>
        this.read(tx, upgradeId, clusterId),
      );
      // Of a flow that another one has taken the place of.
      if (!read || keyOf(read.upgrade) !== key || isOver(read)) return through;
      const decision = this.decide(read);
      if (decision.do === 'rest') return through;
      if (decision.do === 'wait') {
        await this.note(organizationId, read, decision.for);
        return { isThrough: false, again: decision.until };
      }
      const taken = await this.carryOut(organizationId, read, decision);
      if (taken === 'later') return { isThrough: false };
    }
    return { isThrough: false, again: new Date() };
  }

  private async read(
    tx: Transaction,
    upgradeId: string,
    clusterId: string,
  ): Promise<Read | undefined> {
    const upgrade = await tx.upgrade.findUnique({ where: { id: upgradeId } });
    const row = await tx.upgradeCluster.findUnique({
      where: { upgradeId_clusterId: { upgradeId, clusterId } },
    });
    if (!upgrade || !row) return undefined;
    const [cluster] = await loadUpgradable(tx, upgrade.meshId, [clusterId]);
    const settings = settingsOf(
      await tx.upgradeSettings.findUnique({ where: { meshId: upgrade.meshId } }),
    );
    const now = await databaseNow(tx);
    const position: ClusterPosition = {
      stage: stageOf(row),
      hop: row.hop,
      hops: hopsOf(row),
      before: beforesOf(row)[row.hop],
      stageAt: row.stageAt,
      fence: row.fence,
      held: row.held,
      upgrade: stateOf(upgrade),
      policy: policyOf(upgrade),
      proceeding: mayProceed(cluster?.selectable ?? {}, settings.windows, settings.freezes, now),
      readinessRequest: requestOf(row, row.hop, row.step),
    };
    const isAnswered = cluster?.readiness?.request === position.readinessRequest;
    const preflight =
      position.stage === 'PREFLIGHT' && isAnswered
        ? await this.planner.preflight(tx, upgrade, row, cluster)
        : [];
    return { upgrade, row, cluster, settings, position, preflight, now };
  }

  private decide({ position, cluster, preflight, now }: Read): ClusterDecision {
    const observation = {
      removed: cluster?.removed ?? true,
      inContact: cluster?.inContact ?? false,
      istio: cluster?.istio,
      readiness: cluster?.readiness,
      preflight,
    };
    return decideCluster(position, observation, now);
  }

  /** @returns 'later' if other clusters have to be done first. */
  private async carryOut(
    organizationId: string,
    read: Read,
    decision: Exclude<ClusterDecision, { do: 'wait' | 'rest' }>,
  ): Promise<'done' | 'later'> {
    const { upgrade, row, position, settings, cluster } = read;
    return this.database.withOrganization(organizationId, async (tx) => {
      // First, as always: what is read after it stays as it is until the end.
      await advanceMesh(tx, upgrade.meshId, 'settings');
      const current = await tx.upgrade.findUnique({ where: { id: upgrade.id } });
      // Somebody stopped it, or began to take it back, meanwhile.
      if (current?.step !== upgrade.step) return 'done';
      const enter = (stage: ClusterStage, type: string, message: string, more: object = {}) =>
        enterStage(tx, read, { stage, type, message, ...more });
      switch (decision.do) {
        case 'go': {
          const { stage, hop, message } = decision;
          if (row.stage === 'PENDING' && (await isFull(tx, upgrade.id, settings))) return 'later';
          const now = await databaseNow(tx);
          await enter(stage, stage, message, {
            hop,
            data: {
              ...(row.startedAt === null && { startedAt: now }),
              ...(ends.has(stage) && { finishedAt: now }),
              // Why it went back is told until it begins anew.
              ...(!keepsReason.has(stage) && { reason: null, detail: null }),
            },
          });
          return 'done';
        }
        case 'hold':
          await enter(position.stage, 'HELD', decision.message, { held: true });
          return 'done';
        case 'release':
          await enter(position.stage, 'RELEASED', decision.message);
          return 'done';
        case 'fail': {
          const { reason, message } = decision;
          const data = { reason, detail: message.slice(0, longestDetail) };
          const isUntouched = position.stage === 'PENDING' || position.stage === 'PREFLIGHT';
          const finishedAt = await databaseNow(tx);
          if (isUntouched)
            await enter('ROLLED_BACK', 'FAILED', message, { data: { ...data, finishedAt } });
          else await enter('ROLLING_BACK', 'FAILED', message, { data });
          await halt(tx, upgrade, reason, `${cluster?.name ?? row.clusterId}: ${message}`);
          return 'done';
        }
        case 'halt': {
          const { reason, message } = decision;
          if (row.reason === reason && position.upgrade !== 'RUNNING') return 'later';
          const data = { reason, detail: message.slice(0, longestDetail) };
          await tx.upgradeCluster.updateMany({
            where: { upgradeId: upgrade.id, clusterId: row.clusterId, step: row.step },
            data,
          });
          await halt(tx, upgrade, reason, `${cluster?.name ?? row.clusterId}: ${message}`);
          return 'later';
        }
      }
    });
  }

  /** What it waits for, for people; no step, and no bell. */
  private async note(
    organizationId: string,
    { upgrade, row }: Read,
    detail: string,
  ): Promise<void> {
    if (row.reason !== null && row.reason !== isWaiting) return;
    const said = detail.slice(0, longestDetail);
    if (row.detail === said) return;
    await this.database.withOrganization(organizationId, (tx) =>
      tx.upgradeCluster.updateMany({
        where: { upgradeId: upgrade.id, clusterId: row.clusterId, step: row.step },
        data: { reason: isWaiting, detail: said },
      }),
    );
  }
}

/** Reason of a cluster that only waits. */
const isWaiting = 'Waiting';
const longestDetail = 1_000;
const ends: ReadonlySet<ClusterStage> = new Set(['DONE', 'ROLLED_BACK', 'SKIPPED']);
const keepsReason: ReadonlySet<ClusterStage> = new Set([
  'CLEANING_UP',
  'ROLLED_BACK',
  'ROLLING_BACK',
]);

/** While waves go on, one that is through waits for the others before its old revision is removed. */
function isOver({ upgrade, row, position }: Read): boolean {
  if (!runs.includes(position.upgrade)) return true;
  const isRetiring = upgrade.wave >= wavesOf(upgrade).length;
  return isThrough(position) && !(isRetiring && row.finishedAt === null);
}

async function isFull(
  tx: Transaction,
  upgradeId: string,
  { maxInFlight }: UpgradeSettings,
): Promise<boolean> {
  const others = await tx.upgradeCluster.findMany({
    where: { upgradeId },
    select: { stage: true },
  });
  return others.filter((other) => isInFlight(other.stage as ClusterStage)).length >= maxInFlight;
}

async function halt(
  tx: Transaction,
  upgrade: UpgradeRow,
  reason: string,
  message: string,
): Promise<void> {
  if (stateOf(upgrade) !== 'RUNNING') return;
  const detail = message.slice(0, longestDetail);
  await takeUpgradeStep(tx, upgrade, {
    state: 'HALTED',
    type: 'HALTED',
    message: detail,
    data: { reason, detail },
  });
}

export async function loadStandings(
  tx: Transaction,
  upgradeId: string,
): Promise<ClusterStanding[]> {
  const rows = await tx.upgradeCluster.findMany({ where: { upgradeId } });
  const names = await tx.cluster.findMany({
    where: { id: { in: rows.map(({ clusterId }) => clusterId) } },
    select: { id: true, name: true },
  });
  const byId = new Map(names.map(({ id, name }) => [id, name]));
  return rows.map((row) => ({
    clusterId: row.clusterId,
    name: byId.get(row.clusterId) ?? row.clusterId,
    wave: row.wave,
    stage: stageOf(row),
    hop: row.hop,
    hops: hopsOf(row),
    detail: row.detail,
  }));
}

/** Every step of an upgrade as a whole begins a flow of its own. */
function keyOf({ id, step }: UpgradeRow): string {
  return `${id}-${step}`;
}

function flowOf(
  upgrade: UpgradeRow,
  clusters: readonly ClusterStanding[],
  { maxInFlight }: UpgradeSettings,
): Flow | undefined {
  const isRetiring = upgrade.wave >= wavesOf(upgrade).length;
  const isBack = upgrade.state === 'ROLLING_BACK';
  const current = clusters.filter(
    (cluster) =>
      (isBack || cluster.wave <= upgrade.wave) &&
      !ends.has(cluster.stage) &&
      (isRetiring || isBack || !isThrough(cluster)),
  );
  if (current.length === 0) return undefined;
  const begun = current.filter(({ stage }) => stage !== 'PENDING');
  const waiting = current.filter(({ stage }) => stage === 'PENDING');
  return {
    upgradeId: upgrade.id,
    key: keyOf(upgrade),
    clusterIds: current.map(({ clusterId }) => clusterId),
    awake: [...begun, ...waiting.slice(0, Math.max(0, maxInFlight - begun.length))].map(
      ({ clusterId }) => clusterId,
    ),
  };
}
