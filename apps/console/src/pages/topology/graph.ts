import type { Tone } from '../../parts/index.js';
import {
  type Cluster,
  clusterTones,
  clusterWords,
  counted,
  exportTone,
  exportWord,
  type Flow,
  flowsOf,
  type Service,
  serviceTone,
  toneWords,
  worse,
} from './model.js';

export type NodeKind = 'network' | 'cluster' | 'gateway' | 'service';

/** A box of the picture. Its place comes from the layout. */
export interface GraphNode {
  /** `network:<name>`, `cluster:<id>`, `gateway:<network>`, `service:<cluster id>:<service id>`. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly parent?: string;
  /** Of a leaf, in pixels; containers grow with what is in them. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Of a container: height that its title has, in pixels; more in a large one, to be read from afar. */
  readonly room?: number;
  readonly title: string;
  readonly detail: string;
  readonly tone: Tone;
  /** All of it in words, for who cannot see it. */
  readonly label: string;
  /** What is in focus when it is opened: the id of a cluster or of a service. */
  readonly focus?: string;
}

/** A line from the side that calls to the side that is called. */
export interface GraphEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  /** On the line: how many services, or which mTLS. */
  readonly text: string;
  readonly tone: Tone;
  readonly label: string;
  /** How many services it stands for; the line is as thick. */
  readonly weight: number;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Whether the lines decide where the boxes go; only few can. */
  readonly isRouted: boolean;
}

/** How deep one looks: clusters alone, or with what they export. */
export type Level = 'fleet' | 'services';

export const sizes = {
  cluster: { width: 190, height: 64 },
  gateway: { width: 150, height: 34 },
  service: { width: 172, height: 40 },
} as const;

const rooms = { network: 34, cluster: 52 };

/** More room for the title over so many services, in pixels. */
function extraRoom(services: number): number {
  return Math.min(Math.max(services - 12, 0), 70);
}

export const nodeId = {
  network: (network: string) => `network:${network}`,
  cluster: (id: string) => `cluster:${id}`,
  gateway: (network: string) => `gateway:${network}`,
  service: (clusterId: string, serviceId: string) => `service:${clusterId}:${serviceId}`,
};

/** In a network of more pairs of clusters that call each other, their lines are not drawn. */
const mostInside = 30;
/** With more pairs of clusters across networks than this, networks call and not clusters. */
const mostApart = 8;
/** More lines than these are packed and not laid out. Those of one service go one way, and are easy. */
const mostRouted = 16;
const mostRoutedOfOne = 80;

/**
 * Networks, the clusters in them, their gateways, and who calls whom. Lines are bundled: see the
 * constants above.
 *
 * @param focus id of the cluster whose lines are told apart all the same.
 */
export function graphOf(
  clusters: readonly Cluster[],
  services: readonly Service[],
  level: Level,
  focus = '',
): Graph {
  const exported = new Map<string, Service[]>();
  for (const service of services) {
    for (const { clusterId } of service.exporters) {
      const of = exported.get(clusterId);
      if (of) of.push(service);
      else exported.set(clusterId, [service]);
    }
  }
  const flows = flowsOf(clusters, services);
  const isDense = flows.filter(({ isAcross }) => isAcross).length > mostApart;
  const lines = new Lines();
  const lacking = new Set<string>();
  const networkOf = new Map(clusters.map(({ id, network }) => [id, network]));
  const inside = new Map<string, Flow[]>();
  for (const flow of flows) {
    const { from, to, tone, isAcross, lacksGateway } = flow;
    const network = networkOf.get(to) ?? '';
    if (!isAcross) {
      const of = inside.get(network);
      if (of) of.push(flow);
      else inside.set(network, [flow]);
      continue;
    }
    if (lacksGateway) lacking.add(network);
    // One line for all clusters of a network, as long as nobody asks for one of them.
    const isApart = focus === from || focus === to || !isDense;
    const source = isApart ? nodeId.cluster(from) : nodeId.network(networkOf.get(from) ?? '');
    lines.add(source, nodeId.gateway(network), flow.services, tone);
    lines.add(nodeId.gateway(network), nodeId.cluster(to), flow.services, tone);
  }
  for (const of of inside.values()) {
    const isTooMuch = of.length > mostInside;
    for (const { from, to, services: ids, tone } of of) {
      if (isTooMuch && focus !== from && focus !== to) continue;
      lines.add(nodeId.cluster(from), nodeId.cluster(to), ids, tone);
    }
  }
  const nodes = frameOf(clusters, lacking, (cluster) => {
    const count = exported.get(cluster.id)?.length ?? 0;
    return `exports ${counted(count, 'service')}`;
  });
  if (level === 'services') openUp(nodes, exported);
  if (level === 'services') {
    const known = new Set(clusters.map(({ id }) => id));
    for (const [clusterId, of] of exported) {
      if (!known.has(clusterId)) continue;
      for (const service of of) nodes.push(serviceNode(clusterId, service));
    }
  }
  const titles = new Map(nodes.map(({ id, title }) => [id, title]));
  return {
    nodes,
    isRouted: lines.all.length <= mostRouted,
    edges: lines.all.map(({ source, target, services: of, tone }) => {
      const text = counted(of.size, 'service');
      const label = `${titles.get(source)} to ${titles.get(target)}: ${text}, ${toneWords[tone]}`;
      return { id: `${source}>${target}`, source, target, text, tone, label, weight: of.size };
    }),
  };
}

