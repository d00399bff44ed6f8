import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({}, { subscriptions: { connectionsPerOrganization: 1 } });
});
afterAll(() => api.close());

/** By how much each series grows while something is done. */
async function grown(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await read();
  await work();
  const after = await read();
  return Object.fromEntries(
    [...after].flatMap(([series, value]) => {
      const more = value - (before.get(series) ?? 0);
      return more === 0 ? [] : [[series, more]];
    }),
  );
}

async function read(): Promise<Map<string, number>> {
  const lines = (await api.metrics.text()).split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, series, value] =
        /^isthmus_api_((?:requests|refusals)_total\{.*\}|.*_seconds_count\{.*\}) (\S+)$/.exec(
          line,
        ) ?? [];
      return series ? [[series, Number(value)] as const] : [];
    }),
  );
}

const requests = (operation: string, outcome: string) =>
  `requests_total{operation="${operation}",outcome="${outcome}"}`;
const timed = (operation: string) => `request_duration_seconds_count{operation="${operation}"}`;

it('counts and times operations by kind and by the class of what came of them', async () => {
  const { headers } = await api.owner();
  expect(await grown(() => api.query('{ __typename }'))).toEqual({
    [requests('query', 'ok')]: 1,
    [timed('query')]: 1,
  });
  expect(await grown(() => api.query('{ viewer { user { id } } }'))).toEqual({
    [requests('query', 'unauthenticated')]: 1,
    [timed('query')]: 1,
  });
  const twice = 'mutation { createMesh(input: { name: "prod" }) { mesh { id } } }';
  expect(await grown(() => api.query(twice, {}, headers))).toMatchObject({
    [requests('mutation', 'ok')]: 1,
  });
  expect(await grown(() => api.query(twice, {}, headers))).toMatchObject({
    [requests('mutation', 'conflict')]: 1,
  });
  expect(await grown(() => api.query('{ nothing'))).toEqual({ [requests('none', 'invalid')]: 1 });
});

it('counts what limits refuse, by code', async () => {
  const many = Array.from({ length: 40 }, (_, index) => `a${index}: __typename`).join(' ');
  expect(await grown(() => api.query(`{ ${many} }`))).toMatchObject({
    [requests('query', 'limit')]: 1,
    'refusals_total{code="QUERY_TOO_COMPLEX"}': 1,
  });
  const body = JSON.stringify({ query: '{ __typename }', padding: 'x'.repeat(300_000) });
  const headers = { 'content-type': 'application/json' };
  expect(await grown(() => fetch(`${api.url}/graphql`, { method: 'POST', headers, body }))).toEqual(
    {
      [requests('none', 'limit')]: 1,
      'refusals_total{code="MESSAGE_TOO_LARGE"}': 1,
    },
  );
});

it('counts sockets and subscriptions while they are open, and those that are turned away', async () => {
  const { headers } = await api.owner();
  const { data } = await api.query(
    'mutation { createMesh(input: { name: "watched" }) { mesh { id } } }',
    {},
    headers,
  );
  const socket = await api.connect({ authorization: headers.authorization });
  const subscription = 'subscription ($id: ID!) { meshChanged(meshId: $id) { id } }';
  const opened = await grown(async () => {
    socket.subscribe('1', subscription, { id: data.createMesh.mesh.id });
    socket.subscribe('2', subscription, { id: 'mesh_nothing' });
    await socket.until(() => socket.of('2').length > 0);
    await expect.poll(() => api.metrics.text()).toMatch(/isthmus_api_subscriptions 1\n/);
  });
  expect(opened).toEqual({
    [requests('subscription', 'ok')]: 1,
    [requests('subscription', 'notFound')]: 1,
  });
  expect(await api.metrics.text()).toMatch(/isthmus_api_sockets 1\n/);

  const refused = await grown(async () => {
    const second = await api.connect({ authorization: headers.authorization });
    await second.until(() => second.closed !== undefined);
  });
  expect(refused).toEqual({ 'refusals_total{code="QUOTA_EXCEEDED"}': 1 });
  socket.close();
  await expect.poll(() => api.metrics.text()).toMatch(/isthmus_api_sockets 0\n/);
  expect(await api.metrics.text()).toMatch(/isthmus_api_subscriptions 0\n/);
});

it('serves nothing of it where the public is', async () => {
  const response = await fetch(`${api.url}/metrics`);
  expect(response.status).toBe(404);
  expect(await response.text()).not.toContain('isthmus_');
  await api.ready();
});
