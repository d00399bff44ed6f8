import { isIP } from 'node:net';
import {
  type EndpointGroup,
  type EndpointsIntent,
  type ImportIntent,
  type ImportSource,
  Intents,
  type ServicePort,
} from '@isthmus/contracts';
import { isDnsLabel } from '@isthmus/kernel';
import {
  Core,
  type Kind,
  type KubeObject,
  type Service,
  type ServicePortSpec,
} from '../kube/kinds.js';
import { isOurs } from '../kube/ownership.js';
import { isLost } from './peer.js';
import {
  type Acceptance,
  type Applier,
  crdMissing,
  type Desired,
  nothing,
  ownMetadata,
  type Plan,
  type Reason,
  stableName,
  type View,
  waitingForSettings,
} from './plan.js';

/** Label that the agent's own Services select, with the service's name. */
export const importLabel = 'isthmus.dev/import';
/** Without it Istio does not speak mTLS to an address that it knows no pod of. */
const tlsMode = { 'security.istio.io/tlsMode': 'istio' };

/**
 * A service of the mesh in this cluster: the Service, where the cluster has none; for every
 * group of endpoints in another network one WorkloadEntry without an address, which Istio
 * reaches through that network's gateway; the `clusterset.local` name; the ServiceImport.
 * Clusters in our own network come with their endpoints, see {@link endpointsApplier}.
 *
 * A headless Service cannot be imported honestly. It has no address of its own: Istio passes
 * connections through to whatever address the client has (ORIGINAL_DST), so a WorkloadEntry is
 * never balanced to, and DNS knows local pods only. It is refused rather than half done.
 */
export const importApplier: Applier<ImportIntent> = {
  plan(name, intent, view): Plan {
    const { settings, clusterId } = view;
    if (!settings || clusterId === undefined) return waitingForSettings;
    const target = targetOf(intent, view);
    const others = intent.sources.filter((source) => source.clusterId !== clusterId);
    if ('plan' in target) {
      // Nothing comes from elsewhere, so there is nothing to refuse.
      return target.plan.refused && others.length === 0 ? nothing : target.plan;
    }
    const entryKind = view.kind('WorkloadEntry');
    const serviceEntryKind = view.kind('ServiceEntry');
    if (!entryKind || !serviceEntryKind) return crdMissing('WorkloadEntry', 'networking.istio.io');

    if (target.isOwn && others.length === 0) return nothing;
    const refused = target.harm;
    const isExporter = others.length < intent.sources.length;
    if (refused && !isExporter) return { objects: [], refused };
    const ref = { type: Intents.Import.name, name };
    const { namespace } = intent;
    const objects: Desired[] = [];
    if (target.isOwn) {
      const metadata = ownMetadata(ref, { namespace, name: intent.name });
      const { selector, ports } = target;
      objects.push({
        kind: Core.Service,
        object: { metadata, spec: { type: 'ClusterIP', selector, ports } },
      });
    }
    const groups = remoteGroups(others, settings.network);
    // Where istiod knows no gateway it passes the entry's empty address on, and every proxy refuses
    // all endpoints of the service, the local ones included.
    const closed = new Set(
      groups.map(({ network }) => network).filter((network) => !hasWayIn(view, network)),
    );
    // Refused, an exporter still has to answer to the clusterset name.
    for (const group of refused ? [] : groups.filter(({ network }) => !closed.has(network))) {
      const entry = entrySpec(target, group);
      const label = `${intent.name}-${group.network}`;
      objects.push(
        workloadEntry(
          entryKind,
          ref,
          namespace,
          stableName(label, intent.name, group.network, group.locality, group.serviceAccount),
          target,
          {
            network: group.network,
            weight: group.weight,
            ...entry,
            ...namedPorts(target.ports, intent.ports),
          },
        ),
      );
    }
    const ports = intent.ports.filter(isTcp);
    const told = ports.filter(isToldApart);
    if (told.length > 0) {
      objects.push(clusterSetEntry(serviceEntryKind, ref, intent, target, told));
    }
    const importKind = view.kind('ServiceImport');
    if (importKind) objects.push(serviceImport(importKind, ref, intent));
    if (refused) return { objects, refused };
    const notice = allOf(
      closedNotice(closed),
      target.notice,
      clusterSetNotice(
        intent,
        ports.filter((port) => !told.includes(port)),
      ),
      sameNetworkNotice(others, settings.network),
    );
    return notice ? { objects, notice } : { objects };
  },

  /**
   * istiod leaves an address at the host of a ServiceEntry that it took (its IP allocation), and an
   * error on what it will not take, where its analysis is on. Where it does neither, nothing is known.
   */
  acceptance(objects, _intent, _view, live): Acceptance {
    let verdict: Acceptance = { state: 'unknown' };
    for (const desired of objects) {
      const object = live(desired) as (KubeObject & IstioObject) | undefined;
      const { validationMessages = [], observedGeneration, addresses = [] } = object?.status ?? {};
      const error = validationMessages.find(({ level }) => level === 'ERROR');
      if (error && String(observedGeneration) === String(object?.metadata.generation)) {
        const what = `${desired.kind.kind} ${desired.object.metadata.name}`;
        const code = error.type?.code ?? 'Rejected';
        const message = `istiod rejects ${what}: ${error.documentationUrl ?? code}`;
        return { state: 'refused', reason: code, message };
      }
      if (addresses.some(({ host = '' }) => object?.spec?.hosts?.includes(host)))
        verdict = { state: 'yes' };
    }
    return verdict;
  },
};

