import { defaultName, IstioMarks, suffixOf } from '../marks.js';

/** Values of a chart, as Helm takes them. */
export interface Values {
  readonly [key: string]: unknown;
}

export interface ValuesOptions {
  /** Those of the revision that a new one begins with. */
  readonly from: { readonly values: Values; readonly version: string; readonly revision: string };
  /** What the intent says, over them. */
  readonly over: Values;
  readonly revision: string;
  readonly version: string;
  readonly namespace: string;
}

/** Values that say which istiod it is, and not how it is to be. */
const ownKeys = ['revision', 'revisionTags', 'defaultRevision'];
/** Values that may name a version: of tags, and of whole images. */
const versionPaths = [
  ['tag'],
  ['image'],
  ['global', 'tag'],
  ['pilot', 'tag'],
  ['pilot', 'image'],
  ['global', 'proxy', 'image'],
  ['global', 'proxy_init', 'image'],
];
const discoveryPath = ['meshConfig', 'defaultConfig', 'discoveryAddress'];

/**
 * The values of a new istiod: those of another one without what makes it that one. A tag of the old
 * version goes, or follows to the new one where it says a variant as well.
 */
export function valuesOf({ from, over, revision, version, namespace }: ValuesOptions): Values {
  const base = structuredClone(from.values) as Record<string, unknown>;
  for (const key of ownKeys) delete base[key];
  for (const path of versionPaths) {
    const value = at(base, path);
    if (typeof value !== 'string' || from.version === '') continue;
    if (value === from.version) remove(base, path);
    else if (namesVersion(value, from.version)) {
      put(base, path, value.replace(from.version, version));
    }
  }
  const discovery = at(base, discoveryPath);
  const old = `istiod${suffixOf(from.revision)}.${namespace}.svc`;
  // It would lead the new proxies to the old istiod; the chart knows its own.
  if (typeof discovery === 'string' && discovery.startsWith(`${old}:`)) remove(base, discoveryPath);
  const merged = merge(base, over) as Record<string, unknown>;
  merged.revision = revision === defaultName ? '' : revision;
  merged.revisionTags = [];
  // Not all objects of the charts go by the namespace of their release.
  if (namespace !== 'istio-system') {
    merged.global = { istioNamespace: namespace, ...(isMap(merged.global) && merged.global) };
  }
  merged.deploymentLabels = {
    ...(isMap(merged.deploymentLabels) && merged.deploymentLabels),
    // With the first write, so that an istiod is never there without saying whose it is.
    [IstioMarks.managed]: 'revision',
  };
  return merged;
}

/** As Helm merges: maps key by key, everything else as a whole. */
function merge(base: unknown, over: unknown): unknown {
  if (!isMap(base) || !isMap(over)) return over;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    merged[key] = Object.hasOwn(base, key) ? merge(base[key], value) : value;
  }
  return merged;
}

/** Such as 1.29.6-distroless, or docker.io/istio/proxyv2:1.29.6. */
function namesVersion(value: string, version: string): boolean {
  const tag = value.slice(value.lastIndexOf(':') + 1);
  return tag === version || tag.startsWith(`${version}-`);
}

function at(values: unknown, path: readonly string[]): unknown {
  return path.reduce((value, key) => (isMap(value) ? value[key] : undefined), values);
}

function put(values: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const parent = at(values, path.slice(0, -1));
  const key = path.at(-1);
  if (isMap(parent) && key !== undefined) parent[key] = value;
}

function remove(values: Record<string, unknown>, path: readonly string[]): void {
  const parent = at(values, path.slice(0, -1));
  const key = path.at(-1);
  if (isMap(parent) && key !== undefined) delete parent[key];
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
