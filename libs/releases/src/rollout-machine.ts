import { type ReleaseStatusFact, State } from '@isthmus/contracts';
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
  const clusters = (plan.waves[wave] ?? [])
    .flatMap((id) => progress.get(id) ?? [])
    .filter(({ removed }) => !removed);
  // Others have the release when they come back; nobody waits for them.
  const present = clusters.filter(({ inContact }) => inContact);
  const answers = present.filter(hasAnswered);
  const refusal = refusalOf(answers, gate, wave);
  if (refusal) return refusal;
  const waiting = present.flatMap((cluster) => {
    if (!hasAnswered(cluster)) return [cluster.name];
    const lack = lackOf(cluster.status);
    return lack === undefined ? [] : [`${cluster.name} ${lack}`];
  });
  if (waiting.length > 0) return { do: 'wait', for: waiting.slice(0, 10).join(', ') };
  const absent = clusters.length - present.length;
  if (present.length === 0 && absent > 0) {
    return {
      do: 'wait',
      for: `any of the ${count(absent, 'cluster')} of wave ${wave + 1} to be in contact`,
    };
  }
  const live = answers.filter(({ status }) => status.live === State.STATE_YES).length;
  const missed = absent > 0 ? `, ${absent} out of contact will follow` : '';
  return {
    do: 'pass',
    message: `wave ${wave + 1}: stored in ${count(answers.length, 'cluster')}, known to be live in ${live}${missed}`,
  };
}

type Answer = ClusterProgress & { readonly status: ReleaseStatusFact };

/** Whether its agent speaks of what it was told last, and of all of it. */
export function hasAnswered(cluster: ClusterProgress): cluster is Answer {
  const { status, fence, digest } = cluster;
  return status?.fence === Number(fence) && status.digest === digest;
}

/** What halts the rollout, whatever else is waited for: more refusals than the gate allows. */
function refusalOf(
  answers: readonly Answer[],
  gate: GatePolicy,
  wave: number,
): (Verdict & { do: 'halt' }) | undefined {
  const rejecting = answers.find(({ status }) => status.live === State.STATE_REFUSED);
  if (rejecting) {
    const message = `${rejecting.name}: ${rejecting.status.liveMessage.slice(0, 600)}`;
    return { do: 'halt', reason: 'ProxiesRefused', message };
  }
  const sum = (of: (status: ReleaseStatusFact) => number): number =>
    answers.reduce((total, { status }) => total + of(status), 0);
  const objects = sum((status) => status.objects);
  const refused = sum((status) => status.refused + status.unaccepted);
  if (refused <= (objects * gate.maxRefusedPercent) / 100) return undefined;
  const said = answers.flatMap(({ name, status }) =>
    status.problems.map((problem) => `${name}: ${say(problem)}`),
  );
  return {
    do: 'halt',
    reason: 'ObjectsRefused',
    message: `${count(refused, 'object')} of ${objects} refused in wave ${wave + 1}: ${said.slice(0, 3).join('; ')}`,
  };
}

/** What is still to come, in a cluster that has been told all. */
function lackOf({ pending, objects, live, proxies, proxiesLive }: ReleaseStatusFact) {
  if (pending > 0) return `(${pending} of ${objects})`;
  if (live === State.STATE_PENDING) return `(live in ${proxiesLive} of ${proxies} proxies)`;
  return undefined;
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
