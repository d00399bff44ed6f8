import type { IstioFact, ReadinessFact } from '@isthmus/contracts';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Kube } from '../kube/client.js';
import { Informer } from '../kube/informer.js';
import { Core, type Namespace } from '../kube/kinds.js';
import { eventually, Lab } from '../testing/lab.js';
import { type Deployment, type MeshPod, Upgraded } from './kinds.js';
import { IstioSurvey, type SurveySettings } from './survey.js';

const log = pino({ level: 'silent' });
const istioNamespace = 'istio-system';
const times = { debounceMs: 10, readinessMs: 300_000 };

let lab: Lab;
let kube: Kube;
let namespaces: Informer<Namespace>;
const surveys: IstioSurvey[] = [];

function surveyOf(changes: Partial<SurveySettings> = {}): IstioSurvey {
  const survey = new IstioSurvey({ kube, log, istioNamespace, namespaces, times, ...changes });
  surveys.push(survey);
  return survey;
}

/** One that has read everything. */
async function surveyed(changes: Partial<SurveySettings> = {}): Promise<IstioSurvey> {
  const survey = surveyOf(changes);
  await survey.start();
  return survey;
}

beforeAll(async () => {
  lab = await Lab.start();
  kube = Kube.load(lab.cluster.kubeconfig);
  namespaces = new Informer<Namespace>(kube, Core.Namespace, log);
  namespaces.start();
});
afterEach(async () => {
  await Promise.all(surveys.splice(0).map((survey) => survey.stop()));
});
afterAll(async () => {
  await namespaces?.stop();
  kube?.close();
  await lab?.stop();
});

const podOf = (annotations: object, labels: object, containers: object[]) => ({
  metadata: { annotations, labels: { 'service.istio.io/canonical-name': 'x', ...labels } },
  spec: { containers: [{ name: 'app', image: 'app:1' }, ...containers] },
});

/** As injection leaves the template's Pods; a template of real life says nothing of it. */
function injectedTemplate(name: string, revision: string, version: string, labels: object = {}) {
  const status = JSON.stringify({ containers: ['istio-proxy'], revision });
  return podOf(
    { 'istio.io/rev': revision, 'sidecar.istio.io/status': status },
    { app: name, ...labels },
    [{ name: 'istio-proxy', image: `istio/proxyv2:${version}` }],
  );
}

interface Istiod {
  readonly name?: string;
  readonly revision?: string;
  readonly image?: string;
  readonly labels?: object;
  readonly annotations?: object;
  readonly replicas?: number;
}

function istiod({ revision, image = 'istio/pilot:1.30.2', ...rest }: Istiod) {
  const { name = revision ? `istiod-${revision}` : 'istiod', labels, annotations, replicas } = rest;
  const selector = { app: 'istiod', 'istio.io/rev': revision ?? 'default' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace: istioNamespace,
      labels: { ...(revision !== undefined && selector), app: 'istiod', ...labels },
      annotations,
    },
    spec: {
      replicas: replicas ?? 0,
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: selector },
        spec: {
          containers: [
            {
              name: 'discovery',
              image,
              resources: { requests: { cpu: '500m', memory: '2Gi' } },
            },
          ],
        },
      },
    },
  };
}

function webhook(
  name: string,
  labels: Record<string, string>,
  { ca = 'QUJD', namespace = istioNamespace, ...rest }: Partial<Record<string, string>> = {},
) {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name, labels: { app: 'sidecar-injector', ...labels, ...rest } },
    webhooks: ['rev.namespace', 'rev.object'].map((part) => ({
      name: `${part}.sidecar-injector.istio.io`,
      clientConfig: { caBundle: ca, service: { name: 'istiod', namespace, path: '/inject' } },
      // Nobody is to be asked.
      namespaceSelector: { matchLabels: { never: 'match' } },
      failurePolicy: 'Ignore',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    })),
  };
}

const namespace = (name: string, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});

async function setReady(pod: MeshPod, ready: boolean): Promise<void> {
  const { name, namespace: of } = pod.metadata;
  const status = ready ? 'True' : 'False';
  await lab.cluster.kubectl([
    ...['patch', 'pod', name, '-n', of ?? '', '--subresource=status', '--type=merge', '-p'],
    JSON.stringify({ status: { phase: 'Running', conditions: [{ type: 'Ready', status }] } }),
  ]);
}

