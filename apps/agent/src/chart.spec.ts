import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureTools } from '@isthmus/clusters';
import {
  configurationKinds,
  ExportStatusIntent,
  ExposureIntent,
  PeerIntent,
  State,
} from '@isthmus/contracts';
import { loadAllYaml } from '@kubernetes/client-node';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMap, parseDocument } from 'yaml';
import { IstioSurvey } from './istio/survey.js';
import { Kube } from './kube/client.js';
import { Informer } from './kube/informer.js';
import { Core, type Namespace } from './kube/kinds.js';
import { expectGolden } from './testing/golden.js';
import { TestAuthority } from './testing/hub.js';
import { eventually, Lab } from './testing/lab.js';
import { configurationOf, echoImport, releaseOf, settingsOf } from './testing/samples.js';

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
}

interface Role {
  kind: string;
  rules: Rule[];
}

const chart = fileURLToPath(new URL('../../../infra/helm/isthmus-agent', import.meta.url));
/** Charts with the objects of Istio's, without Istio. */
const standIns = fileURLToPath(new URL('../../../infra/local/charts', import.meta.url));
const set = ['--set', 'hub.address=hub.example.com:8443'];
const run = promisify(execFile);
const helm = async (...args: string[]): Promise<string> => {
  const tools = await ensureTools({ log: () => undefined });
  return (await run(tools.helm, args)).stdout;
};

