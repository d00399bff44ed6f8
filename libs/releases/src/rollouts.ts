import type { ReleaseStatusFact } from '@isthmus/contracts';
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
import { advanceMesh, Database, fromJson, type Transaction, toJson } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { ConfigurationSource, configurationOf } from './configuration-source.js';
import { type Author, assertMayGoTo, findHead, loadContent } from './releases.js';
import { hasAnswered } from './rollout-machine.js';
import { assertPolicy, defaultPolicy, type RolloutPolicy } from './rollout-plan.js';
import { loadClusters, loadProgress } from './rollout-progress.js';
import {
  planOf,
  policyOf,
  type RolloutRow,
  type RolloutState,
  runs,
  sendTo,
  type Transition,
  takeStep,
} from './rollout-steps.js';

/** A release on its way through the clusters of a mesh. */
export interface RolloutView {
  readonly id: string;
  readonly meshId: string;
  readonly releaseId: string;
  /** Release of the mesh as it started; null for the first. */
  readonly fromReleaseId: string | null;
  readonly message: string;
  readonly state: RolloutState;
  /** trial, wave or soak. */
  readonly stage: string;
  /** Index of the wave that is under way, or was the last. */
  readonly wave: number;
  /** Ids of clusters, by wave; empty until it starts. */
  readonly waves: readonly (readonly string[])[];
  readonly trial: readonly string[];
  readonly policy: RolloutPolicy;
  /** Why it halted: a stable word, and a sentence. */
  readonly reason: string | null;
  readonly detail: string | null;
  /** Id of the person or API token. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** What a cluster is to run, and how far it has come. */
export interface ClusterStanding {
  readonly releaseId: string;
  readonly number: number;
  /** What its agent said last, be it of an earlier release. */
  readonly status: ReleaseStatusFact | undefined;
  /** Whether that is of all that it was told last. */
  readonly isCurrent: boolean;
}

export interface RolloutEventView {
  readonly step: number;
  readonly type: string;
  readonly wave: number | null;
  readonly message: string;
  /** Id of whoever had it so; null when the service did. */
  readonly actor: string | null;
  readonly at: Date;
}

export interface StartRollout {
  readonly meshId: string;
  readonly releaseId: string;
  /** The mesh's own unless said. */
  readonly policy?: RolloutPolicy | undefined;
  readonly message?: string | undefined;
  /** Aborts the rollout that is under way, and those that wait. */
  readonly supersede?: boolean | undefined;
}

const mostQueued = 20;
const unfinished = ['QUEUED', ...runs];
const longestMessage = 1_000;

/** Rollouts as people start, watch and stop them; the worker's driver takes their steps. */
@Injectable()
export class RolloutService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ConfigurationSource) private readonly source: ConfigurationSource,
  ) {}

  /**
   * Queues a release for the clusters; any release of the mesh, an earlier one to roll back. One
   * that is under way or waiting already, or is what the mesh runs with nothing in between, is
   * not begun a second time.
   *
   * @returns undefined when the mesh runs it already.
   * @throws NOT_FOUND, ROLLOUT_POLICY_INVALID, TOO_MANY_RESOURCES, NAMESPACE_FORBIDDEN
   */
  async start(actor: Actor, input: StartRollout): Promise<RolloutView | undefined> {
    authorize(actor, 'configuration.write');
    this.assertPolicy(input.policy);
    if (!isId('release', input.releaseId)) throw notFound('release');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await findMesh(tx, input.meshId);
      await advanceMesh(tx, input.meshId, 'settings');
      await assertMayStart(tx, actor, input);
      const row = await startIn(tx, actor, input);
      return row && toView(row);
    });
  }

  /** @throws ROLLOUT_POLICY_INVALID; before anything is made for a rollout by it. */
  assertPolicy(policy: RolloutPolicy | undefined): void {
    if (policy) within('policy', () => assertPolicy(policy));
  }

  /** Stops before the next step; clusters keep what they have. @throws NOT_FOUND, ROLLOUT_STATE */
  async pause(actor: Actor, id: string): Promise<RolloutView> {
    return this.change(actor, id, ['RUNNING'], async (tx, row) => {
      const message = 'paused';
      await takeStep(tx, row, { state: 'PAUSED', type: 'PAUSED', message, actor: actor.id });
    });
  }

  /**
   * Goes on with one that is paused or halted. What was refused in its wave is tried once more.
   *
   * @throws NOT_FOUND, ROLLOUT_STATE
   */
  async resume(actor: Actor, id: string): Promise<RolloutView> {
    return this.change(actor, id, ['PAUSED', 'HALTED'], async (tx, row) => {
      const message = row.state === 'HALTED' ? `resumed after ${row.reason}` : 'resumed';
      const isTrial = row.stage === 'trial';
      const resumed: Transition = {
        state: 'RUNNING',
        type: 'RESUMED',
        message,
        actor: actor.id,
        stage: isTrial ? 'trial' : 'wave',
        newFence: true,
      };
      const taken = await takeStep(tx, row, resumed);
      if (taken && !isTrial) await sendTo(tx, row, planOf(row).waves[row.wave] ?? [], taken.fence);
    });
  }

  /** Ends it where it is; roll back to put the clusters that have it back. */
  async abort(actor: Actor, id: string): Promise<RolloutView> {
    return this.change(actor, id, unfinished, (tx, row) => abortIn(tx, actor, row, 'aborted'));
  }

  /** The newest first. @throws NOT_FOUND */
  async list(
    actor: Actor,
    { meshId, ...page }: { meshId: string } & PageRequest,
  ): Promise<Page<RolloutView>> {
    authorize(actor, 'configuration.read');
    const size = pageSize(page);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await findMesh(tx, meshId);
      const rows = await tx.rollout.findMany({
        where: { meshId, ...(page.after ? { id: { lt: page.after } } : {}) },
        orderBy: { id: 'desc' },
        take: size + 1,
      });
      return toPage(rows.map(toView), size);
    });
  }

  /** @throws NOT_FOUND */
  async get(actor: Actor, id: string): Promise<RolloutView> {
    authorize(actor, 'configuration.read');
    return this.database.withOrganization(actor.organizationId, async (tx) =>
      toView(await find(tx, id)),
    );
  }

  /** In the order in which they happened; the cursor is the step. @throws NOT_FOUND */
  async events(
    actor: Actor,
    { rolloutId, ...page }: { rolloutId: string } & PageRequest,
  ): Promise<Page<RolloutEventView>> {
    authorize(actor, 'configuration.read');
    const size = pageSize(page);
    const after = page.after === undefined ? 0 : Number(page.after);
    if (page.after !== undefined && !/^\d{1,9}$/.test(page.after)) {
      throw new IsthmusError('INVALID_ARGUMENT', 'after must be a cursor of the page before', {
        field: 'after',
      });
    }
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await find(tx, rolloutId);
      const rows = await tx.rolloutEvent.findMany({
        where: { rolloutId, step: { gt: after } },
        orderBy: { step: 'asc' },
        take: size + 1,
      });
      return toPage(
        rows.map(({ step, type, wave, message, actor: by, at }) => ({
          step,
          type,
          wave,
          message,
          actor: by,
          at,
        })),
        size,
      );
    });
  }

  /**
   * Where the clusters of a mesh stand with what they are to run, by id; without those that have
   * no release yet.
   *
   * @throws NOT_FOUND
   */
  async standings(actor: Actor, meshId: string): Promise<Map<string, ClusterStanding>> {
    authorize(actor, 'configuration.read');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await findMesh(tx, meshId);
      const settings = await this.source.settings(tx, meshId);
      const clusters = await loadClusters(tx, meshId);
      const standings = new Map<string, ClusterStanding>();
      for (const [id, cluster] of await loadProgress(tx, meshId, settings, clusters)) {
        const release = configurationOf(settings, id)?.release;
        if (!release) continue;
        const { id: releaseId, number } = release;
        const isCurrent = hasAnswered(cluster);
        standings.set(id, { releaseId, number, status: cluster.status, isCurrent });
      }
      return standings;
    });
  }

  private async change(
    actor: Actor,
    id: string,
    from: readonly string[],
    work: (tx: Transaction, row: RolloutRow) => Promise<void>,
  ): Promise<RolloutView> {
    authorize(actor, 'configuration.write');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const { meshId } = await find(tx, id);
      await advanceMesh(tx, meshId, 'settings');
      const row = await find(tx, id);
      assertOwn(actor, row);
      if (!from.includes(row.state)) {
        throw new IsthmusError(
          'ROLLOUT_STATE',
          `the rollout is ${row.state}; this can be done while it is ${from.join(' or ')}`,
        );
      }
      await work(tx, row);
      return toView(await find(tx, id));
    });
  }
}

