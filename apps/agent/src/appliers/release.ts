import {
  type AgentIntent,
  type InventoryIntent,
  type IstioIntent,
  type ReleaseIntent,
  type ReleaseStatusFact,
  State,
  type TrialIntent,
} from '@isthmus/contracts';
import { configurationApplier } from './configuration.js';
import { namespaceNotFound } from './entry.js';
import { type Applier, nothing, type Plan } from './plan.js';
import type { Standing } from './status.js';

/** Says what all configuration intents together are; it makes no objects. See `Releases`. */
export const releaseApplier: Applier<ReleaseIntent> = { plan: () => nothing };

/** Asks for facts; it makes no objects. */
export const inventoryApplier: Applier<InventoryIntent> = { plan: () => nothing };

/** Helm and workloads make of it what it is, not objects alone: see `IstioSteward`. */
export const istioApplier: Applier<IstioIntent> = { plan: () => nothing };

/** Of the agent itself: see `SelfUpgrade`. */
export const agentApplier: Applier<AgentIntent> = { plan: () => nothing };

/** The object as a release would have it, for `Trials`. */
export const trialApplier: Applier<TrialIntent> = {
  plan(name, { object }, view, version): Plan {
    if (!object) {
      const message = 'the trial is of no object';
      return { objects: [], refused: { reason: 'PlanFailed', message } };
    }
    const { objects, refused, waiting } = configurationApplier.plan(name, object, view, version);
    // Nobody waits for CRDs with a trial: the answer is that there are none.
    const reason = refused ?? waiting;
    return reason ? { objects: [], refused: reason } : { objects };
  },
};

/** How one object of the release stands. */
export interface ObjectStanding extends Standing {
  readonly version: string;
}

const mostProblems = 50;

/** Whether the proxies took the release. */
export type Live = Pick<ReleaseStatusFact, 'live' | 'proxies' | 'proxiesLive' | 'liveMessage'>;

/** Nobody can tell. */
export const liveUnknown: Live = {
  live: State.STATE_UNKNOWN,
  proxies: 0,
  proxiesLive: 0,
  liveMessage: '',
};

/**
 * Without what proxies say of it.
 * @param objects By name of the intent, sorted by it.
 * @param leaving How many objects are still to be deleted.
 */
export function releaseStatus(
  { number, fence }: Pick<ReleaseIntent, 'number' | 'fence'>,
  digest: string,
  objects: readonly (readonly [string, ObjectStanding])[],
  leaving: number,
): ReleaseStatusFact {
  const fact: ReleaseStatusFact = {
    number,
    fence,
    digest,
    objects: objects.length + leaving,
    stored: 0,
    pending: leaving,
    refused: 0,
    // No fault of the release: they follow when the namespace comes.
    absent: 0,
    accepted: 0,
    unaccepted: 0,
    problems: [],
    ...liveUnknown,
  };
  for (const [object, { version, stored, accepted, reason, message }] of objects) {
    if (stored === State.STATE_YES) fact.stored += 1;
    else if (stored === State.STATE_REFUSED) fact.refused += 1;
    else if (reason === namespaceNotFound) fact.absent += 1;
    else fact.pending += 1;
    const isStored = stored === State.STATE_YES;
    if (isStored && accepted === State.STATE_YES) fact.accepted += 1;
    if (isStored && accepted === State.STATE_REFUSED) fact.unaccepted += 1;
    const isBad = stored === State.STATE_REFUSED || accepted === State.STATE_REFUSED;
    if (!isBad || fact.problems.length >= mostProblems) continue;
    fact.problems.push({ object, intentVersion: version, stored, accepted, reason, message });
  }
  return fact;
}
