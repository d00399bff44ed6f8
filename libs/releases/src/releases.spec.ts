import { readdir, readFile } from 'node:fs/promises';
import { startTestDatabase, type TestDatabase } from '@isthmus/platform';
import type { Actor } from '@isthmus/tenancy';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SourceFile } from './objects.js';
import type { ReleaseView } from './releases.js';
import {
  envoyFilter,
  errorOf,
  file,
  nameOf,
  override,
  TestMesh,
  virtualService,
} from './testing.js';

let database: TestDatabase;
let mesh: TestMesh;

beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database?.stop());
beforeEach(async () => {
  mesh = await TestMesh.create(database.database);
});

function create(files: readonly SourceFile[], actor = mesh.actor(), folder?: string) {
  return mesh.releases.create(actor, { meshId: mesh.meshId, files, folder, message: 'm' });
}

async function objectsOf({ id }: ReleaseView) {
  const { items } = await mesh.releases.objects(mesh.actor(), { releaseId: id, first: 200 });
  return items;
}

async function countReleases(): Promise<number> {
  return mesh.read((tx) => tx.release.count());
}

describe('a release', () => {
  it('is made of files once, and counted in its mesh', async () => {
    const files = [file('shop/cart.yaml'), file('shop/till.yaml')];
    const first = await create(files);
    expect(first).toMatchObject({
      isNew: true,
      release: { number: 1, objects: 2, source: 'apply', createdBy: 'user_1' },
    });
    const again = await create([...files].reverse(), mesh.actor('admin'));
    expect(again).toMatchObject({ isNew: false, release: first.release });
    expect((await create([file('shop/cart.yaml')])).release.number).toBe(2);
    // The very files of the first, but not again in a row.
    expect((await create(files)).release.number).toBe(3);
    const other = await TestMesh.create(database.database);
    expect((await other.release(...files)).number).toBe(1);
  });

  it('is made of nothing where that is meant, which takes all away', async () => {
    await create([file('shop/cart.yaml')]);
    // A pipeline that looked into the wrong folder.
    expect((await errorOf(create([]))).code).toBe('INVALID_ARGUMENT');
    const { release } = await create([{ path: 'nothing.yaml', content: '# on purpose' }]);
    expect(release).toMatchObject({ number: 2, objects: 0 });
    const { items } = await mesh.releases.changes(mesh.actor(), { releaseId: release.id });
    expect(items).toMatchObject([{ change: 'REMOVED' }]);
  });

  it('is not lost when several are made at once', async () => {
    const made = await Promise.all(
      [1, 2, 3, 4, 5].map((index) => create([file(`shop/a${index}.yaml`)])),
    );
    expect(made.map(({ release }) => release.number).sort()).toEqual([1, 2, 3, 4, 5]);
    for (const [index, { release }] of made.entries()) {
      expect(await objectsOf(release)).toMatchObject([{ name: nameOf(`a${index + 1}`) }]);
    }
    // Those who bring a folder each all find their place in the last one.
    await Promise.all(
      ['a', 'b', 'c'].map((name) => create([file(`${name}.yaml`)], undefined, name)),
    );
    const { items } = await mesh.releases.list(mesh.actor(), { meshId: mesh.meshId, first: 1 });
    expect(items).toMatchObject([{ number: 8, objects: 4 }]);
  });

  it('leaves what is beside a folder', async () => {
    await create([
      file('teams/shop/cart.yaml'),
      file('teams/shopping/list.yaml'),
      file('base.yaml'),
    ]);
    const { release } = await create([file('till.yaml')], undefined, 'teams/shop');
    const files = await mesh.releases.files(mesh.actor(), release.id, 'written');
    expect(files.map(({ path }) => path)).toEqual([
      'base.yaml',
      'teams/shop/till.yaml',
      'teams/shopping/list.yaml',
    ]);
    const emptied = await create([], undefined, 'teams/shop');
    expect(emptied.release.objects).toBe(2);
    for (const folder of ['../x', '/x', 'x/', 'a//b', '.', ' ']) {
      expect((await errorOf(create([], undefined, folder))).code).toBe('INVALID_ARGUMENT');
    }
    const escaping = await errorOf(create([file('../shopping/x.yaml')], undefined, 'teams/shop'));
    expect(escaping.code).toBe('CONFIGURATION_INVALID');
  });

  it('is refused with all that is wrong, and leaves nothing behind', async () => {
    const files = [
      file('shop/cart.yaml'),
      { path: 'b.yaml', content: 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n' },
      { path: 'c.yaml', content: '\n\na: [' },
    ];
    const error = await errorOf(create(files));
    expect(error).toMatchObject({
      code: 'CONFIGURATION_INVALID',
      details: {
        problems: [
          { code: 'ForeignKind', path: 'b.yaml', line: 2 },
          { code: 'BadYaml', path: 'c.yaml', line: 3 },
        ],
      },
    });
    expect(error.message).toMatch(/^b\.yaml:2: Secret .*; secrets do not travel .*; and 1 more$/);
    const checked = await mesh.releases.check(mesh.actor('viewer'), { meshId: mesh.meshId, files });
    const errors = checked.problems.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ code }) => code)).toEqual(['ForeignKind', 'BadYaml']);
    expect(checked.changes).toEqual([]);
    expect(await countReleases()).toBe(0);
  });

  it.each([
    ['U+0000 as it is', 'a.yaml', 'apiVersion: v1 # \0\n', 1],
    ['half a character as it is', 'a.yaml', '# a\n# \ud83d\n', 2],
    ['U+0000 as an escape', 'a.yaml', yaml('"a\\0"'), 5],
    ['half a character as an escape', 'a.yaml', yaml('"\\ud83d"'), 5],
    ['a path with half a character', '\ud83d.yaml', yaml('a'), 1],
  ])('is refused for %s', async (_, path, content, line) => {
    const error = await errorOf(create([{ path, content }]));
    expect(error.code).toBe('CONFIGURATION_INVALID');
    const problems = error.details?.problems as { code: string; line: number }[];
    expect(problems).toContainEqual(expect.objectContaining({ code: 'ForbiddenCharacter', line }));
    expect(await countReleases()).toBe(0);
  });

  it('is refused for such a character in an override', async () => {
    const patch = override(
      'o',
      'env=prod',
      nameOf('a'),
      '[{op: add, path: /spec/hosts/0, value: "\\0"}]',
    );
    const error = await errorOf(create([file('a.yaml', virtualService('a'), patch)]));
    expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID' });
  });

  it('keeps warnings, even such as cut a character in two', async () => {
    // The warning shows the first 80 characters, the last of which is half of one.
    const tls = { mode: 'SIMPLE', credentialName: `${'a'.repeat(79)}😀` };
    const port = { number: 443, name: 'https', protocol: 'HTTPS' };
    const gateway = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'in', namespace: 'shop' },
      spec: { selector: { istio: 'in' }, servers: [{ port, tls, hosts: ['a.example.com'] }] },
    };
    const { warnings } = await create([file('a.yaml', gateway)]);
    expect(warnings.map(({ code, message }) => [code, message.isWellFormed()])).toEqual([
      ['CredentialNameInvalid', false],
    ]);
    const error = await errorOf(
      mesh.releases.create(mesh.actor(), { meshId: mesh.meshId, files: [], message: 'a\0' }),
    );
    expect(error.code).toBe('INVALID_ARGUMENT');
  });

  it('is seen by its tenant alone', async () => {
    const release = await mesh.release(file('a.yaml'));
    const other = await TestMesh.create(database.database);
    const [actor, releaseId] = [other.actor('owner'), release.id];
    for (const work of [
      () => mesh.releases.get(actor, releaseId),
      () => mesh.releases.content(actor, releaseId),
      () => mesh.releases.objects(actor, { releaseId }),
      () => mesh.releases.changes(actor, { releaseId }),
      () => mesh.releases.files(actor, releaseId, 'written'),
      () => mesh.releases.list(actor, { meshId: mesh.meshId }),
      () => mesh.previews.preview(actor, { releaseId }),
      () => mesh.releases.check(actor, { meshId: mesh.meshId, files: [] }),
      () => mesh.releases.create(actor, { meshId: mesh.meshId, files: [], message: '' }),
      () => mesh.rollouts.start(actor, { meshId: other.meshId, releaseId }),
    ]) {
      expect((await errorOf(work())).code).toBe('NOT_FOUND');
    }
    const { meshId } = mesh;
    await mesh.read((tx) =>
      tx.meshConfiguration.update({ where: { meshId }, data: { currentReleaseId: releaseId } }),
    );
    for (const look of [
      (who: Actor) => mesh.releases.getByNumber(who, { meshId, number: 1 }),
      (who: Actor) => mesh.releases.head(who, meshId),
      (who: Actor) => mesh.releases.current(who, meshId),
    ]) {
      expect(await look(mesh.actor('viewer'))).toEqual(release);
      expect(await look(actor)).toBeUndefined();
    }
  });
});

