import { AgentFact, State } from '@isthmus/contracts';
import { describe, expect, it } from 'vitest';
import { type AgentStanding, decideAgents } from './agent-machine.js';

const now = new Date('2026-05-04T12:00:00Z');
const agent = { version: '0.2.0', digest: '' };
const rules = { agent, windows: [], freezes: [], maxInFlight: 2 };

function standing(clusterId: string, changes: Partial<AgentStanding> = {}): AgentStanding {
  return {
    clusterId,
    labels: {},
    inContact: true,
    mayUpgrade: true,
    isBusy: false,
    version: '0.1.0',
    fact: undefined,
    sent: undefined,
    ...changes,
  };
}

const told = (changes: Partial<AgentFact> = {}, minutes = 1): Partial<AgentStanding> => ({
  sent: { ...agent, fence: 7n, sentAt: new Date(now.getTime() - minutes * 60_000) },
  fact: AgentFact.fromPartial({ fence: 7, ...changes }),
});
const done = told({ state: State.STATE_YES });
const refused = told({ state: State.STATE_REFUSED, reason: 'SuccessorFailed', message: 'crashed' });

const states = (all: readonly AgentStanding[], of = rules) =>
  Object.fromEntries(
    [...decideAgents(all, of, now).progress].map(([id, { state, reason }]) => [
      id,
      reason ? `${state} ${reason}` : state,
    ]),
  );

const agentsToBegin = (...of: Parameters<typeof decideAgents>) => decideAgents(...of).begins;

describe('which agents begin', () => {
  it('is one first, and as many as may be in the middle of it when it is through', () => {
    const rest = ['b', 'c', 'd'].map((id) => standing(id));
    expect(agentsToBegin([standing('a'), ...rest], rules, now)).toEqual(['a']);
    expect(agentsToBegin([standing('a', told()), ...rest], rules, now)).toEqual([]);
    expect(agentsToBegin([standing('a', done), ...rest], rules, now)).toEqual(['b', 'c']);
    const [b, c, d] = rest as [AgentStanding, AgentStanding, AgentStanding];
    const half = [standing('a', done), { ...b, ...told() }, c, d];
    expect(agentsToBegin(half, rules, now)).toEqual(['c']);
  });

  it('is none once one has failed, until another version is wanted', () => {
    const all = [standing('a', done), standing('b', refused), standing('c')];
    expect(agentsToBegin(all, rules, now)).toEqual([]);
    expect(states(all)).toEqual({
      a: 'CURRENT',
      b: 'FAILED SuccessorFailed',
      c: 'WAITING Halted',
    });
    const other = { ...rules, agent: { version: '0.2.1', digest: '' } };
    expect(agentsToBegin(all, other, now)).toEqual(['a']);
  });

  it('is none that is not wanted, or already is as wanted', () => {
    const helm = standing('a', { version: '0.2.0' });
    expect(agentsToBegin([helm], rules, now)).toEqual([]);
    expect(agentsToBegin([standing('a')], { ...rules, agent: null }, now)).toEqual([]);
    // Somebody's helm upgrade took it back before it was ever told.
    expect(agentsToBegin([helm, standing('b')], rules, now)).toEqual(['b']);
  });

  it('goes by the digest where one is wanted', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const pinned = { ...rules, agent: { version: '0.2.0', digest } };
    const image = (of: string) => AgentFact.fromPartial({ image: of });
    const byTag = standing('a', { version: '0.2.0', fact: image('r/agent:0.2.0') });
    const byDigest = standing('b', { version: '0.2.0', fact: image(`r/agent@${digest}`) });
    expect(agentsToBegin([byTag], pinned, now)).toEqual(['a']);
    expect(agentsToBegin([byDigest], pinned, now)).toEqual([]);
    const unknown = standing('c', { version: '0.2.0', mayUpgrade: false });
    expect(states([unknown], pinned)).toEqual({ c: 'CURRENT' });
  });

  it('is none out of contact, in the middle of an upgrade of Istio, or outside of its windows', () => {
    const window = {
      ...{ name: 'night', days: ['MONDAY' as const], opens: '22:00', minutes: 60 },
      timeZone: 'UTC',
      clusterSelector: 'ring=1',
    };
    const all = [
      standing('a', { inContact: false }),
      standing('b', { isBusy: true }),
      standing('c', { labels: { ring: '1' } }),
      standing('d', { mayUpgrade: false }),
      standing('e', { version: undefined, mayUpgrade: false }),
    ];
    expect(agentsToBegin(all, { ...rules, windows: [window] }, now)).toEqual([]);
    expect(states(all, { ...rules, windows: [window] } as never)).toEqual({
      a: 'WAITING OutOfContact',
      b: 'WAITING IstioUpgrade',
      c: 'WAITING OutsideWindow',
      d: 'MANUAL NotManaged',
      e: 'WAITING OutOfContact',
    });
  });
});

describe('an agent that was told', () => {
  it('is under way until it says how it ended', () => {
    expect(
      states([standing('a', told({ state: State.STATE_PENDING, reason: 'Proving' }))]),
    ).toEqual({
      a: 'UPGRADING Proving',
    });
    expect(states([standing('a', { ...told(), fact: undefined })])).toEqual({ a: 'UPGRADING' });
    // Of the wish before.
    expect(states([standing('a', told({ fence: 6, state: State.STATE_REFUSED }))])).toEqual({
      a: 'UPGRADING',
    });
  });

  it('has failed when nothing was heard of its successor', () => {
    const silent = { ...told({ state: State.STATE_PENDING }, 16), inContact: false };
    expect(states([standing('a', silent)])).toEqual({ a: 'FAILED Silent' });
    expect(states([standing('a', { ...told({}, 16), fact: undefined })])).toEqual({
      a: 'FAILED Silent',
    });
    // Kubernetes' deadline decides for one that tells.
    expect(states([standing('a', told({ state: State.STATE_PENDING }, 16))])).toEqual({
      a: 'UPGRADING',
    });
  });
});
