import { ClusterFact, Intents, State } from '@isthmus/contracts';
import { newId } from '@isthmus/kernel';
import { startTestDatabase, type TestDatabase } from '@isthmus/platform';
import { versionOf } from '@isthmus/sync';
import type { Actor } from '@isthmus/tenancy';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FactStore, type ReportingCluster } from './fact-store.js';
import { HostGrantService } from './host-grants.js';
import { staleAfterMs } from './mesh-state.js';
import { FederationReader } from './reader.js';
import { gateway, intentStatus, service, TestMesh } from './testing.js';

let postgres: TestDatabase;
let store: FactStore;
let reader: FederationReader;
let mesh: TestMesh;
let a: ReportingCluster;
let b: ReportingCluster;
let viewer: Actor;

beforeAll(async () => {
  postgres = await startTestDatabase();
  store = new FactStore(postgres.database);
  reader = new FederationReader(postgres.database);
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  mesh = await TestMesh.create(postgres.database);
  viewer = mesh.actor('viewer');
  a = await mesh.cluster('a', 'net-a');
  b = await mesh.cluster('b', 'net-b');
});

const exported = (of: ReportingCluster, ...resources: ReturnType<typeof service>[]) =>
  store.apply(of, 'ExportedService', { resources, removed: [] });
const reported = (of: ReportingCluster, ...resources: ReturnType<typeof intentStatus>[]) =>
  store.apply(of, 'IntentStatus', { resources, removed: [] });

/** The version of an import as a hub sends it. */
async function sentVersion(host: string): Promise<string> {
  const view = mesh.view();
  await view.refresh();
  const set = view.setsFor(b.clusterId).get(Intents.Import.typeUrl);
  return set?.get(host)?.version ?? '';
}

