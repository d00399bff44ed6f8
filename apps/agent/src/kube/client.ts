import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { IsthmusError, messageOf } from '@isthmus/kernel';
import { KubeConfig } from '@kubernetes/client-node';
import { apiVersionOf, type Kind, type KubeObject } from './kinds.js';

/** The name under which the API server books the fields that the agent sets. */
export const fieldManager = 'isthmus-agent';

const requestTimeoutMs = 30_000;
/** The API server sends a bookmark every minute or two; silence for longer is a dead connection. */
const watchSilenceMs = 180_000;
const pageSize = 500;
/** A token file is read again within this time after it was rotated. */
const credentialsMs = 10_000;

/** What the API server answered when it did not do what was asked; its own words. */
export class KubeError extends Error {
  override readonly name = 'KubeError';

  constructor(
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    /** Status.reason, such as `Invalid`; `Unreachable` when there was no answer. */
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }

  /** Whether the same request may succeed later without anybody changing the object. */
  get transient(): boolean {
    // 401: the server turns its keys, or this machine slept through the life of its token.
    return [0, 401, 409, 429].includes(this.status) || this.status >= 500;
  }
}

export interface ObjectRef {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface Scope {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

interface WriteOptions {
  /** Whether the server shall only say what would come of it. */
  readonly dryRun?: boolean;
}

interface List<T> {
  metadata: { resourceVersion?: string; continue?: string };
  items: T[];
}

interface StatusBody {
  reason?: string;
  message?: string;
}

/**
 * The Kubernetes API in the few verbs that the agent needs. Every method throws
 * {@link KubeError}, and nothing else, when the server refuses or does not answer.
 */
export class Kube {
  private prepared: { options: RequestOptions; tls: string; at: number } | undefined;
  private agent: Agent | undefined;

  /** @param timeoutMs For every answer; of a watch, for its beginning. */
  constructor(
    private readonly config: KubeConfig,
    private readonly timeoutMs = requestTimeoutMs,
  ) {}

  /**
   * @param path A kubeconfig; without one, KUBECONFIG, then the Pod's own service account.
   * @throws INVALID_CONFIGURATION
   */
  static load(path?: string, timeoutMs?: number): Kube {
    const config = new KubeConfig();
    try {
      if (path === undefined) config.loadFromDefault();
      else config.loadFromFile(path);
    } catch (error) {
      throw new IsthmusError('INVALID_CONFIGURATION', `ISTHMUS_KUBECONFIG: ${messageOf(error)}`);
    }
    return new Kube(config, timeoutMs);
  }

