import {
  applyObjects,
  deploy,
  ensureNamespace,
  eventually,
  exportService,
  installGateway,
  type Member,
  scale,
  type Workload,
  type World,
} from '@isthmus/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gone, startTestWorld } from './world.js';

// Two clusters on two networks, broken on purpose in one place after the other. No istiod runs and no
// pod: what istiod would accept is what the API server stored, and endpoints are written as by kubelets.

let world: World;
/** Has the services, and the only gateway into its network. */
let cloud: Member;
/** Whose callers ask. */
let onprem: Member;

const payments: Workload = {
  namespace: 'shop',
  name: 'payments',
  replicas: 2,
  serviceAccount: 'payments',
  addresses: '10.11.0',
};

beforeAll(async () => {
  world = await startTestWorld();
  [cloud, onprem] = await Promise.all([
    world.join({
      name: 'cloud',
      network: 'net-a',
      locality: 'eu/north',
      serviceCidr: '10.96.0.0/16',
      gateway: '203.0.113.10',
    }),
    world.join({
      name: 'onprem',
      network: 'net-b',
      locality: 'eu/west',
      serviceCidr: '10.97.0.0/16',
    }),
  ]);
  for (const { kube } of world.members) await ensureNamespace(kube, 'shop');
  await deploy(cloud.kube, payments);
  await exportService(cloud.kube, 'shop', 'payments');
  await reaches({ host: 'shop/payments' });
});
afterAll(() => world?.stop());

interface Step {
  link: string;
  state: string;
  clusterName: string | null;
  reason: string | null;
  message: string;
  remedy: string | null;
}

interface Reachability {
  state: string;
  host: string;
  broken: Step | null;
  steps: Step[];
  routes: { clusterName: string; network: string; local: boolean; state: string; steps: Step[] }[];
}

interface Question {
  host: string;
  port?: number;
  fromClusterId?: string;
}

async function ask({ fromClusterId = onprem.id, ...question }: Question): Promise<Reachability> {
  const step = 'link state clusterName reason message remedy';
  const { reachability } = await world.api.query<{ reachability: Reachability }>(
    `query ($meshId: ID!, $from: ID!, $host: String!, $port: Int) {
       reachability(meshId: $meshId, fromClusterId: $from, fromNamespace: "shop",
                    fromServiceAccount: "web", host: $host, port: $port) {
         state host broken { ${step} } steps { ${step} }
         routes { clusterName network local state steps { ${step} } } } }`,
    { meshId: world.meshId, from: fromClusterId, port: 80, ...question },
  );
  return reachability;
}

async function reaches(question: Question): Promise<Reachability> {
  return eventually(`${question.host} is reached`, async () => {
    const answer = await ask(question);
    if (answer.state !== 'OK') throw new Error(JSON.stringify(answer.broken ?? answer.routes));
    expect(answer.broken).toBeNull();
    return answer;
  });
}

async function breaksAt(question: Question, link: string, reason: string): Promise<Step> {
  return eventually(`${question.host} is not reached: ${link} ${reason}`, async () => {
    const { state, broken } = await ask(question);
    if (broken?.link !== link || broken.reason !== reason) {
      throw new Error(`${state} ${JSON.stringify(broken)}`);
    }
    expect(state).toBe('BROKEN');
    return broken;
  });
}

const kubectl = (member: Member, command: string, input?: object): Promise<string> =>
  member.kube.kubectl(command.split(' '), input && { input: JSON.stringify(input) });

const inShop = (kind: string, name: string, more: object) => ({
  apiVersion: 'v1',
  kind,
  metadata: { namespace: 'shop', name },
  ...more,
});

/** The pods of payments by another name, offered to the mesh by cloud. */
function offer(name: string): Promise<void> {
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
  const kind = 'ServiceExport';
  return applyObjects(cloud.kube, [
    inShop('Service', name, { spec: { selector: { app: 'payments' }, ports } }),
    { ...inShop(kind, name, {}), apiVersion: 'multicluster.x-k8s.io/v1alpha1' },
  ]);
}

async function patchPorts(port: number): Promise<void> {
  const spec = { ports: [{ name: 'http', port, targetPort: 8080 }] };
  const patch = JSON.stringify({ spec });
  await cloud.kube.kubectl([
    '-n',
    'shop',
    'patch',
    'service',
    'payments',
    '--type=merge',
    '-p',
    patch,
  ]);
}