/** One service: who offers it, who calls it, through which gateways, with which mTLS. */
export function serviceGraphOf(clusters: readonly Cluster[], service: Service): Graph {
  const involved = new Set(
    [...service.exporters, ...service.importers].map(({ clusterId }) => clusterId),
  );
  const shown = clusters.filter(({ id }) => involved.has(id));
  const edges = serviceEdgesOf(shown, [service]);
  const flows = flowsOf(shown, [service]);
  const networkOf = new Map(shown.map(({ id, network }) => [id, network]));
  const lacking = new Set(
    flows.flatMap(({ to, lacksGateway }) => (lacksGateway ? (networkOf.get(to) ?? []) : [])),
  );
  const exporting = new Set(service.exporters.map(({ clusterId }) => clusterId));
  const calling = new Set(service.importers.map(({ clusterId }) => clusterId));
  const nodes = frameOf(shown, lacking, ({ id }) =>
    calling.has(id) ? 'imports it' : 'does not import it',
  );
  openUp(nodes, new Map([...exporting].map((id) => [id, [service]])));
  for (const { id } of shown) if (exporting.has(id)) nodes.push(serviceNode(id, service));
  return { nodes, edges, isRouted: edges.length <= mostRoutedOfOne };
}

/** The lines of services one by one, each to the service itself; by gateways across networks. */
export function serviceEdgesOf(
  clusters: readonly Cluster[],
  services: readonly Service[],
): GraphEdge[] {
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  const edges = new Map<string, GraphEdge>();
  for (const service of services) {
    const text = mutualTlsWords[service.mutualTls];
    const add = (source: string, target: string, tone: Tone, ends: string): void => {
      const id = `${source}>${target}`;
      const all = worse(edges.get(id)?.tone ?? 'ok', tone);
      const label = `${service.name}, ${ends}: ${text}, ${toneWords[all]}`;
      edges.set(id, { id, source, target, text, tone: all, label, weight: 1 });
    };
    for (const { from, to, tone, isAcross } of flowsOf(clusters, [service])) {
      const target = nodeId.service(to, service.id);
      const caller = byId.get(from)?.name;
      const server = byId.get(to)?.name;
      if (isAcross) {
        const network = byId.get(to)?.network ?? '';
        add(nodeId.cluster(from), nodeId.gateway(network), tone, `${caller} to ${network}`);
        add(nodeId.gateway(network), target, tone, `${network} to ${server}`);
      } else {
        add(nodeId.cluster(from), target, tone, `${caller} to ${server}`);
      }
    }
  }
  return [...edges.values()];
}

export const mutualTlsWords: Readonly<Record<Service['mutualTls'], string>> = {
  STRICT: 'mTLS strict',
  PERMISSIVE: 'mTLS permissive',
  DISABLE: 'mTLS disabled',
  UNSET: 'mTLS permissive by default',
};

/** Makes containers of the clusters that have services. */
function openUp(nodes: GraphNode[], exported: ReadonlyMap<string, readonly Service[]>): void {
  const extras = new Map<string, number>();
  nodes.forEach((node, index) => {
    const count = node.kind === 'cluster' && exported.get(node.focus ?? '')?.length;
    if (!count) return;
    const extra = extraRoom(count);
    nodes[index] = { ...node, size: undefined, room: rooms.cluster + extra };
    extras.set(node.parent ?? '', Math.max(extras.get(node.parent ?? '') ?? 0, extra));
  });
  nodes.forEach((node, index) => {
    const extra = extras.get(node.id);
    if (extra) nodes[index] = { ...node, room: rooms.network + extra };
  });
}

