import { ClusterFact, ExportedServiceFact, GatewayFact, Intents } from '@isthmus/contracts';
import { newId } from '@isthmus/kernel';
import { startTestDatabase, type TestDatabase } from '@isthmus/platform';
import { versionOf } from '@isthmus/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FactStore, type ReportingCluster } from './fact-store.js';
import { FederationReader } from './reader.js';
import { FederationSweeper } from './sweeper.js';
import { gateway, intentStatus, service, TestMesh } from './testing.js';

let postgres: TestDatabase;
let store: FactStore;
let mesh: TestMesh;
let cluster: ReportingCluster;

beforeAll(async () => {
  postgres = await startTestDatabase();
  store = new FactStore(postgres.database, ['198.18.0.0/15']);
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  mesh = await TestMesh.create(postgres.database);
  cluster = await mesh.cluster('c1', 'net-a');
});

const rowOf = (name: string, of = cluster) =>
  mesh.read((tx) =>
    tx.fact.findUniqueOrThrow({
      where: {
        clusterId_type_name: { clusterId: of.clusterId, type: 'ExportedService', name },
      },
    }),
  );

const exported = (...resources: Parameters<FactStore['apply']>[2]['resources'][number][]) =>
  store.apply(cluster, 'ExportedService', { resources, removed: [] });
const withdrawn = (...removed: string[]) =>
  store.apply(cluster, 'ExportedService', { resources: [], removed });

describe('FactStore', () => {
  it('keeps what it is told, and says so to who resumes', async () => {
    const [a, b] = [service('shop/a'), service('shop/b')];
    expect(await exported(a, b)).toEqual(new Map());
    expect(await store.versions(cluster, 'ExportedService')).toEqual(
      new Map([
        ['shop/a', a.version],
        ['shop/b', b.version],
      ]),
    );
    expect(await store.versions(cluster, 'Gateway')).toEqual(new Map());
    expect((await rowOf('shop/a')).body).toEqual(new Uint8Array(a.body));
  });

  it('moves the mesh on only for news', async () => {
    await exported(service('shop/a'));
    const before = await mesh.revision();
    await exported(service('shop/a'));
    await withdrawn('shop/none');
    await store.apply(cluster, 'Gateway', { resources: [], removed: [] });
    expect(await mesh.revision()).toBe(before);
    await exported(service('shop/a', { ready: 2 }));
    expect(await mesh.revision()).toBe(before + 1n);
  });

  it('leaves a tombstone, and counts anew from when a name comes back', async () => {
    await exported(service('shop/a'));
    const { since } = await rowOf('shop/a');
    await exported(service('shop/a', { ready: 5 }));
    expect(await rowOf('shop/a')).toMatchObject({ since, withdrawnAt: null });

    await withdrawn('shop/a');
    const tombstone = await rowOf('shop/a');
    expect(tombstone).toMatchObject({ withdrawnAt: expect.any(Date), since });
    expect(tombstone.revision).toBe(await mesh.revision());
    expect(await store.versions(cluster, 'ExportedService')).toEqual(new Map());

    await exported(service('shop/a', { ready: 5 }));
    expect(await rowOf('shop/a')).toMatchObject({
      withdrawnAt: null,
      since: await mesh.revision(),
    });
  });

  it('takes the name that is reported and withdrawn at once as reported', async () => {
    await store.apply(cluster, 'ExportedService', {
      resources: [service('shop/a')],
      removed: ['shop/a', 'x\0y'],
    });
    expect(await store.versions(cluster, 'ExportedService')).toHaveProperty('size', 1);
  });

  it('stores the rest when it refuses one, and keeps the last that was good', async () => {
    await exported(service('shop/a'));
    const refused = await exported(
      service('shop/a', { ports: [{ ...port, port: 70_000 }] }),
      service('shop/b'),
    );
    expect([...refused]).toEqual([['shop/a', 'port must be 1 to 65535, not 70000']]);
    const versions = await store.versions(cluster, 'ExportedService');
    expect(versions.get('shop/a')).toBe(service('shop/a').version);
    expect(versions.has('shop/b')).toBe(true);
  });

  it('does not let two hubs store one cluster’s facts twice', async () => {
    const before = await mesh.revision();
    await Promise.all(Array.from({ length: 8 }, () => exported(service('shop/a'))));
    const row = await rowOf('shop/a');
    expect(row.since).toBe(row.revision);
    expect(row.revision).toBe(before + 1n);
  });

  it('turns away a removed cluster, and one that is not of the mesh', async () => {
    const other = await TestMesh.create(postgres.database);
    const foreign = await other.cluster('theirs', 'net-a');
    const report = { resources: [service('shop/a')], removed: [] };
    for (const wrong of [
      { ...foreign, organizationId: cluster.organizationId },
      { ...foreign, meshId: cluster.meshId },
      { ...cluster, meshId: other.meshId },
      { ...cluster, organizationId: other.organizationId },
      { ...cluster, clusterId: newId('cluster') },
    ]) {
      await expect(store.apply(wrong, 'ExportedService', report)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    }
    await store.apply(foreign, 'ExportedService', report);
    expect(
      await store.versions(
        { ...foreign, organizationId: cluster.organizationId },
        'ExportedService',
      ),
    ).toEqual(new Map());

    await mesh.settings((tx) =>
      tx.cluster.update({ where: { id: cluster.clusterId }, data: { removedAt: new Date() } }),
    );
    await expect(store.apply(cluster, 'ExportedService', report)).rejects.toMatchObject({
      code: 'CLUSTER_REMOVED',
    });
  });

  it('bounds how many facts a cluster has', async () => {
    const many = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => service(`shop/s${from + index}`));
    expect(await exported(...many(0, 4_999))).toEqual(new Map());
    const refused = await exported(...many(4_990, 20));
    expect(refused.size).toBe(10);
    expect([...refused.values()][0]).toContain('at most 5000 ExportedService facts');
    expect((await exported(service('shop/s1', { ready: 3 }))).size).toBe(0);
    await withdrawn('shop/s1');
    expect((await exported(service('shop/new'))).size).toBe(0);
    const gateways = Array.from({ length: 101 }, (_, index) => gateway(`i/g${index}`, '1.1.1.1'));
    expect((await store.apply(cluster, 'Gateway', { resources: gateways, removed: [] })).size).toBe(
      1,
    );
  });
});

