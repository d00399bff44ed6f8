import { FederationModule } from '@isthmus/federation';
import { PlatformModule, queueConnection } from '@isthmus/platform';
import { ReleasesModule } from '@isthmus/releases';
import { TrustModule } from '@isthmus/trust';
import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import type { WorkerConfig } from './config.js';
import { registerMeshProcessor } from './mesh-processor.js';
import { MeshQueue, meshQueue } from './mesh-queue.js';

@Module({})
export class WorkerModule {
  static forRoot(config: WorkerConfig): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        PlatformModule.forRoot('worker', config),
        BullModule.forRoot(queueConnection(config.DATABASE_URL, config.REDIS_URL)),
        BullModule.registerQueue({ name: meshQueue }),
        ReleasesModule,
        TrustModule,
        FederationModule,
      ],
      providers: [MeshQueue, registerMeshProcessor(config.ISTHMUS_JOB_LOCK_MS)],
    };
  }
}
