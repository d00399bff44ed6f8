import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Api, rowsOf } from './api.js';
import type { TypedDocumentString } from './generated/graphql.js';

// A stand-in for the API: what it answers with, and when, is what is looked at here.

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
});

const operation = 'query { viewer { user { id } } }' as unknown as TypedDocumentString<
  { readonly fine: boolean },
  Record<string, never>
>;
const fine = [200, { data: { fine: true } }] as const;
const refusal = (code: string) =>
  [200, { errors: [{ message: code, extensions: { code } }] }] as const;

/** Answers one request after the other; nothing where an answer is missing. */
async function serve(
  ...answers: (readonly [status: number, body: unknown] | undefined)[]
): Promise<{ readonly api: Api; readonly heard: IncomingHttpHeaders[] }> {
  const heard: IncomingHttpHeaders[] = [];
  server = createServer((request, response) => {
    heard.push(request.headers);
    const answer = answers.shift();
    if (!answer) return;
    response.writeHead(answer[0], { location: '/elsewhere' }).end(JSON.stringify(answer[1]));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  return { api: new Api({ endpoint, token: 'secret', deadlineMs: 2000 }), heard };
}

describe('Api', () => {
  it('tries again what passes, under the same idempotency key', async () => {
    const { api, heard } = await serve(
      [503, {}],
      refusal('UNAVAILABLE'),
      refusal('RATE_LIMITED'),
      fine,
    );
    expect(await api.ask(operation, {})).toEqual({ fine: true });
    expect(heard).toHaveLength(4);
    expect(new Set(heard.map((headers) => headers['idempotency-key'])).size).toBe(1);
    expect(heard[0]).toMatchObject({ authorization: 'Bearer secret' });
  });

  it('does not wait longer than its deadline, and tries again then', async () => {
    const { api, heard } = await serve(undefined, fine, fine, fine);
    expect(await api.ask(operation, {})).toEqual({ fine: true });
    expect(heard.length).toBeGreaterThan(1);
  });

  it('waits for the answer of what is still under way', async () => {
    const underWay = refusal('IDEMPOTENCY_IN_PROGRESS');
    const { api, heard } = await serve([503, {}], underWay, underWay, fine);
    expect(await api.ask(operation, {})).toEqual({ fine: true });
    expect(heard).toHaveLength(4);
  });

  it('does not try again what was refused', async () => {
    const { api, heard } = await serve(refusal('INVALID_NAME'), fine);
    await expect(api.ask(operation, {})).rejects.toMatchObject({ code: 'INVALID_NAME', exit: 6 });
    expect(heard).toHaveLength(1);
  });

  it('gives up in the end', async () => {
    const { api, heard } = await serve(...Array(9).fill([503, {}]));
    await expect(api.ask(operation, {})).rejects.toMatchObject({ code: 'UNAVAILABLE', exit: 5 });
    expect(heard).toHaveLength(5);
  });

  it('takes its token nowhere else', async () => {
    const { api, heard } = await serve([302, {}], fine);
    await expect(api.ask(operation, {})).rejects.toMatchObject({ code: 'NOT_AN_API' });
    expect(heard).toHaveLength(1);
  });
});

describe('rowsOf', () => {
  it('reads page after page, and no more than is taken', async () => {
    const asked: { first: number; after?: string }[] = [];
    const page = async (range: { first: number; after?: string }) => {
      asked.push(range);
      const from = Number(range.after ?? 0);
      const edges = [{ node: from + 1 }, { node: from + 2 }];
      return { edges, pageInfo: { hasNextPage: true, endCursor: String(from + 2) } };
    };
    const taken: number[] = [];
    for await (const row of rowsOf(page)) {
      taken.push(row);
      if (taken.length === 3) break;
    }
    expect(taken).toEqual([1, 2, 3]);
    expect(asked).toEqual([{ first: 50 }, { first: 200, after: '2' }]);
  });
});
