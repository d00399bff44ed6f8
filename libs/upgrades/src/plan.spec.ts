import { InjectedNamespace, IstioFact, IstioRevision, ReadinessFact } from '@isthmus/contracts';
import { describe, expect, it } from 'vitest';
import { type IstioKnowledge, loadKnowledge } from './knowledge.js';
import { type Charts, defaultUpgradePolicy } from './model.js';
import { type PlanInput, type PlannedCluster, planUpgrade, type ReleasedObject } from './plan.js';

const knowledge = loadKnowledge();
const now = new Date('2026-11-27T12:00:00Z');
const charts: Charts = { repository: 'https://charts.example', digests: {}, values: {} };
const networking = 'networking.istio.io';

function revision(version: string, more: Partial<IstioRevision> = {}): IstioRevision {
  const of = { name: version.replaceAll('.', '-'), version, proxies: 10, ready: 1, replicas: 1 };
  return IstioRevision.fromPartial({ ...of, injects: true, managed: true, ...more });
}

function namespace(name: string, more: Partial<InjectedNamespace> = {}): InjectedNamespace {
  return InjectedNamespace.fromPartial({ name, follows: 'prod', proxies: 10, ...more });
}

const istio = (more: Partial<IstioFact> = {}) =>
  IstioFact.fromPartial({ revisions: [revision('1.29.6')], ...more });

const readiness = (more: Partial<ReadinessFact> = {}) =>
  ReadinessFact.fromPartial({
    ...{ nodes: 3, freeCpuMilli: 2_000, freeMemoryBytes: 4 * 2 ** 30 },
    ...{ istiodCpuMilli: 500, istiodMemoryBytes: 2 * 2 ** 30 },
    ...more,
  });

function cluster(name: string, more: Partial<PlannedCluster> = {}): PlannedCluster {
  return {
    ...{ id: `id-${name}`, name, network: 'net', locality: 'eu/1', labels: {} },
    ...{ inContact: true, kubernetesVersion: 'v1.33.4', agentVersion: '0.9.0' },
    ...{ istio: istio(), readiness: readiness(), configuration: [] },
    ...more,
  };
}

function object(kind: string, name: string, spec: object, group = networking): ReleasedObject {
  return { kind, group, namespace: 'shop', name, spec: spec as ReleasedObject['spec'] };
}

const plan = (clusters: readonly PlannedCluster[], more: Partial<PlanInput> = {}) =>
  planUpgrade({
    ...{ clusters, toVersion: '1.30.4', knowledge, policy: defaultUpgradePolicy, charts },
    ...{ maxInFlight: 5, phase: 'plan' as const, now },
    ...more,
  });

/** The findings of one code for one cluster. */
const found = (code: string, more: Partial<PlannedCluster>, input: Partial<PlanInput> = {}) =>
  plan([cluster('a', more)], input).findings.filter((one) => one.code === code);

const patched = (more: Partial<IstioKnowledge['minors'][string]>): IstioKnowledge => {
  const minor = knowledge.minors['1.30'];
  if (!minor) throw new Error('1.30 is not known');
  return { ...knowledge, minors: { ...knowledge.minors, '1.30': { ...minor, ...more } } };
};

