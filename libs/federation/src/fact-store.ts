import { type FactName, Facts } from '@isthmus/contracts';
import { notFound } from '@isthmus/fleet';
import { IsthmusError } from '@isthmus/kernel';
import { advanceMesh, Database, type Transaction } from '@isthmus/platform';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { AddressRanges } from './addresses.js';
import {
  type AddressRules,
  factLimits,
  type ReportedFact,
  validateFact,
} from './fact-validation.js';

/** Whose facts: what the agent's certificate says, never what a body does. */
export interface ReportingCluster {
  readonly organizationId: string;
  readonly meshId: string;
  readonly clusterId: string;
}

/** What an agent reports of one type, in one message. */
export interface FactChanges {
  readonly resources: readonly ReportedFact[];
  /** Names that its owner withdrew. */
  readonly removed: readonly string[];
}

/** Injection token: CIDRs of the hosted plane, which no cluster may claim. None unless provided. */
export const RESERVED_ADDRESSES = Symbol('ReservedAddresses');

interface StoredFact {
  readonly version: string;
  readonly withdrawn: boolean;
}

/** Tombstones that a cluster may leave behind, as a multiple of its live facts. */
const tombstoneShare = 4;

/** The facts of all clusters, as their agents reported them. */
@Injectable()
export class FactStore {
  private readonly reserved: AddressRanges;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Optional() @Inject(RESERVED_ADDRESSES) reserved: readonly string[] = [],
  ) {
    this.reserved = new AddressRanges(reserved);
  }

  /** Names and versions of what a cluster has reported, from which its agent resumes. */
  async versions(cluster: ReportingCluster, type: FactName): Promise<Map<string, string>> {
    const { organizationId, meshId, clusterId } = cluster;
    const rows = await this.database.withOrganization(organizationId, (tx) =>
      tx.fact.findMany({
        where: { clusterId, meshId, type, withdrawnAt: null },
        select: { name: true, version: true },
      }),
    );
    return new Map(rows.map(({ name, version }) => [name, version]));
  }

  /**
   * Stores what an agent reports, in one transaction; when it returns, it is kept. What is
   * stored already changes nothing and rings for nobody. The last valid version of a
   * refused fact stays.
   *
   * @returns why facts were refused, by name; the others are stored.
   * @throws NOT_FOUND for a cluster that is not in this mesh, CLUSTER_REMOVED.
   */
  async apply(
    cluster: ReportingCluster,
    type: FactName,
    changes: FactChanges,
  ): Promise<Map<string, string>> {
    if (!Object.hasOwn(Facts, type)) {
      throw new IsthmusError('RESOURCE_INVALID', 'unknown type of fact; upgrade the hub first');
    }
    return this.database.withOrganization(cluster.organizationId, async (tx) => {
      const rules = await this.rulesOf(tx, cluster);
      const refused = new Map<string, string>();
      const valid = new Map<string, ReportedFact>();
      for (const fact of changes.resources) {
        const fault = faultOf(type, fact, rules);
        if (fault === undefined) valid.set(fact.name, fact);
        else refused.set(fact.name, fault);
      }
      const reported = new Set(changes.resources.map(({ name }) => name));
      const removed = changes.removed.filter((name) => !reported.has(name));

      if ((await differenceTo(tx, cluster, type, valid, removed)).isEmpty) return refused;
      const revision = await advanceMesh(tx, cluster.meshId, 'facts');
      // Once more, now that no other transaction changes this mesh.
      const difference = await differenceTo(tx, cluster, type, valid, removed);
      await withdraw(tx, cluster, type, difference.removed, revision);
      const room = difference.added.length
        ? await roomFor(tx, cluster, type)
        : Number.POSITIVE_INFINITY;
      for (const { name } of difference.added.splice(room)) {
        refused.set(name, `a cluster has at most ${factLimits[type]} ${type} facts; withdraw some`);
      }
      await upsert(tx, cluster, type, [...difference.changed, ...difference.added], revision);
      return refused;
    });
  }

  private async rulesOf(tx: Transaction, cluster: ReportingCluster): Promise<AddressRules> {
    const row = await tx.cluster.findUnique({
      where: { id: cluster.clusterId },
      select: { meshId: true, cidrs: true, removedAt: true },
    });
    if (row?.meshId !== cluster.meshId) throw notFound('cluster');
    if (row.removedAt) {
      throw new IsthmusError('CLUSTER_REMOVED', 'the cluster was removed; register it anew');
    }
    return { declared: new AddressRanges(row.cidrs), reserved: this.reserved };
  }
}

