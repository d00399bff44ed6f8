import { isIPv4, isIPv6 } from 'node:net';
import { configurationKind } from '@isthmus/contracts';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { placeOf } from '../bundle/places.js';
import {
  type ConfigurationObject,
  type Json,
  type JsonObject,
  labelOf,
  type Problem,
} from '../objects.js';
import { definitionOf, type StructuralSchema, withDefaults } from './definitions.js';
import { linear, violations } from './rules.js';

/** Problems of one object that are told. */
const mostProblems = 20;

/**
 * Holds an object against its kind's custom resource definition, as an API server with strict
 * validation does: structure, formats, defaults, and the rules in CEL.
 */
export function checkSchema(object: ConfigurationObject): Problem[] {
  const id = `${object.kind}.${object.group}`;
  if (!configurationKind(id)) {
    const message = `${id.slice(0, 120)} is none of the kinds that a bundle may hold`;
    return [problem(object, [], 'ForeignKind', message, 'remove it')];
  }
  const { schema } = definitionOf(id);
  const value = withDefaults(schema, object.spec);
  const structural = [...structuralProblems(object, id, value), ...twice(object, schema, value)];
  // Rules trust the types, and their cost hangs on the schema's bounds.
  if (structural.some(({ code }) => code !== 'UnknownField')) return structural;
  const broken = violations(schema, value).map(({ path, message }) =>
    problem(
      object,
      path,
      'RuleViolation',
      `${textOf(path)}: ${message}`,
      `correct it; a rule of ${object.kind} says so`,
    ),
  );
  return [...structural, ...broken].slice(0, mostProblems);
}

const formats = {
  int32: { type: 'number', validate: (value: number) => Math.abs(value + 0.5) <= 2 ** 31 },
  int64: { type: 'number', validate: (value: number) => Math.abs(value) <= 2 ** 63 },
  ipv4: isIPv4,
  ipv6: isIPv6,
  byte: /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  'date-time': (text: string) =>
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text) &&
    !Number.isNaN(Date.parse(text)),
  double: true,
  float: true,
} as const;

const ajv = new Ajv({
  allErrors: true,
  strict: false,
  verbose: true,
  logger: false,
  formats,
  code: { regExp: Object.assign(linear, { code: 'undefined' }) },
});
const validators = new Map<string, ValidateFunction>();

function validatorOf(id: string): ValidateFunction {
  let validator = validators.get(id);
  if (!validator) {
    validator = ajv.compile(jsonSchemaOf(definitionOf(id).schema));
    validators.set(id, validator);
  }
  return validator;
}

/** A structural schema as JSON Schema, without what only an API server knows to judge. */
export function jsonSchemaOf(schema: StructuralSchema): JsonObject {
  return toJsonSchema(schema as JsonObject, true);
}

/**
 * @param isStructural false within `oneOf` and such, which name no fields of their own.
 */
function toJsonSchema(schema: JsonObject, isStructural: boolean): JsonObject {
  const result = new Map<string, Json>();
  for (const [key, value] of Object.entries(schema)) {
    if (key.startsWith('x-') || key === 'default' || key === 'nullable') continue;
    result.set(key, keywordOf(key, value, isStructural));
  }
  if (schema['x-kubernetes-int-or-string'] === true && !result.has('anyOf')) {
    result.set('anyOf', [{ type: 'integer' }, { type: 'string' }]);
  }
  const isOpen =
    schema['x-kubernetes-preserve-unknown-fields'] === true || result.has('additionalProperties');
  if (isStructural && schema.type === 'object' && !isOpen)
    result.set('additionalProperties', false);
  // Nulls of objects are gone by now; these are items of lists.
  const json = Object.fromEntries(result);
  return schema.nullable === true ? { anyOf: [{ type: 'null' }, json] } : json;
}

function keywordOf(key: string, value: Json, isStructural: boolean): Json {
  const schemaOf = (part: Json) => toJsonSchema(part as JsonObject, isStructural);
  const conditionOf = (part: Json) => toJsonSchema(part as JsonObject, false);
  if (key === 'properties') {
    const properties = Object.entries(value as JsonObject);
    return Object.fromEntries(properties.map(([name, part]) => [name, schemaOf(part)]));
  }
  if (key === 'items' || (key === 'additionalProperties' && typeof value === 'object')) {
    return schemaOf(value);
  }
  if (key === 'oneOf' || key === 'anyOf' || key === 'allOf') {
    return (value as readonly Json[]).map(conditionOf);
  }
  return key === 'not' ? conditionOf(value) : value;
}

