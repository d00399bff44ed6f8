/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type AbortRolloutInput = {
  id: string | number;
};

export type AbortUpgradeInput = {
  upgradeId: string | number;
};

export type AdoptDriftInput = {
  clusterId: string | number;
  /** Why, for the history */
  message: string;
  /** Of the objects, as Kind.group/namespace/name */
  names: Array<string>;
};

export type AdoptInventoryInput = {
  clusterId: string | number;
  /** Why, for the history */
  message: string;
};

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

export type ApproveUpgradeInput = {
  upgradeId: string | number;
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

/** Whose words a document is in */
export type ConfigurationFamily =
  | 'GATEWAY_API'
  /** In an operator's words, compiled to the others; and ClusterOverride */
  | 'INTENT'
  | 'ISTIO';

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

export type PauseRolloutInput = {
  id: string | number;
};

export type PauseUpgradeInput = {
  upgradeId: string | number;
};

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

export type ReleaseHeldRemovalsInput = {
  clusterId: string | number;
};

/** Where a release came from */
export type ReleaseSource =
  | 'APPLY'
  | 'DRIFT'
  | 'INVENTORY';

export type RemoveClusterInput = {
  clusterId: string | number;
};

export type RequestInventoryInput = {
  clusterId: string | number;
};

export type ResumeRolloutInput = {
  id: string | number;
};

export type ResumeUpgradeInput = {
  upgradeId: string | number;
};

export type RetryAgentUpgradeInput = {
  clusterId: string | number;
};

export type RetryUpgradeClusterInput = {
  clusterId: string | number;
  upgradeId: string | number;
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

export type RollBackUpgradeInput = {
  upgradeId: string | number;
};

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

export type SetClusterLabelsInput = {
  clusterId: string | number;
  /** In place of those that it has */
  labels: Array<LabelInput>;
};

export type SignInInput = {
  email: string;
  password: string;
};

export type SignUpInput = {
  email: string;
  name: string;
  organizationName: string;
  /** 12 to 128 characters */
  password: string;
};

export type SkipUpgradeClusterInput = {
  clusterId: string | number;
  upgradeId: string | number;
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

export type TakeOverIstioInput = {
  clusterId: string | number;
};

export type TestWebhookInput = {
  id: string | number;
};

/** What the release that the mesh runs says of mutual TLS */
export type TopologyMutualTls =
  | 'DISABLE'
  | 'PERMISSIVE'
  | 'STRICT'
  /** It says nothing: Istio takes both, as PERMISSIVE */
  | 'UNSET';

export type UnlockClusterInput = {
  clusterId: string | number;
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

export type SessionQueryVariables = Exact<{ [key: string]: never; }>;


export type SessionQuery = { viewer: { user: { id: string, name: string, email: string } | null }, organization: { id: string, name: string, viewerRole: Role }, meshes: { edges: Array<{ node: { id: string, name: string, trustDomain: string } }> } };

export type SignOutMutationVariables = Exact<{ [key: string]: never; }>;


export type SignOutMutation = { signOut: { signedOut: boolean } };

export type MembershipsQueryVariables = Exact<{ [key: string]: never; }>;


export type MembershipsQuery = { viewer: { memberships: Array<{ organizationId: string, organizationName: string, role: Role }> } };

export type MeshEventsQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type MeshEventsQuery = { mesh: { id: string, events: { edges: Array<{ node: { id: string, type: string, subjectId: string, message: string, at: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type AuthorizeCommandLineMutationVariables = Exact<{
  input: CreateApiTokenInput;
}>;


export type AuthorizeCommandLineMutation = { createApiToken: { secret: string } };

export type UnlockClusterMutationVariables = Exact<{
  input: UnlockClusterInput;
}>;


export type UnlockClusterMutation = { unlockCluster: { cluster: { id: string, status: ClusterStatus } } };

export type ReleaseHeldRemovalsMutationVariables = Exact<{
  input: ReleaseHeldRemovalsInput;
}>;


export type ReleaseHeldRemovalsMutation = { releaseHeldRemovals: { cluster: { id: string, heldRemovals: Array<string> } } };

export type RemoveClusterMutationVariables = Exact<{
  input: RemoveClusterInput;
}>;


export type RemoveClusterMutation = { removeCluster: { cluster: { id: string } } };

export type ClusterAgentQueryVariables = Exact<{
  id: string | number;
}>;


export type ClusterAgentQuery = { cluster: { id: string, agent: { version: string | null, image: string | null, wanted: string | null, state: AgentState, reason: string | null, message: string | null } | null } };

export type RetryAgentMutationVariables = Exact<{
  input: RetryAgentUpgradeInput;
}>;


export type RetryAgentMutation = { retryAgentUpgrade: { cluster: { id: string } } };

export type ClusterDriftQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ClusterDriftQuery = { cluster: { drift: { edges: Array<{ node: { name: string, change: DriftChange, outcome: DriftOutcome, count: number, managers: Array<string>, diff: string, seenAt: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ClusterExportsQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ClusterExportsQuery = { cluster: { exports: { edges: Array<{ node: { host: string, namespace: string, name: string, exportedBy: string, readyEndpoints: number, localities: Array<string>, valid: boolean, conflict: boolean, stale: boolean, reason: string | null, message: string | null, ports: Array<{ name: string, port: number, protocol: string }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ClusterImportsQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ClusterImportsQuery = { cluster: { imports: { edges: Array<{ node: { namespace: string, name: string, sent: State, stored: State, accepted: State, live: State, reason: string | null, message: string | null, corrections: number, correctedManagers: Array<string>, reportedAt: string | null, exporters: Array<{ clusterId: string, clusterName: string, readyEndpoints: number, stale: boolean }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ClusterIntentsQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ClusterIntentsQuery = { cluster: { intentStates: { edges: Array<{ node: { type: string, name: string, sent: State, stored: State, accepted: State, live: State, reason: string | null, message: string | null, objects: Array<string>, corrections: number, correctedManagers: Array<string>, reportedAt: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ClusterInventoryQueryVariables = Exact<{
  id: string | number;
}>;


export type ClusterInventoryQuery = { cluster: { inventory: { objects: number, pending: boolean, leftOut: Array<string> } | null } };

export type RequestInventoryMutationVariables = Exact<{
  input: RequestInventoryInput;
}>;


export type RequestInventoryMutation = { requestInventory: { cluster: { id: string } } };

export type AdoptInventoryMutationVariables = Exact<{
  input: AdoptInventoryInput;
}>;


export type AdoptInventoryMutation = { adoptInventory: { release: { number: number, objectCount: number }, warnings: Array<{ code: string, message: string, object: string | null }> } };

export type ClusterIstioQueryVariables = Exact<{
  id: string | number;
}>;


export type ClusterIstioQuery = { cluster: { id: string, istio: { isSettled: boolean, isManaged: boolean, channel: UpgradeChannel | null, crdVersion: string | null, revisions: Array<{ name: string, version: string, installedBy: string, replicas: number, ready: number, proxies: number, gateways: number, injects: boolean, isManaged: boolean }>, tags: Array<{ name: string, revision: string }>, tasks: Array<{ type: string, object: string, state: State, reason: string, message: string }> } | null, upgrade: { stage: UpgradeStage, stageAt: string, upgrade: { id: string, toVersion: string } } | null } };

export type ClusterNamespacesQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ClusterNamespacesQuery = { cluster: { id: string, istio: { namespaces: { edges: Array<{ node: { name: string, follows: string | null, proxies: number, unready: number, gateways: number, bare: number, revisions: Array<{ revision: string, version: string, workloads: number, gateways: number }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null } };

export type SetClusterLabelsMutationVariables = Exact<{
  input: SetClusterLabelsInput;
}>;


export type SetClusterLabelsMutation = { setClusterLabels: { cluster: { id: string, labels: Array<{ key: string, value: string }> } } };

export type ClusterQueryVariables = Exact<{
  id: string | number;
}>;


export type ClusterQuery = { cluster: { id: string, name: string, kind: string, status: ClusterStatus, network: string, locality: string, cidrs: Array<string>, createdAt: string, connectedAt: string | null, lastContactAt: string | null, removedAt: string | null, lockReason: string | null, heldRemovals: Array<string>, recoveries: number, istioVersions: Array<string>, kubernetesVersion: string | null, capabilities: Array<string>, agentCertificateExpiresAt: string | null, labels: Array<{ key: string, value: string }>, conditions: Array<{ type: string, status: string, reason: string, message: string }>, gateways: Array<{ namespace: string, name: string, network: string, addresses: Array<{ type: string, value: string, port: number }> }>, configuration: { number: number | null, objects: number, stored: number, pending: number, refused: number, accepted: number, unaccepted: number, absent: number, current: boolean, live: State, liveMessage: string | null, proxies: number, proxiesLive: number, problems: Array<{ object: string, reason: string, message: string }>, release: { number: number, message: string } | null } | null, joining: { done: boolean, steps: Array<{ name: JoiningStepName, state: JoiningState, at: string | null, reason: string | null, message: string, remedy: string | null }> }, signingCertificate: { notBefore: string, notAfter: string, renewAt: string, serial: string, keyId: string } | null } };

export type CreateJoinTokenMutationVariables = Exact<{
  input: CreateJoinTokenInput;
}>;


export type CreateJoinTokenMutation = { createJoinToken: { helmCommand: string, joinToken: { expiresAt: string }, cluster: { id: string } } };

export type RegisterClusterMutationVariables = Exact<{
  input: RegisterClusterInput;
}>;


export type RegisterClusterMutation = { registerCluster: { helmCommand: string, joinToken: { expiresAt: string }, cluster: { id: string } } };

export type PlacesQueryVariables = Exact<{
  meshId: string | number;
}>;


export type PlacesQuery = { mesh: { clusters: { edges: Array<{ node: { network: string, locality: string } }> } } };

export type AdoptDriftMutationVariables = Exact<{
  input: AdoptDriftInput;
}>;


export type AdoptDriftMutation = { adoptDrift: { release: { id: string, number: number } } };

export type ConfigurationClustersQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ConfigurationClustersQuery = { mesh: { id: string, clusters: { edges: Array<{ node: { id: string, name: string, status: ClusterStatus, configuration: { number: number | null, current: boolean, objects: number, stored: number, accepted: number, unaccepted: number, live: State, liveMessage: string | null, proxies: number, proxiesLive: number, pending: number, refused: number, absent: number, problems: Array<{ object: string, reason: string, message: string }> } | null, drift: { edges: Array<{ node: { name: string } }>, pageInfo: { hasNextPage: boolean } } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type MeshDriftQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type MeshDriftQuery = { mesh: { id: string, clusters: { edges: Array<{ node: { id: string, name: string, drift: { edges: Array<{ node: { name: string, change: DriftChange, managers: Array<string>, seenAt: string, outcome: DriftOutcome, count: number, diff: string } }>, pageInfo: { hasNextPage: boolean } } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type CurrentWarningsQueryVariables = Exact<{
  id: string | number;
}>;


export type CurrentWarningsQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, warnings: Array<{ code: string, severity: ProblemSeverity, message: string, remedy: string, path: string | null, line: number | null, object: string | null }> }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type ConfigurationHeadQueryVariables = Exact<{
  meshId: string | number;
}>;


export type ConfigurationHeadQuery = { mesh: { id: string, configuration: { driftPolicy: DriftPolicy, currentRelease: { id: string, number: number, message: string, createdBy: string, createdAt: string, objectCount: number } | null, rolloutPolicy: { waves: Array<{ clusterSelector: string | null, percent: number | null, each: WaveUnit | null }>, gate: { soakSeconds: number, timeoutSeconds: number, maxRefusedPercent: number } } }, releases: { edges: Array<{ node: { id: string, number: number, createdAt: string } }> }, rollouts: { edges: Array<{ node: { id: string, state: RolloutState, stage: RolloutStage, wave: number, reason: string | null, detail: string | null, createdAt: string, finishedAt: string | null, message: string, waves: Array<{ index: number }>, release: { id: string, number: number } } }> } } };

export type ReleaseFolderQueryVariables = Exact<{
  id: string | number;
}>;


export type ReleaseFolderQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { number: number, id: string, files: Array<{ path: string, content: string }> }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type CheckFilesMutationVariables = Exact<{
  input: CheckConfigurationInput;
}>;


export type CheckFilesMutation = { checkConfiguration: { valid: boolean, objectCount: number, problems: Array<{ code: string, severity: ProblemSeverity, message: string, remedy: string, path: string | null, line: number | null, object: string | null }>, changes: Array<{ name: string, change: ObjectChangeType, diff: string }> } };

export type EditorKindsQueryVariables = Exact<{ [key: string]: never; }>;


export type EditorKindsQuery = { configurationKinds: Array<{ apiVersion: string, kind: string, family: ConfigurationFamily, schema: string, example: string, description: string }> };

export type UpdateConfigurationSettingsMutationVariables = Exact<{
  input: UpdateConfigurationSettingsInput;
}>;


export type UpdateConfigurationSettingsMutation = { updateConfigurationSettings: { settings: { driftPolicy: DriftPolicy } } };

export type ReleasesQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ReleasesQuery = { mesh: { id: string, releases: { edges: Array<{ node: { id: string, number: number, message: string, source: ReleaseSource, createdBy: string, createdAt: string, objectCount: number } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ReleaseChangesQueryVariables = Exact<{
  id: string | number;
  from?: number | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ReleaseChangesQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, changes: { edges: Array<{ node: { name: string, change: ObjectChangeType, diff: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type ReleaseFilesQueryVariables = Exact<{
  id: string | number;
  form: ReleaseForm;
}>;


export type ReleaseFilesQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, files: Array<{ path: string, content: string }> }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type ReleaseObjectsQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ReleaseObjectsQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, objects: { edges: Array<{ node: { name: string, compiledFrom: string | null, path: string, line: number, manifest: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type ReleasePreviewQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ReleasePreviewQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, preview: { edges: Array<{ node: { added: number, changed: number, removed: number, from: number | null, diff: string, cluster: { id: string, name: string } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type ReleaseHeadQueryVariables = Exact<{
  id: string | number;
}>;


export type ReleaseHeadQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { digest: string, id: string, warnings: Array<{ code: string, severity: ProblemSeverity, message: string, remedy: string, path: string | null, line: number | null, object: string | null }> }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type ApplyConfigurationMutationVariables = Exact<{
  input: ApplyConfigurationInput;
}>;


export type ApplyConfigurationMutation = { applyConfiguration: { created: boolean, release: { id: string, number: number }, rollout: { id: string } | null } };

export type StartRolloutMutationVariables = Exact<{
  input: StartRolloutInput;
}>;


export type StartRolloutMutation = { startRollout: { rollout: { id: string } | null } };

export type FleetQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type FleetQuery = { mesh: { clusters: { edges: Array<{ node: { id: string, name: string, status: ClusterStatus, network: string, locality: string, istioVersions: Array<string>, kubernetesVersion: string | null, agentVersion: string | null, lastContactAt: string | null, lockReason: string | null, heldRemovals: Array<string>, agentCertificateExpiresAt: string | null, conditions: Array<{ type: string, reason: string, message: string }>, configuration: { number: number | null, objects: number, stored: number, pending: number, refused: number, unaccepted: number, current: boolean, live: State, liveMessage: string | null } | null, joining: { done: boolean, steps: Array<{ name: JoiningStepName, state: JoiningState, reason: string | null, message: string, remedy: string | null }> }, signingCertificate: { notAfter: string, renewAt: string } | null, drift: { edges: Array<{ node: { name: string } }>, pageInfo: { hasNextPage: boolean } } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type FleetMeshQueryVariables = Exact<{
  meshId: string | number;
}>;


export type FleetMeshQuery = { mesh: { name: string, trustDomain: string, findings: Array<{ clusterId: string | null, code: string, message: string }> } };

export type FleetImportsQueryVariables = Exact<{
  meshId: string | number;
}>;


export type FleetImportsQuery = { mesh: { topology: { services: Array<{ id: string, importers: Array<{ clusterId: string, state: State }> }> } } };

export type CreateMeshMutationVariables = Exact<{
  input: CreateMeshInput;
}>;


export type CreateMeshMutation = { createMesh: { mesh: { id: string } } };

export type OrganizationFactsQueryVariables = Exact<{ [key: string]: never; }>;


export type OrganizationFactsQuery = { organization: { id: string, createdAt: string } };

export type OrganizationMembersQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type OrganizationMembersQuery = { organization: { id: string, members: { edges: Array<{ node: { role: Role, createdAt: string, user: { id: string, name: string, email: string } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ReachabilityChoicesQueryVariables = Exact<{
  meshId: string | number;
}>;


export type ReachabilityChoicesQuery = { mesh: { services: { edges: Array<{ node: { host: string, namespace: string } }> } } };

export type ReachabilityClustersQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ReachabilityClustersQuery = { mesh: { clusters: { edges: Array<{ node: { id: string, name: string, network: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ReachabilityAnswerQueryVariables = Exact<{
  meshId: string | number;
  fromClusterId: string | number;
  fromNamespace: string;
  fromServiceAccount?: string | null | undefined;
  host: string;
  port?: number | null | undefined;
}>;


export type ReachabilityAnswerQuery = { reachability: { state: LinkState, host: string, broken: { link: ReachabilityLink, state: LinkState, clusterId: string | null, clusterName: string | null, reason: string | null, message: string, remedy: string | null, evidence: Array<string> } | null, steps: Array<{ link: ReachabilityLink, state: LinkState, clusterId: string | null, clusterName: string | null, reason: string | null, message: string, remedy: string | null, evidence: Array<string> }>, routes: Array<{ clusterId: string, clusterName: string, network: string, local: boolean, state: LinkState, steps: Array<{ link: ReachabilityLink, state: LinkState, clusterId: string | null, clusterName: string | null, reason: string | null, message: string, remedy: string | null, evidence: Array<string> }> }> } };

export type ReachabilityStepPartsFragment = { link: ReachabilityLink, state: LinkState, clusterId: string | null, clusterName: string | null, reason: string | null, message: string, remedy: string | null, evidence: Array<string> };

export type PauseRolloutMutationVariables = Exact<{
  input: PauseRolloutInput;
}>;


export type PauseRolloutMutation = { pauseRollout: { rollout: { id: string } } };

export type ResumeRolloutMutationVariables = Exact<{
  input: ResumeRolloutInput;
}>;


export type ResumeRolloutMutation = { resumeRollout: { rollout: { id: string } } };

export type AbortRolloutMutationVariables = Exact<{
  input: AbortRolloutInput;
}>;


export type AbortRolloutMutation = { abortRollout: { rollout: { id: string } } };

export type RollBackMutationVariables = Exact<{
  input: StartRolloutInput;
}>;


export type RollBackMutation = { startRollout: { rollout: { id: string } | null } };

export type RolloutViewQueryVariables = Exact<{
  id: string | number;
}>;


export type RolloutViewQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { state: RolloutState, stage: RolloutStage, wave: number, trialClusterIds: Array<string>, reason: string | null, detail: string | null, message: string, createdBy: string, createdAt: string, startedAt: string | null, finishedAt: string | null, id: string, waves: Array<{ index: number, clusterIds: Array<string> }>, release: { id: string, number: number, objectCount: number }, from: { id: string, number: number } | null, policy: { gate: { soakSeconds: number, timeoutSeconds: number, maxRefusedPercent: number } } }
    | { id: string }
    | { id: string }
   | null };

export type RolloutsQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type RolloutsQuery = { mesh: { id: string, rollouts: { edges: Array<{ node: { id: string, state: RolloutState, stage: RolloutStage, wave: number, reason: string | null, message: string, createdBy: string, createdAt: string, finishedAt: string | null, waves: Array<{ index: number }>, release: { id: string, number: number } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type RolloutClustersQueryVariables = Exact<{
  ids: Array<string | number> | string | number;
}>;


export type RolloutClustersQuery = { nodes: Array<
    | { id: string }
    | { name: string, status: ClusterStatus, id: string, configuration: { number: number | null, current: boolean, objects: number, stored: number, pending: number, refused: number, unaccepted: number, absent: number, live: State, liveMessage: string | null, proxies: number, proxiesLive: number, problems: Array<{ object: string, reason: string, message: string }> } | null }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
   | null> };

export type RolloutEventsQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type RolloutEventsQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, events: { edges: Array<{ node: { step: number, at: string, type: string, wave: number | null, message: string, actor: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | { id: string }
    | { id: string }
   | null };

export type RowImportStatesQueryVariables = Exact<{
  ids: Array<string | number> | string | number;
}>;


export type RowImportStatesQuery = { nodes: Array<
    | { id: string, importStates: { edges: Array<{ node: { sent: State, stored: State, accepted: State, live: State } }>, pageInfo: { hasNextPage: boolean } } }
    | Record<PropertyKey, never>
   | null> };

export type ServiceDetailQueryVariables = Exact<{
  meshId: string | number;
  host: string;
}>;


export type ServiceDetailQuery = { mesh: { service: { id: string, host: string, clustersetHost: string, headless: boolean, ports: Array<{ port: number, name: string, protocol: string, appProtocol: string }>, exporters: Array<{ clusterId: string, clusterName: string, network: string, localities: Array<string>, readyEndpoints: number, valid: boolean, conflict: boolean, stale: boolean, reason: string | null, message: string | null }> } } };

export type ServiceImportersQueryVariables = Exact<{
  meshId: string | number;
  host: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ServiceImportersQuery = { mesh: { service: { importStates: { edges: Array<{ node: { clusterId: string, sent: State, stored: State, accepted: State, live: State, reason: string | null, message: string | null, objects: Array<string>, corrections: number, correctedManagers: Array<string>, reportedAt: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } } };

export type ServiceClusterNamesQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ServiceClusterNamesQuery = { mesh: { clusters: { edges: Array<{ node: { id: string, name: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ServiceRowsQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ServiceRowsQuery = { mesh: { services: { edges: Array<{ node: { id: string, host: string, namespace: string, name: string, ports: Array<{ port: number, name: string }>, exporters: Array<{ clusterName: string, readyEndpoints: number, valid: boolean, conflict: boolean, stale: boolean }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type UpdateExportPolicyMutationVariables = Exact<{
  input: UpdateExportPolicyInput;
}>;


export type UpdateExportPolicyMutation = { updateExportPolicy: { exportPolicy: { id: string } } };

export type GrantHostMutationVariables = Exact<{
  input: GrantHostInput;
}>;


export type GrantHostMutation = { grantHost: { hostGrant: { id: string } } };

export type RevokeHostGrantMutationVariables = Exact<{
  input: RevokeHostGrantInput;
}>;


export type RevokeHostGrantMutation = { revokeHostGrant: { hostGrant: { id: string } } };

export type CreateExportPolicyMutationVariables = Exact<{
  input: CreateExportPolicyInput;
}>;


export type CreateExportPolicyMutation = { createExportPolicy: { exportPolicy: { id: string } } };

export type DeleteExportPolicyMutationVariables = Exact<{
  input: DeleteExportPolicyInput;
}>;


export type DeleteExportPolicyMutation = { deleteExportPolicy: { exportPolicy: { id: string } } };

export type MeshFactsQueryVariables = Exact<{
  meshId: string | number;
}>;


export type MeshFactsQuery = { mesh: { id: string, name: string, trustDomain: string, createdAt: string, configuration: { driftPolicy: DriftPolicy } } };

export type ExportPoliciesQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ExportPoliciesQuery = { mesh: { id: string, exportPolicies: { edges: Array<{ node: { id: string, name: string, createdAt: string, namespaceSelector: { matchLabels: Array<{ key: string, value: string }>, matchExpressions: Array<{ key: string, operator: string, values: Array<string> }> }, serviceSelector: { matchLabels: Array<{ key: string, value: string }>, matchExpressions: Array<{ key: string, operator: string, values: Array<string> }> } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type HostGrantsQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type HostGrantsQuery = { mesh: { id: string, hostGrants: { edges: Array<{ node: { id: string, namespace: string, service: string, clusterIds: Array<string>, createdAt: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type GrantableClustersQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type GrantableClustersQuery = { mesh: { id: string, clusters: { edges: Array<{ node: { id: string, name: string, status: ClusterStatus } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type SignInMutationVariables = Exact<{
  input: SignInInput;
}>;


export type SignInMutation = { signIn: { user: { id: string } } };

export type SignUpMutationVariables = Exact<{
  input: SignUpInput;
}>;


export type SignUpMutation = { signUp: { organization: { id: string } } };

export type CreateApiTokenMutationVariables = Exact<{
  input: CreateApiTokenInput;
}>;


export type CreateApiTokenMutation = { createApiToken: { secret: string, apiToken: { id: string, name: string, expiresAt: string } } };

export type ApiTokensQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ApiTokensQuery = { organization: { id: string, apiTokens: { edges: Array<{ node: { id: string, name: string, prefix: string, role: Role, namespaces: Array<string>, createdAt: string, createdBy: string, lastUsedAt: string | null, expiresAt: string, revokedAt: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type TokenMakersQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type TokenMakersQuery = { organization: { id: string, members: { edges: Array<{ node: { user: { id: string, name: string } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type RevokeApiTokenMutationVariables = Exact<{
  input: RevokeApiTokenInput;
}>;


export type RevokeApiTokenMutation = { revokeApiToken: { apiToken: { id: string, revokedAt: string | null } } };

export type TopologyClustersQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type TopologyClustersQuery = { mesh: { clusters: { edges: Array<{ node: { id: string, name: string, network: string, locality: string, status: ClusterStatus, gateways: Array<{ namespace: string, name: string }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type TopologyServicesQueryVariables = Exact<{
  meshId: string | number;
}>;


export type TopologyServicesQuery = { mesh: { topology: { total: number, truncated: boolean, services: Array<{ id: string, host: string, namespace: string, name: string, identities: Array<string>, mutualTls: TopologyMutualTls, policies: Array<{ name: string, action: string, summary: string }>, exporters: Array<{ clusterId: string, network: string, readyEndpoints: number, localities: Array<string>, valid: boolean, conflict: boolean, stale: boolean, reason: string | null }>, importers: Array<{ clusterId: string, state: State, reason: string | null, message: string | null }> }> } } };

export type MeshTrustQueryVariables = Exact<{
  meshId: string | number;
}>;


export type MeshTrustQuery = { mesh: { id: string, trust: { trustDomain: string, anchors: Array<{ id: string, fingerprint: string, notBefore: string, notAfter: string, pem: string, retiredAt: string | null }>, signingCertificates: Array<{ clusterId: string, issuerRootId: string, serial: string, notBefore: string, notAfter: string, renewAt: string }> } } };

export type TrustMembersQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type TrustMembersQuery = { mesh: { id: string, clusters: { edges: Array<{ node: { id: string, name: string, status: ClusterStatus, recoveries: number, agentCertificateExpiresAt: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type StartUpgradeMutationVariables = Exact<{
  input: StartUpgradeInput;
}>;


export type StartUpgradeMutation = { startUpgrade: { upgrade: { id: string } } };

export type ApproveUpgradeMutationVariables = Exact<{
  input: ApproveUpgradeInput;
}>;


export type ApproveUpgradeMutation = { approveUpgrade: { upgrade: { id: string } } };

export type RejectUpgradeMutationVariables = Exact<{
  input: RejectUpgradeInput;
}>;


export type RejectUpgradeMutation = { rejectUpgrade: { upgrade: { id: string } } };

export type PauseUpgradeMutationVariables = Exact<{
  input: PauseUpgradeInput;
}>;


export type PauseUpgradeMutation = { pauseUpgrade: { upgrade: { id: string } } };

export type ResumeUpgradeMutationVariables = Exact<{
  input: ResumeUpgradeInput;
}>;


export type ResumeUpgradeMutation = { resumeUpgrade: { upgrade: { id: string } } };

export type AbortUpgradeMutationVariables = Exact<{
  input: AbortUpgradeInput;
}>;


export type AbortUpgradeMutation = { abortUpgrade: { upgrade: { id: string } } };

export type RollBackUpgradeMutationVariables = Exact<{
  input: RollBackUpgradeInput;
}>;


export type RollBackUpgradeMutation = { rollBackUpgrade: { upgrade: { id: string } } };

export type SetChannelMutationVariables = Exact<{
  input: SetClusterChannelInput;
}>;


export type SetChannelMutation = { setClusterChannel: { cluster: { id: string } } };

export type RetryClusterMutationVariables = Exact<{
  input: RetryUpgradeClusterInput;
}>;


export type RetryClusterMutation = { retryUpgradeCluster: { upgrade: { id: string } } };

export type SkipClusterMutationVariables = Exact<{
  input: SkipUpgradeClusterInput;
}>;


export type SkipClusterMutation = { skipUpgradeCluster: { upgrade: { id: string } } };

export type ClusterTasksQueryVariables = Exact<{
  id: string | number;
}>;


export type ClusterTasksQuery = { cluster: { id: string, istio: { isSettled: boolean, revisions: Array<{ name: string, version: string, ready: number, replicas: number, proxies: number, gateways: number }>, tasks: Array<{ type: string, object: string, state: State, reason: string, message: string }> } | null } };

export type ClusterStepsQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ClusterStepsQuery = { cluster: { id: string, upgrade: { upgrade: { id: string }, events: { edges: Array<{ node: { step: number, at: string, type: string, message: string, actor: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null } };

export type TakeOverMutationVariables = Exact<{
  input: TakeOverIstioInput;
}>;


export type TakeOverMutation = { takeOverIstio: { cluster: { id: string } } };

export type PlanUpgradeMutationVariables = Exact<{
  input: PlanUpgradeInput;
}>;


export type PlanUpgradeMutation = { planUpgrade: { upgrade: { id: string } } };

export type UpgradeViewQueryVariables = Exact<{
  id: string | number;
}>;


export type UpgradeViewQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { toVersion: string, state: UpgradeState, source: UpgradeSource, message: string, wave: number, waveCount: number, reason: string | null, detail: string | null, createdBy: string | null, createdAt: string, decidedBy: string | null, decidedAt: string | null, startedAt: string | null, finishedAt: string | null, id: string, estimate: { secondsLeft: number, finishesAt: string } | null, policy: { canaryNamespaces: Array<string>, soakSeconds: number, timeoutSeconds: number, graceSeconds: number, maxRestarting: number, waves: Array<{ clusterSelector: string | null, percent: number | null, each: WaveUnit | null }> } }
    | { id: string }
   | null };

export type UpgradeFindingsQueryVariables = Exact<{
  id: string | number;
}>;


export type UpgradeFindingsQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, findings: Array<{ severity: UpgradeFindingSeverity, code: string, message: string, remedy: string, object: string | null, cluster: { id: string, name: string } | null }> }
    | { id: string }
   | null };

export type UpgradeClustersQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type UpgradeClustersQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, clusters: { edges: Array<{ node: { wave: number, hop: number, stage: UpgradeStage, held: boolean, reason: string | null, detail: string | null, stageAt: string, startedAt: string | null, finishedAt: string | null, hops: Array<{ from: string | null, to: string }>, cluster: { id: string, name: string } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | { id: string }
   | null };

export type FleetIstioQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type FleetIstioQuery = { mesh: { id: string, clusters: { edges: Array<{ node: { id: string, name: string, status: ClusterStatus, agent: { version: string | null, wanted: string | null, state: AgentState, message: string | null } | null, istio: { isManaged: boolean, isSettled: boolean, channel: UpgradeChannel | null, revisions: Array<{ name: string, version: string, installedBy: string, replicas: number, ready: number, proxies: number, gateways: number, injects: boolean, isManaged: boolean }>, tags: Array<{ name: string, revision: string }> } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type IstioVersionsQueryVariables = Exact<{ [key: string]: never; }>;


export type IstioVersionsQuery = { istioVersions: Array<{ version: string, minor: string, released: string | null, endOfLife: string | null, isVerified: boolean, channels: Array<UpgradeChannel> }> };

export type UpgradeSettingsViewQueryVariables = Exact<{
  meshId: string | number;
}>;


export type UpgradeSettingsViewQuery = { mesh: { id: string, upgradeSettings: { maxInFlight: number, requireApproval: boolean, windows: Array<{ name: string, clusterSelector: string | null, days: Array<WeekDay>, opens: string, minutes: number, timeZone: string }>, freezes: Array<{ name: string, clusterSelector: string | null, from: string, until: string }>, policy: { canaryNamespaces: Array<string>, soakSeconds: number, timeoutSeconds: number, graceSeconds: number, maxRestarting: number, waves: Array<{ clusterSelector: string | null, percent: number | null, each: WaveUnit | null }> }, charts: { repository: string, values: string, digests: Array<{ chart: string, version: string, sha256: string }> }, agent: { version: string, digest: string | null } | null } } };

export type UpdateUpgradeSettingsMutationVariables = Exact<{
  input: UpdateUpgradeSettingsInput;
}>;


export type UpdateUpgradeSettingsMutation = { updateUpgradeSettings: { settings: { maxInFlight: number } } };

export type UpgradeEventsQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type UpgradeEventsQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, events: { edges: Array<{ node: { step: number, at: string, type: string, message: string, actor: string | null, cluster: { id: string, name: string } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | { id: string }
   | null };

export type UpgradesQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type UpgradesQuery = { mesh: { id: string, upgrades: { edges: Array<{ node: { id: string, toVersion: string, state: UpgradeState, source: UpgradeSource, message: string, wave: number, waveCount: number, reason: string | null, createdBy: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type WebhookDeliveriesQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type WebhookDeliveriesQuery = { node:
    | { id: string, deliveries: { edges: Array<{ node: { id: string, state: WebhookDeliveryState, attempts: number, nextAt: string | null, status: number | null, reason: string | null, detail: string | null, createdAt: string, event: { id: string, type: string, message: string } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | Record<PropertyKey, never>
   | null };

export type RedeliverWebhookMutationVariables = Exact<{
  input: RedeliverWebhookInput;
}>;


export type RedeliverWebhookMutation = { redeliverWebhook: { delivery: { id: string } } };

export type CreateWebhookMutationVariables = Exact<{
  input: CreateWebhookInput;
}>;


export type CreateWebhookMutation = { createWebhook: { secret: string, webhook: { id: string, name: string } } };

export type EventTypesQueryVariables = Exact<{ [key: string]: never; }>;


export type EventTypesQuery = { eventTypes: Array<{ name: string, description: string }> };

export type UpdateWebhookMutationVariables = Exact<{
  input: UpdateWebhookInput;
}>;


export type UpdateWebhookMutation = { updateWebhook: { webhook: { id: string } } };

export type OneWebhookQueryVariables = Exact<{
  id: string | number;
}>;


export type OneWebhookQuery = { node:
    | { id: string, name: string, url: string, types: Array<string>, disabledAt: string | null, disabledReason: string | null, failingSince: string | null, previousUntil: string | null, createdAt: string, mesh: { id: string, name: string } | null }
    | Record<PropertyKey, never>
   | null };

export type RotateWebhookSecretMutationVariables = Exact<{
  input: RotateWebhookSecretInput;
}>;


export type RotateWebhookSecretMutation = { rotateWebhookSecret: { secret: string, webhook: { id: string, previousUntil: string | null } } };

export type TestWebhookMutationVariables = Exact<{
  input: TestWebhookInput;
}>;


export type TestWebhookMutation = { testWebhook: { delivery: { id: string } } };

export type DeleteWebhookMutationVariables = Exact<{
  input: DeleteWebhookInput;
}>;


export type DeleteWebhookMutation = { deleteWebhook: { webhook: { id: string } } };

export type WebhooksQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type WebhooksQuery = { organization: { id: string, webhooks: { edges: Array<{ node: { id: string, name: string, url: string, types: Array<string>, disabledAt: string | null, failingSince: string | null, createdAt: string, mesh: { id: string, name: string } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ActorMembersQueryVariables = Exact<{ [key: string]: never; }>;


export type ActorMembersQuery = { organization: { id: string, members: { edges: Array<{ node: { user: { id: string, name: string } } }> } } };

export type ActorTokensQueryVariables = Exact<{ [key: string]: never; }>;


export type ActorTokensQuery = { organization: { id: string, apiTokens: { edges: Array<{ node: { id: string, name: string } }> } } };

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
export const ReachabilityStepPartsFragmentDoc = new TypedDocumentString(`
    fragment ReachabilityStepParts on ReachabilityStep {
  link
  state
  clusterId
  clusterName
  reason
  message
  remedy
  evidence
}
    `, {"fragmentName":"ReachabilityStepParts"}) as unknown as TypedDocumentString<ReachabilityStepPartsFragment, unknown>;
export const MeshChangedDocument = new TypedDocumentString(`
    subscription MeshChanged($meshId: ID!) {
  meshChanged(meshId: $meshId) {
    id
  }
}
    `) as unknown as TypedDocumentString<MeshChangedSubscription, MeshChangedSubscriptionVariables>;
export const SessionDocument = new TypedDocumentString(`
    query Session {
  viewer {
    user {
      id
      name
      email
    }
  }
  organization {
    id
    name
    viewerRole
  }
  meshes(first: 200) {
    edges {
      node {
        id
        name
        trustDomain
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SessionQuery, SessionQueryVariables>;
export const SignOutDocument = new TypedDocumentString(`
    mutation SignOut {
  signOut {
    signedOut
  }
}
    `) as unknown as TypedDocumentString<SignOutMutation, SignOutMutationVariables>;
export const MembershipsDocument = new TypedDocumentString(`
    query Memberships {
  viewer {
    memberships {
      organizationId
      organizationName
      role
    }
  }
}
    `) as unknown as TypedDocumentString<MembershipsQuery, MembershipsQueryVariables>;
export const MeshEventsDocument = new TypedDocumentString(`
    query MeshEvents($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    id
    events(first: $first, after: $after) {
      edges {
        node {
          id
          type
          subjectId
          message
          at
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<MeshEventsQuery, MeshEventsQueryVariables>;
export const AuthorizeCommandLineDocument = new TypedDocumentString(`
    mutation AuthorizeCommandLine($input: CreateApiTokenInput!) {
  createApiToken(input: $input) {
    secret
  }
}
    `) as unknown as TypedDocumentString<AuthorizeCommandLineMutation, AuthorizeCommandLineMutationVariables>;
export const UnlockClusterDocument = new TypedDocumentString(`
    mutation UnlockCluster($input: UnlockClusterInput!) {
  unlockCluster(input: $input) {
    cluster {
      id
      status
    }
  }
}
    `) as unknown as TypedDocumentString<UnlockClusterMutation, UnlockClusterMutationVariables>;
export const ReleaseHeldRemovalsDocument = new TypedDocumentString(`
    mutation ReleaseHeldRemovals($input: ReleaseHeldRemovalsInput!) {
  releaseHeldRemovals(input: $input) {
    cluster {
      id
      heldRemovals
    }
  }
}
    `) as unknown as TypedDocumentString<ReleaseHeldRemovalsMutation, ReleaseHeldRemovalsMutationVariables>;
export const RemoveClusterDocument = new TypedDocumentString(`
    mutation RemoveCluster($input: RemoveClusterInput!) {
  removeCluster(input: $input) {
    cluster {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RemoveClusterMutation, RemoveClusterMutationVariables>;
export const ClusterAgentDocument = new TypedDocumentString(`
    query ClusterAgent($id: ID!) {
  cluster(id: $id) {
    id
    agent {
      version
      image
      wanted
      state
      reason
      message
    }
  }
}
    `) as unknown as TypedDocumentString<ClusterAgentQuery, ClusterAgentQueryVariables>;
export const RetryAgentDocument = new TypedDocumentString(`
    mutation RetryAgent($input: RetryAgentUpgradeInput!) {
  retryAgentUpgrade(input: $input) {
    cluster {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RetryAgentMutation, RetryAgentMutationVariables>;
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
          diff
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
          namespace
          name
          exportedBy
          readyEndpoints
          localities
          ports {
            name
            port
            protocol
          }
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
export const ClusterImportsDocument = new TypedDocumentString(`
    query ClusterImports($id: ID!, $first: Int, $after: String) {
  cluster(id: $id) {
    imports(first: $first, after: $after) {
      edges {
        node {
          namespace
          name
          sent
          stored
          accepted
          live
          reason
          message
          corrections
          correctedManagers
          reportedAt
          exporters {
            clusterId
            clusterName
            readyEndpoints
            stale
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
    `) as unknown as TypedDocumentString<ClusterImportsQuery, ClusterImportsQueryVariables>;
export const ClusterIntentsDocument = new TypedDocumentString(`
    query ClusterIntents($id: ID!, $first: Int, $after: String) {
  cluster(id: $id) {
    intentStates(first: $first, after: $after) {
      edges {
        node {
          type
          name
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
    `) as unknown as TypedDocumentString<ClusterIntentsQuery, ClusterIntentsQueryVariables>;
export const ClusterInventoryDocument = new TypedDocumentString(`
    query ClusterInventory($id: ID!) {
  cluster(id: $id) {
    inventory {
      objects
      pending
      leftOut
    }
  }
}
    `) as unknown as TypedDocumentString<ClusterInventoryQuery, ClusterInventoryQueryVariables>;
export const RequestInventoryDocument = new TypedDocumentString(`
    mutation RequestInventory($input: RequestInventoryInput!) {
  requestInventory(input: $input) {
    cluster {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RequestInventoryMutation, RequestInventoryMutationVariables>;
export const AdoptInventoryDocument = new TypedDocumentString(`
    mutation AdoptInventory($input: AdoptInventoryInput!) {
  adoptInventory(input: $input) {
    release {
      number
      objectCount
    }
    warnings {
      code
      message
      object
    }
  }
}
    `) as unknown as TypedDocumentString<AdoptInventoryMutation, AdoptInventoryMutationVariables>;
export const ClusterIstioDocument = new TypedDocumentString(`
    query ClusterIstio($id: ID!) {
  cluster(id: $id) {
    id
    istio {
      isSettled
      isManaged
      channel
      crdVersion
      revisions {
        name
        version
        installedBy
        replicas
        ready
        proxies
        gateways
        injects
        isManaged
      }
      tags {
        name
        revision
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
      upgrade {
        id
        toVersion
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ClusterIstioQuery, ClusterIstioQueryVariables>;
export const ClusterNamespacesDocument = new TypedDocumentString(`
    query ClusterNamespaces($id: ID!, $first: Int, $after: String) {
  cluster(id: $id) {
    id
    istio {
      namespaces(first: $first, after: $after) {
        edges {
          node {
            name
            follows
            proxies
            unready
            gateways
            bare
            revisions {
              revision
              version
              workloads
              gateways
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
    `) as unknown as TypedDocumentString<ClusterNamespacesQuery, ClusterNamespacesQueryVariables>;
export const SetClusterLabelsDocument = new TypedDocumentString(`
    mutation SetClusterLabels($input: SetClusterLabelsInput!) {
  setClusterLabels(input: $input) {
    cluster {
      id
      labels {
        key
        value
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SetClusterLabelsMutation, SetClusterLabelsMutationVariables>;
export const ClusterDocument = new TypedDocumentString(`
    query Cluster($id: ID!) {
  cluster(id: $id) {
    id
    name
    kind
    status
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
    lockReason
    heldRemovals
    recoveries
    istioVersions
    kubernetesVersion
    capabilities
    conditions {
      type
      status
      reason
      message
    }
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
      objects
      stored
      pending
      refused
      accepted
      unaccepted
      absent
      current
      live
      liveMessage
      proxies
      proxiesLive
      problems {
        object
        reason
        message
      }
      release {
        number
        message
      }
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
    signingCertificate {
      notBefore
      notAfter
      renewAt
      serial
      keyId
    }
    agentCertificateExpiresAt
  }
}
    `) as unknown as TypedDocumentString<ClusterQuery, ClusterQueryVariables>;
export const CreateJoinTokenDocument = new TypedDocumentString(`
    mutation CreateJoinToken($input: CreateJoinTokenInput!) {
  createJoinToken(input: $input) {
    helmCommand
    joinToken {
      expiresAt
    }
    cluster {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<CreateJoinTokenMutation, CreateJoinTokenMutationVariables>;
export const RegisterClusterDocument = new TypedDocumentString(`
    mutation RegisterCluster($input: RegisterClusterInput!) {
  registerCluster(input: $input) {
    helmCommand
    joinToken {
      expiresAt
    }
    cluster {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RegisterClusterMutation, RegisterClusterMutationVariables>;
export const PlacesDocument = new TypedDocumentString(`
    query Places($meshId: ID!) {
  mesh(id: $meshId) {
    clusters(first: 200) {
      edges {
        node {
          network
          locality
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PlacesQuery, PlacesQueryVariables>;
export const AdoptDriftDocument = new TypedDocumentString(`
    mutation AdoptDrift($input: AdoptDriftInput!) {
  adoptDrift(input: $input) {
    release {
      id
      number
    }
  }
}
    `) as unknown as TypedDocumentString<AdoptDriftMutation, AdoptDriftMutationVariables>;
export const ConfigurationClustersDocument = new TypedDocumentString(`
    query ConfigurationClusters($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    id
    clusters(first: $first, after: $after) {
      edges {
        node {
          id
          name
          status
          configuration {
            number
            current
            objects
            stored
            accepted
            unaccepted
            live
            liveMessage
            proxies
            proxiesLive
            pending
            refused
            absent
            problems {
              object
              reason
              message
            }
          }
          drift(first: 20) {
            edges {
              node {
                name
              }
            }
            pageInfo {
              hasNextPage
            }
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
    `) as unknown as TypedDocumentString<ConfigurationClustersQuery, ConfigurationClustersQueryVariables>;
export const MeshDriftDocument = new TypedDocumentString(`
    query MeshDrift($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    id
    clusters(first: $first, after: $after) {
      edges {
        node {
          id
          name
          drift(first: 100) {
            edges {
              node {
                name
                change
                managers
                seenAt
                outcome
                count
                diff
              }
            }
            pageInfo {
              hasNextPage
            }
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
    `) as unknown as TypedDocumentString<MeshDriftQuery, MeshDriftQueryVariables>;
export const CurrentWarningsDocument = new TypedDocumentString(`
    query CurrentWarnings($id: ID!) {
  node(id: $id) {
    id
    ... on Release {
      warnings {
        code
        severity
        message
        remedy
        path
        line
        object
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CurrentWarningsQuery, CurrentWarningsQueryVariables>;
export const ConfigurationHeadDocument = new TypedDocumentString(`
    query ConfigurationHead($meshId: ID!) {
  mesh(id: $meshId) {
    id
    configuration {
      driftPolicy
      currentRelease {
        id
        number
        message
        createdBy
        createdAt
        objectCount
      }
      rolloutPolicy {
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
    }
    releases(first: 1) {
      edges {
        node {
          id
          number
          createdAt
        }
      }
    }
    rollouts(first: 20) {
      edges {
        node {
          id
          state
          stage
          wave
          waves {
            index
          }
          reason
          detail
          createdAt
          finishedAt
          message
          release {
            id
            number
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ConfigurationHeadQuery, ConfigurationHeadQueryVariables>;
export const ReleaseFolderDocument = new TypedDocumentString(`
    query ReleaseFolder($id: ID!) {
  node(id: $id) {
    id
    ... on Release {
      number
      files {
        path
        content
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReleaseFolderQuery, ReleaseFolderQueryVariables>;
export const CheckFilesDocument = new TypedDocumentString(`
    mutation CheckFiles($input: CheckConfigurationInput!) {
  checkConfiguration(input: $input) {
    valid
    objectCount
    problems {
      code
      severity
      message
      remedy
      path
      line
      object
    }
    changes {
      name
      change
      diff
    }
  }
}
    `) as unknown as TypedDocumentString<CheckFilesMutation, CheckFilesMutationVariables>;
export const EditorKindsDocument = new TypedDocumentString(`
    query EditorKinds {
  configurationKinds {
    apiVersion
    kind
    family
    schema
    example
    description
  }
}
    `) as unknown as TypedDocumentString<EditorKindsQuery, EditorKindsQueryVariables>;
export const UpdateConfigurationSettingsDocument = new TypedDocumentString(`
    mutation UpdateConfigurationSettings($input: UpdateConfigurationSettingsInput!) {
  updateConfigurationSettings(input: $input) {
    settings {
      driftPolicy
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateConfigurationSettingsMutation, UpdateConfigurationSettingsMutationVariables>;
export const ReleasesDocument = new TypedDocumentString(`
    query Releases($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    id
    releases(first: $first, after: $after) {
      edges {
        node {
          id
          number
          message
          source
          createdBy
          createdAt
          objectCount
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReleasesQuery, ReleasesQueryVariables>;
export const ReleaseChangesDocument = new TypedDocumentString(`
    query ReleaseChanges($id: ID!, $from: Int, $first: Int, $after: String) {
  node(id: $id) {
    id
    ... on Release {
      changes(from: $from, first: $first, after: $after) {
        edges {
          node {
            name
            change
            diff
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
    `) as unknown as TypedDocumentString<ReleaseChangesQuery, ReleaseChangesQueryVariables>;
export const ReleaseFilesDocument = new TypedDocumentString(`
    query ReleaseFiles($id: ID!, $form: ReleaseForm!) {
  node(id: $id) {
    id
    ... on Release {
      files(form: $form) {
        path
        content
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReleaseFilesQuery, ReleaseFilesQueryVariables>;
export const ReleaseObjectsDocument = new TypedDocumentString(`
    query ReleaseObjects($id: ID!, $first: Int, $after: String) {
  node(id: $id) {
    id
    ... on Release {
      objects(first: $first, after: $after) {
        edges {
          node {
            name
            compiledFrom
            path
            line
            manifest
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
    `) as unknown as TypedDocumentString<ReleaseObjectsQuery, ReleaseObjectsQueryVariables>;
export const ReleasePreviewDocument = new TypedDocumentString(`
    query ReleasePreview($id: ID!, $first: Int, $after: String) {
  node(id: $id) {
    id
    ... on Release {
      preview(first: $first, after: $after) {
        edges {
          node {
            added
            changed
            removed
            from
            diff
            cluster {
              id
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
export const ReleaseHeadDocument = new TypedDocumentString(`
    query ReleaseHead($id: ID!) {
  node(id: $id) {
    id
    ... on Release {
      digest
      warnings {
        code
        severity
        message
        remedy
        path
        line
        object
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReleaseHeadQuery, ReleaseHeadQueryVariables>;
export const ApplyConfigurationDocument = new TypedDocumentString(`
    mutation ApplyConfiguration($input: ApplyConfigurationInput!) {
  applyConfiguration(input: $input) {
    created
    release {
      id
      number
    }
    rollout {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<ApplyConfigurationMutation, ApplyConfigurationMutationVariables>;
export const StartRolloutDocument = new TypedDocumentString(`
    mutation StartRollout($input: StartRolloutInput!) {
  startRollout(input: $input) {
    rollout {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<StartRolloutMutation, StartRolloutMutationVariables>;
export const FleetDocument = new TypedDocumentString(`
    query Fleet($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    clusters(first: $first, after: $after) {
      edges {
        node {
          id
          name
          status
          network
          locality
          istioVersions
          kubernetesVersion
          agentVersion
          lastContactAt
          lockReason
          heldRemovals
          conditions {
            type
            reason
            message
          }
          configuration {
            number
            objects
            stored
            pending
            refused
            unaccepted
            current
            live
            liveMessage
          }
          joining {
            done
            steps {
              name
              state
              reason
              message
              remedy
            }
          }
          signingCertificate {
            notAfter
            renewAt
          }
          agentCertificateExpiresAt
          drift(first: 10) {
            edges {
              node {
                name
              }
            }
            pageInfo {
              hasNextPage
            }
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
    `) as unknown as TypedDocumentString<FleetQuery, FleetQueryVariables>;
export const FleetMeshDocument = new TypedDocumentString(`
    query FleetMesh($meshId: ID!) {
  mesh(id: $meshId) {
    name
    trustDomain
    findings {
      clusterId
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<FleetMeshQuery, FleetMeshQueryVariables>;
export const FleetImportsDocument = new TypedDocumentString(`
    query FleetImports($meshId: ID!) {
  mesh(id: $meshId) {
    topology {
      services {
        id
        importers {
          clusterId
          state
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<FleetImportsQuery, FleetImportsQueryVariables>;
export const CreateMeshDocument = new TypedDocumentString(`
    mutation CreateMesh($input: CreateMeshInput!) {
  createMesh(input: $input) {
    mesh {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<CreateMeshMutation, CreateMeshMutationVariables>;
export const OrganizationFactsDocument = new TypedDocumentString(`
    query OrganizationFacts {
  organization {
    id
    createdAt
  }
}
    `) as unknown as TypedDocumentString<OrganizationFactsQuery, OrganizationFactsQueryVariables>;
export const OrganizationMembersDocument = new TypedDocumentString(`
    query OrganizationMembers($first: Int, $after: String) {
  organization {
    id
    members(first: $first, after: $after) {
      edges {
        node {
          role
          createdAt
          user {
            id
            name
            email
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
    `) as unknown as TypedDocumentString<OrganizationMembersQuery, OrganizationMembersQueryVariables>;
export const ReachabilityChoicesDocument = new TypedDocumentString(`
    query ReachabilityChoices($meshId: ID!) {
  mesh(id: $meshId) {
    services(first: 200) {
      edges {
        node {
          host
          namespace
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReachabilityChoicesQuery, ReachabilityChoicesQueryVariables>;
export const ReachabilityClustersDocument = new TypedDocumentString(`
    query ReachabilityClusters($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    clusters(first: $first, after: $after) {
      edges {
        node {
          id
          name
          network
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReachabilityClustersQuery, ReachabilityClustersQueryVariables>;
export const ReachabilityAnswerDocument = new TypedDocumentString(`
    query ReachabilityAnswer($meshId: ID!, $fromClusterId: ID!, $fromNamespace: String!, $fromServiceAccount: String, $host: String!, $port: Int) {
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
      ...ReachabilityStepParts
    }
    steps {
      ...ReachabilityStepParts
    }
    routes {
      clusterId
      clusterName
      network
      local
      state
      steps {
        ...ReachabilityStepParts
      }
    }
  }
}
    fragment ReachabilityStepParts on ReachabilityStep {
  link
  state
  clusterId
  clusterName
  reason
  message
  remedy
  evidence
}`) as unknown as TypedDocumentString<ReachabilityAnswerQuery, ReachabilityAnswerQueryVariables>;
export const PauseRolloutDocument = new TypedDocumentString(`
    mutation PauseRollout($input: PauseRolloutInput!) {
  pauseRollout(input: $input) {
    rollout {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<PauseRolloutMutation, PauseRolloutMutationVariables>;
export const ResumeRolloutDocument = new TypedDocumentString(`
    mutation ResumeRollout($input: ResumeRolloutInput!) {
  resumeRollout(input: $input) {
    rollout {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<ResumeRolloutMutation, ResumeRolloutMutationVariables>;
export const AbortRolloutDocument = new TypedDocumentString(`
    mutation AbortRollout($input: AbortRolloutInput!) {
  abortRollout(input: $input) {
    rollout {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<AbortRolloutMutation, AbortRolloutMutationVariables>;
export const RollBackDocument = new TypedDocumentString(`
    mutation RollBack($input: StartRolloutInput!) {
  startRollout(input: $input) {
    rollout {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RollBackMutation, RollBackMutationVariables>;
export const RolloutViewDocument = new TypedDocumentString(`
    query RolloutView($id: ID!) {
  node(id: $id) {
    id
    ... on Rollout {
      state
      stage
      wave
      waves {
        index
        clusterIds
      }
      trialClusterIds
      reason
      detail
      message
      createdBy
      createdAt
      startedAt
      finishedAt
      release {
        id
        number
        objectCount
      }
      from {
        id
        number
      }
      policy {
        gate {
          soakSeconds
          timeoutSeconds
          maxRefusedPercent
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<RolloutViewQuery, RolloutViewQueryVariables>;
export const RolloutsDocument = new TypedDocumentString(`
    query Rollouts($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    id
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
          reason
          message
          createdBy
          createdAt
          finishedAt
          release {
            id
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
export const RolloutClustersDocument = new TypedDocumentString(`
    query RolloutClusters($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Cluster {
      name
      status
      configuration {
        number
        current
        objects
        stored
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
    }
  }
}
    `) as unknown as TypedDocumentString<RolloutClustersQuery, RolloutClustersQueryVariables>;
export const RolloutEventsDocument = new TypedDocumentString(`
    query RolloutEvents($id: ID!, $first: Int, $after: String) {
  node(id: $id) {
    id
    ... on Rollout {
      events(first: $first, after: $after) {
        edges {
          node {
            step
            at
            type
            wave
            message
            actor
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
    `) as unknown as TypedDocumentString<RolloutEventsQuery, RolloutEventsQueryVariables>;
export const RowImportStatesDocument = new TypedDocumentString(`
    query RowImportStates($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on MeshService {
      id
      importStates(first: 100) {
        edges {
          node {
            sent
            stored
            accepted
            live
          }
        }
        pageInfo {
          hasNextPage
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<RowImportStatesQuery, RowImportStatesQueryVariables>;
export const ServiceDetailDocument = new TypedDocumentString(`
    query ServiceDetail($meshId: ID!, $host: String!) {
  mesh(id: $meshId) {
    service(host: $host) {
      id
      host
      clustersetHost
      headless
      ports {
        port
        name
        protocol
        appProtocol
      }
      exporters {
        clusterId
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
    }
  }
}
    `) as unknown as TypedDocumentString<ServiceDetailQuery, ServiceDetailQueryVariables>;
export const ServiceImportersDocument = new TypedDocumentString(`
    query ServiceImporters($meshId: ID!, $host: String!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    service(host: $host) {
      importStates(first: $first, after: $after) {
        edges {
          node {
            clusterId
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
}
    `) as unknown as TypedDocumentString<ServiceImportersQuery, ServiceImportersQueryVariables>;
export const ServiceClusterNamesDocument = new TypedDocumentString(`
    query ServiceClusterNames($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    clusters(first: $first, after: $after) {
      edges {
        node {
          id
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ServiceClusterNamesQuery, ServiceClusterNamesQueryVariables>;
export const ServiceRowsDocument = new TypedDocumentString(`
    query ServiceRows($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    services(first: $first, after: $after) {
      edges {
        node {
          id
          host
          namespace
          name
          ports {
            port
            name
          }
          exporters {
            clusterName
            readyEndpoints
            valid
            conflict
            stale
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
    `) as unknown as TypedDocumentString<ServiceRowsQuery, ServiceRowsQueryVariables>;
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
export const RevokeHostGrantDocument = new TypedDocumentString(`
    mutation RevokeHostGrant($input: RevokeHostGrantInput!) {
  revokeHostGrant(input: $input) {
    hostGrant {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RevokeHostGrantMutation, RevokeHostGrantMutationVariables>;
export const CreateExportPolicyDocument = new TypedDocumentString(`
    mutation CreateExportPolicy($input: CreateExportPolicyInput!) {
  createExportPolicy(input: $input) {
    exportPolicy {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<CreateExportPolicyMutation, CreateExportPolicyMutationVariables>;
export const DeleteExportPolicyDocument = new TypedDocumentString(`
    mutation DeleteExportPolicy($input: DeleteExportPolicyInput!) {
  deleteExportPolicy(input: $input) {
    exportPolicy {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<DeleteExportPolicyMutation, DeleteExportPolicyMutationVariables>;
export const MeshFactsDocument = new TypedDocumentString(`
    query MeshFacts($meshId: ID!) {
  mesh(id: $meshId) {
    id
    name
    trustDomain
    createdAt
    configuration {
      driftPolicy
    }
  }
}
    `) as unknown as TypedDocumentString<MeshFactsQuery, MeshFactsQueryVariables>;
export const ExportPoliciesDocument = new TypedDocumentString(`
    query ExportPolicies($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    id
    exportPolicies(first: $first, after: $after) {
      edges {
        node {
          id
          name
          createdAt
          namespaceSelector {
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
          serviceSelector {
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
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ExportPoliciesQuery, ExportPoliciesQueryVariables>;
export const HostGrantsDocument = new TypedDocumentString(`
    query HostGrants($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    id
    hostGrants(first: $first, after: $after) {
      edges {
        node {
          id
          namespace
          service
          clusterIds
          createdAt
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<HostGrantsQuery, HostGrantsQueryVariables>;
export const GrantableClustersDocument = new TypedDocumentString(`
    query GrantableClusters($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    id
    clusters(first: $first, after: $after) {
      edges {
        node {
          id
          name
          status
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<GrantableClustersQuery, GrantableClustersQueryVariables>;
export const SignInDocument = new TypedDocumentString(`
    mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    user {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<SignInMutation, SignInMutationVariables>;
export const SignUpDocument = new TypedDocumentString(`
    mutation SignUp($input: SignUpInput!) {
  signUp(input: $input) {
    organization {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<SignUpMutation, SignUpMutationVariables>;
export const CreateApiTokenDocument = new TypedDocumentString(`
    mutation CreateApiToken($input: CreateApiTokenInput!) {
  createApiToken(input: $input) {
    apiToken {
      id
      name
      expiresAt
    }
    secret
  }
}
    `) as unknown as TypedDocumentString<CreateApiTokenMutation, CreateApiTokenMutationVariables>;
export const ApiTokensDocument = new TypedDocumentString(`
    query ApiTokens($first: Int, $after: String) {
  organization {
    id
    apiTokens(first: $first, after: $after) {
      edges {
        node {
          id
          name
          prefix
          role
          namespaces
          createdAt
          createdBy
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
    `) as unknown as TypedDocumentString<ApiTokensQuery, ApiTokensQueryVariables>;
export const TokenMakersDocument = new TypedDocumentString(`
    query TokenMakers($first: Int, $after: String) {
  organization {
    id
    members(first: $first, after: $after) {
      edges {
        node {
          user {
            id
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
    `) as unknown as TypedDocumentString<TokenMakersQuery, TokenMakersQueryVariables>;
export const RevokeApiTokenDocument = new TypedDocumentString(`
    mutation RevokeApiToken($input: RevokeApiTokenInput!) {
  revokeApiToken(input: $input) {
    apiToken {
      id
      revokedAt
    }
  }
}
    `) as unknown as TypedDocumentString<RevokeApiTokenMutation, RevokeApiTokenMutationVariables>;
export const TopologyClustersDocument = new TypedDocumentString(`
    query TopologyClusters($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    clusters(first: $first, after: $after) {
      edges {
        node {
          id
          name
          network
          locality
          status
          gateways {
            namespace
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
    `) as unknown as TypedDocumentString<TopologyClustersQuery, TopologyClustersQueryVariables>;
export const TopologyServicesDocument = new TypedDocumentString(`
    query TopologyServices($meshId: ID!) {
  mesh(id: $meshId) {
    topology {
      total
      truncated
      services {
        id
        host
        namespace
        name
        identities
        mutualTls
        policies {
          name
          action
          summary
        }
        exporters {
          clusterId
          network
          readyEndpoints
          localities
          valid
          conflict
          stale
          reason
        }
        importers {
          clusterId
          state
          reason
          message
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<TopologyServicesQuery, TopologyServicesQueryVariables>;
export const MeshTrustDocument = new TypedDocumentString(`
    query MeshTrust($meshId: ID!) {
  mesh(id: $meshId) {
    id
    trust {
      trustDomain
      anchors {
        id
        fingerprint
        notBefore
        notAfter
        pem
        retiredAt
      }
      signingCertificates {
        clusterId
        issuerRootId
        serial
        notBefore
        notAfter
        renewAt
      }
    }
  }
}
    `) as unknown as TypedDocumentString<MeshTrustQuery, MeshTrustQueryVariables>;
export const TrustMembersDocument = new TypedDocumentString(`
    query TrustMembers($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    id
    clusters(first: $first, after: $after) {
      edges {
        node {
          id
          name
          status
          recoveries
          agentCertificateExpiresAt
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<TrustMembersQuery, TrustMembersQueryVariables>;
export const StartUpgradeDocument = new TypedDocumentString(`
    mutation StartUpgrade($input: StartUpgradeInput!) {
  startUpgrade(input: $input) {
    upgrade {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<StartUpgradeMutation, StartUpgradeMutationVariables>;
export const ApproveUpgradeDocument = new TypedDocumentString(`
    mutation ApproveUpgrade($input: ApproveUpgradeInput!) {
  approveUpgrade(input: $input) {
    upgrade {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<ApproveUpgradeMutation, ApproveUpgradeMutationVariables>;
export const RejectUpgradeDocument = new TypedDocumentString(`
    mutation RejectUpgrade($input: RejectUpgradeInput!) {
  rejectUpgrade(input: $input) {
    upgrade {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RejectUpgradeMutation, RejectUpgradeMutationVariables>;
export const PauseUpgradeDocument = new TypedDocumentString(`
    mutation PauseUpgrade($input: PauseUpgradeInput!) {
  pauseUpgrade(input: $input) {
    upgrade {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<PauseUpgradeMutation, PauseUpgradeMutationVariables>;
export const ResumeUpgradeDocument = new TypedDocumentString(`
    mutation ResumeUpgrade($input: ResumeUpgradeInput!) {
  resumeUpgrade(input: $input) {
    upgrade {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<ResumeUpgradeMutation, ResumeUpgradeMutationVariables>;
export const AbortUpgradeDocument = new TypedDocumentString(`
    mutation AbortUpgrade($input: AbortUpgradeInput!) {
  abortUpgrade(input: $input) {
    upgrade {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<AbortUpgradeMutation, AbortUpgradeMutationVariables>;
export const RollBackUpgradeDocument = new TypedDocumentString(`
    mutation RollBackUpgrade($input: RollBackUpgradeInput!) {
  rollBackUpgrade(input: $input) {
    upgrade {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RollBackUpgradeMutation, RollBackUpgradeMutationVariables>;
export const SetChannelDocument = new TypedDocumentString(`
    mutation SetChannel($input: SetClusterChannelInput!) {
  setClusterChannel(input: $input) {
    cluster {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<SetChannelMutation, SetChannelMutationVariables>;
export const RetryClusterDocument = new TypedDocumentString(`
    mutation RetryCluster($input: RetryUpgradeClusterInput!) {
  retryUpgradeCluster(input: $input) {
    upgrade {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RetryClusterMutation, RetryClusterMutationVariables>;
export const SkipClusterDocument = new TypedDocumentString(`
    mutation SkipCluster($input: SkipUpgradeClusterInput!) {
  skipUpgradeCluster(input: $input) {
    upgrade {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<SkipClusterMutation, SkipClusterMutationVariables>;
export const ClusterTasksDocument = new TypedDocumentString(`
    query ClusterTasks($id: ID!) {
  cluster(id: $id) {
    id
    istio {
      isSettled
      revisions {
        name
        version
        ready
        replicas
        proxies
        gateways
      }
      tasks {
        type
        object
        state
        reason
        message
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ClusterTasksQuery, ClusterTasksQueryVariables>;
export const ClusterStepsDocument = new TypedDocumentString(`
    query ClusterSteps($id: ID!, $first: Int, $after: String) {
  cluster(id: $id) {
    id
    upgrade {
      upgrade {
        id
      }
      events(first: $first, after: $after) {
        edges {
          node {
            step
            at
            type
            message
            actor
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
    `) as unknown as TypedDocumentString<ClusterStepsQuery, ClusterStepsQueryVariables>;
export const TakeOverDocument = new TypedDocumentString(`
    mutation TakeOver($input: TakeOverIstioInput!) {
  takeOverIstio(input: $input) {
    cluster {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<TakeOverMutation, TakeOverMutationVariables>;
export const PlanUpgradeDocument = new TypedDocumentString(`
    mutation PlanUpgrade($input: PlanUpgradeInput!) {
  planUpgrade(input: $input) {
    upgrade {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<PlanUpgradeMutation, PlanUpgradeMutationVariables>;
export const UpgradeViewDocument = new TypedDocumentString(`
    query UpgradeView($id: ID!) {
  node(id: $id) {
    id
    ... on Upgrade {
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
      decidedBy
      decidedAt
      startedAt
      finishedAt
      estimate {
        secondsLeft
        finishesAt
      }
      policy {
        waves {
          clusterSelector
          percent
          each
        }
        canaryNamespaces
        soakSeconds
        timeoutSeconds
        graceSeconds
        maxRestarting
      }
    }
  }
}
    `) as unknown as TypedDocumentString<UpgradeViewQuery, UpgradeViewQueryVariables>;
export const UpgradeFindingsDocument = new TypedDocumentString(`
    query UpgradeFindings($id: ID!) {
  node(id: $id) {
    id
    ... on Upgrade {
      findings {
        severity
        code
        message
        remedy
        object
        cluster {
          id
          name
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<UpgradeFindingsQuery, UpgradeFindingsQueryVariables>;
export const UpgradeClustersDocument = new TypedDocumentString(`
    query UpgradeClusters($id: ID!, $first: Int, $after: String) {
  node(id: $id) {
    id
    ... on Upgrade {
      clusters(first: $first, after: $after) {
        edges {
          node {
            wave
            hop
            hops {
              from
              to
            }
            stage
            held
            reason
            detail
            stageAt
            startedAt
            finishedAt
            cluster {
              id
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
    `) as unknown as TypedDocumentString<UpgradeClustersQuery, UpgradeClustersQueryVariables>;
export const FleetIstioDocument = new TypedDocumentString(`
    query FleetIstio($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    id
    clusters(first: $first, after: $after) {
      edges {
        node {
          id
          name
          status
          agent {
            version
            wanted
            state
            message
          }
          istio {
            isManaged
            isSettled
            channel
            revisions {
              name
              version
              installedBy
              replicas
              ready
              proxies
              gateways
              injects
              isManaged
            }
            tags {
              name
              revision
            }
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
    `) as unknown as TypedDocumentString<FleetIstioQuery, FleetIstioQueryVariables>;
export const IstioVersionsDocument = new TypedDocumentString(`
    query IstioVersions {
  istioVersions {
    version
    minor
    released
    endOfLife
    isVerified
    channels
  }
}
    `) as unknown as TypedDocumentString<IstioVersionsQuery, IstioVersionsQueryVariables>;
export const UpgradeSettingsViewDocument = new TypedDocumentString(`
    query UpgradeSettingsView($meshId: ID!) {
  mesh(id: $meshId) {
    id
    upgradeSettings {
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
      maxInFlight
      requireApproval
      policy {
        waves {
          clusterSelector
          percent
          each
        }
        canaryNamespaces
        soakSeconds
        timeoutSeconds
        graceSeconds
        maxRestarting
      }
      charts {
        repository
        digests {
          chart
          version
          sha256
        }
        values
      }
      agent {
        version
        digest
      }
    }
  }
}
    `) as unknown as TypedDocumentString<UpgradeSettingsViewQuery, UpgradeSettingsViewQueryVariables>;
export const UpdateUpgradeSettingsDocument = new TypedDocumentString(`
    mutation UpdateUpgradeSettings($input: UpdateUpgradeSettingsInput!) {
  updateUpgradeSettings(input: $input) {
    settings {
      maxInFlight
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateUpgradeSettingsMutation, UpdateUpgradeSettingsMutationVariables>;
export const UpgradeEventsDocument = new TypedDocumentString(`
    query UpgradeEvents($id: ID!, $first: Int, $after: String) {
  node(id: $id) {
    id
    ... on Upgrade {
      events(first: $first, after: $after) {
        edges {
          node {
            step
            at
            type
            message
            actor
            cluster {
              id
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
    `) as unknown as TypedDocumentString<UpgradeEventsQuery, UpgradeEventsQueryVariables>;
export const UpgradesDocument = new TypedDocumentString(`
    query Upgrades($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    id
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
export const WebhookDeliveriesDocument = new TypedDocumentString(`
    query WebhookDeliveries($id: ID!, $first: Int, $after: String) {
  node(id: $id) {
    ... on Webhook {
      id
      deliveries(first: $first, after: $after) {
        edges {
          node {
            id
            state
            attempts
            nextAt
            status
            reason
            detail
            createdAt
            event {
              id
              type
              message
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
    `) as unknown as TypedDocumentString<WebhookDeliveriesQuery, WebhookDeliveriesQueryVariables>;
export const RedeliverWebhookDocument = new TypedDocumentString(`
    mutation RedeliverWebhook($input: RedeliverWebhookInput!) {
  redeliverWebhook(input: $input) {
    delivery {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<RedeliverWebhookMutation, RedeliverWebhookMutationVariables>;
export const CreateWebhookDocument = new TypedDocumentString(`
    mutation CreateWebhook($input: CreateWebhookInput!) {
  createWebhook(input: $input) {
    webhook {
      id
      name
    }
    secret
  }
}
    `) as unknown as TypedDocumentString<CreateWebhookMutation, CreateWebhookMutationVariables>;
export const EventTypesDocument = new TypedDocumentString(`
    query EventTypes {
  eventTypes {
    name
    description
  }
}
    `) as unknown as TypedDocumentString<EventTypesQuery, EventTypesQueryVariables>;
export const UpdateWebhookDocument = new TypedDocumentString(`
    mutation UpdateWebhook($input: UpdateWebhookInput!) {
  updateWebhook(input: $input) {
    webhook {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateWebhookMutation, UpdateWebhookMutationVariables>;
export const OneWebhookDocument = new TypedDocumentString(`
    query OneWebhook($id: ID!) {
  node(id: $id) {
    ... on Webhook {
      id
      name
      url
      types
      disabledAt
      disabledReason
      failingSince
      previousUntil
      createdAt
      mesh {
        id
        name
      }
    }
  }
}
    `) as unknown as TypedDocumentString<OneWebhookQuery, OneWebhookQueryVariables>;
export const RotateWebhookSecretDocument = new TypedDocumentString(`
    mutation RotateWebhookSecret($input: RotateWebhookSecretInput!) {
  rotateWebhookSecret(input: $input) {
    webhook {
      id
      previousUntil
    }
    secret
  }
}
    `) as unknown as TypedDocumentString<RotateWebhookSecretMutation, RotateWebhookSecretMutationVariables>;
export const TestWebhookDocument = new TypedDocumentString(`
    mutation TestWebhook($input: TestWebhookInput!) {
  testWebhook(input: $input) {
    delivery {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<TestWebhookMutation, TestWebhookMutationVariables>;
export const DeleteWebhookDocument = new TypedDocumentString(`
    mutation DeleteWebhook($input: DeleteWebhookInput!) {
  deleteWebhook(input: $input) {
    webhook {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<DeleteWebhookMutation, DeleteWebhookMutationVariables>;
export const WebhooksDocument = new TypedDocumentString(`
    query Webhooks($first: Int, $after: String) {
  organization {
    id
    webhooks(first: $first, after: $after) {
      edges {
        node {
          id
          name
          url
          types
          disabledAt
          failingSince
          createdAt
          mesh {
            id
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
    `) as unknown as TypedDocumentString<WebhooksQuery, WebhooksQueryVariables>;
export const ActorMembersDocument = new TypedDocumentString(`
    query ActorMembers {
  organization {
    id
    members(first: 200) {
      edges {
        node {
          user {
            id
            name
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ActorMembersQuery, ActorMembersQueryVariables>;
export const ActorTokensDocument = new TypedDocumentString(`
    query ActorTokens {
  organization {
    id
    apiTokens(first: 200) {
      edges {
        node {
          id
          name
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ActorTokensQuery, ActorTokensQueryVariables>;