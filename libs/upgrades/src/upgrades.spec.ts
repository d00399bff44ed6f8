import { newId } from '@isthmus/kernel';
import { startTestDatabase, type TestDatabase } from '@isthmus/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { UpgradePolicy } from './model.js';
import { SimulatedCluster } from './simulated-cluster.js';
import { errorOf, quick, TestFleet } from './testing.js';
import type { UpgradeView } from './upgrades.js';

let database: TestDatabase;
let fleet: TestFleet;

beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database?.stop());
beforeEach(async () => {
  fleet = await TestFleet.create(database.database);
});

async function plan(
  toVersion = '1.31.0',
  policy: Partial<UpgradePolicy> = {},
): Promise<UpgradeView> {
  const { meshId } = fleet;
  return fleet.upgrades.plan(fleet.actor(), { meshId, toVersion, policy: { ...quick, ...policy } });
}

async function start(toVersion?: string, policy?: Partial<UpgradePolicy>): Promise<UpgradeView> {
  const { id } = await plan(toVersion, policy);
  return fleet.upgrades.start(fleet.actor(), id);
}

const moved = { shop: 'prod 1-31-0', web: 'prod 1-31-0 1-31-0' };
const unmoved = { shop: 'prod 1-30-0', web: 'prod 1-30-0 1-30-0' };

describe('an upgrade', () => {
  it('takes a cluster through its stages, and leaves nothing of the old revision', async () => {
    const id = await fleet.cluster('a');
    const upgrade = await start('1.31.0', { canaryNamespaces: ['web'] });
    await fleet.settle();
    expect(await fleet.get(upgrade)).toMatchObject({ state: 'COMPLETED', reason: null });
    expect(await fleet.types(upgrade, id)).toEqual([
      ...['PREFLIGHT', 'INSTALLING', 'CANARY', 'SOAKING', 'WORKLOADS', 'GATEWAYS'],
      ...['DEFAULT_TAG', 'DRAINING', 'GRACE', 'REMOVING', 'DONE'],
    ]);
    const cluster = fleet.simulated(id);
    expect(cluster.standing).toEqual(moved);
    expect([...cluster.revisions.keys()]).toEqual(['1-31-0']);
    expect(cluster.tags.get('prod')).toBe('1-31-0');
  });

  it('waits where an agent is away as its preflight is looked at', async () => {
    const id = await fleet.cluster('a');
    const upgrade = await start();
    await until(upgrade, 'a', 'PREFLIGHT');
    await fleet.obey();
    const contact = (lastContactAt: Date) =>
      fleet.read((tx) => tx.cluster.update({ where: { id }, data: { lastContactAt } }));
    await contact(new Date(Date.now() - 3_600_000));
    await fleet.drive();
    expect((await fleet.get(upgrade)).state).toBe('RUNNING');
    expect(await fleet.stages(upgrade)).toEqual({ a: 'PREFLIGHT' });
    await contact(new Date());
    await fleet.settle();
    expect((await fleet.get(upgrade)).state).toBe('COMPLETED');
  });

  it('moves gateways after workloads, and the canary namespaces before both', async () => {
    const id = await fleet.cluster('a');
    await start('1.31.0', { canaryNamespaces: ['web'] });
    const seen: string[] = [];
    for (let round = 0; round < 40; round += 1) {
      await fleet.drive();
      await fleet.obey();
      const { shop = '', web = '' } = fleet.simulated(id).standing;
      const now = `${shop}, ${web}`;
      if (seen.at(-1) !== now) seen.push(now);
    }
    expect(seen).toEqual([
      'prod 1-30-0, prod 1-30-0 1-30-0',
      'prod 1-30-0, 1-31-0 1-31-0 1-30-0',
      'prod 1-31-0, prod 1-31-0 1-30-0',
      'prod 1-31-0, prod 1-31-0 1-31-0',
    ]);
  });

  it('goes over two minor versions in two hops', async () => {
    const id = await fleet.cluster('a', new SimulatedCluster('1.29.0', '1-29-0'));
    const upgrade = await start();
    await fleet.settle();
    expect(await fleet.stages(upgrade)).toEqual({ a: 'DONE' });
    const versions = fleet
      .simulated(id)
      .acted.flatMap(({ revisions }) => revisions.map(({ version }) => version.slice(0, 4)));
    expect([...new Set(versions)]).toEqual(['1.29', '1.30', '1.31']);
    expect([...fleet.simulated(id).revisions.keys()]).toEqual(['1-31-0']);
  });

  it('begins no wave before the one before is through', async () => {
    for (const name of ['a', 'b', 'c']) await fleet.cluster(name);
    const upgrade = await start();
    let most = 0;
    for (let round = 0; round < 100; round += 1) {
      await fleet.drive();
      const stages = Object.values(await fleet.stages(upgrade));
      most = Math.max(
        most,
        stages.filter((s) => !['PENDING', 'GRACE', 'REMOVING', 'DONE'].includes(s)).length,
      );
      await fleet.obey();
    }
    expect(most).toBe(1);
    expect((await fleet.get(upgrade)).state).toBe('COMPLETED');
    expect(await fleet.types(upgrade, null)).toEqual([
      ...['STARTED', 'WAVE_STARTED', 'WAVE_STARTED', 'WAVE_STARTED', 'COMPLETED'],
    ]);
  });

  it('has no more clusters in flight than the mesh wants', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await fleet.cluster(name);
    await fleet.settings.update(fleet.actor(), fleet.meshId, { maxInFlight: 2 });
    const upgrade = await start('1.31.0', { waves: [{ percent: 100 }] });
    await fleet.drive();
    const stages = Object.values(await fleet.stages(upgrade));
    expect(stages.filter((stage) => stage === 'PREFLIGHT')).toHaveLength(2);
    await fleet.settle();
    expect((await fleet.get(upgrade)).state).toBe('COMPLETED');
  });
});

