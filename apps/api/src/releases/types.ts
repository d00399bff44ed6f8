import type { IntentState as IntentStateName } from '@isthmus/federation';
import type {
  DriftPolicy as DriftPolicyName,
  RolloutState as RolloutStateName,
  WaveUnit as WaveUnitName,
} from '@isthmus/releases';
import {
  Field,
  Float,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  ObjectType,
  registerEnumType,
} from '@nestjs/graphql';
import { State } from '../federation/service.types.js';
import { ClusterNode } from '../fleet/types.js';
import { connectionType } from '../relay/connection.js';
import { Node } from '../relay/node.js';

/** The names of an enum, each for itself, as GraphQL wants them. */
export function enumOf<T extends string>(name: string, description: string, values: readonly T[]) {
  const all = Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>;
  registerEnumType(all, { name, description });
  return all;
}

const Severity = enumOf('ProblemSeverity', 'An ERROR keeps a bundle from being released', [
  'ERROR',
  'WARNING',
]);
const Change = enumOf('ObjectChangeType', 'What becomes of an object', [
  'ADDED',
  'CHANGED',
  'REMOVED',
]);
const ReleaseSource = enumOf('ReleaseSource', 'Where a release came from', [
  'APPLY',
  'INVENTORY',
  'DRIFT',
]);
const RolloutState = enumOf<RolloutStateName>('RolloutState', 'How a rollout stands', [
  'QUEUED',
  'RUNNING',
  'PAUSED',
  'HALTED',
  'COMPLETED',
  'ABORTED',
]);
const RolloutStage = enumOf('RolloutStage', 'TRIAL: server-side dry runs; nothing is written', [
  'TRIAL',
  'WAVE',
  'SOAK',
]);
const WaveUnit = enumOf<WaveUnitName>('WaveUnit', 'What gets a wave of its own', [
  'CLUSTER',
  'REGION',
  'NETWORK',
]);
const DriftPolicy = enumOf<Uppercase<DriftPolicyName>>(
  'DriftPolicy',
  'What becomes of an object that somebody else changed or deleted: put back, left as it is, or made a release',
  ['REVERT', 'TOLERATE', 'ADOPT'],
);
const DriftChange = enumOf('DriftChange', 'What was done to an object', ['EDITED', 'DELETED']);
const DriftOutcome = enumOf('DriftOutcome', 'What became of it', ['REVERTED', 'TOLERATED']);
const ReleaseForm = enumOf('ReleaseForm', 'With the intents as they are, or compiled', [
  'WRITTEN',
  'COMPILED',
]);
export type ReleaseFormName = keyof typeof ReleaseForm;
export const ReleaseFormType = ReleaseForm;

@ObjectType({ description: 'A file of YAML, of one or several documents' })
export class ConfigurationFile {
  @Field(() => String, { description: 'Relative, such as shop/routes.yaml' })
  path!: string;

  @Field(() => String)
  content!: string;
}

@InputType()
class ConfigurationFileInput {
  @Field(() => String, { description: 'Relative, such as shop/routes.yaml' })
  path!: string;

  @Field(() => String)
  content!: string;
}

@ObjectType({ description: 'What is wrong with a bundle, or looks wrong' })
export class ConfigurationProblem {
  @Field(() => Severity)
  severity!: keyof typeof Severity;

  @Field(() => String, { description: 'Stable, such as SchemaViolation' })
  code!: string;

  @Field(() => String)
  message!: string;

  @Field(() => String, { description: 'What to do' })
  remedy!: string;

  @Field(() => String, { nullable: true })
  path!: string | null;

  @Field(() => Int, { nullable: true, description: 'Counts from 1' })
  line!: number | null;

  @Field(() => String, { nullable: true, description: 'As Kind namespace/name' })
  object!: string | null;
}

@ObjectType({ description: 'What becomes of one object' })
export class ObjectChange {
  @Field(() => String, { description: 'As Kind.group/namespace/name' })
  name!: string;

  @Field(() => Change)
  change!: keyof typeof Change;

  @Field(() => String, { description: 'Unified, of the objects as YAML' })
  diff!: string;
}
export const ObjectChangeConnection = connectionType('ObjectChange', () => ObjectChange);

@ObjectType({ description: 'An object as a release has it for clusters' })
export class ReleaseObject {
  @Field(() => String, { description: 'As Kind.group/namespace/name' })
  name!: string;

  @Field(() => String, { description: 'YAML' })
  manifest!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The intents that it was compiled from; null for what was written',
  })
  compiledFrom!: string | null;

  @Field(() => String)
  path!: string;

  @Field(() => Int, { description: 'Counts from 1' })
  line!: number;
}
export const ReleaseObjectConnection = connectionType('ReleaseObject', () => ReleaseObject);

