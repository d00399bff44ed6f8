import { applyObjects, ensureNamespace, eventually, type Member, type World } from '@isthmus/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allow, forbid } from './admission.js';
import { bundle, kindsOf, type ObjectKind } from './bundle.js';
import { get, gone, type KubeObject, startTestWorld } from './world.js';

let world: World;
/** The first wave: `first` is where releases are tried, since it comes first. */
let first: Member;
let second: Member;
/** Of the last wave, with an override of its own. */
let third: Member;

beforeAll(async () => {
  world = await startTestWorld();
  const places = [
    ['first', 'net-a', 'eu/north', '10.96.0.0/16', 'canary'],
    ['second', 'net-b', 'eu/west', '10.97.0.0/16', 'canary'],
    ['third', 'net-c', 'us/east', '10.98.0.0/16', 'prod'],
  ] as const;
  for (const [name, network, locality, serviceCidr, env] of places) {
    const member = await world.join({ name, network, locality, serviceCidr });
    await world.api.query(
      `mutation ($input: SetClusterLabelsInput!) { setClusterLabels(input: $input) { cluster { id } } }`,
      { input: { clusterId: member.id, labels: [{ key: 'env', value: env }] } },
    );
    for (const namespace of ['shop', 'app']) await ensureNamespace(member.kube, namespace);
  }
  [first, second, third] = world.members as [Member, Member, Member];
});
afterAll(() => world?.stop());

interface File {
  path: string;
  content: string;
}

interface Rollout {
  id: string;
  state: string;
  stage: string;
  wave: number;
  reason: string | null;
  detail: string | null;
  events: { edges: { node: { type: string; wave: number; message: string; at: string } }[] };
}

const rolloutFields = `id state stage wave reason detail
  events(first: 200) { edges { node { type wave message at } } }`;

const policy = {
  waves: [{ clusterSelector: 'env=canary' }],
  gate: { soakSeconds: 0, timeoutSeconds: 120 },
};

interface Applied {
  release: { id: string; number: number };
  created: boolean;
  rollout: { id: string } | null;
}

async function apply(files: readonly File[], message: string, api = world.api): Promise<Applied> {
  const { applyConfiguration } = await api.query<{ applyConfiguration: Applied }>(
    `mutation ($input: ApplyConfigurationInput!) { applyConfiguration(input: $input) {
       release { id number } created rollout { id } } }`,
    { input: { meshId: world.meshId, files, message, policy } },
  );
  return applyConfiguration;
}

async function start(releaseId: string, supersede = false): Promise<string> {
  const { startRollout } = await world.api.query<{ startRollout: { rollout: { id: string } } }>(
    `mutation ($input: StartRolloutInput!) { startRollout(input: $input) { rollout { id } } }`,
    { input: { meshId: world.meshId, releaseId, policy, supersede } },
  );
  return startRollout.rollout.id;
}

async function change(name: 'resumeRollout' | 'abortRollout', id: string): Promise<void> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  await world.api.query(
    `mutation ($input: ${type}) { ${name}(input: $input) { rollout { id } } }`,
    { input: { id } },
  );
}

/** Waits until a rollout is in a state for good. */
async function ends(id: string | undefined, state: 'COMPLETED' | 'HALTED'): Promise<Rollout> {
  return eventually(
    `the rollout is ${state}`,
    async () => {
      const { node } = await world.api.query<{ node: Rollout }>(
        `query ($id: ID!) { node(id: $id) { ... on Rollout { ${rolloutFields} } } }`,
        { id },
      );
      if (node.state !== state) {
        const last = node.events.edges.at(-1)?.node.message;
        throw new Error(`${node.state} ${node.stage} ${node.wave}: ${node.detail ?? last}`);
      }
      return node;
    },
    { deadlineMs: 50_000 },
  );
}

async function settle(files: readonly File[], message: string): Promise<Applied> {
  const applied = await apply(files, message);
  if (applied.rollout) await ends(applied.rollout.id, 'COMPLETED');
  return applied;
}

interface DriftNode {
  name: string;
  change: string;
  managers: string[];
  outcome: string;
  diff: string;
}

async function driftOf(member: Member, name: string): Promise<DriftNode | undefined> {
  const { cluster } = await world.api.query<{
    cluster: { drift: { edges: { node: DriftNode }[] } };
  }>(
    `query ($id: ID!) { cluster(id: $id) { drift(first: 200) { edges { node {
       name change managers outcome diff } } } } }`,
    { id: member.id },
  );
  return cluster.drift.edges.map(({ node }) => node).find((node) => node.name === name);
}

const seen = (member: Member, name: string, wanted: Partial<DriftNode>): Promise<DriftNode> =>
  eventually(`the drift of ${name} in ${member.name}`, async () => {
    const drift = await driftOf(member, name);
    expect(drift).toMatchObject(wanted);
    return drift as DriftNode;
  });

