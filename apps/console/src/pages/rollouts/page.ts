import { IconRocket } from '@tabler/icons-react';
import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'rollouts',
    scope: 'mesh',
    title: 'Rollouts',
    navigation: { order: 45, icon: IconRocket },
    load: () => import('./rollouts.js'),
  },
  {
    path: 'rollouts/:rolloutId',
    scope: 'mesh',
    title: 'Rollout',
    load: () => import('./rollout.js'),
  },
];
