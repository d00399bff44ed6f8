import { IconDoorEnter } from '@tabler/icons-react';
import {
  BaseEdge,
  type Edge,
  type EdgeProps,
  Handle,
  type Node,
  type NodeProps,
  Position,
} from '@xyflow/react';
import { type CSSProperties, memo } from 'react';
import { ToneIcon } from '../../parts/index.js';
import type { GraphEdge, GraphNode } from './graph.js';
import type { Way } from './placing.js';

export type BoxNode = Node<{ readonly node: GraphNode; readonly isFocused: boolean }>;
export type WayEdge = Edge<{
  readonly edge: GraphEdge;
  readonly way: Way;
  /** Beside what is in focus. */
  readonly isFaint: boolean;
  /** Whether it runs over the boxes between its ends. */
  readonly isOver: boolean;
}>;

function Box({ data: { node, isFocused } }: NodeProps<BoxNode>) {
  const { kind, title, detail, tone, size, room } = node;
  const isContainer = size === undefined;
  const classes = ['box', `box-${kind}`, `box-${tone}`];
  if (isContainer) classes.push('box-container');
  if (isFocused) classes.push('box-focused');
  // Of a thousand services the well ones need no mark.
  const hasMark = kind === 'cluster' || tone !== 'ok';
  return (
    <div
      className={classes.join(' ')}
      title={kind === 'gateway' ? detail : undefined}
      style={room === undefined ? undefined : ({ '--room': `${room}px` } as CSSProperties)}
    >
      <div className="box-words">
        <span className="box-title">
          {hasMark && <ToneIcon tone={tone} size={14} className="box-mark" />}
          {kind === 'gateway' && <IconDoorEnter size={14} aria-hidden />}
          <span className="box-name">{title}</span>
        </span>{' '}
        {kind !== 'gateway' && <span className="box-detail">{detail}</span>}
      </div>
      {/* React Flow draws no line to a box without; where lines end is in the way itself. */}
      <Handle type="target" position={Position.Left} isConnectable={false} />
      {kind !== 'service' && (
        <Handle type="source" position={Position.Right} isConnectable={false} />
      )}
    </div>
  );
}

/** A shorter line has no room for words, in pixels. */
const leastForWords = 100;

function Line({ data, markerEnd }: EdgeProps<WayEdge>) {
  if (!data) return null;
  const { edge, way, isFaint, isOver } = data;
  const classes = `way way-${edge.tone}${isFaint ? ' way-faint' : isOver ? ' way-over' : ''}`;
  return (
    <g className={classes}>
      <BaseEdge
        path={way.path}
        markerEnd={markerEnd}
        interactionWidth={0}
        style={{ '--width': `${1.5 + Math.log2(edge.weight) * 0.4}px` } as CSSProperties}
      />
      {way.length >= leastForWords && (
        <text x={way.middle.x} y={way.middle.y} className="way-text">
          {edge.text}
        </text>
      )}
    </g>
  );
}

export const nodeTypes = { box: memo(Box) };
export const edgeTypes = { way: memo(Line) };
