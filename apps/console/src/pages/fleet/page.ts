import { IconTopologyStar3 } from '@tabler/icons-react';
import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'fleet',
    scope: 'mesh',
    title: 'Fleet',
    navigation: { order: 10, icon: IconTopologyStar3 },
    wide: true,
    load: () => import('./fleet.js'),
  },
];
