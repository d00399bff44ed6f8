import type { IntentStatusFact, ReleaseStatusFact } from '@isthmus/contracts';
import type { MeshState } from '@isthmus/federation';
import type { ClusterStatus } from '@isthmus/fleet';

/** A mesh as it was at one time: what was decided of it, what was reported, and what became of it. */
export interface Picture extends MeshState {
  readonly now: Date;
  /** How each cluster stands with the plane, by its id; removed ones too. */
  readonly contacts: ReadonlyMap<string, Contact>;
  /** What agents said of intents: by cluster id, then by `Type/name`. Those that were asked for. */
  readonly statuses: ReadonlyMap<string, ReadonlyMap<string, IntentStatusFact>>;
  /** Where the configuration of clusters stands, by cluster id. Of those that were asked for. */
  readonly releases: ReadonlyMap<string, ReleaseStatusFact>;
}

export interface Contact {
  readonly status: ClusterStatus;
  readonly lockReason: string | null;
  readonly lastContactAt: Date | null;
}