describe('a plan', () => {
  it('takes clusters that nothing blocks through their hops, wave after wave', () => {
    const clusters = [
      cluster('a'),
      cluster('b', { labels: { env: 'canary' } }),
      cluster('c', { istio: istio({ revisions: [revision('1.28.10')] }) }),
      cluster('d', { istio: istio({ revisions: [revision('1.30.4')] }) }),
      cluster('e', { inContact: false }),
    ];
    const policy = { ...defaultUpgradePolicy, waves: [{ clusterSelector: 'env=canary' }] };
    const { hops, waves, blocked, seconds } = plan(clusters, { policy });
    expect(waves).toEqual([['id-b'], ['id-a', 'id-c']]);
    expect(hops.get('id-c')?.map(({ to }) => to.version)).toEqual(['1.29.6', '1.30.4']);
    expect(hops.get('id-d')).toEqual([]);
    expect(blocked).toEqual(new Map([['id-e', ['NotInContact']]]));
    expect(seconds).toBeGreaterThan(defaultUpgradePolicy.graceSeconds);
  });

  it('of a cluster where all is well blocks and warns of nothing but what the versions bring', () => {
    const { findings, blocked } = plan([cluster('a')]);
    expect(blocked.size).toBe(0);
    expect(findings.map(({ code, clusterId }) => [code, clusterId])).toEqual([
      ['CrdsChange', null],
      ['VersionNote', null],
      ['ChartsNotPinned', null],
    ]);
  });

  it('begins with the most severe, and each finding says what to do', () => {
    const { findings } = plan([cluster('a', { inContact: false }), cluster('b')]);
    const rank = ['BLOCKS', 'WARNS', 'INFORMS'];
    const ranks = findings.map(({ severity }) => rank.indexOf(severity));
    expect(ranks).toEqual([...ranks].sort());
    expect(findings.every(({ message, remedy }) => message !== '' && remedy !== '')).toBe(true);
  });

  it('refuses a target that is not known', () => {
    expect(() => plan([], { toVersion: '1.99.0' })).toThrow(
      expect.objectContaining({ code: 'UPGRADE_VERSION_UNKNOWN' }),
    );
    expect(() => plan([], { toVersion: 'latest' })).toThrow(
      expect.objectContaining({ code: 'UPGRADE_VERSION_INVALID' }),
    );
  });

  it('of no cluster is empty', () => {
    const { waves, findings, seconds } = plan([]);
    expect([waves, findings, seconds]).toEqual([[], [], 0]);
  });
});

describe('where a cluster stands', () => {
  it.each([
    ['NotInContact', { inContact: false }, 'a is out of contact'],
    ['IstioUnknown', { istio: undefined }, 'the agent of a (0.9.0)'],
    ['IstioUnknown', { istio: istio({ revisions: [revision('')] }) }, "of version ''"],
    ['AmbientNotSupported', { dataPlaneMode: 'ambient' }, 'ambient'],
    ['ManageForbidden', { mayManage: false }, 'may not change Istio'],
    [
      'NotTakenOver',
      {
        istio: istio({ revisions: [revision('1.29.6', { managed: false, installedBy: 'helm' })] }),
      },
      'revision 1-29-6 (1.29.6) of a was installed by helm',
    ],
    [
      'WayUnknown',
      { istio: istio({ revisions: [revision('1.20.0')] }) },
      'leads over 1.21, of which no version is known',
    ],
    [
      'RevisionNameTaken',
      {
        istio: istio({
          revisions: [revision('1.29.6'), revision('1.29.5', { name: '1-30-4', proxies: 0 })],
        }),
      },
      'a revision 1-30-4 already, of version 1.29.5',
    ],
  ])('%s blocks', (code, more, words) => {
    const { findings, blocked, waves } = plan([cluster('a', more)]);
    const one = findings.find((entry) => entry.code === code);
    expect(one).toMatchObject({ severity: 'BLOCKS', clusterId: 'id-a' });
    expect(one?.message).toContain(words);
    expect(blocked.get('id-a')).toContain(code);
    expect(waves).toEqual([]);
  });

  it.each([
    ['NoIstio', { istio: istio({ revisions: [] }) }, 1],
    ['AlreadyThere', { istio: istio({ revisions: [revision('1.30.4')] }) }, 0],
    ['NewerAlready', { istio: istio({ revisions: [revision('1.31.0')] }) }, 0],
    ['SeveralHops', { istio: istio({ revisions: [revision('1.28.1')] }) }, 2],
  ])('%s informs', (code, more, hops) => {
    expect(found(code, more)).toMatchObject([{ severity: 'INFORMS', clusterId: 'id-a' }]);
    expect(plan([cluster('a', more)]).hops.get('id-a')).toHaveLength(hops);
  });

  it('with several revisions in use begins with the one that most proxies use', () => {
    const revisions = [
      revision('1.28.10', { proxies: 2 }),
      revision('1.29.6', { name: 'default', proxies: 50 }),
      revision('1.29.5', { proxies: 0, ready: 0 }),
    ];
    const more = { istio: istio({ revisions }) };
    expect(plan([cluster('a', more)]).hops.get('id-a')?.[0]?.from).toEqual({
      version: '1.29.6',
      revision: 'default',
    });
    expect(found('SeveralRevisions', more)).toMatchObject([
      { severity: 'WARNS', message: expect.stringContaining('2 revisions: 1-28-10') },
    ]);
  });

  it('half way through an upgrade goes on with what is left', () => {
    const revisions = [revision('1.29.6', { proxies: 3 }), revision('1.30.4', { proxies: 97 })];
    const hops = plan([cluster('a', { istio: istio({ revisions }) })]).hops.get('id-a');
    expect(hops?.map(({ from, to }) => [from?.version, to.version])).toEqual([
      ['1.29.6', '1.30.4'],
    ]);
  });
});

