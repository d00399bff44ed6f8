import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing.js';

type Headers = Record<string, string>;

let api: TestApi;
let owner: Headers;
let operator: Headers;

beforeAll(async () => {
  api = await startTestApi({ ISTHMUS_COST_PER_SECOND: '1000000' });
  const { headers, organizationId } = await api.owner();
  owner = headers;
  const other = await api.owner();
  const { data } = await api.query('{ viewer { user { id } } }', {}, other.headers);
  const userId = data.viewer.user.id;
  await api.test.database.withOrganization(organizationId, (tx) =>
    tx.membership.create({ data: { organizationId, userId, role: 'operator' } }),
  );
  operator = { ...other.headers, 'isthmus-organization': organizationId };
});
afterAll(() => api?.close());

const making = `mutation ($input: CreateApiTokenInput!) {
  createApiToken(input: $input) { secret apiToken { id name expiresAt } } }`;
const revoking =
  'mutation ($id: ID!) { revokeApiToken(input: { id: $id }) { apiToken { id revokedAt } } }';
const expiresAt = new Date(Date.now() + 3_600_000).toISOString();

async function make(as: Headers, input: object = {}) {
  const all = { name: 'ci', role: 'OPERATOR', expiresAt, ...input };
  const { data } = await api.query(making, { input: all }, as);
  const { secret, apiToken } = data.createApiToken;
  return { id: apiToken.id as string, headers: { authorization: `Bearer ${secret}` } };
}

async function idsOf(as: Headers): Promise<string[]> {
  const query = '{ organization { apiTokens { edges { node { id } } } } }';
  const { data } = await api.query(query, {}, as);
  return data.organization.apiTokens.edges.map(({ node }: { node: { id: string } }) => node.id);
}

it('are made by members for themselves, with no more than their own role', async () => {
  const { id, headers } = await make(operator);
  const theirs = await make(owner);
  expect(await idsOf(operator)).toEqual([id]);
  expect(await idsOf(owner)).toEqual(expect.arrayContaining([id, theirs.id]));
  const nodes = await api.query(
    'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    { ids: [id, theirs.id] },
    operator,
  );
  expect(nodes.data.nodes).toEqual([{ id }, null]);
  expect((await api.query(revoking, { id: theirs.id }, operator)).code).toBe('NOT_FOUND');
  const role = await api.query('{ organization { viewerRole } }', {}, headers);
  expect(role.data.organization.viewerRole).toBe('OPERATOR');
  const more = { name: 'more', role: 'ADMIN', expiresAt };
  const refused = await api.query(making, { input: more }, operator);
  expect([refused.code, refused.field]).toEqual(['FORBIDDEN', 'input.role']);
  const late = { ...more, role: 'VIEWER', expiresAt: '2999-01-01T00:00:00.000Z' };
  expect((await api.query(making, { input: late }, operator)).field).toBe('input.expiresAt');
  const named = { ...more, role: 'VIEWER', namespaces: ['shop', 'Bank'] };
  expect((await api.query(making, { input: named }, operator)).field).toBe('input.namespaces.1');
  const ended = await api.query(revoking, { id }, operator);
  expect(ended.data.revokeApiToken.apiToken.revokedAt).not.toBeNull();
});

it('tell what they are, and end themselves', async () => {
  const { id, headers } = await make(owner, { name: 'deployments', namespaces: ['shop'] });
  const { data } = await api.query(
    '{ viewer { user { id } apiToken { id name role namespaces expiresAt } memberships { role } } }',
    {},
    headers,
  );
  expect(data.viewer).toEqual({
    user: null,
    apiToken: { id, name: 'deployments', role: 'OPERATOR', namespaces: ['shop'], expiresAt },
    memberships: [],
  });
  const person = await api.query('{ viewer { apiToken { id } } }', {}, owner);
  expect(person.data.viewer.apiToken).toBeNull();
  const other = await make(owner, { namespaces: ['shop'] });
  expect((await api.query(revoking, { id: other.id }, headers)).code).toBe('NAMESPACE_FORBIDDEN');
  const ended = await api.query(revoking, { id }, headers);
  expect(ended.data.revokeApiToken.apiToken).toEqual({ id, revokedAt: expect.any(String) });
  expect((await api.query('{ viewer { apiToken { id } } }', {}, headers)).code).toBe(
    'API_TOKEN_INVALID',
  );
});

it('make none, be they of admins', async () => {
  const { headers } = await make(owner, { role: 'ADMIN' });
  const input = { name: 'next', role: 'VIEWER', expiresAt };
  expect((await api.query(making, { input }, headers)).code).toBe('FORBIDDEN');
});

it('are revoked by nobody who is not signed in, or has not said where', async () => {
  const { id } = await make(owner);
  expect((await api.query(revoking, { id })).code).toBe('UNAUTHENTICATED');
  const { 'isthmus-organization': _, ...anywhere } = operator;
  expect((await api.query(revoking, { id }, anywhere)).code).toBe('ORGANIZATION_REQUIRED');
  expect((await api.query(revoking, { id }, (await api.owner()).headers)).code).toBe('NOT_FOUND');
});
