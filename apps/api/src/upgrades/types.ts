import {
  type ClusterStage,
  clusterStages,
  severities,
  type UpgradeFinding as UpgradeFindingView,
  type UpgradeState as UpgradeStateName,
  upgradeStates,
  type WeekDay as WeekDayName,
  weekDays,
} from '@isthmus/upgrades';
import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { connectionType } from '../relay/connection.js';
import { Node } from '../relay/node.js';
import { enumOf, WavePolicy, WavePolicyInput } from '../releases/types.js';
import { AgentImage, AgentImageInput } from './agent.types.js';

const UpgradeState = enumOf<UpgradeStateName>(
  'UpgradeState',
  'How an upgrade stands; HALTED: by itself, until somebody resumes it',
  upgradeStates,
);
const UpgradeStage = enumOf<ClusterStage>(
  'UpgradeStage',
  'Where a cluster stands in a hop, in their order; the last four are ends, or lead there',
  clusterStages,
);
const FindingSeverity = enumOf<UpgradeFindingView['severity']>(
  'UpgradeFindingSeverity',
  'What BLOCKS keeps its cluster out',
  severities,
);
const WeekDay = enumOf<WeekDayName>('WeekDay', 'A day on which a window opens', weekDays);
export type UpgradeSourceName = 'MANUAL' | 'RAPID' | 'REGULAR' | 'STABLE';
const UpgradeSource = enumOf<UpgradeSourceName>(
  'UpgradeSource',
  'Who planned an upgrade: somebody, or a channel',
  ['MANUAL', 'RAPID', 'REGULAR', 'STABLE'],
);

@ObjectType({ description: 'How an upgrade makes its way through the clusters' })
export class UpgradePolicy {
  @Field(() => [WavePolicy], { description: 'Clusters that none of them takes come last' })
  waves!: readonly WavePolicy[];

  @Field(() => [String], { description: 'Namespaces that go first in every cluster that has them' })
  canaryNamespaces!: readonly string[];

  @Field(() => Int, { description: 'So long these must stay well before the rest follows' })
  soakSeconds!: number;

  @Field(() => Int, { description: 'A stage that is not through by then has its cluster go back' })
  timeoutSeconds!: number;

  @Field(() => Int, { description: 'So long the old revision stays, unused, before it is removed' })
  graceSeconds!: number;

  @Field(() => Int, { description: 'Workloads of a cluster that restart at one time' })
  maxRestarting!: number;
}

@InputType({ description: "What it does not say is as in the mesh's own" })
export class UpgradePolicyInput {
  @Field(() => [WavePolicyInput], {
    nullable: true,
    description: 'Clusters that none of them takes come last',
  })
  waves?: WavePolicyInput[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Namespaces that go first in every cluster that has them',
  })
  canaryNamespaces?: string[] | null;

  @Field(() => Int, {
    nullable: true,
    description: 'So long these must stay well before the rest follows',
  })
  soakSeconds?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'A stage that is not through by then has its cluster go back',
  })
  timeoutSeconds?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'So long the old revision stays, unused, before it is removed',
  })
  graceSeconds?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Workloads of a cluster that restart at one time',
  })
  maxRestarting?: number | null;
}

@ObjectType({ description: 'Something that a plan found, and what to do about it' })
export class UpgradeFinding {
  clusterId!: string | null;

  @Field(() => FindingSeverity)
  severity!: UpgradeFindingView['severity'];

  @Field(() => String, { description: 'Stable, such as KubernetesTooOld' })
  code!: string;

  @Field(() => String)
  message!: string;

  @Field(() => String, { description: 'What to do' })
  remedy!: string;

  @Field(() => String, { nullable: true, description: 'As Kind.group/namespace/name' })
  object!: string | null;
}

@ObjectType({ description: 'What remains of an upgrade, if nothing keeps it' })
export class UpgradeEstimate {
  @Field(() => Int, { description: 'Until the last old revision is gone' })
  secondsLeft!: number;

  @Field(() => GraphQLISODateTime)
  finishesAt!: Date;
}

