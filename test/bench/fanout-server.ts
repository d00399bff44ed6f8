/**
 * Our side of B1: the sync library alone, a ResourceSet and one Publisher for each agent, over
 * mTLS. It listens on a port of the loopback interface and prints {"port": …}. Every line `change`
 * on standard input changes one resource, whose body starts with the time in nanoseconds. At the
 * end of standard input it prints what it did, and exits.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Server } from '@grpc/grpc-js';
import { IsthmusError } from '@isthmus/kernel';
import {
  hubServerOptions,
  mutualTlsCredentials,
  ResourceSet,
  type SyncPeer,
  serveSync,
} from '@isthmus/sync';

const { values } = parseArgs({
  options: {
    cert: { type: 'string', default: '' },
    key: { type: 'string', default: '' },
    ca: { type: 'string', default: '' },
    type: { type: 'string', default: '' },
    size: { type: 'string', default: '512' },
    resources: { type: 'string', default: '1' },
  },
});

const ca = readFileSync(values.ca);
const authority = new X509Certificate(ca);
const set = new ResourceSet(values.type);
for (let index = 0; index < Number(values.resources); index++) {
  change(index);
}

const server = new Server(hubServerOptions);
const sync = serveSync(server, {
  intents: async (peer) => {
    assertKnown(peer);
    return { sets: [set] };
  },
  facts: async () => {
    throw new IsthmusError('FORBIDDEN', 'there are no facts in this benchmark');
  },
});
const identity = { cert: readFileSync(values.cert), key: readFileSync(values.key), ca };
server.bindAsync('127.0.0.1:0', mutualTlsCredentials(identity), (error, port) => {
  if (error) {
    throw error;
  }
  answer({ port });
});

let changes = 0;
const lines = createInterface(process.stdin);
lines.on('line', (line) => {
  if (line !== 'change') {
    throw new Error(`${line} is not understood: change`);
  }
  change(0);
  changes++;
});
lines.on('close', () => {
  answer({ changes, streams: sync.streams });
  server.forceShutdown();
});

/** A BytesValue with a body that says when it was made. */
function change(index: number): void {
  const size = Number(values.size);
  const head = [0x0a];
  for (let length = size; length > 0; length >>>= 7) {
    head.push(length > 0x7f ? (length & 0x7f) | 0x80 : length);
  }
  const body = Buffer.alloc(head.length + size, index);
  body.set(head);
  const now = performance.timeOrigin + performance.now();
  body.writeBigUInt64BE(BigInt(Math.round(now * 1e6)), head.length);
  set.set(`bench/service-${index}`, body);
}

/** The peer's TLS library does this for it; here the certificate is the application's to judge. */
function assertKnown(peer: SyncPeer): void {
  const certificate = peer.certificate && new X509Certificate(peer.certificate);
  if (!certificate?.verify(authority.publicKey)) {
    throw new IsthmusError('UNAUTHENTICATED', 'no certificate of the benchmark');
  }
}

function answer(content: Record<string, number>): void {
  process.stdout.write(`${JSON.stringify(content)}\n`);
}
