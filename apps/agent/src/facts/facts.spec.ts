import { LabelSelector } from '@isthmus/contracts';
import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../kube/kinds.js';
import { service } from '../testing/samples.js';
import { exportedServiceFact } from './exports.js';
import { gatewayFact } from './gateways.js';
import { matches } from './selectors.js';

const slice = (addressType: string, addresses: string[]): EndpointSlice => ({
  metadata: { name: addressType, namespace: 'demo' },
  addressType,
  ports: [{ name: 'http', port: 8080 }],
  endpoints: addresses.map((address) => ({ addresses: [address] })),
});
const factOf = (found: Service | undefined, slices: EndpointSlice[] = [], locality = 'us/east') =>
  exportedServiceFact({
    namespace: 'demo',
    name: 'echo',
    exportedBy: 'ServiceExport',
    service: found,
    slices,
    locality,
    accountOf: () => 'default',
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
