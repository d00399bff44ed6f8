import { createHash, randomBytes } from 'node:crypto';
import {
  assertDnsLabel,
  type Clock,
  IsthmusError,
  newId,
  type Page,
  type PageRequest,
  pageSize,
  toPage,
} from '@isthmus/kernel';
import { Database, InjectClock, type Prisma, type Transaction } from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';
import { assertName, toRole } from './organizations.js';
import { type Actor, authorize, isAllowed, type Role, roles } from './permissions.js';

/** What may be known of an API token once it is made. */
export interface ApiToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Of Kubernetes: those whose configuration it may change; empty: all. */
  readonly namespaces: readonly string[];
  /** Its public beginning, to tell tokens apart. */
  readonly prefix: string;
  /** Id of the person who made it. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** To the minute. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

const format = /^isthmus_api_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;
const longestLifeMs = 366 * 24 * 3_600_000;
const shownOfSecret = 6;
const mostNamespaces = 100;
/** Of one person, that are good still. */
const mostTokens = 500;

const shown = {
  id: true,
  name: true,
  role: true,
  namespaces: true,
  prefix: true,
  createdBy: true,
  createdAt: true,
  expiresAt: true,
  lastUsedAt: true,
  revokedAt: true,
} as const;

/**
 * Tokens by which programs act in an organization: `isthmus_api_<32 hex of the
 * organization's id>_<32 random bytes, base64url>`. The organization stands in the token so
 * that its row can be read inside the tenant; of the whole, only the SHA-256 is kept.
 */
