import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ensureTools, type KubeCluster, startCluster, type Tools } from '@isthmus/clusters';
import { eventually } from './eventually.js';
import { ApiClient } from './graphql.js';
import { Link } from './link.js';
import { type LocalPlatform, type PlatformOptions, startPlatform } from './platform.js';
import { runAgentPod } from './pod.js';
import type { Service } from './service.js';
import { installGateway } from './workloads.js';

/** A cluster of the mesh: its API server, and its agent as a process. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly network: string;
  readonly kube: KubeCluster;
  readonly agent: Service;
  /** What the agent's connection to the hub runs over. */
  readonly link: Link;
  /** The command that the API answered with, as it was run. */
  readonly helmCommand: string;
}

export interface MemberOptions {
  readonly name: string;
  readonly network: string;
  readonly locality: string;
  readonly cidrs?: readonly string[];
  readonly serviceCidr?: string;
  /** Address of its east-west gateway; none is installed without one. */
  readonly gateway?: string;
  /** Added to the agent's environment. */
  readonly agentEnvironment?: Record<string, string>;
}

/** A platform, a user who signed up, a mesh, and its clusters. */
export interface World {
  readonly platform: LocalPlatform;
  /** As the owner who signed up. */
  readonly api: ApiClient;
  readonly sessionToken: string;
  readonly organizationId: string;
  readonly meshId: string;
  readonly members: readonly Member[];
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
  const stop = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.agent.stop()));
    await Promise.all(
      members.map((member) => Promise.all([member.kube.stop(), member.link.close()])),
    );
    await platform.stop();
  };
  try {
    const anonymous = new ApiClient(platform.apiUrl);
    const { signUp } = await anonymous.query<{
      signUp: { sessionToken: string; organization: { id: string } };
    }>(
      `mutation ($input: SignUpInput!) { signUp(input: $input) { sessionToken organization { id } } }`,
      {
        input: {
          email: options.email ?? 'ada@acme.example',
          password: 'correct horse battery staple',
          name: 'Ada',
          organizationName: 'Acme',
        },
      },
    );
    const api = anonymous.as(signUp.sessionToken);
    const { createMesh } = await api.query<{ createMesh: { mesh: { id: string } } }>(
      `mutation { createMesh(input: { name: "acme" }) { mesh { id } } }`,
    );
    const meshId = createMesh.mesh.id;
    log('signed up, and made the mesh acme');
    return {
      platform,
      api,
      sessionToken: signUp.sessionToken,
      organizationId: signUp.organization.id,
      meshId,
      members,
      join: async (member) => {
        const link = await Link.to(platform.hubAddresses[0] ?? '');
        const joined = await joinCluster(tools, options.folder, api, meshId, member, link, log);
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

async function joinCluster(
  tools: Tools,
  folder: string,
  api: ApiClient,
  meshId: string,
  options: MemberOptions,
  link: Link,
  log: (line: string) => void,
): Promise<Member> {
  const home = join(folder, options.name);
  await mkdir(home, { recursive: true });
  const kube = await startCluster({
    name: options.name,
    dir: join(home, 'cluster'),
    tools,
    ...(options.serviceCidr ? { serviceCidr: options.serviceCidr } : {}),
  });
  try {
    // As after an installation of Istio: its namespace, and an east-west gateway in it.
    if (options.gateway) await installGateway(kube, options.network, options.gateway);
    else await kube.kubectl(['create', 'namespace', 'istio-system']);
    log(`${options.name}: API server ready (${kube.server})`);

    const { registerCluster } = await api.query<{
      registerCluster: { cluster: { id: string }; helmCommand: string };
    }>(
      `mutation ($input: RegisterClusterInput!) {
         registerCluster(input: $input) { cluster { id } helmCommand }
       }`,
      {
        input: {
          meshId,
          name: options.name,
          network: options.network,
          locality: options.locality,
          ...(options.cidrs ? { cidrs: options.cidrs } : {}),
        },
      },
    );
    await execute('sh', ['-c', registerCluster.helmCommand], {
      env: {
        PATH: `${dirname(tools.helm)}:${process.env.PATH}`,
        HOME: home,
        KUBECONFIG: kube.kubeconfig,
      },
      timeout: 60_000,
    });
    log(`${options.name}: registered, and the agent's chart installed`);
    const agent = await runAgentPod(kube, join(home, 'agent'), {
      ISTHMUS_HUB_ADDRESS: link.address,
      ...options.agentEnvironment,
    });
    agent.spawn();
    const id = registerCluster.cluster.id;
    await eventually(
      `${options.name} is connected (see ${agent.logFile})`,
      async () => {
        const { cluster } = await api.query<{ cluster: { status: string } }>(
          `query ($id: ID!) { cluster(id: $id) { status } }`,
          { id },
        );
        if (cluster.status !== 'CONNECTED')
          throw new Error(`status is ${cluster.status}\n${agent.logTail(8)}`);
      },
      { everyMs: 100 },
    );
    log(`${options.name}: agent connected`);
    return {
      id,
      name: options.name,
      network: options.network,
      kube,
      agent,
      link,
      helmCommand: registerCluster.helmCommand,
    };
  } catch (error) {
    await kube.stop();
    throw error;
  }
}
