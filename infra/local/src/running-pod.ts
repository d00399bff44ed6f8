import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { KubeCluster } from '@isthmus/clusters';
import { messageOf } from '@isthmus/kernel';
import { type Container, environmentOf, type Pod } from './pod-environment.js';

/** What an image would hold; all of them are the agent that is built here. */
export interface StandInImage {
  /** That the agent says it is of; that of its package unless said. */
  readonly version?: string;
  /** Beside what the Pod says, and before it. */
  readonly env?: Readonly<Record<string, string>>;
  /** In place of the agent: a program with its arguments. */
  readonly command?: readonly string[];
}

/** What a Pod needs to know of the node that it is on; see `KubeletOptions`. */
export interface PodNode {
  readonly folder: string;
  readonly images: ReadonlyMap<string, StandInImage>;
  readonly env?: Readonly<Record<string, string>>;
  /** Of the node's end. */
  readonly signal: AbortSignal;
}

interface Ended {
  readonly terminated: {
    readonly exitCode: number;
    readonly reason: string;
    readonly message: string;
  };
}

const agentFolder = fileURLToPath(new URL('../../../apps/agent', import.meta.url));
const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const probeMs = 500;
/** As the kubelet's, and shorter: the first restart comes at once, the next ones wait for so long. */
const crashBackoffMs = 2_000;
/** Of a log, as a termination message. */
const messageCharacters = 2_048;

/** A Pod on the node, from its first container to its last. */
export class RunningPod {
  log = '';
  private readonly ending = new AbortController();
  private readonly startedAt = new Date().toISOString();
  private readonly container: Container;
  private readonly home: string;
  private child: ChildProcess | undefined;
  private running: Promise<void> = Promise.resolve();
  private isReady = false;
  /** Whether the API server has heard of the state. */
  private isTold = true;
  private restartCount = 0;
  private lastState: object = {};
  private ended: Promise<void> | undefined;

  constructor(
    private readonly kube: KubeCluster,
    private readonly node: PodNode,
    readonly pod: Pod,
  ) {
    const [container] = pod.spec.containers;
    if (!container || pod.spec.containers.length > 1)
      throw new Error(`${pod.metadata.name}: one container, please`);
    this.container = container;
    this.home = join(node.folder, 'pods', pod.metadata.uid ?? '');
  }

  /** What keeps it from starting is told, and tried again. */
  async run(): Promise<void> {
    const { signal } = this.ending;
    const begin = async (): Promise<void> => {
      while (!signal.aborted) {
        await this.live().catch(async (error: unknown) => {
          const waiting = { reason: 'CreateContainerError', message: messageOf(error) };
          await this.tell({ waiting });
          await pause(crashBackoffMs, signal);
        });
      }
    };
    this.running = begin();
    await this.running;
  }

  kill(): void {
    this.child?.kill('SIGKILL');
  }

  /** SIGTERM, and after so many ms SIGKILL. @param remove Whether the API server is told that it is gone. */
  async end(graceMs: number, remove = false): Promise<void> {
    this.ended ??= (async () => {
      this.ending.abort();
      this.child?.kill('SIGTERM');
      const timer = setTimeout(() => this.kill(), graceMs);
      await this.running;
      clearTimeout(timer);
      if (remove) await this.remove();
    })();
    await this.ended;
  }

  /** Until the API server has heard it, or the node stops. */
  async remove(): Promise<void> {
    const { signal } = this.node;
    const path = `${pathOf(this.pod.metadata)}?gracePeriodSeconds=0`;
    const isGone = async (): Promise<boolean> =>
      [200, 404].includes((await this.kube.api.send('DELETE', path)).status);
    while (!signal.aborted && !(await isGone().catch(() => false))) await pause(probeMs, signal);
  }

  /** The container, again and again. */
  private async live(): Promise<void> {
    const { signal } = this.ending;
    const image = await this.pulled();
    if (!image) return;
    await mkdir(this.home, { recursive: true });
    const args = this.container.args?.slice(1) ?? [];
    const command = image.command ?? [process.execPath, await this.program(image), ...args];
    const env = {
      ...image.env,
      ...(await environmentOf(this.kube, this.pod, this.home)),
      ...this.node.env,
    };
    for (; !signal.aborted; this.restartCount += 1) {
      const ended = await this.life(command, { ...env, ISTHMUS_HEALTH_PORT: '0' });
      if (signal.aborted) break;
      await this.tell(ended);
      if (this.pod.spec.restartPolicy === 'Never') {
        await this.untilTold(ended);
        return this.ending.abort();
      }
      this.lastState = ended;
      if (this.restartCount === 0) continue;
      const message = `back-off restarting failed container ${this.container.name}`;
      await this.tell({ waiting: { reason: 'CrashLoopBackOff', message } });
      await pause(crashBackoffMs, this.ending.signal);
    }
  }

