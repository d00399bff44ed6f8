import { describe, expect, it } from 'vitest';
import { anyWave } from '../../parts/index.js';
import { describePolicy, type Policy, policyFaults, policyForm, policyInput } from './policy.js';

const policy: Policy = {
  waves: [{ clusterSelector: 'env=canary', percent: null, each: null }, { percent: 25 }],
  ...{ canaryNamespaces: ['shop'], soakSeconds: 300, timeoutSeconds: 1800 },
  ...{ graceSeconds: 86_400, maxRestarting: 2 },
};

describe('a policy', () => {
  it('is typed and sent as it was', () => {
    expect(policyInput(policyForm(policy))).toEqual({
      ...policy,
      waves: [{ clusterSelector: 'env=canary' }, { percent: 25 }],
    });
  });

  it('takes namespaces that were pasted whole', () => {
    const form = { ...policyForm(policy), canaryNamespaces: ['shop cart', 'web,'] };
    expect(policyInput(form).canaryNamespaces).toEqual(['shop', 'cart', 'web']);
  });

  it('says what is wrong with it', () => {
    expect(policyFaults(policyForm(policy))).toEqual({});
    const form = {
      ...policyForm(policy),
      ...{ waves: [{ ...anyWave, percent: '101' }], soakSeconds: '1.5', maxRestarting: '0' },
      graceSeconds: '7776001',
    };
    expect(Object.keys(policyFaults(form))).toEqual([
      ...['waves.0.percent', 'soakSeconds', 'graceSeconds', 'maxRestarting'],
    ]);
  });

  it('is told in words', () => {
    expect(describePolicy(policy)).toEqual([
      'Wave 1: all clusters with env=canary',
      'Wave 2: 25 % of the clusters that are left',
      'At last: all that are left',
      'In each cluster first shop, which must stay well for 5 minutes',
      '2 workloads of a cluster at one time; a stage that takes longer than 30 minutes has its cluster go back',
      'The old istiod stays for 1 day, unused, before it is removed',
    ]);
    const bare = { ...policy, waves: [], canaryNamespaces: [], graceSeconds: 0 };
    expect(describePolicy(bare)).toEqual([
      'All clusters in one wave',
      'No canary namespaces: all of a cluster moves at once',
      expect.stringContaining('2 workloads'),
      'The old istiod is removed as soon as no proxy is on it',
    ]);
  });
});
