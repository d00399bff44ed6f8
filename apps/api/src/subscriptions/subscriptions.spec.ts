import { PresenceService } from '@isthmus/fleet';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Socket, startTestApi, type TestApi } from '../testing.js';
import { Latest } from './latest.js';
import { Paced } from './paced.js';

let api: TestApi;
type Owner = Awaited<ReturnType<TestApi['owner']>>;

beforeAll(async () => {
  api = await startTestApi(
    {},
    {
      subscriptions: {
        recheckMs: 300,
        connectionsPerOrganization: 3,
        subscriptionsPerConnection: 2,
      },
    },
  );
});
afterAll(() => api?.close());

async function createMesh({ headers }: Owner): Promise<string> {
  const { data } = await api.query(
    'mutation { createMesh(input: { name: "acme" }) { mesh { id } } }',
    {},
    headers,
  );
  return data.createMesh.mesh.id;
}

async function registerCluster({ headers }: Owner, meshId: string, name: string): Promise<string> {
  const { data } = await api.query(
    'mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id } } }',
    { input: { meshId, name, network: 'net', locality: 'eu' } },
    headers,
  );
  return data.registerCluster.cluster.id;
}

const clusterStatus = 'subscription ($id: ID!) { clusterStatus(meshId: $id) { id status } }';
const meshChanged = 'subscription ($id: ID!) { meshChanged(meshId: $id) { name } }';

async function settled(ms = 300): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