/** Pods of a workload, once its controller has made them. */
const podsOf = async (of: string, app: string, count: number): Promise<MeshPod[]> =>
  await eventually(async () => {
    const scope = { namespace: of, labelSelector: `app=${app}` };
    const { items } = await kube.list<MeshPod>(Core.Pod, scope);
    return items.length === count && items;
  });

const revisionIn = (fact: IstioFact, name: string) =>
  fact.revisions.find((revision) => revision.name === name);
const namespaceIn = (fact: IstioFact, name: string) =>
  fact.namespaces.find((found) => found.name === name);

describe('revisions', () => {
  it('are those of istiod’s Deployments, with what their webhooks need', async () => {
    await lab.apply(
      istiod({ replicas: 2 }),
      istiod({ revision: '1-31-0', image: 'registry.example.com:5000/pilot:1.31.0-distroless' }),
      webhook('istio-sidecar-injector', { 'istio.io/rev': 'default' }),
      webhook('istio-sidecar-injector-1-31-0', { 'istio.io/rev': '1-31-0' }),
    );
    const survey = await surveyed();
    const found = { installedBy: 'unknown', proxies: 0, gateways: 0, injects: false };
    const rest = { ...found, managed: false, chartDigest: '' };
    expect(survey.isRead).toBe(true);
    expect(survey.problem).toBeUndefined();
    expect(survey.fact().revisions).toEqual([
      { ...rest, name: '1-31-0', version: '1.31.0', replicas: 0, ready: 0 },
      { ...rest, name: 'default', version: '1.30.2', replicas: 2, ready: 0 },
    ]);
    expect(survey.fact()).toMatchObject({ fence: 0, tasks: [], settled: true });

    const [first] = await podsOf(istioNamespace, 'istiod', 2);
    if (first) await setReady(first, true);
    await eventually(() => revisionIn(survey.fact(), 'default')?.ready === 1);
    expect(revisionIn(survey.fact(), 'default')).toMatchObject({ replicas: 2, injects: true });

    // Whom no CA was written for cannot be called.
    await lab.apply(webhook('istio-sidecar-injector', { 'istio.io/rev': 'default' }, { ca: '' }));
    await eventually(() => revisionIn(survey.fact(), 'default')?.injects === false);
    const revision = survey.revisions().find(({ name }) => name === 'default');
    expect(revision?.deployment?.metadata.name).toBe('istiod');
    expect(revision?.injector?.metadata.name).toBe('istio-sidecar-injector');
    await lab.cluster.kubectl(['delete', 'deployment,mutatingwebhookconfiguration', '--all', '-A']);
    await eventually(() => survey.fact().revisions.length === 0);
  });

  const helm = {
    'meta.helm.sh/release-name': 'istiod-a',
    'meta.helm.sh/release-namespace': 'istio-system',
  };
  const owning = 'install.operator.istio.io/owning-resource';
  it.each<[string, Istiod, string, boolean]>([
    ['Helm', { annotations: helm, labels: { [owning]: 'unknown' } }, 'helm', false],
    [
      'istioctl, which says it were Helm',
      { labels: { [owning]: 'installed-state', 'app.kubernetes.io/managed-by': 'Helm' } },
      'istioctl',
      false,
    ],
    [
      'Sail, by means of Helm',
      { annotations: helm, labels: { 'managed-by': 'sail-operator' } },
      'sail',
      false,
    ],
    ['nobody who says so', { labels: { [owning]: 'unknown' } }, 'unknown', false],
    [
      'us',
      {
        labels: { 'isthmus.dev/managed': 'revision' },
        annotations: {
          ...helm,
          'isthmus.dev/origin': 'install',
          'isthmus.dev/chart-digest': 'ab'.repeat(32),
        },
      },
      'isthmus',
      true,
    ],
    [
      'Helm, and was taken over',
      {
        labels: { 'isthmus.dev/managed': 'revision' },
        annotations: { ...helm, 'isthmus.dev/origin': 'adopt' },
      },
      'helm',
      true,
    ],
  ])('tell that they are of %s', async (_title, made, installedBy, managed) => {
    await lab.apply(istiod({ revision: 'a', ...made }));
    const survey = await surveyed();
    expect(revisionIn(survey.fact(), 'a')).toMatchObject({ installedBy, managed });
    const [revision] = survey.revisions();
    expect(revision?.helmRelease).toEqual(
      made.annotations && { namespace: 'istio-system', name: 'istiod-a' },
    );
    const digest = (made.annotations as Record<string, string>)?.['isthmus.dev/chart-digest'];
    expect(revisionIn(survey.fact(), 'a')?.chartDigest).toBe(digest ?? '');
    await lab.cluster.kubectl(['delete', 'deployment', 'istiod-a', '-n', istioNamespace]);
  });

  it('tell their version by labels where the image does not', async () => {
    await lab.apply(
      ...(
        [
          ['a', { 'operator.istio.io/version': '1.29.1' }],
          ['b', { 'app.kubernetes.io/version': '1.29.2' }],
          ['c', { 'helm.sh/chart': 'istiod-1.29.3' }],
          ['d', {}],
        ] as const
      ).map(([revision, labels]) => istiod({ revision, labels, image: 'pilot@sha256:00ff' })),
    );
    const survey = await surveyed();
    expect(survey.fact().revisions.map(({ version }) => version)).toEqual([
      ...['1.29.1', '1.29.2', '1.29.3', ''],
    ]);
    await lab.cluster.kubectl(['delete', 'deployment', '--all', '-n', istioNamespace]);
  });

  it('pass over another Istio in another namespace', async () => {
    await lab.apply(
      webhook('istio-sidecar-injector-x', { 'istio.io/rev': 'x' }, { namespace: 'other' }),
      webhook(
        'istio-revision-tag-y',
        { 'istio.io/rev': 'x', 'istio.io/tag': 'y' },
        { namespace: 'other' },
      ),
      {
        ...istiod({ revision: 'x' }),
        metadata: { ...istiod({ revision: 'x' }).metadata, namespace: 'demo' },
      },
    );
    const survey = await surveyed();
    expect(survey.fact()).toMatchObject({ revisions: [], tags: [] });
    await lab.cluster.kubectl(['delete', 'deployment,mutatingwebhookconfiguration', '--all', '-A']);
  });
});

