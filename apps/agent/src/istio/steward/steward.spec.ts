import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ensureTools,
  type KubeCluster,
  packageCharts,
  startCluster,
  type Tools,
} from '@isthmus/clusters';
import { Intents, IstioFact, IstioIntent, State } from '@isthmus/contracts';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FactBoard } from '../../facts/board.js';
import { IntentBook } from '../../intents/book.js';
import { IntentDisk } from '../../intents/disk.js';
import { Kube } from '../../kube/client.js';
import { Informer } from '../../kube/informer.js';
import { Core, type KubeObject, type Namespace, type Pod, type Secret } from '../../kube/kinds.js';
import { eventually } from '../../testing/lab.js';
import { Upgraded } from '../kinds.js';
import { IstioSurvey } from '../survey.js';
import { revisionFor } from './following.js';
import { Sail, Stewarded, type WebhookConfiguration, type Workload } from './kinds.js';
import { documentsOf, objectOf } from './releases.js';
import { IstioSteward } from './steward.js';

const log = pino({ level: process.env.AGENT_LOG ?? 'silent' });
const gatewayApi = {
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  plural: 'gateways',
  kind: 'Gateway',
  namespaced: true,
};
const crdName = 'gateways.networking.istio.io';

let tools: Tools;
let cluster: KubeCluster;
let kube: Kube;
let dir: string;
let charts: string;
/** Waits for Pods to be ready where it exists. */
let waitFlag: string;
let helmPath: string;
/** Of the last run of Helm. */
let helmPid: string;
const digests = new Map<string, { base: string; istiod: string }>();

/** One life of an agent, as far as Istio goes. */
class Life {
  private constructor(
    private readonly parts: {
      survey: IstioSurvey;
      namespaces: Informer<Namespace>;
      steward: IstioSteward;
      kube: Kube;
    },
    readonly facts: FactBoard,
    readonly book: IntentBook,
    readonly dataDir: string,
  ) {}

  static async begin(
    options: { name?: string; kubeconfig?: string; istioNamespace?: string } = {},
  ): Promise<Life> {
    const {
      name = 'data',
      kubeconfig = cluster.kubeconfig,
      istioNamespace = 'istio-system',
    } = options;
    const dataDir = join(dir, name);
    const own = Kube.load(kubeconfig);
    const namespaces = new Informer<Namespace>(own, Core.Namespace, log);
    namespaces.start();
    const survey = new IstioSurvey({
      kube: own,
      log,
      istioNamespace,
      namespaces,
      times: { debounceMs: 20, readinessMs: 300_000 },
    });
    const book = new IntentBook(new IntentDisk(dataDir, log), 'cluster', log);
    await book.load();
    const facts = new FactBoard();
    const steward = new IstioSteward({
      kube: own,
      log,
      survey,
      facts,
      book,
      istioNamespace,
      cluster: 'cluster',
      helm: { path: helmPath, kubeconfig, dataDir },
      times: {
        pollMs: { first: 50, most: 200 },
        retryMs: { first: 50, most: 500 },
        resyncMs: 500,
        settleMs: 200,
      },
    });
    await survey.start();
    steward.start();
    return new Life({ survey, namespaces, steward, kube: own }, facts, book, dataDir);
  }

  async want(intent: Parameters<typeof IstioIntent.fromPartial>[0]): Promise<void> {
    const body = Intents.Istio.encode(IstioIntent.fromPartial(intent));
    const version = `${intent.fence}`;
    await this.book.apply(Intents.Istio.typeUrl, {
      resources: [{ name: 'istio', version, body }],
      removed: [],
    });
  }

  get fact(): IstioFact | undefined {
    return this.facts.get('Istio', 'istio');
  }

  /** The fact of a fence when all of it is done. @throws its tasks. */
  async settled(fence: number, withinMs = 60_000): Promise<IstioFact> {
    return await eventually(() => {
      const { fact } = this;
      if (fact?.fence === fence && fact.settled) return fact;
      throw new Error(`fence ${fact?.fence}: ${JSON.stringify(fact?.tasks)}`);
    }, withinMs);
  }

  /** A task with this reason. */
  async told(reason: string, withinMs = 60_000) {
    return await eventually(() => {
      const tasks = this.fact?.tasks ?? [];
      const found = tasks.find((task) => task.reason === reason);
      if (!found) throw new Error(JSON.stringify(tasks));
      return found;
    }, withinMs);
  }

  async end(): Promise<void> {
    await this.parts.steward.stop();
    await this.parts.survey.stop();
    await this.parts.namespaces.stop();
    this.parts.kube.close();
  }
}