/** Networks, clusters and gateways, without what is exported. */
function frameOf(
  clusters: readonly Cluster[],
  lacking: ReadonlySet<string>,
  detailOf: (cluster: Cluster) => string,
): GraphNode[] {
  const networks = new Map<string, Cluster[]>();
  for (const cluster of clusters) {
    const of = networks.get(cluster.network);
    if (of) of.push(cluster);
    else networks.set(cluster.network, [cluster]);
  }
  return [...networks].flatMap(([network, of]): GraphNode[] => {
    const parent = nodeId.network(network);
    const gateways = of.flatMap((cluster) =>
      cluster.gateways.map((gateway) => `${cluster.name} ${gateway.namespace}/${gateway.name}`),
    );
    const members = of.map((cluster): GraphNode => {
      const detail =
        cluster.status === 'CONNECTED' ? detailOf(cluster) : clusterWords[cluster.status];
      return {
        id: nodeId.cluster(cluster.id),
        kind: 'cluster',
        parent,
        size: sizes.cluster,
        title: cluster.name,
        detail,
        tone: clusterTones[cluster.status],
        // What is read out begins with what is seen.
        label: `${cluster.name} ${detail}, a cluster in ${cluster.locality}, ${clusterWords[cluster.status]}`,
        focus: cluster.id,
      };
    });
    const border: GraphNode[] =
      gateways.length > 0 || lacking.has(network)
        ? [
            {
              id: nodeId.gateway(network),
              kind: 'gateway',
              parent,
              size: sizes.gateway,
              title: gateways.length > 0 ? counted(gateways.length, 'gateway') : 'No gateway',
              detail: gateways.join(', '),
              tone: gateways.length > 0 ? 'ok' : 'bad',
              label:
                gateways.length > 0
                  ? `${counted(gateways.length, 'gateway')} to the network ${network}: ${gateways.join(', ')}`
                  : `No gateway to the network ${network}, which is called from others`,
            },
          ]
        : [];
    return [
      {
        id: parent,
        kind: 'network',
        room: rooms.network,
        title: network,
        detail: counted(of.length, 'cluster'),
        tone: of.map(({ status }) => clusterTones[status]).reduce<Tone>(worse, 'ok'),
        label: `${network} ${counted(of.length, 'cluster')}, a network`,
      },
      ...members,
      ...border,
    ];
  });
}

function serviceNode(clusterId: string, service: Service): GraphNode {
  const exporter = service.exporters.find((each) => each.clusterId === clusterId);
  const own = exporter ? exportTone(exporter) : 'idle';
  const endpoints = counted(exporter?.readyEndpoints ?? 0, 'endpoint');
  const word = exporter ? exportWord(exporter) : 'not exported';
  const detail = `${service.namespace} · ${endpoints}`;
  return {
    id: nodeId.service(clusterId, service.id),
    kind: 'service',
    parent: nodeId.cluster(clusterId),
    size: sizes.service,
    title: service.name,
    detail,
    tone: worse(own, service.importers.length > 0 ? serviceTone(service) : own),
    label: `${service.name} ${detail}, a service, ${word}, imported by ${counted(service.importers.length, 'cluster')}`,
    focus: service.id,
  };
}

interface Line {
  readonly source: string;
  readonly target: string;
  readonly services: Set<string>;
  tone: Tone;
}

/** Lines between the same two boxes are one. */
class Lines {
  private readonly byEnds = new Map<string, Line>();

  get all(): readonly Line[] {
    return [...this.byEnds.values()];
  }

  add(source: string, target: string, services: readonly string[], tone: Tone): void {
    const key = `${source}>${target}`;
    const line = this.byEnds.get(key) ?? { source, target, services: new Set<string>(), tone };
    for (const id of services) line.services.add(id);
    line.tone = worse(line.tone, tone);
    this.byEnds.set(key, line);
  }
}

/**
 * What the layout depends on, and nothing else: a change of a state or of a number of endpoints
 * moves no box.
 */
export function structureOf({ nodes, edges }: Graph): string {
  const boxes = nodes.map(
    ({ id, parent = '', size, room = 0 }) =>
      `${id}<${parent} ${size ? `${size.width}x${size.height}` : room}`,
  );
  return [...boxes, ...edges.map(({ id }) => id)].join('\n');
}
