import { describe, expect, it } from 'vitest';
import { ago } from './times.js';

const now = Date.parse('2026-06-01T00:00:00Z');

describe('ago', () => {
  it('counts in the largest unit, both ways', () => {
    const at = (seconds: number) => ago(new Date(now - seconds * 1000).toISOString(), now);
    expect([0, 59, 60, 3599, 3600, 86_400 * 400].map(at)).toEqual([
      ...['0s', '59s', '1m', '59m', '1h', '400d'],
    ]);
    expect(at(-7200)).toBe('in 2h');
    expect(ago(null, now)).toBe('');
  });
});
