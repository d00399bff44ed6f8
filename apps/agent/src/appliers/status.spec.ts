import { Facts, State } from '@isthmus/contracts';
import { describe, expect, it } from 'vitest';
import { nothing } from './plan.js';
import { statusFact } from './status.js';
import type { WriteState } from './writer.js';

const written: WriteState = {
  stored: 'yes',
  reason: '',
  message: '',
  corrections: 0,
  correctedManagers: [],
  objects: [],
};

describe('status', () => {
  it('says the first of what is amiss', () => {
    const notice = { reason: 'Note', message: 'worth knowing' };
    const fact = statusFact('1', { ...nothing, notice }, written, { state: 'unknown' });
    expect(fact).toMatchObject({ stored: State.STATE_YES, reason: 'Note' });
    const refused = { ...written, stored: 'refused', reason: 'Invalid', message: 'no' } as const;
    expect(statusFact('1', { ...nothing, notice }, refused, { state: 'unknown' })).toMatchObject({
      stored: State.STATE_REFUSED,
      reason: 'Invalid',
      message: 'no',
    });
  });

  it('is never more than the hub takes', () => {
    const fact = statusFact(
      '1',
      nothing,
      {
        ...written,
        stored: 'refused',
        reason: 'R'.repeat(1_000),
        message: 'm€'.repeat(40_000),
        correctedManagers: Array.from({ length: 300 }, (_, index) => `${index}`.padEnd(128, 'x')),
        objects: Array.from(
          { length: 1_500 },
          (_, index) => `WorkloadEntry ${'n'.repeat(63)}/${'x'.repeat(180)}-${index}`,
        ),
      },
      { state: 'unknown' },
    );
    expect(fact.reason).toHaveLength(256);
    expect(fact.message).toHaveLength(4_096);
    expect(fact.objects).toHaveLength(100);
    expect(fact.correctedManagers.length).toBeLessThanOrEqual(100);
    expect(Facts.IntentStatus.encode(fact).length).toBeLessThan(64 * 1024);
  });
});