async function setDrift(driftPolicy: string): Promise<void> {
  await world.api.query(
    `mutation ($input: UpdateConfigurationSettingsInput!) {
       updateConfigurationSettings(input: $input) { settings { driftPolicy } } }`,
    { input: { meshId: world.meshId, driftPolicy, rolloutPolicy: policy } },
  );
}

/** Every object of a release in a cluster, by kind and name: what its users see of it. */
async function objectsIn(member: Member): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const kind of kindsOf(bundle())) {
    const args = ['get', kind, '-A', '-l', 'isthmus.dev/intent=Configuration', '-o', 'json'];
    const { items } = JSON.parse(await member.kube.kubectl(args)) as { items: KubeObject[] };
    for (const { metadata, spec } of items)
      found[`${kind}/${metadata.namespace}/${metadata.name}`] = spec;
  }
  return found;
}

const route = 'virtualservices.networking.istio.io';
const nameOf = (name: string) => `VirtualService.networking.istio.io/shop/${name}`;

async function timeoutOf(member: Member, name: string): Promise<string> {
  return (await get(member, 'shop', route, name)).spec.http[0].timeout;
}

async function edit(member: Member, kind: ObjectKind, name: string, patch: object) {
  const text = JSON.stringify(patch);
  const as = '--field-manager=somebody';
  await member.kube.kubectl(['-n', 'shop', 'patch', kind, name, '--type=merge', '-p', text, as]);
}