/** A VirtualService with a host at line 5. */
function yaml(host: string): string {
  return `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: shop}
spec:
  hosts: [${host}]
  http: [{route: [{destination: {host: a}}]}]
`;
}

describe('who may change some namespaces alone', () => {
  const limited = () => mesh.actor('operator', ['shop']);
  const bank = virtualService('vault', 'bank');
  const shop = virtualService('cart', 'shop');
  const prod = (document: object) => ({
    ...document,
    metadata: {
      name: 'vault',
      namespace: 'bank',
      annotations: { 'isthmus.dev/clusters': 'env=prod' },
    },
  });
  const patch = { spec: { hosts: ['other'] } };
  const onBank = override('on-bank', 'env=prod', nameOf('vault', 'bank'), patch);
  const onShop = override('on-shop', 'env=prod', nameOf('cart', 'shop'), patch);

  it.each<[string, object[], object[]]>([
    ['adds', [shop], [shop, bank]],
    ['changes', [shop, bank], [shop, virtualService('vault', 'bank', ['other'])]],
    ['removes', [shop, bank], [shop]],
    ['moves to other clusters', [shop, bank], [shop, prod(bank)]],
    ['overrides', [shop, bank], [shop, bank, onBank]],
    ['no longer overrides', [shop, bank, onBank], [shop, bank]],
    [
      'overrides elsewhere',
      [bank, onBank],
      [
        bank,
        { ...onBank, spec: { ...(onBank as { spec: object }).spec, clusterSelector: 'env=test' } },
      ],
    ],
  ])('%s nothing in others', async (_, before, after) => {
    await mesh.release(file('x.yaml', ...before));
    const error = await errorOf(create([file('x.yaml', ...after)], limited()));
    expect(error.code).toBe('NAMESPACE_FORBIDDEN');
    expect(error.message).toMatch(/^x\.yaml:\d+: VirtualService bank\/vault is changed/);
    expect(await countReleases()).toBe(1);
  });

  it('changes its own beside others, overrides included', async () => {
    await mesh.release(file('x.yaml', shop, bank, onBank));
    const changed = virtualService('cart', 'shop', ['new']);
    // In other lines, and in another file: what counts is what comes of it.
    const files = [file('y.yaml', bank, onBank), file('z.yaml', changed, onShop)];
    expect((await create(files, limited())).release.number).toBe(2);
    const intent = {
      apiVersion: 'isthmus.dev/v1alpha1',
      kind: 'MutualTLS',
      metadata: { name: 'all', namespace: 'bank' },
      spec: { service: 'vault', mode: 'STRICT' },
    };
    const error = await errorOf(create([...files, file('i.yaml', intent)], limited()));
    expect(error.code).toBe('NAMESPACE_FORBIDDEN');
  });
});

