import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('npm run demo -- --once proves the main job and says so in one line', async () => {
  const demo = fileURLToPath(new URL('../infra/local/dist/demo.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [demo, '--once'], {
    timeout: 170_000,
  });
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(last).toMatchObject({
    ok: true,
    clusters: 2,
    imports: [
      { host: 'payments.shop.svc.cluster.local', from: 'cloud', seenIn: 'onprem', weight: 3 },
      { host: 'inventory.shop.svc.cluster.local', from: 'onprem', seenIn: 'cloud', weight: 2 },
    ],
    trust: { sameRoot: true, keysLeftCluster: false },
    configuration: { release: 1, state: 'COMPLETED', waves: 2, clusters: 2 },
    hubDown: { objectsKept: true, agentRestartedWithoutHub: true },
  });
  expect(last.propagationMs.n).toBeGreaterThanOrEqual(50);
}, 180_000);
