/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type AgentImageInput = {
  /** sha256:…; the tag alone unless said */
  digest?: string | null | undefined;
  /** Tag of the image, such as 0.2.0 */
  version: string;
};

/** CURRENT: as wanted, or nothing is. MANUAL: run helm upgrade. FAILED: it goes on as it was, and no other agent begins */
export type AgentState =
  | 'CURRENT'
  | 'FAILED'
  | 'MANUAL'
  | 'UPGRADING'
  | 'WAITING';

export type ApplyConfigurationInput = {
  files: Array<ConfigurationFileInput>;
  /** Takes the place of this folder of what the mesh is headed for, and leaves the rest; of all of it unless said */
  folder?: string | null | undefined;
  meshId: string | number;
  /** Why, for the history */
  message: string;
  /** The mesh's unless said */
  policy?: RolloutPolicyInput | null | undefined;
  /** Whether it is rolled out; true unless said */
  rollout?: boolean | null | undefined;
};

export type ChartDigestInput = {
  /** base or istiod */
  chart: string;
  /** In lower-case hex */
  sha256: string;
  /** Such as 1.30.2 */
  version: string;
};

export type CheckConfigurationInput = {
  files: Array<ConfigurationFileInput>;
  /** Takes the place of this folder of what the mesh is headed for, and leaves the rest; of all of it unless said */
  folder?: string | null | undefined;
  meshId: string | number;
};

/** How a cluster stands with the plane; what runs in it goes on in any case */
export type ClusterStatus =
  | 'CONNECTED'
  /** Two held its identity; see lockReason, and unlock it */
  | 'LOCKED'
  /** Its agent is not heard of; the cluster may be well */
  | 'OUT_OF_CONTACT'
  /** Its agent has not come yet */
  | 'PENDING'
  | 'REMOVED';

export type ConfigurationFileInput = {
  content: string;
  /** Relative, such as shop/routes.yaml */
  path: string;
};

export type CreateApiTokenInput = {
  /** Within a year */
  expiresAt: string;
  name: string;
  /** Of Kubernetes: those whose configuration it may change; all unless said */
  namespaces?: Array<string> | null | undefined;
  /** At most your own */
  role: Role;
};

export type CreateExportPolicyInput = {
  /** Must be said when both selectors are empty, which exports every service */
  everything?: boolean | null | undefined;
  meshId: string | number;
  /** An RFC 1123 label */
  name: string;
  namespaceSelector?: LabelSelectorInput | null | undefined;
  serviceSelector?: LabelSelectorInput | null | undefined;
};

export type CreateJoinTokenInput = {
  clusterId: string | number;
};

export type CreateMeshInput = {
  /** An RFC 1123 label */
  name: string;
  /** cluster.local unless said */
  trustDomain?: string | null | undefined;
};

export type CreateWebhookInput = {
  /** Events of this mesh alone; of all unless said */
  meshId?: string | number | null | undefined;
  /** An RFC 1123 label */
  name: string;
  /** Of events, or their kinds; all unless said */
  types?: Array<string> | null | undefined;
  /** https, without credentials in it */
  url: string;
};

export type DeleteExportPolicyInput = {
  id: string | number;
};

export type DeleteWebhookInput = {
  id: string | number;
};

/** What was done to an object */
export type DriftChange =
  | 'DELETED'
  | 'EDITED';

/** What became of it */
export type DriftOutcome =
  | 'REVERTED'
  | 'TOLERATED';

/** What becomes of an object that somebody else changed or deleted: put back, left as it is, or made a release */
export type DriftPolicy =
  | 'ADOPT'
  | 'REVERT'
  | 'TOLERATE';

export type FreezeInput = {
  /** Label selector over clusters, as Kubernetes writes it; all unless said */
  clusterSelector?: string | null | undefined;
  from: string;
  name: string;
  until: string;
};

export type GatePolicyInput = {
  /** Of the wave's objects, how many percent may be refused; 0 unless said */
  maxRefusedPercent?: number | null | undefined;
  /** So long all must stay well; 60 unless said */
  soakSeconds?: number | null | undefined;
  /** A wave that is not through by then halts; 600 unless said */
  timeoutSeconds?: number | null | undefined;
};

export type GrantHostInput = {
  /** Empty: every cluster of the mesh */
  clusterIds: Array<string | number>;
  meshId: string | number;
  namespace: string;
  /** A service of the namespace, or '*' for all */
  service: string;
};

export type JoiningState =
  /** The one that is waited for */
  | 'ACTIVE'
  | 'DONE'
  /** Does not come by itself; see its remedy */
  | 'FAILED'
  /** Comes after the one that is waited for */
  | 'WAITING';

/** In their order */
export type JoiningStepName =
  /** An agent has called the hub with it */
  | 'CALLED'
  /** The streams are open */
  | 'CONNECTED'
  /** A join token is made */
  | 'HELM_COMMAND'
  /** Istio is there */
  | 'ISTIO'
  /** The token was taken, and a certificate issued */
  | 'JOINED'
  /** Istio knows the cluster's network */
  | 'NETWORK'
  /** The agent may read and write what it has to */
  | 'PERMITTED'
  /** The agent has told what the cluster is */
  | 'READ'
  /** istiod has a certificate under the root of the mesh */
  | 'TRUSTED';

export type LabelInput = {
  key: string;
  value: string;
};

export type LabelRequirementInput = {
  key: string;
  /** In, NotIn, Exists or DoesNotExist */
  operator: string;
  /** For In and NotIn */
  values?: Array<string> | null | undefined;
};

export type LabelSelectorInput = {
  matchExpressions?: Array<LabelRequirementInput> | null | undefined;
  matchLabels?: Array<LabelInput> | null | undefined;
};

export type LinkState =
  | 'BROKEN'
  | 'OK'
  /** Not needed on this route, or not looked at since a link before it is broken */
  | 'SKIPPED'
  /** The plane cannot see what decides on it */
  | 'UNKNOWN';

export type MaintenanceWindowInput = {
  /** Label selector over clusters, as Kubernetes writes it; all unless said */
  clusterSelector?: string | null | undefined;
  days: Array<WeekDay>;
  /** That it stays open, 1 to 10,080; over midnight as well */
  minutes: number;
  name: string;
  /** HH:MM, in the time zone */
  opens: string;
  /** IANA, such as Europe/Zurich */
  timeZone: string;
};

/** What becomes of an object */
export type ObjectChangeType =
  | 'ADDED'
  | 'CHANGED'
  | 'REMOVED';

export type PlanUpgradeInput = {
  /** All clusters of the mesh unless said */
  clusterIds?: Array<string | number> | null | undefined;
  /** Label selector over clusters, as Kubernetes writes it; of them all unless said */
  clusterSelector?: string | null | undefined;
  meshId: string | number;
  /** Why, for the history */
  message?: string | null | undefined;
  /** The mesh's unless said */
  policy?: UpgradePolicyInput | null | undefined;
  /** Such as 1.31.2; see istioVersions */
  toVersion: string;
};

/** An ERROR keeps a bundle from being released */
export type ProblemSeverity =
  | 'ERROR'
  | 'WARNING';

/** What a call passes on its way, in order */
export type ReachabilityLink =
  | 'CONTACT'
  | 'ENDPOINTS'
  | 'EXPORT'
  | 'GATEWAY'
  | 'IMPORT'
  | 'NAME'
  | 'NETWORK'
  | 'POLICY'
  | 'SAN'
  | 'SNI'
  | 'TRUST';

export type RedeliverWebhookInput = {
  deliveryId: string | number;
};

export type RegisterClusterInput = {
  /** What its endpoint addresses must lie in, such as 10.0.0.0/8 */
  cidrs?: Array<string> | null | undefined;
  /** By which configuration selects it, such as env=prod */
  labels?: Array<LabelInput> | null | undefined;
  /** region or region/zone */
  locality: string;
  meshId: string | number;
  /** An RFC 1123 label */
  name: string;
  /** As in topology.istio.io/network; an RFC 1123 label */
  network: string;
};

export type RejectUpgradeInput = {
  /** Why, for the history */
  message?: string | null | undefined;
  upgradeId: string | number;
};

/** With the intents as they are, or compiled */
export type ReleaseForm =
  | 'COMPILED'
  | 'WRITTEN';

/** Where a release came from */
export type ReleaseSource =
  | 'APPLY'
  | 'DRIFT'
  | 'INVENTORY';

export type RemoveClusterInput = {
  clusterId: string | number;
};

export type ReplayWebhookInput = {
  /** The endCursor of a replay before, which had more than goes at once */
  after?: string | null | undefined;
  id: string | number;
  /** Events of this time and later */
  since: string;
};

export type RevokeApiTokenInput = {
  id: string | number;
};

export type RevokeHostGrantInput = {
  id: string | number;
};

/** From least to most */
export type Role =
  | 'ADMIN'
  | 'OPERATOR'
  | 'OWNER'
  | 'VIEWER';

export type RolloutPolicyInput = {
  gate?: GatePolicyInput | null | undefined;
  /** Clusters that none of them takes come last */
  waves: Array<WavePolicyInput>;
};

/** TRIAL: server-side dry runs; nothing is written */
export type RolloutStage =
  | 'SOAK'
  | 'TRIAL'
  | 'WAVE';

/** How a rollout stands */
export type RolloutState =
  | 'ABORTED'
  | 'COMPLETED'
  | 'HALTED'
  | 'PAUSED'
  | 'QUEUED'
  | 'RUNNING';

export type RotateWebhookSecretInput = {
  id: string | number;
};

export type SetClusterChannelInput = {
  /** Null: people plan its upgrades */
  channel?: UpgradeChannel | null | undefined;
  clusterId: string | number;
};

export type StartRolloutInput = {
  meshId: string | number;
  message?: string | null | undefined;
  /** The mesh's unless said */
  policy?: RolloutPolicyInput | null | undefined;
  /** An earlier one rolls back */
  releaseId: string | number;
  /** Aborts the rollout that is under way, and those that wait */
  supersede?: boolean | null | undefined;
};

export type StartUpgradeInput = {
  /** Begins without the clusters that something blocks; false unless said */
  skipBlocked?: boolean | null | undefined;
  upgradeId: string | number;
};

export type State =
  /** Not yet, or not heard of yet */
  | 'PENDING'
  /** See reason and message: the words of whoever refused it */
  | 'REFUSED'
  /** Cannot be known there */
  | 'UNKNOWN'
  | 'YES';

export type TestWebhookInput = {
  id: string | number;
};

export type UpdateClusterInput = {
  /** In place of those that it has; none: endpoint addresses may be anywhere */
  cidrs?: Array<string> | null | undefined;
  clusterId: string | number;
  /** In place of those that it has */
  labels?: Array<LabelInput> | null | undefined;
  /** region or region/zone */
  locality?: string | null | undefined;
  /** As in topology.istio.io/network; an RFC 1123 label */
  network?: string | null | undefined;
};

export type UpdateConfigurationSettingsInput = {
  driftPolicy?: DriftPolicy | null | undefined;
  meshId: string | number;
  rolloutPolicy?: RolloutPolicyInput | null | undefined;
};

export type UpdateExportPolicyInput = {
  /** Must be said when both selectors are empty, which exports every service */
  everything?: boolean | null | undefined;
  id: string | number;
  /** An RFC 1123 label */
  name: string;
  namespaceSelector?: LabelSelectorInput | null | undefined;
  serviceSelector?: LabelSelectorInput | null | undefined;
};

