import { isDnsSubdomain } from '@isthmus/kernel';
import { placeOf } from '../bundle/places.js';
import type { Faults } from '../bundle/problems.js';
import { type ConfigurationObject, labelOf } from '../objects.js';
import { type ClusterSets, inClusters } from './clusters.js';
import {
  covers,
  type Found,
  fieldOf,
  find,
  findTexts,
  resolveHost,
  textField,
  textsOf,
} from './reading.js';

const gatewayApi = 'gateway.networking.k8s.io';
const rootNamespace = 'istio-system';

/** Holds what objects speak of against what is there. */
export function checkReferences(
  objects: readonly ConfigurationObject[],
  clusters: ClusterSets,
  hosts: ReadonlySet<string> | undefined,
  faults: Faults,
): void {
  const index = new ReferenceIndex(objects);
  for (const object of objects) {
    const check = checks[`${object.kind}.${object.group}`];
    check?.({ object, index, clusters, hosts, faults });
  }
}

interface Check {
  readonly object: ConfigurationObject;
  readonly index: ReferenceIndex;
  readonly clusters: ClusterSets;
  readonly hosts: ReadonlySet<string> | undefined;
  readonly faults: Faults;
}

const checks: Readonly<Record<string, (check: Check) => void>> = {
  'VirtualService.networking.istio.io': (check) => {
    checkSubsets(check);
    checkGateways(check);
    checkDelegates(check);
    checkHosts(
      check,
      destinationPaths.flatMap((path) => findTexts(check.object, `${path}.host`)),
    );
  },
  'DestinationRule.networking.istio.io': (check) =>
    checkHosts(check, findTexts(check.object, 'host')),
  'HTTPRoute.gateway.networking.k8s.io': checkParents,
  'GRPCRoute.gateway.networking.k8s.io': checkParents,
  'TLSRoute.gateway.networking.k8s.io': checkParents,
  'TCPRoute.gateway.networking.k8s.io': checkParents,
  'Gateway.networking.istio.io': checkCredentials,
  'AuthorizationPolicy.security.istio.io': checkAuthentication,
};

/** What others refer to, by what they refer to it with. */
class ReferenceIndex {
  private readonly byName = new Map<string, ConfigurationObject>();
  private readonly byKind = new Map<string, ConfigurationObject[]>();
  /** DestinationRules by `<host> <subset>`; those with wildcards apart. */
  private readonly subsets = new Map<string, ConfigurationObject[]>();
  private readonly wildSubsets: [host: string, subset: string, rule: ConfigurationObject][] = [];
  private readonly entryHosts = new Set<string>();
  private readonly wildEntryHosts = new Set<string>();

  constructor(objects: readonly ConfigurationObject[]) {
    for (const object of objects) {
      const id = `${object.kind}.${object.group}`;
      this.byName.set(`${id}/${object.namespace}/${object.name}`, object);
      push(this.byKind, `${id}/${object.namespace}`, object);
      if (id === 'DestinationRule.networking.istio.io') this.addSubsets(object);
      if (id !== 'ServiceEntry.networking.istio.io') continue;
      for (const host of textsOf(fieldOf(object.spec, 'hosts'))) {
        (host.startsWith('*') ? this.wildEntryHosts : this.entryHosts).add(host);
      }
    }
  }

  /** None or one. */
  named(id: string, namespace: string, name: string): ConfigurationObject[] {
    const object = this.byName.get(`${id}/${namespace}/${name}`);
    return object ? [object] : [];
  }

  ofNamespace(id: string, namespace: string): readonly ConfigurationObject[] {
    return this.byKind.get(`${id}/${namespace}`) ?? [];
  }

  rulesWith(host: string, subset: string): ConfigurationObject[] {
    const wild = this.wildSubsets.filter(
      ([pattern, name]) => name === subset && covers(pattern, host),
    );
    return [...(this.subsets.get(`${host} ${subset}`) ?? []), ...wild.map(([, , rule]) => rule)];
  }

  declares(host: string): boolean {
    return (
      this.entryHosts.has(host) || [...this.wildEntryHosts].some((pattern) => covers(pattern, host))
    );
  }

