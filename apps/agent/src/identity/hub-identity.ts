import { connect } from 'node:http2';
import { createSecureContext, rootCertificates } from 'node:tls';
import { type CallOptions, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { type Identity, IdentityServiceClient } from '@isthmus/contracts';
import { IsthmusError, messageOf } from '@isthmus/kernel';
import { type ClientIdentity, fromCallFailure } from '@isthmus/sync';

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
   * Connects as an agent would, up to where streams would begin, and hangs up: the hub answers for
   * itself, and takes nobody for connected who opens no stream.
   * @param identity Without one, as an agent that is about to enrol.
   * @throws UNAVAILABLE with what the connection said.
   */
  async reach(identity: ClientIdentity | undefined): Promise<void> {
    const ca = identity?.ca ?? this.authorities('');
    const session = connect(`https://${this.settings.address}`, {
      ...identity,
      ca,
      minVersion: 'TLSv1.3',
    });
    try {
      await new Promise<void>((resolve, reject) => {
        session.once('remoteSettings', () => resolve());
        // Where packets are lost there is no error for minutes.
        session.setTimeout(reachTimeoutMs, () => reject(new Error('it did not answer in time')));
        session.on('error', reject);
        session.once('close', () => reject(new Error('it hung up')));
      });
    } catch (error) {
      const { address } = this.settings;
      throw new IsthmusError('UNAVAILABLE', `the hub at ${address}: ${messageOf(error)}`);
    } finally {
      session.destroy();
    }
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
