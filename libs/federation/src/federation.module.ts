import { ReleasesModule } from '@isthmus/releases';
import { TrustModule } from '@isthmus/trust';
import { VersionSource } from '@isthmus/upgrades';
import { Module } from '@nestjs/common';
import { ExportPolicyService } from './export-policies.js';
import { FactStore } from './fact-store.js';
import { HostGrantService } from './host-grants.js';
import { MeshViews } from './mesh-views.js';
import { FederationReader } from './reader.js';
import { FederationSweeper } from './sweeper.js';

const services = [
  ExportPolicyService,
  FactStore,
  FederationReader,
  FederationSweeper,
  HostGrantService,
  VersionSource,
  MeshViews,
];

/** Facts to intents: exports, imports, peers, exposures. Needs the PlatformModule. */
@Module({ imports: [TrustModule, ReleasesModule], providers: services, exports: services })
export class FederationModule {}
