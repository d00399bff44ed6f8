import type { WavePolicy } from '@isthmus/releases';

/** How an upgrade makes its way through the clusters. */
export interface UpgradePolicy {
  /** In order; clusters that none of them takes come last, together. */
  readonly waves: readonly WavePolicy[];
  /** Names of namespaces that go first in every cluster; those of them that it has. */
  readonly canaryNamespaces: readonly string[];
  /** So long the canary namespaces must stay well before the rest follows. */
  readonly soakSeconds: number;
  /** A stage that is not through by then fails its cluster, which goes back by itself. */
  readonly timeoutSeconds: number;
  /** So long the old revision stays, unused, before it is removed. */
  readonly graceSeconds: number;
  /** Workloads of a cluster that restart at one time. */
  readonly maxRestarting: number;
}

/** From one version to the next in one cluster; never over a minor version. */
export interface Hop {
  /** Version and revision that the cluster has; null: it has no Istio. */
  readonly from: Installed | null;
  readonly to: Installed;
}

export interface Installed {
  /** Such as 1.30.2. */
  readonly version: string;
  /** As istio.io/rev: "default", or `revisionOf(version)`. */
  readonly revision: string;
}

/**
 * Where a cluster stands in a hop, in their order; the last four are ends, or lead there. `SKIPPED` was
 * taken out by a person or is not there any more.
 */
export const clusterStages = [
  'PENDING',
  'PREFLIGHT',
  'INSTALLING',
  'CANARY',
  'SOAKING',
  'WORKLOADS',
  'GATEWAYS',
  'DEFAULT_TAG',
  'DRAINING',
  'GRACE',
  'REMOVING',
  'DONE',
  'ROLLING_BACK',
  'CLEANING_UP',
  'ROLLED_BACK',
  'SKIPPED',
] as const;
export type ClusterStage = (typeof clusterStages)[number];

/** Nothing follows these by itself. */
export const endStages: ReadonlySet<ClusterStage> = new Set(['DONE', 'ROLLED_BACK', 'SKIPPED']);

export const upgradeStates = [
  'PLANNED',
  'AWAITING_APPROVAL',
  'RUNNING',
  'PAUSED',
  'HALTED',
  'COMPLETED',
  'ABORTED',
  'REJECTED',
  'ROLLING_BACK',
  'ROLLED_BACK',
] as const;
export type UpgradeState = (typeof upgradeStates)[number];

export const severities = ['BLOCKS', 'WARNS', 'INFORMS'] as const;
export type Severity = (typeof severities)[number];

/** Something that a plan found, with what to do about it. */
export interface UpgradeFinding {
  readonly severity: Severity;
  /** Stable, such as `KubernetesTooOld`. */
  readonly code: string;
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
  /** Of the cluster it is about; null: of the mesh. */
  readonly clusterId: string | null;
  /** Of the object it is about, as `<Kind>.<group>/<namespace>/<name>`; null: of none. */
  readonly object: string | null;
}

/** What a cluster has of Istio that a hop may change, as the hop begins. */
export interface IstioSnapshot {
  readonly tags: readonly { readonly name: string; readonly revision: string }[];
  readonly namespaces: readonly {
    readonly name: string;
    /** A tag, a revision, or "injection". */
    readonly follows: string;
    readonly hasGateways: boolean;
  }[];
}

/** Of a cluster that has nothing of it. */
export const emptySnapshot: IstioSnapshot = { tags: [], namespaces: [] };

/** A time at which clusters may begin, and go on, with what disturbs workloads. */
export interface MaintenanceWindow {
  readonly name: string;
  /** Label selector over clusters, as Kubernetes writes it; all unless said. */
  readonly clusterSelector?: string | undefined;
  /** MONDAY … SUNDAY, on which it opens. */
  readonly days: readonly WeekDay[];
  /** HH:MM, in the time zone. */
  readonly opens: string;
  /** Minutes that it stays open, 1 to 10,080; over midnight and a change of clocks as well. */
  readonly minutes: number;
  /** IANA, such as Europe/Zurich. */
  readonly timeZone: string;
}

export const weekDays = [
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
  'SUNDAY',
] as const;
export type WeekDay = (typeof weekDays)[number];

/** A time at which nothing begins and nothing goes on but a way back. */
export interface Freeze {
  readonly name: string;
  readonly clusterSelector?: string | undefined;
  readonly from: Date;
  readonly until: Date;
}

export const channels = ['rapid', 'regular', 'stable'] as const;
export type Channel = (typeof channels)[number];

/** Where the charts of Istio come from. */
export interface Charts {
  /** https://…, oci://…, or the path of a folder as the agents see it. */
  readonly repository: string;
  /** SHA-256, hex, of the archives, by `<chart>-<version>`, such as istiod-1.30.2; those that are not in it are not pinned. */
  readonly digests: Readonly<Record<string, string>>;
  /** Helm values of the chart istiod, over those that a cluster has. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** An image of the agent. Its repository is each cluster's own affair. */
export interface AgentImage {
  /** Its tag, such as 0.2.0, which is what the agent calls itself. */
  readonly version: string;
  /** As sha256:…; empty: the tag alone. */
  readonly digest: string;
}

export const defaultUpgradePolicy: UpgradePolicy = {
  waves: [{ percent: 1 }, { percent: 25 }],
  canaryNamespaces: [],
  soakSeconds: 300,
  timeoutSeconds: 1_800,
  graceSeconds: 86_400,
  maxRestarting: 2,
};

/** The revision under which a version is installed: dots are not allowed in one. */
export function revisionOf(version: string): string {
  return version.replaceAll('.', '-');
}

/** Whether a cluster may be disturbed now. */
export type Proceeding =
  | { readonly may: true }
  | {
      readonly may: false;
      readonly reason: 'Frozen' | 'OutsideWindow';
      readonly message: string;
      /** When that ends; undefined: not in the time that was looked at. */
      readonly until: Date | undefined;
    };
