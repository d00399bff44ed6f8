import {
  applyObjects,
  deploy,
  ensureNamespace,
  eventually,
  exportService,
  type Member,
  scale,
  type Workload,
  type World,
} from '@isthmus/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entriesOf, get, gone, importedWith, importState, ours, startTestWorld } from './world.js';

let world: World;
/** A network of its own; `east` and `west` share one. */
let alone: Member;
let east: Member;
let west: Member;

beforeAll(async () => {
  world = await startTestWorld();
  alone = await world.join({
    name: 'alone',
    network: 'net-a',
    locality: 'eu/north',
    serviceCidr: '10.96.0.0/16',
    gateway: '203.0.113.10',
  });
  east = await world.join({
    name: 'east',
    network: 'net-b',
    locality: 'us/east',
    serviceCidr: '10.97.0.0/16',
    gateway: '198.51.100.20',
  });
  west = await world.join({
    name: 'west',
    network: 'net-b',
    locality: 'us/west',
    serviceCidr: '10.98.0.0/16',
  });
  for (const member of world.members) await ensureNamespace(member.kube, 'shop');
});
afterAll(() => world?.stop());

async function offer(
  member: Member,
  workload: Omit<Workload, 'namespace' | 'addresses'> & { addresses?: string },
) {
  const full = { namespace: 'shop', addresses: '10.22.0', ...workload };
  await deploy(member.kube, full);
  await exportService(member.kube, 'shop', workload.name);
  return full;
}

describe('what Istio is given', () => {
  it('is exactly what the contracts say', async () => {
    await offer(east, { name: 'echo', replicas: 3, serviceAccount: 'echo', zone: 'b' });
    const [entry] = await importedWith(alone, 'shop', 'echo', [3]);
    expect(entry?.spec).toEqual({
      network: 'net-b',
      weight: 3,
      locality: expect.stringMatching(/^us\//),
      serviceAccount: 'echo',
      labels: { 'isthmus.dev/import': 'echo', 'security.istio.io/tlsMode': 'istio' },
    });
    const service = await get(alone, 'shop', 'service', 'echo');
    expect(service.spec.selector).toEqual({ 'isthmus.dev/import': 'echo' });
    expect(service.spec.ports).toMatchObject([{ name: 'http', port: 80, protocol: 'TCP' }]);
    const gateway = await eventually('the remote gateway', () =>
      get(alone, 'istio-system', 'gateways.gateway.networking.k8s.io', 'remote-net-b'),
    );
    expect(gateway.metadata.labels).toMatchObject({ 'topology.istio.io/network': 'net-b' });
    expect(gateway.spec).toMatchObject({
      gatewayClassName: 'istio-remote',
      addresses: [{ type: 'IPAddress', value: '198.51.100.20' }],
      listeners: [
        {
          name: 'cross-network',
          port: 15443,
          protocol: 'TLS',
          tls: {
            mode: 'Passthrough',
            options: { 'gateway.istio.io/listener-protocol': 'auto-passthrough' },
          },
        },
      ],
    });
    const exposing = await eventually('the exposing gateway', async () => {
      const [found] = await ours(east, 'istio-system', 'gateways.networking.istio.io');
      if (!found) throw new Error('there is none');
      return found;
    });
    expect(exposing.spec.selector).toEqual({ istio: 'eastwestgateway' });
    expect(exposing.spec.servers).toMatchObject([
      {
        port: { number: 15443, protocol: 'TLS' },
        tls: { mode: 'AUTO_PASSTHROUGH' },
        hosts: ['echo.shop.svc.cluster.local', 'echo.shop.svc.clusterset.local'],
      },
    ]);
    const serviceImport = await get(alone, 'shop', 'serviceimports.multicluster.x-k8s.io', 'echo');
    expect(serviceImport.spec).toMatchObject({ type: 'ClusterSetIP', ports: [{ port: 80 }] });
    expect(
      await get(
        alone,
        'shop',
        'serviceentries',
        (await ours(alone, 'shop', 'serviceentries'))[0]?.metadata.name ?? '',
      ),
    ).toMatchObject({
      spec: {
        hosts: ['echo.shop.svc.clusterset.local'],
        location: 'MESH_INTERNAL',
        resolution: 'STATIC',
      },
    });
    const state = await eventually('the state of the import', async () => {
      const found = await importState(world, alone, 'echo.shop.svc.cluster.local');
      if (found?.stored !== 'YES') throw new Error(JSON.stringify(found));
      return found;
    });
    // No istiod here: nobody can have accepted it, and nobody says so.
    expect(state.live).not.toBe('YES');
  });

  it('joins a Service that is there already, by its selector', async () => {
    await deploy(alone.kube, {
      namespace: 'shop',
      name: 'local',
      replicas: 1,
      addresses: '10.11.1',
    });
    await offer(east, { name: 'local', replicas: 2, addresses: '10.22.1' });
    const [entry] = await importedWith(alone, 'shop', 'local', [2]);
    expect(entry?.spec.labels).toEqual({ app: 'local', 'security.istio.io/tlsMode': 'istio' });
    const service = await get(alone, 'shop', 'service', 'local');
    expect(service.metadata.labels).not.toHaveProperty('app.kubernetes.io/managed-by');
  });

  it('has one entry for each service account, and their weights add up', async () => {
    const first = await offer(east, {
      name: 'twins',
      replicas: 2,
      serviceAccount: 'one',
      addresses: '10.22.2',
    });
    await scaleAccount(first, 'two', 3);
    const entries = await importedWith(alone, 'shop', 'twins', [2, 3]);
    expect(entries.map(({ spec }) => spec.serviceAccount).sort()).toEqual(['one', 'two']);
  });

  it('names the target ports that have names', async () => {
    await offer(east, {
      name: 'named',
      replicas: 1,
      addresses: '10.22.3',
      ports: [{ name: 'http', port: 80, targetPort: 'web' }],
      containerPorts: [{ name: 'web', containerPort: 8443 }],
    });
    const [entry] = await importedWith(alone, 'shop', 'named', [1]);
    expect(Object.keys(entry?.spec.ports ?? {})).toEqual(['web']);
  });
});

async function scaleAccount(
  workload: Workload,
  serviceAccount: string,
  replicas: number,
): Promise<void> {
  await applyObjects(east.kube, [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace: 'shop', name: serviceAccount },
    },
  ]);
  await scale(east.kube, { ...workload, serviceAccount, firstAddress: 100 }, replicas);
}

