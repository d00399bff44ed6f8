import { join } from 'node:path';
import { type ChartPackage, packageCharts } from '@isthmus/clusters';
import type { World } from '@isthmus/local';

const sources = join(import.meta.dirname, '../../infra/local/charts');

/** A folder with the stand-ins for Istio's charts, as somebody keeps them for clusters without a way out. */
export interface ChartFolder {
  readonly folder: string;
  readonly digests: readonly ChartPackage[];
}

/** Enough to see that CRDs come first. */
const crds = ['gateways.networking.istio.io', 'sidecars.networking.istio.io'];

/** The stand-ins under each version, with some of Istio's real CRDs. */
export async function chartFolder(
  { tools }: World,
  folder: string,
  versions: readonly string[],
): Promise<ChartFolder> {
  const digests = await packageCharts({ tools, sources, folder, versions, crds });
  return { folder, digests };
}
