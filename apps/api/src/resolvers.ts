import type { Type } from '@nestjs/common';
import { EventResolver, MeshEventsResolver } from './events/event.resolver.js';
import {
  OrganizationWebhooksResolver,
  WebhookDeliveryResolver,
  WebhookResolver,
} from './events/webhook.resolver.js';
import { ClusterFactsResolver } from './federation/cluster-facts.resolver.js';
import { MeshServiceResolver, MeshServicesResolver } from './federation/mesh-service.resolver.js';
import { MeshPolicyResolver } from './federation/policy.resolver.js';
import { ClusterResolver } from './fleet/cluster.resolver.js';
import { ClusterJoiningResolver } from './fleet/joining.resolver.js';
import { MeshResolver } from './fleet/mesh.resolver.js';
import { ReachabilityResolver } from './reachability/reachability.resolver.js';
import { NodeResolver } from './relay/node.resolver.js';
import {
  ClusterConfigurationResolver,
  ClusterReleaseResolver,
} from './releases/cluster-configuration.resolver.js';
import { ConfigurationKindResolver } from './releases/configuration-kind.resolver.js';
import {
  ClusterPreviewResolver,
  MeshReleasesResolver,
  ReleaseResolver,
} from './releases/release.resolver.js';
import {
  ConfigurationSettingsResolver,
  MeshRolloutsResolver,
  RolloutResolver,
} from './releases/rollout.resolver.js';
import { SubscriptionResolver } from './subscriptions/subscription.resolver.js';
import { AccountResolver } from './tenancy/account.resolver.js';
import { OrganizationResolver } from './tenancy/organization.resolver.js';
import { MeshTrustResolver } from './trust/trust.resolver.js';
import { ClusterAgentResolver } from './upgrades/agent.resolver.js';
import { ClusterIstioResolver, IstioResolver } from './upgrades/istio.resolver.js';
import {
  MeshUpgradesResolver,
  UpgradeClusterResolver,
  UpgradeEventResolver,
  UpgradeFindingResolver,
  UpgradeResolver,
} from './upgrades/upgrade.resolver.js';

/** All of the schema comes from these. */
export const resolvers: readonly Type<object>[] = [
  AccountResolver,
  ClusterConfigurationResolver,
  ClusterFactsResolver,
  ClusterAgentResolver,
  ClusterIstioResolver,
  ClusterJoiningResolver,
  ClusterPreviewResolver,
  ClusterReleaseResolver,
  ClusterResolver,
  ConfigurationKindResolver,
  ConfigurationSettingsResolver,
  EventResolver,
  IstioResolver,
  MeshEventsResolver,
  MeshPolicyResolver,
  MeshReleasesResolver,
  MeshResolver,
  MeshRolloutsResolver,
  MeshServiceResolver,
  MeshServicesResolver,
  MeshTrustResolver,
  MeshUpgradesResolver,
  NodeResolver,
  OrganizationResolver,
  OrganizationWebhooksResolver,
  ReachabilityResolver,
  ReleaseResolver,
  RolloutResolver,
  SubscriptionResolver,
  UpgradeClusterResolver,
  UpgradeEventResolver,
  UpgradeFindingResolver,
  UpgradeResolver,
  WebhookDeliveryResolver,
  WebhookResolver,
];
