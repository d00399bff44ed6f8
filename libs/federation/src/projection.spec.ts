import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExportedServiceFact, ImportIntent, Intents, resourceTypeOf } from '@isthmus/contracts';
import { describe, expect, it } from 'vitest';
import type { FactRow } from './mesh-loader.js';
import { MeshRows } from './mesh-rows.js';
import type { ClusterSettings, MeshSettings, MeshState } from './mesh-state.js';
import { type IntentBodies, type ProjectedMesh, project } from './projection.js';
import { gateway, service } from './testing.js';

function cluster(id: string, network: string, more: Partial<ClusterSettings> = {}) {
  return {
    id,
    name: id.toUpperCase(),
    network,
    locality: 'eu/west',
    cidrs: [],
    labels: {},
    removed: false,
    stale: false,
    ...more,
  };
}

function settings(clusters: ClusterSettings[], more: Partial<MeshSettings> = {}): MeshSettings {
  return {
    mesh: { id: 'mesh', name: 'prod', trustDomain: 'mesh.example' },
    clusters: new Map(clusters.map((item) => [item.id, item])),
    grants: [],
    policies: [],
    trust: { anchors: [], signing: new Map() },
    configuration: {
      drift: 'revert',
      current: undefined,
      clusters: new Map(),
      trials: new Map(),
      inventories: new Map(),
    },
    versions: { istio: new Map(), agents: new Map() },
    ...more,
  };
}

let revision = 0n;
type Reported = { name: string; body: Uint8Array };
const row = (clusterId: string, type: string, fact: Reported): FactRow => ({
  clusterId,
  type,
  name: fact.name,
  body: fact.body,
  since: ++revision,
  withdrawnAt: null,
});
const exported = (id: string, ...facts: Reported[]) =>
  facts.map((fact) => row(id, 'ExportedService', fact));
const entered = (id: string, ...facts: Reported[]) => facts.map((fact) => row(id, 'Gateway', fact));

const state = (of: MeshSettings, ...rows: FactRow[][]): MeshState => ({
  settings: of,
  facts: MeshRows.of(rows.flat()),
});

function readable(bodies: IntentBodies): object {
  return Object.fromEntries(
    [...bodies].map(([typeUrl, resources]) => {
      const type = resourceTypeOf(typeUrl);
      return [
        type?.name,
        Object.fromEntries([...resources].map(([name, body]) => [name, type?.decode(body)])),
      ];
    }),
  );
}

function readableMesh(mesh: ProjectedMesh): object {
  const scopes = (map: ReadonlyMap<string, IntentBodies>) =>
    Object.fromEntries([...map].map(([key, bodies]) => [key, readable(bodies)]));
  return {
    mesh: readable(mesh.mesh),
    networks: scopes(mesh.networks),
    clusters: scopes(mesh.clusters),
    findings: mesh.findings,
  };
}

