import { type IstioFact, type IstioTask, type ReadinessFact, State } from '@isthmus/contracts';
import { followersOf } from './desired.js';
import {
  type ClusterStage,
  emptySnapshot,
  endStages,
  type Hop,
  type IstioSnapshot,
  type Proceeding,
  type UpgradeFinding,
  type UpgradePolicy,
  type UpgradeState,
} from './model.js';

/** Where a cluster stands in an upgrade, as far as it decides what comes next. */
export interface ClusterPosition {
  readonly stage: ClusterStage;
  /** Of its hops, the one that is under way. */
  readonly hop: number;
  readonly hops: readonly Hop[];
  readonly before: IstioSnapshot | undefined;
  readonly stageAt: Date;
  /** Of the intent that the stage sent. */
  readonly fence: bigint;
  readonly held: boolean;
  readonly upgrade: UpgradeState;
  readonly policy: UpgradePolicy;
  /** Whether windows and freezes let it go on. */
  readonly proceeding: Proceeding;
  /** What the stage asked for; empty outside of PREFLIGHT. */
  readonly readinessRequest: string;
}

/** What is known of a cluster. */
export interface ClusterObservation {
  readonly removed: boolean;
  readonly inContact: boolean;
  readonly istio: IstioFact | undefined;
  readonly readiness: ReadinessFact | undefined;
  /** Of this cluster as it is now; empty but in PREFLIGHT. */
  readonly preflight: readonly UpgradeFinding[];
}

export type ClusterDecision =
  | { readonly do: 'wait'; readonly for: string; readonly until?: Date | undefined }
  | {
      readonly do: 'go';
      readonly stage: ClusterStage;
      readonly hop: number;
      readonly message: string;
    }
  /** It cannot go on: it goes back, and the upgrade halts. */
  | { readonly do: 'fail'; readonly reason: string; readonly message: string }
  /** It stays where it is, and the upgrade halts. */
  | { readonly do: 'halt'; readonly reason: string; readonly message: string }
  | { readonly do: 'hold'; readonly message: string }
  | { readonly do: 'release'; readonly message: string }
  /** Nothing more of this cluster, for now. */
  | { readonly do: 'rest' };

const moving: ReadonlySet<ClusterStage> = new Set(['CANARY', 'WORKLOADS', 'GATEWAYS']);
const back: ReadonlySet<ClusterStage> = new Set(['ROLLING_BACK', 'CLEANING_UP']);

/** Whether a cluster is between its first change and its last, but for the grace at the end. */
export function isInFlight(stage: ClusterStage): boolean {
  return stage !== 'PENDING' && stage !== 'GRACE' && !endStages.has(stage);
}

/** Whether its wave waits for it no more. */
export function isThrough({
  stage,
  hop,
  hops,
}: Pick<ClusterPosition, 'stage' | 'hop' | 'hops'>): boolean {
  return endStages.has(stage) || (isLast(hop, hops) && (stage === 'GRACE' || stage === 'REMOVING'));
}

function isLast(hop: number, hops: readonly Hop[]): boolean {
  return hop >= hops.length - 1;
}

/** What a cluster does next. Pure: the same facts lead to the same decision. */
export function decideCluster(
  at: ClusterPosition,
  of: ClusterObservation,
  now: Date,
): ClusterDecision {
  if (endStages.has(at.stage)) return { do: 'rest' };
  if (of.removed) {
    return { do: 'go', stage: 'SKIPPED', hop: at.hop, message: 'the cluster was removed' };
  }
  if (back.has(at.stage)) return decideBack(at, of, now);
  const pause = pauseOf(at);
  if (pause !== undefined) {
    const message = `held: ${pause}`;
    if (moving.has(at.stage) && !at.held) return { do: 'hold', message };
    return { do: 'wait', for: message, until: untilOf(at) };
  }
  if (at.held) return { do: 'release', message: 'goes on' };
  const gate = gateOf(at, of, now);
  if (gate.pass) return goOn(at, gate.message);
  if (gate.reason !== undefined) return { do: 'fail', reason: gate.reason, message: gate.message };
  return orTimeOut(at, gate, now);
}

