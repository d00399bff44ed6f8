import {
  EndpointsIntent,
  ExportStatusIntent,
  ExposureIntent,
  GatewayFact,
  PeerIntent,
} from '@isthmus/contracts';
import { describe, expect, it } from 'vitest';
import { apiVersionOf, Optional, type Service } from '../kube/kinds.js';
import { Marks } from '../kube/ownership.js';
import { expectGolden } from '../testing/golden.js';
import {
  configurationOf,
  echoImport,
  group,
  httpPort,
  namespace,
  peerOf,
  service,
  settingsOf,
  viewOf,
} from '../testing/samples.js';
import { configurationApplier, manifestOf } from './configuration.js';
import { exportStatusApplier } from './export-status.js';
import { exposureApplier } from './exposure.js';
import { endpointsApplier, importApplier } from './import.js';
import { peerApplier } from './peer.js';
import { type Desired, type Plan, stableName } from './plan.js';
import { settingsApplier } from './settings.js';

/** The plan as a reader of the golden file wants it. */
function render(plan: Plan): string {
  const objects =
    plan.objects === 'keep'
      ? 'keep'
      : plan.objects.map(({ kind, object, fragment }) => ({
          apiVersion: apiVersionOf(kind),
          kind: kind.kind,
          ...object,
          ...(fragment && { fragment }),
        }));
  return `${JSON.stringify({ ...plan, objects }, null, 2)}\n`;
}

/** What a plan wants, if it wants anything anew. */
const planned = (objects: Plan['objects']) => (objects === 'keep' ? [] : objects);

const own: Service = service({
  selector: { app: 'echo' },
  ports: [{ name: 'http', port: 80, targetPort: 'web' }],
  clusterIP: '10.0.0.1',
});
const withService = (found: Service, ...others: Service[]) =>
  viewOf({
    service: (_namespace, name) => (name === 'echo' ? found : undefined),
    servicesIn: () => [found, ...others],
  });
/** Another Service of the user's, with the selector of `own` unless said. */
const beside = (name: string, spec: NonNullable<Service['spec']> = {}): Service =>
  service(
    {
      selector: { app: 'echo' },
      ports: [{ name: 'http', port: 9090 }],
      clusterIP: '10.0.0.2',
      ...spec,
    },
    { name, uid: `uid-${name}` },
  );
const adminPort = { ...httpPort, name: 'http-admin', port: 9090 };
const mixedImport = echoImport({
  sources: [
    { clusterId: 'cluster_a', clusterName: 'a', network: 'net-a', groups: [group(9)] },
    {
      clusterId: 'cluster_b',
      clusterName: 'b',
      network: 'net-b',
      groups: [
        group(3),
        group(2, { serviceAccount: 'canary' }),
        group(0, { locality: 'eu/north' }),
      ],
    },
    { clusterId: 'cluster_c', clusterName: 'c', network: 'net-b', groups: [group(4)], stale: true },
    {
      clusterId: 'cluster_d',
      clusterName: 'd',
      network: 'net-d',
      groups: [group(1, { locality: '' })],
    },
  ],
});
const sameNetwork = echoImport({
  sources: [{ clusterId: 'cluster_b', clusterName: 'b', network: 'net-a', groups: [group(2)] }],
});
const endpoints = EndpointsIntent.fromPartial({
  clusterId: 'cluster_b',
  namespace: 'demo',
  name: 'echo',
  groups: [group(2, { addresses: ['10.1.0.5', '10.1.0.6', '127.0.0.1', 'fe80::1', 'nonsense'] })],
});
const eastWest = GatewayFact.fromPartial({
  namespace: 'istio-system',
  name: 'eastwest',
  network: 'net-a',
  selector: { istio: 'eastwestgateway' },
});

