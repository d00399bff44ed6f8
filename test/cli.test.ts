import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  type Candidate,
  deploy,
  ensureNamespace,
  eventually,
  exportService,
  type World,
} from '@isthmus/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, visit } from './console/browser.js';
import { startTestWorld } from './world.js';

// The command line as a process of its own, against a running platform and one real API server, which
// joins by the very command that it prints. No istiod runs and no pod: upgrades are planned and refused.

const binary = fileURLToPath(new URL('../apps/cli/dist/main.js', import.meta.url));
const execute = promisify(execFile);

let world: World & { folder: string };
let berlin: Candidate;
/** Where its profiles are. */
let home: string;

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly stdin?: string;
  readonly env?: Record<string, string>;
}

/** Runs it to its end, as who has signed in unless said. */
function isthmus(words: string, options: RunOptions = {}): Promise<Result> {
  return run(words.split(' '), options);
}

async function run(words: readonly string[], { stdin, env }: RunOptions = {}): Promise<Result> {
  const child = start(words, env);
  child.stdin?.end(stdin ?? '');
  const [out, err, code] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1))),
  ]);
  return { code, out, err };
}

function start(words: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [binary, ...words], {
    cwd: home,
    env: { PATH: process.env.PATH ?? '', HOME: home, XDG_CONFIG_HOME: home, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

async function textOf(stream: AsyncIterable<Buffer> | null | undefined): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** What it printed, of a run that has to go well. */
async function ok(words: string, options?: RunOptions): Promise<string> {
  const result = await isthmus(words, options);
  expect(result, `isthmus ${words}\n${result.err}`).toMatchObject({ code: 0 });
  return result.out;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever shape the noun has
async function json(words: string): Promise<any> {
  return JSON.parse(await ok(`${words} -o json`));
}

async function write(path: string, ...documents: object[]): Promise<string> {
  const file = join(home, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, documents.map((it) => JSON.stringify(it)).join('\n---\n'));
  return file;
}

const document = (kind: string, metadata: object, spec: object) => ({
  apiVersion: 'isthmus.dev/v1',
  kind,
  metadata,
  spec,
});

beforeAll(async () => {
  world = await startTestWorld();
  home = join(world.folder, 'cli');
  await mkdir(home, { recursive: true });
  berlin = await world.raise({ name: 'berlin', network: 'net-b', gateway: '203.0.113.10' });
  await ok(`login --endpoint ${world.platform.apiUrl} --token -`, { stdin: world.sessionToken });
});
afterAll(() => world?.stop());

/** Where somebody is to authorize it. */
async function addressOf({ stderr }: ChildProcess): Promise<URL> {
  for await (const line of createInterface({ input: stderr ?? process.stdin })) {
    if (!line.includes('/cli?')) continue;
    stderr?.resume();
    return new URL(line.trim());
  }
  throw new Error('it gave no address');
}

describe('signing in', () => {
  it('is asked for first', async () => {
    const elsewhere = { XDG_CONFIG_HOME: join(home, 'nobody') };
    const { code, err } = await isthmus('get meshes', { env: elsewhere });
    expect({ code, err }).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^error: UNAUTHENTICATED /),
    });
  });

  it('keeps the token for its owner alone, and prints it nowhere', async () => {
    const { mode } = await stat(join(home, 'isthmus/config.json'));
    expect(mode & 0o777).toBe(0o600);
    const { out, err } = await isthmus('profile list -o json');
    expect(out + err).not.toContain(world.sessionToken);
    expect(JSON.parse(out)).toEqual([
      {
        name: 'default',
        isCurrent: true,
        endpoint: world.platform.apiUrl,
        mesh: null,
        isSignedIn: true,
      },
    ]);
  });

  it('does not happen by a token that does not hold', async () => {
    const bad = `isthmus_api_${'0'.repeat(32)}_${'a'.repeat(43)}`;
    const { code, err } = await isthmus(`login --endpoint ${world.platform.apiUrl} --token -`, {
      stdin: bad,
    });
    expect({ code, err }).toMatchObject({
      code: 3,
      err: expect.stringContaining('API_TOKEN_INVALID'),
    });
    expect(await ok('whoami')).toContain('ada@acme.example');
  });

  it('has profiles, of which one is meant', async () => {
    const secret = (await ok('token create ci --role viewer --expires 1d')).trim();
    await ok(`login --endpoint ${world.platform.apiUrl} --profile ci --token -`, { stdin: secret });
    expect(await ok('whoami --profile ci')).toMatch(
      /^API token ci, until .*\(in (?:23h|1d)\)\nVIEWER of/,
    );
    expect(await ok('profile use ci --mesh acme')).toBe('');
    expect(await json('whoami')).toMatchObject({
      user: null,
      profile: 'ci',
      apiToken: { name: 'ci', role: 'VIEWER' },
    });
    const refused = await isthmus('token create more -o json');
    expect({ ...refused, err: JSON.parse(refused.err) }).toMatchObject({
      code: 3,
      err: { error: { code: 'FORBIDDEN' } },
    });
    await ok('profile use default');
    // It was handed in, and may be somebody else's as well.
    await ok('logout --profile ci');
    expect((await isthmus('whoami --profile ci')).code).toBe(3);
    await ok('whoami', { env: { ISTHMUS_TOKEN: secret } });
    await ok('profile remove ci');
    expect((await isthmus('profile use ci')).code).toBe(4);
    expect((await json('get tokens ci')).role).toBe('VIEWER');
    expect(await ok('token revoke ci --yes')).toBe('token ci revoked\n');
    const { code } = await isthmus('whoami', { env: { ISTHMUS_TOKEN: secret } });
    expect(code).toBe(3);
  });

  it('ends with a token that signing out revokes', async () => {
    const secret = (await ok('token create passing --role viewer --expires 1d')).trim();
    const there = `--endpoint ${world.platform.apiUrl} --profile passing`;
    await ok(`login ${there} --token -`, { stdin: secret });
    const { err } = await isthmus('logout --profile passing --revoke');
    expect(err).toContain('its token is revoked');
    const after = await isthmus('whoami', { env: { ISTHMUS_TOKEN: secret } });
    expect(after).toMatchObject({ code: 3, err: expect.stringContaining('API_TOKEN_INVALID') });
    await ok('profile remove passing');
    await ok('profile use default');
  });

  it('takes the token of a profile to no other address', async () => {
    const heard: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      heard.push(request.headers.authorization);
      response.end('{}');
    }).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => other.once('listening', resolve));
      const { port } = other.address() as AddressInfo;
      const { code } = await isthmus(`get meshes --endpoint http://127.0.0.1:${port}`);
      expect({ code, heard }).toEqual({ code: 3, heard: [] });
    } finally {
      other.close();
    }
  });

  it('says when nobody answers', async () => {
    const { code, err } = await isthmus('whoami --endpoint http://127.0.0.1:2', {
      env: { ISTHMUS_TOKEN: 'any' },
    });
    expect({ code, err }).toMatchObject({
      code: 5,
      err: expect.stringMatching(/trying again, 4 of 4[\s\S]*error: UNREACHABLE /),
    });
  });

  it('by the browser takes what brings its own state, and nothing else', async () => {
    const child = start([
      'login',
      '--no-open',
      '--profile',
      'web',
      '--endpoint',
      world.platform.apiUrl,
    ]);
    const exit = new Promise((resolve) => child.once('exit', resolve));
    const address = await addressOf(child);
    const port = address.searchParams.get('port');
    const state = address.searchParams.get('state') ?? '';
    expect(address.origin).toBe(world.platform.apiUrl);
    // As the console's page posts it, once somebody has authorized it there.
    const post = (fields: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: new URLSearchParams(fields) });
    const token = world.sessionToken;
    expect((await post({ state: `${state}x`, token })).status).toBe(403);
    expect((await fetch(`http://127.0.0.1:${port}/?state=${state}`)).status).toBe(404);
    const page = await post({ state, token });
    expect(await page.text()).toContain('is signed in');
    expect(await exit).toBe(0);
    expect(await ok('whoami --profile web')).toContain('ada@acme.example');
    await ok('profile remove web');
    await ok('profile use default');
  });
});

