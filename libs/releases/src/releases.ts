import { createHash } from 'node:crypto';
import { configurationName, Facts, sortKeys } from '@isthmus/contracts';
import { findMesh, notFound } from '@isthmus/fleet';
import {
  IsthmusError,
  isId,
  newId,
  type Page,
  type PageRequest,
  pageSize,
  toPage,
} from '@isthmus/kernel';
import {
  advanceMesh,
  Database,
  fromJson,
  type Prisma,
  type Transaction,
  toJson,
} from '@isthmus/platform';
import { type Actor, authorize, isAllowed } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { BundleCompiler } from './bundle-compiler.js';
import type { CheckContext } from './checks/index.js';
import { selectableLabels } from './clusters.js';
import { type CompiledBundle, hasErrors } from './compile.js';
import type { ReleaseContent } from './contents.js';
import { differences, type ObjectChange } from './difference.js';
import { toFiles, toManifest, toYaml } from './manifest.js';
import { type ConfigurationObject, labelOf, type Problem, type SourceFile } from './objects.js';
import { loadClusters } from './rollout-progress.js';

/** An immutable version of a mesh's configuration. */
export interface ReleaseView {
  readonly id: string;
  readonly meshId: string;
  /** Counts from 1 in each mesh. */
  readonly number: number;
  /** SHA-256 of its files, hex. */
  readonly digest: string;
  /** Why it was made, in its author's words. */
  readonly message: string;
  readonly source: ReleaseSource;
  readonly objects: number;
  /** Id of the person or API token. */
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** Where a release came from: files, the inventory of a cluster, or drift. */
export type ReleaseSource = 'apply' | 'inventory' | 'drift';

/** An object as a release has it for clusters, before overrides. */
export interface ReleaseObjectView {
  /** Of its intent: the cursor. */
  readonly name: string;
  /** YAML. */
  readonly manifest: string;
  readonly compiledFrom: string | null;
  readonly path: string;
  readonly line: number;
}

/** A bundle for a mesh. */
export interface Bundle {
  readonly meshId: string;
  readonly files: readonly SourceFile[];
  /** Takes the place of this folder of the mesh's head, and leaves the rest; all unless said. */
  readonly folder?: string | undefined;
}

export interface CheckedBundle {
  readonly problems: readonly Problem[];
  readonly objects: number;
  /** Against the mesh's head, whichever clusters they are for. */
  readonly changes: readonly ObjectChange[];
}

/** A change of whatever release is the mesh's head when the next one is made. */
export interface Edit {
  readonly meshId: string;
  /**
   * Called again if another release comes in between.
   *
   * @param id of the head; undefined before the first.
   * @returns all files of the next one.
   */
  edit(head: ReleaseContent, id: string | undefined): Promise<readonly SourceFile[]>;
}

interface Making {
  /** Why, in its author's words. */
  readonly message: string;
  readonly source: ReleaseSource;
}

interface Made {
  readonly release: ReleaseView;
  readonly isNew: boolean;
  readonly warnings: readonly Problem[];
}

/** Who makes a release: an actor, or the service itself. */
export type Author = Pick<Actor, 'organizationId' | 'id'> & { readonly kind: string };

interface Draft extends CompiledBundle {
  readonly files: readonly SourceFile[];
  readonly digest: string;
  /** The mesh's head: what it was made from. */
  readonly base: { readonly row: ReleaseRow; readonly content: ReleaseContent } | undefined;
  /** The newest, wherever it went. */
  readonly latest: ReleaseRow | undefined;
}

/** What may be of a change, is judged by this much of it. */
type Change = Pick<Draft, 'objects' | 'overrides'> & {
  readonly base: { readonly content: ReleaseContent } | undefined;
};

type ReleaseRow = Prisma.ReleaseGetPayload<object>;

const longestMessage = 1_000;
const mostProblems = 100;
/** Each that fails is a release that somebody else made meanwhile. */
const attempts = 10;
const nothing: ReleaseContent = { files: [], objects: [], overrides: [], warnings: [] };

/** Releases: made of bundles that were found good, listed, compared, exported. */
@Injectable()
export class ReleaseService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(BundleCompiler) private readonly compiler: BundleCompiler,
  ) {}

  /** All that can be said of a bundle without releasing it. @throws NOT_FOUND */
  async check(actor: Actor, bundle: Bundle): Promise<CheckedBundle> {
    authorize(actor, 'configuration.read');
    const draft = await this.draft(actor, bundle);
    return {
      problems: draft.problems,
      objects: draft.objects.length,
      changes: hasErrors(draft.problems) ? [] : differences(objectsOf(draft.base), byName(draft)),
    };
  }

  /**
   * Makes the next release. The same files again are the same release, whoever brings them.
   *
   * @throws NOT_FOUND, INVALID_ARGUMENT, NAMESPACE_FORBIDDEN, FORBIDDEN
   * @throws CONFIGURATION_INVALID with the problems as details; nothing is stored then.
   */
  async create(
    actor: Actor,
    bundle: (Bundle | Edit) & Pick<Making, 'message'> & Partial<Making>,
  ): Promise<Made> {
    authorize(actor, 'configuration.write');
    const making = { source: 'apply' as const, ...bundle };
    return this.make(actor, making, (draft) => assertMayChange(actor, draft));
  }

  /** As `create`, for whoever is sure that the author may. */
  async make(
    author: Author,
    { message, source, ...bundle }: (Bundle | Edit) & Making,
    assertAllowed: (draft: Draft) => void = () => {},
  ): Promise<Made> {
    if (message.length > longestMessage || message.includes('\0')) {
      throw new IsthmusError(
        'INVALID_ARGUMENT',
        `message has at most ${longestMessage} characters, and none of U+0000`,
        { field: 'message' },
      );
    }
    for (let attempt = 1; ; attempt += 1) {
      const draft = await this.draft(author, bundle);
      assertGood(draft.problems);
      assertAllowed(draft);
      const warnings = draft.problems;
      const same = [draft.latest, draft.base?.row].find((row) => row?.digest === draft.digest);
      if (same) return { release: toView(same), isNew: false, warnings };
      const row = await this.database.withOrganization(author.organizationId, (tx) =>
        store(tx, author, bundle.meshId, draft, message, source),
      );
      if (row) return { release: toView(row), isNew: true, warnings };
      if (attempt === attempts) {
        throw new IsthmusError('UNAVAILABLE', 'others make releases at the same time; try again');
      }
    }
  }

  /** The newest first. @throws NOT_FOUND */
  async list(
    actor: Actor,
    { meshId, ...page }: { meshId: string } & PageRequest,
  ): Promise<Page<ReleaseView>> {
    authorize(actor, 'configuration.read');
    const size = pageSize(page);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await findMesh(tx, meshId);
      const rows = await tx.release.findMany({
        where: { meshId, ...(page.after ? { id: { lt: page.after } } : {}) },
        orderBy: { id: 'desc' },
        take: size + 1,
      });
      return toPage(rows.map(toView), size);
    });
  }

  /** @throws NOT_FOUND */
  async get(actor: Actor, id: string): Promise<ReleaseView> {
    authorize(actor, 'configuration.read');
    return this.database.withOrganization(actor.organizationId, async (tx) =>
      toView(await findRelease(tx, id)),
    );
  }

  /** One of a mesh by its number; undefined where there is none, or no such mesh. */
  async getByNumber(
    actor: Actor,
    { meshId, number }: { meshId: string; number: number },
  ): Promise<ReleaseView | undefined> {
    authorize(actor, 'configuration.read');
    const row = await this.database.withOrganization(actor.organizationId, (tx) =>
      tx.release.findUnique({ where: { meshId_number: { meshId, number } } }),
    );
    return row ? toView(row) : undefined;
  }

  /** What the mesh is headed for, as `findHead` has it; undefined before the first release. */
  async head(actor: Actor, meshId: string): Promise<ReleaseView | undefined> {
    authorize(actor, 'configuration.read');
    const row = await this.database.withOrganization(actor.organizationId, (tx) =>
      findHead(tx, meshId),
    );
    return row && toView(row);
  }

  /** Of the rollout that was completed last; undefined before that. */
  async current(actor: Actor, meshId: string): Promise<ReleaseView | undefined> {
    authorize(actor, 'configuration.read');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const configuration = await tx.meshConfiguration.findUnique({
        where: { meshId },
        select: { currentReleaseId: true },
      });
      const id = configuration?.currentReleaseId;
      return id ? toView(await findRelease(tx, id)) : undefined;
    });
  }

  /** What a release holds. @throws NOT_FOUND */
  async content(actor: Actor, id: string): Promise<ReleaseContent> {
    authorize(actor, 'configuration.read');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await findRelease(tx, id);
      return loadContent(tx, id);
    });
  }

  /**
   * A release as a folder: as it was written, or with every intent compiled.
   *
   * @throws NOT_FOUND
   */
  async files(actor: Actor, id: string, form: 'written' | 'compiled'): Promise<SourceFile[]> {
    const { files, objects, overrides } = await this.content(actor, id);
    return form === 'written' ? [...files] : toFiles(objects, overrides);
  }

  /** The objects of a release, by name; intents compiled. @throws NOT_FOUND */
  async objects(
    actor: Actor,
    { releaseId, ...page }: { releaseId: string } & PageRequest,
  ): Promise<Page<ReleaseObjectView>> {
    const size = pageSize(page);
    const objects = [...byName(await this.content(actor, releaseId))];
    const rest = objects.filter(([name]) => page.after === undefined || name > page.after);
    const { items, hasNext } = toPage(rest, size);
    return { items: items.map(([name, object]) => toObjectView(name, object)), hasNext };
  }

  /**
   * From another release of the mesh to this one, by name; from the one before it unless said.
   *
   * @param from Number of the other one.
   * @throws NOT_FOUND
   */
  async changes(
    actor: Actor,
    { releaseId, from, ...page }: { releaseId: string; from?: number | undefined } & PageRequest,
  ): Promise<Page<ObjectChange>> {
    authorize(actor, 'configuration.read');
    const size = pageSize(page);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const { meshId, number } = await findRelease(tx, releaseId);
      const before = await tx.release.findFirst({
        where: { meshId, number: from ?? { lt: number } },
        orderBy: { number: 'desc' },
      });
      if (!before && from !== undefined) throw notFound('release').blaming('from');
      const old = before ? await loadContent(tx, before.id) : { objects: [] };
      const changes = differences(byName(old), byName(await loadContent(tx, releaseId)));
      return toPage(
        changes.filter(({ name }) => page.after === undefined || name > page.after),
        size,
      );
    });
  }

  private async draft(author: Author, bundle: Bundle | Edit): Promise<Draft> {
    const { meshId } = bundle;
    const { base, latest, context } = await this.database.withOrganization(
      author.organizationId,
      async (tx) => {
        await findMesh(tx, meshId);
        const row = await findHead(tx, meshId);
        return {
          base: row && { row, content: await loadContent(tx, row.id) },
          latest: await findLatest(tx, meshId),
          context: await loadContext(tx, meshId),
        };
      },
    );
    if ('files' in bundle && bundle.files.length === 0 && !bundle.folder) {
      throw new IsthmusError(
        'INVALID_ARGUMENT',
        'the bundle has no files; to take all away on purpose, give one with a comment alone',
        { field: 'files' },
      );
    }
    const all =
      'edit' in bundle
        ? [...(await bundle.edit(base?.content ?? nothing, base?.row.id))].sort(byPath)
        : mount(bundle.files, bundle.folder, base?.content.files ?? []);
    const compiled = await this.compiler.compile(author.organizationId, all, context);
    return { ...compiled, files: all, digest: digestOf(all), base, latest };
  }
}