/** Releases one intent, and waits until the clusters run it. */
async function release(kind: string, spec: object): Promise<void> {
  const content = JSON.stringify({
    apiVersion: 'isthmus.dev/v1alpha1',
    kind,
    metadata: { name: 'payments', namespace: 'shop' },
    spec: { service: 'payments', ...spec },
  });
  const files = [{ path: 'shop/payments.yaml', content }];
  const policy = { waves: [], gate: { soakSeconds: 0 } };
  const { applyConfiguration } = await world.api.query<{
    applyConfiguration: { rollout: { id: string } };
  }>(
    `mutation ($input: ApplyConfigurationInput!) {
       applyConfiguration(input: $input) { rollout { id } } }`,
    { input: { meshId: world.meshId, message: kind, files, policy } },
  );
  await eventually('the rollout is completed', async () => {
    const { node } = await world.api.query<{ node: { state: string; detail: string } }>(
      'query ($id: ID!) { node(id: $id) { ... on Rollout { state detail } } }',
      { id: applyConfiguration.rollout.id },
    );
    if (node.state !== 'COMPLETED') throw new Error(`${node.state} ${node.detail}`);
  });
}

let grantId = '';

interface Case {
  title: string;
  /** shop/payments unless said. */
  host?: string;
  break: () => Promise<unknown>;
  mend: () => Promise<unknown>;
  link: string;
  reason: string;
  /** The object that the message names. */
  names: string;
}

