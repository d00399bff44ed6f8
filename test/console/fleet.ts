import {
  applyObjects,
  deploy,
  ensureNamespace,
  eventually,
  exportService,
  type Member,
  type World,
} from '@isthmus/local';
import { forbid } from '../admission.js';

/** A mesh in which there is something to see on every page of the console. */
export interface Fleet {
  readonly cloud: Member;
  readonly onprem: Member;
  /** Registered, and waited for. */
  readonly pendingId: string;
  /** Of the rollout that halted. */
  readonly rolloutId: string;
  /** Of the upgrade that is planned: for cloud, while onprem is to be taken over. */
  readonly upgradeId: string;
  /** Whose receiver is not there. */
  readonly webhookId: string;
}

/** Of Istio: what the clusters have, and where the upgrade leads. */
const versions = { now: '1.29.6', next: '1.30.4' } as const;

const shop = (timeout: string): { path: string; content: string }[] => [
  {
    path: 'shop/access.yaml',
    content: `apiVersion: isthmus.dev/v1alpha1
kind: AccessPolicy
metadata: {name: payments, namespace: shop}
spec:
  service: payments
  allow:
    - from: [{serviceAccount: shop/checkout}, {serviceAccount: shop/inventory}]
`,
  },
  {
    path: 'shop/patience.yaml',
    content: `apiVersion: isthmus.dev/v1alpha1
kind: RetriesAndTimeouts
metadata: {name: payments, namespace: shop}
spec:
  service: payments
  timeout: ${timeout}
`,
  },
  {
    path: 'shop/mutual-tls.yaml',
    content: `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: shop, namespace: shop}
spec:
  mtls: {mode: STRICT}
`,
  },
];

/** Has two clusters join, federates services, rolls out releases, and breaks some of it. */
export async function raiseFleet(world: World): Promise<Fleet> {
  // With a node, on which istiod is ready, and an agent that may change it.
  const managed = { nodes: 1, agentValues: ['istio.manage=true'] };
  const [cloud, onprem] = await Promise.all([
    world.join({
      name: 'cloud',
      network: 'cloud',
      locality: 'eu-central-1/a',
      serviceCidr: '10.96.0.0/16',
      gateway: '203.0.113.10',
      ...managed,
    }),
    world.join({
      name: 'onprem',
      network: 'onprem',
      locality: 'berlin/hall-2',
      serviceCidr: '10.97.0.0/16',
      gateway: '198.51.100.20',
      ...managed,
    }),
  ]);
  await Promise.all([installIstiod(cloud), installIstiod(onprem)]);
  const pendingId = await register(world);
  for (const [{ id }, env] of [
    [cloud, 'canary'],
    [onprem, 'prod'],
  ] as const) {
    await say(world, 'setClusterLabels', { clusterId: id, labels: [{ key: 'env', value: env }] });
  }
  await federate(world, cloud, onprem);
  for (const [namespace, service, clusterIds] of [
    ['media', 'thumbs', [onprem.id]],
    ['shop', 'checkout', []],
  ] as const) {
    await say(world, 'grantHost', { meshId: world.meshId, namespace, service, clusterIds });
  }
  await say(world, 'createApiToken', {
    name: 'deploy pipeline',
    role: 'OPERATOR',
    namespaces: ['shop'],
    expiresAt: new Date(Date.now() + 90 * 86_400_000).toISOString(),
  });
  const webhookId = await tellSomebody(world);
  const rolloutId = await release(world, onprem);
  const upgradeId = await planUpgrade(world, cloud);
  return { cloud, onprem, pendingId, rolloutId, upgradeId, webhookId };
}

async function tellSomebody(world: World): Promise<string> {
  const { createWebhook } = await world.api.query<{ createWebhook: { webhook: { id: string } } }>(
    `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }`,
    { input: { name: 'on-call', url: 'http://127.0.0.1:9/isthmus', types: ['drift'] } },
  );
  return createWebhook.webhook.id;
}

async function register(world: World): Promise<string> {
  const { registerCluster } = await world.api.query<{
    registerCluster: { cluster: { id: string } };
  }>(
    `mutation ($input: RegisterClusterInput!) {
       registerCluster(input: $input) { cluster { id } } }`,
    {
      input: { meshId: world.meshId, name: 'edge', network: 'edge', locality: 'us-east-2' },
    },
  );
  return registerCluster.cluster.id;
}

