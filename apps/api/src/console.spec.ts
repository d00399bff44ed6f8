import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consolePages } from './console.js';

let url: string;
let close: () => void;
const script = 'console.log("isthmus");'.repeat(100);

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-console-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<title>Isthmus</title>');
  await writeFile(join(folder, 'assets', 'index-a1.js'), script);
  await writeFile(join(folder, 'assets', 'index-a1.js.gz'), gzipSync(script));
  const pages = consolePages(folder);
  if (!pages) throw new Error('the folder has a page');
  const server = express()
    .use(pages)
    .use((_request, response) => void response.status(418).send('not the console'))
    .listen(0, '127.0.0.1');
  url = await new Promise((resolve) =>
    server.once('listening', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    ),
  );
  close = () => server.close();
});
afterAll(() => close());

describe('the console', () => {
  it.each(['/', '/sign-in', '/meshes/mesh_1/services/shop/payments?tab=importers'])(
    'is one page at %s, asked for anew each time, and framed by nobody',
    async (path) => {
      const response = await fetch(url + path);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('<title>Isthmus</title>');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      const policy = response.headers.get('content-security-policy');
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe-eval');
    },
  );

  it('has files that are kept for ever, compressed for who takes that', async () => {
    const response = await fetch(`${url}/assets/index-a1.js`, {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toBe(script);
  });

  it('is not what a file is that is gone: a page of an older version asks for those', async () => {
    expect((await fetch(`${url}/assets/index-0f.js`)).status).toBe(418);
  });

  it.each(['/docs', '/graphql', '/livez', '/readyz'])('leaves %s to the API', async (path) => {
    expect((await fetch(url + path)).status).toBe(418);
  });

  it.each(['POST', 'PUT', 'OPTIONS'])('is only read: %s is not its', async (method) => {
    expect((await fetch(`${url}/`, { method })).status).toBe(418);
  });

  it('leads out of its folder to nowhere', async () => {
    const response = await fetch(`${url}/..%2f..%2f..%2fetc%2fpasswd`);
    expect(await response.text()).not.toContain('root:');
  });

  it('is not there before it is built', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'isthmus-console-'));
    expect(consolePages(empty)).toBeUndefined();
  });
});
