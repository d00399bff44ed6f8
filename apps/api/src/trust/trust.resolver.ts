import { TrustService } from '@isthmus/trust';
import { Inject } from '@nestjs/common';
import { Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { MeshNode } from '../fleet/types.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import { TrustView } from './types.js';

/** What the clusters of a mesh trust. */
@Resolver(() => MeshNode)
export class MeshTrustResolver {
  constructor(@Inject(TrustService) private readonly service: TrustService) {}

  @ResolveField(() => TrustView)
  trust(@Parent() { id }: MeshNode, @Context() context: RequestContext): Promise<TrustView> {
    return this.service.view(actorOf(context), id);
  }
}
