import { type IsthmusError, newId } from '@isthmus/kernel';
import { startTestDatabase, type TestDatabase } from '@isthmus/platform';
import type { Actor } from '@isthmus/tenancy';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ClusterService, contactTimeoutMs } from './clusters.js';
import { MeshService, meshTables } from './meshes.js';
import { newSerial } from './pki.js';
import { PresenceService } from './presence.js';

let test: TestDatabase;
let meshes: MeshService;
let clusters: ClusterService;
let presence: PresenceService;
const newActor = (role: Actor['role'] = 'owner'): Actor => ({
  organizationId: newId('organization'),
  kind: 'user',
  id: 'user',
  role,
});
let [alice, mallory] = [newActor(), newActor()];
const inRole = (role: Actor['role']): Actor => ({ ...alice, role });

beforeAll(async () => {
  test = await startTestDatabase();
  meshes = new MeshService(test.database);
  clusters = new ClusterService(test.database);
  presence = new PresenceService(test.database);
});
afterAll(() => test.stop());
// An organization has room for so many meshes.
beforeEach(() => {
  [alice, mallory] = [newActor(), newActor()];
});

let count = 0;
function newName(): string {
  count += 1;
  return `name-${count}`;
}
const newMesh = (actor = alice) => meshes.create(actor, { name: newName() });

async function register(meshId: string, actor = alice, name = newName()) {
  return clusters.register(actor, { meshId, name, network: 'network', locality: 'region/zone' });
}

async function identity(actor = alice) {
  const { id: meshId } = await newMesh(actor);
  const { cluster } = await register(meshId, actor);
  const { organizationId } = actor;
  return { organizationId, meshId, clusterId: cluster.id, serial: newSerial() };
}

async function errorOf(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error as IsthmusError,
  );
  expect(error).toBeDefined();
  return { code: error?.code ?? 'none', message: error?.message ?? 'none' };
}

const clockOf = (meshId: string) =>
  test.database.untenanted.meshClock.findUniqueOrThrow({
    where: { meshId },
    select: { revision: true, settings: true },
  });

