import { describe, expect, it } from 'vitest';
import { exportLook, exportStanding } from './export-standing.js';

const ready = { readyEndpoints: 2, valid: true, conflict: false, stale: false };

describe('the standing of an export', () => {
  it('names a conflict before the refusal that comes with it', () => {
    expect(exportStanding({ ...ready, valid: false })).toBe('Refused');
    expect(exportStanding({ ...ready, valid: false, conflict: true })).toBe('Conflict');
  });

  it('says that it is stale before that it has no endpoints: nobody knows what it has', () => {
    const gone = { ...ready, readyEndpoints: 0 };
    expect(exportStanding({ ...gone, stale: true })).toBe('Stale');
    expect(exportStanding(gone)).toBe('No endpoints');
  });

  it('looks as it is', () => {
    expect(exportLook(ready)).toEqual(['ok', 'Ready']);
    expect(exportLook({ ...ready, stale: true })).toEqual(['warn', 'Stale']);
  });
});
