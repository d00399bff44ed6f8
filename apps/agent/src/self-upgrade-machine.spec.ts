import { AgentIntent, State } from '@isthmus/contracts';
import { describe, expect, it } from 'vitest';
import { decideImage, type Situation, type UpgradeRecord } from './self-upgrade-machine.js';

const failure = { reason: 'ImageUnavailable', message: 'not found' } as const;
const rolling = { isSeen: true, isComplete: false, failure: undefined, waitsFor: 'its Pod' };
const complete = { ...rolling, isComplete: true };
const failed = { ...rolling, failure };
const record = (more: Partial<UpgradeRecord> = {}): UpgradeRecord => ({
  ...{ fence: 2, from: 'agent:1', to: 'agent:2', startedAt: '2026-01-01T00:00:00Z' },
  ...more,
});
const intent = (fence: number): AgentIntent => AgentIntent.fromPartial({ fence });
/** In the midst of what fence 2 wants. */
const decide = (situation: Partial<Situation> = {}) =>
  decideImage({
    ...{ image: 'agent:2', record: record(), rollout: rolling, intent: intent(2) },
    ...{ wanted: 'agent:2', ...situation },
  });
const tells = (state: State, reason: string) => ({ do: 'tell', verdict: { state, reason } });

describe('an image of the agent', () => {
  it('is set by a newer wish once Kubernetes has seen the one before', () => {
    const wish = { image: 'agent:1', record: undefined };
    const unseen = { ...rolling, isSeen: false };
    expect(decide({ ...wish, rollout: unseen })).toEqual({ do: 'wait' });
    expect(decide({ ...wish, rollout: complete })).toEqual({
      ...{ do: 'begin', fence: 2, from: 'agent:1' },
    });
    // One that has not proved itself is nothing to go back to.
    const next = { intent: intent(3), wanted: 'agent:3' };
    expect(decide(next)).toEqual({ do: 'begin', fence: 3, from: 'agent:1' });
  });

  it('is pending until it is proven or refused', () => {
    expect(decide()).toMatchObject(tells(State.STATE_PENDING, 'RollingOut'));
    expect(decide({ rollout: complete })).toEqual({ do: 'prove', record: record() });
    const proven = record({ provenAt: '2026-01-01T00:01:00Z' });
    const yes = decide({ rollout: complete, record: proven });
    expect(yes).toMatchObject(tells(State.STATE_YES, ''));
    const back = record({ refused: failure });
    expect(decide({ rollout: failed })).toEqual({ do: 'refuse', record: back });
    const refused = decide({ image: 'agent:1', record: back, rollout: complete });
    expect(refused).toMatchObject(tells(State.STATE_REFUSED, failure.reason));
  });

  it('is refused as well where somebody else had set it before the mesh wanted it', () => {
    const same = { image: 'agent:2', record: undefined };
    expect(decide(same)).toEqual({ do: 'begin', fence: 2, from: 'agent:2' });
    const begun = record({ from: 'agent:2' });
    expect(decide({ record: begun })).toMatchObject(tells(State.STATE_PENDING, 'RollingOut'));
    const back = { ...begun, refused: failure };
    expect(decide({ record: begun, rollout: failed })).toEqual({ do: 'refuse', record: back });
    // Told, and left at that.
    const refused = decide({ record: back, rollout: failed });
    expect(refused).toMatchObject(tells(State.STATE_REFUSED, failure.reason));
    const mended = decide({ record: back, rollout: complete });
    expect(mended).toMatchObject(tells(State.STATE_YES, ''));
  });

  it('that somebody else has set is not taken back', () => {
    const elsewhere = decide({ image: 'agent:9', rollout: failed });
    expect(elsewhere).toMatchObject(tells(State.STATE_REFUSED, 'ChangedElsewhere'));
  });

  it('is not set by a wish that is older than one that was followed, refused or not', () => {
    for (const followed of [record(), record({ refused: failure })]) {
      const proven = { ...followed, provenAt: '2026-01-01T00:01:00Z' };
      const older = { record: proven, intent: intent(1), wanted: 'agent:0' };
      expect(decide({ ...older, rollout: complete })).toMatchObject(
        tells(State.STATE_REFUSED, 'Superseded'),
      );
    }
  });
});
