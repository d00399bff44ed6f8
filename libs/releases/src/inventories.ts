import { randomUUID } from 'node:crypto';
import { Facts } from '@isthmus/contracts';
import { notFound } from '@isthmus/fleet';
import { IsthmusError, isId } from '@isthmus/kernel';
import { advanceMesh, Database, type Transaction } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { toFiles } from './manifest.js';
import type { ConfigurationObject, Problem } from './objects.js';
import { partsOf } from './previews.js';
import { ReleaseService, type ReleaseView } from './releases.js';

/** What a cluster has that a release could hold and none of ours does. */
export interface InventoryView {
  readonly clusterId: string;
  /** Its agent has been asked, and has not answered yet. */
  readonly pending: boolean;
  readonly objects: number;
  /** Names of objects that are too large, or too many. */
  readonly leftOut: readonly string[];
}

/** Adoption: what is in a cluster already becomes a release, without being touched. */
@Injectable()
export class InventoryService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ReleaseService) private readonly releases: ReleaseService,
  ) {}

  /** Asks a cluster's agent for what there is. @throws NOT_FOUND */
  async request(actor: Actor, clusterId: string): Promise<InventoryView> {
    authorize(actor, 'configuration.write');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const { meshId } = await findCluster(tx, clusterId);
      await advanceMesh(tx, meshId, 'settings');
      await tx.cluster.update({
        where: { id: clusterId },
        data: { inventoryRequest: randomUUID() },
      });
      return inventoryOf(tx, clusterId);
    });
  }

  /** @returns null if it was never asked, or what it answered was made a release. @throws NOT_FOUND */
  async get(actor: Actor, clusterId: string): Promise<InventoryView | null> {
    authorize(actor, 'configuration.read');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const { inventoryRequest } = await findCluster(tx, clusterId);
      return inventoryRequest === null ? null : inventoryOf(tx, clusterId);
    });
  }

  /**
   * Makes a release of what the cluster answered, for that cluster alone, beside what the latest
   * one holds. Rolled out, its objects stay as they are, and belong to the release from then on.
   *
   * @throws NOT_FOUND, NOTHING_REPORTED, CONFIGURATION_INVALID
   */
  async adopt(
    actor: Actor,
    { clusterId, message }: { clusterId: string; message: string },
  ): Promise<{ release: ReleaseView; warnings: readonly Problem[] }> {
    authorize(actor, 'configuration.write');
    const { meshId, name, objects } = await this.database.withOrganization(
      actor.organizationId,
      async (tx) => {
        const cluster = await findCluster(tx, clusterId);
        const { pending } = await inventoryOf(tx, clusterId);
        if (cluster.inventoryRequest === null || pending) {
          throw new IsthmusError(
            'NOTHING_REPORTED',
            'the cluster has not answered yet; ask for its inventory, and wait until it is there',
          );
        }
        return { ...cluster, objects: await loadObjects(tx, clusterId, cluster.name) };
      },
    );
    const made = await this.releases.create(actor, {
      meshId,
      folder: `clusters/${name}`,
      files: toFiles(objects),
      message,
    });
    await this.database.withOrganization(actor.organizationId, async (tx) => {
      await advanceMesh(tx, meshId, 'settings');
      await tx.cluster.update({ where: { id: clusterId }, data: { inventoryRequest: null } });
    });
    return made;
  }
}

async function inventoryOf(tx: Transaction, clusterId: string): Promise<InventoryView> {
  const { inventoryRequest } = await findCluster(tx, clusterId);
  const row = await tx.fact.findFirst({
    where: { clusterId, type: Facts.Inventory.name, withdrawnAt: null },
    select: { body: true },
  });
  const fact = row ? Facts.Inventory.decode(row.body) : undefined;
  const isAnswer = fact !== undefined && fact.request === inventoryRequest;
  return {
    clusterId,
    pending: !isAnswer,
    objects: isAnswer ? fact.objects : 0,
    leftOut: isAnswer ? fact.leftOut : [],
  };
}

/** For the one cluster: another may have others by the same names. */
async function loadObjects(
  tx: Transaction,
  clusterId: string,
  clusterName: string,
): Promise<ConfigurationObject[]> {
  const rows = await tx.fact.findMany({
    where: { clusterId, type: Facts.ConfigurationObject.name, withdrawnAt: null },
    select: { body: true },
    orderBy: { name: 'asc' },
  });
  return rows.map(({ body }) => {
    const { group, version, kind, namespace, name, manifest } =
      Facts.ConfigurationObject.decode(body);
    return {
      ...{ group, version, kind, namespace, name },
      ...partsOf(manifest),
      clusters: [{ key: 'topology.istio.io/cluster', operator: 'In', values: [clusterName] }],
      place: { path: '', line: 1 },
    };
  });
}

async function findCluster(
  tx: Transaction,
  id: string,
): Promise<{ meshId: string; name: string; inventoryRequest: string | null }> {
  const row =
    isId('cluster', id) &&
    (await tx.cluster.findUnique({
      where: { id },
      select: { meshId: true, name: true, inventoryRequest: true },
    }));
  if (!row) throw notFound('cluster');
  return row;
}
