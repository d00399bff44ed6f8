import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError } from '../errors.js';
import { note } from '../terminal.js';

/** So long somebody has to authorize it. */
const patienceMs = 5 * 60_000;
const largestForm = 16 * 1024;

/**
 * Has somebody authorize this command line in the console, which makes an API token and posts it to
 * a port of this machine, as a form: so it stands in no address and in no history. The state ties
 * that form to this very call.
 *
 * @param host What this machine is called, for whoever is asked.
 * @throws SIGN_IN_TIMED_OUT, SIGN_IN_REFUSED
 */
export async function signInByBrowser(
  endpoint: string,
  host: string,
  isOpened: boolean,
): Promise<string> {
  const state = randomBytes(24).toString('base64url');
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const token = tokenFor(server, state);
  const { port } = server.address() as AddressInfo;
  const query = new URLSearchParams({ port: String(port), state, host });
  const address = `${endpoint}/cli?${query}`;
  note(`Authorize this command line in your browser, within 5 minutes:\n\n  ${address}\n`);
  try {
    if (isOpened) await openBrowser(address);
    return await token;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

function tokenFor(server: Server, state: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(
      () => reject(new CliError('SIGN_IN_TIMED_OUT', 'nobody authorized it; sign in again')),
      patienceMs,
    );
    server.once('close', () => clearTimeout(patience));
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      receive(request, response, state).then(
        (token) => token && resolve(token),
        (error: unknown) => {
          // A connection that breaks off says nothing of the one that is waited for.
          if (error instanceof CliError) reject(error);
        },
      );
    });
  });
}

/** Where there is none, the address is to be opened by hand. */
async function openBrowser(address: string): Promise<void> {
  try {
    const { default: open } = await import('open');
    const child = await open(address);
    child.once('error', () => note('no browser could be opened; open the address yourself'));
  } catch {
    note('no browser could be opened; open the address yourself');
  }
}

/** @returns The token, or nothing where the request is none of ours. */
async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  state: string,
): Promise<string | undefined> {
  // Also of a name that leads to this machine by somebody else's DNS.
  const isHere = request.headers.host === `127.0.0.1:${request.socket.localPort}`;
  if (!isHere || request.method !== 'POST' || request.url !== '/') {
    answer(response, 404, 'There is nothing here.');
    return undefined;
  }
  const form = new URLSearchParams(await bodyOf(request));
  if (!isSame(form.get('state') ?? '', state)) {
    answer(response, 403, 'This is not the sign-in that the command line waits for.');
    return undefined;
  }
  const token = form.get('token');
  if (!token) {
    answer(response, 200, 'The command line was not authorized. You can close this page.');
    await new Promise((resolve) => response.once('close', resolve));
    throw new CliError('SIGN_IN_REFUSED', 'it was not authorized');
  }
  answer(response, 200, 'The command line is signed in. You can close this page.');
  // The process may end with what it has; whoever waits for the page gets it first.
  await new Promise((resolve) => response.once('close', resolve));
  return token;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > largestForm) return '';
  }
  return body;
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function answer(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(
    `<!doctype html><html lang="en"><title>Isthmus</title><h1>Isthmus</h1><p>${sentence}</p></html>\n`,
  );
}
