import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ClusterService, MeshService, newKeyPair, newSerial, p256 } from '@isthmus/fleet';
import { newId } from '@isthmus/kernel';
import {
  createLogger,
  LocalVault,
  startTestDatabase,
  type TestDatabase,
  type Transaction,
} from '@isthmus/platform';
import type { Actor } from '@isthmus/tenancy';
import * as x509 from '@peculiar/x509';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebhookDeliverer } from './deliverer.js';
import { Destinations } from './destinations.js';
import { EventObserver } from './observer.js';
import { WebhookSender } from './sender.js';
import { Receiver } from './testing.js';
import { WebhookService, type WebhookView } from './webhooks.js';

const vault = new LocalVault(Buffer.alloc(32, 7));
const local = new Destinations(['127.0.0.0/8']);
const receiver = new Receiver();
let organizationId: string;
let actor: Actor;
let meshId: string;
let test: TestDatabase;
let webhooks: WebhookService;
let deliverer: WebhookDeliverer;

beforeAll(async () => {
  test = await startTestDatabase();
  await receiver.start();
  webhooks = new WebhookService(test.database, vault, local);
  deliverer = newDeliverer();
});
afterAll(async () => {
  await deliverer.onModuleDestroy();
  await receiver.stop();
  await test?.stop();
});
beforeEach(async () => {
  organizationId = newId('organization');
  actor = { organizationId, kind: 'user', id: 'user', role: 'owner' };
  meshId = (await new MeshService(test.database).create(actor, { name: 'mesh' })).id;
});

function newDeliverer(destinations = local): WebhookDeliverer {
  return new WebhookDeliverer(test.database, vault, destinations, createLogger('spec', 'fatal'));
}

const within = <T>(work: (tx: Transaction) => Promise<T>) =>
  test.database.withOrganization(organizationId, work);
let paths = 0;
function newPath(): string {
  paths += 1;
  return `/${paths}`;
}

async function newWebhook(path: string, more: object = {}) {
  return webhooks.create(actor, {
    name: `hook-${path.slice(1)}`,
    url: receiver.url(path),
    ...more,
  });
}

async function registerCluster(name: string): Promise<string> {
  const input = { meshId, name, network: 'network', locality: 'region' };
  const { cluster } = await new ClusterService(test.database).register(actor, input);
  await new EventObserver(test.database).observe(organizationId, meshId);
  return cluster.id;
}

async function deliveriesOf({ id }: WebhookView) {
  return (await webhooks.deliveries(actor, { webhookId: id, first: 200 })).items;
}

/** A turn for each webhook of the organization. */
async function deliver(one = deliverer): Promise<void> {
  const all = await within((tx) => tx.webhook.findMany({ select: { id: true } }));
  await Promise.all(all.map(({ id }) => one.deliver({ organizationId, webhookId: id })));
}

async function dueOf({ id }: WebhookView): Promise<boolean> {
  return (await deliverer.due(1_000)).some(({ webhookId }) => webhookId === id);
}

/** The time of the next try has come. */
async function makeDue(): Promise<void> {
  await within(
    (tx) => tx.$executeRaw`UPDATE webhook_delivery SET next_at = now() WHERE next_at IS NOT NULL`,
  );
}

