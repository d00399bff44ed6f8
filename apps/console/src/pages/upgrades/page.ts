import { IconVersions } from '@tabler/icons-react';
import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'upgrades',
    scope: 'mesh',
    title: 'Upgrades',
    navigation: { order: 47, icon: IconVersions },
    load: () => import('./upgrades.js'),
  },
  {
    path: 'upgrades/new',
    scope: 'mesh',
    title: 'Plan an upgrade',
    load: () => import('./plan.js'),
  },
  {
    path: 'upgrades/:upgradeId',
    scope: 'mesh',
    title: 'Upgrade',
    load: () => import('./upgrade.js'),
  },
];
