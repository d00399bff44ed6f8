import { IsthmusError } from '@isthmus/kernel';
import { matchesSelector, parseSelector } from './bundle/selector.js';
import { type SelectableCluster, selectableLabels } from './clusters.js';

/** How a release makes its way through the clusters. */
export interface RolloutPolicy {
  /** In order; clusters that none of them takes come last, together. */
  readonly waves: readonly WavePolicy[];
  readonly gate: GatePolicy;
}

export interface WavePolicy {
  /** Label selector over clusters, as Kubernetes writes it; all that are left unless said. */
  readonly clusterSelector?: string | undefined;
  /** As many as bring the rollout to this share of the selected clusters; 1 to 100. */
  readonly percent?: number | undefined;
  /** Splits it into a wave for each cluster, or for all of each region or network. */
  readonly each?: WaveUnit | undefined;
}

export const waveUnits = ['CLUSTER', 'REGION', 'NETWORK'] as const;
export type WaveUnit = (typeof waveUnits)[number];

/** What must hold in a wave before the next one begins. */
export interface GatePolicy {
  /** So long all must stay well. */
  readonly soakSeconds: number;
  /** A wave that is not through by then halts the rollout. */
  readonly timeoutSeconds: number;
  /** Of the wave's objects, how many percent may be refused. */
  readonly maxRefusedPercent: number;
}

/** Ids of clusters. */
export interface RolloutPlan {
  /** One of each Kubernetes and Istio version, where the objects are tried by a dry run. */
  readonly trial: readonly string[];
  readonly waves: readonly (readonly string[])[];
}

export const defaultPolicy: RolloutPolicy = {
  waves: [{ percent: 1 }, { percent: 25 }],
  gate: { soakSeconds: 60, timeoutSeconds: 600, maxRefusedPercent: 0 },
};

const most = { waves: 50, soakSeconds: 7 * 86_400, timeoutSeconds: 86_400 };

/** @throws ROLLOUT_POLICY_INVALID, saying which part. */
export function assertPolicy({ waves, gate }: RolloutPolicy): void {
  const fail = (field: string, message: string): never => {
    throw new IsthmusError('ROLLOUT_POLICY_INVALID', message, { field });
  };
  if (waves.length > most.waves)
    fail('waves', `a policy has at most ${most.waves} waves; use each`);
  for (const [index, { clusterSelector, percent }] of waves.entries()) {
    if (percent !== undefined && !(percent >= 1 && percent <= 100))
      fail(`waves.${index}.percent`, `waves[${index}].percent must be 1 to 100`);
    if (clusterSelector === undefined) continue;
    try {
      parseSelector(clusterSelector);
    } catch (error) {
      const words = error instanceof Error ? error.message : 'it cannot be read';
      fail(`waves.${index}.clusterSelector`, `waves[${index}].clusterSelector: ${words}`);
    }
  }
  const { soakSeconds, timeoutSeconds, maxRefusedPercent } = gate;
  if (!isWithin(soakSeconds, 0, most.soakSeconds))
    fail('gate.soakSeconds', `gate.soakSeconds must be 0 to ${most.soakSeconds}`);
  if (!isWithin(timeoutSeconds, 1, most.timeoutSeconds))
    fail('gate.timeoutSeconds', `gate.timeoutSeconds must be 1 to ${most.timeoutSeconds}`);
  if (!isWithin(maxRefusedPercent, 0, 100))
    fail('gate.maxRefusedPercent', 'gate.maxRefusedPercent must be 0 to 100');
}

function isWithin(value: number, least: number, largest: number): boolean {
  return Number.isFinite(value) && value >= least && value <= largest;
}

type PlannedCluster = SelectableCluster & { readonly id: string };

/** Which clusters go when; by name within a wave, none twice, none left out. Pure. */
export function planWaves(policy: RolloutPolicy, clusters: readonly PlannedCluster[]): string[][] {
  const left = [...clusters].sort((a, b) => (a.name < b.name ? -1 : 1));
  const waves: string[][] = [];
  for (const { clusterSelector, percent, each } of [...policy.waves, {} as WavePolicy]) {
    const selector = parseSelector(clusterSelector ?? '');
    const selects = (cluster: PlannedCluster): boolean =>
      matchesSelector(selector, selectableLabels(cluster));
    const all = clusters.filter(selects).length;
    const waiting = left.filter(selects);
    const done = all - waiting.length;
    const room = Math.max(0, Math.ceil((all * (percent ?? 100)) / 100) - done);
    const taken = waiting.slice(0, room);
    for (const wave of split(taken, each)) waves.push(wave.map(({ id }) => id));
    for (const cluster of taken) left.splice(left.indexOf(cluster), 1);
  }
  return waves;
}

function split(
  clusters: readonly PlannedCluster[],
  each: WaveUnit | undefined,
): PlannedCluster[][] {
  const groups = new Map<string, PlannedCluster[]>();
  for (const cluster of clusters) {
    const key = unitOf(cluster, each);
    groups.set(key, [...(groups.get(key) ?? []), cluster]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

function unitOf({ name, network, locality }: PlannedCluster, each: WaveUnit | undefined): string {
  switch (each) {
    case 'CLUSTER':
      return name;
    case 'REGION':
      return locality.split('/')[0] ?? '';
    case 'NETWORK':
      return network;
    default:
      return '';
  }
}

/**
 * Where the release is tried: of each combination of versions the one that comes first.
 *
 * @param versions Of Kubernetes and Istio, by cluster id; those that are not in it cannot be asked.
 */
export function planTrial(
  waves: readonly (readonly string[])[],
  versions: ReadonlyMap<string, string>,
): string[] {
  const chosen = new Map<string, string>();
  for (const id of waves.flat()) {
    const version = versions.get(id);
    if (version !== undefined && !chosen.has(version)) chosen.set(version, id);
  }
  return [...chosen.values()];
}
