import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'clusters/new',
    scope: 'mesh',
    title: 'Add a cluster',
    load: () => import('./register-cluster.js'),
  },
  {
    path: 'clusters/:clusterId/join',
    scope: 'mesh',
    title: 'Join',
    load: () => import('./join.js'),
  },
  {
    path: 'clusters/:clusterId',
    scope: 'mesh',
    title: 'Cluster',
    load: () => import('./cluster.js'),
  },
];
