import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { SchemaEngine } from '@prisma/schema-engine-wasm';
import type pg from 'pg';

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
  const engine = await openEngine(connection);
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: await readMigrations(),
      filters: noFilter,
    });
    return appliedMigrationNames;
  } finally {
    engine.free();
  }
}

/** SQL that makes an empty database into prisma/schema.prisma, without what Prisma cannot say. */
export async function schemaSql(connection: pg.PoolConfig): Promise<string> {
  const engine = await openEngine(connection);
  try {
    const result = await engine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files: [await schemaFile()] },
      script: true,
      exitCode: null,
      filters: noFilter,
    });
    return result.stdout ?? '';
  } finally {
    engine.free();
  }
}

async function schemaFile(): Promise<{ path: string; content: string }> {
  const path = join(prismaFolder, 'schema.prisma');
  return { path, content: await readFile(path, 'utf8') };
}

async function openEngine(connection: pg.PoolConfig): Promise<SchemaEngine> {
  const schema = await schemaFile();
  return SchemaEngine.new(
    { datamodels: [[schema.path, schema.content]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(new PrismaPg(connection)),
  );
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
