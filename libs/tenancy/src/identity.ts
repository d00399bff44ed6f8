import { createHash } from 'node:crypto';
import { IsthmusError } from '@isthmus/kernel';
import { Database } from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';
import { prismaAdapter } from 'better-auth/adapters/prisma';
import { isAPIError } from 'better-auth/api';
import { betterAuth } from 'better-auth/minimal';
import { TENANCY_OPTIONS, type TenancyOptions } from './options.js';

/** A human being, across organizations. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

/** A person, and the secret that a client shows from now on. */
export interface Session {
  readonly sessionToken: string;
  readonly user: Person;
}

/** How long a session lasts; it is not prolonged. */
export const sessionSeconds = 7 * 24 * 3600;

const shortestPassword = 12;
const longestPassword = 128;

/** What Better Auth says, in the codes of ours. */
const refusals: Record<string, () => IsthmusError> = {
  INVALID_EMAIL: emailInvalid,
  VALIDATION_ERROR: emailInvalid, // of what we hand over, only the address has a form
  PASSWORD_TOO_SHORT: () =>
    new IsthmusError(
      'PASSWORD_TOO_SHORT',
      `the password must have at least ${shortestPassword} characters`,
      { field: 'password' },
    ),
  PASSWORD_TOO_LONG: () =>
    new IsthmusError(
      'PASSWORD_TOO_LONG',
      `the password must have at most ${longestPassword} characters`,
      { field: 'password' },
    ),
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: emailTaken,
  INVALID_EMAIL_OR_PASSWORD: credentialsWrong,
};

/** An account has this address already. */
export function emailTaken(): IsthmusError {
  return new IsthmusError('EMAIL_TAKEN', 'there is an account with this address already; sign in', {
    field: 'email',
  });
}

function emailInvalid(): IsthmusError {
  return new IsthmusError(
    'EMAIL_INVALID',
    'this is not an e-mail address; check it for typing errors',
    { field: 'email' },
  );
}

function credentialsWrong(): IsthmusError {
  return new IsthmusError('CREDENTIALS_WRONG', 'e-mail address or password is wrong');
}

/**
 * People, their passwords (scrypt) and their sessions, through Better Auth. Its HTTP routes
 * are not served. Of a session's token only the SHA-256 rests in the database: whoever
 * reads the table can sign in as nobody.
 */
@Injectable()
export class Identity {
  private readonly auth: ReturnType<typeof createAuth>;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TENANCY_OPTIONS) options: TenancyOptions,
  ) {
    this.auth = createAuth(database, options);
  }

  /**
   * Makes a person with a password, and a session, in one transaction.
   *
   * @throws EMAIL_INVALID, EMAIL_TAKEN, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG
   */
  async signUp(input: { email: string; password: string; name: string }): Promise<Session> {
    const { email, password, name } = input;
    try {
      return toSession(await this.auth.api.signUpEmail({ body: { email, password, name } }));
    } catch (error) {
      const code = codeOf(error);
      // Of two that sign up with one address at once, the second fails without a reason.
      const lost = code === 'FAILED_TO_CREATE_USER' && (await this.isTaken(email));
      throw lost ? emailTaken() : (refusals[code]?.() ?? error);
    }
  }

  /** @throws CREDENTIALS_WRONG, after about the same time whether or not there is such an address. */
  async signIn(input: { email: string; password: string }): Promise<Session> {
    const { email, password } = input;
    try {
      return toSession(await this.auth.api.signInEmail({ body: { email, password } }));
    } catch (error) {
      // What is malformed cannot be right either, and gets the same answer.
      throw codeOf(error) in refusals ? credentialsWrong() : error;
    }
  }

  /** Ends the session. @returns false when there was none. */
  async endSession(sessionToken: string): Promise<boolean> {
    const { count } = await this.database.untenanted.session.deleteMany({
      where: { token: hash(sessionToken) },
    });
    return count > 0;
  }

  /** Whose session it is; undefined when there is no such session or it is over. */
  async personOf(sessionToken: string): Promise<Person | undefined> {
    const session = await this.database.untenanted.session.findUnique({
      where: { token: hash(sessionToken), expiresAt: { gt: new Date() } },
      select: { user: { select: { id: true, email: true, name: true } } },
    });
    return session?.user;
  }

  private async isTaken(email: string): Promise<boolean> {
    return (
      (await this.database.untenanted.user.count({ where: { email: email.toLowerCase() } })) > 0
    );
  }
}

function createAuth(database: Database, options: TenancyOptions) {
  const hashing = database.untenanted.$extends({
    query: {
      session: {
        async create({ args, query }) {
          const { token } = args.data;
          const row = await query({ ...args, data: { ...args.data, token: hash(token) } });
          return { ...row, token };
        },
      },
    },
  });
  return betterAuth({
    secret: options.secret,
    baseURL: options.publicUrl,
    // A user without an account could never sign in, nor sign up again.
    database: prismaAdapter(hashing, { provider: 'postgresql', transaction: true }),
    emailAndPassword: {
      enabled: true,
      minPasswordLength: shortestPassword,
      maxPasswordLength: longestPassword,
    },
    session: { expiresIn: sessionSeconds },
    rateLimit: { enabled: false }, // guards its routes, which are not served
    telemetry: { enabled: false },
    logger: { disabled: true }, // it logs e-mail addresses
  });
}

function toSession(done: { token: string | null; user: Person }): Session {
  if (!done.token) throw new IsthmusError('INTERNAL', 'Better Auth made no session');
  const { id, email, name } = done.user;
  return { sessionToken: done.token, user: { id, email, name } };
}

function codeOf(error: unknown): string {
  return isAPIError(error) ? String(error.body?.code) : '';
}

function hash(sessionToken: string): string {
  return createHash('sha256').update(sessionToken).digest('hex');
}
