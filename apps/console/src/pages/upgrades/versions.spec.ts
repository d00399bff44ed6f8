import { describe, expect, it } from 'vitest';
import { type KnownVersion, usualVersion, versionGroups, versionInWords } from './versions.js';

const version = (of: string, more: Partial<KnownVersion> = {}): KnownVersion => ({
  ...{ version: of, minor: of.split('.').slice(0, 2).join('.'), released: '2026-08-27' },
  ...{ endOfLife: null, isVerified: true, channels: [] },
  ...more,
});

describe('a version of Istio', () => {
  it('is offered with what one chooses it by', () => {
    expect(versionInWords(version('1.30.4', { channels: ['REGULAR', 'STABLE'] }))).toBe(
      '1.30.4 · regular, stable · released Aug 27, 2026',
    );
    expect(versionInWords(version('1.31.0', { released: null, isVerified: false }))).toBe(
      '1.31.0 · not verified',
    );
  });

  it('stands under its minor version, with the end of its support', () => {
    const now = Date.parse('2026-09-01');
    const groups = versionGroups(
      [
        ...[version('1.30.4'), version('1.30.3'), version('1.29.6', { endOfLife: '2026-10-20' })],
        version('1.28.9', { endOfLife: '2026-07-01' }),
      ],
      now,
    );
    expect(groups.map(({ group, items }) => [group, items.map(({ value }) => value)])).toEqual([
      ['1.30', ['1.30.4', '1.30.3']],
      ['1.29 (supported until Oct 20, 2026)', ['1.29.6']],
      ['1.28 (out of support since Jul 1, 2026)', ['1.28.9']],
    ]);
  });

  it('is chosen as the regular channel does, or the newest that is verified', () => {
    const known = [version('1.31.0', { isVerified: false }), version('1.30.4')];
    expect(usualVersion(known)).toBe('1.30.4');
    expect(usualVersion([...known, version('1.29.6', { channels: ['REGULAR'] })])).toBe('1.29.6');
    expect(usualVersion([])).toBe('');
  });
});
