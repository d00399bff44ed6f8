import type { Member } from '@isthmus/local';
import { type IstioState, istioState } from './cluster.js';

/** What a cluster has, as far as two ways through the same upgrade leave the same. */
export interface Trace extends Omit<IstioState, 'uids'> {
  /** By istiod: how often its Deployment has rolled out. */
  readonly istiodRollouts: Readonly<Record<string, number>>;
  /** Records of Helm with their status. */
  readonly releases: readonly string[];
  /** `<kind> <namespace>/<name>` of all that does not make up its name. */
  readonly objects: readonly string[];
}

/** Events come and go; of the others each has a new name each time, or is of no upgrade. */
const passing = [
  'events',
  'events.events.k8s.io',
  'pods',
  'replicasets.apps',
  'endpointslices.discovery.k8s.io',
  'ipaddresses.networking.k8s.io',
  'componentstatuses',
  'customresourcedefinitions.apiextensions.k8s.io',
  'apiservices.apiregistration.k8s.io',
];

/** @param since Rollouts are counted from there. */
export async function trace(member: Member, since: IstioState): Promise<Trace> {
  const { kube } = member;
  const { uids: _uids, rollouts, ...state } = await istioState(member);
  const lines = async (args: string[], template: string): Promise<string[]> => {
    const path = `jsonpath={range .items[*]}${template}{"\\n"}{end}`;
    const text = await kube.kubectl(['get', ...args, '--all-namespaces', '-o', path]);
    return text.trim().split('\n').sort();
  };
  const list = await kube.kubectl(['api-resources', '--verbs=list', '-o', 'name']);
  const kinds = list.trim().split('\n');
  const revision = '{.metadata.annotations.deployment\\.kubernetes\\.io/revision}';
  const istiods = await lines(['deployments', '-l', 'app=istiod'], `{.metadata.name} ${revision}`);
  return {
    ...state,
    rollouts: Object.fromEntries(
      Object.entries(rollouts).map(([name, now]) => [name, now - (since.rollouts[name] ?? 0)]),
    ),
    istiodRollouts: Object.fromEntries(
      istiods.map((line) => line.split(' ')).map(([name, times]) => [name, Number(times)]),
    ),
    releases: await lines(
      ['secrets', '-l', 'owner=helm'],
      '{.metadata.name} {.metadata.labels.status}',
    ),
    objects: await lines(
      [kinds.filter((kind) => !passing.includes(kind)).join(',')],
      '{.kind} {.metadata.namespace}/{.metadata.name}',
    ),
  };
}

/** Pods of a namespace, by uid. */
export async function podsOf({ kube }: Member, namespace: string): Promise<string[]> {
  const uids = await kube.kubectl([
    ...['-n', namespace, 'get', 'pods', '-o', 'jsonpath={.items[*].metadata.uid}'],
  ]);
  return uids.split(' ').sort();
}
