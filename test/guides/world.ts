import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { KubeCluster } from '@isthmus/clusters';
import {
  applyObjects,
  type Candidate,
  type KubeletStandIn,
  type StandInImage,
  startKubeletStandIn,
} from '@isthmus/local';
import { startTestWorld } from '../world.js';
import { root } from './root.js';
import { startWorkloads, type Workloads } from './workloads.js';

const agentNamespace = 'isthmus-system';
/** As the charts have them. */
const images = new Map<string, StandInImage>([['isthmus/agent:0.1.0', {}]]);
const execute = promisify(execFile);

/** A machine with the tools that guides ask for, an Isthmus that nobody has signed up to, and clusters. */
export interface ReaderWorld {
  readonly folder: string;
  readonly apiUrl: string;
  /** Of everything that a guide runs. */
  readonly environment: Readonly<Record<string, string>>;
  /** Starts a cluster with an Istio as it is asked for; its context has its name. */
  addCluster(name: string, options: { network: string; gateway: string }): Promise<void>;
  stop(): Promise<void>;
}

/** @param tools more programs on the path, by their names there */
export async function startReaderWorld(
  tools: Readonly<Record<string, string>> = {},
): Promise<ReaderWorld> {
  // What people install: one file that needs no other package.
  await execute('npm', ['run', '--silent', 'build', '-w', 'apps/cli'], { cwd: root });
  const world = await startTestWorld();
  const [bin, home] = [join(world.folder, 'bin'), join(world.folder, 'home')];
  const stops: (() => Promise<void>)[] = [];
  await mkdir(bin);
  await mkdir(home);
  const cli = join(root, 'apps/cli/dist/isthmus.js');
  await writeFile(join(bin, 'isthmus'), `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`, {
    mode: 0o755,
  });
  const { helm, kubectl } = world.tools;
  for (const [name, path] of Object.entries({ helm, kubectl, ...tools }))
    await symlink(path, join(bin, name));
  const kubeconfigs: string[] = [];
  const environment: Record<string, string> = {
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    HOME: home,
    KUBECONFIG: '',
    KUBERC: 'off',
    NO_COLOR: '1',
    LANG: 'C.UTF-8',
    ...goEnvironment(),
  };
  return {
    folder: world.folder,
    apiUrl: world.platform.apiUrl,
    environment,
    async addCluster(name, { network, gateway }) {
      const at = kubeconfigs.length;
      const candidate = await world.raise({
        ...{ name, network, gateway, serviceCidr: `10.${96 + at}.0.0/16` },
        prepare: installIstiod,
      });
      kubeconfigs.push(candidate.kube.kubeconfig);
      environment.KUBECONFIG = kubeconfigs.join(delimiter);
      const [kubelet, workloads] = await standIns(candidate, join(world.folder, name), at);
      stops.push(
        () => kubelet.stop(),
        () => workloads.stop(),
      );
    },
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
      await world.stop();
    },
  };
}

async function standIns(
  { kube }: Candidate,
  folder: string,
  at: number,
): Promise<[KubeletStandIn, Workloads]> {
  return await Promise.all([
    startKubeletStandIn(kube, {
      namespace: agentNamespace,
      labelSelector: 'app.kubernetes.io/name=isthmus-agent',
      folder: join(folder, 'kubelet'),
      images,
    }),
    startWorkloads(kube, { except: agentNamespace, addresses: `10.${200 + at}.0` }),
  ]);
}

/** Something to restart: without the label by which agents find an istiod, since it answers nobody. */
async function installIstiod(kube: KubeCluster): Promise<void> {
  const labels = { stands: 'for-istiod' };
  await applyObjects(kube, [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'istiod', namespace: 'istio-system' },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'discovery', image: 'example.com/istio/pilot' }] },
        },
      },
    },
  ]);
}

/** Go's caches are the machine's, whoever's home it is. */
function goEnvironment(): Record<string, string> {
  const {
    HOME = '',
    GOPATH = join(HOME, 'go'),
    GOCACHE = join(HOME, '.cache/go-build'),
  } = process.env;
  return { GOPATH, GOCACHE, GOFLAGS: '-buildvcs=false', GOWORK: 'off' };
}
