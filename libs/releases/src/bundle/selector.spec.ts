import { expect, test } from 'vitest';
import { formatSelector, matchesSelector, parseSelector } from './selector.js';

// The answers are those of apimachinery's labels.Parse(…).Matches(…).
test.each([
  ['', {}, true],
  ['env=prod', { env: 'prod' }, true],
  ['env==prod', { env: 'test' }, false],
  ['env=prod', {}, false],
  ['env!=prod', {}, true],
  ['env != prod', { env: 'prod' }, false],
  ['env in (a, b)', { env: 'b' }, true],
  ['env in (a,b)', {}, false],
  ['env notin (a,b)', {}, true],
  ['env notin (a,b)', { env: 'a' }, false],
  ['legacy', { legacy: '' }, true],
  ['!legacy', { legacy: '' }, false],
  ['! legacy', {}, true],
  ['env=', { env: '' }, true],
  ['env=,tier', { env: '', tier: 'x' }, true],
  ['env in (,a)', { env: '' }, true],
  ['toString', {}, false],
  [
    ' env=prod , topology.kubernetes.io/region in (eu,us),!legacy ',
    { env: 'prod', 'topology.kubernetes.io/region': 'eu' },
    true,
  ],
] as [string, Record<string, string>, boolean][])('%s on %o is %s', (text, labels, expected) => {
  const selector = parseSelector(text);
  expect(matchesSelector(selector, labels)).toBe(expected);
  expect(parseSelector(formatSelector(selector))).toEqual(selector);
});

test.each([
  'env=prod,',
  ',env',
  'env in a',
  'env in ()',
  'env in (a',
  'env in (a b)',
  'env > 3',
  'env=a b',
  'env = = a',
  '-env',
  'env=-a',
  '!',
  'a/b/c=d',
  'env=ü',
  'x'.repeat(5_000),
  Array.from({ length: 60 }, (_, index) => `k${index}`).join(','),
])('refuses %s', (text) => {
  expect(() => parseSelector(text)).toThrow(/cannot be used/);
});
