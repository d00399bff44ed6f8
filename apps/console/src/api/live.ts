import { type Client, createClient } from 'graphql-ws';
import { useEffect, useSyncExternalStore } from 'react';
import { graphql } from './graphql.js';
import { queries } from './queries.js';

const MeshChanged = graphql(`
  subscription MeshChanged($meshId: ID!) {
    meshChanged(meshId: $meshId) {
      id
    }
  }
`);

/** How the connection stands over which changes come. */
export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** What is shown may be old: nothing has come since then. */
  | { readonly state: 'lost'; readonly since: number };

/** What changes more often than this is read again together, in ms. */
const gatherMs = 1_000;
/** Lists of many pages are read again so long after a change, in ms. */
const longListMs = 10_000;
/** A connection that says nothing for so long is no connection, in ms. */
const silenceMs = 10_000;
const retryMs = { first: 500, most: 10_000 };

let connection: Connection = { state: 'connecting' };
const listeners = new Set<() => void>();

function become(next: Connection): void {
  if (next.state === 'lost' && connection.state === 'lost') return;
  connection = next;
  for (const listener of listeners) listener();
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => connection,
  );
}

/** One socket for the page; made anew as long as somebody listens. */
function connect(): Client {
  let pongDue: ReturnType<typeof setTimeout> | undefined;
  let socket: WebSocket | undefined;
  return createClient({
    url: `${location.origin.replace(/^http/, 'ws')}/graphql`,
    lazy: true,
    keepAlive: silenceMs / 2,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (retries) => {
      const wait = Math.min(retryMs.first * 2 ** retries, retryMs.most);
      return new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)));
    },
    // Also when it was refused: who has signed out is told so by the next query.
    shouldRetry: () => true,
    on: {
      connected: (opened) => {
        socket = opened as WebSocket;
        const wasLost = connection.state === 'lost';
        become({ state: 'live' });
        if (wasLost) void queries.invalidateQueries();
      },
      closed: () => become({ state: 'lost', since: Date.now() }),
      ping: (isReceived) => {
        if (isReceived) return;
        pongDue = setTimeout(() => socket?.close(4408, 'silence'), silenceMs / 2);
      },
      pong: (isReceived) => {
        if (isReceived) clearTimeout(pongDue);
      },
    },
  });
}

let client: Client | undefined;

/** Reads again what is shown when the mesh changes, for as long as it is shown. */
export function useLiveMesh(meshId: string): void {
  useEffect(() => {
    client ??= connect();
    let soon: ReturnType<typeof setTimeout> | undefined;
    let later: ReturnType<typeof setTimeout> | undefined;
    const readAgain = (): void => {
      soon ??= setTimeout(() => {
        soon = undefined;
        void queries.invalidateQueries({ predicate: (query) => !isLong(query) });
      }, gatherMs);
      later ??= setTimeout(() => {
        later = undefined;
        void queries.invalidateQueries({ predicate: isLong });
      }, longListMs);
    };
    const stop = client.subscribe(
      { query: MeshChanged.toString(), variables: { meshId } },
      {
        next: readAgain,
        // The mesh is gone, or is no more to be seen: the queries say so.
        error: () => void queries.invalidateQueries(),
        complete: () => {},
      },
    );
    return () => {
      clearTimeout(soon);
      clearTimeout(later);
      stop();
    };
  }, [meshId]);
}

/** Of a list of many pages all are read again: that takes its time. */
function isLong({ state }: { state: { data?: unknown } }): boolean {
  const pages = (state.data as { pages?: readonly unknown[] } | undefined)?.pages?.length ?? 1;
  return pages > 5;
}