/** What kubelet, istiod and its injector would do, as far as the API server shows it. */
class Nature {
  isPaused = false;
  /** Whether istiods get ready as well. */
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  start(): void {
    this.running = this.work();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async work(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      if (!this.isPaused) await this.turn().catch(() => undefined);
      await sleep(50, undefined, { signal }).catch(() => undefined);
    }
  }

  private async turn(): Promise<void> {
    const { items: hooks } = await kube.list<WebhookConfiguration>(
      Stewarded.MutatingWebhookConfiguration,
      { labelSelector: 'istio.io/rev' },
    );
    const caBundle = Buffer.from(cluster.caPem).toString('base64');
    for (const hook of hooks) {
      const { webhooks = [], metadata } = hook;
      if (webhooks.every(({ clientConfig }) => clientConfig.caBundle)) continue;
      const signed = webhooks.map((it) => ({
        ...it,
        clientConfig: { ...it.clientConfig, caBundle },
      }));
      const { name, resourceVersion } = metadata;
      await kube.patch(
        Stewarded.MutatingWebhookConfiguration,
        { name },
        { metadata: { resourceVersion }, webhooks: signed },
      );
    }
    const following = {
      tags: new Map(
        hooks.flatMap(({ metadata: { labels = {} } }) => {
          const tag = labels['istio.io/tag'];
          return tag ? [[tag, labels['istio.io/rev'] ?? ''] as const] : [];
        }),
      ),
      revisions: new Set(
        hooks.flatMap(({ metadata: { labels = {} } }) =>
          labels['istio.io/tag'] ? [] : [labels['istio.io/rev'] ?? ''],
        ),
      ),
    };
    const { items: pods } = await kube.list<Pod & { status?: { conditions?: unknown[] } }>(
      Core.Pod,
    );
    for (const pod of pods) {
      const { namespace = '', name, labels = {}, annotations = {} } = pod.metadata;
      const conditions = (pod.status?.conditions ?? []) as { type: string; status: string }[];
      if (conditions.some((it) => it.type === 'Ready' && it.status === 'True')) continue;
      if (labels.never === 'ready') continue;
      if (labels.app !== 'istiod' && annotations['istio.io/rev'] === undefined) {
        const there = await kube.get<Namespace>(Core.Namespace, { name: namespace });
        const { 'istio-injection': injection, 'istio.io/rev': rev = '' } =
          there?.metadata.labels ?? {};
        const follows = injection === 'enabled' ? 'injection' : rev;
        const revision = revisionFor(follows, following);
        if (revision) {
          await kube.patch(
            Core.Pod,
            { namespace, name },
            {
              metadata: {
                labels: { 'service.istio.io/canonical-name': labels.app ?? name },
                annotations: { 'istio.io/rev': revision },
              },
            },
          );
        }
      }
      const now = new Date().toISOString();
      await cluster.kubectl([
        ...['patch', 'pod', name, '-n', namespace, '--subresource=status', '--type=merge', '-p'],
        JSON.stringify({
          status: {
            phase: 'Running',
            conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: now }],
          },
        }),
      ]);
    }
  }
}

const nature = new Nature();

const source = (version: string, pinned = true) => ({
  repository: charts,
  digests: pinned ? digests.get(version) : {},
});
const revisionOf = (version: string) => version.replaceAll('.', '-');
const install = (version: string, changes: object = {}) => ({
  name: revisionOf(version),
  version,
  wanted: 'install',
  charts: source(version),
  valuesFrom: 'default',
  ...changes,
});

async function apply(...objects: object[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  await cluster.kubectl(['apply', '--server-side', '--field-manager=somebody', '-f', '-'], {
    input,
  });
}

function deployment(namespace: string, name: string, labels: Record<string, string> = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, ...labels } },
        spec: { containers: [{ name: 'app', image: 'app:1' }] },
      },
    },
  };
}

const workload = async (namespace: string, name: string): Promise<Workload> =>
  (await kube.get<Workload>(Stewarded.Deployment, { namespace, name })) as Workload;
const webhookOf = async (name: string): Promise<WebhookConfiguration | undefined> =>
  await kube.get<WebhookConfiguration>(Stewarded.MutatingWebhookConfiguration, { name });
