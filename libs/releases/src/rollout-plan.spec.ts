import { describe, expect, it } from 'vitest';
import {
  assertPolicy,
  defaultPolicy,
  planTrial,
  planWaves,
  type WavePolicy,
} from './rollout-plan.js';

const { gate } = defaultPolicy;
const clusters = [
  ['a', 'eu/1', 'net-a', 'canary'],
  ['b', 'eu/2', 'net-a', 'prod'],
  ['c', 'us/1', 'net-b', 'prod'],
  ['d', 'us/2', 'net-b', 'prod'],
  ['e', 'us/2', 'net-c', 'prod'],
].map(([name = '', locality = '', network = '', env = '']) => ({
  ...{ id: name, name, locality, network },
  labels: { env },
}));
const plan = (...waves: WavePolicy[]) =>
  planWaves({ waves, gate }, clusters).map((wave) => wave.join(''));

describe('waves', () => {
  it('take every cluster once, whatever the policy says', () => {
    expect(plan()).toEqual(['abcde']);
    expect(plan({ clusterSelector: 'env=canary' })).toEqual(['a', 'bcde']);
    expect(plan({ clusterSelector: 'env=nobody' }, {}, {})).toEqual(['abcde']);
  });

  it('grow by percent of all that the selector selects', () => {
    expect(plan({ percent: 1 }, { percent: 50 })).toEqual(['a', 'bc', 'de']);
    expect(plan({ percent: 50, clusterSelector: 'env=prod' })).toEqual(['bc', 'ade']);
    expect(plan({ percent: 100 }, { percent: 10 })).toEqual(['abcde']);
  });

  it('are split by cluster, region and network', () => {
    expect(plan({ each: 'CLUSTER' })).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(plan({ clusterSelector: 'env=canary' }, { each: 'REGION' })).toEqual(['a', 'b', 'cde']);
    expect(plan({ each: 'NETWORK' })).toEqual(['ab', 'cd', 'e']);
  });

  it('know the labels that follow from what a cluster is', () => {
    expect(plan({ clusterSelector: 'topology.kubernetes.io/region in (us)' })).toEqual([
      'cde',
      'ab',
    ]);
    expect(plan({ clusterSelector: 'topology.istio.io/cluster=e' })).toEqual(['e', 'abcd']);
  });
});

describe('the trial', () => {
  it('is made in the first cluster of each version that can be asked', () => {
    const versions = new Map([
      ['b', 'v1.35 1.30'],
      ['c', 'v1.35 1.30'],
      ['d', 'v1.36 1.30'],
    ]);
    expect(planTrial([['a'], ['b', 'c'], ['d']], versions)).toEqual(['b', 'd']);
  });
});

describe('a policy', () => {
  it.each([
    ['percent', { waves: [{ percent: 0 }], gate }, 'waves[0].percent must be 1 to 100'],
    ['NaN', { waves: [{ percent: Number.NaN }], gate }, 'waves[0].percent'],
    [
      'selector',
      { waves: [{}, { clusterSelector: 'env in prod' }], gate },
      'waves[1].clusterSelector',
    ],
    ['soak', { waves: [], gate: { ...gate, soakSeconds: -1 } }, 'gate.soakSeconds'],
    ['timeout', { waves: [], gate: { ...gate, timeoutSeconds: 0 } }, 'gate.timeoutSeconds'],
    ['refused', { waves: [], gate: { ...gate, maxRefusedPercent: 101 } }, 'gate.maxRefusedPercent'],
    ['waves', { waves: Array(51).fill({}), gate }, 'at most 50 waves'],
  ])('is refused for its %s', (_what, policy, message) => {
    expect(() => assertPolicy(policy)).toThrow(
      expect.objectContaining({
        code: 'ROLLOUT_POLICY_INVALID',
        message: expect.stringContaining(message),
      }),
    );
  });

  it('of the mesh is a sound one', () => {
    assertPolicy(defaultPolicy);
  });
});
