import { startTestDatabase, type TestDatabase } from '@isthmus/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReleaseView } from './releases.js';
import type { RolloutView, StartRollout } from './rollouts.js';
import { errorOf, file, nameOf, oneByOne, TestMesh, virtualService } from './testing.js';

let database: TestDatabase;
let mesh: TestMesh;
let [first, second]: ReleaseView[] = [];

beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database?.stop());
beforeEach(async () => {
  mesh = await TestMesh.create(database.database);
});

async function twoReleases(): Promise<[ReleaseView, ReleaseView]> {
  first = await mesh.release(file('cart.yaml'));
  second = await mesh.release(file('cart.yaml', virtualService('cart', 'shop', ['cart'], '9s')));
  return [first, second];
}

async function start(release: ReleaseView, more: Partial<StartRollout> = {}): Promise<RolloutView> {
  const { meshId } = mesh;
  const input = { meshId, releaseId: release.id, policy: oneByOne, ...more };
  const rollout = await mesh.rollouts.start(mesh.actor(), input);
  if (!rollout) throw new Error('it runs everywhere already');
  return rollout;
}

const get = ({ id }: RolloutView) => mesh.rollouts.get(mesh.actor(), id);
const stateOf = async (rollout: RolloutView) => (await get(rollout)).state;

async function eventsOf({ id }: RolloutView): Promise<string[]> {
  const { items } = await mesh.rollouts.events(mesh.actor(), { rolloutId: id, first: 200 });
  return items.map(({ type }) => type);
}

/** Starts a rollout, and has its trial passed. */
async function startAndTry(release: ReleaseView, clusters: readonly string[]) {
  const rollout = await start(release);
  await mesh.advance();
  for (const cluster of clusters) await mesh.tries(cluster);
  await mesh.advance();
  return rollout;
}

