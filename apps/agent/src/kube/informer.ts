import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Kube, KubeError, type Scope } from './client.js';
import { type Kind, type KubeObject, kindId } from './kinds.js';

/** What became of one object; `now` is undefined when it is gone. */
export interface Change<T> {
  readonly before: T | undefined;
  readonly now: T | undefined;
}

export interface InformerOptions<T> {
  readonly scope?: Scope;
  /** What to keep of an object; all of it unless said. */
  readonly trim?: (object: T) => T;
  /** `forbidden` has changed. */
  readonly onForbidden?: () => void;
}

const backoffMs = { first: 100, most: 10_000 };

/**
 * The objects of one kind as they are now: one list, then a watch, again and again. Listeners
 * hear of each difference once, after `get` already answers with the new state.
 */
export class Informer<T extends KubeObject> {
  private readonly objects = new Map<string, T>();
  private readonly listeners: ((change: Change<T>) => void)[] = [];
  private readonly stopping = new AbortController();
  private readonly firstList = Promise.withResolvers<void>();
  private running: Promise<void> | undefined;
  private listed = false;
  private refusal: { readonly verb: 'list' | 'watch'; readonly message: string } | undefined;

  constructor(
    private readonly kube: Kube,
    readonly kind: Kind,
    private readonly log: Logger,
    private readonly options: InformerOptions<T> = {},
  ) {}

  /** Whether an object of this scope that is not here does not exist: no labels were selected. */
  get complete(): boolean {
    return this.options.scope?.labelSelector === undefined;
  }

  /** Whether the first list has arrived. */
  get isSynced(): boolean {
    return this.listed;
  }

  /** What the API server does not let us do, in its own words; undefined while it lets us. */
  get forbidden(): string | undefined {
    if (!this.refusal) return undefined;
    const { plural, group } = this.kind;
    const { verb, message } = this.refusal;
    return `${verb} ${plural}${group === '' ? '' : `.${group}`}: ${message}`;
  }

  /** Resolves with the first list; stays open while the server cannot be reached. */
  get synced(): Promise<void> {
    return this.firstList.promise;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.objects.get(`${namespace ?? ''}/${name}`);
  }

  values(): Iterable<T> {
    return this.objects.values();
  }

  onChange(listener: (change: Change<T>) => void): void {
    this.listeners.push(listener);
  }

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let version: string | undefined;
    let failures = 0;
    while (!signal.aborted) {
      try {
        version ??= await this.relist();
        const scope = this.options.scope ?? {};
        for await (const event of this.kube.watch<T>(this.kind, scope, version, signal)) {
          failures = 0;
          this.refuse('watch', undefined);
          version = event.object.metadata.resourceVersion ?? version;
          if (event.type === 'BOOKMARK') continue;
          this.put(keyOf(event.object), event.type === 'DELETED' ? undefined : event.object);
        }
      } catch (error) {
        const refused = error instanceof KubeError && !error.transient;
        if (error instanceof KubeError && error.status === 403) {
          this.refuse(version === undefined ? 'list' : 'watch', error.message);
        }
        // Whatever the server refuses to continue from, a list puts right.
        if (refused) version = undefined;
        if (error instanceof KubeError && error.status === 410) continue;
        const delay = refused
          ? backoffMs.most
          : Math.min(backoffMs.first * 2 ** failures, backoffMs.most) * (0.5 + Math.random() / 2);
        failures += 1;
        const level = failures === 1 || refused ? 'warn' : 'debug';
        this.log[level](
          { kind: kindId(this.kind), err: error, retryMs: Math.round(delay) },
          'watch failed',
        );
        await sleep(delay, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async relist(): Promise<string> {
    const { items, resourceVersion } = await this.kube.list<T>(this.kind, this.options.scope);
    this.refuse('list', undefined);
    const gone = new Set(this.objects.keys());
    for (const item of items) {
      const key = keyOf(item);
      gone.delete(key);
      if (this.objects.get(key)?.metadata.resourceVersion !== item.metadata.resourceVersion) {
        this.put(key, item);
      }
    }
    for (const key of gone) this.put(key, undefined);
    this.listed = true;
    this.firstList.resolve();
    return resourceVersion;
  }

  /** What one verb has shown says nothing of the other: a list succeeds before every watch that fails. */
  private refuse(verb: 'list' | 'watch', message: string | undefined): void {
    if (message === undefined && this.refusal?.verb !== verb) return;
    if (message === this.refusal?.message && verb === this.refusal?.verb) return;
    this.refusal = message === undefined ? undefined : { verb, message };
    this.options.onForbidden?.();
  }

  private put(key: string, object: T | undefined): void {
    const before = this.objects.get(key);
    const now = object && (this.options.trim?.(object) ?? object);
    if (now) this.objects.set(key, now);
    else if (!this.objects.delete(key)) return;
    for (const listener of this.listeners) listener({ before, now });
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
