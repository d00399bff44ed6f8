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
import { type ClusterStage, endStages, type UpgradeFinding } from './model.js';
import { loadUpgradable } from './observation.js';
import { UpgradePlanner } from './planner.js';
import {
  beforesOf,
  hopsOf,
  loadSettings,
  policyOf,
  stageOf,
  stateOf,
  type UpgradeClusterRow,
  type UpgradeRow,
  type UpgradeSettings,
  wavesOf,
} from './rows.js';
import { requestOf, type StageContext, stageStep } from './stages.js';
import {
  type ClusterStep,
  longestDetail,
  runs,
  takeClusterSteps,
  takeUpgradeStep,
} from './steps.js';
import { Together } from './together.js';
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
/** Clusters of one transaction: it holds up what else changes the mesh. */
const mostTogether = 250;
const through: ClusterLook = { isThrough: true };

/** What one look needs of a cluster and its upgrade. */
interface Read extends StageContext {
  readonly preflight: readonly UpgradeFinding[];
  readonly position: ClusterPosition;
  readonly now: Date;
}

/**
 * Takes upgrades through their steps. All of its state is in Postgres, and each step is in a transaction
 * that names the step it follows: a worker may die anywhere, any number may drive the
 * same upgrade, and each step takes effect once.
 */
@Injectable()
export class UpgradeDriver {
  private readonly flows = new Map<string, Together<string, ClusterLook>>();

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
      const settings = await loadSettings(tx, meshId);
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

  /** Does what can be done for all clusters of a flow that something may have happened to. */
  async advanceAll(
    organizationId: string,
    { upgradeId, key, awake }: Flow,
  ): Promise<ReadonlyMap<string, ClusterLook>> {
    const looks = await Promise.all(
      awake.map((id) => this.advanceCluster(organizationId, upgradeId, id, key)),
    );
    return new Map(awake.map((id, index) => [id, looks[index] ?? through]));
  }

  /**
   * Does what can be done for one cluster now. Calls for clusters of one flow that come while another one
   * is under way are answered together.
   *
   * @param key of the flow that it is driven in.
   */
  advanceCluster(
    organizationId: string,
    upgradeId: string,
    clusterId: string,
    key: string,
  ): Promise<ClusterLook> {
    let flow = this.flows.get(key);
    if (!flow) {
      flow = new Together(mostTogether, (ids) =>
        this.advanceClusters(organizationId, upgradeId, ids, key),
      );
      this.flows.set(key, flow);
    }
    const look = flow.ask(clusterId);
    const forget = (): void => {
      if (this.flows.get(key)?.isIdle) this.flows.delete(key);
    };
    void look.then(forget, forget);
    return look;
  }

  private async advanceClusters(
    organizationId: string,
    upgradeId: string,
    clusterIds: readonly string[],
    key: string,
  ): Promise<Map<string, ClusterLook>> {
    const looks = new Map<string, ClusterLook>();
    let open = [...clusterIds];
    for (let steps = 0; steps < mostSteps && open.length > 0; steps += 1) {
      const read = await this.database.withOrganization(organizationId, (tx) =>
        this.read(tx, upgradeId, open),
      );
      // Of a flow that another one has taken the place of.
      const reads = read && keyOf(read.upgrade) === key ? read.reads : [];
      const acts: Act[] = [];
      const notes: Note[] = [];
      for (const clusterId of open) looks.set(clusterId, through);
      for (const each of reads) {
        const { clusterId } = each.row;
        const decision = isOver(each) ? rest : decide(each);
        if (decision.do === 'rest') continue;
        looks.set(clusterId, { isThrough: false });
        if (decision.do === 'wait') {
          looks.set(clusterId, { isThrough: false, again: decision.until });
          notes.push({ row: each.row, detail: decision.for.slice(0, longestDetail) });
        } else acts.push({ read: each, decision });
      }
      await this.note(organizationId, upgradeId, notes);
      // The mesh's clock rings for everybody, this driver included: it moves for steps alone.
      const due = withinRoom(acts, read?.room ?? 0);
      open = due.length > 0 ? await this.carryOut(organizationId, due) : [];
    }
    return looks;
  }

