import { IconWebhook } from '@tabler/icons-react';
import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  {
    path: 'webhooks',
    scope: 'person',
    title: 'Webhooks',
    navigation: { order: 85, icon: IconWebhook },
    load: () => import('./webhooks.js'),
  },
  {
    path: 'webhooks/new',
    scope: 'person',
    title: 'New webhook',
    load: () => import('./new-webhook.js'),
  },
  {
    path: 'webhooks/:webhookId',
    scope: 'person',
    title: 'Webhook',
    load: () => import('./webhook.js'),
  },
];
