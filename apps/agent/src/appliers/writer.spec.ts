import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Kube, KubeError } from '../kube/client.js';
import type { Change, Informer } from '../kube/informer.js';
import { Core, type KubeObject, type ManagedFields } from '../kube/kinds.js';
import { Marks } from '../kube/ownership.js';
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
});
