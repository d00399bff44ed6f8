import type { IntentState as IntentStateName } from '@isthmus/federation';
import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionType } from '../relay/connection.js';
import { Node } from '../relay/node.js';

/** GraphQL's enum of the states. */
export const State: { readonly [name in IntentStateName]: name } = {
  UNKNOWN: 'UNKNOWN',
  PENDING: 'PENDING',
  YES: 'YES',
  REFUSED: 'REFUSED',
};
registerEnumType(State, {
  name: 'State',
  valuesMap: {
    UNKNOWN: { description: 'Cannot be known there' },
    PENDING: { description: 'Not yet, or not heard of yet' },
    REFUSED: { description: 'See reason and message: the words of whoever refused it' },
  },
});

@ObjectType()
export class ServicePort {
  @Field(() => String)
  name!: string;

  @Field(() => Int)
  port!: number;

  @Field(() => String, { description: 'TCP or UDP' })
  protocol!: string;

  @Field(() => String, { description: 'Empty when unset' })
  appProtocol!: string;
}

@ObjectType({ description: "One cluster's export of a service, and what was decided of it" })
export class Exporter {
  @Field(() => ID)
  clusterId!: string;

  @Field(() => String)
  clusterName!: string;

  @Field(() => String)
  network!: string;

  @Field(() => Int)
  readyEndpoints!: number;

  @Field(() => [String])
  localities!: readonly string[];

  @Field(() => Boolean, { description: 'Out of contact; this is the last that was known' })
  stale!: boolean;

  @Field(() => Boolean)
  valid!: boolean;

  @Field(() => Boolean, {
    description: 'Does not go with the exports of other clusters; reason says why',
  })
  conflict!: boolean;

  @Field(() => String, { nullable: true })
  reason!: string | null;

  @Field(() => String, { nullable: true })
  message!: string | null;
}

@ObjectType({ description: 'An export as the exporting cluster sees it' })
export class Export extends Exporter {
  @Field(() => String, { description: 'Such as payments.shop.svc.cluster.local' })
  host!: string;

  @Field(() => String)
  namespace!: string;

  @Field(() => String)
  name!: string;

  @Field(() => [ServicePort])
  ports!: readonly ServicePort[];

  @Field(() => String, { description: 'ServiceExport, or the name of an export policy' })
  exportedBy!: string;
}
export const ExportConnection = connectionType('Export', () => Export);

@ObjectType({ isAbstract: true })
class WhatBecameOfIt {
  @Field(() => State, { description: 'The agent has it' })
  sent!: IntentStateName;

  @Field(() => State, { description: 'The API server took it' })
  stored!: IntentStateName;

  @Field(() => State, { description: 'istiod took it' })
  accepted!: IntentStateName;

  @Field(() => State, { description: 'The proxies acknowledged it' })
  live!: IntentStateName;

  @Field(() => String, { nullable: true })
  reason!: string | null;

  @Field(() => String, { nullable: true })
  message!: string | null;

  @Field(() => Int, { description: 'How often it was put back after somebody had changed it' })
  corrections!: number;

  @Field(() => [String], { description: 'Field managers that changed it, of the last correction' })
  correctedManagers!: readonly string[];

  @Field(() => [String], { description: 'Objects written, as Kind namespace/name' })
  objects!: readonly string[];

  @Field(() => GraphQLISODateTime, { nullable: true })
  reportedAt!: Date | null;
}

@ObjectType({ description: 'A service that other clusters offer to this one' })
export class Import extends WhatBecameOfIt {
  @Field(() => String, { description: 'Such as payments.shop.svc.cluster.local' })
  host!: string;

  @Field(() => String)
  namespace!: string;

  @Field(() => String)
  name!: string;

  @Field(() => [ServicePort])
  ports!: readonly ServicePort[];

  @Field(() => [Exporter])
  exporters!: readonly Exporter[];
}
export const ImportConnection = connectionType('Import', () => Import);

@ObjectType({ description: 'What became of an intent in a cluster' })
export class IntentState extends WhatBecameOfIt {
  @Field(() => ID)
  clusterId!: string;

  @Field(() => String, { description: 'Such as Import' })
  type!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String, { description: 'The version that the states speak of' })
  version!: string;
}
export const IntentStateConnection = connectionType('IntentState', () => IntentState);

@ObjectType({ implements: () => [Node], description: 'A service of the mesh, and who offers it' })
export class MeshService implements Node {
  @Field(() => ID)
  id!: string;

  meshId!: string;

  @Field(() => String, { description: 'Such as payments.shop.svc.cluster.local' })
  host!: string;

  @Field(() => String, { description: 'Such as payments.shop.svc.clusterset.local' })
  clustersetHost!: string;

  @Field(() => String)
  namespace!: string;

  @Field(() => String)
  name!: string;

  @Field(() => [ServicePort])
  ports!: readonly ServicePort[];

  @Field(() => Boolean)
  headless!: boolean;

  @Field(() => [Exporter], { description: 'In the order in which they came' })
  exporters!: readonly Exporter[];
}
export const MeshServiceConnection = connectionType('MeshService', () => MeshService);

@ObjectType()
export class GatewayAddress {
  @Field(() => String, { description: 'IPAddress or Hostname' })
  type!: string;

  @Field(() => String)
  value!: string;

  @Field(() => Int)
  port!: number;
}

@ObjectType({ description: 'An east-west gateway of a cluster' })
export class Gateway {
  @Field(() => String)
  namespace!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String)
  network!: string;

  @Field(() => [GatewayAddress])
  addresses!: readonly GatewayAddress[];
}

@ObjectType({ description: 'What an agent says of its cluster' })
export class Condition {
  @Field(() => String)
  type!: string;

  @Field(() => String, { description: 'True, False or Unknown' })
  status!: string;

  @Field(() => String)
  reason!: string;

  @Field(() => String)
  message!: string;
}

@ObjectType({ description: 'What keeps a mesh from working although every part does' })
export class Finding {
  @Field(() => String, { description: 'Stable, such as NetworkWithoutGateway' })
  code!: string;

  @Field(() => String)
  message!: string;

  @Field(() => ID, { nullable: true })
  clusterId!: string | null;
}
