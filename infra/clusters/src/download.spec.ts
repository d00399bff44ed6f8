import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type DownloadSites,
  downloadControlPlane,
  downloadHelm,
  officialPlatform,
} from './download.js';
import { etcdVersion, helmVersion, kubernetesVersion } from './versions.js';

const platform = officialPlatform();
const log = () => undefined;
let dir: string;
let server: Server;
let sites: DownloadSites;

/** A site laid out as the official ones are. */
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'isthmus-download-'));
  server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(dir, 'site', request.url ?? '')));
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  sites = { kubernetes: `${base}/k8s`, etcd: `${base}/etcd`, helm: `${base}/helm` };
  for (const program of ['kube-apiserver', 'kube-controller-manager', 'kubectl']) {
    const path = `k8s/${kubernetesVersion}/bin/${platform?.replace('-', '/')}/${program}`;
    publish(`${path}.sha256`, sha256(publish(path, `${program} itself`)));
  }
  const etcd = `etcd-${etcdVersion}-${platform}`;
  const sum = sha256(archive(`etcd/${etcdVersion}/${etcd}.tar.gz`, etcd, 'etcd'));
  publish(
    `etcd/${etcdVersion}/SHA256SUMS`,
    `${'0'.repeat(64)}  another.zip\n${sum}  ${etcd}.tar.gz\n`,
  );
  const helm = `helm-${helmVersion}-${platform}.tar.gz`;
  publish(
    `helm/${helm}.sha256sum`,
    `${sha256(archive(`helm/${helm}`, platform ?? '', 'helm'))}  ${helm}\n`,
  );
  mkdirSync(join(dir, 'tools'));
});

afterEach(async () => {
  server.close();
  await rm(dir, { recursive: true, force: true });
});

function publish(path: string, content: string | Buffer): string | Buffer {
  mkdirSync(dirname(join(dir, 'site', path)), { recursive: true });
  writeFileSync(join(dir, 'site', path), content);
  return content;
}

function archive(path: string, top: string, program: string): string | Buffer {
  mkdirSync(join(dir, top), { recursive: true });
  writeFileSync(join(dir, top, program), `${program} itself`, { mode: 0o755 });
  return publish(path, execFileSync('tar', ['-czf', '-', '-C', dir, top]));
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

test.runIf(platform)('official binaries are verified and executable', async () => {
  const tools = join(dir, 'tools');
  await downloadControlPlane(tools, log, sites);
  await downloadHelm(tools, log, sites);
  const names = ['etcd', 'helm', 'kube-apiserver', 'kube-controller-manager', 'kubectl'];
  expect((await readdir(tools)).sort()).toEqual(names);
  for (const name of names) {
    expect(readFileSync(join(tools, name), 'utf8')).toBe(`${name} itself`);
    expect((await stat(join(tools, name))).mode & 0o111).toBe(0o111);
  }
});

test.runIf(platform)('a binary that is not what its checksum says is refused', async () => {
  publish(`k8s/${kubernetesVersion}/bin/${platform?.replace('-', '/')}/kubectl`, 'something else');
  await expect(downloadControlPlane(join(dir, 'tools'), log, sites)).rejects.toThrow(
    /kubectl: SHA-256 is/,
  );
});
