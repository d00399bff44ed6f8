import { ClusterService } from '@isthmus/fleet';
import { pageSize, toPage } from '@isthmus/kernel';
import { type Channel, IstioService, KnowledgeSource, UpgradeService } from '@isthmus/upgrades';
import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { ClusterNode } from '../fleet/types.js';
import { type Connection, ConnectionArgs, toConnection } from '../relay/connection.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import {
  InjectedNamespace,
  InjectedNamespaceConnection,
  Istio,
  IstioVersion,
  SetClusterChannelInput,
  SetClusterChannelPayload,
  TakeOverIstioInput,
  TakeOverIstioPayload,
  UpgradeChannel,
  type UpgradeChannelName,
} from './istio.types.js';
import { UpgradeCluster } from './types.js';
import { toChannel, toIstio, toUpgradeCluster, toVersions } from './views.js';

/** What a cluster has of Istio, and who sees to it. */
@Resolver(() => ClusterNode)
export class ClusterIstioResolver {
  constructor(
    @Inject(ClusterService) private readonly clusters: ClusterService,
    @Inject(IstioService) private readonly service: IstioService,
    @Inject(UpgradeService) private readonly upgrades: UpgradeService,
    @Inject(KnowledgeSource) private readonly knowledge: KnowledgeSource,
  ) {}

  @Query(() => [IstioVersion], { description: 'That the plane knows, the newest first' })
  istioVersions(): IstioVersion[] {
    return toVersions(this.knowledge.current(), new Date());
  }

  @ResolveField(() => Istio, { nullable: true, description: 'Null until its agent has told' })
  async istio(
    @Parent() { id }: ClusterNode,
    @Context() { loaders }: RequestContext,
  ): Promise<Istio | null> {
    const standing = await loaders.istio.load(id);
    return standing ? toIstio(standing) : null;
  }

  @ResolveField(() => UpgradeChannel, {
    nullable: true,
    description: 'That its upgrades are planned by; null: people plan them',
  })
  async channel(
    @Parent() { id }: ClusterNode,
    @Context() { loaders }: RequestContext,
  ): Promise<UpgradeChannelName | null> {
    const standing = await loaders.istio.load(id);
    return standing?.channel ? toChannel(standing.channel) : null;
  }

  @ResolveField(() => UpgradeCluster, {
    nullable: true,
    description: 'Its part in the upgrade that began last; null: in none',
  })
  async upgrade(
    @Parent() { id }: ClusterNode,
    @Context() context: RequestContext,
  ): Promise<UpgradeCluster | null> {
    const view = await this.upgrades.ofCluster(actorOf(context), id);
    return view && toUpgradeCluster(view);
  }

  @Mutation(() => TakeOverIstioPayload, {
    description: 'Lets upgrades change what somebody else installed; no Pod restarts by that',
  })
  async takeOverIstio(
    @Args('input') { clusterId }: TakeOverIstioInput,
    @Context() context: RequestContext,
  ): Promise<TakeOverIstioPayload> {
    const actor = actorOf(context);
    await this.service.takeOver(actor, clusterId);
    return { cluster: await this.clusters.get(actor, clusterId) };
  }

  @Mutation(() => SetClusterChannelPayload, {
    description: 'Has upgrades of a cluster planned as its channel has newer versions',
  })
  async setClusterChannel(
    @Args('input') { clusterId, channel }: SetClusterChannelInput,
    @Context() context: RequestContext,
  ): Promise<SetClusterChannelPayload> {
    const actor = actorOf(context);
    const name = channel ? (channel.toLowerCase() as Channel) : null;
    await this.service.setChannel(actor, clusterId, name);
    return { cluster: await this.clusters.get(actor, clusterId) };
  }
}

/** The namespaces of a cluster that Istio is in. */
@Resolver(() => Istio)
export class IstioResolver {
  @ResolveField(() => InjectedNamespaceConnection, { description: 'By name; at most 2,000' })
  namespaces(
    @Parent() { listed }: Istio,
    @Args() args: ConnectionArgs,
  ): Connection<InjectedNamespace> {
    const size = pageSize(args);
    const { after } = args;
    const rest = after ? listed.filter(({ name }) => name > after) : listed;
    const { items, hasNext } = toPage(rest.slice(0, size + 1), size);
    const views = items.map((item) => ({ ...item, follows: item.follows || null }));
    return toConnection({ items: views, hasNext }, args, ({ name }) => name);
  }
}
