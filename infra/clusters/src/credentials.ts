import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from './cache.js';

/** What the API server is started with, and what its clients say to it. */
export interface Credentials {
  /** Bearer token of a member of system:masters. */
  adminToken: string;
  controllerManagerToken: string;
  tokenFile: string;
  /** PEM; signs and verifies the tokens of service accounts. */
  serviceAccountKey: string;
  serviceAccountPublicKey: string;
}

/** Makes new tokens, and the service accounts' keys where the folder has none yet. */
export async function writeCredentials(folder: string): Promise<Credentials> {
  const adminToken = randomBytes(24).toString('hex');
  const controllerManagerToken = randomBytes(24).toString('hex');
  const tokenFile = join(folder, 'tokens.csv');
  await writePrivate(
    tokenFile,
    `${adminToken},admin,admin,"system:masters"\n${controllerManagerToken},kcm,isthmus:kube-controller-manager,"system:masters"\n`,
  );
  const serviceAccountKey = join(folder, 'service-account.key');
  const serviceAccountPublicKey = join(folder, 'service-account.pub');
  if (!(await exists(serviceAccountPublicKey))) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'sec1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    await writePrivate(serviceAccountKey, privateKey);
    await writeFile(serviceAccountPublicKey, publicKey);
  }
  return {
    adminToken,
    controllerManagerToken,
    tokenFile,
    serviceAccountKey,
    serviceAccountPublicKey,
  };
}

/** Writes a kubeconfig with one cluster, one user and one context, all of the cluster's name. */
export async function writeKubeconfig(
  path: string,
  content: { name: string; server: string; caPem: string; token: string },
): Promise<void> {
  const { name, server, caPem, token } = content;
  const quoted = JSON.stringify(name);
  await writePrivate(
    path,
    `apiVersion: v1
kind: Config
clusters:
- name: ${quoted}
  cluster:
    server: ${server}
    certificate-authority-data: ${Buffer.from(caPem).toString('base64')}
users:
- name: ${quoted}
  user:
    token: ${token}
contexts:
- name: ${quoted}
  context: {cluster: ${quoted}, user: ${quoted}}
current-context: ${quoted}
`,
  );
}

async function writePrivate(path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: 0o600 });
}
