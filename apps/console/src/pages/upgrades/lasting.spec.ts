import { expect, it } from 'vitest';
import { lasting } from './lasting.js';

it.each([
  [0, 'no time'],
  [1, '1 second'],
  [75, '1 minute 15 seconds'],
  [300, '5 minutes'],
  [7_260, '2 hours 1 minute'],
  [86_400, '1 day'],
  [97_300, '1 day 3 hours'],
  [86_460, '1 day'],
])('%i s are %s', (seconds, words) => {
  expect(lasting(seconds)).toBe(words);
});
