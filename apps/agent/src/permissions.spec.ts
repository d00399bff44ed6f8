import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, Lab } from './testing/lab.js';
import { settingsOf } from './testing/samples.js';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.start();
});
afterAll(async () => await lab.stop());

const user = { name: 'agent', namespace: 'isthmus-system' };
const all = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
const group = 'rbac.authorization.k8s.io';

/** Gives the agent these rights, in place of those it has. */
async function grant(rules: object[]): Promise<void> {
  const metadata = { name: 'agent' };
  await lab.apply(
    { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata, rules },
    {
      apiVersion: `${group}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'agent' },
      subjects: [{ kind: 'ServiceAccount', ...user }],
    },
  );
}

const withoutServices = [
  { apiGroups: [''], resources: ['namespaces', 'secrets', 'pods'], verbs: ['*'] },
  { ...all, apiGroups: ['discovery.k8s.io', 'coordination.k8s.io', 'networking.istio.io'] },
];

it('tells the hub which permission it lacks, and goes on when it has got it', async () => {
  await lab.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: user });
  await grant(withoutServices);
  const token = await lab.cluster.kubectl([
    ...['create', 'token', user.name, '-n', user.namespace],
  ]);
  lab.hub.put('ClusterSettings', 'settings', settingsOf('net-a'));
  const agent = await lab.agent({ kubeconfig: await lab.kubeconfigFor(token.trim()) });
  const blind = await eventually(() => lab.hub.fact('Cluster', 'cluster'));
  expect(blind.kubernetesVersion).toMatch(/^v1\./);
  expect(blind.conditions).toMatchObject([
    { type: 'Permitted', status: 'False', reason: 'Forbidden' },
  ]);
  expect(blind.conditions[0]?.message).toContain('may not list services: ');
  expect(blind.conditions[0]?.message).toContain('system:serviceaccount:isthmus-system:agent');
  expect(await agent.ready()).toContain('permission');
  // Nothing else is known, and nothing else is told.
  expect(lab.hub.fact('SigningRequest', 'signing')).toBeUndefined();

  await grant([all]);
  await eventually(() => lab.hub.fact('Cluster', 'cluster')?.conditions.length === 0, 30_000);
  await eventually(() => lab.hub.fact('SigningRequest', 'signing'));
  await eventually(async () => (await agent.ready()) === 'ok', 30_000);
  expect(lab.hub.withdrawn).toEqual([]);
  await agent.stop();
});