@ObjectType({ description: 'What would become of one cluster' })
export class ClusterPreview {
  clusterId!: string;

  @Field(() => Int, { nullable: true, description: 'Number of the release it has now' })
  from!: number | null;

  @Field(() => Int)
  added!: number;

  @Field(() => Int)
  changed!: number;

  @Field(() => Int)
  removed!: number;

  @Field(() => String, { description: 'Unified, of all objects that change' })
  diff!: string;
}
export const ClusterPreviewConnection = connectionType('ClusterPreview', () => ClusterPreview);

@ObjectType('Release', {
  implements: () => [Node],
  description: 'An immutable version of the configuration of a mesh',
})
export class ReleaseNode implements Node {
  @Field(() => ID)
  id!: string;

  meshId!: string;

  @Field(() => Int, { description: 'Counts from 1 in each mesh' })
  number!: number;

  @Field(() => String, { description: 'SHA-256 of its files' })
  digest!: string;

  @Field(() => String, { description: 'Why it was made' })
  message!: string;

  @Field(() => ReleaseSource)
  source!: keyof typeof ReleaseSource;

  @Field(() => Int)
  objectCount!: number;

  @Field(() => ID, { description: 'The person or API token' })
  createdBy!: string;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
}
export const ReleaseConnection = connectionType('Release', () => ReleaseNode);

@ObjectType()
export class WavePolicy {
  @Field(() => String, { nullable: true })
  clusterSelector!: string | null;

  @Field(() => Float, { nullable: true })
  percent!: number | null;

  @Field(() => WaveUnit, { nullable: true })
  each!: WaveUnitName | null;
}

@ObjectType()
export class GatePolicy {
  @Field(() => Int)
  soakSeconds!: number;

  @Field(() => Int)
  timeoutSeconds!: number;

  @Field(() => Float)
  maxRefusedPercent!: number;
}

@ObjectType({ description: 'How a release makes its way through the clusters' })
export class RolloutPolicy {
  @Field(() => [WavePolicy], { description: 'Clusters that none of them takes come last' })
  waves!: readonly WavePolicy[];

  @Field(() => GatePolicy)
  gate!: GatePolicy;
}

@InputType()
export class WavePolicyInput {
  @Field(() => String, {
    nullable: true,
    description:
      'Label selector over clusters, as Kubernetes writes it, such as env=canary; all that are left unless said',
  })
  clusterSelector?: string | null;

  @Field(() => Float, {
    nullable: true,
    description: 'As many as bring the rollout to this share of the selected clusters',
  })
  percent?: number | null;

  @Field(() => WaveUnit, { nullable: true, description: 'Splits it into several waves' })
  each?: WaveUnitName | null;
}

@InputType()
export class GatePolicyInput {
  @Field(() => Int, { nullable: true, description: 'So long all must stay well; 60 unless said' })
  soakSeconds?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'A wave that is not through by then halts; 600 unless said',
  })
  timeoutSeconds?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: "Of the wave's objects, how many percent may be refused; 0 unless said",
  })
  maxRefusedPercent?: number | null;
}

@InputType()
export class RolloutPolicyInput {
  @Field(() => [WavePolicyInput], { description: 'Clusters that none of them takes come last' })
  waves!: WavePolicyInput[];

  @Field(() => GatePolicyInput, { nullable: true })
  gate?: GatePolicyInput | null;
}

@ObjectType({ description: 'How a cluster stands with what it is to run' })
export class ClusterConfiguration {
  clusterId!: string;

  releaseId!: string | null;

  @Field(() => Int, { nullable: true, description: 'Number of the release it is to run' })
  number!: number | null;

  @Field(() => Boolean, {
    description: 'Whether its agent speaks of all of it, and of nothing older',
  })
  current!: boolean;

  @Field(() => Int)
  objects!: number;

  @Field(() => Int, { description: 'Objects that the API server took' })
  stored!: number;

  @Field(() => Int)
  pending!: number;

  @Field(() => Int)
  refused!: number;

  @Field(() => Int, { description: 'Objects whose namespace it does not have' })
  absent!: number;

  @Field(() => Int, { description: 'Of the stored ones, as far as a controller says so' })
  accepted!: number;

  @Field(() => Int)
  unaccepted!: number;

  @Field(() => State, { description: 'Whether the proxies have all of it, where istiod tells' })
  live!: IntentStateName;

  @Field(() => Int, { description: 'Proxies connected to istiod, where it tells' })
  proxies!: number;

  @Field(() => Int, { description: 'Those of them that have all of it' })
  proxiesLive!: number;

