/**
 * Closed: a release does not start on a table that a later one left open. What comes later and is of no tenant
 * has a policy that lets everybody in, such as delivery_clock.
 *
 * Tables that row-level security does not guard, each with the reason. The boot check
 * refuses to start on any other table without forced row-level security.
 */
export const tablesWithoutTenant: Readonly<Record<string, string>> = {
  user: 'a person may belong to several organizations',
  session: 'of a person, looked up by its token before an organization is known',
  account: "of a person: the password's hash or a provider's subject",
  verification: 'of a person: one-use codes',
  platform_key: "the platform's own keys, encrypted",
  mesh_clock: 'ids and counters only; hubs poll it and sweeps walk it',
  _prisma_migrations: "Prisma's own",
};
