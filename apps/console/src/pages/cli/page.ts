import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'cli',
    scope: 'person',
    title: 'Authorize a command line',
    load: () => import('./authorize.js'),
  },
];
