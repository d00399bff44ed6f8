import { Database } from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';

/** Clears away what explains removals, once everybody has had time to learn of them. */
@Injectable()
export class FederationSweeper {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * Deletes the tombstones of a mesh, and the facts of clusters that were removed.
   *
   * @param olderThan when they were withdrawn or removed; to be `tombstoneLifeMs` ago: an
   *   agent that was away for longer holds what vanished until its operator lets it go.
   * @returns how many rows went.
   */
  sweep(organizationId: string, meshId: string, olderThan: Date): Promise<number> {
    return this.database.withOrganization(organizationId, async (tx) => {
      const removed = await tx.cluster.findMany({
        where: { meshId, removedAt: { lt: olderThan } },
        select: { id: true },
      });
      const { count } = await tx.fact.deleteMany({
        where: {
          meshId,
          OR: [
            { withdrawnAt: { lt: olderThan } },
            { clusterId: { in: removed.map(({ id }) => id) } },
          ],
        },
      });
      return count;
    });
  }
}
