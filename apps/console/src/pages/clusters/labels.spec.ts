import { describe, expect, it } from 'vitest';
import { entriesOf, readLabels, writeLabels } from './labels.js';

describe('readLabels', () => {
  it('takes commas and lines, and blanks around', () => {
    expect(readLabels('env=prod, tier = edge\n\n team=shop ')).toEqual([
      { key: 'env', value: 'prod' },
      { key: 'tier', value: 'edge' },
      { key: 'team', value: 'shop' },
    ]);
  });

  it('leaves what is no label to the API to refuse', () => {
    expect(readLabels('canary, =x, a=b=c')).toEqual([
      { key: 'canary', value: '' },
      { key: '', value: 'x' },
      { key: 'a', value: 'b=c' },
    ]);
  });

  it('reads what was written', () => {
    const labels = [
      { key: 'canary', value: '' },
      { key: 'example.com/env', value: 'prod' },
    ];
    expect(readLabels(writeLabels(labels))).toEqual(labels);
    expect(readLabels(writeLabels([]))).toEqual([]);
  });
});

describe('entriesOf', () => {
  it('is empty for what is blank', () => {
    expect(entriesOf(' \n , ')).toEqual([]);
    expect(entriesOf('10.0.0.0/8,fd00::/8')).toEqual(['10.0.0.0/8', 'fd00::/8']);
  });
});
