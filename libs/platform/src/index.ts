/** What the services stand on: configuration, log, database, doorbell, vault, queue, health, metrics. */
export { platformConfig, port, readConfig } from './config.js';
export { advanceMesh, Database, serviceRole, type Transaction } from './database/database.js';
export { type EmbeddedDatabase, freePort, startEmbeddedDatabase } from './database/embedded.js';
export { Prisma } from './database/generated/client.js';
export { fromJson, toJson } from './database/json.js';
export { migrate, schemaSql } from './database/migrate.js';
export {
  provisionDatabase,
  provisionServiceLogin,
  serviceConnection,
} from './database/provision.js';
export { Doorbell, type MeshListener } from './doorbell.js';
export { type HealthCheck, serveHealth } from './health.js';
export { createLogger, type Logger, NestLogger } from './logging.js';
export { ApiMetrics, HubMetrics, WorkerMetrics } from './metrics.js';
export {
  CLOCK,
  InjectClock,
  InjectLogger,
  InjectVault,
  LOGGER,
  PlatformModule,
  VAULT,
} from './platform.module.js';
export { queueConnection } from './queue.js';
export { startTestDatabase, type TestDatabase } from './testing.js';
export { LocalVault, type Vault } from './vault.js';
