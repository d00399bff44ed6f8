import { WebhookService } from '@isthmus/events';
import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { MeshNode } from '../fleet/types.js';
import { type Connection, ConnectionArgs, toConnection } from '../relay/connection.js';
import { loadMesh } from '../requests/loaders.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import { Organization } from '../tenancy/types.js';
import { toEvent } from './event.resolver.js';
import {
  CreateWebhookInput,
  CreateWebhookPayload,
  DeleteWebhookInput,
  DeleteWebhookPayload,
  Event,
  RedeliverWebhookInput,
  RedeliverWebhookPayload,
  ReplayWebhookInput,
  ReplayWebhookPayload,
  RotateWebhookSecretInput,
  RotateWebhookSecretPayload,
  TestWebhookInput,
  TestWebhookPayload,
  UpdateWebhookInput,
  UpdateWebhookPayload,
  Webhook,
  WebhookConnection,
  WebhookDelivery,
  WebhookDeliveryArgs,
  WebhookDeliveryConnection,
} from './types.js';

@Resolver(() => Organization)
export class OrganizationWebhooksResolver {
  constructor(@Inject(WebhookService) private readonly service: WebhookService) {}

  @ResolveField(() => WebhookConnection, { description: 'The oldest first' })
  async webhooks(
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<Webhook>> {
    return toConnection(await this.service.list(actorOf(context), args), args, ({ id }) => id);
  }
}

/** Who is told of events, and what became of that. */
@Resolver(() => Webhook)
export class WebhookResolver {
  constructor(@Inject(WebhookService) private readonly service: WebhookService) {}

  @ResolveField(() => MeshNode, {
    nullable: true,
    description: 'Whose events; null: of all meshes',
  })
  async mesh(
    @Parent() { meshId }: Webhook,
    @Context() { loaders }: RequestContext,
  ): Promise<MeshNode | null> {
    return meshId === null ? null : loadMesh(loaders, meshId);
  }

  @ResolveField(() => WebhookDeliveryConnection, { description: 'The newest first' })
  async deliveries(
    @Parent() { id: webhookId }: Webhook,
    @Args() args: WebhookDeliveryArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<WebhookDelivery>> {
    const asked = { ...args, webhookId, state: args.state ?? undefined };
    const page = await this.service.deliveries(actorOf(context), asked);
    return toConnection(page, args, ({ id }) => id);
  }

  @Mutation(() => CreateWebhookPayload)
  createWebhook(
    @Args('input') { meshId, types, ...input }: CreateWebhookInput,
    @Context() context: RequestContext,
  ): Promise<CreateWebhookPayload> {
    const asked = { ...input, meshId: meshId ?? undefined, types: types ?? [] };
    return this.service.create(actorOf(context), asked);
  }

  @Mutation(() => UpdateWebhookPayload)
  async updateWebhook(
    @Args('input') { id, name, url, types, enabled }: UpdateWebhookInput,
    @Context() context: RequestContext,
  ): Promise<UpdateWebhookPayload> {
    const webhook = await this.service.update(actorOf(context), id, {
      name: name ?? undefined,
      url: url ?? undefined,
      types: types ?? undefined,
      enabled: enabled ?? undefined,
    });
    return { webhook };
  }

  @Mutation(() => DeleteWebhookPayload, { description: 'With what was on its way to it' })
  async deleteWebhook(
    @Args('input') { id }: DeleteWebhookInput,
    @Context() context: RequestContext,
  ): Promise<DeleteWebhookPayload> {
    return { webhook: await this.service.delete(actorOf(context), id) };
  }

  @Mutation(() => RotateWebhookSecretPayload, {
    description: 'A new secret; the one before signs as well for a day',
  })
  rotateWebhookSecret(
    @Args('input') { id }: RotateWebhookSecretInput,
    @Context() context: RequestContext,
  ): Promise<RotateWebhookSecretPayload> {
    return this.service.rotateSecret(actorOf(context), id);
  }

  @Mutation(() => TestWebhookPayload, { description: 'Sends an event webhook.test' })
  async testWebhook(
    @Args('input') { id }: TestWebhookInput,
    @Context() context: RequestContext,
  ): Promise<TestWebhookPayload> {
    return { delivery: await this.service.test(actorOf(context), id) };
  }

  @Mutation(() => RedeliverWebhookPayload, {
    description: 'Sends the event of a delivery once more, whatever became of it',
  })
  async redeliverWebhook(
    @Args('input') { deliveryId }: RedeliverWebhookInput,
    @Context() context: RequestContext,
  ): Promise<RedeliverWebhookPayload> {
    return { delivery: await this.service.redeliver(actorOf(context), deliveryId) };
  }

  @Mutation(() => ReplayWebhookPayload, {
    description: 'Sends what happened since a time once more, up to 1,000 events at once',
  })
  replayWebhook(
    @Args('input') { id, since, after }: ReplayWebhookInput,
    @Context() context: RequestContext,
  ): Promise<ReplayWebhookPayload> {
    return this.service.replay(actorOf(context), id, { since, after: after ?? undefined });
  }
}

@Resolver(() => WebhookDelivery)
export class WebhookDeliveryResolver {
  @ResolveField(() => Event, { nullable: true, description: 'Null once it is no longer kept' })
  async event(
    @Parent() { eventId }: WebhookDelivery,
    @Context() { loaders }: RequestContext,
  ): Promise<Event | null> {
    const event = await loaders.event.load(eventId);
    return event ? toEvent(event) : null;
  }
}
