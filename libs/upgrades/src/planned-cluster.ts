import type { IstioFact, ReadinessFact } from '@isthmus/contracts';
import type { JsonObject, selectableLabels } from '@isthmus/releases';

/** What is known of a cluster as an upgrade is planned. */
export type PlannedCluster = Parameters<typeof selectableLabels>[0] & {
  readonly id: string;
  readonly inContact: boolean;
  /** As its API server says it; empty: not known. */
  readonly kubernetesVersion: string;
  readonly agentVersion: string;
  /** undefined: its agent reports none. */
  readonly istio?: IstioFact | undefined;
  readonly readiness?: ReadinessFact | undefined;
  /** As in ClusterFact. */
  readonly dataPlaneMode?: string | undefined;
  /** False: its agent said that it may not change Istio. */
  readonly mayManage?: boolean | undefined;
  /** Of the release that runs there; clusters with the same objects should share one list. */
  readonly configuration: readonly ReleasedObject[];
};

export interface ReleasedObject {
  readonly kind: string;
  readonly group: string;
  readonly namespace: string;
  readonly name: string;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly spec: JsonObject;
}
