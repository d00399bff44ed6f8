import { describe, expect, it } from 'vitest';
import { faultsOf, readQuestion, stretches, toneOf, writeQuestion } from './answer.js';

const question = {
  from: 'c1',
  namespace: 'shop',
  account: '',
  to: 'payments.shop.svc.cluster.local',
  port: '8080',
};

describe('a question in the address', () => {
  it('is read as it was written, without what is empty', () => {
    const params = writeQuestion(question);
    expect(params.has('account')).toBe(false);
    expect(readQuestion(params)).toEqual(question);
  });

  it('is asked only when it can be answered', () => {
    expect(faultsOf(question)).toEqual({});
    expect(faultsOf({ ...question, port: '' })).toEqual({});
    expect(Object.keys(faultsOf({ ...question, from: '', to: ' ' }))).toEqual(['from', 'to']);
    for (const port of ['0', '65536', 'http', '80.5']) {
      expect(faultsOf({ ...question, port })).toHaveProperty('port');
    }
  });
});

describe('the links of a route', () => {
  it('are put together while they are in one cluster', () => {
    const steps = [
      { id: 1, clusterName: 'a' },
      { id: 2, clusterName: 'a' },
      { id: 3, clusterName: null },
      { id: 4, clusterName: 'a' },
    ];
    expect(stretches(steps).map(({ cluster, steps: of }) => [cluster, of.length])).toEqual([
      ['a', 2],
      [undefined, 1],
      ['a', 1],
    ]);
  });

  it('warn where they hold for a reason', () => {
    expect(toneOf({ state: 'OK', reason: null })).toBe('ok');
    expect(toneOf({ state: 'OK', reason: 'CertificateExpiresSoon' })).toBe('warn');
    expect(toneOf({ state: 'BROKEN', reason: 'NotExported' })).toBe('bad');
  });
});