/** What istiod writes of objects that it reads. */
interface IstioObject {
  readonly spec?: { readonly hosts?: readonly string[] };
  readonly status?: {
    readonly observedGeneration?: string | number;
    readonly validationMessages?: readonly {
      level?: string;
      type?: { code?: string };
      documentationUrl?: string;
    }[];
    readonly addresses?: readonly { host?: string }[];
  };
}

/**
 * Endpoints in our own network: one WorkloadEntry with an address each, no gateway between. The
 * service they belong to comes from its ImportIntent.
 */
export const endpointsApplier: Applier<EndpointsIntent> = {
  plan(name, intent, view): Plan {
    const { settings, clusterId } = view;
    if (!settings || clusterId === undefined) return waitingForSettings;
    if (intent.clusterId === clusterId) return nothing;
    const service = view.importOf(intent.namespace, intent.name);
    const source = service?.sources.find((candidate) => candidate.clusterId === intent.clusterId);
    if (!service || !source) {
      const message = `no import of ${intent.namespace}/${intent.name} names this cluster`;
      return { objects: [], waiting: { reason: 'WaitingForImport', message } };
    }
    // The gateway is the way then, even if addresses came along.
    if (source.network !== settings.network) return nothing;
    const target = targetOf(service, view);
    if ('plan' in target) return target.plan;
    if (target.harm) return { objects: [], refused: target.harm };
    const entryKind = view.kind('WorkloadEntry');
    if (!entryKind) return crdMissing('WorkloadEntry', 'networking.istio.io');

    const ref = { type: Intents.Endpoints.name, name };
    const label = `${intent.name}-${source.network}`;
    const ports = directPorts(target.ports, service.ports);
    const objects: Desired[] = [];
    let unusable = 0;
    for (const group of intent.groups) {
      for (const address of group.addresses) {
        if (!isUsable(address)) {
          unusable += 1;
          continue;
        }
        objects.push(
          workloadEntry(
            entryKind,
            ref,
            intent.namespace,
            stableName(label, intent.clusterId, address),
            target,
            {
              address,
              network: source.network,
              ...entrySpec(target, group),
              ...ports,
            },
          ),
        );
      }
    }
    if (unusable === 0) return { objects };
    const message = `${unusable} addresses were left out: loopback, link-local, multicast, or not an address`;
    return { objects, notice: { reason: 'AddressUnusable', message } };
  },
};