const port = {
  name: 'http',
  port: 80,
  protocol: 'TCP',
  appProtocol: '',
  targetPortName: '',
  targetPort: 0,
};

describe('a fact is refused', () => {
  it.each([
    'shop/*',
    '*/payments',
    'Shop/payments',
    'shop/Payments',
    'shop/payments.',
    'shop./payments',
    'shop/pаyments', // a Cyrillic а
    'shop/xn--pyments_',
    'shop/münze',
    'shop',
    'shop/a/b',
    '/payments',
    'shop/',
    'shop/payments\0',
    ' shop/payments',
    `shop/${'a'.repeat(64)}`,
    '__proto__',
    '',
  ])('for the name %j', async (name) => {
    for (const [type, fact] of [
      ['ExportedService', service(name)],
      ['Gateway', gateway(name, '1.1.1.1')],
    ] as const) {
      const refused = await store.apply(cluster, type, { resources: [fact], removed: [] });
      expect([...refused.keys()]).toEqual([name]);
      expect(await store.versions(cluster, type)).toEqual(new Map());
    }
  });

  it('for a content of another name', async () => {
    const refused = await exported({ ...service('shop/payments'), name: 'shop/web' });
    expect(refused.get('shop/web')).toContain('not that of the content');
  });

  it.each([
    ['ports twice', { ports: [port, port] }],
    ['port 0', { ports: [{ ...port, port: 0 }] }],
    ['a protocol', { ports: [{ ...port, protocol: 'SCTP' }] }],
    ['a port name', { ports: [{ ...port, name: 'HTTP x' }] }],
    ['a target port name', { ports: [{ ...port, targetPortName: 'a\nb' }] }],
    ['an appProtocol', { ports: [{ ...port, appProtocol: 'x y' }] }],
    [
      'a locality',
      { groups: [{ locality: 'a/b/c/d', serviceAccount: '', ready: 1, addresses: [] }] },
    ],
    ['an account', { groups: [{ locality: '', serviceAccount: '../x', ready: 1, addresses: [] }] }],
    ['a text', { exportedBy: 'x'.repeat(300) }],
    ['too many addresses', { addresses: Array.from({ length: 1001 }, () => '10.0.0.1') }],
    [
      'too many ports',
      { ports: Array.from({ length: 101 }, (_, at) => ({ ...port, port: at + 1 })) },
    ],
    ['its size', { refusedMessage: 'x'.repeat(70_000) }],
  ])('for %s', async (_, fields) => {
    expect((await exported(service('shop/payments', fields))).size).toBe(1);
  });

  it('for bytes that are none, and for its version', async () => {
    const good = service('shop/payments');
    expect(await exported({ ...good, body: Buffer.from([0x0a, 0xff]) })).toHaveProperty('size', 1);
    for (const version of ['', 'a b', '\0', 'x'.repeat(201)]) {
      expect(await exported({ ...good, version })).toHaveProperty('size', 1);
    }
  });

  it.each([
    '127.0.0.1',
    '::1',
    '169.254.169.254',
    'fe80::1',
    '::ffff:127.0.0.1',
    '224.0.0.1',
    '0.0.0.0',
    'payments.shop',
    '198.18.0.7', // the hub's
  ])('for the address %s', async (address) => {
    expect((await exported(service('shop/a', { addresses: [address] }))).size).toBe(1);
    const refused = await store.apply(cluster, 'Gateway', {
      resources: [gateway('istio-system/ew', address === 'payments.shop' ? 'localhost' : address)],
      removed: [],
    });
    expect(refused.size).toBe(1);
  });

  it('for an endpoint outside the cluster’s CIDRs', async () => {
    cluster = await mesh.cluster('narrow', 'net-a', { cidrs: ['10.1.0.0/16', 'fd00:1::/32'] });
    const at = async (address: string) =>
      (await exported(service('shop/a', { addresses: [address] }))).size;
    expect(await at('10.1.2.3')).toBe(0);
    expect(await at('fd00:1::3')).toBe(0);
    expect(await at('10.2.0.1')).toBe(1);
    expect(await at('::ffff:10.1.2.3')).toBe(1);
    const refused = await store.apply(cluster, 'Gateway', {
      resources: [gateway('istio-system/ew', '203.0.113.5')],
      removed: [],
    });
    expect(refused.size).toBe(0);
  });

  it('for a gateway that is none', async () => {
    const fact = (fields: Partial<GatewayFact>) => {
      const body = GatewayFact.encode(
        GatewayFact.fromPartial({ namespace: 'i', name: 'g', ...fields }),
      ).finish();
      return store.apply(cluster, 'Gateway', {
        resources: [{ name: 'i/g', version: versionOf(body), body }],
        removed: [],
      });
    };
    for (const value of ['*.example.com', 'GW.example.com', 'gw.example.com.', 'a.svc', '127.1']) {
      const addresses = [{ type: 'Hostname', value, port: 15443 }];
      expect((await fact({ addresses })).size).toBe(1);
    }
    expect((await fact({ addresses: [{ type: 'URL', value: '1.1.1.1', port: 1 }] })).size).toBe(1);
    expect(
      (await fact({ addresses: [{ type: 'IPAddress', value: '1.1.1.1', port: 0 }] })).size,
    ).toBe(1);
    expect((await fact({ selector: { 'a b': 'c' } })).size).toBe(1);
    expect((await fact({ selector: { istio: 'eastwestgateway' } })).size).toBe(0);
  });

  it('for a name that its type does not have', async () => {
    const body = ClusterFact.encode(ClusterFact.fromPartial({ agentVersion: '1' })).finish();
    const named = (name: string) =>
      store.apply(cluster, 'Cluster', { resources: [{ name, version: '1', body }], removed: [] });
    expect((await named('other')).size).toBe(1);
    expect((await named('cluster')).size).toBe(0);
    const status = (name: string) =>
      store.apply(cluster, 'IntentStatus', {
        resources: [intentStatus(name, { intentVersion: 'v' })],
        removed: [],
      });
    for (const name of ['Import', 'Import/', 'Nothing/a/b', '__proto__/a', 'Import/a b']) {
      expect((await status(name)).size).toBe(1);
    }
    expect((await status('Import/shop/payments')).size).toBe(0);
    expect((await status(`Endpoints/${cluster.clusterId}/shop/payments`)).size).toBe(0);
  });
});

