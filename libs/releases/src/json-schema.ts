/** JSON Schema (draft 7), as far as ours goes. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** A mapping of these fields and no others. */
export function fields(
  properties: Readonly<Record<string, JsonSchema>>,
  more: JsonSchema = {},
): JsonSchema {
  return { type: 'object', properties, additionalProperties: false, ...more };
}

export function text(description: string, more: JsonSchema = {}): JsonSchema {
  return { type: 'string', minLength: 1, description, ...more };
}

export function choice(description: string, options: readonly string[]): JsonSchema {
  return { enum: options, description };
}

export function flag(description: string): JsonSchema {
  return { type: 'boolean', description };
}

export function whole(description: string, minimum: number, maximum: number): JsonSchema {
  return { type: 'integer', minimum, maximum, description };
}

/** A list that is not empty. */
export function list(description: string, items: JsonSchema, minItems = 1): JsonSchema {
  return { type: 'array', items, minItems, description };
}

/** A mapping whose keys are the author's. */
export function mapping(description: string, values: JsonSchema): JsonSchema {
  return { type: 'object', additionalProperties: values, minProperties: 1, description };
}