  private async read(
    tx: Transaction,
    upgradeId: string,
    clusterIds: readonly string[],
  ): Promise<{ upgrade: UpgradeRow; reads: Read[]; room: number } | undefined> {
    const upgrade = await tx.upgrade.findUnique({ where: { id: upgradeId } });
    if (!upgrade) return undefined;
    const { meshId } = upgrade;
    const some = { in: [...clusterIds] };
    const rows = await tx.upgradeCluster.findMany({ where: { upgradeId, clusterId: some } });
    const clusters = new Map(
      (await loadUpgradable(tx, meshId, clusterIds)).map((cluster) => [cluster.id, cluster]),
    );
    const settings = await loadSettings(tx, meshId);
    const now = await databaseNow(tx);
    const reads = rows.map((row): Read => {
      const cluster = clusters.get(row.clusterId);
      const { windows, freezes } = settings;
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
        proceeding: mayProceed(cluster?.selectable ?? {}, windows, freezes, now),
        readinessRequest: requestOf(row, row.hop, row.step),
      };
      return { upgrade, row, cluster, settings, position, preflight: [], now };
    });
    const asked = reads.filter(
      ({ position, cluster }) =>
        position.stage === 'PREFLIGHT' && cluster?.readiness?.request === position.readinessRequest,
    );
    const findings = await this.planner.preflight(tx, upgrade, settings, asked);
    return {
      upgrade,
      reads: reads.map((each) => ({ ...each, preflight: findings.get(each.row.clusterId) ?? [] })),
      room: await roomFor(tx, reads, upgradeId, settings),
    };
  }

  /** @returns ids of the clusters that may have more to do at once. */
  private async carryOut(organizationId: string, acts: readonly Act[]): Promise<string[]> {
    const { upgrade, settings } = (acts[0] as Act).read;
    return this.database.withOrganization(organizationId, async (tx) => {
      // First, as always: what is read after it stays as it is until the end.
      await advanceMesh(tx, upgrade.meshId, 'settings');
      const current = await tx.upgrade.findUnique({ where: { id: upgrade.id } });
      // Somebody stopped it, or began to take it back, meanwhile.
      if (current?.step !== upgrade.step) return acts.map(({ read }) => read.row.clusterId);
      const reads = acts.map(({ read }) => read);
      const room = await roomFor(tx, reads, upgrade.id, settings);
      const steps: ClusterStep[] = [];
      let halting: { reason: string; message: string } | undefined;
      for (const { read, decision } of withinRoom(acts, room)) {
        const { row, cluster } = read;
        const name = cluster?.name ?? row.clusterId;
        steps.push(...stepsOf(read, decision));
        if (decision.do !== 'fail' && decision.do !== 'halt') continue;
        const { reason, message } = decision;
        halting ??= { reason, message: `${name}: ${message}` };
        if (decision.do === 'fail') continue;
        const detail = message.slice(0, longestDetail);
        await tx.upgradeCluster.updateMany({
          where: { upgradeId: upgrade.id, clusterId: row.clusterId, step: row.step },
          data: { reason, detail },
        });
      }
      await takeClusterSteps(tx, upgrade, steps);
      if (halting) await halt(tx, upgrade, halting.reason, halting.message);
      // Whom something was told has nothing to say to it yet.
      return steps.flatMap(({ row, desired }) => (desired ? [] : [row.clusterId]));
    });
  }

  /** What clusters wait for, for people; no step, and no bell. */
  private async note(
    organizationId: string,
    upgradeId: string,
    notes: readonly Note[],
  ): Promise<void> {
    const news = notes.filter(
      ({ row, detail }) =>
        (row.reason === null || row.reason === isWaiting) && row.detail !== detail,
    );
    if (news.length === 0) return;
    const rows = news.map(({ row, detail }) => ({
      cluster_id: row.clusterId,
      step: row.step,
      detail,
    }));
    await this.database.withOrganization(
      organizationId,
      (tx) => tx.$executeRaw`
        UPDATE upgrade_cluster AS old SET reason = ${isWaiting}, detail = new.detail
          FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
            AS new (cluster_id text, step int, detail text)
         WHERE old.upgrade_id = ${upgradeId} AND old.cluster_id = new.cluster_id
           AND old.step = new.step`,
    );
  }
}

