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
import { Database, Prisma, type Transaction } from '@isthmus/platform';
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
        );
      }
      throw error;
    }
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
