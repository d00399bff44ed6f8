import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ConnectionOptions,
  connect as connectTls,
  createSecureContext,
  type TLSSocket,
} from 'node:tls';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { Facts, type Identity, IdentityServiceClient, Intents } from '@isthmus/contracts';
import type { IsthmusError } from '@isthmus/kernel';
import {
  type ApiClient,
  eventually,
  type LocalPlatform,
  signUp,
  startPlatform,
} from '@isthmus/local';
import {
  type ClientIdentity,
  dialSync,
  fromCallFailure,
  ResourceSet,
  type SyncConnection,
} from '@isthmus/sync';
import * as x509 from '@peculiar/x509';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

// Who an agent is, on the wire: real hubs, and clients that mean ill.

const p256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const { subtle } = webcrypto;

let folder: string;
let platform: LocalPlatform;
let acme: Tenant;
let other: Tenant;

interface Tenant {
  readonly api: ApiClient;
  readonly meshId: string;
}

interface Registered {
  readonly id: string;
  readonly token: string;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-identity-'));
  platform = await startPlatform({ folder, hubs: 2 });
  acme = await makeTenant('ada@acme.example');
  other = await makeTenant('mallory@other.example');
});
afterAll(async () => {
  await platform?.stop();
  await rm(folder, { recursive: true, force: true });
});

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function makeTenant(email: string): Promise<Tenant> {
  const { api } = await signUp(platform.apiUrl, email);
  const { createMesh } = await api.query<{ createMesh: { mesh: { id: string } } }>(
    `mutation { createMesh(input: { name: "prod" }) { mesh { id } } }`,
  );
  return { api, meshId: createMesh.mesh.id };
}

let count = 0;
async function register({ api, meshId }: Tenant): Promise<Registered> {
  count += 1;
  const input = { meshId, name: `cluster-${count}`, network: `net-${count}`, locality: 'eu' };
  const { registerCluster } = await api.query<{
    registerCluster: { cluster: { id: string }; joinToken: { secret: string } };
  }>(
    `mutation ($input: RegisterClusterInput!) {
       registerCluster(input: $input) { cluster { id } joinToken { secret } } }`,
    { input },
  );
  return { id: registerCluster.cluster.id, token: registerCluster.joinToken.secret };
}

async function statusOf({ api }: Tenant, id: string) {
  const { cluster } = await api.query<{ cluster: { status: string; lockReason: string | null } }>(
    `query ($id: ID!) { cluster(id: $id) { status lockReason } }`,
    { id },
  );
  return cluster;
}

interface Key {
  readonly pair: webcrypto.CryptoKeyPair;
  /** PKCS#8, PEM. */
  readonly pem: string;
}

