import { createLogger, platformConfig, provisionDatabase, readConfig } from '@isthmus/platform';
import { z } from 'zod';

// Brings the database to the schema of this release, as the owner of its tables, and ends. Several at
// once do no harm.

const migrateConfig = platformConfig.pick({ LOG_LEVEL: true }).extend({
  DATABASE_OWNER_URL: z.string().min(1).describe('Postgres, as the login that owns the tables'),
});
const { DATABASE_OWNER_URL, LOG_LEVEL } = readConfig(migrateConfig);
const logger = createLogger('migrate', LOG_LEVEL);
try {
  const applied = await provisionDatabase(DATABASE_OWNER_URL);
  logger.info({ applied }, 'the database is as this release wants it');
} catch (error) {
  logger.fatal({ error }, 'the database was not brought to this release');
  process.exit(1);
}
