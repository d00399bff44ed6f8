import { setTimeout as sleep } from 'node:timers/promises';
import { type IntentName, Intents, type ResourceType } from '@isthmus/contracts';
import { messageOf } from '@isthmus/kernel';
import type { Logger } from 'pino';
import type { IntentDisk, StoredIntent } from './disk.js';

/** The message of each type of intent. */
export type IntentOf<N extends IntentName> =
  (typeof Intents)[N] extends ResourceType<infer T> ? T : never;

export interface KnownIntent<T> {
  readonly version: string;
  readonly value: T;
}

/** What arrived of one type: names that are new, changed, or gone. */
export type IntentListener = (type: IntentName, names: readonly string[]) => void;

export const intentNames = Object.keys(Intents) as IntentName[];
const nameByUrl = new Map(intentNames.map((name) => [Intents[name].typeUrl, name]));
const diskRetryMs = { first: 500, most: 30_000 };

/**
 * Every intent for this cluster, decoded: from disk at the start, from the hub from then on. An
 * update is on disk before it is acknowledged, so that what the hub believes survives a restart;
 * a full disk holds the acknowledgement back until there is room again.
 */
export class IntentBook {
  private readonly tables = new Map<IntentName, Map<string, KnownIntent<unknown>>>(
    intentNames.map((name) => [name, new Map()]),
  );
  private readonly whole = new Set<IntentName>();
  private readonly listeners: IntentListener[] = [];
  private readonly stopping = new AbortController();

  constructor(
    private readonly disk: IntentDisk,
    private readonly cluster: string,
    private readonly log: Logger,
  ) {}

  /** Reads what is on disk; call it once, before anything else. */
  async load(): Promise<void> {
    for (const type of intentNames) {
      const { intents, whole } = await this.disk.load(type, this.cluster);
      if (whole) this.whole.add(type);
      const table = this.table(type);
      for (const { name, version, body } of intents) {
        try {
          table.set(name, { version, value: Intents[type].decode(body) });
        } catch (error) {
          this.whole.delete(type);
          this.log.warn({ type, name, problem: messageOf(error) }, 'intent on disk passed over');
        }
      }
    }
  }

  get<N extends IntentName>(type: N, name: string): KnownIntent<IntentOf<N>> | undefined {
    return this.table(type).get(name) as KnownIntent<IntentOf<N>> | undefined;
  }

  entries<N extends IntentName>(type: N): IterableIterator<[string, KnownIntent<IntentOf<N>>]> {
    return this.table(type).entries() as IterableIterator<[string, KnownIntent<IntentOf<N>>]>;
  }

  count(type: IntentName): number {
    return this.table(type).size;
  }

  /** Whether all intents of a type are here, so that an object no intent wants may go. */
  isWhole(type: IntentName): boolean {
    return this.whole.has(type);
  }

  onChange(listener: IntentListener): void {
    this.listeners.push(listener);
  }

  /** Name to version, for resuming. */
  versions(typeUrl: string): ReadonlyMap<string, string> {
    const type = nameByUrl.get(typeUrl);
    const table = type ? this.table(type) : new Map<string, KnownIntent<unknown>>();
    return new Map([...table].map(([name, { version }]) => [name, version]));
  }

  /**
   * Takes an update over. Resolves when it is on disk and its listeners know.
   * @returns names that could not be decoded, with why; their last good version stays.
   */
  async apply(
    typeUrl: string,
    update: {
      readonly resources: readonly { name: string; version: string; body: Uint8Array }[];
      readonly removed: readonly string[];
    },
  ): Promise<{ refused: ReadonlyMap<string, string> }> {
    const refused = new Map<string, string>();
    const type = nameByUrl.get(typeUrl);
    if (!type) throw new Error(`this agent does not know ${typeUrl}`);
    const decoded = new Map<string, KnownIntent<unknown>>();
    const stored: StoredIntent[] = [];
    for (const { name, version, body } of update.resources) {
      try {
        decoded.set(name, { version, value: Intents[type].decode(body) });
        stored.push({ name, version, body: Buffer.from(body) });
      } catch (error) {
        refused.set(name, `not a ${type}: ${messageOf(error)}`);
      }
    }
    await this.untilStored(() => this.disk.store(type, this.cluster, stored, update.removed));
    const table = this.table(type);
    for (const [name, intent] of decoded) table.set(name, intent);
    for (const name of update.removed) table.delete(name);
    this.tell(type, [...decoded.keys(), ...update.removed]);
    return { refused };
  }

  /** Everything that the hub had of a type has been applied. */
  synced(typeUrl: string): void {
    const type = nameByUrl.get(typeUrl);
    if (!type) return;
    const isNew = !this.whole.has(type);
    this.whole.add(type);
    void this.untilStored(() => this.disk.markWhole(type, this.cluster)).catch(() => undefined);
    if (isNew) this.tell(type, []);
  }

  /** Gives up writes that wait for room. */
  stop(): void {
    this.stopping.abort();
  }

  private async untilStored(write: () => Promise<void>): Promise<void> {
    for (let delay = diskRetryMs.first; ; delay = Math.min(delay * 2, diskRetryMs.most)) {
      try {
        return await write();
      } catch (error) {
        this.log.error(
          { problem: messageOf(error), retryMs: delay },
          'intents cannot be stored; make room in ISTHMUS_DATA_DIR',
        );
        await sleep(delay, undefined, { signal: this.stopping.signal });
      }
    }
  }

  private table(type: IntentName): Map<string, KnownIntent<unknown>> {
    return this.tables.get(type) ?? new Map<string, KnownIntent<unknown>>();
  }

  private tell(type: IntentName, names: readonly string[]): void {
    for (const listener of this.listeners) listener(type, names);
  }
}
