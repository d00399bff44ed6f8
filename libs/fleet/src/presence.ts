import { advanceMesh, Database } from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { AgentIdentity } from './enrolment.js';

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

  /** They are still there. One write for each organization. */
  async contact(identities: readonly AgentIdentity[]): Promise<void> {
    const byOrganization = Map.groupBy(identities, ({ organizationId }) => organizationId);
    for (const [organizationId, members] of byOrganization) {
      const ids = members.map(({ clusterId }) => clusterId);
      await this.database.withOrganization(
        organizationId,
        // In one order, so that two hubs that report the same clusters do not wait for each other.
        (tx) => tx.$executeRaw`UPDATE cluster SET last_contact_at = now() WHERE id IN
          (SELECT id FROM cluster WHERE id = ANY(${ids}) ORDER BY id FOR UPDATE)`,
      );
    }
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