const cases: Case[] = [
  {
    title: 'the ServiceExport is deleted',
    break: () => kubectl(cloud, '-n shop delete serviceexport payments'),
    mend: () => exportService(cloud.kube, 'shop', 'payments'),
    link: 'EXPORT',
    reason: 'NotExported',
    names: 'ServiceExport shop/payments',
  },
  {
    title: 'the host is granted to another cluster',
    break: async () => {
      const { grantHost } = await world.api.query<{ grantHost: { hostGrant: { id: string } } }>(
        'mutation ($input: GrantHostInput!) { grantHost(input: $input) { hostGrant { id } } }',
        {
          input: {
            meshId: world.meshId,
            namespace: 'shop',
            service: 'payments',
            clusterIds: [onprem.id],
          },
        },
      );
      grantId = grantHost.hostGrant.id;
    },
    mend: () =>
      world.api.query(
        'mutation ($input: RevokeHostGrantInput!) { revokeHostGrant(input: $input) { hostGrant { id } } }',
        { input: { id: grantId } },
      ),
    link: 'EXPORT',
    reason: 'HostOwnedByAnother',
    names: "granted to 'onprem'",
  },
  {
    title: 'the Service has another port',
    break: () => patchPorts(8000),
    mend: () => patchPorts(80),
    link: 'EXPORT',
    reason: 'PortNotExported',
    names: 'shop/payments has no TCP port 80',
  },
  {
    title: 'a ServiceExport names an ExternalName',
    host: 'shop/outside',
    break: async () => {
      const spec = { type: 'ExternalName', externalName: 'db.example.com' };
      await applyObjects(cloud.kube, [inShop('Service', 'outside', { spec })]);
      await exportService(cloud.kube, 'shop', 'outside');
    },
    mend: async () => {
      await kubectl(cloud, '-n shop delete service outside');
      await offer('outside');
    },
    link: 'EXPORT',
    reason: 'ExternalName',
    names: 'shop/outside',
  },
  {
    title: 'no Pod is ready',
    break: () => scale(cloud.kube, payments, 0),
    mend: () => scale(cloud.kube, payments, 2),
    link: 'ENDPOINTS',
    reason: 'NoReadyEndpoints',
    names: 'shop/payments has no ready endpoint',
  },
  {
    title: 'the caller’s cluster does not have the namespace',
    host: 'later/echo',
    break: async () => {
      await deploy(cloud.kube, { ...payments, namespace: 'later', name: 'echo', replicas: 1 });
      await exportService(cloud.kube, 'later', 'echo');
    },
    mend: () => ensureNamespace(onprem.kube, 'later'),
    link: 'IMPORT',
    reason: 'NamespaceNotFound',
    names: 'namespace later',
  },
  {
    title: 'somebody took the label of ours off the ServiceImport',
    break: () => kubectl(onprem, '-n shop label serviceimport payments isthmus.dev/intent-'),
    mend: () => kubectl(onprem, '-n shop label serviceimport payments isthmus.dev/intent=Import'),
    link: 'IMPORT',
    reason: 'NotOurs',
    names: 'ServiceImport shop/payments',
  },
  {
    title: 'a Service without a selector is in the way',
    host: 'shop/plain',
    break: async () => {
      const spec = { ports: [{ name: 'http', port: 80 }] };
      await applyObjects(onprem.kube, [inShop('Service', 'plain', { spec })]);
      await offer('plain');
    },
    mend: () => kubectl(onprem, '-n shop delete service plain'),
    link: 'IMPORT',
    reason: 'LocalServiceWithoutSelector',
    names: 'Service shop/plain',
  },
  {
    title: 'istio-system of the caller’s cluster is labelled as of another network',
    // While its agent is away: one that is there may put its own label back at once.
    break: async () => {
      await onprem.agent.stop();
      await kubectl(
        onprem,
        'label namespace istio-system topology.istio.io/network=net-x --overwrite',
      );
      await onprem.agent.start();
    },
    mend: () =>
      kubectl(onprem, 'label namespace istio-system topology.istio.io/network=net-b --overwrite'),
    link: 'NETWORK',
    reason: 'NetworkMismatch',
    names: 'Namespace istio-system',
  },
  {
    title: 'the east-west gateway is gone',
    break: () => kubectl(cloud, '-n istio-system delete service istio-eastwestgateway'),
    mend: () => installGateway(cloud.kube, 'net-a', '203.0.113.10'),
    link: 'GATEWAY',
    reason: 'NoEastWestGateway',
    names: "network 'net-a'",
  },
  {
    title: 'the load balancer of the gateway has no address',
    break: () =>
      cloud.kube.kubectl([
        '-n',
        'istio-system',
        'patch',
        'service',
        'istio-eastwestgateway',
        '--subresource=status',
        '--type=merge',
        '-p',
        JSON.stringify({ status: { loadBalancer: { ingress: null } } }),
      ]),
    mend: () => installGateway(cloud.kube, 'net-a', '203.0.113.11'),
    link: 'GATEWAY',
    reason: 'NoGatewayAddress',
    names: 'Service istio-system/istio-eastwestgateway',
  },
  {
    title: 'the gateway is labelled as of another network',
    break: () =>
      kubectl(
        cloud,
        '-n istio-system label service istio-eastwestgateway topology.istio.io/network=net-x --overwrite',
      ),
    mend: () => installGateway(cloud.kube, 'net-a', '203.0.113.10'),
    link: 'GATEWAY',
    reason: 'GatewayOfAnotherNetwork',
    names: 'Service istio-system/istio-eastwestgateway',
  },
  {
    title: 'somebody else has the Gateway that exposes the hosts',
    break: async () => {
      const name = 'isthmus-exposure-istio-eastwestgateway';
      await kubectl(cloud, '-n istio-system delete service istio-eastwestgateway');
      await gone(cloud, 'istio-system', 'gateways.networking.istio.io', name);
      await applyObjects(cloud.kube, [
        {
          apiVersion: 'networking.istio.io/v1',
          kind: 'Gateway',
          metadata: { namespace: 'istio-system', name },
          spec: {
            selector: { istio: 'ingress' },
            servers: [
              { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['a.example.com'] },
            ],
          },
        },
      ]);
      await installGateway(cloud.kube, 'net-a', '203.0.113.10');
    },
    mend: () =>
      kubectl(
        cloud,
        '-n istio-system delete gateways.networking.istio.io isthmus-exposure-istio-eastwestgateway',
      ),
    link: 'SNI',
    reason: 'NotOurs',
    names: 'Gateway istio-system/isthmus-exposure-istio-eastwestgateway',
  },
  {
    title: 'istiod’s cacerts are somebody else’s',
    break: () => kubectl(cloud, '-n istio-system label secret cacerts isthmus.dev/intent-'),
    mend: () => kubectl(cloud, '-n istio-system annotate secret cacerts isthmus.dev/adopt=true'),
    link: 'TRUST',
    reason: 'NotOurs',
    names: 'Secret istio-system/cacerts',
  },
  {
    title: 'no policy allows the caller',
    break: () => release('AccessPolicy', { allow: [{ from: [{ serviceAccount: 'shop/cart' }] }] }),
    mend: () => release('AccessPolicy', { allow: [{ from: [{ serviceAccount: 'shop/web' }] }] }),
    link: 'POLICY',
    reason: 'NotAllowedByPolicy',
    names: 'AccessPolicy shop/payments',
  },
  {
    title: 'a policy denies the caller',
    break: () => release('AccessPolicy', { deny: [{ from: [{ namespace: 'shop' }] }] }),
    mend: () => release('AccessPolicy', { deny: [{ from: [{ namespace: 'sandbox' }] }] }),
    link: 'POLICY',
    reason: 'DeniedByPolicy',
    names: 'AccessPolicy shop/payments',
  },
  {
    title: 'its pods take no mutual TLS',
    break: () => release('MutualTLS', { mode: 'DISABLE' }),
    mend: () => release('MutualTLS', { mode: 'STRICT' }),
    link: 'POLICY',
    reason: 'MutualTlsDisabled',
    names: 'MutualTLS shop/payments',
  },
];

