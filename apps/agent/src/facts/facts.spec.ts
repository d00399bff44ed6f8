import { Facts, LabelSelector } from '@isthmus/contracts';
import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../kube/kinds.js';
import { service } from '../testing/samples.js';
import { exportedServiceFact } from './exports.js';
import { gatewayFact } from './gateways.js';
import type { KnownPod } from './pods.js';
import { matches } from './selectors.js';

const slice = (addressType: string, addresses: string[]): EndpointSlice => ({
  metadata: { name: addressType, namespace: 'demo' },
  addressType,
  ports: [{ name: 'http', port: 8080 }],
  endpoints: addresses.map((address) => ({
    addresses: [address],
    targetRef: { kind: 'Pod', name: address, uid: `uid-${address}` },
  })),
});
const inMesh = { serviceAccount: 'default', inMesh: true };
const factOf = (
  found: Service | undefined,
  slices: EndpointSlice[] = [],
  locality = 'us/east',
  podOf: (uid: string) => KnownPod | undefined = () => inMesh,
) =>
  exportedServiceFact({
    namespace: 'demo',
    name: 'echo',
    exportedBy: 'ServiceExport',
    service: found,
    slices,
    locality,
    podOf,
  });
const tcp = { ports: [{ name: 'http', port: 80, targetPort: 'web' }] };

describe('exported service', () => {
  it.each([
    ['ServiceNotFound', undefined],
    ['ExternalName', service({ type: 'ExternalName' })],
    ['Headless', service({ ...tcp, clusterIP: 'None' })],
    ['NoTcpPorts', service({ ports: [{ port: 53, protocol: 'UDP' }] })],
    ['ImportedService', service(tcp, { labels: { 'isthmus.dev/intent': 'Import' } })],
  ])('is refused: %s', (reason, found) => {
    expect(factOf(found)).toMatchObject({ refusedReason: reason, groups: [], ports: [] });
  });

  it('counts a dual-stack Pod once, and an address in two slices once', () => {
    const found = service({ ...tcp, ipFamilies: ['IPv6', 'IPv4'] });
    const slices = [
      slice('IPv4', ['10.0.0.1']),
      slice('IPv6', ['fd00::1']),
      slice('IPv6', ['fd00::1']),
    ];
    expect(factOf(found, slices).groups).toEqual([
      { locality: 'us/east', serviceAccount: 'default', ready: 1, addresses: ['fd00::1'] },
    ]);
  });

  it('counts all, and names a thousand', () => {
    const addresses = Array.from(
      { length: 1500 },
      (_, index) => `10.0.${index >> 8}.${index & 255}`,
    );
    const [only] = factOf(service(tcp), [slice('IPv4', addresses)]).groups;
    expect(only?.ready).toBe(1500);
    expect(only?.addresses).toHaveLength(1000);
  });

  it.each([
    [5, 3, 1000],
    // Long names of accounts leave less room.
    [200, 200, 400],
  ])('fits into what the hub takes, with %d groups', (groups, nameLength, named) => {
    const addresses = Array.from(
      { length: 4000 },
      (_, index) => `fd00:1111:2222:3333:4444:5555:6666:${String(index).padStart(4, '0')}`,
    );
    const found = service({ ...tcp, ipFamilies: ['IPv6'] });
    const fact = factOf(found, [slice('IPv6', addresses)], 'us/east', (uid) => ({
      serviceAccount: `s${Number(uid.slice(-4)) % groups}`.padEnd(nameLength, '-x'),
      inMesh: true,
    }));
    expect(fact.groups).toHaveLength(groups);
    const size = 4000 / groups;
    expect(fact.groups.every(({ ready }) => ready === size)).toBe(true);
    expect(fact.groups.flatMap((group) => group.addresses)).toHaveLength(named);
    expect(new Set(fact.groups.map((group) => group.addresses.length)).size).toBe(1);
    expect(Facts.ExportedService.encode(fact).length).toBeLessThan(64 * 1024);
  });

  describe('counts what the mesh can reach', () => {
    const both = slice('IPv4', ['10.0.0.1', '10.0.0.2']);
    const podless = { ...both, endpoints: [{ addresses: ['10.0.0.3'] }] };
    const without = { serviceAccount: 'default', inMesh: false };

    it.each([
      ['no Pod without a sidecar', [both], (uid: string) => (/1$/.test(uid) ? inMesh : without)],
      ['nothing that is no Pod', [slice('IPv4', ['10.0.0.1']), podless], () => inMesh],
      [
        'no Pod that is not read yet',
        [both],
        (uid: string) => (/1$/.test(uid) ? inMesh : undefined),
      ],
    ])('%s', (_title, slices, podOf) => {
      const fact = factOf(service(tcp), slices, 'us', podOf);
      expect(fact).toMatchObject({ refusedReason: '', ports: [{ port: 80 }] });
      expect(fact.groups).toMatchObject([{ ready: 1, addresses: ['10.0.0.1'] }]);
    });

    it.each([
      ['only Pods without a sidecar', [both], () => without],
      ['only what is no Pod', [podless], () => inMesh],
    ])('and is refused when there are %s', (_title, slices, podOf) => {
      expect(factOf(service(tcp), slices, 'us', podOf)).toMatchObject({
        refusedReason: 'NotInMesh',
        groups: [],
        ports: [],
      });
    });

    it('and is offered without endpoints while none is ready, or none is read', () => {
      const unready = {
        ...podless,
        endpoints: [{ addresses: ['10.0.0.3'], conditions: { ready: false } }],
      };
      for (const slices of [[], [unready], [both]]) {
        const fact = factOf(service(tcp), slices, 'us', () => undefined);
        expect(fact).toMatchObject({ refusedReason: '', groups: [], ports: [{ port: 80 }] });
      }
    });
  });

  it.each([
    ['', ''],
    ['us', 'us'],
    ['us/east', 'us/east'],
  ])('is in the locality of the cluster: %j', (locality, expected) => {
    expect(factOf(service(tcp), [slice('IPv4', ['10.0.0.1'])], locality).groups[0]?.locality).toBe(
      expected,
    );
  });
});

