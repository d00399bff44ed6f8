import { createTwoFilesPatch } from 'diff';
import { toYaml } from './manifest.js';
import type { ConfigurationObject } from './objects.js';

/** What becomes of one object. */
export interface ObjectChange {
  /** Name of the object's intent. */
  readonly name: string;
  readonly change: 'ADDED' | 'CHANGED' | 'REMOVED';
  /** Unified, of the objects as YAML. */
  readonly diff: string;
}

type Objects = ReadonlyMap<string, ConfigurationObject>;

/** The differences between two sets of objects, by name; none for what is the same. */
export function differences(before: Objects, after: Objects): ObjectChange[] {
  const changes: ObjectChange[] = [];
  for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [old, now] = [before.get(name), after.get(name)];
    const [left, right] = [old ? toYaml(old) : '', now ? toYaml(now) : ''];
    if (left === right) continue;
    const change = !old ? 'ADDED' : !now ? 'REMOVED' : 'CHANGED';
    changes.push({ name, change, diff: unified(name, left, right) });
  }
  return changes;
}

function unified(name: string, before: string, after: string): string {
  const [from, to] = [
    before === '' ? '/dev/null' : `a/${name}`,
    after === '' ? '/dev/null' : `b/${name}`,
  ];
  const patch = createTwoFilesPatch(from, to, before, after, undefined, undefined, { context: 3 });
  // The line of `=` that the library begins with is no part of a unified diff.
  return patch.slice(patch.indexOf('\n') + 1);
}
