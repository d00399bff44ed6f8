import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { Server } from '@grpc/grpc-js';
import {
  type FactName,
  Facts,
  type Identity,
  type IdentityServiceServer,
  IdentityServiceService,
  type IntentName,
  Intents,
  type ResourceType,
} from '@isthmus/contracts';
import { IsthmusError } from '@isthmus/kernel';
import {
  hubServerOptions,
  mutualTlsCredentials,
  peerCertificate,
  ResourceSet,
  type SyncServer,
  serveSync,
  toCallFailure,
} from '@isthmus/sync';
import {
  BasicConstraintsExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { FactOf } from '../facts/board.js';
import type { IntentOf } from '../intents/book.js';

const p256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const clusterId = 'cluster_a';
/** Of the hub; who resolves names itself finds the first alone. */
const hubNames = ['localhost', 'hub.invalid'];

/** A certificate authority: of agents, or (a root and an intermediate) of a mesh. */
export class TestAuthority {
  private constructor(
    private readonly name: string,
    private readonly keys: webcrypto.CryptoKeyPair,
    /** PEM, self-signed. */
    readonly pem: string,
  ) {}

  static async make(name: string): Promise<TestAuthority> {
    const keys = await webcrypto.subtle.generateKey(p256, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      keys,
      signingAlgorithm: p256,
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    return new TestAuthority(name, keys, certificate.toString('pem'));
  }

  /** Signs a public key. @returns PEM */
  async sign(
    publicKey: webcrypto.CryptoKey,
    subject: string,
    options: { ca?: boolean; host?: boolean; notBefore?: Date; notAfter?: Date } = {},
  ): Promise<string> {
    const certificate = await X509CertificateGenerator.create({
      subject: `CN=${subject}`,
      issuer: `CN=${this.name}`,
      publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: p256,
      notBefore: options.notBefore ?? new Date(Date.now() - 60_000),
      notAfter: options.notAfter ?? new Date(Date.now() + 3_600_000),
      extensions: [
        new BasicConstraintsExtension(options.ca === true, options.ca ? 0 : undefined, true),
        ...(options.host
          ? [
              new SubjectAlternativeNameExtension(
                hubNames.map((value) => ({ type: 'dns' as const, value })),
              ),
            ]
          : []),
      ],
    });
    return certificate.toString('pem');
  }

  /** Signs the key of a PKCS#10 request, whose signature is checked. @returns PEM */
  async signRequest(
    csr: Uint8Array,
    options: { ca?: boolean; notBefore?: Date; notAfter?: Date },
  ): Promise<string> {
    const request = new Pkcs10CertificateRequest(new Uint8Array(csr));
    if (!(await request.verify()))
      throw new IsthmusError('CSR_SIGNATURE', 'the signature is wrong');
    const key = await request.publicKey.export(p256, ['verify']);
    return await this.sign(key as webcrypto.CryptoKey, 'agent', options);
  }
}

/** A hub with the real wire and no plane behind it: intents are set, facts are kept. */
export class TestHub {
  /** Life of the certificates it issues, in ms. */
  lifeMs = 3_600_000;
  /** Tokens that Enrol takes, once each. */
  readonly tokens = new Set(['token-1']);
  readonly enrolledKeys: string[] = [];
  renewals = 0;
  /** Whether the cluster was removed from its mesh. */
  isRemoved = false;
  /** Connections that opened a stream of facts. */
  connections = 0;
  /** Streams of facts that are open, and the most that ever were at once: two of a cluster would lock it. */
  readonly streams = { open: 0, most: 0 };
  /** Facts that were taken back, as `Type/name`, in order. */
  readonly withdrawn: string[] = [];
  /** Names of facts that it refuses. */
  readonly refused = new Set<string>();
  port = 0;
  private readonly sets = new Map<string, ResourceSet>(
    Object.values(Intents).map(({ typeUrl }) => [
      typeUrl,
      new ResourceSet(typeUrl, { debounceMs: 0 }),
    ]),
  );
  private readonly facts = new Map<string, Map<string, { version: string; body: Uint8Array }>>(
    Object.values(Facts).map(({ typeUrl }) => [typeUrl, new Map()]),
  );
  private server: Server | undefined;
  private sync: SyncServer | undefined;

  private constructor(readonly authority: TestAuthority) {}

  static async start(): Promise<TestHub> {
    const hub = new TestHub(await TestAuthority.make('agents'));
    await hub.listen();
    return hub;
  }

  get address(): string {
    return `localhost:${this.port}`;
  }

  put<N extends IntentName>(type: N, name: string, intent: IntentOf<N>): void {
    const { encode, typeUrl } = Intents[type] as unknown as ResourceType<IntentOf<N>>;
    this.sets.get(typeUrl)?.set(name, encode(intent));
  }

  remove(type: IntentName, name: string): void {
    this.sets.get(Intents[type].typeUrl)?.delete(name, { explained: true });
  }

  fact<N extends FactName>(type: N, name: string): FactOf<N> | undefined {
    const fact = this.facts.get(Facts[type].typeUrl)?.get(name);
    return fact && (Facts[type].decode(fact.body) as FactOf<N>);
  }

  /** On the port it had before, if it ran already. */
  async listen(): Promise<void> {
    const keys = await webcrypto.subtle.generateKey(p256, true, ['sign', 'verify']);
    const cert = await this.authority.sign(keys.publicKey, 'hub', { host: true });
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString(
      'base64',
    );
    const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`;
    const server = new Server(hubServerOptions);
    const answer = (
      issue: Promise<Identity>,
      callback: (
        error: ReturnType<typeof failureOf> | null,
        value?: { identity: Identity },
      ) => void,
    ): void => {
      issue.then(
        (identity) => callback(null, { identity }),
        (error: unknown) => callback(failureOf(error)),
      );
    };
    const identity: IdentityServiceServer = {
      enrol: ({ request }, callback) =>
        answer(this.enrol(request.joinToken, request.csr), callback),
      renew: (call, callback) => {
        this.renewals += 1;
        const certificate = peerCertificate(call);
        if (!certificate)
          callback(failureOf(new IsthmusError('IDENTITY_MISSING', 'no certificate')));
        else if (this.isRemoved)
          callback(failureOf(new IsthmusError('CLUSTER_REMOVED', 'it was removed')));
        else answer(this.issue(call.request.csr), callback);
      },
    };
    server.addService(IdentityServiceService, identity);
    this.sync = serveSync(server, {
      intents: (peer) => {
        if (!peer.certificate) throw new IsthmusError('IDENTITY_MISSING', 'no certificate');
        return Promise.resolve({ sets: [...this.sets.values()] });
      },
      facts: () => {
        this.connections += 1;
        return Promise.resolve({
          opened: () => {
            this.streams.open += 1;
            this.streams.most = Math.max(this.streams.most, this.streams.open);
          },
          closed: () => {
            this.streams.open -= 1;
          },
          types: Object.values(Facts).map(({ typeUrl }) => typeUrl),
          initialVersions: (typeUrl) =>
            new Map(
              [...(this.facts.get(typeUrl) ?? [])].map(([name, { version }]) => [name, version]),
            ),
          apply: (typeUrl, { resources, removed }) => {
            const facts = this.facts.get(typeUrl);
            const refused = new Map<string, string>();
            for (const { name, version, body } of resources) {
              if (this.refused.has(name)) refused.set(name, 'the spec says no');
              else facts?.set(name, { version, body: Buffer.from(body) });
            }
            for (const name of removed) {
              facts?.delete(name);
              this.withdrawn.push(`${nameOf(typeUrl)}/${name}`);
            }
            return Promise.resolve({ refused });
          },
        });
      },
    });
    this.port = await new Promise<number>((resolve, reject) => {
      const credentials = mutualTlsCredentials({ key, cert, ca: this.authority.pem });
      server.bindAsync(`127.0.0.1:${this.port}`, credentials, (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    this.server = server;
  }

  /** As a hub that dies. */
  stop(): void {
    this.sync?.drain(() => 0);
    this.server?.forceShutdown();
  }

  private async enrol(token: string, csr: Uint8Array): Promise<Identity> {
    if (!this.tokens.delete(token))
      throw new IsthmusError('JOIN_TOKEN_INVALID', 'there is no such token');
    return await this.issue(csr);
  }

  private async issue(csr: Uint8Array): Promise<Identity> {
    const notBefore = new Date(Math.floor(Date.now() / 1000) * 1000);
    const notAfter = new Date(notBefore.getTime() + this.lifeMs);
    this.enrolledKeys.push(
      Buffer.from(new Pkcs10CertificateRequest(new Uint8Array(csr)).publicKey.rawData).toString(
        'hex',
      ),
    );
    return {
      certificateChain: await this.authority.signRequest(csr, { notBefore, notAfter }),
      hubCa: this.authority.pem,
      organizationId: 'org_x',
      meshId: 'mesh_x',
      clusterId,
      notBefore: notBefore.getTime() / 1000,
      notAfter: notAfter.getTime() / 1000,
    };
  }
}

function nameOf(typeUrl: string): string | undefined {
  return Object.values(Facts).find((type) => type.typeUrl === typeUrl)?.name;
}

function failureOf(error: unknown) {
  const failure = toCallFailure(error);
  return { ...failure, name: 'IsthmusError', message: failure.details };
}
