import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import sirv from 'sirv';

/** What the API answers itself, whatever the console is. */
const own = /^\/(docs|graphql|livez|readyz)([/?]|$)/;

/**
 * Scripts come from here alone; styles are also set by script (editor, graph), which wants
 * `unsafe-inline`. No other page may frame this one. A form may be sent to a program on the person's own
 * machine: the command line gets its token so.
 */
const policy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self' http://127.0.0.1:*",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Serves the console: its files, and its page at every other address, which is the page's own.
 *
 * @returns undefined where it has not been built.
 */
export function consolePages(
  folder: string,
): ((request: IncomingMessage, response: ServerResponse, next: () => void) => void) | undefined {
  if (!existsSync(join(folder, 'index.html'))) return undefined;
  const serve = sirv(folder, {
    single: true,
    gzip: true,
    brotli: true,
    etag: true,
    setHeaders: (response, path) => {
      // Files under assets/ are named by what is in them; the page that names them is not.
      const isNamedByContent = path.startsWith('/assets/');
      response.setHeader(
        'cache-control',
        isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
      response.setHeader('content-security-policy', policy);
      response.setHeader('x-content-type-options', 'nosniff');
      response.setHeader('referrer-policy', 'same-origin');
    },
  });
  return (request, response, next) => {
    // A page in answer to a client that posts to a wrong address would look like success.
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    if (!isReading || own.test(request.url ?? '')) next();
    else serve(request, response, next);
  };
}
