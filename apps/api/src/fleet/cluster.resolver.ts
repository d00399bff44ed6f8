import {
  AgentAuthority,
  type ClusterLabels,
  ClusterService,
  type ClusterView,
  type IssuedJoinToken,
} from '@isthmus/fleet';
import { IsthmusError } from '@isthmus/kernel';
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
import { API_CONFIG, type ApiConfig } from '../config.js';
import { Label, type LabelInput } from '../federation/policy.types.js';
import { loadMesh } from '../requests/loaders.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import { type AgentChart, agentRelease, helmCommand, joinTokenVariable } from './helm-command.js';
import {
  AgentInstallation,
  ClusterNode,
  CreateJoinTokenInput,
  CreateJoinTokenPayload,
  type JoinPayload,
  MeshNode,
  RegisterClusterInput,
  RegisterClusterPayload,
  ReleaseHeldRemovalsInput,
  ReleaseHeldRemovalsPayload,
  RemoveClusterInput,
  RemoveClusterPayload,
  SetClusterLabelsInput,
  SetClusterLabelsPayload,
  UnlockClusterInput,
  UnlockClusterPayload,
  UpdateClusterInput,
  UpdateClusterPayload,
} from './types.js';

/** Clusters: how they come into a mesh, and leave it. */
@Resolver(() => ClusterNode)
export class ClusterResolver {
  constructor(
    @Inject(ClusterService) private readonly clusters: ClusterService,
    @Inject(AgentAuthority) private readonly authority: AgentAuthority,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
  ) {}

  @Query(() => ClusterNode)
  cluster(
    @Args('id', { type: () => ID }) id: string,
    @Context() context: RequestContext,
  ): Promise<ClusterNode> {
    return this.clusters.get(actorOf(context), id);
  }

  @Query(() => AgentInstallation, {
    description: 'How agents are installed, for programs that have a join token or make one later',
  })
  async agentInstallation(): Promise<AgentInstallation> {
    const chart = await this.agentChart();
    const { name: releaseName, namespace } = agentRelease;
    return {
      ...chart,
      chartVersion: chart.chartVersion ?? null,
      releaseName,
      namespace,
      helmCommand: helmCommand(chart, joinTokenVariable),
    };
  }

  @ResolveField(() => MeshNode)
  async mesh(
    @Parent() { meshId }: ClusterNode,
    @Context() { loaders }: RequestContext,
  ): Promise<MeshNode> {
    return loadMesh(loaders, meshId);
  }

  @ResolveField(() => [Label], { description: 'By which configuration selects it; by key' })
  labels(@Parent() { labels }: ClusterNode): Label[] {
    return Object.entries(labels)
      .map(([key, value]) => ({ key, value }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  @Mutation(() => RegisterClusterPayload)
  async registerCluster(
    @Args('input') input: RegisterClusterInput,
    @Context() context: RequestContext,
  ): Promise<RegisterClusterPayload> {
    const { labels, ...rest } = input;
    const { cluster, joinToken } = await this.clusters.register(actorOf(context), {
      ...rest,
      labels: toLabels(labels ?? []),
    });
    return this.join(cluster, joinToken);
  }

  @Mutation(() => CreateJoinTokenPayload, {
    description:
      'A new token for a cluster that has to join, or to join again; older ones are void',
  })
  async createJoinToken(
    @Args('input') { clusterId }: CreateJoinTokenInput,
    @Context() context: RequestContext,
  ): Promise<CreateJoinTokenPayload> {
    const actor = actorOf(context);
    const joinToken = await this.clusters.issueJoinToken(actor, clusterId);
    return this.join(await this.clusters.get(actor, clusterId), joinToken);
  }

  @Mutation(() => RemoveClusterPayload)
  async removeCluster(
    @Args('input') { clusterId }: RemoveClusterInput,
    @Context() context: RequestContext,
  ): Promise<RemoveClusterPayload> {
    return { cluster: await this.clusters.remove(actorOf(context), clusterId) };
  }

  @Mutation(() => UpdateClusterPayload, {
    description:
      'Changes what is given, and leaves the rest. In another network it has other neighbours: its agent labels istio-system anew, unless somebody else did; relabel its east-west gateways yourself',
  })
  async updateCluster(
    @Args('input') { clusterId, network, locality, cidrs, labels }: UpdateClusterInput,
    @Context() context: RequestContext,
  ): Promise<UpdateClusterPayload> {
    const cluster = await this.clusters.update(actorOf(context), clusterId, {
      network: network ?? undefined,
      locality: locality ?? undefined,
      cidrs: cidrs ?? undefined,
      labels: labels ? toLabels(labels) : undefined,
    });
    return { cluster };
  }

  @Mutation(() => SetClusterLabelsPayload, { description: 'In place of those that it has' })
  async setClusterLabels(
    @Args('input') { clusterId, labels }: SetClusterLabelsInput,
    @Context() context: RequestContext,
  ): Promise<SetClusterLabelsPayload> {
    const cluster = await this.clusters.setLabels(actorOf(context), clusterId, toLabels(labels));
    return { cluster };
  }

  @Mutation(() => UnlockClusterPayload, {
    description: 'Its certificates are void from now on: make a join token and install it again',
  })
  async unlockCluster(
    @Args('input') { clusterId }: UnlockClusterInput,
    @Context() context: RequestContext,
  ): Promise<UnlockClusterPayload> {
    return { cluster: await this.clusters.unlock(actorOf(context), clusterId) };
  }

  @Mutation(() => ReleaseHeldRemovalsPayload)
  async releaseHeldRemovals(
    @Args('input') { clusterId }: ReleaseHeldRemovalsInput,
    @Context() context: RequestContext,
  ): Promise<ReleaseHeldRemovalsPayload> {
    return { cluster: await this.clusters.releaseHeldRemovals(actorOf(context), clusterId) };
  }

  private async join(cluster: ClusterView, joinToken: IssuedJoinToken): Promise<JoinPayload> {
    const command = helmCommand(await this.agentChart(), joinToken.secret);
    return { cluster, joinToken, helmCommand: command };
  }

  private async agentChart(): Promise<AgentChart> {
    return {
      chart: this.config.ISTHMUS_AGENT_CHART,
      chartVersion: this.config.ISTHMUS_AGENT_CHART_VERSION || undefined,
      hubAddress: this.config.ISTHMUS_HUB_PUBLIC_ADDRESS,
      hubCa: await this.authority.caCertificate(),
    };
  }
}

/** @throws INVALID_ARGUMENT for a key that is there twice. */
function toLabels(labels: readonly LabelInput[]): ClusterLabels {
  const byKey = new Map(labels.map(({ key, value }) => [key, value]));
  if (byKey.size < labels.length) {
    throw new IsthmusError('INVALID_ARGUMENT', 'labels name a key twice; say it once', {
      field: 'labels',
    });
  }
  return Object.fromEntries(byKey);
}
