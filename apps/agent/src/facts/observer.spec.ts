import { join } from 'node:path';
import { type ExportedServiceFact, ExportPolicyIntent, Intents } from '@isthmus/contracts';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterState } from '../cluster/state.js';
import { IntentBook, type IntentOf } from '../intents/book.js';
import { IntentDisk } from '../intents/disk.js';
import { Kube, KubeError } from '../kube/client.js';
import { eventually, Lab } from '../testing/lab.js';
import { settingsOf } from '../testing/samples.js';
import { FactBoard } from './board.js';
import { Observer } from './observer.js';

const log = pino({ level: 'silent' });

let lab: Lab;
let kube: Kube;
let cluster: ClusterState;
let book: IntentBook;
let observer: Observer;
const facts = new FactBoard();
/** Reads of Pods that fail, or that hang until they are taken out. */
const failing = new Set<string>();
const hanging = new Map<string, Promise<void>>();
const attempts = new Map<string, number>();

const exportsSet = () => facts.sets.find(({ typeUrl }) => typeUrl.includes('ExportedService'));
const fact = (name: string): ExportedServiceFact | undefined =>
  facts.get('ExportedService', `demo/${name}`);
const addresses = (name: string) => fact(name)?.groups.flatMap((group) => group.addresses);

/** `name-0` and so on, with sidecars. */
async function pods(name: string, count: number): Promise<void> {
  await lab.apply(
    ...Array.from({ length: count }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${name}-${index}`,
        namespace: 'demo',
        labels: { 'security.istio.io/tlsMode': 'istio' },
      },
      spec: { serviceAccountName: 'default', containers: [{ name: 'c', image: 'c' }] },
    })),
  );
}

/** A Service with exactly these of its Pods ready; the address of `name-N` ends in N. */
async function serve(name: string, indices: readonly number[]): Promise<void> {
  const endpoints = await Promise.all(
    indices.map(async (index) => {
      const pod = await lab.get('pod', 'demo', `${name}-${index}`);
      const { uid } = pod?.metadata ?? {};
      return {
        addresses: [`10.1.0.${index}`],
        targetRef: { kind: 'Pod', namespace: 'demo', name: `${name}-${index}`, uid },
      };
    }),
  );
  await lab.apply(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'demo' },
      spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace: 'demo', labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints,
    },
  );
}

async function learn<N extends 'ExportPolicy' | 'ClusterSettings'>(
  type: N,
  name: string,
  intent: IntentOf<N>,
): Promise<void> {
  const { typeUrl, encode } = Intents[type] as (typeof Intents)['ExportPolicy'];
  const body = encode(intent as ExportPolicyIntent);
  await book.apply(typeUrl, { resources: [{ name, version: '1', body }], removed: [] });
  book.synced(typeUrl);
}

beforeAll(async () => {
  lab = await Lab.start();
  kube = Kube.load(lab.cluster.kubeconfig);
  cluster = new ClusterState({
    kube,
    log,
    istioNamespace: 'istio-system',
    discoveryMs: 500,
    resolveMs: 500,
  });
  await pods('web', 4);
  await pods('other', 2);
  await serve('web', [0, 1]);
  await serve('other', [0, 1]);
  await cluster.start();
  book = new IntentBook(new IntentDisk(join(lab.dir, 'observer'), log), 'cluster_a', log);
  await book.load();
  const slow = Object.create(kube) as Kube;
  slow.get = async (kind, ref) => {
    attempts.set(ref.name, (attempts.get(ref.name) ?? 0) + 1);
    await hanging.get(ref.name);
    if (failing.has(ref.name)) throw new KubeError(429, 'TooManyRequests', 'slow down');
    return await kube.get(kind, ref);
  };
  observer = new Observer({
    kube: slow,
    log,
    cluster,
    book,
    facts,
    ownNamespace: 'isthmus-system',
    istioNamespace: 'istio-system',
    agentVersion: '0',
    managesIstio: false,
  });
});
afterAll(async () => {
  observer.stop();
  book.stop();
  await cluster.stop();
  kube.close();
  await lab.stop();
});

describe('exports', () => {
  it('are complete when policies and settings are whole, and every Pod has been read', async () => {
    failing.add('web-1');
    await observer.start();
    expect(fact('web')).toBeUndefined();
    const policy = ExportPolicyIntent.fromPartial({ namespaceSelector: {}, serviceSelector: {} });
    await learn('ExportPolicy', 'all', policy);
    await eventually(() => addresses('other')?.length === 2);
    expect(exportsSet()?.isComplete).toBe(false);
    await learn('ClusterSettings', 'settings', settingsOf('net-a'));
    await eventually(() => fact('other')?.groups[0]?.locality === 'us/east');
    await eventually(() => (attempts.get('web-1') ?? 0) > 2);
    expect(exportsSet()?.isComplete).toBe(false);
    expect(fact('web')).toBeUndefined();
    failing.clear();
    await eventually(() => exportsSet()?.isComplete === true);
    expect(addresses('web')).toEqual(['10.1.0.0', '10.1.0.1']);
  });

  it('go on while a Pod cannot be read, and do without it', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    hanging.set('web-2', promise);
    await serve('web', [0, 2]);
    await eventually(() => attempts.has('web-2'));
    await serve('other', [0]);
    await eventually(() => addresses('other')?.length === 1, 500);
    await eventually(() => addresses('web')?.join() === '10.1.0.0');
    resolve();
    await eventually(() => addresses('web')?.join() === '10.1.0.0,10.1.0.2');
  });

  it('are not empty because no Pod can be read', async () => {
    failing.add('web-3');
    await serve('web', [3]);
    await eventually(() => (attempts.get('web-3') ?? 0) > 2);
    expect(addresses('web')).toEqual(['10.1.0.0', '10.1.0.2']);
    await serve('web', []);
    await eventually(() => addresses('web')?.length === 0);
    failing.clear();
  });
});
