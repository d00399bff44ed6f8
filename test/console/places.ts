import type { World } from '@isthmus/local';
import type { Fleet } from './fleet.js';

/** A page of the console, with something on it. */
export interface Place {
  /** Of its pictures. */
  readonly name: string;
  readonly path: string;
  /** Whether a stranger sees it. */
  readonly isPublic?: boolean;
  /** Is there once the page has what it shows. */
  readonly text: string | RegExp;
}

/** Every page that there is, in this fleet. */
export function placesOf(world: World, fleet: Fleet): readonly Place[] {
  const mesh = `/meshes/${world.meshId}`;
  const { cloud, onprem, pendingId, rolloutId, upgradeId, webhookId } = fleet;
  const asked = new URLSearchParams({
    from: onprem.id,
    namespace: 'shop',
    account: 'inventory',
    to: 'payments.shop.svc.cluster.local',
    port: '80',
  });
  return [
    { name: 'sign-in', path: '/sign-in', isPublic: true, text: 'New here?' },
    { name: 'sign-up', path: '/sign-up', isPublic: true, text: 'You have an account?' },
    { name: 'mesh-new', path: '/meshes/new', text: 'Trust domain' },
    { name: 'fleet', path: `${mesh}/fleet`, text: 'onprem' },
    { name: 'fleet-list', path: `${mesh}/fleet?view=list`, text: 'onprem' },
    { name: 'cluster-new', path: `${mesh}/clusters/new`, text: 'Network' },
    { name: 'cluster-join', path: `${mesh}/clusters/${pendingId}/join`, text: 'join token' },
    { name: 'cluster', path: `${mesh}/clusters/${cloud.id}`, text: 'eu-central-1/a' },
    {
      name: 'cluster-imports',
      path: `${mesh}/clusters/${cloud.id}?tab=imports`,
      text: 'inventory',
    },
    { name: 'cluster-drift', path: `${mesh}/clusters/${onprem.id}?tab=drift`, text: 'night-shift' },
    { name: 'services', path: `${mesh}/services`, text: /payments/ },
    { name: 'service', path: `${mesh}/services/shop/payments`, text: 'cloud' },
    { name: 'reachability', path: `${mesh}/reachability?${asked}`, text: /reach/ },
    { name: 'topology', path: `${mesh}/topology`, text: 'onprem' },
    { name: 'topology-services', path: `${mesh}/topology?level=services`, text: /payments|cloud/ },
    { name: 'configuration', path: `${mesh}/configuration`, text: 'Who may call payments' },
    { name: 'configuration-edit', path: `${mesh}/configuration/edit`, text: 'access.yaml' },
    { name: 'intent-new', path: `${mesh}/configuration/intents/new`, text: 'who may call' },
    {
      name: 'intent',
      path: `${mesh}/configuration/intents/new?kind=AccessPolicy&namespace=shop&service=payments`,
      text: 'What it becomes',
    },
    { name: 'releases', path: `${mesh}/configuration/releases`, text: 'More patience' },
    { name: 'release', path: `${mesh}/configuration/releases/2`, text: 'More patience' },
    { name: 'activity', path: `${mesh}/activity`, text: /Rollout halted/ },
    { name: 'webhooks', path: '/webhooks', text: 'on-call' },
    { name: 'webhook-new', path: '/webhooks/new', text: 'Its secret is shown once' },
    { name: 'webhook', path: `/webhooks/${webhookId}`, text: 'could not be reached' },
    { name: 'drift', path: `${mesh}/configuration/drift`, text: 'night-shift' },
    {
      name: 'configuration-settings',
      path: `${mesh}/configuration/settings`,
      text: 'Waves and gate',
    },
    { name: 'rollouts', path: `${mesh}/rollouts`, text: 'More patience' },
    { name: 'rollout', path: `${mesh}/rollouts/${rolloutId}`, text: /halted/i },
    { name: 'upgrades', path: `${mesh}/upgrades`, text: 'Native sidecars' },
    { name: 'upgrades-istio', path: `${mesh}/upgrades?tab=istio`, text: 'Not taken over' },
    { name: 'upgrades-settings', path: `${mesh}/upgrades?tab=settings`, text: 'end of the year' },
    { name: 'upgrade-new', path: `${mesh}/upgrades/new`, text: 'How it makes its way' },
    { name: 'upgrade', path: `${mesh}/upgrades/${upgradeId}`, text: 'Not taken over' },
    {
      name: 'upgrade-cluster',
      path: `${mesh}/upgrades/${upgradeId}?cluster=${cloud.id}`,
      text: 'Not taken over',
    },
    {
      name: 'cluster-istio',
      path: `${mesh}/clusters/${cloud.id}?tab=istio`,
      text: 'may change it',
    },
    { name: 'trust', path: `${mesh}/trust`, text: 'onprem' },
    { name: 'settings', path: `${mesh}/settings`, text: 'labelled' },
    { name: 'account', path: '/account', text: 'ada@acme.example' },
    { name: 'organization', path: '/organization', text: 'Ada' },
    { name: 'tokens', path: '/tokens', text: 'deploy pipeline' },
  ];
}
