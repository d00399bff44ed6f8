import { IconBuilding } from '@tabler/icons-react';
import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'organization',
    scope: 'person',
    title: 'Organization',
    navigation: { order: 90, icon: IconBuilding },
    load: () => import('./organization.js'),
  },
];
