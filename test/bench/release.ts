/**
 * B9: a release of 1,000 objects goes to 200 clusters, and then one object of it changes. The
 * platform is real, each service a process of its own; the agents are simulated in this one: they
 * take what they are sent over gRPC, write nothing, and report it as stored.
 */
import { webcrypto } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, Metadata } from '@grpc/grpc-js';
import {
  Facts,
  type Identity,
  IdentityServiceClient,
  Intents,
  type ReleaseIntent,
  releaseDigest,
  State,
} from '@isthmus/contracts';
import {
  type ApiClient,
  eventually,
  type LocalPlatform,
  type Service,
  signUp,
  startPlatform,
} from '@isthmus/local';
import {
  type ClientIdentity,
  dialSync,
  fromCallFailure,
  prepareResource,
  ResourceSet,
  type SetResource,
  type SyncConnection,
  type Update,
} from '@isthmus/sync';
import * as x509 from '@peculiar/x509';
import { cpuUs, residentKb } from './programs.js';

export interface ReleaseOptions {
  readonly clusters?: number;
  readonly objects?: number;
  log?(line: string): void;
}

/** One release, from the mutation to the end of its rollout. Times by the clock of this machine. */
export interface ReleaseRun {
  /** The mutation: all of the bundle is checked, and stored. */
  readonly applyMs: number;
  /** From its answer until an agent has all objects, of half of them and of the last one. */
  readonly storedP50Ms: number;
  readonly storedMs: number;
  /** From its answer until the rollout is completed. */
  readonly completedMs: number;
  /** The same of each of its steps. */
  readonly steps: readonly { readonly type: string; readonly ms: number }[];
  /** Sent to each agent, and to all: encoded resources of every type, with names and versions. */
  readonly bytesPerAgent: { readonly min: number; readonly median: number; readonly max: number };
  readonly bytes: number;
  /** Messages with resources or removals, to all. */
  readonly messages: number;
  /** Objects sent and taken back, to all; those that the trial asks for not counted. */
  readonly objects: number;
  readonly removals: number;
  /** From the mutation until the hub rests again, in seconds. */
  readonly cpuSeconds: {
    readonly hub: number;
    readonly worker: number;
    readonly api: number;
    /** All of the simulated ones together, with their side of TLS and gRPC. */
    readonly agents: number;
  };
  readonly hubMbBefore: number;
  readonly hubMbAfter: number;
}

export interface ReleaseReport {
  readonly benchmark: 'B9 release';
  readonly clusters: number;
  readonly objects: number;
  /** Until all agents were connected and had their intents; all dialled at once. */
  readonly connectMs: number;
  /** Connections that were lost or could not be made, in all of the benchmark, by why. */
  readonly disconnects: Readonly<Record<string, number>>;
  readonly release: ReleaseRun;
  readonly change: ReleaseRun;
}