@ObjectType({ description: 'From one version of Istio to the next; never over a minor version' })
export class UpgradeHop {
  @Field(() => String, { nullable: true, description: 'Null: the cluster has no Istio' })
  from!: string | null;

  @Field(() => String)
  to!: string;
}

@ObjectType({ description: 'A step of an upgrade, or of a cluster in it' })
export class UpgradeEvent {
  id!: string;
  clusterId!: string | null;

  @Field(() => Int, { description: "Counts the cluster's steps, or those of the upgrade" })
  step!: number;

  @Field(() => String, { description: 'Such as STARTED' })
  type!: string;

  @Field(() => String)
  message!: string;

  @Field(() => ID, { nullable: true, description: 'Whoever had it so; null: the service' })
  actor!: string | null;

  @Field(() => GraphQLISODateTime)
  at!: Date;
}
export const UpgradeEventConnection = connectionType('UpgradeEvent', () => UpgradeEvent);

@ObjectType({ description: "A cluster's way through an upgrade, hop by hop" })
export class UpgradeCluster {
  upgradeId!: string;
  clusterId!: string;

  @Field(() => Int, { description: 'Counts from 0' })
  wave!: number;

  @Field(() => Int, { description: 'The hop that is under way; counts from 0' })
  hop!: number;

  @Field(() => [UpgradeHop])
  hops!: readonly UpgradeHop[];

  @Field(() => UpgradeStage)
  stage!: ClusterStage;

  @Field(() => Boolean, { description: 'Nothing moves: a freeze, a window or a person holds it' })
  held!: boolean;

  @Field(() => String, { nullable: true, description: 'Why it waits, failed or went back' })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'The same in words' })
  detail!: string | null;

  @Field(() => GraphQLISODateTime, { description: 'Since when it is in its stage' })
  stageAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  startedAt!: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  finishedAt!: Date | null;
}
export const UpgradeClusterConnection = connectionType('UpgradeCluster', () => UpgradeCluster);

@ObjectType('Upgrade', {
  implements: () => [Node],
  description: 'A version of Istio on its way through the clusters',
})
export class UpgradeNode implements Node {
  @Field(() => ID)
  id!: string;

  meshId!: string;

  @Field(() => String, { description: 'Such as 1.31.2' })
  toVersion!: string;

  @Field(() => UpgradeSource)
  source!: UpgradeSourceName;

  @Field(() => String)
  message!: string;

  @Field(() => UpgradeState)
  state!: UpgradeStateName;

  @Field(() => Int, {
    description: 'The wave that is under way; waveCount while old revisions are taken away',
  })
  wave!: number;

  @Field(() => Int)
  waveCount!: number;

  @Field(() => UpgradePolicy)
  policy!: UpgradePolicy;

  @Field(() => [UpgradeFinding], { description: 'Of the plan; the most severe first' })
  findings!: readonly UpgradeFinding[];

  @Field(() => String, { nullable: true, description: 'Why it halted, such as ClusterFailed' })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'The same in words' })
  detail!: string | null;

  @Field(() => ID, { nullable: true, description: 'The person or API token; null: a channel' })
  createdBy!: string | null;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;

  @Field(() => ID, { nullable: true, description: 'Who approved or refused it' })
  decidedBy!: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  decidedAt!: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  startedAt!: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  finishedAt!: Date | null;
}
export const UpgradeConnection = connectionType('Upgrade', () => UpgradeNode);

@ObjectType({ description: 'When clusters may be disturbed; at any time where no window selects' })
export class MaintenanceWindow {
  @Field(() => String)
  name!: string;

  @Field(() => String, { nullable: true, description: 'Null: all clusters' })
  clusterSelector!: string | null;

  @Field(() => [WeekDay])
  days!: readonly WeekDayName[];

  @Field(() => String, { description: 'HH:MM, in the time zone' })
  opens!: string;

  @Field(() => Int, { description: 'That it stays open' })
  minutes!: number;

