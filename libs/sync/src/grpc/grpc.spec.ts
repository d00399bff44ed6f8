import 'reflect-metadata';
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Server } from '@grpc/grpc-js';
import { IsthmusError } from '@isthmus/kernel';
import * as x509 from '@peculiar/x509';
import { afterEach, describe, expect, it } from 'vitest';
import { ResourceSet, versionOf } from '../resource-set.js';
import type { Update } from '../subscriber.js';
import { hubServerOptions, mutualTlsCredentials } from './credentials.js';
import { type ClientIdentity, type DialOptions, dialSync, type SyncConnection } from './dial.js';
import { type IntentsStream, type ServeOptions, type SyncPeer, serveSync } from './serve.js';
import { syncService } from './service.js';
import { TryAgainLater } from './status.js';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const intent = 'type.test/Intent';
const fact = 'type.test/Fact';
const bytes = (value: string): Buffer => Buffer.from(value);

interface Issued {
  readonly cert: string;
  readonly key: string;
  readonly der: Buffer;
}

/** A certificate authority that lives as long as the spec. */
async function authority(name: string) {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = Date.now();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(now + 3_600_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  let serial = 1;
  return {
    ca: root.toString('pem'),
    async issue(subject: string, lifeMs = 3_600_000): Promise<Issued> {
      const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: (serial++).toString(16).padStart(4, '0'),
        subject: `CN=${subject}`,
        issuer: root.subject,
        notBefore: new Date(now - 1_800_000),
        notAfter: new Date(now + lifeMs),
        signingAlgorithm: algorithm,
        publicKey: pair.publicKey,
        signingKey: keys.privateKey,
        extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: subject }])],
      });
      const pkcs8 = await crypto.subtle.exportKey('pkcs8', pair.privateKey);
      return {
        cert: certificate.toString('pem'),
        key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
        der: Buffer.from(certificate.rawData),
      };
    },
  };
}

/** Values that come one after another, each to be waited for. */
class Arrivals<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  readonly push = (value: T): void => {
    const waiting = this.#waiting.shift();
    waiting === undefined ? this.#values.push(value) : waiting(value);
  };

  next(): Promise<T> {
    const value = this.#values.shift();
    return value === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(value);
  }

  get count(): number {
    return this.#values.length;
  }
}

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await cleanUp();
  }
});

