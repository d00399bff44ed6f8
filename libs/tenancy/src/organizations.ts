import {
  IsthmusError,
  newId,
  type Page,
  type PageRequest,
  pageSize,
  toPage,
} from '@isthmus/kernel';
import { Database, type Transaction } from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';
import { type Actor, authorize, type Role, roles } from './permissions.js';

/** The tenant. */
export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
}

/** A person as a member of one organization. */
export interface Member {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly createdAt: Date;
}

/** What a person is in an organization. */
export interface Membership {
  readonly organizationId: string;
  readonly role: Role;
}

const longestName = 100;

/** Organizations and who belongs to them. */
@Injectable()
export class OrganizationService {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** @throws NOT_FOUND when the organization is gone. */
  async get(actor: Actor): Promise<Organization> {
    authorize(actor, 'organization.read');
    const organization = await this.database.withOrganization(actor.organizationId, (tx) =>
      tx.organization.findUnique({ where: { id: actor.organizationId } }),
    );
    if (!organization) throw new IsthmusError('NOT_FOUND', 'no such organization');
    return organization;
  }

  /** Members by user id. */
  async members(actor: Actor, request: PageRequest): Promise<Page<Member>> {
    authorize(actor, 'member.read');
    const size = pageSize(request);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const memberships = await tx.membership.findMany({
        where: request.after ? { userId: { gt: request.after } } : {},
        orderBy: { userId: 'asc' },
        take: size + 1,
      });
      const users = await tx.user.findMany({
        where: { id: { in: memberships.map(({ userId }) => userId) } },
        select: { id: true, name: true, email: true },
      });
      const byId = new Map(users.map((user) => [user.id, user]));
      const members = memberships.map(({ userId, role, createdAt }) => ({
        userId,
        name: byId.get(userId)?.name ?? '',
        email: byId.get(userId)?.email ?? '',
        role: toRole(role),
        createdAt,
      }));
      return toPage(members, size);
    });
  }

  /** What the person is, and where, in the order of organization ids. */
  async membershipsOf(userId: string): Promise<Membership[]> {
    const rows = await this.database.withUser(userId, (tx) =>
      tx.membership.findMany({ orderBy: { organizationId: 'asc' } }),
    );
    return rows.map(({ organizationId, role }) => ({ organizationId, role: toRole(role) }));
  }

  /** The same, with the organizations themselves. */
  async organizationsOf(userId: string): Promise<(Organization & { readonly role: Role })[]> {
    const memberships = await this.membershipsOf(userId);
    const organizations = await this.database.withUser(userId, (tx) => tx.organization.findMany());
    const byId = new Map(organizations.map((organization) => [organization.id, organization]));
    return memberships.flatMap(({ organizationId, role }) => {
      const organization = byId.get(organizationId);
      return organization ? [{ ...organization, role }] : [];
    });
  }

  /**
   * Makes an organization with this person as its owner, unless they belong to one already.
   * Several at once for one person make one.
   *
   * @returns undefined when the person belongs to an organization already.
   * @throws INVALID_NAME
   */
  async createFirst(userId: string, name: string): Promise<Organization | undefined> {
    const organization = { id: newId('organization'), name: assertName(name) };
    return this.database.withOrganization(organization.id, async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`signUp ${userId}`}, 0))`;
      if (await belongsAnywhere(tx, userId)) return undefined;
      const made = await tx.organization.create({ data: organization });
      await tx.membership.create({
        data: { organizationId: organization.id, userId, role: 'owner' satisfies Role },
      });
      return made;
    });
  }
}

/** Looks past the new organization, by letting the transaction see the person's rows too. */
async function belongsAnywhere(tx: Transaction, userId: string): Promise<boolean> {
  await tx.$executeRaw`SELECT set_config('isthmus.user_id', ${userId}, true)`;
  return (await tx.membership.count({ where: { userId } })) > 0;
}

/** @param field named in the error. @throws INVALID_NAME */
export function assertName(name: string, field = 'name'): string {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > longestName) {
    throw new IsthmusError('INVALID_NAME', `a name must have 1 to ${longestName} characters`, {
      field,
    });
  }
  return trimmed;
}

/** The role that a row names. */
export function toRole(text: string): Role {
  const role = roles.find((known) => known === text);
  if (!role) throw new IsthmusError('INTERNAL', `a row names the unknown role '${text}'`);
  return role;
}