it('finds tags, and to which revision they lead', async () => {
  const tag = (name: string, revision: string, labels = {}) =>
    webhook(`istio-revision-tag-${name}`, {
      'istio.io/tag': name,
      'istio.io/rev': revision,
      ...labels,
    });
  await lab.apply(
    tag('prod', '1-30-2', { 'isthmus.dev/managed': 'tag' }),
    tag('default', '1-30-2'),
  );
  const survey = await surveyed();
  expect(survey.fact().tags).toEqual([
    { name: 'default', revision: '1-30-2', managed: false },
    { name: 'prod', revision: '1-30-2', managed: true },
  ]);
  // A tag's webhook is nobody's injector.
  expect(survey.fact().revisions).toEqual([]);
  expect(survey.tags()[1]?.webhook.metadata.name).toBe('istio-revision-tag-prod');
  await lab.apply(tag('prod', '1-31-0', { 'isthmus.dev/managed': 'tag' }));
  await eventually(() => survey.tags()[1]?.revision === '1-31-0');
  await lab.cluster.kubectl(['delete', 'mutatingwebhookconfiguration', '--all']);
  await eventually(() => survey.fact().tags.length === 0);
});

it('finds namespaces by their labels, and those with proxies', async () => {
  await lab.apply(
    namespace('by-tag', { 'istio.io/rev': 'prod' }),
    namespace('by-injection', { 'istio-injection': 'enabled', 'istio.io/rev': 'prod' }),
    namespace('not-any-more', { 'istio-injection': 'disabled', 'istio.io/rev': 'prod' }),
    namespace('ambient', { 'istio.io/dataplane-mode': 'ambient' }),
    namespace('by-pod'),
  );
  const pod = (of: string, name: string, template: ReturnType<typeof podOf>) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    ...template,
    metadata: { ...template.metadata, name, namespace: of },
  });
  await eventually(async () => {
    await lab.apply(
      // The label that a Pod of ambient may well have makes no proxy.
      pod('ambient', 'web', podOf({ 'ambient.istio.io/redirection': 'enabled' }, {}, [])),
      pod('by-pod', 'web', injectedTemplate('web', 'default', '1.29.1')),
    );
    return true;
  });
  const survey = await surveyed();
  const none = { proxies: 0, unready: 0, gateways: 0, bare: 0, revisions: [] };
  expect(survey.fact().namespaces).toEqual([
    { ...none, name: 'by-injection', follows: 'injection' },
    {
      name: 'by-pod',
      follows: '',
      proxies: 1,
      unready: 1,
      gateways: 0,
      bare: 1,
      revisions: [{ revision: 'default', version: '1.29.1', workloads: 1, gateways: 0 }],
    },
    { ...none, name: 'by-tag', follows: 'prod' },
  ]);
  expect(
    [...survey.namespaces()].map((it) => [it.namespace.metadata.name, it.follows]).sort(),
  ).toEqual([
    ['by-injection', 'injection'],
    ['by-pod', ''],
    ['by-tag', 'prod'],
  ]);
  const heard: string[] = [];
  survey.onChange(() => heard.push(namespaceIn(survey.fact(), 'by-tag')?.follows ?? 'gone'));
  await lab.apply(namespace('by-tag', { 'istio.io/rev': 'stable' }));
  await eventually(() => heard.includes('stable'));
  await lab.cluster.kubectl([
    'delete',
    'pod',
    'web',
    '-n',
    'by-pod',
    '--force',
    '--grace-period=0',
  ]);
  await eventually(() => !namespaceIn(survey.fact(), 'by-pod'));
});

