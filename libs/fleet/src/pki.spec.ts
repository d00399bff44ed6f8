import 'reflect-metadata';
import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto';
import { IsthmusError } from '@isthmus/kernel';
import * as x509 from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { importPrivateKey, keyHash, newKeyPair, newSerial, publicKeyOfCsr } from './pki.js';

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const ec = (namedCurve: string): KeyPair => generateKeyPairSync('ec', { namedCurve });
const rsa = (modulusLength: number, publicExponent = 65_537): KeyPair =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent });
const honest = ec('P-256');

function element(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const head =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : [0x82, Math.floor(length / 256), length % 256];
  return Buffer.concat([Buffer.of(tag, ...head), body]);
}

const sequence = (...parts: Uint8Array[]) => element(0x30, ...parts);
const oid = (hex: string) => element(0x06, Buffer.from(hex, 'hex'));
const signatureOids = {
  ec: sequence(oid('2a8648ce3d040302')),
  rsa: sequence(oid('2a864886f70d01010b'), Buffer.of(5, 0)),
};
const spkiOf = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });

/** What asks for extensions; a request may have any number. */
function extensionRequest(...extensions: x509.Extension[]): Buffer {
  const items = extensions.map(({ rawData }) => new Uint8Array(rawData));
  return sequence(oid('2a864886f70d01090e'), element(0x31, sequence(...items)));
}

function csrOf(
  { publicKey, privateKey }: KeyPair,
  input: { subject?: string; attributes?: Buffer[]; spki?: Uint8Array; signer?: KeyObject } = {},
): Buffer {
  const { subject = 'CN=agent', attributes = [], spki = spkiOf(publicKey) } = input;
  const tbs = sequence(
    element(0x02, Buffer.of(0)),
    new Uint8Array(new x509.Name(subject).toArrayBuffer()),
    spki,
    element(0xa0, ...attributes),
  );
  const kind = privateKey.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec';
  const signature = sign('sha256', tbs, input.signer ?? privateKey);
  return sequence(tbs, signatureOids[kind], element(0x03, Buffer.of(0), signature));
}

const uri = (...values: string[]) =>
  new x509.SubjectAlternativeNameExtension(values.map((value) => ({ type: 'url', value })));
const authority = (ca: boolean) => new x509.BasicConstraintsExtension(ca);

async function refused(csr: Uint8Array, code: string): Promise<void> {
  await expect(publicKeyOfCsr(csr)).rejects.toMatchObject({ name: 'IsthmusError', code });
}

