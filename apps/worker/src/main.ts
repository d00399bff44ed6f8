import 'reflect-metadata';
import {
  LOGGER,
  type Logger,
  NestLogger,
  readConfig,
  serveHealth,
  WorkerMetrics,
} from '@isthmus/platform';
import { NestFactory } from '@nestjs/core';
import { workerConfig } from './config.js';
import { MeshQueue } from './mesh-queue.js';
import { WorkerModule } from './worker.module.js';

const config = readConfig(workerConfig);
const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), {
  bufferLogs: true,
});
const logger = app.get<Logger>(LOGGER);
app.useLogger(new NestLogger(logger));
app.enableShutdownHooks();
const queue = app.get(MeshQueue);
await serveHealth(config.HEALTH_PORT, { queue: () => queue.ready() }, app.get(WorkerMetrics));
logger.info('ready');
