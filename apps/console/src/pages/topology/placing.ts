import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import { type Graph, type GraphNode, sizes } from './graph.js';

export interface Box {
  /** From the left and the top of what it is in, in pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where everything is. */
export interface Placed {
  readonly boxes: ReadonlyMap<string, Box>;
  /** Of the lines, by id, from the left and the top of the picture. */
  readonly ways: ReadonlyMap<string, Way>;
}

/** A line and where its words go. */
export interface Way {
  /** As SVG writes it. */
  readonly path: string;
  readonly middle: Point;
  /** Length of what is straight there, in pixels. */
  readonly length: number;
}

const layered = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.spacing.nodeNodeBetweenLayers': '48',
  'elk.layered.spacing.edgeNodeBetweenLayers': '18',
  'elk.spacing.nodeNode': '26',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '12',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
};

function packed(spacing: number, padding: string): Record<string, string> {
  return {
    'elk.algorithm': 'rectpacking',
    'elk.hierarchyHandling': 'SEPARATE_CHILDREN',
    'elk.aspectRatio': '1.6',
    'elk.spacing.nodeNode': `${spacing}`,
    'elk.padding': padding,
  };
}

/** Around what is in a cluster, and between it, in pixels. */
const margin = 12;
const gap = 8;

/**
 * Services of one cluster, in rows. All are of one size, so that this is as good as ELK's packing,
 * which takes seconds for a thousand.
 */
function gridOf(
  count: number,
  room: number,
): { size: { width: number; height: number }; placeOf(index: number): Point } {
  const { width, height } = sizes.service;
  const columns = Math.max(1, Math.round(Math.sqrt((count * 1.6 * height) / width)));
  const rows = Math.ceil(count / columns);
  return {
    size: {
      width: columns * (width + gap) - gap + 2 * margin,
      height: room + rows * (height + gap) - gap + margin,
    },
    placeOf: (index) => ({
      x: margin + (index % columns) * (width + gap),
      y: room + Math.floor(index / columns) * (height + gap),
    }),
  };
}

/**
 * The graph as ELK takes it. Gateways lie in the left border of their network, where what comes
 * from other networks comes in. Few lines are laid out with the boxes. Many would make a long
 * thin row, and take ten times as long: then the boxes are packed, and the lines drawn over them.
 */
export function toElk({ nodes, edges, isRouted }: Graph): ElkNode {
  const inside = byParent(nodes);
  const ends = new Set(edges.flatMap(({ source, target }) => [source, target]));
  const toNode = (node: GraphNode): ElkNode => {
    if (node.size) return { id: node.id, ...node.size };
    const all = inside.get(node.id) ?? [];
    const children = all.filter(({ kind }) => kind !== 'gateway').map(toNode);
    const { room = 0 } = node;
    if (node.kind !== 'network') {
      if (!isRouted || !children.some(({ id }) => ends.has(id))) {
        return { id: node.id, ...gridOf(children.length, room).size };
      }
      const padding = `[top=${room},left=${margin},bottom=${margin},right=${margin}]`;
      return { id: node.id, children, layoutOptions: { ...layered, 'elk.padding': padding } };
    }
    const gateways = all.filter(({ kind }) => kind === 'gateway');
    const left = gateways.length > 0 ? sizes.gateway.width / 2 + 20 : 20;
    const padding = `[top=${room + 16},left=${left},bottom=20,right=24]`;
    if (!isRouted) return { id: node.id, children, layoutOptions: packed(64, padding) };
    return {
      id: node.id,
      children,
      ports: gateways.map(({ id }) => ({
        id,
        ...sizes.gateway,
        layoutOptions: {
          'elk.port.side': 'WEST',
          'elk.port.borderOffset': `${-sizes.gateway.width / 2}`,
        },
      })),
      layoutOptions: {
        ...layered,
        'elk.padding': padding,
        'elk.portConstraints': 'FIXED_SIDE',
        'elk.nodeSize.constraints': 'PORTS MINIMUM_SIZE',
        'elk.nodeSize.minimum': '(230,120)',
      },
    };
  };
  const root = { id: 'root', children: (inside.get('') ?? []).map(toNode) };
  const padding = '[top=20,left=90,bottom=20,right=20]';
  if (!isRouted) return { ...root, layoutOptions: packed(170, padding) };
  return {
    ...root,
    edges: edges.map(({ id, source, target }) => ({ id, sources: [source], targets: [target] })),
    layoutOptions: {
      ...layered,
      'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
      'elk.json.edgeCoords': 'ROOT',
      'elk.padding': padding,
    },
  };
}

