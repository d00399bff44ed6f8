import { describe, expect, it } from 'vitest';
import { lifeOf } from './life.js';

const now = Date.parse('2026-06-01T00:00:00Z');
const day = 86_400_000;
const at = (days: number): string => new Date(now + days * day).toISOString();
const token = (from: number, to: number, revokedAt: string | null = null) => ({
  createdAt: at(from),
  expiresAt: at(to),
  revokedAt,
});

describe('lifeOf', () => {
  it('is revoked whatever its dates say', () => {
    expect(lifeOf(token(-1, 89, at(0)), now)).toBe('revoked');
    expect(lifeOf(token(-90, -1, at(-2)), now)).toBe('revoked');
  });

  it('is expired from the very moment on', () => {
    expect(lifeOf(token(-90, 0), now)).toBe('expired');
    expect(lifeOf(token(-90, 0), now - 1)).toBe('ending');
  });

  it('tells of the end two weeks before', () => {
    expect(lifeOf(token(-76, 14), now)).toBe('active');
    expect(lifeOf(token(-76, 14), now + 1)).toBe('ending');
  });

  it('tells of the end of a short life in its last quarter', () => {
    expect(lifeOf(token(0, 7), now)).toBe('active');
    expect(lifeOf(token(-5, 2), now)).toBe('active');
    expect(lifeOf(token(-6, 1), now)).toBe('ending');
  });
});
