import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';

const answerTimeoutMs = 5_000;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'ERROR';
  readonly object: T;
}

/** An API server as its administrator sees it. */
export class AdminApi {
  // No connection is kept: one to a server that was killed would fail the first request to the next.
  private readonly agent = new Agent({ keepAlive: false });

  constructor(
    private readonly server: string,
    private readonly caPem: string,
    private readonly token: string,
  ) {}

  async get(path: string): Promise<Answer> {
    return await this.send('GET', path);
  }

  /** @throws Error when there is no answer within 5 s. */
  async send(method: string, path: string, body?: object, type = 'application/json') {
    const signal = AbortSignal.timeout(answerTimeoutMs);
    const response = await this.ask(method, path, signal, body && { type, body });
    return { status: response.statusCode ?? 0, body: await text(response) } satisfies Answer;
  }

  /**
   * Tells what has become of a list since a version of it. Returns when the server ends it.
   * @throws Error when the connection breaks or the signal says so, and what `tell` throws.
   */
  async watch<T>(
    path: string,
    resourceVersion: string,
    signal: AbortSignal,
    tell: (event: WatchEvent<T>) => void,
  ): Promise<void> {
    const query = `watch=true&resourceVersion=${resourceVersion}`;
    const response = await this.ask(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}${query}`,
      signal,
    );
    if (response.statusCode !== 200) {
      response.destroy();
      throw new Error(`watching ${path}: HTTP ${response.statusCode}`);
    }
    let rest = '';
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) tell(JSON.parse(line) as WatchEvent<T>);
    }
  }

  private async ask(
    method: string,
    path: string,
    signal: AbortSignal,
    content?: { type: string; body: object },
  ): Promise<IncomingMessage> {
    return await new Promise((resolve, reject) => {
      const asked = request(`${this.server}${path}`, {
        method,
        agent: this.agent,
        ca: this.caPem,
        headers: {
          authorization: `Bearer ${this.token}`,
          ...(content ? { 'content-type': content.type } : {}),
        },
        signal,
      });
      asked.on('response', resolve);
      asked.on('error', reject);
      asked.end(content && JSON.stringify(content.body));
    });
  }
}