/** Words of others are cut somewhere, in the middle of a character at worst; Postgres refuses that. */
function wellFormed({ message, remedy, ...problem }: Problem): Problem {
  return { ...problem, message: message.toWellFormed(), remedy: remedy.toWellFormed() };
}

/** @returns undefined if the mesh has got another release, or another head, since the draft. */
async function store(
  tx: Transaction,
  { organizationId, id: createdBy, kind }: Author,
  meshId: string,
  { files, objects, overrides, problems, digest, base, latest }: Draft,
  message: string,
  source: ReleaseSource,
): Promise<ReleaseRow | undefined> {
  await advanceMesh(tx, meshId, 'facts');
  const { lastNumber } = await tx.meshConfiguration.upsert({
    where: { meshId },
    create: { meshId, organizationId },
    update: {},
  });
  if (lastNumber !== (latest?.number ?? 0)) return undefined;
  if ((await findHead(tx, meshId))?.id !== base?.row.id) return undefined;
  const number = lastNumber + 1;
  await tx.meshConfiguration.update({ where: { meshId }, data: { lastNumber: number } });
  const id = newId('release');
  const row = await tx.release.create({
    data: {
      id,
      organizationId,
      meshId,
      number,
      digest,
      message,
      source,
      objects: objects.length,
      createdBy,
      createdByKind: kind,
    },
  });
  await tx.releaseContent.create({
    data: {
      releaseId: id,
      organizationId,
      files: toJson(files),
      objects: toJson(objects),
      overrides: toJson(overrides),
      warnings: toJson(problems.map(wellFormed)),
    },
  });
  return row;
}

