import { IconKey } from '@tabler/icons-react';
import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'tokens',
    scope: 'person',
    title: 'API tokens',
    navigation: { order: 80, icon: IconKey },
    load: () => import('./tokens.js'),
  },
  {
    path: 'tokens/new',
    scope: 'person',
    title: 'New API token',
    load: () => import('./new-token.js'),
  },
];
