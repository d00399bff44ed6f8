import { IsthmusError } from '@isthmus/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { type CredentialHeaders, sessionTokenOf } from './authenticator.js';
import { emailTaken, Identity, type Session } from './identity.js';
import { networkOf } from './networks.js';
import { defaultAttempts, TENANCY_OPTIONS, type TenancyOptions } from './options.js';
import { assertName, type Organization, OrganizationService } from './organizations.js';
import { TokenBuckets } from './token-buckets.js';

/** Of those who came longest ago it is forgotten where from. */
const mostKnown = 100_000;

/** How people come and go. Tries are limited per copy of the service, in memory. */
@Injectable()
export class AccountService {
  private readonly perAddress: TokenBuckets;
  private readonly perAddressAndMail: TokenBuckets;
  private readonly perMail: TokenBuckets;
  /** Addresses and mails whose password was right there, the latest last. */
  private readonly known = new Set<string>();

  constructor(
    @Inject(Identity) private readonly identity: Identity,
    @Inject(OrganizationService) private readonly organizations: OrganizationService,
    @Inject(TENANCY_OPTIONS) { attempts = defaultAttempts }: TenancyOptions,
  ) {
    this.perAddress = new TokenBuckets(attempts.perAddress);
    this.perAddressAndMail = new TokenBuckets(attempts.perAddressAndMail);
    this.perMail = new TokenBuckets(attempts.perMail);
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
    const organizationName = assertName(input.organizationName, 'organizationName');
    const session = await this.attempt(input.email, address, () => this.enter({ ...input, name }));
    const organization = await this.organizations.createFirst(session.user.id, organizationName);
    if (organization) return { ...session, organization };
    await this.identity.endSession(session.sessionToken);
    throw emailTaken();
  }

  /** @throws CREDENTIALS_WRONG, RATE_LIMITED */
  async signIn(input: { email: string; password: string }, address: string): Promise<Session> {
    return this.attempt(input.email, address, () => this.identity.signIn(input));
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

  /**
   * One try of a password, if it may be made. Sign-up is one as well: with the mail of another,
   * it tries a password too.
   *
   * What many addresses try of one mail is limited together, or one account could be guessed at
   * without end. A stranger with several addresses can use that up, and so keep its owner out
   * while they go on; not, though, from where the owner has come in before.
   */
  private async attempt(
    email: string,
    address: string,
    enter: () => Promise<Session>,
  ): Promise<Session> {
    const network = networkOf(address);
    const mail = email.trim().toLowerCase().slice(0, 320);
    const both = `${network} ${mail}`;
    const isFree =
      this.perAddress.take(network) &&
      this.perAddressAndMail.take(both) &&
      (this.known.has(both) || this.perMail.take(mail));
    if (!isFree) {
      throw new IsthmusError('RATE_LIMITED', 'too many tries; wait some minutes and try again');
    }
    const session = await enter();
    this.remember(both);
    return session;
  }

  private remember(both: string): void {
    this.known.delete(both); // anew at the end: a Set keeps the order of insertion
    this.known.add(both);
    if (this.known.size <= mostKnown) return;
    const [oldest] = this.known;
    if (oldest !== undefined) this.known.delete(oldest);
  }
}