/**
 * The release that a mesh is headed for: what was last rolled out and not aborted, be it an earlier
 * one, or was made since and waits for its rollout. What is made next is made from it, so that
 * nothing that was taken back comes along by the way.
 */
export async function findHead(tx: Transaction, meshId: string): Promise<ReleaseRow | undefined> {
  const rollout = await tx.rollout.findFirst({
    where: { meshId, NOT: { state: 'ABORTED' } },
    orderBy: { id: 'desc' },
    select: { releaseId: true, createdAt: true },
  });
  const latest = await findLatest(tx, meshId);
  if (!rollout || !latest) return latest;
  const isWaiting =
    latest.createdAt > rollout.createdAt &&
    (await tx.rollout.count({ where: { releaseId: latest.id } })) === 0;
  if (isWaiting) return latest;
  return (await tx.release.findUnique({ where: { id: rollout.releaseId } })) ?? undefined;
}

async function findLatest(tx: Transaction, meshId: string): Promise<ReleaseRow | undefined> {
  const row = await tx.release.findFirst({ where: { meshId }, orderBy: { number: 'desc' } });
  return row ?? undefined;
}

export async function findRelease(tx: Transaction, id: string): Promise<ReleaseRow> {
  const row = isId('release', id) && (await tx.release.findUnique({ where: { id } }));
  if (!row) throw notFound('release');
  return row;
}

