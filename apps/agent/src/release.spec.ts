import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConfigurationIntent, Intents, type ReleaseIntent, State } from '@isthmus/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Kube } from './kube/client.js';
import { type KubeObject, Optional } from './kube/kinds.js';
import { eventually, type KubeJson, Lab } from './testing/lab.js';
import { configurationOf, releaseOf } from './testing/samples.js';

let lab: Lab;
let kube: Kube;
let agent: Awaited<ReturnType<Lab['agent']>>;
/** What the hub wants, for the next test to start without it. */
const wanted = new Map<string, Sample>();
let fence = 0;
/** What the hub says of all that it wants. */
let told: { fence: number; drift: 'revert' | 'tolerate' } = { fence, drift: 'revert' };
const tell = () =>
  lab.hub.put('Release', 'release', releaseOf(told.fence, told.drift, wanted.values()));

type Sample = { name: string; intent: ConfigurationIntent };
const put = ({ name, intent }: Sample) => {
  wanted.set(name, { name, intent });
  lab.hub.put('Configuration', name, intent);
  tell();
};
const remove = (name: string) => {
  wanted.delete(name);
  lab.hub.remove('Configuration', name);
  tell();
};
const release = (drift: 'revert' | 'tolerate' = 'revert') => {
  fence += 1;
  told = { fence, drift };
  tell();
};
const status = () => lab.hub.fact('ReleaseStatus', 'release');
const drift = (name: string) => lab.hub.fact('Drift', name);
const problem = (name: string) => status()?.problems.find(({ object }) => object === name);
/** Until the agent has acted on the release, and everything is stored that can be. */
const isDone = (stored: number) =>
  eventually(() => {
    const now = status();
    if (now?.fence === fence && now.stored === stored && now.pending === 0) return now;
    throw new Error(JSON.stringify(now));
  });

const routes = (name: string, timeout = '1s') =>
  configurationOf('VirtualService', { hosts: [name], http: [{ timeout }] }, { name });
const virtualService = (name: string) => lab.get('virtualservices', 'demo', name);
const timeoutOf = (object: KubeJson | undefined) =>
  (object?.spec.http as { timeout?: string }[] | undefined)?.[0]?.timeout;
/** As somebody who is not the agent. */
const edit = (name: string, patch: object) =>
  lab.cluster.kubectl([
    'patch',
    'virtualservice',
    name,
    '-n',
    'demo',
    '--type=merge',
    '--field-manager=intruder',
    '-p',
    JSON.stringify(patch),
  ]);
const drop = (name: string) =>
  lab.cluster.kubectl(['delete', 'virtualservice', name, '-n', 'demo', '--wait=true']);
const retime = (name: string, timeout: string) => edit(name, { spec: { http: [{ timeout }] } });
const foreign = (name: string, spec: object, metadata: object = {}) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name, namespace: 'demo', ...metadata },
  spec,
});

beforeAll(async () => {
  lab = await Lab.start();
  kube = Kube.load(lab.cluster.kubeconfig);
  await lab.apply(
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'no-secrets' },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['networking.istio.io'],
              apiVersions: ['*'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['virtualservices'],
            },
          ],
        },
        validations: [
          {
            expression: '!object.spec.hosts.exists(host, host.startsWith("secret"))',
            message: 'secrets are not routed',
          },
        ],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'no-secrets' },
      spec: { policyName: 'no-secrets', validationActions: ['Deny'] },
    },
  );
  // A policy is enforced some time after it is there.
  const secret = foreign('secret', { hosts: ['secret'] });
  await eventually(async () => {
    const tried = lab.cluster.kubectl(['create', '--dry-run=server', '-f', '-'], {
      input: JSON.stringify(secret),
    });
    return await tried.then(
      () => false,
      ({ message }: Error) => message.includes('secrets are not routed'),
    );
  });
  agent = await lab.agent();
  release();
  await eventually(async () => (await agent.ready()) === 'ok');
});
afterEach(async () => {
  for (const name of [...wanted.keys()]) remove(name);
  release();
  await isDone(0);
  await lab.cluster.kubectl(['delete', 'virtualservices', '--all', '-n', 'demo']);
});
afterAll(async () => {
  kube.close();
  await lab.stop();
});

