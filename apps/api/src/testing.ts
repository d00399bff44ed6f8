import { randomBytes } from 'node:crypto';
import { type ExportedServiceFact, Facts } from '@isthmus/contracts';
import { FactStore, type ReportingCluster } from '@isthmus/federation';
import { readConfig, startTestDatabase, type TestDatabase } from '@isthmus/platform';
import WebSocket from 'ws';
import type { ApiOptions } from './api.module.js';
import { type Api, startApi } from './application.js';
import { apiConfig } from './config.js';

/** An answer over HTTP, as bytes and as what they mean. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers have whatever shape the query has
  readonly data: any;
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** Of the argument that is to blame. */
  readonly field: string | undefined;
}

export interface TestApi extends Api {
  readonly test: TestDatabase;
  readonly url: string;
  query(query: string, variables?: object, headers?: Record<string, string>): Promise<Answer>;
  connect(params?: object, headers?: Record<string, string>): Promise<Socket>;
  /** A new organization with its owner. */
  owner(): Promise<{ headers: { authorization: string }; organizationId: string }>;
}

/** Has a cluster export shop/payments, as its agent would report it. @returns why not, by name */
export function storeExport(
  { database }: TestDatabase,
  cluster: ReportingCluster,
  fact: Partial<ExportedServiceFact> = {},
): Promise<Map<string, string>> {
  const body = Facts.ExportedService.encode({
    namespace: 'shop',
    name: 'payments',
    ports: [
      {
        name: 'http',
        port: 80,
        protocol: 'TCP',
        appProtocol: '',
        targetPortName: '',
        targetPort: 8080,
      },
    ],
    headless: false,
    groups: [{ locality: 'eu', serviceAccount: 'a', ready: 3, addresses: ['10.1.0.1'] }],
    exportedBy: 'ServiceExport',
    refusedReason: '',
    refusedMessage: '',
    ...fact,
  });
  const resources = [{ name: 'shop/payments', version: '1', body }];
  return new FactStore(database).apply(cluster, 'ExportedService', { resources, removed: [] });
}

let organizations = 0;

/** The API on a port of its own. @param shared the database; a new one unless given. */
export async function startTestApi(
  environment: Record<string, string> = {},
  options: ApiOptions = {},
  shared?: TestDatabase,
): Promise<TestApi> {
  const test = shared ?? (await startTestDatabase());
  const config = readConfig(apiConfig, {
    DATABASE_URL: test.databaseUrl,
    PORT: '0',
    LOG_LEVEL: 'error',
    ISTHMUS_KEK: randomBytes(32).toString('base64'),
    ISTHMUS_SESSION_SECRET: randomBytes(32).toString('base64'),
    ISTHMUS_CONSOLE: 'none',
    ISTHMUS_HUB_PUBLIC_ADDRESS: 'hub.example.com:443',
    ...environment,
  });
  const api = await startApi(config, options);
  const url = `http://127.0.0.1:${api.port}`;
  const query: TestApi['query'] = async (document, variables = {}, headers = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: document, variables }),
    });
    return answerOf(response);
  };
  return {
    ...api,
    test,
    url,
    query,
    connect: (params, headers) => Socket.open(api.port, params, headers),
    async owner() {
      organizations += 1;
      const { data } = await query(
        `mutation ($input: SignUpInput!) {
           signUp(input: $input) { sessionToken organization { id } } }`,
        {
          input: {
            email: `owner${organizations}@acme.example`,
            password: 'correct horse battery staple',
            name: 'Ada',
            organizationName: `Acme ${organizations}`,
          },
        },
      );
      return {
        headers: { authorization: `Bearer ${data.signUp.sessionToken}` },
        organizationId: data.signUp.organization.id,
      };
    },
    async close() {
      await api.close();
      if (!shared) await test.stop();
    },
  };
}

export async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const text = await response.text();
  const body = headers.get('content-type')?.includes('json') ? JSON.parse(text) : {};
  const error = body.errors?.[0];
  return {
    status,
    headers,
    text,
    data: body.data,
    code: error?.extensions?.code,
    message: error?.message,
    field: error?.extensions?.field,
  };
}

/** A WebSocket of graphql-transport-ws, of which everything that comes is kept. */
export class Socket {
  readonly received: { id?: string; type: string; payload?: unknown }[] = [];
  closed: number | undefined;
  private readonly waiting = new Set<() => void>();

  private constructor(readonly raw: WebSocket) {
    raw.on('message', (data: Buffer) => {
      this.received.push(JSON.parse(String(data)));
      for (const check of this.waiting) check();
    });
    raw.on('close', (code: number) => {
      this.closed = code;
      for (const check of this.waiting) check();
    });
    raw.on('error', () => {});
  }

  /** Connects; with params, says them and waits for the answer. */
  static async open(
    port: number,
    params?: object,
    headers: Record<string, string> = {},
  ): Promise<Socket> {
    const raw = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws', {
      headers,
    });
    const socket = new Socket(raw);
    await new Promise<void>((resolve) => {
      raw.once('open', resolve);
      raw.once('close', resolve);
    });
    if (params) {
      socket.send({ type: 'connection_init', payload: params });
      await socket.until(() => socket.received.length > 0 || socket.closed !== undefined);
    }
    return socket;
  }

  send(message: object | string): void {
    this.raw.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables: object = {}): void {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
  }

  /** The payloads of one subscription, in the order in which they came. */
  of(id: string): unknown[] {
    return this.received.filter((message) => message.id === id).map(({ payload }) => payload);
  }

  until(holds: () => boolean, deadlineMs = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(check);
        reject(new Error(`not yet: ${JSON.stringify(this.received)} ${this.closed ?? ''}`));
      }, deadlineMs);
      const check = (): void => {
        if (!holds()) return;
        clearTimeout(timer);
        this.waiting.delete(check);
        resolve();
      };
      this.waiting.add(check);
      check();
    });
  }

  close(): void {
    this.raw.terminate();
  }
}