/**
 * Whether somebody took a Service of ours over by giving it a selector of their own, as
 * `kubectl apply` of their manifest does. Other edits are put back; this one is a hand-over.
 */
export function isHandedOver(service: Service): boolean {
  const selector = service.spec?.selector ?? {};
  return isOurs(service) && Object.keys(selector).some((key) => key !== importLabel);
}

/** A merge patch that takes all that is ours off a Service, and leaves the rest to its owner. */
export function handOverPatch(service: Service, marks: Record<string, string>): object {
  const { resourceVersion, managedFields = [] } = service.metadata;
  return {
    metadata: {
      resourceVersion,
      labels: Object.fromEntries(
        Object.entries(marks)
          .filter(([key, value]) => service.metadata.labels?.[key] === value)
          .map(([key]) => [key, null]),
      ),
      annotations: { 'isthmus.dev/intent-name': null },
      // Ports that equal ours were never booked on the new owner: without our entry they stay.
      managedFields: managedFields.filter(({ manager }) => manager !== 'isthmus-agent'),
    },
    spec: { selector: { [importLabel]: null } },
  };
}

/** The Service that an import joins: the user's, or the one that the agent makes. */
interface Target {
  readonly isOwn: boolean;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePortSpec[];
  /** What entries would break in this cluster. */
  readonly harm?: Reason;
  readonly notice?: Reason;
}

function targetOf(intent: ImportIntent, view: View): Target | { plan: Plan } {
  const { namespace, name } = intent;
  const refuse = (reason: string, message: string): { plan: Plan } => ({
    plan: { objects: [], refused: { reason, message } },
  });
  if (!isDnsLabel(namespace) || !isDnsLabel(name)) {
    return refuse('InvalidName', `'${namespace}/${name}' cannot be a Service`);
  }
  if (intent.headless) {
    return refuse(
      'HeadlessNotSupported',
      'Istio balances no headless Service to other networks; export one with a cluster IP',
    );
  }
  if (!view.namespace(namespace)) {
    const message = `there is no namespace ${namespace}; create it (with Istio enabled) and the import follows`;
    return { plan: { objects: [], waiting: { reason: 'NamespaceNotFound', message } } };
  }
  const wanted = intent.ports.filter(isTcp);
  if (wanted.length === 0)
    return refuse('NoTcpPorts', 'the service has no TCP port, and Istio carries TCP only');
  const local = view.service(namespace, name);
  if (!local || (isOurs(local) && !isHandedOver(local))) {
    return { isOwn: true, selector: { [importLabel]: name }, ports: wanted.map(ownPort) };
  }
  const { [importLabel]: _ours, ...selector } = local.spec?.selector ?? {};
  if (local.spec?.type === 'ExternalName') {
    return refuse(
      'LocalServiceExternalName',
      `Service ${namespace}/${name} is an ExternalName, which has no endpoints; delete it or rename it`,
    );
  }
  if (local.spec?.clusterIP === 'None') {
    return refuse(
      'LocalServiceHeadless',
      `Service ${namespace}/${name} is headless here; give it a cluster IP`,
    );
  }
  if (Object.keys(selector).length === 0) {
    return refuse(
      'LocalServiceWithoutSelector',
      `Service ${namespace}/${name} has no selector, so nothing can be added to it; give it one or delete it`,
    );
  }
  const ports = local.spec?.ports ?? [];
  const missing = wanted.filter(({ port }) => !ports.some((own) => own.port === port));
  const notice = {
    reason: 'LocalServicePortsDiffer',
    message: `Service ${namespace}/${name} lacks port ${missing.map(({ port }) => port).join(', ')} of the import: not reachable here until it has it`,
  };
  const harm = harmOf(intent, { selector, ports }, view);
  return {
    isOwn: false,
    selector,
    ports,
    ...(harm && { harm }),
    ...(missing.length > 0 && { notice }),
  };
}

