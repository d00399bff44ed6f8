import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureTools, type KubeCluster } from '@isthmus/clusters';
import { loadAllYaml } from '@kubernetes/client-node';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const charts = {
  platform: join(root, 'infra/helm/isthmus'),
  agent: join(root, 'infra/helm/isthmus-agent'),
} as const;

const run = promisify(execFile);

/** Runs the real Helm, without a cluster. @returns its standard output. */
export async function helm(...args: string[]): Promise<string> {
  const tools = await ensureTools({ log: () => undefined });
  return (await run(tools.helm, args)).stdout;
}

/**
 * Has the API server try all objects of a rendered chart. Strict: an unknown field is an error, and so is a Pod that the
 * namespace's security level refuses.
 * @returns how many there are, and how many the server would take.
 */
export async function dryRun(
  cluster: KubeCluster,
  objects: string,
): Promise<{ rendered: number; taken: number }> {
  const said = await cluster.kubectl(
    ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'],
    { input: objects },
  );
  const rendered = loadAllYaml(objects).filter(Boolean).length;
  return { rendered, taken: said.trim().split('\n').length };
}
