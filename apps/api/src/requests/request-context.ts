import type { IncomingMessage } from 'node:http';
import { IsthmusError } from '@isthmus/kernel';
import {
  type Actor,
  Authenticator,
  type CredentialHeaders,
  networkOf,
  type Principal,
} from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { type Loaders, LoadersFactory } from './loaders.js';

/** What resolvers know of the operation they serve. One for each request or subscription. */
export interface RequestContext {
  readonly principal: Principal;
  /** Why the credentials do not hold, if they do not: then the principal is a stranger. */
  readonly refusal: IsthmusError | undefined;
  readonly credentials: CredentialHeaders;
  /** Of a mutation that is to take effect once, however often it is sent. */
  readonly idempotencyKey: string | undefined;
  /** Where the request comes from; an IP address. */
  readonly address: string;
  readonly loaders: Loaders;
  /** Hands the client its session as a cookie, or takes it away. */
  setSession(sessionToken: string | undefined): void;
}

@Injectable()
export class RequestContexts {
  constructor(
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(LoadersFactory) private readonly loaders: LoadersFactory,
  ) {}

  /**
   * Wrong credentials are no error yet: who signs in may still carry some.
   *
   * @param transport `goesOn` says that the operation outlives one answer.
   */
  async create(
    credentials: CredentialHeaders,
    address: string,
    transport: Pick<RequestContext, 'setSession'> & {
      readonly goesOn: boolean;
      readonly idempotencyKey?: string | undefined;
    },
  ): Promise<RequestContext> {
    let principal: Principal = {};
    let refusal: IsthmusError | undefined;
    try {
      principal = await this.authenticator.authenticate(credentials);
    } catch (error) {
      if (!(error instanceof IsthmusError)) throw error;
      refusal = error;
    }
    const loaders = this.loaders.create(principal.actor, !transport.goesOn);
    const setSession = transport.setSession.bind(transport);
    const { idempotencyKey } = transport;
    return { principal, refusal, credentials, idempotencyKey, address, loaders, setSession };
  }
}

/** The credentials in a request's headers. */
export function credentialsOf({ headers }: IncomingMessage): CredentialHeaders {
  const organization = headers['isthmus-organization'];
  return {
    authorization: headers.authorization,
    cookie: headers.cookie,
    organization: Array.isArray(organization) ? organization[0] : organization,
  };
}

/** @throws UNAUTHENTICATED, or why the credentials do not hold. */
export function principalOf({ principal, refusal }: RequestContext): Principal {
  if (refusal) throw refusal;
  if (!principal.user && !principal.actor) {
    throw new IsthmusError(
      'UNAUTHENTICATED',
      'sign in, or send an API token: Authorization: Bearer <token>',
    );
  }
  return principal;
}

/** @throws UNAUTHENTICATED; ORGANIZATION_REQUIRED when the person has not said which one. */
export function actorOf(context: RequestContext): Actor {
  const { actor } = principalOf(context);
  if (!actor) {
    throw new IsthmusError(
      'ORGANIZATION_REQUIRED',
      'say which organization you mean with the header isthmus-organization; `viewer` lists yours',
    );
  }
  return actor;
}

/** Whose bucket pays for what the request costs: a person's tokens are no more of them. */
export function payerOf({ principal, address }: RequestContext): string {
  const { actor, user } = principal;
  return actor?.madeBy ?? actor?.id ?? user?.id ?? `address ${networkOf(address)}`;
}