describe('a rollout', () => {
  it('tries, and takes one wave after the other as clusters have stored it', async () => {
    const [a, b] = [await mesh.cluster('a'), await mesh.cluster('b')];
    const [release] = await twoReleases();
    const rollout = await start(release, { message: 'go' });
    expect(rollout).toMatchObject({ state: 'QUEUED', waves: [], trial: [], message: 'go' });
    await mesh.advance();
    expect(await get(rollout)).toMatchObject({
      ...{ state: 'RUNNING', stage: 'trial', fromReleaseId: null },
      ...{ waves: [[a], [b]], trial: [a] },
    });
    expect(await mesh.runs()).toEqual({});
    expect((await mesh.intents(a)).release).toBeUndefined();
    await mesh.tries(a);
    await mesh.advance();
    expect(await mesh.runs()).toEqual({ [a]: 1 });
    await mesh.advance();
    expect(await mesh.runs()).toEqual({ [a]: 1 });
    await mesh.stores(a);
    await mesh.advance();
    expect(await mesh.runs()).toEqual({ [a]: 1, [b]: 1 });
    await mesh.stores(b);
    await mesh.advance();
    expect(await stateOf(rollout)).toBe('COMPLETED');
    expect(await eventsOf(rollout)).toEqual([
      'STARTED',
      ...['WAVE_STARTED', 'WAVE_STORED', 'WAVE_STARTED', 'WAVE_STORED'],
      'COMPLETED',
    ]);
    expect(await mesh.settings.get(mesh.actor(), mesh.meshId)).toMatchObject({
      currentReleaseId: release.id,
    });
    const standings = await mesh.rollouts.standings(mesh.actor('viewer'), mesh.meshId);
    expect(standings.get(a)).toMatchObject({ number: 1, status: { stored: 1 } });
  });

  it('halts before anything is written, if the trial refuses an object', async () => {
    const a = await mesh.cluster('a');
    const [release] = await twoReleases();
    const rollout = await start(release);
    await mesh.advance();
    await mesh.tries(a, nameOf('cart'));
    await mesh.advance();
    expect(await get(rollout)).toMatchObject({
      ...{ state: 'HALTED', stage: 'trial', reason: 'TrialRefused' },
      detail: expect.stringContaining(
        'a would refuse 1 object: VirtualService.networking.istio.io/shop/cart',
      ),
    });
    expect(await mesh.runs()).toEqual({});
    expect((await mesh.intents(a)).trials.size).toBe(0);
    // The answer to the question of before is none to the one that is put now.
    await mesh.rollouts.resume(mesh.actor(), rollout.id);
    await mesh.advance();
    expect(await get(rollout)).toMatchObject({ state: 'RUNNING', stage: 'trial', reason: null });
    await mesh.tries(a);
    await mesh.advance();
    expect(await mesh.runs()).toEqual({ [a]: 1 });
  });

  it('halts at a refused object, and tries again with a higher fence', async () => {
    const [a, b] = [await mesh.cluster('a'), await mesh.cluster('b')];
    const [release] = await twoReleases();
    const rollout = await startAndTry(release, [a]);
    const { fence } = await mesh.intents(a);
    await mesh.stores(a, nameOf('cart'));
    await mesh.advance();
    expect(await get(rollout)).toMatchObject({
      ...{ state: 'HALTED', reason: 'ObjectsRefused', wave: 0 },
      detail: expect.stringContaining('Denied: by a webhook'),
    });
    await mesh.advance();
    expect(await mesh.runs()).toEqual({ [a]: 1 });
    await mesh.rollouts.resume(mesh.actor(), rollout.id);
    expect((await mesh.intents(a)).fence).toBeGreaterThan(fence);
    // What it said before does not count any more, neither for good nor for bad.
    await mesh.advance();
    expect(await stateOf(rollout)).toBe('RUNNING');
    await mesh.stores(a);
    await mesh.advance();
    expect(await mesh.runs()).toEqual({ [a]: 1, [b]: 1 });
  });

  it('has no wave of clusters alone that are out of contact', async () => {
    const [a, b, c] = [await mesh.cluster('a'), await mesh.cluster('b'), await mesh.cluster('c')];
    await mesh.read((tx) =>
      tx.cluster.updateMany({ where: { id: { in: [a, b] } }, data: { lastContactAt: null } }),
    );
    const [release] = await twoReleases();
    const rollout = await start(release);
    await mesh.advance();
    expect((await get(rollout)).waves).toEqual([[c, a, b]]);
  });

  it('has fences that agents have not seen, whatever the database has forgotten', async () => {
    const a = await mesh.cluster('a');
    const [release] = await twoReleases();
    const rollout = await start(release);
    await mesh.advance();
    await mesh.tries(a);
    await mesh.advance();
    const fenceOf = () =>
      mesh.read(async (tx) => (await tx.clusterRelease.findFirstOrThrow()).fence);
    const seen = await fenceOf();
    // As a backup of before has it.
    await mesh.read((tx) => tx.meshConfiguration.updateMany({ data: { fence: 0n } }));
    await mesh.read((tx) => tx.clusterRelease.updateMany({ data: { fence: 0n } }));
    await mesh.rollouts.pause(mesh.actor(), rollout.id);
    await mesh.rollouts.resume(mesh.actor(), rollout.id);
    expect(await fenceOf()).toBeGreaterThan(seen);
  });

  it('pauses and goes on', async () => {
    const [a, b] = [await mesh.cluster('a'), await mesh.cluster('b')];
    const [release] = await twoReleases();
    const rollout = await startAndTry(release, [a]);
    expect(await mesh.rollouts.pause(mesh.actor(), rollout.id)).toMatchObject({ state: 'PAUSED' });
    await mesh.stores(a);
    await mesh.advance();
    expect(await mesh.runs()).toEqual({ [a]: 1 });
    await mesh.rollouts.resume(mesh.actor(), rollout.id);
    await mesh.stores(a);
    await mesh.advance();
    expect(await mesh.runs()).toEqual({ [a]: 1, [b]: 1 });
    expect(await eventsOf(rollout)).toEqual([
      ...['STARTED', 'WAVE_STARTED', 'PAUSED', 'RESUMED', 'WAVE_STORED', 'WAVE_STARTED'],
    ]);
  });

  it('completes in a mesh without clusters, and those that join then run it', async () => {
    const [release] = await twoReleases();
    await mesh.rollOut(release.id);
    const a = await mesh.cluster('a');
    expect((await mesh.intents(a)).objects.size).toBe(1);
  });

  it('takes those in that join on the way, and passes over those that leave', async () => {
    const [a, b] = [await mesh.cluster('a'), await mesh.cluster('b')];
    const [before, after] = await twoReleases();
    await mesh.rollOut(before.id);
    const rollout = await startAndTry(after, [a]);
    const late = await mesh.cluster('late');
    const numberOf = async (cluster: string) =>
      (await mesh.rollouts.standings(mesh.actor(), mesh.meshId)).get(cluster)?.number;
    expect(await numberOf(late)).toBe(1);
    await mesh.stores(a);
    await mesh.advance();
    expect(await mesh.runs()).toEqual({ [a]: 2, [b]: 2 });
    await mesh.change((tx) =>
      tx.cluster.update({ where: { id: b }, data: { removedAt: new Date() } }),
    );
    await mesh.advance();
    expect(await stateOf(rollout)).toBe('COMPLETED');
    expect(await numberOf(late)).toBe(2);
  });

  it('is not begun again for the row that a removed cluster has left', async () => {
    const [a, b] = [await mesh.cluster('a'), await mesh.cluster('b')];
    const [before, after] = await twoReleases();
    await mesh.rollOut(before.id);
    await mesh.change((tx) =>
      tx.cluster.update({ where: { id: b }, data: { removedAt: new Date() } }),
    );
    await mesh.rollOut(after.id);
    expect(await mesh.runs()).toEqual({ [a]: 2, [b]: 1 });
    const input = { meshId: mesh.meshId, releaseId: after.id };
    expect(await mesh.rollouts.start(mesh.actor(), input)).toBeUndefined();
  });

  it('takes each step once, however many drive it', async () => {
    const clusters = await Promise.all(['a', 'b', 'c'].map((name) => mesh.cluster(name)));
    const [release] = await twoReleases();
    const rollout = await start(release);
    const together = () =>
      Promise.all(
        Array.from({ length: 4 }, () => mesh.driver().advance(mesh.organizationId, mesh.meshId)),
      );
    await together();
    await mesh.tries(clusters[0] ?? '');
    for (const cluster of (await get(rollout)).waves.flat()) {
      await together();
      await mesh.stores(cluster);
    }
    await together();
    expect(await stateOf(rollout)).toBe('COMPLETED');
    const wave = ['WAVE_STARTED', 'WAVE_STORED'];
    expect(await eventsOf(rollout)).toEqual(['STARTED', ...wave, ...wave, ...wave, 'COMPLETED']);
    const fences = await Promise.all(clusters.map(async (id) => (await mesh.intents(id)).fence));
    expect(fences.map(Number)).toEqual(fences.map(Number).sort((x, y) => x - y));
    expect(new Set(fences).size).toBe(3);
  });
});

