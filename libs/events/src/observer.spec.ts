import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type DriftFact, Facts } from '@isthmus/contracts';
import { ClusterService, MeshService, PresenceService } from '@isthmus/fleet';
import { newId } from '@isthmus/kernel';
import {
  advanceMesh,
  startTestDatabase,
  type TestDatabase,
  type Transaction,
} from '@isthmus/platform';
import type { Actor } from '@isthmus/tenancy';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventTypes } from './event-types.js';
import { EventService } from './events.js';
import { EventObserver } from './observer.js';

const organizationId = newId('organization');
const actor: Actor = { organizationId, kind: 'user', id: 'user', role: 'owner' };
const hourMs = 3_600_000;

let test: TestDatabase;
let observer: EventObserver;
let events: EventService;
let clusters: ClusterService;
let meshId: string;
let count = 0;

beforeAll(async () => {
  test = await startTestDatabase();
  observer = new EventObserver(test.database);
  events = new EventService(test.database);
  clusters = new ClusterService(test.database);
});
afterAll(() => test?.stop());
beforeEach(async () => {
  count += 1;
  meshId = (await new MeshService(test.database).create(actor, { name: `mesh-${count}` })).id;
});

const within = <T>(work: (tx: Transaction) => Promise<T>) =>
  test.database.withOrganization(organizationId, work);
const observe = () => observer.observe(organizationId, meshId);

async function newCluster(name = 'cloud'): Promise<string> {
  const input = { meshId, name, network: 'network', locality: 'region' };
  return (await clusters.register(actor, input)).cluster.id;
}

/** Looks, and says what is new: as type and what it happened to. */
async function news(): Promise<string[]> {
  const before = new Set((await all()).map(({ id }) => id));
  await observe();
  const after = await all();
  return after
    .filter(({ id }) => !before.has(id))
    .map(({ type }) => type)
    .reverse();
}

/** Time enough has gone by since all of it was told. */
function rest(): Promise<unknown> {
  const toldAt = new Date(Date.now() - hourMs);
  return within((tx) => tx.eventMark.updateMany({ where: { meshId }, data: { toldAt } }));
}

async function all() {
  return (await events.list(actor, { meshId, first: 200 })).items;
}

function set(id: string, data: object): Promise<unknown> {
  return within((tx) => tx.cluster.update({ where: { id }, data }));
}

describe('a cluster', () => {
  it('is told of as it comes, goes, and comes back; once each', async () => {
    const id = await newCluster();
    const revision = async () =>
      (await test.database.untenanted.meshClock.findUniqueOrThrow({ where: { meshId } })).revision;
    const before = await revision();
    expect(await news()).toEqual(['cluster.registered']);
    // Those who look on are rung for, once.
    expect(await revision()).toBe(before + 1n);
    expect(await news()).toEqual([]);
    expect(await revision()).toBe(before + 1n);
    const presence = new PresenceService(test.database);
    const identity = { organizationId, meshId, clusterId: id, serial: '00' };
    await presence.connected(identity);
    await presence.contact('hub', [identity]);
    const looks = await Promise.all(Array.from({ length: 8 }, observe));
    expect(looks.reduce((sum, look) => sum + look.events, 0)).toBe(1);
    const [connected] = await all();
    expect(connected).toMatchObject({
      type: 'cluster.connected',
      subjectId: id,
      message: "cluster 'cloud' is in contact",
      data: { mesh: { id: meshId }, cluster: { id, name: 'cloud' }, status: 'CONNECTED' },
    });
    await set(id, { lastContactAt: new Date(Date.now() - hourMs) });
    // So soon after it came it may come back.
    const { again } = await observe();
    expect(await news()).toEqual([]);
    expect(again?.getTime()).toBeGreaterThan(Date.now());
    await rest();
    expect(await news()).toEqual(['cluster.out_of_contact']);
    await rest();
    await set(id, { lockedAt: new Date(), lockReason: 'two agents held its identity' });
    expect(await news()).toEqual(['cluster.locked']);
    await clusters.remove(actor, id);
    expect(await news()).toEqual(['cluster.removed']);
    expect(await news()).toEqual([]);
    expect(await within((tx) => tx.eventMark.count({ where: { meshId } }))).toBe(0);
  });

  it('that was removed before anybody looked is no news', async () => {
    await clusters.remove(actor, await newCluster());
    expect(await news()).toEqual([]);
  });

  it('is told of when removals are held back, and when none are any more', async () => {
    const id = await newCluster();
    await news();
    await set(id, { heldRemovals: ['Import/shop/a', 'Import/shop/b'] });
    expect(await news()).toEqual(['cluster.removals_held']);
    await set(id, { heldRemovals: ['Import/shop/a'] });
    expect(await news()).toEqual([]);
    await set(id, { heldRemovals: [] });
    expect(await news()).toEqual(['cluster.removals_settled']);
  });
});