describe('subscriptions', () => {
  it('tell of clusters as they come, fall silent and go', async () => {
    const owner = await api.owner();
    const meshId = await createMesh(owner);
    const clusterId = await registerCluster(owner, meshId, 'cloud');
    const socket = await api.connect(owner.headers);
    socket.subscribe('c', clusterStatus, { id: meshId });
    socket.subscribe('m', meshChanged, { id: meshId });
    await settled();
    expect(socket.of('c')).toEqual([]);

    const presence = new PresenceService(api.test.database);
    const identity = { organizationId: owner.organizationId, meshId, clusterId, serial: '00' };
    const started = performance.now();
    await presence.connected(identity);
    const told = (status: string) => ({ data: { clusterStatus: { id: clusterId, status } } });
    await socket.until(() => socket.of('c').length === 1);
    expect(performance.now() - started).toBeLessThan(1500);
    expect(socket.of('c')).toEqual([told('CONNECTED')]);
    await socket.until(() => socket.of('m').length > 0);
    expect(socket.of('m')[0]).toEqual({ data: { meshChanged: { name: 'acme' } } });

    // Contact is no news, and silence rings no bell.
    await presence.contact('hub', [identity]);
    await api.test.database.withOrganization(
      owner.organizationId,
      (tx) => tx.$executeRaw`UPDATE cluster SET last_contact_at = now() - interval '1 hour'`,
    );
    await socket.until(() => socket.of('c').length === 2);
    expect(socket.of('c')[1]).toEqual(told('OUT_OF_CONTACT'));

    const other = await registerCluster(owner, meshId, 'onprem');
    await socket.until(() => socket.of('c').length === 3);
    expect(socket.of('c')[2]).toMatchObject({ data: { clusterStatus: { id: other } } });
    socket.send({ id: 'c', type: 'complete' });
    await settled();
    await presence.connected(identity);
    await settled();
    expect(socket.of('c')).toHaveLength(3);
    socket.close();
  });

  it('are for who acts in an organization alone', async () => {
    const owner = await api.owner();
    const cookie = { cookie: owner.headers.authorization.replace('Bearer ', 'isthmus_session=') };
    const evil = { ...cookie, origin: 'https://evil.example' };
    for (const [params, headers, closed] of [
      [{}, {}, 4403],
      [{ authorization: 'Bearer nonsense' }, {}, 4403],
      [{ authorization: 7 }, {}, 4403],
      [{}, evil, 4403],
      [{}, cookie, undefined],
      [{}, { ...cookie, origin: api.url }, undefined],
      [{}, owner.headers, undefined],
    ] as const) {
      const socket = await api.connect(params, headers);
      expect(socket.closed, JSON.stringify([params, headers])).toBe(closed);
      socket.close();
      await settled();
    }
  });

  it('end within a minute after the session or the token', async () => {
    const owner = await api.owner();
    const { data } = await api.query(
      `mutation ($input: CreateApiTokenInput!) {
         createApiToken(input: $input) { secret apiToken { id } } }`,
      { input: { name: 'ci', role: 'VIEWER', expiresAt: new Date(Date.now() + 3_600_000) } },
      owner.headers,
    );
    const { secret, apiToken } = data.createApiToken;
    const byToken = await api.connect({ authorization: `Bearer ${secret}` });
    const bySession = await api.connect(owner.headers);
    await settled();
    await settled();
    expect([byToken.closed, bySession.closed]).toEqual([undefined, undefined]);
    await api.query(
      'mutation ($id: ID!) { revokeApiToken(input: { id: $id }) { apiToken { id } } }',
      { id: apiToken.id },
      owner.headers,
    );
    await byToken.until(() => byToken.closed !== undefined);
    expect([byToken.closed, bySession.closed]).toEqual([4403, undefined]);
    await api.query('mutation { signOut { signedOut } }', {}, owner.headers);
    await bySession.until(() => bySession.closed !== undefined);
    expect(bySession.closed).toBe(4403);
  });

  it('are bounded, per connection and per organization', async () => {
    const owner = await api.owner();
    const meshId = await createMesh(owner);
    const sockets = [];
    for (let i = 0; i < 4; i += 1) sockets.push(await api.connect(owner.headers));
    expect(sockets.map(({ closed }) => closed)).toEqual([undefined, undefined, undefined, 4403]);
    const stranger = await api.connect((await api.owner()).headers);
    expect(stranger.closed).toBeUndefined();
    const [socket] = sockets as [Socket];
    for (const id of ['a', 'b', 'c']) socket.subscribe(id, meshChanged, { id: meshId });
    await socket.until(() => socket.received.some(({ type }) => type === 'error'));
    expect(JSON.stringify(socket.of('c'))).toContain('RATE_LIMITED');
    sockets.pop();
    sockets.pop()?.close();
    await settled();
    const next = await api.connect(owner.headers);
    expect(next.closed).toBeUndefined();
    for (const each of [...sockets, next, stranger]) each.close();
  });

  it('take subscriptions, one at a time, and within the limits', async () => {
    const owner = await api.owner();
    const socket = await api.connect(owner.headers);
    const ask = async (query: string, variables = {}): Promise<string> => {
      const id = String(socket.received.length);
      socket.subscribe(id, query, variables);
      await socket.until(() => socket.of(id).length > 0);
      return JSON.stringify(socket.of(id)[0]);
    };
    expect(await ask('{ viewer { user { id } } }')).toContain('INVALID_ARGUMENT');
    expect(await ask('subscription {')).toContain('BAD_USER_INPUT');
    expect(await ask('subscription { nothing }')).toContain('BAD_USER_INPUT');
    expect(await ask(clusterStatus, {})).toContain('BAD_USER_INPUT');
    expect(await ask(clusterStatus, { id: '\0' })).toContain('INVALID_ARGUMENT');
    expect(await ask(`subscription { ${'__typename '.repeat(2000)} }`)).toContain(
      'QUERY_TOO_COMPLEX',
    );
    const deep = 'mesh { clusters { edges { node { '.repeat(3);
    expect(
      await ask(`subscription { clusterStatus(meshId: "x") { ${deep} id ${'} '.repeat(12)} } }`),
    ).toContain('QUERY_TOO_COMPLEX');
    const dear = 'clusters(first: 200) { edges { node { conditions { type } } } }';
    expect(await ask(`subscription { meshChanged(meshId: "x") { ${dear} } }`)).toContain(
      'the cost of a subscription',
    );
    socket.close();
  });

  it('are paid for event by event, out of the budget of who asks', async () => {
    // So little flows back that nothing does, for as long as this takes.
    const poor = await startTestApi({ ISTHMUS_COST_PER_SECOND: '1' }, {}, api.test);
    try {
      const owner = await poor.owner();
      const meshId = await createMesh(owner);
      const clusterId = await registerCluster(owner, meshId, 'cloud');
      const { data } = await poor.query(
        'mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { secret } }',
        { input: { name: 'ci', role: 'VIEWER', expiresAt: new Date(Date.now() + 3_600_000) } },
        owner.headers,
      );
      // Somebody else of the organization: a token of one's own is paid for by oneself.
      const { organizationId } = owner;
      const colleague = await poor.owner();
      const { data: known } = await poor.query('{ viewer { user { id } } }', {}, colleague.headers);
      await api.test.database.withOrganization(organizationId, (tx) =>
        tx.membership.create({
          data: { organizationId, userId: known.viewer.user.id, role: 'viewer' },
        }),
      );
      const [greedy, witness] = [
        await poor.connect({ authorization: `Bearer ${data.createApiToken.secret}` }),
        await poor.connect({ ...colleague.headers, 'isthmus-organization': organizationId }),
      ];
      const watch = `subscription ($id: ID!) { clusterStatus(meshId: $id) { status
        mesh { clusters(first: 200) { edges { node { id } } } } } }`;
      greedy.subscribe('c', watch, { id: meshId });
      witness.subscribe('c', watch, { id: meshId });
      await settled();
      for (const first of [200, 20, 2]) {
        const query = `{ meshes(first: ${first}) { edges { node { clusters { edges { node { id } } } } } } }`;
        while ((await poor.query(query, {}, owner.headers)).code !== 'RATE_LIMITED');
      }

      const presence = new PresenceService(api.test.database);
      const identity = { organizationId, meshId, clusterId, serial: '00' };
      const statuses = (socket: Socket) =>
        socket.of('c').map((each) => JSON.stringify(each).replace(/.*"status":"(\w+)".*/, '$1'));
      await presence.connected(identity);
      await greedy.until(() => greedy.of('c').length === 1);
      await witness.until(() => witness.of('c').length === 1);
      await presence.disconnected(identity);
      await witness.until(() => witness.of('c').length === 2);
      await settled();
      expect(statuses(witness)).toEqual(['CONNECTED', 'OUT_OF_CONTACT']);
      expect(statuses(greedy)).toEqual(['CONNECTED']);
      expect(greedy.closed).toBeUndefined();
      for (const socket of [greedy, witness]) socket.close();
    } finally {
      await poor.close();
    }
  });
});

