import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Kube, KubeError } from '../kube/client.js';
import type { Change, Informer } from '../kube/informer.js';
import { Core, type Kind, type KubeObject, type ManagedFields, Optional } from '../kube/kinds.js';
import { Marks } from '../kube/ownership.js';
import { manifestOf } from './configuration.js';
import type { Found } from './drifts.js';
import { type Desired, ownMetadata } from './plan.js';
import { Writer } from './writer.js';

const ref = { namespace: 'demo', name: 'echo' };
const desired: Desired = {
  kind: Core.Service,
  object: {
    metadata: ownMetadata({ type: 'Import', name: 'demo/echo' }, ref),
    spec: { selector: { 'isthmus.dev/import': 'echo' } },
  },
};
const byUs: ManagedFields = { manager: 'isthmus-agent', operation: 'Apply', fieldsV1: {} };
const refusal = (status: number, reason: string) => new KubeError(status, reason, reason);

let version = 0;
/** As the server would answer; each time a version later. */
const stored = (changes: Partial<KubeObject['metadata']> = {}): KubeObject => {
  version += 1;
  const metadata = { ...desired.object.metadata, uid: 'uid-1', managedFields: [byUs], ...changes };
  return { ...desired.object, metadata: { resourceVersion: String(version), ...metadata } };
};

/** An informer that sees what it is shown. */
class Eyes {
  readonly kind = Core.Service;
  readonly complete = true;
  readonly isSynced = true;
  readonly synced = Promise.resolve();
  object: KubeObject | undefined;
  private listener: ((change: Change<KubeObject>) => void) | undefined;

  get = () => this.object;
  values = () => (this.object ? [this.object] : []);
  onChange = (listener: (change: Change<KubeObject>) => void) => {
    this.listener = listener;
  };

  see(now: KubeObject | undefined): void {
    const before = this.object;
    this.object = now;
    this.listener?.({ before, now });
  }
}

let eyes: Eyes;
/** Of every object; undefined for those of no release. */
let rank: number | undefined;
const drifts = {
  areTolerated: false,
  found: vi.fn<(name: string, found: Found) => void>(),
  isLeftDeleted: () => false,
  settled: () => undefined,
};
let writer: Writer;
const kube = {
  get: vi.fn<() => Promise<KubeObject | undefined>>(),
  create: vi.fn<() => Promise<KubeObject>>(),
  apply: vi.fn<() => Promise<KubeObject>>(),
  patch: vi.fn<() => Promise<KubeObject>>(),
  delete: vi.fn<() => Promise<void>>(),
};
const state = () => writer.state('Import/demo/echo');
const want = async (object = desired) => {
  writer.want('Import/demo/echo', [object]);
  await vi.advanceTimersByTimeAsync(0);
};

beforeEach(() => {
  vi.useFakeTimers();
  for (const call of Object.values(kube)) call.mockReset();
  drifts.found.mockReset();
  drifts.areTolerated = false;
  rank = undefined;
  eyes = new Eyes();
  const informer = eyes as unknown as Informer<KubeObject>;
  writer = new Writer({
    kube: kube as unknown as Kube,
    log: pino({ level: 'silent' }),
    informer: () => informer,
    mayPrune: () => true,
    rankOf: () => rank,
    drifts,
    onState: () => undefined,
  });
  writer.observe(informer);
});
afterEach(async () => {
  await writer.stop();
  vi.useRealTimers();
});

