import { notFound } from '@isthmus/fleet';
import { UpgradeService, UpgradeSettingsService, type UpgradeView } from '@isthmus/upgrades';
import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { ClusterNode, MeshNode } from '../fleet/types.js';
import { type Connection, ConnectionArgs, toConnection } from '../relay/connection.js';
import { loadMesh } from '../requests/loaders.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import {
  AbortUpgradeInput,
  AbortUpgradePayload,
  ApproveUpgradeInput,
  ApproveUpgradePayload,
  PauseUpgradeInput,
  PauseUpgradePayload,
  PlanUpgradeInput,
  PlanUpgradePayload,
  RejectUpgradeInput,
  RejectUpgradePayload,
  ResumeUpgradeInput,
  ResumeUpgradePayload,
  RetryUpgradeClusterInput,
  RetryUpgradeClusterPayload,
  RollBackUpgradeInput,
  RollBackUpgradePayload,
  SkipUpgradeClusterInput,
  SkipUpgradeClusterPayload,
  StartUpgradeInput,
  StartUpgradePayload,
  UpdateUpgradeSettingsInput,
  UpdateUpgradeSettingsPayload,
  UpgradeCluster,
  UpgradeClusterConnection,
  UpgradeConnection,
  UpgradeEstimate,
  UpgradeEvent,
  UpgradeEventConnection,
  UpgradeFinding,
  UpgradeNode,
  UpgradeSettings,
} from './types.js';
import {
  fromCharts,
  fromFreezes,
  fromPolicy,
  fromWindows,
  toEvent,
  toSettings,
  toUpgrade,
  toUpgradeCluster,
} from './views.js';

const goesForward: ReadonlySet<UpgradeView['state']> = new Set([
  'PLANNED',
  'AWAITING_APPROVAL',
  'RUNNING',
  'PAUSED',
  'HALTED',
]);

/** Upgrades of Istio: planned, decided on, watched, stopped. */
@Resolver(() => UpgradeNode)
export class UpgradeResolver {
  constructor(
    @Inject(UpgradeService) private readonly upgrades: UpgradeService,
    @Inject(UpgradeSettingsService) private readonly settings: UpgradeSettingsService,
  ) {}

  @ResolveField(() => MeshNode)
  async mesh(
    @Parent() { meshId }: UpgradeNode,
    @Context() { loaders }: RequestContext,
  ): Promise<MeshNode> {
    return loadMesh(loaders, meshId);
  }

  @ResolveField(() => UpgradeEstimate, {
    nullable: true,
    description: 'Null when it is over, or goes back',
  })
  async estimate(
    @Parent() { id, state }: UpgradeNode,
    @Context() context: RequestContext,
  ): Promise<UpgradeEstimate | null> {
    return goesForward.has(state) ? this.upgrades.estimate(actorOf(context), id) : null;
  }

