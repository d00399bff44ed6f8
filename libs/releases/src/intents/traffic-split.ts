import type { JsonObject } from '../objects.js';
import { type Host, readHost, readMatch } from './host.js';
import type { IntentKind } from './intent-kind.js';
import type { Fields } from './reader.js';
import { dnsLabel, hostName } from './words.js';
import { readLabels } from './workload.js';

const networkLabel = 'topology.istio.io/network';

/**
 * Which version of a service gets which calls, by weight and by what the call looks like. It
 * applies to HTTP. A version is
 * - `labels`: pods of the service. Imported endpoints carry the labels that the Service selects and
 *   no others, so these are pods of the caller's own cluster; where it has none, the call fails.
 * - `network`: the service's endpoints in one network, the caller's own or another.
 * - `service`: a Service of its own in this namespace, or `host`: any other host. As a host it is
 *   exported, imported and failed over like every other: the way to have a version across clusters.
 *
 * Across clusters: callers' proxies choose, in every cluster selected. Calls to a `network` go
 * through its gateway under a name (SNI) that includes the version's, such as
 * `outbound_.80_.abroad_.payments.shop.svc.cluster.local`, and that gateway knows it by the same
 * DestinationRule in its own cluster, where the endpoints carry the same network label: the
 * document has to be in the clusters of callers and of that network alike. In a cluster that knows
 * no endpoint of the host in that network, the calls that go there are answered with 503: a
 * ClusterOverride of the VirtualService gives its callers other routes, and leaves the
 * DestinationRule as the gateways need it.
 */
export const trafficSplit: IntentKind = {
  kind: 'TrafficSplit',
  description: 'Which version, network or other service gets which calls, by weight and header',
  compile(document, spec) {
    const host = readHost(spec);
    const versions = new Map<string, Version>();
    spec.object('versions', (fields) => {
      for (const name of fields.keys(dnsLabel)) {
        const version = fields.object(name, (own) => readVersion(own, name, host));
        // A wrong one is there all the same, so that its routes are not reported too.
        versions.set(name, version ?? { destination: { host: host.name } });
      }
      warnOfNetworks(fields, versions, document.clusters.length > 0);
    });
    if (!spec.has('versions')) spec.missing('versions', '{v2: {labels: {version: v2}}}');
    if (!spec.has('routes')) spec.missing('routes', '[{to: [{version: v2}]}]');
    const routes = spec.list('routes', (fields, { isLast }) => readRoute(fields, versions, isLast));
    const subsets = [...versions.values()].flatMap(({ subset }) => (subset ? [subset] : []));
    return { share: { document, host, split: { routes: routes ?? [], subsets } } };
  },
};

interface Version {
  readonly destination: JsonObject;
  /** A subset of the host's own endpoints. */
  readonly subset?: JsonObject;
}

function readVersion(fields: Fields, name: string, host: Host): Version {
  fields.refuse({
    cluster: [
      "asks for a cluster, but an imported endpoint carries its network's name, and the caller's cluster as its own",
      "say network: and the cluster's network, or export a Service that only that cluster has and name it by service:",
    ],
  });
  const labels = fields.object('labels', readLabels);
  const network = fields.text('network', dnsLabel);
  const [first, second] = ['service', 'host'].filter((key) => fields.has(key));
  const service = fields.text('service', dnsLabel);
  const named = service && `${service}.${fields.document.namespace}.svc.cluster.local`;
  const elsewhere = fields.text('host', hostName) ?? named;
  if (first !== undefined) {
    for (const other of [second, 'labels', 'network']) {
      if (other === undefined || !fields.has(other)) continue;
      fields.invalid(other, `stands beside ${first}`, 'leave one of them out');
    }
    return { destination: { host: elsewhere ?? '' } };
  }
  if (!fields.has('labels') && !fields.has('network')) {
    fields.missing('labels', '{version: v2}, or network, service or host');
  }
  if (labels && Object.keys(labels).length === 0) {
    fields.invalid('labels', 'names no label', 'name the labels that tell the version');
  }
  if (labels && Object.hasOwn(labels, 'topology.istio.io/cluster')) {
    fields.unsupported(
      'labels',
      "asks for a cluster, but an imported endpoint carries the caller's cluster as its own",
      "say network: and the cluster's network",
    );
  }
  if (fields.has('labels')) {
    fields.warn(
      'VersionsAreLocal',
      'labels',
      "chooses among the pods of the caller's own cluster, since imported endpoints carry no such labels; where it has none, calls fail",
      `run ${name} in every cluster that calls it, or give it a Service of its own, export that, and name it by service:`,
    );
  }
  return {
    destination: { host: host.name, subset: name },
    subset: { name, labels: { ...labels, ...(network && { [networkLabel]: network }) } },
  };
}

function warnOfNetworks(
  fields: Fields,
  versions: ReadonlyMap<string, Version>,
  isSelective: boolean,
): void {
  for (const [name, { subset }] of versions) {
    const labels = (subset?.labels ?? {}) as JsonObject;
    if (!Object.hasOwn(labels, networkLabel)) continue;
    fields.warn(
      'UnreachableVersion',
      name,
      `is in the network ${labels[networkLabel]}; callers in a cluster that knows no endpoint there get 503`,
      'export the service there, or give such clusters other routes by a ClusterOverride of the VirtualService',
    );
    if (!isSelective) continue;
    fields.warn(
      'SubsetNeedsEveryCluster',
      name,
      `is reached in the network ${labels[networkLabel]} by a name that its gateway knows only where this document is too, and it is not in every cluster`,
      'take the cluster selector out, or make sure that it selects the clusters of that network too',
    );
  }
}

function readRoute(fields: Fields, versions: ReadonlyMap<string, Version>, isLast: boolean) {
  const match = fields.object('match', readMatch);
  if (isLast && fields.has('match')) {
    const remedy = 'add a last route without match for the calls that none matches';
    fields.invalid('match', 'is on the last route, so other calls would get 404', remedy);
  }
  if (!isLast && !fields.has('match')) {
    fields.missing('match', '{headers: {x-canary: {exact: "yes"}}}, or make this route the last');
  }
  if (!fields.has('to')) fields.missing('to', '[{version: v2}]');
  let sum = 0;
  const targets = fields.list('to', (target) => {
    const weight = target.number('weight', 0, 100);
    sum += weight ?? 0;
    return { version: readTarget(target, versions), weight };
  });
  if (targets && (targets.length > 1 || targets[0]?.weight !== undefined) && sum !== 100) {
    const remedy = 'write weights that add up to 100; one version alone needs none';
    fields.invalid('to', `has weights that add up to ${sum}`, remedy);
  }
  const route = (targets ?? []).map(({ version, weight }): JsonObject => {
    const destination = version?.destination ?? {};
    return weight === undefined ? { destination } : { destination, weight };
  });
  return { match, route };
}

function readTarget(target: Fields, versions: ReadonlyMap<string, Version>): Version | undefined {
  const name = target.needText('version', dnsLabel);
  const version = versions.get(name);
  if (!version && name !== '') {
    const known = [...versions.keys()].join(', ') || 'none';
    const remedy = `add it to versions, or name one that is there: ${known}`;
    target.invalid('version', `is ${name}, which versions does not have`, remedy);
  }
  return version;
}
