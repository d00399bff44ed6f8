import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureTools, type KubeCluster, startCluster, type Tools } from '@isthmus/clusters';
import { type EmbeddedDatabase, freePort, startEmbeddedDatabase } from '@isthmus/platform';
import { loadAllYaml } from '@kubernetes/client-node';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { charts, dryRun, helm, root } from './chart-trial.js';
import { eventually } from './eventually.js';
import { ApiClient } from './graphql.js';
import { Service } from './service.js';

const chart = charts.platform;

const guide = readFileSync(join(root, 'docs/hosting.md'), 'utf8');

const required = [
  ...['--set', 'publicUrl=https://isthmus.example.com'],
  ...['--set', 'hub.publicAddress=hub.example.com:443'],
  ...['--set', 'agentChart=oci://registry.example.com/charts/isthmus-agent'],
];

const everything = [
  ...required,
  ...['--set', 'secrets.databaseUrl.name=pg-app,secrets.databaseUrl.key=uri'],
  ...['--set', 'secrets.databaseOwnerUrl.name=pg-owner,secrets.databaseOwnerUrl.key=uri'],
  ...['--set', 'secrets.kek.name=vault,secrets.sessionSecret.name=vault'],
  ...['--set', 'redis.enabled=true,secrets.redisUrl.name=redis,extraAuthorities.configMap=our-ca'],
  ...['--set-json', 'istioVersions={"minors":{"1.30":{"patches":[]}}}'],
  ...[
    '--set',
    'image.registry=registry.example.com/mirror,image.tag=0.2.0,image.pullPolicy=Always',
  ],
  ...['--set', 'image.pullSecrets[0].name=pull,logLevel=debug'],
  ...['--set', `api.image.digest=sha256:${'a'.repeat(64)}`],
  ...['--set', 'api.autoscaling.enabled=true,api.autoscaling.memory=80,api.replicas=3'],
  ...[
    '--set',
    'api.ingress.enabled=true,api.ingress.className=nginx,api.ingress.tlsSecret=isthmus-tls',
  ],
  ...['--set-json', 'api.ingress.annotations={"cert-manager.io/cluster-issuer":"letsencrypt"}'],
  ...['--set', 'hub.extraNames={old.example.com,192.0.2.1},hub.service.loadBalancerClass=nlb'],
  ...['--set', 'hub.service.port=8443,hub.service.externalTrafficPolicy=Local'],
  ...['--set', 'hub.service.loadBalancerSourceRanges={198.51.100.0/24}'],
  ...[
    '--set-json',
    'hub.service.annotations={"service.beta.kubernetes.io/aws-load-balancer-type":"nlb"}',
  ],
  ...['--set', 'hub.autoscaling.enabled=true,hub.topologySpread=DoNotSchedule'],
  ...['--set', 'hub.podDisruptionBudget.maxUnavailable=25%'],
  ...[
    '--set',
    'worker.podDisruptionBudget.enabled=false,worker.topologySpread=,worker.drainSeconds=2',
  ],
  ...['--set', 'worker.priorityClassName=high,worker.nodeSelector.pool=plane'],
  ...['--set-json', 'worker.tolerations=[{"key":"plane","operator":"Exists"}]'],
  ...['--set-json', 'worker.extraEnv=[{"name":"NODE_OPTIONS","value":"--max-old-space-size=768"}]'],
  ...['--set-json', 'worker.podAnnotations={"team":"mesh"}', '--set', 'worker.podLabels.team=mesh'],
  ...[
    '--set-json',
    'networkPolicy.postgres={"ports":[6432],"to":[{"ipBlock":{"cidr":"192.0.2.0/24"}}]}',
  ],
  ...[
    '--set-json',
    'networkPolicy.apiFrom=[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"ingress"}}}]',
  ],
  ...['--set', 'runAs.user=null,runAs.group=null,runAs.fsGroup=null'],
];

const route = [
  ...['--set', 'api.httpRoute.enabled=true,api.httpRoute.parentRefs[0].name=public'],
  ...['--set', 'networkPolicy.enabled=false,migrations.enabled=false,hub.service.type=ClusterIP'],
];

const clear = [
  ...['--set', 'secrets.databaseUrl.value=postgresql://a:p4ssword@pg/isthmus'],
  ...['--set', 'secrets.databaseOwnerUrl.value=postgresql://o:p4ssword@pg/isthmus'],
];