describe('the queue', () => {
  it('lets one follow the other', async () => {
    const a = await mesh.cluster('a');
    const [before, after] = await twoReleases();
    const one = await startAndTry(before, [a]);
    const two = await start(after);
    // The same again is the one that waits.
    expect((await start(after)).id).toBe(two.id);
    const three = await start(before);
    await mesh.advance();
    expect([await stateOf(one), await stateOf(two)]).toEqual(['RUNNING', 'QUEUED']);
    await mesh.finish(one.id);
    expect(await get(two)).toMatchObject({ state: 'RUNNING', fromReleaseId: before.id });
    await mesh.finish(two.id);
    await mesh.finish(three.id);
    expect(await mesh.runs()).toEqual({ [a]: 1 });
    const { items } = await mesh.rollouts.list(mesh.actor(), { meshId: mesh.meshId });
    expect(items.map(({ id }) => id)).toEqual([three.id, two.id, one.id]);
  });

  it('has one under way at most, as the database sees to', async () => {
    const [before, after] = await twoReleases();
    await mesh.cluster('a');
    const one = await startAndTry(before, []);
    const two = await start(after);
    await mesh.rollouts.pause(mesh.actor(), one.id);
    const work = mesh.change((tx) =>
      tx.rollout.update({ where: { id: two.id }, data: { state: 'RUNNING' } }),
    );
    await expect(work).rejects.toMatchObject({ code: 'P2002' });
  });

  it('takes another one in the place of all', async () => {
    const a = await mesh.cluster('a');
    const [before, after] = await twoReleases();
    const one = await startAndTry(before, [a]);
    const two = await start(after);
    // What waits already need not wait any longer.
    expect((await start(after, { supersede: true })).id).toBe(two.id);
    expect([await stateOf(one), await stateOf(two)]).toEqual(['ABORTED', 'QUEUED']);
    const three = await start(before, { supersede: true });
    expect([await stateOf(two), await stateOf(three)]).toEqual(['ABORTED', 'QUEUED']);
  });

  it('is not endless', async () => {
    const [before, after] = await twoReleases();
    for (let index = 0; index < 20; index += 1) await start(index % 2 ? before : after);
    expect((await errorOf(start(after))).code).toBe('TOO_MANY_RESOURCES');
    expect(await start(after, { supersede: true })).toMatchObject({ state: 'QUEUED' });
  });
});

describe('a rollback', () => {
  it('puts all clusters back', async () => {
    const [a, b] = [await mesh.cluster('a'), await mesh.cluster('b')];
    const [before, after] = await twoReleases();
    await mesh.rollOut(before.id);
    await mesh.rollOut(after.id);
    expect(await mesh.runs()).toEqual({ [a]: 2, [b]: 2 });
    await mesh.rollOut(before.id);
    expect(await mesh.runs()).toEqual({ [a]: 1, [b]: 1 });
    expect((await mesh.settings.get(mesh.actor(), mesh.meshId)).currentReleaseId).toBe(before.id);
  });

  it('puts those back that an aborted rollout had reached', async () => {
    const [a, b] = [await mesh.cluster('a'), await mesh.cluster('b')];
    const [before, after] = await twoReleases();
    await mesh.rollOut(before.id);
    const rollout = await startAndTry(after, [a]);
    await mesh.rollouts.abort(mesh.actor(), rollout.id);
    expect(await mesh.runs()).toEqual({ [a]: 2, [b]: 1 });
    await mesh.rollOut(before.id);
    expect(await mesh.runs()).toEqual({ [a]: 1, [b]: 1 });
  });
});