  @Field(() => String, { nullable: true, description: 'In the words of a proxy that refused' })
  liveMessage!: string | null;

  @Field(() => [ObjectProblem], { description: 'At most 50' })
  problems!: readonly ObjectProblem[];
}

@ObjectType({ description: 'An object that was refused, in the words of whoever refused it' })
export class ObjectProblem {
  @Field(() => String, { description: 'As Kind.group/namespace/name' })
  object!: string;

  @Field(() => String)
  reason!: string;

  @Field(() => String)
  message!: string;
}

@ObjectType({ description: 'A step of a rollout' })
export class RolloutEvent {
  @Field(() => Int)
  step!: number;

  @Field(() => String, { description: 'Such as WAVE_STARTED' })
  type!: string;

  @Field(() => Int, { nullable: true, description: 'Counts from 0' })
  wave!: number | null;

  @Field(() => String)
  message!: string;

  @Field(() => ID, { nullable: true, description: 'Whoever had it so; null: the service' })
  actor!: string | null;

  @Field(() => GraphQLISODateTime)
  at!: Date;
}
export const RolloutEventConnection = connectionType('RolloutEvent', () => RolloutEvent);

@ObjectType({ description: 'Clusters that get a release at the same time' })
export class RolloutWave {
  @Field(() => Int, { description: 'Counts from 0' })
  index!: number;

  @Field(() => [ID])
  clusterIds!: readonly string[];
}

@ObjectType('Rollout', {
  implements: () => [Node],
  description: 'A release on its way through the clusters',
})
export class RolloutNode implements Node {
  @Field(() => ID)
  id!: string;

  meshId!: string;
  releaseId!: string;
  fromReleaseId!: string | null;

  @Field(() => String)
  message!: string;

  @Field(() => RolloutState)
  state!: RolloutStateName;

  @Field(() => RolloutStage)
  stage!: keyof typeof RolloutStage;

  @Field(() => Int, { description: 'The wave that is under way, or was the last' })
  wave!: number;

  @Field(() => [RolloutWave], { description: 'Empty until it starts' })
  waves!: readonly RolloutWave[];

  @Field(() => [ID], { description: 'Where it is tried: one of each version in the mesh' })
  trialClusterIds!: readonly string[];

  @Field(() => RolloutPolicy)
  policy!: RolloutPolicy;

  @Field(() => String, { nullable: true, description: 'Why it halted, such as ObjectsRefused' })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'The same in words' })
  detail!: string | null;

  @Field(() => ID, { description: 'The person or API token' })
  createdBy!: string;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  startedAt!: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  finishedAt!: Date | null;
}
export const RolloutConnection = connectionType('Rollout', () => RolloutNode);

@ObjectType({ description: 'An object that somebody else changed or deleted in a cluster' })
export class Drift {
  @Field(() => String, { description: 'As Kind.group/namespace/name' })
  name!: string;

  @Field(() => DriftChange)
  change!: keyof typeof DriftChange;

  @Field(() => [String], { description: 'Field managers; none if nobody left a name' })
  managers!: readonly string[];

  @Field(() => DriftOutcome)
  outcome!: keyof typeof DriftOutcome;

  @Field(() => Int, { description: 'Times since it was last released' })
  count!: number;

  @Field(() => GraphQLISODateTime)
  seenAt!: Date;

  @Field(() => String, { description: 'From what is wanted to what was found, unified' })
  diff!: string;
}
export const DriftConnection = connectionType('Drift', () => Drift);

@ObjectType({ description: 'What a cluster has that a release could hold and none does' })
export class Inventory {
  clusterId!: string;

  @Field(() => Boolean, { description: 'Its agent has not answered yet' })
  pending!: boolean;

  @Field(() => Int)
  objects!: number;

  @Field(() => [String], { description: 'Objects that are too large, or too many; at most 50' })
  leftOut!: readonly string[];
}

@ObjectType({ description: 'How a mesh treats its configuration' })
export class ConfigurationSettings {
  @Field(() => DriftPolicy)
  driftPolicy!: Uppercase<DriftPolicyName>;

  @Field(() => RolloutPolicy, { description: 'Of rollouts that bring none of their own' })
  rolloutPolicy!: RolloutPolicy;

  currentReleaseId!: string | null;
}

@InputType({ isAbstract: true })
class BundleInput {
  @Field(() => ID)
  meshId!: string;

  @Field(() => [ConfigurationFileInput])
  files!: ConfigurationFileInput[];

  @Field(() => String, {
    nullable: true,
    description:
      'Takes the place of this folder of what the mesh is headed for, and leaves the rest; of all of it unless said',
  })
  folder?: string | null;
}