describe('chart', () => {
  it('is in order', async () => {
    expect(await helm('lint', '--strict', chart, ...set)).toContain('0 chart(s) failed');
  });

  it.each([
    ['default', ['--set', 'joinToken=a-token']],
    [
      'everything',
      [
        '--set',
        'existingSecret=my-token,persistence.enabled=true,persistence.storageClass=fast,istioNamespace=mesh',
        '--set',
        `hub.caBundle=${Buffer.from('-----BEGIN CERTIFICATE-----\nAA==\n').toString('base64')}`,
        '--set',
        `image.digest=sha256:${'0'.repeat(64)}`,
        '--set',
        'networkPolicy.apiServer.cidrs={192.0.2.0/24},networkPolicy.hubCidrs={198.51.100.7/32,2001:db8::/64}',
        '--set',
        'runAs.user=null,runAs.group=null,runAs.fsGroup=null,configuration.envoyFilters=false,live.enabled=true',
        '--set',
        'istio.manage=true,networkPolicy.charts.cidrs={203.0.113.0/24}',
      ],
    ],
    [
      'air-gapped',
      [
        '--set',
        'proxy.url=http://proxy.example.com:3128,proxy.existingSecret=proxy,proxy.noProxy={charts.example.com,10.0.0.0/8}',
        '--set',
        'networkPolicy.proxyCidrs={192.0.2.8/32},extraAuthorities.configMap=our-ca,istio.manage=true',
        '--set',
        'extraVolumes[0].name=charts,extraVolumes[0].persistentVolumeClaim.claimName=charts',
        '--set',
        'extraVolumeMounts[0].name=charts,extraVolumeMounts[0].mountPath=/charts,image.pullSecrets[0].name=pull',
        '--set',
        'image.repository=registry.example.com/isthmus/agent',
      ],
    ],
    [
      'clean',
      ['--set', 'uninstall.mode=clean,uninstall.takeAuthority=true,proxy.url=http://p.example:80'],
    ],
    ['self-upgrade', ['--set', 'selfUpgrade.enabled=true,replicas=2,image.repository=r.example/a']],
  ])('renders %s', async (name, values) => {
    expectGolden(
      `chart-${name}.yaml`,
      await helm('template', 'agent', chart, '-n', 'isthmus-system', ...set, ...values),
    );
  });

  it('pulls one image, whatever is asked of it, and knows the way past the proxy', async () => {
    const values =
      'uninstall.mode=clean,istio.manage=true,selfUpgrade.enabled=true,live.enabled=true';
    const all = [...set, '--set', values, '--set', 'image.repository=r.example/a,image.tag=v1'];
    const text = await helm('template', 'agent', chart, ...all);
    const images = [...text.matchAll(/^ *image: (.*)$/gm)].map(([, image]) => image);
    expect(images).toEqual(['r.example/a:v1', 'r.example/a:v1']);

    const ports = async (...more: string[]): Promise<string> => {
      const args = ['--set', 'proxy.url=http://proxy:3128', ...more];
      const name = 'templates/networkpolicy.yaml';
      return await helm('template', 'agent', chart, ...set, ...args, '--show-only', name);
    };
    expect(await ports()).not.toContain('port: 8443');
    expect(await ports()).toContain('port: 3128');
    expect(await ports('--set', 'proxy.noProxy={example.com}')).toContain('port: 8443');
  });

  it('says what every value is for, and knows no other', async () => {
    const path = (file: string): string => join(chart, file);
    const yaml = await readFile(path('values.yaml'), 'utf8');
    const schema = JSON.parse(await readFile(path('values.schema.json'), 'utf8')) as Schema;
    const document = parseDocument(yaml);
    const compare = (value: unknown, { properties, additionalProperties }: Schema, at: string) => {
      if (!isMap(value) || !properties) return;
      expect(additionalProperties, at).toBe(false);
      const given = value.items.map(({ key }) => String(key));
      expect(given.sort(), at).toEqual(
        Object.keys(properties)
          .filter((key) => key !== 'global')
          .sort(),
      );
      for (const { key, value: below } of value.items)
        compare(below, properties[String(key)] ?? {}, `${at}.${key}`);
    };
    compare(document.contents, schema, 'values');
    // A line of comment stands above it, or above a neighbour or parent that it belongs to.
    const rows = yaml.split('\n');
    const bare = rows.filter((row, index) => {
      if (!/^[a-zA-Z]+:/.test(row)) return false;
      const before = rows.slice(0, index).findLast((it) => !/^[a-zA-Z]+:/.test(it)) ?? '';
      const inside = rows[index + 1] ?? '';
      return !before.startsWith('#') && !/^ +#/.test(inside);
    });
    expect(bare).toEqual([]);
  });

  it('grants every kind that a release may hold, and no other, if it grants them', async () => {
    const rules = async (...values: string[]): Promise<string[]> => {
      const text = await helm('template', 'agent', chart, ...set, ...values);
      const role = (loadAllYaml(text) as Role[]).find(({ kind }) => kind === 'ClusterRole');
      return (role?.rules ?? []).map((rule) => JSON.stringify(rule));
    };
    const without = await rules('--set', 'configuration.enabled=false');
    const granted = async (...values: string[]): Promise<string[]> =>
      (await rules(...values))
        .filter((rule) => !without.includes(rule))
        .flatMap((text) => {
          const { apiGroups, resources, verbs } = JSON.parse(text) as Rule;
          expect(verbs).toEqual(['get', 'list', 'watch', 'create', 'patch', 'delete']);
          return resources.map((resource) => `${resource}.${apiGroups.join()}`);
        })
        .sort();
    const all = configurationKinds.map(({ plural, group }) => `${plural}.${group}`).sort();
    expect(await granted()).toEqual(all);
    expect(await granted('--set', 'configuration.envoyFilters=false')).toEqual(
      all.filter((kind) => !kind.startsWith('envoyfilters.')),
    );
  });

  it('lets nobody change Istio who may not see it', async () => {
    const blind = ['--set', 'istio.manage=true,istio.observe=false'];
    await expect(helm('template', 'agent', chart, ...set, ...blind)).rejects.toThrow(
      'needs istio.observe',
    );
  });

  it.each(['selfUpgrade.enabled=true', 'replicas=2'])(
    'takes no %s with a volume',
    async (value) => {
      const values = ['--set', `persistence.enabled=true,${value}`];
      await expect(helm('template', 'agent', chart, ...set, ...values)).rejects.toThrow(
        'persistence.enabled=false',
      );
    },
  );

  it.each([
    ['an address without a port', 'hub.address=hub.example.com'],
    ['a value that it does not know', 'hub.adress=x'],
    ['root', 'runAs.user=0'],
    ['a proxy that gRPC passes by', 'proxy.url=https://proxy.example.com:3128'],
    ['credentials that everybody may read', 'proxy.url=http://me:secret@proxy.example.com:3128'],
    ['a Secret of a proxy that is nowhere', 'proxy.existingSecret=proxy'],
    ['a host that would exempt all', 'proxy.noProxy[0]='],
    ['another end', 'uninstall.mode=purge'],
  ])('refuses %s', async (_title, value) => {
    await expect(helm('template', 'agent', chart, ...set, '--set', value)).rejects.toThrow(
      value.split('.')[0],
    );
  });
});