describe('an object that is not there', () => {
  it('is created, and what was set so is booked as applied', async () => {
    const created = { manager: 'isthmus-agent', operation: 'Update', fieldsV1: {} };
    kube.create.mockResolvedValue(stored({ managedFields: [created] }));
    kube.patch.mockResolvedValue(stored());
    await want();
    expect(state().stored).toBe('yes');
    expect(kube.patch).toHaveBeenCalledWith(Core.Service, expect.objectContaining(ref), {
      metadata: { resourceVersion: expect.any(String), managedFields: [byUs] },
    });
    expect(kube.apply).not.toHaveBeenCalled();
  });

  it('is not taken over when somebody else was faster than the watch', async () => {
    kube.create.mockRejectedValue(refusal(409, 'AlreadyExists'));
    const theirs = stored({ uid: 'uid-2', labels: {}, annotations: {} });
    kube.get.mockResolvedValue(theirs);
    await want();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state()).toMatchObject({ stored: 'refused', reason: 'NotOurs' });
    eyes.see(theirs);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state()).toMatchObject({ stored: 'refused', reason: 'NotOurs' });
    expect(kube.apply).not.toHaveBeenCalled();
    expect(kube.patch).not.toHaveBeenCalled();
  });

  it('is ours when it was made by a request whose answer was lost', async () => {
    const created = { manager: 'isthmus-agent', operation: 'Update', fieldsV1: {} };
    const ours = stored({ managedFields: [created] });
    kube.create.mockRejectedValueOnce(refusal(0, 'Unreachable'));
    kube.create.mockRejectedValue(refusal(409, 'AlreadyExists'));
    kube.get.mockResolvedValue(ours);
    kube.patch.mockResolvedValue(stored());
    kube.apply.mockResolvedValue(stored());
    await want();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(state().stored).toBe('yes');
    // Booked, so that what an apply has no more goes; then bound to the object that was found.
    expect(kube.patch).toHaveBeenCalledTimes(1);
    expect(kube.apply).toHaveBeenCalledWith(
      Core.Service,
      expect.objectContaining({ metadata: expect.objectContaining({ uid: 'uid-1' }) }),
    );
  });
});

describe('what the server refuses', () => {
  it.each([
    [400, 'BadRequest'],
    [403, 'Forbidden'],
    [422, 'Invalid'],
  ])('with %i is tried again after a minute, then ever more rarely', async (status, reason) => {
    kube.create.mockRejectedValue(refusal(status, reason));
    await want();
    expect(state()).toMatchObject({ stored: 'refused', reason });
    const minutes = async (count: number) => await vi.advanceTimersByTimeAsync(count * 60_000);
    expect(kube.create).toHaveBeenCalledTimes(1);
    await minutes(1.1);
    expect(kube.create).toHaveBeenCalledTimes(2);
    await minutes(1.5);
    expect(kube.create).toHaveBeenCalledTimes(2);
    await minutes(1);
    expect(kube.create).toHaveBeenCalledTimes(3);
    await minutes(120);
    const count = kube.create.mock.calls.length;
    await minutes(60);
    expect(kube.create.mock.calls.length - count).toBe(6);
    kube.create.mockResolvedValue(stored());
    await minutes(10.1);
    expect(state().stored).toBe('yes');
  });

  it('is not tried again at every event, and yet is tried again', async () => {
    kube.create.mockRejectedValue(refusal(422, 'Invalid'));
    await want();
    for (let second = 0; second < 50; second += 1) {
      writer.recheck();
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(kube.create).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(kube.create).toHaveBeenCalledTimes(2);
  });

  it('for want of a good token is tried again soon', async () => {
    kube.create.mockRejectedValueOnce(refusal(401, 'Unauthorized'));
    kube.create.mockResolvedValue(stored());
    await want();
    expect(state().stored).toBe('pending');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state().stored).toBe('yes');
  });
});

