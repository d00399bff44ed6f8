// What @peculiar/x509 is built on wants it loaded first.
import 'reflect-metadata';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  webcrypto,
} from 'node:crypto';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

const p256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new P-256 key, PKCS#8 PEM. It is kept in a Secret of the cluster, and goes nowhere else. */
export function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** SHA-256 of the public key (SubjectPublicKeyInfo), hex. */
export function keyIdOf(key: string): string {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('hex');
}

/** A PKCS#10 request, DER, for a key. The plane takes nothing from it but the public key. */
export async function certificateRequest(key: string, commonName: string): Promise<Buffer> {
  const { subtle } = webcrypto;
  const pkcs8 = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const [privateKey, publicKey] = await Promise.all([
    subtle.importKey('pkcs8', pkcs8, p256, false, ['sign']),
    subtle.importKey('spki', spki, p256, true, ['verify']),
  ]);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }],
    keys: { privateKey, publicKey },
    signingAlgorithm: p256,
  });
  return Buffer.from(request.rawData);
}
