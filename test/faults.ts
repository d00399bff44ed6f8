import { randomBytes } from 'node:crypto';
import { Service } from '@isthmus/local';
import { freePort, type TestDatabase } from '@isthmus/platform';

/** A worker of its own on a database, not started yet. @param environment Over what it needs. */
export async function workerOn(
  { databaseUrl }: TestDatabase,
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const healthPort = await freePort();
  return new Service({
    name: 'worker',
    app: 'apps/worker',
    folder,
    healthPort,
    environment: {
      DATABASE_URL: databaseUrl,
      HEALTH_PORT: String(healthPort),
      ISTHMUS_KEK: randomBytes(32).toString('base64'),
      LOG_LEVEL: 'warn',
      ...environment,
    },
  });
}

/** A schedule that a seed repeats: numbers below 1 (mulberry32). */
export function random(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
