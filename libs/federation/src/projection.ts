import { createHash } from 'node:crypto';
import {
  ClusterFact,
  ExportedServiceFact,
  GatewayAddress,
  GatewayFact,
  type IntentName,
  Intents,
  LabelSelector,
  ServicePort,
} from '@isthmus/contracts';
import { splitNamespacedName } from '@isthmus/kernel';
import { type ConfigurationIntents, projectConfiguration } from '@isthmus/releases';
import { compareText, HostJudge, type Verdict } from './hosts.js';
import type { ByCluster, FactRecord, MeshFacts, MeshSettings, MeshState } from './mesh-state.js';

/** Intents by type URL and name. */
export type IntentBodies = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

/** What the plane wants of a mesh. */
export interface ProjectedMesh {
  /** The same for every cluster: imports, peers, trust bundle, export policies. */
  readonly mesh: IntentBodies;
  /** The same for every cluster of a network: endpoints. By network. */
  readonly networks: ReadonlyMap<string, IntentBodies>;
  /** One cluster's own: settings, exposure, export states, signing certificate. By cluster id. */
  readonly clusters: ReadonlyMap<string, IntentBodies>;
  readonly findings: readonly Finding[];
}

/** Something that people should know, and can mend. */
export interface Finding {
  readonly clusterId?: string | undefined;
  /** Stable, such as `NetworkWithoutGateway`. */
  readonly code: string;
  readonly message: string;
}

/** What is wanted because of one host. */
export interface ProjectedHost {
  /** Undefined when no export of it stands. */
  readonly import: Uint8Array | undefined;
  /** Direct endpoints, by the exporter's cluster id. */
  readonly endpoints: ReadonlyMap<string, { network: string; body: Uint8Array }>;
  /** Export states, by the exporter's cluster id. */
  readonly statuses: ReadonlyMap<string, Uint8Array>;
  /** Ids of the clusters whose gateways serve it. */
  readonly exposers: readonly string[];
}

/** The DNS domain of every cluster, whatever the trust domain. */
const clusterDomain = 'svc.cluster.local';
const clustersetDomain = 'svc.clusterset.local';

/** The name under which a host is called in every cluster of the mesh. */
export function fqdnOf(host: string): string {
  const { namespace, name } = splitNamespacedName(host);
  return `${name}.${namespace}.${clusterDomain}`;
}

/** The name of the Multi-Cluster Services API for it. */
export function clustersetFqdnOf(host: string): string {
  const { namespace, name } = splitNamespacedName(host);
  return `${name}.${namespace}.${clustersetDomain}`;
}

/**
 * From settings and facts to intents. Pure: the same state gives the same bytes, in any
 * process and in any order of its maps.
 */
export function project(state: MeshState): ProjectedMesh {
  const { settings, facts } = state;
  const judge = new HostJudge(settings);
  const imports = new Map<string, Uint8Array>();
  const endpoints = new Map<string, Map<string, Uint8Array>>();
  const statuses = new Map<string, Map<string, Uint8Array>>();
  const exposed = new Map<string, string[]>();
  for (const [host, exports] of sorted(facts.exports)) {
    const projected = projectHost(judge, host, exports);
    if (projected.import) imports.set(host, projected.import);
    for (const [clusterId, { network, body }] of projected.endpoints) {
      nested(endpoints, network).set(endpointsName(clusterId, host), body);
    }
    for (const [clusterId, body] of projected.statuses) nested(statuses, clusterId).set(host, body);
    for (const clusterId of projected.exposers) {
      exposed.set(clusterId, [...(exposed.get(clusterId) ?? []), host]);
    }
  }
  const peers = new Map<string, Uint8Array>();
  for (const network of judge.networks.keys()) {
    const peer = projectPeer(judge, network, facts.gateways);
    if (peer) peers.set(network, peer);
  }
  const networks = new Map<string, IntentBodies>();
  for (const network of judge.networks.keys()) {
    networks.set(network, bodies([[Intents.Endpoints, nested(endpoints, network)]]));
  }
  const clusters = new Map<string, IntentBodies>();
  for (const cluster of settings.clusters.values()) {
    const { id, removed } = cluster;
    if (removed) continue;
    const exposure = projectExposure(exposed.get(id) ?? []);
    clusters.set(
      id,
      bodies([
        ...projectCluster(settings, id),
        [Intents.Exposure, single('exposure', exposure)],
        [Intents.ExportStatus, nested(statuses, id)],
        ...configurationBodies(projectConfiguration(settings.configuration, cluster)),
      ]),
    );
  }
  return {
    mesh: bodies([...projectMeshWide(settings), [Intents.Import, imports], [Intents.Peer, peers]]),
    networks,
    clusters,
    findings: findProblems(judge, exportersOf(facts), facts),
  };
}

