import { findMesh, notFound } from '@isthmus/fleet';
import {
  assertDnsLabel,
  IsthmusError,
  isDnsLabel,
  newId,
  type Page,
  type PageRequest,
  pageSize,
  toPage,
} from '@isthmus/kernel';
import { advanceMesh, Database, Prisma } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';

/** Which clusters may export a host, whoever came first. */
export interface HostGrantView {
  readonly id: string;
  readonly meshId: string;
  readonly namespace: string;
  /** A service of the namespace, or '*' for those that have no grant of their own. */
  readonly service: string;
  /** Sorted; empty: every cluster of the mesh. */
  readonly clusterIds: readonly string[];
  readonly createdAt: Date;
}

const mostGrants = 10_000;

type Row = Prisma.HostGrantGetPayload<object>;

@Injectable()
export class HostGrantService {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * Says which clusters may export a host, or a namespace's hosts, in place of what was
   * said before: the same grant twice is one.
   *
   * @throws NOT_FOUND for the mesh or a cluster that is not in it; INVALID_NAME,
   *   TOO_MANY_RESOURCES
   */
  async grant(
    actor: Actor,
    input: {
      meshId: string;
      namespace: string;
      service: string;
      clusterIds: readonly string[];
    },
  ): Promise<HostGrantView> {
    authorize(actor, 'federation.write');
    const { meshId, namespace, service } = input;
    assertDnsLabel('namespace', namespace);
    if (service !== '*') assertDnsLabel('service', service);
    const clusterIds = [...new Set(input.clusterIds)].sort();
    const { organizationId } = actor;
    return this.database.withOrganization(organizationId, async (tx) => {
      await findMesh(tx, meshId);
      await advanceMesh(tx, meshId, 'settings');
      const members = await tx.cluster.count({
        where: { id: { in: clusterIds }, meshId, removedAt: null },
      });
      if (members !== clusterIds.length) throw notFound('cluster');
      const host = { meshId_namespace_service: { meshId, namespace, service } };
      const known = await tx.hostGrant.findUnique({ where: host, select: { id: true } });
      if (!known && (await tx.hostGrant.count({ where: { meshId } })) >= mostGrants) {
        throw new IsthmusError(
          'TOO_MANY_RESOURCES',
          `a mesh has at most ${mostGrants} grants; grant whole namespaces with '*'`,
        );
      }
      return toView(
        await tx.hostGrant.upsert({
          where: host,
          create: {
            id: newId('hostGrant'),
            organizationId,
            meshId,
            namespace,
            service,
            clusterIds,
          },
          update: { clusterIds },
        }),
      );
    });
  }

  /** The host is again the cluster's that exported it first. @throws NOT_FOUND */
  async revoke(actor: Actor, id: string): Promise<HostGrantView> {
    authorize(actor, 'federation.write');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const known = await tx.hostGrant.findUnique({ where: { id }, select: { meshId: true } });
      if (!known) throw notFound('host grant');
      await advanceMesh(tx, known.meshId, 'settings');
      const row = await tx.hostGrant.findUnique({ where: { id } });
      if (!row) throw notFound('host grant');
      await tx.hostGrant.delete({ where: { id } });
      return toView(row);
    });
  }

  /** The one for a host; undefined where there is none, or no such mesh. */
  async getByHost(
    actor: Actor,
    { meshId, namespace, service }: { meshId: string; namespace: string; service: string },
  ): Promise<HostGrantView | undefined> {
    authorize(actor, 'federation.read');
    if (!isDnsLabel(namespace) || !(service === '*' || isDnsLabel(service))) return undefined;
    const host = { meshId_namespace_service: { meshId, namespace, service } };
    const row = await this.database.withOrganization(actor.organizationId, (tx) =>
      tx.hostGrant.findUnique({ where: host }),
    );
    return row ? toView(row) : undefined;
  }

  /** In the order of ids. @throws NOT_FOUND */
  async list(
    actor: Actor,
    { meshId, ...page }: { meshId: string } & PageRequest,
  ): Promise<Page<HostGrantView>> {
    authorize(actor, 'federation.read');
    const size = pageSize(page);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await findMesh(tx, meshId);
      const rows = await tx.hostGrant.findMany({
        where: { meshId, ...(page.after ? { id: { gt: page.after } } : {}) },
        orderBy: { id: 'asc' },
        take: size + 1,
      });
      return toPage(rows.map(toView), size);
    });
  }
}

function toView({ organizationId: _, ...row }: Row): HostGrantView {
  return row;
}
