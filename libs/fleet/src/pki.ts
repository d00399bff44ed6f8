// Before @peculiar/x509, which is built on it.
import 'reflect-metadata';
import { createHash, createPublicKey, randomBytes, type webcrypto } from 'node:crypto';
import { IsthmusError } from '@isthmus/kernel';
import * as x509 from '@peculiar/x509';

/** The algorithm of every key and signature of ours. */
export const p256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

type CryptoKey = webcrypto.CryptoKey;

/** A certificate authority: its certificate, and the key it signs with. */
export interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly key: CryptoKey;
}

const largestCsr = 16 * 1024;

/** A key pair whose private half can be sealed away. */
export async function newKeyPair(): Promise<{
  publicKey: CryptoKey;
  privateKey: CryptoKey;
  pkcs8: Buffer;
}> {
  const pair = await crypto.subtle.generateKey(p256, true, ['sign', 'verify']);
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  return { ...pair, pkcs8 };
}

export function importPrivateKey(pkcs8: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), p256, false, ['sign']);
}

/** PEM of a PKCS#8 key. */
export function privateKeyPem(pkcs8: Uint8Array): string {
  return x509.PemConverter.encode(new Uint8Array(pkcs8), 'PRIVATE KEY');
}

/** 128 random bits, positive, in hex. */
export function newSerial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex');
}

/** SHA-256 of a SubjectPublicKeyInfo. */
export function keyHash(spki: ArrayBuffer | Uint8Array): Buffer {
  return createHash('sha256').update(new Uint8Array(spki)).digest();
}

/**
 * The public key of a CSR, and nothing else of it. What the CSR asks for besides is never
 * taken over; asking for authority or for two identities is refused all the same, since
 * nobody honest does.
 *
 * @param der PKCS#10, DER.
 * @throws CSR_MALFORMED, CSR_SIGNATURE, CSR_WEAK_KEY, CSR_FORBIDDEN_EXTENSION
 */
export async function publicKeyOfCsr(der: Uint8Array): Promise<x509.PublicKey> {
  if (der.length === 0 || der.length > largestCsr) {
    throw new IsthmusError(
      'CSR_MALFORMED',
      `a CSR has 1 to ${largestCsr} bytes; this has ${der.length}`,
    );
  }
  let request: x509.Pkcs10CertificateRequest;
  let spki: ArrayBuffer;
  try {
    request = new x509.Pkcs10CertificateRequest(new Uint8Array(der));
    if (request.rawData.byteLength !== der.length || derLength(der) !== der.length) {
      throw new Error('trailing bytes');
    }
    // Read at first use, which throws what the parser throws.
    spki = request.publicKey.rawData;
  } catch (cause) {
    throw new IsthmusError('CSR_MALFORMED', 'this is no PKCS#10 request in DER; make a new one', {
      cause,
    });
  }
  assertStrong(spki);
  assertModest(request);
  const isSigned = await request.verify().catch(() => false);
  if (!isSigned) {
    throw new IsthmusError(
      'CSR_SIGNATURE',
      'the CSR is not signed with its own key; make a new one',
    );
  }
  return request.publicKey;
}

/** Total length that the outermost DER element claims. */
function derLength(der: Uint8Array): number {
  const first = der[1] ?? 0;
  if (first < 0x80) return 2 + first;
  const count = first & 0x7f;
  let length = 0;
  for (let index = 0; index < count; index += 1) length = length * 256 + (der[2 + index] ?? 0);
  return 2 + count + length;
}

function assertStrong(spki: ArrayBuffer): void {
  let detail = 'of an unknown kind';
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    const { namedCurve, modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {};
    if (
      key.asymmetricKeyType === 'ec' &&
      (namedCurve === 'prime256v1' || namedCurve === 'secp384r1')
    )
      return;
    if (
      key.asymmetricKeyType === 'rsa' &&
      modulusLength !== undefined &&
      modulusLength >= 2048 &&
      modulusLength <= 8192 &&
      publicExponent !== undefined &&
      publicExponent >= 65_537n
    )
      return;
    detail = [key.asymmetricKeyType, namedCurve ?? modulusLength, publicExponent]
      .filter((part) => part !== undefined)
      .join(' ');
  } catch {
    // The message below says it.
  }
  throw new IsthmusError(
    'CSR_WEAK_KEY',
    `use a P-256 or P-384 key, or RSA from 2048 bits with the exponent 65537; this is ${detail}`,
  );
}

function assertModest(request: x509.Pkcs10CertificateRequest): void {
  const forbidden = (what: string): IsthmusError =>
    new IsthmusError(
      'CSR_FORBIDDEN_EXTENSION',
      `the CSR asks for ${what}; leave its extensions out`,
    );
  let isAuthority: boolean;
  let uris: number;
  try {
    // Of every request for extensions there is, and of every extension that is there twice.
    const extensions = request.attributes.flatMap((attribute) =>
      attribute instanceof x509.ExtensionsAttribute ? attribute.items : [],
    );
    isAuthority = extensions.some(
      (each) => each instanceof x509.BasicConstraintsExtension && each.ca,
    );
    uris = extensions
      .flatMap((each) =>
        each instanceof x509.SubjectAlternativeNameExtension ? each.names.items : [],
      )
      .filter(({ type }) => type === 'url').length;
  } catch (cause) {
    throw new IsthmusError('CSR_MALFORMED', 'an extension of the CSR cannot be read', { cause });
  }
  if (isAuthority) throw forbidden('authority to sign (CA:true)');
  if (uris > 1) throw forbidden('more than one URI identity');
}
