import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminApi } from './api.js';

export interface Listed {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

const againMs = 250;

/** What a list of the API server holds, kept up to date; the API server may come and go. */
export class Mirror<T extends Listed> {
  /** By uid. */
  private readonly objects = new Map<string, T>();
  private readonly ended: Promise<void>;

  /**
   * @param path Of the list, with its selectors.
   * @param changed Called after each change.
   */
  constructor(
    private readonly api: AdminApi,
    private readonly path: string,
    private readonly changed: () => void,
    private readonly signal: AbortSignal,
  ) {
    this.ended = this.follow();
  }

  values(): T[] {
    return [...this.objects.values()];
  }

  /** Resolves once the signal has ended it. */
  async end(): Promise<void> {
    await this.ended;
  }

  private async follow(): Promise<void> {
    while (!this.signal.aborted) {
      // What breaks is begun anew, with a new list.
      await this.listAndWatch().catch(() => undefined);
      await pause(this.signal);
    }
  }

  private async listAndWatch(): Promise<void> {
    const { status, body } = await this.api.get(this.path);
    if (status !== 200) return;
    const list = JSON.parse(body) as { metadata: { resourceVersion: string }; items: T[] };
    this.objects.clear();
    for (const item of list.items) this.objects.set(item.metadata.uid ?? '', item);
    this.changed();
    const { resourceVersion } = list.metadata;
    await this.api.watch<T>(this.path, resourceVersion, this.signal, ({ type, object }) => {
      if (type === 'ERROR') throw new Error('the version is too old to go on from');
      const uid = object.metadata.uid ?? '';
      if (type === 'DELETED') this.objects.delete(uid);
      else this.objects.set(uid, object);
      this.changed();
    });
  }
}

/** Does its round when something has changed, one at a time, and again a moment after one that left something. */
export class Rounds {
  private wanted = false;
  private running: Promise<void> = Promise.resolve();
  private isRunning = false;

  /** @param round Answers whether all is done; one that throws is not. */
  constructor(
    private readonly round: () => Promise<boolean>,
    private readonly signal: AbortSignal,
  ) {}

  wake(): void {
    this.wanted = true;
    if (this.isRunning || this.signal.aborted) return;
    this.isRunning = true;
    this.running = this.run();
  }

  async end(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.wanted && !this.signal.aborted) {
      this.wanted = false;
      if (await this.round().catch(() => false)) continue;
      this.wanted = true;
      await pause(this.signal);
    }
    this.isRunning = false;
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await sleep(againMs, undefined, { signal }).catch(() => undefined);
}
