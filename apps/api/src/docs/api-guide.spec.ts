import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSchema, parse, validate } from '../graphql-js.js';
import { startTestApi, type TestApi } from '../testing.js';

// docs/api.md is run as it stands, by a shell and with curl.

const guide = readFileSync(new URL('../../../../docs/api.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, text]) => text ?? '',
  );

let api: TestApi;
let folder: string;
let secret: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-guide-'));
  api = await startTestApi();
  const { headers } = await api.owner();
  const expiresAt = new Date(Date.now() + 3_600_000);
  const { data } = await api.query(
    'mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { secret } }',
    { input: { name: 'guide', role: 'ADMIN', expiresAt } },
    headers,
  );
  secret = data.createApiToken.secret;
});
afterAll(async () => {
  await api?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the guide to the API', () => {
  it('does what it says, command by command', async () => {
    const { stdout } = await promisify(execFile)('sh', ['-euc', blocks('sh').join('\n')], {
      cwd: folder,
      env: { ...process.env, ISTHMUS_ENDPOINT: api.url, ISTHMUS_TOKEN: secret },
    });
    expect(stdout).not.toContain('"errors"');
    expect(stdout).toContain('"createMesh":{"mesh":{"id":"mesh_');
    expect(stdout).toContain('"helmCommand":"helm upgrade --install');
    expect(stdout).toContain('{"node":{"name":"zurich","status":"PENDING"}}');
    expect(stdout).toMatch(
      /"meshByName":\{"id":"mesh_\w+","headRelease":null,"cluster":\{"id":"cluster_/,
    );
    expect(stdout).toContain('"name":"guide","role":"ADMIN"');
    expect(stdout).toMatch(/"revokeApiToken":\{"apiToken":\{"revokedAt":"\d/);
    expect(stdout.match(/^HTTP\/1\.1 200/gm)).toHaveLength(2);
    expect(stdout.match(/^idempotency-replayed: true/gim)).toHaveLength(1);
    expect(new Set(stdout.match(/"id":"mesh_\w+","name":"staging"/g)).size).toBe(1);
  });

  it('watches with a subscription that there is', () => {
    const [text = ''] = blocks('js');
    const query = /const query = '([^']+)'/.exec(text)?.[1] ?? '';
    const sdl = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
    expect(validate(buildSchema(sdl), parse(query))).toEqual([]);
  });
});