const serviceOf = (hook: WebhookConfiguration | undefined) =>
  hook?.webhooks?.map(({ clientConfig }) => clientConfig.service?.name);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'isthmus-steward-'));
  tools = await ensureTools({ log: () => undefined });
  charts = join(dir, 'charts');
  const sources = join(import.meta.dirname, '../../../../../infra/local/charts');
  const versions = ['1.29.6', '1.30.2', '1.30.3'];
  for (const { chart, version, sha256 } of await packageCharts({
    ...{ tools, sources, folder: charts, versions },
  })) {
    digests.set(version, { base: '', istiod: '', ...digests.get(version), [chart]: sha256 });
  }
  helmPath = join(dir, 'helm.sh');
  waitFlag = join(dir, 'wait');
  helmPid = join(dir, 'helm.pid');
  const script = `#!/bin/sh
echo $$ > ${helmPid}
if [ "$1" = upgrade ] && [ -e ${waitFlag} ]; then exec ${tools.helm} "$@" --wait; fi
exec ${tools.helm} "$@"
`;
  await writeFile(helmPath, script);
  await chmod(helmPath, 0o755);
  cluster = await startCluster({ name: 'steward', dir: join(dir, 'cluster'), tools });
  kube = Kube.load(cluster.kubeconfig);
  const namespace = (name: string, labels: Record<string, string> = {}) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
  });
  await apply(
    namespace('istio-system'),
    namespace('shop', { 'istio.io/rev': 'prod' }),
    namespace('legacy', { 'istio-injection': 'enabled' }),
  );
  nature.start();
  // As somebody who follows Istio's documentation.
  const values = JSON.stringify({
    revisionTags: ['prod'],
    global: { tag: '1.29.6' },
    pilot: { env: { FEATURE: 'on' } },
    meshConfig: { accessLogFile: '/dev/stdout' },
  });
  const valuesFile = join(dir, 'values.json');
  await writeFile(valuesFile, values);
  await cluster.helm([
    ...['install', 'istio-base', join(charts, 'base-1.29.6.tgz'), '-n', 'istio-system'],
    '--take-ownership',
  ]);
  await cluster.helm([
    ...['install', 'istiod', join(charts, 'istiod-1.29.6.tgz'), '-n', 'istio-system'],
    ...['--values', valuesFile],
  ]);
  await eventually(
    async () => (await webhookOf('istio-revision-tag-prod'))?.webhooks?.[0]?.clientConfig.caBundle,
  );
  // DaemonSets have a Pod on each, but where it is said not to be ready.
  await apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node' } });
  await cluster.kubectl(['taint', 'nodes', 'node', 'node.kubernetes.io/not-ready:NoSchedule-']);
  await apply(
    deployment('shop', 'web'),
    deployment('shop', 'api'),
    { ...deployment('shop', 'db'), kind: 'StatefulSet' },
    { ...deployment('shop', 'log'), kind: 'DaemonSet' },
    deployment('legacy', 'old'),
  );
}, 300_000);