describe('actions', () => {
  it('are taken where they mean something', async () => {
    const [before, after] = await twoReleases();
    await mesh.cluster('a');
    const rollout = await start(before);
    const act = async (action: 'pause' | 'resume' | 'abort', code: string) => {
      const work = mesh.rollouts[action](mesh.actor(), rollout.id);
      const { state } = await work.catch(({ code: state }: { code: string }) => ({ state }));
      expect([action, state]).toEqual([action, code]);
    };
    const no = 'ROLLOUT_STATE';
    await act('pause', no);
    await act('resume', no);
    await mesh.advance();
    await act('resume', no);
    await act('pause', 'PAUSED');
    await act('pause', no);
    await act('abort', 'ABORTED');
    for (const action of ['pause', 'resume', 'abort'] as const) await act(action, no);
    const queued = await start(after);
    expect(await mesh.rollouts.abort(mesh.actor(), queued.id)).toMatchObject({
      ...{ state: 'ABORTED', startedAt: null, finishedAt: expect.any(Date) },
    });
    const error = await errorOf(mesh.rollouts.pause(mesh.actor(), rollout.id));
    expect(error.message).toBe('the rollout is ABORTED; this can be done while it is RUNNING');
  });

  it('are not for viewers, nor for other tenants', async () => {
    const [before] = await twoReleases();
    const { id } = await start(before);
    const viewer = mesh.actor('viewer');
    const stranger = (await TestMesh.create(database.database)).actor('owner');
    const input = { meshId: mesh.meshId, releaseId: before.id };
    for (const [actor, code] of [
      [viewer, 'FORBIDDEN'],
      [stranger, 'NOT_FOUND'],
    ] as const) {
      for (const work of [
        () => mesh.rollouts.start(actor, input),
        () => mesh.rollouts.pause(actor, id),
        () => mesh.rollouts.resume(actor, id),
        () => mesh.rollouts.abort(actor, id),
      ]) {
        expect((await errorOf(work())).code).toBe(code);
      }
    }
    expect((await errorOf(mesh.rollouts.get(stranger, id))).code).toBe('NOT_FOUND');
    expect(await mesh.rollouts.get(viewer, id)).toMatchObject({ state: 'QUEUED' });
  });

  it('of those who may change some namespaces alone leave the others', async () => {
    const shop = { ...mesh.actor('operator', ['shop']), id: 'token_1' };
    const bank = (timeout: string) =>
      file('bank.yaml', virtualService('vault', 'bank', ['vault'], timeout));
    const one = await mesh.release(file('cart.yaml'), bank('1s'));
    const two = await mesh.release(bank('1s'));
    const three = await mesh.release(bank('2s'));
    const four = await mesh.release(file('cart.yaml'), bank('2s'));
    const begin = (release: ReleaseView, supersede?: boolean) =>
      mesh.rollouts.start(shop, { meshId: mesh.meshId, releaseId: release.id, supersede });
    for (const release of [one, two]) {
      expect((await errorOf(begin(release))).code).toBe('NAMESPACE_FORBIDDEN');
    }
    // The one before differs in their own namespace alone.
    const own = await begin(three);
    expect(own?.state).toBe('QUEUED');
    expect(await mesh.rollouts.abort(shop, own?.id ?? '')).toMatchObject({ state: 'ABORTED' });
    const other = await start(four);
    expect((await errorOf(begin(three, true))).code).toBe('NAMESPACE_FORBIDDEN');
    expect((await errorOf(mesh.rollouts.abort(shop, other.id))).code).toBe('NAMESPACE_FORBIDDEN');
  });

  it('need a policy that can be kept', async () => {
    const [before] = await twoReleases();
    const { gate } = oneByOne;
    for (const policy of [
      { waves: [{ percent: 0 }], gate },
      { waves: [{ clusterSelector: 'a b' }], gate },
      { waves: [], gate: { ...gate, timeoutSeconds: 0 } },
      { waves: [], gate: { ...gate, soakSeconds: Number.NaN } },
    ]) {
      expect((await errorOf(start(before, { policy }))).code).toBe('ROLLOUT_POLICY_INVALID');
    }
    const wrong = mesh.rollouts.events(mesh.actor(), {
      ...{ rolloutId: (await start(before)).id, after: '99999999999999' },
    });
    expect((await errorOf(wrong)).code).toBe('INVALID_ARGUMENT');
  });
});
