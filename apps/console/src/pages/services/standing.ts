import { type ExportStanding, exportStanding, exportTones } from '../../parts/export-standing.js';
import type { FourStates, Tone } from '../../parts/index.js';

type Exporter = Parameters<typeof exportStanding>[0];

/** How a service stands: as the worst of its exports. */
export type Standing = ExportStanding | 'Not exported';

export const standingTones: Readonly<Record<Standing, Tone>> = {
  ...exportTones,
  'Not exported': 'idle',
};

const worstFirst: readonly Standing[] = ['Refused', 'Conflict', 'Stale', 'No endpoints', 'Ready'];

/** The worst that is wrong with an export; that one cluster has no endpoint is no fault of the service. */
export function worstStanding(exporters: readonly Exporter[]): Standing {
  const found = new Set<Standing>(exporters.map(exportStanding));
  if (found.has('Ready')) found.delete('No endpoints');
  return worstFirst.find((standing) => found.has(standing)) ?? 'Not exported';
}

/** Clusters that answer calls: what they offer stands, and has endpoints. */
export function serving<Of extends Exporter>(exporters: readonly Of[]): Of[] {
  return exporters.filter((exporter) => {
    const standing = exportStanding(exporter);
    return standing === 'Ready' || (standing === 'Stale' && exporter.readyEndpoints > 0);
  });
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
export function progressOf({ sent, stored, accepted, live }: FourStates): Progress {
  const states = [sent, stored, accepted, live];
  if (states.includes('REFUSED')) return 'refused';
  if (live === 'YES') return 'live';
  return states.includes('PENDING') || stored !== 'YES' ? 'pending' : 'written';
}

/** `4 live, 1 refused`: the worst first. */
export function countProgress(states: readonly FourStates[]): { tone: Tone; text: string } {
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