it('follows the proxies of workloads and gateways', async () => {
  await lab.apply(namespace('shop', { 'istio.io/rev': 'prod' }), istiod({ revision: '1-30-2' }));
  const web = injectedTemplate('web', '1-30-2', '1.30.2');
  const db = injectedTemplate('db', '1-30-2', '1.30.1');
  const [app, sidecar] = db.spec.containers;
  const workload = (kind: string, name: string, template: object, rest: object = {}) => ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'shop' },
    spec: { replicas: 1, selector: { matchLabels: { app: name } }, template, ...rest },
  });
  await lab.apply(
    workload('Deployment', 'web', web, { replicas: 2 }),
    // A native sidecar.
    workload(
      'StatefulSet',
      'db',
      {
        ...db,
        spec: { containers: [app], initContainers: [{ ...sidecar, restartPolicy: 'Always' }] },
      },
      { serviceName: 'db' },
    ),
    workload(
      'Deployment',
      'front-istio',
      injectedTemplate('front-istio', '1-29-1', '1.29.1', {
        'gateway.networking.k8s.io/gateway-name': 'front',
      }),
    ),
  );
  const survey = await surveyed();
  const shop = () => namespaceIn(survey.fact(), 'shop');
  await eventually(() => shop()?.proxies === 4);
  expect(shop()).toEqual({
    name: 'shop',
    follows: 'prod',
    proxies: 4,
    unready: 4,
    gateways: 1,
    bare: 0,
    revisions: [
      { revision: '1-29-1', version: '1.29.1', workloads: 0, gateways: 1 },
      { revision: '1-30-2', version: '1.30.1', workloads: 3, gateways: 0 },
    ],
  });
  expect(revisionIn(survey.fact(), '1-30-2')).toMatchObject({ proxies: 3, gateways: 0 });
  const owners = survey
    .proxiesIn('shop')
    .map(({ owner, gatewayName = '' }) => ({ ...owner, gatewayName }));
  expect(owners).toHaveLength(4);
  expect(owners).toEqual(
    expect.arrayContaining([
      { kind: 'Deployment', name: 'web', gatewayName: '' },
      { kind: 'StatefulSet', name: 'db', gatewayName: '' },
      { kind: 'Deployment', name: 'front-istio', gatewayName: 'front' },
    ]),
  );

  const [gateway] = await podsOf('shop', 'front-istio', 1);
  if (gateway) await setReady(gateway, true);
  await eventually(() => shop()?.unready === 3);
  expect(survey.proxiesIn('shop').find(({ ready }) => ready)?.gatewayName).toBe('front');

  await lab.cluster.kubectl(['delete', 'deployment', 'web', '-n', 'shop']);
  await lab.cluster.kubectl([
    'delete',
    'pod',
    '-l',
    'app=web',
    '-n',
    'shop',
    '--force',
    '--grace-period=0',
  ]);
  await eventually(() => shop()?.proxies === 2);
  expect(revisionIn(survey.fact(), '1-30-2')).toMatchObject({ proxies: 1 });
  await lab.cluster.kubectl(['delete', 'deployment', '--all', '-n', istioNamespace]);
});