describe('signing in by the console', () => {
  it('does not happen where somebody refuses it', async () => {
    const words = ['login', '--no-open', '--profile', 'web', '--endpoint', world.platform.apiUrl];
    const child = start(words);
    const exit = new Promise((resolve) => child.once('exit', resolve));
    const { searchParams } = await addressOf(child);
    const page = await fetch(`http://127.0.0.1:${searchParams.get('port')}/`, {
      method: 'POST',
      body: new URLSearchParams({ state: searchParams.get('state') ?? '' }),
    });
    expect(await page.text()).toContain('was not authorized');
    expect(await exit).toBe(3);
    expect((await isthmus('profile use web')).code).toBe(4);
  });

  it('hands the command line a token that the console made', async () => {
    const child = start([
      'login',
      '--no-open',
      '--profile',
      'web',
      '--endpoint',
      world.platform.apiUrl,
    ]);
    const exit = new Promise((resolve) => child.once('exit', resolve));
    const address = await addressOf(child);
    const browser = await startBrowser();
    try {
      const { sessionToken } = world;
      const context = await visit(browser, { url: world.platform.apiUrl, sessionToken });
      const page = await context.newPage();
      await page.goto(address.href);
      await page.getByText('Acme', { exact: true }).waitFor();
      await page.getByLabel('Role').selectOption('VIEWER');
      await page.getByRole('button', { name: 'Authorize' }).click();
      await page.getByText('The command line is signed in').waitFor();
      expect(page.url()).toBe(`http://127.0.0.1:${address.searchParams.get('port')}/`);
      expect(await exit).toBe(0);
      expect(await ok('whoami --profile web')).toMatch(/^API token cli on .*\nVIEWER of/);
    } finally {
      child.kill();
      await browser.close();
    }
    // It was made for this profile alone.
    const { err } = await isthmus('logout --profile web');
    expect(err).toContain('its token is revoked');
    await ok('profile remove web');
    await ok('profile use default');
    const host = address.searchParams.get('host');
    expect(await json('get tokens')).toContainEqual(
      expect.objectContaining({
        name: `cli on ${host}`,
        role: 'VIEWER',
        revokedAt: expect.any(String),
      }),
    );
  });
});

