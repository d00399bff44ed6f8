import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  ApiClient,
  eventually,
  type LocalPlatform,
  type Member,
  Service,
  startPlatform,
  type World,
} from '@isthmus/local';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestWorld } from './world.js';

// Its own database is copied and lost; that of DATABASE_URL is somebody's.
const isEmbedded = !process.env.DATABASE_URL;
const run = promisify(execFile);

describe.runIf(isEmbedded)('a backup that is older than what was lost', () => {
  let world: World & { folder: string };
  let early: Member;
  let late: Member;
  let restored: LocalPlatform | undefined;

  beforeAll(async () => {
    world = await startTestWorld();
    early = await joinAs('early', 96);
    await backUp(world.platform.ownerUrl, data(), `${data()}-backup`);
    late = await joinAs('late', 97);
    await world.platform.stop();
    await rm(data(), { recursive: true });
    await run('mv', [`${data()}-backup`, data()]);
    restored = await startPlatform({ folder: world.folder });
  });
  afterAll(async () => {
    await restored?.stop();
    await world?.stop();
  });

  const data = (): string => join(world.folder, 'postgres', 'data');
  const joinAs = (name: string, at: number): Promise<Member> =>
    world.join({
      ...{ name, network: 'net', locality: 'eu', serviceCidr: `10.${at}.0.0/16` },
      agentEnvironment: { ISTHMUS_RECONNECT_MIN_MS: '100', ISTHMUS_RECONNECT_MAX_MS: '500' },
    });

  it('brings back who was known to it, and turns away who was not', async () => {
    if (!restored) throw new Error('there is no plane');
    const [hub] = restored.hubAddresses;
    for (const { link } of [early, late]) link.lead(hub ?? '');
    const api = new ApiClient(restored.apiUrl).as(world.sessionToken);
    await eventually('the early one is back', async () => {
      const { mesh } = await api.query<{
        mesh: { clusters: { edges: { node: { name: string; status: string } }[] } };
      }>(`query ($id: ID!) { mesh(id: $id) { clusters { edges { node { name status } } } } }`, {
        id: world.meshId,
      });
      expect(mesh.clusters.edges.map(({ node }) => node)).toEqual([
        { name: 'early', status: 'CONNECTED' },
      ]);
    });
    await eventually('the late one is refused', async () => {
      const port = restored?.hubs[0]?.options.healthPort;
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(text).toMatch(
        /^isthmus_hub_connects_total\{direction="facts",code="IDENTITY_UNTRUSTED"\} [1-9]/m,
      );
      expect(text).toMatch(/^isthmus_hub_agents 1$/m);
    });
  });

  it('knows nothing of what came after it, and takes it anew', async () => {
    if (!restored) throw new Error('there is no plane');
    const api = new ApiClient(restored.apiUrl).as(world.sessionToken);
    const { registerCluster } = await api.query<{ registerCluster: { cluster: { name: string } } }>(
      `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { name } } }`,
      { input: { meshId: world.meshId, name: 'late', network: 'net', locality: 'eu' } },
    );
    expect(registerCluster.cluster.name).toBe('late');
  });

  it('is worth nothing with another key-encryption key', async () => {
    const [hub] = restored?.hubs ?? [];
    if (!hub) throw new Error('there is no hub');
    await hub.stop();
    const other = new Service({
      ...hub.options,
      name: 'hub-with-another-key',
      environment: {
        ...hub.options.environment,
        ISTHMUS_KEK: randomBytes(32).toString('base64'),
      },
    });
    await expect(other.start()).rejects.toThrow('does not open');
  });
});

/** By Postgres's own way, while it is at work: embedded as it is, it has no pg_dump. */
async function backUp(ownerUrl: string, from: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(`SELECT pg_backup_start('drill', true)`);
    await run('cp', ['-a', from, to]);
    const { rows } = await client.query<{ labelfile: string }>(
      'SELECT labelfile FROM pg_backup_stop(false)',
    );
    await run('cp', ['-a', `${from}/pg_wal/.`, `${to}/pg_wal`]);
    const label = join(to, 'backup_label');
    await writeFile(label, rows[0]?.labelfile ?? '', { mode: 0o600 });
    // The server runs as a user of its own where we are root.
    const { uid, gid } = await stat(to);
    await chown(label, uid, gid);
    for (const name of ['postmaster.pid', 'postmaster.opts'])
      await rm(join(to, name), { force: true });
  } finally {
    await client.end();
  }
}
