import { createHash, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import {
  assertDnsLabel,
  IsthmusError,
  isDnsLabel,
  isId,
  isLabelValue,
  newId,
  type Page,
  type PageRequest,
  pageSize,
  toPage,
} from '@isthmus/kernel';
import { advanceMesh, Database, type Prisma, type Transaction } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { isUniqueViolation, notFound } from './meshes.js';

/** How a cluster stands with the plane; what runs in it goes on in any case. */
export type ClusterStatus = 'PENDING' | 'CONNECTED' | 'OUT_OF_CONTACT' | 'LOCKED' | 'REMOVED';

/** As labels of Kubernetes. */
export type ClusterLabels = Readonly<Record<string, string>>;

/** A member of a mesh, as people see it. */
export interface ClusterView {
  readonly id: string;
  readonly meshId: string;
  readonly name: string;
  readonly kind: string;
  readonly network: string;
  /** region or region/zone. */
  readonly locality: string;
  readonly cidrs: readonly string[];
  /** By which configuration selects it. */
  readonly labels: ClusterLabels;
  readonly status: ClusterStatus;
  readonly createdAt: Date;
  readonly removedAt: Date | null;
  readonly connectedAt: Date | null;
  readonly lastContactAt: Date | null;
  readonly lockReason: string | null;
  /** Removals that the mass-delete guard holds back, as type/name. */
  readonly heldRemovals: readonly string[];
  /** How often its agent came back with an expired certificate. */
  readonly recoveries: number;
}

/** What may be decided anew of a cluster; undefined: as it is. */
export interface ClusterChange {
  readonly network?: string | undefined;
  readonly locality?: string | undefined;
  /** In place of those that it has, as are labels. */
  readonly cidrs?: readonly string[] | undefined;
  readonly labels?: ClusterLabels | undefined;
}

/** A join token as it is shown, once. */
export interface IssuedJoinToken {
  readonly id: string;
  readonly secret: string;
  readonly expiresAt: Date;
}

/** After so long without a sign of life a cluster is out of contact; the hub reports each 10 s. */
export const contactTimeoutMs = 45_000;
const mostClusters = 10_000;

const joinTokenPattern = /^isthmus_join_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

/** The organization that a join token names, and the hash under which it is kept. */
export function readJoinToken(
  secret: string,
): { organizationId: string; secretHash: Uint8Array<ArrayBuffer> } | undefined {
  const match = joinTokenPattern.exec(secret);
  if (!match) return undefined;
  return { organizationId: `org_${match[1]}`, secretHash: hashOf(secret) };
}

function hashOf(secret: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(secret).digest());
}

@Injectable()
export class ClusterService {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * Makes a place for a cluster, and the token with which its agent takes it.
   *
   * @throws NOT_FOUND, INVALID_NAME, INVALID_ARGUMENT, CIDR_INVALID, ALREADY_EXISTS, QUOTA_EXCEEDED
   */
  async register(
    actor: Actor,
    input: {
      meshId: string;
      name: string;
      network: string;
      locality: string;
      cidrs?: readonly string[];
      labels?: ClusterLabels;
    },
  ): Promise<{ cluster: ClusterView; joinToken: IssuedJoinToken }> {
    authorize(actor, 'cluster.write');
    assertDnsLabel('name', input.name);
    assertDnsLabel('network', input.network);
    assertLocality(input.locality);
    const cidrs = input.cidrs ?? [];
    assertCidrs(cidrs);
    const labels = input.labels ?? {};
    assertLabels(labels);
    if (!isId('mesh', input.meshId)) throw notFound('mesh');
    const { organizationId } = actor;
    const id = newId('cluster');
    try {
      return await this.database.withOrganization(organizationId, async (tx) => {
        const mesh = await tx.mesh.findUnique({
          where: { id: input.meshId },
          select: { id: true },
        });
        if (!mesh) throw notFound('mesh');
        await advanceMesh(tx, mesh.id, 'settings');
        if (
          (await tx.cluster.count({ where: { meshId: mesh.id, removedAt: null } })) >= mostClusters
        ) {
          throw new IsthmusError('QUOTA_EXCEEDED', `a mesh has at most ${mostClusters} clusters`);
        }
        await tx.cluster.create({
          data: {
            id,
            organizationId,
            meshId: mesh.id,
            name: input.name,
            network: input.network,
            locality: input.locality,
            cidrs: [...cidrs],
            labels: { ...labels },
          },
        });
        const joinToken = await this.issue(tx, organizationId, id);
        return { cluster: await this.view(tx, id), joinToken };
      });
    } catch (error) {
      if (isUniqueViolation(error)) {
        throw new IsthmusError(
          'ALREADY_EXISTS',
          `the mesh has a cluster '${input.name}' already; choose another name, or make a new join token for it`,
          { field: 'name' },
        );
      }
      throw error;
    }
  }

