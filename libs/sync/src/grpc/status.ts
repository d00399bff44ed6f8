import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { type ErrorCode, type ErrorKind, errorKinds, IsthmusError } from '@isthmus/kernel';

const codeTrailer = 'isthmus-code';
const retryTrailer = 'retry-after-ms';

const statusOfKind: Readonly<Record<ErrorKind, status>> = {
  invalid: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  notFound: status.NOT_FOUND,
  conflict: status.FAILED_PRECONDITION,
  limit: status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
  internal: status.INTERNAL,
};

/** Turns a caller away for a while, because of load or because the process ends. */
export class TryAgainLater extends IsthmusError {
  /** @param retryAfterMs the caller stays away for so long, and up to one backoff step more. */
  constructor(
    readonly retryAfterMs: number,
    message: string,
  ) {
    super('UNAVAILABLE', message);
  }
}

/** What a gRPC call ends with. */
export interface CallFailure {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

/** An error as a gRPC status; its code travels as a trailer. Says nothing of internal errors. */
export function toCallFailure(error: unknown): CallFailure {
  const metadata = new Metadata();
  if (!(error instanceof IsthmusError) || error.kind === 'internal') {
    metadata.set(codeTrailer, 'INTERNAL');
    return { code: status.INTERNAL, details: 'internal error', metadata };
  }
  metadata.set(codeTrailer, error.code);
  if (error instanceof TryAgainLater) {
    metadata.set(retryTrailer, String(Math.ceil(error.retryAfterMs)));
  }
  return { code: statusOfKind[error.kind], details: error.message, metadata };
}

/** The error that a gRPC status speaks of; UNAVAILABLE for statuses that are none of ours. */
export function fromCallFailure(failure: Pick<ServiceError, 'details' | 'metadata'>): IsthmusError {
  const [code] = failure.metadata.get(codeTrailer);
  const [retryAfter] = failure.metadata.get(retryTrailer);
  const retryAfterMs = Number(retryAfter);
  if (retryAfter !== undefined && Number.isFinite(retryAfterMs) && retryAfterMs >= 0) {
    return new TryAgainLater(retryAfterMs, failure.details);
  }
  const isKnown = typeof code === 'string' && Object.hasOwn(errorKinds, code);
  return new IsthmusError(isKnown ? (code as ErrorCode) : 'UNAVAILABLE', failure.details);
}
