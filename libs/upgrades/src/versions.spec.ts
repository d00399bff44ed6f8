import { describe, expect, it } from 'vitest';
import { type IstioKnowledge, loadKnowledge } from './knowledge.js';
import { hopsBetween, isVersion, minorsBetween } from './versions.js';

const knowledge = loadKnowledge();
const from = (version: string, revision = 'default') => ({ version, revision });
const way = (start: string, to: string, of: IstioKnowledge = knowledge) =>
  hopsBetween(from(start), to, of).map((hop) => `${hop.from?.version} ${hop.to.version}`);

describe('hops', () => {
  it('go over one minor version at a time, by the newest verified patch of each', () => {
    expect(hopsBetween(from('1.28.5', 'canary'), '1.30.2', knowledge)).toEqual([
      { from: from('1.28.5', 'canary'), to: { version: '1.29.6', revision: '1-29-6' } },
      { from: from('1.29.6', '1-29-6'), to: { version: '1.30.2', revision: '1-30-2' } },
    ]);
    expect(way('1.24.0', '1.31.0').map((hop) => hop.split(' ')[1])).toEqual([
      '1.25.5',
      '1.26.8',
      '1.27.9',
      '1.28.10',
      '1.29.6',
      '1.30.4',
      '1.31.0',
    ]);
  });

  it('within a minor version are one', () => {
    expect(way('1.30.0', '1.30.3')).toEqual(['1.30.0 1.30.3']);
    expect(way('1.28.9', '1.28.10')).toEqual(['1.28.9 1.28.10']);
  });

  it('lead to a version from nothing, and nowhere from itself', () => {
    expect(hopsBetween(null, '1.30.3', knowledge)).toEqual([
      { from: null, to: { version: '1.30.3', revision: '1-30-3' } },
    ]);
    expect(way('1.30.3', '1.30.3')).toEqual([]);
  });

  it('never go back', () => {
    expect(() => way('1.30.2', '1.30.1')).toThrow(
      expect.objectContaining({ code: 'UPGRADE_VERSION_INVALID' }),
    );
    expect(() => way('1.30.0', '1.29.6')).toThrow('never goes back');
    expect(() => way('1.31.0', '1.31.0')).not.toThrow();
  });

  it('end where the knowledge does, and say how to extend it', () => {
    const unknown = expect.objectContaining({ code: 'UPGRADE_VERSION_UNKNOWN' });
    expect(() => way('1.30.2', '1.99.0')).toThrow(unknown);
    expect(() => way('1.30.2', '1.30.99')).toThrow('the newest known of 1.30 is 1.30.8');
    expect(() => way('1.30.2', '1.99.0')).toThrow('docs/istio-versions.md');
    expect(() => way('1.20.0', '1.30.2')).toThrow(unknown);
    expect(way('1.23.1', '1.24.6')).toEqual(['1.23.1 1.24.6']);
  });

  it('want versions', () => {
    expect(() => way('1.30.2', '1.31')).toThrow('no version of Istio');
    expect(() => way('', '1.30.2')).toThrow("version ''");
    expect(isVersion('1.31.0-rc.0')).toBe(true);
    expect(isVersion('v1.31.0')).toBe(false);
  });
});

it('counts minor versions by number', () => {
  expect(minorsBetween('1.9.8', '1.10.0')).toBe(1);
  expect(minorsBetween('1.31', '1.29.9')).toBe(-2);
});
