import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { State } from '@isthmus/contracts';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EndpointSlice, Kind, KubeObject, Service } from '../kube/kinds.js';
import { FakeIstiod, types } from '../testing/istiod.js';
import { page } from './client.js';
import { Liveness, type LivenessTimes } from './liveness.js';
import { objectsIn, proxiesIn, rejectsIn } from './pages.js';
import { istiodsOf } from './pods.js';
import { Rejects } from './rejects.js';
import { fingerprint, lastWrite, unreadOf } from './stored.js';

const kind: Kind = {
  group: 'networking.istio.io',
  version: 'v1',
  plural: 'virtualservices',
  kind: 'VirtualService',
  namespaced: true,
};
const route: Kind = { ...kind, group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' };
/** As the API server has it, and istiod lists it. */
const object = (name: string, version = 10, changes: object = {}): KubeObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: {
    name,
    namespace: 'demo',
    uid: name,
    resourceVersion: `${version}`,
    generation: version,
    labels: { 'isthmus.dev/intent': 'Configuration' },
    annotations: {
      'isthmus.dev/intent-name': `VirtualService.networking.istio.io/demo/${name}`,
    },
    ...changes,
  },
});
const storedOf = (...objects: KubeObject[]) => objects.map((each) => ({ kind, object: each }));
const web = object('web');
const stored = storedOf(web);

/** A look takes a moment, and nothing else does. */
const fast: Partial<LivenessTimes> = {
  poll: 2,
  slow: 2,
  watch: 2,
  metrics: 2,
  settle: 0,
  debounce: 0,
  grace: 0,
  window: 60_000,
};

let dir: string;
let tokenFile: string;
let istiods: FakeIstiod[];
let logged: { problem?: string; msg: string; objects?: string[] }[];
const livenesses = new Set<Liveness>();

const fake = async (...proxies: string[]): Promise<FakeIstiod> => {
  const istiod = await FakeIstiod.start();
  istiods.push(istiod);
  istiod.connect(...proxies);
  return istiod;
};

/** Follows what is stored; `until` waits for changes as the reporter of the release does. */
function follower(times: Partial<LivenessTimes> = {}, path: string | null = tokenFile) {
  const of = istiods;
  const listeners = new Set<() => void>();
  const log = pino({ level: 'info' }, { write: (line) => void logged.push(JSON.parse(line)) });
  const liveness = new Liveness({
    log,
    istiods: () => of.map(({ address }) => address),
    tokenFile: path ?? undefined,
    times: { ...fast, ...times },
    onChange: () => {
      for (const listener of listeners) listener();
    },
  });
  livenesses.add(liveness);
  let now: Parameters<Liveness['follow']> = [1, undefined];
  const follow = (...at: typeof now) => {
    now = at;
    return liveness.follow(...at);
  };
  const until = async (live: State) => {
    for (;;) {
      const answer = liveness.follow(...now);
      if (answer.live === live) return answer;
      await new Promise<void>((resolve) => {
        const tell = () => {
          listeners.delete(tell);
          resolve();
        };
        listeners.add(tell);
      });
    }
  };
  return { liveness, follow, until };
}

/** Until a page has been asked for so often more: the answers but the last have arrived. */
const asked = async (istiod: FakeIstiod, path: string, times = 2): Promise<void> => {
  const count = () => istiod.requests.filter((each) => each === path).length;
  const enough = count() + times;
  while (count() < enough) await new Promise((resolve) => setImmediate(resolve));
};

/** Until another one, who has reason to, has asked another istiod many times. */
const idle = async (): Promise<void> => {
  const others = istiods;
  istiods = [];
  const istiod = await fake();
  const { follow, liveness } = follower();
  follow(1, stored);
  await asked(istiod, '/debug/configz', 10);
  await liveness.stop();
  await istiod.stop();
  istiods = others;
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'isthmus-istiod-'));
  tokenFile = join(dir, 'token');
  await writeFile(tokenFile, 'token-1\n');
  istiods = [];
  logged = [];
});
afterEach(async () => {
  for (const liveness of livenesses) await liveness.stop();
  livenesses.clear();
  await Promise.all(istiods.map((istiod) => istiod.stop()));
  await rm(dir, { recursive: true, force: true });
});

