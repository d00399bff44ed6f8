import { clusters } from './clusters.js';
import { exportPolicies, findings, hostGrants, services } from './federation.js';
import { meshes } from './meshes.js';
import type { Noun } from './noun.js';
import { organization, tokens } from './organization.js';
import { releases, rollouts } from './releases.js';
import { istioVersions, upgrades } from './upgrades.js';
import { webhooks } from './webhooks.js';

/** All that `get` and `describe` know. */
export const nouns: readonly Noun[] = [
  organization,
  meshes,
  clusters,
  tokens,
  exportPolicies,
  hostGrants,
  services,
  releases,
  rollouts,
  upgrades,
  istioVersions,
  findings,
  webhooks,
];

/** By any of the names that it goes by. */
export function nounOf(name: string): Noun | undefined {
  const wanted = name.toLowerCase();
  return nouns.find((noun) => noun.name === wanted || noun.aliases.includes(wanted));
}
