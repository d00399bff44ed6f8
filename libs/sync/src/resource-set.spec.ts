import { DeltaDiscoveryResponse } from '@isthmus/contracts';
import { describe, expect, it } from 'vitest';
import { ResourceSet, versionOf } from './resource-set.js';

const url = 'type.test/A';
const start = { revision: 0, exact: true, emptyAt: 0 };
const bytes = (value: string): Buffer => Buffer.from(value);

describe('ResourceSet', () => {
  it('counts changes, and only changes', () => {
    const set = new ResourceSet(url);
    expect(set.set('a', bytes('1'))).toBe(true);
    expect(set.set('a', bytes('1'))).toBe(false);
    expect(set.delete('b', { explained: false })).toBe(false);
    expect(set.delete('a', { explained: false })).toBe(true);
    expect(set.delete('a', { explained: false })).toBe(false);
    expect(set.revision).toBe(2);
    expect(set.size).toBe(0);
    expect(set.has('a')).toBe(false);
  });

  it('gives what it was given, under the version of its body', () => {
    const set = new ResourceSet(url);
    set.set('a', bytes('body'));
    expect(set.get('a')).toEqual({
      name: 'a',
      version: versionOf(bytes('body')),
      body: bytes('body'),
    });
    expect([...set.names()]).toEqual(['a']);
    expect(set.versions()).toEqual(new Map([['a', versionOf(bytes('body'))]]));
  });

  it('writes what the generated code reads', () => {
    const set = new ResourceSet(url);
    const body = Buffer.alloc(70_000, 7);
    set.set('a/ü', body);
    set.set('gone', bytes('x'));
    const half = { revision: set.revision, exact: true, emptyAt: 0 };
    set.delete('gone', { explained: true });
    expect(DeltaDiscoveryResponse.decode(set.difference(start).frame()?.bytes as Buffer)).toEqual({
      systemVersionInfo: '',
      resources: [
        { name: 'a/ü', version: versionOf(body), resource: { typeUrl: url, value: body } },
      ],
      typeUrl: url,
      nonce: '3',
      removedResources: [],
    });
    expect(set.difference(half).frame()).toMatchObject({ removed: ['gone'], resources: [], to: 3 });
  });

  it('tells what changed since a revision, the latest of each name', () => {
    const set = new ResourceSet(url);
    set.set('a', bytes('1'));
    set.set('b', bytes('1'));
    const revision = set.revision;
    set.set('b', bytes('2'));
    set.set('b', bytes('3'));
    set.delete('a', { explained: true });
    expect(set.changedSince(revision)).toMatchObject({
      changed: [{ name: 'b', version: versionOf(bytes('3')) }],
      removed: ['a'],
    });
  });

  it('sends nothing for what changed and changed back', () => {
    const set = new ResourceSet(url);
    set.set('a', bytes('1'));
    const cursor = { ...start, revision: set.revision };
    set.set('a', bytes('2'));
    set.set('a', bytes('1'));
    set.set('new', bytes('1'));
    set.delete('new', { explained: false });
    expect(set.difference(cursor).frame()).toBeUndefined();
    expect(set.difference(cursor).unexplained).toBe(0);
    expect(set.difference(start).frame()?.resources).toHaveLength(1);
  });

  it('gives everybody with the same view the same bytes', () => {
    const set = new ResourceSet(url);
    set.set('a', bytes('1'));
    const frame = set.difference(start).frame()?.bytes;
    expect(set.difference({ ...start }).frame()?.bytes).toBe(frame);
    set.set('b', bytes('1'));
    expect(set.difference(start).frame()?.bytes).not.toBe(frame);
  });

  it('forgets the oldest removals, and knows who missed them', () => {
    const set = new ResourceSet(url, { tombstones: 2 });
    for (const name of ['a', 'b', 'c']) {
      set.set(name, bytes(name));
    }
    const early = { ...start, revision: set.revision };
    for (const name of ['a', 'b', 'c']) {
      set.delete(name, { explained: true });
    }
    expect(set.isLost(early)).toBe(true);
    expect(set.changedSince(early.revision)).toBeUndefined();
    expect(set.isLost({ ...early, revision: early.revision + 1 })).toBe(false);
    expect(set.isLost({ ...start, emptyAt: set.revision })).toBe(false);
  });

  it('keeps a log no longer than names and removals allow', () => {
    const set = new ResourceSet(url, { tombstones: 10 });
    for (let change = 0; change < 20_000; change++) {
      set.set(`name-${change % 50}`, bytes(String(change)));
      if (change % 3 === 0) {
        set.delete(`name-${change % 50}`, { explained: false });
      }
    }
    expect(set.changedSince(set.revision - 1)?.changed).toHaveLength(1);
    expect(set.difference(start).entries.length).toBeLessThanOrEqual(60);
  });

  it('cuts a large view into frames of at most 1 MiB', () => {
    const set = new ResourceSet(url);
    for (let index = 0; index < 3_000; index++) {
      set.set(`name-${index}`, Buffer.alloc(1_000, index));
    }
    let cursor = { ...start, emptyAt: set.revision };
    let seen = 0;
    for (let complete = false; !complete; ) {
      const frame = set.difference(cursor).frame();
      expect(frame?.bytes.length).toBeLessThanOrEqual(1024 * 1024 + 200);
      seen += frame?.resources.length ?? 0;
      complete = frame?.complete ?? true;
      expect(DeltaDiscoveryResponse.decode(frame?.bytes as Buffer).systemVersionInfo).toBe(
        complete ? '' : '3000',
      );
      cursor = { ...cursor, revision: frame?.to ?? 0, exact: complete };
    }
    expect(seen).toBe(3_000);
  });

  it.each(['', 'x'.repeat(301), 'a\nb'])('refuses the name %j', (name) => {
    expect(() => new ResourceSet(url).set(name, bytes('1'))).toThrow(
      expect.objectContaining({ code: 'RESOURCE_INVALID' }),
    );
  });

  it('refuses a body that fits into no message', () => {
    expect(() => new ResourceSet(url).set('a', Buffer.alloc(4 * 1024 * 1024))).toThrow(
      expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }),
    );
  });
});

