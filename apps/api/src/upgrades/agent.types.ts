import { type AgentState as AgentStateName, agentStates } from '@isthmus/upgrades';
import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { ClusterNode } from '../fleet/types.js';
import { enumOf } from '../releases/types.js';

const AgentState = enumOf<AgentStateName>(
  'AgentState',
  'CURRENT: as wanted, or nothing is. MANUAL: run helm upgrade. FAILED: it goes on as it was, and no other agent begins',
  agentStates,
);

@ObjectType({ description: 'The agent of a cluster, and the version that it is to have' })
export class Agent {
  @Field(() => String, { nullable: true, description: 'Null: it has not told' })
  version!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Of its Deployment, such as registry.example.com/isthmus/agent:0.2.0',
  })
  image!: string | null;

  @Field(() => String, { nullable: true, description: 'Version that the mesh wants; null: none' })
  wanted!: string | null;

  @Field(() => AgentState)
  state!: AgentStateName;

  @Field(() => String, { nullable: true, description: 'Such as OutsideWindow or SuccessorFailed' })
  reason!: string | null;

  @Field(() => String, { nullable: true })
  message!: string | null;
}

@ObjectType({ description: "An image of the agent; its repository is each cluster's own" })
export class AgentImage {
  @Field(() => String, { description: 'Tag of the image, such as 0.2.0' })
  version!: string;

  @Field(() => String, { nullable: true, description: 'sha256:…; null: the tag alone' })
  digest!: string | null;
}

@InputType()
export class AgentImageInput {
  @Field(() => String, { description: 'Tag of the image, such as 0.2.0' })
  version!: string;

  @Field(() => String, { nullable: true, description: 'sha256:…; the tag alone unless said' })
  digest?: string | null;
}

@InputType()
export class RetryAgentUpgradeInput {
  @Field(() => ID)
  clusterId!: string;
}

@ObjectType()
export class RetryAgentUpgradePayload {
  @Field(() => ClusterNode)
  cluster!: ClusterNode;
}