describe('a release', () => {
  it('is written, and told in one fact', async () => {
    const samples = ['one', 'two'].map((name) => routes(name));
    for (const sample of samples) put(sample);
    release();
    const { digest, objects } = await isDone(2);
    const versions = samples.map(({ name, intent }) => {
      const body = Intents.Configuration.encode(intent);
      return `${name} ${createHash('sha256').update(body).digest('hex').slice(0, 16)}\n`;
    });
    expect(digest).toBe(createHash('sha256').update(versions.sort().join('')).digest('hex'));
    expect(objects).toBe(2);
    expect(lab.hub.fact('IntentStatus', 'Release/release')).toBeUndefined();
    expect(lab.hub.fact('IntentStatus', `Configuration/${samples[0]?.name}`)).toBeUndefined();
    expect(await virtualService('one')).toMatchObject({
      metadata: { labels: { 'isthmus.dev/intent': 'Configuration' } },
      spec: { hosts: ['one'] },
    });
  });

  it('counts what was accepted, and says what was not', async () => {
    const [good, bad] = [routes('good'), routes('bad')];
    put(good);
    put(bad);
    release();
    await isDone(2);
    const validationMessages = [{ level: 'ERROR', type: { name: 'Conflict', code: 'IST0109' } }];
    const verdicts = { bad: { validationMessages }, good: { conditions: [reconciled] } };
    for (const [name, said] of Object.entries(verdicts)) {
      await lab.cluster.kubectl([
        'patch',
        'virtualservice',
        name,
        '-n',
        'demo',
        '--subresource=status',
        '--type=merge',
        '-p',
        JSON.stringify({ status: said }),
      ]);
    }
    await eventually(() => status()?.accepted === 1 && status()?.unaccepted === 1);
    expect(status()?.problems).toMatchObject([
      {
        object: bad.name,
        stored: State.STATE_YES,
        accepted: State.STATE_REFUSED,
        reason: 'Conflict',
      },
    ]);
  });

  it('is written from the bottom up, and deleted from the top down', async () => {
    const journal = await Journal.of('ServiceEntry', 'DestinationRule', 'VirtualService');
    const names = Array.from({ length: 12 }, (_, index) => `ordered-${index}`);
    const samples = names.flatMap((name) => [
      routes(name),
      configurationOf('DestinationRule', { host: name }, { name }),
      configurationOf(
        'ServiceEntry',
        { hosts: [`${name}.example.com`], resolution: 'DNS' },
        { name },
      ),
    ]);
    for (const sample of samples) put(sample);
    release();
    await isDone(36);
    for (const { name } of samples) remove(name);
    await isDone(0);
    const kinds = await eventually(() => journal.entries.length === 72 && journal.inOrder());
    journal.stop();
    const rising = ['ServiceEntry', 'DestinationRule', 'VirtualService'];
    expect(kinds).toEqual([
      ...rising.map((kind) => `ADDED ${kind}`),
      ...rising.toReversed().map((kind) => `DELETED ${kind}`),
    ]);
  });

  it('is held up by nothing that is refused or waits for its namespace', async () => {
    const waiting = configurationOf(
      'ServiceEntry',
      { hosts: ['x.example.com'], resolution: 'DNS' },
      { namespace: 'later' },
    );
    const bad = configurationOf('ServiceEntry', { hosts: 7 }, { name: 'bad' });
    for (const sample of [waiting, bad, routes('after')]) put(sample);
    release();
    await eventually(() => status()?.stored === 1 && status()?.absent === 1);
    expect(problem(bad.name)).toMatchObject({ stored: State.STATE_REFUSED, reason: 'Invalid' });
    expect(status()).toMatchObject({ objects: 3, pending: 0, refused: 1 });
    await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'later' } });
    await eventually(() => status()?.stored === 2);
  });

  it('tries what was refused again when it is resumed, or changed', async () => {
    const secret = configurationOf('VirtualService', { hosts: ['secret'] }, { name: 'policed' });
    put(secret);
    release();
    await eventually(() => status()?.fence === fence && status()?.refused === 1);
    expect(problem(secret.name)?.message).toContain('secrets are not routed');
    const refusals = async () => /refusals_total (\d+)/.exec(await agent.metrics())?.[1];
    const before = Number(await refusals());
    release();
    await eventually(async () => Number(await refusals()) === before + 1);
    put({ ...secret, intent: routes('policed').intent });
    await isDone(1);
  });

  it('takes over what is the same already, and nothing else', async () => {
    await lab.apply(
      foreign('same', { hosts: ['same'], http: [{ timeout: '1s' }] }, { labels: { team: 'shop' } }),
      foreign('differs', { hosts: ['differs'], http: [{ timeout: '1s' }], gateways: ['mesh'] }),
    );
    const before = await virtualService('same');
    put(routes('same'));
    const differing = routes('differs');
    put(differing);
    release();
    await eventually(() => status()?.stored === 1 && status()?.refused === 1);
    expect(problem(differing.name)?.reason).toBe('NotOurs');
    const after = await virtualService('same');
    expect(after?.metadata).toMatchObject({
      uid: before?.metadata.uid,
      generation: 1,
      labels: { team: 'shop', 'isthmus.dev/intent': 'Configuration' },
    });
    expect(after?.spec).toEqual(before?.spec);
    expect((await virtualService('differs'))?.spec).toHaveProperty('gateways');
    // It was there before, and stays.
    const { name } = routes('same');
    remove(name);
    const isGivenBack = async () => {
      const { labels } = (await virtualService('same'))?.metadata ?? {};
      return labels && !('isthmus.dev/intent' in labels);
    };
    await eventually(isGivenBack);
    await eventually(() => status()?.objects === 1 && status()?.pending === 0);
    const given = await virtualService('same');
    expect(given?.metadata.labels).toEqual({ team: 'shop' });
    expect(given?.metadata.annotations ?? {}).toEqual({});
    expect(given?.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['somebody']);
    expect(given?.metadata.uid).toBe(before?.metadata.uid);
    expect(given?.spec).toEqual(before?.spec);
    // Another release can have it again, and change it: then it is given back as it is.
    put(routes('same'));
    await eventually(() => status()?.stored === 1);
    put(routes('same', '2s'));
    await eventually(async () => timeoutOf(await virtualService('same')) === '2s');
    expect(drift(name)).toBeUndefined();
    remove(name);
    await eventually(isGivenBack);
    expect(timeoutOf(await virtualService('same'))).toBe('2s');
  });

  it('takes nothing from federation', async () => {
    const { name, intent } = configurationOf(
      'Gateway',
      { servers: [] },
      {
        group: 'networking.istio.io',
        namespace: 'istio-system',
        name: 'isthmus-exposure-eastwest',
      },
    );
    await lab.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'eastwest',
        namespace: 'istio-system',
        labels: { 'topology.istio.io/network': 'net-a' },
      },
      spec: {
        selector: { istio: 'eastwest' },
        ports: [{ name: 'tls', port: 15443 }],
        externalIPs: ['192.0.2.9'],
      },
    });
    put({ name, intent });
    release();
    await isDone(1);
    lab.hub.put('Exposure', 'exposure', { hosts: ['web.demo.svc.cluster.local'] });
    await eventually(() => problem(name)?.reason === 'NameTaken');
    const gateway = () =>
      lab.get('gateways.networking.istio.io', 'istio-system', 'isthmus-exposure-eastwest');
    await eventually(
      async () => (await gateway())?.metadata.labels?.['isthmus.dev/intent'] === 'Exposure',
    );
    lab.hub.remove('Exposure', 'exposure');
    await isDone(1);
    expect((await gateway())?.metadata.labels?.['isthmus.dev/intent']).toBe('Configuration');
  });
});