describe('an EnvoyFilter', () => {
  const limit = (requests: number) => ({
    apiVersion: 'isthmus.dev/v1alpha1',
    kind: 'RateLimit',
    metadata: { name: 'cart', namespace: 'shop' },
    spec: { service: 'cart', requests, per: 'second' },
  });
  const written = file('filter.yaml', envoyFilter('mine'));

  it('is written by admins, and left alone by operators', async () => {
    const refused = await errorOf(create([written]));
    expect(refused.code).toBe('FORBIDDEN');
    expect(refused.message).toMatch(/^filter\.yaml:1: EnvoyFilter shop\/mine is changed/);
    await create([written], mesh.actor('admin'));
    expect((await create([written, file('shop/cart.yaml')])).release.number).toBe(2);
    expect((await errorOf(create([file('shop/cart.yaml')]))).code).toBe('FORBIDDEN');
  });

  it('is said by operators in an intent, and in nothing that passes for one', async () => {
    expect((await create([file('limit.yaml', limit(5))])).isNew).toBe(true);
    expect((await create([file('limit.yaml', limit(6))])).isNew).toBe(true);
    const [filter] = await objectsOf((await create([file('limit.yaml', limit(7))])).release);
    const name = filter?.name ?? '';
    const patch = { spec: { priority: 5 } };
    const patched = [
      file('limit.yaml', limit(7)),
      file('o.yaml', override('o', 'a=b', name, patch)),
    ];
    expect((await errorOf(create(patched))).code).toBe('FORBIDDEN');
    expect((await create(patched, mesh.actor('admin'))).isNew).toBe(true);
    expect((await create([...patched, file('shop/cart.yaml')])).isNew).toBe(true);
  });

  it('of an admin does not become that of an intent by an operator', async () => {
    await create([file('limit.yaml', envoyFilter('cart'))], mesh.actor('admin'));
    expect((await errorOf(create([file('limit.yaml', limit(5))]))).code).toBe('FORBIDDEN');
  });
});

