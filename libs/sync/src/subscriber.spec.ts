import { DeltaDiscoveryRequest } from '@isthmus/contracts';
import { IsthmusError } from '@isthmus/kernel';
import { describe, expect, it } from 'vitest';
import { ResourceSet, versionOf } from './resource-set.js';
import { Subscriber, type SubscriberSettings } from './subscriber.js';
import { encodeRemoval, encodeResource, encodeResponse } from './wire.js';

const url = 'type.test/A';
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function response(names: readonly string[], nonce = '1', target?: string, typeUrl = url): Buffer {
  const chunks = names.map((name) => encodeResource(typeUrl, name, 'v', Buffer.from('b')).chunk);
  return encodeResponse(typeUrl, nonce, chunks, target);
}

function subscribe(settings: Partial<SubscriberSettings> = {}) {
  const sent: DeltaDiscoveryRequest[] = [];
  const synced: string[] = [];
  let failure: IsthmusError | undefined;
  const subscriber = new Subscriber(
    {
      types: [url],
      initialVersions: () => new Map(),
      apply: async () => undefined,
      onSynced: (type) => synced.push(type),
      ...settings,
    },
    {
      send: (frame) => sent.push(DeltaDiscoveryRequest.decode(frame)),
      fail: (error) => {
        failure = error;
      },
    },
  );
  subscriber.start();
  return { subscriber, sent, synced, failure: () => failure };
}

describe('Subscriber', () => {
  it('says what it has, applies, acknowledges, and knows when it is in sync', async () => {
    const client = subscribe({ initialVersions: () => new Map([['old', 'v0']]) });
    expect(client.sent[0]).toMatchObject({
      typeUrl: url,
      responseNonce: '',
      initialResourceVersions: { old: 'v0' },
    });
    client.subscriber.receive(response(['a'], '1', '2'));
    await settled();
    expect(client.sent[1]).toMatchObject({ responseNonce: '1', errorDetail: undefined });
    expect(client.synced).toEqual([]);
    client.subscriber.receive(encodeResponse(url, '2', [encodeRemoval('old')], undefined));
    await settled();
    expect(client.synced).toEqual([url]);
    expect(client.subscriber.versions(url)).toEqual(new Map([['a', 'v']]));
  });

  it('refuses what cannot be applied, in at most 4 KiB, and keeps the last good', async () => {
    const client = subscribe({
      apply: async () => {
        throw new IsthmusError('RESOURCE_INVALID', 'ü'.repeat(5_000));
      },
    });
    client.subscriber.receive(response(['a']));
    await settled();
    const message = client.sent[1]?.errorDetail?.message ?? '';
    expect(client.sent[1]?.errorDetail?.code).toBe(3);
    expect(message.startsWith('RESOURCE_INVALID: ü')).toBe(true);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4096);
    expect(message).not.toContain('\ufffd');
    expect(client.subscriber.versions(url).size).toBe(0);
    expect(client.synced).toEqual([]);
  });

  it('refuses some names and takes the others', async () => {
    const client = subscribe({ apply: async () => ({ refused: new Map([['b', 'bad']]) }) });
    client.subscriber.receive(response(['a', 'b']));
    await settled();
    expect(client.sent[1]?.errorDetail?.message).toBe('refused:\nb: bad');
    expect([...client.subscriber.versions(url).keys()]).toEqual(['a']);
  });

  it('refuses names and bodies that may not be, without applying', async () => {
    let applied = 0;
    const client = subscribe({
      apply: async () => {
        applied++;
        return undefined;
      },
    });
    client.subscriber.receive(response(['x'.repeat(301)], '1'));
    await settled();
    const { chunk } = encodeResource('type.test/Other', 'a', 'v', Buffer.alloc(1));
    client.subscriber.receive(encodeResponse(url, '2', [chunk], undefined));
    await settled();
    expect(client.sent.slice(1).map(({ errorDetail }) => errorDetail?.message)).toEqual([
      expect.stringContaining('RESOURCE_INVALID'),
      expect.stringContaining('RESOURCE_INVALID'),
    ]);
    expect(applied).toBe(0);
  });

  it('does not take more names than the limit, however they are spread', async () => {
    const client = subscribe({ limits: { messageBytes: 1_000, resources: 2 } });
    client.subscriber.receive(response(['a', 'b'], '1'));
    await settled();
    client.subscriber.receive(response(['b', 'c'], '2'));
    await settled();
    expect(client.sent[2]?.errorDetail?.message).toContain('TOO_MANY_RESOURCES');
  });

  it.each([
    ['a type it did not ask for', response([], '1', undefined, 'type.test/B'), 'RESOURCE_INVALID'],
    ['too many resources', response(['a', 'b', 'c']), 'TOO_MANY_RESOURCES'],
    ['too large a message', Buffer.alloc(2_000), 'MESSAGE_TOO_LARGE'],
    ['what is no message', Buffer.from([0xff]), 'RESOURCE_INVALID'],
    ['nested groups', Buffer.alloc(900, 0x0b), 'RESOURCE_INVALID'],
  ])('ends the stream at %s', (_, frame, code) => {
    const client = subscribe({ limits: { messageBytes: 1_000, resources: 2 } });
    client.subscriber.receive(frame);
    expect(client.failure()).toMatchObject({ code });
  });

  it('ends the stream at a second response before the first is answered', () => {
    const client = subscribe();
    client.subscriber.receive(response(['a'], '1'));
    client.subscriber.receive(response(['b'], '2'));
    expect(client.failure()).toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('closes when what is being applied has been, and answers no more', async () => {
    let finish: () => void = () => undefined;
    const client = subscribe({
      apply: () =>
        new Promise((resolve) => {
          finish = () => resolve(undefined);
        }),
    });
    client.subscriber.receive(response(['a']));
    let isClosed = false;
    const closed = client.subscriber.close().then(() => {
      isClosed = true;
    });
    await settled();
    expect(isClosed).toBe(false);
    finish();
    await closed;
    expect(client.sent).toHaveLength(1);
    expect(client.subscriber.versions(url).size).toBe(1);
  });

  it('hands over names that JavaScript finds special', async () => {
    const set = new ResourceSet(url);
    set.set('__proto__', Buffer.from('b'));
    const client = subscribe({
      initialVersions: () => new Map([['__proto__', 'v']]),
    });
    client.subscriber.receive(
      set.difference({ revision: 0, exact: true, emptyAt: 0 }).frame()?.bytes ?? Buffer.alloc(0),
    );
    await settled();
    expect(client.subscriber.versions(url).get('__proto__')).toBe(versionOf(Buffer.from('b')));
  });
});