async function hub(
  settings: {
    admit?(peer: SyncPeer): Promise<void>;
    stream?: Partial<IntentsStream>;
    options?: ServeOptions;
  } = {},
) {
  const ca = await authority('isthmus agents');
  const shown = await ca.issue('hub.test');
  const intents = new ResourceSet(intent);
  const peers = new Arrivals<SyncPeer>();
  const facts = new Arrivals<Update>();
  const acked = new Arrivals<number>();
  const closed = new Arrivals<IsthmusError | undefined>();
  const credentials = mutualTlsCredentials({ ...shown, ca: ca.ca });
  const server = new Server(hubServerOptions);
  const sync = serveSync(
    server,
    {
      async intents(peer) {
        await settings.admit?.(peer);
        peers.push(peer);
        return {
          sets: [intents],
          onAcked: (_, { resources }) => acked.push(resources.length),
          closed: closed.push,
          ...settings.stream,
        };
      },
      async facts(peer) {
        await settings.admit?.(peer);
        return {
          types: [fact],
          initialVersions: () => new Map(),
          apply: async (_, update) => {
            facts.push(update);
          },
        };
      },
    },
    settings.options,
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  cleanUps.push(() => server.forceShutdown());
  return { ca, credentials, server, sync, port, intents, peers, facts, acked, closed };
}

function agent(
  port: number,
  identity: ClientIdentity,
  overrides: Partial<DialOptions> = {},
  versions: ReadonlyMap<string, string> = new Map(),
) {
  const updates = new Arrivals<Update>();
  const synced = new Arrivals<string>();
  const connected = new Arrivals<true>();
  const disconnected = new Arrivals<{ error: IsthmusError; retryInMs: number }>();
  const facts = new ResourceSet(fact);
  const has = new Map(versions);
  const connection: SyncConnection = dialSync({
    address: `127.0.0.1:${port}`,
    identity,
    serverName: 'hub.test',
    intents: {
      types: [intent],
      initialVersions: () => has,
      apply: async (_, update) => {
        for (const { name, version } of update.resources) {
          has.set(name, version);
        }
        for (const name of update.removed) {
          has.delete(name);
        }
        updates.push(update);
      },
      onSynced: synced.push,
    },
    facts: { sets: [facts] },
    backoff: { minMs: 1, maxMs: 20 },
    onConnected: () => connected.push(true),
    onDisconnected: (error, retryInMs) => disconnected.push({ error, retryInMs }),
    channelOptions: { 'grpc.enable_http_proxy': 0 },
    ...overrides,
  });
  cleanUps.push(() => connection.close());
  return { connection, updates, synced, connected, disconnected, facts, has };
}

describe('over gRPC', () => {
  it('carries intents down and facts up, each acknowledged', async () => {
    const { ca, port, intents, peers, facts, acked } = await hub();
    const issued = await ca.issue('cluster-1');
    intents.set('a', bytes('1'));
    const client = agent(port, { ...issued, ca: ca.ca });
    client.facts.set('cluster', bytes('fact'));
    expect((await client.updates.next()).resources).toMatchObject([
      { name: 'a', version: versionOf(bytes('1')), body: bytes('1') },
    ]);
    expect(await client.synced.next()).toBe(intent);
    expect((await facts.next()).resources[0]?.body).toEqual(bytes('fact'));
    const peer = await peers.next();
    expect(peer.certificate).toEqual(issued.der);
    expect(await acked.next()).toBe(1);
    intents.set('a', bytes('2'));
    expect((await client.updates.next()).resources[0]?.body).toEqual(bytes('2'));
    intents.delete('a', { explained: true });
    expect((await client.updates.next()).removed).toEqual(['a']);
    client.facts.delete('cluster', { explained: true });
    expect((await facts.next()).removed).toEqual(['cluster']);
  });

  it('carries a view of 10,000, more than a connection takes at once', async () => {
    const { ca, port, intents, acked } = await hub();
    for (let index = 0; index < 10_000; index++) {
      intents.set(`shop/service-${index}`, Buffer.alloc(400, index));
    }
    const client = agent(port, { ...(await ca.issue('cluster-1')), ca: ca.ca });
    await client.synced.next();
    expect(client.has).toEqual(intents.versions());
    expect(await acked.next()).toBeGreaterThan(1_000);
  });

  it('resumes with what differs, and ends by itself in sync', async () => {
    const { ca, port, intents, peers } = await hub();
    intents.set('same', bytes('1'));
    intents.set('other', bytes('1'));
    const client = agent(port, { ...(await ca.issue('cluster-1')), ca: ca.ca });
    await client.synced.next();
    await client.updates.next();
    (await peers.next()).end(new IsthmusError('UNAVAILABLE', 'again'));
    await client.disconnected.next();
    intents.set('other', bytes('2'));
    await client.synced.next();
    const update = await client.updates.next();
    expect(update.resources.map(({ name }) => name)).toEqual(['other']);
  });

  it('shows no certificate, an unknown one and an expired one for what they are', async () => {
    const { ca, port, peers } = await hub();
    const stranger = await (await authority('somebody else')).issue('cluster-1');
    const expired = await ca.issue('cluster-1', -60_000);
    for (const identity of [stranger, expired]) {
      const client = agent(port, { key: identity.key, cert: identity.cert, ca: ca.ca });
      expect((await peers.next()).certificate).toEqual(identity.der);
      await client.connection.close();
    }
    const session = connectHttp2(`https://127.0.0.1:${port}`, {
      ca: ca.ca,
      servername: 'hub.test',
    });
    cleanUps.push(() => session.destroy());
    openIntents(session);
    expect((await peers.next()).certificate).toBeUndefined();
  });

  it('is not dialled if the hub is not the one that is meant', async () => {
    const { ca, port } = await hub();
    const other = await authority('somebody else');
    const client = agent(port, { ...(await ca.issue('cluster-1')), ca: other.ca });
    expect((await client.disconnected.next()).error).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('refuses TLS before 1.3, after an update of the server certificate too', async () => {
    const { ca, port, credentials } = await hub();
    const renewed = await ca.issue('hub.test');
    for (const update of [undefined, renewed]) {
      if (update !== undefined) {
        credentials.update({ ...update, ca: ca.ca });
      }
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        ca: ca.ca,
        servername: 'hub.test',
        maxVersion: 'TLSv1.2',
        ALPNProtocols: ['h2'],
      });
      const [error] = await once(socket, 'error');
      expect(error).toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
    }
  });

  it('keeps streams while certificates on both sides change; new ones use the new', async () => {
    const { ca, port, intents, peers, credentials } = await hub();
    const first = await ca.issue('cluster-1');
    const second = await ca.issue('cluster-1');
    const renewed = await ca.issue('hub.test');
    const client = agent(port, { ...first, ca: ca.ca });
    await client.synced.next();
    const peer = await peers.next();
    expect(peer.certificate).toEqual(first.der);
    client.connection.updateIdentity({ ...second, ca: ca.ca });
    credentials.update({ ...renewed, ca: ca.ca });
    intents.set('a', bytes('1'));
    await client.updates.next();
    expect(client.disconnected.count).toBe(0);
    expect(peer.signal.aborted).toBe(false);
    peer.end(new IsthmusError('UNAVAILABLE', 'again'));
    expect((await peers.next()).certificate).toEqual(second.der);
    const socket = connectTls({ port, host: '127.0.0.1', ca: ca.ca, servername: 'hub.test' });
    await once(socket, 'secureConnect');
    expect(socket.getPeerCertificate().raw).toEqual(renewed.der);
    socket.destroy();
  });
});

describe('being turned away', () => {
  it('says why, with its code, and how long to stay away', async () => {
    let refusal: IsthmusError = new IsthmusError('CLUSTER_LOCKED', 'two of you; ask your admin');
    const { ca, port } = await hub({
      admit: async () => {
        throw refusal;
      },
    });
    const client = agent(port, { ...(await ca.issue('cluster-1')), ca: ca.ca });
    const first = await client.disconnected.next();
    expect(first.error).toMatchObject({ code: 'CLUSTER_LOCKED', message: refusal.message });
    refusal = new TryAgainLater(3_000, 'full');
    for (;;) {
      const { error, retryInMs } = await client.disconnected.next();
      if (error instanceof TryAgainLater) {
        expect(retryInMs).toBeGreaterThanOrEqual(3_000);
        expect(retryInMs).toBeLessThanOrEqual(3_020);
        break;
      }
    }
  });

  it('says nothing of errors inside', async () => {
    const errors = new Arrivals<unknown>();
    const { ca, port } = await hub({
      admit: async () => {
        throw new Error('password=secret');
      },
      options: { onError: errors.push },
    });
    const client = agent(port, { ...(await ca.issue('cluster-1')), ca: ca.ca });
    const { error } = await client.disconnected.next();
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'internal error' });
    expect(await errors.next()).toMatchObject({ message: 'password=secret' });
  });

  it('happens to all when the hub drains', async () => {
    const { ca, port, sync, closed } = await hub();
    const client = agent(port, { ...(await ca.issue('cluster-1')), ca: ca.ca });
    await client.synced.next();
    expect(sync.streams).toBe(2);
    sync.drain(() => 5_000);
    const { error, retryInMs } = await client.disconnected.next();
    expect(error).toBeInstanceOf(TryAgainLater);
    expect(retryInMs).toBeGreaterThanOrEqual(5_000);
    expect(await closed.next()).toMatchObject({ code: 'UNAVAILABLE' });
    expect(sync.streams).toBe(0);
  });

  it('leads to delays that grow, with full jitter', async () => {
    const delays: number[] = [];
    await new Promise<void>((resolve) => {
      const connection = dialSync({
        address: '127.0.0.1:1',
        identity: { key: '', cert: '', ca: '' },
        intents: {
          types: [],
          initialVersions: () => new Map(),
          apply: async () => undefined,
        },
        facts: { sets: [] },
        backoff: { minMs: 4, maxMs: 20 },
        random: () => 0.5,
        channelOptions: { 'grpc.enable_http_proxy': 0 },
        onDisconnected: (_, retryInMs) => {
          delays.push(retryInMs);
          if (delays.length === 5) {
            cleanUps.push(() => connection.close());
            resolve();
          }
        },
      });
    });
    expect(delays).toEqual([2, 4, 8, 10, 10]);
  });
});