describe('a service that changes', () => {
  it('is followed up and down, and leaves nothing behind', async () => {
    const workload = await offer(east, { name: 'tides', replicas: 1, addresses: '10.22.4' });
    await importedWith(alone, 'shop', 'tides', [1]);
    await scale(east.kube, workload, 5);
    await importedWith(alone, 'shop', 'tides', [5]);
    await scale(east.kube, workload, 0);
    await importedWith(alone, 'shop', 'tides', []);
    await scale(east.kube, workload, 2);
    await importedWith(alone, 'shop', 'tides', [2]);
    await east.kube.kubectl([
      '-n',
      'shop',
      'patch',
      'service',
      'tides',
      '--type=merge',
      '-p',
      JSON.stringify({ spec: { ports: [{ name: 'grpc', port: 9090, targetPort: 9090 }] } }),
    ]);
    await eventually('the ports follow', async () => {
      const { spec } = await get(alone, 'shop', 'service', 'tides');
      expect(spec.ports).toMatchObject([{ name: 'grpc', port: 9090 }]);
    });
    await east.kube.kubectl(['-n', 'shop', 'delete', 'service', 'tides']);
    await gone(alone, 'shop', 'service', 'tides');
    await gone(alone, 'shop', 'serviceimports.multicluster.x-k8s.io', 'tides');
    expect(await entriesOf(alone, 'shop', 'tides')).toEqual([]);
  });

  it('is withdrawn by deleting its ServiceExport', async () => {
    await offer(east, { name: 'leaver', replicas: 1, addresses: '10.22.5' });
    await importedWith(alone, 'shop', 'leaver', [1]);
    await east.kube.kubectl(['-n', 'shop', 'delete', 'serviceexport', 'leaver']);
    await gone(alone, 'shop', 'service', 'leaver');
    await eventually('the gateway no longer serves it', async () => {
      const [gateway] = await ours(east, 'istio-system', 'gateways.networking.istio.io');
      expect(JSON.stringify(gateway?.spec)).not.toContain('leaver.');
    });
  });
});

