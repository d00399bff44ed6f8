import type { AdminApi } from './api.js';
import { type Listed, Mirror, Rounds } from './mirror.js';

interface Pod extends Listed {
  readonly spec: {
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly affinity?: {
      readonly nodeAffinity?: {
        readonly requiredDuringSchedulingIgnoredDuringExecution?: {
          readonly nodeSelectorTerms: {
            readonly matchFields?: { readonly key: string; readonly values?: string[] }[];
          }[];
        };
      };
    };
  };
}

interface Node extends Listed {
  readonly spec?: { readonly unschedulable?: boolean };
}

/** Nodes without it are run by nobody: what is bound to them never starts. */
const managedAnnotation = 'kwok.x-k8s.io/node';

/**
 * Stands in for kube-scheduler, which is not in the build: binds Pods to the nodes whose labels their nodeSelector asks
 * for, in turns. It looks at nothing else (no resources, taints or affinities, but the node that the DaemonSet controller
 * names), and says of a Pod that fits nowhere what kube-scheduler says.
 */
export class SchedulerStandIn {
  private readonly stopping = new AbortController();
  private readonly rounds: Rounds;
  private readonly nodes: Mirror<Node>;
  private readonly waiting: Mirror<Pod>;
  /** What was bound and may still be in `waiting`, and who was told that there is no node; by uid. */
  private readonly bound = new Set<string>();
  private readonly refused = new Set<string>();
  private turn = 0;

  constructor(private readonly api: AdminApi) {
    const { signal } = this.stopping;
    this.rounds = new Rounds(() => this.round(), signal);
    const wake = (): void => this.rounds.wake();
    this.nodes = new Mirror(api, '/api/v1/nodes', wake, signal);
    this.waiting = new Mirror(api, '/api/v1/pods?fieldSelector=spec.nodeName%3D', wake, signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.nodes.end(), this.waiting.end(), this.rounds.end()]);
  }

  private async round(): Promise<boolean> {
    const pods = this.waiting.values();
    const uids = new Set(pods.map(({ metadata }) => metadata.uid ?? ''));
    for (const uid of this.bound) if (!uids.has(uid)) this.bound.delete(uid);
    for (const uid of this.refused) if (!uids.has(uid)) this.refused.delete(uid);
    const nodes = this.nodes.values().filter(isRun);
    let all = true;
    for (const pod of pods) {
      if (this.bound.has(pod.metadata.uid ?? '')) continue;
      const fitting = nodes.filter((node) => fits(pod, node));
      const node = fitting[this.turn % fitting.length];
      // A change of the nodes begins another round.
      if (!node) await this.refuse(pod, nodes.length);
      else if (!(await this.bind(pod, node))) all = false;
    }
    return all;
  }

  private async bind({ metadata }: Pod, node: Node): Promise<boolean> {
    const { name, namespace, uid = '' } = metadata;
    const { status } = await this.api.send('POST', `${pathOf(metadata)}/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: node.metadata.name },
    });
    // 404 and 409: it is gone, or has a node already.
    if (status >= 300 && status !== 404 && status !== 409) return false;
    this.bound.add(uid);
    this.turn += 1;
    return true;
  }

  private async refuse({ metadata }: Pod, count: number): Promise<void> {
    if (this.refused.has(metadata.uid ?? '')) return;
    this.refused.add(metadata.uid ?? '');
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: `0/${count} nodes are available: ${count} node(s) didn't match Pod's node affinity/selector.`,
    };
    await this.api.send(
      'PATCH',
      `${pathOf(metadata)}/status`,
      { status: { conditions: [condition] } },
      'application/strategic-merge-patch+json',
    );
  }
}

function pathOf({ namespace, name }: Listed['metadata']): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

function isRun({ metadata, spec }: Node): boolean {
  return metadata.annotations?.[managedAnnotation] !== undefined && !spec?.unschedulable;
}

function fits({ spec }: Pod, { metadata }: Node): boolean {
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms ?? [];
  const named = terms.flatMap(({ matchFields = [] }) =>
    matchFields.filter(({ key }) => key === 'metadata.name').flatMap(({ values = [] }) => values),
  );
  if (named.length > 0 && !named.includes(metadata.name)) return false;
  return Object.entries(spec.nodeSelector ?? {}).every(
    ([key, value]) => metadata.labels?.[key] === value,
  );
}
