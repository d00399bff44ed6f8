import { randomUUID } from 'node:crypto';
import { type FactName, Facts, type IntentName, Intents } from '@isthmus/contracts';
import { FactStore, type MeshView } from '@isthmus/federation';
import { type AgentIdentity, cloneMs, EnrolmentService, PresenceService } from '@isthmus/fleet';
import { IsthmusError } from '@isthmus/kernel';
import { HubMetrics, InjectLogger, type Logger } from '@isthmus/platform';
import type {
  FactsStream,
  IntentsStream,
  Publisher,
  ResourceSet,
  SyncHandlers,
  SyncPeer,
} from '@isthmus/sync';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { LiveViews } from './live-views.js';

const contactMs = 10_000;

const moved = new IsthmusError(
  'UNAVAILABLE',
  'the cluster is in another network now; come back for what belongs to it there',
);
const away = new IsthmusError('UNAVAILABLE', 'the hub cannot go on for the moment; come back');

const intentNames = new Map(Object.entries(Intents).map(([name, { typeUrl }]) => [typeUrl, name]));

/** A stream that was admitted. */
interface Stream {
  readonly identity: AgentIdentity;
  readonly peer: SyncPeer;
  /** Since when, in ms (monotonic). */
  readonly since: number;
}

/** A stream of intents, with what the mass-delete guard holds back on it. */
interface IntentStream extends Stream {
  /** Whether its cluster is in another network since: its sets are no longer the cluster's. */
  readonly isMoved: () => boolean;
  readonly publisher: Publisher;
  /** What the operator had released when it began. */
  releases: number;
  /** As last recorded: types and names, joined. */
  held: string;
  /** How many these are. */
  heldCount: number;
}

/**
 * Admits the streams of agents by their certificates, and ends them when these no longer
 * admit. Tells the fleet who is there.
 */
@Injectable()
export class AgentSessions implements SyncHandlers, OnModuleDestroy {
  private readonly streams = new Set<Stream>();
  private readonly intentStreams = new Set<IntentStream>();
  /** Tells this hub from the others. */
  private readonly hub = randomUUID();
  /** Meshes whose settings have changed since their streams were last looked at. */
  private readonly changed = new Set<string>();
  private rechecking = false;
  private readonly contact = setInterval(() => void this.reportContact(), contactMs);

  constructor(
    @Inject(EnrolmentService) private readonly enrolment: EnrolmentService,
    @Inject(PresenceService) private readonly presence: PresenceService,
    @Inject(FactStore) private readonly factStore: FactStore,
    @Inject(LiveViews) private readonly views: LiveViews,
    @InjectLogger() private readonly logger: Logger,
    @Inject(HubMetrics) private readonly metrics: HubMetrics,
  ) {
    metrics.agents.readFrom(
      () => new Set([...this.streams].map(({ identity }) => identity.clusterId)).size,
    );
    metrics.streams.readFrom(() => [
      [{ direction: 'intents' }, this.intentStreams.size],
      [{ direction: 'facts' }, this.streams.size - this.intentStreams.size],
    ]);
    metrics.held.readFrom(() =>
      [...this.intentStreams].reduce((sum, { heldCount }) => sum + heldCount, 0),
    );
    // From 0 on: of a series that appears with the first refusal, Prometheus sees no increase.
    metrics.locks.inc(0);
    for (const type of intentNames.values()) {
      metrics.resources.inc({ type }, 0);
      metrics.refused.inc({ type }, 0);
    }
    views.onSettings((meshId) => void this.recheckSoon(meshId));
    views.onRestore((meshId) => this.sendAway(meshId));
  }

  onModuleDestroy(): void {
    clearInterval(this.contact);
  }

  readonly intents = (peer: SyncPeer): Promise<IntentsStream> =>
    this.counted('intents', this.admitIntents(peer));

  readonly facts = (peer: SyncPeer): Promise<FactsStream> =>
    this.counted('facts', this.admitFacts(peer));