/** Who may change some namespaces alone neither takes others back, nor their rollouts away. */
async function assertMayStart(
  tx: Transaction,
  actor: Actor,
  { meshId, releaseId, supersede }: StartRollout,
): Promise<void> {
  if (!actor.namespaces) return;
  if (supersede) {
    const waiting = await tx.rollout.findMany({ where: { meshId, state: { in: unfinished } } });
    for (const row of waiting) assertOwn(actor, row);
  }
  const head = await findHead(tx, meshId);
  const release = await tx.release.findFirst({ where: { id: releaseId, meshId } });
  if (!head || !release || head.id === release.id) return;
  assertMayGoTo(actor, await loadContent(tx, release.id), await loadContent(tx, head.id));
}

function assertOwn({ namespaces, id }: Actor, row: RolloutRow): void {
  if (!namespaces || row.createdBy === id) return;
  throw new IsthmusError(
    'NAMESPACE_FORBIDDEN',
    `somebody else started this rollout, and you may change ${namespaces.join(', ')} alone`,
  );
}

/** As `RolloutService.start`, in a transaction that has advanced the mesh's clock. */
export async function startIn(
  tx: Transaction,
  author: Author,
  { meshId, releaseId, policy, message = '', supersede = false }: StartRollout,
): Promise<RolloutRow | undefined> {
  if (message.length > longestMessage) {
    throw new IsthmusError('INVALID_ARGUMENT', `message has at most ${longestMessage} characters`, {
      field: 'message',
    });
  }
  const release = await tx.release.findFirst({ where: { id: releaseId, meshId } });
  if (!release) throw notFound('release');
  const waiting = await tx.rollout.findMany({
    where: { meshId, state: { in: unfinished } },
    orderBy: { id: 'asc' },
  });
  const last = waiting.at(-1);
  if (last?.releaseId === releaseId && (last.state === 'QUEUED' || last.state === 'RUNNING')) {
    for (const row of supersede ? waiting.slice(0, -1) : [])
      await abortIn(tx, author, row, 'another one takes its place');
    return last;
  }
  const mesh = await tx.meshConfiguration.findUnique({ where: { meshId } });
  const isEverywhere = await runsEverywhere(tx, meshId, releaseId);
  if (waiting.length === 0 && isEverywhere) return undefined;
  if (supersede) {
    for (const row of waiting) await abortIn(tx, author, row, 'another one takes its place');
  } else if (waiting.length >= mostQueued) {
    throw new IsthmusError(
      'TOO_MANY_RESOURCES',
      `${mostQueued} rollouts are waiting; abort some, or supersede them`,
    );
  }
  return tx.rollout.create({
    data: {
      id: newId('rollout'),
      organizationId: author.organizationId,
      meshId,
      releaseId,
      message,
      policy: toJson(
        policy ?? (mesh?.rolloutPolicy && fromJson(mesh.rolloutPolicy)) ?? defaultPolicy,
      ),
      state: 'QUEUED',
      createdBy: author.id,
      createdByKind: author.kind,
    },
  });
}

