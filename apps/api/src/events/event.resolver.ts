import { EventService, type EventView, eventTypes } from '@isthmus/events';
import { Inject } from '@nestjs/common';
import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { MeshNode } from '../fleet/types.js';
import { type Connection, toConnection } from '../relay/connection.js';
import { loadMesh } from '../requests/loaders.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import { Event, EventArgs, EventConnection, EventType } from './types.js';

const types: readonly EventType[] = Object.entries(eventTypes).map(([name, description]) => ({
  name,
  description,
}));

/** What happened in a mesh. */
@Resolver(() => MeshNode)
export class MeshEventsResolver {
  constructor(@Inject(EventService) private readonly events: EventService) {}

  @Query(() => [EventType], { description: 'Every kind of event there is' })
  eventTypes(): readonly EventType[] {
    return types;
  }

  @ResolveField(() => EventConnection, {
    name: 'events',
    description: 'What happened in it, the newest first',
  })
  async happenings(
    @Parent() { id: meshId }: MeshNode,
    @Args() args: EventArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<Event>> {
    const asked = { ...args, meshId, types: args.types ?? [] };
    const { items, hasNext } = await this.events.list(actorOf(context), asked);
    return toConnection({ items: items.map(toEvent), hasNext }, args, ({ id }) => id);
  }
}

@Resolver(() => Event)
export class EventResolver {
  @ResolveField(() => MeshNode, { nullable: true, description: 'Null: of a webhook of all meshes' })
  async mesh(
    @Parent() { meshId }: Event,
    @Context() { loaders }: RequestContext,
  ): Promise<MeshNode | null> {
    return meshId === null ? null : loadMesh(loaders, meshId);
  }
}

export function toEvent({ data, ...event }: EventView): Event {
  return { ...event, data: JSON.stringify(data) };
}