// GHSA-8www-f354-mh8p: a stranger's message ended the process.
describe('malformed messages', () => {
  const hostile: (string | object)[] = [
    '',
    'null',
    '[]',
    '{',
    '{"type":"subscribe"}',
    '{"__proto__":{"type":"connection_init"}}',
    { type: 'connection_init', payload: 'text' },
    { type: 'connection_init', payload: { authorization: { toString: 1 } } },
    { type: 'nothing' },
    { id: '1', type: 'subscribe' },
    { id: '1', type: 'subscribe', payload: null },
    { id: '1', type: 'subscribe', payload: {} },
    { id: '1', type: 'subscribe', payload: { query: null } },
    { id: '1', type: 'subscribe', payload: { query: 7 } },
    { id: '1', type: 'subscribe', payload: { query: '{' } },
    { id: '1', type: 'subscribe', payload: { query: 'subscription { x }', variables: 'x' } },
    { id: '1', type: 'subscribe', payload: { query: '', operationName: {} } },
    { id: '__proto__', type: 'subscribe', payload: { query: 'subscription { __typename }' } },
    { id: 7, type: 'subscribe', payload: { query: 'subscription { __typename }' } },
    { id: 'constructor', type: 'complete' },
    { type: 'pong', payload: 'x' },
    'x'.repeat(65 * 1024),
  ];

  const crashes: unknown[] = [];
  const note = (error: unknown) => crashes.push(error);
  beforeAll(() => {
    process.on('uncaughtException', note);
    process.on('unhandledRejection', note);
  });
  afterAll(() => {
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
  });

  it('of strangers end their connection and nothing else', async () => {
    for (const message of hostile) {
      const socket = await api.connect();
      socket.send(message);
      await settled(60);
      socket.close();
    }
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
    expect(crashes).toEqual([]);
  });

  it('of members do no more', async () => {
    const owner = await api.owner();
    const meshId = await createMesh(owner);
    const witness = await api.connect(owner.headers);
    witness.subscribe('m', meshChanged, { id: meshId });
    for (const message of hostile) {
      const socket = await api.connect(owner.headers);
      socket.send(message);
      socket.send(message);
      await settled(60);
      socket.close();
    }
    await registerCluster(owner, meshId, 'cloud');
    await witness.until(() => witness.of('m').length > 0);
    expect(crashes).toEqual([]);
    witness.close();
  });

  it('instead of an upgrade are turned away', async () => {
    const answer = await fetch(`${api.url}/other`, {
      headers: { connection: 'upgrade', upgrade: 'websocket' },
    }).catch((error: unknown) => error);
    expect(answer).toBeTruthy();
    expect((await fetch(`${api.url}/livez`)).status).toBe(200);
  });
});

