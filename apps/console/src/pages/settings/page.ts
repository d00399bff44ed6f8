import { IconSettings } from '@tabler/icons-react';
import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'settings',
    scope: 'mesh',
    title: 'Settings',
    navigation: { order: 60, icon: IconSettings },
    load: () => import('./settings.js'),
  },
  {
    path: 'settings/export-policies/new',
    scope: 'mesh',
    title: 'New export policy',
    load: () => import('./new-policy.js'),
  },
  {
    path: 'settings/export-policies/:policyId',
    scope: 'mesh',
    title: 'Export policy',
    load: () => import('./edit-policy.js'),
  },
  {
    path: 'settings/host-grants/new',
    scope: 'mesh',
    title: 'Grant a host',
    load: () => import('./grant-host.js'),
  },
];
