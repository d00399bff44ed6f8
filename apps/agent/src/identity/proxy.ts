import { request } from 'node:http';
import { BlockList, isIP, isIPv4, type Socket } from 'node:net';
import { IsthmusError } from '@isthmus/kernel';

/** An HTTP proxy that opens tunnels (CONNECT). */
export interface Proxy {
  /** Without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
  /** `user:password`; undefined: it asks for none. */
  readonly credentials: string | undefined;
}

/** In the order in which gRPC looks; it knows the small spelling alone. */
const variables = ['grpc_proxy', 'https_proxy', 'http_proxy'] as const;

/**
 * The proxy on the way to a host, by the variables that gRPC goes by, and read as gRPC does.
 * @throws INVALID_CONFIGURATION for one that gRPC would pass by without a word; never with its credentials.
 */
export function proxyFor(host: string, env: NodeJS.ProcessEnv): Proxy | undefined {
  const variable = variables.find((name) => env[name]);
  if (!variable || isExempt(host, env)) return undefined;
  const url = URL.parse(env[variable] ?? '');
  if (url?.protocol !== 'http:' || url.hostname === '') {
    throw new IsthmusError(
      'INVALID_CONFIGURATION',
      `${variable}: must be http://host:port, with user:password@ before the host where the proxy asks for them, percent-encoded`,
    );
  }
  const { hostname, port, username, password } = url;
  const credentials = password === '' ? username : `${username}:${password}`;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 80),
    credentials: credentials === '' ? undefined : decodeURIComponent(credentials),
  };
}

/** Ends of names, addresses, and networks of IPv4. */
function isExempt(host: string, env: NodeJS.ProcessEnv): boolean {
  const list = env.no_grpc_proxy || env.no_proxy;
  return (list ? list.split(',') : []).some(
    (entry) => host.endsWith(entry) || isWithin(host, entry),
  );
}

function isWithin(host: string, entry: string): boolean {
  const [network = '', prefix] = entry.split('/');
  if (!isIPv4(host) || !isIPv4(network) || !/^\d+$/.test(prefix ?? '')) return false;
  if (Number(prefix) > 32) return false;
  const networks = new BlockList();
  networks.addSubnet(network, Number(prefix));
  return networks.check(host);
}

/** `host:port` in its parts, without the brackets of IPv6. */
export function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(address.slice(colon + 1)) };
}

/**
 * Has a proxy connect to `host:port`.
 * @throws Error with what the proxy said, or that it did not.
 */
export async function tunnel(
  { host, port, credentials }: Proxy,
  address: string,
  timeoutMs: number,
): Promise<Socket> {
  const asked = request({
    ...{ host, port, method: 'CONNECT', path: address, timeout: timeoutMs },
    headers: {
      host: address,
      ...(credentials !== undefined && {
        'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}`,
      }),
    },
  });
  const name = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  return await new Promise<Socket>((resolve, reject) => {
    const refuse = (why: string): void => {
      asked.destroy();
      reject(new Error(`the proxy ${name} ${why}`));
    };
    asked.once('connect', ({ statusCode, statusMessage }, socket: Socket, head) => {
      if (statusCode !== 200) {
        socket.destroy();
        refuse(`answered ${statusCode} ${statusMessage}`);
        return;
      }
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    // Who knows no CONNECT answers as to any other request.
    asked.once('response', ({ statusCode }) =>
      refuse(`opens no tunnel: it answered ${statusCode}`),
    );
    asked.once('timeout', () => refuse('did not answer in time'));
    asked.on('error', ({ message }) => refuse(`cannot be used: ${message}`));
    asked.end();
  });
}