describe('trust', () => {
  it('is told of as certificates come, and come near their ends', async () => {
    const clusterId = await newCluster();
    await news();
    const root = newId('meshRoot');
    const in10Years = new Date(Date.now() + 10 * 365 * 24 * hourMs);
    const row = { organizationId, meshId, certificate: '', notBefore: new Date() };
    await within((tx) =>
      tx.meshRoot.create({
        data: { ...row, id: root, encryptedKey: new Uint8Array(), notAfter: in10Years },
      }),
    );
    expect(await news()).toEqual(['trust.root_created']);
    const certificate = (notAfter: Date) => {
      const id = newId('signingCertificate');
      const more = { id, clusterId, rootId: root, serial: id, keyId: id, notAfter };
      return within((tx) => tx.signingCertificate.create({ data: { ...row, ...more } }));
    };
    const days = (many: number) => new Date(Date.now() + many * 24 * hourMs);
    const first = await certificate(days(90));
    expect(await news()).toEqual(['trust.certificate_issued']);
    const age = (notAfter: Date) =>
      within((tx) => tx.signingCertificate.update({ where: { id: first.id }, data: { notAfter } }));
    await age(days(14));
    expect(await news()).toEqual(['trust.certificate_expiring']);
    await age(days(-1));
    expect(await news()).toEqual(['trust.certificate_expired']);
    await certificate(days(90));
    expect(await news()).toEqual(['trust.certificate_issued']);
    await within((tx) =>
      tx.meshRoot.update({ where: { id: root }, data: { notAfter: days(300) } }),
    );
    expect(await news()).toEqual(['trust.root_expiring']);
    await within((tx) =>
      tx.meshRoot.update({ where: { id: root }, data: { retiredAt: new Date() } }),
    );
    expect(await news()).toEqual(['trust.root_retired']);
  });
});

describe('drift', () => {
  const fact = (more: Partial<DriftFact> = {}): DriftFact =>
    Facts.Drift.decode(
      Facts.Drift.encode({
        ...{ change: 'edited', managers: ['kubectl-edit'], at: 1, outcome: 'reverted' },
        ...{ intentVersion: 'v', manifest: Buffer.alloc(0), count: 1, ...more },
      }),
    );

  async function report(clusterId: string, name: string, body: DriftFact | null): Promise<void> {
    await within(async (tx) => {
      const revision = await advanceMesh(tx, meshId, 'facts');
      const key = { clusterId, type: 'Drift', name };
      const bytes = new Uint8Array(body ? Facts.Drift.encode(body) : []);
      const version = createHash('sha256').update(bytes).digest('hex');
      const said = { version, body: bytes, revision, withdrawnAt: body ? null : new Date() };
      const where = { clusterId_type_name: key };
      const before = await tx.fact.findUnique({ where });
      const since = before && !before.withdrawnAt ? before.since : revision;
      await tx.fact.upsert({
        where,
        create: { ...key, organizationId, meshId, since, ...said },
        update: { since, ...said },
      });
    });
  }

  it('is told of with the objects that are new, and when nothing is left', async () => {
    const id = await newCluster();
    await news();
    await report(id, 'Kind/shop/a', fact());
    await report(id, 'Kind/shop/b', fact({ change: 'deleted' }));
    expect(await news()).toEqual(['drift.found']);
    expect((await all())[0]?.data).toMatchObject({
      count: 2,
      objects: [
        { name: 'Kind/shop/b', change: 'deleted' },
        { name: 'Kind/shop/a', change: 'edited', managers: ['kubectl-edit'] },
      ],
    });
    // That what is known goes on is no news, however long it does.
    await report(id, 'Kind/shop/a', fact({ count: 2 }));
    await rest();
    expect(await news()).toEqual([]);
    await report(id, 'Kind/shop/c', fact());
    expect(await news()).toEqual(['drift.found']);
    expect((await all())[0]?.data).toMatchObject({ count: 3, objects: [{ name: 'Kind/shop/c' }] });
    // The next one waits.
    await report(id, 'Kind/shop/d', fact());
    const { again } = await observe();
    expect(again?.getTime()).toBeGreaterThan(Date.now());
    expect(await news()).toEqual([]);
    await rest();
    expect(await news()).toEqual(['drift.found']);
    for (const name of ['a', 'b', 'c']) await report(id, `Kind/shop/${name}`, null);
    expect(await news()).toEqual([]);
    await report(id, 'Kind/shop/d', null);
    expect(await news()).toEqual(['drift.cleared']);
    await rest();
    await report(id, 'Kind/shop/d', fact());
    expect(await news()).toEqual(['drift.found']);
  });
});