  @Field(() => String, { description: 'IANA, such as Europe/Zurich' })
  timeZone!: string;
}

@InputType()
export class MaintenanceWindowInput {
  @Field(() => String)
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Label selector over clusters, as Kubernetes writes it; all unless said',
  })
  clusterSelector?: string | null;

  @Field(() => [WeekDay])
  days!: WeekDayName[];

  @Field(() => String, { description: 'HH:MM, in the time zone' })
  opens!: string;

  @Field(() => Int, { description: 'That it stays open, 1 to 10,080; over midnight as well' })
  minutes!: number;

  @Field(() => String, { description: 'IANA, such as Europe/Zurich' })
  timeZone!: string;
}

@ObjectType({ description: 'When nothing moves but what goes back' })
export class Freeze {
  @Field(() => String)
  name!: string;

  @Field(() => String, { nullable: true, description: 'Null: all clusters' })
  clusterSelector!: string | null;

  @Field(() => GraphQLISODateTime)
  from!: Date;

  @Field(() => GraphQLISODateTime)
  until!: Date;
}

@InputType()
export class FreezeInput {
  @Field(() => String)
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Label selector over clusters, as Kubernetes writes it; all unless said',
  })
  clusterSelector?: string | null;

  @Field(() => GraphQLISODateTime)
  from!: Date;

  @Field(() => GraphQLISODateTime)
  until!: Date;
}

@ObjectType({ description: 'What the archive of a chart must be' })
export class ChartDigest {
  @Field(() => String, { description: 'base or istiod' })
  chart!: string;

  @Field(() => String, { description: 'Such as 1.30.2' })
  version!: string;

  @Field(() => String, { description: 'In lower-case hex' })
  sha256!: string;
}

@InputType()
export class ChartDigestInput {
  @Field(() => String, { description: 'base or istiod' })
  chart!: string;

  @Field(() => String, { description: 'Such as 1.30.2' })
  version!: string;

  @Field(() => String, { description: 'In lower-case hex' })
  sha256!: string;
}

@ObjectType({ description: "Where Istio's charts come from" })
export class UpgradeCharts {
  @Field(() => String, { description: 'https://…, oci://… or a folder, as the agents see it' })
  repository!: string;

  @Field(() => [ChartDigest], { description: 'Charts that are not among them are not pinned' })
  digests!: readonly ChartDigest[];

  @Field(() => String, {
    description: 'Of the chart istiod, over those that a cluster has: a JSON object, as text',
  })
  values!: string;
}

@InputType({ description: 'What it does not say stays' })
export class UpgradeChartsInput {
  @Field(() => String, {
    nullable: true,
    description: 'https://…, oci://… or a folder, as the agents see it',
  })
  repository?: string | null;

  @Field(() => [ChartDigestInput], {
    nullable: true,
    description: 'Charts that are not among them are not pinned',
  })
  digests?: ChartDigestInput[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'Of the chart istiod, over those that a cluster has: a JSON object, as text',
  })
  values?: string | null;
}

@ObjectType({ description: 'When and how the clusters of a mesh are upgraded' })
export class UpgradeSettings {
  @Field(() => [MaintenanceWindow])
  windows!: readonly MaintenanceWindow[];

  @Field(() => [Freeze])
  freezes!: readonly Freeze[];

  @Field(() => Int, { description: 'Clusters that may be in the middle of it at one time' })
  maxInFlight!: number;

  @Field(() => Boolean, { description: 'By somebody else than whoever planned it' })
  requireApproval!: boolean;

  @Field(() => UpgradePolicy, { description: 'Of upgrades that bring none of their own' })
  policy!: UpgradePolicy;

  @Field(() => UpgradeCharts)
  charts!: UpgradeCharts;

  @Field(() => AgentImage, {
    nullable: true,
    description: 'That the agents upgrade themselves to; null: what each was installed as',
  })
  agent!: AgentImage | null;
}

@InputType()
export class UpdateUpgradeSettingsInput {
  @Field(() => ID)
  meshId!: string;

