import { createHash } from 'node:crypto';
import type { SecureServerOptions } from 'node:http2';
import { type SecureContextOptions } from 'node:tls';
import { ServerCredentials, type ServerOptions } from '@grpc/grpc-js';
import { defaultLimits } from '../limits.js';

/** What a server shows of itself and expects of its clients. PEM throughout. */
export interface ServerIdentity {
  readonly key: string | Buffer;
  /** Leaf first. */
  readonly cert: string | Buffer;
  /** Authorities named to clients as those whose certificates are of use here. */
  readonly ca: string | Buffer | readonly (string | Buffer)[];
  /**
   * 48 bytes, the same in every process that shall resume another's TLS sessions. New ones with
   * every change of trust: a resumed session is not verified again. Random per process and per
   * update unless given.
   */
  readonly ticketKeys?: Buffer;
}

/** Streams of one connection: two of sync, a renewal, and those that are just being replaced. */
const streamsPerConnection = 16;

const connectionOptions: SecureServerOptions = {
  requestCert: true,
  // Enrolling agents have no certificate; who needs one is decided call by call.
  rejectUnauthorized: false,
  minVersion: 'TLSv1.3',
  handshakeTimeout: 10_000,
  settings: {
    maxConcurrentStreams: streamsPerConnection,
    maxHeaderListSize: 16 * 1024,
    enablePush: false,
  },
  // Megabytes, of which frames for slow readers are the most; beyond it new streams are refused.
  maxSessionMemory: 16,
  maxSessionInvalidFrames: 10,
  maxSessionRejectedStreams: 20,
  maxHeaderListPairs: 64,
  maxOutstandingPings: 4,
  // Rapid reset (CVE-2023-44487): so many at once, and so many a second after that.
  streamResetBurst: 50,
  streamResetRate: 5,
};

/** Options for a `grpc.Server` that agents dial: its limits, and how it notices dead peers. */
export const hubServerOptions: ServerOptions = {
  'grpc.max_receive_message_length': defaultLimits.messageBytes,
  'grpc.max_send_message_length': defaultLimits.messageBytes,
  'grpc.max_concurrent_streams': streamsPerConnection,
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.enable_channelz': 0,
};

/** TLS of a server where a client certificate is asked for and not required. */
export class MutualTlsCredentials extends ServerCredentials {
  #identity: string;

  constructor(identity: ServerIdentity) {
    super(connectionOptions, contextOf(identity));
    this.#identity = digest(identity);
  }

  /** For connections from now on; those that are there stay. */
  update(identity: ServerIdentity): void {
    this.#identity = digest(identity);
    this.updateSecureContextOptions(contextOf(identity));
  }

  override _equals(other: ServerCredentials): boolean {
    return other instanceof MutualTlsCredentials && other.#identity === this.#identity;
  }
}

export function mutualTlsCredentials(identity: ServerIdentity): MutualTlsCredentials {
  return new MutualTlsCredentials(identity);
}

// minVersion again: `setSecureContext` starts from Node's defaults.
function contextOf({ key, cert, ca, ticketKeys }: ServerIdentity): SecureContextOptions & {
  ticketKeys?: Buffer;
} {
  return {
    key,
    cert,
    ca: Array.isArray(ca) ? [...ca] : (ca as string | Buffer),
    minVersion: 'TLSv1.3',
    ...(ticketKeys && { ticketKeys }),
  };
}

function digest({ key, cert, ca, ticketKeys }: ServerIdentity): string {
  const hash = createHash('sha256');
  for (const part of [key, cert, ...(Array.isArray(ca) ? ca : [ca]), ticketKeys ?? '']) {
    hash.update(`${part.length}:`).update(part as string | Buffer);
  }
  return hash.digest('hex');
}
