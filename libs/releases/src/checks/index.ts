import { configurationName } from '@isthmus/contracts';
import { bundleLimits } from '../bundle/files.js';
import { applyOverrides, OverrideError } from '../bundle/override.js';
import { compareProblems, Faults } from '../bundle/problems.js';
import { matchesSelector } from '../bundle/selector.js';
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
 * and leaves it a valid object; and so do those together that meet in one of the mesh's clusters.
 */
export function checkOverrides(
  objects: readonly ConfigurationObject[],
  overrides: readonly Override[],
  { clusters }: Pick<CheckContext, 'clusters'>,
): Problem[] {
  const faults = new Faults(bundleLimits.problems);
  const known = new Map(objects.map((object) => [configurationName(object), object]));
  const check = new OverrideCheck();
  for (const override of overrides) {
    const label = `ClusterOverride ${override.name}`;
    const target = known.get(configurationName(override.target));
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
    for (const problem of check.problems(target, [override])) {
      faults.add({ ...problem, place: override.place, object: label });
    }
  }
  // One that is wrong alone says so already.
  for (const met of faults.count > 0 ? [] : meetings(overrides, clusters)) {
    const [last] = met.slice(-1);
    const target = last && known.get(configurationName(last.target));
    if (!last || !target) continue;
    const names = met.map(({ name }) => name).join(', ');
    for (const problem of check.problems(target, met)) {
      const message = `${names} meet in a cluster, and ${problem.message}`;
      faults.add({
        ...problem,
        message,
        place: last.place,
        object: `ClusterOverride ${last.name}`,
      });
    }
  }
  return faults.list.sort(compareProblems);
}

/** Overrides of one object that some cluster has together, two or more of them; each set once. */
function meetings(
  overrides: readonly Override[],
  clusters: readonly CheckedCluster[],
): Override[][] {
  const byTarget = new Map<string, Override[]>();
  for (const override of overrides) {
    const key = configurationName(override.target);
    byTarget.set(key, [...(byTarget.get(key) ?? []), override]);
  }
  const found = new Map<string, Override[]>();
  for (const [key, own] of byTarget) {
    if (own.length < 2) continue;
    const sorted = own.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { labels } of clusters) {
      const met = sorted.filter((override) => matchesSelector(override.clusters, labels));
      if (met.length > 1) found.set([key, ...met.map(({ name }) => name)].join(' '), met);
    }
  }
  return [...found.values()];
}

/** Bytes of objects that are checked with overrides in them; some seconds' work. */
const mostOverridden = 8 * 1024 * 1024;

class OverrideCheck {
  private readonly regexes = new RegexCheck();
  /** What was wrong before is said of the object itself. */
  private readonly before = new Map<ConfigurationObject, ReadonlySet<string>>();
  private bytes = 0;

  problems(target: ConfigurationObject, overrides: readonly Override[]): Problem[] {
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
      const result = applyOverrides(target, overrides);
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