describe('Kubernetes', () => {
  it.each([
    ['v1.31.9', '1.30.4', 'KubernetesTooOld', 'BLOCKS'],
    ['v1.37.0-gke.100', '1.30.4', 'KubernetesTooNew', 'WARNS'],
    ['', '1.30.4', 'KubernetesUnknown', 'WARNS'],
    ['1.31+', '1.31.0', 'KubernetesTooOld', 'BLOCKS'],
  ])('%s for %s: %s', (kubernetesVersion, toVersion, code, severity) => {
    expect(found(code, { kubernetesVersion }, { toVersion })[0]).toMatchObject({ severity });
  });

  it('has to go with each version on the way', () => {
    const more = {
      istio: istio({ revisions: [revision('1.28.10')] }),
      kubernetesVersion: 'v1.30.0',
    };
    expect(found('KubernetesTooOld', more).map(({ message }) => message)).toEqual([
      'a runs Kubernetes 1.30, and Istio 1.29.6 goes with 1.31 to 1.35',
      'a runs Kubernetes 1.30, and Istio 1.30.4 goes with 1.32 to 1.36',
    ]);
    expect(found('KubernetesTooOld', { ...more, kubernetesVersion: 'v1.31.0' })).toHaveLength(1);
  });

  it('is no reason to refuse where nobody verified it', () => {
    expect(
      found(
        'KubernetesTooOld',
        { kubernetesVersion: 'v1.31.0' },
        { knowledge: patched({ verified: false }) },
      ),
    ).toMatchObject([{ severity: 'WARNS' }]);
  });
});

describe('room and budgets', () => {
  it('block where no node has room for another istiod', () => {
    const small = { readiness: readiness({ freeCpuMilli: 250 }) };
    expect(found('NoRoomForIstiod', small)).toMatchObject([
      {
        severity: 'BLOCKS',
        message:
          'of the 3 nodes of a the roomiest has 0.25 CPU and 4,096 MiB left, and an istiod requests 0.5 CPU and 2,048 MiB',
      },
    ]);
    expect(
      found('NoRoomForIstiod', { readiness: readiness({ freeMemoryBytes: 2 ** 30 }) }),
    ).toHaveLength(1);
    expect(found('NoRoomForIstiod', { readiness: readiness({ freeCpuMilli: 500 }) })).toEqual([]);
    expect(found('RoomUnknown', { readiness: undefined })).toMatchObject([{ severity: 'INFORMS' }]);
  });

  it('that let no Pod go warn of it, and block right before', () => {
    const more = { readiness: readiness({ blockingBudgets: ['shop/web', 'shop/db'] }) };
    expect(found('DisruptionBudgetBlocks', more)).toMatchObject([
      {
        severity: 'WARNS',
        message: '2 PodDisruptionBudgets of a let no Pod go now: shop/web, shop/db',
      },
    ]);
    expect(found('DisruptionBudgetBlocks', more, { phase: 'preflight' })).toMatchObject([
      { severity: 'BLOCKS' },
    ]);
  });
});

