import { AccountService, ApiTokenService, OrganizationService } from '@isthmus/tenancy';
import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Query, Resolver } from '@nestjs/graphql';
import { principalOf, type RequestContext } from '../requests/request-context.js';
import {
  SignInInput,
  SignInPayload,
  SignOutPayload,
  SignUpInput,
  SignUpPayload,
  Viewer,
} from './types.js';

/** How people come, go, and see who they are. */
@Resolver()
export class AccountResolver {
  constructor(
    @Inject(AccountService) private readonly accounts: AccountService,
    @Inject(OrganizationService) private readonly organizations: OrganizationService,
    @Inject(ApiTokenService) private readonly tokens: ApiTokenService,
  ) {}

  @Query(() => Viewer)
  async viewer(@Context() context: RequestContext): Promise<Viewer> {
    const { user, actor } = principalOf(context);
    const organizations = user ? await this.organizations.organizationsOf(user.id) : [];
    return {
      user: user ?? null,
      apiToken: actor?.kind === 'apiToken' ? await this.tokens.get(actor, actor.id) : null,
      memberships: organizations.map(({ id, name, role }) => ({
        organizationId: id,
        organizationName: name,
        role,
      })),
    };
  }

  @Mutation(() => SignUpPayload)
  async signUp(
    @Args('input') input: SignUpInput,
    @Context() context: RequestContext,
  ): Promise<SignUpPayload> {
    const done = await this.accounts.signUp(input, context.address);
    context.setSession(done.sessionToken);
    return done;
  }

  @Mutation(() => SignInPayload)
  async signIn(
    @Args('input') input: SignInInput,
    @Context() context: RequestContext,
  ): Promise<SignInPayload> {
    const session = await this.accounts.signIn(input, context.address);
    context.setSession(session.sessionToken);
    return session;
  }

  @Mutation(() => SignOutPayload)
  async signOut(@Context() context: RequestContext): Promise<SignOutPayload> {
    const signedOut = await this.accounts.signOut(context.credentials);
    context.setSession(undefined);
    return { signedOut };
  }
}