async function newKey(): Promise<Key> {
  const pair = (await subtle.generateKey(p256, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const pkcs8 = await subtle.exportKey('pkcs8', pair.privateKey);
  return { pair, pem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

async function csrOf(
  keys: webcrypto.CryptoKeyPair,
  extensions: x509.Extension[] = [],
  signingAlgorithm: object = p256,
): Promise<Buffer> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=agent',
    keys,
    signingAlgorithm: signingAlgorithm as typeof p256,
    extensions,
  });
  return Buffer.from(request.rawData);
}

/** Asks a hub as whoever has these credentials, or as nobody. */
async function ask<T>(
  run: (
    client: IdentityServiceClient,
    done: (error: ServiceError | null, answer: T) => void,
  ) => unknown,
  identity?: ClientIdentity,
  hub = 0,
): Promise<T> {
  const client = new IdentityServiceClient(
    platform.hubAddresses[hub] ?? '',
    identity
      ? credentials.createFromSecureContext(
          createSecureContext({ ...identity, minVersion: 'TLSv1.3' }),
        )
      : // The authority comes with the Helm command; who the hub is is not the question here.
        credentials.createSsl(null, null, null, { rejectUnauthorized: false }),
    { 'grpc.use_local_subchannel_pool': 1 },
  );
  try {
    return await new Promise<T>((resolve, reject) => {
      run(client, (error, answer) => (error ? reject(fromCallFailure(error)) : resolve(answer)));
    });
  } finally {
    client.close();
  }
}

async function enrol(
  joinToken: string,
  csr: Buffer,
  remarks = { agentVersion: '', clock: 0 },
): Promise<Identity> {
  const { identity } = await ask<{ identity: Identity | undefined }>((client, done) =>
    client.enrol(
      { joinToken, csr, ...remarks },
      new Metadata(),
      { deadline: Date.now() + 20_000 },
      done,
    ),
  );
  if (!identity) throw new Error('no identity');
  return identity;
}

async function renew(shown: ClientIdentity | undefined, csr: Buffer): Promise<Identity> {
  const { identity } = await ask<{ identity: Identity | undefined }>(
    (client, done) =>
      client.renew(
        { csr, agentVersion: '', clock: 0 },
        new Metadata(),
        { deadline: Date.now() + 20_000 },
        done,
      ),
    shown,
  );
  if (!identity) throw new Error('no identity');
  return identity;
}

async function joined(tenant: Tenant): Promise<{ id: string; key: Key; client: ClientIdentity }> {
  const { id, token } = await register(tenant);
  const key = await newKey();
  const { certificateChain, hubCa } = await enrol(token, await csrOf(key.pair));
  return { id, key, client: { key: key.pem, cert: certificateChain, ca: hubCa } };
}

/** An agent that connects, as far as a hub can tell. */
function dial(client: ClientIdentity, hub = 0, facts: ResourceSet[] = []) {
  const intents = new Map<string, string>();
  const refusals: string[] = [];
  let connected = 0;
  const connection: SyncConnection = dialSync({
    address: platform.hubAddresses[hub] ?? '',
    identity: client,
    intents: {
      types: [Intents.ClusterSettings.typeUrl],
      initialVersions: () => new Map(),
      apply: async (_, { resources }) => {
        for (const { body } of resources)
          intents.set('name', Intents.ClusterSettings.decode(body).clusterName);
      },
    },
    facts: { sets: facts },
    backoff: { minMs: 50, maxMs: 200 },
    onConnected: () => {
      connected += 1;
    },
    onDisconnected: (error) => refusals.push(error.code),
  });
  cleanUps.push(() => connection.close());
  return {
    connection,
    intents,
    refusals,
    get connected() {
      return connected;
    },
  };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'taken',
    (error: IsthmusError) => error.code,
  );

describe('a CSR', () => {
  it.each([
    ['that is none', 'CSR_MALFORMED', async () => Buffer.from('not a request')],
    ['that is huge', 'CSR_MALFORMED', async () => Buffer.alloc(100_000, 0x30)],
    [
      'with two URI names',
      'CSR_FORBIDDEN_EXTENSION',
      async () =>
        csrOf((await newKey()).pair, [
          new x509.SubjectAlternativeNameExtension([
            { type: 'url', value: 'spiffe://isthmus/a' },
            { type: 'url', value: 'spiffe://isthmus/b' },
          ]),
        ]),
    ],
    [
      'of an authority',
      'CSR_FORBIDDEN_EXTENSION',
      async () => csrOf((await newKey()).pair, [new x509.BasicConstraintsExtension(true, 1, true)]),
    ],
    [
      'with a weak key',
      'CSR_WEAK_KEY',
      async () => {
        const rsa = {
          name: 'RSASSA-PKCS1-v1_5',
          hash: 'SHA-256',
          modulusLength: 1024,
          publicExponent: new Uint8Array([1, 0, 1]),
        };
        const pair = (await subtle.generateKey(rsa, true, [
          'sign',
          'verify',
        ])) as webcrypto.CryptoKeyPair;
        return csrOf(pair, [], rsa);
      },
    ],
    [
      'signed by another key',
      'CSR_SIGNATURE',
      async () => {
        const [own, foreign] = [await newKey(), await newKey()];
        return csrOf({ publicKey: own.pair.publicKey, privateKey: foreign.pair.privateKey });
      },
    ],
  ])('%s is refused with %s, and the token stays good', async (_what, code, make) => {
    const { token } = await register(acme);
    expect(await codeOf(enrol(token, await make()))).toBe(code);
    expect(await codeOf(enrol(token, await csrOf((await newKey()).pair)))).toBe('taken');
  });
});

describe('a join token', () => {
  it('is won by one of 100 who race for it on two hubs, and answers the same key again', async () => {
    const { token } = await register(acme);
    const keys = await Promise.all(Array.from({ length: 100 }, newKey));
    const csrs = await Promise.all(keys.map(({ pair }) => csrOf(pair)));
    const answers = await Promise.all(
      csrs.map((csr, index) =>
        codeOf(
          ask(
            (client, done) =>
              client.enrol({ joinToken: token, csr, agentVersion: '', clock: 0 }, done),
            undefined,
            index % 2,
          ),
        ),
      ),
    );
    const winner = answers.indexOf('taken');
    expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1);
    expect(new Set(answers)).toEqual(new Set(['taken', 'JOIN_TOKEN_USED']));
    const [first, second] = [
      await enrol(token, csrs[winner] ?? Buffer.alloc(0)),
      await enrol(token, csrs[winner] ?? Buffer.alloc(0)),
    ];
    expect(first).toEqual(second);
  });

  it('is answered, and what came of it is told to whoever made it', async () => {
    const steps = async (id: string) => {
      const { cluster } = await acme.api.query<{
        cluster: { joining: { steps: { name: string; state: string; reason: string | null }[] } };
      }>(`query ($id: ID!) { cluster(id: $id) { joining { steps { name state reason } } } }`, {
        id,
      });
      return cluster.joining.steps;
    };
    const { id, token } = await register(acme);
    const remarks = { agentVersion: '9.9.9', clock: Date.now() - 3_600_000 };
    expect(await codeOf(enrol(token, Buffer.from('no'), remarks))).toBe('CSR_MALFORMED');
    expect(await steps(id)).toMatchObject([
      { name: 'HELM_COMMAND', state: 'DONE' },
      { name: 'CALLED', state: 'DONE' },
      { name: 'JOINED', state: 'FAILED', reason: 'CSR_MALFORMED' },
      ...Array(6).fill({ state: 'WAITING' }),
    ]);
    await enrol(token, await csrOf((await newKey()).pair), remarks);
    expect((await steps(id)).slice(2, 5)).toMatchObject([
      { name: 'JOINED', state: 'DONE', reason: 'CLOCK_SKEW' },
      { name: 'CONNECTED', state: 'ACTIVE', reason: null },
      { name: 'READ', state: 'WAITING' },
    ]);
  });

  it('is refused if there is none such', async () => {
    const csr = await csrOf((await newKey()).pair);
    const { token } = await register(acme);
    for (const wrong of ['', 'nonsense', `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`])
      expect(await codeOf(enrol(wrong, csr))).toBe('JOIN_TOKEN_INVALID');
  });
});

