import { IconRoute } from '@tabler/icons-react';
import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'reachability',
    scope: 'mesh',
    title: 'Reachability',
    navigation: { order: 25, icon: IconRoute },
    load: () => import('./reachability.js'),
  },
];