  /** The object, or undefined where there is none. */
  async get<T extends KubeObject>(kind: Kind, ref: ObjectRef): Promise<T | undefined> {
    try {
      return await this.call<T>('GET', objectPath(kind, ref));
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** All objects of a kind, read in pages, and the version to watch from. */
  async list<T extends KubeObject>(
    kind: Kind,
    scope: Scope = {},
  ): Promise<{ items: T[]; resourceVersion: string }> {
    const items: T[] = [];
    let resourceVersion = '';
    for await (const page of this.pages<T>(kind, scope)) {
      for (const item of page.items) items.push(item);
      resourceVersion = page.resourceVersion;
    }
    return { items, resourceVersion };
  }

  /** All objects of a kind, a page at a time: for whoever need not have them all at once. */
  async *pages<T extends KubeObject>(
    kind: Kind,
    scope: Scope = {},
    limit = pageSize,
  ): AsyncGenerator<{ items: T[]; resourceVersion: string }> {
    const query = scopeQuery(scope);
    query.set('limit', String(limit));
    for (;;) {
      const page = await this.call<List<T>>(
        'GET',
        `${collectionPath(kind, scope.namespace)}?${query}`,
      );
      yield { items: page.items, resourceVersion: page.metadata.resourceVersion ?? '' };
      if (!page.metadata.continue) return;
      query.set('continue', page.metadata.continue);
    }
  }

  /** Whether we may read the objects of a kind. */
  async mayList(kind: Kind): Promise<boolean> {
    try {
      await this.pages(kind, {}, 1).next();
      return true;
    } catch (error) {
      if (error instanceof KubeError && error.status === 403) return false;
      throw error;
    }
  }

  /**
   * Creates an object, where apply would change one that is there already. It is booked as an
   * update of ours, not as applied.
   * @throws KubeError, with 409 where one of that name exists.
   */
  async create<T extends KubeObject>(
    kind: Kind,
    object: KubeObject,
    { dryRun = false }: WriteOptions = {},
  ): Promise<T> {
    const body = { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind };
    const path = collectionPath(kind, object.metadata.namespace);
    // Apply refuses fields that the server does not know; this would drop them.
    const query = `fieldManager=${fieldManager}&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`;
    return await this.call<T>('POST', `${path}?${query}`, { type: 'application/json', body });
  }

  /**
   * Server-side apply, taking fields over from other managers. With `metadata.uid` in the
   * object it fails with 409 rather than create, or change another object of that name.
   */
  async apply<T extends KubeObject>(
    kind: Kind,
    object: KubeObject,
    { subresource, dryRun = false }: WriteOptions & { readonly subresource?: 'status' } = {},
  ): Promise<T> {
    const body = { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind };
    const path = objectPath(kind, object.metadata) + (subresource ? `/${subresource}` : '');
    const query = `fieldManager=${fieldManager}&force=true${dryRun ? '&dryRun=All' : ''}`;
    return await this.call<T>('PATCH', `${path}?${query}`, {
      type: 'application/apply-patch+yaml',
      body,
    });
  }

  /** @param patch A merge patch, or (an array) a JSON patch. */
  async patch<T extends KubeObject>(
    kind: Kind,
    ref: ObjectRef,
    patch: object,
    subresource?: 'scale',
  ): Promise<T> {
    const type = Array.isArray(patch)
      ? 'application/json-patch+json'
      : 'application/merge-patch+json';
    const path = objectPath(kind, ref) + (subresource ? `/${subresource}` : '');
    return await this.call<T>('PATCH', `${path}?fieldManager=${fieldManager}`, {
      type,
      body: patch,
    });
  }

  /**
   * Deletes exactly this state of an object; 409 if it has changed since. One that is gone
   * already is no error.
   */
  async delete(kind: Kind, object: KubeObject): Promise<void> {
    const { uid, resourceVersion } = object.metadata;
    try {
      await this.call('DELETE', objectPath(kind, object.metadata), {
        type: 'application/json',
        body: { preconditions: { uid, resourceVersion } },
      });
    } catch (error) {
      if (!(error instanceof KubeError && error.status === 404)) throw error;
    }
  }

  /** Such as `v1.36.3`. */
  async version(): Promise<string> {
    return (await this.call<{ gitVersion: string }>('GET', '/version')).gitVersion;
  }

  /**
   * The first of the given versions of a kind that the server has; undefined for none.
   * @param seen What the server has in each version of a group: one question for all its kinds.
   */
  async served(
    versions: readonly Kind[],
    seen = new Map<string, readonly string[]>(),
  ): Promise<Kind | undefined> {
    for (const kind of versions) {
      const path = versionPath(kind);
      const plurals = seen.get(path) ?? (await this.pluralsAt(path));
      seen.set(path, plurals);
      if (plurals.includes(kind.plural)) return kind;
    }
    return undefined;
  }

  private async pluralsAt(path: string): Promise<readonly string[]> {
    try {
      const { resources } = await this.call<{ resources: { name: string }[] }>('GET', path);
      return resources.map(({ name }) => name);
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return [];
      throw error;
    }
  }

  /**
   * Changes after a version, until the server closes, or the signal fires (then it ends
   * without an error). An expired version throws 410.
   */
  async *watch<T extends KubeObject>(
    kind: Kind,
    scope: Scope,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const query = scopeQuery(scope);
    query.set('watch', 'true');
    query.set('allowWatchBookmarks', 'true');
    query.set('resourceVersion', resourceVersion);
    // Spread, so that the watches of one agent do not all end at once.
    query.set('timeoutSeconds', String(300 + Math.floor(Math.random() * 300)));
    const path = `${collectionPath(kind, scope.namespace)}?${query}`;
    // Until it has begun, or has been refused: what comes then has a deadline of its own.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.timeoutMs);
    let response: IncomingMessage | undefined;
    try {
      response = await this.send('GET', path, undefined, AbortSignal.any([signal, late.signal]));
      clearTimeout(timer);
      response.socket.setTimeout(0);
      response.setTimeout(watchSilenceMs, () =>
        response?.destroy(new Error('the watch fell silent')),
      );
      for await (const line of createInterface({ input: response, crlfDelay: Infinity })) {
        const event = JSON.parse(line) as WatchEvent<T & StatusBody & { code?: number }>;
        if (event.type === 'ERROR') {
          const { code = 500, reason = 'Unknown', message = '' } = event.object;
          throw new KubeError(code, reason, message);
        }
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      throw error instanceof KubeError ? error : unreachable(error);
    } finally {
      clearTimeout(timer);
      // Whoever leaves early leaves nobody to hear how the connection ends.
      response?.on('error', () => undefined).destroy();
    }
  }

  /** Closes idle connections. */
  close(): void {
    this.agent?.destroy();
  }

  private async call<T>(
    method: string,
    path: string,
    payload?: { type: string; body: unknown },
  ): Promise<T> {
    try {
      const response = await this.send(method, path, payload, AbortSignal.timeout(this.timeoutMs));
      return JSON.parse(await text(response)) as T;
    } catch (error) {
      throw error instanceof KubeError ? error : unreachable(error);
    }
  }

  private async send(
    method: string,
    path: string,
    payload: { type: string; body: unknown } | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const server = this.config.getCurrentCluster()?.server;
    if (server === undefined) throw new KubeError(0, 'Unreachable', 'no cluster in the kubeconfig');
    const { headers, ...options } = await this.options();
    const body = payload && JSON.stringify(payload.body);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = request(`${server}${path}`, {
        ...options,
        method,
        signal,
        headers: {
          ...(headers as Record<string, string> | undefined),
          accept: 'application/json',
          'user-agent': 'isthmus-agent',
          ...(payload && {
            'content-type': payload.type,
            'content-length': Buffer.byteLength(body ?? ''),
          }),
        },
      });
      asked.on('response', resolve);
      asked.on('error', reject);
      asked.on('socket', (socket) => socket.setKeepAlive(true, 15_000));
      asked.end(body);
    });
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw refusal(status, await text(response));
  }

  /** TLS and authorization of the kubeconfig, on connections that are kept. */
  private async options(): Promise<RequestOptions> {
    const now = Date.now();
    if (this.prepared && now - this.prepared.at < credentialsMs) return this.prepared.options;
    const options: RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const tls = [ca, cert, key].map(String).join('\n');
    if (tls !== this.prepared?.tls || !this.agent) {
      // Not the agent that the client library made: that one opens a connection a request.
      this.agent = new Agent({ keepAlive: true, ca, cert, key, servername, rejectUnauthorized });
    }
    options.agent = this.agent;
    this.prepared = { options, tls, at: now };
    return options;
  }
}

function unreachable(error: unknown): KubeError {
  return new KubeError(0, 'Unreachable', `the API server did not answer: ${messageOf(error)}`);
}

function refusal(status: number, body: string): KubeError {
  try {
    const { reason, message } = JSON.parse(body) as StatusBody;
    return new KubeError(status, reason || `Http${status}`, message || body);
  } catch {
    return new KubeError(status, `Http${status}`, body.slice(0, 500));
  }
}

function versionPath(kind: Kind): string {
  return kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
}

function collectionPath(kind: Kind, namespace?: string): string {
  const scope =
    kind.namespaced && namespace !== undefined
      ? `/namespaces/${encodeURIComponent(namespace)}`
      : '';
  return `${versionPath(kind)}${scope}/${kind.plural}`;
}

function objectPath(kind: Kind, ref: ObjectRef): string {
  return `${collectionPath(kind, ref.namespace)}/${encodeURIComponent(ref.name)}`;
}

function scopeQuery(scope: Scope): URLSearchParams {
  const query = new URLSearchParams();
  if (scope.labelSelector !== undefined) query.set('labelSelector', scope.labelSelector);
  if (scope.fieldSelector !== undefined) query.set('fieldSelector', scope.fieldSelector);
  return query;
}
