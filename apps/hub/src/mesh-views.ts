import { MeshView, MeshViewFactory } from '@isthmus/federation';
import { Doorbell, InjectLogger } from '@isthmus/platform';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import { HUB_CONFIG, type HubConfig } from './config.js';

interface Held {
  readonly view: Promise<MeshView>;
  users: number;
}

/** The views of the meshes that have agents here, each kept up to date while one has. */
@Injectable()
export class MeshViews implements OnModuleInit, OnModuleDestroy {
  private readonly views = new Map<string, Held>();
  private readonly listeners = new Set<(meshId: string) => void>();
  private unwatch: (() => void) | undefined;
  private staleness: NodeJS.Timeout | undefined;

  constructor(
    @Inject(MeshViewFactory) private readonly factory: MeshViewFactory,
    @Inject(Doorbell) private readonly doorbell: Doorbell,
    @Inject(HUB_CONFIG) private readonly config: HubConfig,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    this.unwatch = this.doorbell.watch((meshId) => void this.refresh(meshId));
    await this.doorbell.start();
    this.staleness = setInterval(
      () => {
        for (const meshId of this.views.keys()) void this.refresh(meshId);
      },
      Math.min(10_000, this.config.ISTHMUS_STALE_AFTER_MS / 3),
    );
  }

  onModuleDestroy(): void {
    this.unwatch?.();
    clearInterval(this.staleness);
  }

  /** Called with each mesh whose settings have changed, once its view says so. */
  onSettings(listener: (meshId: string) => void): void {
    this.listeners.add(listener);
  }

  /** The view of a mesh, loaded; to be given back by `release`. */
  async acquire(organizationId: string, meshId: string): Promise<MeshView> {
    let held = this.views.get(meshId);
    if (!held) {
      const view = this.factory.create({
        organizationId,
        meshId,
        staleAfterMs: this.config.ISTHMUS_STALE_AFTER_MS,
      });
      held = { view: view.refresh().then(() => view), users: 0 };
      this.views.set(meshId, held);
    }
    held.users += 1;
    try {
      return await held.view;
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
    try {
      const view = await held.view;
      const before = view.settingsRevision;
      await view.refresh();
      if (view.settingsRevision === before) return;
      for (const listener of this.listeners) listener(meshId);
    } catch (error) {
      // The last known good is served on; the doorbell's next poll tries again.
      this.logger.warn({ error, meshId }, 'could not refresh the view of a mesh');
    }
  }
}
