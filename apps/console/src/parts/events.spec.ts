import { expect, it } from 'vitest';
import { eventTone, eventWord, familyOf } from './events.js';

it.each([
  ['cluster.connected', 'Cluster connected', 'ok'],
  ['cluster.out_of_contact', 'Cluster out of contact', 'warn'],
  ['cluster.removals_held', 'Cluster removals held', 'bad'],
  ['trust.root_expired', 'Trust root expired', 'bad'],
  ['trust.certificate_expiring', 'Trust certificate expiring', 'warn'],
  ['rollout.wave_started', 'Rollout wave started', 'idle'],
  ['rollout.halted', 'Rollout halted', 'bad'],
  ['upgrade.approval_requested', 'Upgrade approval requested', 'warn'],
  ['something.new', 'Something new', 'idle'],
] as const)('%s', (type, word, tone) => {
  expect(eventWord(type)).toBe(word);
  expect(eventTone(type)).toBe(tone);
  expect(familyOf(type)).toBe(type.split('.')[0]);
});
