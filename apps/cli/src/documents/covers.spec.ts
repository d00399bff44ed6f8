import { describe, expect, it } from 'vitest';
import { covers } from './covers.js';

describe('covers', () => {
  it('asks for nothing that was left unsaid', () => {
    const is = { maxInFlight: 3, policy: { soakSeconds: 60, graceSeconds: 5 } };
    expect(covers(is, { policy: { soakSeconds: 60 } })).toBe(true);
    expect(covers(is, { policy: { soakSeconds: 61 } })).toBe(false);
  });

  it('takes what an item of a list leaves unsaid for null', () => {
    const is = [{ clusterSelector: null, percent: 25, each: null }];
    expect(covers(is, [{ percent: 25 }])).toBe(true);
    expect(covers([{ ...is[0], each: 'REGION' }], [{ percent: 25 }])).toBe(false);
    expect(covers(is, [])).toBe(false);
  });

  it('has no order among texts, and one among things', () => {
    expect(covers(['FRIDAY', 'MONDAY'], ['MONDAY', 'FRIDAY'])).toBe(true);
    expect(covers([{ percent: 1 }, { percent: 2 }], [{ percent: 2 }, { percent: 1 }])).toBe(false);
  });

  it('compares times, however they are written', () => {
    const is = '2026-11-27T00:00:00.000Z';
    expect(covers(is, '2026-11-27T01:00:00+01:00')).toBe(true);
    expect(covers(is, '2026-11-27T01:00:00Z')).toBe(false);
  });

  it('takes null for none', () => {
    expect(covers({ agent: null }, { agent: null })).toBe(true);
    expect(covers({ agent: { version: '1' } }, { agent: null })).toBe(false);
  });

  it('leaves nothing unsaid where all was said', () => {
    expect(covers({ pilot: { cpu: 1, memory: 2 } }, { pilot: { cpu: 1 } }, true)).toBe(false);
    expect(covers({ pilot: { cpu: 1 } }, { pilot: { cpu: 1 } }, true)).toBe(true);
  });
});