describe('what is refused says why', () => {
  async function condition(member: Member, name: string, type: string) {
    return eventually(`condition ${type} of ${name}`, async () => {
      const { status } = await get(member, 'shop', 'serviceexport', name);
      const found = (status?.conditions ?? []).find((each: { type: string }) => each.type === type);
      if (!found) throw new Error(JSON.stringify(status));
      return found as { status: string; reason: string; message: string };
    });
  }

  it('a name that another cluster owns', async () => {
    await offer(east, { name: 'owned', replicas: 2, addresses: '10.22.6' });
    await importedWith(alone, 'shop', 'owned', [2]);
    await offer(alone, { name: 'owned', replicas: 4, addresses: '10.11.6' });
    await eventually('the conflict is reported', async () => {
      expect(await condition(alone, 'owned', 'Conflict')).toMatchObject({
        status: 'True',
        message: expect.stringContaining('east'),
      });
    });
    // The owner's endpoints are as they were, everywhere.
    const entries = await importedWith(west, 'shop', 'owned', [1, 1]);
    expect(entries.map(({ spec }) => spec.address).sort()).toEqual(['10.22.6.10', '10.22.6.11']);
    await world.api.query(
      `mutation ($input: GrantHostInput!) { grantHost(input: $input) { hostGrant { id } } }`,
      {
        input: {
          meshId: world.meshId,
          namespace: 'shop',
          service: 'owned',
          clusterIds: [alone.id, east.id],
        },
      },
    );
    await importedWith(west, 'shop', 'owned', [1, 1, 4]);
    await eventually('the conflict is over', async () => {
      expect((await condition(alone, 'owned', 'Conflict')).status).toBe('False');
    });
  });

  it('an ExternalName service', async () => {
    await applyObjects(east.kube, [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: 'shop', name: 'elsewhere' },
        spec: { type: 'ExternalName', externalName: 'db.example.com' },
      },
    ]);
    await exportService(east.kube, 'shop', 'elsewhere');
    expect(await condition(east, 'elsewhere', 'Valid')).toMatchObject({
      status: 'False',
      message: expect.stringContaining('ExternalName'),
    });
  });

  it('a headless service, or it is imported as one', async () => {
    await offer(east, { name: 'headless', replicas: 2, headless: true, addresses: '10.22.7' });
    const valid = await condition(east, 'headless', 'Valid');
    if (valid.status === 'False') {
      expect(valid.message).toMatch(/headless/i);
      expect(await entriesOf(alone, 'shop', 'headless')).toEqual([]);
    } else {
      await importedWith(alone, 'shop', 'headless', [2]);
      const { spec } = await get(alone, 'shop', 'serviceimports.multicluster.x-k8s.io', 'headless');
      expect(spec.type).toBe('Headless');
    }
  });

  it('an import into a namespace that is not there, until it is', async () => {
    await ensureNamespace(east.kube, 'later');
    await deploy(east.kube, {
      namespace: 'later',
      name: 'echo',
      replicas: 2,
      addresses: '10.22.8',
    });
    await exportService(east.kube, 'later', 'echo');
    await eventually('it waits, and says for what', async () => {
      expect(await importState(world, alone, 'echo.later.svc.cluster.local')).toMatchObject({
        stored: 'PENDING',
        reason: 'NamespaceNotFound',
      });
    });
    expect(await alone.kube.kubectl(['get', 'namespace', 'later', '--ignore-not-found'])).toBe('');
    await ensureNamespace(alone.kube, 'later');
    await importedWith(alone, 'later', 'echo', [2]);
  });
});