describe('closing', () => {
  it('ends sockets and requests within seconds', async () => {
    const own = await startTestApi({}, {}, api.test);
    const owner = await own.owner();
    const socket = await own.connect(owner.headers);
    const started = performance.now();
    await own.close();
    expect(performance.now() - started).toBeLessThan(5000);
    await socket.until(() => socket.closed !== undefined);
    expect(socket.closed).toBe(1001);
    await expect(fetch(`${own.url}/livez`)).rejects.toThrow();
  });
});

describe('what waits for a reader', () => {
  it('is the latest of each key, and ends with the reader', async () => {
    let closed = 0;
    const latest = new Latest<string>(() => {
      closed += 1;
    });
    latest.push('a', 'a1');
    latest.push('b', 'b1');
    latest.push('a', 'a2');
    expect(await latest.next()).toEqual({ value: 'a2', done: false });
    expect(await latest.next()).toEqual({ value: 'b1', done: false });
    const next = latest.next();
    latest.push('c', 'c1');
    expect(await next).toEqual({ value: 'c1', done: false });
    const last = latest.next();
    await latest.return();
    await latest.return();
    expect((await last).done).toBe(true);
    expect((await latest.next()).done).toBe(true);
    expect(closed).toBe(1);
  });
});

describe('what is paid for event by event', () => {
  /** Of a budget that holds so much, and of which the first event is paid already. */
  function pacing(budget: number) {
    const latest = new Latest<string>(() => {});
    async function* events(): AsyncGenerator<string> {
      for await (const event of latest) yield event;
    }
    const purse = { budget };
    const paced = new Paced(events(), () => {
      if (purse.budget === 0) return false;
      purse.budget -= 1;
      return true;
    });
    return { latest, paced, purse };
  }

  it('comes late, and up to date, when the budget was empty', async () => {
    const { latest, paced, purse } = pacing(1);
    const values: string[] = [];
    const reading = (async () => {
      for await (const value of paced) values.push(value);
    })();
    for (const value of ['a1', 'a2', 'a3', 'a4', 'a5']) {
      latest.push('a', value);
      await settled(20);
    }
    expect(values).toEqual(['a1', 'a2']);
    purse.budget = 1;
    await vi.waitFor(() => expect(values).toEqual(['a1', 'a2', 'a5']), 5000);
    await Promise.all([latest.return(), paced.return()]);
    await reading;
  });

  it('ends at once while it waits for the budget', async () => {
    const { latest, paced } = pacing(0);
    latest.push('a', 'a1');
    expect(await paced.next()).toEqual({ value: 'a1', done: false });
    latest.push('a', 'a2');
    const next = paced.next();
    await settled(20);
    const started = performance.now();
    await Promise.all([paced.return(), latest.return()]);
    expect(await next).toEqual({ value: undefined, done: true });
    expect(await paced.next()).toEqual({ value: undefined, done: true });
    expect(performance.now() - started).toBeLessThan(500);
  });
});
