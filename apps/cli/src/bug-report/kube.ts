import { request as plainRequest } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import { CliError, usageError } from '../errors.js';

/** That one answer may take, in ms. */
const patienceMs = 20_000;
const tries = 5;
const mostPauseSeconds = 5;
const largestAnswer = 64 * 1024 * 1024;

/** A kind that can be listed. */
export interface Resource {
  /** Such as /apis/apps/v1. */
  readonly root: string;
  /** Such as deployments. */
  readonly name: string;
  readonly kind: string;
}

/** Reads one cluster's Kubernetes API, and writes nothing. */
export class KubeReader {
  private constructor(
    private readonly config: KubeConfig,
    readonly context: string,
  ) {}

  /** @throws USAGE where the kubeconfig leads nowhere. */
  static async open(path: string | undefined, context: string | undefined): Promise<KubeReader> {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    try {
      if (path === undefined) config.loadFromDefault();
      else config.loadFromFile(path);
    } catch (error) {
      throw usageError(`${path ?? 'the kubeconfig'} cannot be read: ${(error as Error).message}`);
    }
    if (context !== undefined) {
      const names = config.getContexts().map(({ name }) => name);
      if (!names.includes(context)) {
        throw usageError(`there is no context ${context}; there are ${names.join(', ')}`);
      }
      config.setCurrentContext(context);
    }
    if (!config.getCurrentCluster()) throw usageError('the kubeconfig names no cluster');
    return new KubeReader(config, config.getCurrentContext());
  }

  async json(path: string): Promise<unknown> {
    return JSON.parse(await this.text(path));
  }

  /**
   * Asks again where the API server says when: one that has too much to do, or sets up a kind.
   *
   * @throws KUBERNETES with the API server's words.
   */
  async text(path: string): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      const { status, retryAfter, body } = await this.get(path);
      // 204 of a log that is empty.
      if (status === 200 || status === 204) return body;
      if (retryAfter === undefined || attempt === tries) {
        throw new CliError('KUBERNETES', `${path}: ${status} ${body.slice(0, 500)}`);
      }
      await pause(Math.min(Number(retryAfter) || 1, mostPauseSeconds) * 1000);
    }
  }

  private async get(path: string): Promise<Response> {
    const url = new URL(`${this.config.getCurrentCluster()?.server}${path}`);
    const options: RequestOptions = { method: 'GET', headers: { accept: 'application/json, */*' } };
    await this.config.applyToHTTPSOptions(options);
    const signal = AbortSignal.timeout(patienceMs);
    return new Promise((resolve, reject) => {
      const fail = (error: Error) =>
        reject(new CliError('KUBERNETES', `${path}: ${error.message}`));
      const ask = url.protocol === 'http:' ? plainRequest : request;
      ask(url, { ...options, signal }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
          if (body.length > largestAnswer) response.destroy(new Error('the answer is too large'));
        });
        response.on('error', fail);
        response.on('end', () => {
          const { statusCode: status = 0, headers } = response;
          resolve({ status, retryAfter: headers['retry-after'], body });
        });
      })
        .on('error', fail)
        .end();
    });
  }

  /** All kinds that can be listed, each in the version that the server prefers. */
  async resources(): Promise<Resource[]> {
    const { groups } = (await this.json('/apis')) as { readonly groups: readonly Group[] };
    const roots = [
      '/api/v1',
      ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`),
    ];
    const lists = await Promise.allSettled(
      roots.map(async (root) => {
        const { resources } = (await this.json(root)) as { readonly resources: readonly Listed[] };
        return resources
          .filter(({ name, verbs }) => !name.includes('/') && verbs.includes('list'))
          .map(({ name, kind }) => ({ root, name, kind }));
      }),
    );
    return lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : []));
  }
}

interface Response {
  readonly status: number;
  /** In seconds. */
  readonly retryAfter: string | undefined;
  readonly body: string;
}

interface Group {
  readonly preferredVersion: { readonly groupVersion: string };
}

interface Listed {
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}
