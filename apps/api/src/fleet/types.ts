import type { ClusterLabels, ClusterStatus as ClusterStatusName } from '@isthmus/fleet';
import {
  Field,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  ObjectType,
  registerEnumType,
} from '@nestjs/graphql';
import { LabelInput } from '../federation/policy.types.js';
import { connectionType } from '../relay/connection.js';
import { Node } from '../relay/node.js';

/** GraphQL's enum of the statuses. */
const ClusterStatus: { readonly [name in ClusterStatusName]: name } = {
  PENDING: 'PENDING',
  CONNECTED: 'CONNECTED',
  OUT_OF_CONTACT: 'OUT_OF_CONTACT',
  LOCKED: 'LOCKED',
  REMOVED: 'REMOVED',
};
registerEnumType(ClusterStatus, {
  name: 'ClusterStatus',
  description: 'How a cluster stands with the plane; what runs in it goes on in any case',
  valuesMap: {
    PENDING: { description: 'Its agent has not come yet' },
    OUT_OF_CONTACT: { description: 'Its agent is not heard of; the cluster may be well' },
    LOCKED: { description: 'Two held its identity; see lockReason, and unlock it' },
  },
});

@ObjectType('Mesh', {
  implements: () => [Node],
  description: 'One trust domain and one set of trust anchors',
})
export class MeshNode implements Node {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String)
  trustDomain!: string;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
}
export const MeshConnection = connectionType('Mesh', () => MeshNode);

@ObjectType('Cluster', { implements: () => [Node], description: 'A member of a mesh' })
export class ClusterNode implements Node {
  @Field(() => ID)
  id!: string;

  meshId!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String, { description: 'kubernetes' })
  kind!: string;

  @Field(() => String, { description: 'Within a network, workloads reach each other directly' })
  network!: string;

  @Field(() => String, { description: 'region or region/zone' })
  locality!: string;

  @Field(() => [String], { description: 'What endpoint addresses must lie in; empty: anywhere' })
  cidrs!: readonly string[];

  labels!: ClusterLabels;

  @Field(() => ClusterStatus)
  status!: ClusterStatusName;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  removedAt!: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  connectedAt!: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  lastContactAt!: Date | null;

  @Field(() => String, { nullable: true })
  lockReason!: string | null;

  @Field(() => [String], {
    description: 'Removals that the mass-delete guard holds back, as type/name',
  })
  heldRemovals!: readonly string[];

  @Field(() => Int, { description: 'How often its agent came back with an expired certificate' })
  recoveries!: number;
}
export const ClusterConnection = connectionType('Cluster', () => ClusterNode);

@ObjectType({ description: 'With it an agent joins, once' })
export class JoinToken {
  @Field(() => String, { description: 'Shown this once' })
  secret!: string;

  @Field(() => GraphQLISODateTime)
  expiresAt!: Date;
}

@InputType()
export class CreateMeshInput {
  @Field(() => String, { description: 'An RFC 1123 label' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'cluster.local unless said' })
  trustDomain?: string;
}

@ObjectType()
export class CreateMeshPayload {
  @Field(() => MeshNode)
  mesh!: MeshNode;
}

@InputType()
export class DeleteMeshInput {
  @Field(() => ID)
  meshId!: string;
}

@ObjectType()
export class DeleteMeshPayload {
  @Field(() => ID)
  deletedMeshId!: string;
}

@InputType()
export class RegisterClusterInput {
  @Field(() => ID)
  meshId!: string;

  @Field(() => String, { description: 'An RFC 1123 label' })
  name!: string;

  @Field(() => String, { description: 'As in topology.istio.io/network; an RFC 1123 label' })
  network!: string;

  @Field(() => String, { description: 'region or region/zone' })
  locality!: string;

  @Field(() => [String], {
    nullable: true,
    description: 'What its endpoint addresses must lie in, such as 10.0.0.0/8',
  })
  cidrs?: string[];

  @Field(() => [LabelInput], {
    nullable: true,
    description: 'By which configuration selects it, such as env=prod',
  })
  labels?: LabelInput[] | null;
}

/** A cluster, and how its agent is installed. */
@ObjectType({ isAbstract: true })
export class JoinPayload {
  @Field(() => ClusterNode)
  cluster!: ClusterNode;

  @Field(() => JoinToken)
  joinToken!: JoinToken;

  @Field(() => String, { description: 'Run it once, with the kubeconfig of the cluster' })
  helmCommand!: string;
}

@ObjectType()
export class RegisterClusterPayload extends JoinPayload {}

@ObjectType()
export class CreateJoinTokenPayload extends JoinPayload {}

@ObjectType({ description: "What the agent's chart is installed with; nothing of it is secret" })
export class AgentInstallation {
  @Field(() => String, { description: 'As `helm install` takes it: a folder, a URL or a name' })
  chart!: string;

  @Field(() => String, { nullable: true, description: 'Of the chart; null: the newest' })
  chartVersion!: string | null;

  @Field(() => String, { description: 'Of the Helm release' })
  releaseName!: string;

  @Field(() => String)
  namespace!: string;

  @Field(() => String, { description: 'host:port; the value hub.address of the chart' })
  hubAddress!: string;

  @Field(() => String, {
    description: 'PEM; the value hub.caBundle of the chart is the Base64 of this',
  })
  hubCa!: string;

  @Field(() => String, {
    description: 'For a shell that has the join token in ISTHMUS_JOIN_TOKEN',
  })
  helmCommand!: string;
}

@InputType({ isAbstract: true })
class ClusterInput {
  @Field(() => ID)
  clusterId!: string;
}

@InputType()
export class CreateJoinTokenInput extends ClusterInput {}

@InputType()
export class RemoveClusterInput extends ClusterInput {}

@InputType()
export class UpdateClusterInput extends ClusterInput {
  @Field(() => String, {
    nullable: true,
    description: 'As in topology.istio.io/network; an RFC 1123 label',
  })
  network?: string | null;

  @Field(() => String, { nullable: true, description: 'region or region/zone' })
  locality?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'In place of those that it has; none: endpoint addresses may be anywhere',
  })
  cidrs?: string[] | null;

  @Field(() => [LabelInput], { nullable: true, description: 'In place of those that it has' })
  labels?: LabelInput[] | null;
}

@InputType()
export class SetClusterLabelsInput extends ClusterInput {
  @Field(() => [LabelInput], { description: 'In place of those that it has' })
  labels!: LabelInput[];
}

@InputType()
export class UnlockClusterInput extends ClusterInput {}

@InputType()
export class ReleaseHeldRemovalsInput extends ClusterInput {}

@ObjectType({ isAbstract: true })
class ClusterPayload {
  @Field(() => ClusterNode)
  cluster!: ClusterNode;
}

@ObjectType()
export class RemoveClusterPayload extends ClusterPayload {}

@ObjectType()
export class UpdateClusterPayload extends ClusterPayload {}

@ObjectType()
export class SetClusterLabelsPayload extends ClusterPayload {}

@ObjectType()
export class UnlockClusterPayload extends ClusterPayload {}

@ObjectType()
export class ReleaseHeldRemovalsPayload extends ClusterPayload {}
