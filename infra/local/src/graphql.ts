/** An error of the API: its stable code and what it says to do. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

interface Answer<T> {
  data?: T;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** The GraphQL API as one user or token sees it. */
export class ApiClient {
  constructor(
    readonly url: string,
    private readonly token?: string,
  ) {}

  /** The same API with a session or an API token. */
  as(token: string): ApiClient {
    return new ApiClient(this.url, token);
  }

  /** @throws ApiError with the first error's code. */
  async query<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
      },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(20_000),
    });
    const { data, errors } = (await response.json()) as Answer<T>;
    const [error] = errors ?? [];
    if (error) throw new ApiError(error.extensions?.code ?? 'UNKNOWN', error.message);
    if (data === undefined || data === null)
      throw new ApiError('UNKNOWN', `HTTP ${response.status}`);
    return data;
  }
}
