import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Intents, State } from '@isthmus/contracts';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { ClusterState } from '../cluster/state.js';
import { FactBoard } from '../facts/board.js';
import { IntentBook } from '../intents/book.js';
import { IntentDisk } from '../intents/disk.js';
import { ReleaseRecord } from '../intents/release-record.js';
import { type Kube, KubeError } from '../kube/client.js';
import type { Informer } from '../kube/informer.js';
import type { Kind, KubeObject } from '../kube/kinds.js';
import {
  configurationOf,
  echoImport,
  namespace,
  releaseOf,
  versionOf,
  viewOf,
} from '../testing/samples.js';
import { Conductor } from './conductor.js';

it('an intent that cannot be planned is refused by name, and holds up no other', async () => {
  const log = pino({ level: 'silent' });
  const dir = await mkdtemp(join(tmpdir(), 'isthmus-plan-'));
  const disk = new IntentDisk(dir, log);
  const record = new ReleaseRecord(dir, 'cluster_a', log);
  const book = new IntentBook(disk, 'cluster_a', log);
  const { typeUrl, encode } = Intents.Import;
  const resources = ['bad', 'demo'].map((name) => ({
    name: `${name}/echo`,
    version: 'v1',
    body: encode(echoImport({ namespace: name })),
  }));
  await book.apply(typeUrl, { resources, removed: [] });
  // Nothing is asked of the API server: the watches are never started.
  const kube = {} as Kube;
  const facts = new FactBoard();
  const cluster = new ClusterState({
    kube,
    log,
    istioNamespace: 'istio-system',
    discoveryMs: 1_000,
    resolveMs: 1_000,
  });
  const view = viewOf({
    namespace: (name) => {
      if (name === 'bad') throw new Error('out of my depth');
      return namespace(name);
    },
  });
  const istiod = { istiods: () => [], tokenFile: undefined };
  const conductor = new Conductor({ kube, log, book, cluster, facts, view, record, istiod });
  conductor.start();
  await conductor.idle();
  const failed = facts.get('IntentStatus', 'Import/bad/echo');
  expect(failed).toMatchObject({ stored: State.STATE_REFUSED, reason: 'PlanFailed', objects: [] });
  expect(failed?.message).toContain('out of my depth');
  expect(facts.get('IntentStatus', 'Import/demo/echo')?.objects).toHaveLength(4);
  await conductor.stop();
});

it.each([
  ['its release', ['Release', 'Configuration']],
  ['itself', ['Configuration', 'Release']],
] as const)(
  'configuration stays when there is no release any more, first without %s; an empty one takes it away',
  async (_title, order) => {
    const log = pino({ level: 'silent' });
    const dir = await mkdtemp(join(tmpdir(), 'isthmus-plan-'));
    const record = new ReleaseRecord(dir, 'cluster_a', log);
    const book = new IntentBook(new IntentDisk(dir, log), 'cluster_a', log);
    const sample = configurationOf('VirtualService', { hosts: ['web'] });
    const put = async (type: 'Release' | 'Configuration', name: string, body: Uint8Array) => {
      const version = type === 'Release' ? `${body.length}` : versionOf(sample.intent);
      const resources = [{ name, version, body }];
      await book.apply(Intents[type].typeUrl, { resources, removed: [] });
    };
    const release = (fence: number, samples: (typeof sample)[]) =>
      put('Release', 'release', Intents.Release.encode(releaseOf(fence, 'revert', samples)));
    const remove = async (type: 'Release' | 'Configuration') => {
      const removed = [type === 'Release' ? 'release' : sample.name];
      await book.apply(Intents[type].typeUrl, { resources: [], removed });
    };
    await release(1, [sample]);
    await put('Configuration', sample.name, Intents.Configuration.encode(sample.intent));
    for (const type of order) book.synced(Intents[type].typeUrl);

    const there: KubeObject[] = [];
    const informer = { isSynced: true, get: () => there[0] };
    const kube = {
      create: vi.fn(async (_kind: Kind, object: KubeObject) => {
        const managedFields = [{ manager: 'isthmus-agent', operation: 'Apply', fieldsV1: {} }];
        const own = { uid: 'uid-1', resourceVersion: '1', managedFields };
        there.push({ ...object, metadata: { ...object.metadata, ...own } });
        return there[0];
      }),
      delete: vi.fn(async () => void there.pop()),
    };
    const facts = new FactBoard();
    const cluster = new ClusterState({
      kube: kube as unknown as Kube,
      log,
      istioNamespace: 'istio-system',
      discoveryMs: 1_000,
      resolveMs: 1_000,
    });
    vi.spyOn(cluster, 'informer').mockImplementation(({ kind }) =>
      kind === 'VirtualService' ? (informer as unknown as Informer<KubeObject>) : undefined,
    );
    const conductor = new Conductor({
      kube: kube as unknown as Kube,
      log,
      book,
      cluster,
      facts,
      view: viewOf(),
      record,
      istiod: { istiods: () => [], tokenFile: undefined },
    });
    conductor.start();
    await conductor.idle();
    expect(kube.create).toHaveBeenCalledTimes(1);

    for (const type of order) {
      await remove(type);
      await conductor.idle();
    }
    conductor.writer.recheck();
    await conductor.idle();
    expect(kube.delete).not.toHaveBeenCalled();
    expect(conductor.writer.leaving).toBe(0);
    expect(conductor.writer.state(`Configuration/${sample.name}`).objects).toEqual([]);

    await release(2, []);
    await conductor.idle();
    expect(kube.delete).toHaveBeenCalledTimes(1);

    // And comes again with all of a release, whose objects may come later than it does.
    await release(3, [sample]);
    await conductor.idle();
    expect(kube.create).toHaveBeenCalledTimes(1);
    await put('Configuration', sample.name, Intents.Configuration.encode(sample.intent));
    await conductor.idle();
    expect(kube.create).toHaveBeenCalledTimes(2);
    await conductor.stop();
  },
);