describe('installed', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start();
    await lab.cluster.helm([
      'install',
      'agent',
      chart,
      '-n',
      'isthmus-system',
      ...set,
      '--set',
      'joinToken=token-1',
    ]);
  });
  afterAll(async () => await lab.stop());

  /** With the rights of the chart's service account. */
  const kubeconfigOf = async (): Promise<string> => {
    const token = await lab.cluster.kubectl([
      'create',
      'token',
      'isthmus-agent',
      '-n',
      'isthmus-system',
    ]);
    return await lab.kubeconfigFor(token.trim());
  };

  it('makes its objects', async () => {
    const deployment = await lab.get('deployment', 'isthmus-system', 'isthmus-agent');
    expect(deployment?.spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
    for (const [kind, name] of [
      ['networkpolicy', 'isthmus-agent'],
      ['poddisruptionbudget', 'isthmus-agent'],
      ['secret', 'isthmus-agent-join-token'],
      ['serviceaccount', 'isthmus-agent'],
    ] as const) {
      expect(await lab.get(kind, 'isthmus-system', name)).toBeDefined();
    }
  });

  /** What `kubectl auth can-i` says to somebody: yes or no. */
  const canI =
    (kubeconfig: string) =>
    async (...args: string[]): Promise<string> => {
      const ask = ['--kubeconfig', kubeconfig, 'auth', 'can-i', ...args];
      return await lab.cluster.kubectl(ask).then(
        () => 'yes',
        // It ends with 1 for no, but what it does not know it answers as well.
        ({ message }: Error) =>
          message.includes('exit code 1') && !message.includes('have a resource type')
            ? 'no'
            : message,
      );
    };

  it('grants what every applier needs, and no Secret beside', async () => {
    const kubeconfig = await kubeconfigOf();
    const can = canI(kubeconfig);
    expect(await can('get', 'secrets', '-n', 'demo')).toBe('no');
    expect(await can('get', 'secret/other', '-n', 'istio-system')).toBe('no');
    expect(await can('create', 'deployments', '-n', 'istio-system')).toBe('no');
    expect(await can('patch', 'namespaces')).toBe('no');

    const { hub } = lab;
    await lab.apply(
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: {
          name: 'eastwest',
          namespace: 'istio-system',
          labels: { 'topology.istio.io/network': 'net-a' },
        },
        spec: {
          selector: { istio: 'eastwestgateway' },
          ports: [{ name: 'tls', port: 15443 }],
          externalIPs: ['192.0.2.9'],
        },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: 'web-0',
          namespace: 'demo',
          labels: { 'security.istio.io/tlsMode': 'istio' },
        },
        spec: { containers: [{ name: 'c', image: 'c' }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace: 'demo' },
        spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }] },
      },
      {
        apiVersion: 'multicluster.x-k8s.io/v1beta1',
        kind: 'ServiceExport',
        metadata: { name: 'web', namespace: 'demo' },
      },
    );
    const pod = await lab.get('pod', 'demo', 'web-0');
    await lab.apply({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'web-1',
        namespace: 'demo',
        labels: { 'kubernetes.io/service-name': 'web' },
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      endpoints: [
        {
          addresses: ['10.1.0.1'],
          targetRef: { kind: 'Pod', namespace: 'demo', name: 'web-0', uid: pod?.metadata.uid },
        },
      ],
    });
    const agent = await lab.agent({ kubeconfig });
    hub.put('ClusterSettings', 'settings', settingsOf('net-a'));
    hub.put('Import', 'demo/echo', echoImport());
    hub.put(
      'Peer',
      'net-b',
      PeerIntent.fromPartial({
        network: 'net-b',
        addresses: [{ type: 'IPAddress', value: '192.0.2.7', port: 15443 }],
      }),
    );
    hub.put(
      'Exposure',
      'exposure',
      ExposureIntent.fromPartial({ hosts: ['web.demo.svc.cluster.local'] }),
    );
    hub.put('ExportStatus', 'demo/web', ExportStatusIntent.fromPartial({ valid: true }));
    const routes = configurationOf('VirtualService', { hosts: ['web'] });
    hub.put('Configuration', routes.name, routes.intent);
    hub.put('Trial', routes.name, { fence: 1, object: routes.intent });
    hub.put('Release', 'release', releaseOf(1, 'revert', [routes]));
    await eventually(async () => (await agent.ready()) === 'ok');
    const root = await TestAuthority.make('root');
    const request = await eventually(() => hub.fact('SigningRequest', 'signing'));
    const now = Math.floor(Date.now() / 1000);
    hub.put('TrustBundle', 'trust', { trustDomain: 'cluster.local', anchors: [root.pem] });
    hub.put('SigningCertificate', 'signing', {
      keyId: request.keyId,
      certificate: await root.signRequest(request.csr, { ca: true }),
      chain: '',
      notBefore: now,
      notAfter: now + 3600,
    });
    const intents = [
      'ClusterSettings/settings',
      'Import/demo/echo',
      'Peer/net-b',
      'Exposure/exposure',
      'ExportStatus/demo/web',
      'TrustBundle/trust',
      'SigningCertificate/signing',
      `Trial/${routes.name}`,
    ];
    for (const intent of intents) {
      await eventually(() => {
        const status = hub.fact('IntentStatus', intent);
        if (status?.stored === State.STATE_YES) return true;
        throw new Error(`${intent}: ${JSON.stringify(status)}`);
      });
    }
    await eventually(() => hub.fact('ExportedService', 'demo/web')?.groups.length === 1);
    await eventually(() => hub.fact('ReleaseStatus', 'release')?.stored === 1);
    // Deleting, correcting and handing over need rights of their own.
    await lab.cluster.kubectl(['delete', 'secret', 'cacerts', '-n', 'istio-system']);
    await eventually(() => lab.get('secret', 'istio-system', 'cacerts'));
    await lab.cluster.kubectl([
      'patch',
      'service',
      'echo',
      '-n',
      'demo',
      '--type=merge',
      '-p',
      '{"spec":{"selector":{"app":"echo"}}}',
    ]);
    await eventually(
      async () =>
        JSON.stringify((await lab.get('service', 'demo', 'echo'))?.spec.selector) ===
        '{"app":"echo"}',
    );
    for (const [type, name] of [
      ['Import', 'demo/echo'],
      ['Peer', 'net-b'],
      ['Exposure', 'exposure'],
      ['Configuration', routes.name],
    ] as const)
      hub.remove(type, name);
    hub.put('Release', 'release', releaseOf(2));
    for (const kind of [
      'workloadentries',
      'serviceentries',
      'serviceimports',
      'virtualservices',
      'gateways.networking.istio.io',
      'gateways.gateway.networking.k8s.io',
    ]) {
      await eventually(
        async () =>
          (await lab.list(kind, kind.startsWith('gateways') ? 'istio-system' : 'demo')).length ===
          0,
      );
    }
    expect(await agent.metrics()).toContain('isthmus_agent_refusals_total 0');
    await agent.stop();
  });

  it('works without the configuration where that is not granted, and says so', async () => {
    const { hub } = lab;
    await lab.cluster.helm([
      'upgrade',
      'agent',
      chart,
      '-n',
      'isthmus-system',
      ...set,
      '--set',
      'joinToken=token-1,configuration.enabled=false,live.enabled=true,istio.observe=false',
    ]);
    const kubeconfig = await kubeconfigOf();
    expect(await canI(kubeconfig)('list', 'pods', '-A')).toBe('no');
    const agent = await lab.agent({ kubeconfig });
    await eventually(async () => (await agent.ready()) === 'ok');
    const routes = configurationOf('VirtualService', { hosts: ['web'] });
    hub.put('Trial', routes.name, { fence: 2, object: routes.intent });
    const status = await eventually(() => {
      const found = hub.fact('IntentStatus', `Trial/${routes.name}`);
      return found?.stored === State.STATE_REFUSED && found;
    });
    expect(status.reason).toBe('KindNotServed');
    hub.put('Import', 'demo/echo', echoImport());
    await eventually(
      () => hub.fact('IntentStatus', 'Import/demo/echo')?.stored === State.STATE_YES,
    );
    await agent.stop();
  });

  it('lets Istio be looked at', async () => {
    await lab.cluster.helm([
      ...['upgrade', 'agent', chart, '-n', 'isthmus-system', ...set],
      ...['--set', 'joinToken=token-1'],
    ]);
    const kube = Kube.load(await kubeconfigOf());
    const { istioNamespace } = lab.config();
    const log = pino({ level: 'silent' });
    const namespaces = new Informer<Namespace>(kube, Core.Namespace, log);
    namespaces.start();
    const survey = new IstioSurvey({ kube, log, istioNamespace, namespaces });
    await survey.start();
    expect(survey.problem).toBeUndefined();
    expect(survey.isRead).toBe(true);
    expect(await survey.readiness('now')).toMatchObject({ request: 'now' });
    await survey.stop();
    await namespaces.stop();
    kube.close();
  });

  it('lets Helm install an istiod and take it away, and nobody become more than that', async () => {
    const upgrade = ['upgrade', 'agent', chart, '-n', 'isthmus-system', ...set];
    await lab.cluster.helm([...upgrade, '--set', 'joinToken=token-1,istio.manage=true']);
    const kubeconfig = await kubeconfigOf();
    const asAgent = async (...args: string[]): Promise<string> =>
      await helm(...args, '-n', 'istio-system', '--kubeconfig', kubeconfig);
    await asAgent('install', 'istio-base', `${standIns}/base`);
    const values = ['--set', 'revision=1-30-2,global.tag=1.30.2,revisionTags={prod}'];
    await asAgent('install', 'istiod-1-30-2', `${standIns}/istiod`, ...values);
    expect(await lab.get('deployment', 'istio-system', 'istiod-1-30-2')).toBeDefined();
    await asAgent('upgrade', 'istiod-1-30-2', `${standIns}/istiod`, ...values);
    await asAgent('uninstall', 'istiod-1-30-2');
    expect(await lab.get('deployment', 'istio-system', 'istiod-1-30-2')).toBeUndefined();

    const can = canI(kubeconfig);
    expect(await can('escalate', 'clusterroles')).toBe('no');
    expect(await can('bind', 'clusterrole/cluster-admin')).toBe('no');
    expect(await can('create', 'secrets', '-n', 'demo')).toBe('no');
    expect(await can('create', 'roles', '-n', 'demo')).toBe('no');
    expect(await can('delete', 'crd/gateways.networking.istio.io')).toBe('no');
    expect(await can('patch', 'crd/somebodys.example.com')).toBe('no');
    expect(await can('patch', 'crd/gateways.networking.istio.io')).toBe('yes');
    expect(await can('patch', 'statefulsets', '-n', 'demo')).toBe('yes');
    const role = ['create', 'clusterrole', 'more', '--verb=impersonate', '--resource=users'];
    await expect(lab.cluster.kubectl(['--kubeconfig', kubeconfig, ...role])).rejects.toThrow(
      'not currently held',
    );
  });
});
