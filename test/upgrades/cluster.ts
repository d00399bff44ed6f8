import type { Member } from '@isthmus/local';

/** What a cluster has of Istio, as its API server tells. */
export interface IstioState {
  /** Images' tags of the istiods that are installed, by the name of their Deployment. */
  readonly istiods: Readonly<Record<string, string>>;
  /** Where each revision tag leads. */
  readonly tags: Readonly<Record<string, string>>;
  /** By namespace: what its labels say, as `rev=<value>` or `injection=<value>`. */
  readonly labels: Readonly<Record<string, string>>;
  /** By workload: revision and version of each of its Pods' proxies that is ready; `-` of one that is not. */
  readonly proxies: Readonly<Record<string, readonly string[]>>;
  /** Pods with a proxy, by uid: none of them has restarted where these are the same. */
  readonly uids: readonly string[];
  /** What the Gateway API's gateways say that they follow; without those that say nothing. */
  readonly pins: Readonly<Record<string, string>>;
  /** By workload: how often it has rolled out. */
  readonly rollouts: Readonly<Record<string, number>>;
}

interface KubeObject {
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    deletionTimestamp?: string;
  };
  spec: {
    containers: { name: string; image: string }[];
    template: { spec: { containers: { image: string }[] } };
  };
  status: { conditions?: { type: string; status: string }[] };
}

const canonicalName = 'service.istio.io/canonical-name';
const revision = 'istio.io/rev';

export async function istioState(member: Member): Promise<IstioState> {
  const list = (path: string): Promise<KubeObject[]> => listOf(member, path);
  const istiods = await list('/apis/apps/v1/deployments?labelSelector=app%3Distiod');
  const webhooks = await list(
    '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations?labelSelector=istio.io/tag',
  );
  const namespaces = await list('/api/v1/namespaces');
  const pods = await list(`/api/v1/pods?labelSelector=${canonicalName}`);
  const gateways = await list('/apis/gateway.networking.k8s.io/v1/gateways');
  const deployments = await list('/apis/apps/v1/deployments');

  const proxies: Record<string, string[]> = {};
  const living = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
  for (const pod of living) {
    const workload = workloadOf(pod);
    proxies[workload] = [...(proxies[workload] ?? []), proxyOf(pod)].sort();
  }
  const rollouts: Record<string, number> = {};
  for (const { metadata } of deployments) {
    const workload = `${metadata.namespace}/${metadata.name}`;
    if (!proxies[workload]) continue;
    rollouts[workload] = Number(metadata.annotations?.['deployment.kubernetes.io/revision']);
  }
  return {
    istiods: named(istiods, ({ metadata, spec }) => [
      metadata.name,
      spec.template.spec.containers[0]?.image.split(':').at(-1),
    ]),
    tags: named(webhooks, ({ metadata }) => [
      metadata.labels?.['istio.io/tag'] ?? '',
      metadata.labels?.[revision],
    ]),
    labels: named(namespaces, ({ metadata: { name, labels = {} } }) => {
      const injection = labels['istio-injection'];
      if (injection) return [name, `injection=${injection}`];
      return [name, labels[revision] && `rev=${labels[revision]}`];
    }),
    proxies: sorted(proxies),
    uids: living.map(({ metadata }) => metadata.uid).sort(),
    pins: named(gateways, ({ metadata }) => [
      `${metadata.namespace}/${metadata.name}`,
      metadata.labels?.[revision],
    ]),
    rollouts: sorted(rollouts),
  };
}

async function listOf(member: Member, path: string): Promise<KubeObject[]> {
  const { status, body } = await member.kube.api.get(path);
  if (status !== 200) throw new Error(`${path}: HTTP ${status} ${body}`);
  return (JSON.parse(body) as { items: KubeObject[] }).items;
}

/** `<namespace>/<Deployment>`: its Pods are called `<Deployment>-<hash>-<random>`. */
function workloadOf({ metadata: { namespace, name } }: KubeObject): string {
  return `${namespace}/${name.split('-').slice(0, -2).join('-')}`;
}

function proxyOf({ metadata, spec, status }: KubeObject): string {
  const isReady = status.conditions?.some((it) => it.type === 'Ready' && it.status === 'True');
  if (!isReady) return '-';
  const { image = '' } = spec.containers.find(({ name }) => name === 'istio-proxy') ?? {};
  return `${metadata.annotations?.[revision]} ${image.split(':').at(-1)}`;
}

function named(
  objects: readonly KubeObject[],
  entry: (object: KubeObject) => [string, string | undefined],
): Record<string, string> {
  const entries = objects.map(entry).filter(([, value]) => value !== undefined && value !== '');
  return sorted(Object.fromEntries(entries)) as Record<string, string>;
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