  @Field(() => [MaintenanceWindowInput], {
    nullable: true,
    description: 'In place of those that it has',
  })
  windows?: MaintenanceWindowInput[] | null;

  @Field(() => [FreezeInput], { nullable: true, description: 'In place of those that it has' })
  freezes?: FreezeInput[] | null;

  @Field(() => Int, { nullable: true })
  maxInFlight?: number | null;

  @Field(() => Boolean, { nullable: true, description: 'Only an admin can switch it off' })
  requireApproval?: boolean | null;

  @Field(() => UpgradePolicyInput, { nullable: true })
  policy?: UpgradePolicyInput | null;

  @Field(() => UpgradeChartsInput, { nullable: true })
  charts?: UpgradeChartsInput | null;

  @Field(() => AgentImageInput, {
    nullable: true,
    description: 'That the agents upgrade themselves to; null: what each was installed as',
  })
  agent?: AgentImageInput | null;
}

@ObjectType()
export class UpdateUpgradeSettingsPayload {
  @Field(() => UpgradeSettings)
  settings!: UpgradeSettings;
}

@InputType()
export class PlanUpgradeInput {
  @Field(() => ID)
  meshId!: string;

  @Field(() => String, { description: 'Such as 1.31.2; see istioVersions' })
  toVersion!: string;

  @Field(() => [ID], { nullable: true, description: 'All clusters of the mesh unless said' })
  clusterIds?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'Label selector over clusters, as Kubernetes writes it; of them all unless said',
  })
  clusterSelector?: string | null;

  @Field(() => UpgradePolicyInput, { nullable: true, description: "The mesh's unless said" })
  policy?: UpgradePolicyInput | null;

  @Field(() => String, { nullable: true, description: 'Why, for the history' })
  message?: string | null;
}

@InputType({ isAbstract: true })
class UpgradeInput {
  @Field(() => ID)
  upgradeId!: string;
}

@InputType({ isAbstract: true })
class UpgradeClusterInput extends UpgradeInput {
  @Field(() => ID)
  clusterId!: string;
}

@InputType()
export class StartUpgradeInput extends UpgradeInput {
  @Field(() => Boolean, {
    nullable: true,
    description: 'Begins without the clusters that something blocks; false unless said',
  })
  skipBlocked?: boolean | null;
}

@InputType()
export class ApproveUpgradeInput extends UpgradeInput {}

@InputType()
export class RejectUpgradeInput extends UpgradeInput {
  @Field(() => String, { nullable: true, description: 'Why, for the history' })
  message?: string | null;
}

@InputType()
export class PauseUpgradeInput extends UpgradeInput {}

@InputType()
export class ResumeUpgradeInput extends UpgradeInput {}

@InputType()
export class AbortUpgradeInput extends UpgradeInput {}

@InputType()
export class RollBackUpgradeInput extends UpgradeInput {}

@InputType()
export class RetryUpgradeClusterInput extends UpgradeClusterInput {}

@InputType()
export class SkipUpgradeClusterInput extends UpgradeClusterInput {}

@ObjectType({ isAbstract: true })
class UpgradePayload {
  @Field(() => UpgradeNode)
  upgrade!: UpgradeNode;
}

@ObjectType()
export class PlanUpgradePayload extends UpgradePayload {}

@ObjectType()
export class StartUpgradePayload extends UpgradePayload {}

@ObjectType()
export class ApproveUpgradePayload extends UpgradePayload {}

@ObjectType()
export class RejectUpgradePayload extends UpgradePayload {}

@ObjectType()
export class PauseUpgradePayload extends UpgradePayload {}

@ObjectType()
export class ResumeUpgradePayload extends UpgradePayload {}

@ObjectType()
export class AbortUpgradePayload extends UpgradePayload {}

@ObjectType()
export class RollBackUpgradePayload extends UpgradePayload {}

@ObjectType()
export class RetryUpgradeClusterPayload extends UpgradePayload {}

@ObjectType()
export class SkipUpgradeClusterPayload extends UpgradePayload {}