export type UpdateUpgradeSettingsInput = {
  /** That the agents upgrade themselves to; null: what each was installed as */
  agent?: AgentImageInput | null | undefined;
  charts?: UpgradeChartsInput | null | undefined;
  /** In place of those that it has */
  freezes?: Array<FreezeInput> | null | undefined;
  maxInFlight?: number | null | undefined;
  meshId: string | number;
  policy?: UpgradePolicyInput | null | undefined;
  /** Only an admin can switch it off */
  requireApproval?: boolean | null | undefined;
  /** In place of those that it has */
  windows?: Array<MaintenanceWindowInput> | null | undefined;
};

/** What is not said stays as it is */
export type UpdateWebhookInput = {
  /** true enables it again, also where it was disabled by itself */
  enabled?: boolean | null | undefined;
  id: string | number;
  name?: string | null | undefined;
  types?: Array<string> | null | undefined;
  url?: string | null | undefined;
};

/** Plans upgrades by itself, as versions come of age: the newest ones early, or late, or last */
export type UpgradeChannel =
  | 'RAPID'
  | 'REGULAR'
  | 'STABLE';

/** What it does not say stays */
export type UpgradeChartsInput = {
  /** Charts that are not among them are not pinned */
  digests?: Array<ChartDigestInput> | null | undefined;
  /** https://…, oci://… or a folder, as the agents see it */
  repository?: string | null | undefined;
  /** Of the chart istiod, over those that a cluster has: a JSON object, as text */
  values?: string | null | undefined;
};

/** What BLOCKS keeps its cluster out */
export type UpgradeFindingSeverity =
  | 'BLOCKS'
  | 'INFORMS'
  | 'WARNS';

/** What it does not say is as in the mesh's own */
export type UpgradePolicyInput = {
  /** Namespaces that go first in every cluster that has them */
  canaryNamespaces?: Array<string> | null | undefined;
  /** So long the old revision stays, unused, before it is removed */
  graceSeconds?: number | null | undefined;
  /** Workloads of a cluster that restart at one time */
  maxRestarting?: number | null | undefined;
  /** So long these must stay well before the rest follows */
  soakSeconds?: number | null | undefined;
  /** A stage that is not through by then has its cluster go back */
  timeoutSeconds?: number | null | undefined;
  /** Clusters that none of them takes come last */
  waves?: Array<WavePolicyInput> | null | undefined;
};

/** Who planned an upgrade: somebody, or a channel */
export type UpgradeSource =
  | 'MANUAL'
  | 'RAPID'
  | 'REGULAR'
  | 'STABLE';

/** Where a cluster stands in a hop, in their order; the last four are ends, or lead there */
export type UpgradeStage =
  | 'CANARY'
  | 'CLEANING_UP'
  | 'DEFAULT_TAG'
  | 'DONE'
  | 'DRAINING'
  | 'GATEWAYS'
  | 'GRACE'
  | 'INSTALLING'
  | 'PENDING'
  | 'PREFLIGHT'
  | 'REMOVING'
  | 'ROLLED_BACK'
  | 'ROLLING_BACK'
  | 'SKIPPED'
  | 'SOAKING'
  | 'WORKLOADS';

/** How an upgrade stands; HALTED: by itself, until somebody resumes it */
export type UpgradeState =
  | 'ABORTED'
  | 'AWAITING_APPROVAL'
  | 'COMPLETED'
  | 'HALTED'
  | 'PAUSED'
  | 'PLANNED'
  | 'REJECTED'
  | 'ROLLED_BACK'
  | 'ROLLING_BACK'
  | 'RUNNING';

export type WavePolicyInput = {
  /** Label selector over clusters, as Kubernetes writes it, such as env=canary; all that are left unless said */
  clusterSelector?: string | null | undefined;
  /** Splits it into several waves */
  each?: WaveUnit | null | undefined;
  /** As many as bring the rollout to this share of the selected clusters */
  percent?: number | null | undefined;
};

/** What gets a wave of its own */
export type WaveUnit =
  | 'CLUSTER'
  | 'NETWORK'
  | 'REGION';

/** How a delivery stands; PENDING: it is tried, or tried again */
export type WebhookDeliveryState =
  | 'DELIVERED'
  | 'FAILED'
  | 'PENDING';

/** A day on which a window opens */
export type WeekDay =
  | 'FRIDAY'
  | 'MONDAY'
  | 'SATURDAY'
  | 'SUNDAY'
  | 'THURSDAY'
  | 'TUESDAY'
  | 'WEDNESDAY';

export type MeshChangedSubscriptionVariables = Exact<{
  meshId: string | number;
}>;


export type MeshChangedSubscription = { meshChanged: { id: string } };

