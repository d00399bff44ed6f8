import { ReleaseStatusFact, State } from '@isthmus/contracts';
import { describe, expect, it } from 'vitest';
import { type ClusterProgress, decide, type RolloutPosition } from './rollout-machine.js';

const start = new Date('2026-01-01T00:00:00Z');
const at = (seconds: number) => new Date(start.getTime() + seconds * 1000);
const gate = { soakSeconds: 30, timeoutSeconds: 100, maxRefusedPercent: 0 };

function position(more: Partial<RolloutPosition> = {}): RolloutPosition {
  const plan = { trial: ['a'], waves: [['a', 'b'], ['c']] };
  return { stage: 'wave', wave: 0, plan, gate, stageAt: start, ...more };
}

function cluster(status: Partial<ReleaseStatusFact> = {}, more: Partial<ClusterProgress> = {}) {
  return {
    name: 'east',
    removed: false,
    inContact: true,
    fence: 5n,
    digest: 'd',
    status: ReleaseStatusFact.fromPartial({
      fence: 5,
      digest: 'd',
      objects: 10,
      stored: 10,
      ...status,
    }),
    trial: undefined,
    ...more,
  };
}

const mesh = (...clusters: ClusterProgress[]) =>
  new Map(clusters.map((one, index) => ['abc'.charAt(index), one]));
const refused = {
  stored: 9,
  refused: 1,
  problems: [{ object: 'VirtualService.n/shop/a', reason: 'Invalid', message: 'no such thing' }],
} as Partial<ReleaseStatusFact>;

describe('a wave', () => {
  it('soaks when all of it is stored, and waits until then', () => {
    expect(decide(position(), mesh(cluster(), cluster()), at(1)).do).toBe('soak');
    const pending = cluster({ stored: 4, pending: 6 });
    expect(decide(position(), mesh(cluster(), pending), at(1))).toMatchObject({
      do: 'wait',
      for: 'east (6 of 10)',
      until: at(100),
    });
  });

  it.each([
    ['an older fence', { fence: 4 }],
    ['other objects', { digest: 'other' }],
  ])('does not take a report of %s for one of this wave', (_what, status) => {
    expect(decide(position(), mesh(cluster(), cluster(status)), at(1)).do).toBe('wait');
    // What was refused before says nothing of what is refused now.
    expect(decide(position(), mesh(cluster(), cluster({ ...refused, ...status })), at(1)).do).toBe(
      'wait',
    );
  });

  it('halts at once when an object is refused, while others are still waited for', () => {
    const waiting = cluster({ stored: 0, pending: 10 });
    expect(decide(position(), mesh(waiting, cluster(refused)), at(1))).toEqual({
      do: 'halt',
      reason: 'ObjectsRefused',
      message:
        '1 object of 20 refused in wave 1: east: VirtualService.n/shop/a: Invalid: no such thing',
    });
  });

  it('halts when istiod does not accept what the API server stored', () => {
    expect(decide(position(), mesh(cluster({ unaccepted: 1 }), cluster()), at(1)).do).toBe('halt');
  });

  it('waits for proxies, and halts when one refuses; where nobody knows, stored has to do', () => {
    const live = (state: State) =>
      cluster({ live: state, proxies: 5, proxiesLive: 3, liveMessage: 'cart: no such filter' });
    const after = (state: State) => decide(position(), mesh(cluster(), live(state)), at(1));
    expect(after(State.STATE_PENDING)).toMatchObject({
      do: 'wait',
      for: 'east (live in 3 of 5 proxies)',
    });
    expect(after(State.STATE_REFUSED)).toEqual({
      do: 'halt',
      reason: 'ProxiesRefused',
      message: 'east: cart: no such filter',
    });
    expect(after(State.STATE_UNKNOWN).do).toBe('soak');
    expect(after(State.STATE_YES)).toMatchObject({
      do: 'soak',
      message: expect.stringContaining('stored in 2 clusters, known to be live in 1'),
    });
  });

  it('lets so many be refused as the gate says', () => {
    const lenient = position({ gate: { ...gate, maxRefusedPercent: 5 } });
    expect(decide(lenient, mesh(cluster(), cluster(refused)), at(1)).do).toBe('soak');
    const strict = position({ gate: { ...gate, maxRefusedPercent: 4 } });
    expect(decide(strict, mesh(cluster(), cluster(refused)), at(1)).do).toBe('halt');
  });

  it('halts when it is not through in time', () => {
    const pending = cluster({ stored: 4, pending: 6 });
    expect(decide(position(), mesh(pending, cluster()), at(99.9)).do).toBe('wait');
    expect(decide(position(), mesh(pending, cluster()), at(100))).toMatchObject({
      do: 'halt',
      reason: 'TimedOut',
    });
  });

  it('does not wait for clusters out of contact, but for one that is not', () => {
    const away = cluster({ fence: 1 }, { inContact: false });
    expect(decide(position(), mesh(cluster(), away), at(1))).toMatchObject({
      do: 'soak',
      message: expect.stringContaining('1 out of contact will follow'),
    });
    expect(decide(position(), mesh(away, away), at(1)).do).toBe('wait');
    expect(decide(position(), mesh(away, away), at(100)).do).toBe('halt');
  });

  it('passes over removed clusters and those that have nothing to hold', () => {
    const gone = cluster({ fence: 1 }, { removed: true });
    expect(decide(position(), mesh(cluster(), gone), at(1)).do).toBe('soak');
    const bare = cluster({ objects: 10, stored: 0, absent: 10 });
    expect(decide(position(), mesh(cluster(), bare), at(1)).do).toBe('soak');
  });
});

describe('soaking', () => {
  const soak = position({ stage: 'soak' });

  it('takes its time, then the next wave begins, and after the last all is done', () => {
    const well = mesh(cluster(), cluster(), cluster());
    expect(decide(soak, well, at(29))).toMatchObject({ do: 'wait', until: at(30) });
    expect(decide(soak, well, at(30))).toMatchObject({ do: 'startWave', wave: 1 });
    expect(decide({ ...soak, wave: 1 }, well, at(30)).do).toBe('complete');
  });

  it('halts when something goes bad', () => {
    expect(decide(soak, mesh(cluster(), cluster(refused)), at(29)).do).toBe('halt');
  });

  it('does not pass while something is out of place again', () => {
    const pending = cluster({ stored: 4, pending: 6 });
    expect(decide(soak, mesh(cluster(), pending), at(31)).do).toBe('wait');
  });
});

describe('the trial', () => {
  const trial = position({ stage: 'trial' });
  const trying = (passed: number, refusals: object[] = []) =>
    cluster({}, { trial: { objects: 3, passed, refusals: refusals as never } });

  it('begins the first wave when every object has passed', () => {
    expect(decide(trial, mesh(trying(2)), at(1)).do).toBe('wait');
    expect(decide(trial, mesh(trying(3)), at(1))).toMatchObject({ do: 'startWave', wave: 0 });
    expect(decide(trial, mesh(trying(2)), at(100)).do).toBe('halt');
  });

  it('halts in the words of whoever refused', () => {
    const refusal = { object: 'Gateway.n/shop/a', reason: 'Invalid', message: 'no' };
    expect(decide(trial, mesh(trying(1, [refusal])), at(1))).toEqual({
      do: 'halt',
      reason: 'TrialRefused',
      message: 'east would refuse 1 object: Gateway.n/shop/a: Invalid: no',
    });
  });

  it('of a mesh without clusters is all there is', () => {
    const empty = position({ stage: 'trial', plan: { trial: [], waves: [] } });
    expect(decide(empty, new Map(), at(1)).do).toBe('complete');
  });
});
