import { randomUUID } from 'node:crypto';
import type { IdempotencyKeys } from '@isthmus/tenancy';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  type OperationDefinitionNode,
  parse,
} from '../graphql-js.js';
import { startTestApi, type TestApi } from '../testing.js';
import { Repeatable } from './idempotency.js';
import type { RequestContext } from './request-context.js';

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

  it('leaves no key behind where it is refused before it begins', async () => {
    const fields =
      'clusters(first: 200) { edges { node { imports(first: 200) { edges { node { host } } } } } }';
    const costly = `mutation { createMesh(input: { name: "prod" }) { mesh { ${fields} } } }`;
    const refused = await api.query(costly, {}, { ...owner.headers, 'idempotency-key': key });
    expect(refused.code).toBe('QUERY_TOO_COMPLEX');
    expect(await rows()).toEqual([]);
    expect((await send('prod')).code).toBeUndefined();
  });

  it('is nothing where it takes a password, and names no operation by a fragment', async () => {
    const headers = { ...owner.headers, 'idempotency-key': key };
    const hidden = 'mutation { ...a } fragment a on Mutation { signOut { __typename } }';
    expect((await api.query(hidden, {}, headers)).code).toBe('INVALID_ARGUMENT');
    await api.query('mutation { signOut { ok: __typename } }', {}, headers);
    expect(await rows()).toEqual([]);
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

describe('an answer', () => {
  const actor = { organizationId: 'org', kind: 'user', id: 'user', role: 'owner' } as const;
  const claim = { actor, key: 'a-key-of-ours', id: '1' };
  const unavailable = (...path: string[]) =>
    ({
      message: 'away',
      path,
      extensions: { code: 'UNAVAILABLE' },
    }) as unknown as GraphQLFormattedError;

  /** What became of the key. */
  async function after(result: FormattedExecutionResult): Promise<string> {
    let fate = 'nothing';
    const keys = {
      claim: async () => ({ claim }),
      settle: async () => {
        fate = 'kept';
      },
      letGo: async () => {
        fate = 'let go';
      },
    } as unknown as IdempotencyKeys;
    const repeatable = new Repeatable(keys);
    const [operation] = parse(create).definitions as [OperationDefinitionNode];
    const context = { idempotencyKey: claim.key, principal: { actor } } as RequestContext;
    await repeatable.claim(operation, { query: create }, context);
    await repeatable.keep(result);
    return fate;
  }

  it('is kept, unless nothing took effect and it may yet', async () => {
    expect(await after({ data: { createMesh: {} } })).toBe('kept');
    expect(await after({ data: null, errors: [unavailable('createMesh')] })).toBe('let go');
    // The second of two failed, or a part of what was made could not be read.
    const half = { data: { a: {}, b: null }, errors: [unavailable('b')] };
    expect(await after(half)).toBe('kept');
    const unread = { data: null, errors: [unavailable('createMesh', 'mesh', 'clusters')] };
    expect(await after(unread)).toBe('kept');
  });
});
