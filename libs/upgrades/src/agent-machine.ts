import { type AgentFact, State } from '@isthmus/contracts';
import type { AgentImage } from './model.js';
import type { UpgradeSettings } from './rows.js';
import { mayProceed } from './windows.js';

/** The agent of a cluster, as decisions about its image see it. */
export interface AgentStanding {
  readonly clusterId: string;
  /** Of the cluster, as `selectableLabels` has them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly inContact: boolean;
  /** Whether it may change its own image. */
  readonly mayUpgrade: boolean;
  /** Whether an upgrade of Istio is under way in the cluster. */
  readonly isBusy: boolean;
  /** As it calls itself; undefined: it has not told. */
  readonly version: string | undefined;
  readonly fact: AgentFact | undefined;
  /** What it was told last. */
  readonly sent: SentImage | undefined;
}

export interface SentImage extends AgentImage {
  readonly fence: bigint;
  readonly sentAt: Date;
}

/**
 * CURRENT: as wanted, or nothing is wanted. MANUAL: it may not change its image, so that somebody has to.
 * FAILED: its successor did not prove itself, and no other agent begins until somebody has looked.
 */
export const agentStates = ['CURRENT', 'MANUAL', 'WAITING', 'UPGRADING', 'FAILED'] as const;
export type AgentState = (typeof agentStates)[number];

export interface AgentProgress {
  readonly state: AgentState;
  /** Stable, such as `OutsideWindow`; null: nothing is to say. */
  readonly reason: string | null;
  readonly message: string | null;
}

type Rules = Pick<UpgradeSettings, 'agent' | 'windows' | 'freezes' | 'maxInFlight'>;

/** A successor that nothing was heard of by then is taken for failed; in ms. */
const silentMs = 15 * 60_000;

export interface AgentDecision {
  /** Where every agent of the mesh is, by its cluster's id. */
  readonly progress: ReadonlyMap<string, AgentProgress>;
  /**
   * Ids of the clusters whose agents are told now, in the order given: one of the mesh first, and the
   * others, some at a time, when it is through; none once one has failed.
   */
  readonly begins: readonly string[];
}

/** Pure. */
export function decideAgents(
  all: readonly AgentStanding[],
  rules: Rules,
  now: Date,
): AgentDecision {
  const progress = new Map(
    all.map((standing) => [standing.clusterId, ownProgress(standing, rules.agent, now)]),
  );
  const isIn = (state: AgentState) => (of: AgentStanding) =>
    progress.get(of.clusterId)?.state === state;
  const isHalted = all.some(isIn('FAILED'));
  const isProven = all.filter(isIn('CURRENT')).some(({ mayUpgrade }) => mayUpgrade);
  const most = isProven ? rules.maxInFlight : 1;
  let room = isHalted ? 0 : most - all.filter(isIn('UPGRADING')).length;
  const begins: string[] = [];
  for (const standing of all.filter(isIn('WAITING'))) {
    const { clusterId } = standing;
    const why = isHalted ? halted : (hindrance(standing, rules, now) ?? (room > 0 ? null : inTurn));
    if (why) {
      progress.set(clusterId, waits(...why));
      continue;
    }
    begins.push(clusterId);
    room -= 1;
  }
  return { progress, begins };
}

/** Without regard to others. */
function ownProgress(standing: AgentStanding, wanted: AgentImage | null, now: Date): AgentProgress {
  const { sent, fact, mayUpgrade } = standing;
  if (!wanted) return settled;
  if (!sent || !isSame(sent, wanted)) {
    if (runs(standing, wanted)) return settled;
    if (standing.version === undefined) return waits(...notHeard);
    return mayUpgrade ? waits('Next', 'it is told in a moment') : manual;
  }
  const hasHeard = fact?.fence === Number(sent.fence);
  if (hasHeard && fact.state === State.STATE_YES) return settled;
  if (hasHeard && fact.state === State.STATE_REFUSED) {
    return { state: 'FAILED', reason: fact.reason, message: fact.message };
  }
  const isSilent = !hasHeard || !standing.inContact;
  if (isSilent && now.getTime() - sent.sentAt.getTime() > silentMs) {
    const message = `nothing was heard of its successor for ${silentMs / 60_000} minutes; look at the Deployment of the agent`;
    return { state: 'FAILED', reason: 'Silent', message };
  }
  const message = (hasHeard && fact.message) || 'its agent has been told';
  return { state: 'UPGRADING', reason: (hasHeard && fact.reason) || null, message };
}

const settled: AgentProgress = { state: 'CURRENT', reason: null, message: null };
const manual: AgentProgress = {
  state: 'MANUAL',
  reason: 'NotManaged',
  message:
    "its agent may not change its own image: run helm upgrade, or set selfUpgrade.enabled of the chart's values",
};

function waits(reason: string, message: string): AgentProgress {
  return { state: 'WAITING', reason, message };
}

type Why = readonly [reason: string, message: string];

const halted: Why = [
  'Halted',
  'another agent failed; look at it, then retry it or want another version',
];
const inTurn: Why = ['InTurn', 'others of the mesh come first'];
const notHeard: Why = ['OutOfContact', 'its agent has not told of itself yet'];

/** What keeps this one from beginning, whatever others do. */
function hindrance(
  { version, inContact, isBusy, labels }: AgentStanding,
  { windows, freezes }: Rules,
  now: Date,
): Why | undefined {
  if (version === undefined) return notHeard;
  if (!inContact) return ['OutOfContact', 'its agent is out of contact'];
  if (isBusy) return ['IstioUpgrade', 'an upgrade of Istio is under way in it'];
  const may = mayProceed(labels, windows, freezes, now);
  return may.may ? undefined : [may.reason, may.message];
}

/** As it is, whoever brought it there; one that does not know its image is known by its version. */
function runs({ version, fact }: AgentStanding, wanted: AgentImage): boolean {
  const hasDigest =
    wanted.digest === '' || !fact?.image || fact.image.endsWith(`@${wanted.digest}`);
  return version === wanted.version && hasDigest;
}

function isSame(a: AgentImage, b: AgentImage): boolean {
  return a.version === b.version && a.digest === b.digest;
}
