import type { State } from '../../api/generated/graphql.js';
import type { Tone } from '../../parts/index.js';

interface Exporter {
  readonly clusterName: string;
  readonly readyEndpoints: number;
  readonly valid: boolean;
  readonly conflict: boolean;
  readonly stale: boolean;
}

/** How an export stands, or the worst of a service's exports. */
export type Standing = 'Refused' | 'Conflict' | 'Stale' | 'No endpoints' | 'Ready' | 'Not exported';

export const standingTones: Readonly<Record<Standing, Tone>> = {
  Refused: 'bad',
  Conflict: 'bad',
  Stale: 'warn',
  'No endpoints': 'warn',
  Ready: 'ok',
  'Not exported': 'idle',
};

const worstFirst: readonly Standing[] = ['Refused', 'Conflict', 'Stale', 'No endpoints', 'Ready'];

export function standingOf(exporter: Exporter): Standing {
  // A conflict makes an export invalid too, and says more.
  if (exporter.conflict) return 'Conflict';
  if (!exporter.valid) return 'Refused';
  if (exporter.stale) return 'Stale';
  return exporter.readyEndpoints === 0 ? 'No endpoints' : 'Ready';
}

/** The worst that is wrong with an export; that one cluster has no endpoint is no fault of the service. */
export function worstStanding(exporters: readonly Exporter[]): Standing {
  const found = new Set(exporters.map(standingOf));
  if (found.has('Ready')) found.delete('No endpoints');
  return worstFirst.find((standing) => found.has(standing)) ?? 'Not exported';
}

/** Clusters that answer calls: what they offer stands, and has endpoints. */
export function serving<Of extends Exporter>(exporters: readonly Of[]): Of[] {
  return exporters.filter((exporter) => {
    const standing = standingOf(exporter);
    return standing === 'Ready' || (standing === 'Stale' && exporter.readyEndpoints > 0);
  });
}

interface States {
  readonly sent: State;
  readonly stored: State;
  readonly accepted: State;
  readonly live: State;
}

/** How far an import came in a cluster, in one word. */
export type Progress = 'refused' | 'pending' | 'written' | 'live';

const progressTones: Readonly<Record<Progress, Tone>> = {
  refused: 'bad',
  pending: 'busy',
  written: 'ok',
  live: 'ok',
};

/** `written`: the API server took it, and what comes after cannot be known there. */
export function progressOf({ sent, stored, accepted, live }: States): Progress {
  const states = [sent, stored, accepted, live];
  if (states.includes('REFUSED')) return 'refused';
  if (live === 'YES') return 'live';
  return states.includes('PENDING') || stored !== 'YES' ? 'pending' : 'written';
}

/** `4 live, 1 refused`: the worst first. */
export function countProgress(states: readonly States[]): { tone: Tone; text: string } {
  const order: readonly Progress[] = ['refused', 'pending', 'written', 'live'];
  const all = states.map(progressOf);
  const found = order.filter((progress) => all.includes(progress));
  const [worst] = found;
  if (!worst) return { tone: 'idle', text: 'no cluster' };
  const count = (of: Progress) => all.filter((progress) => progress === of).length;
  return {
    tone: progressTones[worst],
    text: found.map((progress) => `${count(progress)} ${progress}`).join(', '),
  };
}
