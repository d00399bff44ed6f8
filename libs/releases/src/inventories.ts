import { randomUUID } from 'node:crypto';
import { configurationName, Facts } from '@isthmus/contracts';
import { findCluster } from '@isthmus/fleet';
import { IsthmusError } from '@isthmus/kernel';
import { advanceMesh, Database, type Transaction } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import type { ReleaseContent } from './contents.js';
import { type Replacement, replaceObjects, toFiles, toManifest } from './manifest.js';
import type { ConfigurationObject, Problem, Selector, SourceFile } from './objects.js';
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
   * Makes a release of what the cluster answered, for that cluster alone, beside what the mesh's head
   * holds. Rolled out, its objects stay as they are, and belong to the release from then on.
   * Who may change some namespaces alone adopts what is in these.
   *
   * @throws NOT_FOUND, NOTHING_REPORTED, CONFIGURATION_INVALID
   */
  async adopt(
    actor: Actor,
    { clusterId, message }: { clusterId: string; message: string },
  ): Promise<{ release: ReleaseView; warnings: readonly Problem[] }> {
    authorize(actor, 'configuration.write');
    const { organizationId, namespaces } = actor;
    const { meshId, name, inventoryRequest, objects } = await this.database.withOrganization(
      organizationId,
      async (tx) => {
        const cluster = await findCluster(tx, clusterId);
        const { pending } = await inventoryOf(tx, clusterId);
        if (cluster.inventoryRequest === null || pending) {
          throw new IsthmusError(
            'NOTHING_REPORTED',
            'the cluster has not answered yet; ask for its inventory, and wait until it is there',
          );
        }
        const all = await loadObjects(tx, clusterId, cluster.name);
        return {
          ...cluster,
          objects: all.filter(({ namespace }) => namespaces?.includes(namespace) ?? true),
        };
      },
    );
    if (objects.length === 0) {
      const where = namespaces ? ` in ${namespaces.join(', ')}` : '';
      throw new IsthmusError('NOTHING_REPORTED', `the cluster has nothing${where} to adopt`);
    }
    const made = await this.releases.create(actor, {
      meshId,
      edit: async (head) => withFound(head, name, objects),
      message,
      source: 'inventory',
    });
    await this.database.withOrganization(organizationId, async (tx) => {
      await advanceMesh(tx, meshId, 'settings');
      // It may have been asked again meanwhile.
      await tx.cluster.updateMany({
        where: { id: clusterId, inventoryRequest },
        data: { inventoryRequest: null },
      });
    });
    return made;
  }
}

/** The files of a release, and what a cluster has beside it; what others have alike, once for all. */
function withFound(
  { files, objects }: ReleaseContent,
  clusterName: string,
  found: readonly ConfigurationObject[],
): SourceFile[] {
  const known = new Map(objects.map((object) => [configurationName(object), object]));
  const replacements: Replacement[] = [];
  const others: ConfigurationObject[] = [];
  for (const object of found) {
    const before = known.get(configurationName(object));
    const names =
      before && before.compiledFrom === undefined ? namesIn(before.clusters) : undefined;
    const isSame = before && textOf(before) === textOf(object);
    const isOwn = names?.length === 1 && names[0] === clusterName;
    if (before && names && (isSame || isOwn)) {
      const clusters = onlyIn([...new Set([...names, clusterName])]);
      replacements.push({ object: before, by: toManifest({ ...object, clusters }) });
    } else others.push(object); // if it is there already, that is said as of any bundle
  }
  const folder = new Map(toFiles(others).map(({ path, content }) => [path, content]));
  const all = replaceObjects(files, replacements).map(({ path, content }) => {
    const own = path.startsWith(`clusters/${clusterName}/`)
      ? path.split('/').slice(2).join('/')
      : '';
    const more = folder.get(own);
    folder.delete(own);
    return { path, content: more === undefined ? content : `${content}\n---\n${more}` };
  });
  for (const [path, content] of folder)
    all.push({ path: `clusters/${clusterName}/${path}`, content });
  return all;
}

const clusterKey = 'topology.istio.io/cluster';

function onlyIn(names: readonly string[]): Selector {
  return [{ key: clusterKey, operator: 'In', values: names }];
}

/** The clusters that a selector names; undefined if it selects by something else. */
function namesIn([term, ...rest]: Selector): readonly string[] | undefined {
  const isNaming = term?.key === clusterKey && term.operator === 'In' && rest.length === 0;
  return isNaming ? term.values : undefined;
}

function textOf(object: ConfigurationObject): string {
  return JSON.stringify(toManifest({ ...object, clusters: [] }));
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
      clusters: onlyIn([clusterName]),
      place: { path: '', line: 1 },
    };
  });
}