describe('a change of subsets and of what leads to them', () => {
  const rule = (...names: string[]) => {
    const subsets = names.map((name) => ({ name, labels: { version: name } }));
    return configurationOf('DestinationRule', { host: 'split', subsets }, { name: 'split' });
  };
  /** The API server refuses it for the host `secret`. */
  const leading = (subset: string, host = 'split') => {
    const http = [{ route: [{ destination: { host: 'split', subset } }] }];
    return configurationOf('VirtualService', { hosts: [host], http }, { name: 'split' });
  };
  const move = (...samples: Sample[]) => {
    for (const sample of samples) put(sample);
    release();
  };
  const corrections = async () => /corrections_total (\d+)/.exec(await agent.metrics())?.[1];
  const live = (plural: string) => lab.get(plural, 'demo', 'split');
  const subsets = async () => (await live('destinationrules'))?.spec.subsets;
  const isKept = (name: string) =>
    eventually(async () => {
      const now = (await subsets()) as { name: string }[] | undefined;
      return now?.at(-1)?.name === name && now;
    });

  it('is made so that every route leads somewhere at all times', async () => {
    const journal = await Journal.of('DestinationRule', 'VirtualService');
    const before = await corrections();
    move(rule('v1'), leading('v1'));
    await isDone(2);
    move(rule('v2'), leading('v2'));
    await isDone(2);
    const expected = [
      'DestinationRule v1',
      'VirtualService v1',
      'DestinationRule v2 v1',
      'VirtualService v2',
      'DestinationRule v2',
    ];
    expect(await journal.untilSubsets(expected)).toEqual(expected);
    journal.stop();
    expect(await corrections()).toBe(before);
    expect(drift(rule().name)).toBeUndefined();
  });

  it('waits for what is refused, in this life and the next, and goes back', async () => {
    move(rule('v1'), leading('v1'));
    await isDone(2);
    const journal = await Journal.of('DestinationRule', 'VirtualService');
    release('tolerate');
    put(rule('v2'));
    put(leading('v2', 'secret'));
    const waits = () => eventually(() => status()?.refused === 1 && status()?.pending === 1);
    await isKept('v1');
    await waits();
    const { metadata } = (await live('destinationrules')) ?? {};

    await agent.stop();
    agent = await lab.agent();
    await eventually(async () => (await agent.ready()) === 'ok');
    await waits();
    const again = await live('destinationrules');
    expect(again?.metadata.resourceVersion).toBe(metadata?.resourceVersion);

    put(rule('v1'));
    put(leading('v1'));
    await isDone(2);
    const expected = ['DestinationRule v2 v1', 'DestinationRule v1 v2', 'DestinationRule v1'];
    expect(await journal.untilSubsets(expected)).toEqual(expected);
    journal.stop();
    expect(drift(rule().name)).toBeUndefined();
  });

  it('is finished by the next life', async () => {
    move(rule('v1'), leading('v1'));
    await isDone(2);
    const journal = await Journal.of('DestinationRule', 'VirtualService');
    move(rule('v2'), leading('v2'));
    await eventually(() => journal.subsets().includes('DestinationRule v2 v1'));
    await agent.stop();
    expect(journal.subsets()).toEqual(['DestinationRule v2 v1']);
    agent = await lab.agent();
    await isDone(2);
    const expected = ['DestinationRule v2 v1', 'VirtualService v2', 'DestinationRule v2'];
    expect(await journal.untilSubsets(expected)).toEqual(expected);
    journal.stop();
    expect(drift(rule().name)).toBeUndefined();
  });
});

