import type { ConfigurationObject, Json, JsonObject } from '../objects.js';

/** A value of an object, and where it is. */
export interface Found<T = Json> {
  readonly value: T;
  readonly path: readonly (string | number)[];
}

/**
 * What lies at a path, wherever it is there; `*` goes through a list. What has another shape is
 * passed over: to say that is for the schema.
 */
export function find(object: ConfigurationObject, path: string): Found[] {
  let found: Found[] = [{ value: object.spec, path: ['spec'] }];
  for (const step of path.split('.')) {
    found = found.flatMap(({ value, path: at }): Found[] => {
      if (step === '*')
        return listOf(value).map((item, index) => ({ value: item, path: [...at, index] }));
      const item = fieldOf(value, step);
      return item === undefined ? [] : [{ value: item, path: [...at, step] }];
    });
  }
  return found;
}

/** Texts at a path; see `find`. */
export function findTexts(object: ConfigurationObject, path: string): Found<string>[] {
  return find(object, path).filter(isText);
}

function isText(found: Found): found is Found<string> {
  return typeof found.value === 'string';
}

export function fieldOf(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as JsonObject)[name]
    : undefined;
}

export function textField(value: Json | undefined, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : undefined;
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

export function textsOf(value: Json | undefined): string[] {
  return listOf(value).filter((item) => typeof item === 'string');
}

/** Labels that an object selects workloads by; undefined if it is for its whole namespace. */
export function workloadLabels(
  object: ConfigurationObject,
): ReadonlyMap<string, string> | undefined {
  const selector = fieldOf(object.spec, 'selector') ?? fieldOf(object.spec, 'workloadSelector');
  const labels = fieldOf(selector, 'matchLabels') ?? fieldOf(selector, 'labels');
  if (typeof labels !== 'object' || labels === null) return undefined;
  const pairs = Object.entries(labels as JsonObject).map(([key, value]): [string, string] => [
    key,
    String(value),
  ]);
  return pairs.length === 0 ? undefined : new Map(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A host as Istio reads it: without a dot it is a Service of the object's namespace. */
export function resolveHost(host: string, namespace: string): string {
  return host.includes('.') || host.startsWith('*')
    ? host
    : `${host}.${namespace}.svc.cluster.local`;
}

/** Whether a host, which may start with `*.`, covers another one. */
export function covers(host: string, other: string): boolean {
  return host === other || (host.startsWith('*') && other.endsWith(host.slice(1)));
}
