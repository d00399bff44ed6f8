import { eventually } from '@isthmus/local';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KubeObject, startTestWorld } from './world.js';

let world: Awaited<ReturnType<typeof startTestWorld>>;
beforeAll(async () => {
  world = await startTestWorld();
}, 120_000);
afterAll(() => world?.stop());

it('a cluster joins step by step, and needs Istio’s definitions alone for it', async () => {
  const member = await world.join({
    name: 'cloud',
    network: 'cloud',
    locality: 'eu',
    gateway: '203.0.113.10',
  });
  const joining = await eventually('every step of joining is done', async () => {
    const { cluster } = await world.api.query<{
      cluster: {
        agentCertificateExpiresAt: string;
        joining: {
          done: boolean;
          steps: { name: string; state: string; reason: string | null; message: string }[];
        };
      };
    }>(
      `query ($id: ID!) { cluster(id: $id) { agentCertificateExpiresAt
           joining { done steps { name state reason message } } } }`,
      { id: member.id },
    );
    if (!cluster.joining.done) throw new Error(JSON.stringify(cluster.joining));
    expect(Date.parse(cluster.agentCertificateExpiresAt)).toBeGreaterThan(Date.now());
    return cluster.joining;
  });
  expect(joining.steps.map(({ reason }) => reason)).toEqual(Array(9).fill(null));
  expect(joining.steps.find(({ name }) => name === 'CALLED')?.message).toContain('of version');
}, 180_000);

it('a cluster joins again by another command of its own, and keeps what was set beside', async () => {
  const candidate = await world.raise({ name: 'onprem', network: 'onprem' });
  const { registerCluster } = await world.api.query<{
    registerCluster: { cluster: { id: string }; helmCommand: string };
  }>(
    `mutation ($input: RegisterClusterInput!) {
       registerCluster(input: $input) { cluster { id } helmCommand } }`,
    {
      input: { meshId: world.meshId, name: 'onprem', network: 'onprem', locality: 'eu' },
    },
  );
  const { id } = registerCluster.cluster;
  await candidate.helm(`${registerCluster.helmCommand} --set istio.manage=true`);
  // It voids the token before, with which the agent would be refused.
  const { createJoinToken } = await world.api.query<{ createJoinToken: { helmCommand: string } }>(
    'mutation ($input: CreateJoinTokenInput!) { createJoinToken(input: $input) { helmCommand } }',
    { input: { clusterId: id } },
  );
  await candidate.helm(createJoinToken.helmCommand);
  const agent = await candidate.start();
  await eventually(`it is connected (see ${agent.logFile})`, async () => {
    const { cluster } = await world.api.query<{ cluster: { status: string } }>(
      'query ($id: ID!) { cluster(id: $id) { status } }',
      { id },
    );
    expect(cluster.status).toBe('CONNECTED');
  });
  const deployment = ['-n', 'isthmus-system', 'get', 'deployment', 'isthmus-agent', '-o', 'json'];
  const { spec } = JSON.parse(await candidate.kube.kubectl(deployment)) as KubeObject;
  expect(spec.template.spec.containers[0].env).toContainEqual({
    name: 'ISTHMUS_MANAGE_ISTIO',
    value: 'true',
  });
}, 180_000);
