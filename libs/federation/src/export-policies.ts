import { LabelSelector } from '@isthmus/contracts';
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
import { advanceMesh, Database, Prisma, type Transaction } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { isEmptySelector, type LabelSelectorInput, parseSelector } from './label-selectors.js';
import { selectorFromJson, selectorToJson } from './mesh-loader.js';

/** Services that every cluster exports without a ServiceExport. */
export interface ExportPolicyView {
  readonly id: string;
  readonly meshId: string;
  readonly name: string;
  readonly namespaceSelector: LabelSelector;
  readonly serviceSelector: LabelSelector;
  readonly createdAt: Date;
}

export interface ExportPolicyInput {
  /** An RFC 1123 label, unique in the mesh. */
  readonly name: string;
  readonly namespaceSelector: LabelSelectorInput;
  readonly serviceSelector: LabelSelectorInput;
  /** Must be said when both selectors are empty, which exports every service there is. */
  readonly everything?: boolean | undefined;
}

const mostPolicies = 200;

type Row = Prisma.ExportPolicyGetPayload<object>;

@Injectable()
export class ExportPolicyService {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** @throws NOT_FOUND, INVALID_NAME, INVALID_ARGUMENT, ALREADY_EXISTS, TOO_MANY_RESOURCES */
  async create(
    actor: Actor,
    { meshId, ...input }: { meshId: string } & ExportPolicyInput,
  ): Promise<ExportPolicyView> {
    authorize(actor, 'federation.write');
    const data = parse(input);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await findMesh(tx, meshId);
      await advanceMesh(tx, meshId, 'settings');
      // The mesh's clock is ours until the end, so nobody comes between these.
      await assertFree(tx, meshId, data.name);
      if ((await tx.exportPolicy.count({ where: { meshId } })) >= mostPolicies) {
        throw new IsthmusError(
          'TOO_MANY_RESOURCES',
          `a mesh has at most ${mostPolicies} export policies; make one select more`,
        );
      }
      const id = newId('exportPolicy');
      const { organizationId } = actor;
      return toView(
        await tx.exportPolicy.create({ data: { id, organizationId, meshId, ...data } }),
      );
    });
  }

  /**
   * Replaces what a policy says.
   *
   * @throws NOT_FOUND, INVALID_NAME, INVALID_ARGUMENT, ALREADY_EXISTS
   */
  async update(actor: Actor, id: string, input: ExportPolicyInput): Promise<ExportPolicyView> {
    authorize(actor, 'federation.write');
    const data = parse(input);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const { meshId } = await find(tx, id);
      await advanceMesh(tx, meshId, 'settings');
      if ((await find(tx, id)).name !== data.name) await assertFree(tx, meshId, data.name);
      return toView(await tx.exportPolicy.update({ where: { id }, data }));
    });
  }

  /** @returns what it was. @throws NOT_FOUND */
  async delete(actor: Actor, id: string): Promise<ExportPolicyView> {
    authorize(actor, 'federation.write');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const { meshId } = await find(tx, id);
      await advanceMesh(tx, meshId, 'settings');
      const row = await find(tx, id);
      await tx.exportPolicy.delete({ where: { id } });
      return toView(row);
    });
  }

  /** In the order of ids. @throws NOT_FOUND */
  async list(
    actor: Actor,
    { meshId, ...page }: { meshId: string } & PageRequest,
  ): Promise<Page<ExportPolicyView>> {
    authorize(actor, 'federation.read');
    const size = pageSize(page);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await findMesh(tx, meshId);
      const rows = await tx.exportPolicy.findMany({
        where: { meshId, ...(page.after ? { id: { gt: page.after } } : {}) },
        orderBy: { id: 'asc' },
        take: size + 1,
      });
      return toPage(rows.map(toView), size);
    });
  }

  /** One of a mesh; undefined where there is none of that name, or no such mesh. */
  async getByName(
    actor: Actor,
    { meshId, name }: { meshId: string; name: string },
  ): Promise<ExportPolicyView | undefined> {
    authorize(actor, 'federation.read');
    if (!isDnsLabel(name)) return undefined;
    const row = await this.database.withOrganization(actor.organizationId, (tx) =>
      tx.exportPolicy.findUnique({ where: { meshId_name: { meshId, name } } }),
    );
    return row ? toView(row) : undefined;
  }

  /** @throws NOT_FOUND */
  async get(actor: Actor, id: string): Promise<ExportPolicyView> {
    authorize(actor, 'federation.read');
    return this.database.withOrganization(actor.organizationId, async (tx) =>
      toView(await find(tx, id)),
    );
  }
}

function parse({ name, everything, ...input }: ExportPolicyInput) {
  assertDnsLabel('name', name);
  const namespaceSelector = parseSelector('namespaceSelector', input.namespaceSelector);
  const serviceSelector = parseSelector('serviceSelector', input.serviceSelector);
  const isAll = isEmptySelector(namespaceSelector) && isEmptySelector(serviceSelector);
  if (isAll && everything !== true) {
    throw new IsthmusError(
      'INVALID_ARGUMENT',
      'two empty selectors export every service of every cluster; select some, or say everything: true',
      { field: 'everything' },
    );
  }
  return {
    name,
    namespaceSelector: selectorToJson(namespaceSelector),
    serviceSelector: selectorToJson(serviceSelector),
  };
}

async function find(tx: Transaction, id: string): Promise<Row> {
  const row = await tx.exportPolicy.findUnique({ where: { id } });
  if (!row) throw notFound('export policy');
  return row;
}

async function assertFree(tx: Transaction, meshId: string, name: string): Promise<void> {
  if (await tx.exportPolicy.findUnique({ where: { meshId_name: { meshId, name } } })) {
    throw new IsthmusError(
      'ALREADY_EXISTS',
      `the mesh has an export policy '${name}' already; choose another name, or update that one`,
      { field: 'name' },
    );
  }
}

function toView({ organizationId: _, ...row }: Row): ExportPolicyView {
  return {
    ...row,
    namespaceSelector: selectorFromJson(row.namespaceSelector),
    serviceSelector: selectorFromJson(row.serviceSelector),
  };
}
