import { IsthmusError } from '@isthmus/kernel';
import { authorize, type Permission } from '@isthmus/tenancy';
import type { GraphQLFieldResolver, GraphQLSchema } from '../graphql-js.js';
import { actorOf, principalOf, type RequestContext } from './request-context.js';

/** A permission of the actor; or anybody; or any person or token, about themselves. */
export type Access = Permission | 'public' | 'self';

/** Who may call what: every root field there is, and nothing else. */
export const operations: Readonly<Record<string, Access>> = {
  'Query.viewer': 'self',
  'Query.organization': 'organization.read',
  'Query.node': 'organization.read',
  'Query.nodes': 'organization.read',
  'Query.mesh': 'mesh.read',
  'Query.meshByName': 'mesh.read',
  'Query.meshes': 'mesh.read',
  'Query.cluster': 'cluster.read',
  'Query.agentInstallation': 'cluster.read',
  'Query.configurationKinds': 'self',
  'Query.reachability': 'federation.read',
  'Query.istioVersions': 'self',
  'Query.eventTypes': 'self',
  'Mutation.signUp': 'public',
  'Mutation.signIn': 'public',
  'Mutation.signOut': 'public',
  'Mutation.createMesh': 'mesh.write',
  'Mutation.deleteMesh': 'mesh.write',
  'Mutation.registerCluster': 'cluster.write',
  'Mutation.createJoinToken': 'cluster.write',
  'Mutation.removeCluster': 'cluster.write',
  'Mutation.updateCluster': 'cluster.write',
  'Mutation.setClusterLabels': 'cluster.write',
  'Mutation.unlockCluster': 'cluster.write',
  'Mutation.releaseHeldRemovals': 'cluster.write',
  'Mutation.createExportPolicy': 'federation.write',
  'Mutation.updateExportPolicy': 'federation.write',
  'Mutation.deleteExportPolicy': 'federation.write',
  'Mutation.grantHost': 'federation.write',
  'Mutation.revokeHostGrant': 'federation.write',
  'Mutation.checkConfiguration': 'configuration.read',
  'Mutation.applyConfiguration': 'configuration.write',
  'Mutation.startRollout': 'configuration.write',
  'Mutation.pauseRollout': 'configuration.write',
  'Mutation.resumeRollout': 'configuration.write',
  'Mutation.abortRollout': 'configuration.write',
  'Mutation.updateConfigurationSettings': 'configuration.write',
  'Mutation.adoptDrift': 'configuration.write',
  'Mutation.requestInventory': 'configuration.write',
  'Mutation.adoptInventory': 'configuration.write',
  'Mutation.takeOverIstio': 'upgrade.write',
  'Mutation.setClusterChannel': 'upgrade.write',
  'Mutation.retryAgentUpgrade': 'upgrade.write',
  'Mutation.updateUpgradeSettings': 'upgrade.write',
  'Mutation.planUpgrade': 'upgrade.write',
  'Mutation.startUpgrade': 'upgrade.write',
  'Mutation.approveUpgrade': 'upgrade.approve',
  'Mutation.rejectUpgrade': 'upgrade.approve',
  'Mutation.pauseUpgrade': 'upgrade.write',
  'Mutation.resumeUpgrade': 'upgrade.write',
  'Mutation.abortUpgrade': 'upgrade.write',
  'Mutation.rollBackUpgrade': 'upgrade.write',
  'Mutation.retryUpgradeCluster': 'upgrade.write',
  'Mutation.skipUpgradeCluster': 'upgrade.write',
  'Mutation.createWebhook': 'webhook.write',
  'Mutation.updateWebhook': 'webhook.write',
  'Mutation.deleteWebhook': 'webhook.write',
  'Mutation.rotateWebhookSecret': 'webhook.write',
  'Mutation.testWebhook': 'webhook.write',
  'Mutation.redeliverWebhook': 'webhook.write',
  'Mutation.replayWebhook': 'webhook.write',
  'Mutation.createApiToken': 'apiToken.write',
  // A token ends itself, whatever it may do besides.
  'Mutation.revokeApiToken': 'self',
  'Subscription.clusterStatus': 'cluster.read',
  'Subscription.meshChanged': 'mesh.read',
};

/**
 * Puts the table before every root field, on the schema itself: whatever way a resolver
 * came to be, it is not called before the table has been asked.
 *
 * @throws INVALID_CONFIGURATION naming a field that is not in the table, or an entry that
 * no field answers to.
 */
export function guardSchema(
  schema: GraphQLSchema,
  table: Readonly<Record<string, Access>> = operations,
): GraphQLSchema {
  const unused = new Set(Object.keys(table));
  for (const root of [
    schema.getQueryType(),
    schema.getMutationType(),
    schema.getSubscriptionType(),
  ]) {
    for (const field of Object.values(root?.getFields() ?? {})) {
      const name = `${root?.name}.${field.name}`;
      const access = table[name];
      if (!access) {
        throw new IsthmusError(
          'INVALID_CONFIGURATION',
          `the operation ${name} has no permission; add it to the table of operations`,
        );
      }
      unused.delete(name);
      if (field.resolve) field.resolve = guarded(access, field.resolve);
      if (field.subscribe) field.subscribe = guarded(access, field.subscribe);
    }
  }
  if (unused.size > 0) {
    throw new IsthmusError(
      'INVALID_CONFIGURATION',
      `no such operation: ${[...unused].join(', ')}; take it out of the table of operations`,
    );
  }
  return schema;
}

type Resolver = GraphQLFieldResolver<unknown, RequestContext>;

function guarded(access: Access, resolver: Resolver): Resolver {
  if (access === 'public') return resolver;
  return (source, args, context, info) => {
    if (access === 'self') principalOf(context);
    else authorize(actorOf(context), access);
    return resolver(source, args, context, info);
  };
}