/** Compares with golden/<name>.json; UPDATE_GOLDEN=1 writes it. */
function expectGolden(name: string, mesh: ProjectedMesh): void {
  const file = fileURLToPath(new URL(`./golden/${name}.json`, import.meta.url));
  const text = `${JSON.stringify(readableMesh(mesh), null, 2)}\n`;
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(existsSync(file), `run with UPDATE_GOLDEN=1 to make ${name}.json`).toBe(true);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

function imported(mesh: ProjectedMesh, host: string): ImportIntent | undefined {
  const body = mesh.mesh.get(Intents.Import.typeUrl)?.get(host);
  return body && Intents.Import.decode(body);
}

function statusOf(mesh: ProjectedMesh, clusterId: string, host: string) {
  const body = mesh.clusters.get(clusterId)?.get(Intents.ExportStatus.typeUrl)?.get(host);
  return body && Intents.ExportStatus.decode(body);
}

function exposure(mesh: ProjectedMesh, clusterId: string): string[] {
  const body = mesh.clusters.get(clusterId)?.get(Intents.Exposure.typeUrl)?.get('exposure');
  return body ? Intents.Exposure.decode(body).hosts : [];
}

const sourcesOf = (mesh: ProjectedMesh, host: string) =>
  imported(mesh, host)?.sources.map(({ clusterId }) => clusterId);

describe('project', () => {
  it('makes a mesh of two networks', () => {
    const of = settings(
      [cluster('c1', 'net-a'), cluster('c2', 'net-a', { stale: true }), cluster('c3', 'net-b')],
      {
        policies: [
          {
            name: 'public',
            namespaceSelector: { matchLabels: { b: '2', a: '1' }, matchExpressions: [] },
            serviceSelector: {
              matchLabels: {},
              matchExpressions: [{ key: 'tier', operator: 'In', values: ['web'] }],
            },
          },
        ],
        grants: [{ namespace: 'shop', service: '*', clusterIds: ['c1', 'c2', 'c3'] }],
        trust: {
          anchors: ['-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n'],
          signing: new Map([
            [
              'c1',
              {
                keyId: 'aa',
                certificate: 'PEM',
                chain: '',
                notBefore: new Date(1_000_000),
                notAfter: new Date(2_000_999),
              },
            ],
          ]),
        },
      },
    );
    const payments = service('shop/payments', {
      groups: [
        { locality: 'eu/west/b', serviceAccount: 'pay', ready: 2, addresses: ['10.0.0.2'] },
        { locality: '', serviceAccount: 'pay', ready: 1, addresses: ['10.0.0.1'] },
        { locality: 'eu/west/b', serviceAccount: 'pay', ready: 1, addresses: ['10.0.0.3'] },
        { locality: 'eu/west/c', serviceAccount: 'pay', ready: 0, addresses: [] },
      ],
    });
    expectGolden(
      'two-networks',
      project(
        state(
          of,
          exported('c3', payments, service('tools/ci')),
          exported('c2', payments),
          exported('c1', payments, service('tools/ci'), service('shop/web', { headless: true })),
          exported(
            'c1',
            service('shop/old', { refusedReason: 'ExternalName', refusedMessage: 'has no pods' }),
          ),
          entered('c1', gateway('istio-system/ew', '198.51.100.2')),
          entered('c2', gateway('istio-system/ew', 'gw.example.com', 'net-a')),
          entered('c3', gateway('istio-system/ew', '203.0.113.1', 'elsewhere')),
        ),
      ),
    );
  });

  it('makes nothing of nothing', () => {
    expectGolden('empty', project(state(settings([]))));
  });

  it('gives the same bytes in any order', () => {
    const rows = [
      exported('c1', service('a/x'), service('b/y')),
      exported('c2', service('b/z')),
      entered('c1', gateway('i/g', '1.1.1.1'), gateway('i/h', '1.1.1.2')),
    ].flat();
    const clusters = [cluster('c1', 'n'), cluster('c2', 'n')];
    expect(readableMesh(project(state(settings(clusters), rows)))).toEqual(
      readableMesh(project(state(settings(clusters.reverse()), rows.reverse()))),
    );
  });

  it('leaves a host to whom exported it first', () => {
    const mesh = project(
      state(
        settings([cluster('c1', 'a'), cluster('c2', 'b')]),
        exported('c2', service('shop/payments')),
        exported('c1', service('shop/payments')),
      ),
    );
    expect(sourcesOf(mesh, 'shop/payments')).toEqual(['c2']);
    expect(statusOf(mesh, 'c2', 'shop/payments')).toMatchObject({ valid: true, conflict: false });
    expect(statusOf(mesh, 'c1', 'shop/payments')).toMatchObject({
      valid: true,
      conflict: true,
      reason: 'HostOwnedByAnother',
      message: expect.stringContaining("belongs to the cluster 'C2'"),
    });
    expect(exposure(mesh, 'c1')).toEqual([]);
    expect(exposure(mesh, 'c2')).toEqual([
      'payments.shop.svc.cluster.local',
      'payments.shop.svc.clusterset.local',
    ]);
  });

  it('does not hand a name on while its owner is refused', () => {
    const mesh = project(
      state(
        settings([cluster('c1', 'a'), cluster('c2', 'b')]),
        exported('c1', service('shop/payments', { refusedReason: 'ExternalName' })),
        exported('c2', service('shop/payments')),
      ),
    );
    expect(imported(mesh, 'shop/payments')).toBeUndefined();
    expect(statusOf(mesh, 'c1', 'shop/payments')).toMatchObject({
      valid: false,
      conflict: false,
      reason: 'ExternalName',
    });
    expect(statusOf(mesh, 'c2', 'shop/payments')).toMatchObject({ conflict: true });
  });

  it("asks a service's grant before its namespace's, whoever came first", () => {
    const clusters = [cluster('c1', 'a'), cluster('c2', 'b'), cluster('c3', 'c')];
    const mesh = project(
      state(
        settings(clusters, {
          grants: [
            { namespace: 'shop', service: '*', clusterIds: ['c1'] },
            { namespace: 'shop', service: 'payments', clusterIds: ['c2', 'c3'] },
            { namespace: 'free', service: '*', clusterIds: [] },
          ],
        }),
        ...clusters.map(({ id }) =>
          exported(id, service('shop/payments'), service('shop/web'), service('free/any')),
        ),
      ),
    );
    expect(sourcesOf(mesh, 'shop/payments')).toEqual(['c2', 'c3']);
    expect(sourcesOf(mesh, 'shop/web')).toEqual(['c1']);
    expect(sourcesOf(mesh, 'free/any')).toEqual(['c1', 'c2', 'c3']);
    expect(statusOf(mesh, 'c1', 'shop/payments')?.message).toContain("granted to 'C2', 'C3'");
  });

  describe('when granted exporters differ', () => {
    const http = { name: 'http', port: 80, protocol: 'TCP', appProtocol: '', targetPortName: '' };
    const both = (
      first: Partial<ExportedServiceFact>,
      second: Partial<ExportedServiceFact>,
      network = 'b',
    ) =>
      project(
        state(
          settings([cluster('c1', 'a'), cluster('c2', network)], {
            grants: [{ namespace: 'x', service: '*', clusterIds: [] }],
          }),
          exported('c1', service('x/y', first)),
          exported('c2', service('x/y', second)),
        ),
      );

    it.each([
      ['another protocol', { ports: [{ ...http, protocol: 'UDP', targetPort: 80 }] }],
      ['another name', { ports: [{ ...http, name: 'grpc', targetPort: 8080 }] }],
      ['another appProtocol', { ports: [{ ...http, appProtocol: 'h2c', targetPort: 8080 }] }],
      ['no such port', { ports: [] }],
    ])('keeps the first one against %s', (_, second) => {
      const mesh = both({}, second);
      expect(sourcesOf(mesh, 'x/y')).toEqual(['c1']);
      expect(statusOf(mesh, 'c2', 'x/y')).toMatchObject({ conflict: true, reason: 'PortConflict' });
    });

    it('takes further ports for nothing, and another target port from afar', () => {
      const more = [
        { ...http, targetPort: 9090 },
        { ...http, name: 'm', port: 90, targetPort: 1 },
      ];
      const mesh = both({}, { ports: more });
      expect(sourcesOf(mesh, 'x/y')).toEqual(['c1', 'c2']);
      expect(imported(mesh, 'x/y')?.ports).toHaveLength(1);
      expect(sourcesOf(both({}, { ports: more }, 'a'), 'x/y')).toEqual(['c1']);
    });

    it('does not mix headless and not', () => {
      expect(statusOf(both({}, { headless: true }), 'c2', 'x/y')).toMatchObject({
        conflict: true,
        reason: 'TypeConflict',
      });
    });
  });

  it('keeps what an exporter out of contact offers, and nothing of a removed one', () => {
    const facts = [
      exported('c1', service('a/x')),
      exported('c2', service('b/y')),
      entered('c2', gateway('i/g', '1.1.1.1')),
    ];
    const mesh = project(
      state(
        settings([cluster('c1', 'a', { stale: true }), cluster('c2', 'b', { removed: true })]),
        ...facts,
      ),
    );
    expect(imported(mesh, 'a/x')?.sources).toMatchObject([{ clusterId: 'c1', stale: true }]);
    expect(imported(mesh, 'b/y')).toBeUndefined();
    expect([...mesh.clusters.keys()]).toEqual(['c1']);
    expect(mesh.mesh.get(Intents.Peer.typeUrl)?.size).toBe(0);
  });

  it('tells addresses to neighbours alone, and only those that are the cluster’s', () => {
    const fact = service('a/x', { ready: 2, addresses: ['10.2.0.1', '10.1.0.9', '10.1.0.1'] });
    const of = [cluster('c1', 'n', { cidrs: ['10.1.0.0/16'] }), cluster('c2', 'n')];
    const mesh = project(state(settings(of), exported('c1', fact)));
    const body = mesh.networks.get('n')?.get(Intents.Endpoints.typeUrl)?.get('c1/a/x');
    expect(body && Intents.Endpoints.decode(body).groups).toMatchObject([
      { addresses: ['10.1.0.1', '10.1.0.9'] },
    ]);
    expect(imported(mesh, 'a/x')?.sources[0]?.groups).toMatchObject([{ ready: 2, addresses: [] }]);
    const alone = project(state(settings(of.slice(0, 1)), exported('c1', fact)));
    expect(alone.networks.get('n')?.get(Intents.Endpoints.typeUrl)?.size).toBe(0);
  });

  it('keeps an import below what a message carries', () => {
    const long = 'z'.repeat(200);
    const groups = Array.from({ length: 200 }, (_, index) => ({
      locality: `${long}/${index}`,
      serviceAccount: long,
      ready: 1,
      addresses: [],
    }));
    const clusters = Array.from({ length: 30 }, (_, index) => cluster(`c${index}`, `n${index}`));
    const mesh = project(
      state(
        settings(clusters, { grants: [{ namespace: 'a', service: '*', clusterIds: [] }] }),
        ...clusters.map(({ id }) => exported(id, service('a/x', { groups }))),
      ),
    );
    const body = mesh.mesh.get(Intents.Import.typeUrl)?.get('a/x');
    expect(body?.length).toBeGreaterThan(500_000);
    expect(body?.length).toBeLessThan(1024 * 1024);
    expect(statusOf(mesh, 'c29', 'a/x')).toMatchObject({ reason: 'ImportTooLarge' });
  });
});
