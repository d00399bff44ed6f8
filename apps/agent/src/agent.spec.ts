import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureTools } from '@isthmus/clusters';
import {
  ExportPolicyIntent,
  ExportStatusIntent,
  ExposureIntent,
  PeerIntent,
  type SigningRequestFact,
  State,
} from '@isthmus/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Observer } from './facts/observer.js';
import { TestAuthority } from './testing/hub.js';
import { eventually, Lab } from './testing/lab.js';
import { echoImport, group, httpPort, peerOf, settingsOf } from './testing/samples.js';

let lab: Lab;
let agent: Awaited<ReturnType<Lab['agent']>>;

const entries = (namespace = 'demo') => lab.list('workloadentries.networking.istio.io', namespace);
const status = (intent: string) => lab.hub.fact('IntentStatus', intent);
const isStored = (intent: string) =>
  eventually(() => status(intent)?.stored === State.STATE_YES && status(intent));

/** `demo/out`, which no cluster can offer. */
const exportExternalName = (externalName: string) =>
  lab.apply(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'out', namespace: 'demo' },
      spec: { type: 'ExternalName', externalName },
    },
    {
      apiVersion: 'multicluster.x-k8s.io/v1beta1',
      kind: 'ServiceExport',
      metadata: { name: 'out', namespace: 'demo' },
    },
  );

beforeAll(async () => {
  lab = await Lab.start();
  agent = await lab.agent();
  lab.hub.put('ClusterSettings', 'settings', settingsOf('net-a'));
  lab.hub.put('Peer', 'net-b', peerOf('net-b'));
  await eventually(async () => (await agent.ready()) === 'ok');
});
afterAll(async () => await lab.stop());

describe('start', () => {
  it("reports the cluster and labels istiod's namespace", async () => {
    const fact = await eventually(() => {
      const found = lab.hub.fact('Cluster', 'cluster');
      return found?.observedNetwork === 'net-a' && found;
    });
    expect(fact).toMatchObject({
      agentVersion: '0.0.0-spec',
      capabilities: ['gateway-api', 'istio-crds', 'mcs-api'],
      conditions: [],
    });
    expect(fact.kubernetesVersion).toMatch(/^v1\./);
    await isStored('ClusterSettings/settings');
  });

  it('reports the versions of istiod, by its Services, one for each revision', async () => {
    const istiod = (name: string, labels: Record<string, string>) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'istio-system', labels },
      spec: { ports: [{ port: 15012 }] },
    });
    const versions = () => lab.hub.fact('Cluster', 'cluster')?.istioVersions.join();
    expect(versions()).toBe('');
    const label = 'app.kubernetes.io/version';
    await lab.apply(
      istiod('istiod', { app: 'istiod', [label]: '1.30.0' }),
      istiod('istiod-canary', { app: 'istiod', [label]: '1.29.1' }),
      istiod('istiod-again', { app: 'istiod', [label]: '1.30.0' }),
      istiod('gateway', { app: 'gateway', [label]: '1.28.0' }),
    );
    await eventually(() => versions() === '1.29.1,1.30.0');
    await lab.cluster.kubectl(['delete', 'services', '-n', 'istio-system', '-l', 'app']);
    await eventually(() => versions() === '');
  });

  it('keeps key and certificate in a Secret', async () => {
    const secret = await lab.get('secret', 'isthmus-system', 'isthmus-agent-identity');
    expect(Object.keys(secret?.data ?? {}).sort()).toEqual([
      'hub-ca.crt',
      'identity.json',
      'tls.crt',
      'tls.key',
      'token-sha256',
    ]);
  });
});

