import type { WavePolicyInput, WaveUnit } from '../api/generated/graphql.js';

/** A wave of a policy: which clusters go together, be it to a release or to a version of Istio. */
export interface Wave {
  readonly clusterSelector?: string | null;
  readonly percent?: number | null;
  readonly each?: WaveUnit | null;
}

/** A wave, as it is typed. */
export interface WaveForm {
  readonly clusterSelector: string;
  readonly percent: string;
  readonly each: WaveUnit | '';
}

export const anyWave: WaveForm = { clusterSelector: '', percent: '', each: '' };

export function waveForm({ clusterSelector, percent, each }: Wave): WaveForm {
  return {
    clusterSelector: clusterSelector ?? '',
    percent: percent === null || percent === undefined ? '' : String(percent),
    each: each ?? '',
  };
}

export function waveInput({ clusterSelector, percent, each }: WaveForm): WavePolicyInput {
  return {
    ...(clusterSelector.trim() !== '' && { clusterSelector: clusterSelector.trim() }),
    ...(percent !== '' && { percent: Number(percent) }),
    ...(each !== '' && { each }),
  };
}

/** What is wrong with waves, by field such as `waves.0.percent`; the API has the last word. */
export function waveFaults(waves: readonly WaveForm[]): Record<string, string> {
  const faults: Record<string, string> = {};
  waves.forEach(({ percent }, index) => {
    const number = Number(percent);
    if (percent !== '' && !(number > 0 && number <= 100)) {
      faults[`waves.${index}.percent`] = 'More than 0, at most 100';
    }
  });
  return faults;
}

const units: Readonly<Record<WaveUnit, string>> = {
  CLUSTER: 'one cluster',
  NETWORK: 'one network',
  REGION: 'one region',
};

/**
 * Waves in words, a line for each and one for the clusters that none of them takes.
 *
 * @param without what there is to say when there are none.
 */
export function describeWaves(waves: readonly Wave[], without: string): readonly string[] {
  const lines = waves.map(({ clusterSelector, percent, each }, index) => {
    const which = clusterSelector ? `clusters with ${clusterSelector}` : 'clusters that are left';
    const share =
      percent === null || percent === undefined ? `all ${which}` : `${percent} % of the ${which}`;
    return `Wave ${index + 1}: ${share}${each ? `, ${units[each]} after the other` : ''}`;
  });
  return [...lines, waves.length === 0 ? without : 'At last: all that are left'];
}