/** Whether a release is the mesh's, and no cluster runs another one that a rollout left there. */
export async function runsEverywhere(
  tx: Transaction,
  meshId: string,
  releaseId: string,
): Promise<boolean> {
  const mesh = await tx.meshConfiguration.findUnique({ where: { meshId } });
  if (mesh?.currentReleaseId !== releaseId) return false;
  const others = await tx.clusterRelease.findMany({
    where: { meshId, NOT: { releaseId } },
    select: { clusterId: true },
  });
  const ids = others.map(({ clusterId }) => clusterId);
  return (await tx.cluster.count({ where: { id: { in: ids }, removedAt: null } })) === 0;
}

async function abortIn(
  tx: Transaction,
  author: Pick<Author, 'id'>,
  row: RolloutRow,
  message: string,
): Promise<void> {
  await takeStep(tx, row, {
    state: 'ABORTED',
    type: 'ABORTED',
    message,
    actor: author.id,
    data: { finishedAt: await databaseNow(tx) },
  });
}

async function find(tx: Transaction, id: string): Promise<RolloutRow> {
  const row = isId('rollout', id) && (await tx.rollout.findUnique({ where: { id } }));
  if (!row) throw notFound('rollout');
  return row;
}

function toView(row: RolloutRow): RolloutView {
  const { trial, waves } = planOf(row);
  return {
    id: row.id,
    meshId: row.meshId,
    releaseId: row.releaseId,
    fromReleaseId: row.fromReleaseId,
    message: row.message,
    state: row.state as RolloutState,
    stage: row.stage,
    wave: row.wave,
    waves,
    trial,
    policy: policyOf(row),
    reason: row.reason,
    detail: row.detail,
    createdBy: row.createdBy,
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
  };
}
