import { DeltaDiscoveryRequest, DeltaDiscoveryResponse } from '@isthmus/contracts';
import { describe, expect, it } from 'vitest';
import { type Guard, Publisher } from './publisher.js';
import { ResourceSet, versionOf } from './resource-set.js';
import type { Scheduler } from './scheduler.js';
import { Subscriber } from './subscriber.js';

/** A small seeded generator (mulberry32): the same seed gives the same schedule. */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Time that moves when it is told to. */
class ManualScheduler implements Scheduler {
  #now = 0;
  #due: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.#now + milliseconds, run };
    this.#due.push(timer);
    return () => {
      this.#due = this.#due.filter((other) => other !== timer);
    };
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (let due = this.#next(); due !== undefined; due = this.#next()) {
      this.#due = this.#due.filter((other) => other !== due);
      due.run();
    }
  }

  #next(): { at: number; run: () => void } | undefined {
    return this.#due.filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at)[0];
  }
}

const types = ['type.test/A', 'type.test/B'];
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A client that keeps what it applied over disconnects, and checks what it is told. */
class ModelClient {
  readonly has = new Map(types.map((type) => [type, new Map<string, string>()]));
  readonly synced = new Set<string>();
  /** Names whose last version was refused, with it; cleared with the stream. */
  readonly refused = new Map<string, string>();
  readonly lastRevision = new Map<string, number>();
  /** Whether anything was ever refused: only a new stream then brings the rest. */
  hasRefused = false;
  /** How often a name had changed when what the client has of it was sent. */
  readonly #changesApplied = new Map<string, number>();
  failure: unknown;
  needless = 0;
  publisher: Publisher | undefined;
  subscriber: Subscriber | undefined;
  #toClient: { frame: Buffer; changes: ReadonlyMap<string, number> }[] = [];
  #toServer: Buffer[] = [];
  #changesSent: ReadonlyMap<string, number> = new Map();
  #inFlight = new Map<string, number>();
  #connected = false;
  #blocked = false;

  constructor(
    readonly sets: readonly ResourceSet[],
    readonly changes: ReadonlyMap<string, number>,
    readonly random: (below: number) => number,
    readonly refusals: () => boolean,
    readonly guard: Guard | false,
  ) {}

