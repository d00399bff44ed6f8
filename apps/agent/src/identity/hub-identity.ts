import { type ClientHttp2Session, connect } from 'node:http2';
import { isIP } from 'node:net';
import { createSecureContext, rootCertificates, connect as secure } from 'node:tls';
import { type CallOptions, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { type Identity, IdentityServiceClient } from '@isthmus/contracts';
import { IsthmusError, messageOf } from '@isthmus/kernel';
import { type ClientIdentity, fromCallFailure } from '@isthmus/sync';
import { certificateRequest } from './keys.js';
import { proxyFor, splitAddress, tunnel } from './proxy.js';

export interface HubIdentitySettings {
  /** `host:port`. */
  readonly address: string;
  /** PEM of the operator; undefined: the system's roots. */
  readonly hubCa: string | undefined;
  /** Told to the hub, so that people see which agent came. */
  readonly agentVersion: string;
}

const callTimeoutMs = 20_000;
const reachTimeoutMs = 10_000;

/** Asks the hub for certificates. Errors are {@link IsthmusError}, with the hub's stable code. */
export class HubIdentityApi {
  constructor(private readonly settings: HubIdentitySettings) {}

  /** First certificate. @throws JOIN_TOKEN_*, CSR_*, UNAVAILABLE */
  async enrol(joinToken: string, csr: Buffer): Promise<Identity> {
    const { hubCa } = this.settings;
    const client = this.client(
      credentials.createSsl(hubCa === undefined ? null : Buffer.from(hubCa)),
    );
    try {
      const answer = await call<{ identity: Identity | undefined }>((options, done) =>
        client.enrol({ joinToken, csr, ...this.remarks() }, new Metadata(), options, done),
      );
      return present(answer.identity);
    } finally {
      client.close();
    }
  }

  /**
   * Next certificate, over mTLS with the present one, be it expired. Over a connection of its own:
   * the one of the streams may be older than several certificates, and shows the first of them.
   * @throws IDENTITY_*, CLUSTER_*, CSR_*, UNAVAILABLE
   */
  async renew(identity: ClientIdentity, csr: Buffer): Promise<Identity> {
    const context = createSecureContext({ ...identity, minVersion: 'TLSv1.3' });
    const client = this.client(credentials.createFromSecureContext(context));
    try {
      const answer = await call<{ identity: Identity | undefined }>((options, done) =>
        client.renew({ csr, ...this.remarks() }, new Metadata(), options, done),
      );
      return present(answer.identity);
    } finally {
      client.close();
    }
  }

  /**
   * Whether the hub would go on with an identity. It opens no stream, so that it locks nothing beside an agent that
   * works; and what it is issued is never used, and the certificate before stays good by that.
   * @throws IDENTITY_*, CLUSTER_*, UNAVAILABLE
   */
  async probe(identity: ClientIdentity): Promise<void> {
    await this.renew(identity, await certificateRequest(String(identity.key), 'isthmus-agent'));
  }

  /**
   * Connects as an agent would, up to where streams would begin, and hangs up: the hub answers for
   * itself, and takes nobody for connected who opens no stream.
   * @param identity Without one, as an agent that is about to enrol.
   * @throws UNAVAILABLE with what the connection said.
   */
  async reach(identity: ClientIdentity | undefined): Promise<void> {
    const { address } = this.settings;
    let session: ClientHttp2Session | undefined;
    try {
      const opened = await this.open(identity);
      session = opened;
      await new Promise<void>((resolve, reject) => {
        opened.once('remoteSettings', () => resolve());
        // Where packets are lost there is no error for minutes.
        opened.setTimeout(reachTimeoutMs, () => reject(new Error('it did not answer in time')));
        opened.on('error', reject);
        opened.once('close', () => reject(new Error('it hung up')));
      });
    } catch (error) {
      throw new IsthmusError('UNAVAILABLE', `the hub at ${address}: ${messageOf(error)}`);
    } finally {
      session?.destroy();
    }
  }

  /** Through the proxy that gRPC would go through, if there is one. */
  private async open(identity: ClientIdentity | undefined): Promise<ClientHttp2Session> {
    const { address } = this.settings;
    const ca = identity?.ca ?? this.authorities('');
    const options = { ...identity, ca, minVersion: 'TLSv1.3' } as const;
    const { host } = splitAddress(address);
    const proxy = proxyFor(host, process.env);
    if (!proxy) return connect(`https://${address}`, options);
    const socket = await tunnel(proxy, address, reachTimeoutMs);
    const servername = isIP(host) === 0 ? host : '';
    return connect(`https://${address}`, {
      createConnection: () =>
        secure({ ...options, socket, host, servername, ALPNProtocols: ['h2'] }),
    });
  }

  /** Authorities to verify the hub with: what it said last, and what the operator says. */
  authorities(fromHub: string): string {
    const known = [fromHub, this.settings.hubCa ?? ''].filter((pem) => pem.trim() !== '');
    return (known.length > 0 ? known : rootCertificates).join('\n');
  }

  /** With the time, by which the hub sees whether this clock is off. */
  private remarks(): { agentVersion: string; clock: number } {
    return { agentVersion: this.settings.agentVersion, clock: Date.now() };
  }

  private client(security: ReturnType<typeof credentials.createSsl>): IdentityServiceClient {
    return new IdentityServiceClient(this.settings.address, security, {
      // A connection of its own: a shared one would show an older certificate.
      'grpc.use_local_subchannel_pool': 1,
    });
  }
}

function call<T>(
  start: (options: CallOptions, done: (error: ServiceError | null, answer: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    start({ deadline: Date.now() + callTimeoutMs }, (error, answer) => {
      if (error) reject(fromCallFailure(error));
      else resolve(answer);
    });
  });
}

function present(identity: Identity | undefined): Identity {
  if (identity) return identity;
  throw new IsthmusError(
    'UNAVAILABLE',
    'the hub answered without an identity; is it older than this agent?',
  );
}
