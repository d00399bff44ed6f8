import pg from 'pg';
import type { Logger } from 'pino';
import type { Database } from './database/database.js';

/** Called with a mesh that has changed and the revision it has come to. */
export type MeshListener = (meshId: string, revision: bigint) => void;

/** How a doorbell came to know of a change. */
export type RingSource = 'notification' | 'poll';

/**
 * Tells when a mesh has changed. Postgres's NOTIFY rings at once; a poll each second finds
 * what was missed, so losing the listening connection delays, and loses nothing.
 */
export class Doorbell {
  private readonly listeners = new Set<MeshListener>();
  private readonly seen = new Map<string, bigint>();
  private client: pg.Client | undefined;
  private poll: NodeJS.Timeout | undefined;
  private since = new Date(0);
  private isListening = false;
  private polledAt: Date | undefined;
  private readonly ringListeners = new Set<(source: RingSource) => void>();
  private polling = false;
  private closed = false;

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
    private readonly pollMs = 1000,
  ) {}

  /** @returns a function that ends the watch. */
  watch(listener: MeshListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Called whenever it rings, with how it came to that. */
  onRing(listener: (source: RingSource) => void): void {
    this.ringListeners.add(listener);
  }

  /** How well it hears; undefined until it has started. */
  get state(): { readonly isListening: boolean; readonly polledAt: Date } | undefined {
    return this.polledAt && { isListening: this.isListening, polledAt: this.polledAt };
  }

  /** Begins to listen; the first poll reports every mesh there is. */
  async start(): Promise<void> {
    await this.listen();
    await this.sweep();
    this.poll = setInterval(() => void this.sweep(), this.pollMs);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.poll);
    await this.client?.end().catch(() => {});
  }

  private async listen(): Promise<void> {
    if (this.closed) return;
    const client = new pg.Client({ ...this.database.connection, keepAlive: true });
    client.on('error', () => {}); // 'end' follows, and listens anew
    client.on('notification', ({ payload }) => {
      const [meshId, revision] = (payload ?? '').split(' ');
      if (meshId && revision) this.ring(meshId, BigInt(revision), 'notification');
    });
    client.once('end', () => {
      this.isListening = false;
      if (!this.closed) setTimeout(() => void this.listen(), this.pollMs);
    });
    try {
      await client.connect();
      await client.query('LISTEN isthmus_mesh');
      this.client = client;
      this.isListening = true;
      // It may be another database now, and an older one: a restored backup, a failover.
      this.seen.clear();
      this.since = new Date(0);
    } catch (error) {
      this.logger.warn({ error }, 'the doorbell cannot listen; polling goes on');
      await client.end().catch(() => {});
    }
  }

  private async sweep(): Promise<void> {
    if (this.polling || this.closed) return;
    this.polling = true;
    try {
      // A little overlap: rows commit in another order than their timestamps.
      const rows = await this.database.untenanted.meshClock.findMany({
        where: { updatedAt: { gte: new Date(this.since.getTime() - 15_000) } },
        select: { meshId: true, revision: true, updatedAt: true },
      });
      for (const row of rows) {
        if (row.updatedAt > this.since) this.since = row.updatedAt;
        this.ring(row.meshId, row.revision, 'poll');
      }
      this.polledAt = new Date();
    } catch (error) {
      this.logger.warn({ error }, 'the doorbell cannot poll; trying again');
    } finally {
      this.polling = false;
    }
  }

  private ring(meshId: string, revision: bigint, source: RingSource): void {
    const known = this.seen.get(meshId);
    if (known !== undefined && known >= revision) return;
    this.seen.set(meshId, revision);
    for (const listener of this.ringListeners) listener(source);
    for (const listener of this.listeners) listener(meshId, revision);
  }
}