describe('a pulse', () => {
  /** A set whose time passes by `pass`, and what it woke. */
  function pulsing(listeners: number) {
    let now = 0;
    let timers: { at: number; run: () => void }[] = [];
    const set = new ResourceSet(url, {
      scheduler: {
        now: () => now,
        after: (milliseconds, run) => {
          const timer = { at: now + milliseconds, run };
          timers.push(timer);
          return () => {
            timers = timers.filter((other) => other !== timer);
          };
        },
      },
    });
    let woken = 0;
    const leave = Array.from({ length: listeners }, () => set.onPulse(() => woken++));
    return {
      set,
      leave,
      woken: () => woken,
      pass(milliseconds: number) {
        now += milliseconds;
        const due = timers.filter(({ at }) => at <= now);
        timers = timers.filter(({ at }) => at > now);
        for (const { run } of due) {
          run();
        }
      },
    };
  }

  it('comes after 10 ms of quiet, and 100 ms after the first change at the latest', () => {
    const { set, woken, pass } = pulsing(1);
    set.set('a', bytes('0'));
    pass(9);
    expect([woken(), set.quiet]).toEqual([0, false]);
    pass(1);
    expect([woken(), set.quiet]).toEqual([1, true]);
    for (let time = 0; time < 100; time += 5) {
      expect(woken()).toBe(1);
      set.set('a', bytes(`busy ${time}`));
      pass(5);
    }
    expect(woken()).toBe(2);
  });

  it('wakes many in turns, each once, and none that has left', () => {
    const { set, leave, woken, pass } = pulsing(1_000);
    set.set('a', bytes('1'));
    pass(10);
    expect(woken()).toBeLessThan(200);
    for (const end of leave.slice(-100)) {
      end();
    }
    for (let turn = 0; turn < 20; turn++) {
      pass(0);
    }
    expect(woken()).toBe(900);
  });
});
