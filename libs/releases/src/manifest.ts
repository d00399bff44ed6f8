import { createHash } from 'node:crypto';
import { sortKeys } from '@isthmus/contracts';
import { IsthmusError } from '@isthmus/kernel';
import { parseAllDocuments, stringify } from 'yaml';
import { formatSelector } from './bundle/selector.js';
import {
  type ConfigurationObject,
  type JsonObject,
  labelOf,
  type Override,
  type SourceFile,
} from './objects.js';

/** An object as Kubernetes has it, with what Isthmus reads from it. */
export function toManifest(object: ConfigurationObject): JsonObject {
  const { group, version, kind, namespace, name, labels, spec, clusters } = object;
  const annotations = {
    ...object.annotations,
    ...(clusters.length > 0 ? { 'isthmus.dev/clusters': formatSelector(clusters) } : {}),
  };
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: {
      name,
      namespace,
      ...(Object.keys(labels).length > 0 ? { labels: sortKeys(labels) } : {}),
      ...(Object.keys(annotations).length > 0 ? { annotations: sortKeys(annotations) } : {}),
    },
    spec: sortKeys(spec),
  };
}

export function toYaml(object: ConfigurationObject): string {
  return stringify(toManifest(object), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Well below what a bundle may have: there may be other files beside these. */
const mostFiles = 300;
/** With a folder before it, a path must stay below what a bundle takes. */
const longestPath = 120;

/**
 * As a folder: `<namespace>/<kind>-<name>.yaml`, the group in it where kinds share a name; one
 * file for all of a kind, or of a namespace, where there would be too many.
 */
export function toFiles(
  objects: readonly ConfigurationObject[],
  overrides: readonly Override[] = [],
): SourceFile[] {
  const documents = [
    ...objects.map((object) => ({ paths: pathsOf(object), text: toYaml(object) })),
    ...overrides.map((override) => ({
      paths: overridePaths(override),
      text: overrideYaml(override),
    })),
  ];
  for (const level of [0, 1, 2] as const) {
    const files = new Map<string, string[]>();
    for (const { paths, text } of documents) {
      const path = paths[level];
      files.set(path, [...(files.get(path) ?? []), text]);
    }
    if (files.size > mostFiles && level < 2) continue;
    return [...files].map(([path, texts]) => ({ path, content: texts.join('---\n') }));
  }
  return [];
}

/** From a file of its own to one that it shares with many. */
type Paths = readonly [string, string, string];

function pathsOf({ group, kind, namespace, name }: ConfigurationObject): Paths {
  const word = (
    group === 'gateway.networking.k8s.io' && kind === 'Gateway' ? 'k8s-gateway' : kind
  ).toLowerCase();
  const own = `${namespace}/${word}-${name}.yaml`;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  const short = `${namespace}/${word}-${name.slice(0, 20)}-${digest}.yaml`;
  return [
    own.length > longestPath ? short : own,
    `${namespace}/${word}.yaml`,
    `${namespace}/objects.yaml`,
  ];
}

/** Beside the folders of namespaces. */
function overridePaths({ name }: Override): Paths {
  const all = 'clusteroverrides.yaml';
  return [name.length > 80 ? all : `clusteroverride-${name}.yaml`, all, all];
}

function overrideYaml({ name, clusters, target, patch }: Override): string {
  const document = {
    apiVersion: 'isthmus.dev/v1alpha1',
    kind: 'ClusterOverride',
    metadata: { name },
    spec: {
      clusterSelector: formatSelector(clusters),
      target: sortKeys(target),
      patch: patch.type === 'json' ? patch.steps.map(sortKeys) : sortKeys(patch.merge),
    },
  };
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** What is written in the place of an object; nothing takes it out. */
export interface Replacement {
  readonly object: ConfigurationObject;
  readonly by: JsonObject | undefined;
}

/**
 * Files with other objects in the place of some; everything else stays, byte for byte where the
 * object is a document of its own.
 *
 * @throws INVALID_ARGUMENT if an object is not where it should be.
 */
export function replaceObjects(
  files: readonly SourceFile[],
  replacements: readonly Replacement[],
): SourceFile[] {
  const byPath = new Map<string, Replacement[]>();
  for (const replacement of replacements) {
    const { path } = replacement.object.place;
    byPath.set(path, [...(byPath.get(path) ?? []), replacement]);
  }
  return files.flatMap(({ path, content }) => {
    const here = byPath.get(path) ?? [];
    const replaced = here.reduce(
      (text, replacement) => replaceIn(path, text, replacement),
      content,
    );
    return replaced.trim() === '' ? [] : [{ path, content: replaced }];
  });
}

function replaceIn(path: string, content: string, { object, by }: Replacement): string {
  const isJson = path.endsWith('.json');
  const write = (value: unknown): string =>
    isJson
      ? `${JSON.stringify(value, null, 2)}\n`
      : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
  // As it was read when it was released, so there is nothing wrong with it.
  const documents = parseAllDocuments(content, { logLevel: 'silent', uniqueKeys: false });
  for (const document of Array.isArray(documents) ? documents : []) {
    const range = document.contents?.range;
    if (!range) continue;
    const value: unknown = document.toJS();
    const [before, after] = [content.slice(0, range[0]), content.slice(range[2])];
    if (isOf(value, object)) {
      if (by) return before + write(by) + after;
      return joined(before, after);
    }
    const steps = stepsTo(value, object);
    if (!steps) continue;
    if (isJson) return before + write(without(value, steps, by)) + after;
    if (by) document.setIn(steps, document.createNode(by));
    else document.deleteIn(steps);
    return before + write(document.contents) + after;
  }
  throw new IsthmusError(
    'INVALID_ARGUMENT',
    `${labelOf(object)} is not found in ${path}; change it by hand`,
  );
}

/** What was before and after a document, comments included, without the separator between them. */
function joined(before: string, after: string): string {
  const separator = /(^|\n)---[^\S\n]*\n?$/;
  const isLast = after.trim() === '';
  const isSeparated = isLast || /^---(\s|$)/.test(after);
  const kept = isSeparated ? before.replace(separator, '$1') : before;
  return isLast ? kept : kept + after;
}

/** Where an object is among the items of a List. */
function stepsTo(value: unknown, object: ConfigurationObject): (string | number)[] | undefined {
  const { kind, items } = (value ?? {}) as { kind?: unknown; items?: unknown };
  if (kind !== 'List' || !Array.isArray(items)) return undefined;
  for (const [index, item] of items.entries()) {
    if (isOf(item, object)) return ['items', index];
    const deeper = stepsTo(item, object);
    if (deeper) return ['items', index, ...deeper];
  }
  return undefined;
}

function without(value: unknown, steps: readonly (string | number)[], by: JsonObject | undefined) {
  const copy = structuredClone(value) as { items: unknown[] };
  let list = copy.items;
  for (const step of steps.filter((each) => typeof each === 'number').slice(0, -1))
    list = (list[step] as { items: unknown[] }).items;
  list.splice(Number(steps.at(-1)), 1, ...(by ? [by] : []));
  return copy;
}

function isOf(value: unknown, { kind, namespace, name, group }: ConfigurationObject): boolean {
  const found = value as {
    apiVersion?: string;
    kind?: string;
    metadata?: { name?: string; namespace?: string };
  } | null;
  return (
    found?.kind === kind &&
    found.apiVersion?.split('/')[0] === group &&
    found.metadata?.name === name &&
    found.metadata?.namespace === namespace
  );
}
