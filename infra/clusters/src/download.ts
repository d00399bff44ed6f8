import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { run } from './command.js';
import { type Log, withProgress } from './log.js';
import { etcdVersion, helmVersion, kubernetesVersion } from './versions.js';

/** A checksum file is small: where it does not come at once, there is no way out to the network. */
const checksumTimeoutMs = 3_000;
const downloadTimeoutMs = 300_000;

/** Where the projects publish their binaries; another value is for tests. */
export interface DownloadSites {
  kubernetes: string;
  etcd: string;
  helm: string;
}

const officialSites: DownloadSites = {
  kubernetes: 'https://dl.k8s.io/release',
  etcd: 'https://github.com/etcd-io/etcd/releases/download',
  helm: 'https://get.helm.sh',
};

/** As the projects name it (`linux-amd64`), or undefined where Kubernetes publishes no servers. */
export function officialPlatform(): string | undefined {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
  return process.platform === 'linux' && arch ? `linux-${arch}` : undefined;
}

/**
 * Puts etcd, kube-apiserver, kube-controller-manager and kubectl into the folder.
 * @throws Error when the site is out of reach within 3 s, or a file is not what its published checksum says.
 */
export async function downloadControlPlane(
  folder: string,
  log: Log,
  sites = officialSites,
): Promise<void> {
  const platform = requirePlatform();
  const bin = `${sites.kubernetes}/${kubernetesVersion}/bin/${platform.replace('-', '/')}`;
  for (const program of ['kube-apiserver', 'kube-controller-manager', 'kubectl']) {
    const path = join(folder, program);
    await fetchVerified(`${bin}/${program}`, `${bin}/${program}.sha256`, path, log);
    await chmod(path, 0o755);
  }
  const release = `${sites.etcd}/${etcdVersion}`;
  const archive = `etcd-${etcdVersion}-${platform}.tar.gz`;
  await fetchProgram(`${release}/${archive}`, `${release}/SHA256SUMS`, folder, 'etcd', log);
}

/** Puts helm into the folder. @throws as {@link downloadControlPlane} */
export async function downloadHelm(folder: string, log: Log, sites = officialSites): Promise<void> {
  const archive = `${sites.helm}/helm-${helmVersion}-${requirePlatform()}.tar.gz`;
  await fetchProgram(archive, `${archive}.sha256sum`, folder, 'helm', log);
}

function requirePlatform(): string {
  const platform = officialPlatform();
  if (!platform) throw new Error(`no official binaries for ${process.platform} on ${process.arch}`);
  return platform;
}

/** Takes one program out of an archive that has a single folder at its top. */
async function fetchProgram(
  url: string,
  sumsUrl: string,
  folder: string,
  program: string,
  log: Log,
): Promise<void> {
  const archive = join(folder, 'archive.tar.gz');
  await fetchVerified(url, sumsUrl, archive, log);
  const top = program === 'etcd' ? `etcd-${etcdVersion}-${requirePlatform()}` : requirePlatform();
  await run(['tar', '-xzf', archive, '-C', folder, '--strip-components=1', `${top}/${program}`]);
  await rm(archive);
}

async function fetchVerified(url: string, sumsUrl: string, path: string, log: Log): Promise<void> {
  const sums = await get(sumsUrl, checksumTimeoutMs).then((response) => response.text());
  const expected = checksumFor(url.slice(url.lastIndexOf('/') + 1), sums);
  if (!expected) throw new Error(`${sumsUrl} has no SHA-256 for ${url}`);
  await withProgress(`downloading ${url}`, log, async () => {
    const { body } = await get(url, downloadTimeoutMs);
    if (!body) throw new Error(`${url}: empty answer`);
    await pipeline(Readable.fromWeb(body as ReadableStream), createWriteStream(path));
  });
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const actual = hash.digest('hex');
  if (actual !== expected)
    throw new Error(`${url}: SHA-256 is ${actual}, published is ${expected}`);
}

async function get(url: string, timeoutMs: number): Promise<Response> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return response;
}

/** Reads a file of `<hash>  <name>` lines, or of one hash alone. */
function checksumFor(name: string, sums: string): string | undefined {
  for (const line of sums.trim().split('\n')) {
    const [hash, file] = line.trim().split(/\s+\*?/);
    if (hash && /^[0-9a-f]{64}$/.test(hash) && (file === undefined || file === name)) return hash;
  }
  return undefined;
}
