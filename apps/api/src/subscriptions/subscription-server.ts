import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, IsthmusError } from '@isthmus/kernel';
import { ApiMetrics, InjectLogger } from '@isthmus/platform';
import { type Actor, Authenticator, type CredentialHeaders } from '@isthmus/tenancy';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import {
  CloseCode,
  type Context,
  handleProtocols,
  makeServer,
  type SubscribePayload,
} from 'graphql-ws';
import type { Logger } from 'pino';
import type WebSocket from 'ws';
import { WebSocketServer } from 'ws';
import { API_CONFIG, type ApiConfig } from '../config.js';
import {
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  parse,
  validate,
} from '../graphql-js.js';
import { Admission } from '../requests/admission.js';
import { describeError } from '../requests/errors.js';
import { limits } from '../requests/limits.js';
import { meter, thrownCode } from '../requests/metering.js';
import { credentialsOf, RequestContexts } from '../requests/request-context.js';
import { Paced } from './paced.js';
import { carry } from './transport.js';

/** How much of it there may be. */
export interface SubscriptionLimits {
  readonly connections: number;
  readonly connectionsPerOrganization: number;
  readonly subscriptionsPerConnection: number;
  /** After how long a connection's credentials are looked at again. */
  readonly recheckMs: number;
}

export const subscriptionLimits: SubscriptionLimits = {
  connections: 5000,
  connectionsPerOrganization: 200,
  subscriptionsPerConnection: 20,
  recheckMs: 20_000,
};
export const SUBSCRIPTION_LIMITS = Symbol('SubscriptionLimits');

const path = '/graphql';
const largestMessage = 64 * 1024;
const initDeadlineMs = 5000;

/** The other end of a connection. */
interface Peer {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  /** Who it is, and how we know; once the connection is acknowledged. */
  known?: { readonly credentials: CredentialHeaders; readonly actor: Actor };
}

/**
 * Subscriptions over WebSocket (graphql-transport-ws), and nothing but subscriptions. Only
 * who acts in an organization is let in; credentials are asked for again with every
 * subscription and, while the connection stands, three times a minute.
 */
