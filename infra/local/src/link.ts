import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP link between an agent and its hub, which counts what passes and can be cut: the
 * wire between a cluster and the hosted plane.
 */
export class Link {
  /** Bytes from the hub to the agent, of all connections so far. */
  received = 0;
  /** Bytes from the agent to the hub. */
  sent = 0;
  private readonly sockets = new Set<Socket>();
  private state: 'open' | 'cut' | 'silent' = 'open';

  private constructor(
    private readonly server: Server,
    /** `127.0.0.1:port`, for the agent. */
    readonly address: string,
    private target: string,
  ) {}

  static async to(target: string): Promise<Link> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const link = new Link(server, `127.0.0.1:${address.port}`, target);
    server.on('connection', (socket) => link.accept(socket));
    return link;
  }

  /** Leads new connections elsewhere, as a load balancer does when a hub is gone. */
  lead(target: string): void {
    this.target = target;
  }

  /** Ends every connection and takes no new one. */
  cut(): void {
    this.state = 'cut';
    for (const socket of this.sockets) socket.destroy();
  }

  /** Lets connections stand and carries nothing: what a half-open partition looks like. */
  silence(): void {
    this.state = 'silent';
    for (const socket of this.sockets) socket.pause();
  }

  mend(): void {
    // What stood silent lost nothing, but its peers may have given it up.
    if (this.state === 'silent') for (const socket of this.sockets) socket.resume();
    this.state = 'open';
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(agent: Socket): void {
    if (this.state === 'cut') return void agent.destroy();
    const colon = this.target.lastIndexOf(':');
    const hub = connect(Number(this.target.slice(colon + 1)), this.target.slice(0, colon));
    for (const [from, to] of [
      [agent, hub],
      [hub, agent],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (chunk) => {
        if (from === hub) this.received += chunk.length;
        else this.sent += chunk.length;
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => this.state !== 'silent' && from.resume());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.state === 'silent') from.pause();
    }
  }
}