describe('a peer that means ill', () => {
  it('is refused a message by its declared length, before it is allocated', async () => {
    const { ca, port } = await hub();
    const session = connectHttp2(`https://127.0.0.1:${port}`, {
      ca: ca.ca,
      servername: 'hub.test',
    });
    cleanUps.push(() => session.destroy());
    const before = process.memoryUsage.rss();
    const stream = openIntents(session);
    const header = Buffer.alloc(5);
    header.writeUInt32BE(0x7fffffff, 1);
    stream.write(header);
    const [trailers] = await once(stream, 'trailers');
    expect(trailers).toMatchObject({ 'grpc-status': '8' });
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024);
  });

  it('is refused a message that unpacks to more than the limit', async () => {
    const { gzipSync } = await import('node:zlib');
    const { ca, port } = await hub();
    const session = connectHttp2(`https://127.0.0.1:${port}`, {
      ca: ca.ca,
      servername: 'hub.test',
    });
    cleanUps.push(() => session.destroy());
    const stream = openIntents(session, { 'grpc-encoding': 'gzip' });
    const packed = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const header = Buffer.alloc(5);
    header.writeUInt8(1, 0);
    header.writeUInt32BE(packed.length, 1);
    stream.write(Buffer.concat([header, packed]));
    const [trailers] = await once(stream, 'trailers');
    expect(trailers).toMatchObject({ 'grpc-status': '8' });
  });

  it('loses its session when it resets streams as fast as it opens them', async () => {
    const { ca, port, sync } = await hub();
    const session = connectHttp2(`https://127.0.0.1:${port}`, {
      ca: ca.ca,
      servername: 'hub.test',
    });
    session.on('error', () => undefined);
    const gone = new Promise((resolve) => session.once('close', resolve));
    await once(session, 'connect');
    let opened = 0;
    for (; !session.closed && !session.destroyed && opened < 1_000; opened++) {
      const stream = openIntents(session);
      await new Promise((resolve) => setImmediate(resolve));
      stream.close(8);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(opened).toBeLessThan(100);
    await gone;
    await expect.poll(() => sync.streams).toBe(0);
  });

  it('is cut off when it does not read', async () => {
    const { ca, port, intents, closed } = await hub({ options: { stallMs: 50 } });
    intents.set('large', Buffer.alloc(3 * 1024 * 1024));
    const session = connectHttp2(`https://127.0.0.1:${port}`, {
      ca: ca.ca,
      servername: 'hub.test',
    });
    session.on('error', () => undefined);
    const gone = new Promise((resolve) => session.once('close', resolve));
    const stream = openIntents(session);
    stream.pause();
    const request = Buffer.concat([Buffer.from([0x12, intent.length]), bytes(intent)]);
    const header = Buffer.alloc(5);
    header.writeUInt32BE(request.length, 1);
    stream.write(Buffer.concat([header, request]));
    expect(await closed.next()).toMatchObject({ code: 'UNAVAILABLE' });
    await gone;
    expect(intents.listenerCount).toBe(0);
  });
});