describe('with the token, the proxies', () => {
  it('have it once istiod has read it, sent it, and all have acknowledged it', async () => {
    const istiod = await fake('a.demo', 'b.demo');
    const { follow, until } = follower({ debounce: 60_000 });
    expect(follow(1, undefined)).toEqual({
      live: State.STATE_PENDING,
      proxies: 0,
      proxiesLive: 0,
      liveMessage: '',
    });
    istiod.objects = [object('web', 9)];
    follow(1, stored);
    await asked(istiod, '/debug/configz');
    expect(follow(1, stored)).toMatchObject({ live: State.STATE_PENDING, proxiesLive: 0 });
    istiod.objects = [web];
    await asked(istiod, '/debug/syncz', 3);
    // It has read it, and pushed nothing.
    expect(follow(1, stored)).toMatchObject({ live: State.STATE_PENDING, proxiesLive: 0 });
    istiod.push('a.demo');
    await asked(istiod, '/debug/syncz', 3);
    // The other one has what it had, which is all that it needs.
    expect(follow(1, stored)).toMatchObject({ live: State.STATE_PENDING, proxiesLive: 1 });
    istiod.ack('a.demo');
    expect(await until(State.STATE_YES)).toEqual({
      live: State.STATE_YES,
      proxies: 2,
      proxiesLive: 2,
      liveMessage: '',
    });
    const read = istiod.requests.lastIndexOf('/debug/configz');
    expect(istiod.requests.slice(read).length).toBeGreaterThan(3);
  });

  it('have what concerns none of them once istiod cannot be collecting changes any more', async () => {
    const istiod = await fake('a.demo');
    istiod.objects = [web];
    const { follow, until } = follower({ debounce: 50 });
    const begun = Date.now();
    follow(1, stored);
    await until(State.STATE_YES);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(50);
  });

  it('have it although something is on its way to one or another at any time', async () => {
    const istiod = await fake('a.demo', 'b.demo');
    istiod.objects = [web];
    const { follow, until } = follower();
    istiod.push('a.demo');
    follow(1, stored);
    await asked(istiod, '/debug/syncz');
    expect(follow(1, stored)).toMatchObject({ live: State.STATE_PENDING, proxiesLive: 1 });
    istiod.push('b.demo');
    istiod.ack('a.demo');
    expect(await until(State.STATE_YES)).toMatchObject({ proxies: 2, proxiesLive: 2 });
    istiod.push('a.demo');
    await asked(istiod, '/debug/syncz', 3);
    expect(follow(1, stored)).toMatchObject({ live: State.STATE_YES, proxiesLive: 2 });
  });

  it('refuse it in their own words, also later, and take it after all', async () => {
    const istiod = await fake('a.demo', 'b.demo');
    istiod.objects = [web];
    const { follow, until } = follower();
    follow(1, undefined);
    istiod.push('b.demo');
    istiod.nack('b.demo', `Error adding/updating listener(s): ${'x'.repeat(2_000)}`);
    follow(1, stored);
    const { liveMessage, ...counts } = await until(State.STATE_REFUSED);
    expect(counts).toEqual({ live: State.STATE_REFUSED, proxies: 2, proxiesLive: 1 });
    expect(liveMessage).toHaveLength(1_000);
    expect(liveMessage).toMatch(/^b\.demo: Error adding\/updating listener\(s\): xxx/);
    istiod.push('b.demo');
    istiod.ack('b.demo');
    await until(State.STATE_YES);
    istiod.push('a.demo', types.cluster);
    istiod.nack('a.demo', 'no such cluster', types.cluster);
    expect((await until(State.STATE_REFUSED)).liveMessage).toBe('a.demo: no such cluster');
  });

  it('may have refused something before the release', async () => {
    const istiod = await fake('a.demo');
    istiod.objects = [web];
    istiod.push('a.demo', types.listener, new Date(Date.now() - 60_000));
    istiod.nack('a.demo', 'bad filter');
    const { follow, until } = follower();
    follow(1, undefined);
    follow(1, stored);
    expect(await until(State.STATE_YES)).toMatchObject({ proxiesLive: 1, liveMessage: '' });
  });

  it('refused it before the agent started anew', async () => {
    const istiod = await fake('a.demo');
    const at = Date.now() - 60_000;
    const time = new Date(at - 5_000).toISOString();
    const written = object('web', 10, { managedFields: [{ manager: 'isthmus-agent', time }] });
    istiod.objects = [written];
    istiod.push('a.demo', types.listener, new Date(at));
    istiod.nack('a.demo', 'bad route');
    const { follow, until } = follower();
    follow(1, storedOf(written));
    expect((await until(State.STATE_REFUSED)).liveMessage).toBe('a.demo: bad route');
  });

  it('are those of every istiod', async () => {
    const [one, two] = [await fake('a.demo'), await fake('b.demo')];
    one.objects = [web];
    const { follow, until } = follower();
    follow(1, stored);
    await asked(two, '/debug/configz', 3);
    expect(follow(1, stored)).toMatchObject({
      live: State.STATE_PENDING,
      proxies: 2,
      proxiesLive: 1,
    });
    two.objects = [web];
    expect(await until(State.STATE_YES)).toMatchObject({ proxies: 2, proxiesLive: 2 });
  });

  it('are waited for again when an object is written again, and for another release', async () => {
    const istiod = await fake('a.demo');
    istiod.objects = [web];
    const { follow, until } = follower();
    follow(1, stored);
    await until(State.STATE_YES);
    const again = storedOf(object('web', 11));
    expect(follow(1, again).live).toBe(State.STATE_PENDING);
    istiod.objects = [object('web', 12)];
    await until(State.STATE_YES);
    // Its status was written.
    expect(follow(1, storedOf(object('web', 12, { generation: 11 }))).live).toBe(State.STATE_YES);
    expect(follow(2, again).live).toBe(State.STATE_PENDING);
    await until(State.STATE_YES);
    expect(follow(2, undefined).live).toBe(State.STATE_PENDING);
  });

  it('are not asked for longer than there is a release', async () => {
    const istiod = await fake('a.demo');
    const { follow, liveness } = follower();
    follow(1, stored);
    await asked(istiod, '/debug/syncz');
    expect(liveness.forget().live).toBe(State.STATE_UNKNOWN);
    await idle();
    const { length } = istiod.requests;
    await idle();
    expect(istiod.requests).toHaveLength(length);
  });

  it('are waited for no longer than istiod can be waited for', async () => {
    const istiod = await fake('a.demo');
    istiod.objects = [web];
    const { follow, until } = follower();
    follow(1, stored);
    await until(State.STATE_YES);
    await istiod.stop();
    expect(await until(State.STATE_UNKNOWN)).toMatchObject({ proxies: 0, liveMessage: '' });
    expect(logged).toHaveLength(1);
    expect(logged[0]?.problem).toMatch('ECONNREFUSED');
    istiods.shift();
    const next = await fake('a.demo');
    next.objects = [web];
    await until(State.STATE_YES);
  });

  it('are not told of while no istiod is there, but for a moment', async () => {
    const { follow, until, liveness } = follower({ grace: 50 });
    expect(follow(1, stored).live).toBe(State.STATE_PENDING);
    await until(State.STATE_UNKNOWN);
    expect(logged.map(({ problem }) => problem)).toEqual(['no istiod is ready']);
    await liveness.stop();
  });
});