interface Container {
  name: string;
  image: string;
  args?: string[];
  /** The API server leaves an empty value out. */
  env: { name: string; value?: string }[];
  ports?: { name: string; containerPort: number }[];
  readinessProbe?: { httpGet: { path: string; port: string } };
}

interface PodSpec {
  containers: [Container];
  volumes?: {
    name: string;
    projected?: { sources: { secret: { name: string; items: { key: string; path: string }[] } }[] };
  }[];
}

interface Thing {
  kind: string;
  metadata: { name: string; labels: Record<string, string>; deletionTimestamp?: string };
  spec: PodSpec & { template?: { spec: PodSpec }; replicas?: number };
  status?: { phase?: string };
  data?: Record<string, string>;
}

let tools: Tools;
beforeAll(async () => {
  tools = await ensureTools({ log: () => undefined });
}, 1_200_000);

const run = promisify(execFile);
const template = async (...values: string[]): Promise<string> =>
  await helm('template', 'isthmus', chart, '--namespace', 'isthmus', ...values);

/** Compares with a file of `infra/local/golden`. `UPDATE_GOLDEN=1` writes it anew. */
function expectGolden(file: string, actual: string): void {
  const path = fileURLToPath(new URL(`../golden/${file}`, import.meta.url));
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
  }
  expect(actual).toBe(readFileSync(path, 'utf8'));
}

