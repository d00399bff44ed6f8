import type { KubeCluster } from '@isthmus/clusters';
import { eventually } from './eventually.js';

/** A Service and the pods behind it. There is no kubelet here: their status is written. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly serviceAccount?: string;
  readonly zone?: string;
  /** Service ports; `http` 80 to 8080 unless said. */
  readonly ports?: readonly { name: string; port: number; targetPort: number | string }[];
  readonly containerPorts?: readonly { name: string; containerPort: number }[];
  /** First three octets of the pods' addresses, such as `10.11.0`. */
  readonly addresses: string;
  readonly firstAddress?: number;
  readonly headless?: boolean;
  readonly labels?: Record<string, string>;
}

/** Makes sure of a namespace in which pods can be made. */
export async function ensureNamespace(
  cluster: KubeCluster,
  name: string,
  labels: Record<string, string> = {},
): Promise<void> {
  await applyObjects(cluster, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } },
  ]);
  await eventually(`service account default of ${name}`, () =>
    cluster.kubectl(['-n', name, 'get', 'serviceaccount', 'default']),
  );
}

/** Applies objects, server side, as a user would. */
export async function applyObjects(
  cluster: KubeCluster,
  objects: readonly object[],
): Promise<void> {
  await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
  });
}

/** Brings a workload about: Service, ServiceAccount, and as many ready pods as asked. */
export async function deploy(cluster: KubeCluster, workload: Workload): Promise<void> {
  await ensureNamespace(cluster, workload.namespace);
  const { namespace, name } = workload;
  const serviceAccount = workload.serviceAccount ?? 'default';
  const zone = workload.zone ?? 'a';
  await applyObjects(cluster, [
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: `node-${zone}`,
        labels: { 'topology.kubernetes.io/zone': zone, 'kubernetes.io/hostname': `node-${zone}` },
      },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: serviceAccount } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name, labels: { app: name, ...workload.labels } },
      spec: {
        ...(workload.headless ? { clusterIP: 'None' } : {}),
        selector: { app: name },
        ports: workload.ports ?? [{ name: 'http', port: 80, targetPort: 8080 }],
      },
    },
  ]);
  await scale(cluster, workload, workload.replicas);
}

/** Makes or deletes pods until there are as many, all ready. */
export async function scale(
  cluster: KubeCluster,
  workload: Workload,
  replicas: number,
): Promise<void> {
  const { namespace, name } = workload;
  const serviceAccount = workload.serviceAccount ?? 'default';
  const suffix = serviceAccount === 'default' ? '' : `-${serviceAccount}`;
  const prefix = `${name}${suffix}-${workload.zone ?? 'a'}`;
  const listed = await cluster.kubectl([
    '-n',
    namespace,
    'get',
    'pods',
    '-l',
    `group=${prefix}`,
    '-o',
    'name',
  ]);
  const present = listed.split('\n').filter(Boolean).length;
  const first = workload.firstAddress ?? 10;
  const pods = Array.from({ length: replicas }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      name: `${prefix}-${index}`,
      labels: { app: name, group: prefix, 'security.istio.io/tlsMode': 'istio' },
    },
    spec: {
      nodeName: `node-${workload.zone ?? 'a'}`,
      serviceAccountName: serviceAccount,
      containers: [
        {
          name: 'app',
          image: 'app',
          ports: workload.containerPorts ?? [{ name: 'http', containerPort: 8080 }],
        },
      ],
    },
  }));
  if (pods.length > 0) {
    await applyObjects(cluster, pods);
    const status = pods.map(({ apiVersion, kind, metadata }, index) => ({
      apiVersion,
      kind,
      metadata: { namespace, name: metadata.name },
      status: {
        phase: 'Running',
        podIP: `${workload.addresses}.${first + index}`,
        podIPs: [{ ip: `${workload.addresses}.${first + index}` }],
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    }));
    await cluster.kubectl(
      ['apply', '--server-side', '--force-conflicts', '--subresource=status', '-f', '-'],
      { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: status }) },
    );
  }
  if (present > replicas) {
    const surplus = Array.from(
      { length: present - replicas },
      (_, index) => `${prefix}-${replicas + index}`,
    );
    await cluster.kubectl([
      '-n',
      namespace,
      'delete',
      'pod',
      '--force',
      '--grace-period=0',
      ...surplus,
    ]);
  }
}

/** Offers a Service to the mesh, the Multi-Cluster Services way. */
export async function exportService(
  cluster: KubeCluster,
  namespace: string,
  name: string,
): Promise<void> {
  await applyObjects(cluster, [
    {
      apiVersion: 'multicluster.x-k8s.io/v1alpha1',
      kind: 'ServiceExport',
      metadata: { namespace, name },
    },
  ]);
}

/**
 * An east-west gateway as Istio's samples install it, with an address as its load
 * balancer would write it.
 */
export async function installGateway(
  cluster: KubeCluster,
  network: string,
  address: string,
): Promise<void> {
  await ensureNamespace(cluster, 'istio-system');
  const labels = {
    istio: 'eastwestgateway',
    app: 'istio-eastwestgateway',
    'topology.istio.io/network': network,
  };
  const metadata = { namespace: 'istio-system', name: 'istio-eastwestgateway', labels };
  await applyObjects(cluster, [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: 'LoadBalancer',
        selector: { istio: 'eastwestgateway' },
        ports: [{ name: 'tls', port: 15443, targetPort: 15443 }],
      },
    },
  ]);
  await cluster.kubectl(
    ['apply', '--server-side', '--force-conflicts', '--subresource=status', '-f', '-'],
    {
      input: JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: metadata.namespace, name: metadata.name },
        status: { loadBalancer: { ingress: [{ ip: address }] } },
      }),
    },
  );
}
