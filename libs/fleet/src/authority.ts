import { isIP } from 'node:net';
import { Database, InjectVault, type Vault } from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';
import * as x509 from '@peculiar/x509';
import {
  type Authority,
  importPrivateKey,
  newKeyPair,
  newSerial,
  p256,
  privateKeyPem,
} from './pki.js';

const kind = 'agent-authority';
const vaultContext = `platformKey:${kind}`;
const rootLifeMs = 20 * 365 * 24 * 3_600_000;
const serverLifeMs = 90 * 24 * 3_600_000;
const backdateMs = 2 * 3_600_000;

/**
 * The platform's own authority, for the certificates of agents and hubs; apart from every
 * mesh's roots. Made once, whoever comes first.
 */
@Injectable()
export class AgentAuthority {
  private loaded: Promise<Authority> | undefined;

  constructor(
    @Inject(Database) private readonly database: Database,
    @InjectVault() private readonly vault: Vault,
  ) {}

  /** PEM. */
  async caCertificate(): Promise<string> {
    return (await this.authority()).certificate.toString('pem');
  }

  /** A certificate for a hub, of names and addresses. PEM. */
  async issueServerCertificate(
    names: readonly string[],
  ): Promise<{ key: string; certificate: string }> {
    const { publicKey, pkcs8 } = await newKeyPair();
    const certificate = await this.sign(publicKey, 'isthmus-hub', Date.now() + serverLifeMs, [
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
      ),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ]);
    return { key: privateKeyPem(pkcs8), certificate: certificate.toString('pem') };
  }

  /** A client certificate for one identity. Everything in it but the key is ours. */
  async issueClientCertificate(input: {
    publicKey: x509.PublicKey;
    uri: string;
    serial: string;
    notBefore: Date;
    notAfter: Date;
  }): Promise<string> {
    const { certificate, key } = await this.authority();
    const issued = await x509.X509CertificateGenerator.create({
      serialNumber: input.serial,
      issuer: certificate.subjectName,
      subject: 'CN=isthmus-agent',
      notBefore: input.notBefore,
      notAfter: input.notAfter,
      publicKey: input.publicKey,
      signingKey: key,
      signingAlgorithm: p256,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: 'url', value: input.uri }]),
        await x509.AuthorityKeyIdentifierExtension.create(certificate),
      ],
    });
    return issued.toString('pem');
  }

  private async sign(
    publicKey: x509.PublicKeyType,
    name: string,
    notAfter: number,
    extensions: x509.Extension[],
  ): Promise<x509.X509Certificate> {
    const { certificate, key } = await this.authority();
    return x509.X509CertificateGenerator.create({
      serialNumber: newSerial(),
      issuer: certificate.subjectName,
      subject: `CN=${name}`,
      notBefore: new Date(Date.now() - backdateMs),
      notAfter: new Date(notAfter),
      publicKey,
      signingKey: key,
      signingAlgorithm: p256,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        ...extensions,
        await x509.AuthorityKeyIdentifierExtension.create(certificate),
      ],
    });
  }

  private authority(): Promise<Authority> {
    this.loaded ??= this.load().catch((error: unknown) => {
      this.loaded = undefined;
      throw error;
    });
    return this.loaded;
  }

  private async load(): Promise<Authority> {
    const { untenanted } = this.database;
    const find = () => untenanted.platformKey.findUnique({ where: { kind } });
    let row = await find();
    if (!row) {
      // Two may make one; the first insert stays, and both read what stays.
      await untenanted.platformKey.createMany({ data: [await this.make()], skipDuplicates: true });
      row = await find();
    }
    if (!row) throw new Error('the agent authority was not stored');
    return {
      certificate: new x509.X509Certificate(row.certificate),
      key: await importPrivateKey(await this.vault.open(row.encryptedKey, vaultContext)),
    };
  }

  private async make() {
    const { publicKey, privateKey, pkcs8 } = await newKeyPair();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: newSerial(),
      name: 'O=Isthmus, CN=Isthmus agents',
      notBefore: new Date(Date.now() - backdateMs),
      notAfter: new Date(Date.now() + rootLifeMs),
      keys: { publicKey, privateKey },
      signingAlgorithm: p256,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ],
    });
    return {
      kind,
      certificate: certificate.toString('pem'),
      encryptedKey: new Uint8Array(await this.vault.seal(pkcs8, vaultContext)),
    };
  }
}
