import type { Tone } from '../../parts/index.js';
import { capital } from '../../parts/words.js';

/** What a cluster says of its release, as far as it tells how it stands with a rollout. */
export interface ClusterStanding {
  readonly status: string;
  readonly configuration?: {
    readonly number?: number | null;
    readonly current: boolean;
    readonly objects: number;
    readonly stored: number;
    readonly pending: number;
    readonly refused: number;
    readonly unaccepted: number;
    readonly absent: number;
    readonly live: string;
    readonly proxies: number;
    readonly proxiesLive: number;
  } | null;
}

/**
 * How far a cluster has come with a release, in a word.
 *
 * @param number of the release.
 * @param hasBegun whether its wave has.
 */
export function standingOf(
  { status, configuration }: ClusterStanding,
  number: number,
  hasBegun: boolean,
): readonly [Tone, string] {
  if (status === 'REMOVED') return ['idle', 'Removed'];
  const runs = configuration?.number;
  if (runs !== number) {
    const now = typeof runs === 'number' ? `runs release ${runs}` : 'runs no release';
    return ['idle', hasBegun ? capital(now) : `Not yet: ${now}`];
  }
  if (status !== 'CONNECTED') return ['warn', 'Out of contact: gets it when it is back'];
  if (!configuration?.current) return ['busy', 'Told, has not answered yet'];
  const { objects, stored, pending, refused, unaccepted, live, proxies, proxiesLive } =
    configuration;
  if (refused + unaccepted > 0) return ['bad', `${refused + unaccepted} of ${objects} refused`];
  if (live === 'REFUSED') return ['bad', 'A proxy refused it'];
  if (pending > 0) return ['busy', `${stored} of ${objects} stored`];
  if (live === 'PENDING') return ['busy', `Live in ${proxiesLive} of ${proxies} proxies`];
  return live === 'YES' ? ['ok', 'Live'] : ['ok', 'Stored'];
}
