import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { GraphQLRequest, GraphQLResponse } from '@apollo/server';
import { type ErrorCode, IsthmusError } from '@isthmus/kernel';
import type { Claim, IdempotencyKeys } from '@isthmus/tenancy';
import type { FormattedExecutionResult, OperationDefinitionNode } from '../graphql-js.js';
import { operations } from './operations.js';
import type { RequestContext } from './request-context.js';

const header = 'idempotency-key';
const replayedHeader = 'idempotency-replayed';

/** Errors that say nothing of the request: it may be sent again, and be carried out then. */
const passing: ReadonlySet<unknown> = new Set<ErrorCode>([
  'INTERNAL',
  'UNAVAILABLE',
  'RATE_LIMITED',
]);

/** The client's key, if it gave one. */
export function idempotencyKeyOf({ headers }: IncomingMessage): string | undefined {
  const value = headers[header];
  return Array.isArray(value) ? value[0] : value;
}

/**
 * One request, which is carried out once where it is a mutation with the header `idempotency-key`: whoever
 * sends it again within a day gets the answer that there was. Strangers have no keys, and neither has
 * what takes a password.
 */
export class Repeatable {
  private claimed: Claim | undefined;
  private replayed: string | undefined;

  constructor(private readonly keys: IdempotencyKeys) {}

  /** @throws INVALID_ARGUMENT, IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS */
  async claim(
    operation: OperationDefinitionNode,
    request: GraphQLRequest,
    { idempotencyKey: key, principal }: RequestContext,
  ): Promise<void> {
    if (key === undefined || !principal.actor || !isRepeatable(operation)) return;
    assertKey(key);
    const claimed = await this.keys.claim(principal.actor, key, hashOf(request));
    if ('claim' in claimed) this.claimed = claimed.claim;
    else this.replayed = claimed.answer;
  }

  /** The answer that there was; null: there was none. */
  answer(http: GraphQLResponse['http']): GraphQLResponse | null {
    if (this.replayed === undefined) return null;
    http.headers.set(replayedHeader, 'true');
    const singleResult = JSON.parse(this.replayed) as FormattedExecutionResult;
    return { http, body: { kind: 'single', singleResult } };
  }

  /** Keeps the answer, or lets go of the key where nothing took effect and the same may succeed later. */
  async keep({ data, errors = [] }: FormattedExecutionResult): Promise<void> {
    if (!this.claimed) return;
    const hasEffect =
      Object.values(data ?? {}).some((value) => value !== null) ||
      // Of what was made something could not be told.
      errors.some(({ path = [] }) => path.length > 1);
    if (!hasEffect && errors.some(({ extensions }) => passing.has(extensions?.code))) {
      await this.keys.letGo(this.claimed);
      return;
    }
    const answer = { data, ...(errors.length > 0 && { errors }) };
    await this.keys.settle(this.claimed, JSON.stringify(answer));
  }
}

/** Of mutations, those that are of somebody: no hash of a password rests here, and no session either. */
function isRepeatable({ operation, selectionSet }: OperationDefinitionNode): boolean {
  if (operation !== 'mutation') return false;
  return selectionSet.selections.every((field) => {
    if (field.kind === 'Field') return operations[`Mutation.${field.name.value}`] !== 'public';
    const message = `a mutation with ${header} names its operations itself, not by fragments`;
    throw new IsthmusError('INVALID_ARGUMENT', message);
  });
}

function assertKey(key: string): void {
  if (/^[\x21-\x7e]{8,200}$/.test(key)) return;
  const message = `${header} must be 8 to 200 characters of ASCII without spaces, such as a UUID`;
  throw new IsthmusError('INVALID_ARGUMENT', message);
}

function hashOf({ query = '', operationName = '', variables = {} }: GraphQLRequest): string {
  const said = JSON.stringify([query, operationName, variables]);
  return createHash('sha256').update(said).digest('hex');
}
