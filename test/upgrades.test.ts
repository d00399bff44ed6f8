import { applyObjects, eventually, type Member } from '@isthmus/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Policy, type Upgrade, Upgrades } from './upgrades/api.js';
import { type IstioState, istioState } from './upgrades/cluster.js';
import { type Fleet, isUnrevisioned, nodeLabel, proxiesOn, startFleet } from './upgrades/fleet.js';
import { blocks, budget, revisionOf } from './upgrades/istio.js';
import { colleague } from './world.js';

/** kwok may have to be built first. */
const buildTimeoutMs = 900_000;
/** Istio that a person installed; see `Fleet.versions`. */
let fleet: Fleet;
let upgrades: Upgrades;
let [first, second, third, fourth] = ['', '', '', ''];

beforeAll(async () => {
  fleet = await startFleet();
  [first, second, third, fourth] = fleet.versions;
  upgrades = new Upgrades(fleet.world.api, fleet.world.meshId);
  const { folder, digests } = fleet.charts;
  await upgrades.set({ charts: { repository: folder, digests, values: '{}' } });
}, buildTimeoutMs);
afterAll(() => fleet?.stop());

const policy: Policy = {
  waves: [],
  canaryNamespaces: ['app'],
  soakSeconds: 1,
  timeoutSeconds: 120,
  graceSeconds: 0,
  maxRestarting: 2,
};

function member(name: string): Member {
  const found = fleet.members.find((it) => it.name === name);
  if (!found) throw new Error(`there is no cluster ${name}`);
  return found;
}

/** What a cluster has once it is through: nothing of before. */
function throughTo(version: string): Partial<IstioState> {
  const revision = revisionOf(version);
  return {
    istiods: { [`istiod-${revision}`]: version },
    tags: { default: revision, prod: revision },
    labels: { app: 'injection=enabled', shop: 'rev=prod' },
    proxies: proxiesOn(version),
    pins: {},
  };
}

/** Every workload has rolled out so often since, and not once more. */
function rolledOut({ rollouts }: IstioState, times: number): Partial<IstioState> {
  const since = Object.entries(rollouts).map(([workload, before]) => [workload, before + times]);
  return { rollouts: Object.fromEntries(since) };
}

const at = (upgrade: Upgrade, name: string) => {
  const found = upgrade.clusters.find(({ cluster }) => cluster.name === name);
  if (!found) throw new Error(`${name} is not in the upgrade`);
  return found;
};

describe('a fleet whose Istio somebody else installed', () => {
  it('is taken over without a restart', async () => {
    const before = await Promise.all(fleet.members.map(istioState));
    const { api } = fleet.world;
    for (const { id } of fleet.members) {
      await api.query(
        `mutation ($input: TakeOverIstioInput!) { takeOverIstio(input: $input) { cluster { id } } }`,
        { input: { clusterId: id } },
      );
    }
    for (const { id, name } of fleet.members) {
      await eventually(`${name} is taken over`, async () => {
        const { cluster } = await api.query<{ cluster: { istio: object } }>(
          `query ($id: ID!) { cluster(id: $id) { istio {
             isManaged isSettled revisions { name version installedBy ready proxies gateways injects } } } }`,
          { id },
        );
        expect(cluster.istio).toEqual({
          isManaged: true,
          isSettled: true,
          revisions: [
            {
              name: isUnrevisioned({ name }) ? 'default' : revisionOf(first),
              version: first,
              installedBy: 'helm',
              ready: 1,
              proxies: 5,
              gateways: 2,
              injects: true,
            },
          ],
        });
      });
    }
    expect(await Promise.all(fleet.members.map(istioState))).toEqual(before);
  });

  it('is taken back to where it was, from an istiod without a revision as well', async () => {
    const five = member('five');
    const { uids, rollouts, ...before } = await istioState(five);
    const id = await upgrades.begin(second, { ...policy, graceSeconds: 3_600 }, [five.id]);
    await upgrades.until(id, 'all is moved', (it) => at(it, 'five').stage === 'GRACE', 90_000);
    const moved = await istioState(five);
    expect(moved.proxies).toEqual(proxiesOn(second));
    expect(moved.istiods).toHaveProperty('istiod', first);
    await upgrades.change('rollBackUpgrade', { upgradeId: id });
    await upgrades.reaches(id, 'ROLLED_BACK');
    const after = await istioState(five);
    expectParts(after, before);
    expectParts(after, rolledOut({ ...after, rollouts }, 2));
    expect(after.uids.filter((uid) => uids.includes(uid))).toEqual([]);
  }, 180_000);

  it('goes to the next version wave by wave, each workload rolled out once', async () => {
    const before = await Promise.all(fleet.members.map(istioState));
    const waves = [{ clusterSelector: 'ring=0' }, { clusterSelector: 'ring=1' }];
    const id = await upgrades.begin(second, { ...policy, waves });
    const upgrade = await upgrades.reaches(id, 'COMPLETED', 240_000);
    expect(upgrade.waveCount).toBe(3);
    expect(new Set(upgrade.clusters.map(({ stage }) => stage))).toEqual(new Set(['DONE']));

    const wavesOf = new Map(upgrade.clusters.map(({ cluster, wave }) => [cluster.name, wave]));
    expect([...wavesOf.values()].sort()).toEqual([0, 1, 1, 2, 2, 2]);
    const { events } = upgrade;
    const when = (name: string, type: string): number =>
      events.findIndex((event) => event.cluster?.name === name && event.type === type);
    for (const [name, wave] of wavesOf) {
      expect(when(name, 'PREFLIGHT'), `${name} begins`).toBeGreaterThan(0);
      for (const [other, before] of wavesOf) {
        if (before !== wave - 1) continue;
        expect(when(other, 'GRACE'), `${other} is through before ${name} begins`).toBeLessThan(
          when(name, 'PREFLIGHT'),
        );
        expect(when(other, 'GRACE')).toBeGreaterThan(0);
      }
    }
    for (const [index, each] of fleet.members.entries()) {
      expectParts(
        await istioState(each),
        { ...throughTo(second), ...rolledOut(before[index] as IstioState, 1) },
        each.name,
      );
    }
  }, 300_000);
});