describe('import', () => {
  it.each([
    ['into a cluster without the Service', echoImport(), viewOf()],
    [
      'beside a Service of the user, several accounts, clusters and networks',
      mixedImport,
      withService(own),
    ],
    [
      'that is exported here only',
      echoImport({ sources: mixedImport.sources.slice(0, 1) }),
      withService(own),
    ],
    ['from the same network', sameNetwork, viewOf()],
    [
      'from a network without a gateway address',
      mixedImport,
      {
        ...withService(own),
        peer: (network: string) => (network === 'net-b' ? undefined : peerOf(network)),
      },
    ],
    [
      'with named target ports and an appProtocol',
      echoImport({
        ports: [
          { ...httpPort, targetPortName: 'web', appProtocol: 'grpc' },
          { ...httpPort, name: '', port: 90 },
        ],
      }),
      viewOf(),
    ],
    [
      'whose ports the Service lacks',
      echoImport({ ports: [httpPort, { ...httpPort, name: 'x', port: 81 }] }),
      withService(own),
    ],
    [
      'where the Service has a port that is not exported',
      echoImport(),
      withService(
        service({
          ...own.spec,
          ports: [...(own.spec?.ports ?? []), { name: 'admin', port: 9091, targetPort: 9091 }],
        }),
      ),
    ],
    [
      'where a port that is not exported has a named target',
      echoImport(),
      withService(
        service({
          ...own.spec,
          ports: [...(own.spec?.ports ?? []), { name: 'admin', port: 9091, targetPort: 'admin' }],
        }),
      ),
    ],
    [
      'where a Service that is not imported has the same Pods',
      echoImport(),
      withService(own, beside('echo-admin')),
    ],
    [
      'where a Service that is not imported has the same Pods, in an exporting cluster',
      mixedImport,
      withService(own, beside('echo-admin')),
    ],
    [
      'where a Service of the same Pods is imported as well',
      echoImport(),
      {
        ...withService(own, beside('echo-admin')),
        importOf: () => echoImport({ name: 'echo-admin', ports: [adminPort] }),
      },
    ],
    [
      'where a Service of the same Pods is imported from elsewhere',
      echoImport(),
      {
        ...withService(own, beside('echo-admin')),
        importOf: () =>
          echoImport({
            name: 'echo-admin',
            ports: [adminPort],
            sources: mixedImport.sources.slice(3),
          }),
      },
    ],
    [
      'where Services of the same Pods take no entry in',
      echoImport(),
      withService(
        own,
        beside('echo-headless', { clusterIP: 'None' }),
        beside('echo-canary', { selector: { app: 'echo', track: 'canary' } }),
        beside('echo-named', { ports: [{ port: 9090, targetPort: 'admin' }] }),
        beside('echo-udp', { ports: [{ port: 9090, protocol: 'UDP' }] }),
        beside('by-hand', { selector: {} }),
      ),
    ],
    [
      'with a TCP port beside HTTP',
      echoImport({ ports: [httpPort, { ...httpPort, name: 'tcp-db', port: 5432 }] }),
      viewOf(),
    ],
    [
      'of nothing but TCP',
      echoImport({
        ports: [
          { ...httpPort, name: 'db', port: 5432 },
          { ...httpPort, name: 'mongo', port: 27017 },
        ],
      }),
      viewOf(),
    ],
    ['without a namespace', echoImport({ namespace: 'elsewhere' }), viewOf()],
    ['of a headless service', echoImport({ headless: true }), viewOf()],
    [
      'where the Service is an ExternalName',
      echoImport(),
      withService(service({ type: 'ExternalName' })),
    ],
    ['where the Service has no selector', echoImport(), withService(service({ ports: [] }))],
    [
      'where the Service is headless',
      echoImport(),
      withService(service({ ...own.spec, clusterIP: 'None' })),
    ],
    ['before settings', echoImport(), viewOf({ settings: undefined })],
    [
      'without MCS',
      echoImport(),
      viewOf({
        kind: (name) =>
          name.startsWith('Service') && name !== 'ServiceEntry' ? undefined : viewOf().kind(name),
      }),
    ],
  ])('%s', (title, intent, view) => {
    expectGolden(
      `import ${title}.json`,
      render(importApplier.plan('demo/echo', intent, view, 'v1')),
    );
  });

  it('takes a Service of ours that a user applied over for theirs', () => {
    const claimed = service(
      { ...own.spec, selector: { app: 'echo', 'isthmus.dev/import': 'echo' } },
      { labels: { 'isthmus.dev/intent': 'Import' } },
    );
    const { objects } = importApplier.plan('demo/echo', echoImport(), withService(claimed), 'v1');
    expect(objects).not.toBe('keep');
    expect(JSON.stringify(objects)).not.toContain('isthmus.dev/import"');
    expect(objects === 'keep' || objects.some(({ kind }) => kind.kind === 'Service')).toBe(false);
  });

  it('lets a selector on managed-by win over our own label', () => {
    const odd = service({ ...own.spec, selector: { 'app.kubernetes.io/managed-by': 'Helm' } });
    const { objects } = importApplier.plan('demo/echo', echoImport(), withService(odd), 'v1');
    const entry =
      objects === 'keep' ? undefined : objects.find(({ kind }) => kind.kind === 'WorkloadEntry');
    expect(entry?.object.metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'Helm',
      'isthmus.dev/intent': 'Import',
    });
  });
});

