import { afterEach, expect, it, vi } from 'vitest';
import { Lanes } from './lanes.js';

/** All that may start now. */
const start = (lanes: Lanes<string>): string[] => {
  const started: string[] = [];
  for (let item = lanes.start(); item !== undefined; item = lanes.start()) started.push(item);
  return started;
};

afterEach(() => {
  vi.useRealTimers();
});

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

it('holds up later lanes, and nothing else', () => {
  vi.useFakeTimers();
  const lanes = new Lanes<string>();
  lanes.add('free', undefined);
  lanes.add('b', 1);
  expect(start(lanes)).toEqual(['free', 'b']);
  lanes.hold('free', 5_000);
  lanes.hold('b', 1_000);
  for (const item of ['free', 'b']) lanes.done(item);
  expect(lanes.heldMs).toBe(0);
  lanes.add('c', 2);
  expect(start(lanes)).toEqual([]);
  vi.advanceTimersByTime(400);
  expect(lanes.heldMs).toBeCloseTo(600);
  // What comes before it, in its lane, or has none.
  for (const [item, lane] of [
    ['free', undefined],
    ['a', 0],
    ['b', 1],
  ] as const)
    lanes.add(item, lane);
  expect(start(lanes)).toEqual(['free', 'a']);
  lanes.done('a');
  expect(start(lanes)).toEqual(['b']);
  lanes.done('b');
  expect(start(lanes)).toEqual([]);
  vi.advanceTimersByTime(600);
  expect(lanes.heldMs).toBe(0);
  expect(start(lanes)).toEqual(['c']);
});

it('is held up by the longest of the lanes before', () => {
  vi.useFakeTimers();
  const lanes = new Lanes<string>();
  lanes.add('b', 1);
  start(lanes);
  lanes.add('a', 0);
  start(lanes);
  lanes.hold('a', 1_000);
  vi.advanceTimersByTime(100);
  lanes.hold('b', 200);
  for (const item of ['a', 'b']) lanes.done(item);
  lanes.add('c', 2);
  expect(lanes.heldMs).toBeCloseTo(900);
});
