import { Database } from '@isthmus/platform';
import { ConfigurationSource } from '@isthmus/releases';
import { TrustService } from '@isthmus/trust';
import { VersionSource } from '@isthmus/upgrades';
import { Inject, Injectable } from '@nestjs/common';
import { MeshView } from './mesh-view.js';

/** Makes views of meshes. Whoever asks keeps the view for as long as its agents are connected. */
@Injectable()
export class MeshViews {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TrustService) private readonly trust: TrustService,
    @Inject(ConfigurationSource) private readonly releases: ConfigurationSource,
    @Inject(VersionSource) private readonly upgrades: VersionSource,
  ) {}

  /** A new, empty view; `refresh` fills it. */
  open(organizationId: string, meshId: string): MeshView {
    const { database, trust, releases, upgrades } = this;
    return new MeshView({ organizationId, meshId, database, trust, releases, upgrades });
  }
}
