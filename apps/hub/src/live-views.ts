import { type MeshView, MeshViews } from '@isthmus/federation';
import { IsthmusError } from '@isthmus/kernel';
import { Doorbell, HubMetrics, InjectLogger, type Logger } from '@isthmus/platform';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

const stalenessMs = 5_000;
const retryMs = 1_000;

interface Held {
  readonly view: MeshView;
  readonly loaded: Promise<void>;
  users: number;
  /** A refresh failed: nobody rings twice, so it is tried again. */
  dirty: boolean;
  /** Settings of which the listeners know. */
  announced: bigint;
}

/** The views of the meshes that have agents here, each kept up to date while one has. */
@Injectable()
export class LiveViews implements OnModuleInit, OnModuleDestroy {
  private readonly views = new Map<string, Held>();
  private readonly listeners = new Set<(meshId: string) => void>();
  private readonly restoreListeners = new Set<(meshId: string) => void>();
  private unwatch: (() => void) | undefined;
  private staleness: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    @Inject(MeshViews) private readonly factory: MeshViews,
    @Inject(Doorbell) private readonly doorbell: Doorbell,
    @InjectLogger() private readonly logger: Logger,
    @Inject(HubMetrics) private readonly metrics: HubMetrics,
  ) {
    metrics.meshes.readFrom(() => {
      const behind = [...this.views.values()].filter(({ dirty }) => dirty).length;
      return [
        [{ state: 'current' }, this.views.size - behind],
        [{ state: 'behind' }, behind],
      ];
    });
  }

  async onModuleInit(): Promise<void> {
    this.unwatch = this.doorbell.watch((meshId) => void this.refresh(meshId));
    await this.doorbell.start();
    this.staleness = setInterval(() => {
      for (const [meshId, { view }] of this.views) void this.attempt(meshId, view.staleness());
    }, stalenessMs);
    this.retry = setInterval(() => {
      for (const [meshId, { dirty }] of this.views) if (dirty) void this.refresh(meshId);
    }, retryMs);
  }

  onModuleDestroy(): void {
    this.unwatch?.();
    clearInterval(this.staleness);
    clearInterval(this.retry);
  }

  /** Called with each mesh whose settings have changed, once its view shows them. */
  onSettings(listener: (meshId: string) => void): void {
    this.listeners.add(listener);
  }

  /** Called with each mesh whose database went back, as a restored backup does. */
  onRestore(listener: (meshId: string) => void): void {
    this.restoreListeners.add(listener);
  }

  /**
   * The view of a mesh, as new as the database; to be given back by `release`.
   *
   * @throws NOT_FOUND, or whatever the database throws.
   */
  async acquire(organizationId: string, meshId: string): Promise<MeshView> {
    let held = this.views.get(meshId);
    if (!held) {
      const view = this.factory.open(organizationId, meshId);
      held = { view, loaded: view.refresh(), users: 0, dirty: false, announced: -1n };
      this.views.set(meshId, held);
    }
    held.users += 1;
    try {
      await held.loaded;
      return held.view;
    } catch (error) {
      this.release(meshId);
      throw error;
    }
  }

  release(meshId: string): void {
    const held = this.views.get(meshId);
    if (!held) return;
    held.users -= 1;
    if (held.users === 0) this.views.delete(meshId);
  }

  private async refresh(meshId: string): Promise<void> {
    const held = this.views.get(meshId);
    if (!held) return;
    const { restores } = held.view;
    const ended = this.metrics.refreshDuration.startTimer();
    const state = await this.attempt(meshId, held.view.refresh());
    ended({ outcome: state });
    held.dirty = state === 'failed';
    if (state === 'gone') {
      // With its clusters: whoever looks after their agents finds out now.
      for (const listener of this.listeners) listener(meshId);
      return;
    }
    if (held.view.restores !== restores)
      for (const listener of this.restoreListeners) listener(meshId);
    if (held.dirty || held.view.settingsRevision === held.announced) return;
    held.announced = held.view.settingsRevision;
    for (const listener of this.listeners) listener(meshId);
  }

  /** The last known good is served on while the database is out of reach. */
  private async attempt(meshId: string, work: Promise<void>): Promise<'done' | 'failed' | 'gone'> {
    try {
      await work;
      return 'done';
    } catch (error) {
      if (error instanceof IsthmusError && error.code === 'NOT_FOUND') return 'gone';
      this.logger.warn({ error, meshId }, 'could not refresh the view of a mesh');
      return 'failed';
    }
  }
}
