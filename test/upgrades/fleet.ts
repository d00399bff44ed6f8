import { join } from 'node:path';
import {
  type ApiClient,
  applyObjects,
  ensureNamespace,
  eventually,
  type IstioStandIn,
  type Member,
  startIstioStandIn,
} from '@isthmus/local';
import { startTestWorld } from '../world.js';
import { type ChartFolder, chartFolder } from './charts.js';
import { istioState } from './cluster.js';
import {
  deployment,
  injectorsAreReady,
  installIstio,
  newestOfMinors,
  revisionOf,
} from './istio.js';

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
const all = [
  { name: 'one', ring: '0' },
  { name: 'two', ring: '1' },
  { name: 'three', ring: '1' },
  { name: 'four', ring: '2' },
  { name: 'five', ring: '2' },
  { name: 'six', ring: '2' },
] as const;

/** A label of nodes, for who wants istiod on such nodes alone. */
export const nodeLabel = { tier: 'mesh' } as const;

/** Whether a cluster's istiod was installed without a revision. */
export function isUnrevisioned({ name }: Pick<Member, 'name'>): boolean {
  return ['one', 'three', 'five'].includes(name);
}

export interface FleetOptions {
  /** Which of the clusters; all unless said. */
  readonly names?: readonly string[];
  /** Added to the environment of a cluster's agent. */
  readonly agentEnvironment?: (
    world: Fleet['world'],
    name: string,
  ) => Promise<Record<string, string>>;
}

export async function startFleet({ names, agentEnvironment }: FleetOptions = {}): Promise<Fleet> {
  const clusters = names ? all.filter(({ name }) => names.includes(name)) : all;
  const world = await startTestWorld();
  const standIns: IstioStandIn[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(standIns.map((standIn) => standIn.stop()));
    await world.stop();
  };
  try {
    // Of each minor version the one over which upgrades lead.
    const known = await newestOfMinors(world.api, true);
    const [a, b, c, d] = known.slice(-4);
    if (!a || !b || !c || !d) throw new Error(`too few versions are known: ${known}`);
    const versions = [a, b, c, d] as const;
    const charts = await chartFolder(world, join(world.folder, 'charts'), versions);
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
            ...(agentEnvironment && { agentEnvironment: await agentEnvironment(world, name) }),
            prepare: async (kube) => {
              const standIn = await startIstioStandIn(kube);
              standIns.push(standIn);
              await installIstio(kube, charts, versions[0], istiodOf(name, versions[0], standIn));
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
          await isTold(world.api, member);
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

/** Without or with a revision, and revision tags by its values. */
function istiodOf(name: string, version: string, { injectionUrl }: IstioStandIn) {
  const remote = `istiodRemote.injectionURL=${injectionUrl}`;
  if (isUnrevisioned({ name }))
    return { release: 'istiod', values: [remote, 'revisionTags={prod}'] };
  const revision = revisionOf(version);
  const values = [remote, `revision=${revision}`, 'revisionTags={prod,default}'];
  return { release: `istiod-${revision}`, values };
}

/** In `shop`, which follows a tag: a workload, an injected gateway and one of the Gateway API. In `app`, injected by default: a workload. */
async function installWorkloads(kube: Member['kube']): Promise<void> {
  await injectorsAreReady(kube);
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

/** Nobody takes over what its agent has not told of. */
async function isTold(api: ApiClient, { id, name }: Member): Promise<void> {
  await eventually(`the agent of ${name} has told of its istiod`, async () => {
    const { cluster } = await api.query<{ cluster: { istio: { revisions: object[] } | null } }>(
      'query ($id: ID!) { cluster(id: $id) { istio { revisions { name } } } }',
      { id },
    );
    if (!cluster.istio?.revisions.length) throw new Error(JSON.stringify(cluster.istio));
  });
}

async function isUp(member: Member, version: string): Promise<void> {
  const wanted = proxiesOn(version, isUnrevisioned(member) ? 'default' : undefined);
  await eventually(`${member.name} has its workloads, injected`, async () => {
    const { proxies } = await istioState(member);
    if (JSON.stringify(proxies) !== JSON.stringify(wanted))
      throw new Error(JSON.stringify(proxies));
  });
}
