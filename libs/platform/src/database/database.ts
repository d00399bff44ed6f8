import { IsthmusError } from '@isthmus/kernel';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { tablesWithoutTenant } from './exempt.js';
import { type Prisma, PrismaClient } from './generated/client.js';

/** A transaction: the only way to rows of a tenant. */
export type Transaction = Prisma.TransactionClient;

/** Role without ownership of any table, which every service takes on as it connects. */
export const serviceRole = 'isthmus_service';

const transactionLimits = { maxWait: 10_000, timeout: 15_000 };

/**
 * Postgres, as the services see it. Row-level security decides what a transaction sees,
 * and it is told on whose behalf it runs as it begins; one that was told nothing sees no
 * row of any tenant.
 */
export class Database {
  /** For tables that belong to no organization; sees no row of a tenant. */
  readonly untenanted: PrismaClient;
  private readonly pool: pg.Pool;

  constructor(readonly connection: pg.PoolConfig) {
    // Dates travel as text both ways: the driver would read them in the machine's zone.
    this.pool = new pg.Pool(connection);
    this.pool.on('error', () => {}); // an idle connection that broke; the next query opens another
    this.untenanted = new PrismaClient({ adapter: new PrismaPg(this.pool) });
  }

  /** Connections of the pool, and how many wait for one. */
  get pooled(): { used: number; idle: number; most: number; awaited: number } {
    const { totalCount, idleCount, waitingCount, options } = this.pool;
    const used = totalCount - idleCount;
    return { used, idle: idleCount, most: options.max, awaited: waitingCount };
  }

  /** Runs in one transaction that sees and writes the rows of this organization alone. */
  withOrganization<T>(organizationId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.transaction('isthmus.organization_id', organizationId, work);
  }

  /**
   * As `withOrganization`, and all that it reads is of one moment: for answers that compare rows with
   * each other. Not for writing, which fails there when others write the same rows.
   */
  withSnapshot<T>(organizationId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.transaction('isthmus.organization_id', organizationId, work, 'RepeatableRead');
  }

  /** Runs in one transaction that reads the memberships and organizations of one person. */
  withUser<T>(userId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.transaction('isthmus.user_id', userId, work);
  }

  private transaction<T>(
    setting: string,
    value: string,
    work: (tx: Transaction) => Promise<T>,
    isolationLevel?: Prisma.TransactionIsolationLevel,
  ): Promise<T> {
    if (!value) throw new IsthmusError('ORGANIZATION_REQUIRED', `${setting} must be named`);
    return this.untenanted.$transaction(
      async (tx) => {
        await tx.$executeRaw`SELECT set_config(${setting}, ${value}, true)`;
        return work(tx);
      },
      // Named only where it is not the database's own: it is one more statement.
      { ...transactionLimits, ...(isolationLevel && { isolationLevel }) },
    );
  }

  /**
   * Refuses to go on with a database in which tenants could see each other.
   *
   * @throws INVALID_CONFIGURATION naming the table or the role.
   */
  async assertTenantIsolation(): Promise<void> {
    const tables = await this.untenanted.$queryRaw<
      { name: string; forced: boolean; policies: bigint; owned: boolean }[]
    >`SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
             (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) AS policies,
             pg_has_role(current_user, c.relowner, 'USAGE') AS owned
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')`;
    if (tables.length === 0) {
      throw new IsthmusError('INVALID_CONFIGURATION', 'the database is empty; run the migrations');
    }
    for (const table of tables) {
      if (table.owned) {
        throw new IsthmusError(
          'INVALID_CONFIGURATION',
          `the services' role owns the table ${table.name}; connect as a member of ${serviceRole} alone`,
        );
      }
      if (table.name in tablesWithoutTenant) continue;
      if (!table.forced || table.policies === 0n) {
        throw new IsthmusError(
          'INVALID_CONFIGURATION',
          `the table ${table.name} has no forced row-level security; add it in its migration`,
        );
      }
    }
    const [role] = await this.untenanted.$queryRaw<
      { bypass: boolean }[]
    >`SELECT rolsuper OR rolbypassrls AS bypass FROM pg_roles WHERE rolname = current_user`;
    if (role?.bypass !== false) {
      throw new IsthmusError(
        'INVALID_CONFIGURATION',
        'the database role passes over row-level security; connect as an ordinary role',
      );
    }
  }

  async close(): Promise<void> {
    await this.untenanted.$disconnect();
    await this.pool.end();
  }
}

/**
 * Moves the mesh's clock on, inside the transaction that changes it, and rings the
 * doorbell as it commits. Call it first: it holds the mesh's row to the end, so that
 * revisions commit in order and a reader that has seen one has seen all before it.
 *
 * @param what whether settings change (clusters, policies, grants, trust) or only facts.
 * @returns the revision to write into what changes.
 */
export async function advanceMesh(
  tx: Transaction,
  meshId: string,
  what: 'settings' | 'facts',
): Promise<bigint> {
  const settings = what === 'settings' ? 1n : 0n;
  const [row] = await tx.$queryRaw<{ revision: bigint }[]>`
    UPDATE mesh_clock
       SET revision = revision + 1,
           settings = CASE WHEN ${settings} = 1 THEN revision + 1 ELSE settings END,
           updated_at = now()
     WHERE mesh_id = ${meshId}
    RETURNING revision, pg_notify('isthmus_mesh', mesh_id || ' ' || revision)::text`;
  if (!row) throw new IsthmusError('NOT_FOUND', 'no such mesh');
  return row.revision;
}
