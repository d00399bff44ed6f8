import { bundleLimits } from '../bundle/files.js';
import { applyOverrides, OverrideError } from '../bundle/override.js';
import { compareProblems, Faults } from '../bundle/problems.js';
import { type ConfigurationObject, labelOf, type Override, type Problem } from '../objects.js';
import { type CheckedCluster, ClusterSets } from './clusters.js';
import { checkConflicts } from './conflicts.js';
import { checkReferences } from './references.js';
import { RegexCheck } from './regexes.js';
import { checkSchema } from './schema.js';

export type { CheckedCluster } from './clusters.js';

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
  const regexes = new RegexCheck();
  for (const object of objects) {
    for (const problem of objectProblems(object, regexes)) faults.add(problem);
  }
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
  const check = new OverrideCheck();
  for (const override of overrides) {
    const label = `ClusterOverride ${override.name}`;
    const target = known.get(keyOf(override.target));
    if (!target) {
      faults.error(
        'OverrideTargetNotFound',
        override.place,
        `its target ${labelOf(override.target)} (${override.target.group}) is not in the bundle`,
        'correct spec.target, or add the object',
        label,
      );
      continue;
    }
    for (const problem of check.problems(target, override)) {
      faults.add({ ...problem, place: override.place, object: label });
    }
  }
  return faults.list.sort(compareProblems);
}

/** Bytes of objects that are checked with overrides in them; some seconds' work. */
const mostOverridden = 8 * 1024 * 1024;

class OverrideCheck {
  private readonly regexes = new RegexCheck();
  /** What was wrong before is said of the object itself. */
  private readonly before = new Map<ConfigurationObject, ReadonlySet<string>>();
  private bytes = 0;

  problems(target: ConfigurationObject, override: Override): Problem[] {
    if (this.bytes > mostOverridden) {
      return [
        {
          severity: 'error',
          code: 'TooManyOverrides',
          message: 'the bundle has too many overrides of large objects',
          remedy: 'join overrides of the same clusters, or split the object',
        },
      ];
    }
    try {
      this.bytes += sizeOf(target);
      const result = applyOverrides(target, [override]);
      this.bytes += sizeOf(result);
      const before = this.problemsBefore(target);
      return objectProblems(result, this.regexes)
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

  private problemsBefore(target: ConfigurationObject): ReadonlySet<string> {
    let messages = this.before.get(target);
    if (!messages) {
      messages = new Set(objectProblems(target, this.regexes).map(({ message }) => message));
      this.before.set(target, messages);
    }
    return messages;
  }
}

/** All that can be said of one object alone: schema, rules, regular expressions and size. */
function objectProblems(object: ConfigurationObject, regexes: RegexCheck): Problem[] {
  const bytes = sizeOf(object);
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
  regexes.check(object, faults);
  return faults.list;
}

/** Bytes of its JSON. */
function sizeOf({ annotations, labels, spec }: ConfigurationObject): number {
  return Buffer.byteLength(JSON.stringify({ annotations, labels, spec }));
}

function keyOf(object: Override['target']): string {
  return `${object.kind}.${object.group}/${object.namespace}/${object.name}`;
}