describe('import', () => {
  it('makes Service, entries, clusterset name and ServiceImport', async () => {
    lab.hub.put('Import', 'demo/echo', echoImport());
    const done = await isStored('Import/demo/echo');
    expect(done.objects).toHaveLength(4);
    expect(done).toMatchObject({
      accepted: State.STATE_UNKNOWN,
      live: State.STATE_UNKNOWN,
      corrections: 0,
      reason: '',
    });
    const service = await lab.get('service', 'demo', 'echo');
    expect(service?.spec).toMatchObject({
      selector: { 'isthmus.dev/import': 'echo' },
      ports: [{ port: 80, targetPort: 8080 }],
    });
    expect((await entries()).map(({ spec }) => spec)).toMatchObject([
      { network: 'net-b', weight: 3 },
    ]);
    expect(
      await lab.get('serviceentries.networking.istio.io', 'demo', 'echo-clusterset'),
    ).toBeDefined();
    const imported = await lab.get('serviceimports.multicluster.x-k8s.io', 'demo', 'echo');
    expect(imported?.status).toEqual({ clusters: [{ cluster: 'b' }] });
  });

  it('takes away what it no longer wants of what it created', async () => {
    const ports = [httpPort, { ...httpPort, name: 'more', port: 81 }];
    lab.hub.put('Import', 'demo/shrinks', echoImport({ name: 'shrinks', ports }));
    await isStored('Import/demo/shrinks');
    const before = await lab.get('service', 'demo', 'shrinks');
    expect(before?.spec.ports).toHaveLength(2);
    expect(before?.metadata.managedFields?.map(({ operation }) => operation)).toEqual(['Apply']);
    lab.hub.put('Import', 'demo/shrinks', echoImport({ name: 'shrinks' }));
    await eventually(async () => {
      const spec = (await lab.get('service', 'demo', 'shrinks'))?.spec ?? {};
      return (spec.ports as unknown[]).length === 1 && spec.clusterIP === before?.spec.clusterIP;
    });
    lab.hub.remove('Import', 'demo/shrinks');
    await eventually(async () => (await lab.get('service', 'demo', 'shrinks')) === undefined);
    expect(status('Import/demo/shrinks')).toBeUndefined();
  });

  it('follows weights, and writes nothing when nothing changed', async () => {
    const [before] = await entries();
    lab.hub.put(
      'Import',
      'demo/echo',
      echoImport({
        sources: [
          { clusterId: 'cluster_b', clusterName: 'b', network: 'net-b', groups: [group(5)] },
        ],
      }),
    );
    await eventually(async () => (await entries())[0]?.spec.weight === 5);
    expect((await entries())[0]?.metadata.uid).toBe(before?.metadata.uid);
    const writes = (text: string) => /writes_total (\d+)/.exec(text)?.[1];
    const count = writes(await agent.metrics());
    await sleep(500);
    expect(writes(await agent.metrics())).toBe(count);
  });

  it('puts back an edit, an addition and a deletion, within a second, and names the editor', async () => {
    const [entry] = await entries();
    const name = entry?.metadata.name ?? '';
    const patch = JSON.stringify({ spec: { weight: 99, labels: { evil: 'yes' } } });
    await lab.cluster.kubectl([
      'patch',
      'workloadentry',
      name,
      '-n',
      'demo',
      '--type=merge',
      '--field-manager=intruder',
      '-p',
      patch,
    ]);
    const edited = Date.now();
    await eventually(async () => {
      const spec = (await entries())[0]?.spec;
      return spec?.weight === 5 && !JSON.stringify(spec).includes('evil');
    });
    expect(Date.now() - edited).toBeLessThan(1_500);
    await eventually(() => status('Import/demo/echo')?.corrections === 1);
    expect(status('Import/demo/echo')?.correctedManagers).toEqual(['intruder']);
    await lab.cluster.kubectl(['delete', 'workloadentry', name, '-n', 'demo']);
    await eventually(() => status('Import/demo/echo')?.corrections === 2);
    expect(await entries()).toHaveLength(1);
    expect(await agent.metrics()).toContain('isthmus_agent_corrections_total 2');
  });

  it('leaves the Service to a user who applies theirs', async () => {
    await lab.cluster.kubectl(['apply', '-f', '-'], {
      input: JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'echo', namespace: 'demo' },
        spec: { selector: { app: 'echo' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
      }),
    });
    await eventually(async () => {
      const service = await lab.get('service', 'demo', 'echo');
      return (
        JSON.stringify(service?.spec.selector) === '{"app":"echo"}' &&
        service?.metadata.labels?.['isthmus.dev/intent'] === undefined
      );
    });
    await eventually(async () =>
      JSON.stringify((await entries())[0]?.spec.labels).includes('"app":"echo"'),
    );
    expect((await lab.get('service', 'demo', 'echo'))?.spec.ports).toMatchObject([
      { port: 80, targetPort: 8080 },
    ]);
    await lab.cluster.kubectl(['delete', 'service', 'echo', '-n', 'demo']);
    await eventually(
      async () =>
        (await lab.get('service', 'demo', 'echo'))?.metadata.labels?.['isthmus.dev/intent'] ===
        'Import',
    );
  });

  it('follows other Services of the same Pods, and their imports', async () => {
    const labelled = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'demo' },
      spec: { selector: { app: 'pair' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    });
    await lab.apply(labelled('pair'));
    lab.hub.put('Import', 'demo/pair', echoImport({ name: 'pair' }));
    await isStored('Import/demo/pair');
    await lab.apply(labelled('pair-admin'));
    await eventually(() => status('Import/demo/pair')?.reason === 'SelectorShared');
    await eventually(
      async () => !(await entries()).some(({ metadata }) => metadata.name.startsWith('pair-')),
    );
    lab.hub.put('Import', 'demo/pair-admin', echoImport({ name: 'pair-admin' }));
    await isStored('Import/demo/pair');
    lab.hub.remove('Import', 'demo/pair-admin');
    await eventually(() => status('Import/demo/pair')?.reason === 'SelectorShared');
    await lab.cluster.kubectl(['delete', 'service', 'pair-admin', '-n', 'demo']);
    await isStored('Import/demo/pair');
    lab.hub.remove('Import', 'demo/pair');
    await lab.cluster.kubectl(['delete', 'service', 'pair', '-n', 'demo']);
  });

  it('refuses to take over an object that somebody else made, until it is handed over', async () => {
    await lab.apply({
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata: { name: 'taken-clusterset', namespace: 'demo' },
      spec: { hosts: ['x.example.com'], resolution: 'NONE', ports: [{ number: 80, name: 'http' }] },
    });
    lab.hub.put('Import', 'demo/taken', echoImport({ name: 'taken' }));
    const refused = await eventually(
      () =>
        status('Import/demo/taken')?.stored === State.STATE_REFUSED && status('Import/demo/taken'),
    );
    expect(refused).toMatchObject({ reason: 'NotOurs' });
    expect(refused.message).toContain('isthmus.dev/adopt');
    expect(await lab.get('service', 'demo', 'taken')).toBeDefined();
    expect(
      (await lab.get('serviceentries.networking.istio.io', 'demo', 'taken-clusterset'))?.spec.hosts,
    ).toEqual(['x.example.com']);
    await lab.cluster.kubectl(['delete', 'serviceentry', 'taken-clusterset', '-n', 'demo']);
    await eventually(() => status('Import/demo/taken')?.stored === State.STATE_YES, 20_000);
  });

  it("reports poison in the server's words, once, and writes the rest", async () => {
    lab.hub.put(
      'Import',
      'demo/poison',
      echoImport({
        name: 'poison',
        sources: [
          {
            clusterId: 'cluster_b',
            clusterName: 'b',
            network: 'net-b',
            groups: [group(1, { serviceAccount: 'x'.repeat(300) }), group(2)],
          },
        ],
      }),
    );
    const refused = await eventually(
      () =>
        status('Import/demo/poison')?.stored === State.STATE_REFUSED &&
        status('Import/demo/poison'),
    );
    expect(refused).toMatchObject({ reason: 'Invalid' });
    expect(refused.message).toContain('spec.serviceAccount');
    const refusals = (text: string) => /refusals_total (\d+)/.exec(text)?.[1];
    const count = refusals(await agent.metrics());
    await eventually(async () =>
      (await entries()).some(({ metadata }) => metadata.name.startsWith('poison-net-b')),
    );
    await sleep(1_000);
    expect(refusals(await agent.metrics())).toBe(count);
    lab.hub.put('Import', 'demo/poison', echoImport({ name: 'poison' }));
    await isStored('Import/demo/poison');
  });

  it('waits for the namespace', async () => {
    lab.hub.put('Import', 'later/echo', echoImport({ namespace: 'later' }));
    const waiting = await eventually(() => status('Import/later/echo'));
    expect(waiting).toMatchObject({ stored: State.STATE_PENDING, reason: 'NamespaceNotFound' });
    await lab.cluster.kubectl(['create', 'namespace', 'later']);
    await isStored('Import/later/echo');
    expect(await entries('later')).toHaveLength(1);
  });

  it('deletes what is no longer wanted', async () => {
    for (const name of ['demo/echo', 'demo/taken', 'demo/poison', 'later/echo'])
      lab.hub.remove('Import', name);
    await eventually(
      async () =>
        (await entries()).length === 0 && (await lab.get('service', 'demo', 'echo')) === undefined,
    );
    await eventually(() => status('Import/demo/echo') === undefined);
    expect(await lab.list('serviceimports.multicluster.x-k8s.io', 'demo')).toEqual([]);
  });
});

