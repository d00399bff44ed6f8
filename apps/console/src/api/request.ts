import type { TypedDocumentString } from './generated/graphql.js';

/** An operation of the API, with the types of its variables and of its answer. */
export type Operation<Data, Variables> = TypedDocumentString<Data, Variables>;

/** What the API, or the way to it, has against a request. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    /** Stable, such as INVALID_NAME; UNREACHABLE when no answer came. */
    readonly code: string,
    message: string,
    /** What more the API says of it. */
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

const answerMs = 30_000;

/** @throws ApiError */
export async function request<Data, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  const deadline = AbortSignal.timeout(answerMs);
  let response: Response;
  try {
    response = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query: operation.toString(), variables }),
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(
      'UNREACHABLE',
      isChange(operation)
        ? 'The API gave no answer. What you changed may be changed all the same: look before you try again.'
        : 'The API cannot be reached. It is tried again by itself.',
    );
  }
  const answer = (await response.json().catch(() => ({}))) as Answer<Data>;
  const [error] = answer.errors ?? [];
  if (error) {
    const { code = 'INTERNAL', ...details } = error.extensions ?? {};
    throw new ApiError(code, error.message, details);
  }
  if (!answer.data) {
    throw new ApiError('UNAVAILABLE', `The API answered ${response.status}. Try again shortly.`);
  }
  return answer.data;
}

/** What changes something is not tried again by itself. */
function isChange(operation: { toString(): string }): boolean {
  return operation.toString().trimStart().startsWith('mutation');
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: Readonly<Record<string, unknown>> & { readonly code?: string };
  }[];
}
