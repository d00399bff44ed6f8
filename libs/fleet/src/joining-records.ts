import { isId } from '@isthmus/kernel';
import { Database } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { type ClusterStatus, databaseNow, statusOf } from './clusters.js';
import { backdateMs } from './enrolment.js';

/** What the plane itself knows of how a cluster joins. All by the database's clock. */
export interface JoiningRecord {
  readonly clusterId: string;
  readonly now: Date;
  readonly status: ClusterStatus;
  /** As registered. */
  readonly network: string;
  readonly connectedAt: Date | null;
  readonly lastContactAt: Date | null;
  readonly lockedAt: Date | null;
  readonly lockReason: string | null;
  readonly removedAt: Date | null;
  /** The newest one. */
  readonly token: {
    readonly createdAt: Date;
    readonly expiresAt: Date;
    readonly usedAt: Date | null;
  } | null;
  /** When a token of this cluster was last exchanged for a certificate. */
  readonly joinedAt: Date | null;
  /** The last time an agent came with a token of this cluster. */
  readonly attempt: {
    readonly at: Date;
    /** Why it was refused; null if it was let in. */
    readonly code: string | null;
    readonly version: string | null;
  } | null;
  /** Seconds by which the agent's clock was ahead when it last asked for a certificate. */
  readonly clockSkew: number | null;
  /** The only one that may connect. */
  readonly certificate: { readonly issuedAt: Date; readonly notAfter: Date } | null;
}

interface TokenRow {
  readonly clusterId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
}

/** Reads how clusters join, many at a time. */
@Injectable()
export class JoiningService {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** In the order of the ids; undefined for each that is not there. */
  async records(
    actor: Actor,
    clusterIds: readonly string[],
  ): Promise<(JoiningRecord | undefined)[]> {
    authorize(actor, 'cluster.read');
    const ids = clusterIds.filter((id) => isId('cluster', id));
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const clusters = await tx.cluster.findMany({ where: { id: { in: ids } } });
      const serials = clusters.flatMap(({ activeSerial }) => activeSerial ?? []);
      const certificates = await tx.agentCertificate.findMany({
        where: { serial: { in: serials } },
        select: { clusterId: true, notBefore: true, notAfter: true },
      });
      // The newest one that was used, and the newest one that was not.
      const tokens = await tx.$queryRaw<TokenRow[]>`
        SELECT DISTINCT ON (cluster_id, used_at IS NULL) cluster_id AS "clusterId",
               created_at AS "createdAt", expires_at AS "expiresAt", used_at AS "usedAt"
          FROM join_token WHERE cluster_id = ANY(${ids})
         ORDER BY cluster_id, used_at IS NULL, created_at DESC, id DESC`;
      const now = await databaseNow(tx);
      const byCluster = Map.groupBy(tokens, ({ clusterId }) => clusterId);
      const certificateOf = new Map(certificates.map((row) => [row.clusterId, row]));
      const records = new Map(
        clusters.map((row): [string, JoiningRecord] => {
          const own = byCluster.get(row.id) ?? [];
          const [token = null] = own.toSorted(
            (a, b) => b.createdAt.getTime() - a.createdAt.getTime(),
          );
          const certificate = certificateOf.get(row.id);
          const { attemptedAt, attemptCode, attemptVersion } = row;
          return [
            row.id,
            {
              clusterId: row.id,
              now,
              status: statusOf(row, now),
              network: row.network,
              connectedAt: row.connectedAt,
              lastContactAt: row.lastContactAt,
              lockedAt: row.lockedAt,
              lockReason: row.lockReason,
              removedAt: row.removedAt,
              token,
              joinedAt: own.find(({ usedAt }) => usedAt)?.usedAt ?? null,
              attempt: attemptedAt && {
                at: attemptedAt,
                code: attemptCode,
                version: attemptVersion,
              },
              clockSkew: row.clockSkew,
              certificate: certificate
                ? {
                    issuedAt: new Date(certificate.notBefore.getTime() + backdateMs),
                    notAfter: certificate.notAfter,
                  }
                : null,
            },
          ];
        }),
      );
      return clusterIds.map((id) => records.get(id));
    });
  }
}
