import type { Tone } from './status.js';

interface Export {
  readonly readyEndpoints: number;
  readonly valid: boolean;
  readonly conflict: boolean;
  readonly stale: boolean;
}

/** How an export of a cluster stands. */
export type ExportStanding = 'Refused' | 'Conflict' | 'Stale' | 'No endpoints' | 'Ready';

export const exportTones: Readonly<Record<ExportStanding, Tone>> = {
  Refused: 'bad',
  Conflict: 'bad',
  Stale: 'warn',
  'No endpoints': 'warn',
  Ready: 'ok',
};

export function exportStanding({ conflict, valid, stale, readyEndpoints }: Export): ExportStanding {
  // A conflict makes an export invalid too, and says more.
  if (conflict) return 'Conflict';
  if (!valid) return 'Refused';
  if (stale) return 'Stale';
  return readyEndpoints === 0 ? 'No endpoints' : 'Ready';
}

/** The same as an icon and a word. */
export function exportLook(of: Export): readonly [Tone, ExportStanding] {
  const standing = exportStanding(of);
  return [exportTones[standing], standing];
}
