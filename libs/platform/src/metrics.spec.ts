import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advanceMesh } from './database/database.js';
import { Doorbell } from './doorbell.js';
import { serveHealth } from './health.js';
import { ApiMetrics, HubMetrics, WorkerMetrics } from './metrics.js';
import { startTestDatabase, type TestDatabase } from './testing.js';

/** The value of one line of what is served. */
function told(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

describe('what services measure', () => {
  it('has a name of ours, a unit in the name where it has one, and labels that name no tenant', () => {
    const all = [new ApiMetrics(), new HubMetrics(), new WorkerMetrics()].flatMap(({ registry }) =>
      registry.getMetricsAsArray(),
    );
    expect(all.length).toBeGreaterThan(30);
    for (const metric of all) {
      const { name, help, labelNames } = metric as typeof metric & { labelNames: string[] };
      expect(name).toMatch(/^isthmus_[a-z]+(_[a-z]+)+$/);
      expect(help.length, name).toBeGreaterThan(10);
      const isCounter = (metric.type as unknown) === 'counter';
      expect(name.endsWith('_total'), name).toBe(isCounter);
      if (help.includes('seconds')) expect(name).toMatch(/_seconds(_total)?$/);
      for (const label of labelNames) {
        expect(label, name).not.toMatch(
          /organi|tenant|mesh|cluster|user|mail|address|host|_id|name/,
        );
        expect(label, name).not.toMatch(
          /^(job|instance|namespace|pod|service|container|endpoint)$/,
        );
      }
    }
  });

  it('tells nothing of what is not known, and goes on where something cannot be read', async () => {
    const metrics = new HubMetrics();
    metrics.agents.readFrom(() => {
      throw new Error('the database is away');
    });
    metrics.meshes.readFrom(async () => [[{ state: 'current' }, 3]]);
    const text = await metrics.text();
    expect(told(text, 'isthmus_hub_agents')).toBeUndefined();
    expect(told(text, 'isthmus_hub_authority_expiry_timestamp_seconds')).toBeUndefined();
    expect(told(text, 'isthmus_hub_meshes{state="current"}')).toBe(3);
    expect(text).toMatch(/isthmus_build_info\{program="hub",version="\d+\.\d+\.\d+",node="v/);
    expect(text).toContain('process_cpu_seconds_total');
    // What is not told any more is not told as it was.
    metrics.meshes.readFrom(() => [[{ state: 'behind' }, 1]]);
    expect(await metrics.text()).not.toContain('isthmus_hub_meshes{state="current"}');
  });

  it('counts jobs by what came of them', async () => {
    const metrics = new WorkerMetrics();
    const labels = { queue: 'mesh', task: 'trust' };
    expect(await metrics.run(labels, async () => 7)).toBe(7);
    const fail = () => Promise.reject(new Error('no'));
    await expect(metrics.run(labels, fail)).rejects.toThrow('no');
    await expect(metrics.run(labels, fail, () => true)).rejects.toThrow('no');
    const text = await metrics.text();
    for (const outcome of ['done', 'failed', 'later']) {
      const series = `isthmus_worker_jobs_total{queue="mesh",task="trust",outcome="${outcome}"}`;
      expect(told(text, series)).toBe(1);
    }
    expect(told(text, 'isthmus_worker_job_duration_seconds_count{queue="mesh",task="trust"}')).toBe(
      3,
    );
  });
});

describe('with a database', () => {
  let test: TestDatabase;
  let server: Server;
  const metrics = new HubMetrics();

  beforeAll(async () => {
    test = await startTestDatabase();
    server = await serveHealth(0, { database: async () => undefined }, metrics);
  });
  afterAll(async () => {
    server.close();
    await test.stop();
  });

  const scrape = async (): Promise<string> => {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    return response.text();
  };

  it('serves its pool and its doorbell', async () => {
    const { database } = test;
    const doorbell = new Doorbell(database, pino({ level: 'silent' }), 60_000);
    metrics.watch(database, doorbell);
    expect(told(await scrape(), 'isthmus_doorbell_listening')).toBeUndefined();

    await database.withOrganization('org_a', async (tx) => {
      const used = 'isthmus_postgres_connections{state="used"}';
      expect(told(await scrape(), used)).toBe(1);
      await tx.organization.create({ data: { id: 'org_a', name: 'Acme' } });
      const id = 'mesh_a';
      await tx.mesh.create({
        data: { id, organizationId: 'org_a', name: 'prod', trustDomain: 'prod.example' },
      });
      await tx.meshClock.create({ data: { meshId: id, organizationId: 'org_a' } });
    });
    expect(told(await scrape(), 'isthmus_postgres_connections_max')).toBe(10);

    await doorbell.start();
    const rung = new Promise<void>((resolve) => {
      doorbell.watch((_, revision) => revision === 1n && resolve());
    });
    await database.withOrganization('org_a', (tx) => advanceMesh(tx, 'mesh_a', 'facts'));
    await rung;
    const text = await scrape();
    expect(told(text, 'isthmus_doorbell_listening')).toBe(1);
    expect(told(text, 'isthmus_doorbell_poll_timestamp_seconds')).toBeGreaterThan(1e9);
    expect(told(text, 'isthmus_doorbell_rings_total{source="poll"}')).toBe(1);
    expect(told(text, 'isthmus_doorbell_rings_total{source="notification"}')).toBe(1);
    expect(text).not.toMatch(/org_a|mesh_a|Acme/);
    await doorbell.close();
  });
});