  /** Waits for the image, saying so. @returns undefined when the Pod has ended meanwhile. */
  private async pulled(): Promise<StandInImage | undefined> {
    const { image } = this.container;
    const message = `failed to pull and unpack image "${image}": not found`;
    for (let reason = 'ErrImagePull'; !this.ending.signal.aborted; reason = 'ImagePullBackOff') {
      const found = this.node.images.get(image);
      if (found) return found;
      await this.tell({ waiting: { reason, message } });
      await pause(crashBackoffMs, this.ending.signal);
    }
    return undefined;
  }

  /** One life of the container. @returns how it ended, as a state of it. */
  private async life(
    [program = '', ...args]: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<Ended> {
    const child = spawn(program, args, {
      cwd: this.home,
      env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    children.add(child);
    let said = '';
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        this.log += text;
      });
    }
    const over = new AbortController();
    const closed = once(child, 'close') as Promise<[number | null]>;
    closed.catch(() => undefined);
    await this.tell({ running: { startedAt: new Date().toISOString() } });
    const probing = this.probe(() => portIn(said), over.signal);
    const [code] = await closed;
    children.delete(child);
    over.abort();
    await probing;
    this.isReady = false;
    const exitCode = code ?? 137;
    const reason = exitCode === 0 ? 'Completed' : 'Error';
    // As FallbackToLogsOnError says.
    const message = exitCode === 0 ? '' : said.slice(-messageCharacters);
    return { terminated: { exitCode, reason, message } };
  }

  private async probe(port: () => string | undefined, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isReady = await fetch(`http://127.0.0.1:${port()}/readyz`, { signal }).then(
        ({ ok }) => ok,
        () => false,
      );
      if (signal.aborted) return;
      if (isReady !== this.isReady || !this.isTold) {
        this.isReady = isReady;
        await this.tell({ running: { startedAt: this.startedAt } });
      }
      await pause(probeMs, signal);
    }
  }

  /** A Job goes by what is told last. */
  private async untilTold(state: object): Promise<void> {
    for (; !this.isTold && !this.ending.signal.aborted; await this.tell(state))
      await pause(probeMs, this.ending.signal);
  }

  private async tell(state: Ended | object): Promise<void> {
    const { name, image } = this.container;
    const isRunning = 'running' in state;
    const ready = isRunning && this.isReady;
    const unready = {
      status: 'False',
      reason: 'ContainersNotReady',
      message: `containers with unready status: [${name}]`,
    };
    const now = new Date().toISOString();
    const conditions = [
      { type: 'Initialized', status: 'True' },
      // A scheduler that had no node for it may have said so.
      { type: 'PodScheduled', status: 'True', reason: null, message: null },
      ...['ContainersReady', 'Ready'].map((type) => ({
        type,
        lastTransitionTime: now,
        ...(ready ? { status: 'True', reason: null, message: null } : unready),
      })),
    ];
    const { restartCount, lastState, startedAt: startTime } = this;
    const phase = this.phaseAt(state);
    const container = { name, image, imageID: '', ready, started: isRunning };
    const containerStatuses = [{ ...container, restartCount, state, lastState }];
    const status = { phase, startTime, conditions, containerStatuses };
    const path = `${pathOf(this.pod.metadata)}/status`;
    const type = 'application/strategic-merge-patch+json';
    this.isTold = await this.kube.api.send('PATCH', path, { status }, type).then(
      (answer) => answer.status === 200,
      () => false,
    );
  }

  private phaseAt(state: Ended | object): string {
    if (!('terminated' in state))
      return 'running' in state || this.restartCount > 0 ? 'Running' : 'Pending';
    if (this.pod.spec.restartPolicy !== 'Never') return 'Running';
    return state.terminated.exitCode === 0 ? 'Succeeded' : 'Failed';
  }

  /** The entry of the agent; for another version, of a copy that says so. */
  private async program({ version }: StandInImage): Promise<string> {
    const main = join('dist', 'main.js');
    if (version === undefined) return join(agentFolder, main);
    const copy = join(this.node.folder, 'images', version);
    await mkdir(copy, { recursive: true });
    await cp(join(agentFolder, 'dist'), join(copy, 'dist'), { recursive: true });
    await symlink(modules, join(copy, 'node_modules')).catch(() => undefined);
    const about = JSON.parse(await readFile(join(agentFolder, 'package.json'), 'utf8')) as object;
    await writeFile(join(copy, 'package.json'), JSON.stringify({ ...about, version }));
    return join(copy, main);
  }
}

export function pathOf({ namespace, name }: Pod['metadata']): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

/** As the agent says when it has begun to listen; a port that was free a moment ago may not be so any more. */
function portIn(log: string): string | undefined {
  return /"healthPort":(\d+)/.exec(log)?.[1];
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

const children = new Set<ChildProcess>();
// Nothing of ours outlives a crash of whoever started it.
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