/** Any type of intent. */
export type IntentType = (typeof Intents)[IntentName];

export type TypedBodies = [IntentType, Map<string, Uint8Array>];

function bodies(types: readonly TypedBodies[]): IntentBodies {
  return new Map(types.map(([type, resources]) => [type.typeUrl, resources]));
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => compareText(a, b));
}

function nested<T>(map: Map<string, Map<string, T>>, key: string): Map<string, T> {
  let inner = map.get(key);
  if (!inner) {
    inner = new Map();
    map.set(key, inner);
  }
  return inner;
}

function single(name: string, body: Uint8Array | undefined): Map<string, Uint8Array> {
  return new Map(body ? [[name, body]] : []);
}

/** Name of an Endpoints intent. */
export function endpointsName(clusterId: string, host: string): string {
  return `${clusterId}/${host}`;
}

/** One host of a mesh; what `project` does for all of them. */
export function projectHost(
  judge: HostJudge,
  host: string,
  exports: ByCluster<ExportedServiceFact>,
): ProjectedHost {
  const { namespace, name } = splitNamespacedName(host);
  const verdicts = judge.judge(host, exports);
  const admitted = verdicts.filter(isAdmitted);
  const endpoints = new Map<string, { network: string; body: Uint8Array }>();
  for (const { cluster, groups } of admitted) {
    if (!judge.isShared(cluster.network)) continue;
    const declared = judge.declared(cluster);
    const reachable = groups.map((group) => ({
      ...group,
      // The ranges may have become narrower since the fact was taken.
      addresses: [...new Set(group.addresses)]
        .filter((address) => !declared || declared.contains(address))
        .sort(compareText),
    }));
    const body = Intents.Endpoints.encode({
      clusterId: cluster.id,
      namespace,
      name,
      groups: reachable,
    });
    endpoints.set(cluster.id, { network: cluster.network, body });
  }
  const statuses = new Map<string, Uint8Array>();
  for (const { cluster, valid, conflict, reason, message } of verdicts) {
    statuses.set(cluster.id, Intents.ExportStatus.encode({ valid, conflict, reason, message }));
  }
  return {
    import: encodeImport(namespace, name, admitted),
    endpoints,
    statuses,
    // Istio takes any gateway of a network for any endpoint in it: each of them serves the host.
    exposers: [
      ...new Set(
        admitted.flatMap(({ cluster }) =>
          (judge.networks.get(cluster.network) ?? [cluster]).map(({ id }) => id),
        ),
      ),
    ].sort(compareText),
  };
}

export type AdmittedVerdict = Verdict & { readonly groups: NonNullable<Verdict['groups']> };

/** Whether an export is part of the mesh. */
export function isAdmitted(verdict: Verdict): verdict is AdmittedVerdict {
  return verdict.groups !== undefined;
}

/** The ports of a host: those of the first export that stands, in order. */
export function portsOf(fact: ExportedServiceFact): ServicePort[] {
  return [...fact.ports].sort((a, b) => a.port - b.port || compareText(a.protocol, b.protocol));
}

