/** What is used of `ws`, which brings no types of its own. */
declare module 'ws' {
  import { EventEmitter } from 'node:events';
  import type { IncomingMessage } from 'node:http';
  import type { Duplex } from 'node:stream';

  export default class WebSocket extends EventEmitter {
    readonly OPEN: number;
    readonly readyState: number;
    readonly protocol: string;
    constructor(url: string, protocols: string, options?: { headers?: Record<string, string> });
    send(data: string, done?: (error?: Error) => void): void;
    ping(): void;
    close(code?: number, reason?: string): void;
    terminate(): void;
  }

  export class WebSocketServer extends EventEmitter {
    readonly clients: Set<WebSocket>;
    constructor(options: {
      noServer: true;
      maxPayload: number;
      handleProtocols: (protocols: Set<string>) => string | false;
    });
    handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      done: (socket: WebSocket, request: IncomingMessage) => void,
    ): void;
    close(done?: (error?: Error) => void): void;
  }
}
