import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureKwok, ensureTools, type KubeCluster, startCluster } from '@isthmus/clusters';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './eventually.js';
import { type IstioStandIn, startIstioStandIn } from './istio-stand-in.js';
import { applyObjects, ensureNamespace } from './workloads.js';

const buildTimeoutMs = 1_800_000;
const charts = fileURLToPath(new URL('../charts', import.meta.url));
let dir: string;
let cluster: KubeCluster;
let standIn: IstioStandIn;

beforeAll(async () => {
  const tools = await ensureTools();
  await ensureKwok();
  dir = await mkdtemp(join(tmpdir(), 'isthmus-istio-'));
  cluster = await startCluster({ name: 'east', dir: join(dir, 'cluster'), tools, nodes: 2 });
  standIn = await startIstioStandIn(cluster);
  await ensureNamespace(cluster, 'istio-system');
  await install('1.30.2', '1-30-2', ['prod']);
}, buildTimeoutMs);

afterAll(async () => {
  await standIn?.stop();
  await cluster?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** The stand-in chart as a user of Helm would install it. */
async function install(version: string, revision: string, revisionTags: string[] = []) {
  const packed = ['package', join(charts, 'istiod'), `--destination=${dir}`];
  await cluster.helm([...packed, `--version=${version}`, `--app-version=${version}`]);
  await cluster.helm([
    ...['upgrade', '--install', `istiod-${revision}`, join(dir, `istiod-${version}.tgz`)],
    ...['--namespace=istio-system', `--set=revision=${revision}`],
    `--set=istiodRemote.injectionURL=${standIn.injectionUrl}`,
    `--set-json=revisionTags=${JSON.stringify(revisionTags)}`,
  ]);
}

interface KubeObject {
  metadata: { name: string; labels: Record<string, string>; annotations: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: what kubectl prints has whatever shape its kind has
  spec: any;
  webhooks: { clientConfig: { caBundle?: string } }[];
}

async function list(...args: string[]): Promise<KubeObject[]> {
  const text = await cluster.kubectl(['get', ...args, '-o', 'json']);
  return (JSON.parse(text) as { items: KubeObject[] }).items;
}

function deployment(namespace: string, name: string, replicas: number, template: object = {}) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, ...template },
        spec: { containers: [{ name: 'app', image: 'app' }] },
      },
    },
  };
}

const images = ({ spec }: KubeObject): string[] =>
  spec.containers.map(({ image }: { image: string }) => image);

async function rolledOut(namespace: string, name: string): Promise<void> {
  const status = ['rollout', 'status', `deployment/${name}`, '--timeout=20s'];
  await eventually(`${namespace}/${name} is rolled out`, () =>
    cluster.kubectl(['-n', namespace, ...status]),
  );
}

/** Waits until the webhooks of a revision and its tags can be called. */
async function injects(revision: string): Promise<void> {
  await eventually(`${revision} injects`, async () => {
    const found = await list('mutatingwebhookconfigurations', '-l', `istio.io/rev=${revision}`);
    const bundles = found.flatMap(({ webhooks }) => webhooks.map((it) => it.clientConfig.caBundle));
    if (bundles.length === 0 || !bundles.every(Boolean)) throw new Error('there is no CA');
  });
}

test('Pods of a namespace that follows a tag get the proxy of its revision', async () => {
  await injects('1-30-2');
  await ensureNamespace(cluster, 'shop', { 'istio.io/rev': 'prod' });
  await ensureNamespace(cluster, 'plain');
  await applyObjects(cluster, [deployment('shop', 'web', 2), deployment('plain', 'web', 1)]);
  await rolledOut('shop', 'web');
  await rolledOut('plain', 'web');
  for (const pod of await list('pods', '-n', 'shop')) {
    expect(pod.metadata.annotations['istio.io/rev']).toBe('1-30-2');
    const status = JSON.parse(pod.metadata.annotations['sidecar.istio.io/status'] ?? '');
    expect(status.revision).toBe('1-30-2');
    expect(pod.metadata.labels).toMatchObject({
      'security.istio.io/tlsMode': 'istio',
      'service.istio.io/canonical-name': 'web',
    });
    expect(images(pod)).toEqual(['app', 'example.com/istio/proxyv2:1.30.2']);
  }
  expect((await list('pods', '-n', 'plain')).map(images)).toEqual([['app']]);
}, 60_000);

test('a revision without a ready istiod injects nothing', async () => {
  await cluster.kubectl([
    '-n',
    'istio-system',
    'scale',
    'deployment/istiod-1-30-2',
    '--replicas=0',
  ]);
  await applyObjects(cluster, [deployment('shop', 'late', 1)]);
  await eventually('the injector is asked in vain', async () => {
    const events = await list('events', '-n', 'shop', '--field-selector=reason=FailedCreate');
    expect(events.map(({ metadata }) => metadata.name).join()).toContain('late');
  });
  await cluster.kubectl([
    '-n',
    'istio-system',
    'scale',
    'deployment/istiod-1-30-2',
    '--replicas=1',
  ]);
  await rolledOut('shop', 'late');
}, 60_000);

test('a tag that moves rolls the gateways that are not pinned, and no workload', async () => {
  const gateway = (name: string, labels = {}) => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { namespace: 'shop', name, labels },
    spec: {
      gatewayClassName: 'istio',
      listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }],
    },
  });
  await applyObjects(cluster, [gateway('front'), gateway('pinned', { 'istio.io/rev': '1-30-2' })]);
  await rolledOut('shop', 'front-istio');
  await rolledOut('shop', 'pinned-istio');
  const proxies = async (): Promise<Record<string, string>> => {
    const pods = await list('pods', '-n', 'shop', '--field-selector=status.phase=Running');
    const said = pods.map((pod) => [
      pod.metadata.labels['service.istio.io/canonical-name'],
      `${pod.metadata.annotations['istio.io/rev']} ${images(pod).at(-1)?.split(':').at(-1)}`,
    ]);
    return Object.fromEntries(said);
  };
  const [old, next] = ['1-30-2 1.30.2', '1-31-0 1.31.0'];
  expect(await proxies()).toEqual({ web: old, late: old, 'front-istio': old, 'pinned-istio': old });

  await install('1.31.0', '1-31-0');
  await injects('1-31-0');
  expect(await proxies()).toMatchObject({ 'front-istio': old });
  await install('1.30.2', '1-30-2');
  await install('1.31.0', '1-31-0', ['prod']);
  await eventually('the gateway is of the other revision', async () =>
    expect(await proxies()).toEqual({
      web: old,
      late: old,
      'front-istio': next,
      'pinned-istio': old,
    }),
  );
}, 90_000);
