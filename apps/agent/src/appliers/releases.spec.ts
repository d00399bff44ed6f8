import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Intents, State } from '@isthmus/contracts';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FactBoard } from '../facts/board.js';
import { IntentBook } from '../intents/book.js';
import { IntentDisk } from '../intents/disk.js';
import { ReleaseRecord } from '../intents/release-record.js';
import { configurationOf, releaseOf, versionOf } from '../testing/samples.js';
import { liveUnknown, releaseStatus } from './release.js';
import { Releases } from './releases.js';

const log = pino({ level: 'silent' });
const stored = { stored: State.STATE_YES, accepted: State.STATE_UNKNOWN, reason: '', message: '' };
const bad = { ...stored, stored: State.STATE_REFUSED, reason: 'Invalid', message: 'no' };
let book: IntentBook;
let facts: FactBoard;
let record: ReleaseRecord;
let releases: Releases;
const onAccepted = vi.fn<(isNewFence: boolean) => void>();
const learn = async (fence: number, drift: 'revert' | 'tolerate' = 'revert') => {
  const { typeUrl, encode } = Intents.Release;
  const body = encode(releaseOf(fence, drift));
  const version = `${fence}-${drift}`;
  await book.apply(typeUrl, { resources: [{ name: 'release', version, body }], removed: [] });
  releases.changed();
};
const samples = ['one', 'two'].map((name) => configurationOf('VirtualService', {}, { name }));
const release = async (fence: number) => {
  const { typeUrl, encode } = Intents.Release;
  const body = encode(releaseOf(fence, 'revert', samples));
  await book.apply(typeUrl, {
    resources: [{ name: 'release', version: `${fence}`, body }],
    removed: [],
  });
  releases.changed();
  await releases.settled();
};
const bring = async (...brought: typeof samples) => {
  const { typeUrl, encode } = Intents.Configuration;
  const resources = brought.map(({ name, intent }) => ({
    name,
    version: versionOf(intent),
    body: encode(intent),
  }));
  await book.apply(typeUrl, { resources, removed: [] });
  releases.changed();
  await releases.settled();
};
const status = () => facts.get('ReleaseStatus', 'release');

beforeEach(async () => {
  onAccepted.mockReset();
  const dir = await mkdtemp(join(tmpdir(), 'isthmus-releases-'));
  book = new IntentBook(new IntentDisk(dir, log), 'cluster_a', log);
  facts = new FactBoard();
  record = new ReleaseRecord(dir, 'cluster_a', log);
  const live = () => liveUnknown;
  releases = new Releases({ book, facts, record, log, leaving: () => 0, live, onAccepted });
});
afterEach(async () => {
  vi.useRealTimers();
  await releases.stop();
});

describe('configuration', () => {
  it('is held until it is known whether there is a release', async () => {
    releases.start();
    await releases.settled();
    expect(releases.areHeld).toBe(true);
    expect(onAccepted).not.toHaveBeenCalled();
    book.synced(Intents.Release.typeUrl);
    releases.changed();
    await releases.settled();
    expect(releases.areHeld).toBe(false);
  });

  it('is held from when a release comes until it may be acted on, and by an older one', async () => {
    await learn(5);
    expect(releases.areHeld).toBe(true);
    onAccepted.mockImplementation(() => expect(releases.areHeld).toBe(false));
    await releases.settled();
    expect(onAccepted.mock.calls).toEqual([[true]]);
    await learn(4);
    await releases.settled();
    expect(releases.areHeld).toBe(true);
    expect(onAccepted).toHaveBeenCalledTimes(1);
    expect(status()?.fence).toBe(5);
    await learn(5, 'tolerate');
    await releases.settled();
    expect(releases.areHeld).toBe(false);
    expect(onAccepted.mock.calls).toEqual([[true], [false]]);
    expect(releases.drifts.areTolerated).toBe(true);
  });
});

describe('a release that comes in pieces', () => {
  const [one, two] = samples;
  if (!one || !two) throw new Error('two samples are needed');

  it.each([
    ['first', [() => release(1), () => bring(one), () => bring(two)]],
    ['between', [() => bring(one), () => release(1), () => bring(two)]],
    ['last', [() => bring(one), () => bring(two), () => release(1)]],
  ])('is acted on when all is here, its intent %s', async (_title, steps) => {
    book.synced(Intents.Release.typeUrl);
    releases.changed();
    await releases.settled();
    onAccepted.mockReset();
    for (const step of steps) {
      expect(onAccepted).not.toHaveBeenCalled();
      await step();
      expect(releases.areHeld).toBe(step !== steps.at(-1));
    }
    expect(onAccepted.mock.calls).toEqual([[true]]);
  });

  it('is told as the one before until then', async () => {
    await learn(1);
    await releases.settled();
    const before = status();
    await release(2);
    await bring(one);
    expect(status()).toEqual(before);
    expect(record.release?.fence).toBe(1);
    await bring(two);
    expect(status()?.fence).toBe(2);
    // The next one takes away, which may be heard of first.
    await book.apply(Intents.Configuration.typeUrl, { resources: [], removed: [one.name] });
    releases.changed();
    expect(releases.areHeld).toBe(true);
    expect(status()?.fence).toBe(2);
  });

  it('is no empty one when there is none of it at the start', async () => {
    await record.accept(releaseOf(1));
    await bring(one);
    await learn(1);
    await releases.settled();
    expect(releases.areHeld).toBe(true);
    expect(status()?.digest).not.toBe(releaseOf(1).digest);
  });

  it('is compared once for each change, however often it is asked for', async () => {
    await bring(one, two);
    await release(1);
    const entries = vi.spyOn(book, 'entries');
    releases.changed();
    for (let object = 0; object < 2_000; object += 1) expect(releases.areHeld).toBe(false);
    expect(entries).toHaveBeenCalledTimes(1);
  });

  it('is held up by an object that cannot be read, which is said once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const warn = vi.spyOn(log, 'warn');
    await release(1);
    await bring(one);
    const broken = { name: two.name, version: versionOf(two.intent), body: Buffer.from([0xff]) };
    const { typeUrl } = Intents.Configuration;
    const { refused } = await book.apply(typeUrl, { resources: [broken], removed: [] });
    expect([...refused.keys()]).toEqual([two.name]);
    for (let look = 0; look < 3; look += 1) {
      releases.changed();
      await releases.settled();
      vi.advanceTimersByTime(60_000);
    }
    expect(releases.areHeld).toBe(true);
    expect(onAccepted).not.toHaveBeenCalled();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toEqual({ fence: 1, objects: 2, here: 1 });
    warn.mockRestore();
  });
});

