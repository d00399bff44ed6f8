import { databaseNow, findMesh, notFound } from '@isthmus/fleet';
import {
  IsthmusError,
  isId,
  newId,
  type Page,
  type PageRequest,
  pageSize,
  toPage,
  within,
} from '@isthmus/kernel';
import { advanceMesh, Database, type Transaction, toJson } from '@isthmus/platform';
import { matchesSelector, parseSelector } from '@isthmus/releases';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { type Estimate, estimate } from './estimate.js';
import type { ClusterStage, Hop, UpgradeFinding, UpgradePolicy, UpgradeState } from './model.js';
import { loadUpgradable, type UpgradableCluster } from './observation.js';
import { UpgradePlanner } from './planner.js';
import { assertUpgradePolicy } from './policy.js';
import {
  findingsOf,
  hopsOf,
  loadSettings,
  policyOf,
  stageOf,
  stateOf,
  type UpgradeClusterRow,
  type UpgradeRow,
  wavesOf,
} from './rows.js';
import { stageStep } from './stages.js';
import { type ClusterStep, runs, takeClusterSteps, takeUpgradeStep } from './steps.js';

/** Who has an upgrade planned: a person, a token, or the channel of that name. */
export interface UpgradeAuthor {
  readonly organizationId: string;
  readonly id: string;
  readonly kind: Actor['kind'] | 'channel';
}

export interface UpgradeView {
  readonly id: string;
  readonly meshId: string;
  readonly toVersion: string;
  /** manual, or the channel that planned it. */
  readonly source: string;
  readonly message: string;
  readonly state: UpgradeState;
  /** Index of the wave under way; `waveCount` while the old revisions are taken away. */
  readonly wave: number;
  readonly waveCount: number;
  readonly policy: UpgradePolicy;
  readonly findings: readonly UpgradeFinding[];
  /** Why it halted: a stable word, and a sentence. */
  readonly reason: string | null;
  readonly detail: string | null;
  /** Ids of persons or API tokens. */
  readonly createdBy: string;
  readonly createdAt: Date;
  /** Who approved or refused it. */
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface UpgradeClusterView {
  readonly upgradeId: string;
  readonly clusterId: string;
  readonly wave: number;
  readonly hops: readonly Hop[];
  /** Index of the hop under way. */
  readonly hop: number;
  readonly stage: ClusterStage;
  readonly held: boolean;
  /** Why it waits, failed or went back. */
  readonly reason: string | null;
  readonly detail: string | null;
  readonly stageAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface UpgradeEventView {
  readonly id: string;
  readonly clusterId: string | null;
  readonly step: number;
  readonly type: string;
  readonly message: string;
  /** Id of whoever had it so; null when the service did. */
  readonly actor: string | null;
  readonly at: Date;
}

export interface PlanUpgrade {
  readonly meshId: string;
  /** Such as 1.31.2. */
  readonly toVersion: string;
  /** All clusters of the mesh unless said. */
  readonly clusterIds?: readonly string[] | undefined;
  /** Label selector over clusters, as Kubernetes writes it. */
  readonly clusterSelector?: string | undefined;
  /** The mesh's own unless said. */
  readonly policy?: UpgradePolicy | undefined;
  readonly message?: string | undefined;
}

const most = { message: 1_000, planned: 50, clusters: 5_000 };
const unfinished: readonly UpgradeState[] = ['PLANNED', 'AWAITING_APPROVAL', ...runs];

/** Upgrades as people plan, start, watch and stop them; the worker's driver takes their steps. */
@Injectable()
export class UpgradeService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(UpgradePlanner) private readonly planner: UpgradePlanner,
  ) {}

