import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import { type ErrorCode, IsthmusError } from '@isthmus/kernel';
import type { Claim, IdempotencyKeys } from '@isthmus/tenancy';
import { type FormattedExecutionResult, GraphQLError } from '../graphql-js.js';
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
 * Carries out a mutation that comes with the header `idempotency-key` once, and gives its answer to
 * all that send it again within a day. Strangers have no keys.
 */
export function idempotencyPlugin(keys: IdempotencyKeys): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart(): Promise<GraphQLRequestListener<RequestContext>> {
      let claim: Claim | undefined;
      let replayed: string | undefined;
      return {
        async didResolveOperation({ operation, request, contextValue }) {
          const { idempotencyKey: key, principal } = contextValue;
          if (key === undefined || operation?.operation !== 'mutation' || !principal.actor) return;
          try {
            assertKey(key);
            const claimed = await keys.claim(principal.actor, key, hashOf(request));
            if ('claim' in claimed) claim = claimed.claim;
            else replayed = claimed.answer;
          } catch (error) {
            if (!(error instanceof IsthmusError)) throw error;
            const http = { status: error.kind === 'conflict' ? 409 : 400 };
            throw new GraphQLError(error.message, { originalError: error, extensions: { http } });
          }
        },
        async responseForOperation({ response }) {
          if (replayed === undefined) return null;
          response.http.headers.set(replayedHeader, 'true');
          const singleResult = JSON.parse(replayed) as FormattedExecutionResult;
          return { http: response.http, body: { kind: 'single', singleResult } };
        },
        async willSendResponse({ response: { body } }) {
          if (!claim || body.kind !== 'single') return;
          const { data, errors = [] } = body.singleResult;
          if (errors.some(({ extensions }) => passing.has(extensions?.code))) {
            await keys.letGo(claim);
          } else {
            await keys.settle(
              claim,
              JSON.stringify({ data, ...(errors.length > 0 && { errors }) }),
            );
          }
        },
      };
    },
  };
}

function assertKey(key: string): void {
  if (/^[\x21-\x7e]{8,200}$/.test(key)) return;
  const message = `${header} must be 8 to 200 characters of ASCII without spaces, such as a UUID`;
  throw new IsthmusError('INVALID_ARGUMENT', message);
}

function hashOf({
  query = '',
  operationName = '',
  variables = {},
}: {
  readonly query?: string | undefined;
  readonly operationName?: string | undefined;
  readonly variables?: object | undefined;
}): string {
  const said = JSON.stringify([query, operationName, variables]);
  return createHash('sha256').update(said).digest('hex');
}
