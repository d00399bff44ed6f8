import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTools, type KubeCluster, startCluster } from '@isthmus/clusters';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { charts, dryRun, helm } from './chart-trial.js';

const chart = charts.agent;
const namespace = 'isthmus-system';

describe("the agent's chart on a real API server", () => {
  let folder: string;
  let cluster: KubeCluster;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-agent-chart-'));
    const tools = await ensureTools({ log: () => undefined });
    cluster = await startCluster({ name: 'agent-chart', dir: join(folder, 'cluster'), tools });
    for (const name of [namespace, 'istio-system', 'mesh'])
      await cluster.kubectl(['create', 'namespace', name]);
    await cluster.kubectl([
      ...['label', 'namespace', namespace],
      'pod-security.kubernetes.io/enforce=restricted',
    ]);
  }, 1_200_000);

  afterAll(async () => {
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    [
      'everything with a volume',
      [
        ...['--set', 'hub.address=hub.example.com:443,joinToken=token,istioNamespace=mesh'],
        ...['--set', 'persistence.enabled=true,persistence.storageClass=fast,live.enabled=true'],
        ...['--set', 'istio.manage=true,networkPolicy.apiServer.cidrs={192.0.2.0/24}'],
      ],
    ],
    [
      'one behind a proxy, with authorities and volumes of its own, that leaves nothing',
      [
        ...['--set', 'hub.address=hub.example.com:443,uninstall.mode=clean'],
        ...['--set', 'proxy.url=http://proxy.example.com:3128,proxy.existingSecret=proxy'],
        ...['--set', 'proxy.noProxy={example.org},networkPolicy.proxyCidrs={192.0.2.8/32}'],
        ...['--set', 'extraAuthorities.configMap=our-ca,uninstall.takeAuthority=true'],
        ...['--set-json', 'extraVolumes=[{"name":"charts","configMap":{"name":"charts"}}]'],
        ...['--set-json', 'extraVolumeMounts=[{"name":"charts","mountPath":"/charts"}]'],
      ],
    ],
    [
      'one that upgrades itself',
      [
        '--set',
        'hub.address=hub.example.com:443,existingSecret=token,selfUpgrade.enabled=true,replicas=2',
      ],
    ],
  ])('takes every object of %s', async (_title, values) => {
    const objects = await helm('template', 'agent', chart, '--namespace', namespace, ...values);
    const { rendered, taken } = await dryRun(cluster, objects);
    expect(taken).toBe(rendered);
  });
});
