import { Intents } from '@isthmus/contracts';
import {
  type ClusterSettings,
  compareText,
  fqdnOf,
  HostJudge,
  type IntentState,
  intentState,
  isAdmitted,
  projectHost,
  type Verdict,
} from '@isthmus/federation';
import { splitNamespacedName } from '@isthmus/kernel';
import type { ConfigurationObject } from '@isthmus/releases';
import { type Action, actionOf, policiesFor, summaryOf } from './authorization.js';
import { type MutualTlsMode, mutualTlsOf } from './mutual-tls.js';
import type { Picture } from './picture.js';
import { configured, podsOf } from './scene.js';
import { istioNamespace, nameOf, selectorText } from './selection.js';
import { intentVersionOf } from './standing.js';

/** Who offers what, who takes it, and on what terms. */
export interface TopologyService {
  /** `namespace/name`. */
  readonly host: string;
  /** Such as `payments.shop.svc.cluster.local`. */
  readonly fqdn: string;
  readonly namespace: string;
  readonly name: string;
  /** SPIFFE ids of the accounts of its ready endpoints, sorted. */
  readonly identities: readonly string[];
  /** The weakest of its exporters', port by port. */
  readonly mutualTls: MutualTlsMode;
  /** Of all its exporters, by name. */
  readonly policies: readonly TopologyPolicy[];
  readonly exporters: readonly TopologyExporter[];
  readonly importers: readonly TopologyImporter[];
}

export interface TopologyPolicy {
  readonly name: string;
  readonly action: Action;
  readonly summary: string;
}

export interface TopologyExporter {
  readonly clusterId: string;
  readonly network: string;
  readonly readyEndpoints: number;
  readonly localities: readonly string[];
  readonly valid: boolean;
  readonly conflict: boolean;
  readonly stale: boolean;
  /** Null when the export stands. */
  readonly reason: string | null;
}

export interface TopologyImporter {
  readonly clusterId: string;
  /** The worst of sent, stored and accepted; what cannot be known does not count. */
  readonly state: IntentState;
  readonly reason: string | null;
  readonly message: string | null;
}

/** The services of a picture as a graph. Pure. */
export function topology(picture: Picture, hosts: readonly string[]): TopologyService[] {
  const judge = new HostJudge(picture.settings);
  const members = [...picture.settings.clusters.values()]
    // One that never joined calls nobody: nothing is under way for it.
    .filter(({ id, removed }) => !removed && picture.contacts.get(id)?.status !== 'PENDING')
    .sort((a, b) => compareText(a.id, b.id));
  const objects = new Map<string, ReadonlyMap<string, readonly ConfigurationObject[]>>();
  // A service is asked about in its own namespace and the mesh's: there are thousands of both.
  const objectsOf = (
    cluster: ClusterSettings,
    namespace: string,
  ): readonly ConfigurationObject[] => {
    const known =
      objects.get(cluster.id) ??
      Map.groupBy(
        [...configured(picture, cluster)].filter(isSecurity),
        (object) => object.namespace,
      );
    objects.set(cluster.id, known);
    return [...new Set([namespace, istioNamespace])].flatMap((of) => known.get(of) ?? []);
  };
  return hosts.map((host) => {
    const exports = picture.facts.exports.get(host) ?? new Map();
    const verdicts = judge.judge(host, exports);
    const { namespace, name } = splitNamespacedName(host);
    const pods = podsOf(picture, { namespace, name });
    const modes = verdicts.flatMap(({ cluster, fact }) => {
      const ports = fact.ports.map(({ targetPort }) => targetPort || undefined);
      return (ports.length > 0 ? ports : [undefined]).map((port) =>
        mutualTlsOf(objectsOf(cluster, namespace), pods, port),
      );
    });
    const found = new Map(
      verdicts
        .flatMap(({ cluster }) => policiesFor(objectsOf(cluster, namespace), pods))
        .map((policy): [string, ConfigurationObject] => [
          `${nameOf(policy)} ${actionOf(policy)} ${policy.name}`,
          policy,
        ]),
    );
    const body = projectHost(judge, host, exports).import;
    const admitted = verdicts.filter(isAdmitted);
    return {
      host,
      fqdn: fqdnOf(host),
      namespace,
      name,
      identities: identitiesOf(picture.settings.mesh.trustDomain, namespace, verdicts),
      mutualTls: weakest(modes.map(({ mode }) => mode)),
      policies: [...found]
        .sort(([a], [b]) => compareText(a, b))
        .map(([, policy]) => ({
          name: nameOf(policy),
          action: actionOf(policy),
          summary: summaryFor(policy),
        })),
      exporters: verdicts.map(exporterOf),
      importers: members
        .filter(({ id }) => admitted.some(({ cluster }) => cluster.id !== id))
        .map(({ id }) => importerOf(picture, id, host, body)),
    };
  });
}

function isSecurity({ kind }: ConfigurationObject): boolean {
  return kind === 'AuthorizationPolicy' || kind === 'PeerAuthentication';
}

function summaryFor(policy: ConfigurationObject): string {
  const labels = selectorText(policy);
  return `${summaryOf(policy)}${labels && `, of pods labelled ${labels}`}`;
}

function identitiesOf(
  trustDomain: string,
  namespace: string,
  verdicts: readonly Verdict[],
): string[] {
  const accounts = verdicts.flatMap(({ fact }) =>
    fact.groups.flatMap(({ ready, serviceAccount }) => (ready > 0 ? serviceAccount || [] : [])),
  );
  return [...new Set(accounts)]
    .map((account) => `spiffe://${trustDomain}/ns/${namespace}/sa/${account}`)
    .sort(compareText);
}

/** Weakest first. */
const modes: readonly MutualTlsMode[] = ['DISABLE', 'PERMISSIVE', 'UNSET', 'STRICT'];

function weakest(found: readonly MutualTlsMode[]): MutualTlsMode {
  return modes.find((mode) => found.includes(mode)) ?? 'UNSET';
}

function exporterOf({ cluster, fact, valid, conflict, reason }: Verdict): TopologyExporter {
  const ready = fact.groups.filter((group) => group.ready > 0);
  return {
    clusterId: cluster.id,
    network: cluster.network,
    readyEndpoints: ready.reduce((sum, group) => sum + group.ready, 0),
    localities: [...new Set(ready.map(({ locality }) => locality || cluster.locality))].sort(
      compareText,
    ),
    valid,
    conflict,
    stale: cluster.stale,
    reason: valid && !conflict ? null : reason,
  };
}

const states: readonly IntentState[] = ['REFUSED', 'PENDING', 'YES'];

function importerOf(
  { statuses }: Picture,
  clusterId: string,
  host: string,
  body: Uint8Array | undefined,
): TopologyImporter {
  const status = statuses.get(clusterId)?.get(`${Intents.Import.name}/${host}`);
  if (!status || (body && status.intentVersion !== intentVersionOf(body))) {
    return { clusterId, state: 'PENDING', reason: null, message: null };
  }
  const found = [intentState(status.stored), intentState(status.accepted)];
  return {
    clusterId,
    state: states.find((state) => found.includes(state)) ?? 'UNKNOWN',
    reason: status.reason || null,
    message: status.message || null,
  };
}
