import { describe, expect, it } from 'vitest';
import type { MeshPod } from './kinds.js';
import { proxyOf, trimmedPod } from './proxies.js';

const injected = {
  'istio.io/rev': '1-30-2',
  'sidecar.istio.io/status': JSON.stringify({
    initContainers: null,
    containers: ['istio-proxy'],
    revision: '1-30-2',
  }),
};
const proxy = { name: 'istio-proxy', image: 'istio/proxyv2:1.30.2-distroless' };

function pod(
  metadata: Partial<MeshPod['metadata']>,
  spec: MeshPod['spec'] = { containers: [{ name: 'app', image: 'app:7' }, proxy] },
  status: MeshPod['status'] = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
): MeshPod {
  const { name = 'web-0', namespace = 'demo', uid = 'u' } = metadata;
  return { metadata: { ...metadata, name, namespace, uid }, spec, status };
}

/** As the survey sees them: what trimming takes away was of no use. */
const seen = (it: MeshPod) => {
  const whole = proxyOf(it);
  expect(proxyOf(trimmedPod(it))).toEqual(whole);
  return whole;
};

describe('a Pod', () => {
  it('has a sidecar beside its containers', () => {
    expect(seen(pod({ annotations: injected }))).toEqual({
      name: 'web-0',
      namespace: 'demo',
      uid: 'u',
      revision: '1-30-2',
      version: '1.30.2',
      ready: true,
      isGateway: false,
      owner: undefined,
    });
  });

  it('has a sidecar among its init containers', () => {
    const spec = {
      containers: [{ name: 'app', image: 'app:7' }],
      initContainers: [{ name: 'istio-init', image: 'istio/proxyv2:1.1.1' }, proxy],
    };
    expect(seen(pod({ annotations: injected }, spec))).toMatchObject({ version: '1.30.2' });
  });

  it.each([
    ['the status alone', { 'sidecar.istio.io/status': '{"revision":"1-29-1"}' }, '1-29-1'],
    ['the annotation alone', { 'istio.io/rev': '1-29-1' }, '1-29-1'],
    ['an old status', { 'sidecar.istio.io/status': '{"version":"0"}' }, 'default'],
    ['a broken status', { 'sidecar.istio.io/status': '{' }, 'default'],
    [
      'a status that is right, and an annotation of somebody',
      { 'sidecar.istio.io/status': '{"revision":"default"}', 'istio.io/rev': 'prod' },
      'default',
    ],
  ])('says its revision by %s', (_by, annotations, revision) => {
    expect(seen(pod({ annotations }))).toMatchObject({ revision });
  });

  it('has no proxy for the wish alone', () => {
    expect(seen(pod({ labels: { 'istio.io/rev': '1-30-2' } }))).toBeUndefined();
  });

  it.each(['Succeeded', 'Failed'])('that is %s has none any more', (phase) => {
    expect(seen(pod({ annotations: injected }, undefined, { phase }))).toBeUndefined();
  });

  it('that is ending has none any more', () => {
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(seen(pod({ annotations: injected, deletionTimestamp }))).toBeUndefined();
  });

  it.each([
    ['of the Gateway API', { labels: { 'gateway.networking.k8s.io/gateway-name': 'front' } }],
    [
      'by its template',
      { annotations: { ...injected, 'inject.istio.io/templates': 'custom, gateway' } },
    ],
    ['by its label', { labels: { istio: 'eastwestgateway' } }],
  ])('is a gateway %s', (_by, metadata) => {
    const found = seen(pod({ annotations: injected, ...metadata }));
    expect(found).toMatchObject({ isGateway: true });
    expect(found?.gatewayName).toBe(
      (metadata.labels as Record<string, string> | undefined)?.[
        'gateway.networking.k8s.io/gateway-name'
      ],
    );
  });

  it('is no gateway for another label', () => {
    expect(seen(pod({ annotations: injected, labels: { istio: 'pilot' } }))).toMatchObject({
      isGateway: false,
    });
  });

  it.each([
    [
      'a Deployment, by its ReplicaSet',
      { kind: 'ReplicaSet', name: 'web-5d9c' },
      { 'pod-template-hash': '5d9c' },
      { kind: 'Deployment', name: 'web' },
    ],
    [
      'a Rollout of Argo',
      { kind: 'ReplicaSet', name: 'web-5d9c' },
      { 'rollouts-pod-template-hash': '5d9c' },
      { kind: 'Rollout', name: 'web' },
    ],
    [
      'a ReplicaSet by itself',
      { kind: 'ReplicaSet', name: 'web-5d9c' },
      {},
      { kind: 'ReplicaSet', name: 'web-5d9c' },
    ],
    [
      'a StatefulSet',
      { kind: 'StatefulSet', name: 'web' },
      {},
      { kind: 'StatefulSet', name: 'web' },
    ],
  ])('is of %s', (_title, reference, labels, owner) => {
    const ownerReferences = [
      { kind: 'Other', name: 'not-the-controller' },
      { ...reference, controller: true },
    ];
    expect(seen(pod({ annotations: injected, labels, ownerReferences }))?.owner).toEqual(owner);
  });

  it('is nobody’s when its owner does not make it anew', () => {
    const ownerReferences = [{ kind: 'Other', name: 'parent' }];
    expect(seen(pod({ annotations: injected, ownerReferences }))?.owner).toBeUndefined();
  });
});

it('keeps little of a Pod', () => {
  const large = pod(
    {
      annotations: { ...injected, note: 'x'.repeat(10_000) },
      labels: { app: 'web', 'service.istio.io/canonical-name': 'web' },
      managedFields: [{ manager: 'kubelet' }],
    },
    {
      containers: [
        { name: 'app', image: 'app:7' },
        { ...proxy, resources: { requests: { cpu: '1' } } },
      ],
    },
  );
  expect(JSON.stringify(trimmedPod(large)).length).toBeLessThan(400);
});