function encodeImport(
  namespace: string,
  name: string,
  admitted: readonly AdmittedVerdict[],
): Uint8Array | undefined {
  const [first] = admitted;
  if (!first) return undefined;
  const sources = admitted.map(({ cluster, groups }) => ({
    clusterId: cluster.id,
    clusterName: cluster.name,
    network: cluster.network,
    // Addresses are for neighbours alone, who get them as Endpoints.
    groups: groups.map((group) => ({ ...group, addresses: [] })),
    stale: cluster.stale,
  }));
  return Intents.Import.encode({
    namespace,
    name,
    ports: portsOf(first.fact),
    headless: first.fact.headless,
    sources: sources.sort((a, b) => compareText(a.clusterId, b.clusterId)),
  });
}

/** What follows from settings alone, and is the same for every cluster. */
export function projectMeshWide({ mesh, policies, trust }: MeshSettings): TypedBodies[] {
  const anchors = trust.anchors
    .map((pem) => ({ pem, fingerprint: fingerprintOf(pem) }))
    .sort((a, b) => compareText(a.fingerprint, b.fingerprint))
    .map(({ pem }) => pem);
  const { trustDomain } = mesh;
  const bundle =
    anchors.length > 0 ? Intents.TrustBundle.encode({ trustDomain, anchors }) : undefined;
  const exportPolicies = policies.map(
    ({ name, namespaceSelector, serviceSelector }): [string, Uint8Array] => [
      name,
      Intents.ExportPolicy.encode({
        namespaceSelector: canonical(namespaceSelector),
        serviceSelector: canonical(serviceSelector),
      }),
    ],
  );
  return [
    [Intents.TrustBundle, single('trust', bundle)],
    [Intents.ExportPolicy, new Map(exportPolicies)],
  ];
}

/** A map has no order on the wire of its own; ours makes the bytes the same everywhere. */
function canonical(selector: LabelSelector): LabelSelector {
  const labels = Object.entries(selector.matchLabels).sort(([a], [b]) => compareText(a, b));
  return { ...selector, matchLabels: Object.fromEntries(labels) };
}

/** SHA-256 of the certificate's DER, which is what its PEM carries. */
function fingerprintOf(pem: string): string {
  const base64 = pem.replaceAll(/-----[^-]*-----|\s/g, '');
  return createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex');
}

/** What follows from settings alone for one cluster that is there. */
export function projectCluster(settings: MeshSettings, clusterId: string): TypedBodies[] {
  const cluster = settings.clusters.get(clusterId);
  const signing = settings.trust.signing.get(clusterId);
  const registered =
    cluster &&
    Intents.ClusterSettings.encode({
      clusterName: cluster.name,
      meshName: settings.mesh.name,
      trustDomain: settings.mesh.trustDomain,
      network: cluster.network,
      locality: cluster.locality,
    });
  const { istio, agents } = settings.versions;
  const certificate =
    signing &&
    Intents.SigningCertificate.encode({
      keyId: signing.keyId,
      certificate: signing.certificate,
      chain: signing.chain,
      notBefore: unixSeconds(signing.notBefore),
      notAfter: unixSeconds(signing.notAfter),
    });
  return [
    [Intents.ClusterSettings, single('settings', registered)],
    [Intents.SigningCertificate, single('signing', certificate)],
    [Intents.Istio, single('istio', istio.get(clusterId))],
    [Intents.Agent, single('agent', agents.get(clusterId))],
  ];
}

/** What a cluster is to run: its release, with the objects of it, and what is asked of it. */
function configurationBodies(intents: ConfigurationIntents): TypedBodies[] {
  const objects = [...intents.objects].map(([name, { body }]): [string, Uint8Array] => [
    name,
    body,
  ]);
  return [...requestBodies(intents), [Intents.Configuration, new Map(objects)]];
}

