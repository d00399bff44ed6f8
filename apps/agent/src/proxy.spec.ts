import { createPrivateKey, webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureTools } from '@isthmus/clusters';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HubIdentityApi } from './identity/hub-identity.js';
import { proxyFor } from './identity/proxy.js';
import { ChartStore } from './istio/steward/charts.js';
import { Helm } from './istio/steward/helm.js';
import { TestAuthority } from './testing/hub.js';
import { eventually, Lab } from './testing/lab.js';
import { ConnectProxy } from './testing/proxy.js';
import { settingsOf } from './testing/samples.js';

describe('the way to a host', () => {
  it.each([
    [{ https_proxy: 'http://proxy.example.com' }, { host: 'proxy.example.com', port: 80 }],
    [{ https_proxy: 'http://[2001:db8::1]:3128/' }, { host: '2001:db8::1', port: 3128 }],
    [{ https_proxy: 'http://me:p%40ss@p:1' }, { credentials: 'me:p@ss' }],
    [{ https_proxy: 'http://me@p:1' }, { credentials: 'me' }],
    [{ grpc_proxy: 'http://first:1', https_proxy: 'http://second:1' }, { host: 'first' }],
    [{ https_proxy: 'http://p:1', no_proxy: 'example.org,10.0.0.0/8' }, { host: 'p' }],
  ])('is %o', (env, proxy) => {
    expect(proxyFor('hub.example.com', env)).toMatchObject(proxy);
  });

  it.each([
    ['hub.example.com', 'example.org,example.com'],
    ['10.1.2.3', '10.0.0.0/8'],
    ['10.1.2.3', '10.1.2.3'],
  ])('to %s is direct with no_proxy=%s', (host, no_proxy) => {
    expect(proxyFor(host, { https_proxy: 'http://p:1', no_proxy })).toBeUndefined();
  });

  it.each(['https://p:1', 'p:3128', 'socks5://p:1'])('is not %s, which gRPC passes by', (url) => {
    expect(() => proxyFor('hub', { https_proxy: url })).toThrow('must be http://host:port');
  });
});

/** Serves the charts of a folder over HTTPS, as a host that its authority signed for. */
async function serveCharts(folder: string, authority: TestAuthority): Promise<Server> {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const cert = await authority.sign(keys.publicKey, 'charts', { host: true });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const pem = key.export({ format: 'pem', type: 'pkcs8' });
  const server = createServer({ key: pem, cert }, ({ url = '/' }, response) => {
    readFile(join(folder, basename(url))).then(
      (content) => response.end(content),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('Helm behind a proxy', () => {
  let dir: string;
  let helm: Helm;
  const saved = { ...process.env };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'isthmus-proxy-'));
    const tools = await ensureTools({ log: () => undefined });
    const folder = join(dir, 'home');
    helm = new Helm({ path: tools.helm, folder, timeoutMs: 30_000, kubeconfig: `${dir}/config` });
  }, 1_200_000);
  afterAll(async () => {
    process.env = saved;
    await helm.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('pulls charts through it, and trusts the authority that it was given', async () => {
    const published = join(dir, 'charts');
    const base = fileURLToPath(new URL('../../../infra/local/charts/base', import.meta.url));
    await helm.run(['package', base, '--version', '1.30.2', '--destination', published]);
    await helm.run(['repo', 'index', published]);
    const authority = await TestAuthority.make('ours');
    const server = await serveCharts(published, authority);
    const { port } = server.address() as AddressInfo;
    const address = `hub.invalid:${port}`;
    const proxy = await ConnectProxy.start('agent:secret', new Map([[address, () => port]]));
    const source = { repository: `https://${address}`, digests: {} };
    const store = new ChartStore(helm, join(dir, 'kept'));
    process.env.HTTPS_PROXY = proxy.url;
    process.env.NO_PROXY = 'example.com';

    await expect(store.chart(source, 'base', '1.30.2')).rejects.toThrow('certificate');
    const authorities = join(dir, 'authorities');
    await mkdir(authorities);
    await writeFile(join(authorities, 'ca.crt'), authority.pem);
    process.env.SSL_CERT_DIR = authorities;
    const { digest } = await store.chart(source, 'base', '1.30.2');
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(proxy.asked)).toEqual(new Set([`${address} 200`]));
    server.close();
    await proxy.stop();
  });

  it('goes to the API server directly, if it is told to', async () => {
    const proxy = await ConnectProxy.start('agent:secret', new Map());
    const cluster = { server: 'https://api.invalid:6443' };
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c' },
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      ...{ clusters: [{ name: 'c', cluster }], users: [{ name: 'u', user: {} }] },
    };
    await writeFile(join(dir, 'config'), JSON.stringify(config));
    process.env.HTTPS_PROXY = proxy.url;
    process.env.NO_PROXY = '';
    await expect(helm.run(['list'])).rejects.toThrow();
    expect(proxy.asked).toContain('api.invalid:6443 502');
    proxy.asked.length = 0;
    process.env.NO_PROXY = 'api.invalid,example.com';
    await expect(helm.run(['list'])).rejects.toThrow('api.invalid');
    expect(proxy.asked).toEqual([]);
    await proxy.stop();
  });
});

