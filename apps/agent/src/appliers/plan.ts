import { createHash } from 'node:crypto';
import type {
  ClusterSettingsIntent,
  GatewayFact,
  ImportIntent,
  PeerIntent,
  TrustBundleIntent,
} from '@isthmus/contracts';
import type {
  Conditioned,
  Kind,
  KubeObject,
  Namespace,
  OptionalName,
  Service,
} from '../kube/kinds.js';
import { Marks, managerName } from '../kube/ownership.js';

/** Why something is not as wanted: a stable word, and a sentence that says what to do. */
export interface Reason {
  readonly reason: string;
  readonly message: string;
}

/** An object as it is sent to the API server. */
type Manifest = KubeObject & {
  readonly spec?: object;
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly status?: object;
};

/** One object, or part of one, that an intent wants. */
export interface Desired {
  readonly kind: Kind;
  /** Without apiVersion and kind; `status` goes to the status subresource. */
  readonly object: Manifest;
  /**
   * Fields on an object of somebody else, named by `metadata.uid`: it is never created, needs no
   * label of ours, and is left as it is when no longer wanted.
   */
  readonly fragment?: true;
}

/** What an intent comes to in this cluster, as it is now. */
export interface Plan {
  /** In the order in which they are created; `'keep'` leaves what is there from before. */
  readonly objects: readonly Desired[] | 'keep';
  /** Set while it cannot be done yet; it is tried again when the cluster changes. */
  readonly waiting?: Reason;
  /** Set when it is not done, until the intent or the cluster changes. */
  readonly refused?: Reason;
  /** Worth knowing although it was done. */
  readonly notice?: Reason;
}

/** Whether istiod took it. */
export type Acceptance =
  | { readonly state: 'unknown' | 'yes' }
  | ({ readonly state: 'pending' | 'refused' } & Reason);

/** All that a plan may look at. Reading it has no side effect and no delay. */
export interface View {
  readonly istioNamespace: string;
  /** From the agent's own certificate; undefined before there is one. */
  readonly clusterId: string | undefined;
  readonly settings: ClusterSettingsIntent | undefined;
  readonly trust: TrustBundleIntent | undefined;
  readonly now: Date;
  namespace(name: string): Namespace | undefined;
  service(namespace: string, name: string): Service | undefined;
  servicesIn(namespace: string): Iterable<Service>;
  serviceExport(namespace: string, name: string): Conditioned | undefined;
  importOf(namespace: string, name: string): ImportIntent | undefined;
  /** The way into a network, while there is one. */
  peer(network: string): PeerIntent | undefined;
  /** East-west gateways of this cluster, sorted by namespace and name. */
  gateways(): readonly GatewayFact[];
  /** The served version of a kind whose CRD may be missing. */
  kind(name: OptionalName): Kind | undefined;
  /** PKCS#8 PEM of a signing key made here, by its id. */
  signingKey(keyId: string): string | undefined;
  /** Whether a hostname resolves; undefined while that is not known. */
  resolves(hostname: string): boolean | undefined;
}

/** Turns one type of intent into objects. Pure. */
export interface Applier<T> {
  plan(name: string, intent: T, view: View, version: string): Plan;
  /** From the planned objects as they are; for appliers whose objects get a status from istiod. */
  acceptance?(
    objects: readonly Desired[],
    intent: T,
    view: View,
    live: (desired: Desired) => KubeObject | undefined,
  ): Acceptance;
}

/** Metadata of an object of ours. */
export function ownMetadata(
  intent: { readonly type: string; readonly name: string },
  object: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Record<string, string>;
  },
): KubeObject['metadata'] {
  return {
    name: object.name,
    namespace: object.namespace,
    labels: { [Marks.managedBy]: managerName, ...object.labels, [Marks.intent]: intent.type },
    annotations: { [Marks.intentName]: intent.name },
  };
}

/**
 * `<prefix>-<hash of what it stands for>`, at most 63 characters: the same as others of its kind
 * come and go. A prefix too long is cut and told apart by the hash.
 */
export function stableName(prefix: string, ...of: readonly string[]): string {
  const hash = shortHash(prefix, ...of);
  return `${prefix.slice(0, 62 - hash.length).replace(/[^a-z0-9]+$/, '')}-${hash}`;
}

function shortHash(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 10);
}

export const nothing: Plan = { objects: [] };

export const waitingForSettings: Plan = {
  objects: 'keep',
  waiting: {
    reason: 'WaitingForSettings',
    message: "the cluster's own identity and settings have not arrived from the hub yet",
  },
};

export function crdMissing(kind: string, group: string): Plan {
  return {
    objects: 'keep',
    waiting: {
      reason: 'KindNotServed',
      message: `this cluster has no ${kind} (${group}); install its CRDs`,
    },
  };
}
