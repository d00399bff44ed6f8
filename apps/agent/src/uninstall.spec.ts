import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureTools } from '@isthmus/clusters';
import { type KubeletStandIn, startKubeletStandIn } from '@isthmus/local';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { everything, stored, traces, wantEverything } from './testing/everything.js';
import { eventually, type KubeJson, Lab } from './testing/lab.js';
import { ConnectProxy } from './testing/proxy.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const chart = join(root, 'infra/helm/isthmus-agent');
const run = promisify(execFile);
const repository = 'registry.example.com/isthmus/agent';
const namespace = 'isthmus-system';
const withinMs = 90_000;

let lab: Lab;
let kubelet: KubeletStandIn;
beforeAll(async () => {
  lab = await Lab.start();
  await lab.cluster.kubectl([
    ...['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted'],
  ]);
  kubelet = await startKubeletStandIn(lab.cluster, {
    ...{ namespace, labelSelector: 'app.kubernetes.io/instance=isthmus-agent', folder: lab.dir },
    images: new Map([[`${repository}:0.1.0`, {}]]),
  });
});
afterAll(async () => {
  await kubelet?.stop();
  await lab.stop();
});

/** By `helm upgrade --install`, which is how people are told to. */
async function install(...values: string[]): Promise<string> {
  return await lab.cluster.helm([
    ...['upgrade', '--install', 'isthmus-agent', chart, '-n', namespace],
    ...['--set', `hub.address=${lab.hub.address},image.repository=${repository}`],
    ...['--set', `hub.caBundle=${Buffer.from(lab.hub.authority.pem).toString('base64')}`],
    ...['--set', 'reconnect.minMs=50,reconnect.maxMs=500', ...values],
  ]);
}

