import { isDeepStrictEqual } from 'node:util';
import { fieldManager } from './client.js';
import type { FieldTree, KubeObject, ManagedFields } from './kinds.js';

/** Labels and annotations by which the agent knows its own objects. */
export const Marks = {
  managedBy: 'app.kubernetes.io/managed-by',
  /** Short type of the intent, such as `Import`. An object with this label is ours. */
  intent: 'isthmus.dev/intent',
  /** Annotation: name of the intent. */
  intentName: 'isthmus.dev/intent-name',
  /** Annotation on objects of releases: version of the intent. Who finds another content under it knows of an edit. */
  intentVersion: 'isthmus.dev/intent-version',
  /** Annotation on somebody else's object: `"true"` lets the agent take it over. */
  adopt: 'isthmus.dev/adopt',
  /** Annotation: `"true"` on an object that was there before, and is given back and not deleted. */
  found: 'isthmus.dev/found',
} as const;

/** Value of the label `managedBy`. */
export const managerName = 'isthmus';

/**
 * Whether the agent made an object. Taking the label off gives the object away: the agent then
 * neither writes nor deletes it. Not judged by `managed-by`, which a Service's selector may set
 * on a WorkloadEntry.
 */
export function isOurs(object: KubeObject): boolean {
  return object.metadata.labels?.[Marks.intent] !== undefined;
}

/** Whether an object of ours is our work: what only carries our label, as a copy does, was never ours. */
export function isOurWork(object: KubeObject): boolean {
  return isOurs(object) && (setByUs(object, []) || bookAsApplied(object) !== undefined);
}

/** The intent that an object of ours says it is of, as `Type/name`. */
export function intentOf({ metadata }: KubeObject): string {
  return `${metadata.labels?.[Marks.intent] ?? ''}/${metadata.annotations?.[Marks.intentName] ?? ''}`;
}

/** Version of the intent that an object was written for; empty if it does not say. */
export function versionOf({ metadata }: KubeObject): string {
  return metadata.annotations?.[Marks.intentVersion] ?? '';
}

/** Whether an object may be written: it is ours, or its owner lets us have it. */
export function mayWrite(object: KubeObject): boolean {
  return isOurs(object) || object.metadata.annotations?.[Marks.adopt] === 'true';
}

/**
 * Whether an object of somebody else is what is wanted of it, so that taking it over changes
 * nothing but whose it is. One that was ours has been given away.
 */
export function isTwin(live: KubeObject, wanted: KubeObject): boolean {
  if (setByUs(live, [])) return false;
  const marks: readonly string[] = Object.values(Marks);
  const own = (map: Record<string, string> = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(map).filter(([key]) => !marks.includes(key)));
  return (
    includes(live.metadata.labels ?? {}, own(wanted.metadata.labels)) &&
    includes(live.metadata.annotations ?? {}, own(wanted.metadata.annotations)) &&
    isDeepStrictEqual(field(live, 'spec') ?? {}, field(wanted, 'spec') ?? {})
  );
}

/** Whether an object was there before a release wanted it the same; see `giveBackPatch`. */
export function isFound({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[Marks.found] === 'true';
}

/**
 * A merge patch that takes our marks off an object, and leaves the rest to those who had it
 * before. Nothing of it stays booked as applied by us: they could not take it away otherwise, and
 * no release could have it again.
 */
export function giveBackPatch({ metadata }: KubeObject): object {
  const { resourceVersion, labels = {}, managedFields = [] } = metadata;
  const isLabelOurs = labels[Marks.managedBy] === managerName;
  const theirs = managedFields.filter(({ manager }) => manager !== fieldManager);
  return {
    metadata: {
      resourceVersion,
      labels: { [Marks.intent]: null, ...(isLabelOurs && { [Marks.managedBy]: null }) },
      annotations: { [Marks.intentName]: null, [Marks.intentVersion]: null, [Marks.found]: null },
      // An empty list would change nothing.
      managedFields: theirs.length > 0 ? theirs : [{}],
    },
  };
}

/** Managers other than the agent that own fields outside of status, the latest first. */
export function foreignManagers(object: KubeObject): string[] {
  const latest = [...foreignEntries(object)].sort((a, b) =>
    (b.time ?? '').localeCompare(a.time ?? ''),
  );
  return [...new Set(latest.map(({ manager }) => manager ?? 'unknown'))];
}

/** Whether the agent's own apply set a field; the path as in managedFields, without `f:`. */
export function setByUs(object: KubeObject, path: readonly string[]): boolean {
  return (object.metadata.managedFields ?? []).some((entry) => {
    if (entry.manager !== fieldManager || entry.operation !== 'Apply') return false;
    let tree: FieldTree | undefined = entry.fieldsV1;
    for (const field of path) tree = tree?.[`f:${field}`];
    return tree !== undefined;
  });
}

/**
 * A merge patch that books as applied what our own creating set: fields of an update would stay
 * when an apply has them no more. Undefined where there is nothing of the kind.
 */
export function bookAsApplied({ metadata }: KubeObject): object | undefined {
  const { resourceVersion, managedFields = [] } = metadata;
  const isCreated = ({ manager, operation, subresource }: ManagedFields): boolean =>
    manager === fieldManager && operation === 'Update' && !subresource;
  if (!managedFields.some(isCreated)) return undefined;
  const booked = managedFields.map((entry) =>
    isCreated(entry) ? { ...entry, operation: 'Apply' } : entry,
  );
  return { metadata: { resourceVersion, managedFields: booked } };
}

/**
 * Whether everything that is wanted is there: maps may hold more (the server's defaults, labels
 * of others), lists may not.
 */
export function includes(there: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(there) &&
      there.length === wanted.length &&
      wanted.every((item, index) => includes(there[index], item))
    );
  }
  if (isMap(wanted)) {
    return (
      isMap(there) && Object.entries(wanted).every(([key, value]) => includes(there[key], value))
    );
  }
  return there === wanted;
}

