import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiMetrics } from '@isthmus/platform';
import { type IdempotencyKeys, sessionCookie, sessionSeconds } from '@isthmus/tenancy';
import type { ApolloDriverConfig } from '@nestjs/apollo';
import type { Logger } from 'pino';
import type { ApiConfig } from './config.js';
import { withFirstPages } from './relay/connection.js';
import { type Admission, admissionPlugin } from './requests/admission.js';
import { withBlame } from './requests/blame.js';
import { describeError } from './requests/errors.js';
import { idempotencyKeyOf } from './requests/idempotency.js';
import { limits } from './requests/limits.js';
import { meteringPlugin } from './requests/metering.js';
import { guardSchema } from './requests/operations.js';
import {
  credentialsOf,
  type RequestContext,
  type RequestContexts,
} from './requests/request-context.js';

/** How GraphQL is served over HTTP. Subscriptions are the SubscriptionServer's. */
export function graphqlOptions(
  config: ApiConfig,
  contexts: RequestContexts,
  admission: Admission,
  keys: IdempotencyKeys,
  logger: Logger,
  metrics: ApiMetrics,
): Omit<ApolloDriverConfig, 'driver'> {
  return {
    path: '/graphql',
    autoSchemaFile: true,
    sortSchema: true,
    transformSchema: (schema) => guardSchema(withBlame(withFirstPages(schema))),
    introspection: true,
    graphiql: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    autoTransformHttpErrors: false,
    parseOptions: { maxTokens: limits.tokens },
    plugins: [meteringPlugin(metrics), admissionPlugin(admission, keys)],
    formatError: (formatted, error) => describeError(formatted, error, logger),
    context: ({ req, res }: HttpExchange): Promise<RequestContext> =>
      contexts.create(credentialsOf(req), req.ip ?? '', {
        goesOn: false,
        idempotencyKey: idempotencyKeyOf(req),
        setSession: (token) => res.appendHeader('set-cookie', cookieOf(config, token)),
      }),
  };
}

interface HttpExchange {
  readonly req: IncomingMessage & { readonly ip?: string };
  readonly res: ServerResponse;
}

function cookieOf({ ISTHMUS_PUBLIC_URL }: ApiConfig, sessionToken: string | undefined): string {
  const attributes = [
    `${sessionCookie}=${sessionToken ?? ''}`,
    `Max-Age=${sessionToken === undefined ? 0 : sessionSeconds}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
  ];
  if (ISTHMUS_PUBLIC_URL.startsWith('https:')) attributes.push('Secure');
  return attributes.join('; ');
}