describe('proxies', () => {
  const behind = (version: string) => ({
    istio: istio({
      namespaces: [
        namespace('shop', {
          revisions: [{ revision: '1-29-6', version, workloads: 4, gateways: 1 }],
        }),
        namespace('pay', {
          revisions: [{ revision: '1-29-6', version: '1.29.1', workloads: 4, gateways: 0 }],
        }),
      ],
    }),
  });

  it('behind their istiod are warned of, and block when they are too far behind', () => {
    expect(found('ProxySkew', behind('1.29.0'))).toEqual([]);
    expect(found('ProxySkew', behind('1.28.2'))).toMatchObject([
      {
        severity: 'WARNS',
        message: '5 proxies of a are older than istiod 1.29.6, in shop (1.28.2)',
      },
    ]);
    expect(found('ProxySkew', behind('1.27.2'))).toMatchObject([
      {
        severity: 'BLOCKS',
        message: expect.stringContaining('3 minor versions behind 1.30.4, where 2'),
      },
    ]);
  });

  it('of no istiod, and Pods that nobody restarts, are told', () => {
    const more = {
      istio: istio({
        namespaces: [
          namespace('shop', {
            bare: 2,
            revisions: [{ revision: 'gone', version: '1.29.0', workloads: 3, gateways: 0 }],
          }),
          namespace('pay', { bare: 1 }),
        ],
      }),
    };
    expect(found('OrphanedProxies', more)).toMatchObject([
      { severity: 'WARNS', message: '3 proxies of a are of gone, of which there is no istiod' },
    ]);
    expect(found('BareProxies', more)).toMatchObject([
      {
        severity: 'WARNS',
        message:
          '3 Pods of a with a proxy have no controller that would restart them, in shop (2), pay (1)',
      },
    ]);
  });

  it('injected by default, or by tags of others, are told', () => {
    const tags = [{ name: 'prod', revision: '1-29-6', managed: false }];
    const more = {
      istio: istio({ tags, namespaces: [namespace('shop', { follows: 'injection' })] }),
    };
    expect(found('NotManagedTag', more)).toMatchObject([
      {
        severity: 'WARNS',
        message: expect.stringContaining('1 tag of a was set by somebody else'),
      },
    ]);
    expect(found('DefaultInjectionWithoutTag', more)).toMatchObject([{ severity: 'INFORMS' }]);
    const withTag = [{ name: 'default', revision: '1-29-6', managed: true }];
    expect(
      found('DefaultInjectionWithoutTag', {
        istio: istio({ tags: withTag, namespaces: [namespace('shop', { follows: 'injection' })] }),
      }),
    ).toEqual([]);
  });

  it('at gateways meet the bugs of the version that is there', () => {
    const of = (version: string, gateways: number) =>
      found('KnownBug', {
        istio: istio({
          revisions: [revision(version)],
          namespaces: [namespace('edge', { gateways })],
        }),
      });
    expect(of('1.29.4', 2)).toMatchObject([
      { severity: 'WARNS', remedy: expect.stringContaining('1.29.5') },
    ]);
    expect(of('1.28.10', 2)).toHaveLength(1);
    expect(of('1.29.5', 2)).toEqual([]);
    expect(of('1.29.4', 0)).toEqual([]);
  });
});