afterAll(async () => {
  await nature.stop();
  kube?.close();
  await cluster?.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('an upgrade of an Istio that Helm installed', { timeout: 180_000 }, () => {
  let life: Life;
  beforeAll(async () => {
    life = await Life.begin();
  });
  afterAll(async () => await life.end());

  const kept = { name: 'default', version: '1.29.6', wanted: 'keep' };

  it('tells what is there when nothing is wanted', async () => {
    const fact = await life.settled(0);
    expect(fact.revisions).toMatchObject([{ name: 'default', version: '1.29.6', managed: false }]);
    expect(fact.tags).toMatchObject([{ name: 'prod', revision: 'default' }]);
    await eventually(() => life.facts.get('Readiness', 'readiness'));
  });

  it('takes over without a new Pod', async () => {
    const before = await workload('istio-system', 'istiod');
    const pods = await podsOf('istiod');
    await life.want({
      fence: 1,
      revisions: [{ name: 'default', version: '1.29.6', wanted: 'adopt' }],
      readinessRequest: 'first',
    });
    const fact = await life.settled(1);
    expect(fact.revisions[0]).toMatchObject({
      name: 'default',
      installedBy: 'helm',
      managed: true,
    });
    const after = await workload('istio-system', 'istiod');
    expect(after.spec).toEqual(before.spec);
    expect(await podsOf('istiod')).toEqual(pods);
    await eventually(() => life.facts.get('Readiness', 'readiness')?.request === 'first');
  });

  it('refuses an archive that is not the pinned one', async () => {
    const istiod = '0'.repeat(64);
    const wrong = { repository: charts, digests: { ...digests.get('1.30.2'), istiod } };
    await life.want({ fence: 2, revisions: [kept, install('1.30.2', { charts: wrong })] });
    const task = await life.told('ChartDigestMismatch');
    expect(task).toMatchObject({ type: 'install', state: State.STATE_REFUSED });
    expect(task.message).toContain(`${digests.get('1.30.2')?.istiod}, and is to have ${istiod}`);
    expect(await workload('istio-system', 'istiod-1-30-2')).toBeUndefined();
    // An unpacked chart has no digest, and one that is not there is missing.
    const folder = { repository: join(charts, 'sources'), digests: { istiod } };
    await life.want({ fence: 3, revisions: [kept, install('1.30.2', { charts: folder })] });
    await life.told('ChartNotFound');
    expect(life.fact?.settled).toBe(false);
  });

  it('installs beside it, with its values and the CRDs of the new one', async () => {
    await life.want({ fence: 4, revisions: [kept, install('1.30.2')] });
    const fact = await life.settled(4);
    expect(fact.crdVersion).toBe('1.30.2');
    expect(fact.revisions.find(({ name }) => name === '1-30-2')).toMatchObject({
      version: '1.30.2',
      installedBy: 'isthmus',
      managed: true,
      ready: 1,
      injects: true,
      chartDigest: digests.get('1.30.2')?.istiod,
    });
    const values = await cluster.helm([
      ...['get', 'values', 'istiod-1-30-2', '-n', 'istio-system', '-o', 'json'],
    ]);
    expect(JSON.parse(values)).toEqual({
      revision: '1-30-2',
      revisionTags: [],
      global: {},
      pilot: { env: { FEATURE: 'on' } },
      meshConfig: { accessLogFile: '/dev/stdout' },
      deploymentLabels: { 'isthmus.dev/managed': 'revision' },
    });
    expect(fact.tags).toMatchObject([{ name: 'prod', revision: 'default' }]);
    expect(await releaseVersions('istiod-1-30-2')).toEqual(['1']);
  });

  it('installs nothing twice, also in another life', async () => {
    await life.end();
    life = await Life.begin();
    await life.settled(4);
    await life.want({ fence: 5, revisions: [kept, install('1.30.2')] });
    await life.settled(5);
    expect(await releaseVersions('istiod-1-30-2')).toEqual(['1']);
    // Cut off between Helm's end and ours: only the marks are missing.
    await cluster.kubectl([
      ...['annotate', 'deployment', 'istiod-1-30-2', '-n', 'istio-system'],
      ...['isthmus.dev/origin-', 'isthmus.dev/wish-', 'isthmus.dev/chart-digest-'],
    ]);
    await eventually(
      async () =>
        (await workload('istio-system', 'istiod-1-30-2')).metadata.annotations?.[
          'isthmus.dev/origin'
        ] === 'install',
    );
    expect(await releaseVersions('istiod-1-30-2')).toEqual(['1']);
  });

  it('ends what an earlier life left of Helm before it looks', async () => {
    await life.end();
    const env = { HOME: join(dir, 'data/istio/helm') };
    const left = spawn('/bin/sleep', ['600'], { env, detached: true });
    const ended = once(left, 'exit');
    await once(left, 'spawn');
    life = await Life.begin();
    expect(await ended).toEqual([null, 'SIGKILL']);
  });

  it('acts on no older intent, and remembers that', async () => {
    await life.want({
      fence: 3,
      revisions: [{ name: '1-30-2', version: '1.30.2', wanted: 'remove' }],
    });
    await eventually(() => life.fact?.fence === 5 && !life.fact.settled);
    await life.end();
    life = await Life.begin();
    await eventually(() => life.fact?.fence === 5 && !life.fact.settled);
    expect(await workload('istio-system', 'istiod-1-30-2')).toBeDefined();
  });

  const moved = {
    tags: [{ name: 'prod', revision: '1-30-2' }],
    namespaces: [{ name: 'shop', follows: 'prod', moveWorkloads: true }],
  };

  it('holds restarts back for a disruption budget', async () => {
    await apply({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { namespace: 'shop', name: 'api' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'api' } } },
    });
    const revisions = [kept, install('1.30.2')];
    await life.want({ fence: 6, revisions, ...moved, maxRestarting: 1 });
    const task = await life.told('DisruptionBudget');
    expect(task).toMatchObject({
      type: 'restart',
      object: 'Deployment shop/api',
      state: State.STATE_PENDING,
    });
    expect(task.message).toContain('shop/api');
    // Others need not wait for it.
    await eventually(async () => restartedFor(await workload('shop', 'web')) === '1-30-2');
    expect(restartedFor(await workload('shop', 'api'))).toBeUndefined();
    expect(life.fact?.tags).toMatchObject([{ name: 'prod', revision: '1-30-2', managed: true }]);
    const hook = await webhookOf('istio-revision-tag-prod');
    expect(serviceOf(hook)).toEqual(['istiod-1-30-2', 'istiod-1-30-2']);
    expect(hook?.metadata.annotations?.['meta.helm.sh/release-name']).toBeUndefined();
    expect(hook?.webhooks?.[0]?.clientConfig.caBundle).toBeTruthy();
    const service = (await kube.get(Core.Service, {
      namespace: 'istio-system',
      name: 'istiod-revision-tag-prod',
    })) as KubeObject & { spec: { selector: object } };
    expect(service.spec.selector).toEqual({ app: 'istiod', 'istio.io/rev': '1-30-2' });
  });

  it('restarts each workload once, whoever comes to it in the middle', async () => {
    await eventually(() => life.fact?.tasks.every(({ object }) => !object.includes('web')));
    nature.isPaused = true;
    await cluster.kubectl(['delete', 'poddisruptionbudget', 'api', '-n', 'shop']);
    await eventually(async () => restartedFor(await workload('shop', 'api')) === '1-30-2');
    const { generation } = (await workload('shop', 'api')).metadata;
    await life.told('RollingOut');
    await life.end();
    life = await Life.begin();
    await life.told('RollingOut');
    expect((await workload('shop', 'api')).metadata.generation).toBe(generation);
    nature.isPaused = false;
    const fact = await life.settled(6);
    expect((await workload('shop', 'api')).metadata.generation).toBe(generation);
    const shop = fact.namespaces.find(({ name }) => name === 'shop');
    expect(shop?.revisions).toMatchObject([{ revision: '1-30-2', workloads: 4 }]);
    for (const [kind, name] of [
      [Upgraded.StatefulSet, 'db'],
      [Upgraded.DaemonSet, 'log'],
    ] as const) {
      const its = (await kube.get<Workload>(kind, { namespace: 'shop', name })) as Workload;
      expect(restartedFor(its)).toBe('1-30-2');
      // As it was made, and one restart.
      expect(its.metadata.generation).toBe(2);
    }
    // Nobody else was touched.
    expect(restartedFor(await workload('legacy', 'old'))).toBeUndefined();
  });

  it('keeps a revision that is in use', async () => {
    const removing = [install('1.30.2'), { ...kept, wanted: 'remove' }];
    await life.want({ fence: 7, revisions: removing });
    const task = await life.told('RevisionInUse');
    expect(task).toMatchObject({ type: 'remove', state: State.STATE_PENDING });
    expect(task.message).toContain('1 in legacy');
    expect(await workload('istio-system', 'istiod')).toBeDefined();
  });

  it('leads those without a revision to the new one, and the other way round', async () => {
    const revisions = [kept, install('1.30.2')];
    const legacy = { name: 'legacy', follows: 'injection', moveWorkloads: true };
    await life.want({
      fence: 8,
      revisions,
      tags: [{ name: 'default', revision: '1-30-2' }],
      namespaces: [legacy],
    });
    const fact = await life.settled(8);
    expect(fact.namespaces.find(({ name }) => name === 'legacy')?.revisions).toMatchObject([
      { revision: '1-30-2' },
    ]);
    expect(serviceOf(await webhookOf('istio-revision-tag-default'))).toHaveLength(4);
    const selectors = async () =>
      JSON.stringify((await webhookOf('istio-sidecar-injector'))?.webhooks ?? []);
    expect(await selectors()).toContain('never-match');
    expect(await validatorRevision()).toBe('1-30-2');

    await life.want({
      fence: 9,
      revisions,
      tags: [{ name: 'default', revision: 'default' }],
      namespaces: [legacy],
    });
    const back = await life.settled(9);
    expect(back.namespaces.find(({ name }) => name === 'legacy')?.revisions).toMatchObject([
      { revision: 'default' },
    ]);
    expect(await webhookOf('istio-revision-tag-default')).toBeUndefined();
    expect(await selectors()).not.toContain('never-match');
    expect(await selectors()).toContain('"values":["enabled"]');
    expect(await validatorRevision()).toBe('default');
  });

  it('moves a Gateway after all others', async () => {
    await apply(
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { namespace: 'legacy', name: 'edge', labels: { team: 'edge' } },
        spec: {
          gatewayClassName: 'istio',
          listeners: [{ name: 'web', port: 80, protocol: 'HTTP' }],
        },
      },
      gatewayPod('default'),
    );
    const gateway = async () =>
      (await kube.get(gatewayApi, { namespace: 'legacy', name: 'edge' })) as KubeObject & {
        spec: { infrastructure?: object };
      };
    const revisions = [kept, install('1.30.2')];
    const tags = [{ name: 'default', revision: '1-30-2' }];
    const legacy = { name: 'legacy', follows: 'injection', moveWorkloads: true };
    await eventually(() =>
      life.fact?.namespaces.some(({ name, gateways }) => name === 'legacy' && gateways === 1),
    );
    await life.want({ fence: 10, revisions, tags, namespaces: [legacy] });
    await life.settled(10);
    expect((await gateway()).metadata.labels?.['istio.io/rev']).toBe('default');
    // Istiod would give its Pods the label, and restart them.
    expect((await gateway()).spec.infrastructure).toEqual({
      labels: { team: 'edge' },
      annotations: {},
    });
    await life.want({
      fence: 11,
      revisions,
      tags,
      namespaces: [{ ...legacy, moveGateways: true }],
    });
    await life.told('RollingOut');
    expect((await gateway()).metadata.labels?.['istio.io/rev']).toBe('1-30-2');
    await apply(gatewayPod('1-30-2'));
    await life.settled(11);
    // The old istiod would take it for its own as long as it is there.
    expect((await gateway()).metadata.labels?.['istio.io/rev']).toBe('1-30-2');
  });

  it('removes the old one, and nothing of others', async () => {
    const removing = [install('1.30.2'), { ...kept, wanted: 'remove' }];
    await life.want({ fence: 12, revisions: removing });
    const fact = await life.settled(12);
    expect(fact.revisions.map(({ name }) => name)).toEqual(['1-30-2']);
    expect(await workload('istio-system', 'istiod')).toBeUndefined();
    const edge = await kube.get<KubeObject & { spec: { infrastructure?: object } }>(gatewayApi, {
      namespace: 'legacy',
      name: 'edge',
    });
    expect(edge?.metadata.labels).toEqual({ team: 'edge' });
    expect(edge?.metadata.annotations ?? {}).toEqual({});
    expect(edge?.spec.infrastructure).toBeUndefined();
    expect(await webhookOf('istio-sidecar-injector')).toBeUndefined();
    // It came with that release.
    expect(serviceOf(await webhookOf('istio-revision-tag-prod'))?.[0]).toBe('istiod-1-30-2');
    expect(await releaseVersions('istiod')).toEqual([]);
    expect(await releaseVersions('istio-base')).toEqual(['1']);
    expect(await kube.get(Stewarded.CustomResourceDefinition, { name: crdName })).toBeDefined();
  });

  it('goes on with a release that Helm did not finish', async () => {
    nature.isPaused = true;
    await writeFile(waitFlag, '');
    const revisions = [install('1.30.2'), install('1.30.3', { valuesFrom: '1-30-2' })];
    await life.want({ fence: 13, revisions });
    await killHelm('istiod-1-30-3', 'pending-install');
    await rm(waitFlag);
    nature.isPaused = false;
    const fact = await life.settled(13);
    expect(fact.revisions.map(({ name }) => name)).toEqual(['1-30-2', '1-30-3']);
    expect((await releasesOf('istiod-1-30-3')).map(statusOf)).toEqual(['deployed']);

    // The same while it changes one that is there.
    nature.isPaused = true;
    await writeFile(waitFlag, '');
    const values = Buffer.from(JSON.stringify({ pilot: { replicaCount: 2 } }));
    const changed = [revisions[0] ?? {}, { ...install('1.30.3', { valuesFrom: '' }), values }];
    await life.want({ fence: 14, revisions: changed });
    await killHelm('istiod-1-30-3', 'pending-upgrade');
    await rm(waitFlag);
    nature.isPaused = false;
    await life.settled(14);
    expect((await workload('istio-system', 'istiod-1-30-3')).spec?.replicas).toBe(2);
    expect((await releasesOf('istiod-1-30-3')).map(statusOf)).toEqual(['superseded', 'deployed']);
  });

  it('removes what has no release', async () => {
    // As from a file, or by istioctl.
    const manifest = await cluster.helm([
      ...['template', 'x', join(charts, 'istiod-1.29.6.tgz'), '-n', 'istio-system'],
      ...['--set', 'revision=raw,ownerName=installed-state'],
    ]);
    await cluster.kubectl(['apply', '-n', 'istio-system', '-f', '-'], { input: manifest });
    const raw = { name: 'raw', version: '1.29.6' };
    await life.want({ fence: 15, revisions: [{ ...raw, wanted: 'adopt' }] });
    const fact = await life.settled(15);
    expect(fact.revisions.find(({ name }) => name === 'raw')).toMatchObject({
      installedBy: 'istioctl',
      managed: true,
    });
    await life.want({ fence: 16, revisions: [{ ...raw, wanted: 'remove' }] });
    await life.settled(16);
    const objects = documentsOf(manifest).flatMap((document) => objectOf(document) ?? []);
    expect(objects.length).toBeGreaterThan(7);
    for (const { kind = '', metadata } of objects) {
      const args = ['get', kind, metadata.name, '-n', 'istio-system'];
      args.push('--ignore-not-found', '-o', 'name');
      expect(await cluster.kubectl(args)).toBe('');
    }
  });

  it('takes charts from a repository, and keeps them', async () => {
    const repository = await startRepository();
    try {
      const from = { repository: repository.url, digests: digests.get('1.30.2') };
      const named = { ...install('1.30.2', { charts: from, valuesFrom: '' }), name: 'pulled' };
      await life.want({
        fence: 17,
        revisions: [{ ...named, charts: { repository: repository.url } }],
      });
      await life.told('ChartNotPinned');
      // Nothing of it has been kept yet: the folder above was another.
      await rm(join(life.dataDir, 'istio/charts'), { recursive: true });
      await life.want({ fence: 18, revisions: [named] });
      await life.settled(18);
      expect(repository.served).toContain('/istiod-1.30.2.tgz');
      await repository.stop();
      const values = Buffer.from('{"pilot":{"env":{"A":"b"}}}');
      await life.want({ fence: 19, revisions: [{ ...named, values }] });
      await life.settled(19);
    } finally {
      await repository.stop();
    }
  });
});

