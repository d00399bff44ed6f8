import { IconCertificate } from '@tabler/icons-react';
import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'trust',
    scope: 'mesh',
    title: 'Trust',
    navigation: { order: 50, icon: IconCertificate },
    load: () => import('./trust.js'),
  },
];