describe('gateway', () => {
  const gateway = (spec: Service['spec'], more: Partial<Service> = {}, annotations = {}) =>
    gatewayFact({
      ...service({ ports: [{ name: 'tls', port: 15443 }], ...spec }),
      metadata: {
        name: 'ew',
        namespace: 'gw',
        labels: { 'topology.istio.io/network': 'n' },
        annotations,
      },
      ...more,
    });
  const ingress = {
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { hostname: 'lb.example.com' }] } },
  };

  it('has the addresses of its load balancer, else its external ones', () => {
    expect(gateway({ externalIPs: ['192.0.2.9'] }, ingress)?.addresses).toEqual([
      { type: 'IPAddress', value: '192.0.2.1', port: 15443 },
      { type: 'Hostname', value: 'lb.example.com', port: 15443 },
    ]);
    expect(gateway({ externalIPs: ['fd00::9'] })?.addresses).toEqual([
      { type: 'IPAddress', value: 'fd00::9', port: 15443 },
    ]);
  });

  it('takes an annotation before both', () => {
    const annotations = {
      'isthmus.dev/gateway-addresses':
        '198.51.100.1:31443, gw.example.com, not an address, [fd00::1]:1',
    };
    expect(gateway({}, ingress, annotations)?.addresses).toEqual([
      { type: 'IPAddress', value: '198.51.100.1', port: 31443 },
      { type: 'IPAddress', value: 'fd00::1', port: 1 },
      { type: 'Hostname', value: 'gw.example.com', port: 15443 },
    ]);
  });

  it('is none without the label or the port', () => {
    expect(gatewayFact(service(tcp))).toBeUndefined();
    expect(gateway({ ports: [{ name: 'http', port: 80 }] })).toBeUndefined();
  });
});

describe('selector', () => {
  const labels = { app: 'echo', tier: 'front' };
  const select = (key: string, operator: string, ...values: string[]) =>
    LabelSelector.fromPartial({ matchExpressions: [{ key, operator, values }] });
  it.each([
    [undefined, false],
    [LabelSelector.fromPartial({}), true],
    [LabelSelector.fromPartial({ matchLabels: { app: 'echo' } }), true],
    [LabelSelector.fromPartial({ matchLabels: { app: 'other' } }), false],
    [select('app', 'In', 'a', 'echo'), true],
    [select('app', 'NotIn', 'echo'), false],
    [select('none', 'NotIn', 'echo'), true],
    [select('tier', 'Exists'), true],
    [select('constructor', 'Exists'), false],
    [select('tier', 'DoesNotExist'), false],
    [select('tier', 'Gt', '1'), false],
  ])('%j: %s', (selector, expected) => {
    expect(matches(selector, labels)).toBe(expected);
  });
});