  private addSubsets(rule: ConfigurationObject): void {
    const host = resolveHost(textField(rule.spec, 'host') ?? '', rule.namespace);
    for (const { value: subset } of findTexts(rule, 'subsets.*.name')) {
      if (host.startsWith('*')) this.wildSubsets.push([host, subset, rule]);
      else push(this.subsets, `${host} ${subset}`, rule);
    }
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

const destinationPaths = [
  'http.*.route.*.destination',
  'http.*.mirror',
  'http.*.mirrors.*.destination',
  'tls.*.route.*.destination',
  'tcp.*.route.*.destination',
];

function checkSubsets({ object, index, clusters, faults }: Check): void {
  for (const { value, path } of destinationPaths.flatMap((at) => find(object, at))) {
    const [host, subset] = [textField(value, 'host'), textField(value, 'subset')];
    if (!host || !subset) continue;
    const fqdn = resolveHost(host, object.namespace);
    const lacking = clusters.lacking(object, index.rulesWith(fqdn, subset));
    if (!lacking) continue;
    faults.error(
      'SubsetNotFound',
      placeOf(object, [...path, 'subset']),
      `no DestinationRule defines the subset '${subset.slice(0, 80)}' of ${fqdn.slice(0, 260)}${inClusters(lacking)}; requests would get a 503`,
      'define it, or route to the host without a subset',
      labelOf(object),
    );
  }
}

function checkGateways({ object, index, clusters, faults }: Check): void {
  const gateways = [
    'gateways.*',
    'http.*.match.*.gateways.*',
    'tls.*.match.*.gateways.*',
    'tcp.*.match.*.gateways.*',
  ].flatMap((path) => findTexts(object, path));
  for (const { value, path } of firstOfEach(gateways)) {
    if (value === 'mesh') continue;
    const [namespace, name] = splitName(value, object.namespace);
    const lacking = clusters.lacking(
      object,
      index.named('Gateway.networking.istio.io', namespace, name),
    );
    if (lacking) warnOfGateway(faults, object, path, `${namespace}/${name}`, lacking);
  }
}

function checkParents({ object, index, clusters, faults }: Check): void {
  for (const { value, path } of find(object, 'parentRefs.*')) {
    const name = textField(value, 'name');
    const isGateway =
      (textField(value, 'group') ?? gatewayApi) === gatewayApi &&
      (textField(value, 'kind') ?? 'Gateway') === 'Gateway';
    if (!isGateway || name === undefined) continue;
    const namespace = textField(value, 'namespace') ?? object.namespace;
    const lacking = clusters.lacking(object, index.named(`Gateway.${gatewayApi}`, namespace, name));
    if (lacking) warnOfGateway(faults, object, path, `${namespace}/${name}`, lacking);
  }
}

function warnOfGateway(
  faults: Faults,
  object: ConfigurationObject,
  path: Found['path'],
  name: string,
  lacking: readonly string[],
): void {
  faults.warning(
    'GatewayNotInBundle',
    placeOf(object, path),
    `the Gateway ${name.slice(0, 300)} is not in the bundle${inClusters(lacking)}; it may exist in the cluster`,
    'make sure that it is there, or add it to the bundle',
    labelOf(object),
  );
}

function checkDelegates({ object, index, clusters, faults }: Check): void {
  for (const { value, path } of find(object, 'http.*.delegate')) {
    const name = textField(value, 'name');
    if (name === undefined) continue;
    const namespace = textField(value, 'namespace') ?? object.namespace;
    const id = 'VirtualService.networking.istio.io';
    const lacking = clusters.lacking(object, index.named(id, namespace, name));
    if (!lacking) continue;
    faults.warning(
      'DelegateNotFound',
      placeOf(object, path),
      `the VirtualService ${namespace}/${name.slice(0, 253)} is not in the bundle${inClusters(lacking)}; it may exist in the cluster`,
      'make sure that it is there, or add it to the bundle',
      labelOf(object),
    );
  }
}

const meshHost = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc\.(cluster|clusterset)\.local$/;

function checkHosts(
  { object, index, hosts, faults }: Check,
  found: readonly Found<string>[],
): void {
  if (!hosts) return;
  const resolved = found.map(({ value, path }) => ({
    value: resolveHost(value, object.namespace),
    path,
  }));
  for (const { value: host, path } of firstOfEach(resolved)) {
    const [, service, namespace] = meshHost.exec(host) ?? [];
    if (service === undefined || index.declares(host)) continue;
    // One Service has both names, whichever the mesh is known by.
    const names = ['cluster', 'clusterset'].map(
      (zone) => `${service}.${namespace}.svc.${zone}.local`,
    );
    if (names.some((name) => hosts.has(name))) continue;
    faults.warning(
      'HostUnknown',
      placeOf(object, path),
      `no cluster exports ${host} and no ServiceEntry of the bundle declares it; it may be local to a cluster`,
      'check the name, or export the Service',
      labelOf(object),
    );
  }
}

/** Secrets are not seen from here; what can be none is. */
function checkCredentials({ object, faults }: Check): void {
  for (const { value, path } of findTexts(object, 'servers.*.tls.credentialName')) {
    if (value === '' || value.includes('://') || isDnsSubdomain(value)) continue;
    faults.warning(
      'CredentialNameInvalid',
      placeOf(object, path),
      `'${value.slice(0, 80)}' is no name of a Secret`,
      "name a Secret in the gateway's namespace, without that namespace",
      labelOf(object),
    );
  }
}

function checkAuthentication({ object, index, clusters, faults }: Check): void {
  const principals = ['requestPrincipals', 'notRequestPrincipals']
    .map((field) => `rules.*.from.*.source.${field}.*`)
    .flatMap((path) => findTexts(object, path));
  const conditions = findTexts(object, 'rules.*.when.*.key').filter(({ value }) =>
    value.startsWith('request.auth.'),
  );
  const [first] = [...principals, ...conditions];
  if (!first) return;
  const id = 'RequestAuthentication.security.istio.io';
  const lacking = clusters.lacking(object, [
    ...index.ofNamespace(id, object.namespace),
    ...index.ofNamespace(id, rootNamespace),
  ]);
  if (!lacking) return;
  faults.warning(
    'NobodyAuthenticates',
    placeOf(object, first.path),
    `it asks who a request's JWT is of, and the bundle has no RequestAuthentication for ${object.namespace}${inClusters(lacking)}; no request has such an identity`,
    'add one, or make sure that it exists in the cluster',
    labelOf(object),
  );
}

function splitName(text: string, namespace: string): [namespace: string, name: string] {
  const slash = text.indexOf('/');
  if (slash < 0) return [namespace, text];
  const first = text.slice(0, slash);
  return [first === '.' ? namespace : first, text.slice(slash + 1)];
}

function firstOfEach(found: readonly Found<string>[]): Found<string>[] {
  const seen = new Map<string, Found<string>>();
  for (const one of found) if (!seen.has(one.value)) seen.set(one.value, one);
  return [...seen.values()];
}