/** What of istiod is looked at, as its chart labels it: its Pod runs nothing. */
async function installIstiod({ kube }: Member): Promise<void> {
  const metadata = {
    namespace: 'istio-system',
    name: 'istiod',
    labels: {
      app: 'istiod',
      'app.kubernetes.io/version': versions.now,
      'istio.io/rev': 'default',
    },
  };
  await applyObjects(kube, [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: { app: 'istiod' }, ports: [{ name: 'grpc-xds', port: 15010 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        selector: { matchLabels: { app: 'istiod' } },
        template: {
          metadata: { labels: { app: 'istiod' } },
          spec: {
            containers: [{ name: 'discovery', image: `docker.io/istio/pilot:${versions.now}` }],
          },
        },
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'istio-sidecar-injector', labels: metadata.labels },
      webhooks: [
        {
          name: 'namespace.sidecar-injector.istio.io',
          clientConfig: {
            service: { namespace: 'istio-system', name: 'istiod', path: '/inject' },
            caBundle: Buffer.from('nobody is asked').toString('base64'),
          },
          namespaceSelector: { matchLabels: { 'istio-injection': 'enabled' } },
          rules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
          ],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    },
  ]);
}

/** Takes over one of the clusters, and plans for all; nothing begins. */
async function planUpgrade(world: World, cloud: Member): Promise<string> {
  const { meshId } = world;
  await say(world, 'takeOverIstio', { clusterId: cloud.id });
  const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
  await say(world, 'updateUpgradeSettings', {
    meshId,
    windows: [
      {
        name: 'nights',
        clusterSelector: 'env=prod',
        days: ['MONDAY', 'TUESDAY', 'WEDNESDAY'],
        opens: '22:00',
        minutes: 360,
        timeZone: 'Europe/Zurich',
      },
    ],
    freezes: [{ name: 'end of the year', from: day(20), until: day(34) }],
  });
  const istioOf = `query ($id: ID!) { cluster(id: $id) { istio { isManaged isSettled } } }`;
  await eventually('the Istio of cloud is taken over', async () => {
    const { cluster } = await world.api.query<{ cluster: { istio: object | null } }>(istioOf, {
      id: cloud.id,
    });
    const told = JSON.stringify(cluster.istio);
    if (told !== '{"isManaged":true,"isSettled":true}') throw new Error(told);
  });
  const { planUpgrade } = await world.api.query<{ planUpgrade: { upgrade: { id: string } } }>(
    `mutation ($input: PlanUpgradeInput!) { planUpgrade(input: $input) { upgrade { id } } }`,
    { input: { meshId, toVersion: versions.next, message: 'Native sidecars for the shop' } },
  );
  return planUpgrade.upgrade.id;
}

async function federate(world: World, cloud: Member, onprem: Member): Promise<void> {
  for (const { kube } of [cloud, onprem]) await ensureNamespace(kube, 'shop');
  const services = [
    [cloud, 'payments', 3, '10.11.0', 'shop'],
    [onprem, 'inventory', 2, '10.22.0', 'shop'],
    [cloud, 'checkout', 2, '10.11.1', 'shop'],
    [onprem, 'checkout', 1, '10.22.1', 'shop'],
    [onprem, 'thumbs', 1, '10.22.2', 'media'],
    [cloud, 'thumbs', 1, '10.11.2', 'media'],
  ] as const;
  for (const [{ kube }, name, replicas, addresses, namespace] of services) {
    await deploy(kube, { namespace, name, replicas, addresses, serviceAccount: name });
    await exportService(kube, namespace, name);
  }
  const { kube } = cloud;
  await applyObjects(kube, [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'shop', name: 'ledger' },
      spec: { type: 'ExternalName', externalName: 'ledger.bank.example' },
    },
  ]);
  await exportService(kube, 'shop', 'ledger');
  await say(world, 'createExportPolicy', {
    meshId: world.meshId,
    name: 'labelled',
    serviceSelector: { matchLabels: [{ key: 'mesh', value: 'yes' }] },
  });
  await eventually('payments is imported', async () => {
    await onprem.kube.kubectl(['-n', 'shop', 'get', 'service', 'payments']);
    await cloud.kube.kubectl(['-n', 'shop', 'get', 'service', 'inventory']);
  });
}

/** One release everywhere, one changed by hand since, and one that halts in its second wave. */
async function release(world: World, onprem: Member): Promise<string> {
  await ends(world, await apply(world, shop('2s'), 'Who may call payments, and for how long'));
  await say(world, 'updateConfigurationSettings', {
    meshId: world.meshId,
    driftPolicy: 'TOLERATE',
  });
  const patch = JSON.stringify({ spec: { mtls: { mode: 'PERMISSIVE' } } });
  await onprem.kube.kubectl(
    ['-n', 'shop', 'patch', 'peerauthentication', 'shop', '--type=merge', '-p', patch].concat(
      '--field-manager=night-shift',
    ),
  );
  // Cloud tries it for both and has the first wave; on premises it is refused.
  await forbid(onprem, '13s');
  return ends(world, await apply(world, shop('13s'), 'More patience for payments'), 'HALTED');
}

async function apply(
  world: World,
  files: readonly { path: string; content: string }[],
  message: string,
): Promise<string> {
  const { applyConfiguration } = await world.api.query<{
    applyConfiguration: { rollout: { id: string } };
  }>(
    `mutation ($input: ApplyConfigurationInput!) {
       applyConfiguration(input: $input) { rollout { id } } }`,
    {
      input: {
        meshId: world.meshId,
        files,
        message,
        policy: {
          waves: [{ clusterSelector: 'env=canary' }, { each: 'REGION' }],
          gate: { soakSeconds: 0, timeoutSeconds: 120 },
        },
      },
    },
  );
  return applyConfiguration.rollout.id;
}

async function ends(world: World, id: string, state = 'COMPLETED'): Promise<string> {
  await eventually(`the rollout is ${state}`, async () => {
    const { node } = await world.api.query<{ node: { state: string; detail: string | null } }>(
      `query ($id: ID!) { node(id: $id) { ... on Rollout { state detail } } }`,
      { id },
    );
    if (node.state !== state) throw new Error(`${node.state}: ${node.detail}`);
  });
  return id;
}

async function say(world: World, name: string, input: object): Promise<void> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  await world.api.query(`mutation ($input: ${type}) { ${name}(input: $input) { __typename } }`, {
    input,
  });
}
