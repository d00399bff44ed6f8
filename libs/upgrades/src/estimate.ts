import { isInFlight } from './cluster-machine.js';
import type { ClusterStage, UpgradePolicy } from './model.js';

/** What an estimate is made of. */
export interface EstimateInput {
  /** Ids of clusters, by wave. */
  readonly waves: readonly (readonly string[])[];
  /** Those of the waves that are not in it are passed over. */
  readonly clusters: readonly EstimatedCluster[];
  readonly policy: Pick<
    UpgradePolicy,
    'canaryNamespaces' | 'soakSeconds' | 'graceSeconds' | 'maxRestarting'
  >;
  readonly maxInFlight: number;
  readonly now: Date;
}

export interface EstimatedCluster {
  readonly id: string;
  readonly stage: ClusterStage;
  /** Of how many hops, which one is under way. */
  readonly hop: number;
  readonly hops: number;
  /** Pods with a proxy, which take their time to restart; unknown: as in a cluster that has few. */
  readonly proxies?: number | undefined;
  /** When it began, its stage began and it ended. */
  readonly startedAt?: Date | undefined;
  readonly stageAt?: Date | undefined;
  readonly finishedAt?: Date | undefined;
}

export interface Estimate {
  /** Until the last old revision is gone; 0 when all is done. */
  readonly secondsLeft: number;
  readonly finishesAt: Date;
}

/** Of the work in a hop, how much is over as a stage begins. */
const share: Partial<Record<ClusterStage, number>> = {
  PREFLIGHT: 0,
  INSTALLING: 0.05,
  CANARY: 0.2,
  SOAKING: 0.3,
  WORKLOADS: 0.3,
  GATEWAYS: 0.75,
  DEFAULT_TAG: 0.9,
  DRAINING: 0.9,
  GRACE: 0.95,
  REMOVING: 0.95,
};
/** Of a hop in a cluster without a proxy, and of each proxy: until a cluster is done that says better. */
const guess = { base: 180, proxy: 20 };
const afterSoak: ReadonlySet<ClusterStage> = new Set([
  'WORKLOADS',
  'GATEWAYS',
  'DEFAULT_TAG',
  'DRAINING',
  'REMOVING',
]);

/**
 * How long an upgrade will take, if nothing keeps it: wave after wave, as many clusters at one time as may
 * be. No wave waits for the grace of the one before; what is left of it comes on top of the last.
 */
export function estimate(input: EstimateInput): Estimate {
  const { waves, clusters, policy, maxInFlight, now } = input;
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  const slower = paceOf(clusters, policy);
  let waveAt = 0;
  let last = 0;
  for (const wave of waves) {
    const its = wave.flatMap((id) => byId.get(id) ?? []).filter((cluster) => !isEnd(cluster.stage));
    const slots: number[] = Array.from(
      { length: Math.max(1, Math.min(maxInFlight, its.length)) },
      () => waveAt,
    );
    // Those that are under way hold their slots already.
    its.sort((a, b) => Number(isInFlight(b.stage)) - Number(isInFlight(a.stage)));
    let through = waveAt;
    for (const cluster of its) {
      const { disturbing, grace } = secondsOf(cluster, input, slower);
      const slot = isThroughNow(cluster) ? -1 : slots.indexOf(Math.min(...slots));
      const ends = (slots[slot] ?? 0) + disturbing;
      if (slot >= 0) {
        slots[slot] = ends;
        through = Math.max(through, ends);
      }
      last = Math.max(last, ends + grace);
    }
    waveAt = through;
  }
  const secondsLeft = Math.ceil(Math.max(waveAt, last));
  return { secondsLeft, finishesAt: new Date(now.getTime() + secondsLeft * 1_000) };
}

function isEnd(stage: ClusterStage): boolean {
  return stage === 'DONE' || stage === 'SKIPPED' || stage === 'ROLLED_BACK';
}

function isThroughNow({ stage, hop, hops }: EstimatedCluster): boolean {
  return hop >= hops - 1 && (stage === 'GRACE' || stage === 'REMOVING');
}

/** Seconds until a cluster is through, and from then on until the old revision is gone. */
function secondsOf(
  cluster: EstimatedCluster,
  { policy, now }: EstimateInput,
  slower: number,
): { readonly disturbing: number; readonly grace: number } {
  const { stage, hop, hops, stageAt } = cluster;
  const work = workOf(cluster, policy) * slower;
  const soak = soakOf(policy);
  const inStage = stageAt ? Math.max(0, (now.getTime() - stageAt.getTime()) / 1_000) : 0;
  const restOfWork = work * (1 - (share[stage] ?? 0));
  if (isThroughNow(cluster)) {
    const restOfGrace = stage === 'GRACE' ? Math.max(0, policy.graceSeconds - inStage) : 0;
    return { disturbing: 0, grace: restOfGrace + restOfWork };
  }
  const soaked = stage === 'SOAKING' ? inStage : afterSoak.has(stage) ? soak : 0;
  const later = Math.max(0, hops - hop - 1) * (work + soak);
  return {
    disturbing: restOfWork + Math.max(0, soak - soaked) + later,
    grace: policy.graceSeconds,
  };
}

function soakOf({ canaryNamespaces, soakSeconds }: EstimateInput['policy']): number {
  return canaryNamespaces.length === 0 ? 0 : soakSeconds;
}

/** Of one hop, without what is waited for on purpose. */
function workOf(
  { proxies = 0 }: EstimatedCluster,
  { maxRestarting }: EstimateInput['policy'],
): number {
  return guess.base + (guess.proxy * proxies) / Math.max(1, maxRestarting);
}

/** How many times as long as guessed it took where it is done: the median. */
function paceOf(clusters: readonly EstimatedCluster[], policy: EstimateInput['policy']): number {
  const paces = clusters
    .flatMap((cluster) => {
      const { stage, startedAt, finishedAt, hops } = cluster;
      if (stage !== 'DONE' || !startedAt || !finishedAt || hops < 1) return [];
      const took = (finishedAt.getTime() - startedAt.getTime()) / 1_000;
      const worked = (took - policy.graceSeconds) / hops - soakOf(policy);
      return [Math.max(1, worked) / workOf(cluster, policy)];
    })
    .sort((a, b) => a - b);
  return paces[Math.floor(paces.length / 2)] ?? 1;
}
