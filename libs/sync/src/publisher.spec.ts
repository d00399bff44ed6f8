import { DeltaDiscoveryResponse } from '@isthmus/contracts';
import type { IsthmusError } from '@isthmus/kernel';
import { describe, expect, it } from 'vitest';
import { Publisher, type PublisherSettings } from './publisher.js';
import { refusalMessage } from './refusal.js';
import { ResourceSet, versionOf } from './resource-set.js';
import { encodeRequest } from './wire.js';

const url = 'type.test/A';
const bytes = (value: string): Buffer => Buffer.from(value);
const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `name-${at}`);

/** A set whose changes are due when `flush` is called. */
function manualSet(
  typeUrl = url,
  options: { tombstones?: number; incomplete?: boolean; now?: () => number } = {},
): { set: ResourceSet; flush(): void } {
  let due: (() => void) | undefined;
  const set = new ResourceSet(typeUrl, {
    ...options,
    scheduler: {
      now: options.now ?? (() => 0),
      after: (_, run) => {
        due = run;
        return () => {
          due = undefined;
        };
      },
    },
  });
  return { set, flush: () => due?.() };
}

/** A client that keeps what it is sent, and answers when told to. */
function connect(sets: readonly ResourceSet[], settings: Partial<PublisherSettings> = {}) {
  const frames: Buffer[] = [];
  const events: unknown[][] = [];
  let failure: IsthmusError | undefined;
  let isReady = true;
  const publisher = new Publisher(
    {
      sets,
      onHeld: (type, held) => events.push(['held', type, held]),
      onAcked: (_, acked) => events.push(['acked', acked.resources.length, acked.removed.length]),
      onRefused: (_, refusals) => events.push(['refused', ...refusals]),
      ...settings,
    },
    {
      send: (frame) => {
        frames.push(frame);
        return isReady;
      },
      fail: (error) => {
        failure = error;
      },
    },
  );
  const last = (): DeltaDiscoveryResponse =>
    DeltaDiscoveryResponse.decode(frames.at(-1) ?? Buffer.alloc(0));
  return {
    publisher,
    frames,
    events,
    last,
    failure: () => failure,
    setReady: (ready: boolean) => {
      isReady = ready;
    },
    subscribe: (versions: Record<string, string> = {}, typeUrl = url) =>
      publisher.receive(encodeRequest({ typeUrl, initialResourceVersions: versions })),
    ack: () => publisher.receive(encodeRequest({ typeUrl: url, responseNonce: last().nonce })),
    nack: (message: string) =>
      publisher.receive(
        encodeRequest({
          typeUrl: url,
          responseNonce: last().nonce,
          errorDetail: { code: 3, message },
        }),
      ),
  };
}

describe('a resuming client', () => {
  it('gets only what differs', () => {
    const { set } = manualSet();
    set.set('same', bytes('1'));
    set.set('changed', bytes('2'));
    set.set('new', bytes('1'));
    const client = connect([set]);
    client.subscribe({
      same: versionOf(bytes('1')),
      changed: versionOf(bytes('1')),
      gone: versionOf(bytes('1')),
    });
    expect(
      client
        .last()
        .resources.map(({ name }) => name)
        .sort(),
    ).toEqual(['changed', 'new']);
    expect(client.last().removedResources).toEqual(['gone']);
    client.ack();
    expect(client.frames).toHaveLength(1);
  });

  it('gets one empty answer when nothing differs', () => {
    const { set } = manualSet();
    set.set('same', bytes('1'));
    const client = connect([set]);
    client.subscribe({ same: versionOf(bytes('1')) });
    expect(client.frames).toHaveLength(1);
    expect(client.last()).toMatchObject({ resources: [], removedResources: [], typeUrl: url });
    client.ack();
    expect(client.frames).toHaveLength(1);
    expect(client.frames[0]?.length).toBeLessThan(64);
  });

  it('is told once of a removal, whatever happens to the name while it is under way', () => {
    const { set, flush } = manualSet();
    const client = connect([set], { guard: false });
    client.setReady(false);
    client.subscribe({ old: versionOf(bytes('1')) });
    expect(client.last().removedResources).toEqual(['old']);
    set.set('old', bytes('2'));
    set.delete('old', { explained: false });
    flush();
    client.setReady(true);
    client.publisher.drained();
    client.ack();
    expect(client.frames).toHaveLength(1);
  });
});

