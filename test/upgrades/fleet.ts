import { join } from 'node:path';
import {
  applyObjects,
  ensureNamespace,
  eventually,
  type IstioStandIn,
  type Member,
  startIstioStandIn,
} from '@isthmus/local';
import { startTestWorld } from '../world.js';
import { type ChartFolder, packageCharts } from './charts.js';
import { istioState } from './cluster.js';

/** Clusters that somebody has installed Istio in by Helm, without and with a revision, and that have joined. */
export interface Fleet {
  readonly world: Awaited<ReturnType<typeof startTestWorld>>;
  readonly members: readonly Member[];
  /** Of four minor versions, one after the other; clusters have the first. */
  readonly versions: readonly [string, string, string, string];
  readonly charts: ChartFolder;
  stop(): Promise<void>;
}

/** Their rings are waves, one cluster, two and three; in `five` nodes lack the label that all others have. */
const clusters = [
  { name: 'one', ring: '0' },
  { name: 'two', ring: '1' },
  { name: 'three', ring: '1' },
  { name: 'four', ring: '2' },
  { name: 'five', ring: '2' },
  { name: 'six', ring: '2' },
] as const;

/** A label of nodes, for who wants istiod on such nodes alone. */
export const nodeLabel = { tier: 'mesh' } as const;

export function revisionOf(version: string): string {
  return version.replaceAll('.', '-');
}

/** Whether a cluster's istiod was installed without a revision. */
export function isUnrevisioned({ name }: Pick<Member, 'name'>): boolean {
  return ['one', 'three', 'five'].includes(name);
}

export async function startFleet(): Promise<Fleet> {
  const world = await startTestWorld();
  const standIns: IstioStandIn[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(standIns.map((standIn) => standIn.stop()));
    await world.stop();
  };
  try {
    const versions = await newestVersions(world);
    const charts = await packageCharts(world, join(world.folder, 'charts'), versions);
    // Two at a time: as many as there are cores.
    for (let first = 0; first < clusters.length; first += 2) {
      await Promise.all(
        clusters.slice(first, first + 2).map(async ({ name, ring }, index) => {
          const number = first + index;
          const member = await world.join({
            name,
            network: `net-${name}`,
            locality: `eu/${name}`,
            serviceCidr: `10.${96 + number}.0.0/16`,
            nodes: 2,
            ...(name === 'five' ? {} : { nodeLabels: nodeLabel }),
            agentValues: ['istio.manage=true'],
            prepare: async (kube) => {
              const standIn = await startIstioStandIn(kube);
              standIns.push(standIn);
              await installIstio(kube, name, versions[0], charts, standIn);
              await installWorkloads(kube);
            },
          });
          const labels = [
            { key: 'ring', value: ring },
            { key: 'name', value: name },
          ];
          await world.api.query(
            `mutation ($input: SetClusterLabelsInput!) { setClusterLabels(input: $input) { cluster { id } } }`,
            { input: { clusterId: member.id, labels } },
          );
          await isUp(member, versions[0]);
        }),
      );
    }
    const members = clusters.map(({ name }) => {
      const member = world.members.find((it) => it.name === name);
      if (!member) throw new Error(`${name} has not joined`);
      return member;
    });
    return { world, members, versions, charts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Of each minor version the one over which upgrades lead: the newest, of those that somebody verified where there are. */
async function newestVersions({ api }: Fleet['world']): Promise<Fleet['versions']> {
  const { istioVersions } = await api.query<{
    istioVersions: { minor: string; version: string; isVerified: boolean }[];
  }>(`{ istioVersions { minor version isVerified } }`);
  // The newest come first.
  const minors = new Map<string, string>();
  for (const sure of [true, false]) {
    for (const { minor, version, isVerified } of istioVersions) {
      if (isVerified === sure && !minors.has(minor)) minors.set(minor, version);
    }
  }
  const ordinal = (minor: string): number => Number(minor.split('.')[1]);
  const known = [...minors].sort(([a], [b]) => ordinal(a) - ordinal(b)).map(([, it]) => it);
  const [a, b, c, d] = known.slice(-4);
  if (!a || !b || !c || !d) throw new Error(`too few versions are known: ${known}`);
  return [a, b, c, d];
}

/** As Istio's own documents say: the charts base and istiod, and a revision tag by its values. */
async function installIstio(
  kube: Member['kube'],
  name: string,
  version: string,
  { folder }: ChartFolder,
  { injectionUrl }: IstioStandIn,
): Promise<void> {
  const install = (release: string, chart: string, ...values: string[]): Promise<string> =>
    kube.helm([
      ...['install', release, join(folder, `${chart}-${version}.tgz`)],
      ...['--namespace', 'istio-system', ...values],
    ]);
  // CRDs are there already, and become Helm's.
  await install('istio-base', 'base', '--take-ownership');
  const remote = `--set=istiodRemote.injectionURL=${injectionUrl}`;
  if (isUnrevisioned({ name })) {
    await install('istiod', 'istiod', remote, '--set=revisionTags={prod}');
    return;
  }
  const revision = revisionOf(version);
  await install(
    `istiod-${revision}`,
    'istiod',
    ...[remote, `--set=revision=${revision}`, '--set=revisionTags={prod,default}'],
  );
}

/** In `shop`, which follows a tag: a workload, an injected gateway and one of the Gateway API. In `app`, injected by default: a workload. */
async function installWorkloads(kube: Member['kube']): Promise<void> {
  await eventually('the injectors can be asked', async () => {
    const webhooks = await kube.kubectl([
      ...['get', 'mutatingwebhookconfigurations', '-l', 'istio.io/rev', '-o'],
      'jsonpath={range .items[*].webhooks[*]}{.clientConfig.caBundle}{"\\n"}{end}',
    ]);
    if (webhooks.trim() === '' || webhooks.trimEnd().split('\n').includes(''))
      throw new Error('no CA');
  });
  await ensureNamespace(kube, 'shop', { 'istio.io/rev': 'prod' });
  await ensureNamespace(kube, 'app', { 'istio-injection': 'enabled' });
  await applyObjects(kube, [
    deployment('shop', 'web', 2),
    deployment('app', 'api', 1),
    deployment('shop', 'ingress', 1, {
      annotations: { 'inject.istio.io/templates': 'gateway' },
      container: { name: 'istio-proxy', image: 'auto' },
    }),
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { namespace: 'shop', name: 'front' },
      spec: {
        gatewayClassName: 'istio',
        listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }],
      },
    },
  ]);
}

function deployment(
  namespace: string,
  name: string,
  replicas: number,
  { annotations = {}, container = { name: 'app', image: 'app' } } = {},
): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations },
        spec: { containers: [container] },
      },
    },
  };
}

/** What all proxies are, where nothing of another version is left. */
export function proxiesOn(version: string, revision = revisionOf(version)) {
  const proxy = `${revision} ${version}`;
  return {
    'app/api': [proxy],
    'shop/front-istio': [proxy],
    'shop/ingress': [proxy],
    'shop/web': [proxy, proxy],
  };
}

async function isUp(member: Member, version: string): Promise<void> {
  const wanted = proxiesOn(version, isUnrevisioned(member) ? 'default' : undefined);
  await eventually(`${member.name} has its workloads, injected`, async () => {
    const { proxies } = await istioState(member);
    if (JSON.stringify(proxies) !== JSON.stringify(wanted))
      throw new Error(JSON.stringify(proxies));
  });
}
