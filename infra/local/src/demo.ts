import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { configure } from './configuration.js';
import { eventually } from './eventually.js';
import { measurePropagation } from './propagation.js';
import { deploy, ensureNamespace, exportService } from './workloads.js';
import { type Member, startWorld, type World } from './world.js';

// The main job, before your eyes: two clusters become one mesh. With --once it proves it,
// prints one JSON object last, stops everything and exits 0 or 1.

const once = process.argv.includes('--once');
const started = Date.now();
const log = (line: string): void => {
  console.error(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);
};

const folder = await mkdtemp(join(tmpdir(), 'isthmus-demo-'));
let world: World | undefined;
let code = 1;
try {
  world = await startWorld({ folder, log, ...(once ? {} : { apiPort: 4000 }) });
  const [cloud, onprem] = await joinTwo(world);
  const imports = await federate(world, cloud, onprem);
  log('measuring propagation: an endpoint changes in cloud → the object is applied in onprem');
  const propagationMs = await measurePropagation(cloud.kube, onprem.kube, 60);
  log(
    `propagation: p50 ${propagationMs.p50} ms, p99 ${propagationMs.p99} ms, n ${propagationMs.n}`,
  );
  const trust = await proveTrust(world, [cloud, onprem]);
  log(`trust: ${JSON.stringify(trust)}`);
  const configuration = await configure(world);
  log(`configuration: ${JSON.stringify(configuration)}`);
  const hubDown = await proveHubDown(world, onprem);
  log(`the hub killed, and back: ${JSON.stringify(hubDown)}`);
  const proven =
    trust.sameRoot &&
    !trust.keysLeftCluster &&
    configuration.state === 'COMPLETED' &&
    configuration.clusters === world.members.length &&
    hubDown.objectsKept &&
    hubDown.agentRestartedWithoutHub;
  const result = {
    ok: proven,
    clusters: world.members.length,
    imports,
    propagationMs,
    trust,
    configuration,
    hubDown,
    seconds: Math.round((Date.now() - started) / 1000),
  };
  if (once) {
    await stop();
    console.log(JSON.stringify(result));
    code = proven ? 0 : 1;
  } else {
    console.log(JSON.stringify(result));
    introduce(world);
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    log('stopping');
    await stop();
    code = 0;
  }
} catch (error) {
  console.error(error);
  console.error(`the logs are in ${folder}`);
  await world?.stop();
}
process.exit(code);

async function stop(): Promise<void> {
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
}

async function joinTwo(world: World): Promise<[Member, Member]> {
  return Promise.all([
    world.join({
      name: 'cloud',
      network: 'cloud',
      locality: 'eu-central-1',
      serviceCidr: '10.96.0.0/16',
      gateway: '203.0.113.10',
    }),
    world.join({
      name: 'onprem',
      network: 'onprem',
      locality: 'berlin',
      serviceCidr: '10.97.0.0/16',
      gateway: '198.51.100.20',
    }),
  ]);
}

/** Services appear in both clusters, are exported in the two ways there are, and seen in the other. */
async function federate(world: World, cloud: Member, onprem: Member): Promise<object[]> {
  for (const { kube } of [cloud, onprem]) await ensureNamespace(kube, 'shop');
  await deploy(cloud.kube, {
    namespace: 'shop',
    name: 'payments',
    replicas: 3,
    serviceAccount: 'payments',
    addresses: '10.11.0',
  });
  await deploy(onprem.kube, {
    namespace: 'shop',
    name: 'inventory',
    replicas: 2,
    serviceAccount: 'inventory',
    addresses: '10.22.0',
    labels: { mesh: 'yes' },
  });
  await exportService(cloud.kube, 'shop', 'payments');
  await world.api.query(
    `mutation ($input: CreateExportPolicyInput!) { createExportPolicy(input: $input) { exportPolicy { id } } }`,
    {
      input: {
        meshId: world.meshId,
        name: 'labelled',
        serviceSelector: { matchLabels: [{ key: 'mesh', value: 'yes' }] },
      },
    },
  );
  log('shop/payments exported by cloud (ServiceExport), shop/inventory by onprem (policy)');
  const imports = await Promise.all([
    imported(cloud, onprem, 'payments', 3),
    imported(onprem, cloud, 'inventory', 2),
  ]);
  log('each is imported by the other');
  return imports;
}

async function imported(from: Member, to: Member, name: string, weight: number): Promise<object> {
  return eventually(`${name} of ${from.name} is imported by ${to.name}`, async () => {
    const { items } = await objects<{ spec: { weight: number; network: string } }>(
      to,
      ...['-n', 'shop', 'get', 'workloadentries', '-l', 'app.kubernetes.io/managed-by=isthmus'],
    );
    const entry = items.find(({ metadata }) => metadata.name.startsWith(`${name}-${from.network}`));
    if (entry?.spec.weight !== weight) throw new Error(`weight is ${entry?.spec.weight}`);
    await to.kube.kubectl(['-n', 'shop', 'get', 'service', name]);
    await to.kube.kubectl([
      '-n',
      'istio-system',
      'get',
      'gateways.gateway.networking.k8s.io',
      `remote-${from.network}`,
    ]);
    return { host: `${name}.shop.svc.cluster.local`, from: from.name, seenIn: to.name, weight };
  });
}

