import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureTools, type KubeCluster, startCluster } from '@isthmus/clusters';
import { pino } from 'pino';
import { type Agent, type AgentOptions, createAgent } from '../agent.js';
import type { Config } from '../config.js';
import { TestHub } from './hub.js';

/** Set `AGENT_LOG=debug` to read along. */
const specLog = pino({ level: process.env.AGENT_LOG ?? 'silent' });

/** A real API server, a hub on the real wire, and agents between the two. */
export class Lab {
  private readonly agents = new Set<Agent>();

  private constructor(
    readonly cluster: KubeCluster,
    readonly hub: TestHub,
    readonly dir: string,
  ) {}

  static async start(options: { crds?: boolean } = {}): Promise<Lab> {
    const dir = await mkdtemp(join(tmpdir(), 'isthmus-agent-'));
    const tools = await ensureTools({ log: () => undefined });
    const cluster = await startCluster({
      name: 'agent',
      dir: join(dir, 'cluster'),
      tools,
      ...options,
    });
    const lab = new Lab(cluster, await TestHub.start(), dir);
    await lab.apply(
      ...['isthmus-system', 'istio-system', 'demo'].map((name) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name },
      })),
    );
    return lab;
  }

  config(changes: Partial<Config> = {}): Config {
    return {
      hubAddress: this.hub.address,
      joinToken: 'token-1',
      hubCa: this.hub.authority.pem,
      dataDir: join(this.dir, 'data'),
      namespace: 'isthmus-system',
      istioNamespace: 'istio-system',
      istioTokenFile: undefined,
      podName: 'isthmus-agent-0',
      kubeconfig: this.cluster.kubeconfig,
      helm: 'helm',
      managesIstio: false,
      selfUpgrade: undefined,
      healthPort: 0,
      reconnectMs: { min: 50, max: 500 },
      logLevel: 'info',
      ...changes,
    };
  }

  /** Starts an agent. @returns it, and what its /readyz and /metrics say. */
  async agent(changes: Partial<Config> = {}, options: Partial<AgentOptions> = {}) {
    const agent = createAgent(this.config(changes), {
      log: specLog,
      version: '0.0.0-spec',
      discoveryMs: 500,
      resolveMs: 500,
      signingCheckMs: 200,
      ...options,
    });
    this.agents.add(agent);
    const { healthPort, gaveUp } = await agent.start();
    const get = async (path: string): Promise<Response> =>
      await fetch(`http://127.0.0.1:${healthPort}${path}`);
    const read = async (path: string): Promise<string> => await (await get(path)).text();
    return {
      isAlive: async () => (await get('/livez')).ok,
      gaveUp,
      isReady: async () => (await get('/readyz')).ok,
      ready: () => read('/readyz').then((text) => text.trim()),
      metrics: () => read('/metrics'),
      stop: async () => {
        this.agents.delete(agent);
        await agent.stop();
      },
    };
  }

  /** Server-side apply as somebody who is not the agent. */
  async apply(...objects: object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    await this.cluster.kubectl(
      ['apply', '--server-side', '--field-manager=somebody', '--force-conflicts', '-f', '-'],
      { input },
    );
  }

  /** The object, or undefined. @param resource As for kubectl, such as `workloadentries.networking.istio.io`. */
  async get(resource: string, namespace: string, name: string): Promise<KubeJson | undefined> {
    const text = await this.cluster.kubectl([
      'get',
      resource,
      name,
      '-n',
      namespace,
      '-o',
      'json',
      '--ignore-not-found',
      '--show-managed-fields',
    ]);
    return text.trim() === '' ? undefined : (JSON.parse(text) as KubeJson);
  }

  async list(resource: string, namespace: string): Promise<KubeJson[]> {
    const text = await this.cluster.kubectl(['get', resource, '-n', namespace, '-o', 'json']);
    return (JSON.parse(text) as { items: KubeJson[] }).items;
  }

  /** A kubeconfig with a bearer token. */
  async kubeconfigFor(token: string): Promise<string> {
    const path = join(this.dir, 'service-account.kubeconfig');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [
        {
          name: 'c',
          cluster: {
            server: this.cluster.server,
            'certificate-authority-data': Buffer.from(this.cluster.caPem).toString('base64'),
          },
        },
      ],
      users: [{ name: 'u', user: { token } }],
    };
    await writeFile(path, JSON.stringify(config), { mode: 0o600 });
    return path;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.agents].map((agent) => agent.stop()));
    this.hub.stop();
    await this.cluster.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}

export interface KubeJson {
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: { manager: string; operation: string }[];
  };
  spec: Record<string, unknown>;
  data?: Record<string, string>;
  status?: {
    conditions?: { type: string; status: string; reason: string; observedGeneration?: number }[];
  };
}

type Truthy<T> = Exclude<NonNullable<T>, false>;

/** Waits until something is so. @throws what the last look threw, or that it never was. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  withinMs = 15_000,
): Promise<Truthy<T>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    let problem: unknown = new Error(`not within ${withinMs} ms`);
    try {
      const value = await look();
      if (value) return value as Truthy<T>;
    } catch (error) {
      problem = error;
    }
    if (Date.now() > deadline) throw problem;
    await sleep(25);
  }
}
