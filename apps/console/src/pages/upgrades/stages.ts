import type { UpgradeStage, UpgradeState } from '../../api/generated/graphql.js';
import { reasonTitle, type Tone } from '../../parts/index.js';

/** How an upgrade stands, in a word. */
export const upgradeStates: Readonly<Record<UpgradeState, readonly [Tone, string]>> = {
  PLANNED: ['idle', 'Planned'],
  AWAITING_APPROVAL: ['warn', 'Awaits approval'],
  RUNNING: ['busy', 'Under way'],
  PAUSED: ['warn', 'Paused'],
  HALTED: ['bad', 'Halted'],
  COMPLETED: ['ok', 'Completed'],
  ABORTED: ['idle', 'Aborted'],
  REJECTED: ['idle', 'Refused'],
  ROLLING_BACK: ['busy', 'Going back'],
  ROLLED_BACK: ['idle', 'Went back'],
};

const stages: Readonly<Record<UpgradeStage, readonly [Tone, string]>> = {
  PENDING: ['idle', 'To come'],
  PREFLIGHT: ['busy', 'Being looked at'],
  INSTALLING: ['busy', 'Installing the new istiod'],
  CANARY: ['busy', 'Moving canary namespaces'],
  SOAKING: ['busy', 'Watching the canaries'],
  WORKLOADS: ['busy', 'Restarting workloads'],
  GATEWAYS: ['busy', 'Moving gateways'],
  DEFAULT_TAG: ['busy', 'Moving the default tag'],
  DRAINING: ['busy', 'Waiting for the last proxies'],
  GRACE: ['ok', 'Through; the old istiod stays a while'],
  REMOVING: ['busy', 'Removing the old istiod'],
  DONE: ['ok', 'Done'],
  ROLLING_BACK: ['warn', 'Going back'],
  CLEANING_UP: ['warn', 'Removing the new istiod'],
  ROLLED_BACK: ['bad', 'Went back'],
  SKIPPED: ['idle', 'Left out'],
};

/** What tells how a cluster stands in an upgrade. */
export interface ClusterPlace {
  readonly stage: UpgradeStage;
  readonly held: boolean;
  readonly hop: number;
  readonly hops: readonly { readonly from?: string | null; readonly to: string }[];
}

/** How a cluster stands in an upgrade: a tone and words. */
export function standingOf({ stage, held }: ClusterPlace): readonly [Tone, string] {
  const [tone, word] = stages[stage];
  return held && tone === 'busy' ? ['warn', `Held: ${word.toLowerCase()}`] : [tone, word];
}

/** What a cluster goes through in a hop, in its order. */
const way: readonly UpgradeStage[] = [
  'PREFLIGHT',
  'INSTALLING',
  'CANARY',
  'SOAKING',
  'WORKLOADS',
  'GATEWAYS',
  'DEFAULT_TAG',
  'DRAINING',
  'GRACE',
  'REMOVING',
];

const names: Readonly<Partial<Record<UpgradeStage, string>>> = {
  PREFLIGHT: 'Preflight',
  INSTALLING: 'Install',
  CANARY: 'Canaries',
  SOAKING: 'Soak',
  WORKLOADS: 'Workloads',
  GATEWAYS: 'Gateways',
  DEFAULT_TAG: 'Default tag',
  DRAINING: 'Drain',
  GRACE: 'Grace',
  REMOVING: 'Remove',
};

export interface Step {
  readonly name: string;
  readonly state: 'done' | 'now' | 'to come';
}

/**
 * The steps of the hop that a cluster is in; none once it goes back, and then none of them counts.
 *
 * @param hasCanaries whether the upgrade's policy names some.
 */
export function stepsOf(place: ClusterPlace, hasCanaries: boolean): readonly Step[] {
  const { stage, hop, hops } = place;
  const isLastHop = hop >= hops.length - 1;
  const steps = way.filter((step) => {
    if (step === 'CANARY' || step === 'SOAKING') return hasCanaries || step === stage;
    // Between two hops nothing is waited for.
    return step !== 'GRACE' || isLastHop;
  });
  if (['ROLLING_BACK', 'CLEANING_UP', 'ROLLED_BACK', 'SKIPPED'].includes(stage)) return [];
  const at = stage === 'DONE' ? steps.length : steps.indexOf(stage);
  return steps.map((step, index) => ({
    name: names[step] ?? step,
    state: index < at ? 'done' : index === at ? 'now' : 'to come',
  }));
}

