import { deploy, ensureNamespace, eventually, exportService, type World } from '@isthmus/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importedWith, startTestWorld } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startTestWorld();
  const places = { cloud: 'net-a', onprem: 'net-b' };
  for (const [at, [name, network]] of Object.entries(places).entries()) {
    const gateway = `203.0.113.${at + 1}`;
    const serviceCidr = `10.${96 + at}.0.0/16`;
    await world.join({ name, network, locality: 'eu', gateway, serviceCidr });
  }
  for (const { kube } of world.members) await ensureNamespace(kube, 'shop');
});
afterAll(() => world?.stop());

/** Series to value, as Prometheus reads them. */
async function scrape(port: number): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(response.status).toBe(200);
  const lines = (await response.text()).split('\n').filter((line) => line && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

const ports = () => {
  const { api, hubs, worker } = world.platform;
  return {
    api: Number(api.options.environment.METRICS_PORT),
    hub: hubs[0]?.options.healthPort ?? 0,
    worker: worker.options.healthPort,
  };
};

describe('the plane at work', () => {
  it('tells what it does, and whose of nothing', async () => {
    const [importer, exporter] = world.members;
    if (!importer || !exporter) throw new Error('there are no members');
    await deploy(exporter.kube, {
      namespace: 'shop',
      name: 'payments',
      replicas: 2,
      addresses: '10.22.0',
    });
    await exportService(exporter.kube, 'shop', 'payments');
    await importedWith(importer, 'shop', 'payments', [2]);

    await eventually('the hub has counted it', async () => {
      const hub = await scrape(ports().hub);
      expect(hub.get('isthmus_hub_agents')).toBe(2);
      expect(hub.get('isthmus_hub_streams{direction="facts"}')).toBe(2);
      expect(hub.get('isthmus_hub_streams{direction="intents"}')).toBe(2);
      expect(hub.get('isthmus_hub_meshes{state="current"}')).toBe(1);
      expect(hub.get('isthmus_hub_meshes{state="behind"}')).toBe(0);
      expect(hub.get('isthmus_hub_identities_total{way="enrol",code="OK"}')).toBe(2);
      expect(hub.get('isthmus_hub_connects_total{direction="facts",code="OK"}')).toBe(2);
      expect(hub.get('isthmus_hub_facts_total{outcome="stored"}')).toBeGreaterThan(2);
      expect(
        hub.get('isthmus_hub_fact_store_duration_seconds_count{outcome="stored"}'),
      ).toBeGreaterThan(2);
      for (const type of ['Import', 'Peer', 'TrustBundle', 'SigningCertificate']) {
        expect(hub.get(`isthmus_hub_resources_sent_total{type="${type}"}`), type).toBeGreaterThan(
          0,
        );
        expect(hub.get(`isthmus_hub_sent_bytes_total{type="${type}"}`), type).toBeGreaterThan(100);
        expect(hub.get(`isthmus_hub_resources_refused_total{type="${type}"}`), type).toBe(0);
      }
      expect(hub.get('isthmus_hub_change_to_sent_seconds_count')).toBeGreaterThan(0);
      expect(hub.get('isthmus_hub_refresh_duration_seconds_count{outcome="done"}')).toBeGreaterThan(
        0,
      );
      expect(hub.get('isthmus_doorbell_listening')).toBe(1);
      expect(hub.get('isthmus_doorbell_rings_total{source="notification"}')).toBeGreaterThan(0);
      const now = Date.now() / 1000;
      expect(hub.get('isthmus_hub_authority_expiry_timestamp_seconds')).toBeGreaterThan(now + 3e8);
      expect(hub.get('isthmus_hub_certificate_expiry_timestamp_seconds')).toBeGreaterThan(
        now + 6e6,
      );
    });
    await eventually('the worker has counted it', async () => {
      const worker = await scrape(ports().worker);
      const done = 'isthmus_worker_jobs_total{queue="mesh",task="trust",outcome="done"}';
      expect(worker.get(done)).toBeGreaterThan(0);
      expect(worker.get('isthmus_worker_queue_jobs{queue="mesh",state="waiting"}')).toBeDefined();
      expect(worker.get('isthmus_worker_queue_head_seconds{queue="upgrades"}')).toBe(0);
      expect(worker.get('isthmus_worker_meshes')).toBe(1);
    });
    const api = await scrape(ports().api);
    expect(
      api.get('isthmus_api_requests_total{operation="mutation",outcome="ok"}'),
    ).toBeGreaterThan(2);

    const { organizationId } = world;
    for (const port of Object.values(ports())) {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      for (const theirs of [
        organizationId,
        ...world.members.flatMap(({ id, name }) => [id, name]),
        'acme',
        'payments',
      ])
        expect(text).not.toContain(theirs);
      expect(text).toMatch(/^isthmus_build_info\{program="\w+",version="[\d.]+",node="v\d/m);
    }
  });

  it('tells none of it where the public comes', async () => {
    const response = await fetch(`${world.platform.apiUrl}/metrics`);
    expect(await response.text()).not.toContain('isthmus_api_');
    expect(response.headers.get('content-type')).not.toContain('version=0.0.4');
  });

  it('tells that an agent is gone, and that it is back', async () => {
    const [member] = world.members;
    await member?.agent.stop();
    await eventually('one is gone', async () => {
      const hub = await scrape(ports().hub);
      expect(hub.get('isthmus_hub_agents')).toBe(1);
      expect(hub.get('isthmus_hub_departures_total{code="OK"}')).toBe(2);
    });
    await member?.agent.start();
    await eventually('it is back', async () => {
      expect((await scrape(ports().hub)).get('isthmus_hub_agents')).toBe(2);
    });
  });
});