async function metric(member: Member, name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${member.agent.options.healthPort}/metrics`);
  const line = (await answer.text()).split('\n').find((text) => text.includes(`${name} `));
  return Number(line?.split(' ').at(-1));
}

describe('a release of 40 objects of 10 kinds', () => {
  let applied: Applied;

  it('reaches all clusters, wave by wave', async () => {
    expect(bundle().flatMap(({ content }) => content.match(/^kind: /gm) ?? [])).toHaveLength(41);
    expect(kindsOf(bundle())).toHaveLength(10);
    applied = await apply(bundle(), 'the shop');
    expect(applied).toMatchObject({ created: true, release: { number: 1 } });
    const { events } = await ends(applied.rollout?.id, 'COMPLETED');
    expect(events.edges.map(({ node }) => [node.type, node.wave])).toEqual([
      ['STARTED', 0],
      ['WAVE_STARTED', 0],
      ['WAVE_STORED', 0],
      ['WAVE_STARTED', 1],
      ['WAVE_STORED', 1],
      ['COMPLETED', 1],
    ]);
    // Tried in one of the three, which are of the same versions; 39 objects are for all of them.
    expect(events.edges[1]?.node.message).toBe('39 objects tried, none refused');
    const [one, two, three] = [
      await objectsIn(first),
      await objectsIn(second),
      await objectsIn(third),
    ];
    expect(Object.keys(one)).toHaveLength(39);
    expect(two).toEqual(one);
    // The last one has what is for it alone, and differs just as its override says.
    const own = `${route}/shop/only-prod`;
    expect(Object.keys(three).filter((name) => !(name in one))).toEqual([own]);
    const { [own]: _, ...shared } = three;
    const routed = `${route}/shop/route-0`;
    const there = shared[routed] as { http: { timeout: string }[] };
    expect(there.http[0]?.timeout).toBe('9s');
    expect({ ...shared, [routed]: one[routed] }).toEqual(one);
    expect({ ...there, http: there.http.map((http) => ({ ...http, timeout: '2s' })) }).toEqual(
      one[routed],
    );
  });

  it('is the same release when CI brings it again, with a token', async () => {
    const { createApiToken } = await world.api.query<{ createApiToken: { secret: string } }>(
      `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { secret } }`,
      {
        input: {
          name: 'ci',
          role: 'OPERATOR',
          expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
          namespaces: ['app'],
        },
      },
    );
    const ci = world.api.as(createApiToken.secret);
    expect(await apply(bundle(), 'again', ci)).toEqual({
      release: applied.release,
      created: false,
      rollout: null,
    });
    const others = apply(bundle({ timeout: '3s' }), 'not theirs', ci);
    await expect(others).rejects.toMatchObject({ code: 'NAMESPACE_FORBIDDEN' });
  });

  it('shows what would become of each cluster before it does', async () => {
    const { applyConfiguration } = await world.api.query<{
      applyConfiguration: { release: { id: string } };
    }>(
      `mutation ($input: ApplyConfigurationInput!) {
         applyConfiguration(input: $input) { release { id } } }`,
      {
        input: {
          meshId: world.meshId,
          files: bundle({ timeout: '3s' }),
          message: 'to look at',
          rollout: false,
        },
      },
    );
    const { node } = await world.api.query<{
      node: {
        preview: {
          edges: {
            node: { cluster: { name: string }; from: number; changed: number; diff: string };
          }[];
        };
      };
    }>(
      `query ($id: ID!) { node(id: $id) { ... on Release { preview { edges { node {
         cluster { name } from changed diff } } } } } }`,
      { id: applyConfiguration.release.id },
    );
    const previews = node.preview.edges.map(({ node: preview }) => preview);
    expect(previews.map(({ cluster, from, changed }) => [cluster.name, from, changed])).toEqual([
      ['first', 1, 1],
      ['second', 1, 1],
      // Its override says otherwise, before and after.
      ['third', 1, 0],
    ]);
    expect(previews[0]?.diff).toContain('-      timeout: 2s\n+      timeout: 3s\n');
    expect(await timeoutOf(first, 'route-0')).toBe('2s');
  });
});

describe('a poison object', () => {
  const bad = () => bundle({ timeout: '13s' });
  const badLuck = 'thirteen brings bad luck';

  it('that the trial finds is written nowhere', async () => {
    await forbid(first, '13s', badLuck);
    const before = await metric(first, 'writes_total');
    const { rollout } = await apply(bad(), 'thirteen');
    const halted = await ends(rollout?.id, 'HALTED');
    expect(halted).toMatchObject({ stage: 'TRIAL', reason: 'TrialRefused' });
    expect(halted.detail).toContain('thirteen brings bad luck');
    expect(await metric(first, 'writes_total')).toBe(before);
    await allow(first, '13s');
    await change('abortRollout', halted.id);
  });

  it('halts in the canary wave; the others never see it, and the last good stays', async () => {
    await forbid(second, '13s', badLuck);
    const { rollout } = await apply(bad(), 'thirteen again');
    const halted = await ends(rollout?.id, 'HALTED');
    expect(halted).toMatchObject({ stage: 'WAVE', wave: 0, reason: 'ObjectsRefused' });
    expect(halted.detail).toContain('second: ');
    expect(halted.detail).toContain('thirteen brings bad luck');
    const [begun, stopped] = ['WAVE_STARTED', 'HALTED'].map((type) =>
      Date.parse(halted.events.edges.find(({ node }) => node.type === type)?.node.at ?? ''),
    );
    const took = (stopped ?? 0) - (begun ?? 0);
    process.stderr.write(`from the wave's beginning to its halt: ${took} ms\n`);
    expect(await timeoutOf(second, 'route-0')).toBe('2s');
    expect(await timeoutOf(third, 'route-0')).toBe('9s');
    const refusals = await metric(second, 'refusals_total');
    expect(refusals).toBe(1);
    // Something else happens, and it is not tried once more for that.
    await edit(second, route, 'route-1', { spec: { hosts: ['other'] } });
    await seen(second, nameOf('route-1'), { outcome: 'REVERTED' });
    expect(await metric(second, 'refusals_total')).toBe(refusals);

    // Where it was refused for a reason that is gone, the rollout goes on.
    await allow(second, '13s');
    await change('resumeRollout', halted.id);
    await ends(halted.id, 'COMPLETED');
    expect(await timeoutOf(second, 'route-0')).toBe('13s');
  });

  it('is undone in one step, to the very objects', async () => {
    const { mesh } = await world.api.query<{
      mesh: { releases: { edges: { node: { id: string; number: number } }[] } };
    }>(
      `query ($id: ID!) { mesh(id: $id) { releases(first: 200) { edges { node { id number } } } } }`,
      { id: world.meshId },
    );
    const one = mesh.releases.edges.find(({ node }) => node.number === 1)?.node.id ?? '';
    await settle(
      [
        ...bundle({ timeout: '4s' }).filter(({ path }) => !path.includes('sidecar')),
        { path: 'more.yaml', content: extra },
      ],
      'some go, one comes',
    );
    const changed = await objectsIn(first);
    expect(changed).toHaveProperty([`${route}/shop/extra`]);
    await ends(await start(one), 'COMPLETED');
    for (const member of world.members) {
      const objects = await objectsIn(member);
      expect(objects).not.toHaveProperty([`${route}/shop/extra`]);
      expect(Object.keys(objects)).toHaveLength(member === third ? 40 : 39);
    }
    expect(await timeoutOf(first, 'route-0')).toBe('2s');
  });
});

