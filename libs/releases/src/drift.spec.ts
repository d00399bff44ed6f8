import { InventoryFact } from '@isthmus/contracts';
import { startTestDatabase, type TestDatabase } from '@isthmus/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SourceFile } from './objects.js';
import {
  envoyFilter,
  errorOf,
  file,
  nameOf,
  oneByOne,
  override,
  TestMesh,
  virtualService,
} from './testing.js';

let database: TestDatabase;
let mesh: TestMesh;
let a: string;

beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database?.stop());
beforeEach(async () => {
  mesh = await TestMesh.create(database.database);
  a = await mesh.cluster('a');
});

const written = `# How the shop is reached.
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec:
  hosts: [cart]   # short
  http: [{route: [{destination: {host: cart.shop.svc.cluster.local}}], timeout: 2s}]
---
# The till, which must not wait.
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: till, namespace: shop}
spec:
  hosts: [till]
  http: [{route: [{destination: {host: till.shop.svc.cluster.local}}], timeout: '1s'}]
---
# The end.
`;
const shop: SourceFile = { path: 'shop.yaml', content: written };

/** A VirtualService with another timeout, as an agent finds it. */
function found(name: string, timeout = '9s'): object {
  return { labels: { by: 'hand' }, spec: virtualService(name, 'shop', [name], timeout).spec };
}

async function runAll(...files: SourceFile[]): Promise<void> {
  await mesh.rollOut((await mesh.release(...files)).id);
}

const adopt = (names: string[], actor = mesh.actor(), clusterId = a) =>
  mesh.drift.adopt(actor, { clusterId, names, message: 'as found' });

async function contentOf(path: string): Promise<string | undefined> {
  const { items } = await mesh.releases.list(mesh.actor(), { meshId: mesh.meshId, first: 1 });
  const files = await mesh.releases.files(mesh.actor(), items[0]?.id ?? '', 'written');
  return files.find((each) => each.path === path)?.content;
}

const countReleases = () => mesh.read((tx) => tx.release.count());
const countRollouts = () => mesh.read((tx) => tx.rollout.count());

