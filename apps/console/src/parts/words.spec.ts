import { describe, expect, it } from 'vitest';
import { counted, reasonTitle, sentence } from './words.js';

describe('words', () => {
  it('count one as one', () => {
    expect([0, 1, 2].map((count) => counted(count, 'object'))).toEqual([
      '0 objects',
      '1 object',
      '2 objects',
    ]);
  });

  it('make a title of either form of a reason', () => {
    expect(reasonTitle('CLOCK_SKEW')).toBe('Clock skew');
    expect(reasonTitle('ClockSkew')).toBe('Clock skew');
    expect(reasonTitle('Permitted')).toBe('Permitted');
  });

  it('make a sentence of a message, and leave names as they are written', () => {
    expect(sentence('the token has expired')).toBe('The token has expired.');
    expect(sentence('is it connected?')).toBe('Is it connected?');
    expect(sentence('istiod does not answer')).toBe('istiod does not answer.');
    expect(sentence('10.0.0.0/99 is no CIDR')).toBe('10.0.0.0/99 is no CIDR.');
    expect(sentence('shop/web is not exported')).toBe('shop/web is not exported.');
  });
});