describe('an older fence', () => {
  it('moves nothing, in this life and the next', async () => {
    put(routes('fenced', '1s'));
    release();
    await isDone(1);
    const stale = fence - 1;
    told = { fence: stale, drift: 'revert' };
    tell();
    await eventually(async () => (await onDisk('Release'))?.fence === stale);
    put(routes('fenced', '2s'));
    await eventually(async () => (await onDisk('Configuration'))?.manifest.includes('2s'));
    expect(timeoutOf(await virtualService('fenced'))).toBe('1s');
    expect(status()?.fence).toBe(fence);

    await agent.stop();
    agent = await lab.agent();
    await eventually(async () => (await agent.ready()) === 'ok');
    remove(routes('fenced').name);
    await eventually(async () => (await onDisk('Configuration')) === undefined);
    expect(timeoutOf(await virtualService('fenced'))).toBe('1s');
    await eventually(() => status()?.fence === fence);

    put(routes('fenced', '3s'));
    release();
    await isDone(1);
    expect(timeoutOf(await virtualService('fenced'))).toBe('3s');
  });
});

describe('drift', () => {
  const sample = routes('drifting');
  const version = async () =>
    (await virtualService('drifting'))?.metadata.annotations?.['isthmus.dev/intent-version'];
  const start = async (how: 'revert' | 'tolerate') => {
    put(sample);
    release(how);
    await isDone(1);
  };

  it.each([
    ['an edit', () => retime('drifting', '9s'), 'edited'],
    ['an addition', () => edit('drifting', { spec: { gateways: ['mesh'] } }), 'edited'],
    [
      'another annotation',
      () => edit('drifting', { metadata: { annotations: { 'isthmus.dev/intent-name': 'x' } } }),
      'edited',
    ],
    ['a deletion', () => drop('drifting'), 'deleted'],
  ])('of %s is put back and shown, if so released', async (_title, change, kind) => {
    await start('revert');
    const before = await virtualService('drifting');
    await change();
    const fact = await eventually(() => drift(sample.name));
    expect(fact).toMatchObject({
      change: kind,
      outcome: 'reverted',
      count: 1,
      managers: kind === 'edited' ? ['intruder'] : [],
    });
    expect(fact.at).toBeGreaterThan(Date.now() / 1000 - 60);
    expect(fact.intentVersion).toBe(await version());
    expect((await virtualService('drifting'))?.spec).toEqual(before?.spec);
    await retime('drifting', '8s');
    await eventually(() => drift(sample.name)?.count === 2);
    expect(JSON.parse(drift(sample.name)?.manifest.toString() ?? '')).toEqual({
      spec: { hosts: ['drifting'], http: [{ timeout: '8s' }] },
    });
    await isDone(1);
  });

  it.each([
    ['an edit', () => retime('drifting', '9s'), '9s'],
    ['an addition', () => edit('drifting', { spec: { gateways: ['mesh'] } }), '1s'],
    ['a deletion', () => drop('drifting'), undefined],
  ])('of %s is left, if so released, until the content changes', async (_title, change, left) => {
    await start('tolerate');
    await change();
    const fact = await eventually(() => drift(sample.name));
    expect(fact).toMatchObject({ outcome: 'tolerated', count: 1 });
    await isDone(1);
    const found = await virtualService('drifting');

    // In the next life as well, and the hub hears of no time between.
    const withdrawn = lab.hub.withdrawn.length;
    await agent.stop();
    agent = await lab.agent();
    await eventually(async () => (await agent.ready()) === 'ok');
    await eventually(() => drift(sample.name)?.outcome === 'tolerated');
    const gone = lab.hub.withdrawn.slice(withdrawn);
    expect(gone).not.toContain(`Drift/${sample.name}`);
    expect(gone).not.toContain('ReleaseStatus/release');
    const again = await virtualService('drifting');
    expect(again?.metadata.resourceVersion).toBe(found?.metadata.resourceVersion);
    expect(timeoutOf(again)).toBe(left);

    put(routes('drifting', '5s'));
    await eventually(async () => timeoutOf(await virtualService('drifting')) === '5s');
    await eventually(() => drift(sample.name) === undefined);
    expect((await virtualService('drifting'))?.spec).not.toHaveProperty('gateways');
  });

  it('that was left is put back when that is wanted again', async () => {
    await start('tolerate');
    const other = routes('drifting-too');
    put(other);
    await isDone(2);
    await retime('drifting', '9s');
    await drop('drifting-too');
    await eventually(() => drift(sample.name) && drift(other.name));
    release('revert');
    await eventually(async () => timeoutOf(await virtualService('drifting')) === '1s');
    await eventually(async () => timeoutOf(await virtualService('drifting-too')) === '1s');
    await eventually(() => drift(sample.name)?.outcome === 'reverted');
    await eventually(() => drift(other.name)?.outcome === 'reverted');
    expect(drift(sample.name)?.count).toBe(1);
  });

  it('that somebody undid is forgotten', async () => {
    await start('tolerate');
    await retime('drifting', '9s');
    await eventually(() => drift(sample.name));
    await retime('drifting', '1s');
    await eventually(() => drift(sample.name) === undefined);
  });

  it('is no deletion of the whole namespace', async () => {
    await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'passing' } });
    const passing = configurationOf(
      'VirtualService',
      { hosts: ['passing'] },
      { namespace: 'passing' },
    );
    put(passing);
    release('tolerate');
    await isDone(1);
    await lab.cluster.kubectl(['delete', 'namespace', 'passing', '--wait=true']);
    await eventually(() => status()?.absent === 1);
    await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'passing' } });
    await isDone(1);
    expect(drift(passing.name)).toBeUndefined();
  });
});

