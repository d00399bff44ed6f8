import { type ConfigurationKind, configurationKinds } from '@isthmus/contracts';

/** What the agent reads and writes, as the API server's plain JSON: no serializer comes between. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  managedFields?: ManagedFields[];
}

/** Who owns which fields, as server-side apply keeps it. */
export interface ManagedFields {
  manager?: string;
  operation?: string;
  subresource?: string;
  time?: string;
  /** A tree of `f:<field>`, `k:<keys of a list item>`, `v:<value>` and `.`. */
  fieldsV1?: FieldTree;
}

export interface FieldTree {
  [segment: string]: FieldTree;
}

/** One resource of the API: where it lives and what it is called. */
export interface Kind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** `v1` or `group/version`. */
export function apiVersionOf(kind: Kind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** Tells kinds of the same name apart: `Gateway.networking.istio.io`, `Service`. */
export function kindId(kind: Kind): string {
  return kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
}

const core = (kind: string, plural: string, namespaced = true): Kind => ({
  group: '',
  version: 'v1',
  plural,
  kind,
  namespaced,
});
const custom = (group: string, version: string, kind: string, plural: string): Kind => ({
  group,
  version,
  plural,
  kind,
  namespaced: true,
});

/** Kinds that every API server has. */
export const Core = {
  Namespace: core('Namespace', 'namespaces', false),
  Service: core('Service', 'services'),
  Pod: core('Pod', 'pods'),
  Secret: core('Secret', 'secrets'),
  EndpointSlice: custom('discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices'),
  Lease: custom('coordination.k8s.io', 'v1', 'Lease', 'leases'),
  ReplicaSet: custom('apps', 'v1', 'ReplicaSet', 'replicasets'),
} as const;

/** `<Kind>.<group>`, as releases write it. */
type ConfigurationId = `${string}.${string}`;

/** A kind that is there when somebody installed its CRD. */
export type OptionalName =
  | 'WorkloadEntry'
  | 'ServiceEntry'
  | 'IstioGateway'
  | 'Gateway'
  | 'ServiceExport'
  | 'ServiceImport'
  | ConfigurationId;

/** Kinds of releases that federation writes as well, by the name that they have there. */
const shared: Readonly<Record<string, OptionalName>> = {
  'ServiceEntry.networking.istio.io': 'ServiceEntry',
  'Gateway.networking.istio.io': 'IstioGateway',
  'Gateway.gateway.networking.k8s.io': 'Gateway',
};

/** The name that a kind of releases has among the optional ones. */
export function optionalNameOf({ kind, group }: { kind: string; group: string }): OptionalName {
  return shared[`${kind}.${group}`] ?? `${kind}.${group}`;
}

const versionsOf = ({ group, versions, kind, plural }: ConfigurationKind): Kind[] =>
  versions.map((version) => custom(group, version, kind, plural));

/** Kinds that are there when somebody installed their CRD; each with its versions, best first. */
export const Optional: ReadonlyMap<OptionalName, readonly Kind[]> = new Map<
  OptionalName,
  readonly Kind[]
>([
  ['WorkloadEntry', [custom('networking.istio.io', 'v1', 'WorkloadEntry', 'workloadentries')]],
  [
    'ServiceExport',
    ['v1beta1', 'v1alpha1'].map((version) =>
      custom('multicluster.x-k8s.io', version, 'ServiceExport', 'serviceexports'),
    ),
  ],
  [
    'ServiceImport',
    ['v1beta1', 'v1alpha1'].map((version) =>
      custom('multicluster.x-k8s.io', version, 'ServiceImport', 'serviceimports'),
    ),
  ],
  ...configurationKinds.map((kind) => [optionalNameOf(kind), versionsOf(kind)] as const),
]);

export interface Namespace extends KubeObject {
  status?: { phase?: string };
}

export interface Service extends KubeObject {
  spec?: {
    type?: string;
    clusterIP?: string;
    selector?: Record<string, string>;
    ports?: ServicePortSpec[];
    externalIPs?: string[];
    ipFamilies?: string[];
  };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
}

export interface ServicePortSpec {
  name?: string;
  port: number;
  /** TCP when absent. */
  protocol?: string;
  appProtocol?: string;
  targetPort?: number | string;
}

export interface EndpointSlice extends KubeObject {
  /** IPv4, IPv6 or FQDN. */
  addressType: string;
  endpoints?: SliceEndpoint[] | null;
  ports?: { name?: string; port?: number; protocol?: string }[] | null;
}

export interface SliceEndpoint {
  addresses: string[];
  conditions?: { ready?: boolean };
  zone?: string;
  targetRef?: { kind?: string; namespace?: string; name?: string; uid?: string };
}

export interface Pod extends KubeObject {
  spec?: { serviceAccountName?: string };
}

export interface Secret extends KubeObject {
  /** Base64. */
  data?: Record<string, string>;
  type?: string;
}

export interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    /** RFC 3339 with six digits of a second, and so renewTime. */
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

/** A kind with the conditions that Kubernetes objects tell their state with. */
export interface Conditioned extends KubeObject {
  status?: { conditions?: ObjectCondition[] };
}

export interface ObjectCondition {
  type: string;
  status: string;
  reason: string;
  message: string;
  observedGeneration?: number;
  lastTransitionTime?: string;
}

/** `networking.istio.io` Gateway, as far as the agent reads those of others. */
export interface IstioGateway extends KubeObject {
  spec?: { servers?: { hosts?: string[]; tls?: { mode?: string } }[] };
}
