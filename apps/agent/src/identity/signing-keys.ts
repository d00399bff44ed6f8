import type { SigningRequestFact } from '@isthmus/contracts';
import { certificateRequest, keyIdOf, newKey } from './keys.js';
import type { SecretStore } from './secrets.js';

/** The Secret with the keys of the cluster's certificate authority; in the agent's own namespace. */
export const signingSecretName = 'isthmus-signing-key';

const latestKey = 'latest';
const suffix = '.key';

/**
 * The keys with which this cluster's istiod signs. A new one is pending until its certificate has
 * arrived; the one before it stays until then. Keys leave the Secret only for `cacerts`.
 */
export class SigningKeys {
  private readonly keys = new Map<string, string>();
  private latest = '';

  constructor(private readonly secret: SecretStore) {}

  /** Reads the keys; makes the first one where there is none. @throws KubeError */
  async load(): Promise<void> {
    const texts = await this.secret.read();
    this.keys.clear();
    for (const [name, pem] of Object.entries(texts)) {
      if (name.endsWith(suffix)) this.keys.set(name.slice(0, -suffix.length), pem);
    }
    this.latest = texts[latestKey] ?? '';
    if (!this.keys.has(this.latest)) await this.renew();
  }

  /** PKCS#8 PEM. */
  get(keyId: string): string | undefined {
    return this.keys.get(keyId);
  }

  /** The id of the key for which a certificate is asked. */
  get latestId(): string {
    return this.latest;
  }

  /** The request for the latest key. */
  async request(): Promise<SigningRequestFact> {
    const csr = await certificateRequest(this.keys.get(this.latest) ?? '', 'isthmus-signing');
    return { csr, keyId: this.latest };
  }

  /** Makes a key to come after the present one. @throws KubeError; nothing has changed then */
  async renew(): Promise<void> {
    const key = newKey();
    const keyId = keyIdOf(key);
    const next = new Map([...this.keys, [keyId, key]]);
    await this.store(next, keyId);
    this.keys.set(keyId, key);
    this.latest = keyId;
  }

  /** Forgets all keys but the latest, once its certificate is in use. @throws KubeError */
  async retireOthers(): Promise<void> {
    const key = this.keys.get(this.latest);
    if (this.keys.size <= 1 || key === undefined) return;
    await this.store(new Map([[this.latest, key]]), this.latest);
    this.keys.clear();
    this.keys.set(this.latest, key);
  }

  private async store(keys: ReadonlyMap<string, string>, latest: string): Promise<void> {
    const named = [...keys].map(([keyId, pem]) => [`${keyId}${suffix}`, pem]);
    await this.secret.write({ ...Object.fromEntries(named), [latestKey]: latest });
  }
}
