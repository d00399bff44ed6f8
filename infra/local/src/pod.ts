import { mkdir } from 'node:fs/promises';
import type { KubeCluster } from '@isthmus/clusters';
import { freePort } from '@isthmus/platform';
import { environmentOf, type Pod } from './pod-environment.js';
import { Service } from './service.js';

const namespace = 'isthmus-system';

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
  const args = ['-n', namespace, 'get', 'deployment', 'isthmus-agent', '-o', 'json'];
  const { spec } = JSON.parse(await cluster.kubectl(args)) as {
    spec: { template: Pick<Pod, 'spec'> };
  };
  // The same after each restart, whatever Pods the cluster makes of the Deployment.
  const pod: Pod = { metadata: { name: 'isthmus-agent-0', namespace }, spec: spec.template.spec };
  await mkdir(folder, { recursive: true });
  const environment = await environmentOf(cluster, pod, folder);
  const healthPort = await freePort();
  return new Service({
    name: `agent-${cluster.name}`,
    app: 'apps/agent',
    folder,
    healthPort,
    environment: { ...environment, ISTHMUS_HEALTH_PORT: String(healthPort), ...overrides },
  });
}