describe('where there is no Istio', { timeout: 120_000 }, () => {
  it('installs all that istiod needs', async () => {
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-fresh' } });
    const life = await Life.begin({ name: 'fresh', istioNamespace: 'istio-fresh' });
    await life.want({ fence: 1, revisions: [install('1.30.3', { valuesFrom: '' })] });
    const fact = await life.settled(1);
    expect(fact.revisions).toMatchObject([{ name: '1-30-3', ready: 1, injects: true }]);
    const namespace = 'istio-fresh';
    const reader = { namespace, name: 'istio-reader-service-account' };
    expect(await kube.get(Stewarded.ServiceAccount, reader)).toBeDefined();
    await life.want({ fence: 2, revisions: [{ ...install('1.30.3'), wanted: 'remove' }] });
    expect((await life.settled(2)).revisions).toEqual([]);
    await life.end();
  });
});

describe('without the permission', { timeout: 60_000 }, () => {
  it('says which value of the chart gives it', async () => {
    const group = 'rbac.authorization.k8s.io';
    const metadata = { name: 'looker' };
    await apply(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, namespace: 'default' } },
      {
        apiVersion: `${group}/v1`,
        kind: 'ClusterRole',
        metadata,
        rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }],
      },
      {
        apiVersion: `${group}/v1`,
        kind: 'ClusterRoleBinding',
        metadata,
        roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'looker' },
        subjects: [{ kind: 'ServiceAccount', name: 'looker', namespace: 'default' }],
      },
    );
    const token = (await cluster.kubectl(['create', 'token', 'looker', '-n', 'default'])).trim();
    const life = await Life.begin({ name: 'looker', kubeconfig: await kubeconfigFor(token) });
    await life.want({
      fence: 1,
      revisions: [install('1.30.2', { name: 'forbidden', valuesFrom: '' })],
      namespaces: [{ name: 'legacy', follows: '1-30-2' }],
    });
    await eventually(() => life.fact?.tasks.length === 2);
    await eventually(() => life.fact?.tasks.every(({ reason }) => reason === 'Forbidden'));
    for (const { state, message } of life.fact?.tasks ?? []) {
      expect(state).toBe(State.STATE_REFUSED);
      expect(message).toContain('istio.manage=true');
    }
    await life.end();
  });
});

