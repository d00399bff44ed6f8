import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { IsthmusError } from '@isthmus/kernel';

/**
 * Keeps secrets that rest in Postgres. Each is encrypted under a key of its own, and that
 * key under the key-encryption key; both are bound to a context (`meshRoot:<org>:<id>`),
 * so that a row moved elsewhere does not open. A KMS takes this port's place.
 */
export interface Vault {
  seal(secret: Uint8Array, context: string): Promise<Buffer>;
  /** @throws INTERNAL when the context or the key-encryption key is not the one it was sealed with. */
  open(sealed: Uint8Array, context: string): Promise<Buffer>;
}

const algorithm = 'aes-256-gcm';
const formatVersion = 1;
const ivLength = 12;
const tagLength = 16;
const keyLength = 32;
const wrappedLength = ivLength + keyLength + tagLength;

/** A vault whose key-encryption key is in this process's memory, read from file or environment. */
export class LocalVault implements Vault {
  constructor(private readonly keyEncryptionKey: Uint8Array) {
    if (keyEncryptionKey.length !== keyLength) {
      throw new IsthmusError(
        'INVALID_CONFIGURATION',
        `the key-encryption key must be ${keyLength} bytes; make one with: openssl rand -base64 ${keyLength}`,
      );
    }
  }

  async seal(secret: Uint8Array, context: string): Promise<Buffer> {
    const dataKey = randomBytes(keyLength);
    return Buffer.concat([
      Buffer.of(formatVersion),
      encrypt(this.keyEncryptionKey, dataKey, context),
      encrypt(dataKey, secret, context),
    ]);
  }

  async open(sealed: Uint8Array, context: string): Promise<Buffer> {
    try {
      const bytes = Buffer.from(sealed);
      if (bytes[0] !== formatVersion) throw new Error(`format ${bytes[0]}`);
      const dataKey = decrypt(this.keyEncryptionKey, bytes.subarray(1, 1 + wrappedLength), context);
      return decrypt(dataKey, bytes.subarray(1 + wrappedLength), context);
    } catch (cause) {
      throw new IsthmusError(
        'INTERNAL',
        `a sealed secret (${context.split(':')[0]}) does not open; is the key-encryption key the one it was sealed with?`,
        { cause },
      );
    }
  }
}

function encrypt(key: Uint8Array, plain: Uint8Array, context: string): Buffer {
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv(algorithm, key, iv).setAAD(Buffer.from(context));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, bytes: Buffer, context: string): Buffer {
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivLength))
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(bytes.length - tagLength));
  const body = bytes.subarray(ivLength, bytes.length - tagLength);
  return Buffer.concat([decipher.update(body), decipher.final()]);
}