  /** A new token for a cluster that has to join, or to join again; older unused ones are void. */
  async issueJoinToken(actor: Actor, clusterId: string): Promise<IssuedJoinToken> {
    authorize(actor, 'cluster.write');
    if (!isId('cluster', clusterId)) throw notFound('cluster');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const cluster = await holdCluster(tx, clusterId);
      if (!cluster) throw notFound('cluster');
      assertPresent(cluster);
      await tx.joinToken.deleteMany({ where: { clusterId, usedAt: null } });
      return this.issue(tx, actor.organizationId, clusterId);
    });
  }

  async list(actor: Actor, input: { meshId: string } & PageRequest): Promise<Page<ClusterView>> {
    authorize(actor, 'cluster.read');
    const size = pageSize(input);
    if (!isId('mesh', input.meshId)) return { items: [], hasNext: false };
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const rows = await tx.cluster.findMany({
        where: {
          meshId: input.meshId,
          removedAt: null,
          ...(input.after ? { id: { gt: input.after } } : {}),
        },
        orderBy: { id: 'asc' },
        take: size + 1,
      });
      return toPage(rows.map(toView(await databaseNow(tx))), size);
    });
  }

  /** @throws NOT_FOUND */
  async get(actor: Actor, id: string): Promise<ClusterView> {
    const [cluster] = await this.getMany(actor, [id]);
    if (!cluster) throw notFound('cluster');
    return cluster;
  }

  /** One of a mesh; undefined where there is none of that name, or no such mesh. */
  async getByName(
    actor: Actor,
    { meshId, name }: { meshId: string; name: string },
  ): Promise<ClusterView | undefined> {
    authorize(actor, 'cluster.read');
    if (!isId('mesh', meshId) || !isDnsLabel(name)) return undefined;
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const row = await tx.cluster.findUnique({
        where: { meshId_name: { meshId, name }, removedAt: null },
      });
      return row ? toView(await databaseNow(tx))(row) : undefined;
    });
  }

  /** In the order of the ids; undefined for each that is not there. */
  async getMany(actor: Actor, ids: readonly string[]): Promise<(ClusterView | undefined)[]> {
    authorize(actor, 'cluster.read');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const rows = await tx.cluster.findMany({
        where: { id: { in: ids.filter((id) => isId('cluster', id)) } },
      });
      const now = await databaseNow(tx);
      const byId = new Map(rows.map((row) => [row.id, toView(now)(row)]));
      return ids.map((id) => byId.get(id));
    });
  }

  /**
   * Takes a cluster out of the mesh: its agent is turned away, its exports go. What is in
   * the cluster stays, unless its chart is uninstalled with uninstall.mode=clean. Its name is free again.
   */
  async remove(actor: Actor, clusterId: string): Promise<ClusterView> {
    return this.change(actor, clusterId, async (tx, row) => {
      if (row.removedAt) return;
      const now = await databaseNow(tx);
      await tx.cluster.update({
        where: { id: clusterId },
        data: {
          removedAt: now,
          activeSerial: null,
          // Names are unique among all rows; a removed one gives its own up.
          name: `${row.name.slice(0, 40)}.removed-${clusterId.slice(-12)}`,
        },
      });
      await tx.agentCertificate.updateMany({
        where: { clusterId, revokedAt: null },
        data: { revokedAt: now, revokedReason: 'cluster removed' },
      });
      await tx.joinToken.deleteMany({ where: { clusterId, usedAt: null } });
    });
  }

  /** Gives a cluster other labels, in place of those it has. @throws NOT_FOUND, INVALID_ARGUMENT */
  async setLabels(actor: Actor, clusterId: string, labels: ClusterLabels): Promise<ClusterView> {
    assertLabels(labels);
    return this.change(actor, clusterId, async (tx) => {
      await tx.cluster.update({ where: { id: clusterId }, data: { labels: { ...labels } } });
    });
  }

  /**
   * Changes what is given, and leaves the rest. With the network, those change of which it is a
   * neighbour: its agent labels istiod's namespace anew, and gateways that are labelled otherwise
   * are not used until they are.
   *
   * @throws NOT_FOUND, CLUSTER_REMOVED, INVALID_NAME, INVALID_ARGUMENT, CIDR_INVALID
   */
  async update(actor: Actor, clusterId: string, change: ClusterChange): Promise<ClusterView> {
    const { network, locality, cidrs, labels } = change;
    if (network !== undefined) assertDnsLabel('network', network);
    if (locality !== undefined) assertLocality(locality);
    if (cidrs) assertCidrs(cidrs);
    if (labels) assertLabels(labels);
    return this.change(actor, clusterId, async (tx, row) => {
      assertPresent(row);
      await tx.cluster.update({
        where: { id: clusterId },
        data: {
          ...(network !== undefined && { network }),
          ...(locality !== undefined && { locality }),
          ...(cidrs && { cidrs: [...cidrs] }),
          ...(labels && { labels: { ...labels } }),
        },
      });
    });
  }

  /** Lets a locked cluster in again, by a new join token: certificates until now are void. */
  async unlock(actor: Actor, clusterId: string): Promise<ClusterView> {
    return this.change(actor, clusterId, async (tx) => {
      await tx.cluster.update({
        where: { id: clusterId },
        data: { lockedAt: null, lockReason: null, activeSerial: null },
      });
      await tx.agentCertificate.updateMany({
        where: { clusterId, revokedAt: null },
        data: { revokedAt: await databaseNow(tx), revokedReason: 'cluster unlocked' },
      });
    });
  }

  /** Lets the removals go that the mass-delete guard holds back. */
  async releaseHeldRemovals(actor: Actor, clusterId: string): Promise<ClusterView> {
    return this.change(actor, clusterId, async (tx) => {
      await tx.cluster.update({
        where: { id: clusterId },
        data: { heldReleases: { increment: 1 } },
      });
    });
  }

  private async change(
    actor: Actor,
    clusterId: string,
    work: (tx: Transaction, row: ClusterRow) => Promise<void>,
  ): Promise<ClusterView> {
    authorize(actor, 'cluster.write');
    if (!isId('cluster', clusterId)) throw notFound('cluster');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const found = await tx.cluster.findUnique({
        where: { id: clusterId },
        select: { meshId: true },
      });
      if (!found) throw notFound('cluster');
      await advanceMesh(tx, found.meshId, 'settings');
      const row = await holdCluster(tx, clusterId);
      if (!row) throw notFound('cluster');
      await work(tx, row);
      return this.view(tx, clusterId);
    });
  }

  private async issue(
    tx: Transaction,
    organizationId: string,
    clusterId: string,
  ): Promise<IssuedJoinToken> {
    const secret = `isthmus_join_${organizationId.replace(/^org_/, '')}_${randomBytes(32).toString('base64url')}`;
    const id = newId('joinToken');
    // By the database's clock: it is the one that will judge.
    const [row] = await tx.$queryRaw<{ expires_at: Date }[]>`
      INSERT INTO join_token (id, organization_id, cluster_id, secret_hash, expires_at)
      VALUES (${id}, ${organizationId}, ${clusterId}, ${hashOf(secret)}, now() + interval '1 hour')
      RETURNING expires_at`;
    if (!row) throw new IsthmusError('INTERNAL', 'no join token was made');
    return { id, secret, expiresAt: row.expires_at };
  }

  private async view(tx: Transaction, clusterId: string): Promise<ClusterView> {
    const row = await tx.cluster.findUniqueOrThrow({ where: { id: clusterId } });
    return toView(await databaseNow(tx))(row);
  }
}

