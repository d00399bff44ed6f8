import { ExportStatusIntent, ExposureIntent, PeerIntent, State } from '@isthmus/contracts';
import { TestAuthority } from './hub.js';
import { eventually, type KubeJson, type Lab } from './lab.js';
import { configurationOf, echoImport, releaseOf, settingsOf } from './samples.js';

/** What there is of a route, a rule that was there before the release, and an export of somebody's. */
const route = configurationOf('VirtualService', { hosts: ['web'] });
const found = configurationOf('DestinationRule', { host: 'web' });

/** Has the hub want something of every kind that an agent writes, and waits until it is stored. */
export async function wantEverything(lab: Lab): Promise<void> {
  const { hub } = lab;
  const network = { 'topology.istio.io/network': 'net-a' };
  await lab.apply(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'eastwest', namespace: 'istio-system', labels: network },
      spec: {
        selector: { istio: 'eastwestgateway' },
        ports: [{ name: 'tls', port: 15443 }],
        externalIPs: ['192.0.2.9'],
      },
    },
    {
      apiVersion: 'multicluster.x-k8s.io/v1beta1',
      kind: 'ServiceExport',
      metadata: { name: 'web', namespace: 'demo' },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: 'web', namespace: 'demo' },
      spec: { host: 'web' },
    },
  );
  hub.put('ClusterSettings', 'settings', settingsOf('net-a'));
  hub.put('Import', 'demo/echo', echoImport());
  const addresses = [{ type: 'IPAddress', value: '192.0.2.7', port: 15443 }];
  hub.put('Peer', 'net-b', PeerIntent.fromPartial({ network: 'net-b', addresses }));
  const hosts = ['web.demo.svc.cluster.local'];
  hub.put('Exposure', 'exposure', ExposureIntent.fromPartial({ hosts }));
  hub.put('ExportStatus', 'demo/web', ExportStatusIntent.fromPartial({ valid: true }));
  for (const { name, intent } of [route, found]) hub.put('Configuration', name, intent);
  hub.put('Release', 'release', releaseOf(1, 'revert', [route, found]));
  const root = await TestAuthority.make('root');
  const request = await eventually(() => hub.fact('SigningRequest', 'signing'), 60_000);
  hub.put('TrustBundle', 'trust', { trustDomain: 'cluster.local', anchors: [root.pem] });
  const now = Math.floor(Date.now() / 1000);
  hub.put('SigningCertificate', 'signing', {
    keyId: request.keyId,
    certificate: await root.signRequest(request.csr, { ca: true }),
    ...{ chain: '', notBefore: now, notAfter: now + 3600 },
  });
  await stored(lab);
}

/** Waits until all of it is in the cluster. */
export async function stored({ hub }: Lab): Promise<void> {
  for (const intent of [
    'ClusterSettings/settings',
    'Import/demo/echo',
    'Peer/net-b',
    'Exposure/exposure',
    'ExportStatus/demo/web',
    'SigningCertificate/signing',
  ]) {
    await eventually(() => {
      const status = hub.fact('IntentStatus', intent);
      if (status?.stored === State.STATE_YES) return true;
      throw new Error(`${intent}: ${JSON.stringify(status)}`);
    }, 30_000);
  }
  await eventually(() => hub.fact('ReleaseStatus', 'release')?.stored === 2, 30_000);
}

/**
 * All that has a mark of ours, or a field that the agent is booked with, by `Kind namespace/name`; without the
 * EndpointSlices that Kubernetes makes of a Service, with its labels, and takes with it.
 */
export async function traces(lab: Lab): Promise<Map<string, KubeJson>> {
  const kubectl = async (...args: string[]): Promise<string> => await lab.cluster.kubectl(args);
  const names = await kubectl('api-resources', '--verbs=list', '-o', 'name');
  const kinds = names
    .trim()
    .split('\n')
    .filter((name) => !/^(events|componentstatuses)/.test(name));
  const text = await kubectl(
    ...['get', kinds.join(','), '-A', '-o', 'json', '--show-managed-fields'],
  );
  const { items } = JSON.parse(text) as { items: KubeJson[] };
  return new Map(
    items.filter(isMarked).map((object) => {
      const { kind, metadata } = object;
      return [`${kind} ${metadata.namespace ?? ''}/${metadata.name}`, object];
    }),
  );
}

function isMarked({ kind, metadata }: KubeJson): boolean {
  const marks = { ...metadata.labels, ...metadata.annotations };
  if (kind === 'EndpointSlice' || kind === 'Endpoints') return false;
  return (
    Object.keys(marks).some((key) => key.startsWith('isthmus.dev/')) ||
    (metadata.managedFields ?? []).some(({ manager }) => manager === 'isthmus-agent')
  );
}

/** All that the agent makes of it, but what is its own: that is in its namespace. */
export const everything = [
  'DestinationRule demo/web',
  'Gateway istio-system/isthmus-exposure-eastwest',
  'Gateway istio-system/remote-net-b',
  'Namespace /istio-system',
  'Secret istio-system/cacerts',
  'Service demo/echo',
  'ServiceEntry demo/echo-clusterset',
  'ServiceExport demo/web',
  'ServiceImport demo/echo',
  'VirtualService demo/web',
  'WorkloadEntry demo/',
] as const;
