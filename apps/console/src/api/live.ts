import { type Client, createClient } from 'graphql-ws';
import { useEffect, useSyncExternalStore } from 'react';
import { gather } from './gather.js';
import { graphql } from './graphql.js';
import { isLongList, queries } from './queries.js';

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
/** An answer that takes longer than this keeps nobody from asking again, in ms. */
const patienceMs = 30_000;
/** A connection that says nothing for so long is no connection, in ms. */
const silenceMs = 10_000;
const retryMs = { first: 500, most: 10_000 };

let connection: Connection = { state: 'connecting' };
/** How many pages hear of changes. Without any there is no socket, and none is lost. */
let hearing = 0;
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
      closed: () => {
        // Else it would close the next socket.
        clearTimeout(pongDue);
        if (hearing > 0) become({ state: 'lost', since: Date.now() });
        else become({ state: 'connecting' });
      },
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
    hearing += 1;
    const short = gather(
      () => queries.invalidateQueries({ predicate: ({ state }) => !isLongList(state.data) }),
      { waitMs: gatherMs, mostMs: patienceMs },
    );
    const long = gather(
      () => queries.invalidateQueries({ predicate: ({ state }) => isLongList(state.data) }),
      { waitMs: longListMs, mostMs: patienceMs },
    );
    let again: ReturnType<typeof setTimeout> | undefined;
    let stop = (): void => {};
    const hear = (live: Client): void => {
      stop = live.subscribe(
        { query: MeshChanged.toString(), variables: { meshId } },
        {
          next: () => {
            short.ring();
            long.ring();
          },
          // Where the mesh is gone, or nobody is signed in any more, the queries say so, and this
          // ends with the page. Anything else passes, and does not come back by itself.
          error: () => {
            void queries.invalidateQueries();
            again = setTimeout(() => hear(live), retryMs.most);
          },
          complete: () => {},
        },
      );
    };
    hear(client);
    return () => {
      hearing -= 1;
      clearTimeout(again);
      short.stop();
      long.stop();
      stop();
      // Nobody hears what changes from here on: what is kept is old when it is shown again.
      void queries.invalidateQueries({ refetchType: 'none' });
      // Another mesh may be next, and then it goes on; else nothing is left to be lost.
      setTimeout(() => {
        if (hearing === 0) become({ state: 'connecting' });
      });
    };
  }, [meshId]);
}