/** Both clusters sign under one root, and neither's key is anywhere in the plane's database. */
async function proveTrust(
  world: World,
  members: readonly Member[],
): Promise<{ sameRoot: boolean; keysLeftCluster: boolean }> {
  const secrets = await Promise.all(
    members.map((member) =>
      eventually(`${member.name} has its cacerts`, async () => {
        const { data } = JSON.parse(
          await member.kube.kubectl([
            '-n',
            'istio-system',
            'get',
            'secret',
            'cacerts',
            '-o',
            'json',
          ]),
        ) as { data: Record<string, string> };
        return {
          root: Buffer.from(data['root-cert.pem'] ?? '', 'base64').toString(),
          key: Buffer.from(data['ca-key.pem'] ?? '', 'base64').toString(),
        };
      }),
    ),
  );
  const traces = secrets.flatMap(({ key }) => {
    const { d } = createPrivateKey(key).export({ format: 'jwk' });
    const scalar = Buffer.from(d ?? '', 'base64url');
    const pemLine = key.split('\n')[1] ?? '';
    return [
      scalar.toString('hex'),
      scalar.toString('base64'),
      scalar.toString('base64url'),
      pemLine,
    ];
  });
  return {
    sameRoot: secrets.every(({ root }) => root !== '' && root === secrets[0]?.root),
    keysLeftCluster: await databaseHolds(world.platform.ownerUrl, traces),
  };
}

/** Whether any row of any table has one of these strings in it; bytes are read as hex. */
async function databaseHolds(ownerUrl: string, traces: readonly string[]): Promise<boolean> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const patterns = traces.flatMap((trace) => [trace, Buffer.from(trace).toString('hex')]);
    const { rows } = await client.query<{ name: string }>(
      `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
        WHERE schemaname IN ('public', 'bullmq')`,
    );
    for (const { name } of rows) {
      const { rowCount } = await client.query(
        `SELECT 1 FROM ${name} AS r WHERE EXISTS (
           SELECT 1 FROM unnest($1::text[]) AS t(trace) WHERE strpos(r::text, t.trace) > 0) LIMIT 1`,
        [patterns],
      );
      if (rowCount) return true;
    }
    return false;
  } finally {
    await client.end();
  }
}

/** kill -9 of the hub: what is applied stays, the agent restarts and works, and then resumes. */
async function proveHubDown(
  world: World,
  member: Member,
): Promise<{ objectsKept: boolean; agentRestartedWithoutHub: boolean; resumeBytes: number }> {
  const entries = async (): Promise<string[]> => {
    const args = ['-n', 'shop', 'get', 'workloadentries'];
    const { items } = await objects<{ spec: object }>(member, ...args);
    return items.map(({ metadata }) => metadata.name).sort();
  };
  const before = await entries();
  const [hub] = world.platform.hubs;
  await hub?.stop('SIGKILL');
  await member.agent.stop('SIGKILL');
  await member.agent.start();
  // It works from its disk: what somebody deletes meanwhile comes back.
  await member.kube.kubectl(['-n', 'shop', 'delete', 'workloadentry', ...before]);
  const agentRestartedWithoutHub = await eventually('the agent works without the hub', async () => {
    if ((await entries()).join() !== before.join()) throw new Error('the objects are not back yet');
    return true;
  });
  const received = member.link.received;
  await hub?.start();
  await eventually('the agent is back', async () => {
    const { cluster } = await world.api.query<{ cluster: { status: string } }>(
      `query ($id: ID!) { cluster(id: $id) { status } }`,
      { id: member.id },
    );
    if (cluster.status !== 'CONNECTED') throw new Error(cluster.status);
    if (member.link.received === received) throw new Error('nothing has passed yet');
  });
  return {
    objectsKept: before.length > 0 && (await entries()).join() === before.join(),
    agentRestartedWithoutHub,
    resumeBytes: member.link.received - received,
  };
}

interface ObjectList<T> {
  items: (T & { metadata: { name: string } })[];
}

async function objects<T>(member: Member, ...args: string[]): Promise<ObjectList<T>> {
  return JSON.parse(await member.kube.kubectl([...args, '-o', 'json'])) as ObjectList<T>;
}

function introduce(world: World): void {
  const query = `{ mesh(id: \\"${world.meshId}\\") { name clusters { edges { node { name status } } } services { edges { node { host exporters { clusterId readyEndpoints } } } } } }`;
  console.log(`
Two clusters, one mesh; everything stays up until Ctrl-C.

console    ${world.platform.apiUrl}
sign in    ada@acme.example / correct horse battery staple

Ask the API, at ${world.platform.apiUrl}/graphql:
  curl -s ${world.platform.apiUrl}/graphql -H 'content-type: application/json' \\
    -H 'authorization: Bearer ${world.sessionToken}' \\
    -d '{"query":"${query}"}'

See what the agents wrote:
${world.members.map(({ kube }) => `  kubectl --kubeconfig ${kube.kubeconfig} get workloadentries,services,serviceimports.multicluster.x-k8s.io -A -l app.kubernetes.io/managed-by=isthmus`).join('\n')}
`);
}
