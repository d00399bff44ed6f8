import { IconHistory } from '@tabler/icons-react';
import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'activity',
    scope: 'mesh',
    title: 'Activity',
    navigation: { order: 55, icon: IconHistory },
    load: () => import('./activity.js'),
  },
];
