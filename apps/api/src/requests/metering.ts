import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import { type ErrorCode, errorKinds, IsthmusError } from '@isthmus/kernel';
import type { ApiMetrics } from '@isthmus/platform';
import { GraphQLError } from '../graphql-js.js';
import type { RequestContext } from './request-context.js';

type Operation = 'query' | 'mutation' | 'subscription' | 'none';

/**
 * Has an operation that was answered counted, and what a limit refused of it.
 *
 * @param codes of its errors. Of several the first says what came of it; what GraphQL itself refuses is invalid.
 */
export function meter(metrics: ApiMetrics, operation: Operation, codes: readonly string[]): void {
  const [first] = codes;
  const failure = first !== undefined && (isOurs(first) ? errorKinds[first] : 'invalid');
  metrics.requests.inc({ operation, outcome: failure || 'ok' });
  for (const code of codes)
    if (isOurs(code) && errorKinds[code] === 'limit') metrics.refusals.inc({ code });
}

/** The code of what a resolver threw, before it is described to anybody. */
export function thrownCode(error: unknown): string {
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  if (cause instanceof IsthmusError) return cause.code;
  return cause instanceof GraphQLError ? 'BAD_USER_INPUT' : ('INTERNAL' satisfies ErrorCode);
}

/** Counts and times what is asked for over HTTP. */
export function meteringPlugin(metrics: ApiMetrics): ApolloServerPlugin<RequestContext> {
  return {
    /** Before anything was read: as a rule, since nobody could be asked who it is. */
    async contextCreationDidFail({ error }) {
      meter(metrics, 'none', [thrownCode(error)]);
    },
    async requestDidStart(): Promise<GraphQLRequestListener<RequestContext>> {
      const started = performance.now();
      return {
        async willSendResponse({ operation, response: { body } }) {
          const errors = body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
          const kind = operation?.operation;
          meter(
            metrics,
            kind ?? 'none',
            errors.map(({ extensions }) => String(extensions?.code)),
          );
          const seconds = (performance.now() - started) / 1000;
          if (kind) metrics.requestDuration.observe({ operation: kind }, seconds);
        },
      };
    },
  };
}

function isOurs(code: string): code is ErrorCode {
  return Object.hasOwn(errorKinds, code);
}
