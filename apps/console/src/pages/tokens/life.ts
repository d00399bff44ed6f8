import type { Tone } from '../../parts/index.js';

/** How an API token stands. */
export type Life = 'active' | 'ending' | 'expired' | 'revoked';

/** Time enough to make another one and to hand it out, in ms. */
const noticeMs = 14 * 86_400_000;

/** @param now In ms. */
export function lifeOf(
  token: {
    readonly expiresAt: string;
    readonly createdAt: string;
    readonly revokedAt: string | null;
  },
  now: number,
): Life {
  if (token.revokedAt !== null) return 'revoked';
  const end = Date.parse(token.expiresAt);
  if (end <= now) return 'expired';
  // A token for a week is not about to end from the first day on.
  const notice = Math.min(noticeMs, (end - Date.parse(token.createdAt)) / 4);
  return end - now < notice ? 'ending' : 'active';
}

export const lifeInWords: Readonly<Record<Life, string>> = {
  active: 'Active',
  ending: 'Expires soon',
  expired: 'Expired',
  revoked: 'Revoked',
};

export const toneOf: Readonly<Record<Life, Tone>> = {
  active: 'ok',
  ending: 'warn',
  expired: 'idle',
  revoked: 'idle',
};
