import { describe, expect, it } from 'vitest';
import { type Document, type DocumentOf, parseDocuments } from './document.js';
import {
  planCluster,
  planExportPolicy,
  planHostGrant,
  planMesh,
  planRolloutPolicy,
  planUpgradeSettings,
  planWebhook,
} from './plan.js';
import type { Kind } from './specs.js';

function document<Of extends Kind>(kind: Of, rest: string): DocumentOf<Of> {
  const content = `apiVersion: isthmus.dev/v1\nkind: ${kind}\n${rest}`;
  const [parsed] = parseDocuments([{ path: 'a.yaml', content }]);
  return parsed as Document as DocumentOf<Of>;
}

const unchanged = { outcome: 'unchanged', changes: [] };
const settings = {
  id: 'mesh_1',
  name: 'prod',
  trustDomain: 'cluster.local',
  configuration: {
    driftPolicy: 'REVERT' as const,
    rolloutPolicy: {
      waves: [{ clusterSelector: 'env=canary', percent: null, each: null }],
      gate: { soakSeconds: 60, timeoutSeconds: 600, maxRefusedPercent: 0 },
    },
  },
  upgradeSettings: {
    maxInFlight: 3,
    requireApproval: false,
    agent: null,
    charts: { repository: 'oci://charts', values: '{"pilot":{"cpu":1}}', digests: [] },
    policy: {
      canaryNamespaces: [],
      soakSeconds: 300,
      graceSeconds: 60,
      maxRestarting: 2,
      timeoutSeconds: 1800,
      waves: [],
    },
    windows: [],
    freezes: [],
  },
};

describe('a Mesh', () => {
  const wanted = document('Mesh', 'metadata: { name: prod }\nspec: { driftPolicy: TOLERATE }');

  it('is made, and set up as the same', () => {
    expect(planMesh(wanted, undefined)).toEqual({
      outcome: 'created',
      changes: [
        { mutation: 'createMesh', input: { name: 'prod' } },
        { mutation: 'updateConfigurationSettings', input: { meshId: '', driftPolicy: 'TOLERATE' } },
      ],
    });
  });

  it('is changed where it differs', () => {
    expect(planMesh(wanted, settings)).toMatchObject({
      outcome: 'configured',
      changes: [{ input: { meshId: 'mesh_1', driftPolicy: 'TOLERATE' } }],
    });
    const same = document('Mesh', 'metadata: { name: prod }\nspec: { driftPolicy: REVERT }');
    expect(planMesh(same, settings)).toEqual(unchanged);
  });

  it('keeps its trust domain', () => {
    const other = document('Mesh', 'metadata: { name: prod }\nspec: { trustDomain: td.example }');
    expect(() => planMesh(other, settings)).toThrow('trustDomain is "cluster.local"');
  });
});

describe('a Cluster', () => {
  const wanted = document(
    'Cluster',
    'metadata: { name: berlin, labels: { env: prod } }\nspec: { network: n, locality: eu/a, channel: STABLE }',
  );
  const now = {
    id: 'cluster_1',
    network: 'n',
    locality: 'eu/a',
    cidrs: ['10.0.0.0/8'],
    labels: [{ key: 'env', value: 'prod' }],
    channel: 'STABLE' as const,
  };

  it('is registered', () => {
    expect(planCluster(wanted, 'mesh_1', undefined).changes).toEqual([
      {
        mutation: 'registerCluster',
        input: {
          meshId: 'mesh_1',
          name: 'berlin',
          network: 'n',
          locality: 'eu/a',
          labels: [{ key: 'env', value: 'prod' }],
        },
      },
      { mutation: 'setClusterChannel', input: { clusterId: '', channel: 'STABLE' } },
    ]);
  });

  it('gets other labels and another channel', () => {
    expect(planCluster(wanted, 'mesh_1', now)).toEqual(unchanged);
    const before = { ...now, labels: [], channel: null };
    expect(planCluster(wanted, 'mesh_1', before).changes).toMatchObject([
      {
        mutation: 'updateCluster',
        input: { clusterId: 'cluster_1', labels: [{ key: 'env', value: 'prod' }] },
      },
      { mutation: 'setClusterChannel', input: { clusterId: 'cluster_1', channel: 'STABLE' } },
    ]);
  });

  it('keeps what is not said, and moves where another place is', () => {
    const bare = document(
      'Cluster',
      'metadata: { name: berlin }\nspec: { network: n, locality: eu/a }',
    );
    expect(planCluster(bare, 'mesh_1', now)).toEqual(unchanged);
    const elsewhere = { ...now, network: 'm', locality: 'us' };
    expect(planCluster(bare, 'mesh_1', elsewhere).changes).toEqual([
      {
        mutation: 'updateCluster',
        input: { clusterId: 'cluster_1', network: 'n', locality: 'eu/a' },
      },
    ]);
    const open = document(
      'Cluster',
      'metadata: { name: berlin }\nspec: { network: n, locality: eu/a, cidrs: [] }',
    );
    expect(planCluster(open, 'mesh_1', now).changes).toEqual([
      { mutation: 'updateCluster', input: { clusterId: 'cluster_1', cidrs: [] } },
    ]);
  });
});

