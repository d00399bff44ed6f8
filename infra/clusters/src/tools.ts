import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, cacheFolder, exists } from './cache.js';
import { run } from './command.js';
import { downloadControlPlane, downloadHelm, officialPlatform } from './download.js';
import { buildProgram, downloadModules, fingerprint, moduleFolders } from './go.js';
import { type Log, withProgress } from './log.js';
import { etcdVersion, helmVersion, kubernetesVersion, kwokVersion } from './versions.js';

/** Programs and files that a cluster is made of; all paths are absolute. */
export interface Tools {
  kubectl: string;
  helm: string;
  /** One YAML file each, with every custom resource definition of that project. */
  crds: { istio: string; gatewayApi: string; mcs: string; prometheusOperator: string };
  /** How to start etcd: a program and its first arguments; flags come after them. */
  etcd: string[];
  /** How to start the API server; see {@link Tools.etcd}. */
  kubeApiserver: string[];
  /** How to start the controller manager; see {@link Tools.etcd}. */
  kubeControllerManager: string[];
  /** Of the API server, as `v1.36.3`. */
  kubernetesVersion: string;
}

const standardError: Log = (line) => process.stderr.write(`clusters: ${line}\n`);
const programs = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const;

/**
 * Finds the tools, or makes them: `KUBEBUILDER_ASSETS`, then the cache, then the official downloads (their checksums
 * verified), then a build of the Go modules in `go/`, which takes minutes once. Processes that ask at the same time share
 * one build. Go is needed in any case: it fetches and verifies the custom resource definitions.
 * @param options.log Takes progress lines; default: standard error.
 * @throws Error that says what to install when Go is needed and missing; CommandError with the compiler's words.
 */
export async function ensureTools(options: { log?: Log } = {}): Promise<Tools> {
  const log = options.log ?? standardError;
  const assets = process.env.KUBEBUILDER_ASSETS;
  const given = async (name: string) => {
    const path = assets ? join(assets, name) : '';
    return path !== '' && (await exists(path)) ? path : undefined;
  };
  const [etcd, apiserver, controllerManager, kubectl] = await Promise.all(programs.map(given));
  if (assets && !(etcd && apiserver && kubectl)) {
    throw new Error(
      `KUBEBUILDER_ASSETS is ${assets}, but etcd, kube-apiserver or kubectl is missing there`,
    );
  }
  const crds = await crdFolder(log);
  const made = etcd && apiserver && controllerManager && kubectl ? '' : await controlPlane(log);
  const helm = await helmFolder(log);
  return {
    kubectl: kubectl ?? join(made, 'kubectl'),
    helm: join(helm, 'helm'),
    crds: {
      istio: join(crds, 'istio.yaml'),
      gatewayApi: join(crds, 'gateway-api.yaml'),
      mcs: join(crds, 'mcs.yaml'),
      prometheusOperator: join(crds, 'prometheus-operator.yaml'),
    },
    etcd: [etcd ?? join(made, 'etcd')],
    kubeApiserver: [apiserver ?? join(made, 'kube-apiserver')],
    kubeControllerManager: [controllerManager ?? join(made, 'kube-controller-manager')],
    kubernetesVersion: apiserver ? await versionOf(apiserver) : kubernetesVersion,
  };
}

/**
 * Path of kwok, built the first time (2 minutes): its releases have no checksums by which to verify a download.
 * @throws as {@link ensureTools}
 */
export async function ensureKwok(options: { log?: Log } = {}): Promise<string> {
  const log = options.log ?? standardError;
  const linkerFlags = [`-X sigs.k8s.io/kwok/pkg/consts.Version=${kwokVersion}`];
  const module = moduleFolders.kwok;
  const folder = await cached(`kwok-${await fingerprint(module, linkerFlags)}`, log, (made) =>
    buildProgram(module, 'sigs.k8s.io/kwok/cmd/kwok', join(made, 'kwok'), linkerFlags, log),
  );
  return join(folder, 'kwok');
}

/**
 * Path of OpenTofu, built the first time (4 minutes).
 * @throws as {@link ensureTools}
 */
export async function ensureTofu(options: { log?: Log } = {}): Promise<string> {
  const log = options.log ?? standardError;
  // Else it takes itself for a development build, and warns of it.
  const linkerFlags = ['-X github.com/opentofu/opentofu/version.dev=no'];
  const module = moduleFolders.tofu;
  const folder = await cached(`tofu-${await fingerprint(module, linkerFlags)}`, log, (made) =>
    buildProgram(
      module,
      'github.com/opentofu/opentofu/cmd/tofu',
      join(made, 'tofu'),
      linkerFlags,
      log,
    ),
  );
  return join(folder, 'tofu');
}

