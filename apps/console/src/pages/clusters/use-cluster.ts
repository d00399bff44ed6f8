import { useEffect } from 'react';
import { useApi } from '../../api/index.js';
import { Cluster } from './queries.js';

/** An agent that has not come yet, and one that is refused, ring nothing: it is asked, in ms. */
const askMs = 2000;

/** A cluster, kept up to date; closely until it has joined. */
export function useCluster(id: string) {
  const result = useApi(Cluster, { id });
  const { data, refetch } = result;
  const isJoining =
    data !== undefined && !data.cluster.joining.done && data.cluster.status !== 'REMOVED';
  useEffect(() => {
    if (!isJoining) return;
    const timer = setInterval(() => {
      if (!document.hidden) void refetch();
    }, askMs);
    return () => clearInterval(timer);
  }, [isJoining, refetch]);
  return result;
}