describe('an ExportPolicy', () => {
  const wanted = document(
    'ExportPolicy',
    'metadata: { name: shop }\nspec: { namespaceSelector: { matchLabels: { a: b, c: d } } }',
  );
  const nothing = { matchLabels: [], matchExpressions: [] };
  const labels = [
    { key: 'c', value: 'd' },
    { key: 'a', value: 'b' },
  ];
  const now = {
    id: 'policy_1',
    name: 'shop',
    createdAt: '',
    namespaceSelector: { ...nothing, matchLabels: labels },
    serviceSelector: nothing,
  };

  it('is the same in whatever order its labels are', () => {
    expect(planExportPolicy(wanted, 'mesh_1', now)).toEqual(unchanged);
  });

  it('is replaced whole', () => {
    const other = { ...now, serviceSelector: { ...nothing, matchLabels: labels } };
    expect(planExportPolicy(wanted, 'mesh_1', other)).toMatchObject({
      outcome: 'configured',
      changes: [
        { mutation: 'updateExportPolicy', input: { id: 'policy_1', serviceSelector: nothing } },
      ],
    });
  });
});

describe('a HostGrant', () => {
  const wanted = document('HostGrant', 'metadata: { name: payments, namespace: shop }');
  const now = {
    id: 'g',
    namespace: 'shop',
    service: 'payments',
    createdAt: '',
    clusterIds: ['a', 'b'],
  };

  it('is made, replaced, or the same in whatever order its clusters are', () => {
    expect(planHostGrant(wanted, 'mesh_1', [], undefined).outcome).toBe('created');
    expect(planHostGrant(wanted, 'mesh_1', ['b', 'a'], now)).toEqual(unchanged);
    expect(planHostGrant(wanted, 'mesh_1', ['b'], now).outcome).toBe('configured');
  });
});

describe('a RolloutPolicy', () => {
  it('has for what it leaves unsaid what the API takes for it', () => {
    const wanted = document(
      'RolloutPolicy',
      'metadata: { name: prod }\nspec: { waves: [{ clusterSelector: env=canary }] }',
    );
    expect(planRolloutPolicy(wanted, settings)).toEqual(unchanged);
    const patient = structuredClone(settings);
    patient.configuration.rolloutPolicy.gate.soakSeconds = 5;
    expect(planRolloutPolicy(wanted, patient).outcome).toBe('configured');
  });
});

describe('UpgradeSettings', () => {
  const of = (spec: string) =>
    document('UpgradeSettings', `metadata: { name: prod }\nspec: ${spec}`);

  it('leave what they do not say', () => {
    expect(planUpgradeSettings(of('{ maxInFlight: 3 }'), settings)).toEqual(unchanged);
    expect(planUpgradeSettings(of('{ maxInFlight: 4 }'), settings)).toEqual({
      outcome: 'configured',
      changes: [{ mutation: 'updateUpgradeSettings', input: { meshId: 'mesh_1', maxInFlight: 4 } }],
    });
  });

  it('have values as YAML, which are the whole of them', () => {
    const values = (text: string) =>
      planUpgradeSettings(of(`{ charts: { values: ${text} } }`), settings);
    expect(values('{ pilot: { cpu: 1 } }')).toEqual(unchanged);
    expect(values('{ pilot: {} }').changes).toMatchObject([
      { input: { charts: { values: '{"pilot":{}}' } } },
    ]);
  });
});

describe('a Webhook', () => {
  const webhook = (spec: string) =>
    document('Webhook', `metadata: { name: on-call }\nspec: { url: 'https://a.example', ${spec} }`);
  const now = {
    id: 'webhook_1',
    name: 'on-call',
    url: 'https://a.example/',
    types: ['rollout', 'cluster.locked'],
    mesh: { id: 'mesh_1', name: 'prod' },
    disabledAt: null,
    disabledReason: null,
    failingSince: null,
    previousUntil: null,
    createdAt: '',
  };

  it('is made, and silenced at once where it is to be', () => {
    const wanted = webhook('types: [rollout], enabled: false');
    expect(planWebhook(wanted, 'mesh_1', undefined)).toEqual({
      outcome: 'created',
      changes: [
        {
          mutation: 'createWebhook',
          input: {
            name: 'on-call',
            url: 'https://a.example',
            types: ['rollout'],
            meshId: 'mesh_1',
          },
        },
        { mutation: 'updateWebhook', input: { id: '', enabled: false } },
      ],
    });
  });

  it('is the same as the API writes it, and keeps what is not said', () => {
    expect(planWebhook(webhook('types: [cluster.locked, rollout]'), 'mesh_1', now)).toEqual(
      unchanged,
    );
    expect(planWebhook(webhook(''), undefined, now)).toEqual(unchanged);
  });

  it('is told of other events, and enabled again', () => {
    const silent = { ...now, disabledAt: '2026-01-01T00:00:00Z' };
    expect(planWebhook(webhook('types: [], enabled: true'), undefined, silent).changes).toEqual([
      { mutation: 'updateWebhook', input: { id: 'webhook_1', types: [], enabled: true } },
    ]);
  });

  it('stays with its mesh', () => {
    expect(() => planWebhook(webhook(''), 'mesh_2', now)).toThrow('mesh is prod');
  });
});