export type IntentStatesQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type IntentStatesQuery = { cluster: { intentStates: { edges: Array<{ node: { type: string, name: string, version: string, sent: State, stored: State, accepted: State, live: State, reason: string | null, message: string | null, objects: Array<string>, corrections: number, correctedManagers: Array<string>, reportedAt: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ClusterDriftQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ClusterDriftQuery = { cluster: { drift: { edges: Array<{ node: { name: string, change: DriftChange, outcome: DriftOutcome, count: number, managers: Array<string>, seenAt: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ClusterExportsQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ClusterExportsQuery = { cluster: { exports: { edges: Array<{ node: { host: string, exportedBy: string, network: string, localities: Array<string>, readyEndpoints: number, valid: boolean, conflict: boolean, stale: boolean, reason: string | null, message: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type RemoveClusterMutationVariables = Exact<{
  input: RemoveClusterInput;
}>;


export type RemoveClusterMutation = { removeCluster: { cluster: { id: string } } };

export type DeleteExportPolicyMutationVariables = Exact<{
  input: DeleteExportPolicyInput;
}>;


export type DeleteExportPolicyMutation = { deleteExportPolicy: { exportPolicy: { id: string } } };

export type RevokeHostGrantMutationVariables = Exact<{
  input: RevokeHostGrantInput;
}>;


export type RevokeHostGrantMutation = { revokeHostGrant: { hostGrant: { id: string } } };

export type DeleteWebhookMutationVariables = Exact<{
  input: DeleteWebhookInput;
}>;


export type DeleteWebhookMutation = { deleteWebhook: { webhook: { id: string } } };

export type RevokeApiTokenMutationVariables = Exact<{
  input: RevokeApiTokenInput;
}>;


export type RevokeApiTokenMutation = { revokeApiToken: { apiToken: { id: string } } };

export type CreateJoinTokenMutationVariables = Exact<{
  input: CreateJoinTokenInput;
}>;


export type CreateJoinTokenMutation = { createJoinToken: { helmCommand: string, joinToken: { secret: string, expiresAt: string }, cluster: { id: string, name: string } } };

export type RegisterAndJoinMutationVariables = Exact<{
  input: RegisterClusterInput;
}>;


export type RegisterAndJoinMutation = { registerCluster: { helmCommand: string, joinToken: { secret: string, expiresAt: string }, cluster: { id: string, name: string } } };

export type ChangeClusterMutationVariables = Exact<{
  input: UpdateClusterInput;
}>;


export type ChangeClusterMutation = { updateCluster: { cluster: { id: string, name: string, status: ClusterStatus, network: string, locality: string, cidrs: Array<string>, kubernetesVersion: string | null, istioVersions: Array<string>, agentVersion: string | null, lockReason: string | null, createdAt: string, lastContactAt: string | null, labels: Array<{ key: string, value: string }> } } };

export type CheckConfigurationMutationVariables = Exact<{
  input: CheckConfigurationInput;
}>;


export type CheckConfigurationMutation = { checkConfiguration: { valid: boolean, objectCount: number, changes: Array<{ change: ObjectChangeType, name: string, diff: string }>, problems: Array<{ severity: ProblemSeverity, code: string, path: string | null, line: number | null, object: string | null, message: string, remedy: string }> } };

export type ProblemPartsFragment = { severity: ProblemSeverity, code: string, path: string | null, line: number | null, object: string | null, message: string, remedy: string };

export type ApplyConfigurationMutationVariables = Exact<{
  input: ApplyConfigurationInput;
}>;


export type ApplyConfigurationMutation = { applyConfiguration: { created: boolean, release: { id: string, number: number, message: string, objectCount: number }, rollout: { id: string, state: RolloutState } | null, warnings: Array<{ severity: ProblemSeverity, code: string, path: string | null, line: number | null, object: string | null, message: string, remedy: string }> } };

export type ReleasePreviewQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ReleasePreviewQuery = { node:
    | { preview: { edges: Array<{ node: { added: number, changed: number, removed: number, diff: string, from: number | null, cluster: { name: string } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | Record<PropertyKey, never>
   | null };

export type ReleaseFilesQueryVariables = Exact<{
  id: string | number;
  form: ReleaseForm;
}>;


export type ReleaseFilesQuery = { node:
    | { files: Array<{ path: string, content: string }> }
    | Record<PropertyKey, never>
   | null };

export type ExplainQueryVariables = Exact<{
  meshId: string | number;
  fromClusterId: string | number;
  fromNamespace: string;
  fromServiceAccount?: string | null | undefined;
  host: string;
  port?: number | null | undefined;
}>;


export type ExplainQuery = { reachability: { state: LinkState, host: string, broken: { link: ReachabilityLink, state: LinkState, clusterName: string | null, reason: string | null, message: string, remedy: string | null, evidence: Array<string> } | null, steps: Array<{ link: ReachabilityLink, state: LinkState, clusterName: string | null, reason: string | null, message: string, remedy: string | null, evidence: Array<string> }>, routes: Array<{ clusterName: string, network: string, local: boolean, state: LinkState, steps: Array<{ link: ReachabilityLink, state: LinkState, clusterName: string | null, reason: string | null, message: string, remedy: string | null, evidence: Array<string> }> }> } };

export type StepPartsFragment = { link: ReachabilityLink, state: LinkState, clusterName: string | null, reason: string | null, message: string, remedy: string | null, evidence: Array<string> };

export type RolloutStandingQueryVariables = Exact<{
  id: string | number;
  after?: string | null | undefined;
}>;


export type RolloutStandingQuery = { node:
    | { id: string, state: RolloutState, reason: string | null, detail: string | null, events: { edges: Array<{ node: { at: string, type: string, message: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | Record<PropertyKey, never>
   | null };

export type StartRolloutMutationVariables = Exact<{
  input: StartRolloutInput;
}>;


export type StartRolloutMutation = { startRollout: { rollout: { id: string, state: RolloutState } | null } };

export type PauseRolloutMutationVariables = Exact<{
  id: string | number;
}>;


export type PauseRolloutMutation = { step: { rollout: { id: string, state: RolloutState } } };

export type ResumeRolloutMutationVariables = Exact<{
  id: string | number;
}>;


export type ResumeRolloutMutation = { step: { rollout: { id: string, state: RolloutState } } };

export type AbortRolloutMutationVariables = Exact<{
  id: string | number;
}>;


export type AbortRolloutMutation = { step: { rollout: { id: string, state: RolloutState } } };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { user: { id: string, name: string, email: string } | null, apiToken: { id: string, name: string, role: Role, namespaces: Array<string>, expiresAt: string } | null }, organization: { id: string, name: string, viewerRole: Role } };

export type CreateApiTokenMutationVariables = Exact<{
  input: CreateApiTokenInput;
}>;


export type CreateApiTokenMutation = { createApiToken: { secret: string, apiToken: { id: string, name: string, role: Role, namespaces: Array<string>, expiresAt: string } } };

export type PlanUpgradeMutationVariables = Exact<{
  input: PlanUpgradeInput;
}>;


export type PlanUpgradeMutation = { planUpgrade: { upgrade: { id: string, toVersion: string, state: UpgradeState, waveCount: number, estimate: { secondsLeft: number } | null, findings: Array<{ severity: UpgradeFindingSeverity, code: string, message: string, remedy: string, object: string | null, cluster: { name: string } | null }>, clusters: { edges: Array<{ node: { wave: number, cluster: { name: string }, hops: Array<{ from: string | null, to: string }> } }> } } } };

export type UpgradeStandingQueryVariables = Exact<{
  id: string | number;
  after?: string | null | undefined;
}>;


export type UpgradeStandingQuery = { node:
    | { id: string, state: UpgradeState, reason: string | null, detail: string | null, events: { edges: Array<{ node: { at: string, type: string, message: string, cluster: { name: string } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | Record<PropertyKey, never>
   | null };

export type UpgradeSettingsQueryVariables = Exact<{
  id: string | number;
}>;


export type UpgradeSettingsQuery = { mesh: { name: string, upgradeSettings: { maxInFlight: number, requireApproval: boolean, agent: { version: string, digest: string | null } | null, charts: { repository: string, values: string, digests: Array<{ chart: string, version: string, sha256: string }> }, policy: { canaryNamespaces: Array<string>, soakSeconds: number, graceSeconds: number, maxRestarting: number, timeoutSeconds: number, waves: Array<{ clusterSelector: string | null, percent: number | null, each: WaveUnit | null }> }, windows: Array<{ name: string, clusterSelector: string | null, days: Array<WeekDay>, opens: string, minutes: number, timeZone: string }>, freezes: Array<{ name: string, clusterSelector: string | null, from: string, until: string }> } } };

export type StartUpgradeMutationVariables = Exact<{
  input: StartUpgradeInput;
}>;


export type StartUpgradeMutation = { step: { upgrade: { id: string, state: UpgradeState } } };

export type UpgradeStateFragment = { id: string, state: UpgradeState };

export type RejectUpgradeMutationVariables = Exact<{
  input: RejectUpgradeInput;
}>;


export type RejectUpgradeMutation = { step: { upgrade: { id: string, state: UpgradeState } } };

export type ApproveUpgradeMutationVariables = Exact<{
  upgradeId: string | number;
}>;


export type ApproveUpgradeMutation = { step: { upgrade: { id: string, state: UpgradeState } } };

export type PauseUpgradeMutationVariables = Exact<{
  upgradeId: string | number;
}>;


export type PauseUpgradeMutation = { step: { upgrade: { id: string, state: UpgradeState } } };

export type ResumeUpgradeMutationVariables = Exact<{
  upgradeId: string | number;
}>;


export type ResumeUpgradeMutation = { step: { upgrade: { id: string, state: UpgradeState } } };

export type AbortUpgradeMutationVariables = Exact<{
  upgradeId: string | number;
}>;


export type AbortUpgradeMutation = { step: { upgrade: { id: string, state: UpgradeState } } };

export type RollBackUpgradeMutationVariables = Exact<{
  upgradeId: string | number;
}>;


export type RollBackUpgradeMutation = { step: { upgrade: { id: string, state: UpgradeState } } };

export type RetryUpgradeClusterMutationVariables = Exact<{
  upgradeId: string | number;
  clusterId: string | number;
}>;


export type RetryUpgradeClusterMutation = { step: { upgrade: { id: string, state: UpgradeState } } };

export type SkipUpgradeClusterMutationVariables = Exact<{
  upgradeId: string | number;
  clusterId: string | number;
}>;


export type SkipUpgradeClusterMutation = { step: { upgrade: { id: string, state: UpgradeState } } };

export type RotateWebhookSecretMutationVariables = Exact<{
  input: RotateWebhookSecretInput;
}>;


export type RotateWebhookSecretMutation = { rotateWebhookSecret: { secret: string, webhook: { id: string, name: string, previousUntil: string | null } } };

export type TestWebhookMutationVariables = Exact<{
  input: TestWebhookInput;
}>;


export type TestWebhookMutation = { testWebhook: { delivery: { id: string, state: WebhookDeliveryState, attempts: number, status: number | null, reason: string | null, detail: string | null, createdAt: string, finishedAt: string | null, nextAt: string | null, event: { id: string, type: string, message: string, at: string } | null } } };

export type RedeliverWebhookMutationVariables = Exact<{
  input: RedeliverWebhookInput;
}>;


export type RedeliverWebhookMutation = { redeliverWebhook: { delivery: { id: string, state: WebhookDeliveryState, attempts: number, status: number | null, reason: string | null, detail: string | null, createdAt: string, finishedAt: string | null, nextAt: string | null, event: { id: string, type: string, message: string, at: string } | null } } };

export type ReplayWebhookMutationVariables = Exact<{
  input: ReplayWebhookInput;
}>;


export type ReplayWebhookMutation = { replayWebhook: { replayed: number, endCursor: string | null } };

export type MeshSettingsQueryVariables = Exact<{
  name: string;
}>;


export type MeshSettingsQuery = { meshByName: { id: string, name: string, trustDomain: string, configuration: { driftPolicy: DriftPolicy, rolloutPolicy: { waves: Array<{ clusterSelector: string | null, percent: number | null, each: WaveUnit | null }>, gate: { soakSeconds: number, timeoutSeconds: number, maxRefusedPercent: number } } }, upgradeSettings: { maxInFlight: number, requireApproval: boolean, agent: { version: string, digest: string | null } | null, charts: { repository: string, values: string, digests: Array<{ chart: string, version: string, sha256: string }> }, policy: { canaryNamespaces: Array<string>, soakSeconds: number, graceSeconds: number, maxRestarting: number, timeoutSeconds: number, waves: Array<{ clusterSelector: string | null, percent: number | null, each: WaveUnit | null }> }, windows: Array<{ name: string, clusterSelector: string | null, days: Array<WeekDay>, opens: string, minutes: number, timeZone: string }>, freezes: Array<{ name: string, clusterSelector: string | null, from: string, until: string }> } } | null };

export type ClusterNowQueryVariables = Exact<{
  meshId: string | number;
  name: string;
}>;


export type ClusterNowQuery = { mesh: { cluster: { id: string, network: string, locality: string, cidrs: Array<string>, channel: UpgradeChannel | null, labels: Array<{ key: string, value: string }> } | null } };

export type CreateMeshMutationVariables = Exact<{
  input: CreateMeshInput;
}>;


export type CreateMeshMutation = { createMesh: { mesh: { id: string } } };

export type RegisterClusterMutationVariables = Exact<{
  input: RegisterClusterInput;
}>;


export type RegisterClusterMutation = { registerCluster: { cluster: { id: string } } };

export type UpdateClusterMutationVariables = Exact<{
  input: UpdateClusterInput;
}>;


export type UpdateClusterMutation = { updateCluster: { cluster: { id: string } } };

export type SetClusterChannelMutationVariables = Exact<{
  input: SetClusterChannelInput;
}>;


export type SetClusterChannelMutation = { setClusterChannel: { cluster: { id: string } } };

export type CreateExportPolicyMutationVariables = Exact<{
  input: CreateExportPolicyInput;
}>;


export type CreateExportPolicyMutation = { createExportPolicy: { exportPolicy: { id: string } } };

export type UpdateExportPolicyMutationVariables = Exact<{
  input: UpdateExportPolicyInput;
}>;


export type UpdateExportPolicyMutation = { updateExportPolicy: { exportPolicy: { id: string } } };

export type GrantHostMutationVariables = Exact<{
  input: GrantHostInput;
}>;


export type GrantHostMutation = { grantHost: { hostGrant: { id: string } } };

export type UpdateConfigurationSettingsMutationVariables = Exact<{
  input: UpdateConfigurationSettingsInput;
}>;


export type UpdateConfigurationSettingsMutation = { updateConfigurationSettings: { settings: { driftPolicy: DriftPolicy } } };

export type UpdateUpgradeSettingsMutationVariables = Exact<{
  input: UpdateUpgradeSettingsInput;
}>;


export type UpdateUpgradeSettingsMutation = { updateUpgradeSettings: { settings: { maxInFlight: number } } };

export type CreateWebhookMutationVariables = Exact<{
  input: CreateWebhookInput;
}>;


export type CreateWebhookMutation = { createWebhook: { secret: string, webhook: { id: string } } };

export type ClustersQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ClustersQuery = { mesh: { clusters: { edges: Array<{ node: { id: string, name: string, status: ClusterStatus, network: string, locality: string, cidrs: Array<string>, kubernetesVersion: string | null, istioVersions: Array<string>, agentVersion: string | null, lockReason: string | null, createdAt: string, lastContactAt: string | null, labels: Array<{ key: string, value: string }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ClusterRowFragment = { id: string, name: string, status: ClusterStatus, network: string, locality: string, cidrs: Array<string>, kubernetesVersion: string | null, istioVersions: Array<string>, agentVersion: string | null, lockReason: string | null, createdAt: string, lastContactAt: string | null, labels: Array<{ key: string, value: string }> };

export type ClusterNamedQueryVariables = Exact<{
  meshId: string | number;
  name: string;
}>;


export type ClusterNamedQuery = { mesh: { cluster: { id: string, name: string, status: ClusterStatus, network: string, locality: string, cidrs: Array<string>, kubernetesVersion: string | null, istioVersions: Array<string>, agentVersion: string | null, lockReason: string | null, createdAt: string, lastContactAt: string | null, labels: Array<{ key: string, value: string }> } | null } };

export type ClusterDetailQueryVariables = Exact<{
  id: string | number;
}>;


export type ClusterDetailQuery = { cluster: { id: string, name: string, kind: string, status: ClusterStatus, lockReason: string | null, network: string, locality: string, cidrs: Array<string>, createdAt: string, connectedAt: string | null, lastContactAt: string | null, removedAt: string | null, recoveries: number, kubernetesVersion: string | null, istioVersions: Array<string>, agentVersion: string | null, agentCertificateExpiresAt: string | null, capabilities: Array<string>, heldRemovals: Array<string>, channel: UpgradeChannel | null, labels: Array<{ key: string, value: string }>, agent: { version: string | null, image: string | null, wanted: string | null, state: AgentState, reason: string | null, message: string | null } | null, conditions: Array<{ type: string, status: string, reason: string, message: string }>, joining: { done: boolean, steps: Array<{ name: JoiningStepName, state: JoiningState, at: string | null, reason: string | null, message: string, remedy: string | null }> }, gateways: Array<{ namespace: string, name: string, network: string, addresses: Array<{ type: string, value: string, port: number }> }>, configuration: { number: number | null, current: boolean, objects: number, stored: number, accepted: number, pending: number, refused: number, unaccepted: number, absent: number, live: State, liveMessage: string | null, proxies: number, proxiesLive: number, problems: Array<{ object: string, reason: string, message: string }> } | null, istio: { isManaged: boolean, isSettled: boolean, crdVersion: string | null, revisions: Array<{ name: string, version: string, installedBy: string, isManaged: boolean, replicas: number, ready: number, injects: boolean, proxies: number, gateways: number }>, tags: Array<{ name: string, revision: string, isManaged: boolean }>, tasks: Array<{ type: string, object: string, state: State, reason: string, message: string }> } | null, upgrade: { stage: UpgradeStage, stageAt: string, reason: string | null, detail: string | null, upgrade: { id: string, toVersion: string } } | null, signingCertificate: { serial: string, notBefore: string, notAfter: string, renewAt: string } | null } };

export type EventsQueryVariables = Exact<{
  meshId: string | number;
  types?: Array<string> | string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type EventsQuery = { mesh: { events: { edges: Array<{ node: { id: string, at: string, type: string, message: string, subjectId: string, data: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ExportPoliciesQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ExportPoliciesQuery = { mesh: { exportPolicies: { edges: Array<{ node: { id: string, name: string, createdAt: string, namespaceSelector: { matchLabels: Array<{ key: string, value: string }>, matchExpressions: Array<{ key: string, operator: string, values: Array<string> }> }, serviceSelector: { matchLabels: Array<{ key: string, value: string }>, matchExpressions: Array<{ key: string, operator: string, values: Array<string> }> } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ExportPolicyRowFragment = { id: string, name: string, createdAt: string, namespaceSelector: { matchLabels: Array<{ key: string, value: string }>, matchExpressions: Array<{ key: string, operator: string, values: Array<string> }> }, serviceSelector: { matchLabels: Array<{ key: string, value: string }>, matchExpressions: Array<{ key: string, operator: string, values: Array<string> }> } };

export type SelectorFragment = { matchLabels: Array<{ key: string, value: string }>, matchExpressions: Array<{ key: string, operator: string, values: Array<string> }> };

export type ExportPolicyNamedQueryVariables = Exact<{
  meshId: string | number;
  name: string;
}>;


export type ExportPolicyNamedQuery = { mesh: { exportPolicy: { id: string, name: string, createdAt: string, namespaceSelector: { matchLabels: Array<{ key: string, value: string }>, matchExpressions: Array<{ key: string, operator: string, values: Array<string> }> }, serviceSelector: { matchLabels: Array<{ key: string, value: string }>, matchExpressions: Array<{ key: string, operator: string, values: Array<string> }> } } | null } };

export type HostGrantsQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type HostGrantsQuery = { mesh: { hostGrants: { edges: Array<{ node: { id: string, namespace: string, service: string, clusterIds: Array<string>, createdAt: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type HostGrantRowFragment = { id: string, namespace: string, service: string, clusterIds: Array<string>, createdAt: string };

export type HostGrantNamedQueryVariables = Exact<{
  meshId: string | number;
  namespace: string;
  service: string;
}>;


export type HostGrantNamedQuery = { mesh: { hostGrant: { id: string, namespace: string, service: string, clusterIds: Array<string>, createdAt: string } | null } };

export type ServicesQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ServicesQuery = { mesh: { services: { edges: Array<{ node: { id: string, namespace: string, name: string, host: string, clustersetHost: string, headless: boolean, ports: Array<{ name: string, port: number, protocol: string }>, exporters: Array<{ clusterName: string, valid: boolean, conflict: boolean, stale: boolean, readyEndpoints: number, reason: string | null }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ServiceDetailQueryVariables = Exact<{
  meshId: string | number;
  host: string;
}>;


export type ServiceDetailQuery = { mesh: { service: { id: string, namespace: string, name: string, host: string, clustersetHost: string, headless: boolean, ports: Array<{ name: string, port: number, protocol: string, appProtocol: string }>, exporters: Array<{ clusterName: string, network: string, localities: Array<string>, readyEndpoints: number, valid: boolean, conflict: boolean, stale: boolean, reason: string | null, message: string | null }>, importStates: { edges: Array<{ node: { clusterId: string, sent: State, stored: State, accepted: State, live: State, reason: string | null, message: string | null } }> } } } };

export type FindingsQueryVariables = Exact<{
  meshId: string | number;
}>;


export type FindingsQuery = { mesh: { findings: Array<{ code: string, clusterId: string | null, message: string }> } };

export type MeshesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type MeshesQuery = { meshes: { edges: Array<{ node: { id: string, name: string, trustDomain: string, createdAt: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type MeshRowFragment = { id: string, name: string, trustDomain: string, createdAt: string };

export type MeshNamedQueryVariables = Exact<{
  name: string;
}>;


export type MeshNamedQuery = { meshByName: { id: string, name: string, trustDomain: string, createdAt: string } | null };

export type MeshDetailQueryVariables = Exact<{
  id: string | number;
}>;


export type MeshDetailQuery = { mesh: { id: string, name: string, trustDomain: string, createdAt: string, configuration: { driftPolicy: DriftPolicy, currentRelease: { number: number, message: string, createdAt: string } | null, rolloutPolicy: { waves: Array<{ clusterSelector: string | null, percent: number | null, each: WaveUnit | null }>, gate: { soakSeconds: number, timeoutSeconds: number, maxRefusedPercent: number } } }, upgradeSettings: { maxInFlight: number, requireApproval: boolean, agent: { version: string, digest: string | null } | null, charts: { repository: string, values: string, digests: Array<{ chart: string, version: string, sha256: string }> }, policy: { canaryNamespaces: Array<string>, soakSeconds: number, graceSeconds: number, maxRestarting: number, timeoutSeconds: number, waves: Array<{ clusterSelector: string | null, percent: number | null, each: WaveUnit | null }> }, windows: Array<{ name: string, clusterSelector: string | null, days: Array<WeekDay>, opens: string, minutes: number, timeZone: string }>, freezes: Array<{ name: string, clusterSelector: string | null, from: string, until: string }> }, findings: Array<{ code: string, clusterId: string | null, message: string }>, trust: { anchors: Array<{ id: string, fingerprint: string, notBefore: string, notAfter: string, retiredAt: string | null }> }, clusters: { edges: Array<{ node: { name: string, status: ClusterStatus, network: string, locality: string } }> } } };

export type WavesAndGateFragment = { waves: Array<{ clusterSelector: string | null, percent: number | null, each: WaveUnit | null }>, gate: { soakSeconds: number, timeoutSeconds: number, maxRefusedPercent: number } };

export type UpgradeSettingsPartsFragment = { maxInFlight: number, requireApproval: boolean, agent: { version: string, digest: string | null } | null, charts: { repository: string, values: string, digests: Array<{ chart: string, version: string, sha256: string }> }, policy: { canaryNamespaces: Array<string>, soakSeconds: number, graceSeconds: number, maxRestarting: number, timeoutSeconds: number, waves: Array<{ clusterSelector: string | null, percent: number | null, each: WaveUnit | null }> }, windows: Array<{ name: string, clusterSelector: string | null, days: Array<WeekDay>, opens: string, minutes: number, timeZone: string }>, freezes: Array<{ name: string, clusterSelector: string | null, from: string, until: string }> };

export type OrganizationQueryVariables = Exact<{ [key: string]: never; }>;


export type OrganizationQuery = { organization: { id: string, name: string, viewerRole: Role, createdAt: string } };

export type OrganizationDetailQueryVariables = Exact<{ [key: string]: never; }>;


export type OrganizationDetailQuery = { organization: { id: string, name: string, viewerRole: Role, createdAt: string, members: { edges: Array<{ node: { role: Role, user: { name: string, email: string, id: string } } }> }, meshes: { edges: Array<{ node: { name: string, id: string } }> } } };

export type TokensQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type TokensQuery = { organization: { apiTokens: { edges: Array<{ node: { id: string, name: string, prefix: string, role: Role, namespaces: Array<string>, createdBy: string, createdAt: string, lastUsedAt: string | null, expiresAt: string, revokedAt: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ReleasesQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ReleasesQuery = { mesh: { releases: { edges: Array<{ node: { id: string, number: number, message: string, source: ReleaseSource, objectCount: number, digest: string, createdBy: string, createdAt: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ReleaseRowFragment = { id: string, number: number, message: string, source: ReleaseSource, objectCount: number, digest: string, createdBy: string, createdAt: string };

export type ReleaseNumberedQueryVariables = Exact<{
  meshId: string | number;
  number: number;
}>;


export type ReleaseNumberedQuery = { mesh: { release: { id: string, number: number, message: string, source: ReleaseSource, objectCount: number, digest: string, createdBy: string, createdAt: string } | null } };

export type ReleaseDetailQueryVariables = Exact<{
  id: string | number;
}>;


export type ReleaseDetailQuery = { node:
    | { id: string, number: number, message: string, source: ReleaseSource, objectCount: number, digest: string, createdBy: string, createdAt: string, warnings: Array<{ code: string, severity: ProblemSeverity, path: string | null, line: number | null, object: string | null, message: string, remedy: string }>, changes: { edges: Array<{ node: { change: ObjectChangeType, name: string } }> } }
    | Record<PropertyKey, never>
   | null };

export type RolloutsQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type RolloutsQuery = { mesh: { rollouts: { edges: Array<{ node: { id: string, state: RolloutState, stage: RolloutStage, wave: number, message: string, reason: string | null, detail: string | null, createdBy: string, createdAt: string, startedAt: string | null, finishedAt: string | null, waves: Array<{ index: number }>, release: { number: number } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type RolloutDetailQueryVariables = Exact<{
  id: string | number;
}>;


export type RolloutDetailQuery = { node:
    | { id: string, state: RolloutState, stage: RolloutStage, wave: number, message: string, reason: string | null, detail: string | null, createdBy: string, createdAt: string, startedAt: string | null, finishedAt: string | null, trialClusterIds: Array<string>, release: { number: number, message: string }, from: { number: number, message: string } | null, waves: Array<{ index: number, clusterIds: Array<string> }>, policy: { waves: Array<{ clusterSelector: string | null, percent: number | null, each: WaveUnit | null }>, gate: { soakSeconds: number, timeoutSeconds: number, maxRefusedPercent: number } }, events: { edges: Array<{ node: { at: string, type: string, wave: number | null, message: string } }> } }
    | Record<PropertyKey, never>
   | null };

export type UpgradesQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type UpgradesQuery = { mesh: { upgrades: { edges: Array<{ node: { id: string, toVersion: string, state: UpgradeState, source: UpgradeSource, message: string, wave: number, waveCount: number, reason: string | null, detail: string | null, createdBy: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type UpgradeDetailQueryVariables = Exact<{
  id: string | number;
}>;


export type UpgradeDetailQuery = { node:
    | { id: string, toVersion: string, state: UpgradeState, source: UpgradeSource, message: string, wave: number, waveCount: number, reason: string | null, detail: string | null, createdBy: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null, decidedBy: string | null, decidedAt: string | null, estimate: { finishesAt: string, secondsLeft: number } | null, findings: Array<{ severity: UpgradeFindingSeverity, code: string, object: string | null, message: string, remedy: string, cluster: { name: string } | null }>, clusters: { edges: Array<{ node: { wave: number, hop: number, stage: UpgradeStage, held: boolean, reason: string | null, detail: string | null, cluster: { name: string } } }> }, events: { edges: Array<{ node: { at: string, type: string, message: string, cluster: { name: string } | null } }> } }
    | Record<PropertyKey, never>
   | null };

export type IstioVersionsQueryVariables = Exact<{ [key: string]: never; }>;


export type IstioVersionsQuery = { istioVersions: Array<{ version: string, minor: string, channels: Array<UpgradeChannel>, released: string | null, endOfLife: string | null, isVerified: boolean }> };

export type WebhooksQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type WebhooksQuery = { organization: { webhooks: { edges: Array<{ node: { id: string, name: string, url: string, types: Array<string>, disabledAt: string | null, disabledReason: string | null, failingSince: string | null, previousUntil: string | null, createdAt: string, mesh: { id: string, name: string } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type WebhookRowFragment = { id: string, name: string, url: string, types: Array<string>, disabledAt: string | null, disabledReason: string | null, failingSince: string | null, previousUntil: string | null, createdAt: string, mesh: { id: string, name: string } | null };

export type WebhookDetailQueryVariables = Exact<{
  id: string | number;
}>;


export type WebhookDetailQuery = { node:
    | { id: string, name: string, url: string, types: Array<string>, disabledAt: string | null, disabledReason: string | null, failingSince: string | null, previousUntil: string | null, createdAt: string, deliveries: { edges: Array<{ node: { id: string, state: WebhookDeliveryState, attempts: number, status: number | null, reason: string | null, detail: string | null, createdAt: string, finishedAt: string | null, nextAt: string | null, event: { id: string, type: string, message: string, at: string } | null } }> }, mesh: { id: string, name: string } | null }
    | Record<PropertyKey, never>
   | null };

export type DeliveryRowFragment = { id: string, state: WebhookDeliveryState, attempts: number, status: number | null, reason: string | null, detail: string | null, createdAt: string, finishedAt: string | null, nextAt: string | null, event: { id: string, type: string, message: string, at: string } | null };

export type DeliveriesQueryVariables = Exact<{
  id: string | number;
  state?: WebhookDeliveryState | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type DeliveriesQuery = { node:
    | { deliveries: { edges: Array<{ node: { id: string, state: WebhookDeliveryState, attempts: number, status: number | null, reason: string | null, detail: string | null, createdAt: string, finishedAt: string | null, nextAt: string | null, event: { id: string, type: string, message: string, at: string } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | Record<PropertyKey, never>
   | null };

export type UpdateWebhookMutationVariables = Exact<{
  input: UpdateWebhookInput;
}>;


export type UpdateWebhookMutation = { updateWebhook: { webhook: { id: string } } };

export type MeshRefsQueryVariables = Exact<{ [key: string]: never; }>;


export type MeshRefsQuery = { meshes: { edges: Array<{ node: { id: string, name: string } }> } };

export type MeshRefOfIdQueryVariables = Exact<{
  id: string | number;
}>;


export type MeshRefOfIdQuery = { mesh: { id: string, name: string } };

export type MeshRefNamedQueryVariables = Exact<{
  name: string;
}>;


export type MeshRefNamedQuery = { meshByName: { id: string, name: string } | null };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const ProblemPartsFragmentDoc = new TypedDocumentString(`
    fragment ProblemParts on ConfigurationProblem {
  severity
  code
  path
  line
  object
  message
  remedy
}
    `, {"fragmentName":"ProblemParts"}) as unknown as TypedDocumentString<ProblemPartsFragment, unknown>;
export const StepPartsFragmentDoc = new TypedDocumentString(`
    fragment StepParts on ReachabilityStep {
  link
  state
  clusterName
  reason
  message
  remedy
  evidence
}
    `, {"fragmentName":"StepParts"}) as unknown as TypedDocumentString<StepPartsFragment, unknown>;
export const UpgradeStateFragmentDoc = new TypedDocumentString(`
    fragment UpgradeState on Upgrade {
  id
  state
}
    `, {"fragmentName":"UpgradeState"}) as unknown as TypedDocumentString<UpgradeStateFragment, unknown>;
export const ClusterRowFragmentDoc = new TypedDocumentString(`
    fragment ClusterRow on Cluster {
  id
  name
  status
  network
  locality
  cidrs
  labels {
    key
    value
  }
  kubernetesVersion
  istioVersions
  agentVersion
  lockReason
  createdAt
  lastContactAt
}
    `, {"fragmentName":"ClusterRow"}) as unknown as TypedDocumentString<ClusterRowFragment, unknown>;
export const SelectorFragmentDoc = new TypedDocumentString(`
    fragment Selector on LabelSelector {
  matchLabels {
    key
    value
  }
  matchExpressions {
    key
    operator
    values
  }
}
    `, {"fragmentName":"Selector"}) as unknown as TypedDocumentString<SelectorFragment, unknown>;
export const ExportPolicyRowFragmentDoc = new TypedDocumentString(`
    fragment ExportPolicyRow on ExportPolicy {
  id
  name
  createdAt
  namespaceSelector {
    ...Selector
  }
  serviceSelector {
    ...Selector
  }
}
    fragment Selector on LabelSelector {
  matchLabels {
    key
    value
  }
  matchExpressions {
    key
    operator
    values
  }
}`, {"fragmentName":"ExportPolicyRow"}) as unknown as TypedDocumentString<ExportPolicyRowFragment, unknown>;
export const HostGrantRowFragmentDoc = new TypedDocumentString(`
    fragment HostGrantRow on HostGrant {
  id
  namespace
  service
  clusterIds
  createdAt
}
    `, {"fragmentName":"HostGrantRow"}) as unknown as TypedDocumentString<HostGrantRowFragment, unknown>;
export const MeshRowFragmentDoc = new TypedDocumentString(`
    fragment MeshRow on Mesh {
  id
  name
  trustDomain
  createdAt
}
    `, {"fragmentName":"MeshRow"}) as unknown as TypedDocumentString<MeshRowFragment, unknown>;
export const WavesAndGateFragmentDoc = new TypedDocumentString(`
    fragment WavesAndGate on RolloutPolicy {
  waves {
    clusterSelector
    percent
    each
  }
  gate {
    soakSeconds
    timeoutSeconds
    maxRefusedPercent
  }
}
    `, {"fragmentName":"WavesAndGate"}) as unknown as TypedDocumentString<WavesAndGateFragment, unknown>;
export const UpgradeSettingsPartsFragmentDoc = new TypedDocumentString(`
    fragment UpgradeSettingsParts on UpgradeSettings {
  maxInFlight
  requireApproval
  agent {
    version
    digest
  }
  charts {
    repository
    values
    digests {
      chart
      version
      sha256
    }
  }
  policy {
    canaryNamespaces
    soakSeconds
    graceSeconds
    maxRestarting
    timeoutSeconds
    waves {
      clusterSelector
      percent
      each
    }
  }
  windows {
    name
    clusterSelector
    days
    opens
    minutes
    timeZone
  }
  freezes {
    name
    clusterSelector
    from
    until
  }
}
    `, {"fragmentName":"UpgradeSettingsParts"}) as unknown as TypedDocumentString<UpgradeSettingsPartsFragment, unknown>;
export const ReleaseRowFragmentDoc = new TypedDocumentString(`
    fragment ReleaseRow on Release {
  id
  number
  message
  source
  objectCount
  digest
  createdBy
  createdAt
}
    `, {"fragmentName":"ReleaseRow"}) as unknown as TypedDocumentString<ReleaseRowFragment, unknown>;
export const WebhookRowFragmentDoc = new TypedDocumentString(`
    fragment WebhookRow on Webhook {
  id
  name
  url
  types
  mesh {
    id
    name
  }
  disabledAt
  disabledReason
  failingSince
  previousUntil
  createdAt
}
    `, {"fragmentName":"WebhookRow"}) as unknown as TypedDocumentString<WebhookRowFragment, unknown>;
export const DeliveryRowFragmentDoc = new TypedDocumentString(`
    fragment DeliveryRow on WebhookDelivery {
  id
  state
  attempts
  status
  reason
  detail
  createdAt
  finishedAt
  nextAt
  event {
    id
    type
    message
    at
  }
}
    `, {"fragmentName":"DeliveryRow"}) as unknown as TypedDocumentString<DeliveryRowFragment, unknown>;
export const MeshChangedDocument = new TypedDocumentString(`
    subscription MeshChanged($meshId: ID!) {
  meshChanged(meshId: $meshId) {
    id
  }
}
    `) as unknown as TypedDocumentString<MeshChangedSubscription, MeshChangedSubscriptionVariables>;
export const IntentStatesDocument = new TypedDocumentString(`
    query IntentStates($id: ID!, $first: Int, $after: String) {
  cluster(id: $id) {
    intentStates(first: $first, after: $after) {
      edges {
        node {
          type
          name
          version
          sent
          stored
          accepted
          live
          reason
          message
          objects
          corrections
          correctedManagers
          reportedAt
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<IntentStatesQuery, IntentStatesQueryVariables>;
export const ClusterDriftDocument = new TypedDocumentString(`
    query ClusterDrift($id: ID!, $first: Int, $after: String) {
  cluster(id: $id) {
    drift(first: $first, after: $after) {
      edges {
        node {
          name
          change
          outcome
          count
          managers
          seenAt
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ClusterDriftQuery, ClusterDriftQueryVariables>;
export const ClusterExportsDocument = new TypedDocumentString(`
    query ClusterExports($id: ID!, $first: Int, $after: String) {
  cluster(id: $id) {
    exports(first: $first, after: $after) {
      edges {
        node {
          host
          exportedBy
          network
          localities
          readyEndpoints
          valid
          conflict
          stale
          reason
          message
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ClusterExportsQuery, ClusterExportsQueryVariables>;
export const RemoveClusterDocument = new TypedDocumentString(`
    mutation RemoveCluster($input: RemoveClusterInput!) {
  removeCluster(input: $input) {
    cluster {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RemoveClusterMutation, RemoveClusterMutationVariables>;
export const DeleteExportPolicyDocument = new TypedDocumentString(`
    mutation DeleteExportPolicy($input: DeleteExportPolicyInput!) {
  deleteExportPolicy(input: $input) {
    exportPolicy {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<DeleteExportPolicyMutation, DeleteExportPolicyMutationVariables>;
export const RevokeHostGrantDocument = new TypedDocumentString(`
    mutation RevokeHostGrant($input: RevokeHostGrantInput!) {
  revokeHostGrant(input: $input) {
    hostGrant {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RevokeHostGrantMutation, RevokeHostGrantMutationVariables>;
export const DeleteWebhookDocument = new TypedDocumentString(`
    mutation DeleteWebhook($input: DeleteWebhookInput!) {
  deleteWebhook(input: $input) {
    webhook {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<DeleteWebhookMutation, DeleteWebhookMutationVariables>;
export const RevokeApiTokenDocument = new TypedDocumentString(`
    mutation RevokeApiToken($input: RevokeApiTokenInput!) {
  revokeApiToken(input: $input) {
    apiToken {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RevokeApiTokenMutation, RevokeApiTokenMutationVariables>;
export const CreateJoinTokenDocument = new TypedDocumentString(`
    mutation CreateJoinToken($input: CreateJoinTokenInput!) {
  createJoinToken(input: $input) {
    helmCommand
    joinToken {
      secret
      expiresAt
    }
    cluster {
      id
      name
    }
  }
}
    `) as unknown as TypedDocumentString<CreateJoinTokenMutation, CreateJoinTokenMutationVariables>;
export const RegisterAndJoinDocument = new TypedDocumentString(`
    mutation RegisterAndJoin($input: RegisterClusterInput!) {
  registerCluster(input: $input) {
    helmCommand
    joinToken {
      secret
      expiresAt
    }
    cluster {
      id
      name
    }
  }
}
    `) as unknown as TypedDocumentString<RegisterAndJoinMutation, RegisterAndJoinMutationVariables>;
export const ChangeClusterDocument = new TypedDocumentString(`
    mutation ChangeCluster($input: UpdateClusterInput!) {
  updateCluster(input: $input) {
    cluster {
      ...ClusterRow
    }
  }
}
    fragment ClusterRow on Cluster {
  id
  name
  status
  network
  locality
  cidrs
  labels {
    key
    value
  }
  kubernetesVersion
  istioVersions
  agentVersion
  lockReason
  createdAt
  lastContactAt
}`) as unknown as TypedDocumentString<ChangeClusterMutation, ChangeClusterMutationVariables>;
export const CheckConfigurationDocument = new TypedDocumentString(`
    mutation CheckConfiguration($input: CheckConfigurationInput!) {
  checkConfiguration(input: $input) {
    valid
    objectCount
    changes {
      change
      name
      diff
    }
    problems {
      ...ProblemParts
    }
  }
}
    fragment ProblemParts on ConfigurationProblem {
  severity
  code
  path
  line
  object
  message
  remedy
}`) as unknown as TypedDocumentString<CheckConfigurationMutation, CheckConfigurationMutationVariables>;
export const ApplyConfigurationDocument = new TypedDocumentString(`
    mutation ApplyConfiguration($input: ApplyConfigurationInput!) {
  applyConfiguration(input: $input) {
    created
    release {
      id
      number
      message
      objectCount
    }
    rollout {
      id
      state
    }
    warnings {
      ...ProblemParts
    }
  }
}
    fragment ProblemParts on ConfigurationProblem {
  severity
  code
  path
  line
  object
  message
  remedy
}`) as unknown as TypedDocumentString<ApplyConfigurationMutation, ApplyConfigurationMutationVariables>;
export const ReleasePreviewDocument = new TypedDocumentString(`
    query ReleasePreview($id: ID!, $first: Int, $after: String) {
  node(id: $id) {
    ... on Release {
      preview(first: $first, after: $after) {
        edges {
          node {
            added
            changed
            removed
            diff
            from
            cluster {
              name
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReleasePreviewQuery, ReleasePreviewQueryVariables>;
export const ReleaseFilesDocument = new TypedDocumentString(`
    query ReleaseFiles($id: ID!, $form: ReleaseForm!) {
  node(id: $id) {
    ... on Release {
      files(form: $form) {
        path
        content
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReleaseFilesQuery, ReleaseFilesQueryVariables>;
export const ExplainDocument = new TypedDocumentString(`
    query Explain($meshId: ID!, $fromClusterId: ID!, $fromNamespace: String!, $fromServiceAccount: String, $host: String!, $port: Int) {
  reachability(
    meshId: $meshId
    fromClusterId: $fromClusterId
    fromNamespace: $fromNamespace
    fromServiceAccount: $fromServiceAccount
    host: $host
    port: $port
  ) {
    state
    host
    broken {
      ...StepParts
    }
    steps {
      ...StepParts
    }
    routes {
      clusterName
      network
      local
      state
      steps {
        ...StepParts
      }
    }
  }
}
    fragment StepParts on ReachabilityStep {
  link
  state
  clusterName
  reason
  message
  remedy
  evidence
}`) as unknown as TypedDocumentString<ExplainQuery, ExplainQueryVariables>;
export const RolloutStandingDocument = new TypedDocumentString(`
    query RolloutStanding($id: ID!, $after: String) {
  node(id: $id) {
    ... on Rollout {
      id
      state
      reason
      detail
      events(first: 50, after: $after) {
        edges {
          node {
            at
            type
            message
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<RolloutStandingQuery, RolloutStandingQueryVariables>;
export const StartRolloutDocument = new TypedDocumentString(`
    mutation StartRollout($input: StartRolloutInput!) {
  startRollout(input: $input) {
    rollout {
      id
      state
    }
  }
}
    `) as unknown as TypedDocumentString<StartRolloutMutation, StartRolloutMutationVariables>;
export const PauseRolloutDocument = new TypedDocumentString(`
    mutation PauseRollout($id: ID!) {
  step: pauseRollout(input: {id: $id}) {
    rollout {
      id
      state
    }
  }
}
    `) as unknown as TypedDocumentString<PauseRolloutMutation, PauseRolloutMutationVariables>;
export const ResumeRolloutDocument = new TypedDocumentString(`
    mutation ResumeRollout($id: ID!) {
  step: resumeRollout(input: {id: $id}) {
    rollout {
      id
      state
    }
  }
}
    `) as unknown as TypedDocumentString<ResumeRolloutMutation, ResumeRolloutMutationVariables>;
export const AbortRolloutDocument = new TypedDocumentString(`
    mutation AbortRollout($id: ID!) {
  step: abortRollout(input: {id: $id}) {
    rollout {
      id
      state
    }
  }
}
    `) as unknown as TypedDocumentString<AbortRolloutMutation, AbortRolloutMutationVariables>;
export const ViewerDocument = new TypedDocumentString(`
    query Viewer {
  viewer {
    user {
      id
      name
      email
    }
    apiToken {
      id
      name
      role
      namespaces
      expiresAt
    }
  }
  organization {
    id
    name
    viewerRole
  }
}
    `) as unknown as TypedDocumentString<ViewerQuery, ViewerQueryVariables>;
export const CreateApiTokenDocument = new TypedDocumentString(`
    mutation CreateApiToken($input: CreateApiTokenInput!) {
  createApiToken(input: $input) {
    secret
    apiToken {
      id
      name
      role
      namespaces
      expiresAt
    }
  }
}
    `) as unknown as TypedDocumentString<CreateApiTokenMutation, CreateApiTokenMutationVariables>;
export const PlanUpgradeDocument = new TypedDocumentString(`
    mutation PlanUpgrade($input: PlanUpgradeInput!) {
  planUpgrade(input: $input) {
    upgrade {
      id
      toVersion
      state
      waveCount
      estimate {
        secondsLeft
      }
      findings {
        severity
        code
        message
        remedy
        object
        cluster {
          name
        }
      }
      clusters(first: 200) {
        edges {
          node {
            wave
            cluster {
              name
            }
            hops {
              from
              to
            }
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PlanUpgradeMutation, PlanUpgradeMutationVariables>;
export const UpgradeStandingDocument = new TypedDocumentString(`
    query UpgradeStanding($id: ID!, $after: String) {
  node(id: $id) {
    ... on Upgrade {
      id
      state
      reason
      detail
      events(first: 50, after: $after) {
        edges {
          node {
            at
            type
            message
            cluster {
              name
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<UpgradeStandingQuery, UpgradeStandingQueryVariables>;
export const UpgradeSettingsDocument = new TypedDocumentString(`
    query UpgradeSettings($id: ID!) {
  mesh(id: $id) {
    name
    upgradeSettings {
      ...UpgradeSettingsParts
    }
  }
}
    fragment UpgradeSettingsParts on UpgradeSettings {
  maxInFlight
  requireApproval
  agent {
    version
    digest
  }
  charts {
    repository
    values
    digests {
      chart
      version
      sha256
    }
  }
  policy {
    canaryNamespaces
    soakSeconds
    graceSeconds
    maxRestarting
    timeoutSeconds
    waves {
      clusterSelector
      percent
      each
    }
  }
  windows {
    name
    clusterSelector
    days
    opens
    minutes
    timeZone
  }
  freezes {
    name
    clusterSelector
    from
    until
  }
}`) as unknown as TypedDocumentString<UpgradeSettingsQuery, UpgradeSettingsQueryVariables>;
export const StartUpgradeDocument = new TypedDocumentString(`
    mutation StartUpgrade($input: StartUpgradeInput!) {
  step: startUpgrade(input: $input) {
    upgrade {
      ...UpgradeState
    }
  }
}
    fragment UpgradeState on Upgrade {
  id
  state
}`) as unknown as TypedDocumentString<StartUpgradeMutation, StartUpgradeMutationVariables>;
export const RejectUpgradeDocument = new TypedDocumentString(`
    mutation RejectUpgrade($input: RejectUpgradeInput!) {
  step: rejectUpgrade(input: $input) {
    upgrade {
      ...UpgradeState
    }
  }
}
    fragment UpgradeState on Upgrade {
  id
  state
}`) as unknown as TypedDocumentString<RejectUpgradeMutation, RejectUpgradeMutationVariables>;
export const ApproveUpgradeDocument = new TypedDocumentString(`
    mutation ApproveUpgrade($upgradeId: ID!) {
  step: approveUpgrade(input: {upgradeId: $upgradeId}) {
    upgrade {
      ...UpgradeState
    }
  }
}
    fragment UpgradeState on Upgrade {
  id
  state
}`) as unknown as TypedDocumentString<ApproveUpgradeMutation, ApproveUpgradeMutationVariables>;
export const PauseUpgradeDocument = new TypedDocumentString(`
    mutation PauseUpgrade($upgradeId: ID!) {
  step: pauseUpgrade(input: {upgradeId: $upgradeId}) {
    upgrade {
      ...UpgradeState
    }
  }
}
    fragment UpgradeState on Upgrade {
  id
  state
}`) as unknown as TypedDocumentString<PauseUpgradeMutation, PauseUpgradeMutationVariables>;
export const ResumeUpgradeDocument = new TypedDocumentString(`
    mutation ResumeUpgrade($upgradeId: ID!) {
  step: resumeUpgrade(input: {upgradeId: $upgradeId}) {
    upgrade {
      ...UpgradeState
    }
  }
}
    fragment UpgradeState on Upgrade {
  id
  state
}`) as unknown as TypedDocumentString<ResumeUpgradeMutation, ResumeUpgradeMutationVariables>;
export const AbortUpgradeDocument = new TypedDocumentString(`
    mutation AbortUpgrade($upgradeId: ID!) {
  step: abortUpgrade(input: {upgradeId: $upgradeId}) {
    upgrade {
      ...UpgradeState
    }
  }
}
    fragment UpgradeState on Upgrade {
  id
  state
}`) as unknown as TypedDocumentString<AbortUpgradeMutation, AbortUpgradeMutationVariables>;
export const RollBackUpgradeDocument = new TypedDocumentString(`
    mutation RollBackUpgrade($upgradeId: ID!) {
  step: rollBackUpgrade(input: {upgradeId: $upgradeId}) {
    upgrade {
      ...UpgradeState
    }
  }
}
    fragment UpgradeState on Upgrade {
  id
  state
}`) as unknown as TypedDocumentString<RollBackUpgradeMutation, RollBackUpgradeMutationVariables>;
export const RetryUpgradeClusterDocument = new TypedDocumentString(`
    mutation RetryUpgradeCluster($upgradeId: ID!, $clusterId: ID!) {
  step: retryUpgradeCluster(input: {upgradeId: $upgradeId, clusterId: $clusterId}) {
    upgrade {
      ...UpgradeState
    }
  }
}
    fragment UpgradeState on Upgrade {
  id
  state
}`) as unknown as TypedDocumentString<RetryUpgradeClusterMutation, RetryUpgradeClusterMutationVariables>;
export const SkipUpgradeClusterDocument = new TypedDocumentString(`
    mutation SkipUpgradeCluster($upgradeId: ID!, $clusterId: ID!) {
  step: skipUpgradeCluster(input: {upgradeId: $upgradeId, clusterId: $clusterId}) {
    upgrade {
      ...UpgradeState
    }
  }
}
    fragment UpgradeState on Upgrade {
  id
  state
}`) as unknown as TypedDocumentString<SkipUpgradeClusterMutation, SkipUpgradeClusterMutationVariables>;
export const RotateWebhookSecretDocument = new TypedDocumentString(`
    mutation RotateWebhookSecret($input: RotateWebhookSecretInput!) {
  rotateWebhookSecret(input: $input) {
    secret
    webhook {
      id
      name
      previousUntil
    }
  }
}
    `) as unknown as TypedDocumentString<RotateWebhookSecretMutation, RotateWebhookSecretMutationVariables>;
export const TestWebhookDocument = new TypedDocumentString(`
    mutation TestWebhook($input: TestWebhookInput!) {
  testWebhook(input: $input) {
    delivery {
      ...DeliveryRow
    }
  }
}
    fragment DeliveryRow on WebhookDelivery {
  id
  state
  attempts
  status
  reason
  detail
  createdAt
  finishedAt
  nextAt
  event {
    id
    type
    message
    at
  }
}`) as unknown as TypedDocumentString<TestWebhookMutation, TestWebhookMutationVariables>;
export const RedeliverWebhookDocument = new TypedDocumentString(`
    mutation RedeliverWebhook($input: RedeliverWebhookInput!) {
  redeliverWebhook(input: $input) {
    delivery {
      ...DeliveryRow
    }
  }
}
    fragment DeliveryRow on WebhookDelivery {
  id
  state
  attempts
  status
  reason
  detail
  createdAt
  finishedAt
  nextAt
  event {
    id
    type
    message
    at
  }
}`) as unknown as TypedDocumentString<RedeliverWebhookMutation, RedeliverWebhookMutationVariables>;
export const ReplayWebhookDocument = new TypedDocumentString(`
    mutation ReplayWebhook($input: ReplayWebhookInput!) {
  replayWebhook(input: $input) {
    replayed
    endCursor
  }
}
    `) as unknown as TypedDocumentString<ReplayWebhookMutation, ReplayWebhookMutationVariables>;
export const MeshSettingsDocument = new TypedDocumentString(`
    query MeshSettings($name: String!) {
  meshByName(name: $name) {
    id
    name
    trustDomain
    configuration {
      driftPolicy
      rolloutPolicy {
        ...WavesAndGate
      }
    }
    upgradeSettings {
      ...UpgradeSettingsParts
    }
  }
}
    fragment WavesAndGate on RolloutPolicy {
  waves {
    clusterSelector
    percent
    each
  }
  gate {
    soakSeconds
    timeoutSeconds
    maxRefusedPercent
  }
}
fragment UpgradeSettingsParts on UpgradeSettings {
  maxInFlight
  requireApproval
  agent {
    version
    digest
  }
  charts {
    repository
    values
    digests {
      chart
      version
      sha256
    }
  }
  policy {
    canaryNamespaces
    soakSeconds
    graceSeconds
    maxRestarting
    timeoutSeconds
    waves {
      clusterSelector
      percent
      each
    }
  }
  windows {
    name
    clusterSelector
    days
    opens
    minutes
    timeZone
  }
  freezes {
    name
    clusterSelector
    from
    until
  }
}`) as unknown as TypedDocumentString<MeshSettingsQuery, MeshSettingsQueryVariables>;
export const ClusterNowDocument = new TypedDocumentString(`
    query ClusterNow($meshId: ID!, $name: String!) {
  mesh(id: $meshId) {
    cluster(name: $name) {
      id
      network
      locality
      cidrs
      labels {
        key
        value
      }
      channel
    }
  }
}
    `) as unknown as TypedDocumentString<ClusterNowQuery, ClusterNowQueryVariables>;
export const CreateMeshDocument = new TypedDocumentString(`
    mutation CreateMesh($input: CreateMeshInput!) {
  createMesh(input: $input) {
    mesh {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<CreateMeshMutation, CreateMeshMutationVariables>;
export const RegisterClusterDocument = new TypedDocumentString(`
    mutation RegisterCluster($input: RegisterClusterInput!) {
  registerCluster(input: $input) {
    cluster {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RegisterClusterMutation, RegisterClusterMutationVariables>;
export const UpdateClusterDocument = new TypedDocumentString(`
    mutation UpdateCluster($input: UpdateClusterInput!) {
  updateCluster(input: $input) {
    cluster {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateClusterMutation, UpdateClusterMutationVariables>;
export const SetClusterChannelDocument = new TypedDocumentString(`
    mutation SetClusterChannel($input: SetClusterChannelInput!) {
  setClusterChannel(input: $input) {
    cluster {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<SetClusterChannelMutation, SetClusterChannelMutationVariables>;
export const CreateExportPolicyDocument = new TypedDocumentString(`
    mutation CreateExportPolicy($input: CreateExportPolicyInput!) {
  createExportPolicy(input: $input) {
    exportPolicy {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<CreateExportPolicyMutation, CreateExportPolicyMutationVariables>;
export const UpdateExportPolicyDocument = new TypedDocumentString(`
    mutation UpdateExportPolicy($input: UpdateExportPolicyInput!) {
  updateExportPolicy(input: $input) {
    exportPolicy {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateExportPolicyMutation, UpdateExportPolicyMutationVariables>;
export const GrantHostDocument = new TypedDocumentString(`
    mutation GrantHost($input: GrantHostInput!) {
  grantHost(input: $input) {
    hostGrant {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<GrantHostMutation, GrantHostMutationVariables>;
export const UpdateConfigurationSettingsDocument = new TypedDocumentString(`
    mutation UpdateConfigurationSettings($input: UpdateConfigurationSettingsInput!) {
  updateConfigurationSettings(input: $input) {
    settings {
      driftPolicy
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateConfigurationSettingsMutation, UpdateConfigurationSettingsMutationVariables>;
export const UpdateUpgradeSettingsDocument = new TypedDocumentString(`
    mutation UpdateUpgradeSettings($input: UpdateUpgradeSettingsInput!) {
  updateUpgradeSettings(input: $input) {
    settings {
      maxInFlight
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateUpgradeSettingsMutation, UpdateUpgradeSettingsMutationVariables>;
export const CreateWebhookDocument = new TypedDocumentString(`
    mutation CreateWebhook($input: CreateWebhookInput!) {
  createWebhook(input: $input) {
    webhook {
      id
    }
    secret
  }
}
    `) as unknown as TypedDocumentString<CreateWebhookMutation, CreateWebhookMutationVariables>;
export const ClustersDocument = new TypedDocumentString(`
    query Clusters($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    clusters(first: $first, after: $after) {
      edges {
        node {
          ...ClusterRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment ClusterRow on Cluster {
  id
  name
  status
  network
  locality
  cidrs
  labels {
    key
    value
  }
  kubernetesVersion
  istioVersions
  agentVersion
  lockReason
  createdAt
  lastContactAt
}`) as unknown as TypedDocumentString<ClustersQuery, ClustersQueryVariables>;
export const ClusterNamedDocument = new TypedDocumentString(`
    query ClusterNamed($meshId: ID!, $name: String!) {
  mesh(id: $meshId) {
    cluster(name: $name) {
      ...ClusterRow
    }
  }
}
    fragment ClusterRow on Cluster {
  id
  name
  status
  network
  locality
  cidrs
  labels {
    key
    value
  }
  kubernetesVersion
  istioVersions
  agentVersion
  lockReason
  createdAt
  lastContactAt
}`) as unknown as TypedDocumentString<ClusterNamedQuery, ClusterNamedQueryVariables>;
export const ClusterDetailDocument = new TypedDocumentString(`
    query ClusterDetail($id: ID!) {
  cluster(id: $id) {
    id
    name
    kind
    status
    lockReason
    network
    locality
    cidrs
    labels {
      key
      value
    }
    createdAt
    connectedAt
    lastContactAt
    removedAt
    recoveries
    kubernetesVersion
    istioVersions
    agentVersion
    agentCertificateExpiresAt
    capabilities
    agent {
      version
      image
      wanted
      state
      reason
      message
    }
    conditions {
      type
      status
      reason
      message
    }
    joining {
      done
      steps {
        name
        state
        at
        reason
        message
        remedy
      }
    }
    heldRemovals
    gateways {
      namespace
      name
      network
      addresses {
        type
        value
        port
      }
    }
    configuration {
      number
      current
      objects
      stored
      accepted
      pending
      refused
      unaccepted
      absent
      live
      liveMessage
      proxies
      proxiesLive
      problems {
        object
        reason
        message
      }
    }
    channel
    istio {
      isManaged
      isSettled
      crdVersion
      revisions {
        name
        version
        installedBy
        isManaged
        replicas
        ready
        injects
        proxies
        gateways
      }
      tags {
        name
        revision
        isManaged
      }
      tasks {
        type
        object
        state
        reason
        message
      }
    }
    upgrade {
      stage
      stageAt
      reason
      detail
      upgrade {
        id
        toVersion
      }
    }
    signingCertificate {
      serial
      notBefore
      notAfter
      renewAt
    }
  }
}
    `) as unknown as TypedDocumentString<ClusterDetailQuery, ClusterDetailQueryVariables>;
export const EventsDocument = new TypedDocumentString(`
    query Events($meshId: ID!, $types: [String!], $first: Int, $after: String) {
  mesh(id: $meshId) {
    events(types: $types, first: $first, after: $after) {
      edges {
        node {
          id
          at
          type
          message
          subjectId
          data
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<EventsQuery, EventsQueryVariables>;
export const ExportPoliciesDocument = new TypedDocumentString(`
    query ExportPolicies($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    exportPolicies(first: $first, after: $after) {
      edges {
        node {
          ...ExportPolicyRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment ExportPolicyRow on ExportPolicy {
  id
  name
  createdAt
  namespaceSelector {
    ...Selector
  }
  serviceSelector {
    ...Selector
  }
}
fragment Selector on LabelSelector {
  matchLabels {
    key
    value
  }
  matchExpressions {
    key
    operator
    values
  }
}`) as unknown as TypedDocumentString<ExportPoliciesQuery, ExportPoliciesQueryVariables>;
export const ExportPolicyNamedDocument = new TypedDocumentString(`
    query ExportPolicyNamed($meshId: ID!, $name: String!) {
  mesh(id: $meshId) {
    exportPolicy(name: $name) {
      ...ExportPolicyRow
    }
  }
}
    fragment ExportPolicyRow on ExportPolicy {
  id
  name
  createdAt
  namespaceSelector {
    ...Selector
  }
  serviceSelector {
    ...Selector
  }
}
fragment Selector on LabelSelector {
  matchLabels {
    key
    value
  }
  matchExpressions {
    key
    operator
    values
  }
}`) as unknown as TypedDocumentString<ExportPolicyNamedQuery, ExportPolicyNamedQueryVariables>;
export const HostGrantsDocument = new TypedDocumentString(`
    query HostGrants($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    hostGrants(first: $first, after: $after) {
      edges {
        node {
          ...HostGrantRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment HostGrantRow on HostGrant {
  id
  namespace
  service
  clusterIds
  createdAt
}`) as unknown as TypedDocumentString<HostGrantsQuery, HostGrantsQueryVariables>;
export const HostGrantNamedDocument = new TypedDocumentString(`
    query HostGrantNamed($meshId: ID!, $namespace: String!, $service: String!) {
  mesh(id: $meshId) {
    hostGrant(namespace: $namespace, service: $service) {
      ...HostGrantRow
    }
  }
}
    fragment HostGrantRow on HostGrant {
  id
  namespace
  service
  clusterIds
  createdAt
}`) as unknown as TypedDocumentString<HostGrantNamedQuery, HostGrantNamedQueryVariables>;
export const ServicesDocument = new TypedDocumentString(`
    query Services($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    services(first: $first, after: $after) {
      edges {
        node {
          id
          namespace
          name
          host
          clustersetHost
          headless
          ports {
            name
            port
            protocol
          }
          exporters {
            clusterName
            valid
            conflict
            stale
            readyEndpoints
            reason
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ServicesQuery, ServicesQueryVariables>;
export const ServiceDetailDocument = new TypedDocumentString(`
    query ServiceDetail($meshId: ID!, $host: String!) {
  mesh(id: $meshId) {
    service(host: $host) {
      id
      namespace
      name
      host
      clustersetHost
      headless
      ports {
        name
        port
        protocol
        appProtocol
      }
      exporters {
        clusterName
        network
        localities
        readyEndpoints
        valid
        conflict
        stale
        reason
        message
      }
      importStates(first: 200) {
        edges {
          node {
            clusterId
            sent
            stored
            accepted
            live
            reason
            message
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ServiceDetailQuery, ServiceDetailQueryVariables>;
export const FindingsDocument = new TypedDocumentString(`
    query Findings($meshId: ID!) {
  mesh(id: $meshId) {
    findings {
      code
      clusterId
      message
    }
  }
}
    `) as unknown as TypedDocumentString<FindingsQuery, FindingsQueryVariables>;
export const MeshesDocument = new TypedDocumentString(`
    query Meshes($first: Int, $after: String) {
  meshes(first: $first, after: $after) {
    edges {
      node {
        ...MeshRow
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment MeshRow on Mesh {
  id
  name
  trustDomain
  createdAt
}`) as unknown as TypedDocumentString<MeshesQuery, MeshesQueryVariables>;
export const MeshNamedDocument = new TypedDocumentString(`
    query MeshNamed($name: String!) {
  meshByName(name: $name) {
    ...MeshRow
  }
}
    fragment MeshRow on Mesh {
  id
  name
  trustDomain
  createdAt
}`) as unknown as TypedDocumentString<MeshNamedQuery, MeshNamedQueryVariables>;
export const MeshDetailDocument = new TypedDocumentString(`
    query MeshDetail($id: ID!) {
  mesh(id: $id) {
    id
    name
    trustDomain
    createdAt
    configuration {
      driftPolicy
      currentRelease {
        number
        message
        createdAt
      }
      rolloutPolicy {
        ...WavesAndGate
      }
    }
    upgradeSettings {
      ...UpgradeSettingsParts
    }
    findings {
      code
      clusterId
      message
    }
    trust {
      anchors {
        id
        fingerprint
        notBefore
        notAfter
        retiredAt
      }
    }
    clusters(first: 200) {
      edges {
        node {
          name
          status
          network
          locality
        }
      }
    }
  }
}
    fragment WavesAndGate on RolloutPolicy {
  waves {
    clusterSelector
    percent
    each
  }
  gate {
    soakSeconds
    timeoutSeconds
    maxRefusedPercent
  }
}
fragment UpgradeSettingsParts on UpgradeSettings {
  maxInFlight
  requireApproval
  agent {
    version
    digest
  }
  charts {
    repository
    values
    digests {
      chart
      version
      sha256
    }
  }
  policy {
    canaryNamespaces
    soakSeconds
    graceSeconds
    maxRestarting
    timeoutSeconds
    waves {
      clusterSelector
      percent
      each
    }
  }
  windows {
    name
    clusterSelector
    days
    opens
    minutes
    timeZone
  }
  freezes {
    name
    clusterSelector
    from
    until
  }
}`) as unknown as TypedDocumentString<MeshDetailQuery, MeshDetailQueryVariables>;
export const OrganizationDocument = new TypedDocumentString(`
    query Organization {
  organization {
    id
    name
    viewerRole
    createdAt
  }
}
    `) as unknown as TypedDocumentString<OrganizationQuery, OrganizationQueryVariables>;
export const OrganizationDetailDocument = new TypedDocumentString(`
    query OrganizationDetail {
  organization {
    id
    name
    viewerRole
    createdAt
    members(first: 200) {
      edges {
        node {
          role
          user {
            name
            email
            id
          }
        }
      }
    }
    meshes(first: 200) {
      edges {
        node {
          name
          id
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<OrganizationDetailQuery, OrganizationDetailQueryVariables>;
export const TokensDocument = new TypedDocumentString(`
    query Tokens($first: Int, $after: String) {
  organization {
    apiTokens(first: $first, after: $after) {
      edges {
        node {
          id
          name
          prefix
          role
          namespaces
          createdBy
          createdAt
          lastUsedAt
          expiresAt
          revokedAt
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<TokensQuery, TokensQueryVariables>;
export const ReleasesDocument = new TypedDocumentString(`
    query Releases($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    releases(first: $first, after: $after) {
      edges {
        node {
          ...ReleaseRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment ReleaseRow on Release {
  id
  number
  message
  source
  objectCount
  digest
  createdBy
  createdAt
}`) as unknown as TypedDocumentString<ReleasesQuery, ReleasesQueryVariables>;
export const ReleaseNumberedDocument = new TypedDocumentString(`
    query ReleaseNumbered($meshId: ID!, $number: Int!) {
  mesh(id: $meshId) {
    release(number: $number) {
      ...ReleaseRow
    }
  }
}
    fragment ReleaseRow on Release {
  id
  number
  message
  source
  objectCount
  digest
  createdBy
  createdAt
}`) as unknown as TypedDocumentString<ReleaseNumberedQuery, ReleaseNumberedQueryVariables>;
export const ReleaseDetailDocument = new TypedDocumentString(`
    query ReleaseDetail($id: ID!) {
  node(id: $id) {
    ... on Release {
      id
      number
      message
      source
      objectCount
      digest
      createdBy
      createdAt
      warnings {
        code
        severity
        path
        line
        object
        message
        remedy
      }
      changes(first: 200) {
        edges {
          node {
            change
            name
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReleaseDetailQuery, ReleaseDetailQueryVariables>;
export const RolloutsDocument = new TypedDocumentString(`
    query Rollouts($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    rollouts(first: $first, after: $after) {
      edges {
        node {
          id
          state
          stage
          wave
          waves {
            index
          }
          message
          reason
          detail
          createdBy
          createdAt
          startedAt
          finishedAt
          release {
            number
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<RolloutsQuery, RolloutsQueryVariables>;
export const RolloutDetailDocument = new TypedDocumentString(`
    query RolloutDetail($id: ID!) {
  node(id: $id) {
    ... on Rollout {
      id
      state
      stage
      wave
      message
      reason
      detail
      createdBy
      createdAt
      startedAt
      finishedAt
      release {
        number
        message
      }
      from {
        number
        message
      }
      trialClusterIds
      waves {
        index
        clusterIds
      }
      policy {
        waves {
          clusterSelector
          percent
          each
        }
        gate {
          soakSeconds
          timeoutSeconds
          maxRefusedPercent
        }
      }
      events(first: 200) {
        edges {
          node {
            at
            type
            wave
            message
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<RolloutDetailQuery, RolloutDetailQueryVariables>;
export const UpgradesDocument = new TypedDocumentString(`
    query Upgrades($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    upgrades(first: $first, after: $after) {
      edges {
        node {
          id
          toVersion
          state
          source
          message
          wave
          waveCount
          reason
          detail
          createdBy
          createdAt
          startedAt
          finishedAt
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<UpgradesQuery, UpgradesQueryVariables>;
export const UpgradeDetailDocument = new TypedDocumentString(`
    query UpgradeDetail($id: ID!) {
  node(id: $id) {
    ... on Upgrade {
      id
      toVersion
      state
      source
      message
      wave
      waveCount
      reason
      detail
      createdBy
      createdAt
      startedAt
      finishedAt
      decidedBy
      decidedAt
      estimate {
        finishesAt
        secondsLeft
      }
      findings {
        severity
        code
        cluster {
          name
        }
        object
        message
        remedy
      }
      clusters(first: 200) {
        edges {
          node {
            cluster {
              name
            }
            wave
            hop
            stage
            held
            reason
            detail
          }
        }
      }
      events(first: 200) {
        edges {
          node {
            at
            type
            cluster {
              name
            }
            message
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<UpgradeDetailQuery, UpgradeDetailQueryVariables>;
export const IstioVersionsDocument = new TypedDocumentString(`
    query IstioVersions {
  istioVersions {
    version
    minor
    channels
    released
    endOfLife
    isVerified
  }
}
    `) as unknown as TypedDocumentString<IstioVersionsQuery, IstioVersionsQueryVariables>;
export const WebhooksDocument = new TypedDocumentString(`
    query Webhooks($first: Int, $after: String) {
  organization {
    webhooks(first: $first, after: $after) {
      edges {
        node {
          ...WebhookRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment WebhookRow on Webhook {
  id
  name
  url
  types
  mesh {
    id
    name
  }
  disabledAt
  disabledReason
  failingSince
  previousUntil
  createdAt
}`) as unknown as TypedDocumentString<WebhooksQuery, WebhooksQueryVariables>;
export const WebhookDetailDocument = new TypedDocumentString(`
    query WebhookDetail($id: ID!) {
  node(id: $id) {
    ... on Webhook {
      ...WebhookRow
      deliveries(first: 20) {
        edges {
          node {
            ...DeliveryRow
          }
        }
      }
    }
  }
}
    fragment WebhookRow on Webhook {
  id
  name
  url
  types
  mesh {
    id
    name
  }
  disabledAt
  disabledReason
  failingSince
  previousUntil
  createdAt
}
fragment DeliveryRow on WebhookDelivery {
  id
  state
  attempts
  status
  reason
  detail
  createdAt
  finishedAt
  nextAt
  event {
    id
    type
    message
    at
  }
}`) as unknown as TypedDocumentString<WebhookDetailQuery, WebhookDetailQueryVariables>;
export const DeliveriesDocument = new TypedDocumentString(`
    query Deliveries($id: ID!, $state: WebhookDeliveryState, $first: Int, $after: String) {
  node(id: $id) {
    ... on Webhook {
      deliveries(state: $state, first: $first, after: $after) {
        edges {
          node {
            ...DeliveryRow
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
}
    fragment DeliveryRow on WebhookDelivery {
  id
  state
  attempts
  status
  reason
  detail
  createdAt
  finishedAt
  nextAt
  event {
    id
    type
    message
    at
  }
}`) as unknown as TypedDocumentString<DeliveriesQuery, DeliveriesQueryVariables>;
export const UpdateWebhookDocument = new TypedDocumentString(`
    mutation UpdateWebhook($input: UpdateWebhookInput!) {
  updateWebhook(input: $input) {
    webhook {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateWebhookMutation, UpdateWebhookMutationVariables>;
export const MeshRefsDocument = new TypedDocumentString(`
    query MeshRefs {
  meshes(first: 10) {
    edges {
      node {
        id
        name
      }
    }
  }
}
    `) as unknown as TypedDocumentString<MeshRefsQuery, MeshRefsQueryVariables>;
export const MeshRefOfIdDocument = new TypedDocumentString(`
    query MeshRefOfId($id: ID!) {
  mesh(id: $id) {
    id
    name
  }
}
    `) as unknown as TypedDocumentString<MeshRefOfIdQuery, MeshRefOfIdQueryVariables>;
export const MeshRefNamedDocument = new TypedDocumentString(`
    query MeshRefNamed($name: String!) {
  meshByName(name: $name) {
    id
    name
  }
}
    `) as unknown as TypedDocumentString<MeshRefNamedQuery, MeshRefNamedQueryVariables>;