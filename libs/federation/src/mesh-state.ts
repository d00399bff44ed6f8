import type {
  ClusterFact,
  ExportedServiceFact,
  GatewayFact,
  LabelSelector,
} from '@isthmus/contracts';
import type { ConfigurationSettings } from '@isthmus/releases';
import type { VersionSettings } from '@isthmus/upgrades';

/** Everything that intents are made of: what people decided, and what agents reported. */
export interface MeshState {
  readonly settings: MeshSettings;
  readonly facts: MeshFacts;
}

export interface MeshSettings extends HostRules {
  readonly mesh: { readonly id: string; readonly name: string; readonly trustDomain: string };
  readonly policies: readonly PolicySettings[];
  readonly trust: TrustSettings;
  readonly configuration: ConfigurationSettings;
  readonly versions: VersionSettings;
}

/** The part of the settings that decides whose a host is. */
export interface HostRules {
  /** By id. Removed ones too, for as long as there is a row: they account for what is gone. */
  readonly clusters: ReadonlyMap<string, ClusterSettings>;
  readonly grants: readonly GrantSettings[];
}

export interface ClusterSettings {
  readonly id: string;
  readonly name: string;
  readonly network: string;
  readonly locality: string;
  readonly cidrs: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly removed: boolean;
  /** Out of contact for long: see `isStale`. */
  readonly stale: boolean;
}

export interface GrantSettings {
  readonly namespace: string;
  /** A service of the namespace, or '*'. */
  readonly service: string;
  /** Empty: every cluster of the mesh. */
  readonly clusterIds: readonly string[];
}

export interface PolicySettings {
  readonly name: string;
  readonly namespaceSelector: LabelSelector;
  readonly serviceSelector: LabelSelector;
}

export interface TrustSettings {
  /** PEM, one certificate each. */
  readonly anchors: readonly string[];
  /** By cluster id. */
  readonly signing: ReadonlyMap<string, SigningSettings>;
}

export interface SigningSettings {
  readonly keyId: string;
  /** PEM. */
  readonly certificate: string;
  readonly chain: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What became of one fact of a cluster. */
export interface FactRecord<T> {
  /** Revision of the mesh at which it appeared, or came back. */
  readonly since: bigint;
  /** Undefined once it is withdrawn: the tombstone. */
  readonly fact: T | undefined;
  readonly withdrawnAt: Date | undefined;
}

export type ByCluster<T> = ReadonlyMap<string, FactRecord<T>>;

export interface MeshFacts {
  /** By host (`namespace/name`), then by cluster id. */
  readonly exports: ReadonlyMap<string, ByCluster<ExportedServiceFact>>;
  /** By cluster id, then by the gateway's name. */
  readonly gateways: ReadonlyMap<string, ReadonlyMap<string, FactRecord<GatewayFact>>>;
  /** By cluster id. */
  readonly agents: ByCluster<ClusterFact>;
}

/** How long an exporter may be silent before what it exports is marked stale. Agents make
 * themselves heard every few seconds: a lost connection or a restart stays far below. */
export const staleAfterMs = 3 * 60_000;

/**
 * Whether a cluster is out of contact. The hub that projects and the API that compares
 * versions both ask here, so that they come to the same bytes.
 */
export function isStale(lastContactAt: Date | null, now: Date): boolean {
  return lastContactAt !== null && now.getTime() - lastContactAt.getTime() > staleAfterMs;
}