export async function loadContent(tx: Transaction, releaseId: string): Promise<ReleaseContent> {
  const row = await tx.releaseContent.findUnique({ where: { releaseId } });
  if (!row) throw notFound('release');
  return {
    files: fromJson<SourceFile[]>(row.files),
    objects: fromJson<ConfigurationObject[]>(row.objects),
    overrides: fromJson<ReleaseContent['overrides']>(row.overrides),
    warnings: fromJson<Problem[]>(row.warnings),
  };
}

async function loadContext(tx: Transaction, meshId: string): Promise<CheckContext> {
  const clusters = await loadClusters(tx, meshId);
  const exported = await tx.fact.findMany({
    where: { meshId, type: Facts.ExportedService.name, withdrawnAt: null },
    select: { name: true },
    distinct: ['name'],
  });
  const hosts = exported.flatMap(({ name }) => {
    const [namespace, service] = name.split('/');
    return ['cluster', 'clusterset'].map((zone) => `${service}.${namespace}.svc.${zone}.local`);
  });
  return {
    clusters: clusters
      .filter(({ removed }) => !removed)
      .map((cluster) => ({ name: cluster.name, labels: selectableLabels(cluster) })),
    hosts: new Set(hosts),
  };
}

/** Files in the place of a folder, among the others. */
function mount(
  files: readonly SourceFile[],
  folder: string | undefined,
  before: readonly SourceFile[],
): SourceFile[] {
  if (folder === undefined || folder === '') return [...files].sort(byPath);
  if (!/^[A-Za-z0-9][-A-Za-z0-9_.]*(\/[A-Za-z0-9][-A-Za-z0-9_.]*)*$/.test(folder)) {
    throw new IsthmusError(
      'INVALID_ARGUMENT',
      `'${folder.slice(0, 80)}' is no folder, such as teams/shop`,
      { field: 'folder' },
    );
  }
  const kept = before.filter(({ path }) => !path.startsWith(`${folder}/`));
  const mounted = files.map(({ path, content }) => ({ path: `${folder}/${path}`, content }));
  return [...kept, ...mounted].sort(byPath);
}

function byPath(a: SourceFile, b: SourceFile): number {
  return a.path < b.path ? -1 : 1;
}

/** @param files sorted by path. */
function digestOf(files: readonly SourceFile[]): string {
  const hash = createHash('sha256');
  for (const { path, content } of files) hash.update(JSON.stringify([path, content]));
  return hash.digest('hex');
}

/** @throws CONFIGURATION_INVALID with the problems, the errors first. */
function assertGood(problems: readonly Problem[]): void {
  if (!hasErrors(problems)) return;
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const place = first?.place ? `${first.place.path}:${first.place.line}: ` : '';
  const more = errors.length > 1 ? `; and ${errors.length - 1} more` : '';
  throw new IsthmusError(
    'CONFIGURATION_INVALID',
    `${place}${first?.message}; ${first?.remedy}${more}`,
    { details: { problems: errors.slice(0, mostProblems).map(toDetail) } },
  );
}