describe('a cluster that cannot', () => {
  it('goes back by itself when its istiod does not become ready, and leaves the others as they were', async () => {
    const [a, b] = [await fleet.cluster('a'), await fleet.cluster('b')];
    fleet.simulated(a).broken.add('1.31.0');
    const upgrade = await start();
    await fleet.settle();
    expect(await fleet.stages(upgrade)).toEqual({ a: 'INSTALLING', b: 'PENDING' });
    await age(upgrade, a);
    await fleet.settle();
    expect(await fleet.get(upgrade)).toMatchObject({ state: 'HALTED', reason: 'IstiodNotReady' });
    expect(await fleet.stages(upgrade)).toEqual({ a: 'ROLLED_BACK', b: 'PENDING' });
    expect([...fleet.simulated(a).revisions.keys()]).toEqual(['1-30-0']);
    expect(fleet.simulated(a).standing).toEqual(unmoved);
    expect(fleet.simulated(b).acted).toEqual([]);

    fleet.simulated(a).broken.clear();
    await fleet.upgrades.retryCluster(fleet.actor(), upgrade.id, a);
    await fleet.settle();
    expect((await fleet.get(upgrade)).state).toBe('COMPLETED');
  });

  it('is not touched when a PodDisruptionBudget blocks it, and can be left out', async () => {
    const [a, b] = [await fleet.cluster('a'), await fleet.cluster('b')];
    const upgrade = await start();
    fleet.simulated(a).blockingBudgets = ['shop/web'];
    await fleet.settle();
    expect(await fleet.get(upgrade)).toMatchObject({
      ...{ state: 'HALTED', reason: 'DisruptionBudgetBlocks' },
      detail: expect.stringContaining('shop/web'),
    });
    expect([...fleet.simulated(a).revisions.keys()]).toEqual(['1-30-0']);
    await fleet.upgrades.skipCluster(fleet.actor(), upgrade.id, a);
    await fleet.settle();
    expect((await fleet.get(upgrade)).state).toBe('COMPLETED');
    expect(fleet.simulated(b).standing).toEqual(moved);
    expect(fleet.simulated(a).standing).toEqual(unmoved);
  });
});

