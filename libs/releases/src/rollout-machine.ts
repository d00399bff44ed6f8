import type { ReleaseStatusFact } from '@isthmus/contracts';
import type { GatePolicy, RolloutPlan } from './rollout-plan.js';

/** Where a rollout stands, as far as it decides what comes next. */
export interface RolloutPosition {
  readonly stage: 'trial' | 'wave' | 'soak';
  /** Index of the wave that is under way. */
  readonly wave: number;
  readonly plan: RolloutPlan;
  readonly gate: GatePolicy;
  /** Since when the stage is what it is. */
  readonly stageAt: Date;
}

/** What is known of a cluster of the plan. */
export interface ClusterProgress {
  readonly name: string;
  /** Removed clusters are passed over. */
  readonly removed: boolean;
  /** Its agent can be asked now. */
  readonly inContact: boolean;
  /** Of what it is to run now. */
  readonly fence: bigint;
  readonly digest: string;
  readonly status: ReleaseStatusFact | undefined;
  /** Of the trial, if it has one. */
  readonly trial: TrialProgress | undefined;
}

export interface TrialProgress {
  /** Objects that are to be tried, and how many have been. */
  readonly objects: number;
  readonly passed: number;
  readonly refusals: readonly Refusal[];
}

export interface Refusal {
  /** Name of the object's intent. */
  readonly object: string;
  readonly reason: string;
  readonly message: string;
}

/** What is to be done next. */
export type Decision =
  | { readonly do: 'wait'; readonly until?: Date; readonly for: string }
  | { readonly do: 'startWave'; readonly wave: number; readonly message: string }
  | { readonly do: 'soak'; readonly message: string }
  | { readonly do: 'complete'; readonly message: string }
  | { readonly do: 'halt'; readonly reason: string; readonly message: string };

type Progress = ReadonlyMap<string, ClusterProgress>;

/** What a running rollout does next. Pure: the same facts lead to the same decision. */
export function decide(at: RolloutPosition, progress: Progress, now: Date): Decision {
  if (at.stage === 'trial') return decideTrial(at, progress, now);
  const verdict = judgeWave(at, progress);
  if (verdict.do === 'halt') return verdict;
  if (at.stage === 'wave') {
    if (verdict.do === 'wait') return orTimeOut(at, now, verdict.for);
    return { do: 'soak', message: `${verdict.message}; soaking for ${at.gate.soakSeconds} s` };
  }
  const until = after(at.stageAt, at.gate.soakSeconds);
  if (verdict.do === 'wait') return orTimeOut(at, now, verdict.for, at.gate.soakSeconds);
  if (now < until) return { do: 'wait', until, for: `wave ${at.wave + 1} to soak` };
  const next = at.wave + 1;
  if (next >= at.plan.waves.length) return { do: 'complete', message: 'all waves are through' };
  return {
    do: 'startWave',
    wave: next,
    message: `wave ${next} of ${at.plan.waves.length} is through`,
  };
}

function decideTrial(at: RolloutPosition, progress: Progress, now: Date): Decision {
  const waiting: string[] = [];
  let tried = 0;
  for (const id of at.plan.trial) {
    const cluster = progress.get(id);
    if (!cluster || cluster.removed || !cluster.trial) continue;
    const { objects, passed, refusals } = cluster.trial;
    const [first] = refusals;
    if (first) {
      return {
        do: 'halt',
        reason: 'TrialRefused',
        message: `${cluster.name} would refuse ${count(refusals.length, 'object')}: ${say(first)}`,
      };
    }
    if (passed < objects) waiting.push(`${cluster.name} (${passed} of ${objects})`);
    tried += objects;
  }
  if (waiting.length > 0) return orTimeOut(at, now, `the trial in ${waiting.join(', ')}`);
  if (at.plan.waves.length === 0)
    return { do: 'complete', message: 'the mesh has no clusters yet' };
  return { do: 'startWave', wave: 0, message: `${count(tried, 'object')} tried, none refused` };
}

type Verdict =
  | { readonly do: 'pass'; readonly message: string }
  | { readonly do: 'wait'; readonly for: string }
  | { readonly do: 'halt'; readonly reason: string; readonly message: string };

/** Whether all clusters of the wave have what they are to have. */
function judgeWave({ plan, wave, gate }: RolloutPosition, progress: Progress): Verdict {
  const waiting: string[] = [];
  const refusals: string[] = [];
  let [objects, refused, through, absent] = [0, 0, 0, 0];
  for (const id of plan.waves[wave] ?? []) {
    const cluster = progress.get(id);
    if (!cluster || cluster.removed) continue;
    const { name, status, fence, digest, inContact } = cluster;
    const isOfNow = status?.fence === Number(fence) && status.digest === digest;
    if (!inContact) {
      // It has the release when it comes back; nobody waits for it.
      absent += 1;
    } else if (!isOfNow) {
      waiting.push(name);
    } else {
      objects += status.objects;
      refused += status.refused + status.unaccepted;
      for (const problem of status.problems) refusals.push(`${name}: ${say(problem)}`);
      if (status.pending > 0) waiting.push(`${name} (${status.pending} of ${status.objects})`);
      else through += 1;
    }
  }
  if (refused > (objects * gate.maxRefusedPercent) / 100) {
    return {
      do: 'halt',
      reason: 'ObjectsRefused',
      message: `${count(refused, 'object')} of ${objects} refused in wave ${wave + 1}: ${refusals.slice(0, 3).join('; ')}`,
    };
  }
  if (waiting.length > 0) return { do: 'wait', for: waiting.slice(0, 10).join(', ') };
  if (through === 0 && absent > 0) {
    return {
      do: 'wait',
      for: `any of the ${count(absent, 'cluster')} of wave ${wave + 1} to be in contact`,
    };
  }
  const missed = absent > 0 ? `, ${absent} out of contact will follow` : '';
  return {
    do: 'pass',
    message: `wave ${wave + 1}: stored in ${count(through, 'cluster')}${missed}`,
  };
}

/** Waits until the gate's patience is at an end. */
function orTimeOut(
  { stageAt, gate }: RolloutPosition,
  now: Date,
  what: string,
  more = 0,
): Decision {
  const until = after(stageAt, gate.timeoutSeconds + more);
  if (now < until) return { do: 'wait', until, for: what };
  return {
    do: 'halt',
    reason: 'TimedOut',
    message: `waited ${gate.timeoutSeconds + more} s for ${what}; look at its agent, then resume or roll back`,
  };
}

function after(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000);
}

function say({ object, reason, message }: Refusal): string {
  return `${object}: ${[reason, message].filter((part) => part !== '').join(': ')}`.slice(0, 600);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