describe('endpoints', () => {
  it.each([
    ['of the same network', endpoints, viewOf({ importOf: () => sameNetwork })],
    ['of another network', endpoints, viewOf({ importOf: () => echoImport() })],
    ['before the import', endpoints, viewOf()],
    [
      'where a Service with a numeric target port differs',
      endpoints,
      viewOf({
        importOf: () => sameNetwork,
        service: () =>
          service({ ...own.spec, ports: [{ name: 'http', port: 80, targetPort: 3000 }] }),
      }),
    ],
    [
      'where a Service that is not imported has the same Pods',
      endpoints,
      {
        ...withService(own, beside('echo-admin')),
        importOf: (_namespace: string, name: string) => (name === 'echo' ? sameNetwork : undefined),
      },
    ],
  ])('%s', (title, intent, view) => {
    expectGolden(
      `endpoints ${title}.json`,
      render(endpointsApplier.plan('cluster_b/demo/echo', intent, view, 'v1')),
    );
  });
});

describe('peer', () => {
  const address = (value: string, port = 15443) => ({
    type: /^[\d.]+$/.test(value) ? 'IPAddress' : 'Hostname',
    value,
    port,
  });
  const peer = (...addresses: ReturnType<typeof address>[]) =>
    PeerIntent.fromPartial({ network: 'net-b', addresses });
  it.each([
    ['with an address', peer(address('192.0.2.7')), viewOf()],
    ['with a hostname', peer(address('gw.example.com')), viewOf()],
    ['with two ports', peer(address('192.0.2.8', 31443), address('192.0.2.7')), viewOf()],
    ['without an address', peer(), viewOf()],
    [
      'that is our own network',
      peer(address('192.0.2.7')),
      viewOf({ settings: settingsOf('net-b') }),
    ],
  ])('%s', (title, intent, view) => {
    expectGolden(`peer ${title}.json`, render(peerApplier.plan('net-b', intent, view, 'v1')));
  });

  it('is none that Gateway API or a resolving hostname are wanting for', () => {
    const hostname = (network: string): PeerIntent =>
      PeerIntent.fromPartial({ network, addresses: [address('gw.example.com')] });
    const reasonIn = (changes: Parameters<typeof viewOf>[0]) =>
      importApplier.plan('demo/echo', echoImport(), viewOf({ peer: hostname, ...changes }), 'v1')
        .notice?.reason;
    expect(reasonIn({})).toBeUndefined();
    expect(reasonIn({ resolves: () => false })).toBe('NoGatewayAddress');
    const { kind } = viewOf();
    expect(reasonIn({ kind: (name) => (name === 'Gateway' ? undefined : kind(name)) })).toBe(
      'NoGatewayAddress',
    );
  });

  it('lets an import tell what istiod left on its objects, and nothing where it left nothing', () => {
    const { objects } = importApplier.plan('demo/echo', echoImport(), viewOf(), 'v1');
    const judge = (status?: object, generation = 2) =>
      importApplier.acceptance?.(planned(objects), echoImport(), viewOf(), ({ kind, object }) =>
        kind.kind === 'ServiceEntry'
          ? ({ ...object, metadata: { ...object.metadata, generation }, status } as typeof object)
          : undefined,
      );
    const host = 'echo.demo.svc.clusterset.local';
    expect(judge()).toEqual({ state: 'unknown' });
    expect(judge({ addresses: [{ host, value: '240.240.0.1' }] })).toEqual({ state: 'yes' });
    const error = {
      level: 'ERROR',
      type: { code: 'IST0101' },
      documentationUrl: 'https://x.example',
    };
    const refused = { observedGeneration: '2', validationMessages: [error] };
    expect(judge(refused)).toMatchObject({ state: 'refused', reason: 'IST0101' });
    expect(judge(refused, 3)).toEqual({ state: 'unknown' });
  });

  it('tells of a hostname that does not resolve, and of what istiod says', () => {
    const gateway = (generation: number, status: string) => ({
      metadata: { name: 'remote-net-b', generation },
      status: {
        conditions: ['Accepted', 'Programmed'].map((type) => ({
          type,
          status,
          reason: 'Because',
          message: 'so it is',
          observedGeneration: 2,
        })),
      },
    });
    const judge = (generation: number, status: string, resolves?: boolean) =>
      peerApplier.acceptance?.(
        planned(peerApplier.plan('net-b', peer(address('gw.example.com')), viewOf(), 'v1').objects),
        peer(address('gw.example.com')),
        viewOf({ resolves: () => resolves }),
        () => gateway(generation, status),
      );
    expect(judge(2, 'True')).toEqual({ state: 'yes' });
    expect(judge(2, 'True', false)).toMatchObject({
      state: 'refused',
      reason: 'HostnameUnresolved',
    });
    expect(judge(2, 'False')).toEqual({ state: 'refused', reason: 'Because', message: 'so it is' });
    expect(judge(3, 'True')).toMatchObject({ state: 'pending' });
  });
});

