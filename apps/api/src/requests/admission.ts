import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import { IsthmusError } from '@isthmus/kernel';
import { type IdempotencyKeys, TokenBuckets } from '@isthmus/tenancy';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  visit,
} from '../graphql-js.js';
import { Repeatable } from './idempotency.js';
import { assertWithinLimits, limits, weigh } from './limits.js';
import { payerOf, type RequestContext } from './request-context.js';

/** An operation that is about to run. */
interface Operation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: RequestContext;
}

/**
 * Lets operations run that ask for little enough, and charges their cost to who asks: a
 * user, a token, or an address, each with a bucket in this process's memory.
 */
export class Admission {
  private readonly buckets: TokenBuckets;

  /** @param costPerSecond what a payer may spend in the long run; 20 s of it at once. */
  constructor(costPerSecond: number) {
    const capacity = Math.max(costPerSecond * 20, limits.cost);
    this.buckets = new TokenBuckets({ capacity, perSecond: costPerSecond });
  }

  /**
   * @returns what charges the same once more, for each further event of a subscription, and
   *   says whether the budget held it.
   * @throws QUERY_TOO_COMPLEX, RATE_LIMITED, INVALID_ARGUMENT
   */
  admit({ schema, document, operation, variables, context }: Operation): () => boolean {
    assertStorable(document, variables);
    const weight = weigh(schema, document, operation, variables);
    assertWithinLimits(weight, operation.operation);
    const payer = payerOf(context);
    const charge = () => this.buckets.take(payer, weight.cost);
    if (!charge()) {
      throw new IsthmusError(
        'RATE_LIMITED',
        `this costs ${weight.cost} and your budget is used up for the moment; ask less often, or for less`,
      );
    }
    return charge;
  }
}

/** Postgres has no NUL in its texts, and would fail on one deep inside. */
function assertStorable(document: DocumentNode, variables: Operation['variables']): void {
  let isStorable = !JSON.stringify(variables).includes('\\u0000');
  visit(document, {
    StringValue: ({ value }) => {
      isStorable &&= !value.includes('\0');
    },
  });
  if (!isStorable) {
    throw new IsthmusError('INVALID_ARGUMENT', 'a text must not hold the character U+0000');
  }
}

/**
 * Asks for admission after validation and before execution; and only then for the answer that the request
 * may have had already: who may not ask takes no key.
 */
export function admissionPlugin(
  admission: Admission,
  keys: IdempotencyKeys,
): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart(): Promise<GraphQLRequestListener<RequestContext>> {
      const repeatable = new Repeatable(keys);
      return {
        async didResolveOperation({ schema, document, operation, request, contextValue }) {
          if (!operation) return; // there is always one here; the types do not know
          try {
            const variables = request.variables ?? {};
            admission.admit({ schema, document, operation, variables, context: contextValue });
            await repeatable.claim(operation, request, contextValue);
          } catch (error) {
            if (!(error instanceof IsthmusError)) throw error;
            throw new GraphQLError(error.message, {
              originalError: error,
              extensions: { http: { status: statusOf(error) } },
            });
          }
        },
        async responseForOperation({ response }) {
          return repeatable.answer(response.http);
        },
        async willSendResponse({ response: { body } }) {
          if (body.kind === 'single') await repeatable.keep(body.singleResult);
        },
      };
    },
  };
}

function statusOf({ code, kind }: IsthmusError): number {
  if (code === 'RATE_LIMITED') return 429;
  return kind === 'conflict' ? 409 : 400;
}
