import { type DriftFact, Facts } from '@isthmus/contracts';
import { notFound } from '@isthmus/fleet';
import {
  IsthmusError,
  isId,
  type Page,
  type PageRequest,
  pageSize,
  toPage,
} from '@isthmus/kernel';
import { advanceMesh, Database, type Transaction } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { selectableLabels } from './clusters.js';
import { noRelease } from './compiled-release.js';
import { ConfigurationSource, configurationOf } from './configuration-source.js';
import { differences } from './difference.js';
import { type Replacement, replaceObjects, toManifest } from './manifest.js';
import { type ConfigurationObject, labelOf } from './objects.js';
import { partsOf } from './previews.js';
import { type Author, loadContent, ReleaseService, type ReleaseView } from './releases.js';
import { loadClusters } from './rollout-progress.js';
import { startIn } from './rollouts.js';

/** An object that somebody else changed or deleted in a cluster. */
export interface DriftView {
  readonly clusterId: string;
  /** Name of the object's intent: the cursor. */
  readonly name: string;
  readonly change: 'EDITED' | 'DELETED';
  /** Field managers; empty if nobody left a name. */
  readonly managers: readonly string[];
  readonly outcome: 'REVERTED' | 'TOLERATED';
  /** Times since its intent came. */
  readonly count: number;
  readonly seenAt: Date;
  /** From what is wanted to what was found, unified; empty if that is too large to be told. */
  readonly diff: string;
}

/** Who adopts where the mesh's setting says so. */
const service = { id: 'isthmus', kind: 'service' };

/** What became of objects in clusters by other hands, and how it becomes a release. */
@Injectable()
export class DriftService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ConfigurationSource) private readonly source: ConfigurationSource,
    @Inject(ReleaseService) private readonly releases: ReleaseService,
  ) {}

  /** Of one cluster, by name. @throws NOT_FOUND */
  async list(
    actor: Actor,
    { clusterId, ...page }: { clusterId: string } & PageRequest,
  ): Promise<Page<DriftView>> {
    authorize(actor, 'configuration.read');
    const size = pageSize(page);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const objects = await this.objectsOf(tx, clusterId);
      const rows = await tx.fact.findMany({
        where: {
          clusterId,
          type: Facts.Drift.name,
          withdrawnAt: null,
          ...(page.after ? { name: { gt: page.after } } : {}),
        },
        select: { name: true, body: true },
        orderBy: { name: 'asc' },
        take: size + 1,
      });
      return toPage(
        rows.map(({ name, body }) =>
          toView(clusterId, name, Facts.Drift.decode(body), objects.get(name)),
        ),
        size,
      );
    });
  }

  /**
   * Makes a release of the latest one with what was found in a cluster in it. For every cluster
   * that the object is for, once it is rolled out.
   *
   * @param names Of the objects' intents, as `list` has them.
   * @throws NOT_FOUND, INVALID_ARGUMENT, NAMESPACE_FORBIDDEN, CONFIGURATION_INVALID
   */
  async adopt(
    actor: Actor,
    input: { clusterId: string; names: readonly string[]; message: string },
  ): Promise<ReleaseView> {
    authorize(actor, 'configuration.write');
    for (const name of input.names) assertNamespace(actor, name);
    return this.adoptAs(actor, input);
  }

  /** Adopts all drift that stands, where the mesh's setting says so. @returns the release, if one was made. */
  async adoptAll(organizationId: string, meshId: string): Promise<ReleaseView | undefined> {
    const found = await this.database.withOrganization(organizationId, async (tx) => {
      const mesh = await tx.meshConfiguration.findUnique({ where: { meshId } });
      if (mesh?.driftPolicy !== 'adopt') return undefined;
      // While clusters differ by a rollout, what differs from what cannot be told.
      if ((await tx.rollout.count({ where: { meshId, finishedAt: null } })) > 0) return undefined;
      const rows = await tx.fact.findMany({
        where: { meshId, type: Facts.Drift.name, withdrawnAt: null },
        select: { clusterId: true, name: true, body: true },
        orderBy: { updatedAt: 'asc' },
      });
      const [first] = rows.filter(
        ({ body }) => Facts.Drift.decode(body).outcome === 'tolerated',
      );
      return first && { clusterId: first.clusterId, names: [first.name] };
    });
    if (!found) return undefined;
    const author = { organizationId, ...service };
    const message = `${found.names[0]} as it was changed in a cluster`;
    const release = await this.adoptAs(author, { ...found, message });
    await this.database.withOrganization(organizationId, async (tx) => {
      await advanceMesh(tx, meshId, 'settings');
      await startIn(tx, author, { meshId, releaseId: release.id, message });
    });
    return release;
  }

  private async adoptAs(
    author: Author,
    { clusterId, names, message }: { clusterId: string; names: readonly string[]; message: string },
  ): Promise<ReleaseView> {
    const { meshId, files } = await this.database.withOrganization(
      author.organizationId,
      async (tx) => {
        const cluster = await findCluster(tx, clusterId);
        const latest = await tx.release.findFirst({
          where: { meshId: cluster.meshId },
          orderBy: { number: 'desc' },
        });
        if (!latest) throw notFound('release');
        const content = await loadContent(tx, latest.id);
        const drifted = await tx.fact.findMany({
          where: { clusterId, type: Facts.Drift.name, name: { in: [...names] }, withdrawnAt: null },
          select: { name: true, body: true },
        });
        const replacements = names.map((name) => {
          const row = drifted.find((candidate) => candidate.name === name);
          if (!row) throw notFound(`drift of ${name.slice(0, 100)}`);
          return replacementOf(content, name, Facts.Drift.decode(row.body));
        });
        return { meshId: cluster.meshId, files: replaceObjects(content.files, replacements) };
      },
    );
    const { release } = await this.releases.make(author, { meshId, files, message, source: 'drift' });
    return release;
  }

  private async objectsOf(
    tx: Transaction,
    clusterId: string,
  ): Promise<ReadonlyMap<string, ConfigurationObject>> {
    const { meshId } = await findCluster(tx, clusterId);
    const settings = await this.source.settings(tx, meshId);
    const cluster = (await loadClusters(tx, meshId)).find(({ id }) => id === clusterId);
    if (!cluster) throw notFound('cluster');
    const release = configurationOf(settings, clusterId)?.release ?? noRelease;
    return release.variantFor(selectableLabels(cluster)).objects;
  }
}

