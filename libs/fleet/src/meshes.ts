import {
  assertDnsLabel,
  IsthmusError,
  isDnsLabel,
  isId,
  newId,
  type Page,
  type PageRequest,
  pageSize,
  toPage,
} from '@isthmus/kernel';
import { advanceMesh, Database, Prisma, type Transaction } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';

/** One trust domain and one set of trust anchors. */
export interface Mesh {
  readonly id: string;
  readonly name: string;
  readonly trustDomain: string;
  readonly createdAt: Date;
}

const shown = { id: true, name: true, trustDomain: true, createdAt: true } as const;

/** Of one organization; each costs every copy of the plane something for as long as it is there. */
const mostMeshes = 50;

/** The error for an id that is not there, or is somebody else's: nobody can tell which. */
export function notFound(what: string): IsthmusError {
  return new IsthmusError('NOT_FOUND', `there is no such ${what}`);
}

/** Tables with rows of a mesh, and of what they are a part, if not of the mesh itself; parts come first. */
export const meshTables: Readonly<
  Record<string, 'cluster' | 'release' | 'rollout' | 'upgrade' | 'webhook' | null>
> = {
  join_token: 'cluster',
  agent_certificate: 'cluster',
  release_content: 'release',
  rollout_event: 'rollout',
  upgrade_event: 'upgrade',
  upgrade_cluster: 'upgrade',
  fact: null,
  export_policy: null,
  host_grant: null,
  mesh_root: null,
  signing_certificate: null,
  mesh_configuration: null,
  cluster_release: null,
  cluster_istio: null,
  cluster_agent: null,
  upgrade_settings: null,
  delivery_clock: 'webhook',
  webhook: null,
  webhook_delivery: null,
  event_mark: null,
  event: null,
  rollout: null,
  release: null,
  upgrade: null,
  cluster: null,
  mesh_clock: null,
};
const mostRowsAtOnce = 5_000;
/** Of the list above alone. */
const quoted = (name: string) => Prisma.raw(`"${name}"`);

@Injectable()
export class MeshService {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** @throws INVALID_NAME, INVALID_ARGUMENT, ALREADY_EXISTS, QUOTA_EXCEEDED */
  async create(actor: Actor, input: { name: string; trustDomain?: string }): Promise<Mesh> {
    authorize(actor, 'mesh.write');
    assertDnsLabel('name', input.name);
    const trustDomain = input.trustDomain ?? 'cluster.local';
    if (trustDomain.length > 253 || !trustDomain.split('.').every(isDnsLabel)) {
      throw new IsthmusError(
        'INVALID_ARGUMENT',
        'trustDomain must be a DNS name, such as cluster.local',
        { field: 'trustDomain' },
      );
    }
    const { organizationId } = actor;
    const id = newId('mesh');
    try {
      return await this.database.withOrganization(organizationId, async (tx) => {
        await assertRoom(tx, organizationId);
        await tx.meshClock.create({
          data: { meshId: id, organizationId, revision: 1n, settings: 1n },
        });
        // Rings for those who look after meshes, such as whoever makes its root.
        await tx.$queryRaw`SELECT pg_notify('isthmus_mesh', ${`${id} 1`})::text`;
        return tx.mesh.create({
          data: { id, organizationId, name: input.name, trustDomain },
          select: shown,
        });
      });
    } catch (error) {
      if (isUniqueViolation(error)) {
        throw new IsthmusError(
          'ALREADY_EXISTS',
          `there is a mesh '${input.name}' already; choose another name`,
          { field: 'name' },
        );
      }
      throw error;
    }
  }

