import { isThrough } from './cluster-machine.js';
import type { ClusterStage, Hop, UpgradeState } from './model.js';

/** Where an upgrade stands, as far as it decides what comes next. */
export interface UpgradePosition {
  readonly state: UpgradeState;
  /** Index of the wave under way; the number of waves while the old revisions are taken away. */
  readonly wave: number;
  readonly waves: number;
}

export interface ClusterStanding {
  readonly clusterId: string;
  readonly name: string;
  readonly wave: number;
  readonly stage: ClusterStage;
  readonly hop: number;
  readonly hops: readonly Hop[];
  readonly detail: string | null;
}

export type UpgradeDecision =
  | { readonly do: 'wait' }
  | { readonly do: 'startWave'; readonly wave: number; readonly message: string }
  | { readonly do: 'complete'; readonly message: string }
  | { readonly do: 'rolledBack'; readonly message: string }
  | { readonly do: 'halt'; readonly reason: string; readonly message: string };

const untouched: ReadonlySet<ClusterStage> = new Set(['PENDING', 'SKIPPED', 'ROLLED_BACK']);

/** What an upgrade as a whole does next. Pure. */
export function decideUpgrade(
  { state, wave, waves }: UpgradePosition,
  clusters: readonly ClusterStanding[],
): UpgradeDecision {
  if (state === 'ROLLING_BACK') {
    const areBack = clusters.every(({ stage }) => untouched.has(stage));
    return areBack
      ? { do: 'rolledBack', message: 'every cluster is where it was' }
      : { do: 'wait' };
  }
  if (state !== 'RUNNING') return { do: 'wait' };
  const current = clusters.filter((cluster) => cluster.wave <= wave);
  const failed = current.find(({ stage }) => stage === 'ROLLED_BACK');
  if (failed) {
    const message = `${failed.name} went back: ${failed.detail ?? 'by itself'}`;
    return { do: 'halt', reason: 'ClusterFailed', message };
  }
  if (wave >= waves) {
    const areDone = clusters.every(({ stage }) => stage === 'DONE' || stage === 'SKIPPED');
    return areDone ? { do: 'complete', message: 'all clusters are through' } : { do: 'wait' };
  }
  if (!current.every(isThrough)) return { do: 'wait' };
  const next = wave + 1;
  return {
    do: 'startWave',
    wave: next,
    message:
      next < waves
        ? `wave ${next} of ${waves} is through`
        : 'all waves are through; the old revisions go when their time of grace is over',
  };
}
