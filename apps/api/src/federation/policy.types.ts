import { Field, GraphQLISODateTime, ID, InputType, ObjectType } from '@nestjs/graphql';
import { connectionType } from '../relay/connection.js';
import { Node } from '../relay/node.js';

@ObjectType()
export class Label {
  @Field(() => String)
  key!: string;

  @Field(() => String)
  value!: string;
}

@ObjectType()
export class LabelRequirement {
  @Field(() => String)
  key!: string;

  @Field(() => String, { description: 'In, NotIn, Exists or DoesNotExist' })
  operator!: string;

  @Field(() => [String])
  values!: readonly string[];
}

@ObjectType({ description: "Kubernetes's label selector; an empty one selects everything" })
export class LabelSelector {
  @Field(() => [Label])
  matchLabels!: readonly Label[];

  @Field(() => [LabelRequirement])
  matchExpressions!: readonly LabelRequirement[];
}

@InputType()
export class LabelInput {
  @Field(() => String)
  key!: string;

  @Field(() => String)
  value!: string;
}

@InputType()
export class LabelRequirementInput {
  @Field(() => String)
  key!: string;

  @Field(() => String, { description: 'In, NotIn, Exists or DoesNotExist' })
  operator!: string;

  @Field(() => [String], { nullable: true, description: 'For In and NotIn' })
  values?: string[] | null;
}

@InputType()
export class LabelSelectorInput {
  @Field(() => [LabelInput], { nullable: true })
  matchLabels?: LabelInput[] | null;

  @Field(() => [LabelRequirementInput], { nullable: true })
  matchExpressions?: LabelRequirementInput[] | null;
}

@ObjectType({
  implements: () => [Node],
  description: 'Services that every cluster exports without a ServiceExport',
})
export class ExportPolicy implements Node {
  @Field(() => ID)
  id!: string;

  meshId!: string;

  @Field(() => String)
  name!: string;

  @Field(() => LabelSelector)
  namespaceSelector!: LabelSelector;

  @Field(() => LabelSelector)
  serviceSelector!: LabelSelector;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
}
export const ExportPolicyConnection = connectionType('ExportPolicy', () => ExportPolicy);

@ObjectType({ description: 'Which clusters may export a host, whoever came first' })
export class HostGrant {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  namespace!: string;

  @Field(() => String, { description: "A service of the namespace, or '*' for all" })
  service!: string;

  @Field(() => [ID], { description: 'Empty: every cluster of the mesh' })
  clusterIds!: readonly string[];

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
}
export const HostGrantConnection = connectionType('HostGrant', () => HostGrant);

@InputType({ isAbstract: true })
class ExportPolicySettingsInput {
  @Field(() => String, { description: 'An RFC 1123 label' })
  name!: string;

  @Field(() => LabelSelectorInput, { nullable: true })
  namespaceSelector?: LabelSelectorInput | null;

  @Field(() => LabelSelectorInput, { nullable: true })
  serviceSelector?: LabelSelectorInput | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Must be said when both selectors are empty, which exports every service',
  })
  everything?: boolean | null;
}

@InputType()
export class CreateExportPolicyInput extends ExportPolicySettingsInput {
  @Field(() => ID)
  meshId!: string;
}

@InputType()
export class UpdateExportPolicyInput extends ExportPolicySettingsInput {
  @Field(() => ID)
  id!: string;
}

@InputType()
export class DeleteExportPolicyInput {
  @Field(() => ID)
  id!: string;
}

@ObjectType({ isAbstract: true })
class ExportPolicyPayload {
  @Field(() => ExportPolicy)
  exportPolicy!: ExportPolicy;
}

@ObjectType()
export class CreateExportPolicyPayload extends ExportPolicyPayload {}

@ObjectType()
export class UpdateExportPolicyPayload extends ExportPolicyPayload {}

@ObjectType()
export class DeleteExportPolicyPayload extends ExportPolicyPayload {}

@InputType()
export class GrantHostInput {
  @Field(() => ID)
  meshId!: string;

  @Field(() => String)
  namespace!: string;

  @Field(() => String, { description: "A service of the namespace, or '*' for all" })
  service!: string;

  @Field(() => [ID], { description: 'Empty: every cluster of the mesh' })
  clusterIds!: string[];
}

@InputType()
export class RevokeHostGrantInput {
  @Field(() => ID)
  id!: string;
}

@ObjectType({ isAbstract: true })
class HostGrantPayload {
  @Field(() => HostGrant)
  hostGrant!: HostGrant;
}

@ObjectType()
export class GrantHostPayload extends HostGrantPayload {}

@ObjectType()
export class RevokeHostGrantPayload extends HostGrantPayload {}
