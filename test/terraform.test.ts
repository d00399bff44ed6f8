import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureTofu } from '@isthmus/clusters';
import { type LocalPlatform, type Owner, signUp, startPlatform } from '@isthmus/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providerFolder, run } from './terraform/provider.js';

// The provider's own tests, in Go, by a real OpenTofu against a real platform.

/** OpenTofu and the provider may have to be built first. */
const buildTimeoutMs = 1_800_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const provider = join('infra', 'terraform-provider');
const schema = join('apps', 'api', 'schema.graphql');

let folder: string;
let tofu: string;
let platform: LocalPlatform;
let owner: Owner;

/** Kills the API and starts it anew for a test that asks for it, which is answered then. */
const restarter = createServer((_, response) => {
  const restart = async () => {
    await platform.api.stop('SIGKILL');
    await platform.api.start();
  };
  restart().then(
    () => response.writeHead(204).end(),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-terraform-'));
  tofu = await ensureTofu();
  platform = await startPlatform({ folder: join(folder, 'platform') });
  owner = await signUp(platform.apiUrl);
  restarter.listen(0, '127.0.0.1');
  await once(restarter, 'listening');
}, buildTimeoutMs);
afterAll(async () => {
  restarter.close();
  await platform?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Each line of `go test -v` that says how a test, not a part of one, ended. */
function verdicts(text: string): Record<string, string> {
  const found = text.matchAll(/^--- (PASS|FAIL|SKIP): (\S+)/gm);
  return Object.fromEntries([...found].map(([, verdict = '', name = '']) => [name, verdict]));
}

describe("Terraform's provider", () => {
  it(
    'makes, reads, changes, imports and destroys each of its resources',
    async () => {
      const settings = join(folder, 'tofurc');
      await writeFile(settings, '');
      const tests = ['go', 'test', '-count=1', '-timeout=25m', '-v', './...'] as const;
      const { code, text } = await run([...tests], providerFolder, {
        TF_ACC: '1',
        TF_ACC_TERRAFORM_PATH: tofu,
        TF_ACC_PROVIDER_HOST: 'registry.opentofu.org',
        TF_ACC_PROVIDER_NAMESPACE: 'hashicorp',
        TF_CLI_CONFIG_FILE: settings,
        ISTHMUS_ENDPOINT: platform.apiUrl,
        ISTHMUS_TOKEN: owner.sessionToken,
        ISTHMUS_RESTART_URL: `http://127.0.0.1:${(restarter.address() as AddressInfo).port}/`,
      });
      const all = verdicts(text);
      const bad = Object.entries(all).filter(([, verdict]) => verdict !== 'PASS');
      expect(bad, text).toEqual([]);
      expect(code, text).toBe(0);
      // Without a platform most of them would say nothing.
      expect(Object.keys(all).length).toBeGreaterThanOrEqual(45);
    },
    buildTimeoutMs,
  );

  it(
    'is vetted, and what is generated of it is as it would be made now',
    async () => {
      const vetted = await run(['go', 'vet', './...'], providerFolder);
      expect(vetted.code, vetted.text).toBe(0);
      const copy = join(folder, 'copy');
      await mkdir(join(copy, 'apps', 'api'), { recursive: true });
      await cp(join(root, schema), join(copy, schema));
      await cp(providerFolder, join(copy, provider), { recursive: true });
      const made = await run(['go', 'generate', './...'], join(copy, provider, 'tools'), {
        TF_ACC_TERRAFORM_PATH: tofu,
      });
      expect(made.code, made.text).toBe(0);
      const difference = await run(
        ['git', 'diff', '--no-index', '--stat', providerFolder, join(copy, provider)],
        folder,
      );
      expect(difference, difference.text).toMatchObject({ code: 0 });
    },
    buildTimeoutMs,
  );
});
