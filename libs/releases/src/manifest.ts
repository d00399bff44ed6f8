import { isMap, isSeq, parseAllDocuments, stringify } from 'yaml';
import { sortKeys } from './compiled-release.js';
import { formatSelector } from './bundle/selector.js';
import type { ConfigurationObject, JsonObject, SourceFile } from './objects.js';

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

/** One file for each object: `<namespace>/<kind>-<name>.yaml`, the group in it where kinds share a name. */
export function toFiles(objects: readonly ConfigurationObject[]): SourceFile[] {
  return objects.map((object) => ({ path: pathOf(object), content: toYaml(object) }));
}

function pathOf({ group, kind, namespace, name }: ConfigurationObject): string {
  const word = group === 'gateway.networking.k8s.io' && kind === 'Gateway' ? 'k8s-gateway' : kind;
  return `${namespace}/${word.toLowerCase()}-${name}.yaml`;
}

/** What is written in the place of an object; nothing takes it out. */
export interface Replacement {
  readonly object: ConfigurationObject;
  readonly by: JsonObject | undefined;
}

/** Files with other objects in the place of some; everything else stays, comments included. */
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
    const here = byPath.get(path);
    if (!here) return [{ path, content }];
    const replaced = replaceIn(content, here);
    return replaced.trim() === '' ? [] : [{ path, content: replaced }];
  });
}

function replaceIn(content: string, replacements: readonly Replacement[]): string {
  const documents = parseAllDocuments(content);
  if (!Array.isArray(documents)) return content;
  const left = [...documents];
  for (const { object, by } of replacements) {
    const index = left.findIndex((document) => isOf(document.toJS(), object));
    const [document] = index < 0 ? [] : left.slice(index, index + 1);
    if (!document) continue;
    if (!by) left.splice(index, 1);
    else if (isMap(document.contents) && !isSeq(document.contents))
      document.contents = document.createNode(by) as typeof document.contents;
  }
  return left.map((document) => document.toString({ lineWidth: 0 })).join('---\n');
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
