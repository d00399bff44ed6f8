import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '../kube/kinds.js';

const prefix = 'type.googleapis.com/envoy.config';
/** Types of configuration, as istiod calls them. */
export const types = {
  cluster: `${prefix}.cluster.v3.Cluster`,
  listener: `${prefix}.listener.v3.Listener`,
} as const;

interface Resource {
  sent: string;
  acked: string;
  sentTime: string;
  lastError?: string;
}

/**
 * Not istiod: a server that answers as one does on its port for debugging, with what a spec has it
 * say. Pushes and answers of proxies happen when the spec says so.
 */
export class FakeIstiod {
  /** What the agent has asked for, oldest first. */
  readonly requests: string[] = [];
  /** Tokens that it is let in with. */
  readonly tokens = new Set(['token-1']);
  /** Status of the answers to whoever has none of them. */
  denies = 403;
  objects: KubeObject[] = [];
  rejects: Readonly<Record<string, number>> = {};
  /** In place of an answer. */
  redirect: string | undefined;
  port = 0;
  /** Whether it takes connections, and answers none. */
  isMute = false;
  private readonly proxies = new Map<string, Map<string, Resource>>();
  private readonly server: Server;
  private nonce = 0;

  private constructor(private readonly host: string) {
    this.server = createServer(({ url = '', headers }, response) => {
      this.requests.push(url);
      const token = headers.authorization?.replace('Bearer ', '') ?? '';
      if (this.isMute) return;
      if (this.redirect !== undefined) response.writeHead(302, { location: this.redirect }).end();
      else if (url !== '/metrics' && !this.tokens.has(token)) response.writeHead(this.denies).end();
      else response.end(this.answer(url));
    });
  }

  /** @param host Any address of this machine. */
  static async start(host = '127.0.0.1'): Promise<FakeIstiod> {
    const istiod = new FakeIstiod(host);
    await new Promise<void>((resolve, reject) => {
      istiod.server.once('error', reject).listen(0, host, resolve);
    });
    istiod.port = (istiod.server.address() as AddressInfo).port;
    return istiod;
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** Connects a proxy that has all from before. */
  connect(...names: readonly string[]): void {
    for (const name of names) {
      this.proxies.set(name, new Map());
      for (const type of Object.values(types)) {
        this.push(name, type, new Date(0));
        this.ack(name);
      }
    }
  }

  push(name: string, type: string = types.listener, at = new Date()): void {
    this.nonce += 1;
    const resources = this.proxies.get(name);
    const { acked = '' } = resources?.get(type) ?? {};
    const sent = `${at.toISOString()}/${this.nonce}`;
    resources?.set(type, { sent, acked, sentTime: at.toISOString() });
  }

  ack(name: string): void {
    for (const resource of this.proxies.get(name)?.values() ?? []) {
      resource.acked = resource.sent;
      delete resource.lastError;
    }
  }

  nack(name: string, error: string, type: string = types.listener): void {
    const resource = this.proxies.get(name)?.get(type);
    if (resource) resource.lastError = error;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private answer(url: string): string {
    if (url === '/debug/configz') return JSON.stringify(this.objects);
    if (url === '/metrics') return this.metrics();
    const proxies = [...this.proxies].map(([proxy, resources]) => ({
      cluster_id: 'Kubernetes',
      proxy,
      proxy_type: 'sidecar',
      istio_version: '1.28.0',
      resources: Object.fromEntries(resources),
    }));
    // As Go writes an empty list.
    return JSON.stringify(proxies.length > 0 ? proxies : null);
  }

  private metrics(): string {
    const lines = Object.entries(this.rejects).map(
      ([type, count]) => `pilot_total_xds_rejects{type="${type}"} ${count}`,
    );
    return ['# TYPE pilot_total_xds_rejects counter', ...lines, 'pilot_xds 2', ''].join('\n');
  }
}