  @ResolveField(() => UpgradeClusterConnection, { description: 'By wave' })
  async clusters(
    @Parent() { id: upgradeId }: UpgradeNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<UpgradeCluster>> {
    const { items, hasNext } = await this.upgrades.clusters(actorOf(context), {
      upgradeId,
      ...args,
    });
    const page = { items: items.map(toUpgradeCluster), hasNext };
    return toConnection(page, args, ({ wave, clusterId }) => `${wave}.${clusterId}`);
  }

  @ResolveField(() => UpgradeEventConnection, { description: 'As they happened' })
  async events(
    @Parent() { id: upgradeId }: UpgradeNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<UpgradeEvent>> {
    const page = await this.upgrades.events(actorOf(context), { upgradeId, ...args });
    return toConnection({ ...page, items: page.items.map(toEvent) }, args, ({ id }) => id);
  }

  @Mutation(() => PlanUpgradePayload, {
    description: 'Says what an upgrade would do and what stands in its way; changes no cluster',
  })
  async planUpgrade(
    @Args('input') input: PlanUpgradeInput,
    @Context() context: RequestContext,
  ): Promise<PlanUpgradePayload> {
    const actor = actorOf(context);
    const { meshId, toVersion } = input;
    const policy = input.policy
      ? fromPolicy(input.policy, (await this.settings.get(actor, meshId)).policy)
      : undefined;
    const upgrade = await this.upgrades.plan(actor, {
      meshId,
      toVersion,
      policy,
      clusterIds: input.clusterIds ?? undefined,
      clusterSelector: input.clusterSelector ?? undefined,
      message: input.message ?? undefined,
    });
    return { upgrade: toUpgrade(upgrade) };
  }

  @Mutation(() => StartUpgradePayload, {
    description: 'Begins, or asks for an approval where the mesh wants one',
  })
  async startUpgrade(
    @Args('input') { upgradeId, skipBlocked }: StartUpgradeInput,
    @Context() context: RequestContext,
  ): Promise<StartUpgradePayload> {
    const options = { skipBlocked: skipBlocked ?? false };
    return { upgrade: toUpgrade(await this.upgrades.start(actorOf(context), upgradeId, options)) };
  }

  @Mutation(() => ApproveUpgradePayload, {
    description: 'And begins; by somebody else than whoever planned it',
  })
  async approveUpgrade(
    @Args('input') { upgradeId }: ApproveUpgradeInput,
    @Context() context: RequestContext,
  ): Promise<ApproveUpgradePayload> {
    return { upgrade: toUpgrade(await this.upgrades.approve(actorOf(context), upgradeId)) };
  }

  @Mutation(() => RejectUpgradePayload, {
    description: 'Ends it before it begins; by somebody else than whoever planned it',
  })
  async rejectUpgrade(
    @Args('input') { upgradeId, message }: RejectUpgradeInput,
    @Context() context: RequestContext,
  ): Promise<RejectUpgradePayload> {
    const upgrade = await this.upgrades.reject(actorOf(context), upgradeId, message ?? undefined);
    return { upgrade: toUpgrade(upgrade) };
  }

  @Mutation(() => PauseUpgradePayload, {
    description: 'Nothing moves until it is resumed; what restarts already finishes',
  })
  async pauseUpgrade(
    @Args('input') { upgradeId }: PauseUpgradeInput,
    @Context() context: RequestContext,
  ): Promise<PauseUpgradePayload> {
    return { upgrade: toUpgrade(await this.upgrades.pause(actorOf(context), upgradeId)) };
  }

  @Mutation(() => ResumeUpgradePayload, {
    description: 'Goes on with one that is paused or halted; clusters that went back begin anew',
  })
  async resumeUpgrade(
    @Args('input') { upgradeId }: ResumeUpgradeInput,
    @Context() context: RequestContext,
  ): Promise<ResumeUpgradePayload> {
    return { upgrade: toUpgrade(await this.upgrades.resume(actorOf(context), upgradeId)) };
  }

  @Mutation(() => AbortUpgradePayload, {
    description: 'Ends it where it is: clusters in the middle keep both revisions',
  })
  async abortUpgrade(
    @Args('input') { upgradeId }: AbortUpgradeInput,
    @Context() context: RequestContext,
  ): Promise<AbortUpgradePayload> {
    return { upgrade: toUpgrade(await this.upgrades.abort(actorOf(context), upgradeId)) };
  }

  @Mutation(() => RollBackUpgradePayload, {
    description: 'Takes every cluster that it has touched back to the revision it had',
  })
  async rollBackUpgrade(
    @Args('input') { upgradeId }: RollBackUpgradeInput,
    @Context() context: RequestContext,
  ): Promise<RollBackUpgradePayload> {
    return { upgrade: toUpgrade(await this.upgrades.rollBack(actorOf(context), upgradeId)) };
  }

  @Mutation(() => RetryUpgradeClusterPayload, {
    description: 'Has a cluster that went back begin anew, and the upgrade go on',
  })
  async retryUpgradeCluster(
    @Args('input') { upgradeId, clusterId }: RetryUpgradeClusterInput,
    @Context() context: RequestContext,
  ): Promise<RetryUpgradeClusterPayload> {
    const upgrade = await this.upgrades.retryCluster(actorOf(context), upgradeId, clusterId);
    return { upgrade: toUpgrade(upgrade) };
  }

  @Mutation(() => SkipUpgradeClusterPayload, {
    description: 'Leaves out a cluster that has not begun, or went back, and has the rest go on',
  })
  async skipUpgradeCluster(
    @Args('input') { upgradeId, clusterId }: SkipUpgradeClusterInput,
    @Context() context: RequestContext,
  ): Promise<SkipUpgradeClusterPayload> {
    const upgrade = await this.upgrades.skipCluster(actorOf(context), upgradeId, clusterId);
    return { upgrade: toUpgrade(upgrade) };
  }
}

/** The cluster on its way, and what happened to it. */
@Resolver(() => UpgradeCluster)
export class UpgradeClusterResolver {
  constructor(@Inject(UpgradeService) private readonly upgrades: UpgradeService) {}

  @ResolveField(() => ClusterNode)
  async cluster(
    @Parent() { clusterId }: UpgradeCluster,
    @Context() context: RequestContext,
  ): Promise<ClusterNode> {
    return clusterOf(clusterId, context);
  }

  @ResolveField(() => UpgradeNode)
  async upgrade(
    @Parent() { upgradeId }: UpgradeCluster,
    @Context() { loaders }: RequestContext,
  ): Promise<UpgradeNode> {
    return toUpgrade(await loaders.upgrade.load(upgradeId));
  }

  @ResolveField(() => UpgradeEventConnection, { description: 'Its own, as they happened' })
  async events(
    @Parent() { upgradeId, clusterId }: UpgradeCluster,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<UpgradeEvent>> {
    const which = { upgradeId, clusterId };
    const page = await this.upgrades.events(actorOf(context), { ...which, ...args });
    return toConnection({ ...page, items: page.items.map(toEvent) }, args, ({ id }) => id);
  }
}

/** The cluster that a step was of. */
@Resolver(() => UpgradeEvent)
export class UpgradeEventResolver {
  @ResolveField(() => ClusterNode, { nullable: true, description: 'Null: of the whole upgrade' })
  async cluster(
    @Parent() { clusterId }: UpgradeEvent,
    @Context() context: RequestContext,
  ): Promise<ClusterNode | null> {
    return clusterId === null ? null : clusterOf(clusterId, context);
  }
}

/** The cluster that a finding is about. */
@Resolver(() => UpgradeFinding)
export class UpgradeFindingResolver {
  @ResolveField(() => ClusterNode, { nullable: true, description: 'Null: of the mesh' })
  async cluster(
    @Parent() { clusterId }: UpgradeFinding,
    @Context() context: RequestContext,
  ): Promise<ClusterNode | null> {
    return clusterId === null ? null : clusterOf(clusterId, context);
  }
}

/** The upgrades of a mesh, and when and how they may be. */
@Resolver(() => MeshNode)
export class MeshUpgradesResolver {
  constructor(
    @Inject(UpgradeService) private readonly service: UpgradeService,
    @Inject(UpgradeSettingsService) private readonly settings: UpgradeSettingsService,
  ) {}

  @ResolveField(() => UpgradeConnection, { description: 'The newest first' })
  async upgrades(
    @Parent() { id: meshId }: MeshNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<UpgradeNode>> {
    const { items, hasNext } = await this.service.list(actorOf(context), { meshId, ...args });
    return toConnection({ items: items.map(toUpgrade), hasNext }, args, ({ id }) => id);
  }

  @ResolveField(() => UpgradeSettings)
  async upgradeSettings(
    @Parent() { id }: MeshNode,
    @Context() context: RequestContext,
  ): Promise<UpgradeSettings> {
    return toSettings(await this.settings.get(actorOf(context), id));
  }

  @Mutation(() => UpdateUpgradeSettingsPayload, {
    description: 'Changes what is given, and leaves the rest; holds for what is under way too',
  })
  async updateUpgradeSettings(
    @Args('input') input: UpdateUpgradeSettingsInput,
    @Context() context: RequestContext,
  ): Promise<UpdateUpgradeSettingsPayload> {
    const actor = actorOf(context);
    const { meshId } = input;
    const own = await this.settings.get(actor, meshId);
    const settings = await this.settings.update(actor, meshId, {
      windows: fromWindows(input.windows),
      freezes: fromFreezes(input.freezes),
      maxInFlight: input.maxInFlight ?? undefined,
      requireApproval: input.requireApproval ?? undefined,
      policy: input.policy ? fromPolicy(input.policy, own.policy) : undefined,
      charts: input.charts ? fromCharts(input.charts, own.charts) : undefined,
      agent: input.agent && { version: input.agent.version, digest: input.agent.digest ?? '' },
    });
    return { settings: toSettings(settings) };
  }
}

async function clusterOf(id: string, { loaders }: RequestContext): Promise<ClusterNode> {
  const cluster = await loaders.cluster.load(id);
  if (!cluster) throw notFound('cluster');
  return cluster;
}
