import { randomUUID } from 'node:crypto';
import { type ErrorCode, IsthmusError } from '@isthmus/kernel';
import { Prisma } from '@isthmus/platform';
import type { Logger } from 'pino';
import { GraphQLError, type GraphQLFormattedError } from '../graphql-js.js';
import { isTooLong } from './limits.js';

/**
 * Codes of requests that GraphQL itself refuses, before any of ours is asked. They are kept,
 * for clients know them.
 */
const protocolCodes = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/**
 * Says an error as clients may see it: `extensions.code`, and a message. What nobody meant
 * to tell becomes INTERNAL with an id, under which it is in the log.
 */
export function describeError(
  formatted: GraphQLFormattedError,
  thrown: unknown,
  logger: Logger,
): GraphQLFormattedError {
  const { locations, path } = formatted;
  const where = { ...(locations ? { locations } : {}), ...(path ? { path } : {}) };
  const error = thrown instanceof GraphQLError ? (thrown.originalError ?? thrown) : thrown;
  if (error instanceof IsthmusError && error.kind !== 'internal') {
    const { message, code, field, details } = error;
    const extensions = { ...details, code, ...(field !== undefined && { field }) };
    return { message, ...where, extensions };
  }
  if (isTooLong(error)) {
    const code = 'QUERY_TOO_COMPLEX' satisfies ErrorCode;
    return { message: formatted.message, ...where, extensions: { code } };
  }
  const code = formatted.extensions?.code;
  if (typeof code === 'string' && protocolCodes.has(code)) {
    return { message: formatted.message, ...where, extensions: { code } };
  }
  // What GraphQL says without a place in the answer, it says of the request.
  if (error instanceof GraphQLError && !path) {
    return { message: formatted.message, ...where, extensions: { code: 'BAD_USER_INPUT' } };
  }
  if (isOutOfReach(error)) {
    logger.warn({ error, path }, 'the database is out of reach');
    const message = 'the service is not itself for the moment; try again in some seconds';
    return { message, ...where, extensions: { code: 'UNAVAILABLE' satisfies ErrorCode } };
  }
  const id = randomUUID();
  logger.error({ error, id, path }, 'a request failed');
  return {
    message: `something went wrong on our side; quote ${id} when you ask about it`,
    ...where,
    extensions: { code: 'INTERNAL' satisfies ErrorCode, id },
  };
}

/** What Prisma says when the database cannot be reached, or has no connection to spare. */
const outOfReach = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028']);

/** Whether nothing is wrong but the way to the database. */
function isOutOfReach(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  // Of raw queries the adapter's own words are all there is.
  const raw = error.code === 'P2010' && /Can't reach database|connection/i.test(error.message);
  return raw || outOfReach.has(error.code);
}