describe("the platform's chart", () => {
  it.each([
    ['default', required],
    ['everything', everything],
    ['route', [...required, ...route]],
  ])('is in order, and renders %s', async (name, values) => {
    expect(await helm('lint', '--strict', chart, ...values)).toContain('0 chart(s) failed');
    expectGolden(`isthmus-${name}.yaml`, await template(...values));
  });

  it.each([
    ['a value that it does not know', 'api.replica=3', 'replica'],
    ['a public URL with a path', 'publicUrl=https://example.com/isthmus', 'publicUrl'],
    ['an address of the hub without a port', 'hub.publicAddress=hub.example.com', 'publicAddress'],
    ['no chart for agents', 'agentChart=', 'agentChart'],
    ['a secret that is nowhere', 'secrets.kek.name=', 'kek'],
    ['root', 'runAs.user=0', 'user'],
    ['a digest that is none', 'hub.image.digest=latest', 'digest'],
    ['a budget that lets no node go', 'hub.podDisruptionBudget.maxUnavailable=0', 'maxUnavailable'],
    ['a route without a Gateway', 'api.httpRoute.enabled=true', 'parentRefs'],
    [
      'an autoscaler that goes by nothing',
      'api.autoscaling.enabled=true,api.autoscaling.cpu=null',
      'autoscaling',
    ],
    [
      'more at least than at most',
      'hub.autoscaling.enabled=true,hub.autoscaling.minReplicas=9',
      'minReplicas',
    ],
    [
      'an Ingress and a route',
      'api.ingress.enabled=true,api.httpRoute.enabled=true,api.httpRoute.parentRefs[0].name=a',
      'choose one',
    ],
    ['a lock that is too short', 'worker.jobLockMs=10', 'jobLockMs'],
  ])('refuses %s', async (_title, values, word) => {
    await expect(template(...required, '--set', values)).rejects.toThrow(word);
  });

  it('takes the values of the guide', async () => {
    const blocks = [...guide.matchAll(/```yaml[^\n]*\n([^`]*)```/g)].map(([, text = '']) => text);
    expect(blocks.length).toBeGreaterThan(1);
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-values-'));
    const files = blocks.flatMap((text, index) => {
      const path = join(folder, `${index}.yaml`);
      writeFileSync(path, text);
      return ['--values', path];
    });
    expect(await helm('lint', '--strict', chart, ...files)).toContain('0 chart(s) failed');
    await rm(folder, { recursive: true });
  });

  it.each([
    ['images', 'registry.example.com'],
    ['images of an air gap', 'registry.inside.example.com'],
  ])("is given agents' %s by the guide's words", async (_title, registry) => {
    const script = new RegExp(
      `cp -r infra/helm/isthmus-agent.*\n.*${registry}/isthmus/agent.*\n.*`,
    ).exec(guide)?.[0];
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-agent-chart-'));
    symlinkSync(join(root, 'infra'), join(folder, 'infra'));
    const env = { ...process.env, PATH: `${dirname(tools.helm)}:${process.env.PATH}` };
    await run('sh', ['-euc', script ?? 'false'], { cwd: folder, env });
    const packed = join(folder, 'isthmus-agent-0.1.0.tgz');
    const values = ['--set', 'hub.address=hub.example.com:443'];
    expect(await helm('template', 'agent', packed, ...values)).toContain(
      `image: ${registry}/isthmus/agent:0.1.0`,
    );
    await rm(folder, { recursive: true });
  });

  it('makes a Secret of what is given in clear alone, and keeps the owner apart from the services', async () => {
    const named = loadAllYaml(await template(...required)) as Thing[];
    expect(named.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const text = await template(...required, ...clear);
    expect(text).not.toContain('p4ssword');
    const things = loadAllYaml(text) as Thing[];
    const keys = things.flatMap(({ kind, metadata, data }) =>
      kind === 'Secret' ? [[metadata.name, Object.keys(data ?? {})]] : [],
    );
    expect(Object.fromEntries(keys)).toEqual({
      'isthmus-values': ['DATABASE_URL'],
      'isthmus-migrate': ['DATABASE_OWNER_URL'],
    });
    for (const { kind, metadata, spec } of things) {
      if (!spec?.template) continue;
      const isJob = kind === 'Job';
      const names = spec.template.spec.containers[0].env.map(({ name }) => name);
      expect(names.includes('DATABASE_OWNER_URL_FILE'), metadata.name).toBe(isJob);
      expect(names.includes('DATABASE_URL_FILE'), metadata.name).toBe(!isJob);
    }
  });
});

/** Of the images, by infra/containers/Dockerfile. */
const imageEnv = { NODE_ENV: 'production', NODE_NO_WARNINGS: '1' };

/** Of a Pod, as somebody who starts it has to know. */
interface Program {
  readonly env: Record<string, string>;
  readonly args: string[];
  readonly app: string;
}

describe('on a real API server', () => {
  let folder: string;
  let cluster: KubeCluster;
  let database: EmbeddedDatabase;
  const running: Service[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-charts-'));
    [cluster, database] = await Promise.all([
      startCluster({ name: 'plane', dir: join(folder, 'plane'), tools }),
      startEmbeddedDatabase(join(folder, 'postgres')),
    ]);
    await cluster.kubectl(['create', 'namespace', 'isthmus']);
    await cluster.kubectl([
      ...['label', 'namespace', 'isthmus'],
      'pod-security.kubernetes.io/enforce=restricted',
    ]);
  }, 300_000);

  afterAll(async () => {
    await Promise.all(running.map((service) => service.stop()));
    await Promise.all([cluster?.stop(), database?.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  const list = async (kinds: string, ...args: string[]): Promise<Thing[]> => {
    const text = await cluster.kubectl(['get', kinds, '-n', 'isthmus', '-o', 'json', ...args]);
    return (JSON.parse(text) as { items: Thing[] }).items;
  };

  it.each([
    ['the defaults', required],
    ['everything', everything],
    ['a route and values in clear', [...required, ...route, ...clear]],
  ])('takes every object of %s', async (_title, values) => {
    const { rendered, taken } = await dryRun(cluster, await template(...values));
    expect(taken).toBe(rendered);
  });

  /** What a kubelet would start, with the Pod's secrets as files below a folder of this test's. */
  const programOf = async (pod: Thing): Promise<Program> => {
    const [container] = pod.spec.containers;
    const home = join(folder, pod.metadata.name);
    mkdirSync(home, { recursive: true });
    const sources = (pod.spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
    for (const { secret } of sources) {
      const text = await cluster.kubectl([
        'get',
        'secret',
        secret.name,
        '-n',
        'isthmus',
        '-o',
        'json',
      ]);
      const { data = {} } = JSON.parse(text) as Thing;
      for (const { key, path } of secret.items)
        writeFileSync(join(home, path), Buffer.from(data[key] ?? '', 'base64'));
    }
    const env = container.env.map(({ name, value = '' }) => [
      name,
      value.replace('/var/run/isthmus/', `${home}/`),
    ]);
    const app = /isthmus\/(\w+):/.exec(container.image)?.[1] ?? container.image;
    return { env: Object.fromEntries(env), args: container.args ?? [], app: `apps/${app}` };
  };

  const podOf = async (component: string): Promise<Thing> =>
    await eventually(`a Pod of ${component}`, async () => {
      const pods = await list('pods', '-l', `app.kubernetes.io/component=${component}`);
      const pod = pods.find(
        ({ metadata, status }) => !metadata.deletionTimestamp && status?.phase === 'Pending',
      );
      if (!pod) throw new Error(`there are ${pods.length}`);
      return pod;
    });

  /** In place of a kubelet: runs a Pod that ends, and tells how it ended. @returns what it said. */
  const runPod = async (component: string, over: Record<string, string> = {}): Promise<string> => {
    const pod = await podOf(component);
    const { env, args } = await programOf(pod);
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...imageEnv, ...env, ...over },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    const [code] = await once(child, 'close');
    await cluster.kubectl([
      ...['patch', 'pod', pod.metadata.name, '-n', 'isthmus', '--subresource=status'],
      ...[
        '--type=merge',
        '-p',
        JSON.stringify({ status: { phase: code === 0 ? 'Succeeded' : 'Failed' } }),
      ],
    ]);
    return said;
  };

  /** Starts one Pod of a service, on ports that are free. @returns by name of the port. */
  const startService = async (name: string): Promise<Record<string, number>> => {
    const pod = await podOf(name);
    const { env, app } = await programOf(pod);
    const [{ ports = [], readinessProbe }] = pod.spec.containers;
    const free: Record<string, number> = {};
    for (const { name: port, containerPort } of ports) {
      const variable = Object.keys(env).find((key) => env[key] === String(containerPort));
      if (!variable) throw new Error(`no variable of ${name} says ${containerPort}`);
      free[port] = await freePort();
      env[variable] = String(free[port]);
    }
    const service = new Service({
      ...{ name, app, folder, environment: { ...imageEnv, ...env } },
      healthPort: free[readinessProbe?.httpGet.port ?? ''] ?? 0,
    });
    running.push(service);
    await service.start(90_000);
    return free;
  };

  it('is installed, works, is upgraded, goes back, and goes', async () => {
    const urls = await makeRoles(database.ownerUrl);
    const secret = ['create', 'secret', 'generic', '-n', 'isthmus'];
    await cluster.kubectl([
      ...secret,
      'isthmus',
      `--from-literal=DATABASE_URL=${urls.service}`,
      `--from-literal=ISTHMUS_KEK=${Buffer.alloc(32, 7).toString('base64')}`,
      `--from-literal=ISTHMUS_SESSION_SECRET=${'s'.repeat(32)}`,
    ]);
    await cluster.kubectl([
      ...secret,
      'isthmus-owner',
      `--from-literal=DATABASE_OWNER_URL=${urls.owner}`,
    ]);
    const release = ['isthmus', chart, '--namespace', 'isthmus', ...required];

    const [notes, first] = await Promise.all([
      cluster.helm(['install', ...release]),
      runPod('migrate'),
    ]);
    expect(first).toContain('20261124000000_init');
    expect(notes).toContain('add a cluster');
    expect(notes).not.toContain('WARNING');
    // The namespace takes restricted Pods alone, and these are there.
    for (const component of ['api', 'hub', 'worker'])
      await eventually(`two Pods of ${component}`, async () =>
        expect(await list('pods', '-l', `app.kubernetes.io/component=${component}`)).toHaveLength(
          2,
        ),
      );
    // The hook's own have gone with it, the owner's credentials among them.
    expect(
      await list('job,serviceaccount,networkpolicy', '-l', 'app.kubernetes.io/component=migrate'),
    ).toEqual([]);

    const [ports] = await Promise.all(['api', 'hub', 'worker'].map(startService));
    const apiUrl = `http://127.0.0.1:${ports?.http}`;
    const api = new ApiClient(apiUrl).as(await signUpByTheGuide(apiUrl));
    await api.query('mutation { createMesh(input: { name: "prod" }) { mesh { id } } }');
    const [, said] = await Promise.all([
      cluster.helm(['test', 'isthmus', '--namespace', 'isthmus']),
      runPod('test', { API_URL: apiUrl }),
    ]);
    expect(said).toContain('/graphql 200');

    const level = async (): Promise<string | undefined> => {
      const [deployment] = await list('deployments', '-l', 'app.kubernetes.io/component=worker');
      return deployment?.spec.template?.spec.containers[0].env.find(
        ({ name }) => name === 'LOG_LEVEL',
      )?.value;
    };
    const [, second] = await Promise.all([
      cluster.helm(['upgrade', ...release, '--set', 'logLevel=debug']),
      runPod('migrate'),
    ]);
    expect(JSON.parse(second)).toMatchObject({ applied: [] });
    expect(await level()).toBe('debug');

    // Without the Job: what a release before can do with the newer schema is all that going back needs.
    await cluster.helm(['rollback', 'isthmus', '1', '--namespace', 'isthmus']);
    expect(await level()).toBe('info');

    await cluster.helm(['uninstall', 'isthmus', '--namespace', 'isthmus']);
    const kinds =
      'deployments,services,serviceaccounts,networkpolicies,pdb,hpa,ingresses,configmaps,jobs';
    const left = async () => await list(kinds, '-l', 'app.kubernetes.io/instance=isthmus');
    await eventually('all of it is gone', async () => expect(await left()).toEqual([]));
    expect((await list('secrets')).map(({ metadata }) => metadata.name)).toEqual([
      'isthmus',
      'isthmus-owner',
    ]);
  }, 300_000);

  it("stops every service by the guide's way to restore, and starts it again, whoever scaled it", async () => {
    const stop = /kubectl (-n isthmus delete deployment .+)/.exec(guide)?.[1]?.split(' ') ?? [];
    const release = ['isthmus', chart, '--namespace', 'isthmus', ...required];
    const values = ['--set', 'migrations.enabled=false,api.autoscaling.enabled=true'];
    await cluster.helm(['install', ...release, ...values]);
    // As the autoscaler does, and somebody in a hurry.
    for (const name of ['api', 'worker'])
      await cluster.kubectl([
        'scale',
        `deployment/isthmus-${name}`,
        '--replicas=3',
        '-n',
        'isthmus',
      ]);
    const replicas = async () => (await list('deployments')).map(({ spec }) => spec.replicas);
    expect(await replicas()).toEqual([3, 2, 3]);

    await cluster.kubectl(stop);
    expect(await list('deployments,pods')).toEqual([]);
    expect(await list('services')).toHaveLength(2);

    await cluster.helm(['upgrade', '--install', ...release, ...values]);
    // The autoscaler goes on from one.
    expect(await replicas()).toEqual([1, 2, 2]);
    await cluster.helm(['uninstall', 'isthmus', '--namespace', 'isthmus', '--wait']);
  }, 180_000);

  it('leaves the Job of migrations that fail, installs nothing, and goes on when that is mended', async () => {
    const [installed, said] = await Promise.all([
      cluster
        .helm([
          ...['install', 'broken', chart, '--namespace', 'isthmus', ...required],
          ...['--set', 'secrets.databaseOwnerUrl.value=postgresql://nobody@127.0.0.1:1/isthmus'],
          ...['--set', 'migrations.backoffLimit=0'],
        ])
        .then(
          () => 'installed',
          (error: unknown) => String(error),
        ),
      runPod('migrate'),
    ]);
    expect(said).toContain('the database was not brought to this release');
    expect(installed).toContain('failed');
    expect(await list('deployments', '-l', 'app.kubernetes.io/instance=broken')).toEqual([]);
    expect(await list('jobs', '-l', 'app.kubernetes.io/instance=broken')).toHaveLength(1);

    await Promise.all([
      cluster.helm([
        'upgrade',
        '--install',
        'broken',
        chart,
        '--namespace',
        'isthmus',
        ...required,
      ]),
      runPod('migrate'),
    ]);
    expect(await list('deployments', '-l', 'app.kubernetes.io/instance=broken')).toHaveLength(3);
  }, 120_000);
});

