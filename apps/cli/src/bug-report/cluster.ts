import type { Archive } from './archive.js';
import type { KubeReader, Resource } from './kube.js';

const agentLabel = 'app.kubernetes.io/name=isthmus-agent';
const ourLabel = 'app.kubernetes.io/managed-by=isthmus';
const istiodLabel = 'app=istiod';
const logLines = 5000;
/** Kinds that are asked for at one time. */
const atOnce = 6;

interface Item {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly containers?: readonly { readonly name: string }[] };
  readonly status?: { readonly containerStatuses?: readonly { readonly restartCount: number }[] };
}
interface List {
  readonly items: readonly Item[];
}

/** What a cluster's API server tells of the agent, of what it has written, and of istiod. */
export async function collectCluster(kube: KubeReader, archive: Archive): Promise<void> {
  const folder = `clusters/${kube.context}`;
  const list = async (path: string, label: string): Promise<List> =>
    (await kube.json(`${path}?labelSelector=${encodeURIComponent(label)}&limit=5000`)) as List;
  const keep = async (name: string, about: string, path: string, label: string): Promise<List> => {
    const found = await list(path, label);
    await archive.addData(`${folder}/${name}.json`, about, found);
    return found;
  };
  await archive.part('the version of Kubernetes', async () => {
    const version = await kube.json('/version');
    await archive.addData(`${folder}/version.json`, 'The version of Kubernetes', version);
  });
  await archive.part('the agent', async () => {
    const { items } = await keep(
      'agent-deployments',
      'The Deployment of the agent',
      '/apis/apps/v1/deployments',
      agentLabel,
    );
    if (items.length === 0) archive.leaveOut('the agent', 'no Deployment of it is there');
    const namespaces = new Set(items.map(({ metadata }) => metadata.namespace ?? 'default'));
    for (const namespace of namespaces) await collectEvents(kube, archive, folder, namespace);
  });
  await archive.part('the pods of the agent', async () => {
    const pods = await keep('agent-pods', 'The Pods of the agent', '/api/v1/pods', agentLabel);
    for (const pod of pods.items) await collectLogs(kube, archive, folder, pod);
  });
  await archive.part('istiod', async () => {
    await keep('istiods', 'istiod and its version', '/apis/apps/v1/deployments', istiodLabel);
  });
  await archive.part('the pods of istiod', async () => {
    await keep('istiod-pods', 'The Pods of istiod', '/api/v1/pods', istiodLabel);
  });
  await archive.part('objects of ours', async () => {
    const left = (await kube.resources()).filter(({ name }) => name !== 'events');
    const next = async (): Promise<void> => {
      for (let it = left.pop(); it; it = left.pop()) {
        const resource: Resource = it;
        const title = `${resource.name} of ${resource.root}`;
        await archive.part(title, async () => {
          const found = await list(`${resource.root}/${resource.name}`, ourLabel);
          if (found.items.length === 0) return;
          // Items of a list say their kind nowhere.
          const items = found.items.map((item) => ({ kind: resource.kind, ...item }));
          const file = `${resource.root.replace(/^\/apis?\//, '').replaceAll('/', '_')}_${resource.name}`;
          await archive.addData(`${folder}/ours/${file}.json`, `What we wrote: ${title}`, items);
        });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, next));
  });
}

async function collectEvents(
  kube: KubeReader,
  archive: Archive,
  folder: string,
  namespace: string,
): Promise<void> {
  await archive.part(`events of ${namespace}`, async () => {
    const events = await kube.json(`/api/v1/namespaces/${namespace}/events?limit=2000`);
    const path = `${folder}/events-${namespace}.json`;
    await archive.addData(path, `Events of the namespace ${namespace}`, events);
  });
}

async function collectLogs(
  kube: KubeReader,
  archive: Archive,
  folder: string,
  { metadata: { name, namespace = 'default' }, spec, status }: Item,
): Promise<void> {
  const hasRestarted = status?.containerStatuses?.some(({ restartCount }) => restartCount > 0);
  for (const container of spec?.containers ?? []) {
    for (const isPrevious of hasRestarted ? [false, true] : [false]) {
      const which = isPrevious ? 'previous log' : 'log';
      await archive.part(`${which} of ${namespace}/${name}`, async () => {
        const query = `container=${container.name}&tailLines=${logLines}&previous=${isPrevious}`;
        const text = await kube.text(`/api/v1/namespaces/${namespace}/pods/${name}/log?${query}`);
        const file = `${name}-${container.name}${isPrevious ? '-previous' : ''}.log`;
        await archive.addText(`${folder}/logs/${file}`, `The ${which} of ${name}`, text);
      });
    }
  }
}