/** Runs the one command of docs/agent.md that this spec is named for and that has these words. */
async function byTheGuide(words: RegExp): Promise<string> {
  const guide = await readFile(join(root, 'docs/agent.md'), 'utf8');
  const blocks = guide.matchAll(
    /```sh elsewhere="apps\/agent\/src\/uninstall.spec.ts"\n([^`]*)```/g,
  );
  const [command, ...others] = [...blocks]
    .map(([, text = '']) => text.trim())
    .filter((text) => words.test(text));
  if (!command || others.length > 0) throw new Error(`not one command has ${words}`);
  const tools = await ensureTools({ log: () => undefined });
  const { stdout } = await run('sh', ['-euc', command], {
    env: {
      ...process.env,
      ...{ CHART: chart, HOME: lab.dir, KUBECONFIG: lab.cluster.kubeconfig },
      PATH: `${dirname(tools.helm)}:${process.env.PATH}`,
    },
  });
  return stdout;
}
const uninstall = (): Promise<string> => byTheGuide(/ uninstall \S+ -n \S+$/);
const uninstallClean = (): Promise<string> => byTheGuide(/ uninstall .*--timeout/);

/** Of the chart, by its labels; what a kubelet has to end first is waited for. */
async function chartsObjects(): Promise<string[]> {
  const kinds =
    'all,sa,role,rolebinding,clusterrole,clusterrolebinding,networkpolicy,pdb,job,pvc,secret,cm';
  const text = await lab.cluster.kubectl([
    ...['get', kinds, '-A', '-l', 'app.kubernetes.io/instance=isthmus-agent', '-o', 'json'],
  ]);
  const { items } = JSON.parse(text) as { items: KubeJson[] };
  return items.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

/** What people care about, and no times. */
function contentOf({ metadata, spec, data, status }: KubeJson): object {
  const { labels, annotations, uid } = metadata;
  return { labels, annotations, uid, spec, data, status };
}

async function untilReady(): Promise<void> {
  await eventually(async () => {
    const deployment = await lab.get('deployment', namespace, 'isthmus-agent');
    const { readyReplicas, updatedReplicas, replicas } = (deployment?.status ?? {}) as Record<
      string,
      number
    >;
    if (readyReplicas === 1 && updatedReplicas === 1 && replicas === 1) return true;
    throw new Error(JSON.stringify(deployment?.status));
  }, withinMs);
}

const leftByAnyMode = ['Secret istio-system/cacerts'];
const identity = [
  'Lease isthmus-system/isthmus-agent',
  'Secret isthmus-system/isthmus-agent-identity',
  'Secret isthmus-system/isthmus-signing-key',
];

it('leaves a cluster that works, unless it is told otherwise, and goes on when it comes back', async () => {
  await install('--set', 'joinToken=token-1');
  await wantEverything(lab);
  await untilReady();
  const before = await traces(lab);
  await uninstall();
  await eventually(async () => (await chartsObjects()).length === 0, withinMs);

  const after = await traces(lab);
  const names = [...after.keys()].sort();
  expect(names.map((name) => name.replace(/(WorkloadEntry demo\/).*/, '$1'))).toEqual(
    [...everything, ...identity].sort(),
  );
  for (const [name, object] of after) {
    const was = before.get(name);
    // The Lease has been let go of.
    if (object.kind !== 'Lease') expect(contentOf(object), name).toEqual(was && contentOf(was));
  }

  // Without a token: the identity is there. The Lease is free when its time is over: the right to let go of it went.
  const { connections } = lab.hub;
  await install();
  await eventually(() => lab.hub.connections > connections, withinMs);
  await untilReady();
  await stored(lab);
  expect(lab.hub.withdrawn).toEqual([]);
  expect(lab.hub.streams.most).toBe(1);
  const again = await traces(lab);
  for (const [name, object] of after) {
    if (object.kind !== 'Lease')
      expect(again.get(name)?.metadata.uid, name).toBe(object.metadata.uid);
  }
}, 300_000);

it('refuses to clean a member, cleans one that was removed, and leaves what is documented', async () => {
  await byTheGuide(/uninstall.mode=clean/);
  await untilReady();
  // The rights of the Job are there when it runs, and not before.
  expect((await chartsObjects()).filter((name) => name.includes('clean'))).toEqual([]);
  const before = await traces(lab);

  await expect(uninstallClean()).rejects.toThrow('isthmus-agent-clean');
  const [job] = await lab.list('jobs', namespace);
  expect(job?.metadata.name).toBe('isthmus-agent-clean');
  const pods = async (): Promise<KubeJson[]> =>
    (await lab.list('pods', namespace)).filter(({ metadata }) =>
      metadata.name.startsWith('isthmus-agent-clean'),
    );
  const [refused] = await pods();
  const states = (refused?.status ?? {}) as {
    containerStatuses?: { state: { terminated?: { message: string } } }[];
  };
  expect(states.containerStatuses?.[0]?.state.terminated?.message).toContain(
    'remove it in the console, and uninstall again',
  );
  expect([...(await traces(lab)).keys()].sort()).toEqual([...before.keys()].sort());
  await untilReady();

  // It has begun to go, and so takes no other values.
  await expect(byTheGuide(/uninstall.mode=clean/)).rejects.toThrow('has no deployed releases');

  lab.hub.isRemoved = true;
  await uninstallClean();
  expect([...(await traces(lab)).keys()].sort()).toEqual(leftByAnyMode);
  await eventually(async () => (await chartsObjects()).length === 0, withinMs);
  // What was there before the release is as it was.
  const rule = await lab.get('destinationrules', 'demo', 'web');
  expect(rule?.spec).toEqual({ host: 'web' });
  expect(await lab.get('serviceexport', 'demo', 'web')).toBeDefined();
}, 300_000);

it('goes without its hook where that cannot be done', async () => {
  lab.hub.isRemoved = false;
  lab.hub.tokens.add('token-2');
  await install('--set', 'uninstall.mode=clean,joinToken=token-2');
  await untilReady();
  await expect(uninstallClean()).rejects.toThrow('isthmus-agent-clean');
  await byTheGuide(/--no-hooks/);
  await eventually(
    async () => (await chartsObjects()).every((name) => name.includes('-clean')),
    withinMs,
  );
  const left = [...(await traces(lab)).keys()];
  for (const name of identity) expect(left).toContain(name);
  // Installed again it is as ever.
  await install();
  await untilReady();
}, 300_000);

it('goes through the proxy that its values name, from joining to cleaning', async () => {
  const { hub } = lab;
  // No name that anybody resolves.
  const address = `hub.invalid:${hub.port}`;
  const proxy = await ConnectProxy.start('agent:p@ss', new Map([[address, () => hub.port]]));
  await lab.cluster.kubectl([
    ...['create', 'secret', 'generic', 'proxy', '-n', namespace, `--from-literal=url=${proxy.url}`],
  ]);
  const { connections } = hub;
  await install(
    ...['--set', `hub.address=${address},uninstall.mode=clean`],
    ...['--set', `proxy.url=http://127.0.0.1:${proxy.port},proxy.existingSecret=proxy`],
  );
  // The one before goes when this one has proved itself, by the same way.
  await untilReady();
  await eventually(() => hub.connections > connections && hub.streams.open === 1, withinMs);
  expect(proxy.tunnels).toBeGreaterThan(0);
  hub.isRemoved = true;
  const asked = proxy.asked.length;
  await uninstallClean();
  expect(proxy.asked.slice(asked)).toContain(`${address} 200`);
  expect(new Set(proxy.asked)).toEqual(new Set([`${address} 200`]));
  expect([...(await traces(lab)).keys()]).toEqual(leftByAnyMode);
  await proxy.stop();
}, 300_000);