@Injectable()
export class ApiTokenService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @InjectClock() private readonly clock: Clock,
  ) {}

  /** Whether a bearer's secret claims to be an API token. */
  static isApiToken(secret: string): boolean {
    return secret.startsWith('isthmus_api_');
  }

  /**
   * Makes a token, whose secret is shown this once. Only people may, each with a role up to their
   * own: a token that made its own successor would never expire.
   *
   * @throws FORBIDDEN, INVALID_NAME, INVALID_ARGUMENT, QUOTA_EXCEEDED
   */
  async create(
    actor: Actor,
    input: { name: string; role: Role; expiresAt: Date; namespaces?: readonly string[] },
  ): Promise<{ apiToken: ApiToken; secret: string }> {
    authorize(actor, 'apiToken.write');
    if (actor.kind !== 'user') {
      throw new IsthmusError('FORBIDDEN', 'only a person may make API tokens; sign in');
    }
    if (roles.indexOf(input.role) > roles.indexOf(actor.role)) {
      throw new IsthmusError(
        'FORBIDDEN',
        `a token's role can be at most yours, which is '${actor.role}'`,
        { field: 'role' },
      );
    }
    const lifeMs = input.expiresAt.getTime() - this.clock.now().getTime();
    if (!(lifeMs > 0 && lifeMs <= longestLifeMs)) {
      throw new IsthmusError('INVALID_ARGUMENT', 'expiresAt must be within a year from now', {
        field: 'expiresAt',
      });
    }
    const namespaces = [...new Set(input.namespaces ?? [])];
    if (namespaces.length > mostNamespaces) {
      throw new IsthmusError(
        'INVALID_ARGUMENT',
        `a token names at most ${mostNamespaces} namespaces; make several`,
        { field: 'namespaces' },
      );
    }
    for (const [index, namespace] of (input.namespaces ?? []).entries()) {
      assertDnsLabel(`namespaces.${index}`, namespace);
    }
    const name = assertName(input.name);
    const random = randomBytes(32).toString('base64url');
    const stem = `isthmus_api_${actor.organizationId.replace(/^org_/, '')}_`;
    const secret = stem + random;
    const row = await this.database.withOrganization(actor.organizationId, async (tx) => {
      await assertRoom(tx, actor.id, this.clock.now());
      return tx.apiToken.create({
        data: {
          id: newId('apiToken'),
          organizationId: actor.organizationId,
          name,
          role: input.role,
          namespaces,
          prefix: stem + random.slice(0, shownOfSecret),
          secretHash: hash(secret),
          createdBy: actor.id,
          expiresAt: input.expiresAt,
        },
        select: shown,
      });
    });
    return { apiToken: toApiToken(row), secret };
  }

  /**
   * Tokens by id, that is, oldest first; revoked and expired ones too. Of everybody for admins; of
   * others those that are their own.
   */
  async list(actor: Actor, request: PageRequest): Promise<Page<ApiToken>> {
    authorize(actor, 'apiToken.read');
    const size = pageSize(request);
    const rows = await this.database.withOrganization(actor.organizationId, (tx) =>
      tx.apiToken.findMany({
        where: { AND: [own(actor), request.after ? { id: { gt: request.after } } : {}] },
        orderBy: { id: 'asc' },
        take: size + 1,
        select: shown,
      }),
    );
    return toPage(rows.map(toApiToken), size);
  }

  /** @throws NOT_FOUND, also for what is not one's own */
  async get(actor: Actor, id: string): Promise<ApiToken> {
    authorize(actor, 'apiToken.read');
    const row = await this.database.withOrganization(actor.organizationId, (tx) =>
      tx.apiToken.findUnique({ where: { id, AND: [own(actor)] }, select: shown }),
    );
    if (!row) throw new IsthmusError('NOT_FOUND', 'no such API token');
    return toApiToken(row);
  }

  /**
   * Ends a token at once, be it the one that asks; one that is revoked already stays as it is.
   *
   * @throws NOT_FOUND, also for what is not one's own
   */
  async revoke(actor: Actor, id: string): Promise<ApiToken> {
    // Who may change some namespaces alone may still end itself.
    if (!(actor.kind === 'apiToken' && actor.id === id)) authorize(actor, 'apiToken.write');
    await this.database.withOrganization(actor.organizationId, (tx) =>
      tx.apiToken.updateMany({
        where: { id, revokedAt: null, AND: [own(actor)] },
        data: { revokedAt: this.clock.now() },
      }),
    );
    return this.get(actor, id);
  }

  /**
   * Whom a token lets act. Life is measured by the database's clock.
   *
   * @throws API_TOKEN_INVALID also when it is revoked; API_TOKEN_EXPIRED
   */
  async actorOf(secret: string): Promise<Actor> {
    const invalid = new IsthmusError(
      'API_TOKEN_INVALID',
      'there is no such API token, or it is revoked; make another',
    );
    const organization = format.exec(secret)?.[1];
    if (!organization) throw invalid;
    const organizationId = `org_${organization}`;
    return this.database.withOrganization(organizationId, async (tx) => {
      const [row] = await tx.$queryRaw<
        {
          id: string;
          role: string;
          namespaces: string[] | null;
          madeBy: string;
          expired: boolean;
        }[]
      >`
        SELECT id, role, namespaces, created_by AS "madeBy", expires_at <= now() AS expired
          FROM api_token
         WHERE secret_hash = ${hash(secret)} AND revoked_at IS NULL`;
      if (!row) throw invalid;
      if (row.expired) {
        throw new IsthmusError('API_TOKEN_EXPIRED', 'the API token has expired; make another');
      }
      await tx.$executeRaw`
        UPDATE api_token SET last_used_at = now()
         WHERE id = ${row.id}
           AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`;
      const namespaces = row.namespaces ?? [];
      return {
        organizationId,
        kind: 'apiToken',
        id: row.id,
        madeBy: row.madeBy,
        role: toRole(row.role),
        ...(namespaces.length > 0 ? { namespaces } : {}),
      };
    });
  }
}

/** Which tokens somebody has to do with. */
function own({ kind, id, role }: Actor): Prisma.ApiTokenWhereInput {
  if (isAllowed(role, 'apiToken.administer')) return {};
  return kind === 'user' ? { createdBy: id } : { id };
}

/** Makes those that one person has made at once take turns. @throws QUOTA_EXCEEDED */
async function assertRoom(tx: Transaction, userId: string, now: Date): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`apiTokens ${userId}`}, 0))`;
  const live = { createdBy: userId, revokedAt: null, expiresAt: { gt: now } };
  if ((await tx.apiToken.count({ where: live })) < mostTokens) return;
  throw new IsthmusError(
    'QUOTA_EXCEEDED',
    `you have ${mostTokens} API tokens that are good still; revoke some first`,
  );
}

function toApiToken(row: Omit<ApiToken, 'role'> & { role: string }): ApiToken {
  return { ...row, role: toRole(row.role) };
}

function hash(secret: string): Buffer<ArrayBuffer> {
  return createHash('sha256').update(secret).digest();
}