/** Whether an object is what is wanted, with nothing of others in it. */
export function isAsWanted(live: KubeObject, wanted: KubeObject): boolean {
  return includes(live, wanted) && removeForeign(live, wanted).length === 0;
}

/** Whether two states of an object differ in nothing that people write. */
export function isSameContent(one: KubeObject, other: KubeObject): boolean {
  return isDeepStrictEqual(contentOf(one), contentOf(other));
}

function contentOf(object: KubeObject): object {
  const { labels = {}, annotations: all = {} } = object.metadata;
  // Not part of what is wanted: it stays whatever that is.
  const { [Marks.found]: _, ...annotations } = all;
  return { spec: field(object, 'spec') ?? {}, labels, annotations };
}

/** One step of a JSON patch. */
export type PatchStep =
  | { op: 'remove'; path: string }
  | { op: 'test'; path: string; value: unknown };

/**
 * Takes out of `spec` what others have put there and the agent does not want: apply alone takes
 * nothing away that it never set. Empty when there is nothing of the kind.
 */
export function removeForeign(there: KubeObject, wanted: KubeObject): PatchStep[] {
  const paths = new Set<string>();
  for (const { fieldsV1 } of foreignEntries(there)) {
    const tree = fieldsV1?.['f:spec'];
    if (tree) collectForeign(tree, field(there, 'spec'), field(wanted, 'spec'), '/spec', paths);
  }
  if (paths.size === 0) return [];
  // From the back, so that an index still means what it meant.
  const removals = [...paths]
    .sort(byPathDescending)
    .map((path) => ({ op: 'remove' as const, path }));
  const { resourceVersion } = there.metadata;
  return [{ op: 'test', path: '/metadata/resourceVersion', value: resourceVersion }, ...removals];
}

function* foreignEntries(object: KubeObject): Generator<ManagedFields> {
  for (const entry of object.metadata.managedFields ?? []) {
    if (entry.subresource) continue;
    if (entry.manager !== fieldManager) yield entry;
  }
}

function collectForeign(
  tree: FieldTree,
  there: unknown,
  wanted: unknown,
  path: string,
  paths: Set<string>,
): void {
  for (const [segment, below] of Object.entries(tree)) {
    const found = locate(segment, there, wanted);
    if (!found) continue;
    const at = `${path}/${found.step}`;
    if (found.wanted === undefined) paths.add(at);
    else collectForeign(below, found.there, found.wanted, at, paths);
  }
}

/** What a segment of managedFields points at, here and in what is wanted; undefined if it is not here. */
function locate(
  segment: string,
  there: unknown,
  wanted: unknown,
): { step: string; there: unknown; wanted: unknown } | undefined {
  const content = segment.slice(2);
  if (segment.startsWith('f:')) {
    const value = field(there, content);
    if (value === undefined) return undefined;
    const step = content.replaceAll('~', '~0').replaceAll('/', '~1');
    return { step, there: value, wanted: field(wanted, content) };
  }
  if (!Array.isArray(there) || (!segment.startsWith('k:') && !segment.startsWith('v:')))
    return undefined;
  const key = JSON.parse(content) as unknown;
  const index = there.findIndex((item) => includes(item, key));
  if (index < 0) return undefined;
  // A wanted item may leave out what the server defaults, such as the protocol of a port.
  const among = Array.isArray(wanted) ? wanted : [];
  return {
    step: String(index),
    there: there[index],
    wanted: among.find((item) =>
      isMap(item) ? includes(there[index], item) : item === there[index],
    ),
  };
}

function byPathDescending(left: string, right: string): number {
  return right.localeCompare(left, 'en', { numeric: true });
}

function field(value: unknown, name: string): unknown {
  return isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