  /**
   * Computes what an upgrade would do, and keeps it: nothing is changed in any cluster.
   *
   * @throws NOT_FOUND, INVALID_ARGUMENT, UPGRADE_VERSION_INVALID, UPGRADE_VERSION_UNKNOWN,
   *   UPGRADE_POLICY_INVALID, TOO_MANY_RESOURCES
   */
  async plan(actor: Actor, input: PlanUpgrade): Promise<UpgradeView> {
    authorize(actor, 'upgrade.write');
    const { policy } = input;
    if (policy) within('policy', () => assertUpgradePolicy(policy));
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await findMesh(tx, input.meshId);
      await advanceMesh(tx, input.meshId, 'settings');
      const all = await loadUpgradable(tx, input.meshId);
      const clusters = select(all, input);
      return toView(await this.planIn(tx, actor, input, clusters, 'manual'));
    });
  }

  /** As `plan`, in a transaction that has advanced the mesh's clock. */
  async planIn(
    tx: Transaction,
    author: UpgradeAuthor,
    { meshId, toVersion, policy, message = '' }: PlanUpgrade,
    clusters: readonly UpgradableCluster[],
    source: string,
  ): Promise<UpgradeRow> {
    assertMessage(message);
    const waiting = await tx.upgrade.count({ where: { meshId, state: { in: [...unfinished] } } });
    if (waiting >= most.planned) {
      throw new IsthmusError(
        'TOO_MANY_RESOURCES',
        `${most.planned} upgrades of this mesh are planned; abort those that nobody wants`,
      );
    }
    const settings = await loadSettings(tx, meshId);
    const chosen = policy ?? settings.policy;
    const plan = await this.planner.plan(tx, meshId, {
      toVersion,
      clusters,
      policy: chosen,
      settings,
    });
    const { organizationId } = author;
    const upgrade = await tx.upgrade.create({
      data: {
        id: newId('upgrade'),
        organizationId,
        meshId,
        toVersion,
        source,
        message,
        policy: toJson(chosen),
        waves: toJson(plan.waves),
        findings: toJson(plan.findings),
        state: 'PLANNED',
        createdBy: author.id,
        createdByKind: author.kind,
      },
    });
    const rows = plan.waves.flatMap((ids, wave) =>
      ids.map((clusterId) => ({
        upgradeId: upgrade.id,
        clusterId,
        organizationId,
        wave,
        hops: toJson(plan.hops.get(clusterId) ?? []),
        stage: 'PENDING',
      })),
    );
    await tx.upgradeCluster.createMany({ data: rows });
    return upgrade;
  }

  /**
   * Begins, or asks for an approval where the mesh wants one.
   *
   * @param skipBlocked begins although something blocks some clusters, which are no part of its waves.
   * @throws NOT_FOUND, UPGRADE_STATE, UPGRADE_BLOCKED
   */
  async start(actor: Actor, id: string, { skipBlocked = false } = {}): Promise<UpgradeView> {
    return this.change(actor, id, ['PLANNED'], (tx, row) =>
      this.startIn(tx, actor, row, skipBlocked),
    );
  }

  /** Starts what a channel planned, if there is anything that nothing blocks. */
  async startPlanned(tx: Transaction, author: Pick<Actor, 'id'>, row: UpgradeRow): Promise<void> {
    if (wavesOf(row).length > 0) await this.startIn(tx, author, row, true);
  }

  private async startIn(
    tx: Transaction,
    actor: Pick<Actor, 'id'>,
    row: UpgradeRow,
    skipBlocked: boolean,
  ): Promise<void> {
    const blocks = findingsOf(row).filter(({ severity }) => severity === 'BLOCKS');
    const [first] = blocks;
    if (first && !skipBlocked) {
      throw new IsthmusError(
        'UPGRADE_BLOCKED',
        `${blocks.length === 1 ? 'one finding blocks' : `${blocks.length} findings block`} it: ${first.message}; ${first.remedy}; or leave out the clusters that are blocked`,
        { details: { findings: blocks.slice(0, 20) } },
      );
    }
    if (wavesOf(row).length === 0) {
      const message = 'no cluster is left to upgrade; look at the findings of the plan';
      throw new IsthmusError('UPGRADE_BLOCKED', message);
    }
    const { requireApproval } = await loadSettings(tx, row.meshId);
    if (requireApproval) {
      await takeUpgradeStep(tx, row, {
        state: 'AWAITING_APPROVAL',
        type: 'APPROVAL_REQUESTED',
        message: 'waits for somebody else to approve it',
        actor: actor.id,
      });
      return;
    }
    await begin(tx, row, actor, 'STARTED', 'started');
  }

  /** @throws NOT_FOUND, UPGRADE_STATE, UPGRADE_OWN_APPROVAL */
  async approve(actor: Actor, id: string): Promise<UpgradeView> {
    return this.decide(actor, id, async (tx, row, decided) =>
      begin(tx, row, actor, 'APPROVED', 'approved, and started', decided),
    );
  }

  /** @throws NOT_FOUND, UPGRADE_STATE, UPGRADE_OWN_APPROVAL */
  async reject(actor: Actor, id: string, message = ''): Promise<UpgradeView> {
    assertMessage(message);
    return this.decide(actor, id, async (tx, row, data) => {
      const finishedAt = await databaseNow(tx);
      const said = message === '' ? 'refused' : `refused: ${message}`;
      const detail = said;
      await takeUpgradeStep(tx, row, {
        state: 'REJECTED',
        type: 'REJECTED',
        message: said,
        actor: actor.id,
        data: { ...data, finishedAt, reason: 'Rejected', detail },
      });
    });
  }

  /** Nothing moves until it is resumed; what restarts already finishes. @throws NOT_FOUND, UPGRADE_STATE */
  async pause(actor: Actor, id: string): Promise<UpgradeView> {
    return this.change(actor, id, ['RUNNING'], async (tx, row) => {
      const step = { state: 'PAUSED', type: 'PAUSED', message: 'paused' } as const;
      await takeUpgradeStep(tx, row, { ...step, actor: actor.id });
    });
  }

  /**
   * Goes on with one that is paused or halted. Clusters that went back begin anew, those that waited too
   * long wait once more.
   *
   * @throws NOT_FOUND, UPGRADE_STATE
   */
  async resume(actor: Actor, id: string): Promise<UpgradeView> {
    return this.change(actor, id, ['PAUSED', 'HALTED'], async (tx, row) => {
      const message = row.state === 'HALTED' ? `resumed after ${row.reason}` : 'resumed';
      const back = await tx.upgradeCluster.findMany({
        where: { upgradeId: id, stage: 'ROLLED_BACK' },
      });
      await again(tx, row, back, actor);
      await refresh(tx, id);
      await takeUpgradeStep(tx, row, {
        state: 'RUNNING',
        type: 'RESUMED',
        message,
        actor: actor.id,
      });
    });
  }

  /** Ends it where it is: clusters in the middle keep both revisions, and nothing moves in them any more. */
  async abort(actor: Actor, id: string): Promise<UpgradeView> {
    const from = unfinished.filter((state) => state !== 'ROLLING_BACK');
    return this.change(actor, id, from, async (tx, row) => {
      await this.holdAll(tx, row, actor);
      await takeUpgradeStep(tx, row, {
        state: 'ABORTED',
        type: 'ABORTED',
        message: 'aborted',
        actor: actor.id,
        data: { finishedAt: await databaseNow(tx) },
      });
    });
  }

  /**
   * Takes every cluster that it has touched back to the revision it had: tags and namespaces first, then
   * their workloads; an old revision that was removed is installed again. CRDs stay.
   *
   * @throws NOT_FOUND, UPGRADE_STATE
   */
  async rollBack(actor: Actor, id: string): Promise<UpgradeView> {
    const from: UpgradeState[] = ['RUNNING', 'PAUSED', 'HALTED', 'ABORTED', 'COMPLETED'];
    return this.change(actor, id, from, async (tx, row) => {
      const newer = await tx.upgrade.findFirst({
        where: {
          meshId: row.meshId,
          id: { not: id },
          OR: [{ state: { in: [...runs] } }, { startedAt: { gt: row.startedAt ?? row.createdAt } }],
        },
      });
      if (newer) {
        const message = `the upgrade to ${newer.toVersion} began after it; roll that one back first`;
        throw new IsthmusError('UPGRADE_STATE', message);
      }
      const settings = await loadSettings(tx, row.meshId);
      const clusters = await tx.upgradeCluster.findMany({ where: { upgradeId: id } });
      const steps = clusters.flatMap((cluster) => {
        const first = firstBack(cluster);
        if (!first) return [];
        const because = { reason: 'RolledBack', detail: 'the upgrade is taken back' };
        const context = { upgrade: row, row: cluster, settings, cluster: undefined };
        return [stageStep(context, { ...first, type: first.stage, because })];
      });
      await takeClusterSteps(tx, row, steps, actor.id);
      await takeUpgradeStep(tx, row, {
        state: 'ROLLING_BACK',
        type: 'ROLLING_BACK',
        message: 'every cluster goes back',
        actor: actor.id,
        data: { finishedAt: null },
      });
    });
  }

  /** Has a cluster that went back begin anew, and the upgrade go on. @throws NOT_FOUND, UPGRADE_STATE */
  async retryCluster(actor: Actor, id: string, clusterId: string): Promise<UpgradeView> {
    return this.changeCluster(actor, id, clusterId, ['ROLLED_BACK'], (tx, row, cluster) =>
      again(tx, row, [cluster], actor),
    );
  }

  /** Leaves a cluster out that has not begun, or went back, and has the upgrade go on. */
  async skipCluster(actor: Actor, id: string, clusterId: string): Promise<UpgradeView> {
    return this.changeCluster(
      actor,
      id,
      clusterId,
      ['PENDING', 'ROLLED_BACK'],
      async (tx, row, cluster) => {
        const step = { stage: 'SKIPPED', type: 'SKIPPED', message: 'left out' } as const;
        await takeClusterSteps(tx, row, [{ ...step, row: cluster }], actor.id);
      },
    );
  }

  /** The newest first. @throws NOT_FOUND */
  async list(
    actor: Actor,
    { meshId, ...page }: { meshId: string } & PageRequest,
  ): Promise<Page<UpgradeView>> {
    authorize(actor, 'upgrade.read');
    const size = pageSize(page);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await findMesh(tx, meshId);
      const rows = await tx.upgrade.findMany({
        where: { meshId, ...(page.after ? { id: { lt: page.after } } : {}) },
        orderBy: { id: 'desc' },
        take: size + 1,
      });
      return toPage(rows.map(toView), size);
    });
  }

  /** @throws NOT_FOUND */
  async get(actor: Actor, id: string): Promise<UpgradeView> {
    authorize(actor, 'upgrade.read');
    return this.database.withOrganization(actor.organizationId, async (tx) =>
      toView(await find(tx, id)),
    );
  }

  /** By wave, then by id; the cursor is `<wave>.<cluster id>`. @throws NOT_FOUND, INVALID_ARGUMENT */
  async clusters(
    actor: Actor,
    { upgradeId, ...page }: { upgradeId: string } & PageRequest,
  ): Promise<Page<UpgradeClusterView>> {
    authorize(actor, 'upgrade.read');
    const size = pageSize(page);
    const after = page.after === undefined ? undefined : /^(\d{1,6})\.(.{1,100})$/.exec(page.after);
    if (after === null)
      throw new IsthmusError('INVALID_ARGUMENT', 'after must be a cursor of the page before', {
        field: 'after',
      });
    const [, wave = '0', clusterId = ''] = after ?? [];
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await find(tx, upgradeId);
      const rows = await tx.upgradeCluster.findMany({
        where: {
          upgradeId,
          ...(after && {
            OR: [
              { wave: { gt: Number(wave) } },
              { wave: Number(wave), clusterId: { gt: clusterId } },
            ],
          }),
        },
        orderBy: [{ wave: 'asc' }, { clusterId: 'asc' }],
        take: size + 1,
      });
      return toPage(rows.map(toClusterView), size);
    });
  }

  /** Of the upgrade that a cluster is in the middle of, or was last; null: of none. */
  async ofCluster(actor: Actor, clusterId: string): Promise<UpgradeClusterView | null> {
    authorize(actor, 'upgrade.read');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const row = await tx.upgradeCluster.findFirst({
        where: { clusterId, upgrade: { startedAt: { not: null } } },
        orderBy: { upgradeId: 'desc' },
      });
      return row && toClusterView(row);
    });
  }

  /** In the order in which they happened. @throws NOT_FOUND */
  async events(
    actor: Actor,
    {
      upgradeId,
      clusterId,
      ...page
    }: { upgradeId: string; clusterId?: string | undefined } & PageRequest,
  ): Promise<Page<UpgradeEventView>> {
    authorize(actor, 'upgrade.read');
    const size = pageSize(page);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await find(tx, upgradeId);
      const rows = await tx.upgradeEvent.findMany({
        where: {
          upgradeId,
          ...(clusterId !== undefined && { clusterId }),
          ...(page.after ? { id: { gt: page.after } } : {}),
        },
        orderBy: { id: 'asc' },
        take: size + 1,
      });
      const views = rows.map(({ id, clusterId: of, step, type, message, actor: by, at }) => ({
        id,
        clusterId: of,
        step,
        type,
        message,
        actor: by,
        at,
      }));
      return toPage(views, size);
    });
  }

  /** What remains, as far as the clusters that are through tell. @throws NOT_FOUND */
  async estimate(actor: Actor, id: string): Promise<Estimate> {
    authorize(actor, 'upgrade.read');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const row = await find(tx, id);
      const settings = await loadSettings(tx, row.meshId);
      const clusters = await tx.upgradeCluster.findMany({ where: { upgradeId: id } });
      return estimate({
        now: await databaseNow(tx),
        policy: policyOf(row),
        maxInFlight: settings.maxInFlight,
        waves: wavesOf(row),
        clusters: clusters.map((cluster) => ({
          id: cluster.clusterId,
          stage: stageOf(cluster),
          hop: cluster.hop,
          hops: hopsOf(cluster).length,
          stageAt: cluster.stageAt,
          startedAt: cluster.startedAt ?? undefined,
          finishedAt: cluster.finishedAt ?? undefined,
        })),
      });
    });
  }

  private async holdAll(tx: Transaction, row: UpgradeRow, actor: Actor): Promise<void> {
    const settings = await loadSettings(tx, row.meshId);
    const clusters = await tx.upgradeCluster.findMany({ where: { upgradeId: row.id } });
    const moving = clusters.filter(
      (cluster) => ['CANARY', 'WORKLOADS', 'GATEWAYS'].includes(cluster.stage) && !cluster.held,
    );
    const steps = moving.map((cluster) =>
      stageStep(
        { upgrade: row, row: cluster, settings, cluster: undefined },
        { stage: stageOf(cluster), type: 'HELD', message: 'held: aborted', held: true },
      ),
    );
    await takeClusterSteps(tx, row, steps, actor.id);
  }

  private async decide(
    actor: Actor,
    id: string,
    work: (
      tx: Transaction,
      row: UpgradeRow,
      decided: { decidedBy: string; decidedAt: Date },
    ) => Promise<void>,
  ): Promise<UpgradeView> {
    authorize(actor, 'upgrade.approve');
    return this.change(actor, id, ['AWAITING_APPROVAL'], async (tx, row) => {
      // A token is as good as whoever has it, who may be the author; and stands for whoever made it.
      if (actor.kind !== 'user' || (await authorOf(tx, row)) === actor.id) {
        const message =
          'an upgrade is approved by another person than the one who planned it, signed in';
        throw new IsthmusError('UPGRADE_OWN_APPROVAL', message);
      }
      await work(tx, row, { decidedBy: actor.id, decidedAt: await databaseNow(tx) });
    });
  }

  private async changeCluster(
    actor: Actor,
    id: string,
    clusterId: string,
    from: readonly ClusterStage[],
    work: (tx: Transaction, row: UpgradeRow, cluster: UpgradeClusterRow) => Promise<void>,
  ): Promise<UpgradeView> {
    return this.change(actor, id, ['RUNNING', 'PAUSED', 'HALTED'], async (tx, row) => {
      const cluster = await findClusterRow(tx, id, clusterId);
      if (!cluster) throw notFound('cluster');
      if (!from.includes(stageOf(cluster))) {
        throw new IsthmusError(
          'UPGRADE_STATE',
          `the cluster is ${cluster.stage}; this can be done while it is ${from.join(' or ')}`,
        );
      }
      await work(tx, row, cluster);
      if (row.state !== 'HALTED') return;
      await refresh(tx, id);
      const message = `goes on after ${row.reason}`;
      await takeUpgradeStep(tx, row, {
        state: 'RUNNING',
        type: 'RESUMED',
        message,
        actor: actor.id,
      });
    });
  }

  private async change(
    actor: Actor,
    id: string,
    from: readonly UpgradeState[],
    work: (tx: Transaction, row: UpgradeRow) => Promise<void>,
  ): Promise<UpgradeView> {
    authorize(actor, 'upgrade.write');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const { meshId } = await find(tx, id);
      await advanceMesh(tx, meshId, 'settings');
      const row = await find(tx, id);
      if (!from.includes(stateOf(row))) {
        throw new IsthmusError(
          'UPGRADE_STATE',
          `the upgrade is ${row.state}; this can be done while it is ${from.join(' or ')}`,
        );
      }
      await work(tx, row);
      return toView(await find(tx, id));
    });
  }
}

