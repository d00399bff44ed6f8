import { applyPatch, type Operation } from 'rfc6902';
import {
  type ConfigurationObject,
  type Json,
  type JsonObject,
  labelOf,
  type Override,
  type Problem,
} from '../objects.js';
import { bundleLimits } from './files.js';
import { clustersAnnotation, pairFault } from './labels.js';
import { keepLines } from './places.js';
import { readYaml } from './yaml.js';

const mostSteps = 100;
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);
const operations = new Set(['add', 'remove', 'replace', 'test', 'copy', 'move']);

/** An override cannot be applied to its target; `problem` says why. */
export class OverrideError extends Error {
  override readonly name = 'OverrideError';
  constructor(readonly problem: Problem) {
    super(`${problem.message}; ${problem.remedy}`);
  }
}

/**
 * Changes an object as those overrides say that have it for their target, in the order of their
 * names. Which of them hold in a cluster is for the caller to choose.
 *
 * @returns the object itself if none is for it.
 * @throws OverrideError
 */
export function applyOverrides(
  object: ConfigurationObject,
  overrides: readonly Override[],
): ConfigurationObject {
  const own = overrides
    .filter(({ target }) => isTarget(target, object))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (own.length === 0) return object;
  const { labels, annotations, spec } = object;
  let content: Content = structuredClone({ metadata: { labels, annotations }, spec });
  for (const override of own) content = changed(content, object, override);
  const result: ConfigurationObject = {
    ...object,
    labels: content.metadata.labels,
    annotations: content.metadata.annotations,
    spec: content.spec,
  };
  keepLines(result, object);
  return result;
}

function isTarget(target: Override['target'], object: Override['target']): boolean {
  return (
    target.kind === object.kind &&
    target.group === object.group &&
    target.namespace === object.namespace &&
    target.name === object.name
  );
}

/** What overrides may change of an object. */
interface Content {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: JsonObject;
}

function changed(content: Content, object: ConfigurationObject, override: Override): Content {
  const fail = (message: string, remedy: string): never => {
    throw new OverrideError({
      severity: 'error',
      code: 'OverrideFailed',
      message: `it cannot be applied to ${labelOf(object)}: ${message}`,
      remedy,
      place: override.place,
      object: `ClusterOverride ${override.name}`,
    });
  };
  const { patch } = override;
  const result =
    patch.type === 'json' ? stepped(content, patch.steps, fail) : merged(content, patch.merge);
  assertSmall(result, fail);
  const { metadata, spec } = isObject(result) ? result : {};
  const { labels = {}, annotations = {} } = isObject(metadata) ? metadata : {};
  if (!isObject(spec) || !isObject(labels) || !isObject(annotations)) {
    return fail('spec, labels and annotations must stay objects', 'change what is in them');
  }
  for (const [field, pairs] of [
    ['labels', labels],
    ['annotations', annotations],
  ] as const) {
    for (const [key, value] of Object.entries(pairs)) {
      const fault = key === clustersAnnotation ? reserved : pairFault(field, key, value);
      if (fault) fail(fault.message, fault.remedy);
    }
  }
  return { metadata: { labels, annotations }, spec } as Content;
}

const reserved = {
  message: `'${clustersAnnotation}' is not part of the object`,
  remedy: 'select clusters with spec.clusterSelector',
};

type Fail = (message: string, remedy: string) => never;

/** RFC 6902. Operates on a copy of its own: `content` is one. */
function stepped(content: Content, steps: readonly JsonObject[], fail: Fail): Json {
  const root = content as unknown as Json;
  for (const [index, step] of steps.entries()) {
    const error = errorOf(root, step);
    if (error) {
      const what = `step ${index + 1}, ${step.op} ${String(step.path).slice(0, 120)}: `;
      fail(
        `${what}${reasons[error.name] ?? 'it is no operation'}`,
        'write the patch for the target',
      );
    }
    // A few dozen copies of copies come to more than any memory holds.
    if (step.op === 'copy') assertSmall(root, fail);
  }
  return root;
}

/** What an operation answers with, or throws where its path leads into a text or a number. */
function errorOf(root: Json, step: JsonObject): Error | null {
  try {
    const [error = null] = applyPatch(root, [structuredClone(step) as unknown as Operation]);
    return error;
  } catch (error) {
    return error instanceof Error ? error : new Error('it is no operation');
  }
}

const reasons: Readonly<Record<string, string>> = {
  MissingError: 'there is nothing at that path',
  TestError: 'the value is another one',
  TypeError: 'the path leads into a value that has no parts',
};

/** RFC 7386 */
function merged(target: unknown, patch: Json): Json {
  if (!isObject(patch)) return structuredClone(patch) as Json;
  const result = new Map<string, Json>(
    isObject(target as Json) ? Object.entries(target as JsonObject) : [],
  );
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merged(result.get(key), value));
  }
  return Object.fromEntries(result);
}

