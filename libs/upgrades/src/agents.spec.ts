import { AgentFact, AgentIntent, ClusterFact, State } from '@isthmus/contracts';
import { startTestDatabase, type TestDatabase } from '@isthmus/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentService } from './agents.js';
import { VersionSource } from './source.js';
import { errorOf, TestFleet } from './testing.js';

let database: TestDatabase;
let fleet: TestFleet;
let agents: AgentService;

beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database?.stop());
beforeEach(async () => {
  fleet = await TestFleet.create(database.database);
  agents = new AgentService(database.database);
});

async function cluster(name: string): Promise<string> {
  const id = await fleet.cluster(name);
  const fact = { agentVersion: '0.1.0', capabilities: ['self-upgrade'] };
  await fleet.fact(id, 'Cluster', 'cluster', ClusterFact.encode(ClusterFact.fromPartial(fact)));
  return id;
}

const want = (version: string) =>
  fleet.settings.update(fleet.actor(), fleet.meshId, { agent: { version, digest: '' } });
const follow = () => agents.follow(fleet.organizationId, fleet.meshId);

/** What is sent, by cluster. */
async function intents(): Promise<Map<string, AgentIntent>> {
  const source = new VersionSource();
  const { agents: sent } = await fleet.read((tx) => source.settings(tx, fleet.meshId));
  return new Map([...sent].map(([id, body]) => [id, AgentIntent.decode(body)]));
}

async function answer(id: string, state: State, message = ''): Promise<void> {
  const { fence } = (await intents()).get(id) as AgentIntent;
  const fact = AgentFact.fromPartial({ fence, image: 'r/agent:x', state, reason: 'R', message });
  await fleet.fact(id, 'Agent', 'agent', AgentFact.encode(fact));
}

describe('agents', () => {
  it('are told one after the other, and each once', async () => {
    const [a, b] = [await cluster('a'), await cluster('b')];
    expect(await follow()).toBe(0);
    await want('0.2.0');
    expect(await follow()).toBe(1);
    expect([...(await intents()).keys()]).toEqual([a]);
    expect(await follow()).toBe(0);
    await answer(a, State.STATE_YES);
    expect(await follow()).toBe(1);
    const sent = await intents();
    expect([...sent.keys()].sort()).toEqual([a, b].sort());
    expect(sent.get(b)).toMatchObject({ version: '0.2.0', digest: '' });
    const views = await agents.views(fleet.actor(), [a, b]);
    expect(views.get(a)).toMatchObject({ state: 'CURRENT', wanted: '0.2.0', version: '0.1.0' });
    expect(views.get(b)).toMatchObject({ state: 'UPGRADING' });
  });

  it('are told once by two that look at the same time', async () => {
    await cluster('a');
    await want('0.2.0');
    const told = await Promise.all([follow(), follow(), follow()]);
    expect(told.sort()).toEqual([0, 0, 1]);
  });

  it('are retried under a higher fence by who asks for it, and only where one failed', async () => {
    const [a, b] = [await cluster('a'), await cluster('b')];
    await want('0.2.0');
    await follow();
    expect(await errorOf(agents.retry(fleet.actor(), a))).toMatchObject({ code: 'UPGRADE_STATE' });
    const { fence } = (await intents()).get(a) as AgentIntent;
    await answer(a, State.STATE_REFUSED, 'it crashed');
    expect(await follow()).toBe(0);
    const views = await agents.views(fleet.actor(), [a, b]);
    expect(views.get(a)).toMatchObject({ state: 'FAILED', message: 'it crashed' });
    expect(views.get(b)).toMatchObject({ state: 'WAITING', reason: 'Halted' });
    await agents.retry(fleet.actor(), a);
    expect(await follow()).toBe(1);
    expect((await intents()).get(a)?.fence).toBeGreaterThan(fence);
  });

  it('are left alone when nothing is wanted any more', async () => {
    await cluster('a');
    await want('0.2.0');
    await follow();
    await fleet.settings.update(fleet.actor(), fleet.meshId, { agent: null });
    expect((await intents()).size).toBe(0);
    expect(await follow()).toBe(0);
    // What is not said is not changed.
    await want('0.3.0');
    const { agent } = await fleet.settings.update(fleet.actor(), fleet.meshId, { maxInFlight: 3 });
    expect(agent).toEqual({ version: '0.3.0', digest: '' });
  });

  it.each(['0.2', 'latest', 'v0.2.0', '0.2.0+x'])('take no version like %s', async (version) => {
    expect(await errorOf(want(version))).toMatchObject({ code: 'UPGRADE_SETTINGS_INVALID' });
  });

  it('take no digest that is none', async () => {
    const agent = { version: '0.2.0', digest: 'sha256:abc' };
    const updated = fleet.settings.update(fleet.actor(), fleet.meshId, { agent });
    expect(await errorOf(updated)).toMatchObject({ code: 'UPGRADE_SETTINGS_INVALID' });
  });
});
