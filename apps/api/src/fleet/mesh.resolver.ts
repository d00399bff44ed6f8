import { ClusterService, MeshService } from '@isthmus/fleet';
import { Inject } from '@nestjs/common';
import {
  Args,
  Context,
  ID,
  Mutation,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { type Connection, ConnectionArgs, toConnection } from '../relay/connection.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import {
  ClusterConnection,
  ClusterNode,
  CreateMeshInput,
  CreateMeshPayload,
  DeleteMeshInput,
  DeleteMeshPayload,
  MeshConnection,
  MeshNode,
} from './types.js';

/** Meshes, and what is in them. */
@Resolver(() => MeshNode)
export class MeshResolver {
  constructor(
    @Inject(MeshService) private readonly service: MeshService,
    @Inject(ClusterService) private readonly clusterService: ClusterService,
  ) {}

  @Query(() => MeshNode)
  mesh(
    @Args('id', { type: () => ID }) id: string,
    @Context() context: RequestContext,
  ): Promise<MeshNode> {
    return this.service.get(actorOf(context), id);
  }

  @Query(() => MeshNode, { nullable: true, description: 'Null: there is none of that name' })
  async meshByName(
    @Args('name', { type: () => String }) name: string,
    @Context() context: RequestContext,
  ): Promise<MeshNode | null> {
    return (await this.service.getByName(actorOf(context), name)) ?? null;
  }

  @Query(() => MeshConnection)
  async meshes(
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<MeshNode>> {
    return toConnection(await this.service.list(actorOf(context), args), args, ({ id }) => id);
  }

  @ResolveField(() => ClusterConnection)
  async clusters(
    @Parent() { id: meshId }: MeshNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<ClusterNode>> {
    const page = await this.clusterService.list(actorOf(context), { meshId, ...args });
    return toConnection(page, args, ({ id }) => id);
  }

  @ResolveField(() => ClusterNode, {
    nullable: true,
    description: 'By name. Null: it has none of that name',
  })
  async cluster(
    @Parent() { id: meshId }: MeshNode,
    @Args('name', { type: () => String }) name: string,
    @Context() context: RequestContext,
  ): Promise<ClusterNode | null> {
    return (await this.clusterService.getByName(actorOf(context), { meshId, name })) ?? null;
  }

  @Mutation(() => CreateMeshPayload)
  async createMesh(
    @Args('input') input: CreateMeshInput,
    @Context() context: RequestContext,
  ): Promise<CreateMeshPayload> {
    return { mesh: await this.service.create(actorOf(context), input) };
  }

  @Mutation(() => DeleteMeshPayload, {
    description: 'Forgets it with all its history; its clusters must have been removed',
  })
  async deleteMesh(
    @Args('input') { meshId }: DeleteMeshInput,
    @Context() context: RequestContext,
  ): Promise<DeleteMeshPayload> {
    await this.service.delete(actorOf(context), meshId);
    return { deletedMeshId: meshId };
  }
}