describe('gateways', () => {
  it('writes the way into a remote network, and reports what is known of it', async () => {
    lab.hub.put(
      'Peer',
      'net-c',
      PeerIntent.fromPartial({
        network: 'net-c',
        addresses: [{ type: 'IPAddress', value: '192.0.2.7', port: 15443 }],
      }),
    );
    const done = await isStored('Peer/net-c');
    expect(done.accepted).toBe(State.STATE_PENDING);
    const gateway = await lab.get(
      'gateways.gateway.networking.k8s.io',
      'istio-system',
      'remote-net-c',
    );
    expect(gateway?.spec).toMatchObject({
      gatewayClassName: 'istio-remote',
      addresses: [{ value: '192.0.2.7' }],
    });
    const conditions = ['Accepted', 'Programmed'].map((type) => ({
      type,
      status: 'True',
      reason: type,
      message: '',
      observedGeneration: 1,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }));
    await lab.cluster.kubectl([
      'patch',
      'gateways.gateway.networking.k8s.io',
      'remote-net-c',
      '-n',
      'istio-system',
      '--subresource=status',
      '--type=merge',
      '--field-manager=istiod',
      '-p',
      JSON.stringify({ status: { conditions } }),
    ]);
    await eventually(() => status('Peer/net-c')?.accepted === State.STATE_YES);
    expect(status('Peer/net-c')?.corrections).toBe(0);
    lab.hub.put(
      'Peer',
      'net-c',
      PeerIntent.fromPartial({
        network: 'net-c',
        addresses: [{ type: 'Hostname', value: 'nowhere.invalid', port: 15443 }],
      }),
    );
    await eventually(() => status('Peer/net-c')?.reason === 'HostnameUnresolved');
  });

  it('reports our own gateway, and exposes through it exactly what is exported', async () => {
    await lab.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'eastwest',
        namespace: 'istio-system',
        labels: { 'topology.istio.io/network': 'net-a' },
      },
      spec: {
        type: 'LoadBalancer',
        selector: { istio: 'eastwestgateway' },
        ports: [{ name: 'tls', port: 15443 }],
        externalIPs: ['192.0.2.9'],
      },
    });
    const fact = await eventually(() => lab.hub.fact('Gateway', 'istio-system/eastwest'));
    expect(fact).toMatchObject({
      network: 'net-a',
      addresses: [{ type: 'IPAddress', value: '192.0.2.9', port: 15443 }],
    });
    lab.hub.put(
      'Exposure',
      'exposure',
      ExposureIntent.fromPartial({ hosts: ['web.demo.svc.cluster.local'] }),
    );
    await isStored('Exposure/exposure');
    const gateway = await lab.get(
      'gateways.networking.istio.io',
      'istio-system',
      'isthmus-exposure-eastwest',
    );
    expect(gateway?.spec.servers).toMatchObject([
      {
        hosts: ['web.demo.svc.cluster.local', 'web.demo.svc.clusterset.local'],
        tls: { mode: 'AUTO_PASSTHROUGH' },
      },
    ]);
    lab.hub.put('Exposure', 'exposure', ExposureIntent.fromPartial({}));
    await eventually(
      async () =>
        (await lab.get(
          'gateways.networking.istio.io',
          'istio-system',
          'isthmus-exposure-eastwest',
        )) === undefined,
    );
  });
});

