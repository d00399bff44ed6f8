import type { EndpointGroup, ExportedServiceFact, ServicePort } from '@isthmus/contracts';
import type { EndpointSlice, Service, SliceEndpoint } from '../kube/kinds.js';
import { isOurs } from '../kube/ownership.js';

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
  /** Service account of a Pod, by its UID. */
  accountOf(podUid: string): string;
}

/** More addresses than these are of no use to anybody: balancing needs no more. */
const mostAddresses = 1000;

/** What this cluster offers of one service, or why it cannot. Pure. */
export function exportedServiceFact(input: ExportInput): ExportedServiceFact {
  const { namespace, name, exportedBy, service } = input;
  const headless = service?.spec?.clusterIP === 'None';
  const refusal = refusalOf(service, headless);
  const base = { namespace, name, headless, exportedBy };
  if (!service || refusal) {
    const [refusedReason = '', refusedMessage = ''] = refusal ?? [];
    return { ...base, ports: [], groups: [], refusedReason, refusedMessage };
  }
  const slices = ofFirstFamily(service, input.slices);
  return {
    ...base,
    ports: ports(service, slices),
    groups: groups(input, slices),
    refusedReason: '',
    refusedMessage: '',
  };
}

/** UIDs of the Pods behind ready endpoints. */
export function readyPods(
  slices: readonly EndpointSlice[],
): { namespace: string; name: string; uid: string }[] {
  return slices.flatMap((slice) =>
    (slice.endpoints ?? []).flatMap(({ conditions, targetRef }) => {
      const { kind, namespace = slice.metadata.namespace ?? '', name, uid } = targetRef ?? {};
      const isPod =
        conditions?.ready !== false && kind === 'Pod' && name !== undefined && uid !== undefined;
      return isPod ? [{ namespace, name, uid }] : [];
    }),
  );
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

function groups(input: ExportInput, slices: readonly EndpointSlice[]): EndpointGroup[] {
  const found = new Map<
    string,
    { locality: string; serviceAccount: string; addresses: Set<string> }
  >();
  for (const endpoint of slices.flatMap(({ endpoints }) => endpoints ?? [])) {
    // Absent means ready, as Kubernetes has it.
    const address = endpoint.addresses[0];
    if (endpoint.conditions?.ready === false || address === undefined) continue;
    const locality = localityOf(input.locality, endpoint);
    const uid = endpoint.targetRef?.uid;
    const serviceAccount = uid === undefined ? 'default' : input.accountOf(uid);
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
      addresses: [...addresses].sort().slice(0, mostAddresses),
    }));
}

/** `region/zone`: the endpoint's own zone, else the cluster's. A zone without a region says nothing. */
function localityOf(ofCluster: string, { zone }: SliceEndpoint): string {
  const [region = '', ownZone = ''] = ofCluster.split('/');
  if (region === '') return '';
  return zone || ownZone ? `${region}/${zone || ownZone}` : region;
}