/** As docs/hosting.md says, by its own words, in a database beside the embedded one. */
async function makeRoles(superuserUrl: string): Promise<{ owner: string; service: string }> {
  const sql = /```sql\n(CREATE ROLE[^`]*)```/.exec(guide)?.[1];
  if (!sql) throw new Error('docs/hosting.md makes no roles');
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  // One at a time: CREATE DATABASE takes no transaction. The embedded database has the name already.
  for (const statement of sql.replaceAll('DATABASE isthmus', 'DATABASE hosted').split(';'))
    if (statement.trim()) await client.query(statement);
  await client.end();
  const urlOf = (user: string): string => {
    const password = new RegExp(`ROLE ${user} LOGIN PASSWORD '([^']+)'`).exec(sql)?.[1];
    const url = new URL(superuserUrl);
    Object.assign(url, { username: user, password, pathname: '/hosted' });
    return url.href;
  };
  return { owner: urlOf('isthmus_admin'), service: urlOf('isthmus_app') };
}

/** Sends what the guide has curl send. @returns the session's token. */
async function signUpByTheGuide(apiUrl: string): Promise<string> {
  const body = /\/graphql [^']*'content-type: application\/json' -d '([^']+)'/.exec(guide)?.[1];
  const response = await fetch(`${apiUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const { data } = (await response.json()) as { data: { signUp: { sessionToken: string } } };
  return data.signUp.sessionToken;
}
