import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { CliError } from '../errors.js';
import { version } from '../version.js';
import type { TypedDocumentString } from './generated/graphql.js';

/** An operation of the API, with the types of its variables and of its answer. */
type Operation<Data, Variables> = TypedDocumentString<Data, Variables>;

interface ApiOptions {
  /** Such as https://isthmus.example.com, without a path. */
  readonly endpoint: string;
  /** Of a person's session, or an API token. */
  readonly token: string | undefined;
  /** That one request may take, in ms. */
  readonly deadlineMs: number;
  /** Told of what is tried again. */
  note?(text: string): void;
}

const tries = 5;
/** Doubles with each try, less up to half of it by chance. */
const firstWaitMs = 250;
/** Says nothing of the request: it may be carried out the next time. */
const passing = new Set(['UNREACHABLE', 'UNAVAILABLE', 'RATE_LIMITED']);
/** What was sent before is still being carried out: its answer comes to whoever asks again. */
const underWay = 'IDEMPOTENCY_IN_PROGRESS';
const underWayMs = 1000;

/**
 * The GraphQL API. What passes is tried again: a mutation brings the same idempotency key with each
 * try, by which the API carries it out once.
 */
export class Api {
  constructor(private readonly options: ApiOptions) {}

  /** @throws CliError */
  async ask<Data, Variables>(
    operation: Operation<Data, Variables>,
    variables: Variables,
  ): Promise<Data> {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': `isthmus-cli/${version}`,
      'idempotency-key': randomUUID(),
      ...(this.options.token ? { authorization: `Bearer ${this.options.token}` } : {}),
    };
    const body = JSON.stringify({ query: operation.toString(), variables });
    let underWayUntil: number | undefined;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.try<Data>(headers, body);
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        if (error.code === underWay) {
          underWayUntil ??= Date.now() + this.options.deadlineMs;
          if (Date.now() > underWayUntil) throw error;
          attempt -= 1;
          await pause(underWayMs);
          continue;
        }
        if (!passing.has(error.code) || attempt === tries) throw error;
        this.options.note?.(`${error.message} (trying again, ${attempt} of ${tries - 1})`);
        const wait = firstWaitMs * 2 ** (attempt - 1);
        await pause(wait * (0.5 + Math.random() / 2));
      }
    }
  }

  private async try<Data>(headers: Record<string, string>, body: string): Promise<Data> {
    const { endpoint, deadlineMs } = this.options;
    let status: number;
    let answer: Answer<Data>;
    try {
      const signal = AbortSignal.timeout(deadlineMs);
      const response = await fetch(`${endpoint}/graphql`, {
        method: 'POST',
        headers,
        body,
        signal,
        // A token goes nowhere but to the address that it was given for.
        redirect: 'manual',
      });
      status = response.status;
      answer = parse<Data>(await response.text());
    } catch (error) {
      throw new CliError('UNREACHABLE', `${endpoint} gave no answer: ${causeOf(error)}`);
    }
    const [error] = answer.errors ?? [];
    if (error) {
      const { code = 'INTERNAL', ...details } = error.extensions ?? {};
      throw new CliError(code, error.message, details);
    }
    if (answer.data) return answer.data;
    const code = status >= 500 || status === 429 ? 'UNAVAILABLE' : 'NOT_AN_API';
    throw new CliError(
      code,
      `${endpoint} answered ${status} and no GraphQL; is that the address of Isthmus?`,
    );
  }
}

function parse<Data>(text: string): Answer<Data> {
  try {
    return JSON.parse(text) as Answer<Data>;
  } catch {
    return {};
  }
}

/** Of fetch, whose own message is that it failed. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError) return causeOf(cause.errors[0]);
  return cause instanceof Error ? cause.message : error.message;
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: Readonly<Record<string, unknown>> & { readonly code?: string };
  }[];
}

/** By which the API calls a thing, such as mesh_…; no name has an underscore. */
export function isId(ref: string): boolean {
  return ref.includes('_');
}

interface Connection<Row> {
  readonly edges: readonly { readonly node: Row }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

/** The first page is short: the API charges for what is asked for, and most lists are. */
const pageSizes = { first: 50, next: 200 };

/** Rows of a connection, page after page, as long as somebody takes them. */
export async function* rowsOf<Row>(
  page: (range: { first: number; after?: string }) => Promise<Connection<Row>>,
): AsyncGenerator<Row> {
  let after: string | undefined;
  do {
    const first = after === undefined ? pageSizes.first : pageSizes.next;
    const { edges, pageInfo }: Connection<Row> = await page({
      first,
      ...(after === undefined ? {} : { after }),
    });
    for (const { node } of edges) yield node;
    after = pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined;
  } while (after !== undefined);
}
