import { configurationName } from '@isthmus/contracts';
import { parseBundle } from './bundle/parse.js';
import { placeOf } from './bundle/places.js';
import { compareProblems } from './bundle/problems.js';
import { type CheckContext, checkObjects, checkOverrides } from './checks/index.js';
import { compileIntents } from './intents/index.js';
import {
  type ConfigurationObject,
  type Json,
  labelOf,
  type Override,
  type Place,
  type Problem,
  type SourceFile,
} from './objects.js';

/** What a bundle comes to. */
export interface CompiledBundle {
  /** As written, and as compiled from intents; sorted by the names of their intents. */
  readonly objects: readonly ConfigurationObject[];
  readonly overrides: readonly Override[];
  /** By file and line. With an error among them the rest is not to be used. */
  readonly problems: readonly Problem[];
}

/** From files to objects, with everything that can be said about them without a cluster. Pure. */
export function compileBundle(files: readonly SourceFile[], context: CheckContext): CompiledBundle {
  const parsed = parseBundle(files);
  const compiled = compileIntents(parsed.intents);
  const objects = [...parsed.objects, ...compiled.objects].sort((a, b) =>
    configurationName(a) < configurationName(b) ? -1 : 1,
  );
  const problems = [
    ...parsed.problems,
    ...compiled.problems,
    ...findUnstorable(files, objects, parsed.overrides),
    ...findClashes(objects),
    ...checkObjects(objects, context),
    ...checkOverrides(objects, parsed.overrides, context),
  ];
  return { objects, overrides: parsed.overrides, problems: problems.sort(compareProblems) };
}

/** @param objects sorted by name. */
function findClashes(objects: readonly ConfigurationObject[]): Problem[] {
  const problems: Problem[] = [];
  for (const [index, object] of objects.entries()) {
    const before = objects[index - 1];
    if (!before || configurationName(before) !== configurationName(object)) continue;
    // Two that were written are found where they are read.
    const compiled = [before, object].find(({ compiledFrom }) => compiledFrom !== undefined);
    if (!compiled) continue;
    problems.push({
      severity: 'error',
      code: 'DuplicateObject',
      message: `${labelOf(object)} is there twice; one is compiled from ${compiled.compiledFrom}`,
      remedy: 'rename the one that was written, or say it in the intent',
      place: object.place,
      object: labelOf(object),
    });
  }
  return problems;
}

/** Postgres's JSON has neither U+0000 nor half a surrogate pair; texts may hold them as escapes. */
function findUnstorable(
  files: readonly SourceFile[],
  objects: readonly ConfigurationObject[],
  overrides: readonly Override[],
): Problem[] {
  const problem = (place: Place, object?: string): Problem => ({
    severity: 'error',
    code: 'ForbiddenCharacter',
    message: 'a text has the character U+0000, or half of a surrogate pair',
    remedy: 'remove it',
    place: { ...place, path: place.path.toWellFormed() },
    object,
  });
  const broken = files.filter(({ path, content }) => !isStorable(path) || !isStorable(content));
  if (broken.length > 0) {
    return broken.map(({ path, content }) => {
      const line = content.split('\n').findIndex((text) => !isStorable(text));
      return problem({ path, line: Math.max(0, line) + 1 });
    });
  }
  const found = objects.flatMap((object) => {
    const { labels, annotations, spec } = object;
    const path = unstorableIn({ metadata: { labels, annotations }, spec });
    return path ? [problem(placeOf(object, path), labelOf(object))] : [];
  });
  const patched = overrides.flatMap(({ name, patch, place }) => {
    const path = unstorableIn(patch.type === 'json' ? patch.steps : patch.merge);
    return path ? [problem(place, `ClusterOverride ${name}`)] : [];
  });
  return [...found, ...patched];
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** The path of the first text that does not rest in a database. */
function unstorableIn(value: Json): (string | number)[] | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : [];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const path = isStorable(key) ? unstorableIn(item) : [];
    if (path) return [Array.isArray(value) ? Number(key) : key, ...path];
  }
  return undefined;
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}
