import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing.js';

let api: TestApi;
let owner: { headers: { authorization: string }; organizationId: string };
let key: string;

beforeAll(async () => {
  api = await startTestApi({ ISTHMUS_COST_PER_SECOND: '1000000' });
});
afterAll(() => api?.close());
beforeEach(async () => {
  owner = await api.owner();
  key = randomUUID();
});

const create =
  'mutation ($name: String!) { createMesh(input: { name: $name }) { mesh { id name } } }';

const send = (name: string, headers: Record<string, string> = owner.headers, withKey = key) =>
  api.query(create, { name }, { ...headers, 'idempotency-key': withKey });

/** Rows of the organization, as they rest. */
const rows = () =>
  api.test.database.withOrganization(owner.organizationId, (tx) => tx.idempotencyKey.findMany());

describe('a mutation with an idempotency key', () => {
  it('takes effect once, and is answered alike each time', async () => {
    const first = await send('prod');
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const second = await send('prod');
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.data).toEqual(first.data);
    expect((await send('prod', owner.headers, randomUUID())).code).toBe('ALREADY_EXISTS');
  });

  it('takes effect once when it is sent many times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => send('prod')));
    const made = answers.filter(({ code }) => code === undefined);
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map(({ data }) => data.createMesh.mesh.id)).size).toBe(1);
    for (const { code, status } of answers) {
      if (code === undefined) continue;
      expect([code, status]).toEqual(['IDEMPOTENCY_IN_PROGRESS', 409]);
    }
  });

  it('keeps refusals too, which would otherwise depend on what came between', async () => {
    expect((await send('Not A Name')).code).toBe('INVALID_NAME');
    const again = await send('Not A Name');
    expect(again.code).toBe('INVALID_NAME');
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it('is refused under the key of another one', async () => {
    await send('prod');
    const other = await send('stage');
    expect([other.code, other.status]).toEqual(['IDEMPOTENCY_KEY_REUSED', 409]);
  });

  it('has its key for itself: not shared with other organizations or people', async () => {
    await send('prod');
    const stranger = await api.owner();
    const theirs = await send('prod', stranger.headers);
    expect(theirs.code).toBeUndefined();
    expect(theirs.headers.get('idempotency-replayed')).toBeNull();
  });

  it('leaves no secret of its answer readable at rest', async () => {
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const token = `mutation { createApiToken(input: { name: "ci", role: VIEWER, expiresAt: "${expiresAt}" }) { secret } }`;
    const headers = { ...owner.headers, 'idempotency-key': key };
    const { data } = await api.query(token, {}, headers);
    const { secret } = data.createApiToken;
    const [row] = await rows();
    expect(Buffer.from(row?.answer ?? []).includes(secret)).toBe(false);
    expect((await api.query(token, {}, headers)).data.createApiToken.secret).toBe(secret);
  });

  it('is taken up again when whoever had it died, and not before', async () => {
    await send('prod');
    const { organizationId } = owner;
    const age = (interval: string) =>
      api.test.database.withOrganization(
        organizationId,
        (tx) => tx.$executeRaw`
          UPDATE idempotency_key SET answer = NULL, created_at = now() - ${interval}::text::interval`,
      );
    await age('1 minute');
    expect((await send('prod')).code).toBe('IDEMPOTENCY_IN_PROGRESS');
    await age('3 minutes');
    // It had taken effect before whoever did it died.
    expect((await send('prod')).code).toBe('ALREADY_EXISTS');
  });

  it.each(['short', 'with a space in it', 'x'.repeat(201)])('takes no key %#', async (bad) => {
    expect((await send('prod', owner.headers, bad)).code).toBe('INVALID_ARGUMENT');
  });

  it('is nothing to queries and strangers', async () => {
    const headers = { 'idempotency-key': key };
    const query = await api.query(
      '{ viewer { user { name } } }',
      {},
      { ...owner.headers, ...headers },
    );
    expect(query.code).toBeUndefined();
    expect((await send('prod', {})).code).toBe('UNAUTHENTICATED');
    expect(await rows()).toEqual([]);
  });
});
