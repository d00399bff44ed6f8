import type { ConfigurationObject, Place } from '../objects.js';

type LineOf = (path: readonly (string | number)[]) => number;

/** Lines within objects that were written; beside the objects, so that those stay plain data. */
const lines = new WeakMap<ConfigurationObject, LineOf>();

export function rememberLines(object: ConfigurationObject, lineOf: LineOf): void {
  lines.set(object, lineOf);
}

/** Lets a changed object have the lines of what it was made of. */
export function keepLines(object: ConfigurationObject, from: ConfigurationObject): void {
  const lineOf = lines.get(from);
  if (lineOf) lines.set(object, lineOf);
}

/**
 * Where a path of an object stands, such as `['spec', 'http', 0]`, as far as it is there; the
 * object's own place for what was compiled.
 */
export function placeOf(object: ConfigurationObject, path: readonly (string | number)[]): Place {
  const line = lines.get(object)?.(path);
  return line === undefined ? object.place : { path: object.place.path, line };
}
