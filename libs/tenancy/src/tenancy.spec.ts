import { createHash } from 'node:crypto';
import { newId, systemClock } from '@isthmus/kernel';
import { startTestDatabase, type TestDatabase } from '@isthmus/platform';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountService } from './accounts.js';
import { ApiTokenService } from './api-tokens.js';
import { Authenticator } from './authenticator.js';
import { Identity } from './identity.js';
import { networkOf } from './networks.js';
import type { TenancyOptions } from './options.js';
import { OrganizationService } from './organizations.js';
import type { Actor, Role } from './permissions.js';
import { TokenBuckets } from './token-buckets.js';

const password = 'correct horse battery staple';
const yearMs = 365 * 24 * 3_600_000;
const open = { capacity: 1000, perSecond: 1000 };
const options: TenancyOptions = {
  secret: 'a secret of the specs, of 32 bytes or more',
  publicUrl: 'http://localhost:4000',
  attempts: { perAddress: open, perAddressAndMail: open, perMail: open },
};

let test: TestDatabase;
let identity: Identity;
let organizations: OrganizationService;
let apiTokens: ApiTokenService;
let accounts: AccountService;
let authenticator: Authenticator;

beforeAll(async () => {
  test = await startTestDatabase();
  identity = new Identity(test.database, options);
  organizations = new OrganizationService(test.database);
  apiTokens = new ApiTokenService(test.database, systemClock);
  accounts = new AccountService(identity, organizations, options);
  authenticator = new Authenticator(identity, apiTokens, organizations);
});
afterAll(() => test.stop());

let people = 0;
function newMail(): string {
  people += 1;
  return `person${people}@acme.example`;
}

function signUp(email = newMail()) {
  return accounts.signUp({ email, password, name: 'Ada', organizationName: 'Acme' }, '192.0.2.1');
}

async function owner() {
  const session = await signUp();
  const authorization = `Bearer ${session.sessionToken}`;
  const { actor } = await authenticator.authenticate({ authorization });
  if (!actor) throw new Error('no actor');
  return { ...session, authorization, actor };
}

