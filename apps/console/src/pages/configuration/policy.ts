import type { RolloutPolicyInput } from '../../api/generated/graphql.js';
import {
  describeWaves,
  type Wave,
  type WaveForm,
  waveFaults,
  waveForm,
  waveInput,
} from '../../parts/index.js';

/** A rollout's policy, as it is typed. */
export interface PolicyForm {
  readonly waves: readonly WaveForm[];
  readonly soakSeconds: string;
  readonly timeoutSeconds: string;
  readonly maxRefusedPercent: string;
}

interface Policy {
  readonly waves: readonly Wave[];
  readonly gate: {
    readonly soakSeconds: number;
    readonly timeoutSeconds: number;
    readonly maxRefusedPercent: number;
  };
}

export function policyForm({ waves, gate }: Policy): PolicyForm {
  return {
    waves: waves.map(waveForm),
    soakSeconds: String(gate.soakSeconds),
    timeoutSeconds: String(gate.timeoutSeconds),
    maxRefusedPercent: String(gate.maxRefusedPercent),
  };
}

export function policyInput(form: PolicyForm): RolloutPolicyInput {
  return {
    waves: form.waves.map(waveInput),
    gate: {
      soakSeconds: Number(form.soakSeconds),
      timeoutSeconds: Number(form.timeoutSeconds),
      maxRefusedPercent: Number(form.maxRefusedPercent),
    },
  };
}

/** What is wrong with a form, by field such as `waves.0.percent`; the API has the last word. */
export function policyFaults(form: PolicyForm): Readonly<Record<string, string>> {
  const faults = waveFaults(form.waves);
  for (const name of ['soakSeconds', 'timeoutSeconds'] as const) {
    if (!/^\d+$/.test(form[name])) faults[name] = 'A whole number of seconds';
  }
  const refused = Number(form.maxRefusedPercent);
  if (form.maxRefusedPercent === '' || !(refused >= 0 && refused <= 100)) {
    faults.maxRefusedPercent = 'From 0 to 100';
  }
  return faults;
}

/** A policy in words, a line for each wave and one for the gate. */
export function describePolicy({ waves, gate }: Policy): readonly string[] {
  const soak = `Each must stay well for ${gate.soakSeconds} s before the next, within ${gate.timeoutSeconds} s; it halts when more than ${gate.maxRefusedPercent} % of its objects are refused`;
  return [...describeWaves(waves, 'All clusters at once'), soak];
}