function serviceEntry(name: string, namespace: string): object {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'ServiceEntry',
    metadata: { name, namespace },
    spec: {
      hosts: [`${name}.example.com`],
      ports: [{ number: 443, name: 'tls', protocol: 'TLS' }],
      resolution: 'DNS',
      location: 'MESH_EXTERNAL',
    },
  };
}

describe('what a release holds', () => {
  it('comes out as it went in, and leads to the same again', async () => {
    const folder = new URL('./intents/samples/', import.meta.url);
    const names = (await readdir(folder)).filter(
      (name) => name.endsWith('.yaml') && name !== 'one-host.yaml',
    );
    const samples = await Promise.all(
      names.map(async (path) => ({ path, content: await readFile(new URL(path, folder), 'utf8') })),
    );
    const long = 'n'.repeat(170);
    const files = [
      ...samples,
      file(
        'x.yaml',
        virtualService(long),
        override(long.slice(1), 'env in (a,b),!c', nameOf(long), { spec: { hosts: ['other'] } }),
      ),
      file(
        'y.yaml',
        override('json', 'env=prod', nameOf(long), [
          { op: 'replace', path: '/spec/hosts/0', value: 'yes' },
        ]),
      ),
    ];
    const { release } = await create(files, mesh.actor('admin'));
    const before = await mesh.releases.content(mesh.actor(), release.id);
    expect(before.objects.some(({ compiledFrom }) => compiledFrom !== undefined)).toBe(true);
    for (const form of ['written', 'compiled'] as const) {
      const exported = await mesh.releases.files(mesh.actor(), release.id, form);
      const other = await TestMesh.create(database.database);
      const made = await other.releases.create(other.actor('admin'), {
        ...{ meshId: other.meshId, folder: 'a/b', files: exported, message: '' },
      });
      const after = await other.releases.content(other.actor(), made.release.id);
      const plain = ({ objects, overrides }: typeof before) => ({
        objects: objects.map(({ place: _, compiledFrom: __, ...object }) => object),
        overrides: overrides
          .map(({ place: _, ...each }) => each)
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      });
      expect(plain(after)).toEqual(plain(before));
    }
  });

  it('fits into a bundle, however many objects there are', async () => {
    const many = Array.from({ length: 600 }, (_, index) =>
      serviceEntry(`a${index}`, `n${index % 3}`),
    );
    const release = await mesh.release(file('x.yaml', ...many));
    const exported = await mesh.releases.files(mesh.actor(), release.id, 'compiled');
    const other = await TestMesh.create(database.database);
    expect((await other.release(...exported)).objects).toBe(600);
  });

  it('is told by pages, and as the difference to another', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => virtualService(name));
    const first = await mesh.release(file('x.yaml', ...[a, b].map((each) => each ?? {})));
    const second = await mesh.release(
      file('x.yaml', virtualService('b', 'shop', ['b'], '9s'), c ?? {}),
    );
    const page = { releaseId: second.id };
    const { items } = await mesh.releases.changes(mesh.actor(), page);
    expect(items.map(({ name, change }) => [name, change])).toEqual([
      [nameOf('a'), 'REMOVED'],
      [nameOf('b'), 'CHANGED'],
      [nameOf('c'), 'ADDED'],
    ]);
    expect(items[1]?.diff).toMatch(
      /^--- a\/.*\n\+\+\+ b\/[\s\S]*\n-.*timeout: 2s\n\+.*timeout: 9s/,
    );
    const rest = await mesh.releases.changes(mesh.actor(), {
      ...page,
      after: nameOf('a'),
      first: 1,
    });
    expect([rest.items.map(({ name }) => name), rest.hasNext]).toEqual([[nameOf('b')], true]);
    const same = await mesh.releases.changes(mesh.actor(), { ...page, from: second.number });
    expect(same.items).toEqual([]);
    const back = await mesh.releases.changes(mesh.actor(), { releaseId: first.id, from: 2 });
    expect(back.items.map(({ change }) => change)).toEqual(['ADDED', 'CHANGED', 'REMOVED']);
    const none = mesh.releases.changes(mesh.actor(), { ...page, from: 9 });
    expect((await errorOf(none)).code).toBe('NOT_FOUND');

    const objects = await mesh.releases.objects(mesh.actor(), { releaseId: first.id, first: 1 });
    expect(objects).toMatchObject({
      items: [{ name: nameOf('a'), path: 'x.yaml', line: 1, compiledFrom: null }],
      hasNext: true,
    });
    const last = await mesh.releases.objects(mesh.actor(), {
      releaseId: first.id,
      after: nameOf('a'),
    });
    expect(last).toMatchObject({ items: [{ name: nameOf('b'), line: 3 }], hasNext: false });
  });
});

