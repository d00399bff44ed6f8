import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../testing/lab.js';
import { type Kube, KubeError, type ObjectRef } from './client.js';
import type { Kind, Lease as LeaseObject } from './kinds.js';
import { Lease } from './lease.js';

const times = { duration: 1_000, deadline: 500, renew: 100, retry: 30 };

/** One Lease, as an API server keeps it. */
class Server {
  lease: LeaseObject | undefined;
  isDown = false;
  private version = 0;

  get holder(): string | undefined {
    return this.lease?.spec?.holderIdentity;
  }

  get = async () => {
    this.check();
    return structuredClone(this.lease);
  };

  create = async (_kind: Kind, object: LeaseObject) => {
    this.check();
    if (this.lease) throw new KubeError(409, 'AlreadyExists', 'it exists');
    return this.put(object);
  };

  patch = async (_kind: Kind, _ref: ObjectRef, object: LeaseObject) => {
    this.check();
    if (object.metadata.resourceVersion !== this.lease?.metadata.resourceVersion)
      throw new KubeError(409, 'Conflict', 'it has changed');
    return this.put(object);
  };

  put(object: LeaseObject): LeaseObject {
    this.version += 1;
    this.lease = {
      ...object,
      metadata: { ...object.metadata, uid: 'uid', resourceVersion: String(this.version) },
    };
    return structuredClone(this.lease);
  }

  private check(): void {
    if (this.isDown) throw new KubeError(0, 'Unreachable', 'no answer');
  }
}

let server: Server;
let ends: (() => Promise<void>)[];
const contender = (identity: string) => {
  const stopping = new AbortController();
  const log = { begun: 0, isWorking: false };
  const kube = server as unknown as Kube;
  const lease = new Lease({
    kube,
    log: pino({ level: 'silent' }),
    namespace: 'isthmus-system',
    name: 'isthmus-agent',
    identity,
    times,
  });
  const done = lease.whileHeld(stopping.signal, async (over) => {
    log.begun += 1;
    log.isWorking = true;
    await new Promise<void>((resolve) => over.addEventListener('abort', () => resolve()));
    log.isWorking = false;
  });
  const stop = async () => {
    stopping.abort();
    await done;
  };
  ends.push(stop);
  return { lease, log, stop };
};

beforeEach(() => {
  server = new Server();
  ends = [];
});
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
});

describe('a Lease', () => {
  it('is held by one, and handed on at once when that one stops', async () => {
    const a = contender('a');
    await eventually(() => a.log.isWorking);
    const b = contender('b');
    await sleep(times.duration * 1.5);
    expect([a.log, b.log]).toEqual([
      { begun: 1, isWorking: true },
      { begun: 0, isWorking: false },
    ]);
    expect(b.lease.problem).toContain('a has it');
    expect([a.lease.isOthers, b.lease.isOthers]).toEqual([false, true]);
    await a.stop();
    await eventually(() => b.log.isWorking, times.duration / 2);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('of one that is gone is taken when it has not been renewed for its duration', async () => {
    // By a clock that is years off.
    const spec = { holderIdentity: 'gone', leaseDurationSeconds: 1, renewTime: '2050-01-01' };
    server.put({ metadata: { name: 'isthmus-agent' }, spec });
    const since = performance.now();
    const a = contender('a');
    await eventually(() => a.lease.isOthers);
    await eventually(() => !a.lease.isOthers);
    expect(a.log.begun).toBe(0);
    await eventually(() => a.log.isWorking);
    expect(performance.now() - since).toBeGreaterThan(times.duration - 10);
  });

  it('of one that was killed is taken at once when it is back', async () => {
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 3_600 };
    server.put({ metadata: { name: 'isthmus-agent' }, spec });
    const a = contender('a');
    await eventually(() => a.log.isWorking, times.duration / 2);
  });

  it('that cannot be renewed is lost before others may take it, and is had again', async () => {
    const a = contender('a');
    await eventually(() => a.log.isWorking);
    server.isDown = true;
    const since = performance.now();
    await eventually(() => !a.log.isWorking);
    expect(performance.now() - since).toBeLessThan(times.duration);
    expect(a.lease.isHeld).toBe(false);
    expect(a.lease.problem).toContain('no answer');
    await sleep(times.deadline);
    server.isDown = false;
    await eventually(() => a.log.isWorking);
    expect(a.log.begun).toBe(2);
  });

  it('that a shorter outage leaves alone stays', async () => {
    const a = contender('a');
    await eventually(() => a.log.isWorking);
    server.isDown = true;
    await sleep(times.deadline / 3);
    server.isDown = false;
    await sleep(times.deadline);
    expect(a.log).toEqual({ begun: 1, isWorking: true });
  });

  it('that somebody else has is lost at once', async () => {
    const a = contender('a');
    await eventually(() => a.log.isWorking);
    const spec = { ...server.lease?.spec, holderIdentity: 'b' };
    server.put({ metadata: { name: 'isthmus-agent' }, spec });
    await eventually(() => !a.log.isWorking, times.deadline);
    expect(server.holder).toBe('b');
    await eventually(() => a.log.begun === 2);
  });

  it('that was deleted is made again by its holder', async () => {
    const a = contender('a');
    await eventually(() => a.log.isWorking);
    server.lease = undefined;
    await eventually(() => server.holder === 'a');
    expect(a.log).toEqual({ begun: 1, isWorking: true });
  });

  it('is let go of when what it was for fails', async () => {
    const lease = new Lease({
      kube: server as unknown as Kube,
      log: pino({ level: 'silent' }),
      namespace: 'isthmus-system',
      name: 'isthmus-agent',
      identity: 'a',
      times,
    });
    const failing = lease.whileHeld(new AbortController().signal, () =>
      Promise.reject(new Error('it cannot go on')),
    );
    await expect(failing).rejects.toThrow('it cannot go on');
    expect(server.holder).toBe('');
  });
});
