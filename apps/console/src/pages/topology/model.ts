import type {
  ClusterStatus,
  State,
  TopologyClustersQuery,
  TopologyServicesQuery,
} from '../../api/generated/graphql.js';
import { exportStanding, exportTones } from '../../parts/export-standing.js';
import type { Tone } from '../../parts/index.js';

export { counted } from '../../parts/words.js';

/** What is drawn, as the API tells it. */
export type Cluster = TopologyClustersQuery['mesh']['clusters']['edges'][number]['node'];
export type Service = TopologyServicesQuery['mesh']['topology']['services'][number];
type Exporter = Service['exporters'][number];

/** From harmless to bad. */
const tones: readonly Tone[] = ['ok', 'idle', 'busy', 'warn', 'bad'];

export function worse(a: Tone, b: Tone): Tone {
  return tones.indexOf(a) >= tones.indexOf(b) ? a : b;
}

/** For what is not only shown by colour. */
export const toneWords: Readonly<Record<Tone, string>> = {
  ok: 'in order',
  idle: 'not known',
  busy: 'under way',
  warn: 'degraded',
  bad: 'broken',
};

export const clusterTones: Readonly<Record<ClusterStatus, Tone>> = {
  CONNECTED: 'ok',
  PENDING: 'busy',
  OUT_OF_CONTACT: 'warn',
  LOCKED: 'bad',
  REMOVED: 'idle',
};

export const clusterWords: Readonly<Record<ClusterStatus, string>> = {
  CONNECTED: 'connected',
  PENDING: 'pending',
  OUT_OF_CONTACT: 'out of contact',
  LOCKED: 'locked',
  REMOVED: 'removed',
};

export const importTones: Readonly<Record<State, Tone>> = {
  YES: 'ok',
  UNKNOWN: 'idle',
  PENDING: 'busy',
  REFUSED: 'bad',
};

export const importWords: Readonly<Record<State, string>> = {
  YES: 'in force',
  UNKNOWN: 'not known',
  PENDING: 'pending',
  REFUSED: 'refused',
};

export function exportTone(exporter: Exporter): Tone {
  return exportTones[exportStanding(exporter)];
}

export function exportWord(exporter: Exporter): string {
  return exportStanding(exporter).toLowerCase();
}

/** The worst of a service, of its exports and of what became of its imports. */
export function serviceTone({ exporters, importers }: Service): Tone {
  const exports = exporters.map(exportTone);
  return [...exports, ...importers.map(({ state }) => importTones[state])].reduce<Tone>(
    worse,
    exporters.length === 0 ? 'idle' : 'ok',
  );
}

/** Which clusters call which, over all services: what a line between two clusters stands for. */
export interface Flow {
  /** The importing cluster. */
  readonly from: string;
  /** The exporting cluster. */
  readonly to: string;
  /** Ids of services. */
  readonly services: readonly string[];
  readonly tone: Tone;
  /** Whether the way leads through the east-west gateways of the exporter's network. */
  readonly isAcross: boolean;
  /** It does, and there is none. */
  readonly lacksGateway: boolean;
}

/**
 * Joins the imports of all services by importing and exporting cluster. What is refused as an
 * export leads nowhere, and a cluster that has a service itself calls others for it too.
 */
export function flowsOf(clusters: readonly Cluster[], services: readonly Service[]): Flow[] {
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  const gated = networksWithGateway(clusters);
  const flows = new Map<string, Flow & { services: string[]; tone: Tone }>();
  for (const service of services) {
    for (const exporter of service.exporters) {
      if (!exporter.valid || exporter.conflict) continue;
      const to = byId.get(exporter.clusterId);
      if (!to) continue;
      for (const importer of service.importers) {
        const from = byId.get(importer.clusterId);
        if (!from || from === to) continue;
        const isAcross = from.network !== to.network;
        const lacksGateway = isAcross && !gated.has(to.network);
        const tone = lacksGateway
          ? 'bad'
          : worse(exportTone(exporter), importTones[importer.state]);
        const key = `${from.id} ${to.id}`;
        const flow = flows.get(key);
        if (flow) {
          flow.services.push(service.id);
          flow.tone = worse(flow.tone, tone);
        } else {
          const services = [service.id];
          flows.set(key, { from: from.id, to: to.id, services, tone, isAcross, lacksGateway });
        }
      }
    }
  }
  return [...flows.values()];
}

function networksWithGateway(clusters: readonly Cluster[]): ReadonlySet<string> {
  return new Set(clusters.flatMap(({ network, gateways }) => (gateways.length > 0 ? network : [])));
}