  private async admitIntents(peer: SyncPeer): Promise<IntentsStream> {
    const identity = await this.enrolment.authenticate(peer.certificate);
    const releases = await this.presence.heldReleases(identity);
    const view = await this.views.acquire(identity.organizationId, identity.meshId);
    const release = (): void => this.views.release(identity.meshId);
    // It may have gone while the view was loaded.
    if (peer.signal.aborted) release();
    else peer.signal.addEventListener('abort', release, { once: true });
    const sets = await this.setsFor(view, identity.clusterId);
    const isMoved = (): boolean => {
      try {
        return view.setsFor(identity.clusterId) !== sets;
      } catch {
        return false; // removed: that is found out elsewhere
      }
    };
    let stream: IntentStream | undefined;
    return {
      sets: Object.values(Intents)
        .map((type) => sets.get(type.typeUrl))
        .filter((set): set is ResourceSet => set !== undefined),
      explain: (typeUrl, name) => view.explain(typeUrl, name),
      onSent: (typeUrl, { resources, removed }, { bytes, since }) => {
        const type = intentNames.get(typeUrl) ?? 'unknown';
        this.metrics.resources.inc({ type }, resources.length + removed.length);
        this.metrics.bytes.inc({ type }, bytes);
        // What changed before it came is its own lateness.
        if (stream && since !== undefined && since >= stream.since)
          this.metrics.changeToSent.observe((performance.now() - since) / 1000);
      },
      onRefused: (typeUrl, refusals) =>
        this.metrics.refused.inc({ type: intentNames.get(typeUrl) ?? 'unknown' }, refusals.length),
      onHeld: (_typeUrl, names) => {
        const { clusterId } = identity;
        this.logger.warn(
          { clusterId, names: names.slice(0, 10), count: names.length },
          'removals held back',
        );
        if (stream) void this.recordHeld(stream);
      },
      onAcked: () => {
        if (stream?.held) void this.recordHeld(stream);
      },
      opened: (publisher) => {
        stream = {
          ...{ identity, peer, isMoved, since: performance.now(), publisher, releases },
          ...{ held: '', heldCount: 0 },
        };
        this.intentStreams.add(stream);
        this.admitted(stream);
        if (isMoved()) peer.end(moved);
      },
      closed: (error) => {
        if (!stream) return;
        this.intentStreams.delete(stream);
        this.gone(stream, error);
      },
    };
  }

  private async admitFacts(peer: SyncPeer): Promise<FactsStream> {
    const identity = await this.enrolment.authenticate(peer.certificate);
    const types = Object.keys(Facts) as FactName[];
    const names = new Map(types.map((type) => [Facts[type].typeUrl, type]));
    const versions = new Map<string, ReadonlyMap<string, string>>();
    for (const [typeUrl, type] of names) {
      versions.set(typeUrl, await this.factStore.versions(identity, type));
    }
    const stream: Stream = { identity, peer, since: performance.now() };
    return {
      types: [...names.keys()],
      initialVersions: (typeUrl) => versions.get(typeUrl) ?? new Map(),
      apply: async (typeUrl, { resources, removed }) => {
        const type = names.get(typeUrl);
        if (!type) return;
        const stored = this.metrics.factStoreDuration.startTimer();
        try {
          const refused = await this.factStore.apply(identity, type, { resources, removed });
          stored({ outcome: 'stored' });
          this.metrics.facts.inc({ outcome: 'refused' }, refused.size);
          this.metrics.facts.inc({ outcome: 'stored' }, resources.length - refused.size);
          this.metrics.facts.inc({ outcome: 'withdrawn' }, removed.length);
          return { refused };
        } catch (error) {
          stored({ outcome: 'failed' });
          // A refusal would stand until the fact changes: the agent comes back and compares.
          this.logger.warn({ error, clusterId: identity.clusterId }, 'facts could not be stored');
          const reason = error instanceof IsthmusError && error.kind !== 'internal' ? error : away;
          peer.end(reason);
          throw reason;
        }
      },
      opened: () => this.admitted(stream),
      closed: (error) => this.gone(stream, error),
    };
  }

  private counted<T>(direction: 'intents' | 'facts', admission: Promise<T>): Promise<T> {
    return this.metrics.attempt(admission, (code) =>
      this.metrics.connects.inc({ direction, code }),
    );
  }

  /** A cluster that was registered a moment ago may not be in the view yet. */
  private async setsFor(
    view: MeshView,
    clusterId: string,
  ): Promise<ReadonlyMap<string, ResourceSet>> {
    try {
      return view.setsFor(clusterId);
    } catch {
      await view.refresh();
      return view.setsFor(clusterId);
    }
  }

  private admitted(stream: Stream): void {
    const isFirst = !this.has(stream.identity.clusterId);
    this.watchForClone(stream);
    this.streams.add(stream);
    if (!isFirst) return;
    this.logger.info(
      { clusterId: stream.identity.clusterId, peer: stream.peer.address },
      'an agent is here',
    );
    this.attempt('presence', this.presence.connected(stream.identity));
  }

  private gone(stream: Stream, error: IsthmusError | undefined): void {
    this.streams.delete(stream);
    this.metrics.departures.inc({ code: error?.code ?? 'OK' });
    const { clusterId } = stream.identity;
    if (error) this.logger.info({ clusterId, error }, 'a stream ended');
    if (this.has(clusterId)) return;
    this.logger.info({ clusterId }, 'an agent is gone');
    this.attempt('presence', this.presence.disconnected(stream.identity));
  }

