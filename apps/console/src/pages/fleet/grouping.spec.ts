import { describe, expect, it } from 'vitest';
import { areasOf, isGrouping, type Placed } from './grouping.js';

function cluster(name: string, network: string, locality: string, more: Partial<Placed> = {}) {
  return { name, network, locality, ...more };
}

const fleet = [
  cluster('c10', 'vpc', 'eu-west/b'),
  cluster('c2', 'vpc', 'eu-west/a'),
  cluster('dc', 'onprem', 'eu-west'),
  cluster('us', 'vpc', 'us-east/a'),
];

function shown(grouping: Parameters<typeof areasOf>[1], clusters: readonly Placed[] = fleet) {
  return areasOf(clusters, grouping).map(({ name, parts }) => [
    name,
    Object.fromEntries(parts.map((part) => [part.name, part.clusters.map((each) => each.name)])),
  ]);
}

describe('areasOf', () => {
  it('puts regions around networks, zones of a region together', () => {
    expect(shown('region')).toEqual([
      ['eu-west', { onprem: ['dc'], vpc: ['c2', 'c10'] }],
      ['us-east', { vpc: ['us'] }],
    ]);
  });

  it('puts networks around regions', () => {
    expect(shown('network')).toEqual([
      ['onprem', { 'eu-west': ['dc'] }],
      ['vpc', { 'eu-west': ['c2', 'c10'], 'us-east': ['us'] }],
    ]);
  });

  it('has the newest release first, and those without one last', () => {
    const at = (name: string, number: number | null) =>
      cluster(name, 'vpc', 'eu', { configuration: { number } });
    const clusters = [at('old', 9), cluster('none', 'vpc', 'eu'), at('new', 10), at('nil', null)];
    expect(shown('release', clusters)).toEqual([
      ['Release 10', { '': ['new'] }],
      ['Release 9', { '': ['old'] }],
      ['No release yet', { '': ['nil', 'none'] }],
    ]);
  });

  it('sorts versions as numbers, the unknown last', () => {
    const at = (name: string, kubernetesVersion: string | null) =>
      cluster(name, 'vpc', 'eu', { kubernetesVersion });
    const names = shown('kubernetes', [at('a', 'v1.34.1'), at('b', null), at('c', 'v1.9.0')]);
    expect(names.map(([name]) => name)).toEqual(['v1.9.0', 'v1.34.1', 'Version unknown']);
  });

  it('counts, and leaves its argument as it was', () => {
    const before = [...fleet];
    expect(areasOf(fleet, 'region').map(({ count }) => count)).toEqual([3, 1]);
    expect(fleet).toEqual(before);
  });
});

describe('isGrouping', () => {
  it('takes what stands in the address for what it is', () => {
    expect(isGrouping('network')).toBe(true);
    expect(isGrouping('toString')).toBe(false);
    expect(isGrouping(null)).toBe(false);
  });
});
