import { describe, expect, it } from 'vitest';
import { graphOf, nodeId, serviceGraphOf, structureOf } from './graph.js';
import { type Cluster, flowsOf, type Service, serviceTone } from './model.js';

function cluster(id: string, network: string, more: Partial<Cluster> = {}): Cluster {
  return {
    id,
    name: id,
    network,
    locality: 'region/zone',
    status: 'CONNECTED',
    gateways: [{ namespace: 'istio-system', name: 'eastwest' }],
    ...more,
  };
}

type Exporter = Service['exporters'][number];

function exporter(clusterId: string, more: Partial<Exporter> = {}): Exporter {
  return {
    clusterId,
    network: 'n',
    readyEndpoints: 1,
    localities: [],
    valid: true,
    conflict: false,
    stale: false,
    reason: null,
    ...more,
  };
}

function service(
  name: string,
  exporters: readonly Exporter[],
  importers: readonly (readonly [string, Service['importers'][number]['state']])[],
): Service {
  return {
    id: `mesh/shop/${name}`,
    host: `${name}.shop.svc.cluster.local`,
    namespace: 'shop',
    name,
    identities: [],
    mutualTls: 'STRICT',
    policies: [],
    exporters: [...exporters],
    importers: importers.map(([clusterId, state]) => ({
      clusterId,
      state,
      reason: null,
      message: null,
    })),
  };
}

const a = cluster('a', 'west');
const b = cluster('b', 'east');
const c = cluster('c', 'east', { gateways: [] });
const payments = service(
  'payments',
  [exporter('b')],
  [
    ['a', 'YES'],
    ['b', 'YES'],
    ['c', 'PENDING'],
  ],
);

describe('the flows between clusters', () => {
  it('are joined over services, with the worst of them', () => {
    const cart = service('cart', [exporter('b')], [['a', 'REFUSED']]);
    const flows = flowsOf([a, b, c], [payments, cart]);
    expect(flows).toEqual([
      {
        from: 'a',
        to: 'b',
        services: ['mesh/shop/payments', 'mesh/shop/cart'],
        tone: 'bad',
        isAcross: true,
        lacksGateway: false,
      },
      {
        from: 'c',
        to: 'b',
        services: ['mesh/shop/payments'],
        tone: 'busy',
        isAcross: false,
        lacksGateway: false,
      },
    ]);
  });

  it('do not lead to an export that does not stand, nor to a cluster that is gone', () => {
    const refused = service('x', [exporter('b', { valid: false })], [['a', 'YES']]);
    const contested = service('y', [exporter('b', { conflict: true })], [['a', 'YES']]);
    const gone = service('z', [exporter('removed')], [['a', 'YES']]);
    expect(flowsOf([a, b], [refused, contested, gone])).toEqual([]);
  });

  it('are broken across networks without a gateway, and by a gateway of any cluster whole', () => {
    const inC = service('x', [exporter('c')], [['a', 'YES']]);
    expect(flowsOf([a, b, c], [inC])[0]).toMatchObject({ tone: 'ok', lacksGateway: false });
    expect(flowsOf([a, c], [inC])[0]).toMatchObject({ tone: 'bad', lacksGateway: true });
  });
});