describe('why onprem does not reach a service of cloud', () => {
  it.for(cases)('$title', async ({ host = 'shop/payments', link, reason, names, ...how }) => {
    if (host === 'shop/payments') await reaches({ host });
    await how.break();
    const broken = await breaksAt({ host }, link, reason);
    expect(broken.message).toContain(names);
    expect(broken.remedy).toBeTruthy();
    await how.mend();
    await reaches({ host });
  });

  it('a name that is none of the mesh’s', async () => {
    const { state, broken, routes } = await ask({ host: 'db.example.com' });
    expect({ state, broken, routes }).toMatchObject({
      state: 'BROKEN',
      broken: { link: 'NAME', reason: 'NameNotOfMesh' },
      routes: [],
    });
  });

  it('a cluster whose agent never came', async () => {
    const { registerCluster } = await world.api.query<{
      registerCluster: { cluster: { id: string } };
    }>(
      'mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id } } }',
      { input: { meshId: world.meshId, name: 'edge', network: 'net-e', locality: 'us' } },
    );
    const fromClusterId = registerCluster.cluster.id;
    const { state, broken, routes } = await ask({ host: 'shop/payments', fromClusterId });
    expect({ state, broken }).toMatchObject({
      state: 'BROKEN',
      broken: { link: 'CONTACT', reason: 'NeverJoined', clusterName: 'edge' },
    });
    expect(routes).toMatchObject([{ clusterName: 'cloud', state: 'SKIPPED' }]);
  });
});

describe('when all is well', () => {
  it('every link of the route is told, and the gateway is not needed at home', async () => {
    const far = await reaches({ host: 'payments.shop.svc.clusterset.local' });
    expect(far.host).toBe('payments.shop.svc.clusterset.local');
    expect(far.routes).toMatchObject([
      { clusterName: 'cloud', network: 'net-a', local: false, state: 'OK' },
    ]);
    expect(far.routes[0]?.steps.map(({ link, state }) => `${link} ${state}`)).toEqual(
      'EXPORT CONTACT ENDPOINTS IMPORT NETWORK GATEWAY SNI TRUST SAN POLICY'
        .split(' ')
        .map((link) => `${link} OK`),
    );
    const near = await reaches({
      host: 'payments.shop.svc.cluster.local',
      fromClusterId: cloud.id,
    });
    const skipped = near.routes[0]?.steps.filter(({ state }) => state === 'SKIPPED');
    expect(near.routes).toMatchObject([{ local: true, state: 'OK' }]);
    expect(skipped?.map(({ link }) => link)).toContain('GATEWAY');
  });

  it('an exporter out of contact is a warning', async () => {
    cloud.link.cut();
    try {
      const step = await eventually('the warning', async () => {
        const answer = await ask({ host: 'shop/payments' });
        const found = answer.routes[0]?.steps.find(({ link }) => link === 'CONTACT');
        if (found?.reason !== 'OutOfContact') throw new Error(JSON.stringify(found));
        expect(answer.state).toBe('OK');
        return found;
      });
      expect(step).toMatchObject({ state: 'OK', clusterName: 'cloud' });
    } finally {
      cloud.link.mend();
    }
  });

  it('the topology has both ends of it', async () => {
    const query = `query ($id: ID!) { mesh(id: $id) { topology { truncated total services {
      id host identities mutualTls policies { name action summary }
      exporters { clusterId network readyEndpoints localities valid conflict stale reason }
      importers { clusterId state reason message } } } } }`;
    await eventually('the topology', async () => {
      const { mesh } = await world.api.query<{ mesh: { topology: { services: object[] } } }>(
        query,
        { id: world.meshId },
      );
      expect(mesh.topology).toMatchObject({ truncated: false, total: 4 });
      expect(mesh.topology.services).toContainEqual(
        expect.objectContaining({
          id: `${world.meshId}/shop/payments`,
          host: 'payments.shop.svc.cluster.local',
          identities: ['spiffe://cluster.local/ns/shop/sa/payments'],
          mutualTls: 'STRICT',
          exporters: [
            expect.objectContaining({ clusterId: cloud.id, network: 'net-a', readyEndpoints: 2 }),
          ],
          importers: expect.arrayContaining([
            expect.objectContaining({ clusterId: onprem.id, state: 'YES' }),
          ]),
        }),
      );
    });
  });
});