@InputType()
export class CheckConfigurationInput extends BundleInput {}

@ObjectType()
export class CheckConfigurationPayload {
  @Field(() => Boolean, { description: 'Whether it could be released' })
  valid!: boolean;

  @Field(() => [ConfigurationProblem], { description: 'At most 200, the errors first' })
  problems!: readonly ConfigurationProblem[];

  @Field(() => Int)
  objectCount!: number;

  @Field(() => [ObjectChange], { description: 'Against what the mesh is headed for; at most 200' })
  changes!: readonly ObjectChange[];
}

@InputType()
export class ApplyConfigurationInput extends BundleInput {
  @Field(() => String, { description: 'Why, for the history' })
  message!: string;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether it is rolled out; true unless said',
  })
  rollout?: boolean | null;

  @Field(() => RolloutPolicyInput, { nullable: true, description: "The mesh's unless said" })
  policy?: RolloutPolicyInput | null;
}

@ObjectType()
export class ApplyConfigurationPayload {
  @Field(() => ReleaseNode)
  release!: ReleaseNode;

  @Field(() => Boolean, { description: 'False if the release holds the same files, and was there' })
  created!: boolean;

  @Field(() => RolloutNode, {
    nullable: true,
    description: 'Null if it is not rolled out, or runs everywhere already',
  })
  rollout!: RolloutNode | null;

  @Field(() => [ConfigurationProblem], { description: 'Warnings; at most 200' })
  warnings!: readonly ConfigurationProblem[];
}

@InputType()
export class StartRolloutInput {
  @Field(() => ID)
  meshId!: string;

  @Field(() => ID, { description: 'An earlier one rolls back' })
  releaseId!: string;

  @Field(() => String, { nullable: true })
  message?: string | null;

  @Field(() => RolloutPolicyInput, { nullable: true, description: "The mesh's unless said" })
  policy?: RolloutPolicyInput | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Aborts the rollout that is under way, and those that wait',
  })
  supersede?: boolean | null;
}

@ObjectType()
export class StartRolloutPayload {
  @Field(() => RolloutNode, { nullable: true, description: 'Null if it runs everywhere already' })
  rollout!: RolloutNode | null;
}

@InputType({ isAbstract: true })
class RolloutInput {
  @Field(() => ID)
  id!: string;
}

@InputType()
export class PauseRolloutInput extends RolloutInput {}

@InputType()
export class ResumeRolloutInput extends RolloutInput {}

@InputType()
export class AbortRolloutInput extends RolloutInput {}

@ObjectType({ isAbstract: true })
class RolloutPayload {
  @Field(() => RolloutNode)
  rollout!: RolloutNode;
}

@ObjectType()
export class PauseRolloutPayload extends RolloutPayload {}

@ObjectType()
export class ResumeRolloutPayload extends RolloutPayload {}

@ObjectType()
export class AbortRolloutPayload extends RolloutPayload {}

@InputType()
export class UpdateConfigurationSettingsInput {
  @Field(() => ID)
  meshId!: string;

  @Field(() => DriftPolicy, { nullable: true })
  driftPolicy?: Uppercase<DriftPolicyName> | null;

  @Field(() => RolloutPolicyInput, { nullable: true })
  rolloutPolicy?: RolloutPolicyInput | null;
}

@ObjectType()
export class UpdateConfigurationSettingsPayload {
  @Field(() => ConfigurationSettings)
  settings!: ConfigurationSettings;
}

@InputType()
export class AdoptDriftInput {
  @Field(() => ID)
  clusterId!: string;

  @Field(() => [String], { description: 'Of the objects, as Kind.group/namespace/name' })
  names!: string[];

  @Field(() => String, { description: 'Why, for the history' })
  message!: string;
}

@ObjectType()
export class AdoptDriftPayload {
  @Field(() => ReleaseNode, { description: 'Not rolled out yet' })
  release!: ReleaseNode;
}

@InputType()
export class RequestInventoryInput {
  @Field(() => ID)
  clusterId!: string;
}

@ObjectType()
export class RequestInventoryPayload {
  @Field(() => ClusterNode)
  cluster!: ClusterNode;
}

@InputType()
export class AdoptInventoryInput {
  @Field(() => ID)
  clusterId!: string;

  @Field(() => String, { description: 'Why, for the history' })
  message!: string;
}

@ObjectType()
export class AdoptInventoryPayload {
  @Field(() => ReleaseNode, { description: 'Not rolled out yet' })
  release!: ReleaseNode;

  @Field(() => [ConfigurationProblem], { description: 'Warnings; at most 200' })
  warnings!: readonly ConfigurationProblem[];
}
