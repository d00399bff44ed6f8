/** Operations by what they are about, in the order in which one gets to know them. */
export const chapters: readonly {
  readonly title: string;
  readonly words: string;
  readonly operations: readonly string[];
}[] = [
  {
    title: 'People and organizations',
    words: 'An organization is a tenant: nothing of one is seen by another.',
    operations: ['signUp', 'signIn', 'signOut', 'viewer', 'organization'],
  },
  {
    title: 'API tokens',
    words: 'What programs act with. A token is of one organization and has a role of its own.',
    operations: ['createApiToken', 'revokeApiToken'],
  },
  {
    title: 'Nodes',
    words: 'Most things have an id that says what they are, and can be read again by it.',
    operations: ['node', 'nodes'],
  },
  {
    title: 'Meshes',
    words: 'A mesh is one trust domain, and the clusters in it.',
    operations: ['createMesh', 'mesh', 'meshByName', 'meshes', 'deleteMesh', 'meshChanged'],
  },
  {
    title: 'Clusters',
    words: 'A cluster is registered first, and joins when its agent comes with the join token.',
    operations: [
      'registerCluster',
      'createJoinToken',
      'agentInstallation',
      'cluster',
      'clusterStatus',
      'updateCluster',
      'setClusterLabels',
      'releaseHeldRemovals',
      'unlockCluster',
      'removeCluster',
    ],
  },
  {
    title: 'Services',
    words: 'What clusters offer to each other, who may offer it, and why a call does not arrive.',
    operations: [
      'createExportPolicy',
      'updateExportPolicy',
      'deleteExportPolicy',
      'grantHost',
      'revokeHostGrant',
      'reachability',
    ],
  },
  {
    title: 'Configuration',
    words: 'Files become a release, which never changes; what clusters have becomes one too.',
    operations: [
      'configurationKinds',
      'checkConfiguration',
      'applyConfiguration',
      'updateConfigurationSettings',
      'adoptDrift',
      'requestInventory',
      'adoptInventory',
    ],
  },
  {
    title: 'Rollouts',
    words:
      'A release makes its way through the clusters, wave by wave, one rollout of a mesh at a time.',
    operations: ['startRollout', 'pauseRollout', 'resumeRollout', 'abortRollout'],
  },
  {
    title: 'Events',
    words:
      'What happened in a mesh is listed for 30 days, and told to webhooks: signed, tried again, sent again when asked.',
    operations: [
      'eventTypes',
      'createWebhook',
      'updateWebhook',
      'rotateWebhookSecret',
      'testWebhook',
      'redeliverWebhook',
      'replayWebhook',
      'deleteWebhook',
    ],
  },
  {
    title: 'Upgrades',
    words:
      'Versions of Istio, and of the agents: planned first, then taken through the clusters in waves.',
    operations: [
      'istioVersions',
      'takeOverIstio',
      'setClusterChannel',
      'updateUpgradeSettings',
      'planUpgrade',
      'startUpgrade',
      'approveUpgrade',
      'rejectUpgrade',
      'pauseUpgrade',
      'resumeUpgrade',
      'retryUpgradeCluster',
      'skipUpgradeCluster',
      'rollBackUpgrade',
      'abortUpgrade',
      'retryAgentUpgrade',
    ],
  },
];
