import {
  AgentFact,
  ClusterFact,
  ConfigurationObjectFact,
  DriftFact,
  ExportedServiceFact,
  GatewayFact,
  IntentStatusFact,
  InventoryFact,
  IstioFact,
  ReadinessFact,
  ReleaseStatusFact,
  SigningRequestFact,
} from './generated/isthmus/agent/v1/facts.js';
import {
  AgentIntent,
  ClusterSettingsIntent,
  ConfigurationIntent,
  EndpointsIntent,
  ExportPolicyIntent,
  ExportStatusIntent,
  ExposureIntent,
  ImportIntent,
  InventoryIntent,
  IstioIntent,
  PeerIntent,
  ReleaseIntent,
  SigningCertificateIntent,
  TrialIntent,
  TrustBundleIntent,
} from './generated/isthmus/agent/v1/intents.js';

/** How one resource type is named and turned into bytes. */
export interface ResourceType<T> {
  /** Name used in logs, in status names and in the database, such as `Import`. */
  readonly name: string;
  /** Type URL on the wire, such as `type.googleapis.com/isthmus.agent.v1.ImportIntent`. */
  readonly typeUrl: string;
  encode(message: T): Uint8Array;
  /** @throws if the bytes are not such a message. */
  decode(bytes: Uint8Array): T;
}

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

function resourceType<T>(name: string, message: string, codec: Codec<T>): ResourceType<T> {
  return {
    name,
    typeUrl: `type.googleapis.com/isthmus.agent.v1.${message}`,
    encode: (value) => codec.encode(value).finish(),
    decode: (bytes) => codec.decode(bytes),
  };
}

/** Facts, by name. A new capability adds its type here, in proto/ and nowhere else on the wire. */
export const Facts = {
  Cluster: resourceType('Cluster', 'ClusterFact', ClusterFact),
  ExportedService: resourceType('ExportedService', 'ExportedServiceFact', ExportedServiceFact),
  Gateway: resourceType('Gateway', 'GatewayFact', GatewayFact),
  SigningRequest: resourceType('SigningRequest', 'SigningRequestFact', SigningRequestFact),
  IntentStatus: resourceType('IntentStatus', 'IntentStatusFact', IntentStatusFact),
  ReleaseStatus: resourceType('ReleaseStatus', 'ReleaseStatusFact', ReleaseStatusFact),
  Drift: resourceType('Drift', 'DriftFact', DriftFact),
  ConfigurationObject: resourceType(
    'ConfigurationObject',
    'ConfigurationObjectFact',
    ConfigurationObjectFact,
  ),
  Inventory: resourceType('Inventory', 'InventoryFact', InventoryFact),
  Istio: resourceType('Istio', 'IstioFact', IstioFact),
  Readiness: resourceType('Readiness', 'ReadinessFact', ReadinessFact),
  Agent: resourceType('Agent', 'AgentFact', AgentFact),
} as const;

/** Intents, in the order in which an agent applies them: trust first, policy last. */
export const Intents = {
  ClusterSettings: resourceType('ClusterSettings', 'ClusterSettingsIntent', ClusterSettingsIntent),
  TrustBundle: resourceType('TrustBundle', 'TrustBundleIntent', TrustBundleIntent),
  SigningCertificate: resourceType(
    'SigningCertificate',
    'SigningCertificateIntent',
    SigningCertificateIntent,
  ),
  Peer: resourceType('Peer', 'PeerIntent', PeerIntent),
  Exposure: resourceType('Exposure', 'ExposureIntent', ExposureIntent),
  Import: resourceType('Import', 'ImportIntent', ImportIntent),
  Endpoints: resourceType('Endpoints', 'EndpointsIntent', EndpointsIntent),
  ExportPolicy: resourceType('ExportPolicy', 'ExportPolicyIntent', ExportPolicyIntent),
  ExportStatus: resourceType('ExportStatus', 'ExportStatusIntent', ExportStatusIntent),
  Release: resourceType('Release', 'ReleaseIntent', ReleaseIntent),
  Configuration: resourceType('Configuration', 'ConfigurationIntent', ConfigurationIntent),
  Trial: resourceType('Trial', 'TrialIntent', TrialIntent),
  Inventory: resourceType('Inventory', 'InventoryIntent', InventoryIntent),
  Istio: resourceType('Istio', 'IstioIntent', IstioIntent),
  Agent: resourceType('Agent', 'AgentIntent', AgentIntent),
} as const;

export type FactName = keyof typeof Facts;
export type IntentName = keyof typeof Intents;

const byUrl = new Map<string, ResourceType<unknown>>(
  [...Object.values(Facts), ...Object.values(Intents)].map((type) => [
    type.typeUrl,
    type as ResourceType<unknown>,
  ]),
);

/** The type behind a type URL, or undefined for one that this version does not know. */
export function resourceTypeOf(typeUrl: string): ResourceType<unknown> | undefined {
  return byUrl.get(typeUrl);
}