describe('drift', () => {
  it('is listed by name, with what differs', async () => {
    await runAll(shop);
    await mesh.drifts(a, nameOf('cart'), found('cart'), { count: 3 });
    await mesh.drifts(a, nameOf('till'), undefined, { outcome: 'reverted' });
    const list = (page: object) => mesh.drift.list(mesh.actor('viewer'), { clusterId: a, ...page });
    const { items } = await list({});
    expect(items).toMatchObject([
      {
        ...{ name: nameOf('cart'), change: 'EDITED', outcome: 'TOLERATED', count: 3 },
        managers: ['kubectl-edit'],
      },
      { name: nameOf('till'), change: 'DELETED', outcome: 'REVERTED', managers: [] },
    ]);
    expect(items[0]?.diff).toMatch(/-.*timeout: 2s\n\+.*timeout: 9s/);
    expect(items[1]?.diff).toContain('+++ /dev/null');
    expect(await list({ first: 1 })).toMatchObject({ hasNext: true });
    expect((await list({ after: nameOf('cart') })).items).toHaveLength(1);
    // Too large to be told; and of an object that is not wanted any more.
    await mesh.drifts(a, nameOf('cart'), {}, { manifest: Buffer.alloc(0) });
    await mesh.drifts(a, nameOf('gone'), found('gone'));
    expect((await list({})).items.map(({ diff }) => diff === '')).toEqual([true, true, false]);
    const stranger = (await TestMesh.create(database.database)).actor('owner');
    const error = await errorOf(mesh.drift.list(stranger, { clusterId: a }));
    expect(error.code).toBe('NOT_FOUND');
  });

  it('is adopted where the object was written, and nothing else is touched', async () => {
    await runAll(shop);
    await mesh.drifts(a, nameOf('cart'), found('cart'));
    const release = await adopt([nameOf('cart'), nameOf('cart')]);
    expect(release).toMatchObject({ number: 2, source: 'drift', message: 'as found' });
    const content = await contentOf('shop.yaml');
    expect(content).toMatch(/^# How the shop is reached\.\napiVersion:[\s\S]*timeout: 9s\n---\n/);
    expect(content).toContain('by: hand');
    expect(content?.slice(content.indexOf('---\n'))).toBe(written.slice(written.indexOf('---\n')));
    expect(await countRollouts()).toBe(1);
  });

  it('is adopted as a deletion, to the last object of a file', async () => {
    await runAll(shop, file('other.yaml'));
    for (const name of ['cart', 'till', 'other']) await mesh.drifts(a, nameOf(name));
    await adopt([nameOf('cart')]);
    expect(await contentOf('shop.yaml')).toBe(
      `# How the shop is reached.\n${written.slice(written.indexOf('---\n'))}`,
    );
    expect(await adopt([nameOf('other'), nameOf('till')])).toMatchObject({ objects: 0 });
    expect(await contentOf('other.yaml')).toBeUndefined();
  });

  it('is adopted in a List, and in JSON', async () => {
    const list = `apiVersion: v1
kind: List
items:
  # kept
  - ${JSON.stringify(virtualService('cart'))}
  - ${JSON.stringify(virtualService('till'))} # and this
`;
    const json = `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [virtualService('a'), virtualService('b')] })}\n`;
    await runAll({ path: 'list.yaml', content: list }, { path: 'list.json', content: json });
    for (const name of ['cart', 'a']) await mesh.drifts(a, nameOf(name), found(name));
    await mesh.drifts(a, nameOf('b'));
    const release = await adopt(['cart', 'a', 'b'].map((name) => nameOf(name)));
    expect(release.objects).toBe(3);
    expect(await contentOf('list.yaml')).toMatch(/# kept[\s\S]*timeout: 9s[\s\S]*# and this/);
    const { items } = JSON.parse((await contentOf('list.json')) ?? '');
    expect(items).toMatchObject([{ spec: { http: [{ timeout: '9s' }] } }]);
  });

  it('is not adopted where what was found is not what was written', async () => {
    const intent = {
      apiVersion: 'isthmus.dev/v1alpha1',
      kind: 'MutualTLS',
      metadata: { name: 'all', namespace: 'shop' },
      spec: { service: 'cart', mode: 'STRICT' },
    };
    const patched = override('o', 'env=prod', nameOf('cart'), { spec: { hosts: ['cart', 'x'] } });
    const release = await mesh.release(shop, file('i.yaml', intent), file('o.yaml', patched));
    await mesh.rollOut(release.id);
    const { objects } = await mesh.releases.content(mesh.actor(), release.id);
    const compiled = objects.find(({ compiledFrom }) => compiledFrom !== undefined);
    const name = `${compiled?.kind}.${compiled?.group}/shop/${compiled?.name}`;
    for (const each of [name, nameOf('cart'), nameOf('gone')]) {
      await mesh.drifts(a, each, found('cart'));
    }
    await mesh.drifts(a, nameOf('till'), {}, { manifest: Buffer.alloc(0) });
    for (const [names, code, message] of [
      [[name], 'INVALID_ARGUMENT', 'is compiled from MutualTLS shop/all'],
      [[nameOf('cart')], 'INVALID_ARGUMENT', 'has overrides'],
      [[nameOf('till')], 'INVALID_ARGUMENT', 'too large'],
      [[nameOf('gone')], 'NOT_FOUND', 'headed for'],
      [[nameOf('never')], 'NOT_FOUND', 'drift of'],
      [[], 'INVALID_ARGUMENT', 'name 1 to'],
    ] as const) {
      const error = await errorOf(adopt([...names]));
      expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
    }
    expect(await countReleases()).toBe(1);
  });

  it('is adopted by who may change the object', async () => {
    await runAll(shop, file('filter.yaml', envoyFilter('mine')));
    await mesh.drifts(a, nameOf('cart'), found('cart'));
    const filter = nameOf('mine', 'shop', 'EnvoyFilter');
    await mesh.drifts(a, filter);
    const codes = async (name: string, actor = mesh.actor()) =>
      (await errorOf(adopt([name], actor))).code;
    expect(await codes(nameOf('cart'), mesh.actor('viewer'))).toBe('FORBIDDEN');
    expect(await codes(nameOf('cart'), mesh.actor('operator', ['bank']))).toBe(
      'NAMESPACE_FORBIDDEN',
    );
    expect(await codes(filter)).toBe('FORBIDDEN');
    expect((await adopt([filter], mesh.actor('admin'))).number).toBe(2);
    expect((await adopt([nameOf('cart')], mesh.actor('operator', ['shop']))).number).toBe(3);
  });
});

describe('drift that is adopted by itself', () => {
  const adoptAll = () => mesh.drift.adoptAll(mesh.organizationId, mesh.meshId);

  async function finishAll(): Promise<void> {
    const { items } = await mesh.rollouts.list(mesh.actor(), { meshId: mesh.meshId, first: 1 });
    await mesh.finish(items[0]?.id ?? '');
  }

  beforeEach(async () => {
    await runAll(shop);
    await mesh.settings.update(mesh.actor(), mesh.meshId, {
      ...{ driftPolicy: 'adopt', rolloutPolicy: oneByOne },
    });
  });

  it('becomes a release and a rollout, once, one object after the other', async () => {
    await mesh.drifts(a, nameOf('cart'), found('cart'));
    await mesh.drifts(a, nameOf('till'), found('till'), { outcome: 'reverted' });
    expect(await adoptAll()).toMatchObject({ number: 2, source: 'drift', createdBy: 'isthmus' });
    expect([await adoptAll(), await countReleases(), await countRollouts()]).toEqual([
      undefined,
      2,
      2,
    ]);
    await finishAll();
    // What the agent told is still there; it speaks of an object that is another one by now.
    expect([await adoptAll(), await countReleases(), await countRollouts()]).toEqual([
      undefined,
      2,
      2,
    ]);
    await mesh.drifts(a, nameOf('till'));
    expect(await adoptAll()).toMatchObject({ number: 3, objects: 1 });
  });

  it('is not taken up while the setting says otherwise, or a rollout is not over', async () => {
    await mesh.drifts(a, nameOf('cart'), found('cart'));
    for (const driftPolicy of ['revert', 'tolerate'] as const) {
      await mesh.settings.update(mesh.actor(), mesh.meshId, { driftPolicy });
      expect(await adoptAll()).toBeUndefined();
    }
    await mesh.settings.update(mesh.actor(), mesh.meshId, { driftPolicy: 'adopt' });
    const release = await mesh.release(shop, file('more.yaml'));
    // Somebody holds it back.
    expect(await adoptAll()).toBeUndefined();
    const { meshId } = mesh;
    const input = { meshId, releaseId: release.id, policy: oneByOne };
    const rollout = await mesh.rollouts.start(mesh.actor(), input);
    expect(await adoptAll()).toBeUndefined();
    await mesh.finish(rollout?.id ?? '');
    expect(await adoptAll()).toMatchObject({ number: 3, objects: 3 });
  });

  it('does not take back what people did since', async () => {
    await mesh.drifts(a, nameOf('cart'), found('cart'));
    await adoptAll();
    const { items } = await mesh.rollouts.list(mesh.actor(), { meshId: mesh.meshId, first: 1 });
    await mesh.rollouts.abort(mesh.actor(), items[0]?.id ?? '');
    expect(await adoptAll()).toBeUndefined();
    expect(await countRollouts()).toBe(2);
    // The agent has not been heard of since, and still tells of the object of before.
    await runAll(file('shop.yaml', virtualService('cart', 'shop', ['cart'], '4s')));
    expect(await adoptAll()).toBeUndefined();
    expect(await contentOf('shop.yaml')).toContain('4s');
  });

  it('leaves out what was taken back', async () => {
    const { items } = await mesh.releases.list(mesh.actor(), { meshId: mesh.meshId });
    await runAll(shop, file('bad.yaml'));
    await mesh.rollOut(items[0]?.id ?? '');
    await mesh.drifts(a, nameOf('cart'), found('cart'));
    expect(await adoptAll()).toMatchObject({ number: 3, objects: 2 });
  });

  it('does not hold the rest up, if it cannot be adopted', async () => {
    // Its schema knows no such field.
    await mesh.drifts(a, nameOf('cart'), { spec: { hosts: ['cart'], nonsense: 1 } });
    expect(await adoptAll()).toBeUndefined();
    await mesh.drifts(a, nameOf('till'), found('till'));
    expect(await adoptAll()).toMatchObject({ number: 2 });
    await finishAll();
    expect([await adoptAll(), await countReleases()]).toEqual([undefined, 2]);
  });

  it('is not adopted of filters', async () => {
    await runAll(shop, file('filter.yaml', envoyFilter('mine')));
    await mesh.drifts(a, nameOf('mine', 'shop', 'EnvoyFilter'));
    expect(await adoptAll()).toBeUndefined();
  });

  it('does not go round for ever, if two disagree', async () => {
    for (let round = 0; round < 5; round += 1) {
      await mesh.drifts(a, nameOf('cart'), found('cart', `${10 + round}s`));
      if (await adoptAll()) await finishAll();
    }
    expect(await countReleases()).toBe(4);
  });

  it('is rolled out by whoever comes next, if the first one died', async () => {
    const { organizationId, meshId } = mesh;
    const author = { organizationId, id: 'isthmus', kind: 'service' };
    const files = [shop, file('more.yaml')];
    await mesh.releases.make(author, { meshId, files, message: 'm', source: 'drift' });
    await adoptAll();
    expect(await countRollouts()).toBe(2);
    await finishAll();
    expect(await mesh.runs()).toEqual({ [a]: 2 });
  });
});

describe('an inventory', () => {
  async function answers(clusterId: string, fields: { objects: number; leftOut?: string[] }) {
    const { inventoryRequest } = await mesh.read((tx) =>
      tx.cluster.findUniqueOrThrow({ where: { id: clusterId } }),
    );
    const fact = InventoryFact.fromPartial({ request: inventoryRequest ?? '', ...fields });
    await mesh.fact(clusterId, 'Inventory', 'inventory', InventoryFact.encode(fact));
  }
  const adoptAs = (clusterId = a, actor = mesh.actor()) =>
    mesh.inventories.adopt(actor, { clusterId, message: 'what there is' });

  it('is asked for, answered, and adopted for its cluster alone', async () => {
    const actor = mesh.actor();
    expect(await mesh.inventories.get(actor, a)).toBeNull();
    expect((await errorOf(adoptAs())).code).toBe('NOTHING_REPORTED');
    expect(await mesh.inventories.request(actor, a)).toMatchObject({ pending: true, objects: 0 });
    expect((await mesh.intents(a)).inventory).toBeDefined();
    await mesh.has(a, 'shop', 'cart');
    await mesh.has(a, 'bank', 'vault');
    expect((await errorOf(adoptAs())).code).toBe('NOTHING_REPORTED');
    await answers(a, { objects: 2, leftOut: ['big'] });
    expect(await mesh.inventories.get(mesh.actor('viewer'), a)).toMatchObject({
      ...{ pending: false, objects: 2, leftOut: ['big'] },
    });
    // An answer to a question of before is none.
    await mesh.inventories.request(actor, a);
    expect((await errorOf(adoptAs())).code).toBe('NOTHING_REPORTED');
    await answers(a, { objects: 2 });
    await mesh.release(file('base.yaml'));
    const { release } = await adoptAs();
    expect(release).toMatchObject({ number: 2, objects: 3, source: 'inventory' });
    expect(await mesh.inventories.get(actor, a)).toBeNull();
    const b = await mesh.cluster('b');
    await mesh.rollOut(release.id);
    const namesOf = async (id: string) => [...(await mesh.intents(id)).objects.keys()];
    expect(await namesOf(a)).toEqual([nameOf('vault', 'bank'), nameOf('base'), nameOf('cart')]);
    expect(await namesOf(b)).toEqual([nameOf('base')]);
  });

  it('is added to what was adopted before', async () => {
    for (const name of ['cart', 'till']) {
      await mesh.inventories.request(mesh.actor(), a);
      // What is ours by now, is not reported any more.
      await mesh.withdraw(a, 'ConfigurationObject');
      await mesh.has(a, 'shop', name);
      await answers(a, { objects: 1 });
      await adoptAs();
    }
    // And again before it was rolled out, as it is by now.
    await mesh.inventories.request(mesh.actor(), a);
    await mesh.has(a, 'shop', 'till', ['till', 'till.shop']);
    await answers(a, { objects: 2 });
    const { release } = await adoptAs();
    const { objects } = await mesh.releases.content(mesh.actor(), release.id);
    expect(objects.map(({ name, spec }) => [name, spec.hosts])).toEqual([
      ['cart', ['cart']],
      ['till', ['till', 'till.shop']],
    ]);
  });

  it('of another cluster shares what both have alike', async () => {
    const b = await mesh.cluster('b');
    for (const id of [a, b]) {
      await mesh.inventories.request(mesh.actor(), id);
      await mesh.has(id, 'shop', 'cart');
      await answers(id, { objects: 1 });
    }
    await adoptAs(a);
    const { release } = await adoptAs(b);
    expect(release.objects).toBe(1);
    await mesh.rollOut(release.id);
    for (const id of [a, b]) expect((await mesh.intents(id)).objects.size).toBe(1);
    // What they have otherwise has no place of its own.
    const c = await mesh.cluster('c');
    await mesh.inventories.request(mesh.actor(), c);
    await mesh.has(c, 'shop', 'cart', ['other']);
    await answers(c, { objects: 1 });
    const error = await errorOf(adoptAs(c));
    expect([error.code, error.message]).toEqual([
      'CONFIGURATION_INVALID',
      expect.stringContaining('it is there already'),
    ]);
    expect(await mesh.inventories.get(mesh.actor(), c)).toMatchObject({ objects: 1 });
  });

  it('is adopted as far as one may change it', async () => {
    await mesh.inventories.request(mesh.actor(), a);
    await mesh.has(a, 'shop', 'cart');
    await mesh.has(a, 'bank', 'vault');
    await answers(a, { objects: 2 });
    expect((await errorOf(adoptAs(a, mesh.actor('viewer')))).code).toBe('FORBIDDEN');
    const nobody = await errorOf(adoptAs(a, mesh.actor('operator', ['else'])));
    expect(nobody.code).toBe('NOTHING_REPORTED');
    const { release } = await adoptAs(a, mesh.actor('operator', ['shop']));
    const { items } = await mesh.releases.objects(mesh.actor(), { releaseId: release.id });
    expect(items.map(({ name }) => name)).toEqual([nameOf('cart')]);
  });
});