/** Why nothing may move; undefined if it may. */
function pauseOf({ upgrade, proceeding }: ClusterPosition): string | undefined {
  if (upgrade !== 'RUNNING') return `the upgrade is ${upgrade}`;
  if (!proceeding.may && proceeding.reason === 'Frozen') return proceeding.message;
  return undefined;
}

function untilOf({ proceeding }: ClusterPosition): Date | undefined {
  return proceeding.may ? undefined : proceeding.until;
}

interface Gate {
  readonly pass: boolean;
  readonly message: string;
  /** Set when it will not be passed as things are. */
  readonly reason?: string;
  /** When to look again; and what a time-out is called. */
  readonly until?: Date;
  readonly timeOut?: string;
  /** A time-out does not lead back: too much has moved, or there is nothing to take back. */
  readonly stays?: boolean;
}

const pass = (message: string): Gate => ({ pass: true, message });
const wait = (message: string, more: Partial<Gate> = {}): Gate => ({
  pass: false,
  message,
  ...more,
});

/** What must hold before the stage is over. */
function gateOf(at: ClusterPosition, of: ClusterObservation, now: Date): Gate {
  const { stage, hops, hop, before, policy } = at;
  const { from, to } = hops[hop] as Hop;
  switch (stage) {
    case 'PENDING':
      return of.inContact && of.istio
        ? pass(`begins${from ? `, from ${from.version}` : ''} to ${to.version}`)
        : wait('its agent to be in contact', { timeOut: 'NotInContact' });
    case 'PREFLIGHT': {
      // What it told is of before: an agent that restarts just now blocks nothing.
      if (!of.inContact)
        return wait('its agent to be in contact again', { timeOut: 'NotInContact' });
      if (of.readiness?.request !== at.readinessRequest)
        return wait('its agent to look at the cluster', { timeOut: 'NoAnswer' });
      const block = of.preflight.find(({ severity }) => severity === 'BLOCKS');
      return block
        ? wait(`${block.message}; ${block.remedy}`, { reason: block.code })
        : pass('the cluster is ready for it');
    }
    case 'INSTALLING':
      return installed(at, of, to.revision);
    case 'CANARY':
      return moved(at, of, 'workloads', (name) => policy.canaryNamespaces.includes(name));
    case 'SOAKING': {
      const until = after(at.stageAt, policy.soakSeconds);
      if (now < until)
        return wait(`the canary namespaces to soak until ${until.toISOString()}`, { until });
      return healthy(at, of, (name) => policy.canaryNamespaces.includes(name));
    }
    case 'WORKLOADS':
      return moved(at, of, 'workloads', () => true);
    case 'GATEWAYS':
      return moved(at, of, 'gateways', () => true);
    case 'DEFAULT_TAG': {
      const answer = answerOf(at, of);
      if (answer.pass === false) return answer;
      return of.istio?.settled
        ? pass('tags and namespaces are at the new revision')
        : wait(`tags and namespaces${tasksOf(of.istio)}`, { timeOut: 'TagsNotMoved' });
    }
    case 'DRAINING': {
      const left = from ? proxiesOf(of.istio, from.revision) : 0;
      return left === 0
        ? pass('no proxy is on the old revision')
        : wait(
            `${count(left, 'proxy', 'proxies')} to leave ${from?.revision}: ${whereOf(of.istio, from?.revision ?? '')}`,
            {
              timeOut: 'ProxiesLeft',
              stays: true,
            },
          );
    }
    case 'GRACE': {
      const until = after(at.stageAt, policy.graceSeconds);
      return now < until
        ? wait(`the old revision to be kept until ${until.toISOString()}`, { until })
        : pass('the time of grace is over');
    }
    case 'REMOVING': {
      const answer = answerOf(at, of);
      if (answer.pass === false) return answer;
      return from && of.istio?.revisions.some(({ name }) => name === from.revision)
        ? wait(`${from.revision} to be removed${tasksOf(of.istio)}`, {
            timeOut: 'NotRemoved',
            stays: true,
          })
        : pass(before && from ? `${from.revision} is gone` : 'nothing was to be removed');
    }
    default:
      return wait('nothing');
  }
}

