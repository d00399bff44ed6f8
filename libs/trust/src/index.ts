/** Trust anchors of meshes, and the certificates with which clusters sign. */
import { FleetModule } from '@isthmus/fleet';
import { Module } from '@nestjs/common';
import { TrustService } from './trust.js';

export {
  type SigningCertificateView,
  type TrustAnchor,
  TrustService,
  type TrustSettings,
  type TrustView,
} from './trust.js';

/** Needs the PlatformModule. */
@Module({ imports: [FleetModule], providers: [TrustService], exports: [TrustService] })
export class TrustModule {}
