import type { JoiningState as JoiningStateName, JoiningStepName as StepName } from '@isthmus/fleet';
import { Field, GraphQLISODateTime, ObjectType, registerEnumType } from '@nestjs/graphql';

/** GraphQL's enum of the steps. */
const JoiningStepName: { readonly [name in StepName]: name } = {
  HELM_COMMAND: 'HELM_COMMAND',
  CALLED: 'CALLED',
  JOINED: 'JOINED',
  CONNECTED: 'CONNECTED',
  READ: 'READ',
  PERMITTED: 'PERMITTED',
  ISTIO: 'ISTIO',
  NETWORK: 'NETWORK',
  TRUSTED: 'TRUSTED',
};
registerEnumType(JoiningStepName, {
  name: 'JoiningStepName',
  description: 'In their order',
  valuesMap: {
    HELM_COMMAND: { description: 'A join token is made' },
    CALLED: { description: 'An agent has called the hub with it' },
    JOINED: { description: 'The token was taken, and a certificate issued' },
    CONNECTED: { description: 'The streams are open' },
    READ: { description: 'The agent has told what the cluster is' },
    PERMITTED: { description: 'The agent may read and write what it has to' },
    ISTIO: { description: 'Istio is there' },
    NETWORK: { description: "Istio knows the cluster's network" },
    TRUSTED: { description: 'istiod has a certificate under the root of the mesh' },
  },
});

/** GraphQL's enum of the states. */
const JoiningState: { readonly [name in JoiningStateName]: name } = {
  DONE: 'DONE',
  ACTIVE: 'ACTIVE',
  WAITING: 'WAITING',
  FAILED: 'FAILED',
};
registerEnumType(JoiningState, {
  name: 'JoiningState',
  valuesMap: {
    ACTIVE: { description: 'The one that is waited for' },
    WAITING: { description: 'Comes after the one that is waited for' },
    FAILED: { description: 'Does not come by itself; see its remedy' },
  },
});

@ObjectType()
export class JoiningStep {
  @Field(() => JoiningStepName)
  name!: StepName;

  @Field(() => JoiningState)
  state!: JoiningStateName;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When it was done or failed, where that is known',
  })
  at!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Stable, such as JOIN_TOKEN_USED; null unless something is wrong',
  })
  reason!: string | null;

  @Field(() => String)
  message!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What to do; null when there is nothing to do',
  })
  remedy!: string | null;
}

@ObjectType({ description: 'How far a cluster has come in joining its mesh, and what keeps it' })
export class Joining {
  @Field(() => Boolean)
  done!: boolean;

  @Field(() => [JoiningStep])
  steps!: readonly JoiningStep[];
}
