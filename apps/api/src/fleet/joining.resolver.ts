import { joiningOf, notFound } from '@isthmus/fleet';
import { Inject } from '@nestjs/common';
import { Context, GraphQLISODateTime, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { API_CONFIG, type ApiConfig } from '../config.js';
import type { RequestContext } from '../requests/request-context.js';
import { Joining } from './joining.types.js';
import { ClusterNode } from './types.js';

/** How a cluster comes into its mesh, step by step. */
@Resolver(() => ClusterNode)
export class ClusterJoiningResolver {
  constructor(@Inject(API_CONFIG) private readonly config: ApiConfig) {}

  @ResolveField(() => Joining)
  async joining(
    @Parent() { id }: ClusterNode,
    @Context() { loaders }: RequestContext,
  ): Promise<Joining> {
    const [record, cluster, settings, trustBundle, signingCertificate] = await Promise.all([
      loaders.joining.load(id),
      loaders.clusterFact.load(id),
      loaders.settingsState.load(id),
      loaders.trustBundleState.load(id),
      loaders.signingCertificateState.load(id),
    ]);
    if (!record) throw notFound('cluster');
    return joiningOf(
      record,
      { cluster, settings, trustBundle, signingCertificate },
      this.config.ISTHMUS_HUB_PUBLIC_ADDRESS,
    );
  }

  @ResolveField(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When the certificate of its agent ends; null before it has one',
  })
  async agentCertificateExpiresAt(
    @Parent() { id }: ClusterNode,
    @Context() { loaders }: RequestContext,
  ): Promise<Date | null> {
    return (await loaders.joining.load(id))?.certificate?.notAfter ?? null;
  }
}
