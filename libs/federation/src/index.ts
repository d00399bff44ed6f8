/** Facts to intents: what agents report, what people decide, and what follows for every cluster. */
export {
  type ExportPolicyInput,
  ExportPolicyService,
  type ExportPolicyView,
} from './export-policies.js';
export {
  type FactChanges,
  FactStore,
  RESERVED_ADDRESSES,
  type ReportingCluster,
} from './fact-store.js';
export type { ReportedFact } from './fact-validation.js';
export { FederationModule } from './federation.module.js';
export { HostGrantService, type HostGrantView } from './host-grants.js';
export { compareText, HostJudge, type Verdict } from './hosts.js';
export type { LabelRequirementInput, LabelSelectorInput } from './label-selectors.js';
export { type FactRow, loadExports, loadFacts, loadSettings } from './mesh-loader.js';
export { MeshRows } from './mesh-rows.js';
export type {
  ByCluster,
  ClusterSettings,
  FactRecord,
  GrantSettings,
  MeshFacts,
  MeshSettings,
  MeshState,
  PolicySettings,
  TrustSettings,
} from './mesh-state.js';
export { staleAfterMs } from './mesh-state.js';
export { MeshView, tombstoneLifeMs } from './mesh-view.js';
export { MeshViews } from './mesh-views.js';
export {
  clustersetFqdnOf,
  endpointsName,
  type Finding,
  fqdnOf,
  type IntentBodies,
  isAdmitted,
  type ProjectedHost,
  type ProjectedMesh,
  portsOf,
  project,
  projectCluster,
  projectExposure,
  projectHost,
  projectMeshWide,
  projectPeer,
} from './projection.js';
export {
  type ClusterFactView,
  type ExporterView,
  type ExportView,
  FederationReader,
  type GatewayView,
  type ImportView,
  type IntentState,
  type IntentStateView,
  intentState,
  type MeshServiceView,
} from './reader.js';
export { FederationSweeper } from './sweeper.js';
