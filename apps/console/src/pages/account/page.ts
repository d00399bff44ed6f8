import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  { path: 'account', scope: 'person', title: 'Account', load: () => import('./account.js') },
];
