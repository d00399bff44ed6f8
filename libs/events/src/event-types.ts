/** Every kind of event there is, with what it says. Types are API: never rename one. */
export const eventTypes = {
  'cluster.registered': 'A cluster was registered; its agent has not come yet',
  'cluster.connected': 'Its agent came, or came back',
  'cluster.out_of_contact': 'Its agent is not heard of; the cluster may be well',
  'cluster.locked': 'Two held its identity, so that neither may connect until somebody unlocks it',
  'cluster.removed': 'A cluster was taken out of its mesh',
  'cluster.removals_held':
    'So many of its exports vanished at once that they are held back until somebody releases them',
  'cluster.removals_settled': 'Nothing of a cluster is held back any more',
  'trust.root_created': 'A mesh has a new root',
  'trust.root_expiring': 'A root of a mesh ends within a year',
  'trust.root_expired': 'A root of a mesh has ended',
  'trust.root_retired': 'A root is not trusted any more',
  'trust.certificate_issued': "A cluster's istiod has a new signing certificate",
  'trust.certificate_expiring':
    'A signing certificate ends within 15 days and its agent has not asked for the next one',
  'trust.certificate_expired': 'A signing certificate has ended: istiod signs nothing new with it',
  'drift.found': 'Somebody else changed or deleted objects that a release wrote',
  'drift.cleared': 'Nothing of a cluster differs from its release any more',
  'rollout.queued': 'A release waits for its turn',
  'rollout.started': 'A release is tried, and goes out in waves then',
  'rollout.wave_started': 'Clusters of a wave are given the release',
  'rollout.wave_stored': 'Clusters of a wave have the release; it soaks',
  'rollout.paused': 'Somebody paused a rollout',
  'rollout.resumed': 'Somebody resumed a rollout',
  'rollout.halted': 'A gate held a rollout up; somebody has to decide',
  'rollout.completed': 'All clusters run the release',
  'rollout.aborted': 'Somebody ended a rollout',
  'upgrade.planned': 'An upgrade of Istio was planned, by somebody or by a channel',
  'upgrade.approval_requested': 'An upgrade waits for somebody else to approve it',
  'upgrade.approved': 'Somebody approved an upgrade, which starts it',
  'upgrade.rejected': 'Somebody refused an upgrade',
  'upgrade.started': 'An upgrade goes through its waves',
  'upgrade.wave_started': 'Clusters of a wave are being upgraded',
  'upgrade.paused': 'Somebody paused an upgrade',
  'upgrade.resumed': 'Somebody resumed an upgrade',
  'upgrade.halted': 'A gate held an upgrade up; somebody has to decide',
  'upgrade.completed': 'All clusters of an upgrade run its version',
  'upgrade.aborted': 'Somebody ended an upgrade',
  'upgrade.rolling_back': 'Clusters go back to what they had before an upgrade',
  'upgrade.rolled_back': 'Clusters have what they had before an upgrade',
  'webhook.test': 'Somebody tried a webhook',
} as const satisfies Record<string, string>;

export type EventType = keyof typeof eventTypes;

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(eventTypes, type);
}

/** Their beginnings, which select all of a kind: cluster, trust, drift, rollout, upgrade, webhook. */
export const eventFamilies: readonly string[] = [
  ...new Set(Object.keys(eventTypes).map((type) => type.slice(0, type.indexOf('.')))),
];
