import type { ClusterNode } from './queries.js';

/** What each tab of a cluster's page is given. */
export interface TabProps {
  readonly cluster: ClusterNode;
  readonly meshId: string;
}
