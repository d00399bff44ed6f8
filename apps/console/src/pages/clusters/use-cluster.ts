import { useApi } from '../../api/index.js';
import { Cluster } from './queries.js';

/** An agent that has not come yet, and one that is refused, ring nothing: it is asked, in ms. */
const askMs = 2000;

/** A cluster, kept up to date; closely until it has joined. */
export function useCluster(id: string) {
  return useApi(
    Cluster,
    { id },
    {
      everyMs: (data) => {
        const isJoining =
          data !== undefined && !data.cluster.joining.done && data.cluster.status !== 'REMOVED';
        return isJoining ? askMs : undefined;
      },
    },
  );
}
