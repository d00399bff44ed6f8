import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { ensureNamespace, eventually, type Member, type World } from '@isthmus/local';
import { freePort } from '@isthmus/platform';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from './guides/root.js';
import { startTestWorld } from './world.js';

// What happens in real clusters reaches somebody's own server, whatever fails on the way.

let world: World;
let receiver: Receiver;
let member: Member;
let webhook: { id: string; secret: string };

/** The program of the guide, word by word. */
class Receiver {
  private readonly heard: string[] = [];
  private child: ChildProcess | undefined;

  constructor(private readonly port: number) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}/isthmus`;
  }

  async start(secret: string): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-receiver-'));
    const guide = await readFile(join(root, 'docs/webhooks.md'), 'utf8');
    const [, program = ''] = /```js receiver\n([^`]+(?:`[^`]+)*?)```/.exec(guide) ?? [];
    await writeFile(join(folder, 'receiver.mjs'), program);
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    this.child = spawn(process.execPath, ['receiver.mjs'], {
      cwd: folder,
      env: { ...process.env, WEBHOOK_SECRET: secret, PORT: String(this.port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: this.child.stdout as Readable }).on('line', (line) =>
      this.heard.push(line),
    );
  }

  /** Events, in the order in which they came: id, type and message. */
  get lines(): readonly string[] {
    return this.heard;
  }

  types(): string[] {
    return this.heard.map((line) => line.split(/[ :]/)[1] ?? '');
  }

  ids(): Set<string> {
    return new Set(this.heard.map((line) => line.split(' ')[0] ?? ''));
  }

  /** Waits until it was told all of these. */
  async hears(...types: string[]): Promise<void> {
    await eventually(
      `the receiver hears ${types.join(', ')}`,
      async () => {
        const missing = types.filter((type) => !this.types().includes(type));
        if (missing.length > 0) throw new Error(`${missing.join()} missing of ${this.types()}`);
      },
      { deadlineMs: 90_000 },
    );
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (!child) return;
    this.child = undefined;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

beforeAll(async () => {
  receiver = new Receiver(await freePort());
  world = await startTestWorld();
  const { createWebhook } = await world.api.query<{
    createWebhook: { webhook: { id: string }; secret: string };
  }>(
    `mutation ($input: CreateWebhookInput!) {
       createWebhook(input: $input) { webhook { id } secret } }`,
    { input: { name: 'receiver', url: receiver.url } },
  );
  webhook = { id: createWebhook.webhook.id, secret: createWebhook.secret };
  await receiver.start(webhook.secret);
});
afterAll(async () => {
  await receiver?.stop();
  await world?.stop();
});

interface Delivery {
  state: string;
  attempts: number;
  reason: string | null;
}

async function deliveries(): Promise<Delivery[]> {
  const { node } = await world.api.query<{
    node: { deliveries: { edges: { node: Delivery }[] } };
  }>(
    `query ($id: ID!) { node(id: $id) { ... on Webhook { deliveries(first: 200) {
       edges { node { state attempts reason } } } } } }`,
    { id: webhook.id },
  );
  return node.deliveries.edges.map(({ node: delivery }) => delivery);
}

async function apply(timeout: string): Promise<void> {
  const content = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec: {hosts: [cart], http: [{route: [{destination: {host: cart}}], timeout: ${timeout}}]}
`;
  await world.api.query(
    `mutation ($input: ApplyConfigurationInput!) { applyConfiguration(input: $input) {
       rollout { id } } }`,
    {
      input: {
        meshId: world.meshId,
        message: timeout,
        files: [{ path: 'cart.yaml', content }],
        policy: { waves: [], gate: { soakSeconds: 0, timeoutSeconds: 60 } },
      },
    },
  );
}

it('a cluster that joins is told of, with what it got', async () => {
  member = await world.join({ name: 'cloud', network: 'net-a', locality: 'eu' });
  await ensureNamespace(member.kube, 'shop');
  await receiver.hears('cluster.registered', 'cluster.connected', 'trust.certificate_issued');
});

it('what happens while receiver and worker are down is told once they are back, once each', {
  timeout: 120_000,
}, async () => {
  await receiver.stop();
  await apply('1s');
  await eventually('the receiver was tried', async () => {
    const tried = (await deliveries()).filter(({ reason }) => reason === 'Unreachable');
    if (tried.length === 0) throw new Error('it was not');
  });
  // In the middle of it: its deliveries are found by whoever comes next.
  await world.platform.worker.stop('SIGKILL');
  await receiver.start(webhook.secret);
  await world.platform.worker.start();
  await receiver.hears(
    'rollout.queued',
    'rollout.started',
    'rollout.wave_started',
    'rollout.completed',
  );
  const rollout = receiver.types().filter((type) => type.startsWith('rollout.'));
  expect(rollout.length).toBe(new Set(rollout).size);
});

it('what somebody else changes in a cluster is told', async () => {
  const patch = '{"spec":{"http":[{"route":[{"destination":{"host":"elsewhere"}}]}]}}';
  await member.kube.kubectl([
    ...['-n', 'shop', 'patch', 'virtualservices.networking.istio.io', 'cart'],
    ...['--type=merge', '-p', patch],
  ]);
  await receiver.hears('drift.found');
  const drift = receiver.lines.find((line) => line.includes('drift.found'));
  expect(drift).toContain("in cluster 'cloud': 1 in all");
});

it('a cluster whose agent goes is told of, and what is asked for is sent again', async () => {
  await member.agent.stop('SIGKILL');
  await receiver.hears('cluster.out_of_contact');
  const before = receiver.ids();
  await receiver.stop();
  const fresh = new Receiver(Number(new URL(receiver.url).port));
  receiver = fresh;
  await fresh.start(webhook.secret);
  const { replayWebhook } = await world.api.query<{ replayWebhook: { replayed: number } }>(
    `mutation ($input: ReplayWebhookInput!) { replayWebhook(input: $input) { replayed } }`,
    { input: { id: webhook.id, since: new Date(0).toISOString() } },
  );
  expect(replayWebhook.replayed).toBeGreaterThanOrEqual(before.size);
  await eventually('all of it came again, under the same ids', async () => {
    const missing = [...before].filter((id) => !fresh.ids().has(id));
    if (missing.length > 0) throw new Error(`${missing.length} are missing`);
  });
});