/** @param root as ELK has laid out what `toElk` made of the graph. */
export function fromElk({ nodes }: Graph, root: ElkNode): Placed {
  const boxes = new Map<string, Box>();
  const ways = new Map<string, Way>();
  const gateways = new Set(nodes.flatMap(({ id, kind }) => (kind === 'gateway' ? id : [])));
  const walk = (node: ElkNode): void => {
    for (const each of [...(node.children ?? []), ...(node.ports ?? [])]) {
      const { id, x = 0, y = 0, width = 0, height = 0 } = each;
      // Whole pixels, as the browser measures them.
      boxes.set(id, { x, y, width: Math.round(width), height: Math.round(height) });
    }
    for (const edge of node.edges ?? []) {
      const points = pointsOf(edge);
      if (gateways.has(edge.sources[0] ?? '')) leaveGateway(points);
      ways.set(edge.id ?? '', { path: pathOf(points), ...middleOf(points) });
    }
    for (const child of node.children ?? []) walk(child);
  };
  walk(root);
  for (const { id, parent = '' } of nodes) {
    if (!gateways.has(id) || boxes.has(id)) continue;
    const room = nodes.find((node) => node.id === parent)?.room ?? 0;
    boxes.set(id, { x: -sizes.gateway.width / 2, y: room + 20, ...sizes.gateway });
  }
  const inside = byParent(nodes);
  for (const { id: cluster, kind, room = 0 } of nodes) {
    const services = kind === 'cluster' ? (inside.get(cluster) ?? []) : [];
    const { placeOf } = gridOf(services.length, room);
    for (const [index, { id }] of services.entries()) {
      if (!boxes.has(id)) boxes.set(id, { ...placeOf(index), ...sizes.service });
    }
  }
  return { boxes, ways };
}

function byParent(nodes: readonly GraphNode[]): ReadonlyMap<string, GraphNode[]> {
  const inside = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    const of = inside.get(node.parent ?? '');
    if (of) of.push(node);
    else inside.set(node.parent ?? '', [node]);
  }
  return inside;
}

/** ELK begins at the left of a port; what goes into the network begins at its right. */
function leaveGateway(points: Point[]): void {
  const [first, second] = points;
  const x = (first?.x ?? 0) + sizes.gateway.width;
  if (first && second && second.x > x) points[0] = { x, y: first.y };
}

/** Of a line that was not laid out, or came later: straight from box to box. */
export function wayBetween(
  placed: Placed,
  parents: ReadonlyMap<string, string | undefined>,
  { source, target }: { readonly source: string; readonly target: string },
): Way | undefined {
  const from = absolute(placed, parents, source);
  const to = absolute(placed, parents, target);
  return from && to && curveOf(from, to);
}

/** Where a box is from the left and the top of the picture. */
export function absolute(
  { boxes }: Pick<Placed, 'boxes'>,
  parents: ReadonlyMap<string, string | undefined>,
  id: string,
): Box | undefined {
  const box = boxes.get(id);
  const parent = parents.get(id);
  if (!box || parent === undefined) return box;
  const outer = absolute({ boxes }, parents, parent);
  return outer && { ...box, x: outer.x + box.x, y: outer.y + box.y };
}

/** From border to border, bent to the right of the way, so that there and back are two lines. */
export function curveOf(from: Box, to: Box): Way {
  const start = borderOf(from, centerOf(to));
  const end = borderOf(to, centerOf(from));
  const length = Math.hypot(end.x - start.x, end.y - start.y);
  const bend = length === 0 ? 0 : Math.max(0.12, 22 / length);
  const middle = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
  const control = {
    x: middle.x - (end.y - start.y) * bend,
    y: middle.y + (end.x - start.x) * bend,
  };
  return {
    path: `M${start.x},${start.y}Q${control.x},${control.y} ${end.x},${end.y}`,
    middle: { x: (middle.x + control.x) / 2, y: (middle.y + control.y) / 2 },
    length,
  };
}

function centerOf({ x, y, width, height }: Box): Point {
  return { x: x + width / 2, y: y + height / 2 };
}

/** Where the line from the middle of a box towards a point leaves it. */
function borderOf(box: Box, towards: Point): Point {
  const { x, y } = centerOf(box);
  const dx = towards.x - x;
  const dy = towards.y - y;
  if (dx === 0 && dy === 0) return { x, y };
  const share = Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : box.width / 2 / Math.abs(dx),
    dy === 0 ? Number.POSITIVE_INFINITY : box.height / 2 / Math.abs(dy),
  );
  return { x: x + dx * share, y: y + dy * share };
}

function pointsOf({ sections = [] }: ElkExtendedEdge): Point[] {
  return sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ]);
}

/** An SVG path along the points, with rounded corners. */
export function pathOf(points: readonly Point[], radius = 8): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M${first.x},${first.y}`;
  rest.forEach((point, index) => {
    const before = points[index] as Point;
    const after = rest[index + 1];
    if (!after) {
      path += `L${point.x},${point.y}`;
      return;
    }
    const from = towards(point, before, radius);
    const to = towards(point, after, radius);
    path += `L${from.x},${from.y}Q${point.x},${point.y} ${to.x},${to.y}`;
  });
  return path;
}

/** So far from one point to the other, or half the way if that is nearer. */
function towards(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(distance, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

/** The middle of the longest straight part, where there is room for words. */
export function middleOf(points: readonly Point[]): Pick<Way, 'middle' | 'length'> {
  let longest = -1;
  let middle: Point = points[0] ?? { x: 0, y: 0 };
  points.slice(1).forEach((point, index) => {
    const before = points[index] as Point;
    const length = Math.hypot(point.x - before.x, point.y - before.y);
    if (length <= longest) return;
    longest = length;
    middle = { x: (point.x + before.x) / 2, y: (point.y + before.y) / 2 };
  });
  return { middle, length: Math.max(longest, 0) };
}