describe('a trial', () => {
  const answer = async ({ name, intent }: Sample) => {
    lab.hub.put('Trial', name, { fence: 1, object: intent });
    const fact = await eventually(() => {
      const found = lab.hub.fact('IntentStatus', `Trial/${name}`);
      return found && found.reason !== 'Trying' && found;
    });
    lab.hub.remove('Trial', name);
    await eventually(() => lab.hub.fact('IntentStatus', `Trial/${name}`) === undefined);
    return fact;
  };

  it('says what the API server would, and writes nothing', async () => {
    const journal = await Journal.of('VirtualService');
    expect(await answer(routes('tried'))).toMatchObject({ stored: State.STATE_YES });
    const invalid = configurationOf('VirtualService', { hosts: 7 }, { name: 'tried' });
    expect(await answer(invalid)).toMatchObject({ stored: State.STATE_REFUSED, reason: 'Invalid' });
    const secret = configurationOf('VirtualService', { hosts: ['secret'] }, { name: 'tried' });
    const refusal = await answer(secret);
    expect(refusal.stored).toBe(State.STATE_REFUSED);
    expect(refusal.message).toContain('secrets are not routed');
    // What was written and deleted at once would be seen as well, before this one.
    await lab.apply(foreign('last', { hosts: ['last'] }));
    await eventually(() => journal.entries.length > 0);
    journal.stop();
    expect(journal.entries.map(({ name }) => name)).toEqual(['last']);
  });

  it('of an object of ours changes it not', async () => {
    put(routes('tried'));
    release();
    await isDone(1);
    const before = await virtualService('tried');
    expect((await answer(routes('tried', '7s'))).stored).toBe(State.STATE_YES);
    const secret = configurationOf('VirtualService', { hosts: ['secret'] }, { name: 'tried' });
    expect((await answer(secret)).stored).toBe(State.STATE_REFUSED);
    const after = await virtualService('tried');
    expect(after?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion);
  });

  it('waits for a namespace, and takes over as a release would', async () => {
    const nowhere = configurationOf('VirtualService', { hosts: ['x'] }, { namespace: 'nowhere' });
    expect(await answer(nowhere)).toMatchObject({
      stored: State.STATE_PENDING,
      reason: 'NamespaceNotFound',
    });
    await lab.apply(foreign('theirs', { hosts: ['theirs'], http: [{ timeout: '1s' }] }));
    expect((await answer(routes('theirs', '1s'))).stored).toBe(State.STATE_YES);
    expect(await answer(routes('theirs', '2s'))).toMatchObject({
      stored: State.STATE_REFUSED,
      reason: 'NotOurs',
    });
    const allowed = configurationOf('Secret', {}, { group: 'core', name: 'x' });
    expect(await answer(allowed)).toMatchObject({
      stored: State.STATE_REFUSED,
      reason: 'KindNotAllowed',
    });
  });
});

