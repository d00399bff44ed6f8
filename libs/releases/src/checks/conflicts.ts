import { placeOf } from '../bundle/places.js';
import type { Faults } from '../bundle/problems.js';
import { type ConfigurationObject, labelOf } from '../objects.js';
import type { ClusterSets } from './clusters.js';
import {
  fieldOf,
  findTexts,
  listOf,
  resolveHost,
  textField,
  textsOf,
  workloadLabels,
} from './reading.js';

const rootNamespace = 'istio-system';

/** Finds objects that stand in each other's way, and policies that reach further than it seems. */
export function checkConflicts(
  objects: readonly ConfigurationObject[],
  clusters: ClusterSets,
  faults: Faults,
): void {
  const kinds = new Map<string, ConfigurationObject[]>();
  for (const object of objects) {
    const id = `${object.kind}.${object.group}`;
    kinds.set(id, [...(kinds.get(id) ?? []), object]);
  }
  const of = (id: string) => kinds.get(id) ?? [];
  checkRoutes(of('VirtualService.networking.istio.io'), clusters, faults);
  checkDestinationRules(of('DestinationRule.networking.istio.io'), clusters, faults);
  for (const [id, code] of exclusive) checkWorkloads(of(id), code, clusters, faults);
  for (const policy of of('AuthorizationPolicy.security.istio.io')) {
    checkAllowsNothing(policy, faults);
    checkMeshWide(policy, faults);
  }
  for (const policy of of('PeerAuthentication.security.istio.io')) checkMeshWide(policy, faults);
}

/** Kinds of which one object at most may hold for a workload. */
const exclusive = [
  ['Sidecar.networking.istio.io', 'SidecarConflict'],
  ['PeerAuthentication.security.istio.io', 'PeerAuthenticationConflict'],
  ['Telemetry.telemetry.istio.io', 'TelemetryConflict'],
] as const;

/** One host on one gateway, as a VirtualService claims it. */
interface Claim {
  readonly object: ConfigurationObject;
  readonly path: readonly (string | number)[];
}

function checkRoutes(
  routes: readonly ConfigurationObject[],
  clusters: ClusterSets,
  faults: Faults,
): void {
  const claims = new Map<string, Claim[]>();
  for (const object of routes) {
    const gateways = textsOf(fieldOf(object.spec, 'gateways')).map((name) =>
      name === 'mesh' || name.includes('/') ? name : `${object.namespace}/${name}`,
    );
    for (const gateway of new Set(gateways.length > 0 ? gateways : ['mesh'])) {
      for (const { value, path } of findTexts(object, 'hosts.*')) {
        const host = resolveHost(value, object.namespace);
        const others = claims.get(`${gateway} ${host}`) ?? [];
        const first = others.find(
          (other) =>
            other.object !== object &&
            clusters.overlap(other.object, object) &&
            (gateway !== 'mesh' || meet(other.object, object)),
        );
        if (first) reportRoutes(faults, object, path, gateway, host, first.object);
        claims.set(`${gateway} ${host}`, [...others, { object, path }]);
      }
    }
  }
}

function reportRoutes(
  faults: Faults,
  object: ConfigurationObject,
  path: readonly (string | number)[],
  gateway: string,
  host: string,
  first: ConfigurationObject,
): void {
  const place = placeOf(object, path);
  const other = `${labelOf(first)} (${first.place.path}:${first.place.line})`;
  if (gateway === 'mesh') {
    faults.error(
      'HostConflict',
      place,
      `${other} routes ${host} already, within the mesh; Istio takes the older of the two and ignores the other`,
      'put the routes into one VirtualService, or select different clusters',
      labelOf(object),
    );
    return;
  }
  faults.warning(
    'HostConflict',
    place,
    `${other} routes ${host} already, at the gateway ${gateway}; Istio merges the two in no order that can be relied on`,
    'make sure that no request matches both, or put them into one VirtualService',
    labelOf(object),
  );
}

/** Whether some namespace sees both. */
function meet(a: ConfigurationObject, b: ConfigurationObject): boolean {
  const [left, right] = [audience(a), audience(b)];
  if (left === 'all' || right === 'all') return true;
  return [...left].some((namespace) => right.has(namespace));
}

