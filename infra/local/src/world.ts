import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ensureTools, type KubeCluster, startCluster, type Tools } from '@isthmus/clusters';
import { eventually } from './eventually.js';
import type { ApiClient } from './graphql.js';
import { Link } from './link.js';
import { type Owner, signUp } from './owner.js';
import { type LocalPlatform, type PlatformOptions, startPlatform } from './platform.js';
import { runAgentPod } from './pod.js';
import type { Service } from './service.js';
import { installGateway } from './workloads.js';

/** A cluster with its API server, before it joins. */
export interface Candidate {
  readonly name: string;
  readonly kube: KubeCluster;
  /** What the agent's connection to the hub runs over. */
  readonly link: Link;
  /** Runs the command that the API or the console gave. */
  helm(helmCommand: string): Promise<void>;
  /** Starts the agent that was installed. */
  start(): Promise<Service>;
  /** Both, one after the other. */
  install(helmCommand: string): Promise<Service>;
}

/** A cluster of the mesh, and its agent as a process. */
export interface Member extends Omit<Candidate, 'install' | 'helm' | 'start'> {
  readonly id: string;
  readonly network: string;
  readonly agent: Service;
  /** The command that the API answered with, as it was run. */
  readonly helmCommand: string;
}

export interface CandidateOptions {
  readonly name: string;
  readonly network: string;
  readonly serviceCidr?: string;
  /** Address of its east-west gateway; none is installed without one. */
  readonly gateway?: string;
  /** On which Pods get ready at once; none unless said. See `startCluster`. */
  readonly nodes?: number;
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** Of the agent's chart, as `--set` takes them; added to the command that the API gave. */
  readonly agentValues?: readonly string[];
  /** What somebody did in it before it joins. */
  readonly prepare?: (kube: KubeCluster) => Promise<void>;
  /** Added to the agent's environment. */
  readonly agentEnvironment?: Record<string, string>;
}

export interface MemberOptions extends CandidateOptions {
  readonly locality: string;
  readonly cidrs?: readonly string[];
}

/** A platform, a user who signed up, a mesh, and its clusters. */
export interface World extends Owner {
  readonly tools: Tools;
  readonly platform: LocalPlatform;
  readonly meshId: string;
  readonly members: readonly Member[];
  /** Starts a cluster that does not join by itself. */
  raise(options: CandidateOptions): Promise<Candidate>;
  /** Starts a cluster and has it join, by the very command the API gives. */
  join(options: MemberOptions): Promise<Member>;
  stop(): Promise<void>;
}

const execute = promisify(execFile);

