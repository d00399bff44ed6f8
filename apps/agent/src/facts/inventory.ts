import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ConfigurationObjectFact,
  configurationKinds,
  configurationName,
} from '@isthmus/contracts';
import type { Logger } from 'pino';
import { largestManifest, manifestOf } from '../appliers/configuration.js';
import type { ClusterState } from '../cluster/state.js';
import type { IntentBook } from '../intents/book.js';
import type { Kube } from '../kube/client.js';
import { type KubeObject, optionalNameOf } from '../kube/kinds.js';
import { foreignManagers, isOurs } from '../kube/ownership.js';
import type { FactBoard } from './board.js';

export interface InventorySettings {
  readonly kube: Kube;
  readonly log: Logger;
  readonly cluster: Pick<ClusterState, 'kind'>;
  readonly book: IntentBook;
  readonly facts: FactBoard;
  /** Objects that are reported at most; 2,000 unless said. */
  readonly mostObjects?: number;
}

const most = { objects: 2_000, leftOut: 50, managers: 20 };
const retryMs = { first: 500, most: 30_000 };

/**
 * Reports what the cluster has of the kinds that a release can hold and that is not ours: while
 * somebody asks, once for each request. The objects first, then that those are all.
 */
export class Inventory {
  private readonly stopping = new AbortController();
  /** Of the request that is being answered, or was. */
  private current: { readonly request: string; readonly over: AbortController } | undefined;
  private working: Promise<void> = Promise.resolve();

  constructor(private readonly settings: InventorySettings) {}

  start(): void {
    this.settings.book.onChange((type) => {
      if (type === 'Inventory') this.look();
    });
    this.look();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.current?.over.abort();
    await this.working;
  }

  private look(): void {
    const request = this.settings.book.get('Inventory', 'inventory')?.value.request;
    if (this.stopping.signal.aborted) return;
    if (request === undefined) {
      this.current?.over.abort();
      this.current = undefined;
      this.working = this.working.then(() => this.withdraw());
      return;
    }
    if (request === this.current?.request) return;
    this.current?.over.abort();
    const over = new AbortController();
    this.current = { request, over };
    this.working = this.working.then(() => this.answer(request, over.signal));
  }

  private async answer(request: string, over: AbortSignal): Promise<void> {
    for (let delay = retryMs.first; !over.aborted; delay = Math.min(delay * 2, retryMs.most)) {
      try {
        await this.report(request, over);
        return;
      } catch (error) {
        this.settings.log.warn({ err: error, retryMs: delay }, 'the inventory cannot be taken');
        await sleep(delay, undefined, { signal: over, ref: false }).catch(() => undefined);
      }
    }
  }

  private async report(request: string, over: AbortSignal): Promise<void> {
    const { facts, mostObjects = most.objects } = this.settings;
    const gone = new Set(facts.names('ConfigurationObject'));
    const leftOut: string[] = [];
    let objects = 0;
    for await (const { name, fact } of this.foreign(over)) {
      if (fact.manifest.length > largestManifest || objects >= mostObjects) {
        if (leftOut.length < most.leftOut) leftOut.push(name);
        continue;
      }
      objects += 1;
      gone.delete(name);
      facts.set('ConfigurationObject', name, fact);
    }
    if (over.aborted) return;
    for (const name of gone) facts.delete('ConfigurationObject', name);
    facts.set('Inventory', 'inventory', { request, objects, leftOut });
    this.complete();
  }

  private async *foreign(
    over: AbortSignal,
  ): AsyncGenerator<{ name: string; fact: ConfigurationObjectFact }> {
    const { kube, cluster } = this.settings;
    for (const entry of configurationKinds) {
      const kind = cluster.kind(optionalNameOf(entry));
      if (!kind) continue;
      for await (const { items } of kube.pages<KubeObject>(kind)) {
        for (const object of items) {
          if (over.aborted) return;
          if (isOurs(object)) continue;
          const { namespace = '', name } = object.metadata;
          const ref = { group: kind.group, kind: kind.kind, namespace, name };
          const manifest = manifestOf(object);
          const managers = foreignManagers(object).slice(0, most.managers);
          yield {
            name: configurationName(ref),
            fact: { ...ref, version: kind.version, manifest, managers },
          };
        }
      }
    }
  }

  private withdraw(): void {
    const { book, facts } = this.settings;
    if (facts.has('Inventory', 'inventory')) facts.delete('Inventory', 'inventory');
    for (const name of facts.names('ConfigurationObject'))
      facts.delete('ConfigurationObject', name);
    // Until then there may be a request that has not arrived.
    if (book.isWhole('Inventory')) this.complete();
  }

  /** What the hub had from an earlier life and is not here goes. */
  private complete(): void {
    this.settings.facts.complete('ConfigurationObject');
    this.settings.facts.complete('Inventory');
  }
}
