import type { KubeCluster } from '@isthmus/clusters';
import { KubeConfig, type KubernetesObject, Watch } from '@kubernetes/client-node';
import { applyObjects, ensureNamespace, exportService, scale, type Workload } from './workloads.js';

/** Milliseconds, of n measurements. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly n: number;
}

export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => {
    const index = Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1);
    return Math.round((sorted[index] ?? 0) * 10) / 10;
  };
  return { p50: at(0.5), p99: at(0.99), n: sorted.length };
}

type Entry = KubernetesObject & { spec?: { weight?: number } };

const namespace = 'propagation';
const name = 'probe';
const sampleDeadlineMs = 10_000;
/** Pods that the EndpointSlice names: without a Pod of the mesh an endpoint does not count. */
const probe: Workload = { namespace, name, replicas: 3, addresses: '10.99.0' };

/**
 * Measures the product's main job: an endpoint changes in one cluster → the object is
 * applied in the other. Each sample is from before the write of the EndpointSlice to the
 * watch event of the WorkloadEntry whose weight says so.
 */
export async function measurePropagation(
  from: KubeCluster,
  to: KubeCluster,
  samples: number,
): Promise<Spread> {
  await ensureNamespace(from, namespace);
  await ensureNamespace(to, namespace);
  await applyObjects(from, [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name },
      spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    },
  ]);
  await scale(from, probe, probe.replicas);
  const endpoints = await EndpointWriter.of(from);
  // All at once: the agent reads each Pod when it first sees it, which is not what is measured.
  await endpoints.write(probe.replicas);
  await exportService(from, namespace, name);
  const weights = await WeightWatch.start(to);
  try {
    await weights.reaches(probe.replicas, 60_000);
    const taken: number[] = [];
    for (let index = 0; index < samples; index += 1) {
      const ready = 2 + (index % 2);
      const seen = weights.reaches(ready, sampleDeadlineMs);
      const started = performance.now();
      await endpoints.write(ready);
      await seen;
      taken.push(weights.at - started);
    }
    return spreadOf(taken);
  } finally {
    weights.stop();
    await from.kubectl(['-n', namespace, 'delete', 'serviceexport', name]);
  }
}

/** Writes the probe's EndpointSlice with one request, over a connection that stands. */
class EndpointWriter {
  private constructor(
    private readonly config: KubeConfig,
    private readonly pods: readonly KubernetesObject[],
  ) {}

  static async of(cluster: KubeCluster): Promise<EndpointWriter> {
    const config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    const args = ['-n', namespace, 'get', 'pods', '-l', `app=${name}`, '-o', 'json'];
    const { items } = JSON.parse(await cluster.kubectl(args)) as { items: KubernetesObject[] };
    return new EndpointWriter(config, items);
  }

  async write(ready: number): Promise<void> {
    const { DiscoveryV1Api, PatchStrategy, setHeaderOptions } = await import(
      '@kubernetes/client-node'
    );
    const api = this.config.makeApiClient(DiscoveryV1Api);
    await api.patchNamespacedEndpointSlice(
      {
        namespace,
        name: `${name}-1`,
        fieldManager: 'propagation',
        force: true,
        body: {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: {
            namespace,
            name: `${name}-1`,
            labels: { 'kubernetes.io/service-name': name },
          },
          addressType: 'IPv4',
          ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
          endpoints: this.pods.slice(0, ready).map(({ metadata }, index) => ({
            addresses: [`${probe.addresses}.${10 + index}`],
            conditions: { ready: true },
            targetRef: { kind: 'Pod', namespace, name: metadata?.name, uid: metadata?.uid },
          })),
        },
      },
      setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
    );
  }
}

/** Follows the weight of the probe's WorkloadEntry. */
class WeightWatch {
  /** When the last event came, by `performance.now()`. */
  at = 0;
  private weight: number | undefined;
  private readonly waiting = new Set<() => void>();
  private abort: AbortController | undefined;

  static async start(cluster: KubeCluster): Promise<WeightWatch> {
    const config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    const watch = new WeightWatch();
    watch.abort = await new Watch(config).watch(
      `/apis/networking.istio.io/v1/namespaces/${namespace}/workloadentries`,
      {},
      (_phase, entry: Entry) => {
        watch.at = performance.now();
        watch.weight = entry.spec?.weight;
        for (const check of watch.waiting) check();
      },
      () => {},
    );
    return watch;
  }

  reaches(weight: number, deadlineMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(check);
        reject(
          new Error(`the weight is ${this.weight}, not ${weight}, after ${deadlineMs / 1000} s`),
        );
      }, deadlineMs);
      const check = (): void => {
        if (this.weight !== weight) return;
        clearTimeout(timer);
        this.waiting.delete(check);
        resolve();
      };
      this.waiting.add(check);
      check();
    });
  }

  stop(): void {
    this.abort?.abort();
  }
}
