import { expect, it } from 'vitest';
import { blockedBy, type Finding, grouped } from './findings.js';

const finding = (more: Partial<Finding>): Finding => ({
  ...{ severity: 'BLOCKS', code: 'NotInContact', message: 'it is', remedy: 'bring it back' },
  ...{ object: null, cluster: { id: 'east', name: 'east' } },
  ...more,
});
const west = { id: 'west', name: 'west' };

it('groups findings by severity and code, with the remedy they share', () => {
  const findings = [
    finding({ severity: 'INFORMS', code: 'SeveralHops' }),
    finding({}),
    finding({ cluster: west }),
    finding({ code: 'KubernetesTooOld', remedy: 'upgrade to 1.32' }),
    finding({ code: 'KubernetesTooOld', remedy: 'upgrade to 1.31', cluster: west }),
  ];
  expect(
    grouped(findings).map(({ severity, count, groups }) => [
      ...[severity, count],
      groups.map(({ code, findings: of, remedy }) => [code, of.length, remedy]),
    ]),
  ).toEqual([
    [
      ...['BLOCKS', 4],
      [
        ['NotInContact', 2, 'bring it back'],
        ['KubernetesTooOld', 2, undefined],
      ],
    ],
    ['INFORMS', 1, [['SeveralHops', 1, 'bring it back']]],
  ]);
});

it('counts the clusters that something blocks, each once', () => {
  const findings = [
    ...[finding({}), finding({ code: 'IstioUnknown' }), finding({ cluster: west })],
    finding({ severity: 'WARNS', cluster: { id: 'north', name: 'north' } }),
  ];
  expect(blockedBy(findings)).toEqual({ clusters: 2, isMesh: false });
  expect(blockedBy([finding({ cluster: null })])).toEqual({ clusters: 0, isMesh: true });
});
