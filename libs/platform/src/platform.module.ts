import { type Clock, systemClock } from '@isthmus/kernel';
import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { platformConfig } from './config.js';
import { Database } from './database/database.js';
import { serviceConnection } from './database/provision.js';
import { Doorbell } from './doorbell.js';
import { createLogger } from './logging.js';
import { metricsOf, type ServiceMetrics } from './metrics.js';
import { LocalVault, type Vault } from './vault.js';

/** Tokens for what has no class of its own. */
export const LOGGER = Symbol('Logger');
export const VAULT = Symbol('Vault');
export const CLOCK = Symbol('Clock');

export const InjectLogger = () => Inject(LOGGER);
export const InjectVault = () => Inject(VAULT);
export const InjectClock = () => Inject(CLOCK);

/** What every service stands on: database, doorbell, vault, clock, log, metrics. */
@Global()
@Module({})
export class PlatformModule implements OnApplicationShutdown {
  constructor(
    private readonly database: Database,
    private readonly doorbell: Doorbell,
  ) {}

  static forRoot(
    service: keyof typeof metricsOf,
    config: z.infer<typeof platformConfig>,
  ): DynamicModule {
    const Metrics = metricsOf[service];
    const providers = [
      { provide: LOGGER, useFactory: (): Logger => createLogger(service, config.LOG_LEVEL) },
      { provide: CLOCK, useValue: systemClock satisfies Clock },
      { provide: VAULT, useFactory: (): Vault => new LocalVault(config.ISTHMUS_KEK) },
      {
        provide: Database,
        useFactory: async (): Promise<Database> => {
          const database = new Database(serviceConnection(config.DATABASE_URL, service));
          await database.assertTenantIsolation();
          return database;
        },
      },
      {
        provide: Doorbell,
        inject: [Database, LOGGER],
        useFactory: (database: Database, logger: Logger) => new Doorbell(database, logger),
      },
      {
        provide: Metrics,
        inject: [Database, Doorbell],
        useFactory: (database: Database, doorbell: Doorbell): ServiceMetrics => {
          const metrics = new Metrics();
          metrics.watch(database, doorbell);
          return metrics;
        },
      },
    ];
    return {
      module: PlatformModule,
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.doorbell.close();
    await this.database.close();
  }
}