describe('the status', () => {
  it('is made once for all changes of a moment, however many', async () => {
    await learn(1);
    await releases.settled();
    vi.useFakeTimers();
    const set = vi.spyOn(facts, 'set');
    for (let change = 0; change < 1_000; change += 1) {
      for (let object = 0; object < 1_000; object += 1) {
        releases.note(`object-${object}`, { version: 'v1', ...(change % 2 ? stored : bad) });
      }
      // 5 s for all of them.
      vi.advanceTimersByTime(5);
    }
    expect(set.mock.calls.length).toBeLessThanOrEqual(100);
    vi.advanceTimersByTime(100);
    expect(status()).toMatchObject({ objects: 1_000, stored: 1_000, refused: 0 });
  });

  it('goes with the release', async () => {
    await learn(1);
    await releases.settled();
    expect(status()).toBeDefined();
    await book.apply(Intents.Release.typeUrl, { resources: [], removed: ['release'] });
    book.synced(Intents.Release.typeUrl);
    releases.changed();
    await releases.settled();
    expect(status()).toBeUndefined();
  });

  it('counts every object once, and names at most fifty', () => {
    const waits = { ...stored, stored: State.STATE_PENDING };
    const objects = [
      ...Array.from({ length: 60 }, (_, index) => [`bad-${index}`, bad] as const),
      ['taken', { ...stored, accepted: State.STATE_YES }] as const,
      ['unwanted', { ...stored, accepted: State.STATE_REFUSED }] as const,
      ['nowhere', { ...waits, reason: 'NamespaceNotFound' }] as const,
      ['writing', { ...waits, reason: 'Writing' }] as const,
    ].map(([name, standing]) => [name, { version: 'v1', ...standing }] as const);
    const { problems, ...counts } = releaseStatus(releaseOf(1), 'd', objects, 3);
    expect(counts).toEqual({
      number: 1,
      fence: 1,
      digest: 'd',
      objects: 67,
      stored: 2,
      pending: 4,
      refused: 60,
      absent: 1,
      accepted: 1,
      unaccepted: 1,
      ...liveUnknown,
    });
    expect(problems).toHaveLength(50);
    expect(problems[0]).toEqual({ object: 'bad-0', intentVersion: 'v1', ...bad });
  });
});

describe('what was put back', () => {
  it('is shown for ten minutes, and what was left for as long as it is there', async () => {
    await learn(1);
    await releases.settled();
    vi.useFakeTimers();
    const { drifts } = releases;
    drifts.found('reverted', { version: 'v1', live: undefined, outcome: 'reverted' });
    drifts.found('left', { version: 'v1', live: undefined, outcome: 'tolerated' });
    drifts.settled('reverted');
    vi.advanceTimersByTime(9 * 60_000);
    expect(facts.names('Drift')).toEqual(['reverted', 'left']);
    vi.advanceTimersByTime(60_000);
    expect(facts.names('Drift')).toEqual(['left']);
    drifts.settled('left');
    expect(facts.names('Drift')).toEqual([]);
  });

  it('is counted for each change, and not for each look', async () => {
    const { drifts } = releases;
    const live = (value: string) => ({ metadata: { name: 'web' }, spec: { value } });
    const find = (value: string) =>
      drifts.found('web', { version: 'v1', live: live(value), outcome: 'tolerated' });
    find('a');
    find('a');
    expect(facts.get('Drift', 'web')?.count).toBe(1);
    find('b');
    expect(facts.get('Drift', 'web')?.count).toBe(2);
    drifts.found('web', { version: 'v1', live: live('b'), outcome: 'reverted' });
    expect(facts.get('Drift', 'web')).toMatchObject({ count: 2, outcome: 'reverted' });
    drifts.found('web', { version: 'v1', live: live('b'), outcome: 'reverted' });
    expect(facts.get('Drift', 'web')?.count).toBe(3);
    drifts.found('web', { version: 'v2', live: live('b'), outcome: 'reverted' });
    expect(facts.get('Drift', 'web')?.count).toBe(1);
    const huge = live('x'.repeat(49 * 1024));
    drifts.found('web', { version: 'v2', live: huge, outcome: 'reverted' });
    expect(facts.get('Drift', 'web')?.manifest).toHaveLength(0);
  });
});
