import type { Severity, UpgradeFinding } from '../model.js';

/** What a finding is about; nothing: the mesh. */
export interface About {
  readonly clusterId?: string;
  readonly object?: string;
}

export function finding(
  severity: Severity,
  code: string,
  message: string,
  remedy: string,
  { clusterId, object }: About = {},
): UpgradeFinding {
  return { severity, code, message, remedy, clusterId: clusterId ?? null, object: object ?? null };
}

/** What nobody has verified refuses nothing. */
export function ifVerified(severity: Severity, verified: boolean): Severity {
  return severity === 'BLOCKS' && !verified ? 'WARNS' : severity;
}

export function count(number: number, noun: string, nouns = `${noun}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? noun : nouns}`;
}

/** The first few, and how many more there are. */
export function some(names: readonly string[], total = names.length, most = 3): string {
  const shown = names.slice(0, most);
  return total > shown.length
    ? `${shown.join(', ')} and ${total - shown.length} more`
    : shown.join(', ');
}