function structuralProblems(object: ConfigurationObject, id: string, value: Json): Problem[] {
  const validate = validatorOf(id);
  if (validate(value)) return [];
  return (validate.errors ?? [])
    .filter(({ schemaPath }) => !/\/(oneOf|anyOf|not)\//.test(schemaPath))
    .slice(0, mostProblems)
    .map((error) => structuralProblem(object, error));
}

function structuralProblem(object: ConfigurationObject, error: ErrorObject): Problem {
  const path: (string | number)[] = ['spec', ...pathOf(error.instancePath)];
  if (error.keyword === 'additionalProperties') {
    const field = String(error.params.additionalProperty);
    const known = Object.keys((error.parentSchema as StructuralSchema).properties ?? {});
    const near = nearest(field, known);
    return problem(
      object,
      [...path, field],
      'UnknownField',
      `${textOf([...path, field])} is no field of ${object.kind}`,
      near === undefined ? 'remove it' : `did you mean '${near}'?`,
    );
  }
  const [message, remedy] = wordsFor(error);
  return problem(object, path, 'SchemaViolation', `${textOf(path)} ${message}`, remedy);
}

function wordsFor({ keyword, params, schema, message = '' }: ErrorObject): [string, string] {
  switch (keyword) {
    case 'required':
      return [`lacks '${params.missingProperty}'`, 'add it'];
    case 'enum':
      return [`is none of ${(schema as readonly Json[]).join(', ')}`, 'write one of these'];
    case 'oneOf':
    case 'anyOf': {
      const fields = requiredBy(schema as Json);
      if (fields.length === 0) return ['has a value of another type', 'correct it'];
      const isOptional = JSON.stringify(schema).includes('"not"');
      const many = keyword === 'anyOf' ? 'one' : isOptional ? 'at most one' : 'exactly one';
      return [`must have ${many} of ${fields.join(', ')}`, 'keep the one that is meant'];
    }
    case 'pattern':
      return [`does not match ${params.pattern}`, 'correct it'];
    case 'type':
      return [`must be of type ${params.type}`, 'correct it'];
    default:
      return [message.replace('must NOT', 'must not') || `breaks '${keyword}'`, 'correct it'];
  }
}

/** Fields that the alternatives of a `oneOf` require. */
function requiredBy(schema: Json): string[] {
  const fields = new Set<string>();
  JSON.stringify(schema, (key, value: Json) => {
    if (key === 'required' && Array.isArray(value)) for (const name of value) fields.add(name);
    return value;
  });
  return [...fields].sort();
}

/** What stands twice in a list that Kubernetes takes for a set, or a map. */
function twice(object: ConfigurationObject, schema: StructuralSchema, root: Json): Problem[] {
  const problems: Problem[] = [];
  const walk = (part: StructuralSchema | undefined, value: Json, path: (string | number)[]) => {
    if (!part || typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value)) {
      for (const [key, item] of Object.entries(value as JsonObject)) {
        const rest = part.additionalProperties;
        const isDeclared = Object.hasOwn(part.properties ?? {}, key);
        walk(
          isDeclared ? part.properties?.[key] : typeof rest === 'object' ? rest : undefined,
          item,
          [...path, key],
        );
      }
      return;
    }
    const type = part['x-kubernetes-list-type'] ?? 'atomic';
    const keys = part['x-kubernetes-list-map-keys'] ?? [];
    const seen = new Set<string>();
    value.forEach((item: Json, index) => {
      walk(part.items, item, [...path, index]);
      if (type === 'atomic') return;
      const fields = item as JsonObject | null;
      const key = JSON.stringify(type === 'set' ? item : keys.map((name) => fields?.[name]));
      if (seen.has(key)) {
        const at = [...path, index];
        const what = type === 'set' ? 'value' : keys.join(' and ');
        const message = `${textOf(at)} has the same ${what} as one before`;
        problems.push(problem(object, at, 'SchemaViolation', message, 'keep one of them'));
      }
      seen.add(key);
    });
  };
  walk(schema, root, ['spec']);
  return problems.slice(0, mostProblems);
}

function problem(
  object: ConfigurationObject,
  path: readonly (string | number)[],
  code: string,
  message: string,
  remedy: string,
): Problem {
  return {
    severity: 'error',
    code,
    message,
    remedy,
    place: placeOf(object, path),
    object: labelOf(object),
  };
}

/** `/http/0/a~1b` → `['http', 0, 'a/b']` */
function pathOf(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** `['spec', 'http', 0, 'timeout']` → `spec.http[0].timeout` */
export function textOf(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w$]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `['${part.slice(0, 80)}']`;
  }
  return text;
}

/** A name that differs by case, or by at most two letters. */
function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > 64) return undefined;
  const ranked = known
    .map((other) => ({ other, far: distance(name.toLowerCase(), other.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const [best] = ranked;
  return best && best.far <= Math.min(2, Math.floor(name.length / 3)) ? best.other : undefined;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (before[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (before[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    before = row;
  }
  return before[b.length] ?? 0;
}