describe('an incomplete set', () => {
  it('leaves what a resuming client has, until it is complete', () => {
    const { set, flush } = manualSet(url, { incomplete: true });
    const other = new ResourceSet('type.test/Other');
    const client = connect([set, other], { guard: false });
    client.subscribe({ kept: versionOf(bytes('1')), gone: versionOf(bytes('1')) });
    set.set('new', bytes('1'));
    flush();
    expect(client.frames).toEqual([]);
    client.subscribe({}, 'type.test/Other');
    expect(client.last().typeUrl).toBe('type.test/Other');
    set.set('kept', bytes('1'));
    set.complete();
    flush();
    expect(client.last()).toMatchObject({ typeUrl: url, removedResources: ['gone'] });
    expect(client.last().resources.map(({ name }) => name)).toEqual(['new']);
    client.ack();
    set.set('later', bytes('1'));
    flush();
    expect(client.last().resources.map(({ name }) => name)).toEqual(['later']);
  });

  it('answers at once when it is complete, and nobody who has gone', () => {
    const { set, flush } = manualSet(url, { incomplete: true });
    const gone = connect([set]);
    gone.subscribe();
    gone.publisher.close();
    set.complete();
    flush();
    expect(gone.frames).toEqual([]);
    const client = connect([set]);
    client.subscribe();
    expect(client.frames).toHaveLength(1);
  });
});

describe('a connection', () => {
  it('has one response per type in flight; what changes meanwhile coalesces', () => {
    const { set, flush } = manualSet();
    const client = connect([set]);
    client.subscribe();
    for (let round = 0; round < 10; round++) {
      set.set('a', bytes(String(round)));
      flush();
    }
    expect(client.frames).toHaveLength(1);
    client.ack();
    expect(client.frames).toHaveLength(2);
    expect(client.last().resources[0]?.version).toBe(versionOf(bytes('9')));
  });

  it('waits for quiet, unless it owes the first answer', () => {
    const { set, flush } = manualSet();
    const client = connect([set]);
    client.subscribe();
    client.ack();
    set.set('a', bytes('1'));
    expect(client.frames).toHaveLength(1);
    flush();
    expect(client.frames).toHaveLength(2);
  });

  it('sends nothing while the transport is full, then the latest', () => {
    const { set, flush } = manualSet();
    const client = connect([set]);
    client.setReady(false);
    client.subscribe();
    client.ack();
    set.set('a', bytes('1'));
    flush();
    set.set('a', bytes('2'));
    flush();
    expect(client.frames).toHaveLength(1);
    client.publisher.drained();
    expect(client.frames).toHaveLength(2);
    expect(client.last().resources[0]?.version).toBe(versionOf(bytes('2')));
  });

  it('sends the first types first', () => {
    const sets = ['type.test/Trust', 'type.test/Import'].map((type) => {
      const set = new ResourceSet(type);
      set.set('a', bytes('1'));
      return set;
    });
    const client = connect(sets);
    client.setReady(false);
    client.subscribe({}, 'type.test/Import');
    client.subscribe({}, 'type.test/Trust');
    expect(client.last().typeUrl).toBe('type.test/Import');
    sets[1]?.set('b', bytes('1'));
    client.publisher.receive(
      encodeRequest({ typeUrl: 'type.test/Import', responseNonce: client.last().nonce }),
    );
    client.publisher.drained();
    expect(client.last().typeUrl).toBe('type.test/Trust');
  });

  it('ignores answers to what it did not ask', () => {
    const { set } = manualSet();
    set.set('a', bytes('1'));
    const client = connect([set]);
    client.publisher.receive(encodeRequest({ typeUrl: url, responseNonce: '1' }));
    client.subscribe();
    client.publisher.receive(encodeRequest({ typeUrl: url, responseNonce: '77' }));
    client.publisher.receive(encodeRequest({ typeUrl: 'type.test/Newer' }));
    client.subscribe();
    expect(client.frames).toHaveLength(1);
    expect(client.events).toEqual([]);
    client.ack();
    client.ack();
    expect(client.events).toEqual([['acked', 1, 0]]);
  });

  it('refuses a subscription by name', () => {
    const client = connect([manualSet().set]);
    client.publisher.receive(encodeRequest({ typeUrl: url, resourceNamesSubscribe: ['a'] }));
    expect(client.failure()).toMatchObject({ code: 'RESOURCE_INVALID' });
    client.subscribe();
    expect(client.frames).toEqual([]);
  });

  it('takes a wildcard written out', () => {
    const client = connect([manualSet().set]);
    client.publisher.receive(encodeRequest({ typeUrl: url, resourceNamesSubscribe: ['*'] }));
    expect(client.frames).toHaveLength(1);
  });

  it('is told to compare versions when removals it missed are forgotten', () => {
    const { set, flush } = manualSet(url, { tombstones: 1 });
    for (const name of names(3)) {
      set.set(name, bytes(name));
    }
    const client = connect([set], { guard: false });
    client.subscribe();
    for (const name of names(3)) {
      set.delete(name, { explained: true });
    }
    flush();
    client.ack();
    expect(client.failure()).toMatchObject({ code: 'UNAVAILABLE' });
    expect(set.listenerCount).toBe(0);
  });

  it('refuses two bytes that decode to a hundred, times a million', () => {
    const client = connect([manualSet().set]);
    client.publisher.receive(Buffer.alloc(2_000_000, Buffer.from([0x1a, 0])));
    expect(client.failure()).toMatchObject({ code: 'TOO_MANY_RESOURCES' });
  });

  it('leaves nothing behind, a thousand times', () => {
    const { set } = manualSet();
    set.set('a', bytes('1'));
    for (let round = 0; round < 1_000; round++) {
      const client = connect([set]);
      client.subscribe();
      client.publisher.close();
    }
    expect(set.listenerCount).toBe(0);
  });
});