describe('people', () => {
  it('hold what moves, and let it go on', async () => {
    const id = await fleet.cluster('a');
    const upgrade = await start();
    await until(upgrade, 'a', 'WORKLOADS');
    await fleet.upgrades.pause(fleet.actor(), upgrade.id);
    await fleet.drive();
    // Not told to move before it was held.
    await fleet.obey();
    await fleet.settle();
    expect(fleet.simulated(id).standing).toEqual(unmoved);
    expect(
      fleet
        .simulated(id)
        .acted.at(-1)
        ?.namespaces.some((of) => of.moveWorkloads),
    ).toBe(false);
    await fleet.upgrades.resume(fleet.actor(), upgrade.id);
    await fleet.settle();
    expect(fleet.simulated(id).standing).toEqual(moved);
    expect(await fleet.types(upgrade, id)).toContain('RELEASED');
  });

  it('freeze a fleet in the middle of an upgrade', async () => {
    const id = await fleet.cluster('a');
    const upgrade = await start();
    await until(upgrade, 'a', 'WORKLOADS');
    const hour = 3_600_000;
    const freeze = {
      name: 'the sale',
      from: new Date(Date.now() - hour),
      until: new Date(Date.now() + hour),
    };
    await fleet.settings.update(fleet.actor(), fleet.meshId, { freezes: [freeze] });
    await fleet.drive();
    await fleet.settle();
    expect(fleet.simulated(id).standing).toEqual(unmoved);
    const { items } = await fleet.upgrades.clusters(fleet.actor(), { upgradeId: upgrade.id });
    expect(items[0]).toMatchObject({ held: true, detail: expect.stringContaining('the sale') });
    await fleet.settings.update(fleet.actor(), fleet.meshId, { freezes: [] });
    await fleet.settle();
    expect((await fleet.get(upgrade)).state).toBe('COMPLETED');
  });

  it('take everything back, over both hops, though the old revision is gone', async () => {
    const id = await fleet.cluster('a', new SimulatedCluster('1.29.0', '1-29-0'));
    const before = fleet.simulated(id).standing;
    const upgrade = await start();
    await fleet.settle();
    expect((await fleet.get(upgrade)).state).toBe('COMPLETED');
    await fleet.upgrades.rollBack(fleet.actor(), upgrade.id);
    await fleet.settle();
    expect((await fleet.get(upgrade)).state).toBe('ROLLED_BACK');
    expect(fleet.simulated(id).standing).toEqual(before);
    expect([...fleet.simulated(id).revisions.keys()]).toEqual(['1-29-0']);
  });

  it('take back what has only been looked at', async () => {
    const id = await fleet.cluster('a');
    const upgrade = await start();
    await until(upgrade, 'a', 'PREFLIGHT');
    await fleet.upgrades.rollBack(fleet.actor(), upgrade.id);
    await fleet.settle();
    expect((await fleet.get(upgrade)).state).toBe('ROLLED_BACK');
    expect(await fleet.stages(upgrade)).toEqual({ a: 'ROLLED_BACK' });
    expect(fleet.simulated(id).standing).toEqual(unmoved);
    expect([...fleet.simulated(id).revisions.keys()]).toEqual(['1-30-0']);
  });

  it.each(['running', 'paused', 'aborted'])(
    'take back the hops before the one that has only been looked at (%s)',
    async (how) => {
      const id = await fleet.cluster('a', new SimulatedCluster('1.29.0', '1-29-0'));
      const before = fleet.simulated(id).standing;
      const upgrade = await start();
      await until(upgrade, 'a', 'PREFLIGHT', 1);
      if (how === 'paused') await fleet.upgrades.pause(fleet.actor(), upgrade.id);
      if (how === 'aborted') await fleet.upgrades.abort(fleet.actor(), upgrade.id);
      await fleet.upgrades.rollBack(fleet.actor(), upgrade.id);
      await fleet.settle();
      expect((await fleet.get(upgrade)).state).toBe('ROLLED_BACK');
      expect(fleet.simulated(id).standing).toEqual(before);
      expect([...fleet.simulated(id).revisions.keys()]).toEqual(['1-29-0']);
    },
  );

  it.each(['went back from', 'retries', 'was left out of'])(
    'take back the hop before the one that a cluster %s',
    async (what) => {
      const id = await fleet.cluster('a', new SimulatedCluster('1.29.0', '1-29-0'));
      await fleet.cluster('b');
      const before = fleet.simulated(id).standing;
      fleet.simulated(id).broken.add('1.31.0');
      const upgrade = await start('1.31.0', { waves: [{ percent: 100 }] });
      await until(upgrade, 'a', 'INSTALLING', 1);
      await age(upgrade, id);
      await fleet.settle();
      expect(await fleet.stages(upgrade)).toMatchObject({ a: 'ROLLED_BACK' });
      expect([...fleet.simulated(id).revisions.keys()]).not.toContain('1-29-0');
      if (what === 'retries') await fleet.upgrades.retryCluster(fleet.actor(), upgrade.id, id);
      if (what === 'was left out of')
        await fleet.upgrades.skipCluster(fleet.actor(), upgrade.id, id);
      await fleet.upgrades.rollBack(fleet.actor(), upgrade.id);
      await fleet.settle();
      expect((await fleet.get(upgrade)).state).toBe('ROLLED_BACK');
      expect(fleet.simulated(id).standing).toEqual(before);
      expect([...fleet.simulated(id).revisions.keys()]).toEqual(['1-29-0']);
    },
  );

  it('abort: both revisions stay, and nothing moves any more', async () => {
    const id = await fleet.cluster('a');
    const upgrade = await start();
    await until(upgrade, 'a', 'WORKLOADS');
    await fleet.upgrades.abort(fleet.actor(), upgrade.id);
    await fleet.obey();
    await fleet.settle();
    expect((await fleet.get(upgrade)).state).toBe('ABORTED');
    expect(fleet.simulated(id).standing).toEqual(unmoved);
    expect([...fleet.simulated(id).revisions.keys()]).toEqual(['1-30-0', '1-31-0']);
    await fleet.upgrades.rollBack(fleet.actor(), upgrade.id);
    await fleet.settle();
    expect([...fleet.simulated(id).revisions.keys()]).toEqual(['1-30-0']);
  });

  it('approve what another person planned, or refuse it', async () => {
    await fleet.cluster('a');
    await fleet.settings.update(fleet.actor(), fleet.meshId, { requireApproval: true });
    const upgrade = await start();
    expect(upgrade.state).toBe('AWAITING_APPROVAL');
    await fleet.settle();
    expect(await fleet.stages(upgrade)).toEqual({ a: 'PENDING' });
    const own = fleet.upgrades.approve(fleet.actor(), upgrade.id);
    expect((await errorOf(own)).code).toBe('UPGRADE_OWN_APPROVAL');
    const token = fleet.upgrades.approve(
      fleet.actor('apitoken_1', 'admin', 'apiToken'),
      upgrade.id,
    );
    expect((await errorOf(token)).code).toBe('UPGRADE_OWN_APPROVAL');
    const refused = await fleet.upgrades.reject(
      fleet.actor('user_2'),
      upgrade.id,
      'not before the sale',
    );
    expect(refused).toMatchObject({
      state: 'REJECTED',
      decidedBy: 'user_2',
      detail: 'refused: not before the sale',
    });
    expect((await errorOf(fleet.upgrades.approve(fleet.actor('user_2'), upgrade.id))).code).toBe(
      'UPGRADE_STATE',
    );

    const next = await start();
    await fleet.upgrades.approve(fleet.actor('user_2', 'operator'), next.id);
    await fleet.settle();
    expect((await fleet.get(next)).state).toBe('COMPLETED');
  });

  it('approve nothing that a token of theirs planned', async () => {
    await fleet.cluster('a');
    const { meshId, organizationId } = fleet;
    await fleet.settings.update(fleet.actor(), meshId, { requireApproval: true });
    const id = newId('apiToken');
    await fleet.read((tx) =>
      tx.apiToken.create({
        data: {
          ...{ id, organizationId, name: 'ci', role: 'operator', prefix: 'isthmus_ci' },
          ...{ secretHash: Buffer.from(id), createdBy: 'user_1', expiresAt: new Date() },
        },
      }),
    );
    const token = fleet.actor(id, 'operator', 'apiToken');
    const planned = await fleet.upgrades.plan(token, {
      meshId,
      toVersion: '1.31.0',
      policy: quick,
    });
    await fleet.upgrades.start(token, planned.id);
    const own = fleet.upgrades.approve(fleet.actor(), planned.id);
    expect((await errorOf(own)).code).toBe('UPGRADE_OWN_APPROVAL');
    expect(await fleet.upgrades.approve(fleet.actor('user_2'), planned.id)).toMatchObject({
      state: 'RUNNING',
    });
  });

  it('start nothing that something blocks, but what is left without it', async () => {
    await fleet.cluster('a');
    const other = new SimulatedCluster();
    for (const of of other.revisions.values()) of.managed = false;
    const b = await fleet.cluster('b', other);
    const upgrade = await plan();
    const error = await errorOf(fleet.upgrades.start(fleet.actor(), upgrade.id));
    expect(error.code).toBe('UPGRADE_BLOCKED');
    expect(error.message).toContain('b');
    await fleet.upgrades.start(fleet.actor(), upgrade.id, { skipBlocked: true });
    await fleet.settle();
    expect(await fleet.stages(upgrade)).toEqual({ a: 'DONE' });
    expect(fleet.simulated(b).acted).toEqual([]);
  });

  it('have one upgrade of a mesh under way', async () => {
    await fleet.cluster('a');
    await start();
    const second = await plan();
    expect((await errorOf(fleet.upgrades.start(fleet.actor(), second.id))).code).toBe(
      'UPGRADE_STATE',
    );
  });
});