describe('exports', () => {
  const slice = (endpoints: object[]) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1', namespace: 'demo', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints,
  });

  const refTo = async (name: string) => {
    const pod = await lab.get('pod', 'demo', name);
    return { kind: 'Pod', namespace: 'demo', name, uid: pod?.metadata.uid };
  };

  it('reports what a ServiceExport exports, by account and locality, and writes its status', async () => {
    await lab.apply(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'web', namespace: 'demo' } },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: 'web-0',
          namespace: 'demo',
          labels: { 'security.istio.io/tlsMode': 'istio' },
        },
        spec: { serviceAccountName: 'web', containers: [{ name: 'c', image: 'c' }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace: 'demo' },
        spec: {
          ports: [
            { name: 'http', port: 80, targetPort: 'http' },
            { name: 'dns', port: 53, protocol: 'UDP' },
          ],
        },
      },
      {
        apiVersion: 'multicluster.x-k8s.io/v1beta1',
        kind: 'ServiceExport',
        metadata: { name: 'web', namespace: 'demo' },
      },
    );
    await lab.apply(
      slice([
        { addresses: ['10.1.0.1'], targetRef: await refTo('web-0'), zone: 'east-2' },
        // No Pod, so nobody knows whether it speaks mTLS.
        { addresses: ['10.1.0.2'], conditions: { ready: true } },
        { addresses: ['10.1.0.3'], conditions: { ready: false } },
      ]),
    );
    const fact = await eventually(() => {
      const found = lab.hub.fact('ExportedService', 'demo/web');
      return found?.groups.length === 1 && found;
    });
    expect(fact).toEqual({
      namespace: 'demo',
      name: 'web',
      headless: false,
      exportedBy: 'ServiceExport',
      refusedReason: '',
      refusedMessage: '',
      ports: [{ ...httpPort, targetPortName: 'http' }],
      groups: [{ locality: 'us/east-2', serviceAccount: 'web', ready: 1, addresses: ['10.1.0.1'] }],
    });
    lab.hub.put(
      'ExportStatus',
      'demo/web',
      ExportStatusIntent.fromPartial({
        valid: true,
        conflict: true,
        reason: 'NameTaken',
        message: 'web belongs to another cluster',
      }),
    );
    await isStored('ExportStatus/demo/web');
    const exported = await lab.get('serviceexports.multicluster.x-k8s.io', 'demo', 'web');
    expect(exported?.status?.conditions).toMatchObject([
      { type: 'Valid', status: 'True', observedGeneration: 1 },
      { type: 'Ready', status: 'False', reason: 'NameTaken' },
      { type: 'Conflict', status: 'True', reason: 'NameTaken' },
    ]);
    await lab.apply(slice([]));
    await eventually(() => lab.hub.fact('ExportedService', 'demo/web')?.groups.length === 0, 1_000);
    await lab.cluster.kubectl(['delete', 'serviceexport', 'web', '-n', 'demo']);
    await eventually(() => lab.hub.fact('ExportedService', 'demo/web') === undefined);
  });

  it('exports by policy, and nothing of the machinery or of its own', async () => {
    lab.hub.put('Import', 'demo/imported', echoImport({ name: 'imported' }));
    await isStored('Import/demo/imported');
    lab.hub.put(
      'ExportPolicy',
      'all',
      ExportPolicyIntent.fromPartial({ namespaceSelector: {}, serviceSelector: {} }),
    );
    const fact = await eventually(() => lab.hub.fact('ExportedService', 'demo/web'));
    expect(fact.exportedBy).toBe('all');
    await sleep(200);
    for (const name of ['default/kubernetes', 'istio-system/eastwest', 'demo/imported']) {
      expect(lab.hub.fact('ExportedService', name)).toBeUndefined();
    }
    lab.hub.remove('ExportPolicy', 'all');
    await eventually(() => lab.hub.fact('ExportedService', 'demo/web') === undefined);
    lab.hub.remove('Import', 'demo/imported');
  });

  it('tells the log and /metrics of a fact that the hub refuses', async () => {
    expect(await agent.metrics()).toContain('isthmus_agent_facts_refused_total 0');
    lab.hub.refused.add('demo/out');
    await exportExternalName('example.org');
    await eventually(async () =>
      (await agent.metrics()).includes('isthmus_agent_facts_refused_total 1'),
    );
    lab.hub.refused.clear();
    await lab.cluster.kubectl(['delete', 'serviceexport', 'out', '-n', 'demo']);
  });

  it('withdraws nothing when it starts without what it knew', async () => {
    lab.hub.put(
      'ExportPolicy',
      'all',
      ExportPolicyIntent.fromPartial({ namespaceSelector: {}, serviceSelector: {} }),
    );
    await lab.apply(
      slice([{ addresses: ['10.1.0.1'], targetRef: await refTo('web-0'), zone: 'east-2' }]),
    );
    const before = await eventually(() => {
      const fact = lab.hub.fact('ExportedService', 'demo/web');
      return fact?.groups.length === 1 && fact;
    });
    await agent.stop();
    const withdrawn = lab.hub.withdrawn.length;
    const { connections } = lab.hub;
    // As with an emptyDir, every time its Pod is replaced.
    await rm(join(lab.dir, 'data'), { recursive: true });
    agent = await lab.agent({ joinToken: undefined });
    await eventually(async () => (await agent.ready()) === 'ok');
    await lab.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web-2', namespace: 'demo' },
      spec: { ports: [{ name: 'http', port: 80 }] },
    });
    await eventually(() => lab.hub.fact('ExportedService', 'demo/web-2'));
    expect(lab.hub.connections).toBe(connections + 1);
    expect(
      lab.hub.withdrawn.slice(withdrawn).filter((fact) => fact.startsWith('ExportedService/')),
    ).toEqual([]);
    expect(lab.hub.fact('ExportedService', 'demo/web')).toEqual(before);
    lab.hub.remove('ExportPolicy', 'all');
    await eventually(() => lab.hub.fact('ExportedService', 'demo/web') === undefined);
    await lab.cluster.kubectl(['delete', 'service', 'web-2', '-n', 'demo']);
  });

  it('refuses an ExternalName', async () => {
    await exportExternalName('example.com');
    await eventually(
      () => lab.hub.fact('ExportedService', 'demo/out')?.refusedReason === 'ExternalName',
    );
  });
});

