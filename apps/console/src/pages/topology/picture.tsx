import '@xyflow/react/dist/style.css';
import './topology.css';
import { useComputedColorScheme } from '@mantine/core';
import { useReducedMotion } from '@mantine/hooks';
import {
  Background,
  BackgroundVariant,
  Controls,
  MarkerType,
  type OnMove,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type Viewport,
} from '@xyflow/react';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Tone } from '../../parts/index.js';
import { type BoxNode, edgeTypes, nodeTypes, type WayEdge } from './boxes.js';
import { type GraphEdge, type Level, nodeId, serviceEdgesOf } from './graph.js';
import type { Drawn } from './layout.js';
import type { Cluster, Service } from './model.js';
import { absolute, type Box, type Way, wayBetween } from './placing.js';

interface PictureProps {
  readonly drawn: Drawn;
  /** In place of the graph's own, when a cluster is in focus. */
  readonly edges: readonly GraphEdge[];
  readonly level: Level;
  readonly focus: string;
  readonly clusters: readonly Cluster[];
  readonly services: readonly Service[];
  /** Whether one service is all that is drawn. */
  readonly isOfOne: boolean;
  /** Whether it is the picture of this level; not while that is laid out. */
  readonly isSettled: boolean;
  onFocus(id: string): void;
  onLevel(level: Level): void;
}

const tones: readonly Tone[] = ['ok', 'idle', 'busy', 'warn', 'bad'];
const markers = Object.fromEntries(
  tones.map((tone) => [
    tone,
    {
      type: MarkerType.ArrowClosed,
      color: `var(--isthmus-${tone})`,
      width: 24,
      height: 24,
      markerUnits: 'userSpaceOnUse',
    },
  ]),
) as Record<Tone, NonNullable<WayEdge['markerEnd']>>;

/** Below this zoom words are not to be read, and are not drawn. */
const farZoom = 0.42;
/** From this zoom on, services in sight show their own lines. */
const nearZoom = 0.75;
/** As long as they are not more than so many. */
const mostNearLines = 120;
/** So much closer than all of it, and clusters show their services; so much further, and they do not. */
const zoomInto = 1.8;
const zoomOutOf = 0.6;

