import { type KubeCluster, Mirror, Rounds } from '@isthmus/clusters';
import type { Pod } from './pod-environment.js';
import { type PodNode, pathOf, RunningPod, type StandInImage } from './running-pod.js';

export interface KubeletOptions {
  readonly namespace: string;
  /**
   * Of the Pods that it runs, such as app.kubernetes.io/name=isthmus-agent. Where the cluster has nodes of its own, they
   * need a nodeSelector of this one: otherwise they are bound to those.
   */
  readonly labelSelector: string;
  /** For volumes and images; made where missing. */
  readonly folder: string;
  /** Those that can be pulled. Images may be added later: whoever waits for one gets it. */
  readonly images: Map<string, StandInImage>;
  /** Name of the node that it makes; default kubelet-stand-in. Its label is kubernetes.io/hostname. */
  readonly node?: string;
  /** Over what Pods and images say. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface KubeletStandIn {
  /**
   * Ends the program of a Pod, as the kernel does to one without memory; it is started again.
   * @throws Error when there never was such a Pod.
   */
  kill(pod: string): void;
  /** What the program of a Pod has said, in all its lives. */
  log(pod: string): string;
  stop(): Promise<void>;
}

/**
 * Stands in for a kubelet on a machine without containers, as far as the agent's chart needs one: binds the Pods to a
 * node of its own, runs the built agent for each with the Pod's environment and volumes and the rights of its
 * ServiceAccount, probes /readyz, restarts what ends, and tells all that as a kubelet does. It knows nothing of
 * resources, users or namespaces of Linux, takes one container a Pod, and no other kinds of volumes than that chart has.
 */
export async function startKubeletStandIn(
  kube: KubeCluster,
  options: KubeletOptions,
): Promise<KubeletStandIn> {
  const node = options.node ?? 'kubelet-stand-in';
  const { status, body } = await kube.api.send('POST', '/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node, labels: { 'kubernetes.io/hostname': node } },
  });
  if (status !== 201 && status !== 409) throw new Error(`node ${node}: HTTP ${status} ${body}`);
  return new Kubelet(kube, options, node);
}

class Kubelet implements KubeletStandIn {
  private readonly stopping = new AbortController();
  private readonly place: PodNode;
  private readonly rounds: Rounds;
  private readonly pods: Mirror<Pod>;
  /** By uid. */
  private readonly running = new Map<string, RunningPod>();

  constructor(
    private readonly kube: KubeCluster,
    options: KubeletOptions,
    private readonly node: string,
  ) {
    const { signal } = this.stopping;
    const { namespace, labelSelector } = options;
    this.place = { ...options, signal };
    this.rounds = new Rounds(() => this.round(), signal);
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(labelSelector)}`;
    this.pods = new Mirror(kube.api, path, () => this.rounds.wake(), signal);
  }

  kill(pod: string): void {
    const running = this.named(pod);
    if (!running) throw new Error(`the Pod ${pod} has never run here`);
    running.kill();
  }

  log(pod: string): string {
    return this.named(pod)?.log ?? '';
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.running.values()].map((pod) => pod.end(0)));
    await Promise.all([this.pods.end(), this.rounds.end()]);
  }

  private named(name: string): RunningPod | undefined {
    return [...this.running.values()].findLast(({ pod }) => pod.metadata.name === name);
  }

  private async round(): Promise<boolean> {
    let all = true;
    const pods = this.pods.values();
    const uids = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const [uid, pod] of this.running) if (!uids.has(uid)) void pod.end(0);
    for (const pod of pods) {
      const { uid = '', deletionTimestamp } = pod.metadata;
      const { nodeName, terminationGracePeriodSeconds = 30 } = pod.spec;
      const running = this.running.get(uid);
      if (deletionTimestamp !== undefined) {
        if (running) void running.end(terminationGracePeriodSeconds * 1_000, true);
        else if (nodeName === this.node) void new RunningPod(this.kube, this.place, pod).remove();
      } else if (nodeName === undefined) {
        all = (await this.bind(pod)) && all;
      } else if (nodeName === this.node && !running) {
        const started = new RunningPod(this.kube, this.place, pod);
        this.running.set(uid, started);
        void started.run();
      }
    }
    return all;
  }

  private async bind({ metadata }: Pod): Promise<boolean> {
    const { name, namespace, uid } = metadata;
    const { status } = await this.kube.api.send('POST', `${pathOf(metadata)}/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: this.node },
    });
    // 404 and 409: it is gone, or has a node already.
    return status < 300 || status === 404 || status === 409;
  }
}
