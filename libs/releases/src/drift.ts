import { configurationName, type DriftFact, Facts } from '@isthmus/contracts';
import { databaseNow, findCluster, notFound } from '@isthmus/fleet';
import { IsthmusError, type Page, type PageRequest, pageSize, toPage } from '@isthmus/kernel';
import { advanceMesh, Database, type Transaction } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { selectableLabels } from './clusters.js';
import { noRelease } from './compiled-release.js';
import { ConfigurationSource, configurationOf } from './configuration-source.js';
import type { ReleaseContent } from './contents.js';
import { differences } from './difference.js';
import { type Replacement, replaceObjects, toManifest } from './manifest.js';
import { type ConfigurationObject, labelOf, type SourceFile } from './objects.js';
import { partsOf } from './previews.js';
import { type Author, type Edit, findHead, ReleaseService, type ReleaseView } from './releases.js';
import { loadClusters } from './rollout-progress.js';
import { runsEverywhere, startIn } from './rollouts.js';

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

interface Adoptable {
  /** What all clusters run: the mesh's head. */
  readonly headId?: string;
  readonly found: readonly { clusterId: string; name: string; key: string }[];
}

/** Who adopts where the mesh's setting says so. */
const service = { id: 'isthmus', kind: 'service' };
const mostNames = 200;
/** Facts of drift that are looked at in one go. */
const mostLooked = 1_000;
/** Of one call: each costs a check of the whole release. */
const mostTried = 10;
/** Of one object, in an hour. */
const mostAdoptions = 3;
const mostRemembered = 10_000;