describe('publicKeyOfCsr', () => {
  it.each([
    ['P-256', honest],
    ['P-384', ec('P-384')],
    ['RSA 2048', rsa(2048)],
  ] as const)('takes the key of a CSR with %s, to the byte', async (_name, pair) => {
    const key = await publicKeyOfCsr(csrOf(pair));
    expect(Buffer.from(key.rawData)).toEqual(spkiOf(pair.publicKey));
    expect(keyHash(key.rawData)).toEqual(
      createHash('sha256').update(spkiOf(pair.publicKey)).digest(),
    );
  });

  it('takes what asks for nothing forbidden', async () => {
    const attributes = [extensionRequest(uri('spiffe://a'), authority(false))];
    await expect(publicKeyOfCsr(csrOf(honest, { attributes }))).resolves.toBeDefined();
  });

  it.each([
    ['RSA 1024', rsa(1024)],
    ['RSA with the exponent 3', rsa(2048, 3)],
    ['P-192', ec('prime192v1')],
    ['secp256k1', ec('secp256k1')],
    ['P-224', ec('secp224r1')],
  ] as const)('refuses %s', async (_name, pair) => {
    await refused(csrOf(pair), 'CSR_WEAK_KEY');
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['garbage', Buffer.from('no CSR at all')],
    ['zeros', Buffer.alloc(300)],
    ['an empty sequence', Buffer.of(0x30, 0)],
    ['an indefinite length', Buffer.of(0x30, 0x80, 0, 0)],
    ['a cut CSR', csrOf(honest).subarray(0, -1)],
    ['half a CSR', csrOf(honest).subarray(0, 60)],
    ['bytes after it', Buffer.concat([csrOf(honest), Buffer.of(0)])],
    ['a second CSR after it', Buffer.concat([csrOf(honest), csrOf(honest)])],
    ['PEM', Buffer.from(new x509.Pkcs10CertificateRequest(csrOf(honest)).toString('pem'))],
    ['hex', Buffer.from(csrOf(honest).toString('hex'))],
    ['a bare key', spkiOf(honest.publicKey)],
    ['a key that is none', csrOf(honest, { spki: sequence(Buffer.of(5, 0)) })],
  ] as const)('refuses %s', async (_name, bytes) => {
    await refused(bytes, 'CSR_MALFORMED');
  });

  it('refuses more than 16 KiB, however well formed', async () => {
    const padding = (length: number) =>
      sequence(oid('2a03'), element(0x31, element(0x04, Buffer.alloc(length))));
    // RSA signatures are all of one length.
    const pair = rsa(2048);
    const padded = (length: number) => csrOf(pair, { attributes: [padding(length)] });
    const overhead = padded(9000).length - 9000;
    const largest = padded(16_384 - overhead);
    expect(largest).toHaveLength(16_384);
    await expect(publicKeyOfCsr(largest)).resolves.toBeDefined();
    await refused(padded(16_385 - overhead), 'CSR_MALFORMED');
    await refused(Buffer.alloc(1_000_000, 0x30), 'CSR_MALFORMED');
  });

  it.each([
    ['two URI identities', [extensionRequest(uri('spiffe://a', 'spiffe://b'))]],
    ['the same identity twice', [extensionRequest(uri('spiffe://a', 'spiffe://a'))]],
    ['two names of one identity each', [extensionRequest(uri('spiffe://a'), uri('spiffe://b'))]],
    [
      'two requests of one identity each',
      [extensionRequest(uri('spiffe://a')), extensionRequest(uri('spiffe://b'))],
    ],
    ['CA:true', [extensionRequest(authority(true))]],
    ['CA:true behind CA:false', [extensionRequest(authority(false), authority(true))]],
    [
      'CA:true in a second request',
      [extensionRequest(uri('spiffe://a')), extensionRequest(authority(true))],
    ],
  ] as const)('refuses %s', async (_name, attributes) => {
    await refused(csrOf(honest, { attributes: [...attributes] }), 'CSR_FORBIDDEN_EXTENSION');
  });

  it('refuses a signature by another key, or over something else', async () => {
    await refused(csrOf(honest, { signer: ec('P-256').privateKey }), 'CSR_SIGNATURE');
    await refused(csrOf(rsa(2048), { signer: rsa(2048).privateKey }), 'CSR_SIGNATURE');
    const altered = csrOf(honest, { subject: 'CN=aaaaa' });
    altered.write('b', altered.indexOf('aaaaa'));
    await refused(altered, 'CSR_SIGNATURE');
  });

  it('answers every altered CSR by a code, and takes none whose signed part is another', async () => {
    const csr = csrOf(honest, { attributes: [extensionRequest(uri('spiffe://a'))] });
    const endOfSigned = csr.lastIndexOf(signatureOids.ec);
    for (let position = 0; position < csr.length; position += 1) {
      for (const mask of [0x01, 0x20, 0x80, 0xff]) {
        const altered = Buffer.from(csr);
        altered.writeUInt8(altered.readUInt8(position) ^ mask, position);
        const outcome = await publicKeyOfCsr(altered).then(
          (key) => Buffer.from(key.rawData),
          (error: unknown) => error,
        );
        const what = `byte ${position} ^ ${mask}`;
        if (outcome instanceof IsthmusError) expect(outcome.code, what).toMatch(/^CSR_/);
        // Another spelling of the same signature is one all the same.
        else
          expect([outcome, position >= endOfSigned], what).toEqual([
            spkiOf(honest.publicKey),
            true,
          ]);
      }
    }
  });
});

describe('keys and serials', () => {
  it('make a key that can be sealed away and come back', async () => {
    const { publicKey, pkcs8 } = await newKeyPair();
    const key = await importPrivateKey(pkcs8);
    const data = Buffer.from('x');
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    const signature = await crypto.subtle.sign(algorithm, key, data);
    expect(await crypto.subtle.verify(algorithm, publicKey, signature, data)).toBe(true);
    expect(key.extractable).toBe(false);
  });

  it('make serials that read back as they were written', async () => {
    const serials = Array.from({ length: 500 }, newSerial);
    expect(new Set(serials).size).toBe(500);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/);
    const keys = await newKeyPair();
    const [serialNumber = ''] = serials;
    const { rawData } = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber,
      name: 'CN=x',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    });
    expect(new X509Certificate(Buffer.from(rawData)).serialNumber.toLowerCase()).toBe(serialNumber);
  });
});
