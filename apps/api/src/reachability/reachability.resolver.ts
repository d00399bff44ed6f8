import { ReachabilityService } from '@isthmus/reachability';
import { Inject } from '@nestjs/common';
import {
  Args,
  ArgsType,
  Context,
  Field,
  ID,
  Int,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { serviceId } from '../federation/views.js';
import { MeshNode } from '../fleet/types.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import { Reachability, Topology } from './types.js';

@ArgsType()
class ReachabilityArgs {
  @Field(() => ID)
  meshId!: string;

  @Field(() => ID, { description: 'The cluster that the caller is in' })
  fromClusterId!: string;

  @Field(() => String)
  fromNamespace!: string;

  @Field(() => String, { nullable: true, defaultValue: 'default' })
  fromServiceAccount!: string | null;

  @Field(() => String, {
    description: 'namespace/name, or a name such as payments.shop.svc.cluster.local',
  })
  host!: string;

  @Field(() => Int, { nullable: true, description: 'Of the Service; any unless given' })
  port?: number | null;
}

/** Who reaches whom in a mesh, and why not. */
@Resolver(() => MeshNode)
export class ReachabilityResolver {
  constructor(@Inject(ReachabilityService) private readonly service: ReachabilityService) {}

  @Query(() => Reachability, { description: 'Why a caller cannot reach a host, if it cannot' })
  reachability(
    @Args() { meshId, port, fromServiceAccount, ...question }: ReachabilityArgs,
    @Context() context: RequestContext,
  ): Promise<Reachability> {
    return this.service.explain(actorOf(context), meshId, {
      ...question,
      fromServiceAccount: fromServiceAccount ?? 'default',
      port: port ?? undefined,
    });
  }

  @ResolveField(() => Topology)
  async topology(
    @Parent() { id: meshId }: MeshNode,
    @Context() context: RequestContext,
  ): Promise<Topology> {
    const { services, ...rest } = await this.service.topology(actorOf(context), meshId);
    return {
      ...rest,
      services: services.map(({ host, fqdn, ...service }) => ({
        ...service,
        id: serviceId(meshId, host),
        host: fqdn,
      })),
    };
  }
}
