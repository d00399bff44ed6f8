import { type ExportedServiceFact, Intents, type ServicePort } from '@isthmus/contracts';
import {
  type ByCluster,
  type ClusterSettings,
  clustersetFqdnOf,
  fqdnOf,
  HostJudge,
  isAdmitted,
  type ProjectedHost,
  portsOf,
  projectExposure,
  projectHost,
  projectMeshWide,
  type Verdict,
} from '@isthmus/federation';
import { splitNamespacedName } from '@isthmus/kernel';
import {
  type ConfigurationObject,
  configurationOf,
  noRelease,
  selectableLabels,
} from '@isthmus/releases';
import type { Picture } from './picture.js';
import type { Question } from './question.js';
import type { Pods } from './selection.js';

/** A question and all that its links look at. */
export interface Scene {
  readonly picture: Picture;
  readonly judge: HostJudge;
  readonly question: Question;
  /** `namespace/name`. */
  readonly host: string;
  readonly namespace: string;
  readonly name: string;
  /** Such as `payments.shop.svc.cluster.local`. */
  readonly fqdn: string;
  readonly isClusterset: boolean;
  /** The one of the two names that the caller calls: to Istio they are two hosts. */
  readonly called: string;
  readonly source: ClusterSettings;
  readonly verdicts: readonly Verdict[];
  /** Of the import: those of the first export that stands; empty if none does. */
  readonly ports: readonly ServicePort[];
  /** What clusters should have of it by now. */
  readonly projected: ProjectedHost;
  /** What every cluster should have of the mesh's trust by now; undefined for nothing. */
  readonly trustBundle: Uint8Array | undefined;
  /** What every gateway of a network should serve by now; undefined for nothing. */
  exposureInto(network: string): Uint8Array | undefined;
}

/** One way to a service: a cluster that has it. */
export interface Route extends Scene {
  readonly exporter: ClusterSettings;
  readonly verdict: Verdict;
  readonly isLocal: boolean;
  readonly isSameNetwork: boolean;
}

export function sceneOf(
  picture: Picture,
  question: Question,
  source: ClusterSettings,
  { host, isClusterset }: { host: string; isClusterset: boolean },
): Scene {
  const judge = new HostJudge(picture.settings);
  const exports: ByCluster<ExportedServiceFact> = picture.facts.exports.get(host) ?? new Map();
  const verdicts = judge.judge(host, exports);
  const first = verdicts.find(isAdmitted);
  return {
    picture,
    judge,
    question,
    host,
    ...splitNamespacedName(host),
    fqdn: fqdnOf(host),
    isClusterset,
    called: isClusterset ? clustersetFqdnOf(host) : fqdnOf(host),
    source,
    verdicts,
    ports: first ? portsOf(first.fact) : [],
    projected: projectHost(judge, host, exports),
    trustBundle: trustBundleOf(picture),
    exposureInto: exposures(judge, picture.facts.exports),
  };
}

function trustBundleOf({ settings }: Picture): Uint8Array | undefined {
  const [, bundle] =
    projectMeshWide(settings).find(([type]) => type.name === Intents.TrustBundle.name) ?? [];
  return bundle?.get('trust');
}

/** Looks through all hosts of the mesh, once, and not before a gateway is asked about. */
function exposures(judge: HostJudge, exports: Picture['facts']['exports']): Scene['exposureInto'] {
  const known = new Map<string, Uint8Array | undefined>();
  let byNetwork: Map<string, Set<string>> | undefined;
  return (network) => {
    byNetwork ??= hostsByNetwork(judge, exports);
    if (!known.has(network)) known.set(network, projectExposure(byNetwork.get(network) ?? []));
    return known.get(network);
  };
}

function hostsByNetwork(
  judge: HostJudge,
  exports: Picture['facts']['exports'],
): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [host, byCluster] of exports) {
    for (const { cluster } of judge.judge(host, byCluster).filter(isAdmitted)) {
      const hosts = found.get(cluster.network) ?? new Set();
      found.set(cluster.network, hosts.add(host));
    }
  }
  return found;
}

export function routesOf(scene: Scene): Route[] {
  return scene.verdicts.map((verdict) => ({
    ...scene,
    verdict,
    exporter: verdict.cluster,
    isLocal: verdict.cluster.id === scene.source.id,
    isSameNetwork: verdict.cluster.network === scene.source.network,
  }));
}

/** What a cluster is to run of the mesh's configuration. */
export function configured(
  { settings }: Picture,
  cluster: ClusterSettings,
): Iterable<ConfigurationObject> {
  return variantOf(settings.configuration, cluster).objects.values();
}

function variantOf(configuration: Picture['settings']['configuration'], cluster: ClusterSettings) {
  const own = configurationOf(configuration, cluster.id);
  return (own?.release ?? noRelease).variantFor(selectableLabels(cluster));
}

/** Number of the release that a cluster is to run and does not run whole yet; undefined if it does. */
export function pendingRelease(
  { settings, releases }: Picture,
  cluster: ClusterSettings,
): number | undefined {
  const own = configurationOf(settings.configuration, cluster.id);
  if (!own) return undefined;
  const status = releases.get(cluster.id);
  const { digest } = variantOf(settings.configuration, cluster);
  const isWhole = status?.digest === digest && status.pending === 0 && status.refused === 0;
  return isWhole ? undefined : own.release.number;
}

export function podsOf(
  { facts }: Picture,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Pods {
  return {
    namespace,
    name,
    isService: (other) => facts.exports.has(`${namespace}/${other}`),
  };
}
