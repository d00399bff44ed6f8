import { isDeepStrictEqual } from 'node:util';
import type { MeshPod } from './kinds.js';
import { versionOfImage } from './version.js';

/** A Pod with a proxy of Istio, a sidecar or a gateway. */
export interface ProxyPod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** Of the istiod that made the proxy: it stays with that one until it is made anew. */
  readonly revision: string;
  /** Of the proxy's image, such as 1.30.2; empty where that does not say. */
  readonly version: string;
  readonly ready: boolean;
  readonly isGateway: boolean;
  /** What makes the Pod anew when it is gone, the topmost of it that is known; undefined: nothing. */
  readonly owner: { readonly kind: string; readonly name: string } | undefined;
  /** Of the Gateway API's Gateway that it is of, in the same namespace. */
  readonly gatewayName?: string | undefined;
}

/** Injection, and the gateways that istiod makes, set it on every Pod with a proxy. */
export const proxySelector = 'service.istio.io/canonical-name';

const revisionAnnotation = 'istio.io/rev';
const statusAnnotation = 'sidecar.istio.io/status';
const templatesAnnotation = 'inject.istio.io/templates';
const gatewayNameLabel = 'gateway.networking.k8s.io/gateway-name';
const gatewayLabels = ['ingressgateway', 'egressgateway', 'eastwestgateway'];
/** Set by who makes the ReplicaSet, whose name ends in it. */
const templateHashes = [
  ['Deployment', 'pod-template-hash'],
  ['Rollout', 'rollouts-pod-template-hash'],
] as const;
const keptLabels: readonly string[] = [
  'istio',
  gatewayNameLabel,
  ...templateHashes.map(([, label]) => label),
];
const proxyContainer = 'istio-proxy';

/** What `proxyOf` needs of a Pod: there are many, and each is large. */
export function trimmedPod(pod: MeshPod): MeshPod {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, labels, annotations } =
    pod.metadata;
  const revision = injectedRevision(pod);
  const templates = annotations?.[templatesAnnotation];
  const container = proxyContainerOf(pod);
  const ready = pod.status?.conditions?.filter(({ type }) => type === 'Ready') ?? [];
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      labels: Object.fromEntries(
        Object.entries(labels ?? {}).filter(([key]) => keptLabels.includes(key)),
      ),
      annotations: {
        ...(revision !== undefined && { [revisionAnnotation]: revision }),
        ...(templates !== undefined && { [templatesAnnotation]: templates }),
      },
      ...(pod.metadata.ownerReferences && { ownerReferences: pod.metadata.ownerReferences }),
    },
    spec: {
      containers: container
        ? [{ name: container.name, ...(container.image && { image: container.image }) }]
        : [],
    },
    status: {
      ...(pod.status?.phase !== undefined && { phase: pod.status.phase }),
      conditions: ready.map(({ type, status }) => ({ type, status })),
    },
  };
}

/** The proxy of a Pod; undefined if it has none, or is over or about to be. */
export function proxyOf(pod: MeshPod): ProxyPod | undefined {
  const { metadata, status } = pod;
  const revision = injectedRevision(pod);
  if (revision === undefined || metadata.deletionTimestamp !== undefined) return undefined;
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return undefined;
  const { name, namespace = '', uid = '', labels = {}, annotations = {} } = metadata;
  const gatewayName = labels[gatewayNameLabel];
  return {
    name,
    namespace,
    uid,
    revision,
    version: versionOfImage(proxyContainerOf(pod)?.image),
    ready: (status?.conditions ?? []).some((it) => it.type === 'Ready' && it.status === 'True'),
    isGateway:
      gatewayName !== undefined ||
      (annotations[templatesAnnotation] ?? '').split(',').some((it) => it.trim() === 'gateway') ||
      gatewayLabels.includes(labels.istio ?? ''),
    owner: ownerOf(pod),
    ...(gatewayName !== undefined && { gatewayName }),
  };
}

export function isSameProxy(one: ProxyPod | undefined, other: ProxyPod | undefined): boolean {
  return isDeepStrictEqual(one, other);
}

/** Only istiod writes these; the label istio.io/rev of a Pod is what somebody wishes. */
function injectedRevision({ metadata }: MeshPod): string | undefined {
  const { annotations = {} } = metadata;
  const status = annotations[statusAnnotation];
  const said =
    (status === undefined ? undefined : revisionIn(status)) ?? annotations[revisionAnnotation];
  if (said === undefined && status === undefined) return undefined;
  return said || 'default';
}

function revisionIn(status: string): string | undefined {
  try {
    const { revision } = JSON.parse(status) as { revision?: unknown };
    return typeof revision === 'string' ? revision : undefined;
  } catch {
    return undefined;
  }
}

/** Since Kubernetes 1.29 a sidecar may be an init container that goes on. */
function proxyContainerOf({ spec }: MeshPod) {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return containers.find(({ name }) => name === proxyContainer);
}

function ownerOf({ metadata }: MeshPod): ProxyPod['owner'] {
  const { ownerReferences = [], labels = {} } = metadata;
  const controller = ownerReferences.find(({ controller }) => controller);
  if (!controller) return undefined;
  const { kind, name } = controller;
  if (kind !== 'ReplicaSet') return { kind, name };
  for (const [above, label] of templateHashes) {
    const suffix = `-${labels[label]}`;
    if (labels[label] && name.endsWith(suffix)) {
      return { kind: above, name: name.slice(0, -suffix.length) };
    }
  }
  return { kind, name };
}
