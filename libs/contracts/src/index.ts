/**
 * The wire contracts of proto/, and the type URLs under which resources travel.
 * Everything below ./generated is made by `npm run gen`.
 */
export {
  type ConfigurationKind,
  configurationKind,
  configurationKinds,
  configurationName,
} from './configuration-kinds.js';
export {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  Resource,
} from './generated/envoy/service/discovery/v3/discovery.js';
export { Any } from './generated/google/protobuf/any.js';
export { Status } from './generated/google/rpc/status.js';
export {
  AgentFact,
  ClusterFact,
  Condition,
  ConfigurationObjectFact,
  DriftFact,
  EndpointGroup,
  ExportedServiceFact,
  GatewayAddress,
  GatewayFact,
  InjectedNamespace,
  IntentStatusFact,
  InventoryFact,
  IstioFact,
  IstioRevision,
  IstioTag,
  IstioTask,
  ObjectProblem,
  ProxyCount,
  ReadinessFact,
  ReleaseStatusFact,
  ServicePort,
  SigningRequestFact,
  State,
} from './generated/isthmus/agent/v1/facts.js';
export {
  EnrolRequest,
  EnrolResponse,
  Identity,
  IdentityServiceClient,
  type IdentityServiceServer,
  IdentityServiceService,
  RenewRequest,
  RenewResponse,
  SyncServiceClient,
  type SyncServiceServer,
  SyncServiceService,
} from './generated/isthmus/agent/v1/hub.js';
export {
  AgentIntent,
  ChartSource,
  ClusterSettingsIntent,
  ConfigurationIntent,
  DesiredNamespace,
  DesiredRevision,
  DesiredTag,
  EndpointsIntent,
  ExportPolicyIntent,
  ExportStatusIntent,
  ExposureIntent,
  ImportIntent,
  ImportSource,
  InventoryIntent,
  IstioIntent,
  LabelRequirement,
  LabelSelector,
  PeerIntent,
  ReleaseIntent,
  SigningCertificateIntent,
  TrialIntent,
  TrustBundleIntent,
} from './generated/isthmus/agent/v1/intents.js';
export {
  encodeManifest,
  type Manifest,
  releaseDigest,
  sortKeys,
} from './release-encoding.js';
export * from './types.js';
