import { type AgentFact, type AgentIntent, State } from '@isthmus/contracts';
import type { Rollout } from './successor.js';

/** What the annotation on the Deployment says of the latest intent that was acted on. */
export interface UpgradeRecord {
  readonly fence: number;
  /** The image before, that is known to work; `to` itself where somebody else has set that already. */
  readonly from: string;
  readonly to: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601; since then `to` is not taken back any more. */
  readonly provenAt?: string;
  /** Why `from` is back. */
  readonly refused?: { readonly reason: string; readonly message: string };
}

/** What there is to decide on. */
export interface Situation {
  /** Of the Deployment, now. */
  readonly image: string;
  readonly record: UpgradeRecord | undefined;
  readonly rollout: Rollout;
  readonly intent: AgentIntent | undefined;
  /** The image that the intent is of. */
  readonly wanted: string;
}

export type Verdict = Pick<AgentFact, 'state' | 'reason' | 'message'>;

type ImageDecision =
  /** Kubernetes has yet to see the image that was set last. */
  | { readonly do: 'wait' }
  | { readonly do: 'tell'; readonly verdict: Verdict }
  /** The wanted image is set. */
  | { readonly do: 'begin'; readonly fence: number; readonly from: string }
  /** The image is known to work from now on. */
  | { readonly do: 'prove'; readonly record: UpgradeRecord }
  /** The image before it is set again. */
  | { readonly do: 'refuse'; readonly record: UpgradeRecord };

export const unknown: Verdict = { state: State.STATE_UNKNOWN, reason: '', message: '' };

/** What an agent does next about its own image. Pure. */
export function decideImage(situation: Situation): ImageDecision {
  const { image, record, rollout, intent } = situation;
  const trying = tried(situation);
  if (trying && rollout.isComplete) return { do: 'prove', record: trying };
  if (trying && rollout.failure)
    return { do: 'refuse', record: { ...trying, refused: rollout.failure } };
  if (intent && intent.fence > (record?.fence ?? 0)) {
    // What Kubernetes says is of the image before, until it has seen the one that was set last.
    if (!rollout.isSeen) return { do: 'wait' };
    // What has not proved itself is nothing to go back to.
    return { do: 'begin', fence: intent.fence, from: trying?.from ?? image };
  }
  return { do: 'tell', verdict: verdictOn(situation) };
}

/** The record of the image, where that is ours to judge: it is the wanted one, and nobody has seen it work. */
function tried({ image, record }: Situation): UpgradeRecord | undefined {
  if (!record || record.refused || record.provenAt !== undefined) return undefined;
  return record.to === image ? record : undefined;
}

/** Of an intent that has been acted on, or none. */
function verdictOn({ image, record, rollout, intent, wanted }: Situation): Verdict {
  if (!intent) return unknown;
  const isWanted = image === wanted;
  // Also where it was refused first, and somebody has mended since what kept it from working.
  if (isWanted && rollout.isComplete) return { state: State.STATE_YES, reason: '', message: '' };
  const state = State.STATE_REFUSED;
  const isOlder = record !== undefined && record.fence > intent.fence;
  // Before the image: where somebody else had set the wanted one, there was none to go back to.
  if (record?.refused && !isOlder) return { state, ...record.refused };
  if (isWanted)
    return { state: State.STATE_PENDING, reason: 'RollingOut', message: rollout.waitsFor };
  if (isOlder) {
    const message = `the wish is older than one of fence ${record.fence} that was followed`;
    return { state, reason: 'Superseded', message };
  }
  const message = `somebody else has set the image ${image} since; a wish of its own is needed to change it`;
  return { state, reason: 'ChangedElsewhere', message };
}