describe('where istiod lets nobody look', () => {
  it.each([401, 403])('it is asked once (%i), and not again for an hour', async (status) => {
    const istiod = await fake('a.demo');
    istiod.denies = status;
    istiod.tokens.clear();
    const { follow, until } = follower();
    follow(1, stored);
    await until(State.STATE_UNKNOWN);
    await asked(istiod, '/metrics', 3);
    expect(follow(2, undefined).live).toBe(State.STATE_UNKNOWN);
    follow(2, stored);
    await asked(istiod, '/metrics', 3);
    expect(istiod.requests.filter((path) => path !== '/metrics')).toEqual(['/debug/configz']);
    expect(logged).toHaveLength(1);
    expect(logged[0]?.problem).toMatch(`answers ${status}: see live.enabled`);
    // What it counts is for everybody.
    istiod.rejects = { lds: 1 };
    await until(State.STATE_REFUSED);
  });

  it('is asked again after that', async () => {
    const istiod = await fake('a.demo');
    istiod.objects = [web];
    istiod.tokens.clear();
    const { follow, until } = follower({ denied: 50, window: 0 });
    follow(1, stored);
    await until(State.STATE_UNKNOWN);
    istiod.tokens.add('token-1');
    await until(State.STATE_YES);
  });

  it('the token may be missing', async () => {
    await fake('a.demo');
    const { follow, until } = follower({}, join(dir, 'gone'));
    follow(1, stored);
    await until(State.STATE_UNKNOWN);
    expect(logged[0]?.problem).toMatch('ENOENT');
  });
});

