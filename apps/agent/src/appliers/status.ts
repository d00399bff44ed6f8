import { type IntentStatusFact, State } from '@isthmus/contracts';
import type { Acceptance, Plan } from './plan.js';
import type { WriteState } from './writer.js';

const storedStates = {
  yes: State.STATE_YES,
  pending: State.STATE_PENDING,
  refused: State.STATE_REFUSED,
};
const acceptedStates = { ...storedStates, unknown: State.STATE_UNKNOWN };

/** Characters of texts, and items of lists: all of it stays below 64 KiB. */
const most = { reason: 256, message: 4_096, managers: 20, objects: 100 };

/** What is reported of an intent: cut to what the hub takes, since a refused one leaves the last standing. */
export function statusFact(
  intentVersion: string,
  plan: Plan,
  written: WriteState,
  accepted: Acceptance,
): IntentStatusFact {
  const planned = plan.refused ? 'refused' : plan.waiting ? 'pending' : written.stored;
  const cause =
    plan.refused ??
    plan.waiting ??
    (written.stored === 'yes' ? undefined : written) ??
    ('reason' in accepted ? accepted : undefined) ??
    plan.notice;
  return {
    intentVersion,
    stored: storedStates[planned],
    accepted: acceptedStates[accepted.state],
    // Only istiod knows what the proxies acknowledged, and it tells nobody in the API.
    live: State.STATE_UNKNOWN,
    reason: (cause?.reason ?? '').slice(0, most.reason),
    message: (cause?.message ?? '').slice(0, most.message),
    corrections: written.corrections,
    correctedManagers: written.correctedManagers.slice(0, most.managers),
    objects: written.objects.slice(0, most.objects),
  };
}
