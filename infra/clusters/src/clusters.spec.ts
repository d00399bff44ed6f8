import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CommandError, ensureTools, type KubeCluster, startCluster } from './index.js';

const buildTimeoutMs = 1_800_000;
let dir: string;
let cluster: KubeCluster;

beforeAll(async () => {
  const tools = await ensureTools();
  dir = await mkdtemp(join(tmpdir(), 'isthmus-clusters-'));
  cluster = await startCluster({ name: 'east', dir, tools, serviceCidr: '10.111.0.0/16' });
}, buildTimeoutMs);

afterAll(async () => {
  await cluster?.stop();
  await rm(dir, { recursive: true, force: true });
});

interface EndpointSlice {
  endpoints: { addresses: string[]; conditions: { ready?: boolean } }[] | null;
}

/** Asks every 100 ms until the answer is not empty. @throws Error after 20 s */
async function eventually(ask: () => Promise<string>): Promise<string> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer !== '') return answer;
    await sleep(100);
  }
  throw new Error('still nothing after 20 s');
}

test('a Service and a ready Pod become an EndpointSlice', async () => {
  await cluster.kubectl(['apply', '-f', '-'], {
    input: `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: payments, namespace: shop}
spec:
  selector: {app: payments}
  ports: [{name: http, port: 80, targetPort: 8080}]
`,
  });
  // The controller manager makes the namespace's service account a moment later; Pods are refused until then.
  await eventually(() =>
    cluster.kubectl(['-n', 'shop', 'get', 'serviceaccount', 'default', '--ignore-not-found']),
  );
  await cluster.kubectl(['apply', '-f', '-'], {
    input: `
apiVersion: v1
kind: Node
metadata: {name: node-1, labels: {topology.kubernetes.io/zone: eu-1a}}
---
apiVersion: v1
kind: Pod
metadata: {name: payments-0, namespace: shop, labels: {app: payments}}
spec:
  nodeName: node-1 # the controller leaves out Pods whose Node is not there
  containers: [{name: app, image: none, ports: [{containerPort: 8080}]}]
`,
  });
  const status = {
    podIP: '10.1.2.3',
    podIPs: [{ ip: '10.1.2.3' }],
    conditions: [{ type: 'Ready', status: 'True' }],
  };
  const patch = JSON.stringify({ status: { phase: 'Running', ...status } });
  await cluster.kubectl([
    '-n',
    'shop',
    'patch',
    'pod',
    'payments-0',
    '--subresource=status',
    '-p',
    patch,
  ]);

  const readyAddresses = async () => {
    const slices = [
      '-n',
      'shop',
      'get',
      'endpointslices',
      '-l',
      'kubernetes.io/service-name=payments',
      '-o',
      'json',
    ];
    const { items } = JSON.parse(await cluster.kubectl(slices)) as { items: EndpointSlice[] };
    const endpoints = items.flatMap((slice) => slice.endpoints ?? []);
    return endpoints
      .filter(({ conditions }) => conditions.ready)
      .flatMap(({ addresses }) => addresses);
  };
  expect(await eventually(async () => (await readyAddresses()).join(' '))).toBe('10.1.2.3');
  expect(
    await cluster.kubectl([
      '-n',
      'shop',
      'get',
      'service',
      'payments',
      '-o=jsonpath={.spec.clusterIP}',
    ]),
  ).toMatch(/^10\.111\./);
}, 60_000);

test("what Istio's schema refuses comes back in the server's words", async () => {
  const workloadEntry = (spec: string) =>
    cluster.kubectl(['apply', '-f', '-'], {
      input: `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: remote, namespace: default}
spec: ${spec}
`,
    });
  await workloadEntry('{network: west, weight: 2, labels: {app: payments}}');
  const refusal = await workloadEntry('{labels: {app: payments}}').catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(CommandError);
  expect(String(refusal)).toContain('Address is required');
}, 30_000);

test('service account tokens are issued, and authorization is real', async () => {
  const token = (await cluster.kubectl(['create', 'token', 'default'])).trim();
  const who = [
    '--token',
    token,
    '--server',
    cluster.server,
    'auth',
    'whoami',
    '-o=jsonpath={.status.userInfo.username}',
  ];
  expect(await cluster.kubectl(who)).toBe('system:serviceaccount:default:default');
  await expect(cluster.kubectl(['--token', token, 'get', 'secrets'])).rejects.toThrow(/forbidden/);
}, 30_000);

test('a killed API server comes back with its objects', async () => {
  const before = await cluster.kubectl([
    'get',
    'namespace',
    'default',
    '-o=jsonpath={.metadata.uid}',
  ]);
  await cluster.kill();
  await expect(cluster.kubectl(['get', 'namespaces'])).rejects.toThrow(CommandError);
  await cluster.restart();
  expect(
    await cluster.kubectl(['get', 'namespace', 'default', '-o=jsonpath={.metadata.uid}']),
  ).toBe(before);
}, 180_000);

test('helm talks to it', async () => {
  expect(JSON.parse(await cluster.helm(['list', '-A', '-o', 'json']))).toEqual([]);
}, 60_000);