describe('a cluster', () => {
  it('joins by the command that it prints', async () => {
    const missing = await isthmus('cluster join berlin');
    expect(missing).toMatchObject({ code: 4 });
    const command = await ok(
      'cluster join berlin --network net-b --locality eu/a --label env=test',
    );
    // Earlier tokens are void: the one that counts is the last.
    const again = await ok('cluster join berlin');
    expect(again).not.toBe(command);
    await berlin.install(again.trim());
    await eventually(
      'berlin is connected',
      async () => {
        const { status } = await json('get cluster berlin');
        if (status !== 'CONNECTED') throw new Error(status);
      },
      { everyMs: 500, deadlineMs: 90_000 },
    );
    expect(await json('get cluster berlin')).toMatchObject({ labels: { env: 'test' } });
  });

  it('is told of as it changes', async () => {
    const child = start(['get', 'clusters', '--watch', '-o', 'json']);
    try {
      const lines = createInterface({ input: child.stdout ?? process.stdin })[
        Symbol.asyncIterator
      ]();
      const next = async () => JSON.parse((await lines.next()).value ?? '{}');
      expect(await next()).toMatchObject({ change: 'added', object: { name: 'berlin' } });
      await write('labels.yaml', clusterDocument({ env: 'prod' }));
      expect(await ok('apply -f labels.yaml')).toBe('Cluster/berlin configured\n');
      await eventually('the change of labels is told', async () => {
        expect(await next()).toMatchObject({
          change: 'changed',
          object: { labels: { env: 'prod' } },
        });
      });
      child.kill('SIGINT');
      expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

const clusterDocument = (labels: object) =>
  document('Cluster', { name: 'berlin', labels }, { network: 'net-b', locality: 'eu/a' });

describe('apply', () => {
  const things = [
    document(
      'UpgradeSettings',
      { name: 'second' },
      { maxInFlight: 2, charts: { values: { a: 1 } } },
    ),
    document('Mesh', { name: 'second' }, { driftPolicy: 'TOLERATE' }),
    document('Cluster', { name: 'far' }, { mesh: 'second', network: 'n', locality: 'us' }),
    document(
      'ExportPolicy',
      { name: 'shop' },
      {
        mesh: 'second',
        namespaceSelector: { matchLabels: { a: 'b' } },
      },
    ),
    document(
      'HostGrant',
      { name: 'payments', namespace: 'shop' },
      { mesh: 'second', clusters: ['far'] },
    ),
    document('RolloutPolicy', { name: 'second' }, { waves: [{ each: 'CLUSTER' }] }),
  ];
  const titles = [
    'Mesh/second',
    'Cluster/far',
    'ExportPolicy/shop',
    'HostGrant/shop/payments',
    'RolloutPolicy/second',
    'UpgradeSettings/second',
  ];
  const lines = (outcomes: readonly string[]) =>
    `${titles.map((title, at) => `${title} ${outcomes[at]}`).join('\n')}\n`;

  it('makes what documents say, once', async () => {
    await write('things/all.yaml', ...things);
    const created = [...Array(4).fill('created'), 'configured', 'configured'];
    const dry = await ok('apply -f things --dry-run');
    expect(dry).toBe(lines(created.map((outcome) => `${outcome} (dry run)`)));
    expect((await isthmus('get mesh second')).code).toBe(4);
    expect(await ok('apply -f things')).toBe(lines(created));
    expect(await ok('apply -f things')).toBe(lines(Array(6).fill('unchanged')));
    expect((await json('describe mesh second')).configuration.driftPolicy).toBe('TOLERATE');
    // Two meshes: which one is meant has to be said from now on.
    expect(await isthmus('get clusters')).toMatchObject({ code: 2 });
    expect(
      (await json('get clusters --mesh second')).map((it: { name: string }) => it.name),
    ).toEqual(['far']);
    await ok('profile use default --mesh acme');
    expect((await json('get clusters')).map((it: { name: string }) => it.name)).toEqual(['berlin']);
  });

  it('prints settings that it would apply', async () => {
    const settings = await ok('upgrade settings --mesh second');
    expect(settings).toContain('maxInFlight: 2');
    expect(await ok('apply -f -', { stdin: settings })).toBe('UpgradeSettings/second unchanged\n');
  });

  it('says what is wrong, and where', async () => {
    const broken = await isthmus('apply -f -', {
      stdin: 'apiVersion: isthmus.dev/v1\nkind: Pod\n',
    });
    expect(broken).toMatchObject({ code: 2, err: expect.stringContaining('stdin.yaml:2: kind') });
    const other = document('Mesh', { name: 'second' }, { trustDomain: 'td.example' });
    const kept = await isthmus('apply -f -', { stdin: JSON.stringify(other) });
    expect(kept).toMatchObject({ code: 2, err: expect.stringContaining('trustDomain is ') });
    const bad = document('Mesh', { name: 'Not A Name' }, {});
    const refused = await isthmus('apply -f -', { stdin: JSON.stringify(bad) });
    expect(refused).toMatchObject({
      code: 6,
      err: expect.stringMatching(/INVALID_NAME .* \(at name\)\n$/),
    });
  });

  it('moves a cluster in place, as its options do', async () => {
    const { id } = await json('get cluster far --mesh second');
    const moved = document(
      'Cluster',
      { name: 'far' },
      { mesh: 'second', network: 'm', locality: 'us/a', cidrs: ['10.0.0.0/8'] },
    );
    const apply = () => ok('apply -f -', { stdin: JSON.stringify(moved) });
    expect(await apply()).toBe('Cluster/far configured\n');
    expect(await apply()).toBe('Cluster/far unchanged\n');
    const place = { id, network: 'm', locality: 'us/a', cidrs: ['10.0.0.0/8'] };
    expect(await json('get cluster far --mesh second')).toMatchObject(place);
    const words = 'cluster update far --mesh second';
    expect(await ok(`${words} --network n --locality us --label env=test --no-cidr`)).toBe(
      'cluster far updated\n',
    );
    expect(await json('get cluster far --mesh second')).toMatchObject({
      ...{ id, network: 'n', locality: 'us', cidrs: [], labels: { env: 'test' } },
    });
    expect(await json(`${words} --no-label`)).toMatchObject({ network: 'n', labels: [] });
    expect(await isthmus(words)).toMatchObject({ code: 2 });
    const { code, err } = await isthmus(`${words} --cidr 10.0.0.0/8 --cidr 10.0.0.0/33 -o json`);
    expect({ code, ...JSON.parse(err) }).toMatchObject({
      code: 6,
      error: { code: 'CIDR_INVALID', field: 'input.cidrs.1' },
    });
  });

  it('has nouns to get, describe and delete', async () => {
    for (const [noun, name] of [
      ['organization', 'Acme'],
      ['meshes', 'second'],
      ['clusters', 'far'],
      ['export-policies', 'shop'],
      ['host-grants', 'shop/payments'],
    ] as const) {
      const listed = await ok(`get ${noun} --mesh second -o name`);
      expect(listed).toContain(`${noun}/${name}\n`);
      const one = await json(`get ${noun} ${name} --mesh second`);
      expect(await ok(`get ${noun} ${one.id} --mesh second -o wide`)).toContain(one.id);
      expect(await ok(`describe ${noun} ${name} --mesh second`)).toContain(one.id);
    }
    expect((await json('get meshes --limit 1')).length).toBe(1);
    expect((await json('get istio-versions')).length).toBeGreaterThan(3);
    expect(await isthmus('get nothing')).toMatchObject({ code: 2 });
    expect(await isthmus('delete cluster far --mesh second')).toMatchObject({ code: 2 });
    expect(await ok('delete export-policy shop --mesh second -y')).toBe(
      'export-policy shop deleted\n',
    );
    const parts = things.filter(({ kind }) =>
      ['Cluster', 'ExportPolicy', 'HostGrant'].includes(kind),
    );
    await write('parts.yaml', ...parts);
    expect(await ok('delete -f parts.yaml --yes')).toBe(
      'HostGrant/shop/payments deleted\nExportPolicy/shop absent\nCluster/far deleted\n',
    );
    expect(await isthmus('delete -f things --yes')).toMatchObject({ code: 2 });
  });
});

const peerAuthentication = (mode: string, namespace = 'shop') => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: { name: 'default', namespace },
  spec: { mtls: { mode } },
});

describe('a release', () => {
  it('differs, is rolled out, and does not differ any more', async () => {
    await ensureNamespace(berlin.kube, 'shop');
    await write('patient.yaml', document('RolloutPolicy', { name: 'acme' }, quick(0)));
    await ok('apply -f patient.yaml');
    await write('config/shop/mtls.yaml', peerAuthentication('STRICT'));
    const before = await isthmus('diff -f config');
    expect(before).toMatchObject({ code: 1, out: expect.stringContaining('+    mode: STRICT') });
    const applied = await isthmus('release apply -f config -m strict --wait');
    expect(applied).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^release 1 created\nrollout rollout_\w+ /),
      err: expect.stringContaining('COMPLETED'),
    });
    expect(await isthmus('diff -f config')).toMatchObject({ code: 0, out: '' });
    expect(await ok('release apply -f config')).toContain('release 1 unchanged\n');
    const mode = await berlin.kube.kubectl(
      '-n shop get peerauthentication default -o jsonpath={.spec.mtls.mode}'.split(' '),
    );
    expect(mode).toBe('STRICT');
  });

  it('is refused with the place of what is wrong', async () => {
    await write('broken/a.yaml', peerAuthentication('SOMETIMES'));
    for (const words of ['diff -f broken', 'release apply -f broken']) {
      const { code, err } = await isthmus(words);
      expect({ code, err }, words).toMatchObject({
        code: 6,
        err: expect.stringMatching(/^(?=[\s\S]*a\.yaml:1)[\s\S]*CONFIGURATION_INVALID/),
      });
    }
  });

  it('is paused, goes on, is aborted; and an earlier one is rolled out', async () => {
    await write('patient.yaml', document('RolloutPolicy', { name: 'acme' }, quick(3600)));
    expect(await ok('apply -f patient.yaml')).toBe('RolloutPolicy/acme configured\n');
    await write('config/shop/mtls.yaml', peerAuthentication('PERMISSIVE'));
    await ok('release apply -f config -m softer');
    await eventually('the rollout has begun', async () => {
      const [rollout] = await json('get rollouts --limit 1');
      if (rollout.state !== 'RUNNING') throw new Error(rollout.state);
    });
    expect(await ok('rollout pause')).toMatch(/ PAUSED\n$/);
    expect(await ok('rollout resume')).toMatch(/ RUNNING\n$/);
    expect(await isthmus('rollout abort')).toMatchObject({ code: 2 });
    expect(await ok('rollout abort --yes')).toMatch(/ ABORTED\n$/);
    expect(await isthmus('rollout watch')).toMatchObject({
      code: 1,
      err: expect.stringContaining('ABORTED'),
    });
    expect(await isthmus('rollout pause')).toMatchObject({
      code: 6,
      err: expect.stringContaining('ROLLOUT_STATE'),
    });
    await write('patient.yaml', document('RolloutPolicy', { name: 'acme' }, quick(0)));
    await ok('apply -f patient.yaml');
    const back = await isthmus('rollout start 1 -m back --wait');
    expect(back).toMatchObject({ code: 0, err: expect.stringContaining('COMPLETED') });
  });

  it('is listed, described, previewed and exported', async () => {
    expect(await ok('release list -o name')).toBe('releases/2\nreleases/1\n');
    expect(await json('release describe 1')).toMatchObject({ number: 1, message: 'strict' });
    expect(await ok('release preview 2')).toMatch(/^berlin \(release 1\): 0 added, 1 changed/);
    await ok('release export 1 --folder out');
    expect(await readFile(join(home, 'out/shop/mtls.yaml'), 'utf8')).toContain('STRICT');
    const [{ id }] = await json('rollout list --limit 1');
    expect(await ok(`describe rollout ${id}`)).toContain('WAVE_STARTED');
  });
});