function faultOf(type: FactName, fact: ReportedFact, rules: AddressRules): string | undefined {
  try {
    validateFact(type, fact, rules);
    return undefined;
  } catch (error) {
    if (error instanceof IsthmusError) return error.message;
    throw error;
  }
}

/** What of a report is news. */
interface Difference {
  /** New names, and withdrawn ones that are back; in the order of names. */
  readonly added: ReportedFact[];
  readonly changed: ReportedFact[];
  readonly removed: string[];
  readonly isEmpty: boolean;
}

async function differenceTo(
  tx: Transaction,
  { clusterId }: ReportingCluster,
  type: FactName,
  reported: ReadonlyMap<string, ReportedFact>,
  withdrawn: readonly string[],
): Promise<Difference> {
  const names = [...reported.keys(), ...withdrawn.filter((name) => !name.includes('\0'))];
  const rows = await tx.$queryRaw<(StoredFact & { name: string })[]>`
    SELECT name, version, withdrawn_at IS NOT NULL AS withdrawn
      FROM fact WHERE cluster_id = ${clusterId} AND type = ${type} AND name = ANY(${names}::text[])`;
  const stored = new Map<string, StoredFact>(rows.map((row) => [row.name, row]));
  const added: ReportedFact[] = [];
  const changed: ReportedFact[] = [];
  for (const name of [...reported.keys()].sort()) {
    const [fact, old] = [reported.get(name), stored.get(name)];
    if (!fact) continue;
    if (!old || old.withdrawn) added.push(fact);
    else if (old.version !== fact.version) changed.push(fact);
  }
  const removed = withdrawn.filter((name) => stored.get(name)?.withdrawn === false);
  return {
    added,
    changed,
    removed,
    isEmpty: added.length + changed.length + removed.length === 0,
  };
}

/** How many more facts of a type a cluster may have. */
async function roomFor(
  tx: Transaction,
  { clusterId }: ReportingCluster,
  type: FactName,
): Promise<number> {
  const [counts] = await tx.$queryRaw<{ live: number; all: number }[]>`
    SELECT (count(*) FILTER (WHERE withdrawn_at IS NULL))::int AS live, count(*)::int AS all
      FROM fact WHERE cluster_id = ${clusterId} AND type = ${type}`;
  const { live = 0, all = 0 } = counts ?? {};
  const limit = factLimits[type];
  return Math.max(0, Math.min(limit - live, (1 + tombstoneShare) * limit - all));
}

async function withdraw(
  tx: Transaction,
  { clusterId }: ReportingCluster,
  type: FactName,
  names: readonly string[],
  revision: bigint,
): Promise<void> {
  if (names.length === 0) return;
  await tx.$executeRaw`
    UPDATE fact SET withdrawn_at = now(), updated_at = now(), revision = ${revision}, body = ''::bytea
     WHERE cluster_id = ${clusterId} AND type = ${type} AND name = ANY(${[...names]}::text[])`;
}

async function upsert(
  tx: Transaction,
  { organizationId, meshId, clusterId }: ReportingCluster,
  type: FactName,
  facts: readonly ReportedFact[],
  revision: bigint,
): Promise<void> {
  if (facts.length === 0) return;
  const names = facts.map(({ name }) => name);
  const versions = facts.map(({ version }) => version);
  const bodies = facts.map(({ body }) => Buffer.from(body).toString('base64'));
  await tx.$executeRaw`
    INSERT INTO fact AS old
           (cluster_id, type, name, organization_id, mesh_id, version, body, revision, since)
    SELECT ${clusterId}, ${type}, new.name, ${organizationId}, ${meshId}, new.version,
           decode(new.body, 'base64'), ${revision}, ${revision}
      FROM unnest(${names}::text[], ${versions}::text[], ${bodies}::text[])
           AS new (name, version, body)
    ON CONFLICT (cluster_id, type, name) DO UPDATE
       SET version = excluded.version, body = excluded.body, revision = excluded.revision,
           since = CASE WHEN old.withdrawn_at IS NULL THEN old.since ELSE excluded.since END,
           withdrawn_at = NULL, updated_at = now()`;
}
