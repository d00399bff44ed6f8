import { ClusterFact, Facts, IntentStatusFact, State } from '@isthmus/contracts';
import { FactStore } from '@isthmus/federation';
import { AgentAuthority, EnrolmentService, JoiningService } from '@isthmus/fleet';
import { createLogger, LocalVault } from '@isthmus/platform';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startTestApi, type TestApi } from '../testing.js';

let api: TestApi;
let headers: Record<string, string>;
let organizationId: string;
let meshId: string;

beforeAll(async () => {
  api = await startTestApi();
  ({ headers, organizationId } = await api.owner());
  const { data } = await api.query(
    'mutation { createMesh(input: { name: "prod" }) { mesh { id } } }',
    {},
    headers,
  );
  meshId = data.createMesh.mesh.id;
});
afterAll(() => api?.close());

async function register(name: string): Promise<{ id: string; secret: string }> {
  const { data } = await api.query(
    `mutation ($input: RegisterClusterInput!) {
       registerCluster(input: $input) { cluster { id } joinToken { secret } } }`,
    { input: { meshId, name, network: 'berlin', locality: 'eu' } },
    headers,
  );
  const { cluster, joinToken } = data.registerCluster;
  return { id: cluster.id, secret: joinToken.secret };
}

async function joiningOf(id: string) {
  const { data } = await api.query(
    `query ($id: ID!) { cluster(id: $id) { agentCertificateExpiresAt
       joining { done steps { name state at reason message remedy } } } }`,
    { id },
    headers,
  );
  return data.cluster;
}

it('says what is waited for, and why an agent was refused', async () => {
  const { id, secret } = await register('fresh');
  const fresh = await joiningOf(id);
  expect(fresh.agentCertificateExpiresAt).toBeNull();
  expect(fresh.joining.done).toBe(false);
  expect(fresh.joining.steps.map(({ state }: { state: string }) => state)).toEqual([
    'DONE',
    'ACTIVE',
    ...Array(7).fill('WAITING'),
  ]);
  expect(fresh.joining.steps[1].message).toContain('hub.example.com:443');

  const { database } = api.test;
  const authority = new AgentAuthority(database, new LocalVault(Buffer.alloc(32)));
  const log = createLogger('spec', 'silent');
  const enrolment = new EnrolmentService(database, authority, { now: () => new Date() }, log);
  const remarks = { version: '9.9.9', clock: Date.now() };
  await expect(enrolment.enrol(secret, new Uint8Array(), remarks)).rejects.toThrow();
  const { joining } = await joiningOf(id);
  expect(joining.steps[1]).toMatchObject({ name: 'CALLED', state: 'DONE' });
  expect(joining.steps[1].message).toContain('9.9.9');
  expect(joining.steps[2]).toMatchObject({ state: 'FAILED', reason: 'CSR_MALFORMED' });
});

it('is done when the agent has told what it has to, with one read for many clusters', async () => {
  const clusters = await Promise.all(['a', 'b', 'c'].map((name) => register(name)));
  const store = new FactStore(api.test.database);
  const notAfter = new Date(Date.now() + 3_600_000);
  for (const { id: clusterId } of clusters) {
    const stored = IntentStatusFact.encode(
      IntentStatusFact.fromPartial({ intentVersion: '1', stored: State.STATE_YES }),
    ).finish();
    const fact = ClusterFact.encode(
      ClusterFact.fromPartial({
        kubernetesVersion: 'v1.36.1',
        agentVersion: '9.9.9',
        observedNetwork: 'berlin',
        capabilities: ['gateway-api', 'istio-crds'],
      }),
    ).finish();
    const who = { organizationId, meshId, clusterId };
    const resource = (name: string, body: Uint8Array) => ({ name, version: '1', body });
    await store.apply(who, Facts.Cluster.name, {
      resources: [resource('cluster', fact)],
      removed: [],
    });
    await store.apply(who, Facts.IntentStatus.name, {
      resources: [
        'ClusterSettings/settings',
        'TrustBundle/trust',
        'SigningCertificate/signing',
      ].map((name) => resource(name, stored)),
      removed: [],
    });
    await api.test.database.withOrganization(organizationId, async (tx) => {
      await tx.agentCertificate.create({
        data: {
          serial: clusterId,
          organizationId,
          clusterId,
          keyHash: new Uint8Array(32),
          notBefore: new Date(),
          notAfter,
        },
      });
      await tx.$executeRaw`
        UPDATE cluster SET active_serial = id, connected_at = now(), last_contact_at = now()
         WHERE id = ${clusterId}`;
      await tx.$executeRaw`UPDATE join_token SET used_at = now() WHERE cluster_id = ${clusterId}`;
    });
  }
  const reads = vi.spyOn(JoiningService.prototype, 'records');
  const { data } = await api.query(
    `query ($id: ID!) { mesh(id: $id) { clusters { edges { node {
       name agentCertificateExpiresAt joining { done } } } } } }`,
    { id: meshId },
    headers,
  );
  expect(reads).toHaveBeenCalledTimes(1);
  reads.mockRestore();
  const nodes = data.mesh.clusters.edges.map(({ node }: { node: object }) => node);
  expect(nodes).toEqual([
    { name: 'fresh', agentCertificateExpiresAt: null, joining: { done: false } },
    ...clusters.map(() => ({
      name: expect.stringMatching(/^[abc]$/),
      agentCertificateExpiresAt: notAfter.toISOString(),
      joining: { done: true },
    })),
  ]);
  const { joining } = await joiningOf(clusters[0]?.id ?? '');
  expect(joining.steps.map(({ reason }: { reason: string | null }) => reason)).toEqual(
    Array(9).fill(null),
  );
  expect(joining.steps[6].message).toContain('unknown');
});
