import type { Server } from 'graphql-ws';
import type { Logger } from 'pino';
import type WebSocket from 'ws';

const pingMs = 12_000;

/**
 * Carries graphql-transport-ws over one WebSocket, until it closes. graphql-ws has the like,
 * which writes to standard error whatever a stranger does wrong.
 */
export function carry<Peer>(
  server: Server<Peer>,
  socket: WebSocket,
  peer: Peer,
  logger: Logger,
): void {
  const closed = server.opened(
    {
      protocol: socket.protocol,
      // Resolves as the data leaves, so that a slow reader holds its own events back.
      send: (data) =>
        new Promise((resolve) => {
          if (socket.readyState !== socket.OPEN) resolve();
          else socket.send(data, () => resolve());
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (handle) => {
        socket.on('message', (data: Buffer) => {
          handle(String(data)).catch((error: unknown) => {
            logger.warn({ error }, 'a message over a socket failed');
            socket.close(1011, 'Internal server error');
          });
        });
      },
    },
    peer,
  );
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const pinging = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, pingMs);
  // Too large or malformed a frame: 'close' follows.
  socket.on('error', (error) => logger.debug({ error }, 'a socket broke'));
  socket.once('close', (code: number, reason: Buffer) => {
    clearInterval(pinging);
    closed(code, String(reason)).catch((error: unknown) => {
      logger.warn({ error }, 'a socket did not close well');
    });
  });
}
