import { IconFileCode } from '@tabler/icons-react';
import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'configuration',
    scope: 'mesh',
    title: 'Configuration',
    navigation: { order: 40, icon: IconFileCode },
    load: () => import('./overview.js'),
  },
  {
    path: 'configuration/edit',
    scope: 'mesh',
    title: 'Editor',
    wide: true,
    load: () => import('./edit.js'),
  },
  {
    path: 'configuration/review',
    scope: 'mesh',
    title: 'Review and release',
    load: () => import('./review.js'),
  },
  {
    path: 'configuration/intents/new',
    scope: 'mesh',
    title: 'Intent',
    load: () => import('./intents/intent.js'),
  },
  {
    path: 'configuration/releases',
    scope: 'mesh',
    title: 'Releases',
    load: () => import('./releases.js'),
  },
  {
    path: 'configuration/releases/:number',
    scope: 'mesh',
    title: 'Release',
    load: () => import('./release.js'),
  },
  { path: 'configuration/drift', scope: 'mesh', title: 'Drift', load: () => import('./drift.js') },
  {
    path: 'configuration/settings',
    scope: 'mesh',
    title: 'Configuration settings',
    load: () => import('./settings.js'),
  },
];