describe('without the token', () => {
  const without = (times: Partial<LivenessTimes> = {}) => follower(times, null);

  it('what proxies refuse while the release comes is laid to it', async () => {
    const [one, two] = [await fake(), await fake()];
    one.rejects = { lds: 7, cds: 1 };
    const { follow, until } = without();
    expect(follow(1, undefined).live).toBe(State.STATE_UNKNOWN);
    await asked(two, '/metrics', 1);
    follow(1, stored);
    await asked(one, '/metrics');
    await asked(two, '/metrics');
    expect(follow(1, stored).live).toBe(State.STATE_UNKNOWN);
    two.rejects = { rds: 2 };
    expect(await until(State.STATE_REFUSED)).toEqual({
      live: State.STATE_REFUSED,
      proxies: 0,
      proxiesLive: 0,
      liveMessage: 'a proxy refused what istiod pushed (pilot_total_xds_rejects of rds grew by 2)',
    });
    expect([...one.requests, ...two.requests].every((path) => path === '/metrics')).toBe(true);
    // Until it is written again.
    expect(follow(1, storedOf(object('web', 11))).live).toBe(State.STATE_UNKNOWN);
  });

  it('istiod is asked no more once the window is over', async () => {
    const istiod = await fake();
    const { follow } = without({ window: 0 });
    follow(1, stored);
    await asked(istiod, '/metrics', 1);
    await idle();
    const { length } = istiod.requests;
    await idle();
    expect(istiod.requests).toHaveLength(length);
    expect(follow(1, stored).live).toBe(State.STATE_UNKNOWN);
  });

  it('nothing is known where the metrics cannot be had', async () => {
    const istiod = await fake();
    await istiod.stop();
    const { follow, liveness } = without({ window: 0 });
    expect(follow(1, stored).live).toBe(State.STATE_UNKNOWN);
    await liveness.stop();
    expect(follow(1, stored).live).toBe(State.STATE_UNKNOWN);
  });
});

describe('the pages of istiod', () => {
  const request = () => ({ signal: new AbortController().signal });

  it('are read to a limit, in time, without following anybody elsewhere', async () => {
    const [istiod, other] = [await fake(), await fake()];
    const limits = { timeoutMs: 5_000, mostBytes: 10 };
    await expect(page(istiod.address, '/metrics', request(), limits)).rejects.toThrow(
      'more than 10 bytes',
    );
    istiod.redirect = `http://${other.address}/metrics`;
    await expect(page(istiod.address, '/metrics', request())).rejects.toThrow('answers 302');
    expect(other.requests).toEqual([]);
    istiod.redirect = undefined;
    istiod.isMute = true;
    await expect(
      page(istiod.address, '/metrics', request(), { ...limits, timeoutMs: 10 }),
    ).rejects.toThrow('aborted');
  });

  it('may be those of an older one, or nonsense', () => {
    expect(proxiesIn('null')).toEqual([]);
    expect(proxiesIn('[{"proxy":"new.demo"}]')).toEqual([
      { id: '/new.demo', name: 'new.demo', types: [] },
    ]);
    expect(() => proxiesIn('[{"proxy":"a.demo","cluster_sent":"1"}]')).toThrow('too old');
    expect(() => proxiesIn('{}')).toThrow();
    expect(() => objectsIn('<html>')).toThrow();
  });

  it('count what was refused by type, from 0 again after a restart', () => {
    expect(rejectsIn('pilot_xds 7\npilot_total_xds_rejects_x{type="a"} 1')).toEqual(new Map());
    expect(
      rejectsIn(
        'a 1\npilot_total_xds_rejects{type="lds"} 2\npilot_total_xds_rejects{a="b",type="cds"} 1e+01\n',
      ),
    ).toEqual(
      new Map([
        ['lds', 2],
        ['cds', 10],
      ]),
    );
    const rejects = new Rejects();
    for (const count of [5, 0, 0, 2, 1]) rejects.note('one', new Map([['lds', count]]));
    rejects.note('late', new Map([['cds', 3]]));
    expect(rejects.grown).toEqual(new Map([['lds', 2]]));
    rejects.reset();
    rejects.note('one', new Map([['lds', 9]]));
    expect(rejects.grown.size).toBe(0);
  });
});

