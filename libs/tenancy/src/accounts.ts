import { IsthmusError } from '@isthmus/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { type CredentialHeaders, sessionTokenOf } from './authenticator.js';
import { emailTaken, Identity, type Session } from './identity.js';
import { defaultAttempts, TENANCY_OPTIONS, type TenancyOptions } from './options.js';
import { assertName, type Organization, OrganizationService } from './organizations.js';
import { TokenBuckets } from './token-buckets.js';

/** How people come and go. Tries are limited per copy of the service, in memory. */
@Injectable()
export class AccountService {
  private readonly perMail: TokenBuckets;
  private readonly perAddress: TokenBuckets;

  constructor(
    @Inject(Identity) private readonly identity: Identity,
    @Inject(OrganizationService) private readonly organizations: OrganizationService,
    @Inject(TENANCY_OPTIONS) { attempts = defaultAttempts }: TenancyOptions,
  ) {
    this.perMail = new TokenBuckets(attempts.perMail);
    this.perAddress = new TokenBuckets(attempts.perAddress);
  }

  /**
   * Makes a person, and an organization of which they are the owner. The person comes
   * first, in a transaction of their own: who was cut off in between signs up again, with
   * the same password, and gets the organization that is missing.
   *
   * @param address where the request comes from, for the limit.
   * @throws EMAIL_TAKEN, EMAIL_INVALID, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, INVALID_NAME,
   * RATE_LIMITED
   */
  async signUp(
    input: { email: string; password: string; name: string; organizationName: string },
    address: string,
  ): Promise<Session & { organization: Organization }> {
    const name = assertName(input.name);
    const organizationName = assertName(input.organizationName);
    this.limit(input.email, address);
    const session = await this.enter({ ...input, name });
    const organization = await this.organizations.createFirst(session.user.id, organizationName);
    if (organization) return { ...session, organization };
    await this.identity.endSession(session.sessionToken);
    throw emailTaken();
  }

  /** @throws CREDENTIALS_WRONG, RATE_LIMITED */
  async signIn(input: { email: string; password: string }, address: string): Promise<Session> {
    this.limit(input.email, address);
    return this.identity.signIn(input);
  }

  /** Ends the session that the credentials carry. @returns whether there was one. */
  async signOut(headers: CredentialHeaders): Promise<boolean> {
    const sessionToken = sessionTokenOf(headers);
    return sessionToken !== undefined && this.identity.endSession(sessionToken);
  }

  private async enter(input: { email: string; password: string; name: string }): Promise<Session> {
    try {
      return await this.identity.signUp(input);
    } catch (error) {
      if (!(error instanceof IsthmusError && error.code === 'EMAIL_TAKEN')) throw error;
      return await this.identity.signIn(input).catch((second: unknown) => {
        const wrong = second instanceof IsthmusError && second.code === 'CREDENTIALS_WRONG';
        throw wrong ? error : second;
      });
    }
  }

  /** Sign-up counts as well: with the address of another, it tries a password too. */
  private limit(email: string, address: string): void {
    const mail = email.trim().toLowerCase().slice(0, 320);
    const free = this.perAddress.take(address) && this.perMail.take(`${address} ${mail}`);
    if (!free) {
      throw new IsthmusError('RATE_LIMITED', 'too many tries; wait some minutes and try again');
    }
  }
}
