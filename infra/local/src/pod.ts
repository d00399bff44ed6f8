import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KubeCluster } from '@isthmus/clusters';
import { freePort } from '@isthmus/platform';
import { Service } from './service.js';

interface EnvironmentVariable {
  name: string;
  value?: string;
  valueFrom?: {
    fieldRef?: { fieldPath: string };
    secretKeyRef?: { name: string; key: string; optional?: boolean };
    configMapKeyRef?: { name: string; key: string; optional?: boolean };
  };
}

interface Volume {
  name: string;
  secret?: { secretName: string; optional?: boolean };
  configMap?: { name: string; optional?: boolean };
}

interface Deployment {
  metadata: { name: string; namespace: string };
  spec: {
    template: {
      spec: {
        serviceAccountName: string;
        containers: {
          env?: EnvironmentVariable[];
          volumeMounts?: { name: string; mountPath: string }[];
        }[];
        volumes?: Volume[];
      };
    };
  };
}

/**
 * Stands in for the kubelet, which is not here: runs the agent that the chart installed as
 * a process, with just what its Deployment gives it (its environment, its Secrets as files,
 * and its ServiceAccount's token, so that what it may do is what the chart's roles allow).
 *
 * @param folder of the pod's volumes; the data volume stays there over restarts.
 */
export async function runAgentPod(
  cluster: KubeCluster,
  folder: string,
  overrides: Record<string, string> = {},
): Promise<Service> {
  const read = async <T>(...args: string[]): Promise<T> =>
    JSON.parse(await cluster.kubectl([...args, '-o', 'json'])) as T;
  const namespace = 'isthmus-system';
  const { spec } = (await read<Deployment>('-n', namespace, 'get', 'deployment', 'isthmus-agent'))
    .spec.template;
  const [container] = spec.containers;
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  const mounts = container?.volumeMounts ?? [];
  for (const mount of mounts) {
    const path = join(folder, mount.mountPath);
    await mkdir(path, { recursive: true });
    const volume = volumes.get(mount.name);
    const [kind, name] = volume?.secret
      ? ['secret', volume.secret.secretName]
      : ['configmap', volume?.configMap?.name];
    if (!name) continue;
    const { data = {} } = await read<{ data?: Record<string, string> }>(
      '-n',
      namespace,
      'get',
      kind,
      name,
    );
    for (const [key, value] of Object.entries(data)) {
      const content = kind === 'secret' ? Buffer.from(value, 'base64') : value;
      await writeFile(join(path, key), content, { mode: 0o600 });
    }
  }

  const environment: Record<string, string> = {};
  for (const variable of container?.env ?? []) {
    const value = await resolve(variable, namespace, read);
    if (value === undefined) continue;
    const isMounted = mounts.some(
      ({ mountPath }) => value === mountPath || value.startsWith(`${mountPath}/`),
    );
    environment[variable.name] = isMounted ? join(folder, value) : value;
  }
  const healthPort = await freePort();
  const token = await cluster.kubectl([
    '-n',
    namespace,
    'create',
    'token',
    spec.serviceAccountName,
    '--duration',
    '24h',
  ]);
  const kubeconfig = join(folder, 'kubeconfig');
  await mkdir(dirname(kubeconfig), { recursive: true });
  await writeFile(kubeconfig, serviceAccountKubeconfig(cluster, token.trim()), { mode: 0o600 });
  return new Service({
    name: `agent-${cluster.name}`,
    app: 'apps/agent',
    folder,
    healthPort,
    environment: {
      ...environment,
      ISTHMUS_KUBECONFIG: kubeconfig,
      ISTHMUS_HEALTH_PORT: String(healthPort),
      ...overrides,
    },
  });
}

async function resolve(
  { value, valueFrom }: EnvironmentVariable,
  namespace: string,
  read: <T>(...args: string[]) => Promise<T>,
): Promise<string | undefined> {
  if (valueFrom?.fieldRef) {
    return valueFrom.fieldRef.fieldPath === 'metadata.namespace' ? namespace : 'isthmus-agent-0';
  }
  const reference = valueFrom?.secretKeyRef ?? valueFrom?.configMapKeyRef;
  if (!reference) return value;
  const kind = valueFrom?.secretKeyRef ? 'secret' : 'configmap';
  const { data = {} } = await read<{ data?: Record<string, string> }>(
    '-n',
    namespace,
    'get',
    kind,
    reference.name,
  );
  const found = data[reference.key];
  return found === undefined || kind === 'configmap'
    ? found
    : Buffer.from(found, 'base64').toString();
}

function serviceAccountKubeconfig(cluster: KubeCluster, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: cluster.name,
        cluster: {
          server: cluster.server,
          'certificate-authority-data': Buffer.from(cluster.caPem).toString('base64'),
        },
      },
    ],
    users: [{ name: 'agent', user: { token } }],
    contexts: [{ name: 'agent', context: { cluster: cluster.name, user: 'agent' } }],
    'current-context': 'agent',
  });
}
