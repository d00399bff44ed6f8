import { expect, it } from 'vitest';
import { describePolicy, policyFaults, policyForm, policyInput } from './policy.js';

const policy = {
  waves: [
    { clusterSelector: 'env=canary', percent: null, each: null },
    { clusterSelector: null, percent: 25, each: 'REGION' as const },
  ],
  gate: { soakSeconds: 60, timeoutSeconds: 600, maxRefusedPercent: 0.5 },
};

it('goes into a form and comes out as it was, without what is not said', () => {
  expect(policyInput(policyForm(policy))).toEqual({
    waves: [{ clusterSelector: 'env=canary' }, { percent: 25, each: 'REGION' }],
    gate: policy.gate,
  });
});

it('says what is wrong where it is', () => {
  const form = policyForm(policy);
  expect(policyFaults(form)).toEqual({});
  const [wave] = form.waves;
  if (!wave) throw new Error('no wave');
  const wrong = {
    ...form,
    waves: [{ ...wave, percent: '0' }],
    soakSeconds: '1.5',
    maxRefusedPercent: '',
  };
  expect(Object.keys(policyFaults(wrong)).sort()).toEqual([
    'maxRefusedPercent',
    'soakSeconds',
    'waves.0.percent',
  ]);
});

it('is told in words', () => {
  expect(describePolicy(policy).slice(0, 3)).toEqual([
    'Wave 1: all clusters with env=canary',
    'Wave 2: 25 % of the clusters that are left, one region after the other',
    'At last: all that are left',
  ]);
  expect(describePolicy({ ...policy, waves: [] })[0]).toBe('All clusters at once');
});