describe('two clusters in one network', () => {
  it('reach each other without a gateway, endpoint by endpoint', async () => {
    await offer(east, { name: 'near', replicas: 2, serviceAccount: 'near', addresses: '10.22.9' });
    const entries = await importedWith(west, 'shop', 'near', [1, 1]);
    expect(entries.map(({ spec }) => spec.address).sort()).toEqual(['10.22.9.10', '10.22.9.11']);
    expect(entries.every(({ spec }) => spec.serviceAccount === 'near')).toBe(true);
    const remote = await ours(west, 'istio-system', 'gateways.gateway.networking.k8s.io');
    expect(remote.map(({ metadata }) => metadata.name)).not.toContain('remote-net-b');
  });

  it('reach each other by gateway once one is given another network, and directly when it is back', async () => {
    await offer(east, { name: 'moved', replicas: 2, addresses: '10.22.14' });
    await importedWith(west, 'shop', 'moved', [1, 1]);
    const move = (network: string) =>
      world.api.query(
        'mutation ($input: UpdateClusterInput!) { updateCluster(input: $input) { cluster { id } } }',
        { input: { clusterId: west.id, network } },
      );
    const labelled = (network: string) =>
      eventually(`istio-system of west is labelled ${network}`, async () => {
        const { metadata } = await get(west, 'default', 'namespace', 'istio-system');
        expect(metadata.labels?.['topology.istio.io/network']).toBe(network);
      });
    await labelled('net-b');
    await move('net-c');
    const [entry] = await importedWith(west, 'shop', 'moved', [2]);
    expect(entry?.spec).toMatchObject({ network: 'net-b' });
    expect(entry?.spec).not.toHaveProperty('address');
    await labelled('net-c');
    await eventually('the gateway of the network that it left', () =>
      get(west, 'istio-system', 'gateways.gateway.networking.k8s.io', 'remote-net-b'),
    );
    await move('net-b');
    await importedWith(west, 'shop', 'moved', [1, 1]);
    await labelled('net-b');
    await gone(west, 'istio-system', 'gateways.gateway.networking.k8s.io', 'remote-net-b');
  });
});

describe('what we wrote', () => {
  it('is put back when somebody edits or deletes it, and reported', async () => {
    await offer(east, { name: 'edited', replicas: 3, addresses: '10.22.12' });
    const [entry] = await importedWith(alone, 'shop', 'edited', [3]);
    const name = entry?.metadata.name ?? '';
    await alone.kube.kubectl([
      '-n',
      'shop',
      'patch',
      'workloadentry',
      name,
      '--type=merge',
      '--field-manager=mallory',
      '-p',
      JSON.stringify({ spec: { weight: 77 } }),
    ]);
    await importedWith(alone, 'shop', 'edited', [3]);
    await alone.kube.kubectl(['-n', 'shop', 'delete', 'workloadentry', name]);
    await importedWith(alone, 'shop', 'edited', [3]);
    await eventually('it is reported', async () => {
      const state = await importState(world, alone, 'edited.shop.svc.cluster.local');
      expect(state?.corrections).toBeGreaterThanOrEqual(2);
    });
  });

  it('never takes over what is somebody else’s', async () => {
    await applyObjects(alone.kube, [
      {
        apiVersion: 'multicluster.x-k8s.io/v1alpha1',
        kind: 'ServiceImport',
        metadata: { namespace: 'shop', name: 'taken' },
        spec: { type: 'ClusterSetIP', ports: [{ name: 'theirs', port: 1, protocol: 'TCP' }] },
      },
    ]);
    await offer(east, { name: 'taken', replicas: 1, addresses: '10.22.13' });
    await eventually('it is reported', async () => {
      const state = await importState(world, alone, 'taken.shop.svc.cluster.local');
      expect(state).toMatchObject({ stored: 'REFUSED', reason: 'NotOurs' });
    });
    const { spec } = await get(alone, 'shop', 'serviceimports.multicluster.x-k8s.io', 'taken');
    expect(spec.ports).toMatchObject([{ name: 'theirs' }]);
  });
});