describe('meshes', () => {
  it('are created with a clock that has ticked', async () => {
    const mesh = await meshes.create(alice, { name: 'production' });
    expect(mesh).toEqual({
      id: expect.stringMatching(/^mesh_/),
      name: 'production',
      trustDomain: 'cluster.local',
      createdAt: expect.any(Date),
    });
    expect(await clockOf(mesh.id)).toEqual({ revision: 1n, settings: 1n });
    expect(await meshes.get(alice, mesh.id)).toEqual(mesh);
    const other = await meshes.create(alice, { name: newName(), trustDomain: 'td.example.com' });
    expect(other.trustDomain).toBe('td.example.com');
  });

  it.each(['', 'Upper', 'a.b', '-a', 'a-', 'a_b', 'a\n', 'ä', 'a'.repeat(64)])(
    'are not named %j',
    async (name) => {
      await expect(meshes.create(alice, { name })).rejects.toMatchObject({ code: 'INVALID_NAME' });
    },
  );

  it.each([
    '',
    '.',
    'a..b',
    'a.',
    '.a',
    'A.b',
    'a b',
    '*.a',
    'a/b',
    'a.b\n',
    `${'a.'.repeat(127)}a`,
  ])('have no trust domain %j', async (trustDomain) => {
    await expect(meshes.create(alice, { name: newName(), trustDomain })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('have names of their own within an organization, and leave nothing behind if not', async () => {
    const { name } = await newMesh();
    const clocks = await test.database.untenanted.meshClock.count();
    await expect(meshes.create(alice, { name })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await test.database.untenanted.meshClock.count()).toBe(clocks);
    await expect(meshes.create(mallory, { name })).resolves.toMatchObject({ name });
    const race = await Promise.allSettled(
      Array.from({ length: 5 }, () => meshes.create(alice, { name: 'raced' })),
    );
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('are at most 50 in an organization, whoever comes at once', async () => {
    const names = Array.from({ length: 48 }, newName);
    await Promise.all(names.map((name) => meshes.create(alice, { name })));
    const race = await Promise.allSettled(Array.from({ length: 6 }, () => newMesh()));
    const codes = race.map((each) => (each.status === 'fulfilled' ? 'made' : each.reason.code));
    expect(codes.sort()).toEqual([...Array(4).fill('QUOTA_EXCEEDED'), 'made', 'made']);
    await expect(newMesh()).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    const { organizationId } = alice;
    expect(await test.database.untenanted.meshClock.count({ where: { organizationId } })).toBe(50);
    await expect(newMesh(mallory)).resolves.toBeDefined();
  });

  it('are listed page by page', async () => {
    const actor = newActor();
    const made = [];
    for (let index = 0; index < 5; index += 1) made.push(await newMesh(actor));
    const ids = made.map(({ id }) => id).sort();
    const first = await meshes.list(actor, { first: 3 });
    expect([first.items.map(({ id }) => id), first.hasNext]).toEqual([ids.slice(0, 3), true]);
    const rest = await meshes.list(actor, { first: 2, after: ids[2] });
    expect([rest.items.map(({ id }) => id), rest.hasNext]).toEqual([ids.slice(3), false]);
    await expect(meshes.list(actor, { first: 201 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});

describe('clusters', () => {
  it('are registered with a token, and move the clock of their mesh', async () => {
    const { id: meshId } = await newMesh();
    const input = {
      meshId,
      name: 'a',
      network: 'network-1',
      locality: 'eu-central-1/a/1',
      cidrs: ['10.0.0.0/8', 'fd00::/8', '0.0.0.0/0', '10.1.2.3/32', '::1/128'],
      labels: { env: 'prod', 'acme.example/tier': '' },
    };
    const { cluster, joinToken } = await clusters.register(alice, input);
    expect(cluster).toEqual({
      ...input,
      id: expect.stringMatching(/^cluster_/),
      kind: 'kubernetes',
      status: 'PENDING',
      createdAt: expect.any(Date),
      removedAt: null,
      connectedAt: null,
      lastContactAt: null,
      lockReason: null,
      heldRemovals: [],
      recoveries: 0,
    });
    expect(joinToken).toEqual({
      id: expect.stringMatching(/^jointoken_/),
      secret: expect.stringMatching(/^isthmus_join_[0-9a-f]{32}_[\w-]{43}$/),
      expiresAt: expect.any(Date),
    });
    const inAnHour = joinToken.expiresAt.getTime() - Date.now() - 3_600_000;
    expect(Math.abs(inAnHour)).toBeLessThan(60_000);
    expect(await clusters.get(alice, cluster.id)).toEqual(cluster);
    expect(await clockOf(meshId)).toEqual({ revision: 2n, settings: 2n });
    const changed = await clusters.setLabels(alice, cluster.id, { env: 'test' });
    expect(changed.labels).toEqual({ env: 'test' });
    expect(await clockOf(meshId)).toEqual({ revision: 3n, settings: 3n });
  });

  it.each([
    ['of Istio and Kubernetes', { 'topology.istio.io/network': 'mine' }, 'follows from'],
    ['that are none', { 'a b': '' }, 'is no label'],
    ['with values that are none', { env: 'a/b' }, 'is no label'],
    [
      'without number',
      Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, ''])),
      'at most 64',
    ],
  ])('have no labels %s', async (_what, labels, message) => {
    const { id: meshId } = await newMesh();
    const input = { meshId, name: 'a', network: 'n', locality: 'eu', labels };
    await expect(clusters.register(alice, input)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    });
  });

  it('keep no token that could be used', async () => {
    const { cluster, joinToken } = await register((await newMesh()).id);
    const rows = await test.database.withOrganization(alice.organizationId, (tx) =>
      tx.joinToken.findMany({ where: { clusterId: cluster.id } }),
    );
    expect(rows).toHaveLength(1);
    const secret = joinToken.secret.slice(-43);
    for (const value of Object.values(rows[0] ?? {})) {
      if (value instanceof Uint8Array) {
        expect(Buffer.from(value).includes(secret)).toBe(false);
        expect(Buffer.from(value).includes(Buffer.from(secret, 'base64url'))).toBe(false);
      } else expect(String(value)).not.toContain(secret);
    }
  });

  it.each([
    ['name', 'Upper', 'INVALID_NAME'],
    ['name', 'a.removed-0', 'INVALID_NAME'],
    ['name', '', 'INVALID_NAME'],
    ['network', 'a/b', 'INVALID_NAME'],
    ['network', 'a'.repeat(64), 'INVALID_NAME'],
    ['locality', '', 'INVALID_ARGUMENT'],
    ['locality', '/', 'INVALID_ARGUMENT'],
    ['locality', 'a/', 'INVALID_ARGUMENT'],
    ['locality', 'a//b', 'INVALID_ARGUMENT'],
    ['locality', 'a/b/c/d', 'INVALID_ARGUMENT'],
    ['locality', 'a b', 'INVALID_ARGUMENT'],
    ['locality', 'a\n', 'INVALID_ARGUMENT'],
    ['locality', 'a'.repeat(64), 'INVALID_ARGUMENT'],
    ...[
      '10.0.0.0/33',
      '10.0.0.0/-1',
      '10.0.0.0/',
      '10.0.0.0',
      '10.0.0.0/8/8',
      '10.0.0.0/08',
      '10.0.0.0/8 ',
      '10.0.0.0/1e1',
      '10.0.0/8',
      '010.0.0.0/8',
      '256.0.0.0/8',
      'fd00::/129',
      'fd00::1::/64',
      'fe80::1%eth0/64',
      '::ffff:10.0.0.0/129',
      'junk',
      '/8',
      '',
      '1'.repeat(10_000),
    ].map((cidr) => ['cidrs', ['10.0.0.0/8', cidr], 'CIDR_INVALID'] as const),
    ['cidrs', Array(65).fill('10.0.0.0/8'), 'CIDR_INVALID'],
  ] as const)('refuse the %s %j', async (field, value, code) => {
    const { id: meshId } = await newMesh();
    const input = { meshId, name: 'a', network: 'n', locality: 'r', [field]: value };
    const error = await errorOf(clusters.register(alice, input));
    expect(error.code).toBe(code);
    expect(error.message.length).toBeLessThan(300);
    expect(await clockOf(meshId)).toEqual({ revision: 1n, settings: 1n });
  });

  it('have names of their own within a mesh, which are free again after removal', async () => {
    const { id: meshId } = await newMesh();
    const name = 'a'.repeat(63);
    for (let round = 0; round < 3; round += 1) {
      const { cluster } = await register(meshId, alice, name);
      await expect(register(meshId, alice, name)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
      await clusters.remove(alice, cluster.id);
    }
    await register((await newMesh()).id, alice, name);
    const race = await Promise.allSettled(
      Array.from({ length: 5 }, () => register(meshId, alice, name)),
    );
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const each of race) {
      if (each.status === 'rejected') expect(each.reason.code).toBe('ALREADY_EXISTS');
    }
  });

  it('are shown as removed, and not listed, once they are', async () => {
    const { id: meshId } = await newMesh();
    const { cluster } = await register(meshId);
    const before = await clockOf(meshId);
    const removed = await clusters.remove(alice, cluster.id);
    expect(removed).toMatchObject({ status: 'REMOVED', removedAt: expect.any(Date) });
    expect((await clockOf(meshId)).settings).toBeGreaterThan(before.settings);
    expect((await clusters.list(alice, { meshId })).items).toEqual([]);
    expect(await clusters.get(alice, cluster.id)).toEqual(removed);
    expect(await clusters.remove(alice, cluster.id)).toEqual(removed);
  });

  it('are removed once, however many ask', async () => {
    const { cluster } = await register((await newMesh()).id);
    const views = await Promise.all(
      Array.from({ length: 5 }, () => clusters.remove(alice, cluster.id)),
    );
    for (const view of views) expect(view).toEqual(views[0]);
  });

  it('are given another network, locality, ranges or labels, each left as it is unless said', async () => {
    const { id: meshId } = await newMesh();
    const { cluster } = await register(meshId);
    const ring = { network: 'edge', cidrs: ['10.1.0.0/16'] };
    const before = await clockOf(meshId);
    const changed = await clusters.update(alice, cluster.id, ring);
    expect(changed).toEqual({ ...cluster, ...ring });
    expect((await clockOf(meshId)).settings).toBe(before.revision + 1n);
    expect(await clusters.update(alice, cluster.id, ring)).toEqual(changed);
    const rest = { locality: 'eu/b', labels: { env: 'prod' } };
    expect(await clusters.update(alice, cluster.id, rest)).toEqual({ ...changed, ...rest });
    const none = await clusters.update(alice, cluster.id, { cidrs: [], labels: {} });
    expect(none).toEqual({ ...changed, ...rest, cidrs: [], labels: {} });
    expect(await clusters.update(alice, cluster.id, {})).toEqual(none);
    expect(await clusters.get(alice, cluster.id)).toEqual(none);
  });

  it.each([
    [{ network: 'Edge' }, 'INVALID_NAME', 'network'],
    [{ locality: '' }, 'INVALID_ARGUMENT', 'locality'],
    [{ cidrs: ['10.0.0.0/8', 'junk'] }, 'CIDR_INVALID', 'cidrs.1'],
    [{ cidrs: Array(65).fill('10.0.0.0/8') }, 'CIDR_INVALID', 'cidrs'],
    [{ labels: { 'topology.istio.io/network': 'a' } }, 'INVALID_ARGUMENT', 'labels'],
  ] as const)('are not given %j', async (change, code, field) => {
    const { cluster } = await register((await newMesh()).id);
    const all = { network: 'edge', locality: 'eu/b', ...change };
    await expect(clusters.update(alice, cluster.id, all)).rejects.toMatchObject({ code, field });
    expect(await clusters.get(alice, cluster.id)).toEqual(cluster);
  });

  it('are left alone once they are removed', async () => {
    const { cluster } = await register((await newMesh()).id);
    const removed = await clusters.remove(alice, cluster.id);
    const change = clusters.update(alice, cluster.id, { network: 'edge' });
    await expect(change).rejects.toMatchObject({ code: 'CLUSTER_REMOVED' });
    expect(await clusters.get(alice, cluster.id)).toEqual(removed);
  });

  it('are found by name, and their meshes too', async () => {
    const mesh = await newMesh();
    const { cluster } = await register(mesh.id);
    const of = { meshId: mesh.id, name: cluster.name };
    expect(await meshes.getByName(alice, mesh.name)).toEqual(mesh);
    expect(await clusters.getByName(alice, of)).toEqual(cluster);
    const other = { ...of, meshId: (await newMesh()).id };
    for (const absent of [{ ...of, name: newName() }, { ...of, name: 'a\0b' }, other]) {
      expect(await clusters.getByName(alice, absent)).toBeUndefined();
      expect(await meshes.getByName(alice, `no-${absent.name}`)).toBeUndefined();
    }
    expect(await meshes.getByName(mallory, mesh.name)).toBeUndefined();
    expect(await clusters.getByName(mallory, of)).toBeUndefined();
    const { name } = await meshes.create(mallory, { name: mesh.name });
    expect((await meshes.getByName(mallory, name))?.id).not.toBe(mesh.id);
    await clusters.remove(alice, cluster.id);
    expect(await clusters.getByName(alice, of)).toBeUndefined();
  });

  it('are listed page by page, those of one mesh', async () => {
    const { id: meshId } = await newMesh();
    await register((await newMesh()).id);
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.push((await register(meshId)).cluster.id);
    ids.sort();
    const first = await clusters.list(alice, { meshId, first: 2 });
    expect([first.items.map(({ id }) => id), first.hasNext]).toEqual([ids.slice(0, 2), true]);
    const rest = await clusters.list(alice, { meshId, first: 3, after: ids[1] });
    expect([rest.items.map(({ id }) => id), rest.hasNext]).toEqual([ids.slice(2), false]);
    await expect(clusters.list(alice, { meshId, first: 0 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    const [one, two] = ids;
    const many = await clusters.getMany(alice, [two ?? '', newId('cluster'), one ?? '', two ?? '']);
    expect(many.map((each) => each?.id)).toEqual([two, undefined, one, two]);
  });

  it('count the releases of held removals', async () => {
    const agent = await identity();
    await presence.held(agent, ['Import/a/b', 'Import/c/d']);
    expect((await clusters.get(alice, agent.clusterId)).heldRemovals).toHaveLength(2);
    expect(await presence.heldReleases(agent)).toBe(0);
    const before = await clockOf(agent.meshId);
    await clusters.releaseHeldRemovals(alice, agent.clusterId);
    await clusters.releaseHeldRemovals(alice, agent.clusterId);
    expect(await presence.heldReleases(agent)).toBe(2);
    // The clock of settings is the revision at which they last changed.
    expect((await clockOf(agent.meshId)).settings).toBe(before.revision + 2n);
    await presence.held(agent, Array(2000).fill('Import/a/b'));
    expect((await clusters.get(alice, agent.clusterId)).heldRemovals).toHaveLength(1000);
    await presence.held(agent, []);
    expect((await clusters.get(alice, agent.clusterId)).heldRemovals).toEqual([]);
  });
});

describe('the status of a cluster', () => {
  const statusOf = async (clusterId: string) => (await clusters.get(alice, clusterId)).status;

  /** As if all that was reported had been so long ago. */
  async function pass(clusterId: string, ms: number): Promise<void> {
    await test.database.withOrganization(
      alice.organizationId,
      (tx) => tx.$executeRaw`UPDATE cluster SET
        connected_at = connected_at - ${ms} * interval '1 ms',
        last_contact_at = last_contact_at - ${ms} * interval '1 ms',
        disconnected_at = disconnected_at - ${ms} * interval '1 ms' WHERE id = ${clusterId}`,
    );
  }

  it('follows contact', async () => {
    const agent = await identity();
    const { clusterId } = agent;
    expect(await statusOf(clusterId)).toBe('PENDING');
    await presence.connected(agent);
    expect(await statusOf(clusterId)).toBe('CONNECTED');
    await pass(clusterId, contactTimeoutMs - 10_000);
    expect(await statusOf(clusterId)).toBe('CONNECTED');
    await pass(clusterId, 10_001);
    expect(await statusOf(clusterId)).toBe('OUT_OF_CONTACT');
    await presence.contact('hub-1', [agent]);
    expect(await statusOf(clusterId)).toBe('CONNECTED');
    await pass(clusterId, 1000);
    await presence.disconnected(agent);
    expect(await statusOf(clusterId)).toBe('OUT_OF_CONTACT');
    await pass(clusterId, 1000);
    await presence.connected(agent);
    expect(await statusOf(clusterId)).toBe('CONNECTED');
  });

  it('is connected again once another hub reports an agent whose old stream ended late', async () => {
    const agent = await identity();
    await presence.connected(agent);
    await pass(agent.clusterId, 10_000);
    await presence.connected(agent);
    await pass(agent.clusterId, 1000);
    await presence.disconnected(agent);
    await pass(agent.clusterId, 1000);
    await presence.contact('hub-1', [agent]);
    expect(await statusOf(agent.clusterId)).toBe('CONNECTED');
  });

  it('tells of an identity that two hubs report for longer than a dead peer goes unnoticed', async () => {
    const agent = await identity();
    await presence.connected(agent);
    const report = (hub: string) => presence.contact(hub, [agent]);
    const earlier = (seconds: number) =>
      test.database.withOrganization(
        alice.organizationId,
        (tx) => tx.$executeRaw`UPDATE cluster SET
          contested_since = contested_since - ${seconds} * interval '1 s' WHERE id = ${agent.clusterId}`,
      );
    expect(await report('hub-1')).toEqual([]);
    // It moves: the first hub has not noticed yet.
    expect(await report('hub-2')).toEqual([]);
    expect(await report('hub-1')).toEqual([]);
    await earlier(40);
    expect(await report('hub-2')).toEqual([]);
    // It has noticed now.
    expect(await report('hub-2')).toEqual([]);
    await earlier(60);
    expect(await report('hub-1')).toEqual([]);
    await earlier(50);
    expect(await report('hub-2')).toEqual([agent]);
  });

  it('is that of the operator’s doing first', async () => {
    const agent = await identity();
    await presence.connected(agent);
    await test.database.withOrganization(
      alice.organizationId,
      (tx) => tx.$executeRaw`UPDATE cluster SET locked_at = now() WHERE id = ${agent.clusterId}`,
    );
    expect(await statusOf(agent.clusterId)).toBe('LOCKED');
    await clusters.remove(alice, agent.clusterId);
    expect(await statusOf(agent.clusterId)).toBe('REMOVED');
  });

  it('is written for many agents at once, by hubs that report the same ones', async () => {
    const agents = [await identity(), await identity(), await identity(mallory)];
    for (const agent of agents) await presence.connected(agent);
    const lastContact = async () => [
      ...(
        await clusters.getMany(
          alice,
          agents.map(({ clusterId }) => clusterId),
        )
      ).slice(0, 2),
      await clusters.get(mallory, agents[2]?.clusterId ?? ''),
    ];
    for (const each of agents.slice(0, 2)) await pass(each.clusterId, 60_000);
    const before = await lastContact();
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        presence.contact(`hub-${index}`, index % 2 === 0 ? agents : agents.toReversed()),
      ),
    );
    const after = await lastContact();
    for (const [index, view] of after.entries()) {
      expect(view?.status).toBe('CONNECTED');
      const earlier = before[index]?.lastContactAt?.getTime() ?? Number.NaN;
      expect(view?.lastContactAt?.getTime()).toBeGreaterThanOrEqual(earlier);
    }
  });
});

describe('who may', () => {
  it('read is a viewer, who writes nothing', async () => {
    const viewer = inRole('viewer');
    const agent = await identity();
    await expect(meshes.get(viewer, agent.meshId)).resolves.toBeDefined();
    await expect(clusters.get(viewer, agent.clusterId)).resolves.toBeDefined();
    const before = await clockOf(agent.meshId);
    const writes = [
      () => meshes.create(viewer, { name: newName() }),
      () => register(agent.meshId, viewer),
      () => clusters.issueJoinToken(viewer, agent.clusterId),
      () => clusters.remove(viewer, agent.clusterId),
      () => clusters.unlock(viewer, agent.clusterId),
      () => clusters.update(viewer, agent.clusterId, { locality: 'eu' }),
      () => clusters.releaseHeldRemovals(viewer, agent.clusterId),
    ];
    for (const write of writes) {
      await expect(write(), String(write)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await clockOf(agent.meshId)).toEqual(before);
  });

  it('write clusters is an operator, who makes no mesh', async () => {
    const operator = inRole('operator');
    await expect(meshes.create(operator, { name: newName() })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(register((await newMesh()).id, operator)).resolves.toBeDefined();
    await expect(meshes.create(inRole('admin'), { name: newName() })).resolves.toBeDefined();
  });
});

describe('another organization’s ids', () => {
  const byCluster: [string, (id: string) => Promise<unknown>][] = [
    ['get', (id) => clusters.get(mallory, id)],
    ['issueJoinToken', (id) => clusters.issueJoinToken(mallory, id)],
    ['remove', (id) => clusters.remove(mallory, id)],
    ['unlock', (id) => clusters.unlock(mallory, id)],
    ['update', (id) => clusters.update(mallory, id, { locality: 'eu' })],
    ['releaseHeldRemovals', (id) => clusters.releaseHeldRemovals(mallory, id)],
  ];
  const byMesh: [string, (id: string) => Promise<unknown>][] = [
    ['get', (id) => meshes.get(mallory, id)],
    ['register', (id) => register(id, mallory, 'x')],
  ];
  const absent: Record<string, string[]> = {
    cluster: [newId('cluster'), newId('mesh'), '', 'junk', 'a\0b'],
    mesh: [newId('mesh'), newId('cluster'), '', 'junk', 'a\0b'],
  };

  it.each(byCluster)('are not there: clusters.%s', async (_name, call) => {
    const agent = await identity();
    const [view, clock] = [await clusters.get(alice, agent.clusterId), await clockOf(agent.meshId)];
    const foreign = await errorOf(call(agent.clusterId));
    expect(foreign).toEqual({ code: 'NOT_FOUND', message: 'there is no such cluster' });
    for (const id of absent.cluster ?? []) expect(await errorOf(call(id)), id).toEqual(foreign);
    expect(await clusters.get(alice, agent.clusterId)).toEqual(view);
    expect(await clockOf(agent.meshId)).toEqual(clock);
  });

  it.each(byMesh)('are not there: a mesh to %s', async (_name, call) => {
    const { meshId } = await identity();
    const clock = await clockOf(meshId);
    const foreign = await errorOf(call(meshId));
    expect(foreign).toEqual({ code: 'NOT_FOUND', message: 'there is no such mesh' });
    for (const id of absent.mesh ?? []) expect(await errorOf(call(id)), id).toEqual(foreign);
    expect(await clockOf(meshId)).toEqual(clock);
  });

  it('are in no list', async () => {
    const actor = newActor();
    const agent = await identity();
    expect(await meshes.getMany(actor, [agent.meshId, newId('mesh'), 'a\0b'])).toEqual(
      Array(3).fill(undefined),
    );
    expect(await clusters.getMany(actor, [agent.clusterId, newId('cluster'), 'a\0b'])).toEqual(
      Array(3).fill(undefined),
    );
    expect(await meshes.list(actor, {})).toEqual({ items: [], hasNext: false });
    const empty = { items: [], hasNext: false };
    for (const meshId of [agent.meshId, newId('mesh'), 'junk', 'a\0b']) {
      expect(await clusters.list(actor, { meshId })).toEqual(empty);
    }
  });

  it('take no presence', async () => {
    const agent = { ...(await identity()), organizationId: mallory.organizationId };
    const [view, releases] = [await clusters.get(alice, agent.clusterId), agent];
    await presence.contact('hub-1', [agent]);
    expect(await presence.heldReleases(releases)).toBe(0);
    expect(await clusters.get(alice, agent.clusterId)).toEqual(view);
  });
});

describe('deleting a mesh', () => {
  /** How many rows each table has of the organization that is asked for, without those of none. */
  async function rowsLeft(actor: Actor): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    await test.database.withOrganization(actor.organizationId, async (tx) => {
      for (const table of Object.keys(meshTables)) {
        const [row] = await tx.$queryRawUnsafe<{ count: number }[]>(
          `SELECT count(*)::int AS count FROM "${table}" WHERE organization_id = $1`,
          actor.organizationId,
        );
        if (row && row.count > 0) counts[table] = row.count;
      }
    });
    return counts;
  }

  it('knows every table that has rows of a mesh, or of a part of one', async () => {
    const tables = await test.database.withOrganization(
      alice.organizationId,
      (tx) => tx.$queryRaw<{ table_name: string }[]>`
        SELECT DISTINCT table_name::text FROM information_schema.columns
         WHERE table_schema = 'public'
           AND column_name IN ('mesh_id', 'cluster_id', 'release_id', 'rollout_id', 'upgrade_id',
                               'webhook_id')`,
    );
    expect(tables.map((row) => row.table_name).sort()).toEqual(Object.keys(meshTables).sort());
  });

  it('leaves nothing of it, and all of others', async () => {
    const { id } = await newMesh();
    const other = await newMesh();
    const { cluster } = await register(id);
    await register(other.id);
    expect(await errorOf(meshes.delete(alice, id))).toEqual({
      code: 'MESH_NOT_EMPTY',
      message: 'the mesh has clusters (1); remove them first',
    });
    await clusters.remove(alice, cluster.id);
    await meshes.delete(alice, id);
    expect((await errorOf(meshes.get(alice, id))).code).toBe('NOT_FOUND');
    expect(await rowsLeft(alice)).toEqual({ cluster: 1, join_token: 1, mesh_clock: 1 });
    expect((await errorOf(meshes.delete(alice, id))).code).toBe('NOT_FOUND');
  });

  it('is for those who may, and of their own', async () => {
    const { id } = await newMesh();
    expect((await errorOf(meshes.delete(inRole('viewer'), id))).code).toBe('FORBIDDEN');
    expect((await errorOf(meshes.delete(mallory, id))).code).toBe('NOT_FOUND');
  });
});