describe('where the Sail operator has installed it', { timeout: 120_000 }, () => {
  it('lets the operator do it', async () => {
    await apply(sailCrd(Sail.Istio), sailCrd(Sail.IstioRevision));
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-sail' } });
    await eventually(async () => (await kube.list(Sail.IstioRevision)).items);
    const istio = { apiVersion: 'sailoperator.io/v1', kind: 'Istio', metadata: { name: 'mesh' } };
    await apply({ ...istio, spec: { version: 'v1.29.6', namespace: 'istio-sail' } });
    const { uid } = ((await kube.get(Sail.Istio, { name: 'mesh' })) as KubeObject).metadata;
    const owner = { ...istio, metadata: undefined, name: 'mesh', uid };
    await apply({
      apiVersion: 'sailoperator.io/v1',
      kind: 'IstioRevision',
      metadata: { name: 'mesh', ownerReferences: [owner] },
      spec: { version: 'v1.29.6', namespace: 'istio-sail', values: { pilot: { env: { A: 'b' } } } },
    });
    await operate('mesh', '1.29.6');
    const life = await Life.begin({ name: 'sail', istioNamespace: 'istio-sail' });
    const adopt = { name: 'mesh', version: '1.29.6', wanted: 'adopt' };
    const next = install('1.30.2', { valuesFrom: 'mesh' });
    await life.want({ fence: 1, revisions: [adopt, next] });
    await life.told('Installing');
    const made = await kube.get<KubeObject & { spec: object }>(Sail.IstioRevision, {
      name: '1-30-2',
    });
    expect(made?.spec).toEqual({
      version: 'v1.30.2',
      namespace: 'istio-sail',
      values: {
        revision: '1-30-2',
        pilot: { env: { A: 'b' } },
        global: { istioNamespace: 'istio-sail' },
      },
    });
    await operate('1-30-2', '1.30.2');
    expect((await life.settled(1)).revisions).toMatchObject([
      { name: '1-30-2', managed: true, injects: true },
      { name: 'mesh', installedBy: 'sail', managed: true },
    ]);

    await life.want({ fence: 2, revisions: [next, { ...adopt, wanted: 'remove' }] });
    const fact = await life.settled(2);
    expect(fact.revisions).toMatchObject([{ name: '1-30-2' }]);
    expect(await kube.get(Sail.Istio, { name: 'mesh' })).toBeUndefined();
    await life.end();
  });

  /** What the operator would install; it goes with its IstioRevision. */
  async function operate(name: string, version: string): Promise<void> {
    const revision = (await kube.get(Sail.IstioRevision, { name })) as KubeObject;
    const manifest = await cluster.helm([
      ...['template', `${name}-istiod`, join(charts, `istiod-${version}.tgz`), '-n', 'istio-sail'],
      ...['--set', `revision=${name}`],
    ]);
    const owner = {
      apiVersion: 'sailoperator.io/v1',
      kind: 'IstioRevision',
      name,
      uid: revision.metadata.uid,
    };
    await cluster.kubectl(['apply', '-n', 'istio-sail', '-f', '-'], { input: manifest });
    // The operator writes it at once.
    const patch = JSON.stringify({ metadata: { ownerReferences: [owner] } });
    for (const object of [
      `deployment/istiod-${name}`,
      `mutatingwebhookconfiguration/istio-sidecar-injector-${name}-istio-sail`,
    ]) {
      await cluster.kubectl(['patch', object, '-n', 'istio-sail', '--type=merge', '-p', patch]);
    }
  }
});

