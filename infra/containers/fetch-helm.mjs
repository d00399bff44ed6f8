// Downloads the helm binary of an image, and takes it only if it is what it should be:
//   node infra/containers/fetch-helm.mjs <site> <version> <architecture> <sha256> <file>
// The architecture as Docker has it (amd64, arm64); the sum is that of the archive, as get.helm.sh publishes it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const patienceMs = 300_000;
const largest = 256 * 1024 * 1024;

const [site, version, architecture, sha256, file] = process.argv.slice(2);
if (!/^[0-9a-f]{64}$/.test(sha256 ?? '') || !file)
  fail('usage: fetch-helm.mjs <site> <version> <architecture> <sha256> <file>');

const url = `${site}/helm-${version}-linux-${architecture}.tar.gz`;
const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
if (!response.ok) fail(`${url}: HTTP ${response.status}`);
const archive = Buffer.from(await response.arrayBuffer());
const actual = createHash('sha256').update(archive).digest('hex');
if (actual !== sha256) fail(`${url}: SHA-256 is ${actual}, and should be ${sha256}`);
const member = `linux-${architecture}/helm`;
const binary = execFileSync('tar', ['-xzOf', '-', member], { input: archive, maxBuffer: largest });
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, binary, { mode: 0o755 });

function fail(message) {
  process.stderr.write(`fetch-helm: ${message}\n`);
  process.exit(1);
}