/** @throws INVALID_ARGUMENT */
function assertMessage(message: string): void {
  if (message.length <= most.message) return;
  const said = `message has at most ${most.message} characters`;
  throw new IsthmusError('INVALID_ARGUMENT', said, { field: 'message' });
}

/** The person behind an upgrade: who planned it, or made the token that did. */
async function authorOf(tx: Transaction, row: UpgradeRow): Promise<string> {
  if (row.createdByKind !== 'apiToken') return row.createdBy;
  const token = await tx.apiToken.findUnique({ where: { id: row.createdBy } });
  return token?.createdBy ?? row.createdBy;
}

/** @throws UPGRADE_STATE while another one of the mesh is under way. */
async function begin(
  tx: Transaction,
  row: UpgradeRow,
  actor: Pick<Actor, 'id'>,
  type: string,
  message: string,
  data: object = {},
): Promise<void> {
  const other = await tx.upgrade.findFirst({
    where: { meshId: row.meshId, state: { in: [...runs] } },
  });
  if (other) {
    const said = `the upgrade to ${other.toVersion} is ${other.state}; wait for its end, or abort it`;
    throw new IsthmusError('UPGRADE_STATE', said);
  }
  const startedAt = await databaseNow(tx);
  await refresh(tx, row.id);
  const step = { state: 'RUNNING', type, message, wave: 0 } as const;
  await takeUpgradeStep(tx, row, { ...step, actor: actor.id, data: { ...data, startedAt } });
}