/** All but the objects, which come by the thousand and are encoded already. */
export function requestBodies({ release, trials, inventory }: ConfigurationIntents): TypedBodies[] {
  return [
    [Intents.Release, single('release', release)],
    [Intents.Trial, new Map(trials)],
    [Intents.Inventory, single('inventory', inventory)],
  ];
}

function unixSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** @returns undefined when the gateways have nothing to serve. */
export function projectExposure(hosts: Iterable<string>): Uint8Array | undefined {
  const names = [...hosts].flatMap((host) => [fqdnOf(host), clustersetFqdnOf(host)]);
  if (names.length === 0) return undefined;
  return Intents.Exposure.encode({ hosts: names.sort(compareText) });
}

type Gateways = MeshFacts['gateways'];

/** Addresses of one Peer; a network has a handful. */
const mostPeerAddresses = 1_000;

/**
 * The way into a network: the gateways of all its clusters. A gateway that calls itself
 * another network's is left out, and found by `findProblems`.
 *
 * @returns undefined when there is no way in.
 */
export function projectPeer(
  judge: HostJudge,
  network: string,
  gateways: Gateways,
): Uint8Array | undefined {
  const addresses = new Map<string, GatewayAddress>();
  for (const { id } of judge.networks.get(network) ?? []) {
    for (const { fact } of gateways.get(id)?.values() ?? []) {
      if (!fact || !isOf(network, fact)) continue;
      for (const address of fact.addresses) {
        addresses.set(`${address.type} ${address.value} ${address.port}`, address);
      }
    }
  }
  if (addresses.size === 0) return undefined;
  return Intents.Peer.encode({
    network,
    addresses: sorted(addresses)
      .slice(0, mostPeerAddresses)
      .map(([, address]) => address),
  });
}

function isOf(network: string, gateway: GatewayFact): boolean {
  return gateway.network === '' || gateway.network === network;
}

/** Ids of the clusters that report exports, whatever becomes of these. */
function exportersOf({ exports }: MeshFacts): Set<string> {
  const exporters = new Set<string>();
  for (const byCluster of exports.values()) {
    for (const [clusterId, { fact }] of byCluster) if (fact) exporters.add(clusterId);
  }
  return exporters;
}

/**
 * What keeps the mesh from working although every part does.
 *
 * @param exporters ids of the clusters that report exports.
 * @returns in the order of cluster ids.
 */
export function findProblems(
  judge: HostJudge,
  exporters: ReadonlySet<string>,
  facts: {
    readonly gateways: Gateways;
    readonly agents: ReadonlyMap<string, FactRecord<ClusterFact>>;
  },
): Finding[] {
  const findings: Finding[] = [];
  for (const [network, clusters] of sorted(judge.networks)) {
    const hasPeer = projectPeer(judge, network, facts.gateways) !== undefined;
    for (const { id, name } of clusters) {
      const report = (code: string, message: string) =>
        findings.push({ clusterId: id, code, message });
      if (!hasPeer && judge.networks.size > 1 && exporters.has(id)) {
        report(
          'NetworkWithoutGateway',
          `no cluster of the network '${network}' has an east-west gateway with an address, so other networks cannot reach what '${name}' exports; install one`,
        );
      }
      for (const [gateway, { fact }] of sorted(facts.gateways.get(id) ?? new Map())) {
        if (fact && !isOf(network, fact)) {
          report(
            'GatewayOfAnotherNetwork',
            `the gateway ${gateway} of '${name}' is labelled as of the network '${fact.network}' and is not used; label it '${network}'`,
          );
        }
      }
      if (facts.agents.get(id)?.fact?.dataPlaneMode === 'ambient') {
        report(
          'AmbientNotSupported',
          `'${name}' runs ambient mode, into which imports do not reach yet; use sidecars for what takes part in the mesh`,
        );
      }
    }
  }
  return findings.sort(
    (a, b) =>
      compareText(a.clusterId ?? '', b.clusterId ?? '') ||
      compareText(a.code, b.code) ||
      compareText(a.message, b.message),
  );
}
