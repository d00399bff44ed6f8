import { intentState } from '@isthmus/federation';
import { ClusterService } from '@isthmus/fleet';
import { DriftService, InventoryService, ReleaseService } from '@isthmus/releases';
import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { ClusterNode } from '../fleet/types.js';
import { type Connection, ConnectionArgs, toConnection } from '../relay/connection.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import {
  AdoptDriftInput,
  AdoptDriftPayload,
  AdoptInventoryInput,
  AdoptInventoryPayload,
  ClusterConfiguration,
  Drift,
  DriftConnection,
  Inventory,
  ReleaseNode,
  RequestInventoryInput,
  RequestInventoryPayload,
} from './types.js';
import { toProblems, toRelease } from './views.js';

/** What a cluster runs, what others changed in it, and what it had before. */
@Resolver(() => ClusterNode)
export class ClusterConfigurationResolver {
  constructor(
    @Inject(ClusterService) private readonly clusters: ClusterService,
    @Inject(DriftService) private readonly drifts: DriftService,
    @Inject(InventoryService) private readonly inventories: InventoryService,
  ) {}

  @ResolveField(() => ClusterConfiguration, { nullable: true })
  async configuration(
    @Parent() { id, meshId }: ClusterNode,
    @Context() { loaders }: RequestContext,
  ): Promise<ClusterConfiguration | null> {
    const standing = (await loaders.standings.load(meshId)).get(id);
    if (!standing) return null;
    const { releaseId, number, status, isCurrent } = standing;
    return {
      clusterId: id,
      releaseId,
      number,
      current: isCurrent,
      objects: status?.objects ?? 0,
      stored: status?.stored ?? 0,
      pending: status?.pending ?? 0,
      refused: status?.refused ?? 0,
      absent: status?.absent ?? 0,
      accepted: status?.accepted ?? 0,
      unaccepted: status?.unaccepted ?? 0,
      live: status ? intentState(status.live) : 'UNKNOWN',
      proxies: status?.proxies ?? 0,
      proxiesLive: status?.proxiesLive ?? 0,
      liveMessage: status?.liveMessage || null,
      problems: status?.problems ?? [],
    };
  }

  @ResolveField(() => DriftConnection, { description: 'By name' })
  async drift(
    @Parent() { id: clusterId }: ClusterNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<Drift>> {
    const page = await this.drifts.list(actorOf(context), { clusterId, ...args });
    return toConnection(page, args, ({ name }) => name);
  }

  @ResolveField(() => Inventory, { nullable: true, description: 'Null unless it was asked for' })
  inventory(
    @Parent() { id }: ClusterNode,
    @Context() context: RequestContext,
  ): Promise<Inventory | null> {
    return this.inventories.get(actorOf(context), id);
  }

  @Mutation(() => AdoptDriftPayload, {
    description: 'Makes a release of what the mesh runs with what was found in a cluster in it',
  })
  async adoptDrift(
    @Args('input') input: AdoptDriftInput,
    @Context() context: RequestContext,
  ): Promise<AdoptDriftPayload> {
    return { release: toRelease(await this.drifts.adopt(actorOf(context), input)) };
  }

  @Mutation(() => RequestInventoryPayload, {
    description: 'Asks a cluster what it has of the kinds that a release can hold',
  })
  async requestInventory(
    @Args('input') { clusterId }: RequestInventoryInput,
    @Context() context: RequestContext,
  ): Promise<RequestInventoryPayload> {
    const actor = actorOf(context);
    await this.inventories.request(actor, clusterId);
    return { cluster: await this.clusters.get(actor, clusterId) };
  }

  @Mutation(() => AdoptInventoryPayload, {
    description: 'Makes a release of what a cluster has, beside what the mesh runs',
  })
  async adoptInventory(
    @Args('input') input: AdoptInventoryInput,
    @Context() context: RequestContext,
  ): Promise<AdoptInventoryPayload> {
    const { release, warnings } = await this.inventories.adopt(actorOf(context), input);
    return { release: toRelease(release), warnings: toProblems(warnings) };
  }
}

/** The release that a cluster is to run. */
@Resolver(() => ClusterConfiguration)
export class ClusterReleaseResolver {
  constructor(@Inject(ReleaseService) private readonly releases: ReleaseService) {}

  @ResolveField(() => ReleaseNode, { nullable: true })
  async release(
    @Parent() { releaseId }: ClusterConfiguration,
    @Context() context: RequestContext,
  ): Promise<ReleaseNode | null> {
    if (releaseId === null) return null;
    return toRelease(await this.releases.get(actorOf(context), releaseId));
  }
}
