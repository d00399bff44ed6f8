import { X509Certificate } from 'node:crypto';
import { type handleUnaryCall, Server, type ServerUnaryCall } from '@grpc/grpc-js';
import {
  type EnrolRequest,
  type EnrolResponse,
  IdentityServiceService,
  type RenewRequest,
  type RenewResponse,
} from '@isthmus/contracts';
import {
  AgentAuthority,
  type AgentRemarks,
  EnrolmentService,
  type IssuedIdentity,
} from '@isthmus/fleet';
import { HubMetrics, InjectLogger, type Logger } from '@isthmus/platform';
import {
  hubServerOptions,
  mutualTlsCredentials,
  peerCertificate,
  type ServerIdentity,
  type SyncServer,
  serveSync,
  toCallFailure,
} from '@isthmus/sync';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { AgentSessions } from './agent-sessions.js';
import { HUB_CONFIG, type HubConfig } from './config.js';

const drainSpreadMs = 5_000;
/** Far below the life of the hub's certificate, and what a timer can hold. */
const renewMs = 24 * 3_600_000;

/**
 * The gRPC server that agents dial: one port, TLS, where a client certificate is asked for
 * and only Enrol goes without. It shows a certificate of the platform's own authority, new
 * at each start and every day.
 */
@Injectable()
export class AgentServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly server = new Server(hubServerOptions);
  private sync: SyncServer | undefined;
  private listening = false;
  private renewing: NodeJS.Timeout | undefined;

  constructor(
    @Inject(HUB_CONFIG) private readonly config: HubConfig,
    @Inject(AgentAuthority) private readonly authority: AgentAuthority,
    @Inject(EnrolmentService) private readonly enrolment: EnrolmentService,
    @Inject(AgentSessions) private readonly sessions: AgentSessions,
    @InjectLogger() private readonly logger: Logger,
    @Inject(HubMetrics) private readonly metrics: HubMetrics,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const credentials = mutualTlsCredentials(await this.serverIdentity());
    this.renewing = setInterval(() => {
      this.serverIdentity().then(
        (identity) => credentials.update(identity),
        (error: unknown) => this.logger.warn({ error }, 'the certificate of the hub stays'),
      );
    }, renewMs);
    this.server.addService(IdentityServiceService, {
      enrol: this.unary<EnrolRequest, EnrolResponse>('enrol', async ({ request }) => ({
        identity: toIdentity(
          await this.enrolment.enrol(request.joinToken, request.csr, remarksOf(request)),
        ),
      })),
      renew: this.unary<RenewRequest, RenewResponse>('renew', async (call) => ({
        identity: toIdentity(
          await this.enrolment.renew(
            peerCertificate(call),
            call.request.csr,
            remarksOf(call.request),
          ),
        ),
      })),
    });
    this.sync = serveSync(this.server, this.sessions, {
      onError: (error) => this.logger.error({ error }, 'a stream failed'),
    });
    const port = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync(`0.0.0.0:${this.config.PORT}`, credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    this.listening = true;
    this.logger.info({ port }, 'listening');
  }

  /** Tells agents to come back, spread out, to whoever takes over; then ends. */
  async beforeApplicationShutdown(): Promise<void> {
    this.listening = false;
    clearInterval(this.renewing);
    this.sync?.drain(() => Math.random() * drainSpreadMs);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.server.forceShutdown(), 2_000);
      this.server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private async serverIdentity(): Promise<ServerIdentity> {
    const { key, certificate } = await this.authority.issueServerCertificate(
      this.config.ISTHMUS_HUB_NAMES,
    );
    const ca = await this.authority.caCertificate();
    this.metrics.certificateExpiry.readFrom(() => expiryOf(certificate));
    this.metrics.authorityExpiry.readFrom(() => expiryOf(ca));
    return { key, cert: certificate, ca };
  }

  async check(): Promise<void> {
    if (!this.listening) throw new Error('not listening');
  }

  /** A handler that may throw; errors leave with their stable code. */
  private unary<Request, Response>(
    way: 'enrol' | 'renew',
    handle: (call: ServerUnaryCall<Request, Response>) => Promise<Response>,
  ): handleUnaryCall<Request, Response> {
    return (call, callback) => {
      const attempt = this.metrics.attempt(handle(call), (code) =>
        this.metrics.identities.inc({ way, code }),
      );
      attempt.then(
        (response) => callback(null, response),
        (error: unknown) => {
          const failure = toCallFailure(error);
          this.logger.info({ error, peer: call.getPeer() }, 'an identity was refused');
          callback({ ...failure, name: 'IsthmusError', message: failure.details });
        },
      );
    };
  }
}

/** In seconds since 1970. @param pem of a certificate */
function expiryOf(pem: string): number {
  return new X509Certificate(pem).validToDate.getTime() / 1000;
}

function remarksOf({ agentVersion, clock }: EnrolRequest | RenewRequest): AgentRemarks {
  return { version: agentVersion, clock: clock === 0 ? undefined : clock };
}

function toIdentity(issued: IssuedIdentity): NonNullable<EnrolResponse['identity']> {
  return {
    certificateChain: issued.certificateChain,
    hubCa: issued.hubCa,
    organizationId: issued.organizationId,
    meshId: issued.meshId,
    clusterId: issued.clusterId,
    notBefore: Math.floor(issued.notBefore.getTime() / 1000),
    notAfter: Math.floor(issued.notAfter.getTime() / 1000),
  };
}