  /**
   * Forgets a mesh, and all that was ever decided or reported in it. Its clusters must have been removed.
   *
   * @throws NOT_FOUND, MESH_NOT_EMPTY
   */
  async delete(actor: Actor, id: string): Promise<void> {
    authorize(actor, 'mesh.write');
    const { organizationId } = actor;
    const inOrganization = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
      this.database.withOrganization(organizationId, work);
    await inOrganization((tx) => assertEmpty(tx, id));
    // What removed clusters told may be millions of rows, and no transaction lasts so long.
    while (
      (await inOrganization(
        (tx) => tx.$executeRaw`
          DELETE FROM fact WHERE ctid IN
            (SELECT ctid FROM fact WHERE mesh_id = ${id} LIMIT ${mostRowsAtOnce})`,
      )) === mostRowsAtOnce
    );
    await inOrganization(async (tx) => {
      await findMesh(tx, id);
      // First, as always: whoever changes the mesh at this time is before, or finds nothing.
      await advanceMesh(tx, id, 'settings');
      // And whoever writes down what happens in it, which changes nothing.
      await tx.$queryRaw`SELECT id FROM mesh WHERE id = ${id} FOR UPDATE`;
      await assertEmpty(tx, id);
      for (const [table, parent] of Object.entries(meshTables)) {
        const of = parent
          ? Prisma.sql`${quoted(`${parent}_id`)} IN (SELECT id FROM ${quoted(parent)} WHERE mesh_id = ${id})`
          : Prisma.sql`mesh_id = ${id}`;
        await tx.$executeRaw`DELETE FROM ${quoted(table)} WHERE ${of}`;
      }
      await tx.mesh.delete({ where: { id } });
    });
  }

  async list(actor: Actor, page: PageRequest): Promise<Page<Mesh>> {
    authorize(actor, 'mesh.read');
    const size = pageSize(page);
    const rows = await this.database.withOrganization(actor.organizationId, (tx) =>
      tx.mesh.findMany({
        where: page.after ? { id: { gt: page.after } } : {},
        orderBy: { id: 'asc' },
        take: size + 1,
        select: shown,
      }),
    );
    return toPage(rows, size);
  }

  /** @throws NOT_FOUND */
  async get(actor: Actor, id: string): Promise<Mesh> {
    const [mesh] = await this.getMany(actor, [id]);
    if (!mesh) throw notFound('mesh');
    return mesh;
  }

  /** Undefined where there is none of that name. */
  async getByName(actor: Actor, name: string): Promise<Mesh | undefined> {
    authorize(actor, 'mesh.read');
    if (!isDnsLabel(name)) return undefined;
    const { organizationId } = actor;
    const row = await this.database.withOrganization(organizationId, (tx) =>
      tx.mesh.findUnique({
        where: { organizationId_name: { organizationId, name } },
        select: shown,
      }),
    );
    return row ?? undefined;
  }

  /** In the order of the ids; undefined for each that is not there. */
  async getMany(actor: Actor, ids: readonly string[]): Promise<(Mesh | undefined)[]> {
    authorize(actor, 'mesh.read');
    const rows = await this.database.withOrganization(actor.organizationId, (tx) =>
      tx.mesh.findMany({
        where: { id: { in: ids.filter((id) => isId('mesh', id)) } },
        select: shown,
      }),
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id));
  }
}

/** @throws NOT_FOUND if the mesh is not there, or another tenant's. */
export async function findMesh(tx: Transaction, id: string): Promise<Mesh> {
  const mesh = isId('mesh', id) && (await tx.mesh.findUnique({ where: { id }, select: shown }));
  if (!mesh) throw notFound('mesh');
  return mesh;
}

/** @throws NOT_FOUND, MESH_NOT_EMPTY */
async function assertEmpty(tx: Transaction, id: string): Promise<void> {
  await findMesh(tx, id);
  const clusters = await tx.cluster.count({ where: { meshId: id, removedAt: null } });
  if (clusters === 0) return;
  const message = `the mesh has clusters (${clusters}); remove them first`;
  throw new IsthmusError('MESH_NOT_EMPTY', message);
}

/** Makes those that create at once take turns: of two, the second counts what the first made. */
async function assertRoom(tx: Transaction, organizationId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`meshes ${organizationId}`}, 0))`;
  if ((await tx.mesh.count()) >= mostMeshes) {
    throw new IsthmusError(
      'QUOTA_EXCEEDED',
      `an organization has at most ${mostMeshes} meshes; use one that is there`,
    );
  }
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}