it('tells for many changes once', async () => {
  const survey = await surveyed({ times: { ...times, debounceMs: 400 } });
  let calls = 0;
  survey.onChange(() => {
    calls += 1;
  });
  const names = Array.from({ length: 20 }, (_, index) => `many-${index}`);
  await lab.apply(...names.map((name) => namespace(name, { 'istio.io/rev': 'many' })));
  const followers = () => survey.fact().namespaces.filter(({ follows }) => follows === 'many');
  await eventually(() => followers().length === 20 && calls > 0);
  expect(calls).toBeLessThan(5);
});

it('tells which Istio the CRDs are of, as far as they are marked', async () => {
  const survey = await surveyed();
  expect(survey.fact().crdVersion).toBe('');
  const mark = async (...args: string[]) =>
    await lab.cluster.kubectl([
      args[0] ?? '',
      'crd',
      'gateways.networking.istio.io',
      ...args.slice(1),
    ]);
  await mark('annotate', 'isthmus.dev/istio-version=1.30.2');
  await eventually(() => survey.fact().crdVersion === '1.30.2');
  // Helm, later on.
  await mark('label', 'app.kubernetes.io/part-of=istio', 'app.kubernetes.io/version=1.30.10');
  await eventually(() => survey.fact().crdVersion === '1.30.10');
});

describe('readiness', () => {
  const node = (name: string, spec: object, allocatable: object, ready = 'True') => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec,
    status: { allocatable, conditions: [{ type: 'Ready', status: ready }] },
  });
  const large = { cpu: '8', memory: '32Gi', pods: '110' };

  it('is room, budgets and EnvoyFilters', async () => {
    const nodes = [
      node('small', {}, { cpu: '2', memory: '8Gi', pods: '110' }),
      node('wide', {}, { cpu: '4', memory: '4Gi', pods: '110' }),
      node('drained', { unschedulable: true }, large),
      node('tainted', { taints: [{ key: 'gpu', effect: 'NoSchedule' }] }, large),
      node('full', {}, { ...large, pods: '0' }),
      node('broken', {}, large, 'False'),
    ];
    await lab.apply(...nodes);
    for (const { metadata, status } of nodes) {
      await lab.cluster.kubectl([
        ...['patch', 'node', metadata.name, '--subresource=status', '--type=merge', '-p'],
        JSON.stringify({ status: { ...status, capacity: status.allocatable } }),
      ]);
    }
    await lab.apply(namespace('budgets'), istiod({ revision: 'r' }), {
      apiVersion: 'networking.istio.io/v1alpha3',
      kind: 'EnvoyFilter',
      metadata: { name: 'lua', namespace: 'demo' },
      spec: { configPatches: [] },
    });
    const budget = (name: string, selector: object) => ({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name, namespace: 'budgets' },
      spec: { minAvailable: 1, selector },
    });
    const web = injectedTemplate('web', 'r', '1.30.2');
    await eventually(async () => {
      await lab.apply({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'budgets' },
        spec: {
          replicas: 1,
          selector: { matchLabels: { app: 'web' } },
          template: {
            ...web,
            spec: {
              nodeName: 'wide',
              containers: [
                {
                  name: 'app',
                  image: 'app',
                  resources: { requests: { cpu: '250m', memory: '1Gi' } },
                },
                { ...web.spec.containers[1], resources: { requests: { cpu: '0.1' } } },
              ],
            },
          },
        },
      });
      return true;
    });
    await lab.apply(
      budget('web', { matchLabels: { app: 'web' } }),
      budget('expression', { matchExpressions: [{ key: 'app', operator: 'Exists' }] }),
      budget('other', { matchLabels: { app: 'other' } }),
    );
    await podsOf('budgets', 'web', 1);
    await eventually(async () => {
      const { items } = await kube.list<Deployment & { status?: { expectedPods?: number } }>(
        Upgraded.PodDisruptionBudget,
        { namespace: 'budgets' },
      );
      return items.filter(({ status }) => status?.expectedPods === 1).length === 2;
    });
    const survey = await surveyed();
    const before = Math.floor(Date.now() / 1_000);
    const fact = await survey.readiness('wish-1');
    expect(fact).toEqual({
      request: 'wish-1',
      at: expect.any(Number),
      nodes: 3,
      freeCpuMilli: 3_650,
      freeMemoryBytes: 3 * 2 ** 30,
      istiodCpuMilli: 500,
      istiodMemoryBytes: 2 * 2 ** 30,
      blockingBudgets: ['budgets/expression', 'budgets/web'],
      envoyFilters: ['demo/lua'],
      envoyFilterCount: 1,
    });
    expect(fact.at).toBeGreaterThanOrEqual(before);
  });

  it('is taken from time to time, and carries the latest request', async () => {
    const survey = surveyOf({ times: { debounceMs: 10, readinessMs: 50 } });
    const heard: ReadinessFact[] = [];
    survey.onReadiness((fact) => heard.push(fact));
    await survey.start();
    await eventually(() => heard.length > 1);
    expect(heard[0]?.request).toBe('');
    await survey.readiness('wish-2');
    const since = heard.length;
    await eventually(() => heard.length > since + 1);
    expect(heard.at(-1)?.request).toBe('wish-2');
  });
});