/** Stages in which the hop under way has changed nothing in its cluster, or nothing any more. */
const unchanged: ReadonlySet<ClusterStage> = new Set([
  'PENDING',
  'PREFLIGHT',
  'ROLLED_BACK',
  'SKIPPED',
]);

/** How a cluster begins its way back; undefined where it rests as it was before the upgrade. */
function firstBack(
  cluster: UpgradeClusterRow,
): Required<Pick<ClusterStep, 'stage' | 'hop' | 'message'>> | undefined {
  const stage = stageOf(cluster);
  // Of a hop that has changed nothing, the one before it is the last that has.
  const hop = unchanged.has(stage) ? cluster.hop - 1 : cluster.hop;
  if (hop >= 0) {
    const to = hopsOf(cluster)[hop]?.from?.version ?? 'no Istio';
    return { stage: 'ROLLING_BACK', hop, message: `goes back to ${to}` };
  }
  if (stage !== 'PREFLIGHT') return undefined;
  return { stage: 'ROLLED_BACK', hop: cluster.hop, message: 'nothing was changed in it yet' };
}

/** Has clusters begin their hops anew. */
async function again(
  tx: Transaction,
  row: UpgradeRow,
  clusters: readonly UpgradeClusterRow[],
  actor: Pick<Actor, 'id'>,
): Promise<void> {
  const step = {
    stage: 'PENDING',
    type: 'RETRIED',
    message: 'begins anew',
    because: null,
  } as const;
  await takeClusterSteps(
    tx,
    row,
    clusters.map((cluster) => ({ ...step, row: cluster })),
    actor.id,
  );
}

