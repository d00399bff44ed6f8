/**
 * The wire contracts of proto/, and the type URLs under which resources travel.
 * Everything below ./generated is made by `npm run gen`.
 */
export {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  Resource,
} from './generated/envoy/service/discovery/v3/discovery.js';
export { Any } from './generated/google/protobuf/any.js';
export { Status } from './generated/google/rpc/status.js';
export {
  ClusterFact,
  Condition,
  EndpointGroup,
  ExportedServiceFact,
  GatewayAddress,
  GatewayFact,
  IntentStatusFact,
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
  ClusterSettingsIntent,
  EndpointsIntent,
  ExportPolicyIntent,
  ExportStatusIntent,
  ExposureIntent,
  ImportIntent,
  ImportSource,
  LabelRequirement,
  LabelSelector,
  PeerIntent,
  SigningCertificateIntent,
  TrustBundleIntent,
} from './generated/isthmus/agent/v1/intents.js';
export * from './types.js';