type ClusterRow = NonNullable<Awaited<ReturnType<Transaction['cluster']['findUnique']>>>;

/** What of a cluster tells how it stands with the plane. */
type ContactRow = Pick<
  ClusterRow,
  'removedAt' | 'lockedAt' | 'lastContactAt' | 'connectedAt' | 'disconnectedAt'
>;

/**
 * The cluster's row, held to the end of the transaction: whoever changes who may connect holds
 * it, so that of two the second sees what the first has done. After the mesh's clock, if that is
 * advanced too, and before join tokens and certificates.
 */
export async function holdCluster(tx: Transaction, clusterId: string): Promise<ClusterRow | null> {
  await tx.$queryRaw`SELECT id FROM cluster WHERE id = ${clusterId} FOR UPDATE`;
  return tx.cluster.findUnique({ where: { id: clusterId } });
}

/** @throws CLUSTER_REMOVED */
function assertPresent({ removedAt }: Pick<ClusterRow, 'removedAt'>): void {
  if (!removedAt) return;
  throw new IsthmusError('CLUSTER_REMOVED', 'the cluster was removed; register it anew');
}

/** @throws NOT_FOUND if the cluster is not there, or another tenant's. */
export async function findCluster(tx: Transaction, id: string): Promise<ClusterRow> {
  const row = isId('cluster', id) && (await tx.cluster.findUnique({ where: { id } }));
  if (!row) throw notFound('cluster');
  return row;
}

