import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { World } from '@isthmus/local';

const sources = join(import.meta.dirname, '../../infra/local/charts');

/** A folder with the stand-ins for Istio's charts, as somebody keeps them for clusters without a way out. */
export interface ChartFolder {
  readonly folder: string;
  readonly digests: readonly { chart: string; version: string; sha256: string }[];
}

/** Enough to see that CRDs come first: each takes an API server a second on a busy machine. */
const crds = ['gateways.networking.istio.io', 'sidecars.networking.istio.io'];

/** Packages them under each version, with some of Istio's real CRDs. */
export async function packageCharts(
  { tools }: World,
  folder: string,
  versions: readonly string[],
): Promise<ChartFolder> {
  const copy = join(folder, 'sources');
  await cp(sources, copy, { recursive: true });
  await mkdir(join(copy, 'base/files'), { recursive: true });
  const all = (await readFile(tools.crds.istio, 'utf8')).split('\n---\n');
  const chosen = all.filter((text) => crds.some((name) => text.includes(`\n  name: ${name}\n`)));
  if (chosen.length !== crds.length) throw new Error(`${chosen.length} CRDs of ${crds}`);
  await writeFile(join(copy, 'base/files/crd-all.gen.yaml'), chosen.join('\n---\n'));
  const digests: { chart: string; version: string; sha256: string }[] = [];
  for (const version of versions) {
    for (const chart of ['base', 'istiod']) {
      await promisify(execFile)(tools.helm, [
        ...['package', join(copy, chart), '--destination', folder],
        ...['--version', version, '--app-version', version],
      ]);
      const archive = await readFile(join(folder, `${chart}-${version}.tgz`));
      const sha256 = createHash('sha256').update(archive).digest('hex');
      digests.push({ chart, version, sha256 });
    }
  }
  return { folder, digests };
}
