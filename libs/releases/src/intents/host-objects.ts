import {
  type ConfigurationObject,
  type IntentDocument,
  type JsonObject,
  labelOf,
  type Problem,
} from '../objects.js';
import { isSameSelector, objectOf, present } from './compiled.js';
import { both, type HostShare, type Match, matchSpec } from './host.js';

interface Result {
  readonly objects: ConfigurationObject[];
  readonly problems: Problem[];
}

/** In the order in which they stand in `compiledFrom`. */
const kinds = ['TrafficSplit', 'RetriesAndTimeouts', 'LoadBalancing'];

/**
 * One VirtualService and one DestinationRule for each host, of all that documents want of it: Istio
 * merges no VirtualServices of the mesh, and takes the first. Both are read by the callers' proxies.
 */
export function hostObjects(shares: readonly HostShare[]): Result {
  const hosts = new Map<string, HostShare[]>();
  for (const share of shares) {
    const same = hosts.get(share.host.name);
    if (same) same.push(share);
    else hosts.set(share.host.name, [share]);
  }
  const results = [...hosts.values()].map(ofHost);
  return {
    objects: results.flatMap(({ objects }) => objects),
    problems: results.flatMap(({ problems }) => problems),
  };
}

function ofHost(shares: readonly HostShare[]): Result {
  const [first, ...others] = [...shares].sort(
    (a, b) => kinds.indexOf(a.document.kind) - kinds.indexOf(b.document.kind),
  );
  if (!first) return { objects: [], problems: [] };
  const disagreements = others.flatMap((other) => disagreement(first, other, shares) ?? []);
  if (disagreements.length > 0) return { objects: [], problems: disagreements };

  const { host } = first;
  const problems: Problem[] = [];
  const routed = shares.filter(({ split, timing }) => split || timing);
  const ruled = shares.filter(({ split, trafficPolicy }) => trafficPolicy || split?.subsets.length);
  const object = (id: string, of: readonly HostShare[], spec: JsonObject) => {
    const [source = first, ...rest] = kinds.flatMap((kind) =>
      of.filter(({ document }) => document.kind === kind),
    );
    const compiledFrom = [source, ...rest].map(({ document }) => labelOf(document)).join(', ');
    return objectOf(id, host.objectName, spec, source.document, compiledFrom);
  };
  const objects = [];
  if (ruled.length > 0) {
    const subsets = ruled.flatMap(({ split }) => split?.subsets ?? []);
    const spec = present({
      host: host.name,
      trafficPolicy: ruled.find(({ trafficPolicy }) => trafficPolicy)?.trafficPolicy,
      subsets: subsets.length > 0 ? subsets : undefined,
    });
    objects.push(object('DestinationRule.networking.istio.io', ruled, spec));
  }
  if (routed.length > 0) {
    const spec = { hosts: [host.name], http: routesOf(host.name, routed, problems) };
    objects.push(object('VirtualService.networking.istio.io', routed, spec));
  }
  return problems.length > 0 ? { objects: [], problems } : { objects, problems };
}

/**
 * Routes for what has a timing of its own come first, each as often as the split has routes; the
 * split's order holds within each. The first route that matches is taken.
 */
function routesOf(host: string, shares: readonly HostShare[], problems: Problem[]): JsonObject[] {
  const split = shares.find((share) => share.split)?.split;
  const timed = shares.find((share) => share.timing);
  const routes = split?.routes ?? [{ match: undefined, route: [{ destination: { host } }] }];
  const { general = {}, perRoute = [] } = timed?.timing ?? {};
  if (timed && perRoute.length * routes.length > mostRoutes) {
    problems.push(tooMany(timed.document));
    return [];
  }
  const http = perRoute.flatMap(({ match, timing, line }) =>
    routes.flatMap((route) => {
      const joined = route.match ? both(match, route.match) : match;
      if (joined === 'unsayable' && timed) problems.push(clash(timed.document, line));
      return typeof joined === 'string' ? [] : [httpRoute(joined, route.route, timing)];
    }),
  );
  return [...http, ...routes.map(({ match, route }) => httpRoute(match, route, general))];
}

function httpRoute(match: Match | undefined, route: JsonObject[], timing: JsonObject): JsonObject {
  return { ...(match && { match: [matchSpec(match)] }), route, ...timing };
}

/** More would be a configuration that every proxy of the mesh carries. */
const mostRoutes = 1000;

function tooMany(document: IntentDocument): Problem {
  return {
    severity: 'error',
    code: 'InvalidIntent',
    message: `spec.perRoute has more than ${mostRoutes} routes together with those of the TrafficSplit of the same host`,
    remedy: 'say less by route here or there',
    place: { path: document.place.path, line: document.lineOf(['spec', 'perRoute']) },
    object: labelOf(document),
  };
}

function clash(document: IntentDocument, line: number): Problem {
  return {
    severity: 'error',
    code: 'NotSupportedByIstio',
    message:
      'a route here and one of the TrafficSplit of the same host ask two things of the same header or path, one of them by regex, and a VirtualService cannot ask for both',
    remedy: 'write the regex as exact or prefix, or tell them apart by different headers',
    place: { path: document.place.path, line },
    object: labelOf(document),
  };
}

/** Why two documents cannot speak for one host together; undefined if they can. */
function disagreement(
  first: HostShare,
  other: HostShare,
  all: readonly HostShare[],
): Problem | undefined {
  const { document } = other;
  const problem = (code: string, message: string, remedy: string): Problem => ({
    severity: 'error',
    code,
    message: `${message}; Istio takes one VirtualService and one DestinationRule for a host`,
    remedy,
    place: document.place,
    object: labelOf(document),
  });
  const about = `of ${other.host.name}`;
  const twin = all.find(
    (share) => share.document.kind === document.kind && share.document !== document,
  );
  if (twin && all.indexOf(twin) < all.indexOf(other)) {
    const remedy = isSameSelector(twin.document.clusters, document.clusters)
      ? 'put what they say into one'
      : 'keep one of them, and say what differs in some clusters by a ClusterOverride';
    return problem('IntentsOverlap', `${labelOf(twin.document)} speaks ${about} already`, remedy);
  }
  const from = labelOf(first.document);
  if (first.document.namespace !== document.namespace) {
    const remedy = `move it to the namespace ${first.document.namespace}`;
    return problem('IntentsOverlap', `${from} speaks ${about} in another namespace`, remedy);
  }
  if (!isSameSelector(first.document.clusters, document.clusters)) {
    const remedy =
      'let both select the same clusters, and say what differs in some of them by a ClusterOverride';
    return problem('IntentsDifferInClusters', `${from} speaks ${about} in other clusters`, remedy);
  }
  return undefined;
}
