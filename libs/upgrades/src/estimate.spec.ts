import { describe, expect, it } from 'vitest';
import { type EstimatedCluster, type EstimateInput, estimate } from './estimate.js';

const now = new Date('2026-11-27T12:00:00Z');
const policy = { canaryNamespaces: [], soakSeconds: 300, graceSeconds: 3_600, maxRestarting: 2 };
const cluster = (id: string, more: Partial<EstimatedCluster> = {}): EstimatedCluster => ({
  ...{ id, stage: 'PENDING', hop: 0, hops: 1 },
  ...more,
});
const ask = (input: Partial<EstimateInput>) =>
  estimate({ waves: [], clusters: [], policy, maxInFlight: 5, now, ...input });
const left = (input: Partial<EstimateInput>) => ask(input).secondsLeft;
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
/** Of a hop in a cluster without proxies, as long as nothing was measured. */
const hop = 180;

describe('an estimate', () => {
  it('is of waves after each other, and of the grace of the last', () => {
    const clusters = ['a', 'b', 'c'].map((id) => cluster(id));
    expect(left({ waves: [['a', 'b', 'c']], clusters })).toBe(hop + 3_600);
    expect(left({ waves: [['a'], ['b', 'c']], clusters })).toBe(2 * hop + 3_600);
    expect(left({ waves: [['a', 'b', 'c']], clusters, maxInFlight: 1 })).toBe(3 * hop + 3_600);
    expect(ask({ waves: [['a']], clusters }).finishesAt).toEqual(
      new Date(now.getTime() + (hop + 3_600) * 1_000),
    );
  });

  it('grows by hops, soaking and proxies', () => {
    const one = (more: Partial<EstimatedCluster>, of: Partial<typeof policy> = {}) =>
      left({ waves: [['a']], clusters: [cluster('a', more)], policy: { ...policy, ...of } });
    expect(one({ hops: 3 })).toBe(3 * hop + 3_600);
    expect(one({ hops: 2 }, { canaryNamespaces: ['x'] as never })).toBe(2 * (hop + 300) + 3_600);
    expect(one({ proxies: 100 })).toBeGreaterThan(one({ proxies: 10 }));
    expect(one({ proxies: 100 }, { maxRestarting: 10 })).toBeLessThan(one({ proxies: 100 }));
  });

  it('shrinks as clusters come further, down to nothing', () => {
    const canary = { ...policy, canaryNamespaces: ['x'] };
    const stages = ['PENDING', 'INSTALLING', 'CANARY', 'SOAKING', 'WORKLOADS', 'DRAINING', 'GRACE'];
    const seconds = [...stages, 'REMOVING', 'DONE'].map((stage) =>
      left({
        waves: [['a']],
        clusters: [cluster('a', { stage: stage as 'DONE', stageAt: ago(100) })],
        policy: canary,
      }),
    );
    expect(seconds).toEqual([...seconds].sort((a, b) => b - a));
    expect(seconds.at(-1)).toBe(0);
    expect(seconds.at(-3)).toBe(3_500 + hop * 0.05);
  });

  it('has waves wait for no grace of those before', () => {
    const clusters = [cluster('a', { stage: 'GRACE', stageAt: ago(0) }), cluster('b')];
    expect(left({ waves: [['a'], ['b']], clusters })).toBe(hop + 3_600);
    expect(left({ waves: [['a', 'b']], clusters, maxInFlight: 1 })).toBe(hop + 3_600);
  });

  it('learns from clusters that are done, and passes over those that are out', () => {
    const done = cluster('a', { stage: 'DONE', startedAt: ago(4_000), finishedAt: ago(40) });
    const clusters = [done, cluster('b'), cluster('c', { stage: 'SKIPPED' })];
    expect(left({ waves: [['a'], ['b', 'c', 'gone']], clusters })).toBe(360 + 3_600);
  });
});