describe('a delivery', () => {
  it('says what happened, in words and for programs, signed as receivers check it', async () => {
    const path = newPath();
    const { webhook, secret } = await newWebhook(path);
    const clusterId = await registerCluster('cloud');
    expect(await dueOf(webhook)).toBe(true);
    await deliver();
    const [got, ...more] = receiver.at(path);
    expect(more).toEqual([]);
    const headers = got?.headers as Record<string, string>;
    expect(new Verifier(secret).verify(got?.body ?? '', headers)).toMatchObject({
      type: 'cluster.registered',
      timestamp: expect.stringMatching(/Z$/),
      data: {
        id: headers['webhook-id'],
        organizationId,
        subjectId: clusterId,
        message: "cluster 'cloud' is registered; its agent has not come yet",
        mesh: { id: meshId, name: 'mesh' },
        cluster: { id: clusterId, name: 'cloud' },
        status: 'PENDING',
      },
    });
    expect(await deliveriesOf(webhook)).toMatchObject([
      { state: 'DELIVERED', attempts: 1, status: 204, reason: null, nextAt: null },
    ]);
    expect(await dueOf(webhook)).toBe(false);
  });

  it('goes to those who want it: of its type, of its mesh', async () => {
    const other = await new MeshService(test.database).create(actor, { name: 'other' });
    const [wanted, family, otherType, otherMesh] = [newPath(), newPath(), newPath(), newPath()];
    await newWebhook(wanted, { meshId, types: ['cluster.registered'] });
    await newWebhook(family, { types: ['cluster', 'drift'] });
    await newWebhook(otherType, { types: ['rollout'] });
    await newWebhook(otherMesh, { meshId: other.id });
    await registerCluster('cloud');
    await deliver();
    const told = [wanted, family, otherType, otherMesh].map((path) => receiver.at(path).length);
    expect(told).toEqual([1, 1, 0, 0]);
  });

  it('is tried again, later each time, under the same id, until it is taken', async () => {
    const path = newPath();
    const { webhook } = await newWebhook(path);
    receiver.answers.set(path, { status: 503 });
    await registerCluster('cloud');
    await deliver();
    const [first] = await deliveriesOf(webhook);
    expect(first).toMatchObject({ state: 'PENDING', attempts: 1, status: 503, reason: 'Refused' });
    const waitMs = Number(first?.nextAt) - Date.now();
    // Its time has not come.
    await deliver();
    expect(receiver.at(path)).toHaveLength(1);
    await makeDue();
    await deliver();
    const [second] = await deliveriesOf(webhook);
    expect(Number(second?.nextAt) - Date.now()).toBeGreaterThan(waitMs);
    expect((await webhooks.get(actor, webhook.id)).failingSince).not.toBeNull();
    receiver.answers.delete(path);
    await makeDue();
    await deliver();
    expect(await deliveriesOf(webhook)).toMatchObject([{ state: 'DELIVERED', attempts: 3 }]);
    expect(new Set(receiver.at(path).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect((await webhooks.get(actor, webhook.id)).failingSince).toBeNull();
  });

  it('waits for as long as its receiver asks', async () => {
    const path = newPath();
    const { webhook } = await newWebhook(path);
    receiver.answers.set(path, { status: 429, headers: { 'retry-after': '1800' } });
    await registerCluster('cloud');
    await deliver();
    const [delivery] = await deliveriesOf(webhook);
    expect(Number(delivery?.nextAt) - Date.now()).toBeGreaterThan(1_700_000);
  });

  it('fails in the end, and may be sent again', async () => {
    const path = newPath();
    const { webhook } = await newWebhook(path);
    receiver.answers.set(path, { status: 500 });
    await registerCluster('cloud');
    for (let round = 1; round <= 10; round += 1) {
      await makeDue();
      await deliver();
    }
    expect(await dueOf(webhook)).toBe(false);
    const [failed] = await deliveriesOf(webhook);
    expect(failed).toMatchObject({ state: 'FAILED', attempts: 10, nextAt: null });
    await makeDue();
    await deliver();
    expect(receiver.at(path)).toHaveLength(10);
    receiver.answers.delete(path);
    const again = await webhooks.redeliver(actor, failed?.id ?? '');
    expect(again).toMatchObject({ state: 'PENDING', eventId: failed?.eventId });
    await deliver();
    expect(await deliveriesOf(webhook)).toMatchObject([
      { state: 'DELIVERED' },
      { state: 'FAILED' },
    ]);
  });

  it('is made by one worker, and by the next if that one dies', async () => {
    const path = newPath();
    const { webhook } = await newWebhook(path);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await registerCluster(name);
    const other = newDeliverer();
    await Promise.all([deliver(), deliver(other)]);
    expect(receiver.at(path)).toHaveLength(6);
    await registerCluster('g');
    // Claimed by one that was not heard of again.
    await within(
      (tx) => tx.$executeRaw`
        UPDATE webhook_delivery SET attempts = 1, next_at = now() + interval '1 minute'
         WHERE state = 'PENDING'`,
    );
    await deliver(other);
    expect(receiver.at(path)).toHaveLength(6);
    await makeDue();
    await deliver(other);
    expect((await deliveriesOf(webhook))[0]).toMatchObject({ state: 'DELIVERED', attempts: 2 });
    await other.onModuleDestroy();
  });

  it('that is ours to blame fails as others do', async () => {
    const path = newPath();
    const { webhook } = await newWebhook(path);
    await within((tx) =>
      tx.webhook.update({ where: { id: webhook.id }, data: { secret: new Uint8Array([1, 2]) } }),
    );
    await registerCluster('cloud');
    await deliver();
    expect(receiver.at(path)).toEqual([]);
    expect(await deliveriesOf(webhook)).toMatchObject([
      { state: 'PENDING', attempts: 1, reason: 'Internal' },
    ]);
    expect(await dueOf(webhook)).toBe(false);
  });

  it('of an event that is no longer kept is given up', async () => {
    const path = newPath();
    const { webhook } = await newWebhook(path);
    await registerCluster('cloud');
    await within((tx) => tx.event.deleteMany({ where: { meshId } }));
    await registerCluster('other');
    await deliver();
    expect(receiver.at(path)).toHaveLength(1);
    expect(await deliveriesOf(webhook)).toMatchObject([
      { state: 'DELIVERED' },
      { state: 'FAILED', reason: 'Forgotten' },
    ]);
  });

  it('comes to its end before a worker does, and none is begun then', async () => {
    const path = newPath();
    const { webhook } = await newWebhook(path);
    for (let index = 1; index <= 20; index += 1) await registerCluster(`c${index}`);
    const leaving = newDeliverer();
    const { promise, resolve: answer } = Promise.withResolvers<void>();
    receiver.gate = promise;
    const turn = deliver(leaving);
    await vi.waitUntil(() => receiver.at(path).length === 2);
    const left = leaving.onModuleDestroy();
    answer();
    receiver.gate = undefined;
    await Promise.all([left, turn]);
    const states = (await deliveriesOf(webhook)).map(
      ({ state, attempts }) => `${state} ${attempts}`,
    );
    expect(new Set(states)).toEqual(new Set(['DELIVERED 1', 'PENDING 0']));
    await deliver();
    expect(receiver.at(path)).toHaveLength(20);
  });

  it('follows no redirect', async () => {
    const [path, elsewhere] = [newPath(), newPath()];
    const { webhook } = await newWebhook(path);
    receiver.answers.set(path, { status: 307, headers: { location: receiver.url(elsewhere) } });
    await registerCluster('cloud');
    await deliver();
    expect(receiver.at(elsewhere)).toEqual([]);
    expect(await deliveriesOf(webhook)).toMatchObject([{ status: 307, reason: 'Redirected' }]);
  });

  it('goes nowhere that is not allowed, even where it once was', async () => {
    const path = newPath();
    const { webhook } = await newWebhook(path);
    await registerCluster('cloud');
    const strict = newDeliverer(new Destinations([]));
    await deliver(strict);
    expect(receiver.at(path)).toEqual([]);
    expect(await deliveriesOf(webhook)).toMatchObject([
      { state: 'PENDING', status: null, reason: 'NotPublic' },
    ]);
  });
});

describe('a webhook', () => {
  it('that is gone says so, and is told nothing any more', async () => {
    const path = newPath();
    const { webhook } = await newWebhook(path);
    receiver.answers.set(path, { status: 410 });
    await registerCluster('cloud');
    await deliver();
    const gone = await webhooks.get(actor, webhook.id);
    expect(gone).toMatchObject({ disabledReason: 'its receiver answered 410: it is gone' });
    await registerCluster('other');
    expect(await deliveriesOf(webhook)).toHaveLength(1);
    await expect(webhooks.test(actor, webhook.id)).rejects.toMatchObject({
      code: 'WEBHOOK_DISABLED',
    });
    receiver.answers.delete(path);
    const enabled = await webhooks.update(actor, webhook.id, { enabled: true });
    expect(enabled).toMatchObject({ disabledAt: null, disabledReason: null });
    await webhooks.test(actor, webhook.id);
    await deliver();
    expect(JSON.parse(receiver.at(path).at(-1)?.body ?? '{}').type).toBe('webhook.test');
  });

  it('that took nothing for days is disabled', async () => {
    const path = newPath();
    const { webhook } = await newWebhook(path);
    receiver.answers.set(path, { status: 500 });
    await registerCluster('cloud');
    const longAgo = new Date(Date.now() - 6 * 24 * 3_600_000);
    await within((tx) =>
      tx.webhook.update({ where: { id: webhook.id }, data: { failingSince: longAgo } }),
    );
    await deliver();
    // Two failures with five quiet days between them are no five days of failures.
    expect((await webhooks.get(actor, webhook.id)).disabledAt).toBeNull();
    await within((tx) =>
      tx.deliveryClock.update({ where: { webhookId: webhook.id }, data: { failures: 10 } }),
    );
    await makeDue();
    await deliver();
    expect((await webhooks.get(actor, webhook.id)).disabledReason).toMatch(/five days/);
  });

  it('that goes elsewhere begins anew', async () => {
    const [path, elsewhere] = [newPath(), newPath()];
    const { webhook } = await newWebhook(path);
    receiver.answers.set(path, { status: 500 });
    await registerCluster('cloud');
    await deliver();
    expect((await webhooks.get(actor, webhook.id)).failingSince).not.toBeNull();
    expect(await dueOf(webhook)).toBe(false);
    const moved = await webhooks.update(actor, webhook.id, { url: receiver.url(elsewhere) });
    expect(moved.failingSince).toBeNull();
    expect(await dueOf(webhook)).toBe(true);
    await makeDue();
    await deliver();
    expect(receiver.at(elsewhere)).toHaveLength(1);
  });

  it('whose receiver takes nothing is left alone for a while, longer each time', async () => {
    const path = newPath();
    const { webhook } = await newWebhook(path);
    receiver.answers.set(path, { status: 500 });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await registerCluster(name);
    const restOf = async () => {
      const where = { webhookId: webhook.id };
      const clock = await within((tx) => tx.deliveryClock.findUniqueOrThrow({ where }));
      return Number(clock.nextAt) - Date.now();
    };
    await deliver();
    // No more than go at once: the others would fare no better.
    expect(receiver.at(path)).toHaveLength(2);
    const first = await restOf();
    expect(first).toBeGreaterThan(0);
    await registerCluster('g');
    expect(await dueOf(webhook)).toBe(false);
    await deliver();
    expect(await restOf()).toBeGreaterThan(first);
    receiver.answers.delete(path);
    await deliver();
    await makeDue();
    await deliver();
    expect((await deliveriesOf(webhook)).map(({ state }) => state)).toEqual(
      Array.from({ length: 7 }, () => 'DELIVERED'),
    );
    const clock = { where: { webhookId: webhook.id } };
    expect(await within((tx) => tx.deliveryClock.findUnique(clock))).toMatchObject({
      failures: 0,
      nextAt: null,
    });
  });

  it('has what it missed replayed', async () => {
    const path = newPath();
    await registerCluster('a');
    const since = new Date(Date.now() - 60_000);
    const { webhook } = await newWebhook(path, { types: ['cluster'] });
    await registerCluster('b');
    expect(await webhooks.replay(actor, webhook.id, { since })).toMatchObject({
      replayed: 2,
      endCursor: null,
    });
    await deliver();
    expect(receiver.at(path)).toHaveLength(3);
  });

  it('has all of it replayed, part by part, however much happened at one moment', async () => {
    const { webhook } = await newWebhook(newPath());
    const at = new Date();
    const event = { organizationId, meshId, type: 'cluster.connected', subjectId: 'x', at };
    const data = Array.from({ length: 2_100 }, (_, index) => ({
      ...{ ...event, id: newId('event', at.getTime() + index), message: '', data: {} },
    }));
    await within((tx) => tx.event.createMany({ data }));
    let [total, after] = [0, undefined as string | undefined];
    for (let part = 1; part <= 3; part += 1) {
      const { replayed, endCursor } = await webhooks.replay(actor, webhook.id, {
        since: at,
        after,
      });
      total += replayed;
      expect(endCursor === null).toBe(part === 3);
      after = endCursor ?? undefined;
    }
    expect(total).toBe(2_100);
    const sent = await within((tx) =>
      tx.webhookDelivery.findMany({ where: { webhookId: webhook.id }, distinct: ['eventId'] }),
    );
    expect(sent).toHaveLength(2_100);
  });

  it('that lags far behind loses the oldest, and says so', async () => {
    const { webhook } = await newWebhook(newPath());
    await webhooks.test(actor, webhook.id);
    await within(
      (tx) => tx.$executeRaw`
        INSERT INTO webhook_delivery (id, organization_id, webhook_id, event_id)
        SELECT 'webhookdelivery_1' || lpad(n::text, 31, '0'), ${organizationId}, ${webhook.id}, 'event'
          FROM generate_series(1, 9999) n`,
    );
    await expect(webhooks.test(actor, webhook.id)).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
    });
    await expect(webhooks.replay(actor, webhook.id, { since: new Date(0) })).resolves.toMatchObject(
      { replayed: 0 },
    );
    await registerCluster('cloud');
    expect((await webhooks.get(actor, webhook.id)).disabledAt).toBeNull();
    const failed = await webhooks.deliveries(actor, { webhookId: webhook.id, state: 'FAILED' });
    expect(failed.items).toMatchObject([{ reason: 'Backlog', nextAt: null }]);
  });

  it('signs with the secret before, too, for a day after it was rotated', async () => {
    const path = newPath();
    const { webhook, secret } = await newWebhook(path);
    const rotated = await webhooks.rotateSecret(actor, webhook.id);
    expect(rotated.secret).not.toBe(secret);
    await webhooks.test(actor, webhook.id);
    await deliver();
    const headersOf = () => receiver.at(path).at(-1)?.headers as Record<string, string>;
    const bodyOf = () => receiver.at(path).at(-1)?.body ?? '';
    for (const each of [secret, rotated.secret])
      expect(() => new Verifier(each).verify(bodyOf(), headersOf())).not.toThrow();
    await within((tx) =>
      tx.webhook.update({ where: { id: webhook.id }, data: { previousUntil: new Date() } }),
    );
    await webhooks.test(actor, webhook.id);
    await deliver();
    expect(() => new Verifier(secret).verify(bodyOf(), headersOf())).toThrow();
    expect(() => new Verifier(rotated.secret).verify(bodyOf(), headersOf())).not.toThrow();
  });

  it('rests without its secret in clear', async () => {
    const { webhook, secret } = await newWebhook(newPath());
    const row = await within((tx) => tx.webhook.findUniqueOrThrow({ where: { id: webhook.id } }));
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    for (const clear of [Buffer.from(secret), key])
      expect(Buffer.from(row.secret).includes(clear)).toBe(false);
    expect(JSON.stringify(webhook)).not.toContain('secret');
  });

  it('is refused where it is wrong, or one too many', async () => {
    const url = receiver.url('/');
    const refused = (input: object) => webhooks.create(actor, { name: 'hook', url, ...input });
    const codes = [
      [{ name: 'Not A Label' }, 'INVALID_NAME'],
      [{ url: 'https://10.0.0.1/' }, 'WEBHOOK_URL_INVALID'],
      [{ types: ['nothing'] }, 'INVALID_ARGUMENT'],
      [{ meshId: newId('mesh') }, 'NOT_FOUND'],
    ] as const;
    for (const [input, code] of codes) await expect(refused(input)).rejects.toMatchObject({ code });
    await refused({ name: 'taken' });
    await expect(refused({ name: 'taken' })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    const made = await Promise.allSettled(
      Array.from({ length: 25 }, (_, index) => refused({ name: `hook-${index}` })),
    );
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(19);
    expect(made.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'QUOTA_EXCEEDED' },
    });
  });

  it('is an administrator’s to change, and nobody else’s to know', async () => {
    const { webhook } = await newWebhook(newPath());
    const operator = { ...actor, role: 'operator' as const };
    await expect(webhooks.delete(operator, webhook.id)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await webhooks.get(operator, webhook.id)).toMatchObject({ id: webhook.id });
    const viewer = { ...actor, role: 'viewer' as const };
    await expect(webhooks.get(viewer, webhook.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const mallory = { ...actor, organizationId: newId('organization') };
    await webhooks.test(actor, webhook.id);
    const [delivery] = await deliveriesOf(webhook);
    const attempts = await Promise.allSettled([
      webhooks.get(mallory, webhook.id),
      webhooks.update(mallory, webhook.id, { enabled: false }),
      webhooks.delete(mallory, webhook.id),
      webhooks.rotateSecret(mallory, webhook.id),
      webhooks.test(mallory, webhook.id),
      webhooks.replay(mallory, webhook.id, { since: new Date(0) }),
      webhooks.redeliver(mallory, delivery?.id ?? ''),
      webhooks.deliveries(mallory, { webhookId: webhook.id }),
    ]);
    for (const attempt of attempts)
      expect(attempt).toMatchObject({ reason: { code: 'NOT_FOUND' } });
  });

  it('goes with its deliveries, or with its mesh', async () => {
    const { webhook } = await newWebhook(newPath());
    const ofMesh = await newWebhook(newPath(), { meshId });
    await webhooks.test(actor, webhook.id);
    await webhooks.delete(actor, webhook.id);
    await webhooks.test(actor, ofMesh.webhook.id);
    await new MeshService(test.database).delete(actor, meshId);
    await deliver();
    const left = await within(async (tx) => [
      await tx.webhook.count(),
      await tx.webhookDelivery.count(),
      await tx.deliveryClock.count({ where: { organizationId } }),
    ]);
    expect(left).toEqual([0, 0, 0]);
  });
});

it('a receiver whose certificate nobody knows is not told anything', async () => {
  const { publicKey, privateKey } = await newKeyPair();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: newSerial(), name: 'CN=127.0.0.1', signingAlgorithm: p256 },
    ...{ keys: { publicKey, privateKey } },
    ...{ notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 60_000) },
  });
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey));
  const pem = `-----BEGIN PRIVATE KEY-----\n${key.toString('base64')}\n-----END PRIVATE KEY-----\n`;
  let requests = 0;
  const server = createServer({ cert: certificate.toString('pem'), key: pem }, (_, response) => {
    requests += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sender = new WebhookSender(local);
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  expect(await sender.send(url, {}, '{}')).toMatchObject({ reason: 'Untrusted', status: null });
  expect(requests).toBe(0);
  await sender.close();
  await new Promise((resolve) => server.close(resolve));
  const gone = new WebhookSender(local);
  expect(await gone.send(url, {}, '{}')).toMatchObject({ reason: 'Unreachable' });
  await gone.close();
});
