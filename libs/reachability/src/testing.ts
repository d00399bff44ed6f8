import {
  ClusterFact,
  ExportedServiceFact,
  GatewayFact,
  IntentStatusFact,
  Intents,
  resourceTypeOf,
  State,
} from '@isthmus/contracts';
import {
  type ClusterSettings,
  type FactRow,
  type IntentBodies,
  MeshRows,
  type MeshSettings,
  project,
} from '@isthmus/federation';
import { CompiledRelease, type ConfigurationObject, type JsonObject } from '@isthmus/releases';
import { versionOf } from '@isthmus/sync';
import type { Contact, Picture } from './picture.js';

/** A mesh in which all is well, unless a spec says otherwise. */
export interface Sketch {
  clusters?: Record<string, Partial<ClusterSettings>>;
  contacts?: Record<string, Partial<Contact>>;
  agents?: Record<string, Partial<ClusterFact>>;
  /** By cluster, then by host. */
  exports?: Record<string, Record<string, Partial<ExportedServiceFact> | 'withdrawn'>>;
  /** By cluster. */
  gateways?: Record<string, Partial<GatewayFact>[]>;
  /** What an agent says otherwise, by cluster and `Type/name`; null: nothing. */
  statuses?: Record<string, Record<string, Partial<IntentStatusFact> | null>>;
  settings?: Partial<MeshSettings>;
  objects?: readonly ConfigurationObject[];
}

export const now = new Date('2026-03-01T12:00:00Z');
const day = 24 * 3_600_000;

/** `a` in net-a exports shop/payments; `b` in net-b takes it. */
export function picture(sketch: Sketch = {}): Picture {
  const ids = [...new Set(['a', 'b', ...Object.keys(sketch.clusters ?? {})])];
  const clusters = ids.map(
    (id): ClusterSettings => ({
      id,
      name: `cluster-${id}`,
      network: `net-${id}`,
      locality: 'eu/west',
      cidrs: [],
      labels: {},
      removed: false,
      stale: false,
      ...sketch.clusters?.[id],
    }),
  );
  const signing = {
    keyId: 'key',
    certificate: 'PEM',
    chain: '',
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + day),
  };
  const release = sketch.objects && new CompiledRelease('release_1', 1, sketch.objects, []);
  const settings: MeshSettings = {
    mesh: { id: 'mesh', name: 'prod', trustDomain: 'mesh.example' },
    clusters: new Map(clusters.map((cluster) => [cluster.id, cluster])),
    grants: [],
    policies: [],
    trust: { anchors: ['-----ANCHOR-----'], signing: new Map(ids.map((id) => [id, signing])) },
    configuration: {
      drift: 'revert',
      current: release && { release, fence: 1n },
      clusters: new Map(),
      trials: new Map(),
      inventories: new Map(),
    },
    versions: { istio: new Map(), agents: new Map() },
    ...sketch.settings,
  };
  const facts = MeshRows.of(rowsOf(clusters, sketch));
  const wanted = project({ settings, facts });
  const statuses = new Map(
    clusters.map(({ id, network }) => [
      id,
      statusesOf(
        [wanted.mesh, wanted.networks.get(network), wanted.clusters.get(id)],
        sketch.statuses?.[id],
      ),
    ]),
  );
  const contacts = ids.map((id): [string, Contact] => [
    id,
    { status: 'CONNECTED', lockReason: null, lastContactAt: now, ...sketch.contacts?.[id] },
  ]);
  return { now, settings, facts, contacts: new Map(contacts), statuses, releases: new Map() };
}

function rowsOf(clusters: readonly ClusterSettings[], sketch: Sketch): FactRow[] {
  const rows: FactRow[] = [];
  const put = (clusterId: string, type: string, name: string, body?: Uint8Array): void => {
    rows.push({
      clusterId,
      type,
      name,
      body: body ?? new Uint8Array(),
      since: BigInt(rows.length),
      withdrawnAt: body ? null : now,
    });
  };
  for (const { id, network } of clusters) {
    const agent = ClusterFact.fromPartial({
      observedNetwork: network,
      capabilities: ['gateway-api', 'istio-crds', 'mcs-api'],
      ...sketch.agents?.[id],
    });
    put(id, 'Cluster', 'cluster', ClusterFact.encode(agent).finish());
    for (const fields of sketch.gateways?.[id] ?? (id === 'a' ? [{}] : [])) {
      const gateway = GatewayFact.fromPartial({
        namespace: 'istio-system',
        name: 'eastwest',
        network,
        addresses: [{ type: 'IPAddress', value: '203.0.113.1', port: 15443 }],
        ...fields,
      });
      const name = `${gateway.namespace}/${gateway.name}`;
      put(id, 'Gateway', name, GatewayFact.encode(gateway).finish());
    }
  }
  for (const [id, hosts] of Object.entries(sketch.exports ?? { a: { 'shop/payments': {} } })) {
    for (const [host, fields] of Object.entries(hosts)) {
      const [namespace = '', name = ''] = host.split('/');
      if (fields === 'withdrawn') {
        put(id, 'ExportedService', host);
        continue;
      }
      const fact = ExportedServiceFact.fromPartial({
        namespace,
        name,
        ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
        groups: [{ locality: 'eu/west', serviceAccount: name, ready: 2, addresses: ['10.0.0.1'] }],
        exportedBy: 'ServiceExport',
        ...fields,
      });
      put(id, 'ExportedService', host, ExportedServiceFact.encode(fact).finish());
    }
  }
  return rows;
}

function statusesOf(
  scopes: readonly (IntentBodies | undefined)[],
  told: Record<string, Partial<IntentStatusFact> | null> = {},
): Map<string, IntentStatusFact> {
  const found = new Map<string, IntentStatusFact>();
  for (const [typeUrl, bodies] of scopes.flatMap((scope) => [...(scope ?? [])])) {
    for (const [name, body] of bodies) {
      const key = `${resourceTypeOf(typeUrl)?.name}/${name}`;
      const fields = told[key];
      if (fields === null) continue;
      const status = IntentStatusFact.fromPartial({
        intentVersion: versionOf(body),
        stored: State.STATE_YES,
        accepted: typeUrl === Intents.Peer.typeUrl ? State.STATE_YES : State.STATE_UNKNOWN,
        live: State.STATE_UNKNOWN,
        ...fields,
      });
      found.set(key, status);
    }
  }
  return found;
}

/** An object of a release. @param id `Kind namespace/name`. */
export function object(id: string, spec: JsonObject): ConfigurationObject {
  const [kind = '', of = ''] = id.split(' ');
  const [namespace = '', name = ''] = of.split('/');
  return {
    group: kind === 'DestinationRule' ? 'networking.istio.io' : 'security.istio.io',
    version: 'v1',
    kind,
    namespace,
    name,
    labels: {},
    annotations: {},
    spec,
    clusters: [],
    place: { path: 'shop.yaml', line: 1 },
  };
}
