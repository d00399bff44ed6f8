import { eventually } from './eventually.js';
import type { World } from './world.js';

/** Who may call whom, and how long anybody waits: in the operator's words. */
const files = [
  {
    path: 'shop/access.yaml',
    content: `apiVersion: isthmus.dev/v1alpha1
kind: AccessPolicy
metadata: {name: payments, namespace: shop}
spec:
  service: payments
  allow:
    - from: [{serviceAccount: shop/inventory}]
`,
  },
  {
    path: 'shop/patience.yaml',
    content: `apiVersion: isthmus.dev/v1alpha1
kind: RetriesAndTimeouts
metadata: {name: payments, namespace: shop}
spec:
  service: payments
  timeout: 2s
`,
  },
];

export interface Configured {
  readonly release: number;
  readonly state: string;
  readonly waves: number;
  /** Clusters in which the API server has every object. */
  readonly clusters: number;
}

/** A release reaches the clusters, one after the other. */
export async function configure({ api, meshId, members }: World): Promise<Configured> {
  const policy = { waves: [{ each: 'CLUSTER' }], gate: { soakSeconds: 0 } };
  const { applyConfiguration } = await api.query<{
    applyConfiguration: { release: { number: number }; rollout: { id: string } };
  }>(
    `mutation ($input: ApplyConfigurationInput!) {
       applyConfiguration(input: $input) { release { number } rollout { id } } }`,
    { input: { meshId, message: 'who may call payments', files, policy } },
  );
  const rollout = await eventually('the rollout ends', async () => {
    const { node } = await api.query<{
      node: { state: string; detail: string | null; waves: object[] };
    }>(`query ($id: ID!) { node(id: $id) { ... on Rollout { state detail waves { index } } } }`, {
      id: applyConfiguration.rollout.id,
    });
    if (['QUEUED', 'RUNNING'].includes(node.state)) throw new Error(node.state);
    return node;
  });
  const objects = ['authorizationpolicy/payments', 'virtualservice/isthmus-payments'];
  const stored = await Promise.all(
    members.map(({ kube }) =>
      kube.kubectl(['-n', 'shop', 'get', ...objects]).then(
        () => true,
        () => false,
      ),
    ),
  );
  return {
    release: applyConfiguration.release.number,
    state: rollout.state,
    waves: rollout.waves.length,
    clusters: stored.filter(Boolean).length,
  };
}
