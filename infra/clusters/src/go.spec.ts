import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from './command.js';
import { moduleFolders } from './go.js';
import { etcdVersion, helmVersion, kubernetesVersion, kwokVersion } from './versions.js';

test('the downloads and the Go modules are of one version', async () => {
  const pins = (folder: string) => readFile(join(folder, 'go.mod'), 'utf8');
  const controlPlane = await pins(moduleFolders.kubecluster);
  expect(controlPlane).toContain(`\tk8s.io/kubernetes ${kubernetesVersion}\n`);
  expect(controlPlane).toContain(`\tgo.etcd.io/etcd/server/v3 ${etcdVersion}\n`);
  expect(await pins(moduleFolders.helm)).toContain(`helm.sh/helm/v4 ${helmVersion}`);
  expect(await pins(moduleFolders.kwok)).toContain(`sigs.k8s.io/kwok ${kwokVersion}`);
});

// Resolves every package that is built, with an empty module cache; compiling them is what ensureTools does.
test('go.mod and go.sum are enough', { timeout: 300_000 }, async () => {
  const cwd = moduleFolders.kubecluster;
  const goEnv = async (name: string) => (await run(['go', 'env', name], { cwd })).trim();
  const fresh = await mkdtemp(join(tmpdir(), 'isthmus-go-'));
  try {
    const env = {
      GOMODCACHE: fresh,
      // What this machine has downloaded already comes first; go.sum judges it all the same.
      GOPROXY: `file://${await goEnv('GOMODCACHE')}/cache/download,${await goEnv('GOPROXY')}`,
      GOFLAGS: '-mod=readonly -modcacherw',
      GOWORK: 'off',
      CGO_ENABLED: '0',
    };
    const packages = await run(['go', 'list', '-deps', '.'], { cwd, env });
    expect(packages).toContain('k8s.io/kubernetes/cmd/kube-apiserver/app\n');
    await run(['go', 'list', '-deps', 'helm.sh/helm/v4/cmd/helm'], {
      cwd: moduleFolders.helm,
      env,
    });
    await run(['go', 'list', '-deps', 'sigs.k8s.io/kwok/cmd/kwok'], {
      cwd: moduleFolders.kwok,
      env,
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
});
