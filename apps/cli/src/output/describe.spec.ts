import { expect, it, describe as suite } from 'vitest';
import { describe } from './describe.js';
import { plain } from './plain.js';

suite('describe', () => {
  it('has names, values, and lists of like things as tables', () => {
    const cluster = {
      name: 'berlin',
      lockReason: null,
      done: false,
      cidrs: ['10.0.0.0/8', '10.1.0.0/16'],
      labels: [{ key: 'env', value: 'prod' }],
      steps: {
        edges: [
          { node: { name: 'CALLED', remedy: null } },
          { node: { name: 'JOINED', remedy: null } },
        ],
      },
      diff: '-a\n+b\n',
    };
    expect(describe(plain(cluster))).toEqual([
      'Name:        berlin',
      'Lock reason: -',
      'Done:        no',
      'Cidrs:       10.0.0.0/8, 10.1.0.0/16',
      'Labels:      env=prod',
      'Steps:',
      '  NAME',
      '  CALLED',
      '  JOINED',
      'Diff:',
      '  -a',
      '  +b',
    ]);
  });

  it('goes into what is nested', () => {
    const value = { configuration: { number: 3, waves: [{ index: 0, gate: { soak: 1 } }] } };
    expect(describe(value)).toEqual([
      'Configuration:',
      '  Number: 3',
      '  Waves:',
      '    - Index: 0',
      '      Gate:',
      '        Soak: 1',
    ]);
  });
});

suite('plain', () => {
  it('has no edges, no __typename, and labels as a map', () => {
    expect(
      plain({
        __typename: 'Mesh',
        clusters: { edges: [{ node: { id: 'a', labels: [{ key: 'k', value: 'v' }] } }] },
        empty: [],
      }),
    ).toEqual({ clusters: [{ id: 'a', labels: { k: 'v' } }], empty: [] });
  });
});