const batch = 20;
const deadline = { deadlineMs: 600_000, everyMs: 100 };
const p256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** @throws if the change of one object sends any agent more than that object. */
export async function runRelease(options: ReleaseOptions = {}): Promise<ReleaseReport> {
  const { clusters = 200, objects = 1_000, log = () => {} } = options;
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-bench-'));
  const platform = await startPlatform({ folder, logLevel: 'warn' });
  const agents: SimulatedAgent[] = [];
  try {
    const { api, meshId } = await makeMesh(platform);
    const identities = await joinAll(platform, api, meshId, clusters);
    log(`${clusters} clusters are registered and enrolled`);

    const dialled = Date.now();
    for (const identity of identities) {
      agents.push(
        new SimulatedAgent(platform.hubAddresses[0] ?? '', identity, agents.length === 0),
      );
    }
    await eventually(
      'all agents are connected',
      () => {
        const missing = agents.filter(({ isSynced }) => !isSynced);
        const [first] = missing;
        if (first)
          throw new Error(`${missing.length} are not; ${first.disconnects.at(-1) ?? 'no answer'}`);
      },
      deadline,
    );
    const connectMs = Date.now() - dialled;
    log(`all of them connected within ${connectMs} ms`);
    const mesh = { platform, api, meshId, agents };
    await rest(platform);

    const release = await measure(mesh, bundle(objects), `${objects} objects`);
    say(log, `${objects} objects`, release);
    const change = await measure(mesh, bundle(objects, '9s'), 'one of them changed');
    say(log, 'one changed', change);
    assertAlone(agents);
    log('the change sent each agent that object alone, and took nothing back');
    const disconnects: Record<string, number> = {};
    for (const why of agents.flatMap((agent) => agent.disconnects))
      disconnects[why] = (disconnects[why] ?? 0) + 1;
    for (const [why, times] of Object.entries(disconnects))
      log(`${times} connections were lost or could not be made: ${why}`);
    return { benchmark: 'B9 release', clusters, objects, connectMs, disconnects, release, change };
  } finally {
    await Promise.all(agents.map((agent) => agent.close()));
    await platform.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function say(log: (line: string) => void, what: string, run: ReleaseRun): void {
  const { bytesPerAgent: each, cpuSeconds: cpu } = run;
  const steps = run.steps.map(({ type, ms }) => `${type} ${ms}`).join(', ');
  log(
    `${what}: mutation ${run.applyMs} ms; stored in half of the clusters after ${run.storedP50Ms} ms, in all after ${run.storedMs} ms; completed after ${run.completedMs} ms`,
  );
  log(`${what}: ms from the answer: ${steps}`);
  log(
    `${what}: ${run.bytes} bytes in ${run.messages} messages; per agent ${each.median} (${each.min} to ${each.max}); ${run.objects} objects, ${run.removals} removals`,
  );
  log(
    `${what}: CPU hub ${cpu.hub} s, worker ${cpu.worker} s, api ${cpu.api} s (agents ${cpu.agents} s); hub RSS ${run.hubMbBefore} → ${run.hubMbAfter} MB`,
  );
}

interface Mesh {
  readonly platform: LocalPlatform;
  readonly api: ApiClient;
  readonly meshId: string;
  readonly agents: readonly SimulatedAgent[];
}

interface Rollout {
  readonly state: string;
  readonly detail: string | null;
  readonly events: { readonly edges: readonly { node: { type: string; at: string } }[] };
}

async function measure(mesh: Mesh, files: readonly File[], message: string): Promise<ReleaseRun> {
  const { platform, api, meshId, agents } = mesh;
  const hub = pidOf(platform.hubs[0]);
  for (const agent of agents) agent.begin();
  const [hubKb, cpu, own] = [await residentKb(hub), await cpuOf(platform), process.cpuUsage()];
  const began = Date.now();
  const { applyConfiguration } = await api.query<{
    applyConfiguration: { release: { number: number }; rollout: { id: string } | null };
  }>(
    `mutation ($input: ApplyConfigurationInput!) { applyConfiguration(input: $input) {
       release { number } rollout { id } } }`,
    {
      input: {
        meshId,
        files,
        message,
        policy: { waves: [], gate: { soakSeconds: 0, timeoutSeconds: 600 } },
      },
    },
  );
  const answered = Date.now();
  const { release, rollout } = applyConfiguration;
  const { events } = await eventually(
    'the rollout is completed',
    async () => {
      const { node } = await api.query<{ node: Rollout }>(
        `query ($id: ID!) { node(id: $id) { ... on Rollout {
           state detail events(first: 200) { edges { node { type at } } } } } }`,
        { id: rollout?.id },
      );
      if (node.state !== 'COMPLETED') throw new Error(`${node.state}: ${node.detail}`);
      return node;
    },
    deadline,
  );
  const completed = Date.now();
  await rest(platform);
  const after = await cpuOf(platform);
  const { user, system } = process.cpuUsage(own);
  const stored = agents
    .map((agent) => agent.storedAt(release.number) - answered)
    .sort((a, b) => a - b);
  const bytes = agents.map(({ traffic }) => traffic.bytes).sort((a, b) => a - b);
  const sum = (of: keyof Traffic): number =>
    agents.reduce((total, { traffic }) => total + traffic[of], 0);
  return {
    applyMs: answered - began,
    storedP50Ms: at(stored, 0.5),
    storedMs: at(stored, 1),
    completedMs: completed - answered,
    steps: events.edges.map(({ node }) => ({
      type: node.type,
      ms: Date.parse(node.at) - answered,
    })),
    bytesPerAgent: { min: at(bytes, 0), median: at(bytes, 0.5), max: at(bytes, 1) },
    bytes: sum('bytes'),
    messages: sum('messages'),
    objects: sum('objects'),
    removals: sum('removals'),
    cpuSeconds: {
      hub: seconds(after.hub - cpu.hub),
      worker: seconds(after.worker - cpu.worker),
      api: seconds(after.api - cpu.api),
      agents: seconds(user + system),
    },
    hubMbBefore: Math.round(hubKb / 1024),
    hubMbAfter: Math.round((await residentKb(hub)) / 1024),
  };
}

function assertAlone(agents: readonly SimulatedAgent[]): void {
  for (const { name, traffic } of agents) {
    if (traffic.objects === 1 && traffic.removals === 0) continue;
    throw new Error(
      `one object changed, and ${name} was sent ${traffic.objects} and ${traffic.removals} removals`,
    );
  }
}

/** Of sorted numbers. */
function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function seconds(us: number): number {
  return Math.round(us / 10_000) / 100;
}

function pidOf(service: Service | undefined): number {
  if (service?.pid === undefined) throw new Error('a service does not run');
  return service.pid;
}

/** In µs. */
async function cpuOf({ hubs, worker, api }: LocalPlatform): Promise<{
  hub: number;
  worker: number;
  api: number;
}> {
  const [hub, work, ask] = await Promise.all(
    [hubs[0], worker, api].map((service) => cpuUs(pidOf(service))),
  );
  return { hub: hub ?? 0, worker: work ?? 0, api: ask ?? 0 };
}

/** Until hub and worker have nothing left to do but to look whether there is something. */
async function rest(platform: LocalPlatform): Promise<void> {
  const busyUs = 200_000;
  await eventually(
    'hub and worker rest',
    async () => {
      const before = await cpuOf(platform);
      await sleep(1_000);
      const after = await cpuOf(platform);
      if (after.hub + after.worker - before.hub - before.worker > busyUs) throw new Error('busy');
    },
    deadline,
  );
}

interface File {
  readonly path: string;
  readonly content: string;
}

/**
 * A route and a rule for each of many hosts, 20 objects to a file. The hosts are no Services, so
 * that nobody is warned of any that no cluster exports.
 *
 * @param timeout of the first.
 */
function bundle(objects: number, timeout = '2s'): File[] {
  const files = new Map<string, string>();
  for (let index = 0; index < objects / 2; index += 1) {
    const namespace = `team-${Math.floor(index / 10)}`;
    const path = `${namespace}/routes.yaml`;
    const name = `service-${index}`;
    const host = `${name}.${namespace}.example`;
    const documents = `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  hosts: [${host}]
  http:
    - match: [{uri: {prefix: /api}}]
      retries: {attempts: 3, perTryTimeout: 500ms, retryOn: "gateway-error,connect-failure"}
      timeout: ${index === 0 ? timeout : '2s'}
      route:
        - {destination: {host: ${host}, subset: v1}, weight: 90}
        - {destination: {host: ${host}, subset: v2}, weight: 10}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  host: ${host}
  trafficPolicy:
    connectionPool: {tcp: {maxConnections: 100}, http: {http2MaxRequests: 1000}}
    outlierDetection: {consecutive5xxErrors: 5, interval: 10s, baseEjectionTime: 30s}
  subsets:
    - {name: v1, labels: {version: v1}}
    - {name: v2, labels: {version: v2}}
`;
    files.set(path, (files.get(path) ?? '') + documents);
  }
  return [...files].map(([path, content]) => ({ path, content }));
}

async function makeMesh(platform: LocalPlatform): Promise<{ api: ApiClient; meshId: string }> {
  const { api } = await signUp(platform.apiUrl);
  const { createMesh } = await api.query<{ createMesh: { mesh: { id: string } } }>(
    `mutation { createMesh(input: { name: "prod" }) { mesh { id } } }`,
  );
  return { api, meshId: createMesh.mesh.id };
}

async function joinAll(
  { hubAddresses }: LocalPlatform,
  api: ApiClient,
  meshId: string,
  count: number,
): Promise<ClientIdentity[]> {
  const hub = new IdentityServiceClient(
    hubAddresses[0] ?? '',
    // The authority comes with the Helm command; who the hub is is not the question here.
    credentials.createSsl(null, null, null, { rejectUnauthorized: false }),
  );
  const join = async (index: number): Promise<ClientIdentity> => {
    const input = {
      meshId,
      name: `cluster-${String(index).padStart(4, '0')}`,
      network: `net-${index}`,
      locality: 'eu',
    };
    const { registerCluster } = await api.query<{
      registerCluster: { joinToken: { secret: string } };
    }>(
      `mutation ($input: RegisterClusterInput!) {
         registerCluster(input: $input) { joinToken { secret } } }`,
      { input },
    );
    return enrol(hub, registerCluster.joinToken.secret);
  };
  try {
    const identities: ClientIdentity[] = [];
    while (identities.length < count) {
      const from = identities.length;
      const some = Array.from({ length: Math.min(batch, count - from) }, (_, each) => from + each);
      identities.push(...(await Promise.all(some.map(join))));
    }
    return identities;
  } finally {
    hub.close();
  }
}

async function enrol(hub: IdentityServiceClient, joinToken: string): Promise<ClientIdentity> {
  const { subtle } = webcrypto;
  const keys = (await subtle.generateKey(p256, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=agent',
    keys,
    signingAlgorithm: p256,
  });
  const csr = Buffer.from(request.rawData);
  const identity = await new Promise<Identity | undefined>((resolve, reject) => {
    hub.enrol(
      { joinToken, csr, agentVersion: '', clock: 0 },
      new Metadata(),
      { deadline: Date.now() + 20_000 },
      (error, answer) => (error ? reject(fromCallFailure(error)) : resolve(answer.identity)),
    );
  });
  if (!identity) throw new Error('no identity');
  const key = await subtle.exportKey('pkcs8', keys.privateKey);
  return {
    key: x509.PemConverter.encode(key, 'PRIVATE KEY'),
    cert: identity.certificateChain,
    ca: identity.hubCa,
  };
}

interface Traffic {
  messages: number;
  bytes: number;
  objects: number;
  removals: number;
}

/** Bytes of resources as they are sent: the same ones come to every agent. */
const sizes = new Map<string, number>();

function sizeOf(typeUrl: string, { name, version, body }: SetResource): number {
  const key = `${typeUrl} ${name} ${version}`;
  let size = sizes.get(key);
  if (size === undefined) {
    size = prepareResource(typeUrl, name, body).chunk.length;
    sizes.set(key, size);
  }
  return size;
}

const types = Object.values(Intents).map(({ typeUrl }) => typeUrl);

/** As far as the hub can tell, an agent whose API server stores everything at once. */
class SimulatedAgent {
  traffic: Traffic = { messages: 0, bytes: 0, objects: 0, removals: 0 };
  /** Why, each time. */
  readonly disconnects: string[] = [];
  readonly name: string;
  readonly #objects = new Map<string, string>();
  readonly #synced = new Set<string>();
  readonly #statuses = new ResourceSet(Facts.ReleaseStatus.typeUrl);
  readonly #tried = new ResourceSet(Facts.IntentStatus.typeUrl);
  readonly #connection: SyncConnection;
  #release: ReleaseIntent | undefined;
  #stored = { number: 0, at: 0 };

  /** @param isTrial whether it tells its versions, so that releases are tried in it. */
  constructor(address: string, identity: ClientIdentity, isTrial: boolean) {
    this.name = new x509.X509Certificate(String(identity.cert)).subject;
    const about = new ResourceSet(Facts.Cluster.typeUrl);
    if (isTrial) {
      about.set(
        'cluster',
        Facts.Cluster.encode({
          kubernetesVersion: 'v1.36.3',
          agentVersion: '',
          observedNetwork: '',
          capabilities: [],
          dataPlaneMode: '',
          conditions: [],
          istioVersions: ['1.31.4'],
        }),
      );
    }
    this.#connection = dialSync({
      address,
      identity,
      intents: {
        types,
        initialVersions: (typeUrl) =>
          typeUrl === Intents.Configuration.typeUrl ? this.#objects : new Map(),
        apply: async (typeUrl, update) => {
          this.#count(typeUrl, update);
          this.#take(typeUrl, update);
          return undefined;
        },
        onSynced: (typeUrl) => this.#synced.add(typeUrl),
      },
      facts: { sets: [about, this.#statuses, this.#tried], explain: () => true },
      onDisconnected: (error) => this.disconnects.push(`${error.code}: ${error.message}`),
    });
  }

  get isSynced(): boolean {
    return this.#synced.size === types.length;
  }

  /** Counts from 0 again. */
  begin(): void {
    this.traffic = { messages: 0, bytes: 0, objects: 0, removals: 0 };
  }

  /** When it had all of a release. @throws if it has it not. */
  storedAt(number: number): number {
    if (this.#stored.number !== number) throw new Error(`${this.name} has not all of ${number}`);
    return this.#stored.at;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #count(typeUrl: string, { resources, removed }: Update): void {
    this.traffic.messages += 1;
    for (const resource of resources) this.traffic.bytes += sizeOf(typeUrl, resource);
    if (typeUrl !== Intents.Configuration.typeUrl) return;
    this.traffic.objects += resources.length;
    this.traffic.removals += removed.length;
  }

  #take(typeUrl: string, { resources, removed }: Update): void {
    switch (typeUrl) {
      case Intents.Trial.typeUrl:
        for (const { name, version } of resources) this.#tried.set(`Trial/${name}`, tried(version));
        for (const name of removed) this.#tried.delete(`Trial/${name}`, { explained: true });
        return;
      case Intents.Configuration.typeUrl:
        for (const { name, version } of resources) this.#objects.set(name, version);
        for (const name of removed) this.#objects.delete(name);
        break;
      case Intents.Release.typeUrl:
        for (const { body } of resources) this.#release = Intents.Release.decode(body);
        break;
      default:
        return;
    }
    this.#report();
  }

  #report(): void {
    const release = this.#release;
    if (!release) return;
    const { number, fence } = release;
    const objects = [...this.#objects].sort(([a], [b]) => (a < b ? -1 : 1));
    const digest = releaseDigest(objects.map(([name, version]) => [name, { version }]));
    const isWhole = digest === release.digest;
    if (isWhole && this.#stored.number !== number) this.#stored = { number, at: Date.now() };
    const pending = isWhole ? 0 : Math.min(1, objects.length);
    this.#statuses.set(
      'release',
      Facts.ReleaseStatus.encode({
        number,
        fence,
        digest,
        objects: objects.length,
        stored: objects.length - pending,
        pending,
        refused: 0,
        absent: 0,
        accepted: 0,
        unaccepted: 0,
        problems: [],
        live: State.STATE_UNKNOWN,
        proxies: 0,
        proxiesLive: 0,
        liveMessage: '',
      }),
    );
  }
}

/** @param version of the intent of a trial. */
function tried(version: string): Uint8Array {
  return Facts.IntentStatus.encode({
    intentVersion: version,
    stored: State.STATE_YES,
    accepted: State.STATE_UNKNOWN,
    live: State.STATE_UNKNOWN,
    reason: '',
    message: '',
    corrections: 0,
    correctedManagers: [],
    objects: [],
  });
}