/** What has waited too long, or for somebody, is given its time once more. */
async function refresh(tx: Transaction, upgradeId: string): Promise<void> {
  const of = { upgradeId, finishedAt: null };
  const stageAt = await databaseNow(tx);
  await tx.upgradeCluster.updateMany({
    where: { ...of, stage: { notIn: ['SOAKING', 'GRACE', 'ROLLING_BACK', 'CLEANING_UP'] } },
    data: { stageAt, reason: null, detail: null },
  });
  // Why they went back is told until they are there.
  await tx.upgradeCluster.updateMany({
    where: { ...of, stage: { in: ['ROLLING_BACK', 'CLEANING_UP'] } },
    data: { stageAt },
  });
}

/** @throws NOT_FOUND for a cluster that is none of the mesh's, INVALID_ARGUMENT */
function select(
  all: readonly UpgradableCluster[],
  { clusterIds, clusterSelector }: PlanUpgrade,
): UpgradableCluster[] {
  const present = all.filter(({ removed }) => !removed);
  if (clusterIds && clusterIds.length > most.clusters)
    throw new IsthmusError('INVALID_ARGUMENT', `clusterIds has at most ${most.clusters} ids`, {
      field: 'clusterIds',
    });
  for (const [index, id] of (clusterIds ?? []).entries()) {
    const isThere = present.some((cluster) => cluster.id === id);
    if (!isThere) throw notFound('cluster').blaming(`clusterIds.${index}`);
  }
  const selector = readSelector(clusterSelector);
  const chosen = present.filter(
    ({ id, selectable }) =>
      (!clusterIds || clusterIds.includes(id)) && matchesSelector(selector, selectable),
  );
  if (chosen.length === 0) {
    const message = 'no cluster of the mesh is selected; look at clusterIds and clusterSelector';
    throw new IsthmusError('INVALID_ARGUMENT', message);
  }
  return chosen;
}

