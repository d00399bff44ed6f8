import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Tools } from '@isthmus/clusters';

const sources = join(import.meta.dirname, '../../../../infra/local/charts');

/**
 * Packages the stand-ins for Istio's charts under a version, with Istio's real CRDs.
 * @returns the SHA-256 of each archive, by chart.
 */
export async function packageCharts(
  tools: Tools,
  folder: string,
  version: string,
): Promise<{ base: string; istiod: string }> {
  const copy = join(folder, `sources-${version}`);
  await cp(sources, copy, { recursive: true });
  await mkdir(join(copy, 'base/files'), { recursive: true });
  const crds = await readFile(tools.crds.istio, 'utf8');
  await writeFile(join(copy, 'base/files/crd-all.gen.yaml'), crds);
  const digests = { base: '', istiod: '' };
  for (const chart of ['base', 'istiod'] as const) {
    await promisify(execFile)(tools.helm, [
      ...['package', join(copy, chart), '--destination', folder],
      ...['--version', version, '--app-version', version],
    ]);
    const archive = await readFile(join(folder, `${chart}-${version}.tgz`));
    digests[chart] = createHash('sha256').update(archive).digest('hex');
  }
  return digests;
}
