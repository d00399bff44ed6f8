import { Database } from '@isthmus/platform';
import { TrustService } from '@isthmus/trust';
import { Inject, Injectable } from '@nestjs/common';
import { MeshView } from './mesh-view.js';

/** Makes views of meshes. Whoever asks keeps the view for as long as its agents are connected. */
@Injectable()
export class MeshViews {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TrustService) private readonly trust: TrustService,
  ) {}

  /** A new, empty view; `refresh` fills it. */
  open(organizationId: string, meshId: string): MeshView {
    return new MeshView({ organizationId, meshId, database: this.database, trust: this.trust });
  }
}