/** As the owner of the tables, past row-level security. */
async function asSuperuser<T extends pg.QueryResultRow>(sql: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: test.server.ownerUrl });
  await client.connect();
  try {
    return (await client.query<T>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

describe('signing up', () => {
  it('makes a person, an organization and its owner', async () => {
    const { actor, user, organization } = await owner();
    expect(actor).toEqual({
      organizationId: organization.id,
      kind: 'user',
      id: user.id,
      role: 'owner',
    });
    expect(await organizations.get(actor)).toMatchObject({ name: 'Acme' });
    const { items } = await organizations.members(actor, {});
    expect(items).toMatchObject([{ userId: user.id, email: user.email, role: 'owner' }]);
  });

  it('says what is wrong', async () => {
    const input = { email: newMail(), password, name: 'Ada', organizationName: 'Acme' };
    const refused = (change: Partial<typeof input>) =>
      accounts.signUp({ ...input, ...change }, '192.0.2.1').catch((error) => error.code);
    expect(await refused({ email: 'ada' })).toBe('EMAIL_INVALID');
    expect(await refused({ password: 'elevenchars' })).toBe('PASSWORD_TOO_SHORT');
    expect(await refused({ password: 'x'.repeat(129) })).toBe('PASSWORD_TOO_LONG');
    expect(await refused({ organizationName: '  ' })).toBe('INVALID_NAME');
    await signUp(input.email);
    expect(await refused({})).toBe('EMAIL_TAKEN');
    expect(await refused({ email: input.email.toUpperCase() })).toBe('EMAIL_TAKEN');
    expect(await refused({ password: 'another password' })).toBe('EMAIL_TAKEN');
  });

  it('is completed by a retry after a crash in between, once', async () => {
    const email = newMail();
    const { user } = await identity.signUp({ email, password, name: 'Ada' }); // and then: crash
    await expect(
      accounts.signUp(
        { email, password: 'not the password', name: 'Eve', organizationName: 'Evil' },
        '192.0.2.1',
      ),
    ).rejects.toMatchObject({ code: 'EMAIL_TAKEN' });
    const retries = await Promise.allSettled(Array.from({ length: 5 }, () => signUp(email)));
    expect(retries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await organizations.membershipsOf(user.id)).toHaveLength(1);
  });

  it('makes one person of several at once', async () => {
    const email = newMail();
    const tries = await Promise.allSettled(Array.from({ length: 5 }, () => signUp(email)));
    const codes = tries.map((each) => (each.status === 'fulfilled' ? 'made' : each.reason.code));
    expect(codes.sort()).toEqual([...Array(4).fill('EMAIL_TAKEN'), 'made']);
  });
});

describe('sessions', () => {
  it('are kept as hashes, and end', async () => {
    const { sessionToken, user } = await signUp();
    const rows = await asSuperuser<{ row: string }>(
      'SELECT row_to_json(s)::text AS row FROM session s WHERE user_id = $1',
      [user.id],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain(sessionToken);
    const authorization = `Bearer ${sessionToken}`;
    expect(
      await authenticator.authenticate({ cookie: `a=b; isthmus_session=${sessionToken}` }),
    ).toEqual(await authenticator.authenticate({ authorization }));
    await accounts.signOut({ authorization });
    await expect(authenticator.authenticate({ authorization })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    expect(await authenticator.authenticate({ cookie: `isthmus_session=${sessionToken}` })).toEqual(
      {},
    );
  });

  it('expire', async () => {
    const { sessionToken, user } = await signUp();
    await asSuperuser(
      `UPDATE session SET expires_at = now() - interval '1 second' WHERE user_id = $1`,
      [user.id],
    );
    expect(await identity.personOf(sessionToken)).toBeUndefined();
  });

  it('are opened by the right password alone, with one answer to everything else', async () => {
    const { user } = await signUp();
    const { email } = user;
    expect((await accounts.signIn({ email, password }, '192.0.2.1')).user).toEqual(user);
    const answer = async (input: { email: string; password: string }) => {
      const started = performance.now();
      const error = await accounts.signIn(input, '192.0.2.1').catch((each) => each);
      return { code: error.code, message: error.message, ms: performance.now() - started };
    };
    const wrong = await answer({ email, password: 'not the password' });
    const unknown = await answer({ email: 'nobody@acme.example', password });
    expect(wrong.code).toBe('CREDENTIALS_WRONG');
    expect(unknown).toEqual({ ...wrong, ms: expect.any(Number) });
    expect(await answer({ email: 'no address', password })).toEqual({
      ...wrong,
      ms: expect.any(Number),
    });
    // Both go through scrypt, which takes many times what a query does.
    expect(unknown.ms).toBeGreaterThan(wrong.ms / 4);
  });

  it('are limited by address and mail, in tries', async () => {
    const attempt = limitedTo({ perAddress: 4, perAddressAndMail: 2 });
    const email = newMail();
    expect(await attempt(email, 'a')).toBe('CREDENTIALS_WRONG');
    expect(await attempt(email.toUpperCase(), 'a')).toBe('CREDENTIALS_WRONG');
    expect(await attempt(email, 'a')).toBe('RATE_LIMITED');
    expect(await attempt(email, 'b')).toBe('CREDENTIALS_WRONG'); // nobody locks another out
    expect(await attempt(newMail(), 'a')).toBe('CREDENTIALS_WRONG');
    expect(await attempt(newMail(), 'a')).toBe('RATE_LIMITED');
  });

  it('are limited by the /64 of who has as many IPv6 addresses as he likes', async () => {
    const attempt = limitedTo({ perAddress: 3, perAddressAndMail: 2 });
    const email = newMail();
    expect(await attempt(email, '2001:db8:0:1::1')).toBe('CREDENTIALS_WRONG');
    expect(await attempt(email, '2001:DB8:0:1:ffff::2')).toBe('CREDENTIALS_WRONG');
    expect(await attempt(email, '2001:db8:0:1::3')).toBe('RATE_LIMITED');
    expect(await attempt(newMail(), '2001:db8:0:1::4')).toBe('RATE_LIMITED');
    expect(await attempt(email, '2001:db8:0:2::1')).toBe('CREDENTIALS_WRONG');
    expect(await attempt(email, '192.0.2.7')).toBe('CREDENTIALS_WRONG');
    expect(await attempt(email, '::ffff:192.0.2.7')).toBe('CREDENTIALS_WRONG');
    expect(await attempt(email, '::ffff:c000:207')).toBe('RATE_LIMITED');
  });

  it('are limited by mail alone, but not where its owner comes in', async () => {
    const attempt = limitedTo({ perMail: 3 });
    const { email } = (await signUp()).user;
    const strangers = (from: number) =>
      Promise.all(
        [0, 1, 2, 3].map((index) => attempt(email, `198.51.100.${from + index}`, 'wrong')),
      );
    const wrong = 'CREDENTIALS_WRONG';
    expect(await attempt(email, '192.0.2.9')).toBe('in');
    expect(await strangers(0)).toEqual([wrong, wrong, 'RATE_LIMITED', 'RATE_LIMITED']);
    expect(await attempt(email, '198.51.100.77')).toBe('RATE_LIMITED');
    expect(await attempt(email.toUpperCase(), '192.0.2.9')).toBe('in');
    expect(await attempt(email, '192.0.2.9', 'wrong')).toBe(wrong);
    expect(await attempt(newMail(), '198.51.100.77')).toBe(wrong);
    expect(await strangers(10)).toEqual(Array(4).fill('RATE_LIMITED'));
  });
});

/** Tries of a service that allows so many, and never forgets. */
function limitedTo(
  capacities: Partial<Record<'perAddress' | 'perAddressAndMail' | 'perMail', number>>,
) {
  const bucket = (capacity = 1000) => ({ capacity, perSecond: 0 });
  const limited = new AccountService(identity, organizations, {
    ...options,
    attempts: {
      perAddress: bucket(capacities.perAddress),
      perAddressAndMail: bucket(capacities.perAddressAndMail),
      perMail: bucket(capacities.perMail),
    },
  });
  return (email: string, address: string, tried = password): Promise<string> =>
    limited.signIn({ email, password: tried }, address).then(
      () => 'in',
      (error) => error.code,
    );
}

describe('the network of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:0:1', '0.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::5', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
    ['a', 'a'],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('organizations', () => {
  it('are chosen by who belongs to several', async () => {
    const { user, organization, authorization } = await owner();
    const other = await owner();
    await test.database.withOrganization(other.organization.id, (tx) =>
      tx.membership.create({
        data: { organizationId: other.organization.id, userId: user.id, role: 'viewer' },
      }),
    );
    expect(await authenticator.authenticate({ authorization })).toEqual({ user });
    const asked = (id: string) =>
      authenticator.authenticate({ authorization, organization: id }).then(({ actor }) => actor);
    expect(await asked(organization.id)).toMatchObject({ role: 'owner' });
    expect(await asked(other.organization.id)).toMatchObject({ role: 'viewer' });
    const foreign = await owner();
    const answers = await Promise.all(
      [foreign.organization.id, newId('organization')].map((id) =>
        asked(id).catch((error) => `${error.code} ${error.message}`),
      ),
    );
    expect(answers[0]).toMatch(/^NOT_FOUND/);
    expect(answers[1]).toBe(answers[0]);
  });
});

describe('API tokens', () => {
  const inAYear = () => new Date(Date.now() + yearMs);
  const make = (actor: Actor, change: object = {}) =>
    apiTokens.create(actor, { name: 'ci', role: 'operator', expiresAt: inAYear(), ...change });

  it('act in their organization, with their role', async () => {
    const { actor, organization } = await owner();
    const { apiToken, secret } = await make(actor);
    expect(secret.startsWith(apiToken.prefix)).toBe(true);
    expect(secret.length - apiToken.prefix.length).toBeGreaterThan(32);
    expect(await authenticator.authenticate({ authorization: `Bearer ${secret}` })).toEqual({
      actor: {
        organizationId: organization.id,
        kind: 'apiToken',
        id: apiToken.id,
        madeBy: actor.id,
        role: 'operator',
      },
    });
    const { lastUsedAt } = await apiTokens.get(actor, apiToken.id);
    expect(lastUsedAt).toBeInstanceOf(Date);
    await authenticator.authenticate({ authorization: `Bearer ${secret}` });
    expect((await apiTokens.get(actor, apiToken.id)).lastUsedAt).toEqual(lastUsedAt);
    const [row] = await asSuperuser<{ row: string }>(
      'SELECT row_to_json(t)::text AS row FROM api_token t WHERE id = $1',
      [apiToken.id],
    );
    expect(row?.row).not.toContain(secret.slice(apiToken.prefix.length));
  });

  it('end: by revocation, or by themselves', async () => {
    const { actor } = await owner();
    const { apiToken, secret } = await make(actor);
    const use = () => apiTokens.actorOf(secret).catch((error) => error.code);
    await asSuperuser(`UPDATE api_token SET expires_at = now() WHERE id = $1`, [apiToken.id]);
    expect(await use()).toBe('API_TOKEN_EXPIRED');
    const { revokedAt } = await apiTokens.revoke(actor, apiToken.id);
    expect((await apiTokens.revoke(actor, apiToken.id)).revokedAt).toEqual(revokedAt);
    expect(await use()).toBe('API_TOKEN_INVALID');
  });

  it('are refused when they are not the ones we made', async () => {
    const { actor } = await owner();
    const other = await owner();
    const { secret } = await make(actor);
    const moved = secret.replace(/[0-9a-f]{32}/, other.organization.id.slice(4));
    for (const wrong of [moved, secret.slice(0, -1), `${secret}x`, 'isthmus_api_', `${secret}'`]) {
      await expect(
        authenticator.authenticate({ authorization: `Bearer ${wrong}` }),
      ).rejects.toMatchObject({ code: 'API_TOKEN_INVALID' });
    }
    await expect(
      authenticator.authenticate({
        authorization: `Bearer ${secret}`,
        organization: other.organization.id,
      }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('can do no more than who made them, and make no tokens', async () => {
    const { actor } = await owner();
    const code = (attempt: Promise<unknown>) => attempt.catch((error) => error.code);
    expect(await code(make({ ...actor, role: 'admin' }, { role: 'owner' }))).toBe('FORBIDDEN');
    expect(await code(make({ ...actor, role: 'viewer' }, { role: 'operator' }))).toBe('FORBIDDEN');
    expect(await code(make({ ...actor, kind: 'apiToken' }))).toBe('FORBIDDEN');
    expect(await code(make({ ...actor, namespaces: ['shop'] }))).toBe('NAMESPACE_FORBIDDEN');
    for (const expiresAt of [
      new Date(0),
      new Date(Date.now() + 2 * yearMs),
      new Date(Number.NaN),
    ]) {
      expect(await code(make(actor, { expiresAt }))).toBe('INVALID_ARGUMENT');
    }
    expect(await code(make(actor, { name: '' }))).toBe('INVALID_NAME');
  });

  it('are made, seen and ended by whoever they are of, and by admins', async () => {
    const { actor, organization } = await owner();
    const member = async (role: Role): Promise<Actor> => {
      const { user } = await owner();
      const { id: organizationId } = organization;
      await test.database.withOrganization(organizationId, (tx) =>
        tx.membership.create({ data: { organizationId, userId: user.id, role } }),
      );
      return { organizationId, kind: 'user', id: user.id, role };
    };
    const [viewer, operator, admin] = [
      await member('viewer'),
      await member('operator'),
      await member('admin'),
    ];
    const its = await make(viewer, { role: 'viewer' });
    const others = [await make(operator, { role: 'operator' }), await make(actor)];
    expect((await apiTokens.actorOf(its.secret)).role).toBe('viewer');
    const idsOf = async (who: Actor) => (await apiTokens.list(who, {})).items.map(({ id }) => id);
    expect(await idsOf(viewer)).toEqual([its.apiToken.id]);
    expect(await idsOf(admin)).toHaveLength(3);
    for (const { apiToken } of others) {
      const absent = { code: 'NOT_FOUND', message: 'no such API token' };
      await expect(apiTokens.get(viewer, apiToken.id)).rejects.toMatchObject(absent);
      await expect(apiTokens.revoke(viewer, apiToken.id)).rejects.toMatchObject(absent);
      expect((await apiTokens.get(admin, apiToken.id)).revokedAt).toBeNull();
    }
    expect((await apiTokens.revoke(viewer, its.apiToken.id)).revokedAt).toBeInstanceOf(Date);
    const [first] = others;
    const ended = await apiTokens.revoke(admin, first?.apiToken.id ?? '');
    expect(ended.revokedAt).toBeInstanceOf(Date);
  });

  it('see and end themselves, whatever else they may, and no other of whoever made them', async () => {
    const { actor } = await owner();
    const own = { role: 'operator', namespaces: ['shop'] };
    const [its, other] = [await make(actor, own), await make(actor, { role: 'operator' })];
    const token = await apiTokens.actorOf(its.secret);
    expect(await apiTokens.get(token, its.apiToken.id)).toMatchObject({ name: 'ci', ...own });
    expect((await apiTokens.list(token, {})).items.map(({ id }) => id)).toEqual([its.apiToken.id]);
    const unlimited = await apiTokens.actorOf(other.secret);
    await expect(apiTokens.revoke(token, other.apiToken.id)).rejects.toMatchObject({
      code: 'NAMESPACE_FORBIDDEN',
    });
    await expect(apiTokens.revoke(unlimited, its.apiToken.id)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await apiTokens.revoke(token, its.apiToken.id)).revokedAt).toBeInstanceOf(Date);
    await expect(apiTokens.actorOf(its.secret)).rejects.toMatchObject({
      code: 'API_TOKEN_INVALID',
    });
    expect((await apiTokens.actorOf(other.secret)).id).toBe(other.apiToken.id);
  });

  it('are so many of one person at most, those that are over not counted', async () => {
    const { actor, organization } = await owner();
    const inAnHour = new Date(Date.now() + 3_600_000);
    const row = (index: number) => ({
      id: newId('apiToken'),
      organizationId: organization.id,
      name: 'old',
      role: 'viewer',
      prefix: 'isthmus_api_',
      secretHash: createHash('sha256').update(`${organization.id} ${index}`).digest(),
      createdBy: actor.id,
      expiresAt: inAnHour,
    });
    await test.database.withOrganization(organization.id, (tx) =>
      tx.apiToken.createMany({ data: Array.from({ length: 499 }, (_, index) => row(index)) }),
    );
    const race = await Promise.allSettled([make(actor), make(actor), make(actor)]);
    const codes = race.map((each) => (each.status === 'fulfilled' ? 'made' : each.reason.code));
    expect(codes.sort()).toEqual(['QUOTA_EXCEEDED', 'QUOTA_EXCEEDED', 'made']);
    const [oldest] = (await apiTokens.list(actor, { first: 1 })).items;
    await apiTokens.revoke(actor, oldest?.id ?? '');
    expect((await make(actor)).apiToken.name).toBe('ci');
    await expect(make(actor)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect((await make({ ...actor, id: 'another' })).apiToken.createdBy).toBe('another');
  });

  it('of another organization do not exist', async () => {
    const { actor } = await owner();
    const other = await owner();
    const { apiToken } = await make(other.actor);
    const answers = await Promise.all(
      [apiToken.id, newId('apiToken')].map((id) =>
        apiTokens.revoke(actor, id).catch((error) => `${error.code} ${error.message}`),
      ),
    );
    expect(answers[0]).toMatch(/^NOT_FOUND/);
    expect(answers[1]).toBe(answers[0]);
    expect((await apiTokens.list(actor, {})).items).toEqual([]);
    expect((await apiTokens.get(other.actor, apiToken.id)).revokedAt).toBeNull();
  });

  it('are listed by pages', async () => {
    const { actor } = await owner();
    for (const name of ['a', 'b', 'c']) await make(actor, { name });
    const page = await apiTokens.list(actor, { first: 2 });
    expect(page.items.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(page.hasNext).toBe(true);
    const rest = await apiTokens.list(actor, { first: 2, after: page.items[1]?.id });
    expect(rest).toMatchObject({ items: [{ name: 'c' }], hasNext: false });
  });
});

describe('token buckets', () => {
  it('let a burst through, then the steady rate', () => {
    let now = 0;
    const buckets = new TokenBuckets({ capacity: 10, perSecond: 2 }, () => now);
    expect(buckets.take('a', 10)).toBe(true);
    expect(buckets.take('a', 1)).toBe(false);
    expect(buckets.take('b', 10)).toBe(true);
    now += 1000;
    expect(buckets.take('a', 3)).toBe(false);
    expect(buckets.take('a', 2)).toBe(true);
    now += 3_600_000;
    expect(buckets.take('a', 11)).toBe(false);
    expect(buckets.take('a', 10)).toBe(true);
  });
});