describe('trust', () => {
  let root: TestAuthority;
  const now = Math.floor(Date.now() / 1000);
  const latestRequest = () => eventually(() => lab.hub.fact('SigningRequest', 'signing'));
  const intentFor = async (
    { csr, keyId }: SigningRequestFact,
    life = { notBefore: now, notAfter: now + 3600 },
    by = root,
  ) => ({ keyId, certificate: await by.signRequest(csr, { ca: true }), chain: '', ...life });
  /** Two thirds of it are over. */
  const old = { notBefore: now - 3000, notAfter: now + 600 };
  const nextRequest = (after: SigningRequestFact) =>
    eventually(() => {
      const fact = lab.hub.fact('SigningRequest', 'signing');
      return fact?.keyId !== after.keyId && fact;
    });
  const keysKept = async () =>
    Object.keys((await lab.get('secret', 'isthmus-system', 'isthmus-signing-key'))?.data ?? {})
      .length - 1;

  it('writes cacerts when everything belongs together, and renews the key in time', async () => {
    root = await TestAuthority.make('root');
    const other = await TestAuthority.make('other');
    const request = await latestRequest();
    lab.hub.put('TrustBundle', 'trust', { trustDomain: 'cluster.local', anchors: [root.pem] });
    await eventually(() => status('TrustBundle/trust')?.reason === 'WaitingForCertificate');
    lab.hub.put('SigningCertificate', 'signing', await intentFor(request, undefined, other));
    await eventually(() => status('SigningCertificate/signing')?.reason === 'CertificateInvalid');
    expect(await lab.get('secret', 'istio-system', 'cacerts')).toBeUndefined();
    lab.hub.put('SigningCertificate', 'signing', await intentFor(request));
    await isStored('SigningCertificate/signing');
    await isStored('TrustBundle/trust');
    const secret = await lab.get('secret', 'istio-system', 'cacerts');
    const pem = (key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
    expect(
      new X509Certificate(pem('ca-cert.pem')).checkPrivateKey(createPrivateKey(pem('ca-key.pem'))),
    ).toBe(true);
    expect(pem('root-cert.pem')).toBe(`${root.pem.trim()}\n`);

    lab.hub.put('TrustBundle', 'trust', {
      trustDomain: 'cluster.local',
      anchors: [root.pem, other.pem],
    });
    await eventually(async () => {
      const data =
        (await lab.get('secret', 'istio-system', 'cacerts'))?.data?.['root-cert.pem'] ?? '';
      return Buffer.from(data, 'base64').toString().match(/BEGIN/g)?.length === 2;
    });
    // Two thirds of its life are over: a new key is made, the old one signs until then.
    lab.hub.put('SigningCertificate', 'signing', await intentFor(request, old));
    const next = await nextRequest(request);
    expect((await lab.get('secret', 'istio-system', 'cacerts'))?.data?.['ca-key.pem']).toBe(
      secret?.data?.['ca-key.pem'],
    );
    lab.hub.put('SigningCertificate', 'signing', await intentFor(next));
    await eventually(async () => (await keysKept()) === 1);
  });

  it('leaves a cacerts that somebody else made, until it is handed over', async () => {
    await lab.cluster.kubectl(['delete', 'secret', 'cacerts', '-n', 'istio-system']);
    await eventually(() => lab.get('secret', 'istio-system', 'cacerts'));
    await lab.cluster.kubectl([
      'label',
      'secret',
      'cacerts',
      '-n',
      'istio-system',
      'isthmus.dev/intent-',
    ]);
    await eventually(() => status('SigningCertificate/signing')?.reason === 'NotOurs');
    // The key that still signs is kept, although there is a certificate for the next one.
    const request = await latestRequest();
    lab.hub.put('SigningCertificate', 'signing', await intentFor(request, old));
    const next = await nextRequest(request);
    lab.hub.put('SigningCertificate', 'signing', await intentFor(next));
    await sleep(1_500);
    expect(status('SigningCertificate/signing')?.reason).toBe('NotOurs');
    expect(await keysKept()).toBe(2);
    await lab.cluster.kubectl([
      'annotate',
      'secret',
      'cacerts',
      '-n',
      'istio-system',
      'isthmus.dev/adopt=true',
    ]);
    await isStored('SigningCertificate/signing');
    await eventually(async () => (await keysKept()) === 1);
  });
});

describe('faults', () => {
  it('works from disk without the hub, and resumes by version', async () => {
    lab.hub.put('Import', 'demo/echo', echoImport());
    await isStored('Import/demo/echo');
    const { port } = lab.hub;
    await agent.stop();
    lab.hub.stop();
    await lab.cluster.kubectl(['delete', 'workloadentries', '--all', '-n', 'demo']);
    agent = await lab.agent({ joinToken: undefined });
    await eventually(async () => (await agent.ready()) === 'ok');
    expect(await entries()).toHaveLength(1);
    await agent.stop();
    const folder = join(lab.dir, 'data', 'intents', 'Import');
    await writeFile(join(folder, 'broken.intent'), 'nonsense');
    agent = await lab.agent({ joinToken: undefined });
    await eventually(async () => (await agent.ready()).includes('waiting for the intents'));
    // The broken file makes the set of imports doubtful: not ready before the hub has spoken.
    await eventually(async () => (await agent.ready()).includes('no connection to the hub'));
    expect(await entries()).toHaveLength(1);
    expect((await readdir(folder)).includes('broken.intent')).toBe(false);
    await lab.hub.listen();
    expect(lab.hub.port).toBe(port);
    await eventually(async () => (await agent.ready()) === 'ok');
    expect(await entries()).toHaveLength(1);
    expect(lab.hub.tokens.size).toBe(0);
  });

  it('goes on when the API server comes back', async () => {
    await lab.cluster.kill();
    lab.hub.put(
      'Import',
      'demo/echo',
      echoImport({
        sources: [
          { clusterId: 'cluster_b', clusterName: 'b', network: 'net-b', groups: [group(8)] },
        ],
      }),
    );
    await sleep(500);
    await lab.cluster.restart();
    await eventually(async () => (await entries())[0]?.spec.weight === 8, 30_000);
    await isStored('Import/demo/echo');
  });

  it('leaves what is wanted as it is when its disk is empty', async () => {
    await eventually(async () => (await agent.ready()) === 'ok');
    const [before] = await entries();
    expect(before).toBeDefined();
    await agent.stop();
    agent = await lab.agent({ joinToken: undefined, dataDir: join(lab.dir, 'emptied') });
    await eventually(async () => (await agent.ready()) === 'ok');
    expect((await entries()).map(({ metadata }) => metadata.uid)).toEqual([before?.metadata.uid]);
    expect(await agent.metrics()).toContain('isthmus_agent_deletes_total 0');
  });

  it('deletes what became unwanted while it was away', async () => {
    await agent.stop();
    lab.hub.remove('Import', 'demo/echo');
    // What it had on disk is lost as well, as an emptyDir is with its Pod.
    agent = await lab.agent({ joinToken: undefined, dataDir: join(lab.dir, 'fresh') });
    await eventually(
      async () =>
        (await entries()).length === 0 && (await lab.get('service', 'demo', 'echo')) === undefined,
    );
  });
});

describe('the Lease', () => {
  const held = (text: string) => text.includes('isthmus_agent_lease_held 1');

  it('lets one agent work, and the next one as soon as that one stops', async () => {
    await eventually(async () => (await agent.ready()) === 'ok');
    const { connections } = lab.hub;
    const dataDir = join(lab.dir, 'second');
    const second = await lab.agent({ joinToken: undefined, podName: 'isthmus-agent-1', dataDir });
    await eventually(async () => (await second.ready()).includes('isthmus-agent-0 has it'));
    await sleep(500);
    expect(await second.isAlive()).toBe(true);
    expect(lab.hub.connections).toBe(connections);
    await agent.stop();
    await eventually(async () => (await second.ready()) === 'ok');
    expect(lab.hub.connections).toBe(connections + 1);
    await second.stop();
  });

  it('that is lost ends dialling and writing, until it is had again', async () => {
    lab.hub.put('Import', 'demo/echo', echoImport());
    const leaseTimes = { duration: 3_000, deadline: 2_000, renew: 200, retry: 100 };
    agent = await lab.agent({ joinToken: undefined }, { leaseTimes });
    await eventually(async () => (await agent.ready()) === 'ok' && (await entries()).length === 1);
    const spec = { holderIdentity: 'another', leaseDurationSeconds: 4 };
    const lease = ['patch', 'lease', 'isthmus-agent', '-n', 'isthmus-system', '--type=merge'];
    await lab.cluster.kubectl([...lease, '-p', JSON.stringify({ spec })]);
    await eventually(async () => (await agent.ready()).includes('another has it'), 2_000);
    await eventually(async () => (await agent.metrics()).includes('hub_connected 0'), 2_000);
    expect(held(await agent.metrics())).toBe(false);
    await lab.cluster.kubectl(['delete', 'workloadentries', '--all', '-n', 'demo']);
    await sleep(500);
    expect(await entries()).toEqual([]);
    expect(await agent.isAlive()).toBe(true);
    await eventually(async () => held(await agent.metrics()));
    await eventually(async () => (await entries()).length === 1);
    await eventually(async () => (await agent.ready()) === 'ok');
    await agent.stop();
    const released = await lab.get('lease', 'isthmus-system', 'isthmus-agent');
    expect(released?.spec.holderIdentity).toBeFalsy();
    agent = await lab.agent({ joinToken: undefined });
    await eventually(async () => (await agent.ready()) === 'ok');
    lab.hub.remove('Import', 'demo/echo');
  });
});

describe('identity', () => {
  it('is renewed hot, with the same key, and says what is wrong with a token', async () => {
    await agent.stop();
    await lab.cluster.kubectl([
      'delete',
      'secret',
      'isthmus-agent-identity',
      '-n',
      'isthmus-system',
    ]);
    agent = await lab.agent({ joinToken: 'wrong' });
    await eventually(async () => (await agent.ready()).includes('JOIN_TOKEN_INVALID'));
    expect(await agent.ready()).toContain('console');
    await agent.stop();
    lab.hub.tokens.add('token-2');
    lab.hub.lifeMs = 4_000;
    agent = await lab.agent({ joinToken: 'token-2' });
    await eventually(async () => (await agent.ready()) === 'ok');
    // Ready it is from its disk already.
    await eventually(async () => (await agent.metrics()).includes('hub_connected 1'));
    const { connections } = lab.hub;
    const first = lab.hub.enrolledKeys.at(-1);
    await eventually(() => lab.hub.renewals >= 2);
    expect(lab.hub.enrolledKeys.at(-1)).toBe(first);
    expect(lab.hub.connections).toBe(connections);
  });
});

describe('a start', () => {
  it('that is cut off does not dial, and waits for no hub', async () => {
    await agent.stop();
    lab.hub.lifeMs = 3_600_000;
    const { connections } = lab.hub;
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const start = vi.spyOn(Observer.prototype, 'start').mockImplementationOnce(async () => {
      reached.resolve();
      await gate.promise;
    });
    agent = await lab.agent({ joinToken: undefined, dataDir: join(lab.dir, 'cut-off') });
    await reached.promise;
    const stopping = agent.stop();
    gate.resolve();
    const deadline = sleep(10_000).then(() => Promise.reject(new Error('it hangs')));
    await Promise.race([stopping, deadline]);
    start.mockRestore();
    expect(lab.hub.connections).toBe(connections);
  });

  it('that cannot be gone on from fails the probe, so that there is another one', async () => {
    const file = (text: string) => Buffer.from(text).toString('base64');
    await lab.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'isthmus-signing-key', namespace: 'isthmus-system' },
      data: { latest: file('x'), 'x.key': file('nonsense') },
    });
    agent = await lab.agent({ joinToken: undefined });
    await eventually(async () => !(await agent.isAlive()));
    expect(await agent.ready()).toContain('stopped:');
  });
});

describe('a cluster without CRDs', () => {
  it('says what is missing, and goes on when it has been installed', async () => {
    const bare = await Lab.start({ crds: false });
    try {
      await bare.agent();
      bare.hub.put('ClusterSettings', 'settings', settingsOf('net-a'));
      bare.hub.put('Import', 'demo/echo', echoImport());
      const state = () => bare.hub.fact('IntentStatus', 'Import/demo/echo');
      await eventually(() => state()?.reason === 'KindNotServed');
      expect(bare.hub.fact('Cluster', 'cluster')?.capabilities).toEqual([]);
      const { crds } = await ensureTools({ log: () => undefined });
      await bare.cluster.kubectl(['apply', '--server-side', '-f', crds.istio]);
      await eventually(() => state()?.stored === State.STATE_YES);
      await bare.cluster.kubectl(['apply', '--server-side', '-f', crds.mcs]);
      await eventually(
        () => bare.hub.fact('Cluster', 'cluster')?.capabilities.includes('mcs-api') === true,
      );
      await eventually(() => bare.get('serviceimports.multicluster.x-k8s.io', 'demo', 'echo'));
    } finally {
      await bare.stop();
    }
  });
});
