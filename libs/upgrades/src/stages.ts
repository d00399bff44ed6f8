import { desiredIstio, snapshotOf } from './desired.js';
import { type ClusterStage, emptySnapshot, type Hop } from './model.js';
import type { UpgradableCluster } from './observation.js';
import {
  beforesOf,
  hopsOf,
  policyOf,
  type UpgradeClusterRow,
  type UpgradeRow,
  type UpgradeSettings,
} from './rows.js';
import type { ClusterStep } from './steps.js';

/** Stages that say anew what the cluster is to have; in the others that stays as it is. */
const telling: ReadonlySet<ClusterStage> = new Set([
  'PREFLIGHT',
  'INSTALLING',
  'CANARY',
  'WORKLOADS',
  'GATEWAYS',
  'DEFAULT_TAG',
  'REMOVING',
  'DONE',
  'ROLLING_BACK',
  'CLEANING_UP',
]);

/** A cluster of an upgrade, as it is read for a step. */
export interface StageContext {
  readonly upgrade: UpgradeRow;
  readonly row: UpgradeClusterRow;
  readonly settings: UpgradeSettings;
  readonly cluster: UpgradableCluster | undefined;
}

/**
 * The step by which a cluster begins a stage, or goes through the one it is in once more: with the intent
 * that belongs to it. What the cluster has when it begins to be changed is kept for the way back.
 */
export function stageStep(
  { upgrade, row, settings, cluster }: StageContext,
  step: Omit<ClusterStep, 'row' | 'desired' | 'befores'>,
): ClusterStep {
  const { stage, hop = row.hop, held = false } = step;
  const befores = [...beforesOf(row)];
  const now = cluster?.istio ? snapshotOf(cluster.istio) : emptySnapshot;
  if (stage === 'INSTALLING') befores[hop] = now;
  const desired =
    telling.has(stage) &&
    desiredIstio(stage, {
      hop: hopsOf(row)[hop] as Hop,
      before: befores[hop] ?? now,
      policy: policyOf(upgrade),
      charts: settings.charts,
      held,
      readinessRequest: stage === 'PREFLIGHT' ? requestOf(row, hop, row.step + 1) : '',
    });
  return { ...step, row, hop, held, befores, ...(desired && { desired }) };
}

/** What PREFLIGHT asks the agent for: another one each time it is entered. */
export function requestOf(
  { upgradeId }: Pick<UpgradeClusterRow, 'upgradeId'>,
  hop: number,
  step: number,
): string {
  return `${upgradeId}-${hop}-${step}`;
}