/**
 * Istio takes an entry in for every Service whose selector its labels match, and every port of it;
 * a gateway resets what its network does not export. So entries may only stand where each Service
 * and port that they join is imported from the same networks.
 */
function harmOf(
  intent: ImportIntent,
  { selector, ports }: Pick<Target, 'selector' | 'ports'>,
  view: View,
): Reason | undefined {
  const { namespace, name } = intent;
  const networks = remoteNetworks(intent, view);
  if (networks.size === 0) return undefined;
  const names = Object.keys(namedTargets(ports, intent.ports));
  const unserved = joinedPorts(ports, names).filter(({ port }) => !isOffered(port, intent));
  if (unserved.length > 0) {
    return {
      reason: 'LocalServicePortsUnserved',
      message: `Service ${namespace}/${name} has port ${unserved.map(({ port }) => port).join(', ')}, which the import lacks: part of its traffic would go where nobody serves it; export the port there too, or give it a target port with a name here, which keeps it local`,
    };
  }
  for (const other of view.servicesIn(namespace)) {
    if (other.metadata.name === name || !isJoined(other, selector)) continue;
    const joined = joinedPorts(other.spec?.ports ?? [], names);
    const imported = view.importOf(namespace, other.metadata.name);
    const reached = imported && remoteNetworks(imported, view);
    const isServed =
      [...networks].every((network) => reached?.has(network)) &&
      joined.every(({ port }) => imported && isOffered(port, imported));
    if (joined.length === 0 || isServed) continue;
    return {
      reason: 'SelectorShared',
      message: `Service ${namespace}/${other.metadata.name} selects the same Pods: part of its traffic would go where it is not exported; export it there too, or give ${name} a selector of its own`,
    };
  }
  return undefined;
}

/** Networks, our own included, of the other clusters that export a service. */
function remoteNetworks({ sources }: ImportIntent, { clusterId }: View): Set<string> {
  return new Set(
    sources.flatMap((source) =>
      source.clusterId === clusterId || source.network === '' ? [] : source.network,
    ),
  );
}

/** Whether a Service takes in the entries of one with this selector; a headless one sends them nothing. */
export function isJoined({ spec = {} }: Service, selector: Target['selector'] = {}): boolean {
  const labels: Target['selector'] = { ...selector, ...tlsMode };
  const pairs = Object.entries(spec.selector ?? {});
  return (
    pairs.length > 0 &&
    spec.type !== 'ExternalName' &&
    spec.clusterIP !== 'None' &&
    pairs.every(([key, value]) => labels[key] === value)
  );
}

/** Ports that take an entry in: one whose target has a name that the entry lacks leaves it out. */
function joinedPorts(
  ports: readonly ServicePortSpec[],
  names: readonly string[],
): ServicePortSpec[] {
  return ports.filter(
    ({ protocol = 'TCP', targetPort }) =>
      protocol === 'TCP' && (typeof targetPort !== 'string' || names.includes(targetPort)),
  );
}

function isOffered(port: number, { ports }: ImportIntent): boolean {
  return ports.some((offer) => offer.port === port && isTcp(offer));
}

function isTcp({ protocol }: ServicePort): boolean {
  return protocol === 'TCP';
}

/** One sentence after the other, under the word of the first. */
function allOf(...reasons: readonly (Reason | undefined)[]): Reason | undefined {
  const all = reasons.filter((reason) => reason !== undefined);
  const [first] = all;
  return first && { reason: first.reason, message: all.map(({ message }) => message).join('; ') };
}

function ownPort(port: ServicePort): ServicePortSpec {
  return {
    ...(port.name !== '' && { name: port.name }),
    port: port.port,
    protocol: 'TCP',
    ...(port.appProtocol !== '' && { appProtocol: port.appProtocol }),
    targetPort: port.targetPortName || port.targetPort || port.port,
  };
}

