import { expect, it } from 'vitest';
import { Lanes } from './lanes.js';

/** All that may start now. */
const start = (lanes: Lanes<string>): string[] => {
  const started: string[] = [];
  for (let item = lanes.start(); item !== undefined; item = lanes.start()) started.push(item);
  return started;
};

it('starts what is in a lane when all before it is done', () => {
  const lanes = new Lanes<string>();
  for (const [item, lane] of [
    ['c', 2],
    ['b', 1],
    ['a1', 0],
    ['a2', 0],
  ] as const)
    lanes.add(item, lane);
  expect(start(lanes)).toEqual(['a1', 'a2']);
  lanes.done('a1');
  expect(start(lanes)).toEqual([]);
  lanes.done('a2');
  expect(start(lanes)).toEqual(['b']);
  // Another one comes before the lane is left.
  lanes.add('a3', 0);
  lanes.done('b');
  expect(start(lanes)).toEqual(['a3']);
  lanes.done('a3');
  expect(start(lanes)).toEqual(['c']);
  expect(lanes.isEmpty).toBe(false);
  lanes.done('c');
  expect(lanes.isEmpty).toBe(true);
});

it('lets what has no lane go by', () => {
  const lanes = new Lanes<string>();
  lanes.add('a', 0);
  lanes.add('b', 1);
  expect(start(lanes)).toEqual(['a']);
  lanes.add('free', undefined);
  expect(start(lanes)).toEqual(['free']);
  lanes.done('a');
  expect(start(lanes)).toEqual(['b']);
});

it('moves what changes its lane', () => {
  const lanes = new Lanes<string>();
  lanes.add('a', 0);
  lanes.add('b', 1);
  lanes.add('a', 2);
  expect(start(lanes)).toEqual(['b']);
  lanes.add('a', undefined);
  expect(start(lanes)).toEqual(['a']);
});
