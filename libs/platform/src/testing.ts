import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from './database/database.js';
import { type EmbeddedDatabase, startEmbeddedDatabase } from './database/embedded.js';
import {
  provisionDatabase,
  provisionServiceLogin,
  serviceConnection,
} from './database/provision.js';

/** A database of its own for one spec file, with the schema and the services' login. */
export interface TestDatabase {
  readonly server: EmbeddedDatabase;
  /** As the services see it. */
  readonly database: Database;
  readonly databaseUrl: string;
  stop(): Promise<void>;
}

/** Starts the embedded Postgres in a new folder, which goes away with it. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-postgres-'));
  const server = await startEmbeddedDatabase(folder, { flags: ['-c', 'fsync=off'] });
  await provisionDatabase(server.ownerUrl);
  const databaseUrl = await provisionServiceLogin(server.ownerUrl);
  const database = new Database(serviceConnection(databaseUrl, 'test'));
  return {
    server,
    database,
    databaseUrl,
    async stop() {
      await database.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
