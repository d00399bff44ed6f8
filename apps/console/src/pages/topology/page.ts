import { IconSitemap } from '@tabler/icons-react';
import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'topology',
    scope: 'mesh',
    title: 'Topology',
    navigation: { order: 30, icon: IconSitemap },
    wide: true,
    load: () => import('./topology.js'),
  },
];