function replacementOf(
  { objects, overrides }: Awaited<ReturnType<typeof loadContent>>,
  name: string,
  drift: DriftFact,
): Replacement {
  const refuse = (message: string): never => {
    throw new IsthmusError('INVALID_ARGUMENT', message);
  };
  const isNamed = (object: { kind: string; group: string; namespace: string; name: string }) =>
    `${object.kind}.${object.group}/${object.namespace}/${object.name}` === name;
  const object = objects.find(isNamed);
  if (!object) throw notFound(`object ${name.slice(0, 100)} in the latest release`);
  if (object.compiledFrom !== undefined)
    refuse(`${labelOf(object)} is compiled from ${object.compiledFrom}; change that, or have the drift put back`);
  if (overrides.some(({ target }) => isNamed(target)))
    refuse(`${labelOf(object)} has overrides, so what was found is not what was written; change it by hand`);
  if (drift.change === 'deleted') return { object, by: undefined };
  if (drift.manifest.length === 0)
    refuse(`what was found of ${labelOf(object)} is too large to be reported; change it by hand`);
  return { object, by: toManifest({ ...object, ...partsOf(drift.manifest) }) };
}

async function findCluster(tx: Transaction, id: string): Promise<{ meshId: string }> {
  const row =
    isId('cluster', id) &&
    (await tx.cluster.findUnique({ where: { id }, select: { meshId: true } }));
  if (!row) throw notFound('cluster');
  return row;
}

/** @throws NAMESPACE_FORBIDDEN @param name of an object's intent. */
function assertNamespace({ namespaces }: Actor, name: string): void {
  const namespace = name.split('/')[1] ?? '';
  if (!namespaces || namespaces.includes(namespace)) return;
  throw new IsthmusError(
    'NAMESPACE_FORBIDDEN',
    `${name.slice(0, 200)} is not in ${namespaces.join(', ')}, which you may change alone`,
  );
}

function toView(
  clusterId: string,
  name: string,
  drift: DriftFact,
  wanted: ConfigurationObject | undefined,
): DriftView {
  const isDeleted = drift.change === 'deleted';
  const found =
    wanted && drift.manifest.length > 0 ? { ...wanted, ...partsOf(drift.manifest) } : undefined;
  const isTold = wanted && (isDeleted || found);
  const [change] = isTold
    ? differences(new Map([[name, wanted]]), new Map(found ? [[name, found]] : []))
    : [];
  return {
    clusterId,
    name,
    change: isDeleted ? 'DELETED' : 'EDITED',
    managers: drift.managers,
    outcome: drift.outcome === 'tolerated' ? 'TOLERATED' : 'REVERTED',
    count: drift.count,
    seenAt: new Date(drift.at * 1000),
    diff: change?.diff ?? '',
  };
}
