import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReleaseIntent } from '@isthmus/contracts';
import { messageOf } from '@isthmus/kernel';
import type { Logger } from 'pino';
import { replaceDurably } from './disk.js';

/** As far as it is remembered. */
export type ActedRelease = Pick<ReleaseIntent, 'number' | 'fence' | 'drift'>;

interface Stored {
  readonly format: number;
  readonly cluster: string;
  readonly release?: ActedRelease;
  readonly deletions: Readonly<Record<string, string>>;
}

const format = 1;
const retryMs = { first: 500, most: 30_000 };

/**
 * What the agent must remember of releases beyond its own life: the last one that it acted on, and
 * the objects that it leaves deleted. One file, replaced as a whole.
 */
export class ReleaseRecord {
  private readonly left = new Map<string, string>();
  private acted: ActedRelease | undefined;
  private next: ActedRelease | undefined;
  private current: Promise<void> = Promise.resolve();
  private queued: Promise<void> | undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly dataDir: string,
    private readonly cluster: string,
    private readonly log: Logger,
  ) {}

  /** The release with the highest fence that the agent acted on. */
  get release(): ActedRelease | undefined {
    return this.acted;
  }

  /** Objects that were found deleted and are left so: name to version of the intent. */
  get deletions(): ReadonlyMap<string, string> {
    return this.left;
  }

  /** Reads what is on disk; call it once. What cannot be read was never there. */
  async load(): Promise<void> {
    try {
      const stored = JSON.parse(await readFile(this.path, 'utf8')) as Stored;
      if (stored.format !== format || stored.cluster !== this.cluster) return;
      this.acted = stored.release;
      for (const [name, version] of Object.entries(stored.deletions)) this.left.set(name, version);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      this.log.warn({ path: this.path, problem: messageOf(error) }, 'release on disk passed over');
    }
  }

  /** Resolves when it is on disk, and not before may anybody act on it. */
  async accept({ number, fence, drift }: ReleaseIntent): Promise<void> {
    const release = { number, fence, drift };
    this.next = release;
    await this.save();
    this.acted = release;
  }

  noteDeletion(name: string, version: string): void {
    if (this.left.get(name) === version) return;
    this.left.set(name, version);
    this.saveSoon();
  }

  forgetDeletion(name: string): void {
    if (this.left.delete(name)) this.saveSoon();
  }

  /** Gives up what waits for room. @returns when all else is on disk. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.current.catch(() => undefined);
  }

  private get path(): string {
    return join(this.dataDir, 'release.json');
  }

  private saveSoon(): void {
    this.save().catch(() => undefined);
  }

  /** One write is under way at a time, and one waits, with all that comes meanwhile. */
  private save(): Promise<void> {
    this.queued ??= this.current
      .catch(() => undefined)
      .then(() => {
        this.queued = undefined;
        return this.write();
      });
    this.current = this.queued;
    return this.queued;
  }

  private async write(): Promise<void> {
    for (let delay = retryMs.first; ; delay = Math.min(delay * 2, retryMs.most)) {
      const release = this.next ?? this.acted;
      const stored: Stored = {
        format,
        cluster: this.cluster,
        ...(release && { release }),
        deletions: Object.fromEntries(this.left),
      };
      try {
        await mkdir(this.dataDir, { recursive: true });
        await replaceDurably(this.path, Buffer.from(JSON.stringify(stored)));
        return;
      } catch (error) {
        this.log.error(
          { problem: messageOf(error), retryMs: delay },
          'the release cannot be stored; make room in ISTHMUS_DATA_DIR',
        );
        await sleep(delay, undefined, { signal: this.stopping.signal });
      }
    }
  }
}