describe('a preview', () => {
  it('says of each cluster what becomes of it', async () => {
    const test = await mesh.cluster('a', { env: 'test' });
    const prod = await mesh.cluster('b', { env: 'prod' });
    const inProd = virtualService('prod-only');
    inProd.metadata.annotations = { 'isthmus.dev/clusters': 'env=prod' };
    const patch = override('o', 'env=prod', nameOf('cart'), { spec: { hosts: ['prod'] } });
    const first = await mesh.release(file('x.yaml', virtualService('cart'), inProd, patch));
    const preview = async (release: ReleaseView) =>
      (await mesh.previews.preview(mesh.actor('viewer'), { releaseId: release.id })).items;
    const [ofTest, ofProd] = await preview(first);
    expect(ofTest).toMatchObject({
      clusterId: test,
      from: null,
      changes: [{ name: nameOf('cart') }],
    });
    expect(ofProd?.changes.map(({ name }) => name)).toEqual([nameOf('cart'), nameOf('prod-only')]);
    expect(ofTest?.changes[0]?.diff).toContain('+    - cart\n');
    expect(ofProd?.changes[0]?.diff).toContain('+    - prod\n');

    await mesh.rollOut(first.id);
    // Which other clusters have it does not concern the one that keeps it.
    inProd.metadata.annotations = { 'isthmus.dev/clusters': 'env in (prod,test)' };
    const second = await mesh.release(file('x.yaml', virtualService('cart'), inProd, patch));
    expect(await preview(second)).toMatchObject([
      { from: 1, changes: [{ name: nameOf('prod-only'), change: 'ADDED' }] },
      { from: 1, changes: [] },
    ]);
    // What is tolerated is gone with the next release, even if that changes nothing else.
    const found = { spec: { ...virtualService('cart').spec, hosts: ['by-hand'] } };
    await mesh.drifts(prod, nameOf('cart'), found);
    await mesh.drifts(test, nameOf('cart'), found, { outcome: 'reverted' });
    const [, drifted] = await preview(first);
    expect(drifted?.changes).toMatchObject([{ name: nameOf('cart'), change: 'CHANGED' }]);
    expect(drifted?.changes[0]?.diff).toMatch(/-\s+- by-hand\n\+\s+- prod\n/);
    await mesh.drifts(prod, nameOf('cart'));
    expect((await preview(first))[1]?.changes).toMatchObject([{ change: 'ADDED' }]);
    const { items, hasNext } = await mesh.previews.preview(mesh.actor(), {
      ...{ releaseId: first.id, first: 1, after: test },
    });
    expect([items.map(({ clusterId }) => clusterId), hasNext]).toEqual([[prod], false]);
  });
});