@Injectable()
export class SubscriptionServer implements OnModuleDestroy {
  private readonly sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestMessage,
    handleProtocols,
  });
  private readonly perOrganization = new Map<string, number>();
  private readonly connections = new Set<Context<Record<string, unknown>, Peer>>();
  /** What charges for one more event of a subscription. */
  private readonly charges = new WeakMap<ExecutionArgs, () => boolean>();

  constructor(
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(RequestContexts) private readonly contexts: RequestContexts,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(SUBSCRIPTION_LIMITS) private readonly limits: SubscriptionLimits,
    @InjectLogger() private readonly logger: Logger,
    @Inject(ApiMetrics) private readonly metrics: ApiMetrics,
  ) {
    metrics.sockets.readFrom(() => this.sockets.clients.size);
    metrics.subscriptions.readFrom(() =>
      [...this.connections].reduce(
        (sum, { subscriptions }) => sum + Object.keys(subscriptions).length,
        0,
      ),
    );
  }

  /** Serves the schema's subscriptions on the HTTP server's `/graphql`. */
  attach(server: Server, schema: GraphQLSchema): void {
    const graphql = makeServer<Record<string, unknown>, Peer>({
      connectionInitWaitTimeout: initDeadlineMs,
      onConnect: async (connection) => {
        const { connectionParams, extra } = connection;
        const isAdmitted = await this.admit(extra, connectionParams ?? {});
        if (isAdmitted) this.connections.add(connection);
        return isAdmitted;
      },
      onClose: (connection) => void this.connections.delete(connection),
      onSubscribe: ({ extra, subscriptions }, _id, payload) =>
        this.prepare(schema, extra, payload, Object.keys(subscriptions).length),
      onOperation: (_context, _id, _payload, args, result) => this.pace(args, result),
      onNext: (_context, _id, _payload, _args, result) => this.describe(result),
      onError: (_context, _id, _payload, errors) => this.describeAll(errors),
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      const isOurs = request.url?.split('?')[0] === path;
      if (!isOurs || this.sockets.clients.size >= this.limits.connections) {
        if (isOurs) this.metrics.refusals.inc({ code: 'UNAVAILABLE' satisfies ErrorCode });
        socket.end(`HTTP/1.1 ${isOurs ? '503 Service Unavailable' : '404 Not Found'}\r\n\r\n`);
        return;
      }
      this.sockets.handleUpgrade(request, socket, head, (accepted) => {
        carry(graphql, accepted, { socket: accepted, request }, this.logger);
      });
    });
  }

  async onModuleDestroy(): Promise<void> {
    for (const socket of this.sockets.clients) socket.close(1001, 'going away');
    const patience = setTimeout(() => {
      for (const socket of this.sockets.clients) socket.terminate();
    }, 1000);
    await new Promise<void>((resolve) => this.sockets.close(() => resolve()));
    clearTimeout(patience);
  }

  /** Never rejects: a stranger must not be able to make it. */
  private async admit(peer: Peer, params: Readonly<Record<string, unknown>>): Promise<boolean> {
    const { socket, request } = peer;
    try {
      const credentials = this.credentialsOf(request, params);
      const { actor } = await this.authenticator.authenticate(credentials);
      if (!actor || socket.readyState !== socket.OPEN) return false;
      if (!this.enter(actor.organizationId, socket)) return false;
      peer.known = { credentials, actor };
      const timer = setInterval(() => void this.recheck(peer), this.limits.recheckMs);
      socket.once('close', () => clearInterval(timer));
      return true;
    } catch (error) {
      if (!(error instanceof IsthmusError)) this.logger.warn({ error }, 'cannot admit a socket');
      return false;
    }
  }

  /** Browsers cannot set headers here, so that credentials may be in the first message too. */
  private credentialsOf(
    request: IncomingMessage,
    params: Readonly<Record<string, unknown>>,
  ): CredentialHeaders {
    const { authorization, cookie, organization } = credentialsOf(request);
    const { origin, host } = request.headers;
    // Another site's page could open the socket with our cookie; no CORS asks it for more.
    const isOurPage =
      origin === undefined ||
      origin === new URL(this.config.ISTHMUS_PUBLIC_URL).origin ||
      origin.replace(/^https?:\/\//, '') === host;
    return {
      authorization: textOf(params.authorization) ?? authorization,
      cookie: isOurPage ? cookie : undefined,
      organization: textOf(params['isthmus-organization']) ?? organization,
    };
  }

  /** @returns whether the organization may have one more. */
  private enter(organizationId: string, socket: WebSocket): boolean {
    const count = this.perOrganization.get(organizationId) ?? 0;
    if (count >= this.limits.connectionsPerOrganization) {
      this.metrics.refusals.inc({ code: 'QUOTA_EXCEEDED' satisfies ErrorCode });
      return false;
    }
    this.perOrganization.set(organizationId, count + 1);
    socket.once('close', () => {
      const left = (this.perOrganization.get(organizationId) ?? 1) - 1;
      if (left > 0) this.perOrganization.set(organizationId, left);
      else this.perOrganization.delete(organizationId);
    });
    return true;
  }

  /** Closes the connection of who has signed out, was revoked, or is somebody else by now. */
  private async recheck({ socket, known }: Peer): Promise<void> {
    if (!known) return;
    try {
      const { actor } = await this.authenticator.authenticate(known.credentials);
      if (actor && isSame(actor, known.actor)) return;
    } catch (error) {
      // Not being able to look is no reason to close.
      if (!(error instanceof IsthmusError)) {
        this.logger.warn({ error }, 'cannot look at the credentials of a socket');
        return;
      }
    }
    socket.close(CloseCode.Forbidden, 'Forbidden');
  }

  private async prepare(
    schema: GraphQLSchema,
    { request, known }: Peer,
    payload: SubscribePayload,
    open: number,
  ): Promise<ExecutionArgs | GraphQLError[]> {
    try {
      if (!known) throw new IsthmusError('UNAUTHENTICATED', 'connect anew');
      if (open > this.limits.subscriptionsPerConnection) {
        const most = this.limits.subscriptionsPerConnection;
        throw new IsthmusError('RATE_LIMITED', `a connection has at most ${most} subscriptions`);
      }
      const document = parse(payload.query, { maxTokens: limits.tokens });
      const invalid = validate(schema, document);
      if (invalid.length > 0) {
        meter(this.metrics, 'subscription', invalid.map(thrownCode));
        return [...invalid];
      }
      const operation = getOperationAST(document, payload.operationName);
      if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) {
        throw new IsthmusError(
          'INVALID_ARGUMENT',
          'one subscription is expected here; send queries and mutations over HTTP',
        );
      }
      const context = await this.contexts.create(
        known.credentials,
        request.socket.remoteAddress ?? '',
        { goesOn: true, setSession: () => {} },
      );
      const variables = payload.variables ?? {};
      const charge = this.admission.admit({ schema, document, operation, variables, context });
      const args: ExecutionArgs = {
        schema,
        document,
        operationName: payload.operationName,
        variableValues: variables,
        contextValue: context,
      };
      this.charges.set(args, charge);
      return args;
    } catch (error) {
      meter(this.metrics, 'subscription', [thrownCode(error)]);
      return [toGraphQLError(error)];
    }
  }

  /** The events of a subscription that did begin, as fast as who asks can pay for them. */
  private pace(args: ExecutionArgs, result: unknown): Paced<ExecutionResult> | undefined {
    const errors = isGenerator(result) ? [] : ((result as ExecutionResult).errors ?? []);
    meter(this.metrics, 'subscription', errors.map(thrownCode));
    const charge = this.charges.get(args);
    return charge && isGenerator(result) ? new Paced(result, charge) : undefined;
  }

  private describe({ errors, ...rest }: ExecutionResult): FormattedExecutionResult {
    return errors ? { ...rest, errors: this.describeAll(errors) } : rest;
  }

  private describeAll(errors: readonly GraphQLError[]): GraphQLFormattedError[] {
    return errors.map((error) => describeError(error.toJSON(), error, this.logger));
  }
}

function toGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}

function isGenerator(result: unknown): result is AsyncGenerator<ExecutionResult> {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result;
}

function isSame(a: Actor, b: Actor): boolean {
  return a.id === b.id && a.organizationId === b.organizationId && a.role === b.role;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
