import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Intents, State } from '@isthmus/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from './kube/kinds.js';
import { FakeIstiod } from './testing/istiod.js';
import { eventually, Lab } from './testing/lab.js';
import { configurationOf, releaseOf } from './testing/samples.js';

/** Slices take no loopback address. */
const address = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

describe.skipIf(address === undefined)('an agent beside istiod', () => {
  let lab: Lab;
  let istiod: FakeIstiod;
  let tokenFile: string;
  const times = { poll: 20, watch: 20, metrics: 20, settle: 20, debounce: 200, grace: 0 };
  const routes = configurationOf('VirtualService', { hosts: ['web'] }, { name: 'web' });
  const status = () => lab.hub.fact('ReleaseStatus', 'release');
  const start = (istioTokenFile: string | undefined) =>
    lab.agent({ istioTokenFile }, { istiodPort: istiod.port, livenessTimes: times });
  const release = (fence: number, object: typeof routes) => {
    lab.hub.put('Configuration', object.name, object.intent);
    const body = Intents.Configuration.encode(object.intent);
    const version = createHash('sha256').update(body).digest('hex').slice(0, 16);
    const digest = createHash('sha256').update(`${object.name} ${version}\n`).digest('hex');
    lab.hub.put('Release', 'release', { ...releaseOf(fence), digest });
  };
  const isStored = (fence: number) =>
    eventually(() => status()?.fence === fence && status()?.stored === 1);
  const isLive = (live: State) =>
    eventually(() => {
      const now = status();
      if (now?.live === live) return now;
      throw new Error(JSON.stringify(now));
    });

  beforeAll(async () => {
    lab = await Lab.start();
    istiod = await FakeIstiod.start(address);
    istiod.connect('web.demo', 'api.demo');
    tokenFile = join(lab.dir, 'istio-token');
    await writeFile(tokenFile, 'token-1');
    await lab.apply(
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'istiod', namespace: 'istio-system', labels: { app: 'istiod' } },
        spec: { ports: [{ name: 'http-monitoring', port: 15014 }] },
      },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: 'istiod-1',
          namespace: 'istio-system',
          labels: { 'kubernetes.io/service-name': 'istiod' },
        },
        addressType: 'IPv4',
        ports: [{ name: 'http-monitoring', port: 15014, protocol: 'TCP' }],
        endpoints: [{ addresses: [address], conditions: { ready: true } }],
      },
    );
  });
  afterAll(async () => {
    await lab.stop();
    await istiod.stop();
  });

  it('tells when the proxies have a release, and when one refuses it', async () => {
    const agent = await start(tokenFile);
    release(1, routes);
    await eventually(async () => (await agent.ready()) === 'ok');
    await isStored(1);
    expect(status()?.live).toBe(State.STATE_PENDING);
    const read = async () => {
      const object = await lab.get('virtualservices', 'demo', 'web');
      // It is written as it came from the server.
      istiod.objects = object ? [object as unknown as KubeObject] : [];
    };
    await read();
    expect(await isLive(State.STATE_YES)).toMatchObject({ proxies: 2, proxiesLive: 2 });
    release(2, configurationOf('VirtualService', { hosts: ['other'] }, { name: 'web' }));
    await isStored(2);
    expect(status()?.live).toBe(State.STATE_PENDING);
    await read();
    istiod.push('web.demo');
    istiod.nack('web.demo', 'Error adding/updating listener(s): no');
    expect(await isLive(State.STATE_REFUSED)).toMatchObject({
      proxies: 2,
      liveMessage: 'web.demo: Error adding/updating listener(s): no',
    });
    await agent.stop();
  });

  it('tells without a token only that proxies refuse something', async () => {
    const agent = await start(undefined);
    release(3, routes);
    await eventually(async () => (await agent.ready()) === 'ok');
    await isStored(3);
    expect(status()?.live).toBe(State.STATE_UNKNOWN);
    istiod.rejects = { lds: 1 };
    expect((await isLive(State.STATE_REFUSED)).liveMessage).toContain('of lds grew by 1');
    await agent.stop();
  });
});
