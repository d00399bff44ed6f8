import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a receiver was sent. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Somebody's own server, which answers as it is told. */
export class Receiver {
  readonly received: Received[] = [];
  /** By path; 204 for the others. */
  readonly answers = new Map<string, { status: number; headers?: Record<string, string> }>();
  /** While there is one nobody is answered before it is resolved. */
  gate: Promise<void> | undefined;
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const path = request.url ?? '';
      const body = Buffer.concat(chunks).toString();
      this.received.push({ path, headers: request.headers, body });
      const { status, headers = {} } = this.answers.get(path) ?? { status: 204 };
      await this.gate;
      response.writeHead(status, headers).end();
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
  }

  at(path: string): Received[] {
    return this.received.filter((one) => one.path === path);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
