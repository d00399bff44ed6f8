import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ensureNamespace, eventually, type Member, type World } from '@isthmus/local';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestWorld } from './world.js';

// What happens in real clusters reaches somebody's own server, whatever fails on the way.

let world: World;
let receiver: Receiver;
let member: Member;
let webhook: { id: string; secret: string };

interface Payload {
  readonly type: string;
  readonly data: { readonly id: string; readonly message: string };
}

/** Takes what is signed for it, once. */
class Receiver {
  readonly taken = new Map<string, Payload>();
  secret = '';
  isUp = true;
  refusals = 0;
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (!this.isUp) {
        this.refusals += 1;
        response.writeHead(503).end();
        return;
      }
      const headers = request.headers as Record<string, string>;
      const body = Buffer.concat(chunks).toString();
      const payload = new Verifier(this.secret).verify(body, headers) as Payload;
      this.taken.set(headers['webhook-id'] ?? '', payload);
      response.writeHead(204).end();
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/isthmus`;
  }

  types(): string[] {
    return [...this.taken.values()].map(({ type }) => type);
  }

  /** Waits until it was told all of these. */
  async hears(...types: string[]): Promise<void> {
    await eventually(
      `the receiver hears ${types.join(', ')}`,
      async () => {
        const heard = this.types();
        const missing = types.filter((type) => !heard.includes(type));
        if (missing.length > 0) throw new Error(`${missing.join()} missing of ${heard.join()}`);
      },
      { deadlineMs: 90_000 },
    );
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

beforeAll(async () => {
  receiver = new Receiver();
  const [started, url] = await Promise.all([startTestWorld(), receiver.start()]);
  world = started;
  const { createWebhook } = await world.api.query<{
    createWebhook: { webhook: { id: string }; secret: string };
  }>(
    `mutation ($input: CreateWebhookInput!) {
       createWebhook(input: $input) { webhook { id } secret } }`,
    { input: { name: 'receiver', url } },
  );
  webhook = { id: createWebhook.webhook.id, secret: createWebhook.secret };
  receiver.secret = webhook.secret;
});
afterAll(async () => {
  receiver?.stop();
  await world?.stop();
});

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
  receiver.isUp = false;
  await apply('1s');
  await eventually('the receiver was tried', async () => {
    if (receiver.refusals === 0) throw new Error('it was not');
  });
  // In the middle of it: its deliveries are found by whoever comes next.
  await world.platform.worker.stop('SIGKILL');
  receiver.isUp = true;
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
  const drift = [...receiver.taken.values()].find(({ type }) => type === 'drift.found');
  expect(JSON.stringify(drift)).toContain('VirtualService.networking.istio.io/shop/cart');
});

it('a cluster whose agent goes is told of, and what is asked for is sent again', async () => {
  await member.agent.stop('SIGKILL');
  await receiver.hears('cluster.out_of_contact');
  const before = new Map(receiver.taken);
  receiver.taken.clear();
  const { replayWebhook } = await world.api.query<{ replayWebhook: { replayed: number } }>(
    `mutation ($input: ReplayWebhookInput!) { replayWebhook(input: $input) { replayed } }`,
    { input: { id: webhook.id, since: new Date(0).toISOString() } },
  );
  expect(replayWebhook.replayed).toBeGreaterThanOrEqual(before.size);
  await eventually('all of it came again, under the same ids', async () => {
    const missing = [...before.keys()].filter((id) => !receiver.taken.has(id));
    if (missing.length > 0) throw new Error(`${missing.length} are missing`);
  });
});