describe('behind a proxy', () => {
  let lab: Lab;
  let proxy: ConnectProxy;
  let address: string;
  const saved = { ...process.env };

  beforeAll(async () => {
    lab = await Lab.start();
    // No name that anybody resolves: there is no other way but the proxy's.
    address = `hub.invalid:${lab.hub.port}`;
    proxy = await ConnectProxy.start('agent:p@ss:word', new Map([[address, () => lab.hub.port]]));
    for (const name of ['grpc_proxy', 'http_proxy', 'no_grpc_proxy']) delete process.env[name];
    // Nobody's: what talks to the API server through it fails.
    process.env.HTTPS_PROXY = 'http://127.0.0.1:1';
  });
  afterEach(() => {
    process.env.https_proxy = proxy.url;
    process.env.no_proxy = '';
  });
  afterAll(async () => {
    process.env = saved;
    await proxy.stop();
    await lab.stop();
  });

  it('joins, stays, comes back when the proxy does, and lets a second one stand by', async () => {
    const { hub } = lab;
    process.env.https_proxy = proxy.url;
    process.env.no_proxy = 'example.com';
    hub.put('ClusterSettings', 'settings', settingsOf('net-a'));
    const agent = await lab.agent({ hubAddress: address });
    await eventually(async () => (await agent.ready()) === 'ok');
    expect(hub.streams).toEqual({ open: 1, most: 1 });
    expect(new Set(proxy.asked)).toEqual(new Set([`${address} 200`]));

    const standby = await lab.agent({
      ...{ hubAddress: address, podName: 'isthmus-agent-1' },
      dataDir: `${lab.dir}/data-1`,
    });
    await eventually(async () => (await standby.ready()) === 'standing by');

    const { connections } = hub;
    await proxy.stop();
    await eventually(() => hub.streams.open === 0);
    // What is wanted goes on being there, and nobody has found another way.
    expect(await agent.isReady()).toBe(true);
    await proxy.listen();
    await eventually(() => hub.connections > connections && hub.streams.open === 1);
    expect(hub.streams.most).toBe(1);
    await Promise.all([agent.stop(), standby.stop()]);
  });

  it('says what the proxy answered', async () => {
    const hub = new HubIdentityApi({
      ...{ address, hubCa: lab.hub.authority.pem, agentVersion: 'spec' },
    });
    process.env.https_proxy = `http://agent:wrong@127.0.0.1:${proxy.port}`;
    await expect(hub.reach(undefined)).rejects.toThrow(
      `the proxy 127.0.0.1:${proxy.port} answered 407`,
    );
    process.env.https_proxy = `http://127.0.0.1:${lab.hub.port}`;
    await expect(hub.reach(undefined)).rejects.toThrow('cannot be used');
    process.env.no_proxy = 'hub.invalid';
    await expect(hub.reach(undefined)).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
  });
});
