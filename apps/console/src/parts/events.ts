import type { Tone } from './status.js';

/** What of an event's name tells how good a thing it is; the others are neither. */
const tones: readonly (readonly [RegExp, Tone])[] = [
  [/(locked|halted|_expired|removals_held|rejected)$/, 'bad'],
  [/(out_of_contact|_expiring|_requested|found|paused|rolling_back|aborted)$/, 'warn'],
  [/\.(connected|completed|cleared|removals_settled|certificate_issued|approved)$/, 'ok'],
];

export function eventTone(type: string): Tone {
  return tones.find(([pattern]) => pattern.test(type))?.[1] ?? 'idle';
}

/** `cluster.out_of_contact` → `Cluster out of contact`. */
export function eventWord(type: string): string {
  const words = type.replace('.', ' ').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `cluster.connected` → `cluster`. */
export function familyOf(type: string): string {
  return type.slice(0, type.indexOf('.'));
}
