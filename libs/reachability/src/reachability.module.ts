import { ReleasesModule } from '@isthmus/releases';
import { TrustModule } from '@isthmus/trust';
import { VersionSource } from '@isthmus/upgrades';
import { Module } from '@nestjs/common';
import { PictureLoader } from './picture-loader.js';
import { ReachabilityService } from './reachability.service.js';

/** Who reaches whom, and why not. Needs the PlatformModule. */
@Module({
  imports: [TrustModule, ReleasesModule],
  providers: [VersionSource, PictureLoader, ReachabilityService],
  exports: [ReachabilityService],
})
export class ReachabilityModule {}