function quick(soakSeconds: number): object {
  return { waves: [{ each: 'CLUSTER' }], gate: { soakSeconds } };
}

describe('an upgrade', () => {
  it('is planned, with what is in its way, and refused to move', async () => {
    const versions = await json('get istio-versions');
    const plan = await ok(`upgrade plan ${versions[0].version} --cluster berlin -m try`);
    expect(plan).toMatch(/^upgrade upgrade_\w+ PLANNED\n[\s\S]*BLOCKS \w+ berlin: /);
    const [{ id }] = await json('upgrade list');
    expect(await ok(`describe upgrade ${id}`)).toContain('Findings:');
    // The codes are those of the mutation that each of these leads to.
    for (const [words, code] of [
      ['start', 'UPGRADE_BLOCKED'],
      ['approve', 'UPGRADE_STATE'],
      ['reject -m no', 'UPGRADE_STATE'],
      ['pause', 'UPGRADE_STATE'],
      ['resume', 'UPGRADE_STATE'],
      ['retry berlin', 'UPGRADE_STATE'],
      ['skip berlin', 'UPGRADE_STATE'],
      ['roll-back --yes', 'UPGRADE_STATE'],
    ] as const) {
      const { code: exit, err } = await isthmus(`upgrade ${words}`);
      expect({ words, exit, err }).toMatchObject({ exit: 6, err: expect.stringContaining(code) });
    }
    expect(await ok('upgrade abort --yes')).toBe(`upgrade ${id} ABORTED\n`);
    expect(await isthmus('upgrade watch')).toMatchObject({
      code: 1,
      err: expect.stringContaining('ABORTED'),
    });
    expect(await isthmus('upgrade plan nonsense')).toMatchObject({ code: 6 });
  });
});