describe('FederationReader', () => {
  it('shows services with all who offer them', async () => {
    await exported(a, service('shop/b', { ready: 3 }), service('shop/a'), service('bank/z'));
    await exported(b, service('shop/b'));
    await mesh.read((tx) =>
      tx.cluster.update({
        where: { id: a.clusterId },
        data: { lastContactAt: new Date(Date.now() - 2 * staleAfterMs) },
      }),
    );
    const { meshId } = mesh;
    const first = await reader.services(viewer, { meshId, first: 2 });
    expect(first).toMatchObject({
      hasNext: true,
      items: [{ host: 'bank/z' }, { host: 'shop/a' }],
    });
    const next = await reader.services(viewer, { meshId, first: 2, after: 'shop/a' });
    expect(next.hasNext).toBe(false);
    expect(next.items).toEqual([await reader.service(viewer, meshId, 'shop/b')]);
    expect(next.items).toMatchObject([
      {
        meshId,
        host: 'shop/b',
        namespace: 'shop',
        name: 'b',
        fqdn: 'b.shop.svc.cluster.local',
        clustersetFqdn: 'b.shop.svc.clusterset.local',
        ports: [{ port: 80 }],
        headless: false,
        exporters: [
          {
            clusterId: a.clusterId,
            clusterName: 'a',
            network: 'net-a',
            readyEndpoints: 3,
            localities: ['eu/west/a'],
            stale: true,
            valid: true,
            conflict: false,
          },
          {
            clusterId: b.clusterId,
            stale: false,
            conflict: true,
            reason: 'HostOwnedByAnother',
            message: expect.stringContaining("'a'"),
          },
        ],
      },
    ]);
  });

  it('shows nothing of what is withdrawn or of removed clusters', async () => {
    await exported(a, service('shop/a'), service('shop/b'));
    await exported(b, service('shop/c'));
    await store.apply(a, 'ExportedService', { resources: [], removed: ['shop/a'] });
    await mesh.settings((tx) =>
      tx.cluster.update({ where: { id: b.clusterId }, data: { removedAt: new Date() } }),
    );
    const { meshId } = mesh;
    expect(await reader.services(viewer, { meshId })).toMatchObject({
      items: [{ host: 'shop/b' }],
      hasNext: false,
    });
    for (const host of ['shop/a', 'shop/c', 'shop/none', 'shop/*', 'x', 'a/b\0']) {
      await expect(reader.service(viewer, meshId, host)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      await expect(reader.importStates(viewer, { meshId, host })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    }
    expect(await reader.exportsOf(viewer, b.clusterId, {})).toEqual({ items: [], hasNext: false });
    expect(await reader.importsOf(viewer, b.clusterId, {})).toEqual({ items: [], hasNext: false });
  });

  it('tells the four states of an import apart, at the version that is wanted now', async () => {
    const { meshId } = mesh;
    await exported(a, service('shop/a'));
    const version = await sentVersion('shop/a');
    const states = async () =>
      (await reader.importStates(viewer, { meshId, host: 'shop/a' })).items;
    const pending = { sent: 'PENDING', stored: 'PENDING', accepted: 'PENDING', live: 'PENDING' };
    expect(await states()).toMatchObject([
      { clusterId: a.clusterId, type: 'Import', name: 'shop/a', version, ...pending },
      { clusterId: b.clusterId, ...pending, reportedAt: null },
    ]);
    await reported(
      b,
      intentStatus('Import/shop/a', {
        intentVersion: version,
        stored: State.STATE_YES,
        accepted: State.STATE_REFUSED,
        live: State.STATE_UNKNOWN,
        reason: 'IST0101',
        message: 'no such host',
        corrections: 2,
        correctedManagers: ['kubectl'],
        objects: ['WorkloadEntry shop/a-net-a'],
      }),
    );
    expect((await states())[1]).toEqual({
      clusterId: b.clusterId,
      type: 'Import',
      name: 'shop/a',
      version,
      sent: 'YES',
      stored: 'YES',
      accepted: 'REFUSED',
      live: 'UNKNOWN',
      reason: 'IST0101',
      message: 'no such host',
      corrections: 2,
      correctedManagers: ['kubectl'],
      objects: ['WorkloadEntry shop/a-net-a'],
      reportedAt: expect.any(Date),
    });

    // What was refused is not what is wanted any more.
    await exported(a, service('shop/a', { ready: 9 }));
    expect((await states())[1]).toMatchObject({
      version: await sentVersion('shop/a'),
      ...pending,
      message: '',
      corrections: 2,
    });
    expect(await reader.importStates(viewer, { meshId, host: 'shop/a', first: 1 })).toMatchObject({
      hasNext: true,
      items: [{ clusterId: a.clusterId }],
    });
    const rest = await reader.importStates(viewer, { meshId, host: 'shop/a', after: a.clusterId });
    expect(rest.items).toMatchObject([{ clusterId: b.clusterId }]);

    await exported(a, service('shop/a', { refusedReason: 'ExternalName' }));
    expect(await states()).toEqual([]);
  });

  it('shows what a cluster exports and imports', async () => {
    await exported(a, service('shop/a'), service('shop/b'), service('shop/c', { ready: 0 }));
    await exported(b, service('shop/b'), service('shop/own'));
    await exported(a, service('shop/x', { refusedReason: 'ExternalName', refusedMessage: 'no' }));
    const exports = await reader.exportsOf(viewer, a.clusterId, {});
    expect(exports.items).toMatchObject([
      { host: 'shop/a', exportedBy: 'ServiceExport', conflict: false, readyEndpoints: 1 },
      { host: 'shop/b', conflict: false },
      { host: 'shop/c', readyEndpoints: 0, localities: [] },
      { host: 'shop/x', valid: false, reason: 'ExternalName', message: 'no' },
    ]);
    expect((await reader.exportsOf(viewer, b.clusterId, { after: 'shop/a' })).items).toMatchObject([
      { host: 'shop/b', conflict: true },
      { host: 'shop/own', conflict: false },
    ]);

    await reported(
      b,
      intentStatus('Import/shop/b', {
        intentVersion: await sentVersion('shop/b'),
        live: State.STATE_YES,
      }),
    );
    const imports = await reader.importsOf(viewer, b.clusterId, { first: 2 });
    expect(imports).toMatchObject({
      hasNext: true,
      items: [
        { host: 'shop/a', state: { sent: 'PENDING' }, exporters: [{ clusterName: 'a' }] },
        { host: 'shop/b', state: { sent: 'YES', live: 'YES' }, exporters: [{ clusterName: 'a' }] },
      ],
    });
    const next = await reader.importsOf(viewer, b.clusterId, { first: 2, after: 'shop/b' });
    expect(next).toMatchObject({ hasNext: false, items: [{ host: 'shop/c' }] });

    // A service that both offer is imported by each from the other.
    await new HostGrantService(postgres.database).grant(mesh.actor(), {
      meshId: mesh.meshId,
      namespace: 'shop',
      service: 'b',
      clusterIds: [],
    });
    expect((await reader.importsOf(viewer, a.clusterId, {})).items).toMatchObject([
      { host: 'shop/b', exporters: [{ clusterName: 'b' }] },
      { host: 'shop/own' },
    ]);
  });

  it('shows what agents say: states, gateways, themselves', async () => {
    await reported(
      a,
      intentStatus('Import/shop/a', { intentVersion: 'v1', stored: State.STATE_YES }),
      intentStatus('Peer/net-b', { intentVersion: 'v2', stored: 99 as State }),
    );
    expect(await reader.intentStatesOf(viewer, a.clusterId, { first: 1 })).toMatchObject({
      hasNext: true,
      items: [{ type: 'Import', name: 'shop/a', version: 'v1', sent: 'YES', stored: 'YES' }],
    });
    const after = 'Import/shop/a';
    expect((await reader.intentStatesOf(viewer, a.clusterId, { after })).items).toMatchObject([
      { type: 'Peer', name: 'net-b', stored: 'UNKNOWN', live: 'UNKNOWN' },
    ]);

    await store.apply(a, 'Gateway', {
      resources: [gateway('i/g2', 'gw.example.com'), gateway('i/g1', '1.1.1.1', 'net-a')],
      removed: [],
    });
    expect(await reader.gatewaysOf(viewer, a.clusterId)).toMatchObject([
      { name: 'g1', network: 'net-a', addresses: [{ value: '1.1.1.1', port: 15443 }] },
      { name: 'g2', selector: { istio: 'eastwestgateway' }, addresses: [{ type: 'Hostname' }] },
    ]);

    const body = ClusterFact.encode(
      ClusterFact.fromPartial({
        kubernetesVersion: 'v1.36.3',
        agentVersion: '0.1.0',
        capabilities: ['mcs-api'],
        dataPlaneMode: 'ambient',
        conditions: [{ type: 'NetworkMismatch', status: 'True', reason: 'X', message: 'y' }],
      }),
    ).finish();
    const fact = { name: 'cluster', version: versionOf(body), body };
    await store.apply(a, 'Cluster', { resources: [fact], removed: [] });
    expect(await reader.clusterFact(viewer, [b.clusterId, a.clusterId])).toMatchObject([
      undefined,
      {
        clusterId: a.clusterId,
        kubernetesVersion: 'v1.36.3',
        agentVersion: '0.1.0',
        capabilities: ['mcs-api'],
        conditions: [{ type: 'NetworkMismatch' }],
      },
    ]);
    await exported(b, service('shop/b'));
    expect(await reader.findings(viewer, mesh.meshId)).toMatchObject([
      { clusterId: a.clusterId, code: 'AmbientNotSupported' },
      { clusterId: b.clusterId, code: 'NetworkWithoutGateway' },
    ]);
  });

  it('answers another tenant as if there were nothing', async () => {
    await exported(a, service('shop/a'));
    await reported(a, intentStatus('Import/shop/a', { intentVersion: 'v' }));
    await store.apply(a, 'Gateway', { resources: [gateway('i/g', '1.1.1.1')], removed: [] });
    const stranger = (await TestMesh.create(postgres.database)).actor('owner');
    const answers = (meshId: string, clusterId: string) =>
      Promise.allSettled([
        reader.services(stranger, { meshId }),
        reader.service(stranger, meshId, 'shop/a'),
        reader.importStates(stranger, { meshId, host: 'shop/a' }),
        reader.exportsOf(stranger, clusterId, {}),
        reader.importsOf(stranger, clusterId, {}),
        reader.intentStatesOf(stranger, clusterId, {}),
        reader.gatewaysOf(stranger, clusterId),
        reader.findings(stranger, meshId),
        reader.clusterFact(stranger, [clusterId]),
      ]);
    const theirs = await answers(mesh.meshId, a.clusterId);
    expect(theirs).toEqual(await answers(newId('mesh'), newId('cluster')));
    expect(theirs.slice(0, -1).every(({ status }) => status === 'rejected')).toBe(true);
    expect(theirs.at(-1)).toEqual({ status: 'fulfilled', value: [undefined] });
  });

  it('refuses pages that are none', async () => {
    await exported(a, service('shop/a'));
    const { meshId } = mesh;
    await expect(reader.services(viewer, { meshId, first: 0 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await expect(reader.services(viewer, { meshId, after: '\0' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});