  /**
   * An agent that reconnects leaves a connection behind, for as long as it takes to notice that
   * nobody answers there any more. One that is still answered after that has a holder of its own.
   */
  private watchForClone(stream: Stream): void {
    const { identity, peer } = stream;
    const other = [...this.streams].find(
      (each) =>
        each.identity.clusterId === identity.clusterId && each.peer.address !== peer.address,
    );
    if (!other) return;
    const timer = setTimeout(() => {
      if (!this.streams.has(stream) || !this.streams.has(other)) return;
      const reason = `two agents hold this identity, at ${other.peer.address} and ${peer.address}`;
      this.attempt('a lock', this.lockClone(identity, other, reason));
    }, cloneMs);
    peer.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  /** Whoever holds what a new join has made void is sent away, and shuts nobody else out. */
  private async lockClone(identity: AgentIdentity, other: Stream, reason: string): Promise<void> {
    try {
      await this.enrolment.recheck(other.identity);
    } catch (error) {
      if (!(error instanceof IsthmusError)) throw error;
      other.peer.end(error);
      return;
    }
    await this.lock(identity, reason);
  }

  private async lock(identity: AgentIdentity, reason: string): Promise<void> {
    await this.enrolment.lock(identity, reason);
    this.metrics.locks.inc();
  }

  private has(clusterId: string): boolean {
    for (const { identity } of this.streams) if (identity.clusterId === clusterId) return true;
    return false;
  }

  /** Whether an agent has been here for longer than two sessions of one may stand beside each other. */
  private hasLasted(clusterId: string): boolean {
    const before = performance.now() - cloneMs;
    return [...this.streams].some(
      ({ identity, since }) => identity.clusterId === clusterId && since < before,
    );
  }

  private async reportContact(): Promise<void> {
    const identities = new Map(
      [...this.streams].map(({ identity }) => [identity.clusterId, identity]),
    );
    if (identities.size === 0) return;
    const report = this.presence.contact(this.hub, [...identities.values()]);
    this.attempt('presence', report);
    for (const identity of await report.catch(() => [])) {
      // Hubs that die and come back, each under another name, are no two that are there at once.
      if (!this.hasLasted(identity.clusterId)) continue;
      const reason = 'two agents hold this identity, connected to two hubs';
      this.attempt('a lock', this.lock(identity, reason));
    }
  }

  /** One at a time: what changes meanwhile is seen by the next. */
  private async recheckSoon(meshId: string): Promise<void> {
    this.changed.add(meshId);
    if (this.rechecking) return;
    this.rechecking = true;
    try {
      for (const next of this.changed) {
        this.changed.delete(next);
        await this.recheck(next);
      }
    } finally {
      this.rechecking = false;
    }
  }

  /** Settings have changed: clusters may have been removed or locked, held removals released. */
  private async recheck(meshId: string): Promise<void> {
    const streams = [...this.streams].filter(({ identity }) => identity.meshId === meshId);
    const [first] = streams;
    if (!first) return;
    const identities = streams.map(({ identity }) => identity);
    // A database that is down shuts nobody out.
    const refused = await this.enrolment
      .recheckAll(first.identity.organizationId, identities)
      .catch(() => new Map<AgentIdentity, IsthmusError>());
    for (const { identity, peer } of streams) {
      const error = refused.get(identity);
      if (error) peer.end(error);
    }
    for (const stream of this.intentStreams) {
      if (stream.identity.meshId !== meshId) continue;
      if (stream.isMoved()) stream.peer.end(moved);
      if (!stream.held) continue;
      const releases = await this.presence
        .heldReleases(stream.identity)
        .catch(() => stream.releases);
      if (releases === stream.releases) continue;
      stream.releases = releases;
      stream.publisher.releaseHeld();
      await this.recordHeld(stream);
    }
  }

  /** What agents reported since may be lost: they come back, and compare. */
  private sendAway(meshId: string): void {
    for (const { identity, peer } of this.streams) if (identity.meshId === meshId) peer.end(away);
  }

  private async recordHeld(stream: IntentStream): Promise<void> {
    const names = (Object.keys(Intents) as IntentName[]).flatMap((type) =>
      stream.publisher.held(Intents[type].typeUrl).map((name) => `${type}/${name}`),
    );
    if (names.join() === stream.held) return;
    stream.held = names.join();
    stream.heldCount = names.length;
    this.attempt('held removals', this.presence.held(stream.identity, names));
  }

  /** What is only recorded may fail: the streams go on, and the next time says it again. */
  private attempt(what: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => this.logger.warn({ error }, `could not record ${what}`));
  }
}
