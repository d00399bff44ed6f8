import type { RolloutPolicyInput, WaveUnit } from '../../api/generated/graphql.js';

/** A wave, as it is typed. */
export interface WaveForm {
  readonly clusterSelector: string;
  readonly percent: string;
  readonly each: WaveUnit | '';
}

/** A rollout's policy, as it is typed. */
export interface PolicyForm {
  readonly waves: readonly WaveForm[];
  readonly soakSeconds: string;
  readonly timeoutSeconds: string;
  readonly maxRefusedPercent: string;
}

interface Policy {
  readonly waves: readonly {
    readonly clusterSelector?: string | null;
    readonly percent?: number | null;
    readonly each?: WaveUnit | null;
  }[];
  readonly gate: {
    readonly soakSeconds: number;
    readonly timeoutSeconds: number;
    readonly maxRefusedPercent: number;
  };
}

export const anyWave: WaveForm = { clusterSelector: '', percent: '', each: '' };

export function policyForm({ waves, gate }: Policy): PolicyForm {
  return {
    waves: waves.map(({ clusterSelector, percent, each }) => ({
      clusterSelector: clusterSelector ?? '',
      percent: percent === null || percent === undefined ? '' : String(percent),
      each: each ?? '',
    })),
    soakSeconds: String(gate.soakSeconds),
    timeoutSeconds: String(gate.timeoutSeconds),
    maxRefusedPercent: String(gate.maxRefusedPercent),
  };
}

export function policyInput(form: PolicyForm): RolloutPolicyInput {
  return {
    waves: form.waves.map(({ clusterSelector, percent, each }) => ({
      ...(clusterSelector.trim() !== '' && { clusterSelector: clusterSelector.trim() }),
      ...(percent !== '' && { percent: Number(percent) }),
      ...(each !== '' && { each }),
    })),
    gate: {
      soakSeconds: Number(form.soakSeconds),
      timeoutSeconds: Number(form.timeoutSeconds),
      maxRefusedPercent: Number(form.maxRefusedPercent),
    },
  };
}

/** What is wrong with a form, by field such as `waves.0.percent`; the API has the last word. */
export function policyFaults(form: PolicyForm): Readonly<Record<string, string>> {
  const faults: Record<string, string> = {};
  form.waves.forEach(({ percent }, index) => {
    const number = Number(percent);
    if (percent !== '' && !(number > 0 && number <= 100)) {
      faults[`waves.${index}.percent`] = 'More than 0, at most 100';
    }
  });
  for (const name of ['soakSeconds', 'timeoutSeconds'] as const) {
    if (!/^\d+$/.test(form[name])) faults[name] = 'A whole number of seconds';
  }
  const refused = Number(form.maxRefusedPercent);
  if (form.maxRefusedPercent === '' || !(refused >= 0 && refused <= 100)) {
    faults.maxRefusedPercent = 'From 0 to 100';
  }
  return faults;
}

const units: Readonly<Record<WaveUnit, string>> = {
  CLUSTER: 'one cluster',
  NETWORK: 'one network',
  REGION: 'one region',
};

/** A policy in words, a line for each wave and one for the gate. */
export function describePolicy({ waves, gate }: Policy): readonly string[] {
  const lines = waves.map(({ clusterSelector, percent, each }, index) => {
    const which = clusterSelector ? `clusters with ${clusterSelector}` : 'clusters that are left';
    const share =
      percent === null || percent === undefined ? `all ${which}` : `${percent} % of the ${which}`;
    return `Wave ${index + 1}: ${share}${each ? `, ${units[each]} after the other` : ''}`;
  });
  const last = waves.length === 0 ? 'All clusters at once' : 'At last: all that are left';
  const soak = `Each must stay well for ${gate.soakSeconds} s before the next, within ${gate.timeoutSeconds} s; it halts when more than ${gate.maxRefusedPercent} % of its objects are refused`;
  return [...lines, last, soak];
}
