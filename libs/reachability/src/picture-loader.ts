import { Facts, type IntentStatusFact, Intents } from '@isthmus/contracts';
import {
  type FactRow,
  loadExports,
  loadFacts,
  loadSettings,
  MeshRows,
  type MeshSettings,
} from '@isthmus/federation';
import { databaseNow, statusOf } from '@isthmus/fleet';
import { Database, type Transaction } from '@isthmus/platform';
import { ConfigurationSource } from '@isthmus/releases';
import { TrustService } from '@isthmus/trust';
import { VersionSource } from '@isthmus/upgrades';
import { Inject, Injectable } from '@nestjs/common';
import type { Contact, Picture } from './picture.js';

/** A part of a mesh's services. */
export interface Excerpt {
  readonly picture: Picture;
  /** In the order of the database's collation. */
  readonly hosts: readonly string[];
  /** Of all services of the mesh. */
  readonly total: number;
}

/** States of imports that one answer may hold: services times clusters. */
const mostImports = 50_000;

/** Reads pictures of meshes, each of one moment. */
@Injectable()
export class PictureLoader {
  private readonly sources: {
    readonly trust: TrustService;
    readonly releases: ConfigurationSource;
    readonly upgrades: VersionSource;
  };

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TrustService) trust: TrustService,
    @Inject(ConfigurationSource) releases: ConfigurationSource,
    @Inject(VersionSource) upgrades: VersionSource,
  ) {
    this.sources = { trust, releases, upgrades };
  }

  /**
   * All that decides whether a host is reached from a cluster.
   *
   * @param host `namespace/name`; undefined for what is no host of a mesh.
   * @throws NOT_FOUND for the mesh
   */
  forHost(
    organizationId: string,
    meshId: string,
    host: string | undefined,
    fromClusterId: string,
  ): Promise<Picture> {
    return this.database.withSnapshot(organizationId, async (tx) => {
      const settings = await loadSettings(tx, this.sources, meshId);
      // What gateways are to serve is one intent for all hosts, so all are needed to know its version.
      const facts = MeshRows.of(await loadFacts(tx, meshId, -1n));
      const exporters = [...(host === undefined ? [] : (facts.exports.get(host)?.keys() ?? []))];
      const networks = new Set(exporters.flatMap((id) => settings.clusters.get(id)?.network ?? []));
      const entered = [...settings.clusters.values()].filter(({ network }) =>
        networks.has(network),
      );
      const names = [
        ...(host === undefined ? [] : [`${Intents.Import.name}/${host}`]),
        ...exporters.map((id) => `${Intents.Endpoints.name}/${id}/${host}`),
        ...[...networks].map((network) => `${Intents.Peer.name}/${network}`),
        `${Intents.Exposure.name}/exposure`,
        `${Intents.ClusterSettings.name}/settings`,
        `${Intents.TrustBundle.name}/trust`,
        `${Intents.SigningCertificate.name}/signing`,
      ];
      const ids = [fromClusterId, ...entered.map(({ id }) => id)];
      return complete(tx, meshId, settings, facts, { names, ids });
    });
  }

  /** The first services of a mesh, and what became of their imports. @throws NOT_FOUND */
  forServices(organizationId: string, meshId: string, most: number): Promise<Excerpt> {
    return this.database.withSnapshot(organizationId, async (tx) => {
      const settings = await loadSettings(tx, this.sources, meshId);
      const members = [...settings.clusters.values()].filter(({ removed }) => !removed).length;
      const count = Math.min(most, Math.max(1, Math.floor(mostImports / Math.max(1, members))));
      const first = await tx.$queryRaw<{ name: string; total: bigint }[]>`
        SELECT host.name, count(*) OVER () AS total
          FROM (SELECT DISTINCT f.name
                  FROM fact f JOIN cluster c ON c.id = f.cluster_id AND c.removed_at IS NULL
                 WHERE f.mesh_id = ${meshId} AND f.type = ${Facts.ExportedService.name}
                   AND f.withdrawn_at IS NULL) host
         ORDER BY host.name LIMIT ${count}`;
      const hosts = first.map(({ name }) => name);
      const rows: FactRow[] = await loadExports(tx, meshId, hosts);
      const names = hosts.map((host) => `${Intents.Import.name}/${host}`);
      const picture = await complete(tx, meshId, settings, MeshRows.of(rows), { names });
      return { picture, hosts, total: Number(first[0]?.total ?? 0) };
    });
  }
}

/**
 * @param asked names of intents whose states are wanted, and of which clusters; of all unless said,
 *   and then without what became of their releases.
 */
async function complete(
  tx: Transaction,
  meshId: string,
  settings: MeshSettings,
  facts: MeshRows,
  asked: { readonly names: readonly string[]; readonly ids?: readonly string[] },
): Promise<Picture> {
  const now = await databaseNow(tx);
  const clusters = await tx.cluster.findMany({
    where: { meshId },
    select: {
      id: true,
      removedAt: true,
      lockedAt: true,
      lockReason: true,
      connectedAt: true,
      lastContactAt: true,
      disconnectedAt: true,
    },
  });
  const rows = await tx.fact.findMany({
    where: {
      meshId,
      type: Facts.IntentStatus.name,
      name: { in: [...asked.names] },
      ...(asked.ids ? { clusterId: { in: [...asked.ids] } } : {}),
      withdrawnAt: null,
    },
    select: { clusterId: true, name: true, body: true },
  });
  const statuses = new Map<string, Map<string, IntentStatusFact>>();
  for (const { clusterId, name, body } of rows) {
    const known = statuses.get(clusterId) ?? new Map<string, IntentStatusFact>();
    statuses.set(clusterId, known.set(name, Facts.IntentStatus.decode(body)));
  }
  const releases = await tx.fact.findMany({
    where: {
      meshId,
      type: Facts.ReleaseStatus.name,
      clusterId: { in: [...(asked.ids ?? [])] },
      withdrawnAt: null,
    },
    select: { clusterId: true, body: true },
  });
  return {
    now,
    settings,
    facts,
    contacts: new Map(
      clusters.map((row): [string, Contact] => [
        row.id,
        {
          status: statusOf(row, now),
          lockReason: row.lockReason,
          lastContactAt: row.lastContactAt,
        },
      ]),
    ),
    statuses,
    releases: new Map(
      releases.map(({ clusterId, body }) => [clusterId, Facts.ReleaseStatus.decode(body)]),
    ),
  };
}
