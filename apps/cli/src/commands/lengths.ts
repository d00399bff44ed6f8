import { usageError } from '../errors.js';

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A length of time such as 90s, 30m, 12h or 90d, in ms. @throws USAGE */
export function parseLength(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (units[unit] ?? 0);
  if (seconds > 0) return seconds * 1000;
  throw usageError(`${text} is no length of time; write it as 90s, 30m, 12h or 90d`);
}
