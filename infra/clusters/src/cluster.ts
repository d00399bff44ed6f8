import { mkdir, readFile } from 'node:fs/promises';
import { createServer, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AdminApi } from './api.js';
import { exists } from './cache.js';
import { run } from './command.js';
import { type Credentials, writeCredentials, writeKubeconfig } from './credentials.js';
import type { Log } from './log.js';
import { areReady, createNodes, kwokFlags } from './nodes.js';
import { type Daemon, killLeftovers, lastLines, startDaemon } from './processes.js';
import { SchedulerStandIn } from './scheduler.js';
import { ensureKwok, type Tools } from './tools.js';

export interface ClusterOptions {
  /** Of the cluster, user and context in its kubeconfig. */
  name: string;
  /** Made where missing. What an earlier cluster has left in it (objects, keys) is used again. */
  dir: string;
  tools: Tools;
  /** Default 10.96.0.0/16. */
  serviceCidr?: string;
  /**
   * Default true. Without it there are no EndpointSlices, no garbage collection and no service accounts, and so the API
   * server refuses Pods.
   */
  controllerManager?: boolean;
  /**
   * Where the API server says it can be reached: the endpoint of the Service `kubernetes`. Not a loopback address.
   * Default: that Service has no endpoints.
   */
  advertiseAddress?: string;
  /** Where the API server listens. Default 127.0.0.1. */
  bindAddress?: string;
  /** Default true: installs those of Istio, the Gateway API and the Multi-Cluster Services API, and waits for them. */
  crds?: boolean;
  /**
   * Nodes, `node-1` and so on, on which kwok makes Pods ready at once and ends those that are deleted. A stand-in for the
   * scheduler binds Pods to them by their nodeSelector alone. Default: none. The first time kwok is built, which takes
   * minutes.
   */
  nodes?: number;
  /** Of each of these nodes. */
  nodeLabels?: Readonly<Record<string, string>>;
  /** Takes a line about each thing worth knowing. Default: nobody. */
  log?: Log;
}

/** An API server with its etcd and its controllers; nodes only where they were asked for. */
export interface KubeCluster {
  readonly name: string;
  /** Path of a kubeconfig with all rights. */
  readonly kubeconfig: string;
  /** `https://<address>:<port>`; the same after a restart. */
  readonly server: string;
  readonly caPem: string;
  /** With all rights, too. */
  readonly api: AdminApi;
  /**
   * Runs kubectl and returns its standard output.
   * @param options.input Its standard input, for `-f -`.
   * @param options.timeoutMs Default 120 000.
   * @throws CommandError with the server's words.
   */
  kubectl(args: string[], options?: { input?: string; timeoutMs?: number }): Promise<string>;
  /** Runs helm, with a home in the cluster's folder, for at most 5 minutes. @throws CommandError */
  helm(args: string[]): Promise<string>;
  /** Ends all processes and leaves the files. A second call does nothing. */
  stop(): Promise<void>;
  /** Ends the API server only, by SIGKILL, as a fault. */
  kill(): Promise<void>;
  /** Starts the API server again, on the same etcd and port (ends it first where it runs), and waits until it is ready. */
  restart(): Promise<void>;
}

const readyTimeoutMs = 120_000;
const pollMs = 50;
const kubectlTimeoutMs = 120_000;
const helmTimeoutMs = 300_000;
const defaultServiceCidr = '10.96.0.0/16';

/** What makes sense where nothing really runs: the rest of the controllers would only cost memory. */
const controllers = [
  'clusterrole-aggregation-controller',
  'cronjob-controller',
  'daemonset-controller',
  'deployment-controller',
  'disruption-controller',
  'endpointslice-controller',
  'garbage-collector-controller',
  'job-controller',
  'namespace-controller',
  'replicaset-controller',
  'root-ca-certificate-publisher-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'statefulset-controller',
];

/**
 * Starts a cluster and waits until its API, its `default` namespace with its service account, and its custom resources
 * can be used. It ends with this process at the latest.
 * @throws Error that quotes the log of the program that did not come up; nothing is left running then.
 */
export async function startCluster(options: ClusterOptions): Promise<KubeCluster> {
  const dir = resolve(options.dir);
  await mkdir(dir, { recursive: true });
  await killLeftovers(dir, ['kube-apiserver', 'kube-controller-manager', 'kwok', 'etcd']);
  for (let attempt = 1; ; attempt++) {
    const cluster = new LocalCluster(
      options,
      dir,
      await freePort(),
      await freePort(options.bindAddress),
    );
    try {
      await cluster.start();
      return cluster;
    } catch (error) {
      await cluster.stop();
      // Between finding a free port and listening on it, somebody else may have taken it.
      if (attempt === 3 || !String(error).includes('address already in use')) throw error;
    }
  }
}

