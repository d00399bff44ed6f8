import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { TestAuthority } from '../testing/hub.js';
import { Kube, KubeError } from './client.js';
import { Core } from './kinds.js';

const timeoutMs = 200;
let server: Server | undefined;

/** A client, and an API server that answers as it is told. */
async function kubeOf(answer: RequestListener): Promise<Kube> {
  const authority = await TestAuthority.make('kube');
  const p256 = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await webcrypto.subtle.generateKey(p256, true, ['sign', 'verify']);
  const cert = await authority.sign(keys.publicKey, 'api', { host: true });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
  server = createServer({ key, cert }, answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const path = join(await mkdtemp(join(tmpdir(), 'isthmus-kube-')), 'kubeconfig');
  const cluster = {
    server: `https://localhost:${port}`,
    'certificate-authority-data': Buffer.from(authority.pem).toString('base64'),
  };
  await writeFile(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token: 'x' } }],
    }),
  );
  return Kube.load(path, timeoutMs);
}

const first = async (kube: Kube, signal = new AbortController().signal) => {
  for await (const event of kube.watch(Core.Service, {}, '1', signal)) return event;
  return undefined;
};

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe('a watch', () => {
  it.each<[string, RequestListener]>([
    ['does not begin', () => undefined],
    [
      'is refused in words without an end',
      (_request, response) => {
        response.writeHead(403);
        response.write('{');
      },
    ],
  ])(
    'that %s is given up',
    async (_title, answer) => {
      const failure = await first(await kubeOf(answer)).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(KubeError);
      expect(failure).toMatchObject({ status: 0, reason: 'Unreachable', transient: true });
      expect(String(failure)).toContain('aborted');
    },
    5_000,
  );

  it('that has begun lasts', async () => {
    const kube = await kubeOf((_request, response) => {
      response.writeHead(200);
      response.flushHeaders();
      const event = { type: 'ADDED', object: { metadata: { name: 'late' } } };
      void sleep(timeoutMs * 3).then(() => response.write(`${JSON.stringify(event)}\n`));
    });
    expect(await first(kube)).toMatchObject({ object: { metadata: { name: 'late' } } });
  });

  it('ends without an error when it is stopped before it began', async () => {
    const kube = await kubeOf(() => undefined);
    expect(await first(kube, AbortSignal.timeout(50))).toBeUndefined();
  });
});

describe('an error', () => {
  it.each([
    [401, true],
    [409, true],
    [500, true],
    [400, false],
    [403, false],
    [422, false],
  ])('of status %i passes by itself: %s', (status, transient) => {
    expect(new KubeError(status, '', '').transient).toBe(transient);
  });
});
