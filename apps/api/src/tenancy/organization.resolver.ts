import { MeshService } from '@isthmus/fleet';
import { ApiTokenService, OrganizationService, type Role as RoleName } from '@isthmus/tenancy';
import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { MeshConnection, type MeshNode } from '../fleet/types.js';
import { type Connection, ConnectionArgs, toConnection } from '../relay/connection.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import {
  type ApiToken,
  ApiTokenConnection,
  CreateApiTokenInput,
  CreateApiTokenPayload,
  type Member,
  MemberConnection,
  Organization,
  RevokeApiTokenInput,
  RevokeApiTokenPayload,
  Role,
} from './types.js';

/** The tenant that is acted for: there is no way to another. */
@Resolver(() => Organization)
export class OrganizationResolver {
  constructor(
    @Inject(OrganizationService) private readonly organizations: OrganizationService,
    @Inject(ApiTokenService) private readonly tokens: ApiTokenService,
    @Inject(MeshService) private readonly meshList: MeshService,
  ) {}

  @Query(() => Organization)
  organization(@Context() context: RequestContext): Promise<Organization> {
    return this.organizations.get(actorOf(context));
  }

  @ResolveField(() => Role)
  viewerRole(@Context() context: RequestContext): RoleName {
    return actorOf(context).role;
  }

  @ResolveField(() => MeshConnection)
  async meshes(
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<MeshNode>> {
    return toConnection(await this.meshList.list(actorOf(context), args), args, ({ id }) => id);
  }

  @ResolveField(() => ApiTokenConnection, {
    description: 'Your own, the oldest first; from ADMIN on those of everybody',
  })
  async apiTokens(
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<ApiToken>> {
    return toConnection(await this.tokens.list(actorOf(context), args), args, ({ id }) => id);
  }

  @ResolveField(() => MemberConnection)
  async members(
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<Member>> {
    const { items, hasNext } = await this.organizations.members(actorOf(context), args);
    const members = items.map(({ userId, name, email, role, createdAt }) => ({
      user: { id: userId, name, email },
      role,
      createdAt,
    }));
    return toConnection({ items: members, hasNext }, args, ({ user }) => user.id);
  }

  @Mutation(() => CreateApiTokenPayload, { description: 'For yourself; only people may make one' })
  createApiToken(
    @Args('input') { namespaces, ...input }: CreateApiTokenInput,
    @Context() context: RequestContext,
  ): Promise<CreateApiTokenPayload> {
    return this.tokens.create(actorOf(context), { ...input, namespaces: namespaces ?? [] });
  }

  @Mutation(() => RevokeApiTokenPayload, {
    description: 'Your own, or the token that asks; from ADMIN on that of anybody',
  })
  async revokeApiToken(
    @Args('input') { id }: RevokeApiTokenInput,
    @Context() context: RequestContext,
  ): Promise<RevokeApiTokenPayload> {
    return { apiToken: await this.tokens.revoke(actorOf(context), id) };
  }
}