it('a cluster that exports a host that is not its own changes nothing for the owner', async () => {
  const thief = await mesh.cluster('thief', 'net-b');
  const owned = service('shop/payments', { ready: 3, addresses: ['10.0.0.1'] });
  await exported(owned);
  const view = mesh.view();
  await view.refresh();
  const imports = view.setsFor(thief.clusterId).get(Intents.Import.typeUrl);
  const before = imports?.get('shop/payments');
  expect(before).toBeDefined();

  const spellings = ['shop/*', 'Shop/payments', 'shop/PAYMENTS', 'shop/payments.', 'shop/pаyments'];
  for (const name of spellings) {
    // What the name says or what the content says, or both.
    for (const fact of [service(name), { ...service(name), name: 'shop/payments' }]) {
      const refused = await store.apply(thief, 'ExportedService', {
        resources: [fact],
        removed: [],
      });
      expect(refused.size).toBe(1);
    }
  }
  // In its very own spelling, and with another cluster's id in the content.
  const body = ExportedServiceFact.encode(
    ExportedServiceFact.decode(service('shop/payments', { ready: 1000 }).body),
  ).finish();
  await store.apply(thief, 'ExportedService', {
    resources: [{ name: 'shop/payments', version: 'stolen', body }],
    removed: [],
  });
  await view.refresh();

  expect(imports?.get('shop/payments')).toEqual(before);
  expect([...(imports?.names() ?? [])]).toEqual(['shop/payments']);
  const thiefs = view.setsFor(thief.clusterId);
  expect(thiefs.get(Intents.Exposure.typeUrl)?.size).toBe(0);
  const status = thiefs.get(Intents.ExportStatus.typeUrl)?.get('shop/payments');
  expect(status && Intents.ExportStatus.decode(status.body)).toMatchObject({
    conflict: true,
    reason: 'HostOwnedByAnother',
    message: expect.stringContaining("'c1'"),
  });
  const reader = new FederationReader(postgres.database);
  const shown = await reader.service(mesh.actor('viewer'), mesh.meshId, 'shop/payments');
  expect(shown.exporters).toMatchObject([
    { clusterName: 'c1', conflict: false, readyEndpoints: 3 },
    { clusterName: 'thief', conflict: true },
  ]);

  // Nor can it withdraw what is another's.
  await store.apply(thief, 'ExportedService', { resources: [], removed: ['shop/payments'] });
  await view.refresh();
  expect(imports?.get('shop/payments')).toEqual(before);
});

describe('FederationSweeper', () => {
  it('clears away old tombstones, and what removed clusters left', async () => {
    const sweeper = new FederationSweeper(postgres.database);
    const gone = await mesh.cluster('gone', 'net-a');
    await exported(service('shop/a'), service('shop/b'));
    await store.apply(gone, 'ExportedService', { resources: [service('shop/c')], removed: [] });
    await withdrawn('shop/a');
    const { organizationId, meshId } = mesh;
    const hour = 3_600_000;
    expect(await sweeper.sweep(organizationId, meshId, new Date(Date.now() - hour))).toBe(0);
    await mesh.settings((tx) =>
      tx.cluster.update({ where: { id: gone.clusterId }, data: { removedAt: new Date() } }),
    );
    const other = await TestMesh.create(postgres.database);
    const soon = new Date(Date.now() + hour);
    expect(await sweeper.sweep(other.organizationId, meshId, soon)).toBe(0);
    expect(await sweeper.sweep(organizationId, meshId, soon)).toBe(2);
    expect(await store.versions(cluster, 'ExportedService')).toHaveProperty('size', 1);
  });
});
