import { createServer, type Server } from 'node:http';
import { messageOf } from '@isthmus/kernel';
import type { ServiceMetrics } from './metrics.js';

/** Answers once the part works; rejects, saying why, while it does not. */
export type HealthCheck = () => Promise<void>;

/**
 * Serves `/livez` (the process turns), `/readyz` (every check passes within 2 s; the
 * body names the one that does not) and `/metrics`. For a port of its own, which the public does not reach.
 */
export function serveHealth(
  port: number,
  checks: Record<string, HealthCheck>,
  metrics: ServiceMetrics,
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/livez') return void response.end('ok\n');
    if (path === '/metrics') {
      return void metrics.text().then(
        (text) =>
          response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text),
        (error: unknown) => response.writeHead(500).end(`${messageOf(error)}\n`),
      );
    }
    if (path !== '/readyz') return void response.writeHead(404).end();
    void checkAll(checks).then((fault) => {
      response
        .writeHead(fault ? 503 : 200, { 'content-type': 'text/plain' })
        .end(`${fault ?? 'ok'}\n`);
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve(server));
  });
}

async function checkAll(checks: Record<string, HealthCheck>): Promise<string | undefined> {
  for (const [name, check] of Object.entries(checks)) {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer within 2 s')), 2000);
    });
    try {
      await Promise.race([check(), deadline]);
    } catch (error) {
      return `${name}: ${messageOf(error)}`;
    } finally {
      clearTimeout(timer);
    }
  }
  return undefined;
}
