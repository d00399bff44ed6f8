import { type ClusterFactView, FederationReader } from '@isthmus/federation';
import { Inject } from '@nestjs/common';
import { Args, Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { ClusterNode } from '../fleet/types.js';
import { type Connection, ConnectionArgs, toConnection } from '../relay/connection.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import { SigningCertificate } from '../trust/types.js';
import {
  Condition,
  type Export,
  ExportConnection,
  Gateway,
  type Import,
  ImportConnection,
  type IntentState,
  IntentStateConnection,
} from './service.types.js';
import { toExport, toImport, toState } from './views.js';

/** What the agent of a cluster reports. */
@Resolver(() => ClusterNode)
export class ClusterFactsResolver {
  constructor(@Inject(FederationReader) private readonly reader: FederationReader) {}

  @ResolveField(() => String, { nullable: true })
  async kubernetesVersion(
    @Parent() { id }: ClusterNode,
    @Context() context: RequestContext,
  ): Promise<string | null> {
    return (await factOf(id, context))?.kubernetesVersion || null;
  }

  @ResolveField(() => [String], { description: 'Of its istiods; empty when unknown' })
  async istioVersions(
    @Parent() { id }: ClusterNode,
    @Context() context: RequestContext,
  ): Promise<readonly string[]> {
    return (await factOf(id, context))?.istioVersions ?? [];
  }

  @ResolveField(() => String, { nullable: true })
  async agentVersion(
    @Parent() { id }: ClusterNode,
    @Context() context: RequestContext,
  ): Promise<string | null> {
    return (await factOf(id, context))?.agentVersion || null;
  }

  @ResolveField(() => [String], { description: 'Such as gateway-api, mcs-api, istio-crds' })
  async capabilities(
    @Parent() { id }: ClusterNode,
    @Context() context: RequestContext,
  ): Promise<readonly string[]> {
    return (await factOf(id, context))?.capabilities ?? [];
  }

  @ResolveField(() => [Condition], { description: 'Problems that the agent sees by itself' })
  async conditions(
    @Parent() { id }: ClusterNode,
    @Context() context: RequestContext,
  ): Promise<readonly Condition[]> {
    return (await factOf(id, context))?.conditions ?? [];
  }

  @ResolveField(() => ExportConnection)
  async exports(
    @Parent() { id }: ClusterNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<Export>> {
    const { items, hasNext } = await this.reader.exportsOf(actorOf(context), id, args);
    return toConnection({ items: items.map(toExport), hasNext }, args, nameOf);
  }

  @ResolveField(() => ImportConnection)
  async imports(
    @Parent() { id }: ClusterNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<Import>> {
    const { items, hasNext } = await this.reader.importsOf(actorOf(context), id, args);
    return toConnection({ items: items.map(toImport), hasNext }, args, nameOf);
  }

  @ResolveField(() => IntentStateConnection, {
    description: 'All that the agent has said of its intents',
  })
  async intentStates(
    @Parent() { id }: ClusterNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<IntentState>> {
    const { items, hasNext } = await this.reader.intentStatesOf(actorOf(context), id, args);
    const states = items.map(toState);
    return toConnection({ items: states, hasNext }, args, ({ type, name }) => `${type}/${name}`);
  }

  @ResolveField(() => [Gateway], { description: 'East-west gateways' })
  gateways(@Parent() { id }: ClusterNode, @Context() context: RequestContext): Promise<Gateway[]> {
    return this.reader.gatewaysOf(actorOf(context), id);
  }

  @ResolveField(() => SigningCertificate, {
    nullable: true,
    description: 'With it its istiod signs for workloads; null until it has one',
  })
  async signingCertificate(
    @Parent() { id, meshId }: ClusterNode,
    @Context() { loaders }: RequestContext,
  ): Promise<SigningCertificate | null> {
    const { signingCertificates } = await loaders.trust.load(meshId);
    return signingCertificates.find(({ clusterId }) => clusterId === id) ?? null;
  }
}

function factOf(
  clusterId: string,
  { loaders }: RequestContext,
): Promise<ClusterFactView | undefined> {
  return loaders.clusterFact.load(clusterId);
}

function nameOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}