class LocalCluster implements KubeCluster {
  readonly name: string;
  readonly kubeconfig: string;
  readonly server: string;
  caPem = '';
  private readonly log: Log;
  private readonly bindAddress: string;
  private readonly advertiseAddress: string;
  private credentials: Credentials | undefined;
  private etcd: Daemon | undefined;
  private apiserver: Daemon | undefined;
  private controllerManager: Daemon | undefined;
  private kwok: Daemon | undefined;
  private scheduler: SchedulerStandIn | undefined;

  constructor(
    private readonly options: ClusterOptions,
    private readonly dir: string,
    private readonly etcdPort: number,
    private readonly port: number,
  ) {
    this.name = options.name;
    this.kubeconfig = join(dir, 'admin.kubeconfig');
    this.log = (line) => options.log?.(`${options.name}: ${line}`);
    this.bindAddress = options.bindAddress ?? '127.0.0.1';
    // The API server wants an address even if it advertises none, and looks for a default route otherwise.
    this.advertiseAddress = options.advertiseAddress ?? ownAddress() ?? '127.0.0.1';
    const anywhere = this.bindAddress === '0.0.0.0' || this.bindAddress === '::';
    const host = anywhere ? this.advertiseAddress : this.bindAddress;
    this.server = `https://${isIP(host) === 6 ? `[${host}]` : host}:${this.port}`;
  }

  get api(): AdminApi {
    return new AdminApi(this.server, this.caPem, this.credentials?.adminToken ?? '');
  }

  async start(): Promise<void> {
    const started = Date.now();
    this.credentials = await writeCredentials(this.dir);
    await this.startEtcd();
    const apiserver = await this.startApiserver();
    const { adminToken: token } = this.credentials;
    await writeKubeconfig(this.kubeconfig, {
      name: this.name,
      server: this.server,
      caPem: this.caPem,
      token,
    });
    await this.startControllerManager();
    if (this.options.crds !== false) await this.installCrds(apiserver);
    if (this.controllerManager) {
      // Without it the API server refuses Pods.
      await this.waitFor(
        this.controllerManager,
        'has made no service account in the namespace default',
        () => this.answers('/api/v1/namespaces/default/serviceaccounts/default'),
      );
    }
    if (this.options.nodes) await this.startNodes(this.options.nodes);
    this.log(`ready at ${this.server} in ${Date.now() - started} ms`);
  }

  async kubectl(
    args: string[],
    options: { input?: string; timeoutMs?: number } = {},
  ): Promise<string> {
    return await run([this.options.tools.kubectl, ...args], {
      env: {
        KUBECONFIG: this.kubeconfig,
        KUBECACHEDIR: join(this.dir, 'kubectl-cache'),
        KUBERC: 'off',
      },
      input: options.input,
      timeoutMs: options.timeoutMs ?? kubectlTimeoutMs,
    });
  }

  async helm(args: string[]): Promise<string> {
    const home = join(this.dir, 'helm');
    return await run([this.options.tools.helm, ...args], {
      env: {
        KUBECONFIG: this.kubeconfig,
        HELM_CACHE_HOME: join(home, 'cache'),
        HELM_CONFIG_HOME: join(home, 'config'),
        HELM_DATA_HOME: join(home, 'data'),
      },
      timeoutMs: helmTimeoutMs,
    });
  }

  async stop(): Promise<void> {
    // etcd last: an API server that has lost it would wait for it.
    await Promise.all([
      this.scheduler?.stop(),
      this.kwok?.kill(),
      this.apiserver?.kill(),
      this.controllerManager?.kill(),
    ]);
    await this.etcd?.kill();
  }

  async kill(): Promise<void> {
    await this.apiserver?.kill();
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.startApiserver();
    if (this.controllerManager?.running() === false) await this.startControllerManager();
  }

  private async startEtcd(): Promise<void> {
    const client = `http://127.0.0.1:${this.etcdPort}`;
    const etcd = await this.daemon('etcd', this.options.tools.etcd, [
      `--data-dir=${join(this.dir, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      '--listen-peer-urls=http://127.0.0.1:0',
      '--unsafe-no-fsync',
      '--log-level=warn',
    ]);
    this.etcd = etcd;
    await this.waitFor(etcd, 'is not healthy', async () => {
      const response = await fetch(`${client}/health`, { signal: AbortSignal.timeout(1_000) });
      return response.ok;
    });
  }

  private async startApiserver(): Promise<Daemon> {
    const credentials = this.credentials;
    if (!credentials) throw new Error(`cluster ${this.name} has not been started`);
    const certificates = join(this.dir, 'certificates');
    const apiserver = await this.daemon('kube-apiserver', this.options.tools.kubeApiserver, [
      `--etcd-servers=http://127.0.0.1:${this.etcdPort}`,
      `--bind-address=${this.bindAddress}`,
      `--secure-port=${this.port}`,
      `--advertise-address=${this.advertiseAddress}`,
      // Otherwise it would publish an address where nobody listens.
      `--endpoint-reconciler-type=${this.options.advertiseAddress ? 'lease' : 'none'}`,
      `--cert-dir=${certificates}`,
      `--token-auth-file=${credentials.tokenFile}`,
      '--authorization-mode=RBAC',
      `--service-cluster-ip-range=${this.options.serviceCidr ?? defaultServiceCidr}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${credentials.serviceAccountPublicKey}`,
      `--service-account-signing-key-file=${credentials.serviceAccountKey}`,
      '--allow-privileged=true',
      '--profiling=false',
      // The controller that would take a new node's taint away again is not here.
      ...(this.options.nodes ? ['--disable-admission-plugins=TaintNodesByCondition'] : []),
    ]);
    this.apiserver = apiserver;
    const certificate = join(certificates, 'apiserver.crt');
    await this.waitFor(apiserver, 'is not ready', async () => {
      if (!(await exists(certificate))) return false;
      this.caPem = await readFile(certificate, 'utf8');
      return (await this.answers('/readyz')) && (await this.answers('/api/v1/namespaces/default'));
    });
    return apiserver;
  }

