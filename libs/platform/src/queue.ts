import { createPostgresBackend, type QueueOptions, setDefaultBackendFactory } from 'bullmq';
import { serviceRole } from './database/database.js';

/** Schema of BullMQ's tables in Postgres. */
export const queueSchema = 'bullmq';

/**
 * Where BullMQ keeps its jobs: Redis when there is a REDIS_URL, else Postgres, in a schema
 * of its own. The truth is never in the queue: whoever fills it can fill it again.
 * Call once, before the first queue is made.
 */
export function queueConnection(databaseUrl: string, redisUrl?: string): QueueOptions {
  if (redisUrl) {
    setDefaultBackendFactory();
    return { connection: { url: redisUrl, maxRetriesPerRequest: null }, prefix: 'isthmus' };
  }
  setDefaultBackendFactory(createPostgresBackend);
  const connection = {
    connectionString: databaseUrl,
    options: `-c role=${serviceRole}`,
    schema: queueSchema,
    max: 4,
  };
  // BullMQ types this option for Redis, whatever the backend.
  return { connection: connection as unknown as QueueOptions['connection'] };
}
