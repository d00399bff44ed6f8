import { type IntentStatusFact, State } from '@isthmus/contracts';
import type { Acceptance, Plan, Reason } from './plan.js';
import type { WriteState } from './writer.js';

const storedStates = {
  yes: State.STATE_YES,
  pending: State.STATE_PENDING,
  refused: State.STATE_REFUSED,
};
const acceptedStates = { ...storedStates, unknown: State.STATE_UNKNOWN };

/** Characters of texts, and items of lists: all of it stays below 64 KiB. */
const most = { reason: 256, message: 4_096, managers: 20, objects: 100 };

/** Where an intent stands, and in whose words if not well. */
export interface Standing extends Reason {
  readonly stored: State;
  readonly accepted: State;
}

/** Cut to what the hub takes, since a refused fact leaves the last standing. */
export function standingOf(plan: Plan, written: WriteState, accepted: Acceptance): Standing {
  const planned = plan.refused ? 'refused' : plan.waiting ? 'pending' : written.stored;
  const cause =
    plan.refused ??
    plan.waiting ??
    (written.stored === 'yes' ? undefined : written) ??
    ('reason' in accepted ? accepted : undefined) ??
    plan.notice;
  return {
    stored: storedStates[planned],
    accepted: acceptedStates[accepted.state],
    reason: (cause?.reason ?? '').slice(0, most.reason),
    message: (cause?.message ?? '').slice(0, most.message),
  };
}

/** What is reported of an intent. */
export function statusFact(
  intentVersion: string,
  plan: Plan,
  written: WriteState,
  accepted: Acceptance,
): IntentStatusFact {
  return {
    intentVersion,
    ...standingOf(plan, written, accepted),
    // Only istiod knows what the proxies acknowledged, and it tells nobody in the API.
    live: State.STATE_UNKNOWN,
    corrections: written.corrections,
    correctedManagers: written.correctedManagers.slice(0, most.managers),
    objects: written.objects.slice(0, most.objects),
  };
}