/** Whether istiod can know a gateway into the network. */
function hasWayIn(view: View, network: string): boolean {
  const addresses = view.kind('Gateway') ? (view.peer(network)?.addresses ?? []) : [];
  return addresses.some((address) => !isLost(address, view));
}

function closedNotice(networks: ReadonlySet<string>): Reason | undefined {
  if (networks.size === 0) return undefined;
  const message = `there is no known way into ${[...networks].sort().join(', ')}, so the endpoints there are left out; give the east-west gateway's Service an address that resolves, and install the Gateway API here`;
  return { reason: 'NoGatewayAddress', message };
}

interface RemoteGroup {
  readonly network: string;
  readonly locality: string;
  readonly serviceAccount: string;
  weight: number;
}

/** Ready endpoints of other networks; the same account and place in several clusters add up. */
function remoteGroups(sources: readonly ImportSource[], ownNetwork: string): RemoteGroup[] {
  const groups = new Map<string, RemoteGroup>();
  for (const { network, groups: offered } of sources) {
    if (network === ownNetwork || network === '') continue;
    for (const { locality, serviceAccount, ready } of offered) {
      if (ready === 0) continue;
      const key = JSON.stringify([network, locality, serviceAccount]);
      const group = groups.get(key);
      if (group) group.weight += ready;
      else groups.set(key, { network, locality, serviceAccount, weight: ready });
    }
  }
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

function entrySpec(
  target: Target,
  group: Pick<EndpointGroup, 'locality' | 'serviceAccount'>,
): object {
  return {
    ...(group.locality !== '' && { locality: group.locality }),
    serviceAccount: group.serviceAccount || 'default',
    labels: { ...target.selector, ...tlsMode },
  };
}

function workloadEntry(
  kind: Kind,
  ref: { type: string; name: string },
  namespace: string,
  name: string,
  target: Target,
  entry: object,
): Desired {
  // Istio merges both maps, the metadata's winning: what the Service selects stands in both.
  const labels = { ...target.selector, ...tlsMode };
  return { kind, object: { metadata: ownMetadata(ref, { namespace, name, labels }), spec: entry } };
}

/**
 * Ports of an entry that is reached through a gateway: Istio leaves an entry out for a port whose
 * target has a name that the entry does not know. The number itself is not used.
 */
function namedPorts(local: readonly ServicePortSpec[], offered: readonly ServicePort[]): object {
  const ports = namedTargets(local, offered);
  return Object.keys(ports).length === 0 ? {} : { ports };
}

function namedTargets(
  local: readonly ServicePortSpec[],
  offered: readonly ServicePort[],
): Record<string, number> {
  const ports = local.flatMap(({ port, targetPort }) => {
    const offer = offered.find((candidate) => candidate.port === port);
    return offer && typeof targetPort === 'string'
      ? [[targetPort, offer.targetPort || port] as const]
      : [];
  });
  return Object.fromEntries(ports);
}

/**
 * Ports of an entry that is reached directly. Istio looks them up by the target port's name or,
 * where that is a number, by the port's own name, and takes the local number otherwise.
 */
function directPorts(local: readonly ServicePortSpec[], offered: readonly ServicePort[]): object {
  const ports = local.flatMap(({ name, port, targetPort }) => {
    const number = offered.find((candidate) => candidate.port === port)?.targetPort;
    const key = typeof targetPort === 'string' ? targetPort : name;
    return number && key && number !== targetPort ? [[key, number] as const] : [];
  });
  return ports.length === 0 ? {} : { ports: Object.fromEntries(ports) };
}

/**
 * `<svc>.<ns>.svc.clusterset.local`: in exporting clusters too, since the SNI carries that host. It
 * has no address, so Istio knows its connections by what they say, and of a port whose protocol
 * says nothing it would take all, whatever host they are for: those ports are left out.
 */
function clusterSetEntry(
  kind: Kind,
  ref: { type: string; name: string },
  intent: ImportIntent,
  target: Target,
  offered: readonly ServicePort[],
): Desired {
  const { namespace, name } = intent;
  const ports = offered.map((port) => ({
    number: port.port,
    name: port.name || `port-${port.port}`,
    ...protocolOf(port),
    ...(port.targetPort !== 0 && { targetPort: port.targetPort }),
  }));
  return {
    kind,
    object: {
      metadata: ownMetadata(ref, { namespace, name: `${name}-clusterset` }),
      spec: {
        hosts: [`${name}.${namespace}.svc.clusterset.local`],
        location: 'MESH_INTERNAL',
        resolution: 'STATIC',
        ports,
        workloadSelector: { labels: target.selector },
      },
    },
  };
}

const protocols: Readonly<Record<string, string>> = {
  http: 'HTTP',
  http2: 'HTTP2',
  'kubernetes.io/h2c': 'HTTP2',
  'kubernetes.io/ws': 'HTTP',
  grpc: 'GRPC',
  https: 'HTTPS',
  'kubernetes.io/wss': 'HTTPS',
  tls: 'TLS',
  tcp: 'TCP',
  mongo: 'MONGO',
  mysql: 'MYSQL',
  redis: 'REDIS',
};

/** As Istio reads a Service: appProtocol, else the name up to its first dash; else it looks. */
function protocolOf(port: ServicePort): { protocol?: string } {
  const protocol = protocols[port.appProtocol.toLowerCase() || (port.name.split('-')[0] ?? '')];
  return protocol ? { protocol } : {};
}

/** Protocols whose connections name their host. */
const withHost = new Set(['HTTP', 'HTTP2', 'GRPC', 'HTTPS', 'TLS']);

function isToldApart(port: ServicePort): boolean {
  return withHost.has(protocolOf(port).protocol ?? '');
}

function clusterSetNotice(intent: ImportIntent, left: readonly ServicePort[]): Reason | undefined {
  if (left.length === 0) return undefined;
  const ports = left.map(({ port }) => port).join(', ');
  return {
    reason: 'ClusterSetPortsLeftOut',
    message: `port ${ports} is not served at ${intent.name}.${intent.namespace}.svc.clusterset.local, since neither its name nor its appProtocol says HTTP or TLS; use svc.cluster.local, or declare the protocol`,
  };
}

function serviceImport(
  kind: Kind,
  ref: { type: string; name: string },
  intent: ImportIntent,
): Desired {
  const clusters = intent.sources
    .map(({ clusterName, clusterId }) => clusterName || clusterId)
    .sort()
    .map((cluster) => ({ cluster }));
  const ports = intent.ports.map(({ name, port, protocol, appProtocol }) => ({
    ...(name !== '' && { name }),
    port,
    protocol,
    ...(appProtocol !== '' && { appProtocol }),
  }));
  const labels = { 'multicluster.kubernetes.io/service-name': intent.name };
  return {
    kind,
    object: {
      metadata: ownMetadata(ref, { namespace: intent.namespace, name: intent.name, labels }),
      spec: { type: 'ClusterSetIP', ports },
      status: { clusters },
    },
  };
}

function sameNetworkNotice(
  sources: readonly ImportSource[],
  ownNetwork: string,
): Reason | undefined {
  const near = sources.filter(({ network }) => network === ownNetwork);
  if (near.length === 0) return undefined;
  const names = near.map(({ clusterName, clusterId }) => clusterName || clusterId).join(', ');
  return {
    reason: 'SameNetwork',
    message: `${names}: same network (${ownNetwork}), so its endpoints are addressed directly, without a gateway`,
  };
}

/** An address of a workload: none that means this machine, this link, or many. */
function isUsable(address: string): boolean {
  if (isIP(address) === 4) {
    return !/^(0|127|169\.254|22[4-9]|23\d|24\d|25[0-5])\./.test(address);
  }
  return isIP(address) === 6 && !/^(::|fe[89ab]|ff)/i.test(address);
}