/** The time of day by the clock that all copies share. */
export async function databaseNow(tx: Transaction): Promise<Date> {
  const [row] = await tx.$queryRaw<{ now: Date }[]>`SELECT now() AS now`;
  if (!row) throw new IsthmusError('INTERNAL', 'the database does not tell the time');
  return row.now;
}

function toView(now: Date): (row: ClusterRow) => ClusterView {
  return (row) => ({
    id: row.id,
    meshId: row.meshId,
    name: row.name,
    kind: row.kind,
    network: row.network,
    locality: row.locality,
    cidrs: row.cidrs,
    labels: clusterLabels(row.labels),
    status: statusOf(row, now),
    createdAt: row.createdAt,
    removedAt: row.removedAt,
    connectedAt: row.connectedAt,
    lastContactAt: row.lastContactAt,
    lockReason: row.lockReason,
    heldRemovals: row.heldRemovals,
    recoveries: row.recoveries,
  });
}

/** Labels as they rest in the database. */
export function clusterLabels(json: Prisma.JsonValue): ClusterLabels {
  return json as ClusterLabels;
}

export function statusOf(row: ContactRow, now: Date): ClusterStatus {
  if (row.removedAt) return 'REMOVED';
  if (row.lockedAt) return 'LOCKED';
  if (!row.lastContactAt || !row.connectedAt) return 'PENDING';
  const isSilent = now.getTime() - row.lastContactAt.getTime() > contactTimeoutMs;
  // A contact since then is of another stream: it came back before its end was noticed.
  const isGone = row.disconnectedAt !== null && row.disconnectedAt >= row.lastContactAt;
  return isSilent || isGone ? 'OUT_OF_CONTACT' : 'CONNECTED';
}

/** Of Istio and Kubernetes: these follow from what the cluster is. */
const derivedPrefixes = ['topology.istio.io/', 'topology.kubernetes.io/'];
const mostLabels = 64;

function assertLabels(labels: ClusterLabels): void {
  const entries = Object.entries(labels);
  if (entries.length > mostLabels) {
    throw new IsthmusError('INVALID_ARGUMENT', `a cluster has at most ${mostLabels} labels`, {
      field: 'labels',
    });
  }
  for (const [key, value] of entries) {
    const [name = '', prefix, ...rest] = key.split('/').reverse();
    const isKey =
      name !== '' &&
      isLabelValue(name) &&
      rest.length === 0 &&
      (prefix?.split('.').every(isDnsLabel) ?? true);
    if (!isKey || !isLabelValue(value)) {
      throw new IsthmusError(
        'INVALID_ARGUMENT',
        `'${key.slice(0, 80)}=${value.slice(0, 80)}' is no label of Kubernetes, such as env=prod`,
        { field: 'labels' },
      );
    }
    if (derivedPrefixes.some((reserved) => key.startsWith(reserved))) {
      throw new IsthmusError(
        'INVALID_ARGUMENT',
        `the label ${key} follows from the cluster's name, network and locality; choose another key`,
        { field: 'labels' },
      );
    }
  }
}

function assertLocality(locality: string): void {
  if (!/^[a-zA-Z0-9._-]{1,63}(\/[a-zA-Z0-9._-]{1,63}){0,2}$/.test(locality)) {
    throw new IsthmusError(
      'INVALID_ARGUMENT',
      'locality must be region, region/zone or region/zone/subzone, such as eu-central-1/a',
      { field: 'locality' },
    );
  }
}

function assertCidrs(cidrs: readonly string[]): void {
  if (cidrs.length > 64) {
    throw new IsthmusError('CIDR_INVALID', 'at most 64 CIDRs', { field: 'cidrs' });
  }
  for (const [index, cidr] of cidrs.entries()) {
    const [address = '', prefix = '', ...rest] = cidr.split('/');
    // isIP takes a zone (fe80::1%eth0), which means nothing on another machine.
    const longest = address.includes('%') ? undefined : { 4: 32, 6: 128 }[isIP(address)];
    const isRight =
      longest !== undefined && /^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= longest;
    if (!isRight || rest.length > 0) {
      throw new IsthmusError(
        'CIDR_INVALID',
        `'${cidr.slice(0, 60)}' is no CIDR, such as 10.0.0.0/8`,
        { field: `cidrs.${index}` },
      );
    }
  }
}
