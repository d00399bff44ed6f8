import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, Lab } from './testing/lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.start();
});
afterAll(async () => await lab.stop());

const leaseTimes = { duration: 2_000, deadline: 1_500, renew: 100, retry: 30 };
const standbyTimes = { patience: 300_000, retry: 50 };
const impatient = { patience: 1_000, retry: 50 };
const second = () => ({ podName: 'isthmus-agent-1', dataDir: `${lab.dir}/data-1` });

/** A ServiceAccount with all rights but those to these resources of the core group. */
async function withoutRightTo(name: string, rules: object[]): Promise<string> {
  const user = { name, namespace: 'isthmus-system' };
  const group = 'rbac.authorization.k8s.io';
  const metadata = { name };
  await lab.apply(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: user },
    { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata, rules },
    {
      apiVersion: `${group}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: group, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', ...user }],
    },
  );
  const token = await lab.cluster.kubectl(['create', 'token', name, '-n', user.namespace]);
  return await lab.kubeconfigFor(token.trim());
}

it('stands by when it has proved itself, opens no stream, and takes over', async () => {
  const { hub } = lab;
  const first = await lab.agent({}, { leaseTimes });
  await eventually(async () => (await first.ready()) === 'ok');
  const { connections } = hub;
  const standby = await lab.agent(second(), { leaseTimes, standbyTimes });
  await eventually(async () => (await standby.ready()) === 'standing by');
  expect(await standby.isReady()).toBe(true);
  expect(await standby.metrics()).toContain('isthmus_agent_lease_held 0');
  expect([hub.connections, hub.renewals]).toEqual([connections, 0]);
  await first.stop();
  await eventually(async () => (await standby.ready()) === 'ok');
  expect(hub.streams).toEqual({ open: 1, most: 1 });
  await standby.stop();
});

it('says what it could not do without, and gives up in those words', async () => {
  const first = await lab.agent({}, { leaseTimes });
  await eventually(async () => (await first.ready()) === 'ok');
  const kubeconfig = await withoutRightTo('no-services', [
    { apiGroups: [''], resources: ['namespaces', 'secrets', 'pods'], verbs: ['*'] },
    { apiGroups: ['coordination.k8s.io', 'discovery.k8s.io'], resources: ['*'], verbs: ['*'] },
    { apiGroups: ['networking.istio.io'], resources: ['*'], verbs: ['*'] },
  ]);
  const options = { leaseTimes, standbyTimes: impatient };
  const standby = await lab.agent({ ...second(), kubeconfig }, options);
  expect(await standby.gaveUp).toContain('may not list services');
  expect(await standby.ready()).toContain('may not list services');
  expect(await standby.isReady()).toBe(false);
  await standby.stop();
  await first.stop();
});

it('stands by where it may not look at Istio by choice', async () => {
  const first = await lab.agent({}, { leaseTimes });
  await eventually(async () => (await first.ready()) === 'ok');
  const all = { resources: ['*'], verbs: ['*'] };
  const kubeconfig = await withoutRightTo('no-pods', [
    { apiGroups: [''], resources: ['namespaces', 'secrets', 'services'], verbs: ['*'] },
    { apiGroups: ['coordination.k8s.io', 'discovery.k8s.io'], ...all },
    { apiGroups: ['networking.istio.io', 'multicluster.x-k8s.io'], ...all },
    { apiGroups: ['gateway.networking.k8s.io'], ...all },
  ]);
  const standby = await lab.agent({ ...second(), kubeconfig }, { leaseTimes, standbyTimes });
  await eventually(async () => (await standby.ready()) === 'standing by');
  await standby.stop();
  await first.stop();
});

it('waits for a hub that is away, and has the Lease all the same when it comes free', async () => {
  const { hub } = lab;
  const first = await lab.agent({}, { leaseTimes });
  await eventually(async () => (await first.ready()) === 'ok');
  hub.stop();
  const options = { leaseTimes, standbyTimes };
  const standby = await lab.agent(second(), options);
  await eventually(async () => (await standby.ready()).includes(`the hub at ${hub.address}`));
  expect(await standby.isReady()).toBe(false);
  await first.stop();
  await eventually(async () => (await standby.metrics()).includes('lease_held 1'));
  await hub.listen();
  await eventually(async () => (await standby.ready()) === 'ok');
  await standby.stop();
});

it('does not give up where nobody renews the Lease: it will have it', async () => {
  const { hub } = lab;
  hub.stop();
  await lab.apply({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'isthmus-agent', namespace: 'isthmus-system' },
    spec: { holderIdentity: 'gone', leaseDurationSeconds: 3 },
  });
  const options = {
    leaseTimes: { ...leaseTimes, duration: 3_000, deadline: 300 },
    standbyTimes: { patience: 900, retry: 50 },
  };
  const standby = await lab.agent(second(), options);
  let hasGivenUp = false;
  void standby.gaveUp.then(() => {
    hasGivenUp = true;
  });
  await eventually(async () => (await standby.metrics()).includes('lease_held 1'));
  expect(hasGivenUp).toBe(false);
  await hub.listen();
  await standby.stop();
});