describe('without a permission', () => {
  const group = 'rbac.authorization.k8s.io';
  const user = { name: 'survey', namespace: 'isthmus-system' };
  const grant = async (rules: object[]): Promise<void> =>
    await lab.apply(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: user },
      { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'survey' }, rules },
      {
        apiVersion: `${group}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name: 'survey' },
        roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'survey' },
        subjects: [{ kind: 'ServiceAccount', ...user }],
      },
    );
  const all = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
  const kubeOf = async (): Promise<Kube> => {
    const token = await lab.cluster.kubectl(['create', 'token', user.name, '-n', user.namespace]);
    return Kube.load(await lab.kubeconfigFor(token.trim()));
  };

  it('says which one, and goes on when it has got it', async () => {
    await grant([]);
    const limited = await kubeOf();
    const survey = surveyOf({ kube: limited, times: { debounceMs: 10, readinessMs: 100 } });
    const problems: (string | undefined)[] = [];
    survey.onChange(() => problems.push(survey.problem));
    const started = survey.start();
    await eventually(() => problems.at(-1)?.startsWith('may not list pods: '));
    expect(survey.problem).toContain('system:serviceaccount:isthmus-system:survey');
    expect(survey.isRead).toBe(false);
    expect(survey.fact()).toMatchObject({ revisions: [], namespaces: [] });
    await grant([all]);
    await started;
    expect(survey.isRead).toBe(true);
    await eventually(() => problems.length > 1 && problems.at(-1) === undefined);
    limited.close();
  });

  it('names another one as well, and can be stopped', async () => {
    await grant([{ ...all, apiGroups: [''] }]);
    const limited = await kubeOf();
    const survey = surveyOf({ kube: limited });
    const started = survey.start();
    await eventually(() => survey.problem?.includes('list deployments.apps: '));
    // Each is told when its own answer has come.
    await eventually(() => survey.problem?.includes('list mutatingwebhookconfigurations.'));
    expect(survey.problem).toContain(
      'list mutatingwebhookconfigurations.admissionregistration.k8s.io: ',
    );
    expect(survey.isRead).toBe(false);
    await survey.stop();
    await started;
    limited.close();
  });
});