describe('what istiod has not read', () => {
  const listed = (...objects: KubeObject[]) => objectsIn(JSON.stringify(objects));
  const name = 'VirtualService.networking.istio.io/demo/web';

  it('is what it lacks, has older, or has still', () => {
    const unread = (...objects: KubeObject[]) => unreadOf(stored, listed(...objects)).objects;
    expect(unread()).toEqual([name]);
    expect(unread(object('web', 9))).toEqual([name]);
    expect(unread(object('web', 10))).toEqual([]);
    expect(unread(object('web', 101))).toEqual([]);
    expect(unread(object('web', 10), object('old'))).toEqual([name.replace('web', 'old')]);
    // What it made of another object, and what is somebody else's.
    const derived = { name: 'derived', annotations: object('route').metadata.annotations };
    expect(unread(web, object('route', 1, derived), object('x', 1, { labels: {} }))).toEqual([]);
    expect(unread(object('web', 10, { resourceVersion: 'opaque' }))).toEqual([]);
    expect(unread(object('web', 9, { resourceVersion: 'opaque' }))).toEqual([name]);
  });

  it('may not be told of', () => {
    const routes = [{ kind: route, object: object('web') }];
    expect(unreadOf(routes, listed())).toEqual({ objects: [], areSomeUntold: true });
  });

  it('is another thing when an object is another one, and not when its status is', () => {
    const print = (changes: object) => fingerprint(storedOf(object('web', 10, changes)));
    expect(print({ resourceVersion: '11' })).toBe(print({}));
    expect(print({ uid: 'other' })).not.toBe(print({}));
    expect(print({ generation: 11 })).not.toBe(print({}));
    expect(print({ annotations: { 'isthmus.dev/intent-version': 'v2' } })).not.toBe(print({}));
  });

  it('was written by the agent at a time', () => {
    const entry = (manager: string, second: number, more: object = {}) => ({
      manager,
      time: new Date(second * 1_000).toISOString(),
      ...more,
    });
    const managedFields = [
      entry('isthmus-agent', 5),
      entry('isthmus-agent', 7, { subresource: 'status' }),
      entry('kubectl', 9),
    ];
    expect(lastWrite(storedOf(web, object('b', 1, { managedFields })))).toBe(5_000);
    expect(lastWrite(stored)).toBe(0);
  });
});

describe('istiod', () => {
  it('is every ready endpoint of its Services, of all revisions', () => {
    const service = (serviceName: string, app: string): Service => ({
      metadata: { name: serviceName, namespace: 'istio-system', labels: { app } },
    });
    const slice = (addressType: string, ...endpoints: EndpointSlice['endpoints'] & object) => ({
      metadata: { name: 's' },
      addressType,
      endpoints,
    });
    const slices: Record<string, EndpointSlice[]> = {
      'istio-system/istiod': [
        slice('IPv4', { addresses: ['10.0.0.2'] }, { addresses: ['10.0.0.1'] }),
        slice('IPv6', { addresses: ['fd00::1'], conditions: { ready: true } }),
      ],
      'istio-system/istiod-canary': [
        slice(
          'IPv4',
          { addresses: ['10.0.0.1'] },
          { addresses: ['10.0.0.3'], conditions: { ready: false } },
        ),
        slice('FQDN', { addresses: ['elsewhere.example.com'] }),
        { metadata: { name: 'none' }, addressType: 'IPv4', endpoints: null },
      ],
      'istio-system/gateway': [slice('IPv4', { addresses: ['10.0.0.9'] })],
    };
    const cluster = {
      servicesIn: () => [
        service('istiod', 'istiod'),
        service('istiod-canary', 'istiod'),
        service('gateway', 'gateway'),
      ],
      slicesOf: (of: string) => slices[of] ?? [],
    };
    expect(istiodsOf(cluster, 'istio-system')).toEqual([
      '10.0.0.1:15014',
      '10.0.0.2:15014',
      '[fd00::1]:15014',
    ]);
  });
});