describe('explain', () => {
  it('says no by its exit code, link by link, and yes where a service is reached', async () => {
    const no = await isthmus('explain berlin/shop/web shop/payments:80');
    expect(no).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^payments\.shop\.svc\.cluster\.local cannot be reached[\s\S]*→ /),
    });
    const workload = {
      namespace: 'shop',
      name: 'payments',
      replicas: 1,
      serviceAccount: 'payments',
    };
    await deploy(berlin.kube, { ...workload, addresses: '10.11.0' });
    await exportService(berlin.kube, 'shop', 'payments');
    await eventually('payments is reached', async () => {
      const { code, out } = await isthmus('explain berlin/shop/web shop/payments');
      if (code !== 0) throw new Error(out);
      expect(out).toMatch(/can be reached[\s\S]*Route to berlin \(the same cluster\): OK/);
    });
    expect(await ok('get services')).toContain('shop/payments');
    expect(await ok('describe service shop/payments')).toContain('clusterset');
    expect(await isthmus('explain berlin shop/payments')).toMatchObject({ code: 2 });
  });
});

describe('webhooks', () => {
  /** What somebody's receiver was sent, and how it answers. */
  const heard: { id: string; type: string }[] = [];
  let answer = 204;
  const receiver = createServer(async (request, response) => {
    const { type } = JSON.parse(await textOf(request));
    heard.push({ id: String(request.headers['webhook-id']), type });
    response.writeHead(answer).end();
  });
  afterAll(() => receiver.close());

  it('are made by documents, which show the secret once', async () => {
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/isthmus`;
    const hook = (name: string, spec: object) => document('Webhook', { name }, { url, ...spec });
    await write('hooks.yaml', hook('on-call', { types: ['rollout'] }));
    const made = await isthmus('apply -f hooks.yaml');
    expect(made).toMatchObject({
      code: 0,
      out: 'Webhook/on-call created\n',
      err: expect.stringMatching(/^Webhook\/on-call: its secret, shown this once: \S{30,}\n$/),
    });
    expect(await isthmus('apply -f hooks.yaml')).toMatchObject({
      ...{ code: 0, out: 'Webhook/on-call unchanged\n', err: '' },
    });
    await write('quiet.yaml', hook('quiet', { mesh: 'acme', enabled: false }));
    const [quiet] = await json('apply -f quiet.yaml');
    expect(quiet).toMatchObject({ outcome: 'created', secret: expect.stringMatching(/^\S{30,}$/) });
    expect(await json('get webhook quiet')).toMatchObject({
      ...{ mesh: { name: 'acme' }, disabledAt: expect.any(String) },
    });
    const bad = await isthmus('apply -f - -o json', {
      stdin: JSON.stringify(document('Webhook', { name: 'bad' }, { url: 'ftp://a.example' })),
    });
    expect({ code: bad.code, ...JSON.parse(bad.err) }).toMatchObject({
      code: 6,
      error: { code: 'WEBHOOK_URL_INVALID', field: 'input.url' },
    });
  });

  it('are tried, told again what failed and what happened, and disabled', async () => {
    expect(await ok('webhook test on-call --wait')).toMatch(/^delivery \w+ DELIVERED\n$/);
    expect(heard.map(({ type }) => type)).toEqual(['webhook.test']);
    // For good, at once: the receiver is gone.
    answer = 410;
    expect(await isthmus('webhook test on-call --wait')).toMatchObject({
      code: 1,
      err: expect.stringContaining('410'),
    });
    answer = 204;
    expect(await ok('describe webhook on-call')).toMatch(/410[\s\S]*webhook\.test/);
    expect(await ok('webhook enable on-call')).toBe('webhook on-call enabled\n');
    const [failed, ...others] = await json('webhook deliveries on-call --state failed');
    expect({ failed, others }).toMatchObject({ failed: { status: 410 }, others: [] });
    expect(await ok('webhook redeliver on-call --wait')).toMatch(/ DELIVERED\n$/);
    expect(await ok(`webhook redeliver on-call ${failed.id} --wait`)).toMatch(/ DELIVERED\n$/);
    expect(heard.slice(-2).map(({ id }) => id)).toEqual([failed.event.id, failed.event.id]);
    // Of the rollouts before.
    const before = heard.length;
    const replayed = await ok('webhook replay on-call --since 1h');
    const count = Number(/^(\d+) events are on the way again\n$/.exec(replayed)?.[1]);
    expect(count).toBeGreaterThan(3);
    await eventually('all of them arrive', async () => {
      expect(heard.slice(before).map(({ type }) => type)).toHaveLength(count);
    });
    expect(heard.slice(before).every(({ type }) => type.startsWith('rollout.'))).toBe(true);
    expect((await json('webhook replay on-call --since 2020-01-01T00:00:00Z')).replayed).toBe(
      count,
    );
    expect(await isthmus('webhook replay on-call --since yesterday')).toMatchObject({ code: 2 });
    const rotated = await isthmus('webhook rotate-secret on-call');
    expect(rotated).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\S{30,}\n$/),
      err: expect.stringContaining('signs as well until'),
    });
    expect(await ok('webhook disable on-call')).toBe('webhook on-call disabled\n');
    expect(await isthmus('webhook test on-call')).toMatchObject({
      code: 6,
      err: expect.stringContaining('WEBHOOK_DISABLED'),
    });
    expect(await ok('get webhooks')).toMatch(/^on-call .* rollout .* disabled/m);
    expect(await isthmus('webhook test nobody')).toMatchObject({ code: 4 });
    expect(await ok('delete -f hooks.yaml --yes')).toBe('Webhook/on-call deleted\n');
    expect(await ok('delete webhook quiet --yes')).toBe('webhook quiet deleted\n');
    expect(await ok('get webhooks -o name')).toBe('');
  });
});

describe('events', () => {
  it('are told in order, and as they happen', async () => {
    const told = await json('events --type cluster,rollout.completed');
    const types = told.map(({ type }: { type: string }) => type);
    expect(types.slice(0, 2)).toEqual(['cluster.registered', 'cluster.connected']);
    expect(types).toContain('rollout.completed');
    expect(told.map(({ at }: { at: string }) => at)).toEqual(
      told.map(({ at }: { at: string }) => at).toSorted(),
    );
    const lines = (await ok('events --type rollout --limit 2')).trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^AT +TYPE +MESSAGE$/);
    expect(await isthmus('events --type nonsense')).toMatchObject({
      code: 6,
      err: expect.stringContaining('(at types)'),
    });
    const child = start(['events', '--watch', '-o', 'json', '--limit', '1', '--type', 'cluster']);
    try {
      const found = createInterface({ input: child.stdout ?? process.stdin })[
        Symbol.asyncIterator
      ]();
      const next = async () => JSON.parse((await found.next()).value ?? '{}');
      const newest = told.findLast(({ type }: { type: string }) => type.startsWith('cluster.'));
      expect(await next()).toEqual(newest);
      await write('passing.yaml', document('Cluster', { name: 'passing' }, place));
      await ok('apply -f passing.yaml');
      expect(await next()).toMatchObject({ type: 'cluster.registered' });
      await ok('delete cluster passing --yes');
      expect(await next()).toMatchObject({ type: 'cluster.removed' });
      child.kill('SIGINT');
      expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

const place = { network: 'net-p', locality: 'eu/p' };

describe('bug-report', () => {
  it('tells what is there, and no secret', async () => {
    await ensureNamespace(berlin.kube, 'shop');
    // What an operator might have put into the cluster beside us.
    await berlin.kube.kubectl([
      ...'-n shop create secret generic db --from-literal=password=hunter22-hunter22'.split(' '),
    ]);
    await berlin.kube.kubectl(
      '-n shop label secret db app.kubernetes.io/managed-by=isthmus'.split(' '),
    );
    await ok(`bug-report -o report.tgz --kubeconfig ${berlin.kube.kubeconfig}`);
    expect((await stat(join(home, 'report.tgz'))).mode & 0o777).toBe(0o600);
    expect((await isthmus('bug-report -o report.tgz')).code).toBe(2);
    await mkdir(join(home, 'report'));
    await execute('tar', ['xzf', 'report.tgz', '-C', 'report', '--strip-components=1'], {
      cwd: home,
    });
    const names = (await readdir(join(home, 'report'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const texts = await Promise.all(names.map((name) => readFile(name, 'utf8')));
    const all = texts.join('\n');
    const manifest = JSON.parse(await readFile(join(home, 'report/manifest.json'), 'utf8'));
    expect(manifest.leftOut).toEqual([]);
    expect(manifest.files).toHaveLength(names.length - 1);
    for (const part of [
      'plane/mesh.json',
      'plane/events.json',
      'plane/clusters/berlin/cluster.json',
      'plane/clusters/berlin/intents.json',
      'agent-deployments.json',
      'events-isthmus-system.json',
      'ours/v1_secrets.json',
    ]) {
      expect(
        names.some((name) => name.endsWith(part)),
        part,
      ).toBe(true);
    }
    const secrets = await secretsOf(berlin);
    expect(secrets.length).toBeGreaterThan(5);
    for (const secret of secrets)
      expect(all.includes(secret), `${secret.slice(0, 12)}…`).toBe(false);
    expect(all).not.toMatch(/-----BEGIN|LS0tLS1CRUdJTi/);
    expect(all).toContain('*** (');
  });
});

/** All that is secret in the cluster and in who asks, as it is and in base64. */
async function secretsOf({ kube }: Candidate): Promise<string[]> {
  const list = JSON.parse(await kube.kubectl('get secrets -A -o json'.split(' '))) as {
    items: { data?: Record<string, string> }[];
  };
  const entries = list.items.flatMap(({ data = {} }) => Object.entries(data));
  // The id of the agent's latest key is the hash of a public one, and the name of an intent.
  const decoded = entries
    .filter(([key]) => key !== 'latest')
    .map(([, it]) => Buffer.from(it, 'base64').toString('utf8'));
  const kubeconfig = await readFile(kube.kubeconfig, 'utf8');
  const keys = [...kubeconfig.matchAll(/(?:token|-data): (\S{20,})/g)].map(([, it]) => it ?? '');
  return [...entries.map(([, it]) => it), ...decoded, ...keys, world.sessionToken].filter(
    (it) => it.length > 12,
  );
}

describe('completion', () => {
  it('knows commands, options, nouns and names in a real bash', async () => {
    const bin = join(home, 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(
      join(bin, 'isthmus'),
      `#!/bin/sh\nexec "${process.execPath}" "${binary}" "$@"\n`,
      {
        mode: 0o755,
      },
    );
    const script = `
      eval "$(isthmus completion bash)"
      complete -p isthmus
      try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _isthmus; echo "$(IFS=,; echo "\${COMPREPLY[*]}")"; }
      try isthmus roll
      try isthmus rollout pa
      try isthmus get export
      try isthmus describe cluster ''
      try isthmus get clusters --ou
      try isthmus profile use ''`;
    const { stdout } = await execute('bash', ['-c', script], {
      env: { PATH: `${bin}:${process.env.PATH}`, HOME: home, XDG_CONFIG_HOME: home },
    });
    expect(stdout.trim().split('\n')).toEqual([
      'complete -o bashdefault -o default -F _isthmus isthmus',
      'rollout',
      'pause',
      'export-policies',
      'berlin',
      '--output',
      'default',
    ]);
    expect(await ok('completion zsh')).toMatch(/^#compdef isthmus/);
  });
});