describe('what is told of a response', () => {
  it('is what it weighs, and since when the oldest of its news waits', () => {
    let now = 0;
    const { set, flush } = manualSet(url, { now: () => now });
    const sent: { bytes: number; since: number | undefined }[] = [];
    const client = connect([set], { onSent: (_type, _sent, load) => sent.push(load) });
    set.set('a', bytes('1'));
    client.subscribe();
    client.ack();
    now = 5;
    set.set('a', bytes('2'));
    now = 9;
    set.set('b', bytes('1'));
    now = 20;
    flush();
    expect(sent.map(({ since }) => since)).toEqual([0, 5]);
    expect(sent.map((load) => load.bytes)).toEqual(client.frames.map(({ length }) => length));
  });

  it('has no time where it was due for another reason', () => {
    const { set, flush } = manualSet();
    for (const name of names(10)) set.set(name, bytes('1'));
    const since: (number | undefined)[] = [];
    const client = connect([set], { onSent: (_type, _sent, load) => since.push(load.since) });
    client.subscribe();
    client.ack();
    for (const name of names(9)) set.delete(name, { explained: false });
    flush();
    client.publisher.releaseHeld();
    expect(client.last().removedResources).toHaveLength(9);
    expect(since).toEqual([0, undefined]);
  });
});

describe('shared frames', () => {
  it('are the same Buffer on every connection, whatever else one of them refused', () => {
    const { set, flush } = manualSet();
    set.set('poison', bytes('1'));
    const [one, two, three] = [connect([set]), connect([set]), connect([set])];
    one.subscribe();
    two.subscribe();
    three.subscribe({ poison: versionOf(bytes('1')) });
    expect(one.frames[0]).toBe(two.frames[0]);
    one.nack('no');
    two.ack();
    three.ack();
    set.set('a', bytes('1'));
    flush();
    expect(one.frames[1]).toBe(two.frames[1]);
    expect(three.frames[1]).toBe(two.frames[1]);
  });
});

describe('a refusal', () => {
  it('keeps a version from being sent again until it changes', () => {
    const { set, flush } = manualSet();
    const client = connect([set]);
    client.subscribe();
    client.ack();
    set.set('good', bytes('1'));
    set.set('poison', bytes('bad'));
    flush();
    client.nack(refusalMessage(new Map([['poison', 'port: must be 1 to 65535']])));
    expect(client.events.slice(1)).toEqual([
      ['acked', 1, 0],
      [
        'refused',
        {
          name: 'poison',
          version: versionOf(bytes('bad')),
          message: 'port: must be 1 to 65535',
        },
      ],
    ]);
    set.set('poison', bytes('other'));
    set.set('poison', bytes('bad'));
    set.set('good', bytes('2'));
    flush();
    expect(client.last().resources.map(({ name }) => name)).toEqual(['good']);
    client.ack();
    set.set('poison', bytes('fixed'));
    flush();
    expect(client.last().resources[0]?.version).toBe(versionOf(bytes('fixed')));
  });

  it('without names is one of everything in the response', () => {
    const { set, flush } = manualSet();
    set.set('a', bytes('1'));
    set.set('b', bytes('1'));
    const client = connect([set]);
    client.subscribe();
    client.nack('disk full');
    expect(client.events).toEqual([
      [
        'refused',
        expect.objectContaining({ name: 'a', message: 'disk full' }),
        expect.objectContaining({ name: 'b', message: 'disk full' }),
      ],
    ]);
    set.set('b', bytes('2'));
    flush();
    expect(client.last().resources.map(({ name }) => name)).toEqual(['b']);
  });

  it('of too many to name counts for the whole', () => {
    const many = new Map(names(500).map((name) => [name, 'bad']));
    const message = refusalMessage(many);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4096);
    expect(message.startsWith('refused:')).toBe(false);
  });
});

