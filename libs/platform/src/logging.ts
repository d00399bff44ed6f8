import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';

export type { Logger };

/** Names under which a secret might be logged by mistake, at any of the first levels. */
const secretNames = [
  'password',
  'secret',
  'token',
  'joinToken',
  'authorization',
  'cookie',
  'privateKey',
];

/** JSON lines on standard output, with what is secret blotted out. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    name: service,
    level,
    redact: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
    serializers: { error: pino.stdSerializers.err },
  });
}

/** Nest's own lines, through the same logger. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}
  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }
  error(message: unknown, stack?: string, context?: string): void {
    this.logger.error({ context, stack }, String(message));
  }
  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }
}