describe('an inventory', () => {
  it('tells of all that is not ours, once for each request', async () => {
    const { hub } = lab;
    put(routes('ours'));
    release();
    await isDone(1);
    const huge = { annotations: { note: 'x'.repeat(49 * 1024) } };
    await lab.cluster.kubectl(['apply', '-f', '-'], {
      input: JSON.stringify(foreign('theirs', { hosts: ['theirs'] }, { labels: { team: 'shop' } })),
    });
    await lab.apply(foreign('huge', { hosts: ['huge'] }, huge));
    hub.put('Inventory', 'inventory', { request: 'one' });
    const first = await eventually(() => hub.fact('Inventory', 'inventory'));
    const idOf = (name: string) => `VirtualService.networking.istio.io/demo/${name}`;
    expect(first).toEqual({ request: 'one', objects: 1, leftOut: [idOf('huge')] });
    const theirs = hub.fact('ConfigurationObject', idOf('theirs'));
    expect(theirs).toMatchObject({ kind: 'VirtualService', namespace: 'demo', version: 'v1' });
    expect(theirs?.managers).toEqual(['kubectl-client-side-apply']);
    expect(theirs?.manifest.toString()).toBe(
      '{"labels":{"team":"shop"},"spec":{"hosts":["theirs"]}}',
    );

    await lab.apply(foreign('more', { hosts: ['more'] }));
    await lab.cluster.kubectl(['delete', 'virtualservice', 'theirs', '-n', 'demo']);
    hub.put('Inventory', 'inventory', { request: 'two' });
    await eventually(() => hub.fact('Inventory', 'inventory')?.request === 'two');
    await eventually(() => hub.fact('ConfigurationObject', idOf('more')));
    await eventually(() => !hub.fact('ConfigurationObject', idOf('theirs')));

    hub.remove('Inventory', 'inventory');
    await eventually(() => !hub.fact('Inventory', 'inventory'));
    await eventually(() => !hub.fact('ConfigurationObject', idOf('more')));
  });
});