type Action = Exclude<ClusterDecision, { do: 'wait' | 'rest' }>;

interface Act {
  readonly read: Read;
  readonly decision: Action;
}

interface Note {
  readonly row: UpgradeClusterRow;
  readonly detail: string;
}

/** Reason of a cluster that only waits. */
const isWaiting = 'Waiting';
const rest: ClusterDecision = { do: 'rest' };
const keepsReason: ReadonlySet<ClusterStage> = new Set([
  'CLEANING_UP',
  'ROLLED_BACK',
  'ROLLING_BACK',
]);

function decide({ position, cluster, preflight, now }: Read): ClusterDecision {
  const observation = {
    removed: cluster?.removed ?? true,
    inContact: cluster?.inContact ?? false,
    istio: cluster?.istio,
    readiness: cluster?.readiness,
    preflight,
  };
  return decideCluster(position, observation, now);
}

/** The step that a decision leads to, if it is one of the cluster. */
function stepsOf(read: Read, decision: Action): ClusterStep[] {
  const { stage } = read.position;
  switch (decision.do) {
    case 'go': {
      const { stage: next, hop, message } = decision;
      // Why it went back is told until it begins anew.
      const because = keepsReason.has(next) ? {} : { because: null };
      return [stageStep(read, { stage: next, type: next, message, hop, ...because })];
    }
    case 'hold':
      return [
        stageStep(read, {
          ...{ stage, type: 'HELD', message: decision.message, held: true },
          because: { reason: 'Held', detail: decision.message },
        }),
      ];
    case 'release':
      return [
        stageStep(read, { stage, type: 'RELEASED', message: decision.message, because: null }),
      ];
    case 'fail': {
      const { reason, message } = decision;
      const isUntouched = stage === 'PENDING' || stage === 'PREFLIGHT';
      const because = { reason, detail: message };
      const next = isUntouched ? 'ROLLED_BACK' : 'ROLLING_BACK';
      return [stageStep(read, { stage: next, type: 'FAILED', message, because })];
    }
    case 'halt':
      return [];
  }
}

/** While waves go on, one that is through waits for the others before its old revision is removed. */
function isOver({ upgrade, row, position }: Read): boolean {
  if (!runs.includes(position.upgrade)) return true;
  const isRetiring = upgrade.wave >= wavesOf(upgrade).length;
  return isThrough(position) && !(isRetiring && row.finishedAt === null);
}

/** How many of these clusters may begin, so that no more are in flight than the mesh wants. */
async function roomFor(
  tx: Transaction,
  reads: readonly Read[],
  upgradeId: string,
  { maxInFlight }: UpgradeSettings,
): Promise<number> {
  if (!reads.some(({ row }) => row.stage === 'PENDING')) return 0;
  const all = await tx.upgradeCluster.findMany({ where: { upgradeId }, select: { stage: true } });
  return maxInFlight - all.filter(({ stage }) => isInFlight(stage as ClusterStage)).length;
}

/** Without the clusters that there is no room to begin. */
function withinRoom(acts: readonly Act[], room: number): Act[] {
  let left = room;
  return acts.filter(({ read, decision }) => {
    if (read.row.stage !== 'PENDING' || decision.do !== 'go') return true;
    left -= 1;
    return left >= 0;
  });
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

async function loadStandings(tx: Transaction, upgradeId: string): Promise<ClusterStanding[]> {
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
      !endStages.has(cluster.stage) &&
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
