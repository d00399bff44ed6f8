import type { Kube } from '../kube/client.js';
import { Core, type Secret } from '../kube/kinds.js';
import { Marks } from '../kube/ownership.js';

/**
 * One Secret of the agent's own namespace. It is not marked as made for an intent: nothing ever
 * prunes it.
 */
export class SecretStore {
  constructor(
    private readonly kube: Kube,
    readonly namespace: string,
    readonly name: string,
  ) {}

  /** Its texts by key; empty where there is no such Secret. @throws KubeError */
  async read(): Promise<Record<string, string>> {
    const secret = await this.kube.get<Secret>(Core.Secret, this);
    return mapValues(secret?.data ?? {}, (value) => Buffer.from(value, 'base64').toString());
  }

  /** Replaces all that is in it. @throws KubeError */
  async write(texts: Readonly<Record<string, string>>): Promise<void> {
    const secret: Secret = {
      metadata: {
        name: this.name,
        namespace: this.namespace,
        labels: { [Marks.managedBy]: 'isthmus' },
      },
      type: 'Opaque',
      data: mapValues(texts, (value) => Buffer.from(value).toString('base64')),
    };
    await this.kube.apply(Core.Secret, secret);
  }
}

function mapValues(
  record: Readonly<Record<string, string>>,
  map: (value: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
