import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiMetrics, Database, LOGGER, NestLogger } from '@isthmus/platform';
import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { ApiModule, type ApiOptions } from './api.module.js';
import type { ApiConfig } from './config.js';
import { consolePages } from './console.js';
import type { Installation } from './docs/guide.js';
import { docsPage } from './docs/page.js';
import { serveDocs } from './docs/serve.js';
import { SubscriptionServer } from './subscriptions/subscription-server.js';

export interface Api {
  readonly port: number;
  readonly metrics: ApiMetrics;
  /** Rejects while Postgres is out of reach. */
  ready(): Promise<void>;
  /** Stops accepting, closes the sockets, and lets go of the database. */
  close(): Promise<void>;
}

/** Of strangers, and of those who show credentials: a release is sent whole. */
const largestBody = { stranger: '256kb', known: '6mb' };

/** Starts the API and listens. */
export async function startApi(config: ApiConfig, options: ApiOptions = {}): Promise<Api> {
  const app = await NestFactory.create<NestExpressApplication>(ApiModule.forRoot(config, options), {
    bufferLogs: true,
    abortOnError: false,
    bodyParser: false,
    forceCloseConnections: true,
  });
  const logger = app.get<Logger>(LOGGER);
  app.useLogger(new NestLogger(logger));
  app.disable('x-powered-by');
  app.set('trust proxy', config.ISTHMUS_TRUSTED_PROXIES);
  app.useBodyParser('json', { limit: largestBody.known, type: isKnown });
  app.useBodyParser('json', { limit: largestBody.stranger });
  app.use(serveDocs(() => docsPage(app.get(GraphQLSchemaHost).schema, installationOf(config))));
  const pages = consolePages(config.ISTHMUS_CONSOLE);
  if (pages) app.use(pages);
  else logger.warn({ folder: config.ISTHMUS_CONSOLE }, 'the console is not there: build it');
  await app.init();
  const server: Server = app.getHttpServer();
  app.get(SubscriptionServer).attach(server, app.get(GraphQLSchemaHost).schema);
  await app.listen(config.PORT);
  const { port } = server.address() as AddressInfo;
  logger.info({ port }, 'listening');
  return {
    port,
    metrics: app.get(ApiMetrics),
    ready: async () => void (await app.get(Database).untenanted.$queryRaw`SELECT 1`),
    close: () => app.close(),
  };
}

function installationOf(config: ApiConfig): Installation {
  return {
    publicUrl: config.ISTHMUS_PUBLIC_URL.replace(/\/$/, ''),
    costPerSecond: config.ISTHMUS_COST_PER_SECOND,
    largestBody,
  };
}

/** Whether a request of JSON comes with credentials; whether these hold is seen later. */
function isKnown({ headers }: IncomingMessage): boolean {
  const isJson = headers['content-type']?.startsWith('application/json') ?? false;
  return isJson && (headers.authorization !== undefined || headers.cookie !== undefined);
}
