import { join } from 'node:path';
import {
  applyObjects,
  ensureNamespace,
  eventually,
  type Member,
  startIstioStandIn,
} from '@isthmus/local';
import { type ChartFolder, packageCharts } from '../upgrades/charts.js';
import { istioState } from '../upgrades/cluster.js';
import { revisionOf } from '../upgrades/fleet.js';
import { startTestWorld } from '../world.js';

/** A cluster that somebody has installed Istio in by Helm, and that has joined. */
export interface Upgradable {
  readonly world: Awaited<ReturnType<typeof startTestWorld>>;
  readonly member: Member;
  /** Of two minor versions, one after the other; the cluster has the first. */
  readonly versions: readonly [string, string];
  readonly charts: ChartFolder;
  stop(): Promise<void>;
}

/** In `shop`, which follows a tag, a workload of two Pods; in `app`, injected by default, one of one. */
const workloads = [
  ['shop', 'web', 2],
  ['app', 'api', 1],
] as const;

export async function startUpgradable(): Promise<Upgradable> {
  const world = await startTestWorld();
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(stops.map((each) => each()));
    await world.stop();
  };
  try {
    const versions = await newestMinors(world);
    const charts = await packageCharts(world, join(world.folder, 'charts'), versions);
    const member = await world.join({
      name: 'harbour',
      network: 'harbour',
      locality: 'eu-north-1/a',
      nodes: 1,
      agentValues: ['istio.manage=true'],
      prepare: async (kube) => {
        const standIn = await startIstioStandIn(kube);
        stops.push(() => standIn.stop());
        await installIstio(kube, versions[0], charts, standIn.injectionUrl);
        await installWorkloads(kube);
      },
    });
    await eventually('the workloads are injected', async () => {
      const { proxies } = await istioState(member);
      if (JSON.stringify(proxies) !== JSON.stringify(proxiesOn(versions[0])))
        throw new Error(JSON.stringify(proxies));
    });
    return { world, member, versions, charts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What all proxies are, where nothing of another version is left. */
export function proxiesOn(version: string): Readonly<Record<string, readonly string[]>> {
  const proxy = `${revisionOf(version)} ${version}`;
  return { 'app/api': [proxy], 'shop/web': [proxy, proxy] };
}

/** The last two minor versions of which somebody verified a version, and the newest such of each. */
async function newestMinors({ api }: Upgradable['world']): Promise<Upgradable['versions']> {
  const { istioVersions } = await api.query<{
    istioVersions: { minor: string; version: string; isVerified: boolean }[];
  }>(`{ istioVersions { minor version isVerified } }`);
  const minors = new Map<string, string>();
  // The newest come first.
  for (const { minor, version, isVerified } of istioVersions) {
    if (isVerified && !minors.has(minor)) minors.set(minor, version);
  }
  const [second, first] = minors.values();
  if (!first || !second) throw new Error(`too few versions are known: ${[...minors.values()]}`);
  return [first, second];
}

async function installIstio(
  kube: Member['kube'],
  version: string,
  { folder }: ChartFolder,
  injectionUrl: string,
): Promise<void> {
  const revision = revisionOf(version);
  for (const [release, chart, ...values] of [
    // CRDs are there already, and become Helm's.
    ['istio-base', 'base', '--take-ownership'],
    [
      `istiod-${revision}`,
      'istiod',
      `--set=revision=${revision}`,
      '--set=revisionTags={prod,default}',
      `--set=istiodRemote.injectionURL=${injectionUrl}`,
    ],
  ] as const) {
    await kube.helm([
      ...['install', release, join(folder, `${chart}-${version}.tgz`)],
      ...['--namespace', 'istio-system', ...values],
    ]);
  }
}

async function installWorkloads(kube: Member['kube']): Promise<void> {
  await eventually('the injectors can be asked', async () => {
    const bundles = await kube.kubectl([
      ...['get', 'mutatingwebhookconfigurations', '-l', 'istio.io/rev', '-o'],
      'jsonpath={range .items[*].webhooks[*]}{.clientConfig.caBundle}{"\\n"}{end}',
    ]);
    if (bundles.trim() === '' || bundles.trimEnd().split('\n').includes(''))
      throw new Error('no CA');
  });
  await ensureNamespace(kube, 'shop', { 'istio.io/rev': 'prod' });
  await ensureNamespace(kube, 'app', { 'istio-injection': 'enabled' });
  await applyObjects(
    kube,
    workloads.map(([namespace, name, replicas]) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace, name },
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'app', image: 'app' }] },
        },
      },
    })),
  );
}
