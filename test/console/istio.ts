import { join } from 'node:path';
import {
  applyObjects,
  ensureNamespace,
  eventually,
  type Member,
  startIstioStandIn,
} from '@isthmus/local';
import { type ChartFolder, chartFolder } from '../upgrades/charts.js';
import { istioState } from '../upgrades/cluster.js';
import {
  deployment,
  injectorsAreReady,
  installIstio,
  newestOfMinors,
  revisionOf,
} from '../upgrades/istio.js';
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
    // Of the last two minor versions.
    const known = await newestOfMinors(world.api);
    const [first, second] = known.slice(-2);
    if (!first || !second) throw new Error(`too few versions are known: ${known}`);
    const versions = [first, second] as const;
    const charts = await chartFolder(world, join(world.folder, 'charts'), versions);
    const member = await world.join({
      name: 'harbour',
      network: 'harbour',
      locality: 'eu-north-1/a',
      nodes: 1,
      agentValues: ['istio.manage=true'],
      prepare: async (kube) => {
        const standIn = await startIstioStandIn(kube);
        stops.push(() => standIn.stop());
        await installIstio(kube, charts, versions[0], istiodOf(versions[0], standIn.injectionUrl));
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

/** With a revision, and revision tags by its values. */
function istiodOf(version: string, injectionUrl: string) {
  const revision = revisionOf(version);
  return {
    release: `istiod-${revision}`,
    values: [
      `revision=${revision}`,
      'revisionTags={prod,default}',
      `istiodRemote.injectionURL=${injectionUrl}`,
    ],
  };
}

async function installWorkloads(kube: Member['kube']): Promise<void> {
  await injectorsAreReady(kube);
  await ensureNamespace(kube, 'shop', { 'istio.io/rev': 'prod' });
  await ensureNamespace(kube, 'app', { 'istio-injection': 'enabled' });
  await applyObjects(
    kube,
    workloads.map(([namespace, name, replicas]) => deployment(namespace, name, replicas)),
  );
}
