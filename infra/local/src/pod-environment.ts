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
    /** Always when absent. */
    readonly restartPolicy?: string;
    readonly terminationGracePeriodSeconds?: number;
    readonly containers: readonly Container[];
    readonly volumes?: readonly Volume[];
  };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  /** What the image's entry, node, is given in place of its own. */
  readonly args?: readonly string[];
  readonly env?: readonly Variable[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
  };
}

interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string; readonly optional?: boolean };
  readonly configMap?: { readonly name: string };
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
  const environment: Record<string, string> = {};
  for (const { name, value = '', valueFrom } of container?.env ?? []) {
    const { fieldRef, secretKeyRef: ref } = valueFrom ?? {};
    const secret = ref && (await dataOf(kube, pod, 'secrets', ref.name));
    const text = secret?.get(ref?.key ?? '')?.toString() ?? fields[fieldRef?.fieldPath ?? ''];
    // Of services there is none here, and no variable that names one.
    const said = (text ?? value).replaceAll(
      '$(KUBERNETES_SERVICE_HOST)',
      new URL(kube.server).hostname,
    );
    const isPath = mounts.some(({ mountPath }) => `${said}/`.startsWith(`${mountPath}/`));
    environment[name] = isPath ? join(home, said) : said;
  }
  const path = join(home, 'kubeconfig');
  await writeFile(path, await kubeconfigOf(kube, pod), { mode: 0o600 });
  return { ...environment, ISTHMUS_KUBECONFIG: path };
}

async function fill(
  kube: KubeCluster,
  pod: Pod,
  { secret, configMap, projected }: Volume,
  folder: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = secret
    ? await dataOf(kube, pod, 'secrets', secret.secretName, secret.optional)
    : configMap && (await dataOf(kube, pod, 'configmaps', configMap.name));
  for (const [key, content] of files ?? [])
    await writeFile(join(folder, key), content, { mode: 0o600 });
  for (const { serviceAccountToken: token } of projected?.sources ?? []) {
    if (token) await writeFile(join(folder, token.path), await tokenOf(kube, pod, token.audience));
  }
}

/** What a Secret or a ConfigMap of the Pod's namespace holds. @throws Error where there is none. */
async function dataOf(
  kube: KubeCluster,
  { metadata: { namespace } }: Pod,
  kind: 'secrets' | 'configmaps',
  name: string,
  optional = false,
): Promise<Map<string, Buffer>> {
  const { status, body } = await kube.api.get(`/api/v1/namespaces/${namespace}/${kind}/${name}`);
  if (status === 404 && optional) return new Map();
  if (status !== 200) throw new Error(`${kind} ${name}: ${body}`);
  const { data = {} } = JSON.parse(body) as { data?: Record<string, string> };
  const encoding = kind === 'secrets' ? 'base64' : 'utf8';
  return new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, encoding)]));
}

async function kubeconfigOf(kube: KubeCluster, pod: Pod): Promise<string> {
  const config = new KubeConfig();
  const { name, server, caPem } = kube;
  const user = { name: pod.spec.serviceAccountName, token: await tokenOf(kube, pod) };
  const caData = Buffer.from(caPem).toString('base64');
  config.loadFromClusterAndUser({ name, server, caData, skipTLSVerify: false }, user);
  return config.exportConfig();
}

/** Of the ServiceAccount, for as long as the Pod is there, and an hour at most; a day where there is no such Pod. */
async function tokenOf(kube: KubeCluster, { metadata, spec }: Pod, audience?: string) {
  const { name, namespace, uid } = metadata;
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/${spec.serviceAccountName}`;
  const { status, body } = await kube.api.send('POST', `${account}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      ...(audience && { audiences: [audience] }),
      ...(uid === undefined
        ? { expirationSeconds: 86_400 }
        : { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } }),
    },
  });
  if (status !== 201) throw new Error(`token of ${spec.serviceAccountName}: ${body}`);
  return (JSON.parse(body) as { status: { token: string } }).status.token;
}
