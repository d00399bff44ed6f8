import { describe, expect, it } from 'vitest';
import { isLongList } from './queries.js';

describe('isLongList', () => {
  it('is a list of more than a few pages, and nothing else', () => {
    expect(isLongList({ pages: Array.from({ length: 5 }) })).toBe(false);
    expect(isLongList({ pages: Array.from({ length: 6 }) })).toBe(true);
    expect(isLongList(undefined)).toBe(false);
    expect(isLongList(null)).toBe(false);
    // Of an answer that has a field of this name.
    expect(isLongList({ pages: 12 })).toBe(false);
  });
});
