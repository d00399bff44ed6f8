import { describe, expect, it } from 'vitest';
import {
  assertDnsLabel,
  idKindOf,
  isId,
  isNamespacedName,
  newId,
  pageSize,
  splitNamespacedName,
  toPage,
} from './index.js';

describe('ids', () => {
  it('say what they are of, and sort by creation', () => {
    const [first, second] = [newId('cluster', 1_000), newId('cluster', 2_000)];
    expect(idKindOf(first)).toBe('cluster');
    expect(first < second).toBe(true);
    expect(isId('mesh', first)).toBe(false);
  });

  it.each([
    '',
    'cluster',
    'cluster_',
    'cluster_xyz',
    'dog_0198f0c2aaaa7aaa8aaaaaaaaaaaaaaa',
    ' mesh_0',
  ])('are not %j', (text) => expect(idKindOf(text)).toBeUndefined());
});

describe('names', () => {
  it.each(['a', 'payments', 'a-1', '1a', 'a'.repeat(63)])('takes %j', (name) => {
    expect(() => assertDnsLabel('name', name)).not.toThrow();
  });

  it.each(['', '-a', 'a-', 'A', 'a.b', '*', 'ä', 'a b', 'a'.repeat(64), 'a.', 'a\n'])(
    'refuses %j',
    (name) => {
      expect(() => assertDnsLabel('name', name)).toThrow('name must be');
    },
  );

  it('splits namespace/name and nothing else', () => {
    expect(splitNamespacedName('shop/payments')).toEqual({ namespace: 'shop', name: 'payments' });
    for (const text of ['shop', 'a/b/c', '/b', 'a/', '*/b', 'A/b']) {
      expect(isNamespacedName(text)).toBe(false);
      expect(() => splitNamespacedName(text)).toThrow('is not namespace/name');
    }
  });
});

describe('pages', () => {
  it('have a bound', () => {
    expect(pageSize({})).toBe(50);
    for (const after of ['\0', 'x'.repeat(301)]) {
      expect(() => pageSize({ after })).toThrow('cursor');
    }
    for (const first of [0, -1, 201, 1.5, Number.NaN]) {
      expect(() => pageSize({ first })).toThrow('1 to 200');
    }
  });

  it('tell whether there is more', () => {
    expect(toPage([1, 2, 3], 2)).toEqual({ items: [1, 2], hasNext: true });
    expect(toPage([1, 2], 2)).toEqual({ items: [1, 2], hasNext: false });
  });
});
