import { readFileSync } from 'node:fs';
import { configurationKinds } from '@isthmus/contracts';
import type { Json, JsonObject } from '../objects.js';

/** A structural schema of a custom resource definition, as far as ours use it. */
export interface StructuralSchema {
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly default?: Json;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly items?: StructuralSchema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}

/** An `x-kubernetes-validations` rule, in CEL. */
export interface Rule {
  readonly rule: string;
  readonly message?: string;
}

export interface Definition {
  /** Module and version, such as `istio.io/api v1.31.4`. */
  readonly source: string;
  readonly version: string;
  /** Of `spec`. */
  readonly schema: StructuralSchema;
}

const definitions = new Map<string, Definition>();

/** @param id `<Kind>.<group>` of a configuration kind. */
export function definitionOf(id: string): Definition {
  let definition = definitions.get(id);
  if (!definition) {
    // As far from src/checks as from dist/checks.
    const file = new URL(`../../schemas/${id}.json`, import.meta.url);
    definition = JSON.parse(readFileSync(file, 'utf8')) as Definition;
    definitions.set(id, definition);
  }
  return definition;
}

export function allDefinitions(): Map<string, Definition> {
  const ids = configurationKinds.map(({ kind, group }) => `${kind}.${group}`);
  return new Map(ids.map((id) => [id, definitionOf(id)]));
}

/** Calls with each schema that stands for a value: not with those that `oneOf` and such hold. */
export function walkSchema(
  schema: StructuralSchema,
  visit: (schema: StructuralSchema, path: string) => void,
  path = 'spec',
): void {
  visit(schema, path);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    walkSchema(property, visit, `${path}.${name}`);
  }
  if (schema.items) walkSchema(schema.items, visit, `${path}[]`);
  if (typeof schema.additionalProperties === 'object') {
    walkSchema(schema.additionalProperties, visit, `${path}{}`);
  }
}

/**
 * The value as an API server would judge it: without nulls where none are allowed, and with the
 * defaults of the schema. Rules count on these.
 */
export function withDefaults(schema: StructuralSchema | undefined, value: Json): Json {
  if (!schema) return value;
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item) => withDefaults(schema.items, item));
  }
  if (typeof value !== 'object' || value === null) return value;
  const rest =
    typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  const properties = schema.properties ?? {};
  const result = new Map<string, Json>();
  for (const [key, item] of Object.entries(value as JsonObject)) {
    const property = Object.hasOwn(properties, key) ? properties[key] : rest;
    if (item === null && property) continue;
    result.set(key, withDefaults(property, item));
  }
  for (const [key, property] of Object.entries(properties)) {
    if (property.default === undefined || result.has(key)) continue;
    result.set(key, withDefaults(property, property.default));
  }
  return Object.fromEntries(result);
}