/** Starts a platform, signs somebody up and makes a mesh; clusters join by `join`. */
export async function startWorld(
  options: PlatformOptions & { readonly email?: string },
): Promise<World> {
  const log = options.log ?? (() => {});
  const tools = await ensureTools({ log });
  const platform = await startPlatform(options);
  const members: Member[] = [];
  const agents: Service[] = [];
  const candidates: Candidate[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(agents.map((agent) => agent.stop()));
    await Promise.all(candidates.map(({ kube, link }) => Promise.all([kube.stop(), link.close()])));
    await platform.stop();
  };
  const raise = async (wanted: CandidateOptions): Promise<Candidate> => {
    const link = await Link.to(platform.hubAddresses[0] ?? '');
    const home = join(options.folder, wanted.name);
    const kube = await startCandidate(tools, home, wanted).catch(async (error: unknown) => {
      await link.close();
      throw error;
    });
    const helm = (helmCommand: string) => runHelm(tools, home, { kube, helmCommand, wanted });
    const start = async (): Promise<Service> => {
      const agent = await startAgent(tools, home, { kube, link, wanted });
      agents.push(agent);
      return agent;
    };
    const install = async (helmCommand: string): Promise<Service> => {
      await helm(helmCommand);
      return await start();
    };
    const candidate: Candidate = { name: wanted.name, kube, link, helm, start, install };
    candidates.push(candidate);
    log(`${wanted.name}: API server ready (${kube.server})`);
    return candidate;
  };
  try {
    const owner = await signUp(platform.apiUrl, options.email);
    const { api } = owner;
    const { createMesh } = await api.query<{ createMesh: { mesh: { id: string } } }>(
      `mutation { createMesh(input: { name: "acme" }) { mesh { id } } }`,
    );
    const meshId = createMesh.mesh.id;
    log('signed up, and made the mesh acme');
    return {
      tools,
      platform,
      ...owner,
      meshId,
      members,
      raise,
      join: async (member) => {
        const joined = await joinCluster(api, meshId, member, await raise(member), log);
        members.push(joined);
        return joined;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startCandidate(
  tools: Tools,
  home: string,
  { name, network, serviceCidr, gateway, nodes, nodeLabels, prepare }: CandidateOptions,
): Promise<KubeCluster> {
  await mkdir(home, { recursive: true });
  const kube = await startCluster({
    name,
    dir: join(home, 'cluster'),
    tools,
    ...(serviceCidr ? { serviceCidr } : {}),
    ...(nodes ? { nodes } : {}),
    ...(nodeLabels ? { nodeLabels } : {}),
  });
  try {
    // As after an installation of Istio: its namespace, and an east-west gateway in it.
    if (gateway) await installGateway(kube, network, gateway);
    else await kube.kubectl(['create', 'namespace', 'istio-system']);
    await prepare?.(kube);
    return kube;
  } catch (error) {
    await kube.stop();
    throw error;
  }
}

interface Installation {
  readonly kube: KubeCluster;
  readonly link: Link;
  readonly helmCommand: string;
  readonly wanted: CandidateOptions;
}

async function runHelm(
  tools: Tools,
  home: string,
  { kube, helmCommand, wanted }: Omit<Installation, 'link'>,
): Promise<void> {
  const values = wanted.agentValues ?? [];
  await execute('sh', ['-c', [helmCommand, ...values.map((it) => `--set ${it}`)].join(' ')], {
    env: {
      PATH: `${dirname(tools.helm)}:${process.env.PATH}`,
      HOME: home,
      KUBECONFIG: kube.kubeconfig,
    },
    timeout: 60_000,
  });
}

async function startAgent(
  tools: Tools,
  home: string,
  { kube, link, wanted }: Omit<Installation, 'helmCommand'>,
): Promise<Service> {
  const agent = await runAgentPod(kube, join(home, 'agent'), {
    ISTHMUS_HUB_ADDRESS: link.address,
    // Its image has it on the path.
    ISTHMUS_HELM: tools.helm,
    ...wanted.agentEnvironment,
  });
  agent.spawn();
  return agent;
}

async function joinCluster(
  api: ApiClient,
  meshId: string,
  { name, network, locality, cidrs }: MemberOptions,
  { kube, link, install }: Candidate,
  log: (line: string) => void,
): Promise<Member> {
  const { registerCluster } = await api.query<{
    registerCluster: { cluster: { id: string }; helmCommand: string };
  }>(
    `mutation ($input: RegisterClusterInput!) {
       registerCluster(input: $input) { cluster { id } helmCommand }
     }`,
    { input: { meshId, name, network, locality, ...(cidrs ? { cidrs } : {}) } },
  );
  const { helmCommand } = registerCluster;
  const agent = await install(helmCommand);
  log(`${name}: registered, and the agent's chart installed`);
  const { id } = registerCluster.cluster;
  await eventually(
    `${name} is connected (see ${agent.logFile})`,
    async () => {
      const { cluster } = await api.query<{ cluster: { status: string } }>(
        `query ($id: ID!) { cluster(id: $id) { status } }`,
        { id },
      );
      if (cluster.status !== 'CONNECTED')
        throw new Error(`status is ${cluster.status}\n${agent.logTail(8)}`);
    },
    { everyMs: 100, deadlineMs: 90_000 },
  );
  log(`${name}: agent connected`);
  return { id, name, network, kube, agent, link, helmCommand };
}
