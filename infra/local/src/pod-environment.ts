import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeCluster, Listed } from '@isthmus/clusters';
import { KubeConfig } from '@kubernetes/client-node';

/** Of a Pod what the stand-in for a kubelet looks at. */
export interface Pod extends Listed {
  readonly metadata: Listed['metadata'] & { readonly deletionTimestamp?: string };
  readonly spec: {
    readonly nodeName?: string;
    readonly serviceAccountName: string;
    readonly terminationGracePeriodSeconds?: number;
    readonly containers: readonly Container[];
    readonly volumes?: readonly Volume[];
  };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
  }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string; readonly optional?: boolean };
  readonly projected?: {
    readonly sources: readonly {
      readonly serviceAccountToken?: { readonly audience?: string; readonly path: string };
    }[];
  };
}

/**
 * What a program has to be given to find itself in the first container of a Pod: its variables, with paths of the Pod's
 * volumes, which are made and filled below `home`; and a kubeconfig with the rights of the Pod's ServiceAccount.
 * @throws Error where a Secret is missing, or the Pod is gone.
 */
export async function environmentOf(
  kube: KubeCluster,
  pod: Pod,
  home: string,
): Promise<Record<string, string>> {
  const { metadata, spec } = pod;
  const [container] = spec.containers;
  const mounts = container?.volumeMounts ?? [];
  for (const { name, mountPath } of mounts) {
    const volume = spec.volumes?.find((it) => it.name === name);
    if (volume) await fill(kube, pod, volume, join(home, mountPath));
  }
  const fields: Record<string, string | undefined> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
  };
  const variables = (container?.env ?? []).map(({ name, value = '', valueFrom }) => {
    const text = fields[valueFrom?.fieldRef?.fieldPath ?? ''] ?? value;
    const isPath = mounts.some(({ mountPath }) => `${text}/`.startsWith(`${mountPath}/`));
    return [name, isPath ? join(home, text) : text] as const;
  });
  const path = join(home, 'kubeconfig');
  await writeFile(path, await kubeconfigOf(kube, pod), { mode: 0o600 });
  return { ...Object.fromEntries(variables), ISTHMUS_KUBECONFIG: path };
}

async function fill(
  kube: KubeCluster,
  pod: Pod,
  { secret, projected }: Volume,
  folder: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (secret) {
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/secrets/${secret.secretName}`;
    const { status, body } = await kube.api.get(path);
    if (status !== 200 && !secret.optional) throw new Error(`Secret ${secret.secretName}: ${body}`);
    const { data = {} } = JSON.parse(body) as { data?: Record<string, string> };
    for (const [key, value] of Object.entries(data))
      await writeFile(join(folder, key), Buffer.from(value, 'base64'), { mode: 0o600 });
  }
  for (const { serviceAccountToken: token } of projected?.sources ?? []) {
    if (token) await writeFile(join(folder, token.path), await tokenOf(kube, pod, token.audience));
  }
}

async function kubeconfigOf(kube: KubeCluster, pod: Pod): Promise<string> {
  const config = new KubeConfig();
  const { name, server, caPem } = kube;
  const user = { name: pod.spec.serviceAccountName, token: await tokenOf(kube, pod) };
  const caData = Buffer.from(caPem).toString('base64');
  config.loadFromClusterAndUser({ name, server, caData, skipTLSVerify: false }, user);
  return config.exportConfig();
}

/** Of the ServiceAccount, for as long as the Pod is there, and an hour at most. */
async function tokenOf(kube: KubeCluster, { metadata, spec }: Pod, audience?: string) {
  const { name, namespace, uid } = metadata;
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/${spec.serviceAccountName}`;
  const { status, body } = await kube.api.send('POST', `${account}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      ...(audience && { audiences: [audience] }),
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
    },
  });
  if (status !== 201) throw new Error(`token of ${spec.serviceAccountName}: ${body}`);
  return (JSON.parse(body) as { status: { token: string } }).status.token;
}