describe('one cluster', () => {
  it('takes two minor versions in two hops', async () => {
    const six = member('six');
    const before = await istioState(six);
    const id = await upgrades.begin(fourth, policy, [six.id]);
    const upgrade = await upgrades.reaches(id, 'COMPLETED', 150_000);
    expect(at(upgrade, 'six').hops).toEqual([
      { from: second, to: third },
      { from: third, to: fourth },
    ]);
    const installed = upgrade.events.filter(({ type }) => type === 'CANARY');
    expect(installed.map(({ message }) => message)).toEqual([
      expect.stringContaining(third),
      expect.stringContaining(fourth),
    ]);
    const state = await istioState(six);
    expectParts(state, { ...throughTo(fourth), ...rolledOut(before, 2) });
  }, 180_000);

  it('whose new istiod never gets ready goes back by itself, and the rest stays', async () => {
    const [five, four] = [member('five'), member('four')];
    await upgrades.set({ charts: { values: JSON.stringify({ nodeSelector: nodeLabel }) } });
    const before = { five: await istioState(five), four: await istioState(four) };
    const waves = [{ clusterSelector: 'name=five' }];
    const id = await upgrades.begin(third, { ...policy, waves, timeoutSeconds: 20 }, [
      five.id,
      four.id,
    ]);
    const halted = await upgrades.reaches(id, 'HALTED');
    expect(halted.reason).toBe('IstiodNotReady');
    expect(halted.detail).toMatch(/^five: .* to be ready \(0 of 1\)/);
    const upgrade = await upgrades.until(
      id,
      'five is back',
      (it) => at(it, 'five').stage === 'ROLLED_BACK',
    );
    expect(upgrade.state).toBe('HALTED');
    expect(at(upgrade, 'five').reason).toBe('IstiodNotReady');
    expect(at(upgrade, 'four').stage).toBe('PENDING');
    expect(await istioState(five)).toEqual(before.five);
    expect(await istioState(four)).toEqual(before.four);
    await upgrades.change('abortUpgrade', { upgradeId: id });
    await upgrades.set({ charts: { values: '{}' } });
  }, 120_000);

  it('that a disruption budget blocks is not begun, and goes through once it is gone', async () => {
    const four = member('four');
    await applyObjects(four.kube, [budget('shop', 'web', 2)]);
    await blocks(four, 'shop', 'web', 2);
    const before = await istioState(four);
    const id = await upgrades.begin(third, policy, [four.id]);
    const halted = await upgrades.reaches(id, 'HALTED');
    expect(halted.reason).toBe('DisruptionBudgetBlocks');
    expect(halted.detail).toContain('shop/web');
    expect(at(halted, 'four')).toMatchObject({
      stage: 'ROLLED_BACK',
      reason: 'DisruptionBudgetBlocks',
    });
    expect(await istioState(four)).toEqual(before);

    await four.kube.kubectl(['-n', 'shop', 'delete', 'poddisruptionbudget', 'web']);
    await upgrades.change('retryUpgradeCluster', { upgradeId: id, clusterId: four.id });
    await upgrades.reaches(id, 'COMPLETED', 90_000);
    expectParts(await istioState(four), { ...throughTo(third), ...rolledOut(before, 1) });
  }, 150_000);

  it('stands still while it is frozen in the middle, and goes on when the freeze is lifted', async () => {
    const three = member('three');
    const before = await istioState(three);
    const id = await upgrades.begin(third, { ...policy, canaryNamespaces: ['shop'] }, [three.id]);
    await upgrades.until(id, 'its workloads move', ({ events }) =>
      events.some(({ type }) => type === 'CANARY'),
    );
    // What keeps it in the middle for as long as is wanted.
    await applyObjects(three.kube, [budget('app', 'api', 1)]);
    await blocks(three, 'app', 'api', 1);
    await upgrades.until(id, 'the budget keeps it', (it) => {
      const { stage, detail } = at(it, 'three');
      return stage === 'WORKLOADS' && detail?.includes('DisruptionBudget') === true;
    });
    const freeze = {
      name: 'sale',
      clusterSelector: 'name=three',
      from: new Date(Date.now() - 60_000).toISOString(),
      until: new Date(Date.now() + 3_600_000).toISOString(),
    };
    await upgrades.set({ freezes: [freeze] });
    const held = await upgrades.until(id, 'it is held', (it) => at(it, 'three').held);
    expect(held.state).toBe('RUNNING');
    expect(held.events.at(-1)).toMatchObject({
      type: 'HELD',
      message: expect.stringContaining('sale'),
    });
    await settled(three);
    const frozen = await istioState(three);
    expect(frozen.proxies['app/api']).toEqual([`${revisionOf(second)} ${second}`]);
    await three.kube.kubectl(['-n', 'app', 'delete', 'poddisruptionbudget', 'api']);
    // As long as it took to begin each of the stages before.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(await istioState(three)).toEqual(frozen);
    expect(at(await upgrades.get(id), 'three')).toMatchObject({ stage: 'WORKLOADS', held: true });

    await upgrades.set({ freezes: [] });
    const done = await upgrades.reaches(id, 'COMPLETED', 90_000);
    expect(done.events.map(({ type }) => type)).toContain('RELEASED');
    expectParts(await istioState(three), { ...throughTo(third), ...rolledOut(before, 1) });
  }, 180_000);
});

