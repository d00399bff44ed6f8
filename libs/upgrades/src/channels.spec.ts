import { describe, expect, it } from 'vitest';
import { targetOf } from './channels.js';
import { type IstioKnowledge, loadKnowledge, type MinorKnowledge } from './knowledge.js';

const minor = (
  released: string | undefined,
  patches: Record<string, string | undefined>,
  verified = true,
): MinorKnowledge => ({
  released,
  patches: Object.entries(patches).map(([version, date]) => ({
    version,
    released: date,
    verified: true,
  })),
  crdsChanged: true,
  deprecations: [],
  notes: [],
  proxySkew: 2,
  verified,
});
const knowledge: IstioKnowledge = {
  channels: {
    rapid: { minorAgeDays: 0, patchAgeDays: 0 },
    regular: { minorAgeDays: 30, patchAgeDays: 7 },
    stable: { minorAgeDays: 90, patchAgeDays: 14 },
  },
  bugs: [],
  minors: {
    '1.9': minor('2026-01-01', { '1.9.9': '2026-01-01', '1.9.10': '2026-06-01' }),
    '1.10': minor('2026-05-01', { '1.10.0': '2026-05-01', '1.10.1': '2026-06-01' }),
    '1.11': minor('2026-06-10', { '1.11.0-rc.1': '2026-06-01', '1.11.0': '2026-06-10' }),
    '1.12': minor(undefined, { '1.12.0': undefined }),
    '1.13': minor('2026-01-01', { '1.13.0': '2026-01-01' }, false),
  },
};
const on = (day: string) =>
  (['rapid', 'regular', 'stable'] as const).map((channel) =>
    targetOf(channel, knowledge, new Date(`${day}T00:00:00Z`)),
  );

describe('channels', () => {
  it('wait until minor versions and patches are old enough', () => {
    expect(on('2026-06-07')).toEqual(['1.10.1', '1.10.0', '1.9.9']);
    expect(on('2026-06-08')).toEqual(['1.10.1', '1.10.1', '1.9.9']);
    expect(on('2026-06-15')).toEqual(['1.11.0', '1.10.1', '1.9.10']);
    expect(on('2026-07-10')).toEqual(['1.11.0', '1.11.0', '1.9.10']);
    expect(on('2026-07-30')).toEqual(['1.11.0', '1.11.0', '1.10.1']);
  });

  it('want nothing before there is something, nor what nobody verified', () => {
    expect(on('2025-12-31')).toEqual([undefined, undefined, undefined]);
    expect(on('2030-01-01')).toEqual(['1.11.0', '1.11.0', '1.11.0']);
  });

  it('of what comes along lead to versions that are verified', () => {
    expect(targetOf('rapid', loadKnowledge(), new Date('2026-11-27'))).toBe('1.30.4');
  });
});
