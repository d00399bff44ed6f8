import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the probes and Prometheus are told. */
export interface HealthSource {
  /** Why it will not go on by itself; undefined while it does. */
  failure(): string | undefined;
  /** Whether it does its part, and a word on it: what it waits for if not. */
  readiness(): { readonly isReady: boolean; readonly message: string };
  /** Name (with labels) to value. */
  metrics(): Readonly<Record<string, number>>;
}

/** Serves /livez, /readyz and /metrics. */
export class HealthServer {
  private readonly server: Server;

  constructor(source: HealthSource) {
    this.server = createServer((request, response) => {
      const answer = (status: number, body: string): void => {
        response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
        response.end(`${body}\n`);
      };
      switch (request.url) {
        case '/livez': {
          // What it waits for is no failure: a restart would not bring it.
          const failure = source.failure();
          return failure === undefined ? answer(200, 'ok') : answer(500, failure);
        }
        case '/readyz': {
          const { isReady, message } = source.readiness();
          return answer(isReady ? 200 : 503, message);
        }
        case '/metrics':
          return answer(
            200,
            Object.entries(source.metrics())
              .map(([name, value]) => `isthmus_agent_${name} ${value}`)
              .join('\n'),
          );
        default:
          return answer(404, 'there are /livez, /readyz and /metrics');
      }
    });
  }

  /** @returns the port. @throws what listening says, such as EADDRINUSE. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