describe('a cluster on a channel', () => {
  it('gets a plan by itself, once for each version', async () => {
    const id = await fleet.cluster('a', new SimulatedCluster('1.29.0', '1-29-0'));
    const { organizationId, meshId } = fleet;
    expect(await fleet.istio.followChannels(organizationId, meshId)).toBe(0);
    await fleet.istio.setChannel(fleet.actor(), id, 'rapid');
    expect(await fleet.istio.followChannels(organizationId, meshId)).toBe(1);
    expect(await fleet.istio.followChannels(organizationId, meshId)).toBe(0);
    const { items } = await fleet.upgrades.list(fleet.actor(), { meshId });
    expect(items).toMatchObject([{ source: 'rapid', state: 'RUNNING' }]);
    await fleet.upgrades.abort(fleet.actor(), (items[0] as UpgradeView).id);
    expect(await fleet.istio.followChannels(organizationId, meshId)).toBe(0);
  });
});

describe('workers', () => {
  it.each([1, 2, 3, 4, 5])(
    'take each step once, however many drive and die (seed %i)',
    async (seed) => {
      let state = seed;
      const random = (): number => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return state / 2_147_483_648;
      };
      const ids = [await fleet.cluster('a'), await fleet.cluster('b')];
      const upgrade = await start('1.31.0', {
        waves: [{ percent: 100 }],
        canaryNamespaces: ['web'],
      });
      for (let round = 0; round < 60; round += 1) {
        const drivers = Array.from({ length: 1 + Math.floor(random() * 3) }, () => fleet.drive());
        await Promise.all(drivers);
        if (random() < 0.7) await fleet.obey();
      }
      await fleet.settle();
      expect((await fleet.get(upgrade)).state).toBe('COMPLETED');
      for (const id of ids) {
        const types = await fleet.types(upgrade, id);
        expect(new Set(types).size, types.join()).toBe(types.length);
        const fences = fleet.simulated(id).acted.map(({ fence }) => fence);
        expect(fences).toEqual([...fences].sort((a, b) => a - b));
      }
    },
  );
});

