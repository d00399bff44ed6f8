/** How the process ends; the numbers are API. */
export const exits = {
  ok: 0,
  /** What was asked for was done, and its answer is no: different, not reachable, not completed. */
  no: 1,
  usage: 2,
  denied: 3,
  notFound: 4,
  unreachable: 5,
  refused: 6,
} as const;

/** Whose codes do not end with `refused`. */
const denied = new Set([
  'UNAUTHENTICATED',
  'API_TOKEN_INVALID',
  'API_TOKEN_EXPIRED',
  'CREDENTIALS_WRONG',
  'FORBIDDEN',
  'NAMESPACE_FORBIDDEN',
  'ORGANIZATION_REQUIRED',
  'UPGRADE_OWN_APPROVAL',
  'SIGN_IN_REFUSED',
  'SIGN_IN_TIMED_OUT',
]);
const outOfReach = new Set(['UNREACHABLE', 'UNAVAILABLE']);

/** What ends a command: a stable code, of the API's or of ours, and what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }

  get exit(): number {
    if (this.code === 'USAGE') return exits.usage;
    if (denied.has(this.code)) return exits.denied;
    if (this.code === 'NOT_FOUND') return exits.notFound;
    if (outOfReach.has(this.code)) return exits.unreachable;
    return exits.refused;
  }
}

export function usageError(message: string): CliError {
  return new CliError('USAGE', message);
}
