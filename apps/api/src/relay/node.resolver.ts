import { EventService, WebhookService } from '@isthmus/events';
import { ExportPolicyService, FederationReader } from '@isthmus/federation';
import { IsthmusError } from '@isthmus/kernel';
import { ReleaseService, RolloutService } from '@isthmus/releases';
import { ApiTokenService, OrganizationService } from '@isthmus/tenancy';
import { UpgradeService } from '@isthmus/upgrades';
import { Inject } from '@nestjs/common';
import { Args, Context, ID, Query, Resolver } from '@nestjs/graphql';
import { toEvent } from '../events/event.resolver.js';
import { toExportPolicy } from '../federation/policy.resolver.js';
import { readServiceId, toMeshService } from '../federation/views.js';
import { toRelease, toRollout } from '../releases/views.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import { toUpgrade } from '../upgrades/views.js';
import { Node, nodeTypeOf } from './node.js';

const mostIds = 100;

/** Whatever has an id, by it. What is not there, not ours or not for us to see is null. */
@Resolver()
export class NodeResolver {
  constructor(
    @Inject(OrganizationService) private readonly organizations: OrganizationService,
    @Inject(ApiTokenService) private readonly apiTokens: ApiTokenService,
    @Inject(ExportPolicyService) private readonly policies: ExportPolicyService,
    @Inject(FederationReader) private readonly reader: FederationReader,
    @Inject(ReleaseService) private readonly releases: ReleaseService,
    @Inject(RolloutService) private readonly rollouts: RolloutService,
    @Inject(EventService) private readonly events: EventService,
    @Inject(WebhookService) private readonly webhooks: WebhookService,
    @Inject(UpgradeService) private readonly upgrades: UpgradeService,
  ) {}

  @Query(() => Node, { nullable: true })
  node(
    @Args('id', { type: () => ID }) id: string,
    @Context() context: RequestContext,
  ): Promise<Node | null> {
    return this.read(id, context);
  }

  @Query(() => [Node], { nullable: 'items', description: 'In the order of the ids; at most 100' })
  async nodes(
    @Args('ids', { type: () => [ID] }) ids: string[],
    @Context() context: RequestContext,
  ): Promise<(Node | null)[]> {
    if (ids.length > mostIds) {
      throw new IsthmusError('INVALID_ARGUMENT', `at most ${mostIds} ids at once`, {
        field: 'ids',
      });
    }
    return Promise.all(ids.map((id) => this.read(id, context)));
  }

  private async read(id: string, context: RequestContext): Promise<Node | null> {
    const actor = actorOf(context);
    switch (nodeTypeOf(id)) {
      case 'Organization':
        return id === actor.organizationId ? this.organizations.get(actor) : null;
      case 'Mesh':
        return (await context.loaders.mesh.load(id)) ?? null;
      case 'Cluster':
        return (await context.loaders.cluster.load(id)) ?? null;
      case 'ApiToken':
        return this.apiTokens.get(actor, id).catch(absent);
      case 'ExportPolicy':
        return this.policies.get(actor, id).then(toExportPolicy, absent);
      case 'Release':
        return this.releases.get(actor, id).then(toRelease, absent);
      case 'Rollout':
        return this.rollouts.get(actor, id).then(toRollout, absent);
      case 'Upgrade':
        return this.upgrades.get(actor, id).then(toUpgrade, absent);
      case 'Event':
        return this.events.get(actor, id).then(toEvent, absent);
      case 'Webhook':
        return this.webhooks.get(actor, id).catch(absent);
      case 'MeshService': {
        const service = readServiceId(id);
        if (!service) return null;
        const { meshId, host } = service;
        return this.reader.service(actor, meshId, host).then(toMeshService, absent);
      }
      default:
        return null;
    }
  }
}

function absent(error: unknown): null {
  if (error instanceof IsthmusError && error.code === 'NOT_FOUND') return null;
  throw error;
}
