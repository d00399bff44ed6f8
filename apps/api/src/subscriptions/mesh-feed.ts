import { ClusterService, type ClusterView, type Mesh, MeshService } from '@isthmus/fleet';
import { Doorbell, InjectLogger } from '@isthmus/platform';
import type { Actor } from '@isthmus/tenancy';
import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { Latest } from './latest.js';

/** Rings within this time are answered by one look. */
const coalesceMs = 100;
/** A cluster that falls silent rings nothing: somebody has to look. */
const pollMs = 2000;
/** Looking takes at most this share of the time, however many clusters there are. */
const mostOfTheTime = 0.1;
const pageOfClusters = 200;

interface Watcher {
  readonly actor: Actor;
  clusterChanged?(cluster: ClusterView): void;
  meshChanged?(): void;
}

/** A mesh that somebody watches, and what was last seen of it. */
interface Watched {
  readonly meshId: string;
  readonly watchers: Set<Watcher>;
  /** By cluster id, what is told of it. */
  seen: Map<string, string> | undefined;
  /** The first look, with which all others compare. */
  first: Promise<void> | undefined;
  isLooking: boolean;
  /** Whether the doorbell has rung since the last look began. */
  isRung: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * What changes in meshes, for those who watch. Each mesh is looked at once for all of its
 * watchers: when the doorbell rings, and every few seconds. Nothing is kept for a mesh that
 * nobody watches.
 */
@Injectable()
export class MeshFeed implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly watched = new Map<string, Watched>();
  private unwatch: (() => void) | undefined;

  constructor(
    @Inject(Doorbell) private readonly doorbell: Doorbell,
    @Inject(MeshService) private readonly meshes: MeshService,
    @Inject(ClusterService) private readonly clusters: ClusterService,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.unwatch = this.doorbell.watch((meshId) => {
      const watched = this.watched.get(meshId);
      if (!watched || watched.isRung) return;
      watched.isRung = true;
      if (!watched.isLooking) this.schedule(watched, coalesceMs);
    });
    await this.doorbell.start();
  }

  onModuleDestroy(): void {
    this.unwatch?.();
    for (const { timer } of this.watched.values()) clearTimeout(timer);
    this.watched.clear();
  }

  /** Each cluster of the mesh whenever what is told of it changes. @throws NOT_FOUND */
  async clusterChanges(actor: Actor, meshId: string): Promise<AsyncIterableIterator<ClusterView>> {
    await this.meshes.get(actor, meshId);
    const changes = new Latest<ClusterView>(() => leave());
    const leave = await this.enter(meshId, {
      actor,
      clusterChanged: (cluster) => changes.push(cluster.id, cluster),
    });
    return changes;
  }

  /** The mesh whenever its settings, its facts or the contact to its clusters change. @throws NOT_FOUND */
  async meshChanges(actor: Actor, meshId: string): Promise<AsyncIterableIterator<Mesh>> {
    const mesh = await this.meshes.get(actor, meshId);
    const changes = new Latest<Mesh>(() => leave());
    const leave = await this.enter(meshId, {
      actor,
      meshChanged: () => changes.push(mesh.id, mesh),
    });
    return changes;
  }

  private async enter(meshId: string, watcher: Watcher): Promise<() => void> {
    let watched = this.watched.get(meshId);
    if (!watched) {
      watched = {
        meshId,
        watchers: new Set(),
        seen: undefined,
        first: undefined,
        isLooking: false,
        isRung: false,
        timer: undefined,
      };
      this.watched.set(meshId, watched);
    }
    const entered = watched;
    entered.watchers.add(watcher);
    const leave = (): void => {
      entered.watchers.delete(watcher);
      if (entered.watchers.size > 0) return;
      clearTimeout(entered.timer);
      if (this.watched.get(meshId) === entered) this.watched.delete(meshId);
    };
    try {
      // What changes from here on is compared with what is now.
      entered.first ??= this.look(entered);
      await entered.first;
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  private schedule(watched: Watched, afterMs: number): void {
    clearTimeout(watched.timer);
    watched.timer = setTimeout(() => {
      this.look(watched).catch((error: unknown) => {
        this.logger.warn({ error, meshId: watched.meshId }, 'cannot look at a watched mesh');
        this.schedule(watched, pollMs);
      });
    }, afterMs);
  }

  private async look(watched: Watched): Promise<void> {
    const [reader] = watched.watchers;
    if (!reader) return;
    const started = performance.now();
    const wasRung = watched.isRung;
    watched.isRung = false;
    watched.isLooking = true;
    try {
      this.tell(watched, await this.clustersOf(reader.actor, watched.meshId), wasRung);
    } finally {
      watched.isLooking = false;
    }
    if (watched.watchers.size === 0) return;
    const took = performance.now() - started;
    this.schedule(watched, Math.max(watched.isRung ? coalesceMs : pollMs, took / mostOfTheTime));
  }

  private tell(watched: Watched, clusters: readonly ClusterView[], wasRung: boolean): void {
    const before = watched.seen;
    const seen = new Map(clusters.map((cluster) => [cluster.id, told(cluster)]));
    watched.seen = seen;
    if (!before) return;
    const changed = clusters.filter(({ id }) => seen.get(id) !== before.get(id));
    const hasGone = [...before.keys()].some((id) => !seen.has(id));
    for (const watcher of watched.watchers) {
      for (const cluster of changed) watcher.clusterChanged?.(cluster);
      if (wasRung || hasGone || changed.length > 0) watcher.meshChanged?.();
    }
  }

  private async clustersOf(actor: Actor, meshId: string): Promise<ClusterView[]> {
    const clusters: ClusterView[] = [];
    for (let after: string | undefined, more = true; more; after = clusters.at(-1)?.id) {
      const page = await this.clusters.list(actor, { meshId, first: pageOfClusters, after });
      clusters.push(...page.items);
      more = page.hasNext;
    }
    return clusters;
  }
}

/** What is told of a cluster; contact itself is no news. */
function told({ lastContactAt: _, ...news }: ClusterView): string {
  return JSON.stringify(news);
}