describe('a mesh that wants approvals', () => {
  it('lets nobody approve what is their own, and begins nothing that is refused', async () => {
    const two = member('two');
    const before = await istioState(two);
    const other = upgrades.as((await colleague(fleet.world)).api);
    await upgrades.set({ requireApproval: true });
    const { id } = await upgrades.plan(third, policy, [two.id]);
    const asked = await upgrades.change('startUpgrade', { upgradeId: id });
    expect(asked.state).toBe('AWAITING_APPROVAL');
    await expect(upgrades.change('approveUpgrade', { upgradeId: id })).rejects.toMatchObject({
      code: 'UPGRADE_OWN_APPROVAL',
    });
    const refused = await other.change('rejectUpgrade', { upgradeId: id, message: 'not today' });
    expect(refused).toMatchObject({ state: 'REJECTED', reason: 'Rejected' });
    expect(refused.detail).toContain('not today');
    await expect(other.change('approveUpgrade', { upgradeId: id })).rejects.toMatchObject({
      code: 'UPGRADE_STATE',
    });
    expect(await istioState(two)).toEqual(before);

    const again = await upgrades.plan(third, policy, [two.id]);
    await upgrades.change('startUpgrade', { upgradeId: again.id });
    expect((await other.change('approveUpgrade', { upgradeId: again.id })).state).toBe('RUNNING');
    await upgrades.reaches(again.id, 'COMPLETED', 90_000);
    expectParts(await istioState(two), throughTo(third));
  }, 150_000);
});

/** Each part as a whole: nothing more than that is there. */
function expectParts(state: IstioState, parts: Partial<IstioState>, of = ''): void {
  const keys = Object.keys(parts) as (keyof IstioState)[];
  expect(Object.fromEntries(keys.map((key) => [key, state[key]])), of).toEqual(parts);
}

/** Waits until the agent has done what it was told last, and what was restarting is ready. */
async function settled({ id, name }: Member): Promise<void> {
  await eventually(`${name} is settled`, async () => {
    const { cluster } = await fleet.world.api.query<{ cluster: { istio: { isSettled: boolean } } }>(
      `query ($id: ID!) { cluster(id: $id) { istio { isSettled } } }`,
      { id },
    );
    expect(cluster.istio.isSettled).toBe(true);
  });
}
