import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { DocsPage } from './page.js';

interface Prepared {
  readonly plain: Buffer;
  readonly zipped: Buffer;
  readonly etag: string;
  readonly policy: string;
}

const path = /^\/docs\/?(\?|$)/;

/**
 * Serves the documentation at /docs, to everybody. A browser keeps it and asks each time whether it is
 * still the one.
 *
 * @param render called once, when somebody asks first.
 */
export function serveDocs(
  render: () => DocsPage,
): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  let prepared: Prepared | undefined;
  return (request, response, next) => {
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    if (!isReading || !path.test(request.url ?? '')) return next();
    prepared ??= prepare(render());
    answer(prepared, request, response);
  };
}

function prepare({ body, policy }: DocsPage): Prepared {
  const plain = Buffer.from(body);
  const hash = createHash('sha256').update(plain).digest('base64url');
  // Weak: it is one page, zipped or not.
  return { plain, zipped: gzipSync(plain), etag: `W/"${hash}"`, policy };
}

function answer(
  { plain, zipped, etag, policy }: Prepared,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
): void {
  response.setHeader('etag', etag);
  response.setHeader('cache-control', 'public, no-cache');
  response.setHeader('vary', 'accept-encoding');
  response.setHeader('content-security-policy', policy);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'same-origin');
  if (headers['if-none-match']?.includes(etag)) {
    response.writeHead(304).end();
    return;
  }
  const isZipped = /\bgzip\b/.test(String(headers['accept-encoding']));
  const body = isZipped ? zipped : plain;
  if (isZipped) response.setHeader('content-encoding', 'gzip');
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.setHeader('content-length', body.length);
  response.writeHead(200).end(method === 'HEAD' ? undefined : body);
}
