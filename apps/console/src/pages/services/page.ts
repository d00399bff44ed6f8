import { IconStack2 } from '@tabler/icons-react';
import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'services',
    scope: 'mesh',
    title: 'Services',
    navigation: { order: 20, icon: IconStack2 },
    load: () => import('./services.js'),
  },
  {
    path: 'services/:namespace/:name',
    scope: 'mesh',
    title: 'Service',
    load: () => import('./service.js'),
  },
];
