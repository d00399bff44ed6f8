import { describe, expect, it } from 'vitest';
import type { UpgradeStage } from '../../api/generated/graphql.js';
import {
  bySeverity,
  type ClusterPlace,
  eventWord,
  hopsInWords,
  shareOf,
  standingOf,
  stepsOf,
  tallyOf,
  waveStanding,
} from './stages.js';

const hops = [{ from: '1.29.6', to: '1.30.4' }];
const at = (stage: UpgradeStage, more: Partial<ClusterPlace> = {}): ClusterPlace => ({
  ...{ stage, held: false, hop: 0, hops },
  ...more,
});
const twoHops = [...hops, { from: '1.30.4', to: '1.31.0' }];

describe('the steps of a hop', () => {
  const now = (place: ClusterPlace, hasCanaries = true) => {
    const steps = stepsOf(place, hasCanaries);
    return [
      steps.filter(({ state }) => state === 'done').length,
      steps.find(({ state }) => state === 'now')?.name,
      steps.length,
    ];
  };

  it('are those before, the one it is in, and those to come', () => {
    expect(now(at('PENDING'))).toEqual([0, undefined, 10]);
    expect(now(at('WORKLOADS'))).toEqual([4, 'Workloads', 10]);
    expect(now(at('DONE'))).toEqual([10, undefined, 10]);
  });

  it('are fewer without canaries, and between two hops', () => {
    expect(now(at('WORKLOADS'), false)).toEqual([2, 'Workloads', 8]);
    expect(now(at('REMOVING', { hops: twoHops }))).toEqual([8, 'Remove', 9]);
    expect(now(at('REMOVING', { hops: twoHops, hop: 1 }))).toEqual([9, 'Remove', 10]);
  });

  it('count no more once it goes back', () => {
    for (const stage of ['ROLLING_BACK', 'CLEANING_UP', 'ROLLED_BACK', 'SKIPPED'] as const)
      expect(stepsOf(at(stage), true)).toEqual([]);
  });
});

describe('how clusters stand', () => {
  const clusters = [
    at('DONE'),
    at('GRACE'),
    at('GRACE', { hops: twoHops }),
    at('WORKLOADS'),
    at('CANARY', { held: true }),
    at('PENDING'),
    at('ROLLED_BACK'),
    at('SKIPPED'),
  ];

  it('is counted', () => {
    expect(tallyOf(clusters)).toEqual({ through: 2, moving: 3, failed: 1, toCome: 1, leftOut: 1 });
  });

  it('puts first what somebody should look at', () => {
    expect(bySeverity(clusters).map(({ stage }) => stage)).toEqual([
      ...['ROLLED_BACK', 'CANARY', 'GRACE', 'WORKLOADS', 'PENDING', 'DONE', 'GRACE', 'SKIPPED'],
    ]);
  });

  it('says so when one is held, unless nothing moves anyway', () => {
    expect(standingOf(at('WORKLOADS', { held: true }))).toEqual([
      'warn',
      'Held: restarting workloads',
    ]);
    expect(standingOf(at('PENDING', { held: true }))).toEqual(['idle', 'To come']);
  });

  it.each<[number, ClusterPlace[]]>([
    [0, []],
    [0, [at('PENDING')]],
    [50, [at('PENDING'), at('DONE')]],
    [100, [at('GRACE'), at('SKIPPED')]],
    [50, [at('PREFLIGHT', { hops: twoHops, hop: 1 })]],
    [0, [at('ROLLED_BACK')]],
  ])('is %i percent of the way', (share, of) => {
    expect(shareOf(of)).toBe(share);
  });
});

it.each([
  [[at('PENDING')], 'RUNNING', 'To come'],
  [[at('PENDING')], 'ABORTED', 'Never began'],
  [[at('DONE'), at('PENDING')], 'RUNNING', '1 of 2 through'],
  [[at('DONE'), at('PENDING')], 'PAUSED', 'Paused'],
  [[at('DONE'), at('SKIPPED')], 'HALTED', 'Through'],
  [[at('DONE'), at('ROLLED_BACK')], 'HALTED', '1 failed'],
  [[at('WORKLOADS')], 'HALTED', 'Waits'],
  [[at('DONE'), at('ROLLING_BACK')], 'ROLLING_BACK', 'Going back'],
  [[at('ROLLED_BACK')], 'ROLLED_BACK', 'Went back'],
] as const)('says how a wave stands: %#', (clusters, state, word) => {
  expect(waveStanding(clusters, state)[1]).toBe(word);
});

it('says which way a cluster goes', () => {
  expect(hopsInWords(twoHops)).toBe('1.29.6 to 1.30.4 to 1.31.0');
  expect(hopsInWords([{ from: null, to: '1.30.4' }])).toBe('no Istio to 1.30.4');
  expect(hopsInWords([])).toBe('nowhere to go');
});

it('calls events as stages where they are some', () => {
  expect(eventWord('WORKLOADS')).toBe('Restarting workloads');
  expect(eventWord('APPROVAL_REQUESTED')).toBe('Approval requested');
});