/** What became of objects in clusters by other hands, and how it becomes a release. */
@Injectable()
export class DriftService {
  private readonly refused = new Set<string>();

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
   * Makes a release of the mesh's head with what was found in a cluster in it. For every cluster
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
    const names = [...new Set(input.names)];
    if (names.length === 0 || names.length > mostNames) {
      throw new IsthmusError('INVALID_ARGUMENT', `name 1 to ${mostNames} objects to adopt`, {
        field: 'names',
      });
    }
    for (const name of names) assertNamespace(actor, name);
    const { clusterId, message } = input;
    const { meshId } = await this.database.withOrganization(actor.organizationId, (tx) =>
      findCluster(tx, clusterId),
    );
    const edit: Edit['edit'] = (head) => this.adopted(actor.organizationId, clusterId, names, head);
    const making = { meshId, edit, message, source: 'drift' as const };
    return (await this.releases.create(actor, making)).release;
  }

  /**
   * Adopts what stands longest of the drift in a mesh, where the mesh's setting says so, and rolls
   * it out; the rest follows when that is done. Only where all clusters run the same release: that
   * one is changed, so that what people took back or hold back is not rolled out by the way.
   *
   * @returns the release, if one was made.
   */
  async adoptAll(organizationId: string, meshId: string): Promise<ReleaseView | undefined> {
    const { headId, found } = await this.database.withOrganization(organizationId, (tx) =>
      this.adoptable(tx, organizationId, meshId),
    );
    const author = { organizationId, ...service };
    for (const { clusterId, name, key } of found.slice(0, mostTried)) {
      const edit: Edit['edit'] = (head, id) => {
        if (id !== headId) throw new IsthmusError('UNAVAILABLE', 'the mesh goes elsewhere by now');
        return this.adopted(organizationId, clusterId, [name], head);
      };
      const making = { meshId, edit, message: messageFor(name), source: 'drift' as const };
      try {
        const { release, isNew } = await this.releases.make(author, making);
        if (isNew) {
          await this.database.withOrganization(organizationId, async (tx) => {
            await advanceMesh(tx, meshId, 'settings');
            await rollOut(tx, author, meshId, release);
          });
          return release;
        }
      } catch (error) {
        const isLasting =
          error instanceof IsthmusError && !['internal', 'unavailable'].includes(error.kind);
        if (!isLasting) throw error;
      }
      this.remember(key);
    }
    return undefined;
  }

  /** Drift that could become the next release, the oldest first. */
  private async adoptable(
    tx: Transaction,
    organizationId: string,
    meshId: string,
  ): Promise<Adoptable> {
    const mesh = await tx.meshConfiguration.findUnique({ where: { meshId } });
    if (mesh?.driftPolicy !== 'adopt') return { found: [] };
    // While clusters differ by a rollout, what differs from what cannot be told.
    if ((await tx.rollout.count({ where: { meshId, finishedAt: null } })) > 0) return { found: [] };
    const latest = await tx.release.findFirst({ where: { meshId }, orderBy: { number: 'desc' } });
    const isOurs = latest?.createdByKind === service.kind;
    // Whoever made it for the service may have died before it was rolled out.
    if (latest && isOurs && (await tx.rollout.count({ where: { releaseId: latest.id } })) === 0) {
      await advanceMesh(tx, meshId, 'settings');
      await rollOut(tx, { organizationId, ...service }, meshId, latest);
      return { found: [] };
    }
    const head = await findHead(tx, meshId);
    if (!head || !(await runsEverywhere(tx, meshId, head.id))) return { found: [] };
    const settings = await this.source.settings(tx, meshId);
    const clusters = new Map((await loadClusters(tx, meshId)).map((each) => [each.id, each]));
    const hourAgo = new Date((await databaseNow(tx)).getTime() - 3_600_000);
    const recent = await tx.release.groupBy({
      by: ['message'],
      where: { meshId, createdByKind: service.kind, createdAt: { gt: hourAgo } },
      _count: true,
    });
    const adoptions = new Map(recent.map(({ message, _count }) => [message, _count]));
    const rows = await tx.fact.findMany({
      // A filter can do whatever Envoy can; nobody but an admin makes one of the whole mesh.
      where: {
        meshId,
        type: Facts.Drift.name,
        withdrawnAt: null,
        NOT: { name: { startsWith: 'EnvoyFilter.' } },
      },
      select: { clusterId: true, name: true, version: true, body: true },
      orderBy: { updatedAt: 'asc' },
      take: mostLooked,
    });
    const found = rows.flatMap(({ clusterId, name, version, body }) => {
      const key = `${head.id} ${clusterId} ${name} ${version}`;
      const cluster = clusters.get(clusterId);
      const { outcome, intentVersion } = Facts.Drift.decode(body);
      if (outcome !== 'tolerated' || !cluster || cluster.removed) return [];
      if (this.refused.has(key)) return [];
      // Told of an object that is another one by now: it would take that back.
      const release = configurationOf(settings, clusterId)?.release ?? noRelease;
      const wanted = release.variantFor(selectableLabels(cluster)).resources.get(name);
      if (wanted?.version !== intentVersion) return [];
      // Two controllers that disagree would have it go round for ever.
      if ((adoptions.get(messageFor(name)) ?? 0) >= mostAdoptions) return [];
      return [{ clusterId, name, key }];
    });
    return { headId: head.id, found };
  }

  /** Files of a release, with what was found in a cluster in them. */
  private adopted(
    organizationId: string,
    clusterId: string,
    names: readonly string[],
    content: ReleaseContent,
  ): Promise<readonly SourceFile[]> {
    return this.database.withOrganization(organizationId, async (tx) => {
      const drifted = await tx.fact.findMany({
        where: { clusterId, type: Facts.Drift.name, name: { in: [...names] }, withdrawnAt: null },
        select: { name: true, body: true },
      });
      const replacements = names.map((name) => {
        const row = drifted.find((candidate) => candidate.name === name);
        if (!row) throw notFound(`drift of ${name.slice(0, 100)}`);
        return replacementOf(content, name, Facts.Drift.decode(row.body));
      });
      return replaceObjects(content.files, replacements);
    });
  }

  /** What could not be adopted is not tried again before something else is the case. */
  private remember(key: string): void {
    this.refused.add(key);
    const [oldest] = this.refused;
    if (this.refused.size > mostRemembered && oldest !== undefined) this.refused.delete(oldest);
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

/** Once: what people made of its rollout stays. */
async function rollOut(
  tx: Transaction,
  author: Author,
  meshId: string,
  { id: releaseId, message }: { id: string; message: string },
): Promise<void> {
  if ((await tx.rollout.count({ where: { releaseId } })) > 0) return;
  await startIn(tx, author, { meshId, releaseId, message });
}

function messageFor(name: string): string {
  return `${name} as it was changed in a cluster`;
}

function replacementOf(
  { objects, overrides }: ReleaseContent,
  name: string,
  drift: DriftFact,
): Replacement {
  const refuse = (message: string): never => {
    throw new IsthmusError('INVALID_ARGUMENT', message);
  };
  const object = objects.find((candidate) => configurationName(candidate) === name);
  if (!object) throw notFound(`object ${name.slice(0, 100)} in what the mesh is headed for`);
  if (object.compiledFrom !== undefined)
    refuse(
      `${labelOf(object)} is compiled from ${object.compiledFrom}; change that, or have the drift put back`,
    );
  if (overrides.some(({ target }) => configurationName(target) === name))
    refuse(
      `${labelOf(object)} has overrides, so what was found is not what was written; change it by hand`,
    );
  if (drift.change === 'deleted') return { object, by: undefined };
  if (drift.manifest.length === 0)
    refuse(`what was found of ${labelOf(object)} is too large to be reported; change it by hand`);
  return { object, by: toManifest({ ...object, ...partsOf(drift.manifest) }) };
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
