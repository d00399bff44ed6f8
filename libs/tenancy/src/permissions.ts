import { IsthmusError } from '@isthmus/kernel';

/** Who asks, of which organization, and in what role. Made by authentication alone. */
export interface Actor {
  readonly organizationId: string;
  readonly kind: 'user' | 'apiToken';
  /** User id or API token id. */
  readonly id: string;
  /** Of an API token: id of the person who made it. */
  readonly madeBy?: string;
  readonly role: Role;
  /** Namespaces of Kubernetes whose configuration it may change; all unless said. */
  readonly namespaces?: readonly string[];
}

/** Roles of members and of API tokens, from least to most. */
export const roles = ['viewer', 'operator', 'admin', 'owner'] as const;
export type Role = (typeof roles)[number];

/** The least role for each permission. A permission that is not here does not exist. */
export const permissions = {
  'organization.read': 'viewer',
  'member.read': 'viewer',
  // One's own; a token's own is itself.
  'apiToken.read': 'viewer',
  'apiToken.write': 'viewer',
  // Those of others.
  'apiToken.administer': 'admin',
  'mesh.read': 'viewer',
  'mesh.write': 'admin',
  'cluster.read': 'viewer',
  'cluster.write': 'operator',
  'federation.read': 'viewer',
  'federation.write': 'operator',
  'trust.read': 'viewer',
  'configuration.read': 'viewer',
  'configuration.write': 'operator',
  // A filter can do whatever Envoy can: it passes over every policy.
  'configuration.envoyFilter': 'admin',
  'event.read': 'viewer',
  // A webhook's URL may be a secret of its receiver's.
  'webhook.read': 'operator',
  'webhook.write': 'admin',
  'upgrade.read': 'viewer',
  'upgrade.write': 'operator',
  // By somebody else than whoever made it, which is what counts.
  'upgrade.approve': 'operator',
} as const satisfies Record<string, Role>;

export type Permission = keyof typeof permissions;

export function isAllowed(role: Role, permission: Permission): boolean {
  return roles.indexOf(role) >= roles.indexOf(permissions[permission]);
}

/** @throws FORBIDDEN, naming the permission and the role that has it; NAMESPACE_FORBIDDEN */
export function authorize(actor: Actor, permission: Permission): void {
  if (!isAllowed(actor.role, permission)) {
    throw new IsthmusError(
      'FORBIDDEN',
      `${permission} needs the role '${permissions[permission]}' and you are '${actor.role}'; ask an owner of the organization`,
    );
  }
  // What is not of a namespace is of all of them.
  const isOfAll = permission.endsWith('.write') && permission !== 'configuration.write';
  if (actor.namespaces && isOfAll) {
    throw new IsthmusError(
      'NAMESPACE_FORBIDDEN',
      `${permission} is of the whole mesh, and you may change the configuration of ${actor.namespaces.join(', ')} alone`,
    );
  }
}