describe('configuration', () => {
  const ring = object('DestinationRule', 'web', {
    subsets: [{ trafficPolicy: { loadBalancer: { consistentHash: { minimumRingSize: 1 } } } }],
  });
  const selected = object('AuthorizationPolicy', 'edge', {
    selector: { matchLabels: { 'istio.io/gateway-name': 'edge' } },
  });

  it('with fields that are deprecated is warned of', () => {
    expect(found('DeprecatedField', { configuration: [ring, selected] })).toMatchObject([
      {
        severity: 'WARNS',
        clusterId: 'id-a',
        object: 'DestinationRule.networking.istio.io/shop/web',
        message: expect.stringContaining('DestinationRule shop/web uses spec.**'),
      },
    ]);
  });

  it('with fields that the way takes away blocks', () => {
    const old = { istio: istio({ revisions: [revision('1.23.6')] }), kubernetesVersion: '1.28.0' };
    const input = { toVersion: '1.24.6' };
    expect(found('RemovedField', { ...old, configuration: [selected] }, input)).toMatchObject([
      {
        severity: 'BLOCKS',
        clusterId: 'id-a',
        object: 'AuthorizationPolicy.networking.istio.io/shop/edge',
      },
    ]);
    expect(found('RemovedField', { configuration: [selected] })).toEqual([]);
  });

  it('is not refused for what nobody verified, and is told once what is both', () => {
    const entry = {
      ...{ group: networking, kind: 'Sidecar', path: 'spec.egress[].old', in: 'spec' as const },
      ...{ replacement: 'spec.egress[].new', note: '', verified: false },
    };
    const of = patched({
      deprecations: [
        { ...entry, when: 'deprecated' },
        { ...entry, when: 'removed' },
      ],
    });
    const configuration = [object('Sidecar', 'all', { egress: [{}, { old: true }] })];
    const { findings } = plan([cluster('a', { configuration })], { knowledge: of });
    expect(findings.filter((one) => one.object !== null)).toMatchObject([
      {
        code: 'RemovedField',
        severity: 'WARNS',
        remedy: 'use spec.egress[].new in a new release first',
      },
    ]);
  });

  it('is asked for annotations too', () => {
    const of = patched({
      deprecations: [
        {
          ...{ group: '*', kind: 'Gateway', path: 'example.com/old', in: 'annotations' },
          ...{ when: 'deprecated', replacement: 'example.com/new', note: '', verified: true },
        },
      ],
    });
    const gateway = { ...object('Gateway', 'edge', {}), annotations: { 'example.com/old': '' } };
    expect(found('DeprecatedField', { configuration: [gateway] }, { knowledge: of })).toHaveLength(
      1,
    );
  });

  it('is of the mesh where all have it, and else of each that has', () => {
    const shared = [ring];
    const of = (...configurations: ReleasedObject[][]) =>
      plan(configurations.map((configuration, index) => cluster(`c${index}`, { configuration })))
        .findings.filter(({ code }) => code === 'DeprecatedField')
        .map(({ clusterId }) => clusterId);
    expect(of(shared, shared, [ring])).toEqual([null]);
    expect(of(shared, shared, [])).toEqual(['id-c0', 'id-c1']);
  });

  it('of EnvoyFilters is warned of, of whomever they are', () => {
    const filter = (name: string, proxyVersion?: string) =>
      object('EnvoyFilter', name, {
        configPatches: [{ match: { proxy: { proxyVersion } } }, { applyTo: 'CLUSTER' }],
      });
    const more = {
      configuration: [
        filter('ours', '^1\\.29.*'),
        filter('next', '1.30'),
        filter('any', '^1\\..*'),
        filter('broken', '('),
      ],
      readiness: readiness({ envoyFilters: ['other/theirs', 'shop/ours'], envoyFilterCount: 7 }),
    };
    expect(found('EnvoyFiltersPresent', more)).toMatchObject([
      {
        severity: 'WARNS',
        message: 'a has 7 EnvoyFilters: other/theirs, shop/any, shop/broken and 4 more',
      },
    ]);
    expect(
      found('EnvoyFilterVersionPinned', more).map(({ severity, message }) => [severity, message]),
    ).toEqual([
      [
        'WARNS',
        "EnvoyFilter shop/ours is for proxies of some versions alone: '^1\\.29.*' does not match 1.30.4",
      ],
      [
        'WARNS',
        "EnvoyFilter shop/next is for proxies of some versions alone: '1.30' begins to match 1.30.4",
      ],
    ]);
  });

  it('decides which notes are told', () => {
    const notes = (configuration: ReleasedObject[]) =>
      found('VersionNote', { configuration }).filter(({ message }) => message.includes('TLSRoute'));
    expect(notes([object('TLSRoute', 'x', {}, 'gateway.networking.k8s.io')])).toHaveLength(1);
    expect(notes([])).toEqual([]);
  });
});

