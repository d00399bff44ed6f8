import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureKwok, ensureTools, type KubeCluster, startCluster } from './index.js';

const buildTimeoutMs = 1_800_000;
let dir: string;
let cluster: KubeCluster;

beforeAll(async () => {
  const tools = await ensureTools();
  await ensureKwok();
  dir = await mkdtemp(join(tmpdir(), 'isthmus-nodes-'));
  const nodeLabels = { disk: 'fast' };
  cluster = await startCluster({ name: 'east', dir, tools, nodes: 2, nodeLabels, crds: false });
}, buildTimeoutMs);

afterAll(async () => {
  await cluster?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Asks every 100 ms until the answer is that. @throws Error after 20 s */
async function becomes(args: string[], wanted: string | RegExp): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const answer = await cluster.kubectl(args);
    if (typeof wanted === 'string' ? answer === wanted : wanted.test(answer)) return;
    if (Date.now() > deadline) throw new Error(`after 20 s it is ${JSON.stringify(answer)}`);
    await sleep(100);
  }
}

const field = (path: string) => `-o=jsonpath={${path}}`;

function deployment(name: string, replicas: number, nodeSelector = {}): string {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { nodeSelector, containers: [{ name: 'app', image: 'app' }] },
      },
    },
  });
}

test('nodes have room, and their labels', async () => {
  const nodes = await cluster.kubectl([
    'get',
    'nodes',
    '-l=disk=fast',
    '-o=custom-columns=:.metadata.name,:.status.allocatable.cpu,:.spec.taints',
    '--no-headers',
  ]);
  expect(nodes.replaceAll(/ +/g, ' ')).toBe('node-1 8 <none>\nnode-2 8 <none>\n');
});

test('a Deployment rolls out, has endpoints, and rolls again', async () => {
  await cluster.kubectl(['apply', '-f', '-'], { input: deployment('web', 3, { disk: 'fast' }) });
  await cluster.kubectl(['create', 'service', 'clusterip', 'web', '--tcp=80:8080']);
  await cluster.kubectl([
    'create',
    'poddisruptionbudget',
    'web',
    '--selector=app=web',
    '--min-available=2',
  ]);
  await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=20s']);
  await becomes(
    [
      'get',
      'endpointslices',
      '-l=kubernetes.io/service-name=web',
      field('.items[*].endpoints[*].conditions.ready'),
    ],
    'true true true',
  );
  await becomes(['get', 'poddisruptionbudget', 'web', field('.status.disruptionsAllowed')], '1');
  const pods = ['get', 'pods', '-l=app=web'];
  const before = await cluster.kubectl([...pods, '-o=name']);
  const nodes = await cluster.kubectl([...pods, field('.items[*].spec.nodeName')]);
  expect([...new Set(nodes.split(' '))].sort()).toEqual(['node-1', 'node-2']);

  await cluster.kubectl(['rollout', 'restart', 'deployment/web']);
  await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=20s']);
  await becomes([...pods, field('.items[*].status.phase')], 'Running Running Running');
  const after = await cluster.kubectl([...pods, '-o=name']);
  expect(after.split('\n').filter((name) => name && before.includes(name))).toEqual([]);
}, 60_000);

test('a Pod that no node fits waits, says why, and runs as soon as one does', async () => {
  await cluster.kubectl(['apply', '-f', '-'], { input: deployment('picky', 1, { disk: 'slow' }) });
  const pod = ['get', 'pods', '-l=app=picky'];
  await becomes(
    [...pod, field('.items[*].status.conditions[*].message')],
    /0\/2 nodes are available/,
  );
  expect(await cluster.kubectl([...pod, field('.items[*].status.phase')])).toBe('Pending');
  await cluster.kubectl(['label', 'node', 'node-2', 'disk=slow', '--overwrite']);
  await becomes([...pod, field('.items[*].spec.nodeName')], 'node-2');
  await cluster.kubectl(['rollout', 'status', 'deployment/picky', '--timeout=20s']);
}, 60_000);

test('goes on after the API server was killed', async () => {
  await cluster.kill();
  await cluster.restart();
  await cluster.kubectl(['apply', '-f', '-'], { input: deployment('late', 1) });
  await cluster.kubectl(['rollout', 'status', 'deployment/late', '--timeout=30s']);
}, 90_000);
