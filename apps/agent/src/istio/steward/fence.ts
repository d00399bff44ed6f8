import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '@isthmus/kernel';
import type { Logger } from 'pino';
import { replaceDurably } from '../../intents/disk.js';

interface Stored {
  readonly format: number;
  readonly cluster: string;
  readonly fence: number;
  /** Revision to Helm release. */
  readonly removing: Readonly<Record<string, string>>;
}

const format = 1;

/**
 * What the steward must remember beyond its own life: the newest fence that it acted on, and what it
 * has begun to remove. One file, replaced as a whole.
 */
export class FenceRecord {
  private acted = 0;
  private readonly begun = new Map<string, string>();
  private readonly path: string;

  /** @param cluster Whose fences these are: another one's say nothing of this one's. */
  constructor(
    dataDir: string,
    private readonly cluster: string,
    private readonly log: Logger,
  ) {
    this.path = join(dataDir, 'steward.json');
  }

  get fence(): number {
    return this.acted;
  }

  /** Revisions that are being removed, with their Helm release; empty where there is none. */
  get removing(): ReadonlyMap<string, string> {
    return this.begun;
  }

  /** Reads what is on disk; call it once. What cannot be read was never there. */
  async load(): Promise<void> {
    try {
      const stored = JSON.parse(await readFile(this.path, 'utf8')) as Stored;
      if (stored.format !== format || stored.cluster !== this.cluster) return;
      this.acted = stored.fence;
      for (const [revision, release] of Object.entries(stored.removing)) {
        this.begun.set(revision, release);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      this.log.warn({ path: this.path, problem: messageOf(error) }, 'fence on disk passed over');
    }
  }

  /** Resolves when it is on disk, and not before may anybody act on it. @throws such as ENOSPC. */
  async accept(fence: number): Promise<void> {
    if (fence <= this.acted) return;
    await this.write(fence);
    this.acted = fence;
  }

  async beginRemoval(revision: string, release: string): Promise<void> {
    if (this.begun.get(revision) === release) return;
    this.begun.set(revision, release);
    await this.write(this.acted);
  }

  async endRemoval(revision: string): Promise<void> {
    if (this.begun.delete(revision)) await this.write(this.acted);
  }

  private async write(fence: number): Promise<void> {
    const { cluster, begun } = this;
    const stored: Stored = { format, cluster, fence, removing: Object.fromEntries(begun) };
    await mkdir(dirname(this.path), { recursive: true });
    await replaceDurably(this.path, Buffer.from(JSON.stringify(stored)));
  }
}
