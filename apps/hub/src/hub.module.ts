import { FederationModule } from '@isthmus/federation';
import { FleetModule } from '@isthmus/fleet';
import { PlatformModule } from '@isthmus/platform';
import { TrustModule } from '@isthmus/trust';
import { type DynamicModule, Module } from '@nestjs/common';
import { AgentServer } from './agent-server.js';
import { AgentSessions } from './agent-sessions.js';
import { HUB_CONFIG, type HubConfig } from './config.js';
import { LiveViews } from './live-views.js';

@Module({})
export class HubModule {
  static forRoot(config: HubConfig): DynamicModule {
    return {
      module: HubModule,
      imports: [PlatformModule.forRoot('hub', config), FleetModule, TrustModule, FederationModule],
      providers: [{ provide: HUB_CONFIG, useValue: config }, LiveViews, AgentSessions, AgentServer],
    };
  }
}