describe('the guard', () => {
  function withView(count: number) {
    const { set, flush } = manualSet();
    for (const name of names(count)) {
      set.set(name, bytes(name));
    }
    const client = connect([set]);
    client.subscribe();
    client.ack();
    return { set, flush, client };
  }

  it('holds unexplained removals of much, and sends the rest', () => {
    const { set, flush, client } = withView(20);
    for (const name of names(6)) {
      set.delete(name, { explained: false });
    }
    set.delete('name-19', { explained: true });
    set.set('new', bytes('1'));
    flush();
    expect(client.last().removedResources).toEqual(['name-19']);
    expect(client.last().resources.map(({ name }) => name)).toEqual(['new']);
    expect(client.events.at(-1)).toEqual(['held', url, names(6)]);
    expect(client.publisher.held(url)).toEqual(names(6));
  });

  it.each([
    ['few', 20, 4],
    ['a small part', 100, 20],
  ])('lets %s go', (_, count, removed) => {
    const { set, flush, client } = withView(count);
    for (const name of names(removed)) {
      set.delete(name, { explained: false });
    }
    flush();
    expect(client.last().removedResources).toHaveLength(removed);
  });

  it('lets go what is released, explained or back', () => {
    const { set, flush, client } = withView(10);
    for (const name of names(6)) {
      set.delete(name, { explained: false });
    }
    flush();
    expect(client.frames).toHaveLength(1);
    set.set('name-0', bytes('name-0'));
    flush();
    expect(client.publisher.held(url)).toEqual(names(6).slice(1));
    expect(client.frames).toHaveLength(1);
    set.delete('name-1', { explained: true });
    flush();
    expect(client.last().removedResources).toEqual(['name-1']);
    client.ack();
    client.publisher.releaseHeld(url);
    expect(client.last().removedResources).toEqual(names(6).slice(2));
    client.ack();
    expect(client.publisher.held(url)).toEqual([]);
    expect(client.frames).toHaveLength(3);
  });

  it('may be released from within the report', () => {
    const { set, flush } = manualSet();
    for (const name of names(10)) {
      set.set(name, bytes(name));
    }
    const client = connect([set], { onHeld: () => client.publisher.releaseHeld() });
    client.subscribe();
    client.ack();
    for (const name of names(6)) {
      set.delete(name, { explained: false });
    }
    flush();
    expect(client.last().removedResources).toEqual(names(6));
    expect(client.frames).toHaveLength(2);
  });

  it('holds what a resuming client has and the set does not know, unless explained', () => {
    const { set, flush } = manualSet();
    set.set('kept', bytes('1'));
    const had = Object.fromEntries(
      [...names(10), 'kept', 'withdrawn'].map((name) => [name, versionOf(bytes('1'))]),
    );
    const client = connect([set], { explain: (_, name) => name === 'withdrawn' });
    client.subscribe(had);
    expect(client.last().removedResources).toEqual(['withdrawn']);
    expect(client.events).toEqual([['held', url, names(10)]]);
    client.ack();
    set.set('name-0', bytes('1'));
    set.delete('name-1', { explained: true });
    flush();
    expect(client.last().resources).toEqual([]);
    expect(client.last().removedResources).toEqual(['name-1']);
    client.ack();
    expect(client.publisher.held(url)).toEqual(names(10).slice(2));
  });
});

describe('a view of 10,000', () => {
  it('is several responses, each after the acknowledgement of the one before', () => {
    const { set, flush } = manualSet();
    for (const name of names(10_000)) {
      set.set(name, Buffer.alloc(200));
    }
    const client = connect([set]);
    client.subscribe();
    expect(client.frames).toHaveLength(1);
    set.set('name-9999', bytes('changed'));
    set.delete('name-0', { explained: true });
    flush();
    const seen = new Map<string, string>();
    for (let before = 0; before < client.frames.length; ) {
      before = client.frames.length;
      for (const { name, version } of client.last().resources) {
        expect(seen.get(name)).not.toBe(version);
        seen.set(name, version);
      }
      for (const name of client.last().removedResources) {
        seen.delete(name);
      }
      client.ack();
    }
    expect(client.frames.length).toBeGreaterThan(2);
    expect(seen).toEqual(set.versions());
    expect(client.last().systemVersionInfo).toBe('');
  });
});
