import { Inject } from '@nestjs/common';
import { Args, Context, ID, Resolver, Subscription } from '@nestjs/graphql';
import { ClusterNode, MeshNode } from '../fleet/types.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import { MeshFeed } from './mesh-feed.js';

/** What is told as it happens. The present state is what queries are for. */
@Resolver()
export class SubscriptionResolver {
  constructor(@Inject(MeshFeed) private readonly feed: MeshFeed) {}

  @Subscription(() => ClusterNode, {
    description: 'Each cluster of the mesh as its status or registration changes',
    resolve: (cluster: ClusterNode) => cluster,
  })
  clusterStatus(
    @Args('meshId', { type: () => ID }) meshId: string,
    @Context() context: RequestContext,
  ): Promise<AsyncIterableIterator<ClusterNode>> {
    return this.feed.clusterChanges(actorOf(context), meshId);
  }

  @Subscription(() => MeshNode, {
    description: 'The mesh as its settings, its facts or the contact to its clusters change',
    resolve: (mesh: MeshNode) => mesh,
  })
  meshChanged(
    @Args('meshId', { type: () => ID }) meshId: string,
    @Context() context: RequestContext,
  ): Promise<AsyncIterableIterator<MeshNode>> {
    return this.feed.meshChanges(actorOf(context), meshId);
  }
}
