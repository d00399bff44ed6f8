import { EventsModule } from '@isthmus/events';
import { FederationModule } from '@isthmus/federation';
import { PlatformModule, queueConnection } from '@isthmus/platform';
import { ReleasesModule } from '@isthmus/releases';
import { IdempotencyKeys } from '@isthmus/tenancy';
import { TrustModule } from '@isthmus/trust';
import { UpgradesModule } from '@isthmus/upgrades';
import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import type { WorkerConfig } from './config.js';
import { EventQueue, eventQueue, registerEventProcessor } from './event-queue.js';
import { registerMeshProcessor } from './mesh-processor.js';
import { MeshQueue, meshQueue } from './mesh-queue.js';
import { QueueDepths } from './queue-depths.js';
import { UpgradeFlows, upgradeQueue } from './upgrade-flows.js';
import { registerUpgradeProcessor } from './upgrade-processor.js';
import { registerWebhookProcessor, WebhookQueue, webhookQueue } from './webhook-queue.js';

@Module({})
export class WorkerModule {
  static forRoot(config: WorkerConfig): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        PlatformModule.forRoot('worker', config),
        BullModule.forRoot(queueConnection(config.DATABASE_URL, config.REDIS_URL)),
        BullModule.registerQueue(
          { name: meshQueue },
          { name: upgradeQueue },
          { name: eventQueue },
          { name: webhookQueue },
        ),
        BullModule.registerFlowProducer({ name: upgradeQueue }),
        ReleasesModule,
        TrustModule,
        FederationModule,
        EventsModule.forRoot(config.ISTHMUS_WEBHOOK_CIDRS),
        UpgradesModule.forRoot(config.ISTHMUS_ISTIO_VERSIONS),
      ],
      providers: [
        IdempotencyKeys,
        MeshQueue,
        UpgradeFlows,
        EventQueue,
        WebhookQueue,
        QueueDepths,
        registerMeshProcessor(config.ISTHMUS_JOB_LOCK_MS),
        registerUpgradeProcessor(config.ISTHMUS_JOB_LOCK_MS),
        registerEventProcessor(config.ISTHMUS_JOB_LOCK_MS),
        registerWebhookProcessor(config.ISTHMUS_JOB_LOCK_MS),
      ],
    };
  }
}
