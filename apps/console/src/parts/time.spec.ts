import { describe, expect, it } from 'vitest';
import { inWords } from './time.js';

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];

describe('inWords', () => {
  it('does not count the few seconds by which clocks differ', () => {
    expect(inWords(0)).toBe('just now');
    expect(inWords(-9 * second)).toBe('just now');
    expect(inWords(9 * second)).toBe('in a moment');
  });

  it.each([
    [-10 * second, '10 seconds ago'],
    [59 * second, 'in 59 seconds'],
    [-minute, '1 minute ago'],
    [59 * minute, 'in 59 minutes'],
    [-hour, '1 hour ago'],
    [23 * hour, 'in 23 hours'],
    [-30 * day, '30 days ago'],
  ])('takes the largest unit of which there is one (%d ms)', (of, words) => {
    expect(inWords(of)).toBe(words);
  });

  it('calls 47 hours a day, and not a calendar day that they may not reach or may pass', () => {
    expect(inWords(47 * hour)).toBe('in 1 day');
    expect(inWords(-47 * hour)).toBe('1 day ago');
  });

  it('never says more than there is', () => {
    expect(inWords(119 * second)).toBe('in 1 minute');
    expect(inWords(3 * day - second)).toBe('in 2 days');
  });

  it('counts in days for as long as somebody acts by the day, and then in months and years', () => {
    expect(inWords(90 * day)).toBe('in 90 days');
    expect(inWords(99 * day)).toBe('in 99 days');
    expect(inWords(100 * day)).toBe('in 3 months');
    expect(inWords(729 * day)).toBe('in 24 months');
    expect(inWords(730 * day)).toBe('in 2 years');
  });
});
