import type { ServerHttp2Stream } from 'node:http2';
import { TLSSocket } from 'node:tls';

/**
 * The HTTP/2 stream below a server's call. grpc-js has no public way to it, and two things need it:
 * `getAuthContext` tells nothing of a client certificate that Node does not trust (an expired one,
 * which may still be used to recover), and a call cannot be ended towards a peer that does not read.
 * Undefined if grpc-js keeps it elsewhere one day; the specs would show.
 */
function http2Stream(call: object): ServerHttp2Stream | undefined {
  let at: unknown = Reflect.get(call, 'call');
  // Each server interceptor wraps the call once.
  while (isObject(at) && !('stream' in at) && 'nextCall' in at) {
    at = at.nextCall;
  }
  return isObject(at) && 'stream' in at ? (at.stream as ServerHttp2Stream) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/**
 * The certificate, DER, whose key the peer of a call proved to hold; undefined if it showed none.
 * Nothing else has been verified of it: not who issued it, not its validity, not whether it is
 * revoked, and on a resumed session it is that of the first one. So that is for the caller, at
 * every call.
 */
export function peerCertificate(call: object): Buffer | undefined {
  const socket = http2Stream(call)?.session?.socket;
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.raw : undefined;
}

/** Closes the connection of a call, at once, without waiting for what was not read. */
export function cutOff(call: object): void {
  const stream = http2Stream(call);
  stream?.session?.destroy();
  stream?.destroy();
}