/** The graph as a picture to move in. Must have a height from its surroundings. */
export function Picture(props: PictureProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas(props: PictureProps) {
  const { drawn, edges, level, focus, clusters, services, isOfOne, isSettled, onFocus, onLevel } =
    props;
  const { graph, placed, structure } = drawn;
  const flow = useReactFlow<BoxNode, WayEdge>();
  const scheme = useComputedColorScheme('light');
  const duration = useReducedMotion() ? 0 : 250;
  const frame = useRef<HTMLDivElement>(null);
  /** The zoom at which all is in sight. */
  const fitZoom = useRef(1);
  /** Of the cluster that was zoomed into: there one arrives. */
  const landing = useRef<string>(undefined);
  const [pointed, setPointed] = useState('');
  const [near, setNear] = useState<readonly string[]>([]);

  const parents = useMemo(
    () => new Map(graph.nodes.map(({ id, parent }) => [id, parent])),
    [graph.nodes],
  );
  const byId = useMemo(() => new Map(services.map((service) => [service.id, service])), [services]);

  const nodes = useMemo(
    () =>
      graph.nodes.flatMap((node): BoxNode[] => {
        const box = placed.boxes.get(node.id);
        if (!box) return [];
        const isOpen = node.focus !== undefined;
        return [
          {
            id: node.id,
            type: 'box',
            parentId: node.parent,
            position: { x: box.x, y: box.y },
            width: box.width,
            height: box.height,
            // Told beforehand, since what is out of sight is never measured.
            measured: { width: box.width, height: box.height },
            handles: [
              {
                type: 'target',
                position: Position.Left,
                x: 0,
                y: box.height / 2,
                width: 1,
                height: 1,
              },
              {
                type: 'source',
                position: Position.Right,
                x: box.width,
                y: box.height / 2,
                width: 1,
                height: 1,
              },
            ],
            zIndex: node.kind === 'gateway' ? 5 : node.size ? 3 : node.kind === 'cluster' ? 1 : 0,
            focusable: isOpen,
            ariaRole: isOpen ? 'button' : 'group',
            ariaLabel: node.label,
            data: { node, isFocused: node.focus === focus && focus !== '' },
          },
        ];
      }),
    [graph.nodes, placed, focus],
  );

  // In the picture of all services: the lines of what is pointed at, or of the few in sight.
  const own = useMemo(() => {
    if (level !== 'services' || isOfOne) return [];
    const service = byId.get(pointed);
    if (service) return serviceEdgesOf(clusters, [service]);
    const lines = serviceEdgesOf(
      clusters,
      near.flatMap((id) => byId.get(id) ?? []),
    );
    return lines.length <= mostNearLines ? lines : [];
  }, [level, isOfOne, pointed, near, byId, clusters]);

  const lines = useMemo(() => {
    const known = new Map(graph.edges.map((edge) => [edge.id, edge]));
    const ends = new Set([nodeId.cluster(focus)]);
    const draw = (edge: GraphEdge, isFaint: boolean, isOwn: boolean): WayEdge[] => {
      const laidOut: Way | undefined = known.has(edge.id) ? placed.ways.get(edge.id) : undefined;
      const way = laidOut ?? wayBetween(placed, parents, edge);
      if (!way) return [];
      const { id, source, target, tone, label } = edge;
      return [
        {
          id: isOwn ? `own ${id}` : id,
          type: 'way',
          source,
          target,
          ariaLabel: label,
          markerEnd: markers[tone],
          // What is laid out goes around the boxes; the rest goes over all but the gateways.
          zIndex: laidOut || level === 'fleet' ? 2 : 4,
          data: {
            edge: isOwn ? { ...edge, text: '' } : edge,
            way,
            isFaint,
            isOver: !laidOut && !isOwn && level === 'services',
          },
        },
      ];
    };
    const hasFocus = placed.boxes.has(nodeId.cluster(focus));
    return [
      ...edges.flatMap((edge) => {
        const touches = ends.has(edge.source) || ends.has(edge.target);
        return draw(edge, own.length > 0 || (hasFocus && !touches), false);
      }),
      ...own.flatMap((edge) => draw(edge, false, true)),
    ];
  }, [graph.edges, edges, own, placed, parents, focus, level]);

  const tellDistance = useCallback((zoom: number): void => {
    if (!frame.current) return;
    frame.current.dataset.distance = zoom < farZoom ? 'far' : 'near';
    // From afar lines would be too thin to be seen. In steps: each is a new style for all of them.
    const thicker = Math.max(1, 2 ** (Math.round(Math.log2(0.8 / zoom) * 2) / 2));
    frame.current.style.setProperty('--thicker', thicker.toFixed(2));
  }, []);

  /** Services in sight, as far as they are near enough to be told apart. */
  const look = useCallback(
    ({ x, y, zoom }: Viewport): void => {
      const { clientWidth = 0, clientHeight = 0 } = frame.current ?? {};
      if (level !== 'services' || isOfOne || zoom < nearZoom) {
        setNear((before) => (before.length === 0 ? before : []));
        return;
      }
      const sight: Box = {
        x: -x / zoom,
        y: -y / zoom,
        width: clientWidth / zoom,
        height: clientHeight / zoom,
      };
      const found = new Set<string>();
      for (const { id, kind, focus: service } of graph.nodes) {
        if (kind !== 'service' || !service) continue;
        const box = absolute(placed, parents, id);
        if (box && overlaps(box, sight)) found.add(service);
        if (found.size > mostNearLines) break;
      }
      setNear([...found]);
    },
    [level, isOfOne, graph.nodes, placed, parents],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: one arrives when the boxes have moved, and not else
  useEffect(() => {
    const target = landing.current && absolute(placed, parents, nodeId.cluster(landing.current));
    landing.current = undefined;
    let isGone = false;
    void flow
      .fitView({ padding: 0.06, maxZoom: 1.25, duration: target ? 0 : duration })
      .then(() => {
        if (isGone) return;
        fitZoom.current = flow.getZoom();
        tellDistance(fitZoom.current);
        if (!target) return look(flow.getViewport());
        const zoom = Math.max(nearZoom, fitZoom.current);
        const x = target.x + target.width / 2;
        const y = target.y + Math.min(target.height / 2, 250);
        void flow.setCenter(x, y, { zoom, duration }).then(() => {
          tellDistance(zoom);
          look(flow.getViewport());
        });
      });
    return () => {
      isGone = true;
    };
  }, [structure]);

  // What is in focus has a panel, and takes room from the picture.
  const fitAgain = useRef<() => void>(undefined);
  fitAgain.current = () => {
    const box = level === 'services' && absolute(placed, parents, nodeId.cluster(focus));
    if (!box) {
      void flow.fitView({ padding: 0.06, maxZoom: 1.25, duration }).then(() => {
        fitZoom.current = flow.getZoom();
      });
      return;
    }
    const zoom = flow.getZoom();
    void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom, duration });
  };
  useEffect(() => {
    const { current } = frame;
    if (!current) return;
    let width = current.clientWidth;
    let soon: ReturnType<typeof setTimeout> | undefined;
    const observer = new ResizeObserver(() => {
      if (Math.abs(current.clientWidth - width) < 40) return;
      width = current.clientWidth;
      clearTimeout(soon);
      // React Flow measures its frame in the same round.
      soon = setTimeout(() => fitAgain.current?.(), 50);
    });
    observer.observe(current);
    return () => {
      clearTimeout(soon);
      observer.disconnect();
    };
  }, []);

  const moved: OnMove = (event, viewport) => {
    look(viewport);
    // Only who moves it: fitting it moves it too.
    if (!event || !isSettled) return;
    const { zoom } = viewport;
    if (isOfOne) {
      if (zoom < fitZoom.current * zoomOutOf) onFocus('');
    } else if (level === 'fleet' && zoom > Math.max(fitZoom.current * zoomInto, 1.4)) {
      landing.current = nearest(viewport);
      onLevel('services');
    } else if (level === 'services' && zoom < fitZoom.current * zoomOutOf) {
      onLevel('fleet');
    }
  };

  /** The cluster nearest to the middle of what is in sight. */
  const nearest = ({ x, y, zoom }: Viewport): string | undefined => {
    const { clientWidth = 0, clientHeight = 0 } = frame.current ?? {};
    const middle = { x: (clientWidth / 2 - x) / zoom, y: (clientHeight / 2 - y) / zoom };
    let found: string | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const { id, kind, focus: cluster } of graph.nodes) {
      const box = kind === 'cluster' ? absolute(placed, parents, id) : undefined;
      if (!box) continue;
      const distance = Math.hypot(
        box.x + box.width / 2 - middle.x,
        box.y + box.height / 2 - middle.y,
      );
      if (distance >= least) continue;
      least = distance;
      found = cluster;
    }
    return found;
  };

  const open = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    const id = (event.target as HTMLElement).dataset.id;
    const node = graph.nodes.find((each) => each.id === id);
    if (!node?.focus) return;
    event.preventDefault();
    onFocus(node.focus);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the boxes in it are buttons, and tell their keys to it
    <div ref={frame} className="picture" data-distance="near" onKeyDown={open}>
      <ReactFlow<BoxNode, WayEdge>
        nodes={nodes}
        edges={lines}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        colorMode={scheme}
        onlyRenderVisibleElements
        zIndexMode="manual"
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        nodesFocusable
        minZoom={0.04}
        maxZoom={3}
        zoomOnDoubleClick={false}
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        onNodeClick={(_, { data: { node } }) => node.focus && onFocus(node.focus)}
        onNodeMouseEnter={(_, { data: { node } }) =>
          setPointed(node.kind === 'service' ? (node.focus ?? '') : '')
        }
        onNodeMouseLeave={() => setPointed('')}
        onMove={(_, { zoom }) => tellDistance(zoom)}
        onMoveEnd={moved}
        ariaLabelConfig={{
          'node.a11yDescription.default': 'Press Enter to look at it closely.',
          'node.a11yDescription.keyboardDisabled': 'Press Enter to look at it closely.',
        }}
      >
        <Background variant={BackgroundVariant.Dots} gap={24} size={1} />
        <Controls showInteractive={false} aria-label="Zoom" />
      </ReactFlow>
    </div>
  );
}

function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