describe('a rollout', () => {
  it('is told of step by step, however many there were between two looks', async () => {
    const releaseId = newId('release');
    const id = newId('rollout');
    await within(async (tx) => {
      const author = { createdBy: 'user', createdByKind: 'user' };
      const of = { organizationId, meshId };
      await tx.release.create({
        data: {
          id: releaseId,
          ...of,
          ...author,
          number: 7,
          digest: '',
          message: '',
          source: 'apply',
          objects: 1,
        },
      });
      await tx.rollout.create({
        data: { id, ...of, ...author, releaseId, message: '', policy: {}, state: 'QUEUED' },
      });
    });
    expect(await news()).toEqual(['rollout.queued']);
    const step = (number: number, type: string) =>
      within(async (tx) => {
        await tx.rolloutEvent.create({
          data: { rolloutId: id, step: number, organizationId, type, message: type, actor: null },
        });
        await tx.rollout.update({ where: { id }, data: { step: number } });
      });
    await step(1, 'STARTED');
    await step(2, 'WAVE_STARTED');
    await step(3, 'HALTED');
    expect(await news()).toEqual(['rollout.started', 'rollout.wave_started', 'rollout.halted']);
    expect(await news()).toEqual([]);
    await step(4, 'ABORTED');
    expect(await news()).toEqual(['rollout.aborted']);
    expect((await all())[0]).toMatchObject({
      subjectId: id,
      message: 'release 7: ABORTED',
      data: { rolloutId: id, release: { id: releaseId, number: 7 } },
    });
  });
});

describe('events', () => {
  it('are listed by type or family, in pages', async () => {
    await newCluster('a');
    await newCluster('b');
    await observe();
    const page = await events.list(actor, { meshId, types: ['cluster'], first: 1 });
    expect(page).toMatchObject({ hasNext: true, items: [{ type: 'cluster.registered' }] });
    const after = page.items[0]?.id;
    const rest = await events.list(actor, { meshId, types: ['cluster.registered'], after });
    expect(rest).toMatchObject({ hasNext: false, items: [{ type: 'cluster.registered' }] });
    const none = await events.list(actor, { meshId, types: ['drift'] });
    expect(none.items).toEqual([]);
    const wrong = events.list(actor, { meshId, types: ['clusters'] });
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', field: 'types' });
  });

  it('are nobody else’s', async () => {
    await newCluster();
    await observe();
    const mallory = { ...actor, organizationId: newId('organization') };
    await expect(events.list(mallory, { meshId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const [event] = await all();
    await expect(events.get(mallory, event?.id ?? '')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await observer.observe(mallory.organizationId, meshId)).toMatchObject({ events: 0 });
  });

  it('go with their mesh, and when they are old', async () => {
    const id = await newCluster();
    await observe();
    const old = new Date(Date.now() - 31 * 24 * hourMs);
    await within((tx) => tx.event.updateMany({ where: { subjectId: id }, data: { at: old } }));
    await events.sweep(organizationId);
    expect(await all()).toEqual([]);
    await clusters.remove(actor, id);
    await observe();
    expect(await all()).toHaveLength(1);
    await new MeshService(test.database).delete(actor, meshId);
    const left = await within(async (tx) => [
      await tx.event.count({ where: { meshId } }),
      await tx.eventMark.count({ where: { meshId } }),
    ]);
    expect(left).toEqual([0, 0]);
    expect(await observe()).toMatchObject({ events: 0 });
  });
});

it('the guide has every event there is, and no other', async () => {
  const guide = await readFile(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8');
  const rows = [...guide.matchAll(/^\| `([a-z_]+\.[a-z_]+)` \| (.+) \|$/gm)];
  expect(Object.fromEntries(rows.map(([, type, words]) => [type, words]))).toEqual(eventTypes);
});
