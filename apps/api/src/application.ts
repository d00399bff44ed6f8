import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOGGER, NestLogger } from '@isthmus/platform';
import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { ApiModule, type ApiOptions } from './api.module.js';
import type { ApiConfig } from './config.js';
import { SubscriptionServer } from './subscriptions/subscription-server.js';

export interface Api {
  readonly port: number;
  /** Stops accepting, closes the sockets, and lets go of the database. */
  close(): Promise<void>;
}

const largestBody = '256kb';

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
  app.useBodyParser('json', { limit: largestBody });
  await app.init();
  const server: Server = app.getHttpServer();
  app.get(SubscriptionServer).attach(server, app.get(GraphQLSchemaHost).schema);
  await app.listen(config.PORT);
  const { port } = server.address() as AddressInfo;
  logger.info({ port }, 'listening');
  return { port, close: () => app.close() };
}
