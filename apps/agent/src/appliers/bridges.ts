import type { KubeObject } from '../kube/kinds.js';
import { Marks } from '../kube/ownership.js';
import type { Desired } from './plan.js';

/** Part of a DestinationRule that routes refer to by name. */
export interface Subset {
  readonly name: string;
}

/** Subsets that an object has, and loses by what is wanted of it. */
export function leavingOf(live: KubeObject, { kind, object }: Desired): readonly Subset[] {
  if (kind.kind !== 'DestinationRule') return [];
  const names = new Set(subsetsOf(object).map(({ name }) => name));
  return subsetsOf(live).filter(({ name }) => !names.has(name));
}

/** What is wanted, with what leaves beside it. It works for routes of before and after. */
export function bridgeOf(desired: Desired, leaving: readonly Subset[]): Desired {
  const { metadata, spec, ...rest } = desired.object as KubeObject & { spec?: object };
  // Of no version: that it differs from what an intent wants, also the one before, is nobody's edit.
  const { [Marks.intentVersion]: _, ...annotations } = metadata.annotations ?? {};
  const subsets = [...subsetsOf(desired.object), ...leaving];
  const object = { ...rest, metadata: { ...metadata, annotations }, spec: { ...spec, subsets } };
  return { ...desired, object };
}

/** Whether a route, or a part of one, leads to one of the subsets, of whatever host. */
export function refersTo(part: unknown, subsets: readonly Subset[]): boolean {
  if (typeof part !== 'object' || part === null) return false;
  const { subset } = part as { subset?: unknown };
  if (subsets.some(({ name }) => name === subset)) return true;
  return Object.values(part).some((inner) => refersTo(inner, subsets));
}

function subsetsOf(object: KubeObject): readonly Subset[] {
  const { spec } = object as { spec?: { subsets?: readonly Subset[] } };
  return spec?.subsets ?? [];
}
