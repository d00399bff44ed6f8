/**
 * The classes of failure. Each is mapped once to GraphQL and once to gRPC, by the
 * app that speaks it.
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'notFound'
  | 'conflict'
  | 'limit'
  | 'unavailable'
  | 'internal';

/** Every stable code there is, with its class. Codes are API: never rename one. */
export const errorKinds = {
  INTERNAL: 'internal',
  INVALID_CONFIGURATION: 'invalid',
  INVALID_ARGUMENT: 'invalid',
  INVALID_NAME: 'invalid',
  NOT_FOUND: 'notFound',
  ALREADY_EXISTS: 'conflict',
  RATE_LIMITED: 'limit',
  QUERY_TOO_COMPLEX: 'limit',
  QUOTA_EXCEEDED: 'limit',
  UNAVAILABLE: 'unavailable',
  UNAUTHENTICATED: 'unauthenticated',
  FORBIDDEN: 'forbidden',
  ORGANIZATION_REQUIRED: 'invalid',
  IDEMPOTENCY_KEY_REUSED: 'conflict',
  IDEMPOTENCY_IN_PROGRESS: 'conflict',
  EMAIL_TAKEN: 'conflict',
  EMAIL_INVALID: 'invalid',
  PASSWORD_TOO_SHORT: 'invalid',
  PASSWORD_TOO_LONG: 'invalid',
  CREDENTIALS_WRONG: 'unauthenticated',
  API_TOKEN_INVALID: 'unauthenticated',
  API_TOKEN_EXPIRED: 'unauthenticated',
  MESH_NOT_EMPTY: 'conflict',
  CLUSTER_NOT_REMOVED: 'conflict',
  CIDR_INVALID: 'invalid',
  JOIN_TOKEN_INVALID: 'unauthenticated',
  JOIN_TOKEN_USED: 'unauthenticated',
  JOIN_TOKEN_EXPIRED: 'unauthenticated',
  CSR_MALFORMED: 'invalid',
  CSR_SIGNATURE: 'invalid',
  CSR_WEAK_KEY: 'invalid',
  CSR_FORBIDDEN_EXTENSION: 'invalid',
  IDENTITY_MISSING: 'unauthenticated',
  IDENTITY_UNTRUSTED: 'unauthenticated',
  IDENTITY_EXPIRED: 'unauthenticated',
  IDENTITY_REVOKED: 'unauthenticated',
  IDENTITY_SUPERSEDED: 'unauthenticated',
  CLUSTER_LOCKED: 'forbidden',
  CLUSTER_REMOVED: 'forbidden',
  MESSAGE_TOO_LARGE: 'limit',
  RESOURCE_INVALID: 'invalid',
  TOO_MANY_RESOURCES: 'limit',
  CONFIGURATION_INVALID: 'invalid',
  NAMESPACE_FORBIDDEN: 'forbidden',
  WEBHOOK_URL_INVALID: 'invalid',
  WEBHOOK_DISABLED: 'conflict',
  ROLLOUT_POLICY_INVALID: 'invalid',
  ROLLOUT_STATE: 'conflict',
  NOTHING_REPORTED: 'conflict',
  UPGRADE_VERSION_INVALID: 'invalid',
  UPGRADE_VERSION_UNKNOWN: 'invalid',
  UPGRADE_SETTINGS_INVALID: 'invalid',
  UPGRADE_POLICY_INVALID: 'invalid',
  UPGRADE_STATE: 'conflict',
  UPGRADE_BLOCKED: 'conflict',
  UPGRADE_OWN_APPROVAL: 'forbidden',
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

/** An error that a caller may see: a stable code, and a message that says what to do next. */
export class IsthmusError extends Error {
  override readonly name = 'IsthmusError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions & {
      /** More for programs, as JSON; what a caller may see. */
      readonly details?: Readonly<Record<string, unknown>> | undefined;
      /** The one argument that is to blame: its path in the input, such as `cidrs.0`. */
      readonly field?: string | undefined;
    },
  ) {
    super(message, options);
    this.details = options?.details;
    this.field = options?.field;
  }

  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly field: string | undefined;

  get kind(): ErrorKind {
    return errorKinds[this.code];
  }

  /** The same with another argument to blame, or none. */
  blaming(field: string | undefined): IsthmusError {
    const { code, message, details } = this;
    return new IsthmusError(code, message, { cause: this, details, field });
  }
}

/**
 * Says of what is wrong with a part of an input where that part is: in `policy`, `waves.0` is
 * `policy.waves.0`.
 */
export function within<T>(part: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof IsthmusError)) throw error;
    throw error.blaming(error.field === undefined ? part : `${part}.${error.field}`);
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
