import { join } from 'node:path';
import { applyObjects, ensureNamespace, eventually } from '@isthmus/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { random } from './faults.js';
import { type Policy, type Upgrade, Upgrades } from './upgrades/api.js';
import { type IstioState, istioState } from './upgrades/cluster.js';
import { type Fleet, proxiesOn, startFleet } from './upgrades/fleet.js';
import { HelmRuns } from './upgrades/helm-runs.js';
import { deployment, revisionOf } from './upgrades/istio.js';
import { type HelmOutage, type Outage, Outages } from './upgrades/outages.js';
import { podsOf, type Trace, trace } from './upgrades/traces.js';

// Hub and agents are killed with SIGKILL after every step of an upgrade and of its way back, and agents while
// their Helm runs, by a seeded schedule. Two clusters go through all of it once undisturbed, and then again:
// what is left behind has to be the same.

const stages = {
  up: [
    ...['PREFLIGHT', 'INSTALLING', 'CANARY', 'SOAKING', 'WORKLOADS', 'GATEWAYS', 'DEFAULT_TAG'],
    ...['DRAINING', 'GRACE', 'REMOVING', 'DONE'],
  ],
  back: ['ROLLING_BACK', 'CLEANING_UP', 'ROLLED_BACK'],
} as const;
type Direction = keyof typeof stages;

const names = ['one', 'two'] as const;
/** After each stage the hub and an agent once: upgrades there and back follow each other until it is enough. */
const runs = Number(process.env.ISTHMUS_FAULT_RUNS ?? 2 * (stages.up.length + stages.back.length));
const seed = 20_261_128;
/** A process dies within this time after a step, in ms. */
const mostAfterMs = 400;
/** A Helm that runs on does so within this time after the agent's next life has begun, in ms. */
const mostOnMs = 3_000;

const policy: Policy = {
  waves: [],
  canaryNamespaces: ['app'],
  soakSeconds: 0,
  timeoutSeconds: 180,
  graceSeconds: 0,
  maxRestarting: 2,
};

let fleet: Fleet;
let upgrades: Upgrades;
let outages: Outages;
const helms = new Map<string, HelmRuns>();
/** Of Pods that have no proxy, and are nobody's business. */
let bystanders: string[][];

beforeAll(async () => {
  fleet = await startFleet({
    names,
    agentEnvironment: async ({ tools, folder }, name) => {
      const helm = await HelmRuns.of(tools.helm, join(folder, `helm-${name}`));
      helms.set(name, helm);
      // A hub that dies every other second is not waited for for half a minute.
      return { ISTHMUS_HELM: helm.path, ISTHMUS_RECONNECT_MAX_MS: '1000' };
    },
  });
  outages = await Outages.over(fleet);
  const { world, charts, members } = fleet;
  upgrades = new Upgrades(world.api, world.meshId);
  await upgrades.set({
    charts: { repository: charts.folder, digests: charts.digests, values: '{}' },
  });
  for (const { id, kube } of members) {
    await world.api.query(
      `mutation ($input: TakeOverIstioInput!) { takeOverIstio(input: $input) { cluster { id } } }`,
      { input: { clusterId: id } },
    );
    await ensureNamespace(kube, 'plain');
    await applyObjects(kube, [deployment('plain', 'bystander', 2)]);
  }
  bystanders = await eventually('the bystanders are there', async () => {
    const pods = await Promise.all(members.map((member) => podsOf(member, 'plain')));
    expect(pods.map(({ length }) => length)).toEqual([2, 2]);
    return pods;
  });
  await settled();
}, 900_000);
afterAll(async () => {
  await outages?.close();
  for (const helm of helms.values()) await helm.close();
  await fleet?.stop();
});

/** An upgrade, or its way back, and what it left behind. */
interface Passage {
  readonly upgradeId: string;
  /** What happened, in the upgrade as a whole and in each of its clusters. */
  readonly events: Readonly<Record<string, readonly string[]>>;
  readonly traces: readonly Trace[];
}

async function there(deadlineMs: number): Promise<Passage> {
  const before = await Promise.all(fleet.members.map(istioState));
  const upgradeId = await upgrades.begin(fleet.versions[1], policy);
  return passed(await upgrades.reaches(upgradeId, 'COMPLETED', deadlineMs), before);
}

async function back({ upgradeId }: Passage, deadlineMs: number): Promise<Passage> {
  const before = await Promise.all(fleet.members.map(istioState));
  await upgrades.change('rollBackUpgrade', { upgradeId });
  return passed(await upgrades.reaches(upgradeId, 'ROLLED_BACK', deadlineMs), before);
}

async function passed({ id, events }: Upgrade, before: readonly IstioState[]): Promise<Passage> {
  await outages.over();
  await settled();
  const told = [...Map.groupBy(events, ({ cluster }) => cluster?.name ?? 'upgrade')].map(
    ([of, those]) => [of, those.map(({ type }) => type)] as const,
  );
  return { upgradeId: id, events: Object.fromEntries(told), traces: await traces(before) };
}

