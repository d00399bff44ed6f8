import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.js';
import type { Tools } from './tools.js';

export interface ChartPackages {
  readonly tools: Tools;
  /** Folder with the charts base and istiod. */
  readonly sources: string;
  /** Where the archives go. */
  readonly folder: string;
  readonly versions: readonly string[];
  /** Names of those of Istio's CRDs that base has; all unless said: each takes an API server a second on a busy machine. */
  readonly crds?: readonly string[];
}

/** The archive `<chart>-<version>.tgz`. */
export interface ChartPackage {
  readonly chart: 'base' | 'istiod';
  readonly version: string;
  readonly sha256: string;
}

const packageTimeoutMs = 60_000;

/** Packages charts for Istio under each version, with Istio's real CRDs. */
export async function packageCharts(wanted: ChartPackages): Promise<ChartPackage[]> {
  const { tools, sources, folder, versions, crds } = wanted;
  const copy = join(folder, 'sources');
  await cp(sources, copy, { recursive: true });
  await mkdir(join(copy, 'base/files'), { recursive: true });
  const all = (await readFile(tools.crds.istio, 'utf8')).split('\n---\n');
  const chosen = all.filter(
    (text) => !crds || crds.some((name) => text.includes(`\n  name: ${name}\n`)),
  );
  if (crds && chosen.length !== crds.length) throw new Error(`${chosen.length} CRDs of ${crds}`);
  await writeFile(join(copy, 'base/files/crd-all.gen.yaml'), chosen.join('\n---\n'));
  const packages: ChartPackage[] = [];
  for (const version of versions) {
    for (const chart of ['base', 'istiod'] as const) {
      await run(
        [
          tools.helm,
          ...['package', join(copy, chart), '--destination', folder],
          ...['--version', version, '--app-version', version],
        ],
        { timeoutMs: packageTimeoutMs },
      );
      const archive = await readFile(join(folder, `${chart}-${version}.tgz`));
      const sha256 = createHash('sha256').update(archive).digest('hex');
      packages.push({ chart, version, sha256 });
    }
  }
  return packages;
}
