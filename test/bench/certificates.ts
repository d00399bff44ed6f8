import { webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;

/** Files in PEM of one party of a mutual TLS connection. */
export interface IdentityFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface BenchIdentities {
  /** For `localhost`. */
  readonly server: IdentityFiles;
  readonly client: IdentityFiles;
}

/** Writes a certificate authority of its own, and what it issued to a server and to its clients. */
export async function writeIdentities(folder: string): Promise<BenchIdentities> {
  const caKeys = await newKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=bench',
    ...validity(),
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, ca.toString('pem'));

  const issue = async (
    name: string,
    serialNumber: string,
    usage: x509.ExtendedKeyUsage,
  ): Promise<IdentityFiles> => {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber,
      subject: `CN=${name}`,
      issuer: ca.subject,
      ...validity(),
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
        await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
      ],
    });
    const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
    await writeFile(files.cert, certificate.toString('pem'));
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    const key = x509.PemConverter.encode(pkcs8, 'PRIVATE KEY');
    await writeFile(files.key, key, { mode: 0o600 });
    return { ...files, ca: caFile };
  };
  return {
    server: await issue('localhost', '02', x509.ExtendedKeyUsage.serverAuth),
    client: await issue('agent', '03', x509.ExtendedKeyUsage.clientAuth),
  };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + dayMs) };
}
