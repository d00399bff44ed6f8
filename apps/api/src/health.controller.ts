import { messageOf } from '@isthmus/kernel';
import { Database } from '@isthmus/platform';
import { Controller, Get, Header, Inject, ServiceUnavailableException } from '@nestjs/common';

const answerMs = 2000;

/** For whoever watches over the process, and for who opens it in a browser. */
@Controller()
export class HealthController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Get('/')
  @Header('content-type', 'text/plain; charset=utf-8')
  welcome(): string {
    return 'Isthmus: the API is GraphQL, at /graphql (POST; subscriptions over WebSocket).\n';
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
  async ready(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer within 2 s')), answerMs);
    });
    try {
      await Promise.race([this.database.untenanted.$queryRaw`SELECT 1`, deadline]);
      return 'ok\n';
    } catch (error) {
      throw new ServiceUnavailableException(`database: ${messageOf(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }
}