/** `Kubernetes v1.36.3` → `v1.36.3` */
async function versionOf(apiserver: string): Promise<string> {
  const said = await run([apiserver, '--version'], { timeoutMs: 60_000 });
  return said.trim().split(' ').at(-1) ?? '';
}

/** A folder with the four programs. */
async function controlPlane(log: Log): Promise<string> {
  const [major = '', minor = ''] = kubernetesVersion.slice(1).split('.');
  const linkerFlags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap(
    (name) => [
      `-X ${name}.gitVersion=${kubernetesVersion}`,
      `-X ${name}.gitMajor=${major}`,
      `-X ${name}.gitMinor=${minor}`,
      `-X ${name}.gitTreeState=clean`,
    ],
  );
  return await downloadedOrBuilt({
    name: 'kubernetes',
    version: `${kubernetesVersion}-etcd-${etcdVersion}`,
    module: moduleFolders.kubecluster,
    linkerFlags,
    download: downloadControlPlane,
    build: async (folder) => {
      await buildProgram(
        moduleFolders.kubecluster,
        '.',
        join(folder, 'kubecluster'),
        linkerFlags,
        log,
      );
      for (const name of programs) await symlink('kubecluster', join(folder, name));
    },
    log,
  });
}

/** A folder with the program helm. */
async function helmFolder(log: Log): Promise<string> {
  const linkerFlags = [`-X helm.sh/helm/v4/internal/version.version=${helmVersion}`];
  return await downloadedOrBuilt({
    name: 'helm',
    version: helmVersion,
    module: moduleFolders.helm,
    linkerFlags,
    download: downloadHelm,
    build: (folder) =>
      buildProgram(
        moduleFolders.helm,
        'helm.sh/helm/v4/cmd/helm',
        join(folder, 'helm'),
        linkerFlags,
        log,
      ),
    log,
  });
}

interface Recipe {
  name: string;
  version: string;
  module: string;
  linkerFlags: readonly string[];
  download: (folder: string, log: Log) => Promise<void>;
  build: (folder: string) => Promise<void>;
  log: Log;
}

/** The cheapest first: what the cache has, then the official binaries, then a build. */
async function downloadedOrBuilt(recipe: Recipe): Promise<string> {
  const { name, log } = recipe;
  const downloaded = `${name}-${recipe.version}-${officialPlatform()}`;
  const built = `${name}-${await fingerprint(recipe.module, recipe.linkerFlags)}`;
  for (const folder of [downloaded, built]) {
    if (await exists(join(cacheFolder(), folder))) return join(cacheFolder(), folder);
  }
  try {
    return await cached(downloaded, log, (folder) => recipe.download(folder, log));
  } catch (error) {
    log(`no official binaries of ${name} (${reason(error)})`);
  }
  return await cached(built, log, recipe.build);
}

/** `fetch failed` alone says nothing: its cause does. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** A folder with one YAML file for each project's custom resource definitions. */
async function crdFolder(log: Log): Promise<string> {
  return await cached(`crds-${await fingerprint(moduleFolders.crds, [])}`, log, async (folder) => {
    const modules = await withProgress('fetching the custom resource definitions', log, () =>
      downloadModules(moduleFolders.crds),
    );
    for (const [file, module, ...paths] of crdSources) {
      const sources = paths.map((path) => yamlOf(join(modules.get(module) ?? '', path)));
      await writeFile(join(folder, file), (await Promise.all(sources)).join('\n---\n'));
    }
  });
}

// The standard channel of the Gateway API is all that Istio reads.
const crdSources = [
  ['istio.yaml', 'istio.io/api', 'kubernetes/customresourcedefinitions.gen.yaml'],
  ['gateway-api.yaml', 'sigs.k8s.io/gateway-api', 'config/crd/standard'],
  ['mcs.yaml', 'sigs.k8s.io/mcs-api', 'config/crd'],
  [
    'prometheus-operator.yaml',
    'github.com/prometheus-operator/prometheus-operator',
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
  ],
] as const;

/** One YAML file as it is, or a folder's custom resource definitions as one. */
async function yamlOf(path: string): Promise<string> {
  if (path.endsWith('.yaml')) return await readFile(path, 'utf8');
  const names = (await readdir(path)).filter((name) => name.endsWith('.yaml')).sort();
  const documents = await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')));
  // The Gateway API has an admission policy and a kustomization beside them.
  return documents.filter((text) => /^kind: CustomResourceDefinition$/m.test(text)).join('\n---\n');
}
