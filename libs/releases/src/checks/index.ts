import { bundleLimits } from '../bundle/files.js';
import { applyOverrides, isTarget, OverrideError } from '../bundle/override.js';
import { compareProblems, Faults } from '../bundle/problems.js';
import { type ConfigurationObject, labelOf, type Override, type Problem } from '../objects.js';
import { type CheckedCluster, ClusterSets } from './clusters.js';
import { checkConflicts } from './conflicts.js';
import { checkReferences } from './references.js';
import { checkRegexes } from './regexes.js';
import { checkSchema } from './schema.js';

export type { CheckedCluster } from './clusters.js';
export { unsupportedRules } from './rules.js';
export { checkSchema } from './schema.js';

export interface CheckContext {
  /** Of the mesh; while there are none, all objects are taken to meet. */
  readonly clusters: readonly CheckedCluster[];
  /** Names of what the mesh's clusters export; undefined if that is not known. */
  readonly hosts: ReadonlySet<string> | undefined;
}

/**
 * Checks the objects of a bundle, written and compiled ones: each for itself, against its schema,
 * and all of them together.
 *
 * @returns by path and line.
 */
export function checkObjects(
  objects: readonly ConfigurationObject[],
  context: CheckContext,
): Problem[] {
  const faults = new Faults(bundleLimits.problems);
  for (const object of objects) for (const problem of checkObject(object)) faults.add(problem);
  const clusters = new ClusterSets(context.clusters);
  checkReferences(objects, clusters, context.hosts, faults);
  checkConflicts(objects, clusters, faults);
  return faults.list.sort(compareProblems);
}

/**
 * Checks overrides against the objects of their bundle: each has its target, can be applied to it,
 * and leaves it a valid object. Each is tried alone; what several come to in one cluster is for
 * the caller to check, who knows which meet.
 */
export function checkOverrides(
  objects: readonly ConfigurationObject[],
  overrides: readonly Override[],
): Problem[] {
  const faults = new Faults(bundleLimits.problems);
  const known = new Map(objects.map((object) => [keyOf(object), object]));
  for (const override of overrides) {
    const label = `ClusterOverride ${override.name}`;
    const target = known.get(keyOf(override.target));
    if (!target || !isTarget(override.target, target)) {
      faults.error(
        'OverrideTargetNotFound',
        override.place,
        `its target ${labelOf(override.target)} (${override.target.group}) is not in the bundle`,
        'correct spec.target, or add the object',
        label,
      );
      continue;
    }
    for (const problem of overrideProblems(target, override)) {
      faults.add({ ...problem, place: override.place, object: label });
    }
  }
  return faults.list.sort(compareProblems);
}

/** What an override breaks; what was wrong before is said of the object itself. */
function overrideProblems(target: ConfigurationObject, override: Override): Problem[] {
  try {
    const before = new Set(checkObject(target).map(({ message }) => message));
    return checkObject(applyOverrides(target, [override]))
      .filter(({ message }) => !before.has(message))
      .map((problem) => ({
        ...problem,
        message: `with it, ${labelOf(target)} is wrong: ${problem.message}`,
      }));
  } catch (error) {
    if (error instanceof OverrideError) return [error.problem];
    throw error;
  }
}

/** All that can be said of one object alone: schema, rules, regular expressions and size. */
export function checkObject(object: ConfigurationObject): Problem[] {
  const { annotations, labels, spec } = object;
  const bytes = Buffer.byteLength(JSON.stringify({ annotations, labels, spec }));
  const faults = new Faults(bundleLimits.problems);
  if (bytes > bundleLimits.objectBytes) {
    faults.error(
      'ObjectTooLarge',
      object.place,
      `the object has ${bytes} bytes, at most ${bundleLimits.objectBytes} are taken`,
      'split it',
      labelOf(object),
    );
    return faults.list;
  }
  for (const problem of checkSchema(object)) faults.add(problem);
  checkRegexes(object, faults);
  return faults.list;
}

function keyOf(object: Override['target']): string {
  return `${object.kind}.${object.group}/${object.namespace}/${object.name}`;
}
