import { type IntentName, type IntentStatusFact, Intents } from '@isthmus/contracts';
import { intentState } from '@isthmus/federation';
import { versionOf } from '@isthmus/sync';
import type { Picture } from './picture.js';

/** What became of an intent in a cluster, as its agent said last. */
export interface Standing {
  /**
   * STORED: the API server took this version, or one before it. UNSENT: the agent never spoke of it.
   */
  readonly state: 'STORED' | 'PENDING' | 'REFUSED' | 'UNSENT';
  /** Whether the agent spoke of the version that the cluster should have by now. */
  readonly isCurrent: boolean;
  readonly isAcceptedYet: boolean;
  readonly reason: string;
  readonly message: string;
  readonly objects: readonly string[];
}

const unsent: Standing = {
  state: 'UNSENT',
  isCurrent: false,
  isAcceptedYet: false,
  reason: '',
  message: '',
  objects: [],
};

/** Bodies are many clusters' at once, and large: each is hashed once. */
const versions = new WeakMap<Uint8Array, string>();

export function intentVersionOf(body: Uint8Array): string {
  const version = versions.get(body) ?? versionOf(body);
  versions.set(body, version);
  return version;
}

/**
 * @param name of the intent, without its type.
 * @param body that the cluster should have; undefined if that is not known.
 */
export function standingOf(
  { statuses }: Picture,
  clusterId: string,
  type: IntentName,
  name: string,
  body: Uint8Array | undefined,
): Standing {
  const status = statuses.get(clusterId)?.get(`${Intents[type].name}/${name}`);
  if (!status) return unsent;
  const { intentVersion, reason, message, objects } = status;
  return {
    state: stateOf(status),
    isCurrent: body === undefined || intentVersion === intentVersionOf(body),
    isAcceptedYet: intentState(status.accepted) !== 'PENDING',
    reason,
    message,
    objects,
  };
}

/** What istiod refused is no way to anywhere either. */
function stateOf({ stored, accepted }: IntentStatusFact): Standing['state'] {
  if ([stored, accepted].some((state) => intentState(state) === 'REFUSED')) return 'REFUSED';
  return intentState(stored) === 'YES' ? 'STORED' : 'PENDING';
}