describe('exposure', () => {
  const hosts = [
    'echo.demo.svc.cluster.local',
    'web.shop.svc.cluster.local',
    'web.shop.svc.clusterset.local',
  ];
  it.each([
    [
      'of hosts',
      ExposureIntent.fromPartial({ hosts }),
      viewOf({ gateways: () => [eastWest, { ...eastWest, name: 'twin' }] }),
    ],
    ['of nothing', ExposureIntent.fromPartial({}), viewOf({ gateways: () => [eastWest] })],
    ['without a gateway', ExposureIntent.fromPartial({ hosts }), viewOf()],
    [
      'of a pattern',
      ExposureIntent.fromPartial({ hosts: ['*.local'] }),
      viewOf({ gateways: () => [eastWest] }),
    ],
  ])('%s', (title, intent, view) => {
    expectGolden(
      `exposure ${title}.json`,
      render(exposureApplier.plan('exposure', intent, view, 'v1')),
    );
  });
});

describe('settings', () => {
  const label = 'topology.istio.io/network';
  const labelled = (network: string) => namespace('istio-system', { [label]: network });
  const byUs = {
    ...labelled('net-old'),
    metadata: {
      ...labelled('net-old').metadata,
      managedFields: [
        {
          manager: 'isthmus-agent',
          operation: 'Apply',
          fieldsV1: { 'f:metadata': { 'f:labels': { [`f:${label}`]: {} } } },
        },
      ],
    },
  };
  it.each([
    ['without a label', viewOf()],
    ['with the label of somebody else', viewOf({ namespace: () => labelled('net-a') })],
    ['with another label', viewOf({ namespace: () => labelled('net-z') })],
    ['with another label of ours', viewOf({ namespace: () => byUs })],
    ['without Istio', viewOf({ namespace: () => undefined })],
  ])('%s', (title, view) => {
    expectGolden(
      `settings ${title}.json`,
      render(settingsApplier.plan('settings', settingsOf('net-a'), view, 'v1')),
    );
  });
});

