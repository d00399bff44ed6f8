import { fileURLToPath } from 'node:url';
import type { AdminApi } from './api.js';

const capacity = { cpu: '8', memory: '16Gi', pods: '250' };

/** What is told to kwok: only nodes that say so are its own; leases nobody reads. */
export const kwokFlags = [
  `--config=${fileURLToPath(new URL('../kwok.yaml', import.meta.url))}`,
  '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
  '--node-lease-duration-seconds=0',
] as const;

/**
 * Makes the nodes `node-1` and so on, of 8 CPUs and 16 GiB each; those that are there stay as they are.
 * @throws Error with the server's words.
 */
export async function createNodes(
  api: AdminApi,
  count: number,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    const name = `node-${number}`;
    const { status, body } = await api.send('POST', '/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        annotations: { 'kwok.x-k8s.io/node': 'fake' },
        labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...labels },
      },
      // Addresses of Pods come from here.
      spec: { podCIDR: `10.244.${number}.0/24`, podCIDRs: [`10.244.${number}.0/24`] },
      status: {
        allocatable: capacity,
        capacity,
        addresses: [{ type: 'InternalIP', address: `10.240.0.${number}` }],
      },
    });
    if (status !== 201 && status !== 409) throw new Error(`node ${name}: HTTP ${status} ${body}`);
  }
}

/** Whether kwok has made so many nodes ready. */
export async function areReady(api: AdminApi, count: number): Promise<boolean> {
  const { body } = await api.get('/api/v1/nodes');
  const { items } = JSON.parse(body) as {
    items: { status?: { conditions?: { type: string; status: string }[] } }[];
  };
  const ready = items.filter(({ status }) =>
    status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
  return ready.length >= count;
}
