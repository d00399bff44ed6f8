import type { Tone } from '../../parts/index.js';

/** What of a webhook tells how it stands. */
interface Webhook {
  readonly disabledAt: string | null;
  readonly failingSince: string | null;
}

/** How a webhook stands, in a word. */
export function standingOf({ disabledAt, failingSince }: Webhook): readonly [string, Tone] {
  if (disabledAt !== null) return ['Disabled', 'idle'];
  return failingSince === null ? ['Told', 'ok'] : ['Failing', 'bad'];
}

export const deliveryStanding = {
  DELIVERED: ['Delivered', 'ok'],
  PENDING: ['On its way', 'busy'],
  FAILED: ['Failed', 'bad'],
} as const satisfies Record<string, readonly [string, Tone]>;

/** Of what a webhook is told, in words. */
export function typesInWords(types: readonly string[]): string {
  return types.length === 0 ? 'everything' : types.join(', ');
}
