import { FederationReader } from '@isthmus/federation';
import { Inject } from '@nestjs/common';
import { Args, Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { MeshNode } from '../fleet/types.js';
import { type Connection, ConnectionArgs, toConnection } from '../relay/connection.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import {
  Finding,
  type IntentState,
  IntentStateConnection,
  MeshService,
  MeshServiceConnection,
} from './service.types.js';
import { readHost, toMeshService, toState } from './views.js';

/** The services of a mesh. */
@Resolver(() => MeshNode)
export class MeshServicesResolver {
  constructor(@Inject(FederationReader) private readonly reader: FederationReader) {}

  @ResolveField(() => MeshServiceConnection)
  async services(
    @Parent() { id: meshId }: MeshNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<MeshService>> {
    const { items, hasNext } = await this.reader.services(actorOf(context), { meshId, ...args });
    const services = items.map(toMeshService);
    return toConnection({ items: services, hasNext }, args, nameOf);
  }

  @ResolveField(() => MeshService)
  async service(
    @Parent() { id: meshId }: MeshNode,
    @Args('host', {
      type: () => String,
      description: 'namespace/name, or a name such as payments.shop.svc.cluster.local',
    })
    host: string,
    @Context() context: RequestContext,
  ): Promise<MeshService> {
    return toMeshService(await this.reader.service(actorOf(context), meshId, readHost(host)));
  }

  @ResolveField(() => [Finding])
  async findings(
    @Parent() { id: meshId }: MeshNode,
    @Context() context: RequestContext,
  ): Promise<Finding[]> {
    const findings = await this.reader.findings(actorOf(context), meshId);
    return findings.map((finding) => ({ ...finding, clusterId: finding.clusterId ?? null }));
  }
}

/** What became of a service in the clusters. */
@Resolver(() => MeshService)
export class MeshServiceResolver {
  constructor(@Inject(FederationReader) private readonly reader: FederationReader) {}

  @ResolveField(() => IntentStateConnection, {
    description: 'What became of the import, by cluster',
  })
  async importStates(
    @Parent() { meshId, ...service }: MeshService,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<IntentState>> {
    const { items, hasNext } = await this.reader.importStates(actorOf(context), {
      meshId,
      host: nameOf(service),
      ...args,
    });
    const states = items.map(toState);
    return toConnection({ items: states, hasNext }, args, ({ clusterId }) => clusterId);
  }
}

function nameOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}
