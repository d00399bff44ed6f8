import { readFileSync } from 'node:fs';
import { errorKinds } from '@isthmus/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSchema, isIntrospectionType } from '../graphql-js.js';
import { startTestApi, type TestApi } from '../testing.js';
import { accessByField } from './access.js';
import { html } from './html.js';
import { jsonText } from './json-text.js';
import { docsPage } from './page.js';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
const operations = roots.flatMap((root) => Object.keys(root?.getFields() ?? {}));
const types = Object.values(schema.getTypeMap())
  .filter((type) => !isIntrospectionType(type) && !roots.some((root) => root === type))
  .map(({ name }) => name);

let api: TestApi;
let page: Response;
let body: string;
let ids: string[];

beforeAll(async () => {
  api = await startTestApi({ ISTHMUS_PUBLIC_URL: 'https://isthmus.example.com/' });
  page = await fetch(`${api.url}/docs`);
  body = await page.text();
  ids = [...body.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id ?? '');
});
afterAll(() => api?.close());

describe('the documentation', () => {
  it('is a page that anybody may read, under a policy that lets nothing in', () => {
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]{43}='; /);
    expect(policy).not.toContain('unsafe');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(body).not.toMatch(/<script| style="| on\w+="/);
  });

  it('has every operation with its example and answer, every type, every code of an error', () => {
    const wanted = [
      ...operations.map((name) => `operation-${name}`),
      ...types.map((name) => `type-${name}`),
      ...Object.keys(errorKinds).map((code) => `error-${code}`),
    ];
    expect(wanted.length).toBeGreaterThan(300);
    expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
    for (const name of operations) {
      expect(body).toContain(`Example of ${name}<`);
      expect(body).toContain(`Variables and answer of ${name}<`);
    }
  });

  it('has no id twice, and no link that leads nowhere', () => {
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...body.matchAll(/ href="([^"]*)"/g)].map(([, href]) => href ?? '');
    const targets = new Set(['/', ...ids.map((id) => `#${id}`)]);
    expect(links.filter((href) => !targets.has(href))).toEqual([]);
    expect(links.length).toBeGreaterThan(operations.length + types.length);
  });

  it('names where this installation is reached', () => {
    expect(body).toContain('https://isthmus.example.com/graphql');
    expect(body).toContain('wss://isthmus.example.com/graphql');
  });

  it('is kept by whoever has it, and zipped for who takes that', async () => {
    const etag = page.headers.get('etag') ?? '';
    const again = await fetch(`${api.url}/docs/`, { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const stale = await fetch(`${api.url}/docs`, { headers: { 'if-none-match': 'W/"older"' } });
    expect([stale.status, await stale.text()]).toEqual([200, body]);
    expect(stale.headers.get('content-encoding')).toBe('gzip');
    const plain = await fetch(`${api.url}/docs`, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(body);
    const head = await fetch(`${api.url}/docs`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('is one page, which is only read', async () => {
    expect((await fetch(`${api.url}/docs/other`)).status).toBe(404);
    expect((await fetch(`${api.url}/docs`, { method: 'POST' })).status).toBe(404);
  });

  it('escapes what the schema and the examples say', () => {
    const installation = {
      ...{ publicUrl: 'https://x.example/"<b>', costPerSecond: 1 },
      largestBody: { stranger: '1', known: '1' },
    };
    const odd = buildSchema(
      readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8').replace(
        'A member of a mesh',
        '<script>alert(1)</script> & "more"',
      ),
    );
    const { body: text } = docsPage(odd, installation);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;');
    expect(text).not.toContain('<script');
    expect(text).not.toContain('<b>');
  });
});

describe('access', () => {
  it('is what the table of operations has', () => {
    const access = accessByField();
    expect(access.get('signUp')).toBe('public');
    expect(access.get('viewer')).toBe('self');
    expect(access.get('createMesh')).toEqual({ permission: 'mesh.write', role: 'admin' });
    expect(access.get('clusterStatus')).toEqual({ permission: 'cluster.read', role: 'viewer' });
    for (const [name, each] of access) {
      if (typeof each === 'object') expect(each.permission, name).toMatch(/^\w+\.\w+$/);
    }
    expect([...access.keys()].sort()).toEqual([...operations].sort());
  });
});

describe('a template', () => {
  it('escapes its holes, but for HTML and what is left out', () => {
    const part = html`<b>${'<i>'}</b>`;
    expect(html`${part}${[1, '&', false, undefined, [part]]}'`.text).toBe(
      "<b>&lt;i&gt;</b>1&amp;<b>&lt;i&gt;</b>'",
    );
  });
});

describe('JSON as text', () => {
  it('has short lists of plain values on one line, and the others below each other', () => {
    const value = { a: [1, 'b', null], c: [{ d: [] }], e: ['x'.repeat(60), 'y'.repeat(60)], f: {} };
    expect(jsonText(value)).toBe(`{
  "a": [1, "b", null],
  "c": [
    {
      "d": []
    }
  ],
  "e": [
    "${'x'.repeat(60)}",
    "${'y'.repeat(60)}"
  ],
  "f": {}
}`);
    expect(JSON.parse(jsonText(value))).toEqual(value);
  });
});