  connect(): void {
    this.#connected = true;
    this.#toClient = [];
    this.#toServer = [];
    this.#inFlight.clear();
    this.refused.clear();
    this.lastRevision.clear();
    this.synced.clear();
    this.#blocked = false;
    const publisher = new Publisher(
      { sets: this.sets, guard: this.guard },
      {
        send: (frame) => {
          expect(this.#blocked).toBe(false);
          this.#toClient.push({ frame, changes: new Map(this.changes) });
          const { typeUrl } = DeltaDiscoveryResponse.decode(frame);
          const inFlight = (this.#inFlight.get(typeUrl) ?? 0) + 1;
          expect(inFlight).toBe(1);
          this.#inFlight.set(typeUrl, inFlight);
          this.#blocked = this.random(4) === 0;
          return !this.#blocked;
        },
        fail: (error) => {
          this.failure = error;
        },
      },
    );
    const subscriber = new Subscriber(
      {
        types,
        initialVersions: (type) => this.has.get(type) ?? new Map(),
        apply: async (type, { resources, removed }) => {
          const has = this.has.get(type) as Map<string, string>;
          if (this.refusals() && this.random(6) === 0) {
            for (const { name, version } of resources) {
              this.refuse(type, name, version);
            }
            for (const name of removed) {
              this.refuse(type, name, '');
            }
            throw new Error('no');
          }
          const refused = new Map<string, string>();
          for (const { name, version, body } of resources) {
            expect(version).toBe(versionOf(body));
            expect(this.refused.get(`${type} ${name}`)).not.toBe(version);
            if (this.refusals() && this.random(6) === 0) {
              refused.set(name, 'bad:\n this one');
              this.refuse(type, name, version);
              continue;
            }
            const key = `${type} ${name}`;
            const changes = this.#changesSent.get(key) as number;
            if (has.get(name) === version && this.#changesApplied.get(key) === changes) {
              this.needless++;
            }
            has.set(name, version);
            this.#changesApplied.set(key, changes);
          }
          for (const name of removed) {
            has.delete(name);
          }
          return { refused };
        },
        onSynced: (type) => this.synced.add(type),
      },
      {
        send: (frame) => this.#toServer.push(frame),
        fail: (error) => {
          this.failure = error;
        },
      },
    );
    this.publisher = publisher;
    this.subscriber = subscriber;
    subscriber.start();
  }

  refuse(type: string, name: string, version: string): void {
    this.refused.set(`${type} ${name}`, version);
    this.hasRefused = true;
  }

  async disconnect(): Promise<void> {
    this.#connected = false;
    this.publisher?.close();
    await this.subscriber?.close();
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Moves one message, or frees the transport. @returns whether there was anything to do. */
  async step(): Promise<boolean> {
    if (!this.#connected) {
      return false;
    }
    if (this.#blocked && this.random(2) === 0) {
      this.#blocked = false;
      this.publisher?.drained();
      return true;
    }
    const response = this.#toClient.shift();
    if (response !== undefined) {
      const { typeUrl, nonce } = DeltaDiscoveryResponse.decode(response.frame);
      this.#changesSent = response.changes;
      const revision = Number.parseInt(nonce, 10);
      // Never back.
      expect(revision).toBeGreaterThanOrEqual(this.lastRevision.get(typeUrl) ?? 0);
      this.lastRevision.set(typeUrl, revision);
      this.subscriber?.receive(response.frame);
      await settled();
      return true;
    }
    const request = this.#toServer.shift();
    if (request !== undefined) {
      this.#inFlight.set(DeltaDiscoveryRequest.decode(request).typeUrl, 0);
      this.publisher?.receive(request);
      return true;
    }
    return this.#blocked;
  }

  async settle(): Promise<void> {
    while (await this.step()) {
      // Until nothing moves.
    }
  }
}

describe('any schedule', () => {
  const seeds = Array.from({ length: 150 }, (_, index) => index + 1);

  it.each(seeds)('converges, sends nothing needless, never goes back (seed %i)', async (seed) => {
    const random = seeded(seed);
    const scheduler = new ManualScheduler();
    const sets = types.map(
      (type, index) =>
        new ResourceSet(type, {
          scheduler,
          debounceMs: index * 10,
          tombstones: seed % 3 === 0 ? 4 : 1_000,
        }),
    );
    let isRefusing = seed % 2 === 0;
    const guard = seed % 4 === 1 && { minimum: 2, share: 0.1 };
    const changes = new Map<string, number>();
    const leave = sets.map((set) =>
      set.onChange((name) => {
        const key = `${set.typeUrl} ${name}`;
        changes.set(key, (changes.get(key) ?? 0) + 1);
      }),
    );
    const clients = [0, 1, 2].map(
      () => new ModelClient(sets, changes, random, () => isRefusing, guard),
    );
    const large = Buffer.alloc(300_000);
    for (let turn = 0; turn < 250; turn++) {
      const set = sets[random(sets.length)] as ResourceSet;
      const client = clients[random(clients.length)] as ModelClient;
      const name = `shop/service-${random(12)}`;
      switch (random(10)) {
        case 0:
        case 1:
        case 2: {
          // Few bodies, so that versions come back.
          const body = seed % 5 === 0 ? large.fill(random(3)) : Buffer.from([random(3)]);
          set.set(name, body);
          break;
        }
        case 3:
          set.delete(name, { explained: random(2) === 0 });
          break;
        case 4:
          scheduler.advance(random(30));
          break;
        case 5:
          if (random(4) > 0) {
            client.publisher?.releaseHeld();
            break;
          }
          if (client.connected) {
            await client.disconnect();
          }
          client.connect();
          break;
        default:
          await client.step();
      }
      if (client.failure !== undefined) {
        // Only ever because removals were forgotten; reconnecting compares versions.
        expect(client.failure).toMatchObject({ code: 'UNAVAILABLE' });
        client.failure = undefined;
        await client.disconnect();
      }
    }
    isRefusing = false;
    for (const client of clients) {
      if (client.connected && client.hasRefused) {
        await client.disconnect();
      }
      if (!client.connected) {
        client.connect();
      }
      for (let round = 0; round < 20; round++) {
        scheduler.advance(200);
        client.publisher?.releaseHeld();
        await client.settle();
        if (client.failure !== undefined) {
          client.failure = undefined;
          await client.disconnect();
          client.connect();
        }
      }
      for (const set of sets) {
        expect(client.has.get(set.typeUrl)).toEqual(set.versions());
        expect(client.synced.has(set.typeUrl)).toBe(true);
      }
      expect(client.needless).toBe(0);
      await client.disconnect();
    }
    for (const end of leave) {
      end();
    }
    expect(sets.map((set) => set.listenerCount)).toEqual([0, 0]);
  });
});