async function traces(since: readonly IstioState[]): Promise<Trace[]> {
  return await Promise.all(
    fleet.members.map((member, index) => trace(member, since[index] as IstioState)),
  );
}

/** Every agent is in, by its own identity, and has done all that it was told; nobody else's Pods were touched. */
async function settled(): Promise<void> {
  for (const { id, name } of fleet.members) {
    await eventually(`${name} is settled`, async () => {
      const { cluster } = await fleet.world.api.query<{ cluster: object }>(
        `query ($id: ID!) { cluster(id: $id) { status lockReason istio { isSettled isManaged } } }`,
        { id },
      );
      expect(cluster).toEqual({
        status: 'CONNECTED',
        lockReason: null,
        istio: { isSettled: true, isManaged: true },
      });
    });
  }
  const pods = await Promise.all(fleet.members.map((member) => podsOf(member, 'plain')));
  expect(pods).toEqual(bystanders);
}

describe(`hub and agents (seed ${seed}, ${runs} kills)`, () => {
  let undisturbed: Record<Direction, Passage>;
  const dice = random(seed);

  /** Both victims after each stage: after that of one cluster the hub, after that of the other its agent. */
  function boundaries(direction: Direction): Outage[] {
    return stages[direction].flatMap((stage) => {
      const victims = dice() < 0.5 ? (['hub', 'agent'] as const) : (['agent', 'hub'] as const);
      return victims.map((victim, index) => {
        const cluster = names[index] as string;
        return { cluster, stage, victim, afterMs: Math.floor(dice() * mostAfterMs) };
      });
    });
  }

  function expectUndisturbed({ events, traces }: Passage, direction: Direction): void {
    expect(events).toEqual(undisturbed[direction].events);
    expect(traces).toEqual(undisturbed[direction].traces);
  }

  it('live: all goes there and back, each workload rolled out once each way', async () => {
    const before = await Promise.all(fleet.members.map(istioState));
    const first = await traces(before);
    const up = await there(120_000);
    const down = await back(up, 120_000);
    undisturbed = { up, back: down };

    const [from, to] = fleet.versions;
    const revision = revisionOf(to);
    const once = Object.fromEntries(Object.keys(proxiesOn(to)).map((name) => [name, 1]));
    expect(up.events).toEqual({ upgrade: expect.anything(), one: stages.up, two: stages.up });
    for (const { releases, objects: _, ...moved } of up.traces) {
      expect(moved).toEqual({
        istiods: { [`istiod-${revision}`]: to },
        istiodRollouts: { [`istiod-${revision}`]: 1 },
        tags: { default: revision, prod: revision },
        labels: { app: 'injection=enabled', shop: 'rev=prod' },
        proxies: proxiesOn(to),
        pins: {},
        rollouts: once,
      });
      expect(releases.filter((line) => line.includes('istiod'))).toEqual([
        `sh.helm.release.v1.istiod-${revision}.v1 deployed`,
      ]);
    }
    for (const [index, left] of down.traces.entries()) {
      expect(left).toEqual({ ...first[index], rollouts: once });
      expect(Object.values(left.istiods)).toEqual([from]);
    }
  }, 300_000);

  it(
    'die after each step, and each step takes effect once',
    async () => {
      let planned = 0;
      let up: Passage | undefined;
      const plan = (direction: Direction): number => {
        const next = boundaries(direction).slice(0, runs - planned);
        planned += next.length;
        outages.plan(next);
        return 120_000 + 5_000 * next.length;
      };
      while (planned < runs || up) {
        if (up) {
          expectUndisturbed(await back(up, plan('back')), 'back');
          up = undefined;
        } else {
          up = await there(plan('up'));
          expectUndisturbed(up, 'up');
        }
      }
      expect(await outages.over()).toBe(runs);
    },
    300_000 + runs * 20_000,
  );

  it('die while Helm runs on, and nothing is done twice or given up', async () => {
    const already = await outages.over();
    /** One cluster's Helm stands still until somebody ends it; that of the other one runs on. */
    const planHelm = async (direction: Direction): Promise<void> => {
      for (const [index, member] of fleet.members.entries()) {
        const isStill = (index === 0) === (direction === 'up');
        const outage = (): HelmOutage => ({
          afterMs: isStill ? undefined : Math.floor(dice() * mostAfterMs),
          onMs: isStill ? undefined : Math.floor(dice() * mostOnMs),
        });
        const plan = new Map(['upgrade', 'uninstall'].map((command) => [command, outage()]));
        await outages.planHelm(member, helmOf(member), plan);
      }
    };
    await planHelm('up');
    const up = await there(180_000);
    expectUndisturbed(up, 'up');
    await planHelm('back');
    expectUndisturbed(await back(up, 180_000), 'back');
    expect((await outages.over()) - already).toBe(8);
    for (const helm of helms.values()) expect(await helm.alive()).toEqual([]);
  }, 420_000);

  function helmOf({ name }: { readonly name: string }): HelmRuns {
    const helm = helms.get(name);
    if (!helm) throw new Error(`nobody looks at the Helm of ${name}`);
    return helm;
  }
});
