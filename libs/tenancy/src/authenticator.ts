import { IsthmusError } from '@isthmus/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { ApiTokenService } from './api-tokens.js';
import { Identity, type Person } from './identity.js';
import { OrganizationService } from './organizations.js';
import type { Actor } from './permissions.js';

/** What a client shows of itself. */
export interface CredentialHeaders {
  /** `Bearer <session token | API token>`. */
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
  /** `isthmus-organization`: which one is meant, of those a person belongs to. */
  readonly organization?: string | undefined;
}

/** Who asks. Neither is set for a stranger. */
export interface Principal {
  /** The person; none behind an API token. */
  readonly user?: Person;
  /** Who acts in which organization; none until a person has said which one. */
  readonly actor?: Actor;
}

/** Name of the cookie that carries a session token. */
export const sessionCookie = 'isthmus_session';

/** Finds out who asks: the only maker of actors. */
@Injectable()
export class Authenticator {
  constructor(
    @Inject(Identity) private readonly identity: Identity,
    @Inject(ApiTokenService) private readonly apiTokens: ApiTokenService,
    @Inject(OrganizationService) private readonly organizations: OrganizationService,
  ) {}

  /**
   * The organization is the API token's, else the one that is named, else the person's only
   * one. A cookie whose session is over makes a stranger, who may sign in again; an
   * authorization that does not hold is an error.
   *
   * @throws UNAUTHENTICATED, API_TOKEN_INVALID, API_TOKEN_EXPIRED
   * @throws NOT_FOUND for a named organization that one does not belong to
   */
  async authenticate(headers: CredentialHeaders): Promise<Principal> {
    const bearer = bearerOf(headers);
    if (bearer !== undefined && ApiTokenService.isApiToken(bearer)) {
      const actor = await this.apiTokens.actorOf(bearer);
      if (headers.organization && headers.organization !== actor.organizationId) {
        throw noOrganization();
      }
      return { actor };
    }
    const sessionToken = sessionTokenOf(headers);
    const user = sessionToken ? await this.identity.personOf(sessionToken) : undefined;
    if (user) return this.member(user, headers.organization);
    if (headers.authorization !== undefined) {
      throw new IsthmusError(
        'UNAUTHENTICATED',
        'the authorization is no session that goes on; sign in, and send Bearer <session token>',
      );
    }
    return {};
  }

  private async member(user: Person, named: string | undefined): Promise<Principal> {
    const memberships = await this.organizations.membershipsOf(user.id);
    const only = memberships.length === 1 ? memberships[0] : undefined;
    const membership = named
      ? memberships.find(({ organizationId }) => organizationId === named)
      : only;
    if (membership) return { user, actor: { ...membership, kind: 'user', id: user.id } };
    if (named) throw noOrganization();
    return { user };
  }
}

/** The session token among the credentials: the bearer's, else the cookie's. */
export function sessionTokenOf(headers: CredentialHeaders): string | undefined {
  if (headers.authorization !== undefined) return bearerOf(headers);
  for (const part of (headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (part.slice(0, at).trim() === sessionCookie) return part.slice(at + 1).trim();
  }
  return undefined;
}

function bearerOf(headers: CredentialHeaders): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

function noOrganization(): IsthmusError {
  return new IsthmusError('NOT_FOUND', 'no such organization, or you do not belong to it');
}