function assertSmall(value: Json, fail: Fail): void {
  if (sizeOf(value, 0) > bundleLimits.objectBytes) {
    fail(
      `the object would have more than ${bundleLimits.objectBytes} bytes, or more than ${bundleLimits.depth} levels`,
      'change less',
    );
  }
}

/** Some lower bound of the bytes, by which it is known when to stop; infinite for what is too deep. */
function sizeOf(value: Json, depth: number): number {
  if (depth > bundleLimits.depth + 4) return Number.POSITIVE_INFINITY;
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 1;
  let size = 2;
  for (const [key, item] of Object.entries(value as JsonObject)) {
    size += (Array.isArray(value) ? 1 : key.length + 4) + sizeOf(item, depth + 1);
    if (size > bundleLimits.objectBytes) return size;
  }
  return size;
}

export interface PatchFault {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  /** Of a list. */
  readonly step?: readonly [number] | undefined;
}

/**
 * Reads `spec.patch` of a ClusterOverride: as in Kustomize a text that holds a list (RFC 6902) or
 * a map (RFC 7386), or one of these as it is.
 */
export function readPatch(value: Json | undefined): Override['patch'] | PatchFault {
  if (typeof value === 'string') {
    const documents = readYaml(value);
    const fault = documents.flatMap(({ faults }) => faults)[0];
    if (fault) return { ...fault, message: `spec.patch, line ${fault.line}: ${fault.message}` };
    const [first, ...rest] = documents.filter((document) => document.value != null);
    if (first && rest.length === 0 && typeof first.value === 'object') {
      return readPatch(first.value);
    }
  } else if (Array.isArray(value)) {
    return readSteps(value);
  } else if (isObject(value) && Object.keys(value).length > 0) {
    return mergeFault(value) ?? { type: 'merge', merge: value };
  }
  return {
    code: 'InvalidPatch',
    message: 'spec.patch is neither a list of operations (RFC 6902) nor a merge patch (RFC 7386)',
    remedy: "write one, such as '- {op: replace, path: /spec/hosts/0, value: shop.example.com}'",
  };
}

function readSteps(steps: readonly Json[]): Override['patch'] | PatchFault {
  if (steps.length === 0 || steps.length > mostSteps) {
    return {
      code: 'InvalidPatch',
      message: `the patch has ${steps.length} operations`,
      remedy: `write 1 to ${mostSteps}`,
    };
  }
  for (const [index, step] of steps.entries()) {
    const fault = stepFault(step);
    if (fault) return { ...fault, step: [index] };
  }
  return { type: 'json', steps: steps as readonly JsonObject[] };
}

function stepFault(step: Json): PatchFault | undefined {
  const { op, path, from } = isObject(step) ? step : {};
  if (typeof op !== 'string' || !operations.has(op)) {
    return {
      code: 'InvalidPatch',
      message: 'an operation has no op, or none that is known',
      remedy: `write one of ${[...operations].join(', ')}`,
    };
  }
  const takesFrom = op === 'copy' || op === 'move';
  if (!takesFrom && op !== 'remove' && !Object.hasOwn(step as JsonObject, 'value')) {
    return { code: 'InvalidPatch', message: `${op} needs a value`, remedy: "add 'value'" };
  }
  return pointerFault('path', path) ?? (takesFrom ? pointerFault('from', from) : undefined);
}

function pointerFault(field: string, pointer: Json | undefined): PatchFault | undefined {
  if (typeof pointer !== 'string' || pointer.length > 1_000 || /~(?![01])/.test(pointer)) {
    return {
      code: 'InvalidPatch',
      message: `${field} is no JSON pointer`,
      remedy: "write one such as /spec/hosts/0, with ~1 for '/' and ~0 for '~' within names",
    };
  }
  const shown = `'${pointer.slice(0, 120)}'`;
  if (pointer.split('/').some((part) => forbiddenKeys.has(part))) {
    return { code: 'ForbiddenKey', message: `${field} ${shown} is not taken`, remedy: 'remove it' };
  }
  if (!/^\/(spec|metadata\/labels|metadata\/annotations)\/./s.test(pointer)) {
    return { ...outside, message: `${field} ${shown} is not what an override may touch` };
  }
  return undefined;
}

function mergeFault(patch: JsonObject): PatchFault | undefined {
  const { metadata = {}, spec = {}, ...rest } = patch;
  const stray = Object.keys(rest)[0];
  if (stray !== undefined) {
    return { ...outside, message: `'${stray.slice(0, 80)}' is not what an override may touch` };
  }
  if (!isObject(metadata) || !isObject(spec)) {
    return { ...outside, message: 'metadata and spec cannot be replaced as a whole' };
  }
  const field = Object.entries(metadata).find(
    ([key, value]) => (key !== 'labels' && key !== 'annotations') || !isObject(value),
  )?.[0];
  if (field === undefined) return undefined;
  return {
    ...outside,
    message: `'metadata.${field.slice(0, 80)}' is not what an override may touch`,
  };
}

const outside = {
  code: 'PatchOutsideObject',
  remedy:
    'change what is in spec, metadata.labels or metadata.annotations; the target names the rest',
};

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
