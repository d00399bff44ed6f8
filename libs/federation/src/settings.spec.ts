import { Intents } from '@isthmus/contracts';
import { newId } from '@isthmus/kernel';
import { startTestDatabase, type TestDatabase } from '@isthmus/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ExportPolicyInput, ExportPolicyService } from './export-policies.js';
import { HostGrantService } from './host-grants.js';
import type { LabelSelectorInput } from './label-selectors.js';
import { project } from './projection.js';
import { TestMesh } from './testing.js';

let postgres: TestDatabase;
let mesh: TestMesh;
let other: TestMesh;

beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  mesh = await TestMesh.create(postgres.database);
  other = await TestMesh.create(postgres.database);
});

const settingsRevision = async () =>
  (
    await postgres.database.untenanted.meshClock.findUniqueOrThrow({
      where: { meshId: mesh.meshId },
    })
  ).settings;

const web: ExportPolicyInput = {
  name: 'web',
  namespaceSelector: { matchLabels: { team: 'shop', 'example.com/b': '' } },
  serviceSelector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['web'] }] },
};

describe('ExportPolicyService', () => {
  let policies: ExportPolicyService;
  const create = (input: ExportPolicyInput) =>
    policies.create(mesh.actor(), { meshId: mesh.meshId, ...input });

  beforeEach(() => {
    policies = new ExportPolicyService(postgres.database);
  });

  it('keeps policies, which every cluster gets', async () => {
    const before = await settingsRevision();
    const made = await create(web);
    expect(made).toMatchObject({ name: 'web', meshId: mesh.meshId });
    expect(await settingsRevision()).toBe(before + 1n);
    const body = async (name: string) => {
      const found = project(await mesh.state())
        .mesh.get(Intents.ExportPolicy.typeUrl)
        ?.get(name);
      return found && Intents.ExportPolicy.decode(found);
    };
    expect(await body('web')).toEqual({
      namespaceSelector: {
        matchLabels: { 'example.com/b': '', team: 'shop' },
        matchExpressions: [],
      },
      serviceSelector: {
        matchLabels: {},
        matchExpressions: [{ key: 'tier', operator: 'In', values: ['web'] }],
      },
    });

    await policies.update(mesh.actor(), made.id, { ...web, name: 'site', serviceSelector: {} });
    expect(await body('web')).toBeUndefined();
    expect((await body('site'))?.serviceSelector?.matchExpressions).toEqual([]);
    expect(await policies.get(mesh.actor('viewer'), made.id)).toMatchObject({ name: 'site' });

    expect(await policies.delete(mesh.actor(), made.id)).toMatchObject({ name: 'site' });
    expect(await body('site')).toBeUndefined();
    expect(await settingsRevision()).toBe(before + 3n);
    await expect(policies.delete(mesh.actor(), made.id)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('has one policy of a name, whoever is first', async () => {
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => create(web)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const site = await create({ ...web, name: 'site' });
    await expect(policies.update(mesh.actor(), site.id, web)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    await policies.update(mesh.actor(), site.id, { ...web, name: 'site' });
  });

  it('pages in the order of ids', async () => {
    for (const name of ['a', 'b', 'c']) await create({ ...web, name });
    const list = (page: object) =>
      policies.list(mesh.actor('viewer'), { meshId: mesh.meshId, ...page });
    const first = await list({ first: 2 });
    expect(first).toMatchObject({ hasNext: true, items: [{ name: 'a' }, { name: 'b' }] });
    expect(await list({ first: 2, after: first.items[1]?.id })).toMatchObject({
      hasNext: false,
      items: [{ name: 'c' }],
    });
  });

  it('exports everything only if that is said', async () => {
    const all = { name: 'all', namespaceSelector: {}, serviceSelector: {} };
    await expect(create(all)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await create({ ...all, everything: true });
  });

  it.each<[string, LabelSelectorInput]>([
    ['a key', { matchLabels: { 'a b': 'c' } }],
    ['__proto__', { matchLabels: JSON.parse('{"__proto__": "x"}') }],
    ['a prefix', { matchLabels: { 'Example.com/a': 'c' } }],
    ['two slashes', { matchLabels: { 'a/b/c': 'c' } }],
    ['an empty key', { matchLabels: { '': 'c' } }],
    ['a long key', { matchLabels: { ['k'.repeat(64)]: 'c' } }],
    ['a value', { matchLabels: { a: '-' } }],
    ['a long value', { matchLabels: { a: 'v'.repeat(64) } }],
    ['an operator', { matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] }],
    ['In of nothing', { matchExpressions: [{ key: 'a', operator: 'In' }] }],
    ['NotIn of nothing', { matchExpressions: [{ key: 'a', operator: 'NotIn', values: [] }] }],
    [
      'Exists with a value',
      { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] },
    ],
    ['a bad value', { matchExpressions: [{ key: 'a', operator: 'In', values: ['b', 'c d'] }] }],
    [
      'too many terms',
      { matchLabels: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`k${at}`, 'v'])) },
    ],
  ])('refuses %s in a selector', async (_, selector) => {
    for (const field of ['namespaceSelector', 'serviceSelector']) {
      await expect(create({ ...web, [field]: selector })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(field),
      });
    }
  });

  it('is for those who may, in their own organization', async () => {
    const made = await create(web);
    const viewer = mesh.actor('viewer');
    const stranger = other.actor('owner');
    const { meshId } = mesh;
    await expect(policies.create(viewer, { meshId, ...web })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(policies.update(viewer, made.id, web)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(policies.delete(viewer, made.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const named = { meshId, name: made.name };
    expect(await policies.getByName(viewer, named)).toEqual(made);
    expect(await policies.getByName(viewer, { meshId, name: 'other' })).toBeUndefined();
    expect(await policies.getByName(viewer, { meshId, name: 'a\0b' })).toBeUndefined();
    expect(await policies.getByName(stranger, named)).toBeUndefined();

    const before = await settingsRevision();
    const calls = (policy: string, of: string) => [
      () => policies.create(stranger, { ...web, name: 'b', meshId: of }),
      () => policies.update(stranger, policy, web),
      () => policies.delete(stranger, policy),
      () => policies.get(stranger, policy),
      () => policies.list(stranger, { meshId: of }),
    ];
    const theirs = await Promise.allSettled(calls(made.id, meshId).map((call) => call()));
    const nobodys = await Promise.allSettled(
      calls(newId('exportPolicy'), newId('mesh')).map((call) => call()),
    );
    expect(theirs).toEqual(nobodys);
    expect(theirs.every(({ status }) => status === 'rejected')).toBe(true);
    expect(await settingsRevision()).toBe(before);
  });
});

describe('HostGrantService', () => {
  let grants: HostGrantService;
  beforeEach(() => {
    grants = new HostGrantService(postgres.database);
  });

  it('says who may export what, the last word counts', async () => {
    const [a, b] = [await mesh.cluster('a', 'net-a'), await mesh.cluster('b', 'net-a')];
    const { meshId } = mesh;
    const host = { meshId, namespace: 'shop', service: '*' };
    const before = await settingsRevision();
    const made = await grants.grant(mesh.actor(), { ...host, clusterIds: [a.clusterId] });
    const again = await grants.grant(mesh.actor(), {
      ...host,
      clusterIds: [b.clusterId, a.clusterId, b.clusterId],
    });
    expect(again).toEqual({ ...made, clusterIds: [a.clusterId, b.clusterId].sort() });
    await grants.grant(mesh.actor(), { ...host, service: 'payments', clusterIds: [] });
    expect(await settingsRevision()).toBe(before + 3n);

    const page = await grants.list(mesh.actor('viewer'), { meshId, first: 1 });
    expect(page).toEqual({ items: [again], hasNext: true });
    const next = await grants.list(mesh.actor('viewer'), { meshId, after: made.id });
    expect(next.items).toMatchObject([{ service: 'payments', clusterIds: [] }]);

    expect(await grants.revoke(mesh.actor(), made.id)).toEqual(again);
    await expect(grants.revoke(mesh.actor(), made.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    ['*', 'a'],
    ['Shop', 'a'],
    ['shop', 'A'],
    ['shop', 'a*'],
    ['shop', 'a.'],
    ['shop', ''],
    ['', '*'],
  ])('refuses %j, %j', async (namespace, service) => {
    const { meshId } = mesh;
    await expect(
      grants.grant(mesh.actor(), { meshId, namespace, service, clusterIds: [] }),
    ).rejects.toMatchObject({ code: 'INVALID_NAME' });
  });

  it('is for those who may, in their own organization, with their own clusters', async () => {
    const own = await mesh.cluster('a', 'net-a');
    const gone = await mesh.cluster('b', 'net-a');
    await mesh.settings((tx) =>
      tx.cluster.update({ where: { id: gone.clusterId }, data: { removedAt: new Date() } }),
    );
    const foreign = await other.cluster('c', 'net-a');
    const host = { meshId: mesh.meshId, namespace: 'shop', service: '*' };
    const before = await settingsRevision();
    const refusals = await Promise.allSettled(
      [foreign.clusterId, gone.clusterId, newId('cluster')].map((id) =>
        grants.grant(mesh.actor(), { ...host, clusterIds: [own.clusterId, id] }),
      ),
    );
    expect(refusals[0]).toMatchObject({ status: 'rejected', reason: { code: 'NOT_FOUND' } });
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal))).size).toBe(1);
    expect(await settingsRevision()).toBe(before);

    const made = await grants.grant(mesh.actor(), { ...host, clusterIds: [own.clusterId] });
    const viewer = mesh.actor('viewer');
    await expect(grants.grant(viewer, { ...host, clusterIds: [] })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(grants.revoke(viewer, made.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });

    const stranger = other.actor('owner');
    expect(await grants.getByHost(viewer, host)).toEqual(made);
    expect(await grants.getByHost(viewer, { ...host, service: 'a' })).toBeUndefined();
    expect(await grants.getByHost(viewer, { ...host, namespace: 'a\0b' })).toBeUndefined();
    expect(await grants.getByHost(stranger, host)).toBeUndefined();
    const calls = (grant: string, meshId: string) => [
      () => grants.grant(stranger, { ...host, meshId, clusterIds: [] }),
      () => grants.revoke(stranger, grant),
      () => grants.list(stranger, { meshId }),
    ];
    const theirs = await Promise.allSettled(calls(made.id, mesh.meshId).map((call) => call()));
    const nobodys = await Promise.allSettled(
      calls(newId('hostGrant'), newId('mesh')).map((call) => call()),
    );
    expect(theirs).toEqual(nobodys);
    expect(theirs.every(({ status }) => status === 'rejected')).toBe(true);
  });
});