describe('the package', () => {
  it('installs without this repository, and without any other package', async () => {
    const folder = dirname(dirname(binary));
    const place = join(home, 'package');
    await mkdir(place);
    const offline = ['--offline', '--no-audit', '--no-fund', '--loglevel=error'];
    await execute('npm', ['pack', '--pack-destination', place, ...offline], { cwd: folder });
    const [archive = ''] = await readdir(place);
    await execute('npm', [
      'install',
      '--global',
      '--prefix',
      place,
      join(place, archive),
      ...offline,
    ]);
    const installed = join(place, 'bin/isthmus');
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const env = { PATH: process.env.PATH ?? '', HOME: home, XDG_CONFIG_HOME: home };
    expect((await execute(installed, ['version'], { env })).stdout).toBe(`isthmus ${version}\n`);
    const { stdout } = await execute(installed, ['get', 'clusters', '-o', 'name'], { env });
    expect(stdout).toBe('clusters/berlin\n');
    // What is loaded when it is asked for comes with it.
    const report = [
      'bug-report',
      '-o',
      join(place, 'a.tgz'),
      '--kubeconfig',
      berlin.kube.kubeconfig,
    ];
    await execute(installed, report, { env });
    expect((await stat(join(place, 'a.tgz'))).size).toBeGreaterThan(1000);
    await rm(place, { recursive: true });
  });
});
