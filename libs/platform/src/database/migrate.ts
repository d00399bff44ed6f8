import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { SchemaEngine } from '@prisma/schema-engine-wasm';
import pg from 'pg';

const prismaFolder = fileURLToPath(new URL('../../../../prisma', import.meta.url));
const noFilter = { externalTables: [], externalEnums: [] };

/**
 * Applies the migrations of prisma/migrations that the database lacks, in order.
 * Prisma's own engine as WebAssembly does it, so its folder and its table are as ever.
 *
 * @param connection of the owner of the tables.
 * @returns names of the migrations applied now.
 */
export async function migrate(connection: pg.PoolConfig): Promise<string[]> {
  const migrationsList = await readMigrations();
  const { appliedMigrationNames } = await withEngine(connection, (engine) =>
    engine.applyMigrations({ migrationsList, filters: noFilter }),
  );
  return appliedMigrationNames;
}

/** SQL that makes an empty database into prisma/schema.prisma, without what Prisma cannot say. */
export async function schemaSql(connection: pg.PoolConfig): Promise<string> {
  const to = { tag: 'schemaDatamodel' as const, files: [await schemaFile()] };
  const { stdout } = await withEngine(connection, (engine) =>
    engine.diff({ from: { tag: 'empty' }, to, script: true, exitCode: null, filters: noFilter }),
  );
  return stdout ?? '';
}

async function withEngine<T>(
  connection: pg.PoolConfig,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  const schema = await schemaFile();
  // A pool of our own, ended here: the engine's advisory lock lives as long as its connection.
  const pool = new pg.Pool(connection);
  try {
    const engine = await SchemaEngine.new(
      { datamodels: [[schema.path, schema.content]] },
      () => {},
      bindMigrationAwareSqlAdapterFactory(new PrismaPg(pool)),
    );
    try {
      return await work(engine);
    } finally {
      engine.free();
    }
  } finally {
    await pool.end();
  }
}

async function schemaFile(): Promise<{ path: string; content: string }> {
  const path = join(prismaFolder, 'schema.prisma');
  return { path, content: await readFile(path, 'utf8') };
}

async function readMigrations() {
  const baseDir = join(prismaFolder, 'migrations');
  const entries = await readdir(baseDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.sort().map(async (path) => ({
        path,
        migrationFile: {
          path: 'migration.sql',
          content: {
            tag: 'ok' as const,
            value: await readFile(join(baseDir, path, 'migration.sql'), 'utf8'),
          },
        },
      })),
    ),
  };
}
