import { ReleasesModule } from '@isthmus/releases';
import { type DynamicModule, Module } from '@nestjs/common';
import { AgentService } from './agents.js';
import { UpgradeDriver } from './driver.js';
import { IstioService } from './istio.js';
import { KnowledgeSource } from './knowledge-source.js';
import { UpgradePlanner } from './planner.js';
import { UpgradeSettingsService } from './settings.js';
import { UpgradeService } from './upgrades.js';

const services = [
  AgentService,
  IstioService,
  UpgradeDriver,
  UpgradePlanner,
  UpgradeService,
  UpgradeSettingsService,
];

/** Versions of Istio in a fleet. Needs the PlatformModule. */
@Module({})
export class UpgradesModule {
  /** @param knowledgePath of an operator's file over what is known of Istio's versions. */
  static forRoot(knowledgePath: string | undefined): DynamicModule {
    const knowledge = {
      provide: KnowledgeSource,
      useFactory: () => new KnowledgeSource(knowledgePath),
    };
    return {
      module: UpgradesModule,
      imports: [ReleasesModule],
      providers: [knowledge, ...services],
      exports: [KnowledgeSource, ...services],
    };
  }
}