it('a refusal of before is not told as the answer to a new fence', async () => {
  const log = pino({ level: 'silent' });
  const dir = await mkdtemp(join(tmpdir(), 'isthmus-plan-'));
  const record = new ReleaseRecord(dir, 'cluster_a', log);
  const book = new IntentBook(new IntentDisk(dir, log), 'cluster_a', log);
  const sample = configurationOf('VirtualService', { hosts: ['web'] });
  const put = async (type: 'Release' | 'Configuration', name: string, body: Uint8Array) => {
    const version = type === 'Release' ? `${body.join()}` : versionOf(sample.intent);
    await book.apply(Intents[type].typeUrl, { resources: [{ name, version, body }], removed: [] });
  };
  const release = (fence: number) =>
    put('Release', 'release', Intents.Release.encode(releaseOf(fence, 'revert', [sample])));
  await put('Configuration', sample.name, Intents.Configuration.encode(sample.intent));
  await release(1);
  for (const type of ['Release', 'Configuration'] as const) book.synced(Intents[type].typeUrl);

  const informer = { isSynced: true, get: () => undefined };
  const kube = {
    create: vi.fn(async () => {
      throw new KubeError(422, 'Invalid', 'thirteen');
    }),
  } as unknown as Kube;
  const cluster = new ClusterState({
    kube,
    log,
    istioNamespace: 'istio-system',
    discoveryMs: 1_000,
    resolveMs: 1_000,
  });
  vi.spyOn(cluster, 'informer').mockReturnValue(informer as unknown as Informer<KubeObject>);
  const facts = new FactBoard();
  const istiod = { istiods: () => [], tokenFile: undefined };
  const conductor = new Conductor({
    kube,
    log,
    book,
    cluster,
    facts,
    view: viewOf(),
    record,
    istiod,
  });
  const told: string[] = [];
  conductor.start();
  await conductor.idle();
  await vi.waitFor(() => expect(facts.get('ReleaseStatus', 'release')?.refused).toBe(1));
  const set = facts.set.bind(facts);
  vi.spyOn(facts, 'set').mockImplementation((type, name, fact) => {
    set(type, name, fact);
    const { fence = 0, refused, pending } = facts.get('ReleaseStatus', 'release') ?? {};
    if (type === 'ReleaseStatus' && fence === 2) told.push(`${pending} pending ${refused} refused`);
  });
  await release(2);
  await conductor.idle();
  await vi.waitFor(() => expect(told).toEqual(['1 pending 0 refused', '0 pending 1 refused']));
  await conductor.stop();
});
