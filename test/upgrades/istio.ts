import { join } from 'node:path';
import { type ApiClient, eventually, type Member } from '@isthmus/local';
import type { ChartFolder } from './charts.js';

export function revisionOf(version: string): string {
  return version.replaceAll('.', '-');
}

/**
 * Of each minor version that is known the newest that somebody verified, the oldest first.
 * @param orElse Whether one that nobody verified will do for a minor version that has no other.
 */
export async function newestOfMinors(api: ApiClient, orElse = false): Promise<string[]> {
  const { istioVersions } = await api.query<{
    istioVersions: { minor: string; version: string; isVerified: boolean }[];
  }>(`{ istioVersions { minor version isVerified } }`);
  // The newest come first.
  const minors = new Map<string, string>();
  for (const sure of orElse ? [true, false] : [true]) {
    for (const { minor, version, isVerified } of istioVersions) {
      if (isVerified === sure && !minors.has(minor)) minors.set(minor, version);
    }
  }
  const ordinal = (minor: string): number => Number(minor.split('.')[1]);
  return [...minors].sort(([a], [b]) => ordinal(a) - ordinal(b)).map(([, version]) => version);
}

/** As Istio's own documents say: the charts base and istiod. @param values Of istiod, with its revision and tags. */
export async function installIstio(
  kube: Member['kube'],
  { folder }: ChartFolder,
  version: string,
  { release, values }: { readonly release: string; readonly values: readonly string[] },
): Promise<void> {
  const install = (name: string, chart: string, ...more: readonly string[]): Promise<string> =>
    kube.helm([
      ...['install', name, join(folder, `${chart}-${version}.tgz`)],
      ...['--namespace', 'istio-system', ...more],
    ]);
  // CRDs are there already, and become Helm's.
  await install('istio-base', 'base', '--take-ownership');
  await install(release, 'istiod', ...values.map((value) => `--set=${value}`));
}

/** Before, an API server refuses Pods that are to be injected. */
export async function injectorsAreReady(kube: Member['kube']): Promise<void> {
  await eventually('the injectors can be asked', async () => {
    const bundles = await kube.kubectl([
      ...['get', 'mutatingwebhookconfigurations', '-l', 'istio.io/rev', '-o'],
      'jsonpath={range .items[*].webhooks[*]}{.clientConfig.caBundle}{"\\n"}{end}',
    ]);
    if (bundles.trim() === '' || bundles.trimEnd().split('\n').includes(''))
      throw new Error('no CA');
  });
}

/** A workload that is its app. */
export function deployment(
  namespace: string,
  name: string,
  replicas: number,
  { annotations = {}, container = { name: 'app', image: 'app' } } = {},
): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations },
        spec: { containers: [container] },
      },
    },
  };
}

/** As many of an app's Pods have to stay. */
export function budget(namespace: string, app: string, minAvailable: number): object {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { namespace, name: app },
    spec: { minAvailable, selector: { matchLabels: { app } } },
  };
}

/** Waits until the budget's own controller has counted all Pods: before, it says nothing. */
export async function blocks(
  { kube }: Member,
  namespace: string,
  name: string,
  pods: number,
): Promise<void> {
  await eventually(`the budget ${namespace}/${name} blocks`, async () => {
    const status = await kube.kubectl([
      ...['-n', namespace, 'get', 'poddisruptionbudget', name],
      '-o=jsonpath={.status.expectedPods} {.status.disruptionsAllowed}',
    ]);
    if (status !== `${pods} 0`) throw new Error(`its status is '${status}'`);
  });
}