function audience(object: ConfigurationObject): 'all' | ReadonlySet<string> {
  const exported = textsOf(fieldOf(object.spec, 'exportTo'));
  if (exported.length === 0 || exported.includes('*')) return 'all';
  return new Set(exported.map((name) => (name === '.' ? object.namespace : name)));
}

function checkDestinationRules(
  rules: readonly ConfigurationObject[],
  clusters: ClusterSets,
  faults: Faults,
): void {
  const seen = new Map<string, ConfigurationObject[]>();
  for (const object of rules) {
    const host = resolveHost(textField(object.spec, 'host') ?? '', object.namespace);
    const labels = JSON.stringify([...(workloadLabels(object) ?? [])]);
    const key = `${object.namespace} ${host} ${labels}`;
    const others = seen.get(key) ?? [];
    const first = others.find((other) => clusters.overlap(other, object));
    seen.set(key, [...others, object]);
    if (!first) continue;
    faults.warning(
      'DestinationRuleConflict',
      placeOf(object, ['spec', 'host']),
      `${labelOf(first)} (${first.place.path}:${first.place.line}) is for ${host} already; Istio merges the subsets and takes only one of the traffic policies`,
      'put both into one DestinationRule',
      labelOf(object),
    );
  }
}

function checkWorkloads(
  objects: readonly ConfigurationObject[],
  code: string,
  clusters: ClusterSets,
  faults: Faults,
): void {
  const namespaces = new Map<string, { object: ConfigurationObject; labels: Labels }[]>();
  for (const object of objects) {
    if (listOf(fieldOf(object.spec, 'targetRefs')).length > 0) continue;
    const others = namespaces.get(object.namespace) ?? [];
    const labels = workloadLabels(object);
    const met = (wanted: ReturnType<typeof relation>) =>
      others.find(
        (other) =>
          relation(other.labels, labels) === wanted && clusters.overlap(other.object, object),
      )?.object;
    const same = met('same');
    const partly = same ?? met('overlapping');
    namespaces.set(object.namespace, [...others, { object, labels }]);
    const whose = labels ? 'workloads' : `whole namespace ${object.namespace}`;
    if (same) {
      faults.error(
        code,
        object.place,
        `${labelOf(same)} (${same.place.path}:${same.place.line}) is for the same ${whose} already; Istio takes only one of the two`,
        'keep one of them, or select different clusters',
        labelOf(object),
      );
    } else if (partly) {
      faults.warning(
        code,
        object.place,
        `${labelOf(partly)} (${partly.place.path}:${partly.place.line}) may select the same workloads; Istio takes only one of the two for each`,
        'make the selectors exclude each other',
        labelOf(object),
      );
    }
  }
}

type Labels = ReadonlyMap<string, string> | undefined;

/**
 * One for a namespace and one for workloads go together. Of two selectors that have no label in
 * common it is not known whether they meet; nothing is said of these.
 */
function relation(a: Labels, b: Labels): 'same' | 'overlapping' | 'apart' {
  if (!a || !b) return a === b ? 'same' : 'apart';
  const shared = [...a].filter(([key]) => b.has(key));
  if (shared.length === 0 || shared.some(([key, value]) => b.get(key) !== value)) return 'apart';
  return shared.length === a.size && a.size === b.size ? 'same' : 'overlapping';
}

function checkAllowsNothing(policy: ConfigurationObject, faults: Faults): void {
  const action = textField(policy.spec, 'action') ?? 'ALLOW';
  if (action !== 'ALLOW' || listOf(fieldOf(policy.spec, 'rules')).length > 0) return;
  faults.warning(
    'DeniesEverything',
    placeOf(policy, ['spec']),
    'it allows, and has no rules: every request to what it selects is denied that no other policy allows',
    "if that is not meant, add rules; 'rules: [{}]' allows everything",
    labelOf(policy),
  );
}

function checkMeshWide(policy: ConfigurationObject, faults: Faults): void {
  if (policy.namespace !== rootNamespace || workloadLabels(policy)) return;
  if (listOf(fieldOf(policy.spec, 'targetRefs')).length > 0) return;
  faults.warning(
    'MeshWide',
    policy.place,
    `it is in ${rootNamespace} and selects no workloads: it holds for every namespace`,
    'if that is not meant, put it into a namespace, or add a selector',
    labelOf(policy),
  );
}
