import { newId } from '@isthmus/kernel';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Doorbell } from '../doorbell.js';
import { startTestDatabase, type TestDatabase } from '../testing.js';
import { advanceMesh, Database } from './database.js';
import { tablesWithoutTenant } from './exempt.js';
import { schemaSql } from './migrate.js';
import { provisionDatabase } from './provision.js';

let test: TestDatabase;
const [orgA, orgB] = [newId('organization'), newId('organization')];

beforeAll(async () => {
  test = await startTestDatabase();
});
afterAll(() => test.stop());

async function makeMesh(organizationId: string): Promise<string> {
  const id = newId('mesh');
  await test.database.withOrganization(organizationId, async (tx) => {
    await tx.mesh.create({ data: { id, organizationId, name: id, trustDomain: 'cluster.local' } });
    await tx.meshClock.create({ data: { meshId: id, organizationId } });
  });
  return id;
}

async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('row-level security', () => {
  it('shows a tenant its own rows alone, and nobody nothing', async () => {
    const id = await makeMesh(orgA);
    const find = { where: { id } };
    expect(await test.database.withOrganization(orgA, (tx) => tx.mesh.findMany(find))).toHaveLength(
      1,
    );
    expect(await test.database.withOrganization(orgB, (tx) => tx.mesh.findMany(find))).toEqual([]);
    expect(await test.database.untenanted.mesh.findMany()).toEqual([]);
    expect(() => test.database.withOrganization('', (tx) => tx.mesh.findMany())).toThrow(
      'must be named',
    );
  });

  it('does not let a tenant write, move or delete rows of another', async () => {
    const id = await makeMesh(orgA);
    await expect(
      test.database.withOrganization(orgB, (tx) =>
        tx.mesh.create({
          data: { id: newId('mesh'), organizationId: orgA, name: 'x', trustDomain: 'x' },
        }),
      ),
    ).rejects.toThrow(/row-level security/);
    await expect(
      test.database.withOrganization(orgA, (tx) =>
        tx.mesh.update({ where: { id }, data: { organizationId: orgB } }),
      ),
    ).rejects.toThrow(/row-level security/);
    const gone = await test.database.withOrganization(orgB, (tx) =>
      tx.mesh.deleteMany({ where: { id } }),
    );
    expect(gone.count).toBe(0);
  });

  it('does not leak a setting into the next transaction of the connection', async () => {
    await makeMesh(orgA);
    for (let round = 0; round < 20; round += 1) {
      await test.database.withOrganization(orgA, (tx) => tx.mesh.findMany());
      expect(await test.database.untenanted.mesh.findMany()).toEqual([]);
    }
  });

  it('shows one moment to who asks for a snapshot, and holds there too', async () => {
    const organizationId = newId('organization');
    await makeMesh(organizationId);
    await test.database.withSnapshot(organizationId, async (tx) => {
      expect(await tx.mesh.count()).toBe(1);
      await makeMesh(organizationId);
      expect(await tx.mesh.count()).toBe(1);
    });
    expect(await test.database.withSnapshot(organizationId, (tx) => tx.mesh.count())).toBe(2);
    expect(await test.database.withSnapshot(orgB, (tx) => tx.mesh.count())).toBe(0);
  });

  it('guards every table but those that are listed', async () => {
    const tables = await query<{ name: string; forced: boolean }>(
      test.server.ownerUrl,
      `SELECT relname AS name, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`,
    );
    const open = tables.filter((table) => !table.forced).map((table) => table.name);
    expect(open.sort()).toEqual(Object.keys(tablesWithoutTenant).sort());
    // A release before the one that left another one open would not start on it.
    expect(open).toEqual([
      ...['_prisma_migrations', 'account', 'mesh_clock', 'platform_key'],
      ...['session', 'user', 'verification'],
    ]);
    await test.database.assertTenantIsolation();
  });

  it('refuses to start where it does not bind', async () => {
    await query(test.server.ownerUrl, 'CREATE TABLE loose (organization_id text)');
    try {
      await expect(test.database.assertTenantIsolation()).rejects.toThrow('loose');
    } finally {
      await query(test.server.ownerUrl, 'DROP TABLE loose');
    }
    const owner = new Database({ connectionString: test.server.ownerUrl });
    await expect(owner.assertTenantIsolation()).rejects.toThrow(/owns the table/);
    await owner.close();
  });
});

describe('migrations', () => {
  it('lead to prisma/schema.prisma, and are applied once', async () => {
    expect(await provisionDatabase(test.server.ownerUrl)).toEqual([]);
    await query(test.server.ownerUrl, 'CREATE DATABASE shadow');
    const url = new URL(test.server.ownerUrl);
    url.pathname = '/shadow';
    const sql = await schemaSql({ connectionString: test.server.ownerUrl });
    await query(url.toString(), sql);
    const columns = `SELECT table_name, column_name, data_type, is_nullable, column_default
      FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'
      ORDER BY 1, 2`;
    // Partial ones are the migrations' own: Prisma's schema has no words for them.
    const indexes = `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
      AND tablename <> '_prisma_migrations' AND indexdef NOT LIKE '% WHERE %' ORDER BY 1`;
    for (const catalogue of [columns, indexes]) {
      expect(await query(test.server.ownerUrl, catalogue)).toEqual(
        await query(url.toString(), catalogue),
      );
    }
  });
});

describe('Doorbell', () => {
  const silent = pino({ level: 'silent' });

  function nextRing(doorbell: Doorbell, meshId: string, at: bigint): Promise<bigint> {
    return new Promise((resolve) => {
      const end = doorbell.watch((id, revision) => {
        if (id !== meshId || revision < at) return;
        end();
        resolve(revision);
      });
    });
  }

  it('rings when a change commits, and not when it is rolled back', async () => {
    const meshId = await makeMesh(orgA);
    const doorbell = new Doorbell(test.database, silent, 60_000);
    await doorbell.start();
    const rings: bigint[] = [];
    doorbell.watch((id, revision) => id === meshId && rings.push(revision));
    await expect(
      test.database.withOrganization(orgA, async (tx) => {
        await advanceMesh(tx, meshId, 'facts');
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    const ring = nextRing(doorbell, meshId, 1n);
    const revision = await test.database.withOrganization(orgA, (tx) =>
      advanceMesh(tx, meshId, 'settings'),
    );
    expect(revision).toBe(1n);
    expect(await ring).toBe(1n);
    expect(rings).toEqual([1n]);
    await doorbell.close();
  });

  it('finds by polling what the listening connection missed', async () => {
    const meshId = await makeMesh(orgA);
    const doorbell = new Doorbell(test.database, silent, 50);
    await doorbell.start();
    await query(
      test.server.ownerUrl,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'",
    );
    const ring = nextRing(doorbell, meshId, 2n);
    await query(
      test.server.ownerUrl,
      `UPDATE mesh_clock SET revision = 2, updated_at = now() WHERE mesh_id = '${meshId}'`,
    );
    expect(await ring).toBe(2n);
    await doorbell.close();
  });

  it('commits revisions of one mesh in order', async () => {
    const meshId = await makeMesh(orgA);
    const committed: bigint[] = [];
    await Promise.all(
      Array.from({ length: 20 }, () =>
        test.database
          .withOrganization(orgA, (tx) => advanceMesh(tx, meshId, 'facts'))
          .then((revision) => committed.push(revision)),
      ),
    );
    expect([...committed].sort((a, b) => Number(a - b))).toEqual(
      Array.from({ length: 20 }, (_, index) => BigInt(index + 1)),
    );
  });
});
