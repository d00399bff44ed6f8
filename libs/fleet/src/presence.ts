import { advanceMesh, Database } from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { AgentIdentity } from './enrolment.js';

/** For so long two sessions of one identity may be an agent that moved: keepalive takes less. */
export const cloneMs = 45_000;

/** Who of the fleet is in contact, as the hubs see it. All by the database's clock. */
@Injectable()
export class PresenceService {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** An agent has come; it may be on another hub as well, for a moment. */
  async connected({ organizationId, meshId, clusterId }: AgentIdentity): Promise<void> {
    await this.database.withOrganization(organizationId, async (tx) => {
      await advanceMesh(tx, meshId, 'facts');
      await tx.$executeRaw`UPDATE cluster SET connected_at = now(), last_contact_at = now()
                            WHERE id = ${clusterId}`;
    });
  }

  /**
   * They are still there. One write for each organization.
   *
   * @param hub tells the reporting hub from others.
   * @returns those whom another hub reports too, and has for longer than it takes it to notice
   *   that nobody answers there: two agents hold such an identity.
   */
  async contact(hub: string, identities: readonly AgentIdentity[]): Promise<AgentIdentity[]> {
    const byOrganization = Map.groupBy(identities, ({ organizationId }) => organizationId);
    const contested = new Set<string>();
    for (const [organizationId, members] of byOrganization) {
      const ids = members.map(({ clusterId }) => clusterId);
      const rows = await this.database.withOrganization(
        organizationId,
        // In one order, so that two hubs that report the same clusters do not wait for each other.
        // Two hubs that report one cluster take turns; one that does so twice in a row is alone.
        (tx) => tx.$queryRaw<{ id: string; contested: boolean }[]>`
          UPDATE cluster SET last_contact_at = now(), reported_by = ${hub}, contested_since = CASE
              WHEN reported_by <> ${hub} AND last_contact_at > now() - interval '15 s'
              THEN coalesce(contested_since, now()) END
           WHERE id IN (SELECT id FROM cluster WHERE id = ANY(${ids}) ORDER BY id FOR UPDATE)
          RETURNING id, coalesce(contested_since < now() - ${cloneMs} * interval '1 ms', false) AS contested`,
      );
      for (const row of rows) if (row.contested) contested.add(row.id);
    }
    return identities.filter(({ clusterId }) => contested.has(clusterId));
  }

  /** An agent has gone, unless it has come to another hub meanwhile (whose next contact says so). */
  async disconnected({ organizationId, meshId, clusterId }: AgentIdentity): Promise<void> {
    await this.database.withOrganization(organizationId, async (tx) => {
      await advanceMesh(tx, meshId, 'facts');
      await tx.$executeRaw`UPDATE cluster SET disconnected_at = now() WHERE id = ${clusterId}`;
    });
  }

  /** Removals that the guard holds back for a cluster, as type/name; at most 1,000 are recorded. */
  async held(
    { organizationId, meshId, clusterId }: AgentIdentity,
    names: readonly string[],
  ): Promise<void> {
    await this.database.withOrganization(organizationId, async (tx) => {
      await advanceMesh(tx, meshId, 'facts');
      await tx.cluster.update({
        where: { id: clusterId },
        data: { heldRemovals: names.slice(0, 1000) },
      });
    });
  }

  /** How often the operator has released what was held back. */
  async heldReleases({ organizationId, clusterId }: AgentIdentity): Promise<number> {
    const row = await this.database.withOrganization(organizationId, (tx) =>
      tx.cluster.findUnique({ where: { id: clusterId }, select: { heldReleases: true } }),
    );
    return row?.heldReleases ?? 0;
  }
}
