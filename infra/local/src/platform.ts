import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type EmbeddedDatabase,
  freePort,
  provisionDatabase,
  provisionServiceLogin,
  startEmbeddedDatabase,
} from '@isthmus/platform';
import { Service } from './service.js';

const chart = fileURLToPath(new URL('../../helm/isthmus-agent', import.meta.url));

/** All start at once, on a machine that may be busy with clusters. */
const startDeadlineMs = 90_000;

export interface PlatformOptions {
  /** Where database, keys and logs live; kept, so that the next start goes on from there. */
  readonly folder: string;
  /** How many hubs; 1 unless said. */
  readonly hubs?: number;
  readonly apiPort?: number;
  readonly logLevel?: string;
  readonly log?: (line: string) => void;
}

/** The control plane on this machine: api, hubs and worker, each a process of its own. */
export interface LocalPlatform {
  readonly apiUrl: string;
  /** `host:port` of each hub. */
  readonly hubAddresses: readonly string[];
  readonly databaseUrl: string;
  readonly ownerUrl: string;
  readonly api: Service;
  readonly hubs: readonly Service[];
  readonly worker: Service;
  stop(): Promise<void>;
}

/**
 * Starts the control plane on the embedded Postgres, or on DATABASE_URL (with
 * DATABASE_OWNER_URL for the migrations, where the services' login is another).
 */
export async function startPlatform(options: PlatformOptions): Promise<LocalPlatform> {
  const log = options.log ?? (() => {});
  mkdirSync(options.folder, { recursive: true });
  // For the database's own user; what is secret in here has modes of its own.
  chmodSync(options.folder, 0o711);
  const keys = await platformKeys(options.folder);

  let embedded: EmbeddedDatabase | undefined;
  let ownerUrl: string;
  let databaseUrl: string;
  if (process.env.DATABASE_URL) {
    databaseUrl = process.env.DATABASE_URL;
    ownerUrl = process.env.DATABASE_OWNER_URL ?? databaseUrl;
    await provisionDatabase(ownerUrl);
    log('database: DATABASE_URL');
  } else {
    embedded = await startEmbeddedDatabase(join(options.folder, 'postgres'));
    ownerUrl = embedded.ownerUrl;
    await provisionDatabase(ownerUrl);
    databaseUrl = await provisionServiceLogin(ownerUrl);
    log('database: embedded Postgres');
  }

  const common = {
    DATABASE_URL: databaseUrl,
    LOG_LEVEL: options.logLevel ?? 'info',
    ISTHMUS_KEK: keys.keyEncryptionKey,
    // Whoever tries webhooks here receives them here.
    ISTHMUS_WEBHOOK_CIDRS: '127.0.0.0/8,::1/128',
    ...(process.env.REDIS_URL ? { REDIS_URL: process.env.REDIS_URL } : {}),
  };
  const hubs: Service[] = [];
  const hubAddresses: string[] = [];
  for (let index = 0; index < (options.hubs ?? 1); index += 1) {
    const [hubPort, healthPort] = [await freePort(), await freePort()];
    hubAddresses.push(`127.0.0.1:${hubPort}`);
    hubs.push(
      new Service({
        name: `hub-${index}`,
        app: 'apps/hub',
        folder: options.folder,
        healthPort,
        environment: {
          ...common,
          PORT: String(hubPort),
          HEALTH_PORT: String(healthPort),
          ISTHMUS_HUB_NAMES: 'localhost,127.0.0.1',
        },
      }),
    );
  }
  const apiPort = options.apiPort ?? (await freePort());
  const apiMetricsPort = await freePort();
  const api = new Service({
    name: 'api',
    app: 'apps/api',
    folder: options.folder,
    healthPort: apiPort,
    environment: {
      ...common,
      PORT: String(apiPort),
      METRICS_PORT: String(apiMetricsPort),
      ISTHMUS_PUBLIC_URL: `http://127.0.0.1:${apiPort}`,
      ISTHMUS_HUB_PUBLIC_ADDRESS: hubAddresses[0] ?? '',
      ISTHMUS_AGENT_CHART: chart,
      ISTHMUS_SESSION_SECRET: keys.sessionSecret,
    },
  });
  const workerHealth = await freePort();
  const worker = new Service({
    name: 'worker',
    app: 'apps/worker',
    folder: options.folder,
    healthPort: workerHealth,
    environment: { ...common, HEALTH_PORT: String(workerHealth) },
  });

  const services = [api, worker, ...hubs];
  const stop = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.stop()));
    await embedded?.stop();
  };
  try {
    await Promise.all(services.map((service) => service.start(startDeadlineMs)));
  } catch (error) {
    await stop();
    throw error;
  }
  log(`services: api, worker, ${hubs.length} hub${hubs.length > 1 ? 's' : ''}`);
  return {
    apiUrl: `http://127.0.0.1:${apiPort}`,
    hubAddresses,
    databaseUrl,
    ownerUrl,
    api,
    hubs,
    worker,
    stop,
  };
}

/** Keys of this installation, made at the first start and kept beside its database. */
async function platformKeys(
  folder: string,
): Promise<{ keyEncryptionKey: string; sessionSecret: string }> {
  const path = join(folder, 'keys.json');
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    const keys = {
      keyEncryptionKey: randomBytes(32).toString('base64'),
      sessionSecret: randomBytes(32).toString('base64url'),
    };
    await writeFile(path, JSON.stringify(keys), { mode: 0o600 });
    return keys;
  }
}
