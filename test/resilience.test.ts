import {
  deploy,
  ensureNamespace,
  eventually,
  exportService,
  type Member,
  scale,
  type World,
} from '@isthmus/local';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { entriesOf, importedWith, startTestWorld } from './world.js';

let world: World;
let importer: Member;
let exporter: Member;
const echo = { namespace: 'shop', name: 'echo', replicas: 2, addresses: '10.22.0' };

beforeAll(async () => {
  world = await startTestWorld({ hubs: 2 });
  const agentEnvironment = { ISTHMUS_RECONNECT_MIN_MS: '100', ISTHMUS_RECONNECT_MAX_MS: '500' };
  importer = await world.join({
    name: 'importer',
    network: 'net-a',
    locality: 'eu',
    gateway: '203.0.113.10',
    agentEnvironment,
  });
  exporter = await world.join({
    name: 'exporter',
    network: 'net-b',
    locality: 'us',
    gateway: '198.51.100.20',
    serviceCidr: '10.97.0.0/16',
    agentEnvironment,
  });
  for (const { kube } of world.members) await ensureNamespace(kube, 'shop');
  await deploy(exporter.kube, echo);
  await exportService(exporter.kube, 'shop', 'echo');
});
afterAll(() => world?.stop());

beforeEach(async () => {
  await scale(exporter.kube, echo, 2);
  await importedWith(importer, 'shop', 'echo', [2]);
});

/** Where each agent's load balancer leads. */
function leadTo(hub: number): void {
  for (const { link } of world.members) link.lead(world.platform.hubAddresses[hub] ?? '');
}

describe('the plane fails', () => {
  it('a hub is killed, and another takes over', async () => {
    leadTo(1);
    await world.platform.hubs[0]?.stop('SIGKILL');
    await scale(exporter.kube, echo, 4);
    await importedWith(importer, 'shop', 'echo', [4]);
    await world.platform.hubs[0]?.start();
  });

  it('agents on different hubs see each other’s changes', async () => {
    importer.link.lead(world.platform.hubAddresses[0] ?? '');
    importer.link.cut();
    importer.link.mend();
    await scale(exporter.kube, echo, 5);
    await importedWith(importer, 'shop', 'echo', [5]);
  });

  it('all of it goes: what is applied stays, and an agent that restarts works from its disk', async () => {
    await Promise.all(
      [...world.platform.hubs, world.platform.api, world.platform.worker].map((service) =>
        service.stop('SIGKILL'),
      ),
    );
    await importer.agent.stop('SIGKILL');
    await importer.agent.start();
    const [entry] = await entriesOf(importer, 'shop', 'echo');
    await importer.kube.kubectl([
      '-n',
      'shop',
      'delete',
      'workloadentry',
      entry?.metadata.name ?? '',
    ]);
    await importedWith(importer, 'shop', 'echo', [2]);
    // What happens meanwhile arrives when it is back.
    await scale(exporter.kube, echo, 3);
    await Promise.all(
      [...world.platform.hubs, world.platform.api, world.platform.worker].map((service) =>
        service.start(),
      ),
    );
    await importedWith(importer, 'shop', 'echo', [3]);
  });
});

describe('an agent restarts', () => {
  it('with the hub: it resumes, and nothing it wrote is touched', async () => {
    const before = await entriesOf(importer, 'shop', 'echo');
    await importer.agent.stop('SIGTERM');
    await importer.agent.start();
    await scale(exporter.kube, echo, 6);
    const [after] = await importedWith(importer, 'shop', 'echo', [6]);
    expect(after?.metadata).toMatchObject({ name: before[0]?.metadata.name });
  });
});

/** As if it had been silent for long: nobody wants to wait here. */
async function forgetContact(clusterId: string): Promise<void> {
  await eventually('the hub has let go of it', async () => {
    const { cluster } = await world.api.query<{ cluster: { status: string } }>(
      `query ($id: ID!) { cluster(id: $id) { status } }`,
      { id: clusterId },
    );
    expect(cluster.status).toBe('OUT_OF_CONTACT');
  });
  const client = new pg.Client({ connectionString: world.platform.ownerUrl });
  await client.connect();
  await client.query(
    `UPDATE cluster SET last_contact_at = now() - interval '10 min' WHERE id = $1`,
    [clusterId],
  );
  await client.end();
}

describe('an exporter is out of contact', () => {
  it('its endpoints stay, marked stale, and go back to normal', async () => {
    exporter.link.cut();
    await forgetContact(exporter.id);
    const staleness = async (): Promise<boolean | undefined> => {
      const { mesh } = await world.api.query<{
        mesh: { service: { exporters: { clusterId: string; stale: boolean }[] } };
      }>(
        `query ($id: ID!) { mesh(id: $id) { service(host: "shop/echo") { exporters { clusterId stale } } } }`,
        { id: world.meshId },
      );
      return mesh.service.exporters.find(({ clusterId }) => clusterId === exporter.id)?.stale;
    };
    await eventually('it is stale', async () => expect(await staleness()).toBe(true));
    await importedWith(importer, 'shop', 'echo', [2]);
    exporter.link.mend();
    await eventually('it is back', async () => expect(await staleness()).toBe(false));
    await scale(exporter.kube, echo, 3);
    await importedWith(importer, 'shop', 'echo', [3]);
  });
});
