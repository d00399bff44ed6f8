import type { ServerResponse } from 'node:http';
import { Database, InjectLogger } from '@isthmus/platform';
import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import type { Logger } from 'pino';

const answerMs = 2000;

/** For whoever watches over the process, and for who opens it in a browser. */
@Controller()
export class HealthController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Where the console has not been built. */
  @Get('/')
  @Header('content-type', 'text/plain; charset=utf-8')
  welcome(): string {
    return 'Isthmus: the API is GraphQL, at /graphql (POST; subscriptions over WebSocket); see /docs.\n';
  }

  /** The process turns. */
  @Get('/livez')
  @Header('content-type', 'text/plain; charset=utf-8')
  live(): string {
    return 'ok\n';
  }

  /** Requests can be answered: Postgres is there. */
  @Get('/readyz')
  @Header('content-type', 'text/plain; charset=utf-8')
  async ready(@Res({ passthrough: true }) response: ServerResponse): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer within 2 s')), answerMs);
    });
    try {
      await Promise.race([this.database.untenanted.$queryRaw`SELECT 1`, deadline]);
      return 'ok\n';
    } catch (error) {
      // Why is for the log: anybody may ask here.
      this.logger.warn({ error }, 'not ready');
      response.statusCode = 503;
      return 'database: out of reach\n';
    } finally {
      clearTimeout(timer);
    }
  }
}
