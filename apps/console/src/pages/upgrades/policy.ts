import type { UpgradePolicyInput, WaveUnit } from '../../api/generated/graphql.js';
import { counted } from '../../parts/index.js';
import { lasting } from './lasting.js';

/** A wave, as it is typed. */
export interface WaveForm {
  readonly clusterSelector: string;
  readonly percent: string;
  readonly each: WaveUnit | '';
}

/** An upgrade's policy, as it is typed. */
export interface PolicyForm {
  readonly waves: readonly WaveForm[];
  readonly canaryNamespaces: readonly string[];
  readonly soakSeconds: string;
  readonly timeoutSeconds: string;
  readonly graceSeconds: string;
  readonly maxRestarting: string;
}

export interface Policy {
  readonly waves: readonly {
    readonly clusterSelector?: string | null;
    readonly percent?: number | null;
    readonly each?: WaveUnit | null;
  }[];
  readonly canaryNamespaces: readonly string[];
  readonly soakSeconds: number;
  readonly timeoutSeconds: number;
  readonly graceSeconds: number;
  readonly maxRestarting: number;
}

export const anyWave: WaveForm = { clusterSelector: '', percent: '', each: '' };

export function policyForm(policy: Policy): PolicyForm {
  return {
    waves: policy.waves.map(({ clusterSelector, percent, each }) => ({
      clusterSelector: clusterSelector ?? '',
      percent: percent === null || percent === undefined ? '' : String(percent),
      each: each ?? '',
    })),
    canaryNamespaces: policy.canaryNamespaces,
    soakSeconds: String(policy.soakSeconds),
    timeoutSeconds: String(policy.timeoutSeconds),
    graceSeconds: String(policy.graceSeconds),
    maxRestarting: String(policy.maxRestarting),
  };
}

export function policyInput(form: PolicyForm): UpgradePolicyInput {
  return {
    waves: form.waves.map(({ clusterSelector, percent, each }) => ({
      ...(clusterSelector.trim() !== '' && { clusterSelector: clusterSelector.trim() }),
      ...(percent !== '' && { percent: Number(percent) }),
      ...(each !== '' && { each }),
    })),
    // What was pasted whole.
    canaryNamespaces: form.canaryNamespaces.flatMap((text) => text.split(/[\s,]+/)).filter(Boolean),
    soakSeconds: Number(form.soakSeconds),
    timeoutSeconds: Number(form.timeoutSeconds),
    graceSeconds: Number(form.graceSeconds),
    maxRestarting: Number(form.maxRestarting),
  };
}

const ranges = [
  ['soakSeconds', 0, 7 * 86_400],
  ['timeoutSeconds', 1, 86_400],
  ['graceSeconds', 0, 90 * 86_400],
  ['maxRestarting', 1, 100],
] as const;

/** What is wrong with a form, by field such as `waves.0.percent`; the API has the last word. */
export function policyFaults(form: PolicyForm): Readonly<Record<string, string>> {
  const faults: Record<string, string> = {};
  form.waves.forEach(({ percent }, index) => {
    const number = Number(percent);
    if (percent !== '' && !(number > 0 && number <= 100)) {
      faults[`waves.${index}.percent`] = 'More than 0, at most 100';
    }
  });
  for (const [name, least, most] of ranges) {
    const value = form[name];
    if (!/^\d+$/.test(value) || Number(value) < least || Number(value) > most) {
      faults[name] = `A whole number, ${least} to ${most.toLocaleString('en')}`;
    }
  }
  return faults;
}

const units: Readonly<Record<WaveUnit, string>> = {
  CLUSTER: 'one cluster',
  NETWORK: 'one network',
  REGION: 'one region',
};

/** A policy in words, a line for each wave and some for what happens in a cluster. */
export function describePolicy(policy: Policy): readonly string[] {
  const { waves, canaryNamespaces, soakSeconds, timeoutSeconds, graceSeconds } = policy;
  const lines = waves.map(({ clusterSelector, percent, each }, index) => {
    const which = clusterSelector ? `clusters with ${clusterSelector}` : 'clusters that are left';
    const share =
      percent === null || percent === undefined ? `all ${which}` : `${percent} % of the ${which}`;
    return `Wave ${index + 1}: ${share}${each ? `, ${units[each]} after the other` : ''}`;
  });
  const last = waves.length === 0 ? 'All clusters in one wave' : 'At last: all that are left';
  const canaries =
    canaryNamespaces.length === 0
      ? 'No canary namespaces: all of a cluster moves at once'
      : `In each cluster first ${canaryNamespaces.join(', ')}, which must stay well for ${lasting(soakSeconds)}`;
  return [
    ...lines,
    last,
    canaries,
    `${counted(policy.maxRestarting, 'workload')} of a cluster at one time; a stage that takes longer than ${lasting(timeoutSeconds)} has its cluster go back`,
    graceSeconds === 0
      ? 'The old istiod is removed as soon as no proxy is on it'
      : `The old istiod stays for ${lasting(graceSeconds)}, unused, before it is removed`,
  ];
}
