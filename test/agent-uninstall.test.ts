import { join } from 'node:path';
import {
  type Candidate,
  eventually,
  type KubeletStandIn,
  startKubeletStandIn,
} from '@isthmus/local';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestWorld } from './world.js';

const repository = 'registry.example.com/isthmus/agent';
const namespace = 'isthmus-system';

let world: Awaited<ReturnType<typeof startTestWorld>>;
let candidate: Candidate;
let kubelet: KubeletStandIn;
let id: string;

beforeAll(async () => {
  world = await startTestWorld();
  candidate = await world.raise({
    ...{ name: 'east', network: 'net-east' },
    agentValues: [...[`image.repository=${repository}`, 'image.tag=0.1.0', 'uninstall.mode=clean']],
  });
  const { registerCluster } = await world.api.query<{
    registerCluster: { cluster: { id: string }; helmCommand: string };
  }>(
    `mutation ($input: RegisterClusterInput!) {
       registerCluster(input: $input) { cluster { id } helmCommand } }`,
    { input: { meshId: world.meshId, name: 'east', network: 'net-east', locality: 'eu' } },
  );
  id = registerCluster.cluster.id;
  await candidate.helm(registerCluster.helmCommand);
  kubelet = await startKubeletStandIn(candidate.kube, {
    ...{ namespace, labelSelector: 'app.kubernetes.io/instance=isthmus-agent' },
    folder: join(world.folder, 'east', 'kubelet'),
    images: new Map([[`${repository}:0.1.0`, {}]]),
  });
});
afterAll(async () => {
  await kubelet?.stop();
  await world?.stop();
});

const status = async (): Promise<string> => {
  const query = 'query ($id: ID!) { cluster(id: $id) { status lockReason } }';
  const { cluster } = await world.api.query<{ cluster: { status: string } }>(query, { id });
  return cluster.status;
};

const secrets = async (): Promise<string> =>
  await candidate.kube.kubectl(['get', 'secrets', '-n', namespace, '-o', 'name']);

it('is uninstalled from a cluster when the plane has removed it, and not before', async () => {
  const isConnected = () =>
    eventually('it is connected', async () => expect(await status()).toBe('CONNECTED'), {
      deadlineMs: 90_000,
    });
  await isConnected();
  const label = ['get', 'namespace', 'istio-system', '-o', 'jsonpath={.metadata.labels}'];
  await eventually('the agent has written', async () =>
    expect(await candidate.kube.kubectl(label)).toContain('net-east'),
  );
  const uninstall = () => candidate.kube.helm(['uninstall', 'isthmus-agent', '-n', namespace]);

  await expect(uninstall()).rejects.toThrow('isthmus-agent-clean');
  // The agent works on, and the plane has taken the question for no second one.
  expect(await secrets()).toContain('isthmus-agent-identity');
  await isConnected();

  await world.api.query(
    'mutation ($input: RemoveClusterInput!) { removeCluster(input: $input) { cluster { status } } }',
    { input: { clusterId: id } },
  );
  await uninstall();
  expect(await candidate.kube.kubectl(label)).not.toContain('net-east');
  expect(await secrets()).not.toContain('isthmus-');
  expect(await status()).toBe('REMOVED');
}, 300_000);
