import { randomBytes } from 'node:crypto';
import { runMigrations } from 'bullmq';
import pg from 'pg';
import { queueSchema } from '../queue.js';
import { serviceRole } from './database.js';
import { migrate } from './migrate.js';

/**
 * Brings a database to the newest schema, as its owner. Safe to run by several at once:
 * the engine takes an advisory lock.
 */
export async function provisionDatabase(ownerUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    // Not in a migration: roles belong to the server, and several databases may share one.
    const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [
      serviceRole,
    ]);
    if (!rowCount) {
      await client.query(`CREATE ROLE ${serviceRole} NOLOGIN`);
      // Services make sequences of their own in BullMQ's schema: who is no superuser grants on them as a member.
      await client.query(`GRANT ${serviceRole} TO CURRENT_USER`);
    }
  } finally {
    await client.end();
  }
  const applied = await migrate({ connectionString: ownerUrl });
  await provisionQueue(ownerUrl);
  return applied;
}

/** BullMQ's own tables, in a schema apart; made by the owner, used by the services. */
async function provisionQueue(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await runMigrations(client, queueSchema);
    await client.query(`
      GRANT USAGE, CREATE ON SCHEMA ${queueSchema} TO ${serviceRole};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${queueSchema} TO ${serviceRole};
      GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${queueSchema} TO ${serviceRole};
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${queueSchema} TO ${serviceRole}`);
  } finally {
    await client.end();
  }
}

/**
 * Makes a login that is a member of the services' role and nothing else, with a new
 * password, and answers its URL.
 */
export async function provisionServiceLogin(
  ownerUrl: string,
  login = 'isthmus_app',
): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [login]);
    const verb = rowCount ? 'ALTER' : 'CREATE';
    await client.query(
      `${verb} ROLE ${client.escapeIdentifier(login)} LOGIN PASSWORD ${client.escapeLiteral(password)}`,
    );
    await client.query(`GRANT ${serviceRole} TO ${client.escapeIdentifier(login)}`);
  } finally {
    await client.end();
  }
  const url = new URL(ownerUrl);
  url.username = login;
  url.password = password;
  return url.toString();
}

/** How a service connects: with its own login, in the role that owns nothing. */
export function serviceConnection(databaseUrl: string, application: string): pg.PoolConfig {
  return {
    connectionString: databaseUrl,
    application_name: `isthmus-${application}`,
    options: `-c role=${serviceRole}`,
    max: 10,
    connectionTimeoutMillis: 10_000,
    // A connection that nobody answers on any more must not be waited for.
    keepAlive: true,
    query_timeout: 20_000,
    statement_timeout: 20_000,
    idle_in_transaction_session_timeout: 30_000,
    idleTimeoutMillis: 60_000,
  };
}
