import type { ElkNode } from 'elkjs/lib/elk-api.js';
import ELK from 'elkjs/lib/elk-api.js';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type Graph, structureOf } from './graph.js';
import { fromElk, type Placed, toElk } from './placing.js';

interface Task {
  readonly graph: ElkNode;
  readonly signal: AbortSignal;
  resolve(root: ElkNode): void;
  reject(error: unknown): void;
}

/** One worker, kept between layouts; its start takes longer than most of them. */
let elk: InstanceType<typeof ELK> | undefined;
let current: Task | undefined;
const queue: Task[] = [];

/**
 * Lays out off the main thread. One at a time; an aborted one that is under way ends with its
 * worker, since nothing else stops ELK, and the next has a new one.
 *
 * @throws the signal's reason, or what ELK says
 */
function layOut(graph: ElkNode, signal: AbortSignal): Promise<ElkNode> {
  return new Promise((resolve, reject) => {
    const task: Task = { graph, signal, resolve, reject };
    signal.addEventListener('abort', () => abandon(task), { once: true });
    queue.push(task);
    next();
  });
}

function next(): void {
  if (current) return;
  const task = queue.shift();
  if (!task) return;
  current = task;
  elk ??= new ELK({
    algorithms: ['layered', 'rectpacking'],
    workerFactory: () => {
      const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), {
        type: 'module',
      });
      // It could not be loaded: ELK would wait for its answer forever.
      worker.addEventListener('error', () => current && fail(current));
      return worker;
    },
  });
  const settle = (end: () => void): void => {
    if (current !== task) return; // abandoned
    current = undefined;
    end();
    next();
  };
  elk.layout(task.graph).then(
    (root) => settle(() => task.resolve(root)),
    (error: unknown) => settle(() => task.reject(error)),
  );
}

function fail(task: Task): void {
  task.reject(new Error('the layout did not run; load the page again'));
  stop(task);
}

function abandon(task: Task): void {
  task.reject(task.signal.reason);
  const at = queue.indexOf(task);
  if (at >= 0) queue.splice(at, 1);
  stop(task);
}

function stop(task: Task): void {
  if (current !== task) return;
  elk?.terminateWorker();
  elk = undefined;
  current = undefined;
  next();
}

/** The last layouts, by structure, so that there and back again is at once. */
const kept = new Map<string, Placed>();
const mostKept = 12;

function keep(structure: string, placed: Placed): void {
  kept.set(structure, placed);
  const [oldest] = kept.keys();
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
}

/** A graph and where its boxes are. */
export interface Drawn {
  readonly graph: Graph;
  readonly placed: Placed;
  /** Changes when boxes move. */
  readonly structure: string;
}

interface LayoutState {
  /** The graph; while it is laid out, the one before it. */
  readonly drawn: Drawn | undefined;
  readonly isBusy: boolean;
  readonly error: Error | undefined;
}

/** Where the boxes of a graph go. Laid out again only when its structure changes. */
export function useLayout(graph: Graph | undefined): LayoutState {
  const structure = useMemo(() => graph && structureOf(graph), [graph]);
  const [done, setDone] = useState<{ structure: string; error?: Error }>();
  const last = useRef<Drawn>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the structure is all of the graph that counts
  useEffect(() => {
    if (!graph || structure === undefined || kept.has(structure)) return;
    const leaving = new AbortController();
    const start = performance.now();
    layOut(toElk(graph), leaving.signal).then(
      (root) => {
        keep(structure, fromElk(graph, root));
        performance.measure('topology layout', { start });
        setDone({ structure });
      },
      (error: unknown) => {
        if (leaving.signal.aborted) return;
        setDone({ structure, error: error instanceof Error ? error : new Error(String(error)) });
      },
    );
    return () => leaving.abort();
  }, [structure]);
  const placed = structure === undefined ? undefined : kept.get(structure);
  if (graph && placed && structure !== undefined && last.current?.graph !== graph) {
    last.current = { graph, placed, structure };
  }
  const error = done?.structure === structure ? done?.error : undefined;
  return { drawn: last.current, isBusy: !placed && !error, error };
}
