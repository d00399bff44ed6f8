import { createHash, webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { type ChartPackage, ensureTools, packageCharts } from '@isthmus/clusters';
import { PemConverter } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestAuthority } from '../../testing/hub.js';
import { ChartStore } from './charts.js';
import { Helm } from './helm.js';

let dir: string;
let helm: Helm;
let packages: ChartPackage[];
let registry: Server;
/** Of every request that the registry was asked. */
const asked: string[] = [];
const before = process.env.SSL_CERT_FILE;

const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const sha256Of = (chart: string, version: string): string =>
  packages.find((it) => it.chart === chart && it.version === version)?.sha256 ?? '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'isthmus-charts-'));
  const tools = await ensureTools({ log: () => undefined });
  packages = await packageCharts({
    tools,
    sources: join(import.meta.dirname, '../../../../../infra/local/charts'),
    folder: join(dir, 'archives'),
    versions: ['1.30.2'],
    crds: ['gateways.networking.istio.io'],
  });
  registry = await startRegistry(join(dir, 'archives'));
  const { helm: path } = tools;
  helm = new Helm({ path, kubeconfig: undefined, folder: join(dir, 'helm'), timeoutMs: 30_000 });
}, 120_000);
afterAll(async () => {
  if (before === undefined) delete process.env.SSL_CERT_FILE;
  else process.env.SSL_CERT_FILE = before;
  registry?.close();
  await rm(dir, { recursive: true, force: true });
});

/**
 * What of an OCI registry a pull by Helm needs, over TLS: charts that `helm push` would have brought, as
 * archives of a folder.
 */
async function startRegistry(folder: string): Promise<Server> {
  const authority = await TestAuthority.make('registry');
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const cert = await authority.sign(keys.publicKey, 'localhost', { host: true });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  // Helm, and what it is written in, reads authorities from there.
  const roots = join(dir, 'roots.pem');
  await writeFile(roots, authority.pem);
  process.env.SSL_CERT_FILE = roots;
  const blobs = new Map<string, Buffer>();
  const add = (bytes: Buffer): { digest: string; size: number } => {
    blobs.set(digestOf(bytes), bytes);
    return { digest: digestOf(bytes), size: bytes.length };
  };
  const manifests = new Map<string, Buffer>();
  for (const { chart, version } of packages) {
    const archive = await readFile(join(folder, `${chart}-${version}.tgz`));
    const config = Buffer.from(JSON.stringify({ apiVersion: 'v2', name: chart, version }));
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', ...add(config) },
        layers: [
          { mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', ...add(archive) },
        ],
      }),
    );
    manifests.set(`${chart}/${version}`, manifest);
    manifests.set(`${chart}/${digestOf(manifest)}`, manifest);
  }
  const server = createServer(
    { key: PemConverter.encode(pkcs8, 'PRIVATE KEY'), cert },
    (request, response) => {
      const { method = '', url = '' } = request;
      asked.push(`${method} ${url}`);
      const [, chart, kind, name = ''] =
        /^\/v2\/istio\/(\w+)\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
      const body = kind === 'manifests' ? manifests.get(`${chart}/${name}`) : blobs.get(name);
      if (!body) {
        response.writeHead(404, { 'content-type': 'application/json' });
        return response.end(
          '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}',
        );
      }
      response.writeHead(200, {
        'content-type':
          kind === 'manifests'
            ? 'application/vnd.oci.image.manifest.v1+json'
            : 'application/octet-stream',
        'content-length': body.length,
        'docker-content-digest': digestOf(body),
      });
      return response.end(method === 'HEAD' ? undefined : body);
    },
  );
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return server;
}

const repository = (): string =>
  `oci://localhost:${(registry.address() as AddressInfo).port}/istio`;
const storeIn = (name: string): ChartStore => new ChartStore(helm, join(dir, name));

describe('charts of an OCI registry', { timeout: 60_000 }, () => {
  it('are pulled by the real Helm, and are those that were pinned', async () => {
    const digests = { istiod: sha256Of('istiod', '1.30.2') };
    const source = { repository: repository(), digests };
    const chart = await storeIn('pinned').chart(source, 'istiod', '1.30.2');
    expect(chart.digest).toBe(digests.istiod);
    expect(asked.filter((it) => it.startsWith('GET')).join()).toContain('/v2/istio/istiod/');
  });

  it('are not used where they are not the pinned ones', async () => {
    const source = { repository: repository(), digests: { istiod: '0'.repeat(64) } };
    await expect(storeIn('wrong').chart(source, 'istiod', '1.30.2')).rejects.toMatchObject({
      reason: 'ChartDigestMismatch',
    });
  });

  it('that are not there are told to be so', async () => {
    const source = { repository: repository(), digests: {} };
    await expect(storeIn('none').chart(source, 'istiod', '1.99.0')).rejects.toMatchObject({
      reason: 'ChartNotFound',
    });
  });

  it('are kept for when the registry is away', async () => {
    const source = { repository: repository(), digests: {} };
    const store = storeIn('kept');
    const first = await store.chart(source, 'base', '1.30.2');
    expect(first.digest).toBe(sha256Of('base', '1.30.2'));
    registry.close();
    registry.closeAllConnections();
    expect(await store.chart(source, 'base', '1.30.2')).toEqual(first);
    await expect(storeIn('empty').chart(source, 'base', '1.30.2')).rejects.toMatchObject({
      reason: 'ChartUnavailable',
      transient: true,
    });
  });
});
