import { createHash } from 'node:crypto';
import {
  ClusterSettingsIntent,
  ConfigurationIntent,
  configurationKinds,
  configurationName,
  ImportIntent,
  Intents,
  type PeerIntent,
  ReleaseIntent,
  releaseDigest,
} from '@isthmus/contracts';
import type { View } from '../appliers/plan.js';
import { type Namespace, Optional, type OptionalName, type Service } from '../kube/kinds.js';

/** A port as the plane offers it. */
export const httpPort = {
  name: 'http',
  port: 80,
  protocol: 'TCP',
  appProtocol: '',
  targetPortName: '',
  targetPort: 8080,
};

export function group(
  ready: number,
  more: { locality?: string; serviceAccount?: string; addresses?: string[] } = {},
) {
  return { locality: 'eu/west', serviceAccount: 'echo', addresses: [], ...more, ready };
}

/** `demo/echo`, offered by cluster b in net-b, with changes. */
export function echoImport(
  changes: Parameters<typeof ImportIntent.fromPartial>[0] = {},
): ImportIntent {
  return ImportIntent.fromPartial({
    namespace: 'demo',
    name: 'echo',
    ports: [httpPort],
    sources: [{ clusterId: 'cluster_b', clusterName: 'b', network: 'net-b', groups: [group(3)] }],
    ...changes,
  });
}

export function settingsOf(network: string): ClusterSettingsIntent {
  return ClusterSettingsIntent.fromPartial({
    clusterName: 'a',
    meshName: 'mesh',
    trustDomain: 'cluster.local',
    network,
    locality: 'us/east',
  });
}

export function namespace(name: string, labels: Record<string, string> = {}): Namespace {
  return { metadata: { name, uid: `uid-${name}`, labels } };
}

export function service(
  spec: NonNullable<Service['spec']>,
  metadata: Partial<Service['metadata']> = {},
): Service {
  return { metadata: { namespace: 'demo', name: 'echo', uid: 'uid-echo', ...metadata }, spec };
}

/** A network with a gateway. */
export function peerOf(network: string): PeerIntent {
  return { network, addresses: [{ type: 'IPAddress', value: '198.51.100.20', port: 15443 }] };
}

/** The intent of an object `demo/web`, with the name it travels under; or of another one. */
export function configurationOf(
  kind: string,
  spec: object,
  more: {
    namespace?: string;
    name?: string;
    group?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  } = {},
): { name: string; intent: ConfigurationIntent } {
  const { namespace = 'demo', name = 'web', group, ...maps } = more;
  const found = configurationKinds.find(
    (entry) => entry.kind === kind && (group === undefined || entry.group === group),
  );
  const intent = ConfigurationIntent.fromPartial({
    group: found?.group ?? group ?? 'example.com',
    version: found?.versions[0] ?? 'v1',
    kind,
    namespace,
    name,
    manifest: Buffer.from(JSON.stringify({ ...maps, spec })),
  });
  return { name: configurationName(intent), intent };
}

/** Of what the hub has as configuration intents, each name once. */
export function releaseOf(
  fence: number,
  drift: 'revert' | 'tolerate' = 'revert',
  samples: Iterable<{ readonly name: string; readonly intent: ConfigurationIntent }> = [],
): ReleaseIntent {
  const versions = [...samples]
    .map(({ name, intent }) => [name, { version: versionOf(intent) }] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const [digest, objects] = [releaseDigest(versions), versions.length];
  return ReleaseIntent.fromPartial({ number: fence, fence, drift, digest, objects });
}

/** As the wire has it. */
export function versionOf(intent: ConfigurationIntent): string {
  const body = Intents.Configuration.encode(intent);
  return createHash('sha256').update(body).digest('hex').slice(0, 16);
}

/** Cluster a in net-a, with gateways into every other network, all CRDs, the namespaces demo and istio-system, and nothing else. */
export function viewOf(changes: Partial<View> = {}): View {
  const namespaces = new Map(['demo', 'istio-system'].map((name) => [name, namespace(name)]));
  return {
    istioNamespace: 'istio-system',
    clusterId: 'cluster_a',
    settings: settingsOf('net-a'),
    trust: undefined,
    now: new Date('2026-01-02T03:04:05Z'),
    namespace: (name) => namespaces.get(name),
    service: () => undefined,
    servicesIn: () => [],
    serviceExport: () => undefined,
    importOf: () => undefined,
    peer: peerOf,
    gateways: () => [],
    kind: (name: OptionalName) => Optional.get(name)?.[0],
    signingKey: () => undefined,
    resolves: () => undefined,
    ...changes,
  };
}
