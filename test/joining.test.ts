import { eventually } from '@isthmus/local';
import { expect, it } from 'vitest';
import { startTestWorld } from './world.js';

it('a cluster joins step by step, and needs Istio’s definitions alone for it', async () => {
  const world = await startTestWorld();
  try {
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
  } finally {
    await world.stop();
  }
}, 180_000);