  private async startControllerManager(): Promise<void> {
    const credentials = this.credentials;
    if (this.options.controllerManager === false || !credentials) return;
    const kubeconfig = join(this.dir, 'kube-controller-manager.kubeconfig');
    const { controllerManagerToken: token } = credentials;
    await writeKubeconfig(kubeconfig, {
      name: this.name,
      server: this.server,
      caPem: this.caPem,
      token,
    });
    this.controllerManager = await this.daemon(
      'kube-controller-manager',
      this.options.tools.kubeControllerManager,
      [
        `--kubeconfig=${kubeconfig}`,
        `--controllers=${controllers.join(',')}`,
        `--service-account-private-key-file=${credentials.serviceAccountKey}`,
        `--root-ca-file=${join(this.dir, 'certificates', 'apiserver.crt')}`,
        '--leader-elect=false',
        '--kube-api-qps=1000',
        '--kube-api-burst=2000',
        '--secure-port=0', // nobody asks it anything
      ],
    );
  }

  private async startNodes(count: number): Promise<void> {
    const kwok = await this.daemon(
      'kwok',
      [await ensureKwok({ log: this.log })],
      [`--kubeconfig=${this.kubeconfig}`, ...kwokFlags],
    );
    this.kwok = kwok;
    await createNodes(this.api, count, this.options.nodeLabels ?? {});
    await this.waitFor(kwok, 'has not made all nodes ready', () => areReady(this.api, count));
    this.scheduler = new SchedulerStandIn(this.api);
  }

  private async installCrds(apiserver: Daemon): Promise<void> {
    const { istio, gatewayApi, mcs } = this.options.tools.crds;
    const files = [istio, gatewayApi, mcs].map((path) => `--filename=${path}`);
    // Server-side: some are too large for the annotation that client-side apply leaves behind.
    await this.kubectl(['apply', '--server-side', '--force-conflicts', ...files]);
    // Not by kubectl wait, which asks for one after the other and takes 3 s.
    await this.waitFor(
      apiserver,
      'has not established all custom resource definitions',
      async () => {
        const { body } = await this.api.get(
          '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
        );
        return (JSON.parse(body) as CrdList).items.every(({ status }) =>
          status?.conditions?.some(
            ({ type, status }) => type === 'Established' && status === 'True',
          ),
        );
      },
    );
  }

  private async daemon(
    name: string,
    command: readonly string[],
    args: readonly string[],
  ): Promise<Daemon> {
    return await startDaemon(name, [...command, ...args], this.dir, {});
  }

  /** @throws Error, quoting the daemon's log, when it has ended, or when `ready` is not true in time. */
  private async waitFor(
    daemon: Daemon,
    failure: string,
    ready: () => Promise<boolean>,
  ): Promise<void> {
    const deadline = Date.now() + readyTimeoutMs;
    let problem = '';
    while (daemon.running()) {
      try {
        if (await ready()) return;
      } catch (error) {
        problem = ` (${String(error)})`;
      }
      if (Date.now() > deadline) {
        const log = await lastLines(daemon.logFile);
        throw new Error(
          `${this.name}: ${daemon.name} ${failure} after ${readyTimeoutMs} ms${problem}; ${log}`,
        );
      }
      await sleep(pollMs);
    }
    throw new Error(`${this.name}: ${daemon.name} has ended; ${await lastLines(daemon.logFile)}`);
  }

  private async answers(path: string): Promise<boolean> {
    return (await this.api.get(path)).status === 200;
  }
}

interface CrdList {
  items: { status?: { conditions?: { type: string; status: string }[] } }[];
}

/** An IPv4 address of this machine that is not loopback, where there is one. */
function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find((address) => address.family === 'IPv4' && !address.internal)?.address;
}

/** A port that nobody listens on at this moment. */
async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
