import { describe, expect, it } from 'vitest';
import { countProgress, progressOf, serving, worstStanding } from './standing.js';

const ready = {
  clusterName: 'a',
  readyEndpoints: 2,
  valid: true,
  conflict: false,
  stale: false,
};
const live = { sent: 'YES', stored: 'YES', accepted: 'YES', live: 'YES' } as const;

describe('the standing of a service', () => {
  it('is the worst of all, but an idle cluster beside one that serves is no fault', () => {
    expect(worstStanding([])).toBe('Not exported');
    expect(worstStanding([ready, { ...ready, readyEndpoints: 0 }])).toBe('Ready');
    expect(worstStanding([{ ...ready, readyEndpoints: 0 }])).toBe('No endpoints');
    expect(worstStanding([ready, { ...ready, stale: true }])).toBe('Stale');
    expect(
      worstStanding([
        { ...ready, stale: true },
        { ...ready, valid: false },
      ]),
    ).toBe('Refused');
  });

  it('counts a stale exporter among those that serve while it has endpoints', () => {
    const stale = { ...ready, stale: true };
    const gone = { ...stale, readyEndpoints: 0 };
    const refused = { ...ready, valid: false };
    expect(serving([ready, stale, gone, refused])).toEqual([ready, stale]);
  });
});

describe('the progress of an import', () => {
  it('tells what cannot be known from what is not there yet', () => {
    expect(progressOf(live)).toBe('live');
    expect(progressOf({ ...live, accepted: 'UNKNOWN', live: 'UNKNOWN' })).toBe('written');
    expect(progressOf({ ...live, live: 'PENDING' })).toBe('pending');
    expect(progressOf({ ...live, stored: 'UNKNOWN', live: 'UNKNOWN' })).toBe('pending');
    expect(progressOf({ ...live, accepted: 'REFUSED', live: 'PENDING' })).toBe('refused');
  });

  it('is counted with the worst first', () => {
    const refused = { ...live, stored: 'REFUSED' } as const;
    expect(countProgress([live, refused, live])).toEqual({
      tone: 'bad',
      text: '1 refused, 2 live',
    });
    expect(countProgress([])).toEqual({ tone: 'idle', text: 'no cluster' });
  });
});
