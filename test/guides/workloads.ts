import { type KubeCluster, type Listed, Mirror, Rounds } from '@isthmus/clusters';

interface Pod extends Listed {
  readonly metadata: Listed['metadata'] & {
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string }[];
  };
  readonly spec: { readonly nodeName?: string };
  readonly status?: { readonly podIP?: string; readonly phase?: string };
}

export interface Workloads {
  stop(): Promise<void>;
}

const node = 'worker-1';
const succeeded = { phase: 'Succeeded' };
const tlsMode = 'security.istio.io/tlsMode';

/**
 * Has the Pods of a reader's workloads run, as far as an API server tells: on one node, ready at once, with addresses,
 * and gone when they are deleted; those of Jobs, and tests of Helm, have ended well. Where a namespace asks for injection
 * they have the label of a sidecar.
 * @param except the namespace whose Pods really run.
 */
export async function startWorkloads(
  kube: KubeCluster,
  { except, addresses }: { except: string; addresses: string },
): Promise<Workloads> {
  const { status, body } = await kube.api.send('POST', '/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node, labels: { 'topology.kubernetes.io/zone': 'a' } },
  });
  if (status !== 201 && status !== 409) throw new Error(`node ${node}: HTTP ${status} ${body}`);
  const stopping = new AbortController();
  const { signal } = stopping;
  let next = 10;
  const send = async (method: string, path: string, object?: object): Promise<boolean> => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : undefined;
    const answer = await kube.api.send(method, path, object, type);
    return answer.status < 300 || answer.status === 404 || answer.status === 409;
  };
  const step = async ({ metadata, spec, status }: Pod): Promise<boolean> => {
    const { name, namespace = '', uid } = metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    if (metadata.deletionTimestamp !== undefined)
      return await send('DELETE', `${path}?gracePeriodSeconds=0`);
    if (spec.nodeName === undefined)
      return await send('POST', `${path}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      });
    if (isInjected(namespace) && metadata.labels?.[tlsMode] === undefined)
      return await send('PATCH', path, { metadata: { labels: { [tlsMode]: 'istio' } } });
    if (status?.podIP !== undefined || status?.phase === 'Succeeded') return true;
    if (ends(metadata)) return await send('PATCH', `${path}/status`, { status: succeeded });
    const podIP = `${addresses}.${next}`;
    next += 1;
    const conditions = ['Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: 'True',
    }));
    const running = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
    return await send('PATCH', `${path}/status`, { status: running });
  };
  const rounds = new Rounds(async () => {
    const theirs = pods.values().filter(({ metadata }) => metadata.namespace !== except);
    const done: boolean[] = [];
    for (const pod of theirs) done.push(await step(pod));
    return done.every(Boolean);
  }, signal);
  const pods = new Mirror<Pod>(kube.api, '/api/v1/pods', () => rounds.wake(), signal);
  const namespaces = new Mirror(kube.api, '/api/v1/namespaces', () => rounds.wake(), signal);
  const isInjected = (name: string): boolean =>
    namespaces.values().some(({ metadata }) => {
      return metadata.name === name && metadata.labels?.['istio-injection'] === 'enabled';
    });
  return {
    async stop() {
      stopping.abort();
      await Promise.all([pods.end(), namespaces.end(), rounds.end()]);
    },
  };
}

function ends({ ownerReferences = [], annotations = {} }: Pod['metadata']): boolean {
  return ownerReferences.some(({ kind }) => kind === 'Job') || 'helm.sh/hook' in annotations;
}