async function releasesOf(name: string): Promise<Secret[]> {
  const { items } = await kube.list<Secret>(Core.Secret, {
    namespace: 'istio-system',
    labelSelector: `owner=helm,name=${name}`,
  });
  return items.sort(
    (a, b) => Number(a.metadata.labels?.version) - Number(b.metadata.labels?.version),
  );
}

async function podsOf(app: string): Promise<(string | undefined)[]> {
  const { items } = await kube.list(Core.Pod, { labelSelector: `app=${app}` });
  return items.map(({ metadata }) => metadata.uid).sort();
}

const releaseVersions = async (name: string) =>
  (await releasesOf(name)).map(({ metadata }) => metadata.labels?.version);
const statusOf = ({ metadata }: Secret) => metadata.labels?.status;
const restartedFor = ({ spec }: Workload) =>
  spec?.template?.metadata?.annotations?.['isthmus.dev/restarted-for'];

async function validatorRevision(): Promise<string | undefined> {
  const validator = await kube.get<WebhookConfiguration>(Stewarded.ValidatingWebhookConfiguration, {
    name: 'istiod-default-validator',
  });
  const revision = validator?.metadata.labels?.['istio.io/rev'];
  const suffix = revision === 'default' ? '' : `-${revision}`;
  expect(serviceOf(validator)).toEqual([`istiod${suffix}`]);
  return revision;
}

