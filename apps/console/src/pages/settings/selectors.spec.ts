import { describe, expect, it } from 'vitest';
import { doubledKey, inWords, selectorOf, termsOf } from './selectors.js';

const selector = {
  matchLabels: [{ key: 'team', value: 'shop' }],
  matchExpressions: [
    { key: 'tier', operator: 'In', values: ['web', 'api'] },
    { key: 'env', operator: 'NotIn', values: ['test'] },
    { key: 'public', operator: 'Exists', values: [] },
    { key: 'legacy', operator: 'DoesNotExist', values: [] },
  ],
};

describe('a label selector', () => {
  it('comes out of the form as it went in', () => {
    expect(selectorOf(termsOf(selector))).toEqual(selector);
  });

  it('reads as kubectl writes it', () => {
    expect(inWords(selector)).toBe(
      'team=shop, tier in (web,api), env notin (test), public, !legacy',
    );
    expect(inWords({ matchLabels: [], matchExpressions: [] })).toBe('every one');
  });

  it('has no lines that say nothing, and no values where none are taken', () => {
    const [label, , , exists] = termsOf(selector);
    if (!label || !exists) throw new Error('the selector has lines');
    const terms = [
      { ...label, key: ' ' },
      { ...exists, values: ['left over'] },
    ];
    expect(selectorOf(terms)).toEqual({
      matchLabels: [],
      matchExpressions: [{ key: 'public', operator: 'Exists', values: [] }],
    });
  });

  it('has one value for a label', () => {
    const terms = termsOf({ ...selector, matchLabels: [] });
    expect(doubledKey(terms)).toBeUndefined();
    const twice = [
      { key: 'team', value: 'shop' },
      { key: 'team', value: 'web' },
    ];
    expect(doubledKey(termsOf({ matchLabels: twice, matchExpressions: [] }))).toBe('team');
  });
});
