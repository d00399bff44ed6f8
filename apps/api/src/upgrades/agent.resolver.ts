import { ClusterService } from '@isthmus/fleet';
import { AgentService } from '@isthmus/upgrades';
import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { ClusterNode } from '../fleet/types.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import { Agent, RetryAgentUpgradeInput, RetryAgentUpgradePayload } from './agent.types.js';

/** The agents themselves, which upgrade as Istio does. */
@Resolver(() => ClusterNode)
export class ClusterAgentResolver {
  constructor(
    @Inject(ClusterService) private readonly clusters: ClusterService,
    @Inject(AgentService) private readonly service: AgentService,
  ) {}

  @ResolveField(() => Agent, { nullable: true, description: 'Null for a cluster that was removed' })
  async agent(
    @Parent() { id }: ClusterNode,
    @Context() { loaders }: RequestContext,
  ): Promise<Agent | null> {
    return (await loaders.agent.load(id)) ?? null;
  }

  @Mutation(() => RetryAgentUpgradePayload, {
    description:
      'Has an agent that failed try the wanted version once more, and others begin again',
  })
  async retryAgentUpgrade(
    @Args('input') { clusterId }: RetryAgentUpgradeInput,
    @Context() context: RequestContext,
  ): Promise<RetryAgentUpgradePayload> {
    const actor = actorOf(context);
    await this.service.retry(actor, clusterId);
    return { cluster: await this.clusters.get(actor, clusterId) };
  }
}