const reconciled = {
  type: 'Reconciled',
  status: 'True',
  reason: 'x',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};

/** The one intent of a type that the agent has on its disk. */
async function onDisk(
  type: 'Release' | 'Configuration',
): Promise<(ReleaseIntent & ConfigurationIntent) | undefined> {
  const folder = join(lab.dir, 'data', 'intents', type);
  const file = (await readdir(folder)).find((name) => name.endsWith('.intent'));
  if (!file) return undefined;
  const content = await readFile(join(folder, file));
  const body = content.subarray(content.indexOf('\n') + 1);
  return Intents[type].decode(body) as ReleaseIntent & ConfigurationIntent;
}

/** What happens to objects of some kinds, as the API server numbers it. */
class Journal {
  readonly entries: { what: string; name: string; at: number }[] = [];
  private readonly states: { what: string; at: number }[] = [];
  private readonly stopping = new AbortController();

  static async of(...kinds: ('ServiceEntry' | 'DestinationRule' | 'VirtualService')[]) {
    const journal = new Journal();
    for (const name of kinds) {
      const id = name === 'ServiceEntry' ? name : (`${name}.networking.istio.io` as const);
      const kind = Optional.get(id)?.[0];
      if (!kind) throw new Error(name);
      const { resourceVersion } = await kube.list(kind);
      const events = kube.watch<KubeObject>(kind, {}, resourceVersion, journal.stopping.signal);
      void (async () => {
        for await (const { type, object } of events) {
          const at = Number(object.metadata.resourceVersion);
          if (type === 'ADDED' || type === 'MODIFIED')
            journal.states.push({ what: [name, ...subsetsIn(object)].join(' '), at });
          if (type !== 'BOOKMARK' && type !== 'MODIFIED')
            journal.entries.push({ what: `${type} ${name}`, name: object.metadata.name, at });
        }
      })();
    }
    return journal;
  }

  /** What happened, without repetitions. */
  inOrder(): string[] {
    return sequenceOf(this.entries);
  }

  /** Which subsets objects had or led to, from one state to the next. */
  subsets(): string[] {
    return sequenceOf(this.states);
  }

  /** The same when it is as many states, and the last of them. */
  async untilSubsets(expected: readonly string[]): Promise<string[]> {
    return await eventually(() => {
      const found = this.subsets();
      return found.length >= expected.length && found.at(-1) === expected.at(-1) && found;
    });
  }

  stop(): void {
    this.stopping.abort();
  }
}

function sequenceOf(entries: readonly { what: string; at: number }[]): string[] {
  const all = entries.toSorted((a, b) => a.at - b.at).map(({ what }) => what);
  return all.filter((what, index) => what !== all[index - 1]);
}

function subsetsIn(object: object): string[] {
  const { spec } = object as {
    spec?: {
      subsets?: { name: string }[];
      http?: { route?: { destination: { subset: string } }[] }[];
    };
  };
  const { subsets = [], http = [] } = spec ?? {};
  const routes = http.flatMap(({ route = [] }) => route);
  return [
    ...subsets.map(({ name }) => name),
    ...routes.map(({ destination }) => destination.subset),
  ];
}