/** SIGKILL, once Helm has written that it began. */
async function killHelm(release: string, status: string): Promise<void> {
  await eventually(async () => (await releasesOf(release)).map(statusOf).includes(status), 30_000);
  const pid = Number(await readFile(helmPid, 'utf8'));
  process.kill(-pid, 'SIGKILL');
}

function gatewayPod(revision: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'legacy',
      name: 'edge-istio-0',
      labels: {
        'gateway.networking.k8s.io/gateway-name': 'edge',
        'service.istio.io/canonical-name': 'edge',
      },
      annotations: { 'istio.io/rev': revision },
    },
    spec: { containers: [{ name: 'istio-proxy', image: 'proxyv2:1.29.6' }] },
  };
}

function sailCrd({ group, version, kind, plural }: (typeof Sail)[keyof typeof Sail]): object {
  const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  required: ['version', 'namespace'],
                  properties: {
                    version: { type: 'string', enum: ['v1.29.6', 'v1.30.2'] },
                    namespace: { type: 'string' },
                    values: free,
                  },
                },
              },
            },
          },
        },
      ],
    },
  };
}

async function kubeconfigFor(token: string): Promise<string> {
  const path = join(dir, 'looker.kubeconfig');
  const ca = Buffer.from(cluster.caPem).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [
      { name: 'c', cluster: { server: cluster.server, 'certificate-authority-data': ca } },
    ],
    users: [{ name: 'u', user: { token } }],
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

async function startRepository() {
  const served: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://repository').pathname;
    served.push(path);
    readFile(join(charts, path)).then(
      (content) => response.end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await cluster.helm(['repo', 'index', charts, '--url', url]);
  return {
    url,
    served,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
