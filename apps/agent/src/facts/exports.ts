import {
  type EndpointGroup,
  type ExportedServiceFact,
  Facts,
  type ServicePort,
} from '@isthmus/contracts';
import type { EndpointSlice, Service, SliceEndpoint } from '../kube/kinds.js';
import { isOurs } from '../kube/ownership.js';
import type { KnownPod, PodRef } from './pods.js';

/** What a fact about an exported service is made from. */
export interface ExportInput {
  readonly namespace: string;
  readonly name: string;
  /** `ServiceExport`, or the name of a policy. */
  readonly exportedBy: string;
  /** Undefined when a ServiceExport names none that exists. */
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
  /** `region`, `region/zone` or empty. */
  readonly locality: string;
  /** A Pod by its UID; undefined as long as it could not be read. */
  podOf(uid: string): KnownPod | undefined;
}

/** More addresses of a service than these are of no use to anybody: balancing needs no more. */
const mostAddresses = 1000;
/** The hub takes 64 KiB. */
const mostBytes = 60 * 1024;

/** What this cluster offers of one service, or why it cannot. Pure. */
export function exportedServiceFact(input: ExportInput): ExportedServiceFact {
  const { namespace, name, exportedBy, service } = input;
  const headless = service?.spec?.clusterIP === 'None';
  const slices = service ? ofFirstFamily(service, input.slices) : [];
  const ready = slices.flatMap(({ endpoints }) => endpoints ?? []).filter(isReady);
  const refusal = refusalOf(service, headless) ?? meshRefusalOf(input, ready);
  const base = { namespace, name, headless, exportedBy };
  if (!service || refusal) {
    const [refusedReason = '', refusedMessage = ''] = refusal ?? [];
    return { ...base, ports: [], groups: [], refusedReason, refusedMessage };
  }
  return fitting({
    ...base,
    ports: ports(service, slices),
    groups: groups(input, ready),
    refusedReason: '',
    refusedMessage: '',
  });
}

/** The Pods behind ready endpoints. */
export function readyPods(slices: readonly EndpointSlice[]): PodRef[] {
  return slices.flatMap((slice) =>
    (slice.endpoints ?? []).filter(isReady).flatMap(({ targetRef }) => {
      const { kind, namespace = slice.metadata.namespace ?? '', name, uid } = targetRef ?? {};
      return kind === 'Pod' && name !== undefined && uid !== undefined
        ? [{ namespace, name, uid }]
        : [];
    }),
  );
}

/** Absent means ready, as Kubernetes has it. */
function isReady({ conditions, addresses }: SliceEndpoint): boolean {
  return conditions?.ready !== false && addresses.length > 0;
}

/**
 * Whether it is known to have no sidecar. The importing side speaks mTLS to every endpoint, and an
 * east-west gateway passes nothing on to one without the label; of what is no Pod neither is known.
 */
function isOutside({ podOf }: ExportInput, { targetRef }: SliceEndpoint): boolean {
  const { kind, uid } = targetRef ?? {};
  return kind !== 'Pod' || uid === undefined || podOf(uid)?.inMesh === false;
}

function refusalOf(service: Service | undefined, headless: boolean): [string, string] | undefined {
  if (!service)
    return ['ServiceNotFound', 'the ServiceExport names no Service of its namespace; create it'];
  if (isOurs(service)) {
    return [
      'ImportedService',
      'this Service was made for an import; a cluster exports Services of its own only',
    ];
  }
  if (service.spec?.type === 'ExternalName') {
    return ['ExternalName', 'a Service of type ExternalName has no endpoints to offer'];
  }
  if (headless) {
    // Istio passes connections to a headless Service through to the address that the client
    // has, so nothing would ever be balanced to this cluster.
    return [
      'Headless',
      'Istio balances no headless Service across networks; export one with a cluster IP',
    ];
  }
  if (!tcpPorts(service).length)
    return ['NoTcpPorts', 'it has no TCP port, and Istio carries TCP only'];
  return undefined;
}

function meshRefusalOf(
  input: ExportInput,
  ready: readonly SliceEndpoint[],
): [string, string] | undefined {
  if (ready.length === 0 || !ready.every((endpoint) => isOutside(input, endpoint)))
    return undefined;
  return [
    'NotInMesh',
    'none of its ready endpoints is a Pod with a sidecar (label security.istio.io/tlsMode: istio), and the mesh reaches no other; enable injection and restart its Pods',
  ];
}

type PortSpec = NonNullable<NonNullable<Service['spec']>['ports']>[number];

function tcpPorts(service: Service): PortSpec[] {
  return (service.spec?.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP');
}

/** A dual-stack Service has every Pod twice, once for each family. */
function ofFirstFamily(service: Service, slices: readonly EndpointSlice[]): EndpointSlice[] {
  const family = service.spec?.ipFamilies?.[0] ?? 'IPv4';
  return slices.filter(({ addressType }) => addressType === family);
}

function ports(service: Service, slices: readonly EndpointSlice[]): ServicePort[] {
  return tcpPorts(service).map(({ name = '', port, appProtocol = '', targetPort }) => {
    const seen = slices
      .flatMap((slice) => slice.ports ?? [])
      .find((candidate) => (candidate.name ?? '') === name);
    const isNamed = typeof targetPort === 'string';
    return {
      name,
      port,
      protocol: 'TCP',
      appProtocol,
      targetPortName: isNamed ? targetPort : '',
      targetPort: seen?.port ?? (isNamed ? 0 : (targetPort ?? port)),
    };
  });
}

function groups(input: ExportInput, ready: readonly SliceEndpoint[]): EndpointGroup[] {
  const found = new Map<
    string,
    { locality: string; serviceAccount: string; addresses: Set<string> }
  >();
  for (const endpoint of ready) {
    const [address = ''] = endpoint.addresses;
    const pod = isOutside(input, endpoint) ? undefined : input.podOf(endpoint.targetRef?.uid ?? '');
    if (!pod) continue;
    const { serviceAccount } = pod;
    const locality = localityOf(input.locality, endpoint);
    const key = `${locality}\n${serviceAccount}`;
    const group = found.get(key) ?? { locality, serviceAccount, addresses: new Set() };
    // An endpoint may stand in two slices for a moment.
    group.addresses.add(address);
    found.set(key, group);
  }
  return [...found.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { locality, serviceAccount, addresses }]) => ({
      locality,
      serviceAccount,
      ready: addresses.size,
      addresses: [...addresses].sort(),
    }));
}

/** With as many addresses as may be, each group having its share of them; `ready` counts all. */
function fitting(fact: ExportedServiceFact): ExportedServiceFact {
  const total = fact.groups.reduce((sum, { ready }) => sum + ready, 0);
  for (let most = Math.min(total, mostAddresses); ; most = Math.floor(most / 2)) {
    const groups = fact.groups.map((group) => {
      const share = Math.ceil((group.ready * most) / (total || 1));
      return { ...group, addresses: group.addresses.slice(0, share) };
    });
    const cut = { ...fact, groups };
    if (most === 0 || Facts.ExportedService.encode(cut).length <= mostBytes) return cut;
  }
}

/** `region/zone`: the endpoint's own zone, else the cluster's. A zone without a region says nothing. */
function localityOf(ofCluster: string, { zone }: SliceEndpoint): string {
  const [region = '', ownZone = ''] = ofCluster.split('/');
  if (region === '') return '';
  return zone || ownZone ? `${region}/${zone || ownZone}` : region;
}