/** Whether its agent speaks of what it was told last, and does not say that it can't be done. */
function answerOf(at: ClusterPosition, { istio, inContact }: ClusterObservation): Gate {
  if (!inContact) return wait('its agent to be in contact again', { timeOut: 'NotInContact' });
  if (istio?.fence !== Number(at.fence))
    return wait('its agent to take it up', { timeOut: 'NoAnswer' });
  const refused = istio.tasks.find(({ state }) => state === State.STATE_REFUSED);
  if (refused) return wait(say(refused), { reason: refused.reason });
  return pass('');
}

function installed(at: ClusterPosition, of: ClusterObservation, revision: string): Gate {
  const answer = answerOf(at, of);
  if (!answer.pass) return answer;
  const istiod = of.istio?.revisions.find(({ name }) => name === revision);
  const isReady = istiod && istiod.replicas > 0 && istiod.ready >= istiod.replicas;
  if (isReady && istiod.injects && of.istio?.settled)
    return pass(`istiod ${istiod.version} is ready (${istiod.ready} of ${istiod.replicas})`);
  const lack = !istiod
    ? 'to be installed'
    : isReady
      ? 'to inject'
      : `to be ready (${istiod.ready} of ${istiod.replicas})`;
  return wait(`istiod ${revision} ${lack}${tasksOf(of.istio)}`, { timeOut: 'IstiodNotReady' });
}

function moved(
  at: ClusterPosition,
  of: ClusterObservation,
  what: 'workloads' | 'gateways',
  isMeant: (namespace: string) => boolean,
): Gate {
  const answer = answerOf(at, of);
  if (!answer.pass) return answer;
  const { from } = at.hops[at.hop] as Hop;
  const names = new Set(followersOf(at.before ?? emptySnapshot, from?.revision ?? ''));
  const namespaces = (of.istio?.namespaces ?? []).filter(
    ({ name }) => names.has(name) && isMeant(name),
  );
  const left = namespaces.flatMap(({ name, revisions, bare }) => {
    const old = revisions.find(({ revision }) => revision === from?.revision);
    // Nobody restarts bare Pods: what is left of them shows as the old revision is drained.
    const number = Math.max(0, (old?.[what] ?? 0) - (what === 'workloads' ? bare : 0));
    return number > 0 ? [`${name} (${number})`] : [];
  });
  if (left.length > 0) {
    return wait(`the ${what} of ${left.slice(0, 5).join(', ')}${tasksOf(of.istio)}`, {
      timeOut: what === 'gateways' ? 'GatewaysNotMoved' : 'WorkloadsNotMoved',
    });
  }
  if (!of.istio?.settled) return wait(`the ${what}${tasksOf(of.istio)}`, { timeOut: 'NotSettled' });
  return healthy(at, of, (name) => names.has(name) && isMeant(name));
}

function healthy(
  at: ClusterPosition,
  of: ClusterObservation,
  isMeant: (namespace: string) => boolean,
): Gate {
  const answer = answerOf(at, of);
  if (!answer.pass) return answer;
  const ill = (of.istio?.namespaces ?? []).filter(
    ({ name, unready }) => isMeant(name) && unready > 0,
  );
  if (ill.length === 0) return pass('all that moved is ready');
  const names = ill.map(({ name, unready }) => `${name} (${unready})`);
  return wait(`Pods that are not ready in ${names.slice(0, 5).join(', ')}`, {
    timeOut: 'WorkloadsNotReady',
  });
}

function goOn(at: ClusterPosition, message: string): ClusterDecision {
  const { stage, hop, hops, before, policy, proceeding } = at;
  const { from } = hops[hop] as Hop;
  const go = (to: ClusterStage, of = hop): ClusterDecision => {
    // What disturbs nothing may be done at any time.
    if (!proceeding.may && disturbing.has(to))
      return { do: 'wait', for: proceeding.message, until: proceeding.until };
    return { do: 'go', stage: to, hop: of, message };
  };
  const followers = from && before ? followersOf(before, from.revision) : [];
  switch (stage) {
    case 'PENDING':
      return go('PREFLIGHT');
    case 'PREFLIGHT':
      return go('INSTALLING');
    case 'INSTALLING':
      if (followers.some((name) => policy.canaryNamespaces.includes(name))) return go('CANARY');
      return go(followers.length > 0 ? 'WORKLOADS' : 'DEFAULT_TAG');
    case 'CANARY':
      return go('SOAKING');
    case 'SOAKING':
      return go('WORKLOADS');
    case 'WORKLOADS':
      return go('GATEWAYS');
    case 'GATEWAYS':
      return go('DEFAULT_TAG');
    case 'DEFAULT_TAG':
      return go('DRAINING');
    case 'DRAINING':
      return go(isLast(hop, hops) ? 'GRACE' : 'REMOVING');
    case 'GRACE':
      return go('REMOVING');
    default:
      return isLast(hop, hops) ? go('DONE') : go('PREFLIGHT', hop + 1);
  }
}