describe('a look that takes no step', () => {
  const revision = async (): Promise<bigint> => {
    const { meshId } = fleet;
    const { revision } = await fleet.read((tx) =>
      tx.meshClock.findUniqueOrThrow({ where: { meshId } }),
    );
    return revision;
  };
  const expectNoBell = async (): Promise<void> => {
    const before = await revision();
    for (let round = 0; round < 3; round += 1) await fleet.drive();
    expect(await revision()).toBe(before);
  };

  it.each(['ROLLING_BACK', 'CLEANING_UP'])(
    'rings no bell while a cluster of an upgrade that is taken back is %s for too long',
    async (stage) => {
      const id = await fleet.cluster('a');
      const upgrade = await start();
      await until(upgrade, 'a', 'WORKLOADS');
      await fleet.upgrades.rollBack(fleet.actor(), upgrade.id);
      await until(upgrade, 'a', stage);
      await age(upgrade, id);
      await expectNoBell();
      await fleet.settle();
      expect((await fleet.get(upgrade)).state).toBe('ROLLED_BACK');
    },
  );

  it('rings no bell while a cluster goes back for too long after the upgrade has halted', async () => {
    const id = await fleet.cluster('a');
    const upgrade = await start();
    await until(upgrade, 'a', 'INSTALLING');
    await age(upgrade, id);
    await until(upgrade, 'a', 'ROLLING_BACK');
    await age(upgrade, id);
    await expectNoBell();
    expect(await fleet.get(upgrade)).toMatchObject({ state: 'HALTED', reason: 'NoAnswer' });
    await fleet.settle();
    expect(await fleet.stages(upgrade)).toEqual({ a: 'ROLLED_BACK' });
  });

  it('does not follow from a way back whose upgrade was resumed: it has its time once more', async () => {
    const id = await fleet.cluster('a');
    const upgrade = await start();
    await until(upgrade, 'a', 'INSTALLING');
    await age(upgrade, id);
    await until(upgrade, 'a', 'ROLLING_BACK');
    await age(upgrade, id);
    await fleet.drive();
    expect((await fleet.get(upgrade)).state).toBe('HALTED');
    await fleet.upgrades.resume(fleet.actor(), upgrade.id);
    for (let round = 0; round < 3; round += 1) await fleet.drive();
    expect((await fleet.get(upgrade)).state).toBe('RUNNING');
  });

  it('rings no bell for clusters that there is no room for', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await fleet.cluster(name);
    await fleet.settings.update(fleet.actor(), fleet.meshId, { maxInFlight: 2 });
    const upgrade = await start('1.31.0', { waves: [{ percent: 100 }] });
    await fleet.drive();
    await expectNoBell();
    await fleet.settle();
    expect((await fleet.get(upgrade)).state).toBe('COMPLETED');
  });
});

/** Drives until a cluster has come to a stage of a hop, and its agent has not heard of it yet. */
async function until(upgrade: UpgradeView, name: string, stage: string, hop = 0): Promise<void> {
  const { id } = await fleet.read((tx) =>
    tx.cluster.findFirstOrThrow({ where: { meshId: fleet.meshId, name } }),
  );
  const isThere = { upgradeId: upgrade.id, clusterId: id, stage, hop };
  for (let round = 0; round < 60; round += 1) {
    await fleet.drive();
    if (await fleet.read((tx) => tx.upgradeCluster.count({ where: isThere }))) return;
    await fleet.obey();
  }
  throw new Error(`${name} does not come to ${stage} of hop ${hop}`);
}

/** Has the stage that a cluster is in have lasted longer than it may. */
async function age({ id }: UpgradeView, clusterId: string): Promise<void> {
  const stageAt = new Date(Date.now() - (quick.timeoutSeconds + 1) * 1_000);
  await fleet.read((tx) =>
    tx.upgradeCluster.updateMany({ where: { upgradeId: id, clusterId }, data: { stageAt } }),
  );
}