/** Clusters that go on by themselves, those that are through, and those that stopped. */
export interface Tally {
  readonly through: number;
  readonly moving: number;
  readonly failed: number;
  readonly toCome: number;
  readonly leftOut: number;
}

export function tallyOf(clusters: readonly ClusterPlace[]): Tally {
  const tally = { through: 0, moving: 0, failed: 0, toCome: 0, leftOut: 0 };
  for (const cluster of clusters) tally[kindOf(cluster)] += 1;
  return tally;
}

function kindOf(place: ClusterPlace): keyof Tally {
  const { stage } = place;
  if (stage === 'PENDING') return 'toCome';
  if (stage === 'SKIPPED') return 'leftOut';
  if (stage === 'ROLLED_BACK' || stage === 'ROLLING_BACK' || stage === 'CLEANING_UP')
    return 'failed';
  return isThrough(place) ? 'through' : 'moving';
}

/** Nothing disturbs its workloads any more: the old istiod alone is left to go. */
export function isThrough({ stage, hop, hops }: ClusterPlace): boolean {
  const isLastHop = hop >= hops.length - 1;
  return stage === 'DONE' || (isLastHop && (stage === 'GRACE' || stage === 'REMOVING'));
}

/** How much of the way clusters have behind them, in percent; those that are left out do not count. */
export function shareOf(clusters: readonly ClusterPlace[]): number {
  const counted = clusters.filter(({ stage }) => stage !== 'SKIPPED');
  if (counted.length === 0) return 0;
  const sum = counted.reduce((total, cluster) => total + wayBehind(cluster), 0);
  return Math.floor((100 * sum) / counted.length);
}

/** 0 to 1. */
function wayBehind(place: ClusterPlace): number {
  const { stage, hop, hops } = place;
  if (isThrough(place)) return 1;
  const at = way.indexOf(stage);
  // Grace and removal come after it is through.
  const inHop = at < 0 ? 0 : at / way.indexOf('GRACE');
  return Math.min(1, (hop + Math.min(1, inHop)) / Math.max(1, hops.length));
}

/** Which clusters somebody should see first: those that failed, wait for something, or move. */
export function bySeverity<Row extends ClusterPlace>(rows: readonly Row[]): Row[] {
  const rank = (row: Row): number => {
    const kind = kindOf(row);
    if (kind === 'moving') return row.held ? 1 : 2;
    return { failed: 0, toCome: 3, through: 4, leftOut: 5 }[kind];
  };
  return [...rows].sort((a, b) => rank(a) - rank(b));
}

/** Of a wave, as a whole. */
export function waveStanding(
  clusters: readonly ClusterPlace[],
  state: UpgradeState,
): readonly [Tone, string] {
  const { through, moving, failed, toCome, leftOut } = tallyOf(clusters);
  if (failed > 0) {
    if (state === 'ROLLING_BACK' || state === 'ROLLED_BACK') return upgradeStates[state];
    return ['bad', `${failed} failed`];
  }
  if (through + leftOut === clusters.length) return ['ok', 'Through'];
  if (toCome + leftOut === clusters.length)
    return ['idle', state === 'ABORTED' || state === 'REJECTED' ? 'Never began' : 'To come'];
  if (state === 'RUNNING') return ['busy', `${through} of ${through + moving + toCome} through`];
  // Another one is what halted it.
  return state === 'HALTED' ? ['warn', 'Waits'] : upgradeStates[state];
}

/** `1.28.10 to 1.29.6 to 1.30.4`, over all that lies between. */
export function hopsInWords(hops: ClusterPlace['hops']): string {
  const [first] = hops;
  if (!first) return 'nowhere to go';
  return [first.from ?? 'no Istio', ...hops.map(({ to }) => to)].join(' to ');
}

/** Of an event, as the page shows it. */
export function eventTone(type: string): Tone {
  if (['FAILED', 'HALTED'].includes(type)) return 'bad';
  if (['HELD', 'PAUSED', 'ROLLING_BACK', 'APPROVAL_REQUESTED'].includes(type)) return 'warn';
  if (['DONE', 'COMPLETED', 'APPROVED', 'RELEASED'].includes(type)) return 'ok';
  return 'idle';
}

/** What an event is called: `INSTALLING` and its like as the stages, all others as their words. */
export function eventWord(type: string): string {
  return Object.hasOwn(stages, type) ? stages[type as UpgradeStage][1] : reasonTitle(type);
}
