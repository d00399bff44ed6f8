import { describe, expect, it } from 'vitest';
import { quantity, requestsOf } from './readiness.js';

it.each([
  ['100m', 0.1],
  ['0.5', 0.5],
  ['2', 2],
  [3, 3],
  ['128974848', 128_974_848],
  ['129e6', 129_000_000],
  ['129M', 129_000_000],
  ['1Ki', 1_024],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['', 0],
  ['much', 0],
  ['1Zi', 0],
  [undefined, 0],
])('reads %s as %d', (text, value) => {
  expect(quantity(text)).toBeCloseTo(value);
});

describe('what a Pod reserves', () => {
  const takes = (name: string, cpu: string, rest: object = {}) => ({
    name,
    resources: { requests: { cpu } },
    ...rest,
  });

  it('is the sum of its containers', () => {
    expect(
      requestsOf({ containers: [takes('a', '1'), takes('b', '250m'), { name: 'c' }] }),
    ).toEqual({ cpu: 1_250, memory: 0 });
  });

  it('is what it takes to start it, where that is more', () => {
    const initContainers = [takes('one', '1'), takes('two', '3')];
    expect(requestsOf({ initContainers, containers: [takes('a', '2')] }).cpu).toBe(3_000);
  });

  it('holds sidecars all the time', () => {
    const initContainers = [
      takes('proxy', '500m', { restartPolicy: 'Always' }),
      takes('setup', '1'),
    ];
    expect(requestsOf({ initContainers, containers: [takes('a', '100m')] }).cpu).toBe(1_500);
    expect(requestsOf({ initContainers, containers: [takes('a', '2')] }).cpu).toBe(2_500);
  });

  it('is what it says as a whole, and what running it takes', () => {
    const spec = { resources: { requests: { cpu: '4' } }, containers: [takes('a', '1')] };
    expect(requestsOf({ ...spec, overhead: { cpu: '250m' } }).cpu).toBe(4_250);
  });
});
