import { type DeliveryState as DeliveryStateName, deliveryStates } from '@isthmus/events';
import {
  ArgsType,
  Field,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  ObjectType,
} from '@nestjs/graphql';
import { ConnectionArgs, connectionType } from '../relay/connection.js';
import { Node } from '../relay/node.js';
import { enumOf } from '../releases/types.js';

const DeliveryState = enumOf<DeliveryStateName>(
  'WebhookDeliveryState',
  'How a delivery stands; PENDING: it is tried, or tried again',
  deliveryStates,
);

@ObjectType({ description: 'A kind of event' })
export class EventType {
  @Field(() => String, {
    description: 'Such as cluster.connected; what is before the dot selects all of a kind',
  })
  name!: string;

  @Field(() => String)
  description!: string;
}

@ObjectType({ implements: () => [Node], description: 'Something that happened; kept for 30 days' })
export class Event implements Node {
  @Field(() => ID)
  id!: string;

  meshId!: string | null;

  @Field(() => String, { description: 'Its kind; see eventTypes' })
  type!: string;

  @Field(() => ID, { description: 'What it happened to' })
  subjectId!: string;

  @Field(() => String, { description: 'A sentence' })
  message!: string;

  @Field(() => String, { description: 'More for programs: a JSON object, as text' })
  data!: string;

  @Field(() => GraphQLISODateTime)
  at!: Date;
}
export const EventConnection = connectionType('Event', () => Event);

@ArgsType()
export class EventArgs extends ConnectionArgs {
  @Field(() => [String], {
    nullable: true,
    description: 'Of events, or their kinds; all unless said',
  })
  types?: string[] | null;
}

@ObjectType({
  implements: () => [Node],
  description: 'Whom an organization has told of its events',
})
export class Webhook implements Node {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String)
  url!: string;

  meshId!: string | null;

  @Field(() => [String], { description: 'Of events, or their kinds; empty: all' })
  types!: readonly string[];

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Since when it is told nothing; what was on its way then waits',
  })
  disabledAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'By whom, or why by itself' })
  disabledReason!: string | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Since when no delivery has come through; null if the last one did',
  })
  failingSince!: Date | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'So long the secret before the last one signs as well',
  })
  previousUntil!: Date | null;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
}
export const WebhookConnection = connectionType('Webhook', () => Webhook);

@ObjectType({ description: 'One event on its way to one webhook' })
export class WebhookDelivery {
  @Field(() => ID)
  id!: string;

  webhookId!: string;

  eventId!: string;

  @Field(() => DeliveryState)
  state!: DeliveryStateName;

  @Field(() => Int, { description: 'Tries so far' })
  attempts!: number;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When it is tried next; null once it is through',
  })
  nextAt!: Date | null;

  @Field(() => Int, {
    nullable: true,
    description: "HTTP's, of the last answer; null: there was none",
  })
  status!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Why the last try failed: Refused, Redirected, Timeout, NotPublic, Unreachable, Untrusted, Backlog, Forgotten or Internal',
  })
  reason!: string | null;

  @Field(() => String, { nullable: true })
  detail!: string | null;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  finishedAt!: Date | null;
}
export const WebhookDeliveryConnection = connectionType('WebhookDelivery', () => WebhookDelivery);

@ArgsType()
export class WebhookDeliveryArgs extends ConnectionArgs {
  @Field(() => DeliveryState, { nullable: true, description: 'In any unless said' })
  state?: DeliveryStateName | null;
}

@InputType()
export class CreateWebhookInput {
  @Field(() => String, { description: 'An RFC 1123 label' })
  name!: string;

  @Field(() => String, { description: 'https, without credentials in it' })
  url!: string;

  @Field(() => ID, { nullable: true, description: 'Events of this mesh alone; of all unless said' })
  meshId?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Of events, or their kinds; all unless said',
  })
  types?: string[] | null;
}

@InputType({ description: 'What is not said stays as it is' })
export class UpdateWebhookInput {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { nullable: true })
  name?: string | null;

  @Field(() => String, { nullable: true })
  url?: string | null;

  @Field(() => [String], { nullable: true })
  types?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true enables it again, also where it was disabled by itself',
  })
  enabled?: boolean | null;
}

@InputType({ isAbstract: true })
class WebhookIdInput {
  @Field(() => ID)
  id!: string;
}

@InputType()
export class DeleteWebhookInput extends WebhookIdInput {}

@InputType()
export class RotateWebhookSecretInput extends WebhookIdInput {}

@InputType()
export class TestWebhookInput extends WebhookIdInput {}

@InputType()
export class RedeliverWebhookInput {
  @Field(() => ID)
  deliveryId!: string;
}

@InputType()
export class ReplayWebhookInput extends WebhookIdInput {
  @Field(() => GraphQLISODateTime, { description: 'Events of this time and later' })
  since!: Date;

  @Field(() => String, {
    nullable: true,
    description: 'The endCursor of a replay before, which had more than goes at once',
  })
  after?: string | null;
}

@ObjectType({ isAbstract: true })
class WebhookPayload {
  @Field(() => Webhook)
  webhook!: Webhook;
}

@ObjectType({ isAbstract: true })
class WebhookSecretPayload extends WebhookPayload {
  @Field(() => String, { description: 'Shown this once: what signatures are checked with' })
  secret!: string;
}

@ObjectType()
export class CreateWebhookPayload extends WebhookSecretPayload {}

@ObjectType()
export class UpdateWebhookPayload extends WebhookPayload {}

@ObjectType()
export class DeleteWebhookPayload extends WebhookPayload {}

@ObjectType()
export class RotateWebhookSecretPayload extends WebhookSecretPayload {}

@ObjectType({ isAbstract: true })
class WebhookDeliveryPayload {
  @Field(() => WebhookDelivery)
  delivery!: WebhookDelivery;
}

@ObjectType()
export class TestWebhookPayload extends WebhookDeliveryPayload {}

@ObjectType()
export class RedeliverWebhookPayload extends WebhookDeliveryPayload {}

@ObjectType()
export class ReplayWebhookPayload extends WebhookPayload {
  @Field(() => Int, { description: 'Events that are on their way again' })
  replayed!: number;

  @Field(() => String, {
    nullable: true,
    description: 'Where to go on from, as after; null: that was all',
  })
  endCursor!: string | null;
}