describe('an identity', () => {
  it('is needed, and is none if another authority signed it, whatever it says', async () => {
    const csr = await csrOf((await newKey()).pair);
    expect(await codeOf(renew(undefined, csr))).toBe('IDENTITY_MISSING');
    const { client } = await joined(acme);
    const uri = new x509.X509Certificate(String(client.cert)).getExtension(
      x509.SubjectAlternativeNameExtension,
    );
    const forged = await newKey();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'O=Isthmus, CN=Isthmus agents',
      keys: forged.pair,
      signingAlgorithm: p256,
      extensions: uri ? [uri] : [],
    });
    const shown = { ...client, key: forged.pem, cert: certificate.toString('pem') };
    expect(await codeOf(renew(shown, csr))).toBe('IDENTITY_UNTRUSTED');
    const { refusals } = dial(shown);
    await eventually('it is turned away', async () =>
      expect(refusals[0]).toBe('IDENTITY_UNTRUSTED'),
    );
  });

  it('comes from the certificate alone: what an agent says of another’s cluster is its own', async () => {
    const [ours, theirs] = [await joined(acme), await joined(other)];
    const facts = new ResourceSet(Facts.Cluster.typeUrl, { debounceMs: 0 });
    const liar = dial(theirs.client, 0, [facts]);
    facts.set(
      'cluster',
      Facts.Cluster.encode({
        kubernetesVersion: 'v6.6.6',
        agentVersion: ours.id,
        observedNetwork: '',
        capabilities: [],
        dataPlaneMode: '',
        conditions: [],
        istioVersions: [],
      }),
    );
    const version = async (tenant: Tenant, id: string) => {
      const { cluster } = await tenant.api.query<{ cluster: { kubernetesVersion: string | null } }>(
        `query ($id: ID!) { cluster(id: $id) { kubernetesVersion } }`,
        { id },
      );
      return cluster.kubernetesVersion;
    };
    await eventually('it is stored', async () =>
      expect(await version(other, theirs.id)).toBe('v6.6.6'),
    );
    expect(await version(acme, ours.id)).toBeNull();
    await eventually('it gets its own', async () => expect(liar.intents.size).toBe(1));
    // To one tenant the other's cluster is not there, in the same words as one that never was.
    const answers = await Promise.all(
      [ours.id, 'cluster_00000000000000000000000000000000'].map((id) =>
        version(other, id).catch((error: Error) => error.message),
      ),
    );
    expect(answers[0]).toBe(answers[1]);
  });

  it('is void on a resumed TLS session too, once it is revoked', async () => {
    const { id, client } = await joined(acme);
    const [host, port] = (platform.hubAddresses[0] ?? '').split(':');
    const open = (session?: Buffer): Promise<TLSSocket> =>
      new Promise((resolve, reject) => {
        const options: ConnectionOptions = {
          ...(host && { host }),
          port: Number(port),
          ALPNProtocols: ['h2'],
          ...client,
          ...(session && { session }),
        };
        const socket = connectTls(options, () => resolve(socket));
        socket.once('error', reject);
        cleanUps.push(() => socket.destroy());
      });
    const first = await open();
    const session = await new Promise<Buffer>((resolve) => first.once('session', resolve));
    const second = await open(session);
    expect(second.isSessionReused()).toBe(true);
    await acme.api.query(
      `mutation ($id: ID!) { removeCluster(input: { clusterId: $id }) { cluster { id } } }`,
      { id },
    );
    const http2 = connectHttp2(`https://${host}:${port}`, { createConnection: () => second });
    cleanUps.push(() => http2.destroy());
    const stream = http2.request({
      ':method': 'POST',
      ':path': '/isthmus.agent.v1.SyncService/StreamIntents',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const trailers = await new Promise<Record<string, unknown>>((resolve) => {
      stream.once('trailers', resolve);
      stream.once('response', (headers) => 'grpc-status' in headers && resolve({ ...headers }));
    });
    expect(trailers).toMatchObject({ 'isthmus-code': 'CLUSTER_REMOVED' });
  });

  it('goes on hot from certificate to certificate, whatever else changes in the mesh', async () => {
    const { id, key, client } = await joined(acme);
    const agent = dial(client);
    await eventually('it is connected', async () => expect(agent.connected).toBe(1));
    let latest = client;
    for (let round = 0; round < 3; round += 1) {
      const next = await renew(latest, await csrOf(key.pair));
      latest = { ...client, cert: next.certificateChain };
      agent.connection.updateIdentity(latest);
      // Every hub looks at its streams again when settings change.
      await register(acme);
    }
    expect(agent.refusals).toEqual([]);
    expect(agent.connected).toBe(1);
    expect(await statusOf(acme, id)).toEqual({ status: 'CONNECTED', lockReason: null });
    await platform.hubs[0]?.stop('SIGKILL');
    await platform.hubs[0]?.start();
    await eventually('it is back', async () => expect(agent.connected).toBe(2));
    expect(await statusOf(acme, id)).toEqual({ status: 'CONNECTED', lockReason: null });
  });

  it('is out at once when its cluster joins anew, and shuts nobody else out', async () => {
    const { id, client } = await joined(acme);
    const thief = dial(client);
    await eventually('it is connected', async () => expect(thief.connected).toBe(1));
    const { createJoinToken } = await acme.api.query<{
      createJoinToken: { joinToken: { secret: string } };
    }>(
      `mutation ($id: ID!) { createJoinToken(input: { clusterId: $id }) { joinToken { secret } } }`,
      { id },
    );
    const key = await newKey();
    const { certificateChain } = await enrol(
      createJoinToken.joinToken.secret,
      await csrOf(key.pair),
    );
    await eventually('it is out', async () => expect(thief.refusals).toContain('IDENTITY_REVOKED'));
    const agent = dial({ ...client, key: key.pem, cert: certificateChain });
    await eventually('the new one is in', async () => expect(agent.connected).toBe(1));
    expect(await statusOf(acme, id)).toEqual({ status: 'CONNECTED', lockReason: null });
  });

  it('that two hold, on one hub or on two, is locked for both', async () => {
    const [near, far] = [await joined(acme), await joined(acme)];
    const agents = [
      dial(near.client, 0),
      dial(near.client, 0),
      dial(far.client, 0),
      dial(far.client, 1),
    ];
    await Promise.all(
      [near, far].map(({ id }) =>
        eventually(
          'it is locked',
          async () => {
            expect(await statusOf(acme, id)).toMatchObject({
              status: 'LOCKED',
              lockReason: expect.stringContaining('two agents hold this identity'),
            });
          },
          { deadlineMs: 120_000 },
        ),
      ),
    );
    for (const agent of agents)
      await eventually('it is out', async () =>
        expect(agent.refusals.at(-1)).toBe('CLUSTER_LOCKED'),
      );
  }, 150_000);
});

describe('a message', () => {
  it('that is too large is refused, and the hub goes on', async () => {
    const csr = Buffer.alloc(64 * 1024 * 1024);
    const code = await ask<unknown>((client, done) =>
      client.enrol({ joinToken: '', csr, agentVersion: '', clock: 0 }, done),
    ).catch((error: IsthmusError) => error.message);
    expect(code).toMatch(/larger than max|RESOURCE_EXHAUSTED|Received message/i);
    expect(
      await codeOf(enrol((await register(acme)).token, await csrOf((await newKey()).pair))),
    ).toBe('taken');
  });
});