describe('the graph of the fleet', () => {
  it('has the clusters in their networks, and leads across networks by the gateways', () => {
    const { nodes, edges } = graphOf([a, b, c], [payments], 'fleet');
    expect(nodes.map(({ id, parent }) => [id, parent])).toEqual([
      ['network:west', undefined],
      ['cluster:a', 'network:west'],
      ['gateway:west', 'network:west'],
      ['network:east', undefined],
      ['cluster:b', 'network:east'],
      ['cluster:c', 'network:east'],
      ['gateway:east', 'network:east'],
    ]);
    expect(edges.map(({ id, text }) => [id, text])).toEqual([
      ['cluster:a>gateway:east', '1 service'],
      ['gateway:east>cluster:b', '1 service'],
      ['cluster:c>cluster:b', '1 service'],
    ]);
  });

  it('counts a service once on a line that several flows share', () => {
    const d = cluster('d', 'east');
    const both = service('both', [exporter('b'), exporter('d')], [['a', 'YES']]);
    const { edges } = graphOf([a, b, d], [both], 'fleet');
    const shared = edges.find(({ id }) => id === 'cluster:a>gateway:east');
    expect(shared?.weight).toBe(1);
  });

  it('draws a gateway that is missing', () => {
    const inC = service('x', [exporter('c')], [['a', 'YES']]);
    const { nodes } = graphOf([a, c], [inC], 'fleet');
    expect(nodes.find(({ id }) => id === 'gateway:east')).toMatchObject({
      title: 'No gateway',
      tone: 'bad',
    });
  });

  it('bundles the lines of many clusters by network, but for the cluster in focus', () => {
    const clusters = ['west', 'east'].flatMap((network) =>
      [1, 2, 3].map((index) => cluster(`${network}${index}`, network)),
    );
    const everywhere = service(
      'x',
      clusters.map(({ id }) => exporter(id)),
      clusters.map(({ id }) => [id, 'YES'] as const),
    );
    const sources = (focus?: string) =>
      graphOf(clusters, [everywhere], 'fleet', focus)
        .edges.filter(({ target }) => target === nodeId.gateway('east'))
        .map(({ source }) => source);
    expect(sources()).toEqual(['network:west']);
    expect(sources('west2').sort()).toEqual(['cluster:west2', 'network:west']);
  });
});

describe('the graph of the services', () => {
  it('has each service in every cluster that exports it', () => {
    const { nodes } = graphOf([a, b, c], [payments], 'services');
    expect(nodes.filter(({ kind }) => kind === 'service').map(({ id }) => id)).toEqual([
      'service:b:mesh/shop/payments',
    ]);
    const sizes = new Map(nodes.map(({ id, size }) => [id, size]));
    expect(sizes.get('cluster:b')).toBeUndefined();
    expect(sizes.get('cluster:a')).toBeDefined();
  });
});

describe('the graph of one service', () => {
  it('leads from its importers to itself, and has no other cluster', () => {
    const d = cluster('d', 'south');
    const { nodes, edges } = serviceGraphOf([a, b, c, d], payments);
    expect(nodes.some(({ id }) => id === 'cluster:d')).toBe(false);
    expect(edges.map(({ source, target, text }) => [source, target, text])).toEqual([
      ['cluster:a', 'gateway:east', 'mTLS strict'],
      ['gateway:east', 'service:b:mesh/shop/payments', 'mTLS strict'],
      ['cluster:c', 'service:b:mesh/shop/payments', 'mTLS strict'],
    ]);
  });
});

describe('the structure', () => {
  it('stays as it is when only states and numbers change', () => {
    const before = structureOf(graphOf([a, b, c], [payments], 'services'));
    const worse = service(
      'payments',
      [exporter('b', { readyEndpoints: 0, stale: true })],
      [
        ['a', 'REFUSED'],
        ['b', 'YES'],
        ['c', 'YES'],
      ],
    );
    const lost = { ...b, status: 'OUT_OF_CONTACT' as const };
    expect(structureOf(graphOf([a, lost, c], [worse], 'services'))).toBe(before);
  });

  it('changes when a box or a line comes', () => {
    const before = structureOf(graphOf([a, b], [payments], 'fleet'));
    expect(structureOf(graphOf([a, b, c], [payments], 'fleet'))).not.toBe(before);
    const alone = service('payments', [exporter('b')], []);
    expect(structureOf(graphOf([a, b], [alone], 'fleet'))).not.toBe(before);
  });
});

describe('the tone of a service', () => {
  it('is the worst of its exports and of its imports', () => {
    expect(serviceTone(payments)).toBe('busy');
    expect(serviceTone(service('x', [exporter('b', { stale: true })], [['a', 'YES']]))).toBe(
      'warn',
    );
    expect(serviceTone(service('x', [], []))).toBe('idle');
  });
});
