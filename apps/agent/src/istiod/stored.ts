import { configurationName } from '@isthmus/contracts';
import { fieldManager } from '../kube/client.js';
import type { Kind, KubeObject } from '../kube/kinds.js';
import { Marks } from '../kube/ownership.js';
import type { ListedObject } from './pages.js';

/** An object of the release, as the API server has it. */
export interface StoredObject {
  readonly kind: Kind;
  readonly object: KubeObject;
}

/** What istiod has yet to read of what is stored. */
export interface Unread {
  /** Names of objects that it lacks, has older, or still has. */
  readonly objects: readonly string[];
  /** It does not tell of some objects at all, whether it has read them or not. */
  readonly areSomeUntold: boolean;
}

/** Tells one state of the objects from another; what controllers write in their status is none. */
export function fingerprint(objects: readonly StoredObject[]): string {
  const lines = objects.map(({ kind, object: { metadata } }) => {
    const { uid, generation, annotations } = metadata;
    const version = annotations?.[Marks.intentVersion];
    return `${nameOf(kind, metadata)} ${uid} ${generation} ${version}`;
  });
  return lines.sort().join('\n');
}

/** When the agent wrote one of them last, in ms since the epoch; 0 if nobody knows. */
export function lastWrite(objects: readonly StoredObject[]): number {
  let last = 0;
  for (const { object } of objects) {
    for (const { manager, time, subresource } of object.metadata.managedFields ?? []) {
      if (manager !== fieldManager || subresource || time === undefined) continue;
      last = Math.max(last, Date.parse(time));
    }
  }
  return last;
}

export function unreadOf(stored: readonly StoredObject[], listed: readonly ListedObject[]): Unread {
  const read = new Map(listed.map((object) => [nameOfListed(object), object.metadata]));
  const objects: string[] = [];
  let areSomeUntold = false;
  const wanted = new Set<string>();
  for (const { kind, object } of stored) {
    const name = nameOf(kind, object.metadata);
    wanted.add(name);
    const metadata = read.get(name);
    if (!metadata && !isTold(kind)) areSomeUntold = true;
    else if (!metadata || !isAsNew(metadata, object.metadata)) objects.push(name);
  }
  for (const [name, { labels, annotations }] of read) {
    // What istiod makes of our objects may have our marks, and has another name.
    const isOurs = labels[Marks.intent] === 'Configuration';
    if (isOurs && annotations[Marks.intentName] === name && !wanted.has(name)) objects.push(name);
  }
  return { objects, areSomeUntold };
}

/** Objects of the Gateway API istiod keeps apart, and lists at most what it makes of them. */
function isTold({ group }: Kind): boolean {
  return group.endsWith('.istio.io');
}

function isAsNew(
  theirs: ListedObject['metadata'],
  { resourceVersion = '', generation = 0 }: KubeObject['metadata'],
): boolean {
  if (theirs.resourceVersion === resourceVersion) return true;
  const versions = [theirs.resourceVersion, resourceVersion];
  if (!versions.every((version) => /^\d+$/.test(version))) return theirs.generation >= generation;
  // The status may have been written since we, or they, looked.
  return BigInt(theirs.resourceVersion) > BigInt(resourceVersion);
}

function nameOf(kind: Kind, { namespace = '', name }: KubeObject['metadata']): string {
  return configurationName({ kind: kind.kind, group: kind.group, namespace, name });
}

function nameOfListed({ apiVersion, kind, metadata }: ListedObject): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return configurationName({ kind, group, ...metadata });
}