const disturbing: ReadonlySet<ClusterStage> = new Set([
  'PREFLIGHT',
  'INSTALLING',
  'CANARY',
  'WORKLOADS',
  'GATEWAYS',
  'DEFAULT_TAG',
  'REMOVING',
]);

/** The way back stops for nothing: neither windows nor pauses hold it up. */
function decideBack(at: ClusterPosition, of: ClusterObservation, now: Date): ClusterDecision {
  const { hop, hops, stage } = at;
  const { to } = hops[hop] as Hop;
  const answer = answerOf(at, of);
  const isGone = !of.istio?.revisions.some(({ name }) => name === to.revision);
  if (answer.pass && stage === 'ROLLING_BACK') {
    const left = proxiesOf(of.istio, to.revision);
    if (left === 0 && of.istio?.settled) {
      const message = `no proxy is on ${to.revision}`;
      return { do: 'go', stage: 'CLEANING_UP', hop, message };
    }
    const message = `${count(left, 'proxy', 'proxies')} to go back${tasksOf(of.istio)}`;
    return orTimeOut(at, wait(message, { timeOut: 'NotRolledBack', stays: true }), now);
  }
  if (answer.pass && isGone && of.istio?.settled) {
    const message = `${to.revision} is gone again`;
    // An upgrade that is taken back leads to where it began.
    if (at.upgrade === 'ROLLING_BACK' && hop > 0)
      return { do: 'go', stage: 'ROLLING_BACK', hop: hop - 1, message };
    return { do: 'go', stage: 'ROLLED_BACK', hop, message };
  }
  const waiting = answer.pass ? `${to.revision} to be removed${tasksOf(of.istio)}` : answer.message;
  return orTimeOut(at, wait(waiting, { timeOut: 'NotRolledBack', stays: true }), now);
}

function orTimeOut(at: ClusterPosition, gate: Gate, now: Date): ClusterDecision {
  const { timeOut, message } = gate;
  if (gate.until || timeOut === undefined) return { do: 'wait', for: message, until: gate.until };
  const until = after(at.stageAt, at.policy.timeoutSeconds);
  if (now < until) return { do: 'wait', for: message, until };
  const waited = `waited ${at.policy.timeoutSeconds} s for ${message}`;
  if (!gate.stays) return { do: 'fail', reason: timeOut, message: waited };
  // It stays where it is, and so does an upgrade that does not run: there is nothing to halt.
  if (at.upgrade !== 'RUNNING') return { do: 'wait', for: waited };
  return { do: 'halt', reason: timeOut, message: waited };
}

function proxiesOf(istio: IstioFact | undefined, revision: string): number {
  return istio?.revisions.find(({ name }) => name === revision)?.proxies ?? 0;
}

function whereOf(istio: IstioFact | undefined, revision: string): string {
  const names = (istio?.namespaces ?? [])
    .filter(({ revisions }) => revisions.some((each) => each.revision === revision))
    .map(({ name }) => name);
  return names.slice(0, 5).join(', ');
}

function tasksOf(istio: IstioFact | undefined): string {
  const [first, ...others] = istio?.tasks ?? [];
  if (!first) return '';
  return ` (${say(first)}${others.length > 0 ? `, and ${others.length} more` : ''})`;
}

function say({ type, object, reason, message }: IstioTask): string {
  return [`${type} ${object}`, reason, message]
    .filter((part) => part !== '')
    .join(': ')
    .slice(0, 600);
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function after(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000);
}