describe('what others have put into an object of ours', () => {
  const intruder: ManagedFields = {
    manager: 'intruder',
    operation: 'Update',
    fieldsV1: { 'f:spec': { 'f:externalIPs': {} } },
  };
  const spoilt = () => {
    const object = stored({ managedFields: [byUs, intruder] });
    return { ...object, spec: { ...desired.object.spec, externalIPs: ['192.0.2.1'] } };
  };

  it('is looked at again when the object changes while it is taken out', async () => {
    eyes.object = spoilt();
    kube.apply.mockImplementation(async () => spoilt());
    kube.patch.mockRejectedValueOnce(refusal(422, 'Invalid'));
    kube.patch.mockResolvedValue(stored());
    kube.get.mockImplementation(async () => spoilt());
    await want();
    expect(state()).toMatchObject({ stored: 'pending', reason: 'Conflict' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state().stored).toBe('yes');
  });

  it('is refused when the object is the same and must not be so', async () => {
    const object = spoilt();
    eyes.object = object;
    kube.apply.mockResolvedValue(object);
    kube.get.mockResolvedValue(object);
    kube.patch.mockRejectedValue(refusal(422, 'Invalid'));
    await want();
    expect(state()).toMatchObject({ stored: 'refused', reason: 'Invalid' });
  });
});

describe('an object that carries our label', () => {
  it.each([
    ['was created and never booked, by us', 'isthmus-agent', 1],
    ['was copied by somebody', 'kubectl', 0],
  ])('and %s, and that nobody wants: %s, deleted %i times', async (_title, manager, times) => {
    kube.delete.mockResolvedValue();
    const managedFields = [{ manager, operation: 'Update', fieldsV1: {} }];
    eyes.see(stored({ managedFields }));
    await vi.advanceTimersByTimeAsync(0);
    expect(kube.delete).toHaveBeenCalledTimes(times);
  });

  it('and was never applied by us is applied, so that it can be withdrawn', async () => {
    expect(stored().metadata.labels).toHaveProperty([Marks.intent], 'Import');
    eyes.object = stored({ managedFields: [{ manager: 'restore', operation: 'Update' }] });
    kube.apply.mockResolvedValue(stored());
    await want();
    expect(kube.apply).toHaveBeenCalledTimes(1);
    expect(state().stored).toBe('yes');
  });
});

describe('an object of a release', () => {
  const spec = desired.object.spec;
  /** As the applier marks it. */
  const marked = (changes: object = {}): Desired => ({
    ...desired,
    object: {
      metadata: {
        ...desired.object.metadata,
        annotations: { ...desired.object.metadata.annotations, [Marks.intentVersion]: 'v1' },
      },
      spec: { ...spec, ...changes },
    },
  });
  const ours = (changes: object = {}, managedFields: ManagedFields[] = [byUs]): KubeObject => {
    const { annotations } = marked().object.metadata;
    return {
      ...stored({ managedFields, annotations }),
      ...marked(changes).object,
      ...{ metadata: stored({ managedFields, annotations }).metadata },
    };
  };
  beforeEach(() => {
    rank = 0;
  });

  it.each([
    [400, 'BadRequest'],
    [403, 'Forbidden'],
    [422, 'Invalid'],
  ])(
    'that is refused with %i is not tried again by the clock, nor by events',
    async (status, reason) => {
      kube.create.mockRejectedValue(refusal(status, reason));
      await want(marked());
      expect(state()).toMatchObject({ stored: 'refused', reason });
      await vi.advanceTimersByTimeAsync(24 * 3_600_000);
      writer.recheck();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(kube.create).toHaveBeenCalledTimes(1);
      writer.retryRefused();
      expect(state().stored).toBe('pending');
      await vi.advanceTimersByTimeAsync(0);
      expect(kube.create).toHaveBeenCalledTimes(2);
      // Changed, and changed back.
      await want(marked({ sessionAffinity: 'None' }));
      await want(marked());
      expect(kube.create).toHaveBeenCalledTimes(4);
    },
  );

  it('that is refused is tried again when the object changes', async () => {
    eyes.object = ours({ type: 'ClusterIP' });
    await want(marked());
    kube.apply.mockRejectedValue(refusal(422, 'Invalid'));
    await want(marked({ sessionAffinity: 'None' }));
    const count = kube.apply.mock.calls.length;
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(kube.apply).toHaveBeenCalledTimes(count);
    eyes.see(ours({ type: 'NodePort' }));
    await vi.advanceTimersByTimeAsync(0);
    expect(kube.apply.mock.calls.length).toBeGreaterThan(count);
  });

  it.each([
    [0, 'Unreachable'],
    [409, 'Conflict'],
    [429, 'TooManyRequests'],
    [500, 'InternalError'],
    [404, 'NotFound'],
  ])('that failed with %i is tried again soon', async (status, reason) => {
    kube.create.mockRejectedValueOnce(refusal(status, reason));
    kube.create.mockResolvedValue(ours());
    await want(marked());
    expect(state().stored).toBe('pending');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state().stored).toBe('yes');
  });

  it('waits while its namespace goes away, where admission forbids to make any', async () => {
    const message = 'unable to create new content in namespace demo because it is being terminated';
    kube.create.mockRejectedValueOnce(new KubeError(403, 'Forbidden', message));
    kube.create.mockResolvedValue(ours());
    await want(marked());
    expect(state()).toMatchObject({ stored: 'pending', reason: 'NamespaceTerminating' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state().stored).toBe('yes');
  });

  it('that the server stores otherwise than it was sent is no drift, in the next life as well', async () => {
    const otherwise = () => ours({ selector: { 'isthmus.dev/import': 'ECHO' } });
    eyes.object = otherwise();
    kube.apply.mockImplementation(async () => otherwise());
    await want(marked());
    expect(state().stored).toBe('yes');
    expect(kube.apply).toHaveBeenCalledTimes(1);
    expect(kube.apply).toHaveBeenCalledWith(Core.Service, expect.anything(), { dryRun: true });
    expect(drifts.found).not.toHaveBeenCalled();
  });

  it('that was edited before this life began is known by its version', async () => {
    const edited = ours({ selector: { 'isthmus.dev/import': 'other' } });
    eyes.object = edited;
    kube.apply.mockImplementation(async () => ours());
    await want(marked());
    expect(drifts.found).toHaveBeenCalledWith('demo/echo', {
      version: 'v1',
      live: edited,
      outcome: 'reverted',
    });
  });

  it('of another version is written, and that is no drift', async () => {
    drifts.areTolerated = true;
    eyes.object = { ...ours({ type: 'NodePort', selector: {} }), metadata: stored().metadata };
    kube.apply.mockImplementation(async () => ours());
    await want(marked());
    expect(state().stored).toBe('yes');
    expect(kube.apply).toHaveBeenCalledTimes(1);
    expect(drifts.found).not.toHaveBeenCalled();
  });

  it('that was given away is not taken back for being the same', async () => {
    eyes.object = { ...ours(), metadata: stored({ labels: {} }).metadata };
    await want(marked());
    expect(state()).toMatchObject({ stored: 'refused', reason: 'NotOurs' });
    expect(kube.apply).not.toHaveBeenCalled();
  });

  it('is taken over as it was looked at', async () => {
    const managedFields = [{ manager: 'kubectl', operation: 'Apply', fieldsV1: { 'f:spec': {} } }];
    const theirs = { ...ours(), metadata: stored({ labels: {}, managedFields }).metadata };
    eyes.object = theirs;
    kube.apply.mockImplementation(async () => ours());
    await want(marked());
    const { uid, resourceVersion } = theirs.metadata;
    expect(kube.apply).toHaveBeenCalledWith(
      Core.Service,
      expect.objectContaining({ metadata: expect.objectContaining({ uid, resourceVersion }) }),
    );
    expect(state().stored).toBe('yes');
  });

  describe('that was there before it', () => {
    const theirs: ManagedFields = {
      manager: 'kubectl',
      operation: 'Apply',
      fieldsV1: { 'f:spec': {} },
    };
    /** As the server has it once it was taken over. */
    const taken = (changes: object = {}): KubeObject => {
      const object = ours(changes, [theirs, byUs]);
      const annotations = { ...object.metadata.annotations, [Marks.found]: 'true' };
      return { ...object, metadata: { ...object.metadata, annotations } };
    };
    const found = { [Marks.found]: 'true' };
    const applied = () =>
      (kube.apply.mock.lastCall as unknown as [Kind, KubeObject] | undefined)?.[1].metadata
        .annotations;

    it('is marked when it is taken over, and stays so', async () => {
      const twin = ours({}, [theirs]);
      eyes.object = { ...twin, metadata: stored({ labels: {}, managedFields: [theirs] }).metadata };
      kube.apply.mockImplementation(async () => taken());
      await want(marked());
      expect(applied()).toMatchObject(found);
      eyes.see(taken());
      kube.apply.mockReset();
      kube.apply.mockImplementation(async () => taken({ sessionAffinity: 'None' }));
      await want(marked({ sessionAffinity: 'None' }));
      expect(applied()).toMatchObject(found);
      expect(state().stored).toBe('yes');
    });

    it('is not marked when its owner has handed it over, or when it is ours', async () => {
      const labels = { ...desired.object.metadata.labels, [Marks.intent]: 'Import' };
      const twin = ours({}, [theirs]);
      const annotations = { [Marks.adopt]: 'true' };
      eyes.object = { ...twin, metadata: stored({ labels: {}, annotations }).metadata };
      kube.apply.mockImplementation(async () => ours());
      await want(marked());
      expect(applied()).not.toHaveProperty([Marks.found]);
      eyes.see({ ...ours(), metadata: stored({ labels, annotations: {} }).metadata });
      await vi.advanceTimersByTimeAsync(0);
      await want(marked({ sessionAffinity: 'None' }));
      expect(applied()).not.toHaveProperty([Marks.found]);
    });

    it('is no drift for its mark', async () => {
      eyes.object = taken({ selector: { 'isthmus.dev/import': 'ECHO' } });
      // A dry run of what is wanted does not have the mark.
      kube.apply.mockImplementation(async () =>
        ours({ selector: { 'isthmus.dev/import': 'ECHO' } }),
      );
      await want(marked());
      expect(state().stored).toBe('yes');
      expect(kube.apply).toHaveBeenCalledTimes(1);
      expect(drifts.found).not.toHaveBeenCalled();
      expect(JSON.parse(manifestOf(taken()).toString())).toEqual({ spec });
    });

    it('is given back and not deleted, and is not leaving then', async () => {
      const before = taken();
      eyes.object = before;
      await want(marked());
      kube.patch.mockImplementation(async () => stored({ labels: {}, annotations: {} }));
      writer.forget('Import/demo/echo');
      expect(writer.leaving).toBe(1);
      await vi.advanceTimersByTimeAsync(0);
      expect(kube.delete).not.toHaveBeenCalled();
      expect(kube.patch).toHaveBeenCalledExactlyOnceWith(
        Core.Service,
        expect.objectContaining(ref),
        {
          metadata: {
            resourceVersion: before.metadata.resourceVersion,
            labels: { [Marks.intent]: null, [Marks.managedBy]: null },
            annotations: {
              [Marks.intentName]: null,
              [Marks.intentVersion]: null,
              [Marks.found]: null,
            },
            managedFields: [theirs],
          },
        },
      );
      eyes.see(stored({ labels: {}, annotations: {}, managedFields: [theirs] }));
      await vi.advanceTimersByTimeAsync(0);
      expect(writer.leaving).toBe(0);
      expect(kube.patch).toHaveBeenCalledTimes(1);
    });
  });
});

describe('objects of a release of which one leads to the other', () => {
  const kindOf = (name: 'DestinationRule' | 'VirtualService'): Kind => {
    const kind = Optional.get(`${name}.networking.istio.io`)?.[0];
    if (!kind) throw new Error(name);
    return kind;
  };
  const Rule = kindOf('DestinationRule');
  const Routes = kindOf('VirtualService');
  const intentsOf = new Map([
    [Rule, 'Configuration/rule'],
    [Routes, 'Configuration/routes'],
  ]);
  const ranks = new Map([
    [Rule, 1],
    [Routes, 2],
  ]);
  let views: Map<Kind, Eyes>;
  /** What the server was sent, and when in ms since the beginning. */
  let log: string[];
  let began: number;
  let fail: ((kind: Kind, object: KubeObject) => KubeError | undefined) | undefined;
  let release: Writer;
  let isHeld: boolean;

  const eyesOf = (kind: Kind): Eyes => {
    const eyes = views.get(kind) ?? new Eyes();
    views.set(kind, eyes);
    return eyes;
  };
  const told = (object: object): string => {
    const { spec } = object as { spec?: { subsets?: { name: string }[]; to?: { subset: string } } };
    return spec?.subsets
      ? spec.subsets.map(({ name }) => name).join('+')
      : (spec?.to?.subset ?? '');
  };
  const note = (what: string) => log.push(`${Date.now() - began} ${what}`);
  const take = async (kind: Kind, object: KubeObject): Promise<KubeObject> => {
    const error = fail?.(kind, object);
    note(`${error ? 'not ' : ''}${kind.kind} ${told(object)}`);
    if (error) throw error;
    const { metadata } = stored();
    const { resourceVersion, managedFields } = metadata;
    const uid = kind.kind;
    const now = {
      ...object,
      metadata: { ...object.metadata, uid, resourceVersion, managedFields },
    };
    eyesOf(kind).see(now);
    return now;
  };
  const server = {
    get: async (kind: Kind) => eyesOf(kind).object,
    create: take,
    apply: async (kind: Kind, object: KubeObject, { dryRun = false } = {}) =>
      dryRun ? object : await take(kind, object),
    delete: async (kind: Kind) => {
      note(`no ${kind.kind}`);
      eyesOf(kind).see(undefined);
    },
  };
  const start = () => {
    release = new Writer({
      kube: server as unknown as Kube,
      log: pino({ level: 'silent' }),
      informer: (kind) => eyesOf(kind) as unknown as Informer<KubeObject>,
      mayPrune: () => !isHeld,
      rankOf: (type, kind) => (type === 'Configuration' ? ranks.get(kind) : undefined),
      drifts,
      spreadMs: 100,
      onState: () => undefined,
    });
    for (const kind of ranks.keys()) {
      const informer = eyesOf(kind);
      release.observe({ ...informer, kind } as unknown as Informer<KubeObject>);
    }
  };
  const objectOf = (kind: Kind, spec: object): Desired['object'] => {
    const metadata = ownMetadata(
      { type: 'Configuration', name: intentsOf.get(kind)?.slice(14) ?? '' },
      ref,
    );
    const annotations = { ...metadata.annotations, [Marks.intentVersion]: JSON.stringify(spec) };
    return { metadata: { ...metadata, annotations }, spec };
  };
  const put = (kind: Kind, spec: object) =>
    release.want(intentsOf.get(kind) ?? '', [{ kind, object: objectOf(kind, spec) }]);
  const rule = (...names: string[]) => put(Rule, { subsets: names.map((name) => ({ name })) });
  const routes = (subset: string) => put(Routes, { to: { subset } });
  const stateOf = (kind: Kind) => release.state(intentsOf.get(kind) ?? '');
  const pass = async (ms: number) => await vi.advanceTimersByTimeAsync(ms);
  /** All that is written within a minute. */
  const writes = async (): Promise<string[]> => {
    await pass(60_000);
    return log.map((line) => line.slice(line.indexOf(' ') + 1));
  };
  /** Of a clean sheet, with the past past. */
  const settle = async () => {
    await pass(60_000);
    log = [];
    began = Date.now();
  };

  beforeEach(() => {
    views = new Map();
    log = [];
    began = Date.now();
    fail = undefined;
    isHeld = false;
    start();
  });
  afterEach(() => release.stop());

  it('are written so far apart that each is ready when the next comes', async () => {
    rule('v1');
    routes('v1');
    await pass(99);
    expect(log).toEqual(['0 DestinationRule v1']);
    await pass(1);
    expect(log).toEqual(['0 DestinationRule v1', '100 VirtualService v1']);
    await settle();
    for (const intent of intentsOf.values()) release.forget(intent);
    await pass(100);
    expect(log).toEqual(['0 no VirtualService', '100 no DestinationRule']);
  });

  it('are written also when the wait ends while it is looked at', async () => {
    rule('v1');
    routes('v1');
    await pass(50);
    let looks = 0;
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      looks += 1;
      return now() + (looks % 2 === 0 ? 10 : -10);
    });
    expect(await writes()).toEqual(['DestinationRule v1', 'VirtualService v1']);
    clock.mockRestore();
  });

  it('wait for nothing where nothing was written', async () => {
    rule('v1');
    routes('v1');
    await settle();
    release.recheck();
    routes('v2');
    await pass(0);
    expect(log).toEqual(['0 VirtualService v2']);
    // What refers to nothing of that.
    rule('v1', 'v2');
    await pass(0);
    expect(log).toEqual(['0 VirtualService v2', '0 DestinationRule v1+v2']);
  });

  it('hold up nothing of federation, nor is it waited for', async () => {
    rule('v1');
    routes('v1');
    await pass(10);
    release.want('Import/demo/echo', [desired]);
    await pass(0);
    expect(log).toEqual(['0 DestinationRule v1', '10 Service ']);
    expect(release.state('Import/demo/echo').stored).toBe('yes');
  });

  it('are waited for by who waits for all, and not by who stops', async () => {
    rule('v1');
    routes('v1');
    const idle = vi.fn<() => void>();
    void release.idle().then(idle);
    await pass(99);
    expect(idle).not.toHaveBeenCalled();
    await pass(1);
    expect(idle).toHaveBeenCalledTimes(1);
    rule('v1', 'v2');
    routes('v2');
    await pass(0);
    await release.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(log).toHaveLength(3);
  });

  it('are changed so that both ways lead somewhere meanwhile', async () => {
    rule('v1', 'v2');
    routes('v1');
    await settle();
    rule('v2', 'v3');
    routes('v3');
    await pass(0);
    expect(stateOf(Rule)).toMatchObject({ stored: 'pending', reason: 'Writing' });
    expect(stateOf(Rule).message).toContain('DestinationRule demo/echo keeps v1 until');
    await pass(199);
    expect(stateOf(Rule).stored).toBe('pending');
    expect(stateOf(Routes).stored).toBe('yes');
    await pass(1);
    expect(stateOf(Rule).stored).toBe('yes');
    expect(log).toEqual([
      '0 DestinationRule v2+v3+v1',
      '100 VirtualService v3',
      '200 DestinationRule v2+v3',
    ]);
    expect(release.counts.corrected).toBe(0);
    expect(drifts.found).not.toHaveBeenCalled();
    expect(await writes()).toHaveLength(3);
  });

  it('lose what only something deleted led to after that', async () => {
    rule('v1', 'v2');
    routes('v1');
    await settle();
    rule('v2');
    release.forget('Configuration/routes');
    expect(await writes()).toEqual([
      'DestinationRule v2+v1',
      'no VirtualService',
      'DestinationRule v2',
    ]);
  });

  it('keep what something leads to that may not be deleted yet', async () => {
    rule('v1', 'v2');
    routes('v1');
    await settle();
    isHeld = true;
    rule('v2');
    release.forget('Configuration/routes');
    expect(await writes()).toEqual(['DestinationRule v2+v1']);
    isHeld = false;
    release.recheck();
    expect((await writes()).slice(1)).toEqual(['no VirtualService', 'DestinationRule v2']);
  });

  it.each([true, false])(
    'are changed back halfway, whether drift is tolerated (%s) or not',
    async (areTolerated) => {
      rule('v1');
      routes('v1');
      await settle();
      drifts.areTolerated = areTolerated;
      rule('v2');
      routes('v2');
      await pass(100);
      rule('v1');
      routes('v1');
      expect(await writes()).toEqual([
        'DestinationRule v2+v1',
        'VirtualService v2',
        'DestinationRule v1+v2',
        'VirtualService v1',
        'DestinationRule v1',
      ]);
      expect(drifts.found).not.toHaveBeenCalled();
      expect(stateOf(Rule).stored).toBe('yes');
    },
  );

  it('are changed on halfway, and keep all that may be in use', async () => {
    rule('v1');
    routes('v1');
    await settle();
    rule('v2');
    routes('v2');
    await pass(50);
    rule('v3');
    routes('v3');
    expect(await writes()).toEqual([
      'DestinationRule v2+v1',
      'DestinationRule v3+v2+v1',
      'VirtualService v3',
      'DestinationRule v3',
    ]);
  });

  it.each(['v2', 'v1'])('are finished in the next life, %s', async (wanted) => {
    rule('v1');
    routes('v1');
    await settle();
    drifts.areTolerated = true;
    rule('v2');
    routes('v2');
    await pass(100);
    await release.stop();
    log = [];
    start();
    rule(wanted);
    routes(wanted);
    await pass(0);
    expect(stateOf(Rule).stored).toBe('pending');
    const both = { v2: 'v2+v1', v1: 'v1+v2' }[wanted];
    expect(await writes()).toEqual([
      `DestinationRule ${both}`,
      ...(wanted === 'v1' ? ['VirtualService v1'] : []),
      `DestinationRule ${wanted}`,
    ]);
    expect(stateOf(Rule).stored).toBe('yes');
    expect(drifts.found).not.toHaveBeenCalled();
  });

  it.each([
    [500, 'InternalError', 'pending'],
    [422, 'Invalid', 'refused'],
  ])('lose nothing while what leads to it cannot be written: %i', async (status, reason, state) => {
    rule('v1');
    routes('v1');
    await settle();
    fail = (kind) => (kind === Routes ? refusal(status, reason) : undefined);
    rule('v2');
    routes('v2');
    await pass(120_000);
    expect(stateOf(Routes).stored).toBe(state);
    expect(stateOf(Rule)).toMatchObject({ stored: 'pending', reason: 'InUse' });
    expect(stateOf(Rule).message).toContain('VirtualService demo/echo is not written yet');
    fail = undefined;
    release.retryRefused();
    const after = await writes();
    expect(after[0]).toBe('DestinationRule v2+v1');
    expect(after.slice(-2)).toEqual(['VirtualService v2', 'DestinationRule v2']);
    expect(after.filter((line) => line.startsWith('Dest'))).toHaveLength(2);
    expect(stateOf(Rule).stored).toBe('yes');
  });

  it('are changed at once where what leaves may not stay', async () => {
    rule('v1');
    routes('v1');
    await settle();
    fail = (kind, object) =>
      kind === Rule && told(object).includes('v1') ? refusal(422, 'Invalid') : undefined;
    rule('v2');
    routes('v2');
    await pass(100);
    expect(log).toEqual([
      '0 not DestinationRule v2+v1',
      '0 DestinationRule v2',
      '100 VirtualService v2',
    ]);
    expect(stateOf(Rule).stored).toBe('yes');
  });

  it('are put back at once when somebody else adds to them', async () => {
    rule('v1');
    routes('v1');
    await settle();
    const { object } = eyesOf(Rule);
    if (!object) throw new Error('it was not written');
    const subsets = [{ name: 'v1' }, { name: 'theirs' }];
    const resourceVersion = stored().metadata.resourceVersion ?? '';
    const metadata = { ...object.metadata, resourceVersion };
    eyesOf(Rule).see({ ...object, metadata, spec: { subsets } } as KubeObject);
    expect(await writes()).toEqual(['DestinationRule v1']);
    expect(release.counts.corrected).toBe(1);
    expect(drifts.found).toHaveBeenCalledTimes(1);
  });

  it('are not stored as long as something newer is wanted', async () => {
    rule('v1');
    routes('v1');
    await settle();
    const { apply } = server;
    let answer = (): void => undefined;
    server.apply = async (kind, object) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      server.apply = apply;
      return await apply(kind, object);
    };
    routes('v2');
    await pass(0);
    rule('v1', 'v3');
    routes('v3');
    answer();
    await pass(50);
    expect(log).toEqual(['0 VirtualService v2', '0 DestinationRule v1+v3']);
    expect(stateOf(Routes).stored).toBe('pending');
    expect((await writes()).at(-1)).toBe('VirtualService v3');
    expect(stateOf(Routes).stored).toBe('yes');
  });
});