const extra = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: extra, namespace: shop}
spec: {hosts: [extra], http: [{route: [{destination: {host: extra}}]}]}
`;

describe('drift', () => {
  it('is seen and put back: an edit, a field of somebody else, a deletion', async () => {
    await edit(first, route, 'route-2', { spec: { http: [{ timeout: '99s' }] } });
    const drift = await seen(first, nameOf('route-2'), { change: 'EDITED', outcome: 'REVERTED' });
    expect(drift.managers).toEqual(['somebody']);
    expect(drift.diff).toContain('timeout: 99s');
    await eventually('it is put back', async () =>
      expect(await timeoutOf(first, 'route-2')).toBe('2s'),
    );

    await edit(first, route, 'route-3', { spec: { exportTo: ['.'] } });
    await seen(first, nameOf('route-3'), { change: 'EDITED', managers: ['somebody'] });
    await eventually('it is taken out', async () =>
      expect((await get(first, 'shop', route, 'route-3')).spec).not.toHaveProperty('exportTo'),
    );

    await first.kube.kubectl(['-n', 'shop', 'delete', route, 'route-4']);
    await seen(first, nameOf('route-4'), { change: 'DELETED', outcome: 'REVERTED' });
    await eventually('it is there again', () => timeoutOf(first, 'route-4'));
  });

  it('is seen and tolerated', async () => {
    await setDrift('TOLERATE');
    await edit(second, route, 'route-2', { spec: { hosts: ['elsewhere'] } });
    await second.kube.kubectl(['-n', 'shop', 'delete', route, 'route-3']);
    await seen(second, nameOf('route-2'), { change: 'EDITED', outcome: 'TOLERATED' });
    await seen(second, nameOf('route-3'), { change: 'DELETED', outcome: 'TOLERATED' });
    await edit(second, route, 'route-4', { spec: { exportTo: ['.'] } });
    await seen(second, nameOf('route-4'), { outcome: 'TOLERATED', managers: ['somebody'] });
    // A restart of the agent forgets nothing of it.
    await second.agent.stop('SIGKILL');
    await second.agent.start();
    expect((await get(second, 'shop', route, 'route-2')).spec.hosts).toEqual(['elsewhere']);
    await gone(second, 'shop', route, 'route-3');
    await setDrift('REVERT');
    await eventually('all of it is put back', async () => {
      await timeoutOf(second, 'route-3');
      expect((await get(second, 'shop', route, 'route-2')).spec.hosts).not.toEqual(['elsewhere']);
    });
  });

  it('becomes a release by itself, where the mesh says so', async () => {
    await setDrift('ADOPT');
    await edit(first, route, 'route-5', { spec: { hosts: ['adopted'] } });
    await eventually('every cluster has it', async () => {
      for (const member of world.members) {
        expect((await get(member, 'shop', route, 'route-5')).spec.hosts).toEqual(['adopted']);
      }
    });
    const { mesh } = await world.api.query<{
      mesh: { releases: { edges: { node: { source: string; message: string } }[] } };
    }>(
      `query ($id: ID!) { mesh(id: $id) { releases(first: 1) { edges { node { source message } } } } }`,
      {
        id: world.meshId,
      },
    );
    expect(mesh.releases.edges[0]?.node).toEqual({
      source: 'DRIFT',
      message: `${nameOf('route-5')} as it was changed in a cluster`,
    });
    await setDrift('REVERT');
  });
});

describe('what a cluster had before', () => {
  it('becomes a release without being touched', async () => {
    await applyObjects(third.kube, [
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'DestinationRule',
        metadata: { name: 'handmade', namespace: 'app', labels: { team: 'app' } },
        spec: { host: 'handmade', trafficPolicy: { loadBalancer: { simple: 'RANDOM' } } },
      },
    ]);
    const kind = 'destinationrules.networking.istio.io';
    const before = await get(third, 'app', kind, 'handmade');
    await world.api.query(
      `mutation ($input: RequestInventoryInput!) { requestInventory(input: $input) { cluster { id } } }`,
      { input: { clusterId: third.id } },
    );
    await eventually('the inventory', async () => {
      const { cluster } = await world.api.query<{
        cluster: { inventory: { pending: boolean; objects: number } };
      }>(`query ($id: ID!) { cluster(id: $id) { inventory { pending objects } } }`, {
        id: third.id,
      });
      expect(cluster.inventory).toEqual({ pending: false, objects: 1 });
    });
    const { adoptInventory } = await world.api.query<{
      adoptInventory: { release: { id: string } };
    }>(
      `mutation ($input: AdoptInventoryInput!) { adoptInventory(input: $input) { release { id } } }`,
      { input: { clusterId: third.id, message: 'what third has' } },
    );
    expect(await get(third, 'app', kind, 'handmade')).toEqual(before);
    await ends(await start(adoptInventory.release.id), 'COMPLETED');
    const after = await get(third, 'app', kind, 'handmade');
    expect(after.spec).toEqual(before.spec);
    expect(after.metadata).toMatchObject({
      uid: (before.metadata as { uid?: string }).uid,
      generation: (before.metadata as { generation?: number }).generation,
      labels: { team: 'app', 'isthmus.dev/intent': 'Configuration' },
    });
    await gone(first, 'app', kind, 'handmade');
  });
});