describe('a dead peer', () => {
  it('is noticed by the agent', async () => {
    const { ca, port } = await hub();
    const links: Socket[] = [];
    // Passes everything on until it is told to swallow it: a half-open connection.
    const { connect } = await import('node:net');
    const proxy = createTcpServer((near) => {
      const far = connect(port, '127.0.0.1');
      links.push(near, far);
      near.on('error', () => undefined).pipe(far);
      far.on('error', () => undefined).pipe(near);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    cleanUps.push(() => {
      for (const link of links) {
        link.destroy();
      }
      proxy.close();
    });
    const client = agent(
      (proxy.address() as AddressInfo).port,
      { ...(await ca.issue('cluster-1')), ca: ca.ca },
      {
        channelOptions: {
          'grpc.enable_http_proxy': 0,
          'grpc.keepalive_time_ms': 100,
          'grpc.keepalive_timeout_ms': 100,
        },
      },
    );
    await client.synced.next();
    for (const link of links) {
      link.unpipe();
      link.resume();
    }
    expect((await client.disconnected.next()).error).toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('connections that come and go', () => {
  it('leave no listeners behind', async () => {
    const { ca, port, intents, closed } = await hub();
    const identity = { ...(await ca.issue('cluster-1')), ca: ca.ca };
    for (let round = 0; round < 30; round++) {
      const client = agent(port, identity);
      await client.synced.next();
      await client.connection.close();
      await closed.next();
      expect(client.facts.listenerCount).toBe(0);
    }
    expect(intents.listenerCount).toBe(0);
  });
});

function openIntents(session: ClientHttp2Session, headers: Record<string, string> = {}) {
  const stream = session.request({
    ':method': 'POST',
    ':path': syncService.streamIntents.path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => undefined);
  return stream;
}