describe('export status', () => {
  const exported = {
    metadata: { namespace: 'demo', name: 'echo', uid: 'uid-export', generation: 4 },
    status: {
      conditions: [
        {
          type: 'Valid',
          status: 'True',
          reason: 'Valid',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    },
  };
  const view = viewOf({ serviceExport: () => exported });
  it.each([
    ['valid', ExportStatusIntent.fromPartial({ valid: true }), view],
    [
      'in conflict',
      ExportStatusIntent.fromPartial({
        valid: true,
        conflict: true,
        reason: 'NameTaken',
        message: 'demo belongs to b',
      }),
      view,
    ],
    ['invalid', ExportStatusIntent.fromPartial({ reason: 'not a reason', message: 'no' }), view],
    ['without a ServiceExport', ExportStatusIntent.fromPartial({ valid: true }), viewOf()],
  ])('%s', (title, intent, seen) => {
    expectGolden(
      `export status ${title}.json`,
      render(exportStatusApplier.plan('demo/echo', intent, seen, 'v1')),
    );
  });
});

describe('configuration', () => {
  const routes = configurationOf('VirtualService', { hosts: ['web'], http: [{}] });
  it.each([
    ['of an object', routes, viewOf()],
    [
      'with labels and annotations, some of which are ours to set',
      configurationOf(
        'DestinationRule',
        { host: 'web' },
        {
          labels: { team: 'shop', 'isthmus.dev/intent': 'Import', [Marks.managedBy]: 'Helm' },
          annotations: { note: 'x', 'isthmus.dev/intent-version': 'v0' },
        },
      ),
      viewOf(),
    ],
    [
      'where an older version is served',
      routes,
      viewOf({ kind: (name) => Optional.get(name)?.at(-1) }),
    ],
    [
      'of a kind that federation has as well',
      configurationOf('Gateway', {}, { group: 'networking.istio.io' }),
      viewOf(),
    ],
    ['of a kind that may not travel', configurationOf('Secret', {}, { group: 'core' }), viewOf()],
    [
      'under another name',
      { ...routes, name: 'VirtualService.networking.istio.io/demo/x' },
      viewOf(),
    ],
    ['whose kind is not served', routes, viewOf({ kind: () => undefined })],
  ])('%s', (title, { name, intent }, view) => {
    expectGolden(
      `configuration ${title}.json`,
      render(configurationApplier.plan(name, intent, view, 'v1')),
    );
  });

  const generation = 2;
  const told = (type: string, status: string, observedGeneration = generation) => ({
    type,
    status,
    observedGeneration,
    reason: `${type}${status}`,
    message: 'm',
  });
  it.each([
    ['nobody', 'HTTPRoute', undefined, { state: 'unknown' }],
    [
      'a controller that took it',
      'HTTPRoute',
      { parents: [{ conditions: [told('Accepted', 'True'), told('ResolvedRefs', 'True')] }] },
      { state: 'yes' },
    ],
    [
      'one of its parents',
      'HTTPRoute',
      {
        parents: [
          { conditions: [told('Accepted', 'True')] },
          { conditions: [told('Accepted', 'True'), told('ResolvedRefs', 'False')] },
        ],
      },
      { state: 'refused', reason: 'ResolvedRefsFalse' },
    ],
    [
      'a controller that saw the state before',
      'HTTPRoute',
      { parents: [{ conditions: [told('Accepted', 'False', 1)] }] },
      { state: 'pending', reason: 'WaitingForController' },
    ],
    [
      'the CRD, in its default',
      'Gateway',
      { conditions: [told('Accepted', 'Unknown', 0), told('Programmed', 'Unknown', 0)] },
      { state: 'unknown' },
    ],
    [
      'istiod, with an error',
      'VirtualService',
      {
        validationMessages: [
          { level: 'INFO', type: { name: 'Chat', code: 'IST0' } },
          { level: 'ERROR', type: { name: 'ReferencedResourceNotFound', code: 'IST0101' } },
        ],
        observedGeneration: String(generation),
      },
      { state: 'refused', reason: 'ReferencedResourceNotFound', message: 'IST0101' },
    ],
    [
      'istiod, of the state before',
      'VirtualService',
      {
        validationMessages: [{ level: 'ERROR', type: { name: 'X' } }],
        observedGeneration: '1',
      },
      { state: 'pending', reason: 'WaitingForIstiod' },
    ],
    [
      'istiod, with a warning only',
      'VirtualService',
      { validationMessages: [{ level: 'WARNING', type: { name: 'X' } }] },
      { state: 'unknown' },
    ],
    [
      'istiod, of proxies that have it',
      'VirtualService',
      { conditions: [told('Reconciled', 'True')] },
      { state: 'yes' },
    ],
  ])('is judged by what %s says', (_who, kind, status, expected) => {
    const group = kind === 'Gateway' ? 'gateway.networking.k8s.io' : undefined;
    const { name, intent } = configurationOf(kind, {}, group ? { group } : {});
    const { objects } = configurationApplier.plan(name, intent, viewOf(), 'v1');
    const live = (desired: Desired) => ({
      ...desired.object,
      metadata: { ...desired.object.metadata, generation },
      status,
    });
    expect(
      configurationApplier.acceptance?.(planned(objects), intent, viewOf(), live),
    ).toMatchObject(expected);
  });

  it('is found as a release would hold it', () => {
    const { name, intent } = configurationOf(
      'VirtualService',
      { hosts: ['web'], gateways: ['b', 'a'] },
      { labels: { team: 'shop' }, annotations: { note: 'x' } },
    );
    const [desired] = planned(configurationApplier.plan(name, intent, viewOf(), 'v1').objects);
    const live = {
      ...desired?.object,
      metadata: {
        name: 'web',
        ...desired?.object.metadata,
        annotations: {
          ...desired?.object.metadata.annotations,
          'kubectl.kubernetes.io/last-applied-configuration': '{}',
        },
      },
      status: { conditions: [] },
    };
    expect(manifestOf(live).toString()).toBe(
      '{"annotations":{"note":"x"},"labels":{"team":"shop"},"spec":{"gateways":["b","a"],"hosts":["web"]}}',
    );
  });
});

describe('names', () => {
  it('are stable, different, and never longer than 63 characters', () => {
    const long = 'a'.repeat(63);
    expect(stableName('echo-net-b', 'eu/west', 'echo')).toBe(
      stableName('echo-net-b', 'eu/west', 'echo'),
    );
    expect(stableName('echo-net-b', 'eu/west', 'x')).not.toBe(
      stableName('echo-net-b', 'eu/west', 'echo'),
    );
    expect(stableName(`${long}-net-b`, 'x')).toHaveLength(63);
    expect(stableName(`${long}-net-b`, 'x')).not.toBe(stableName(`${long}-net-c`, 'x'));
  });

  it('tell a service and a network apart whose names run together', () => {
    const entryOf = (name: string, network: string) => {
      const [source] = echoImport().sources;
      const intent = echoImport({ name, sources: [{ ...source, network }] });
      const { objects } = importApplier.plan(`demo/${name}`, intent, viewOf(), 'v1');
      return objects === 'keep'
        ? undefined
        : objects.find(({ kind }) => kind.kind === 'WorkloadEntry')?.object.metadata.name;
    };
    const [one, other] = [entryOf('api-us', 'east'), entryOf('api', 'us-east')];
    expect(one).toMatch(/^api-us-east-/);
    expect(other).toMatch(/^api-us-east-/);
    expect(one).not.toBe(other);
  });
});