function readSelector(text = ''): ReturnType<typeof parseSelector> {
  try {
    return parseSelector(text);
  } catch (error) {
    const words = error instanceof Error ? error.message : 'it cannot be read';
    throw new IsthmusError('INVALID_ARGUMENT', `clusterSelector: ${words}`, {
      field: 'clusterSelector',
    });
  }
}

async function find(tx: Transaction, id: string): Promise<UpgradeRow> {
  const row = isId('upgrade', id) && (await tx.upgrade.findUnique({ where: { id } }));
  if (!row) throw notFound('upgrade');
  return row;
}

async function findClusterRow(
  tx: Transaction,
  upgradeId: string,
  clusterId: string,
): Promise<UpgradeClusterRow | null> {
  if (!isId('cluster', clusterId)) return null;
  return tx.upgradeCluster.findUnique({ where: { upgradeId_clusterId: { upgradeId, clusterId } } });
}

function toView(row: UpgradeRow): UpgradeView {
  return {
    id: row.id,
    meshId: row.meshId,
    toVersion: row.toVersion,
    source: row.source,
    message: row.message,
    state: stateOf(row),
    wave: row.wave,
    waveCount: wavesOf(row).length,
    policy: policyOf(row),
    findings: findingsOf(row),
    reason: row.reason,
    detail: row.detail,
    createdBy: row.createdBy,
    createdAt: row.createdAt,
    decidedBy: row.decidedBy,
    decidedAt: row.decidedAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
  };
}

function toClusterView(row: UpgradeClusterRow): UpgradeClusterView {
  return {
    upgradeId: row.upgradeId,
    clusterId: row.clusterId,
    wave: row.wave,
    hops: hopsOf(row),
    hop: row.hop,
    stage: stageOf(row),
    held: row.held,
    reason: row.reason,
    detail: row.detail,
    stageAt: row.stageAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
  };
}