describe('versions', () => {
  it('out of support, and such that nobody looked up, are warned of', () => {
    const old = { istio: istio({ revisions: [revision('1.27.9')] }), kubernetesVersion: 'v1.31.0' };
    expect(found('EndOfLife', old, { toVersion: '1.28.10' })).toMatchObject([
      {
        severity: 'WARNS',
        clusterId: null,
        message: 'Istio 1.28 got its last fixes on 2026-07-01',
      },
    ]);
    expect(found('EndOfLife', {})).toEqual([]);
    expect(found('VersionNotVerified', {}, { toVersion: '1.30.8' })).toHaveLength(1);
    expect(found('VersionNotVerified', {})).toEqual([]);
  });

  it('of one minor version change no CRDs', () => {
    const more = { istio: istio({ revisions: [revision('1.30.1')] }) };
    expect(found('CrdsChange', more)).toEqual([]);
    expect(found('VersionNote', more)).toEqual([]);
  });

  it('whose charts are pinned are not told', () => {
    const digests = { 'base-1.30.4': 'x', 'istiod-1.30.4': 'y' };
    expect(found('ChartsNotPinned', {}, { charts: { ...charts, digests } })).toEqual([]);
    expect(found('ChartsNotPinned', {})[0]?.message).toBe(
      '2 charts are taken as the repository has them: base-1.30.4, istiod-1.30.4',
    );
  });

  it('go first in namespaces that some cluster has', () => {
    const policy = { ...defaultUpgradePolicy, canaryNamespaces: ['shop', 'typo'] };
    const more = { istio: istio({ namespaces: [namespace('shop')] }) };
    expect(found('CanaryNamespaceMissing', more, { policy })).toMatchObject([
      { severity: 'WARNS', message: expect.stringContaining('typo') },
    ]);
  });
});

it('plans a thousand clusters with two hundred objects at once', () => {
  const ports = Array.from({ length: 20 }, (_, port) => ({
    port,
    connectionPool: { http: { a: 1 } },
  }));
  const rules = (from: number) =>
    Array.from({ length: 200 }, (_, index) =>
      object('DestinationRule', `rule-${from + index}`, {
        trafficPolicy: {
          portLevelSettings: ports,
          loadBalancer: { warmupDurationSecs: index % 10 ? undefined : '1s' },
        },
      }),
    );
  const variants = [rules(0), rules(100), rules(200)];
  const namespaces = Array.from({ length: 100 }, (_, index) =>
    namespace(`n${index}`, {
      bare: 1,
      revisions: [{ revision: '1-29-6', version: '1.28.1', workloads: 5, gateways: 1 }],
    }),
  );
  const clusters = Array.from({ length: 1_000 }, (_, index) =>
    cluster(`c${String(index).padStart(4, '0')}`, {
      istio: istio({ namespaces }),
      configuration: variants[index % 3] ?? [],
    }),
  );
  const began = performance.now();
  const { waves, findings } = plan(clusters);
  expect(performance.now() - began).toBeLessThan(4_000);
  expect(waves.map((wave) => wave.length)).toEqual([10, 240, 750]);
  expect(findings.length).toBeLessThanOrEqual(5_000);
  expect(findings.at(-1)?.code).toBe('MoreFindings');
});
