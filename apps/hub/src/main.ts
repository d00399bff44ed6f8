import 'reflect-metadata';
import {
  HubMetrics,
  LOGGER,
  type Logger,
  NestLogger,
  readConfig,
  serveHealth,
} from '@isthmus/platform';
import { NestFactory } from '@nestjs/core';
import { AgentServer } from './agent-server.js';
import { hubConfig } from './config.js';
import { HubModule } from './hub.module.js';

const config = readConfig(hubConfig);
const app = await NestFactory.createApplicationContext(HubModule.forRoot(config), {
  bufferLogs: true,
});
const logger = app.get<Logger>(LOGGER);
app.useLogger(new NestLogger(logger));
app.enableShutdownHooks();
const server = app.get(AgentServer);
await serveHealth(config.HEALTH_PORT, { hub: () => server.check() }, app.get(HubMetrics));