function toDetail({ place, severity: _, ...problem }: Problem) {
  return { ...problem, path: place?.path ?? null, line: place?.line ?? null };
}

/** @throws NAMESPACE_FORBIDDEN, FORBIDDEN */
function assertMayChange(actor: Actor, draft: Change): void {
  const [before, after] = [objectsOf(draft.base), byName(draft)];
  const patched = new Set(overriddenAnew(draft));
  for (const name of new Set([...changedNames(before, after), ...patched])) {
    const versions = [after.get(name), before.get(name)].filter((object) => object !== undefined);
    const [object] = versions;
    if (!object) continue;
    assertMayChangeIn(actor, object, 'is changed');
    // An intent's filter does what the intent says, as long as nothing is patched into it.
    const isFree = patched.has(name) || versions.some(({ compiledFrom }) => !compiledFrom);
    if (
      object.kind === 'EnvoyFilter' &&
      isFree &&
      !isAllowed(actor.role, 'configuration.envoyFilter')
    ) {
      throw new IsthmusError(
        'FORBIDDEN',
        `${placeOf(object)}${labelOf(object)} is changed, which needs the role 'admin'; say it in an intent, or ask an admin`,
      );
    }
  }
}

function changedNames(
  before: ReadonlyMap<string, ConfigurationObject>,
  after: ReadonlyMap<string, ConfigurationObject>,
): string[] {
  const textOf = (object: ConfigurationObject | undefined): string =>
    object ? JSON.stringify(toManifest(object)) : '';
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => textOf(before.get(name)) !== textOf(after.get(name)),
  );
}

/**
 * Holds a release that somebody rolls out against the mesh's head: who may change some namespaces
 * alone leaves the others as that has them.
 *
 * @throws NAMESPACE_FORBIDDEN
 */
export function assertMayGoTo(actor: Actor, to: ReleaseContent, head: ReleaseContent): void {
  const [before, after] = [byName(head), byName(to)];
  const patched = overriddenAnew({ ...to, base: { content: head } });
  for (const name of [...changedNames(before, after), ...patched]) {
    const object = after.get(name) ?? before.get(name);
    if (object) assertMayChangeIn(actor, object, 'is not as the mesh has it');
  }
}

function assertMayChangeIn({ namespaces }: Actor, object: ConfigurationObject, what: string): void {
  if (!namespaces || namespaces.includes(object.namespace)) return;
  throw new IsthmusError(
    'NAMESPACE_FORBIDDEN',
    `${placeOf(object)}${labelOf(object)} ${what}, and you may change ${namespaces.join(', ')} alone; leave the others as they are, or give your files a folder of their own`,
  );
}

/** Targets of overrides that differ from the head's. */
function overriddenAnew({ overrides, base }: Change): string[] {
  // Postgres keeps the order of keys of its own.
  const keyOf = ({ name, clusters, target, patch }: (typeof overrides)[number]): string =>
    JSON.stringify(sortKeys({ name, clusters, target, patch }));
  const old = base?.content.overrides ?? [];
  const [before, after] = [old, overrides].map((list) => new Set(list.map(keyOf)));
  return [...old, ...overrides]
    .filter((override) => before?.has(keyOf(override)) !== after?.has(keyOf(override)))
    .map(({ target }) => configurationName(target));
}

function placeOf({ place }: ConfigurationObject): string {
  return `${place.path}:${place.line}: `;
}

function objectsOf(base: Change['base']): Map<string, ConfigurationObject> {
  return byName(base?.content ?? { objects: [] });
}

function byName({ objects }: Pick<ReleaseContent, 'objects'>): Map<string, ConfigurationObject> {
  return new Map(objects.map((object) => [configurationName(object), object]));
}

function toObjectView(name: string, object: ConfigurationObject): ReleaseObjectView {
  const { compiledFrom, place } = object;
  return { name, manifest: toYaml(object), compiledFrom: compiledFrom ?? null, ...place };
}

function toView(row: ReleaseRow): ReleaseView {
  return {
    id: row.id,
    meshId: row.meshId,
    number: row.number,
    digest: row.digest,
    message: row.message,
    source: row.source as ReleaseSource,
    objects: row.objects,
    createdBy: row.createdBy,
    createdAt: row.createdAt,
  };
}
