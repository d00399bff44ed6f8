import { fromJson, type Prisma, type Transaction } from '@isthmus/platform';
import {
  type AgentImage,
  type Charts,
  type ClusterStage,
  defaultUpgradePolicy,
  type Freeze,
  type Hop,
  type IstioSnapshot,
  type MaintenanceWindow,
  type UpgradeFinding,
  type UpgradePolicy,
  type UpgradeState,
} from './model.js';

export type UpgradeRow = Prisma.UpgradeGetPayload<object>;
export type UpgradeClusterRow = Prisma.UpgradeClusterGetPayload<object>;
type SettingsRow = Prisma.UpgradeSettingsGetPayload<object>;

export const stateOf = ({ state }: UpgradeRow): UpgradeState => state as UpgradeState;
export const stageOf = ({ stage }: UpgradeClusterRow): ClusterStage => stage as ClusterStage;
export const policyOf = ({ policy }: UpgradeRow): UpgradePolicy => fromJson(policy);
export const wavesOf = ({ waves }: UpgradeRow): readonly (readonly string[])[] => fromJson(waves);
export const findingsOf = ({ findings }: UpgradeRow): readonly UpgradeFinding[] =>
  fromJson(findings);
export const hopsOf = ({ hops }: UpgradeClusterRow): readonly Hop[] => fromJson(hops);
export const beforesOf = ({ befores }: UpgradeClusterRow): readonly IstioSnapshot[] =>
  fromJson(befores);

/** How a mesh has its clusters upgraded. */
export interface UpgradeSettings {
  readonly windows: readonly MaintenanceWindow[];
  readonly freezes: readonly Freeze[];
  readonly maxInFlight: number;
  readonly requireApproval: boolean;
  readonly policy: UpgradePolicy;
  readonly charts: Charts;
  /** What the agents are to run as; null: what each was installed as. */
  readonly agent: AgentImage | null;
}

/** Istio's own, unpinned: an operator who wants other ones says so. */
const defaultCharts: Charts = {
  repository: 'oci://ghcr.io/istio/release/charts',
  digests: {},
  values: {},
};

/** @param tx that sees the mesh's organization. */
export async function loadSettings(tx: Transaction, meshId: string): Promise<UpgradeSettings> {
  return settingsOf(await tx.upgradeSettings.findUnique({ where: { meshId } }));
}

export function settingsOf(row: SettingsRow | null): UpgradeSettings {
  return {
    windows: row ? fromJson(row.windows) : [],
    freezes: (row ? fromJson<{ from: string; until: string }[]>(row.freezes) : []).map(
      (freeze) =>
        ({ ...freeze, from: new Date(freeze.from), until: new Date(freeze.until) }) as Freeze,
    ),
    maxInFlight: row?.maxInFlight ?? 5,
    requireApproval: row?.requireApproval ?? false,
    policy: {
      ...defaultUpgradePolicy,
      ...(row?.policy ? fromJson<UpgradePolicy>(row.policy) : {}),
    },
    charts: row?.charts ? fromJson(row.charts) : defaultCharts,
    agent: row?.agent ? fromJson(row.agent) : null,
  };
}
