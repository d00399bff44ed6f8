import ELK from 'elkjs/lib/elk.bundled.js';
import { describe, expect, it } from 'vitest';
import { type Graph, type GraphNode, sizes } from './graph.js';
import { absolute, curveOf, fromElk, middleOf, pathOf, toElk, wayBetween } from './placing.js';

function node(id: string, kind: GraphNode['kind'], parent?: string, isOpen = false): GraphNode {
  const size = kind === 'network' || isOpen ? undefined : sizes[kind];
  return { id, kind, parent, size, title: id, detail: '', tone: 'ok', label: id };
}

function line(source: string, target: string): Graph['edges'][number] {
  return { id: `${source}>${target}`, source, target, text: '', tone: 'ok', label: '', weight: 1 };
}

const nodes = [
  node('west', 'network'),
  node('a', 'cluster', 'west'),
  node('east', 'network'),
  node('b', 'cluster', 'east', true),
  node('s1', 'service', 'b'),
  node('s2', 'service', 'b'),
  node('door', 'gateway', 'east'),
];
const edges = [line('a', 'door'), line('door', 'b')];

async function lay(graph: Graph) {
  return fromElk(graph, await new ELK().layout(toElk(graph)));
}

const parents = new Map(nodes.map(({ id, parent }) => [id, parent]));

describe.each([true, false])('a layout, routed: %s', (isRouted) => {
  const graph = { nodes, edges, isRouted };

  it('has a place for every box, inside of what it is in', async () => {
    const placed = await lay(graph);
    for (const { id, kind, parent } of nodes) {
      const box = placed.boxes.get(id);
      if (!box) throw new Error(`no box for ${id}`);
      const outer = parent === undefined ? undefined : placed.boxes.get(parent);
      if (!outer || kind === 'gateway') continue;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.y).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(outer.width);
      expect(box.y + box.height).toBeLessThanOrEqual(outer.height);
    }
  });

  it('has the gateway astride the left border of its network', async () => {
    const placed = await lay(graph);
    const door = placed.boxes.get('door');
    expect(door?.x).toBe(-sizes.gateway.width / 2);
  });

  it('leads from box to box', async () => {
    const placed = await lay(graph);
    for (const edge of edges) {
      expect(placed.ways.has(edge.id)).toBe(isRouted);
      expect(wayBetween(placed, parents, edge)?.path).toMatch(/^M/);
    }
  });

  it('lets no box lie over its neighbour', async () => {
    const placed = await lay(graph);
    const [one, two] = ['s1', 's2'].map((id) => absolute(placed, parents, id));
    if (!one || !two) throw new Error('no services');
    const isApart =
      one.x + one.width <= two.x ||
      two.x + two.width <= one.x ||
      one.y + one.height <= two.y ||
      two.y + two.height <= one.y;
    expect(isApart).toBe(true);
  });
});

describe('a line', () => {
  it('turns its corners round, and not further than half the way', () => {
    const points = [
      { x: 0, y: 0 },
      { x: 100, y: 0 },
      { x: 100, y: 10 },
    ];
    expect(pathOf(points)).toBe('M0,0L92,0Q100,0 100,5L100,10');
    expect(middleOf(points)).toEqual({ middle: { x: 50, y: 0 }, length: 100 });
  });

  it('begins and ends at the borders, and bends the other way on the way back', () => {
    const left = { x: 0, y: 0, width: 10, height: 10 };
    const right = { x: 100, y: 0, width: 10, height: 10 };
    const there = curveOf(left, right);
    const back = curveOf(right, left);
    expect(there.path).toMatch(/^M10,5Q.* 100,5$/);
    expect(back.path).toMatch(/^M100,5Q.* 10,5$/);
    expect(Math.sign(there.middle.y - 5)).toBe(-Math.sign(back.middle.y - 5));
  });
});
