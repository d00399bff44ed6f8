import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** An HTTP proxy that does nothing but CONNECT, for whoever has its credentials. */
export class ConnectProxy {
  /** What it was asked to connect to, `host:port`, and how it answered, oldest first. */
  readonly asked: string[] = [];
  port = 0;
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  private constructor(
    private readonly credentials: string,
    /** Where a name leads that only the proxy knows: a port of this machine. */
    private readonly ways: ReadonlyMap<string, () => number>,
  ) {}

  static async start(
    credentials: string,
    ways: ReadonlyMap<string, () => number>,
  ): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(credentials, ways);
    await proxy.listen();
    return proxy;
  }

  /** With its credentials, percent-encoded. */
  get url(): string {
    const colon = this.credentials.indexOf(':');
    const parts = [this.credentials.slice(0, colon), this.credentials.slice(colon + 1)];
    return `http://${parts.map(encodeURIComponent).join(':')}@127.0.0.1:${this.port}`;
  }

  get tunnels(): number {
    return this.sockets.size;
  }

  /** On the port it had before, if it ran already. */
  async listen(): Promise<void> {
    const server = createServer((_request, response) => response.writeHead(405).end());
    server.on('connect', ({ url = '', headers }, client: Socket) => {
      const basic = `Basic ${Buffer.from(this.credentials).toString('base64')}`;
      const way = this.ways.get(url);
      const status = headers['proxy-authorization'] === basic ? (way ? 200 : 502) : 407;
      this.asked.push(`${url} ${status}`);
      if (status !== 200 || !way) {
        client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
        return;
      }
      const target = connect(way(), '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
      this.sockets.add(client);
      client.pipe(target).pipe(client);
      for (const socket of [client, target]) {
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.sockets.delete(client);
          client.destroy();
          target.destroy();
        });
      }
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** As one that dies. */
  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server?.close();
    this.server?.closeAllConnections();
    if (this.server) await once(this.server, 'close');
  }
}
