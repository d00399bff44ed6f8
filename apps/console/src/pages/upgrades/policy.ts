import type { UpgradePolicyInput } from '../../api/generated/graphql.js';
import {
  counted,
  describeWaves,
  type Wave,
  type WaveForm,
  waveFaults,
  waveForm,
  waveInput,
} from '../../parts/index.js';
import { lasting } from './lasting.js';

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
  readonly waves: readonly Wave[];
  readonly canaryNamespaces: readonly string[];
  readonly soakSeconds: number;
  readonly timeoutSeconds: number;
  readonly graceSeconds: number;
  readonly maxRestarting: number;
}

export function policyForm(policy: Policy): PolicyForm {
  return {
    waves: policy.waves.map(waveForm),
    canaryNamespaces: policy.canaryNamespaces,
    soakSeconds: String(policy.soakSeconds),
    timeoutSeconds: String(policy.timeoutSeconds),
    graceSeconds: String(policy.graceSeconds),
    maxRestarting: String(policy.maxRestarting),
  };
}

export function policyInput(form: PolicyForm): UpgradePolicyInput {
  return {
    waves: form.waves.map(waveInput),
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
  const faults = waveFaults(form.waves);
  for (const [name, least, most] of ranges) {
    const value = form[name];
    if (!/^\d+$/.test(value) || Number(value) < least || Number(value) > most) {
      faults[name] = `A whole number, ${least} to ${most.toLocaleString('en')}`;
    }
  }
  return faults;
}

/** A policy in words, a line for each wave and some for what happens in a cluster. */
export function describePolicy(policy: Policy): readonly string[] {
  const { waves, canaryNamespaces, soakSeconds, timeoutSeconds, graceSeconds } = policy;
  const canaries =
    canaryNamespaces.length === 0
      ? 'No canary namespaces: all of a cluster moves at once'
      : `In each cluster first ${canaryNamespaces.join(', ')}, which must stay well for ${lasting(soakSeconds)}`;
  return [
    ...describeWaves(waves, 'All clusters in one wave'),
    canaries,
    `${counted(policy.maxRestarting, 'workload')} of a cluster at one time; a stage that takes longer than ${lasting(timeoutSeconds)} has its cluster go back`,
    graceSeconds === 0
      ? 'The old istiod is removed as soon as no proxy is on it'
      : `The old istiod stays for ${lasting(graceSeconds)}, unused, before it is removed`,
  ];
}
